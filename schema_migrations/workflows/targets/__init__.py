"""Which database: an alias, a URL, many targets; connecting, and reading its history."""
