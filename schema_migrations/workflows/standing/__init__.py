"""Where a database stands: status, drift, health, takeover, templates."""
