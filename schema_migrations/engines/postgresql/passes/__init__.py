"""Rewrite changes as PostgreSQL needs them.  Pure."""
