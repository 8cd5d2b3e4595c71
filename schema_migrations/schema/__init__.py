"""The schema as a value: model, changes, diff.  Pure; knows only ``errors``."""
