"""What entries of ``DATABASES`` hold that come from a URL."""

from __future__ import annotations

BACKEND = "django.db.backends.postgresql"

ASKED_SETTINGS = "ASKED_SETTINGS"
"""Key of an entry: the settings of the server that a URL asks for.  ``options`` has them
too, without the timeouts: the session is compared with what was asked for."""
