"""Reach a database file: URLs, scratch databases."""
