"""SQL files, their directory and its sum file.  No database, no Django."""
