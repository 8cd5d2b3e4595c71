"""URLs of database files, and scratch databases."""
