"""Findings about a plan or a file.  Pure; knows ``history`` and below."""
