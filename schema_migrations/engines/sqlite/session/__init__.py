"""Run files on a target: session, lock, revisions table."""
