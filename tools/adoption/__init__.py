"""Adopt databases that Django's migrations have made."""
