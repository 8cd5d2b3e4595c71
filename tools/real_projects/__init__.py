"""Run the loop on real projects from the registry."""
