"""Where the server of a dev database comes from.  Knows engines, no workflow."""
