"""Run files on a target: session, lock, statements outside of transactions."""
