"""Targets: their addresses, connections, and the history that each holds."""
