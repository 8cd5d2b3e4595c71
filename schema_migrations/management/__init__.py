"""Django's place for commands: the only layer that prints or exits."""
