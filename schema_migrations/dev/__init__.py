"""Open the server of a dev database.  Depends on engines, not on workflows."""
