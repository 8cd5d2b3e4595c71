"""The folders and history tables of other tools, as values.  Pure."""
