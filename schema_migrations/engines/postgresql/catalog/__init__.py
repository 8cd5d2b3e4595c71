"""Read a schema from the catalogs: queries, their rows, the schema made of them."""
