"""A walk through a project's Django migration history; see ``walk.py``."""
