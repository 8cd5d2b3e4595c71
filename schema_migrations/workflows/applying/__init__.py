"""Pending files → lock → run → record, on one target or on many."""
