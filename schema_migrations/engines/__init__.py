"""One sub-package per database engine; the registry imports them on demand."""
