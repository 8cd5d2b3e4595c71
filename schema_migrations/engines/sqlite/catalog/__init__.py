"""Read a schema from ``sqlite_schema``: tokens, clauses, the schema made of them."""
