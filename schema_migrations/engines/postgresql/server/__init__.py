"""Reach a server: URLs, scratch databases, templates, missing objects."""
