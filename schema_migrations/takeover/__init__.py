"""An app that puts ``migrate`` and ``makemigrations`` in step with the SQL files.

Opt-in: without it in ``INSTALLED_APPS`` Django's own commands are as ever.
"""
