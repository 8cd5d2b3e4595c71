"""Take a psycopg exception apart.

Invariant: nothing is guessed from the message when the server sent a SQLSTATE.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import psycopg

from schema_migrations.engines.driver_error import Cause, DriverError
from schema_migrations.engines.postgresql.server.refusal import (
    find_driver_error,
    is_final_refusal,
)
from schema_migrations.errors import ConnectionRefused
from schema_migrations.history.encoding import NulInStatement

# https://www.postgresql.org/docs/current/errcodes-appendix.html
LOCK_SQLSTATES = frozenset({"55P03", "40P01"})
"""``lock_not_available``, and ``deadlock_detected``: the other session continued."""

CAUSES: Mapping[str, Cause] = {
    # active_sql_transaction: CREATE INDEX CONCURRENTLY, VACUUM …
    "25001": "in transaction",
    # invalid_transaction_termination: a procedure that commits
    "2D000": "in transaction",
    "42501": "rights",
    "53": "no room",
    "57014": "cancelled",
    "22": "rows",
    "23": "rows",
    "55006": "in use",
    "3F000": "no schema",
    "58P01": "not on this server",
    # duplicate_database, _schema, _table, _column, _object, _function
    **dict.fromkeys(("42P04", "42P06", "42P07", "42701", "42710", "42723"), "exists"),
    "P0001": "raised",
}
"""SQLSTATE, or its class → what it is about."""

CAUSES_BY_ROUTINE: Mapping[tuple[str, str], Cause] = {
    ("55006", "CheckTableNotInUse"): "pending events",
    # An extension; before PostgreSQL 16 the state is 58P01.
    ("0A000", "parse_extension_control_file"): "not on this server",
    ("42704", "get_tablespace_oid"): "not on this server",
    # A role: as a statement names it, or as text that becomes one.
    ("42704", "get_role_oid"): "no role",
    ("42704", "get_rolespec_tuple"): "no role",
    ("42704", "regrolein"): "no role",
}
"""SQLSTATE and the server's function → what it is about, where the state is of many."""

MISSING_OBJECT_SQLSTATES = frozenset({"42P01", "42703", "42704", "42883", "3F000"})
"""Undefined table, column, object, function, namespace."""

TRANSIENT_SQLSTATES = re.compile(r"08...|57P0[1235]|25P0[34]|53300")
"""Connection lost, server starting or stopping, session idle for too long, too many
connections."""


def read_driver_error(exception: BaseException) -> DriverError | None:
    """Return the parts of a psycopg exception, wrapped by Django or not; None: another."""
    if isinstance(exception, NulInStatement):
        return DriverError(message=str(exception))
    error = find_driver_error(exception)
    if error is None:
        return None
    diagnostics = error.diag
    state = error.sqlstate or ""
    message = diagnostics.message_primary or _first_line(str(error))
    position = diagnostics.statement_position or ""
    return DriverError(
        message=message,
        sqlstate=state,
        position=int(position) if position.isdecimal() else 0,
        detail=diagnostics.message_detail or "",
        hint=diagnostics.message_hint or "",
        retryable=state in LOCK_SQLSTATES
        or bool(TRANSIENT_SQLSTATES.fullmatch(state))
        or (
            not state
            and isinstance(error, psycopg.OperationalError)
            and not isinstance(exception, ConnectionRefused)
            and not is_final_refusal(error)
        ),
        gave_up_on_lock=state in LOCK_SQLSTATES,
        cause=_find_cause(state, diagnostics.source_function or ""),
        names_missing_object=state in MISSING_OBJECT_SQLSTATES,
    )


def _find_cause(state: str, routine: str) -> Cause | None:
    found = CAUSES_BY_ROUTINE.get((state, routine))
    return found or CAUSES.get(state) or CAUSES.get(state[:2])


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
