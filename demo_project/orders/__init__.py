"""Everything that was sold."""
