"""The same work, done by others: Django's own commands, psql, and Atlas."""
