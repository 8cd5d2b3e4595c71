"""An app that makes ``migrate`` and ``makemigrations`` work with the SQL files.

Opt-in: without it in ``INSTALLED_APPS`` Django's own commands are unchanged.
"""
