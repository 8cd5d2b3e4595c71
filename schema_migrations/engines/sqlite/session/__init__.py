"""Run files on a target: session and lock."""
