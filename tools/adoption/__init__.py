"""Adopt databases that Django's migrations made."""
