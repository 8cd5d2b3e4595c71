"""Two states → questions → a plan → its proof → the next file."""
