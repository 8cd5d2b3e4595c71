"""Render changes as SQL.  Pure."""
