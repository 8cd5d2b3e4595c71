"""Read a schema from ``sqlite_schema``: tokens, clauses, assembling."""
