"""Take over large public projects from the registry, and go back."""
