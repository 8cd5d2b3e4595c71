"""The PRAGMAs that change what our SQL means, and the values that they hold.

A project may set them for each of its connections (``init_command``, a handler of
``connection_created``); a file may still set them for itself.  Left alone, since a
project chooses them for what they do: ``recursive_triggers``, ``query_only``,
``trusted_schema``.  ``foreign_keys`` is off while files run, and checked.

https://www.sqlite.org/pragma.html
"""

from __future__ import annotations

from collections.abc import Mapping

FIXED_VALUES: Mapping[str, str] = {
    # Renaming a table must also rename it in views, triggers and foreign keys.
    "legacy_alter_table": "0",
    # A CHECK must hold for the rows that a rebuilt table gets.
    "ignore_check_constraints": "0",
    # A damaged schema must be an error.
    "writable_schema": "0",
}
"""SQLite's own defaults."""
