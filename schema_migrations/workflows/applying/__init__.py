"""Applying pending files to one target or to many: lock, run, record."""
