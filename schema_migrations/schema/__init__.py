"""The schema as a value: model, changes, diff.  Pure; imports only ``errors``."""
