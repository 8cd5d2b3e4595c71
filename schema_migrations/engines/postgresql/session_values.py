"""The session parameters that change what SQL means, or how the server prints values.

A role, a database or ``PGOPTIONS`` may set them, and the same file would then store
something else on a target than on the dev database that proved it.  They hold at one
value in every session of ours; a file may still SET them for itself.

Left alone, since a project chooses them for what they do: ``search_path``, ``timezone``,
``role``, ``default_tablespace``, ``default_toast_compression``, ``session_replication_role``,
``row_security``, ``check_function_bodies``, ``default_text_search_config``, the language
and the level of messages, and ``default_transaction_…``; and what only a superuser may
set, such as ``plpgsql.variable_conflict``.  The driver sets ``client_encoding``, and a run its timeouts.
Beside ``standard_conforming_strings``, ``escape_string_warning`` has nothing to warn of.

https://www.postgresql.org/docs/current/runtime-config-client.html
https://www.postgresql.org/docs/current/runtime-config-compatible.html
"""

from __future__ import annotations

from collections.abc import Mapping

FIXED_VALUES: Mapping[str, str] = {
    # How text is read: '\' and NULL within constants, '= NULL', '1/2/2024', '-1 2:03'.
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "array_nulls": "on",
    "transform_null_equals": "off",
    "datestyle": "ISO, MDY",
    "intervalstyle": "postgres",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    "xmloption": "content",
    "xmlbinary": "base64",
    # How values and definitions are printed.
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
}
"""PostgreSQL's own defaults, but for ``lc_…``, whose default is the server's."""

SCRATCH_VALUES: Mapping[str, str] = {
    **FIXED_VALUES,
    "search_path": "public",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "default_tablespace": "",
    "default_table_access_method": "heap",
    "default_toast_compression": "pglz",
    "check_function_bodies": "on",
    "row_security": "on",
}
"""A scratch database is like every other, whatever its role or server was given."""

PRINT_VALUES: Mapping[str, str] = {
    **FIXED_VALUES,
    "timezone": "UTC",
    # Not a matter of meaning: it never pays for queries of the catalog.
    "jit": "off",
}
"""While a schema is read, over whatever connection."""

_QUERY = """
SELECT pg_catalog.set_config(name, value, %s)
  FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]),
                  pg_catalog.unnest(%s::pg_catalog.text[])) AS wanted (name, value)
 WHERE pg_catalog.current_setting(name, true) IS NOT NULL
"""
"""It leaves out what this version of the server does not know, and finds the server's own
functions whatever ``search_path`` is."""


def render_set_values(
    values: Mapping[str, str | None], *, in_transaction: bool
) -> tuple[str, tuple[object, ...]]:
    """Return the query that sets parameters, and its arguments.

    ``in_transaction``: until the end of the open transaction, not of the session.
    """
    return _QUERY, (in_transaction, [*values], [*values.values()])
