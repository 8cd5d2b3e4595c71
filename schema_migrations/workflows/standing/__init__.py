"""The condition of a database: status, drift, health, takeover, templates."""
