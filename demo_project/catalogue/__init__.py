"""Everything that is for sale."""
