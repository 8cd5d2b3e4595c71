"""Plan, apply and compare the models of real projects from the registry."""
