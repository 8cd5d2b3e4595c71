"""Read a schema from the catalogs: queries, rows, assembling."""
