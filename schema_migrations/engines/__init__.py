"""One sub-package a database engine; the registry imports them on demand."""
