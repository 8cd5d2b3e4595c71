"""Rewrite changes as SQLite needs them.  Pure."""
