"""The types that the public API promises; mypy reads this file, nothing runs it."""

from __future__ import annotations

from typing import assert_type

import schema_migrations

assert_type(schema_migrations.__version__, str)
