"""Changes into ordered statements.  Pure; knows ``schema``, and no engine."""
