"""Schemas read from any source: files, models, ``EXTRA``, a live database, SQL."""
