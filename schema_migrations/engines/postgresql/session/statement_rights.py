"""Decide how a statement runs in a sealed room.  Pure.

Whatever is not listed here runs inside the room, whose rights end at its database.  So a
statement that is not recognized is at worst refused.  A pattern must match the whole
statement; what runs outside holds names and keywords only, for which the server evaluates
nothing that a file could have made (a constant like ``'{1}'::my_domain[]`` would do).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from schema_migrations.engines.postgresql.quote import quote_literal
from schema_migrations.engines.postgresql.session.muted_commits import (
    with_muted_commits,
)

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_NAMES = rf"{_NAME}(?:\s*,\s*{_NAME})*"
_OBJECT = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_SESSION = r"(?:SESSION\s+|LOCAL\s+)?"

_TRANSACTION = rf"""
    (?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE
      |SET\s+TRANSACTION|SET\s+SESSION\s+CHARACTERISTICS)
    (?:\s+(?!PREPARED\b){_NAME}|\s*,)*
"""

# Outside of a transaction these run in the room without the word: the schema is the same.
_CONCURRENTLY = re.compile(
    r"\s*(?:CREATE\s+(?:UNIQUE\s+)?INDEX|DROP\s+INDEX)\s+(?P<word>CONCURRENTLY)\b",
    re.IGNORECASE,
)

# While it detaches, the server computes parts of CHECK constraints, so it does that in the
# room.  CONCURRENTLY leaves the partition's bounds as a constraint, unless others imply it:
# then a query for other rows is planned without a look at the table.
# https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION
_DETACH = rf"""
    (?P<detach>ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?P<parent>{_OBJECT})
    \s+DETACH\s+PARTITION\s+(?P<partition>{_OBJECT}))\s+CONCURRENTLY
"""
_DETACH_IN_ROOM = """
DO $detach$ DECLARE bounds text; plan json; BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_partitioned_table
              WHERE partrelid = pg_catalog.to_regclass({parent}) AND partdefid <> 0) THEN
    RAISE 'cannot detach partitions concurrently when a default partition exists'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  bounds := pg_catalog.pg_get_partition_constraintdef(
    {partition}::pg_catalog.regclass);
  {detach};
  IF bounds IS NOT NULL THEN
    SET LOCAL constraint_exclusion = on;
    EXECUTE 'EXPLAIN (FORMAT JSON) SELECT FROM ONLY ' || {partition}
      || ' WHERE NOT (' || bounds || ')' INTO plan;
    IF plan #>> '{{0,Plan,One-Time Filter}}' IS DISTINCT FROM 'false' THEN
      EXECUTE 'ALTER TABLE ' || {partition} || ' ADD CHECK (' || bounds || ')';
    END IF;
    RESET constraint_exclusion;
  END IF;
END $detach$
"""

_VACUUM_WORD = r"(?:FULL|FREEZE|VERBOSE|ANALYZE|ANALYSE)\b"
_VACUUMED = rf"(?:ONLY\s+)?{_OBJECT}(?:\s*\(\s*{_NAME}(?:\s*,\s*{_NAME})*\s*\))?"
_VACUUM = rf"""
    VACUUM\b\s*(?:\([\w\s,]*\)\s*)?(?:{_VACUUM_WORD}\s*)*
    (?P<tables>(?!{_VACUUM_WORD}){_VACUUMED}(?:\s*,\s*{_VACUUMED})*)?
"""

_REINDEX = rf"""
    REINDEX\b\s*(?:\([\w\s,]*\)\s*)?(?:INDEX|TABLE|(?P<schema>SCHEMA)|(?P<all>DATABASE|SYSTEM))
    \b(?:\s+CONCURRENTLY\b)?(?:\s+(?P<name>{_OBJECT}))?
"""
_CLUSTER = r"CLUSTER(?:\s+VERBOSE|\s*\([\w\s,]*\))?"

# What these set only the server's administrator may set, and no schema depends on it.
_WITHOUT_EFFECT = (
    r"CHECKPOINT",
    rf"(?:SET\s+{_SESSION}|RESET\s+)"
    r"(?:log_\w+|track_\w+|deadlock_timeout|zero_damaged_pages|lo_compat_privileges)\b[^;]*",
)

# What DISCARD ALL does, but for the role, which a room never changes, and cursors:
# https://www.postgresql.org/docs/current/sql-discard.html
_DISCARD_ALL = (
    "RESET ALL; DEALLOCATE ALL; UNLISTEN *; SELECT pg_catalog.pg_advisory_unlock_all();"
    " DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES"
)

# PL/pgSQL executes no SELECT INTO, but it explains one, and so the server runs it.
_SELECT_INTO = re.compile(r"\s*(?:SELECT|WITH)\b.*\bINTO\b", re.IGNORECASE | re.DOTALL)
EXPLAIN = "EXPLAIN (ANALYZE, COSTS false, TIMING false) "
"""Written before a statement that it runs."""

# Each must compute nothing that a file made: also no CHECK constraint, and no partition
# key, as DISABLE TRIGGER does for a partitioned table.
# https://www.postgresql.org/docs/current/sql-altertable.html
_OF_THE_CONNECTING_ROLE = (
    rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<table>{_OBJECT})"
    r"\s+(?:ENABLE|DISABLE)\s+TRIGGER\s+ALL",
    rf"SET\s+{_SESSION}session_replication_role\s*(?:=|\bTO\b)\s*'?\w+'?",
    r"RESET\s+session_replication_role",
    rf"COMMENT\s+ON\s+(?:EXTENSION|(?:PROCEDURAL\s+)?LANGUAGE)\s+{_NAME}"
    r"\s+IS\s+(?:NULL|'(?:[^']|'')*')",
    rf"CREATE\s+PUBLICATION\s+{_NAME}\s+FOR\s+(?:ALL\s+TABLES|TABLES\s+IN\s+SCHEMA\s+{_NAMES})"
    r"(?:\s+WITH\s*\(\s*publish\s*=\s*'[\w\s,]*'\s*\))?",
    # A file can add functions to an extension: in pg_catalog they would be called.
    rf'ALTER\s+EXTENSION\s+{_NAME}\s+SET\s+SCHEMA\s+(?!"?(?:dsm_|pg_)){_NAME}',
    rf"DROP\s+PUBLICATION\s+(?:IF\s+EXISTS\s+)?{_NAMES}(?:\s+(?:CASCADE|RESTRICT))?",
)

# The room may create the extensions that the server's administrator calls trusted.
_EXTENSION = rf"""
    (?:CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?{{names}}
         (?:\s+WITH)?(?:\s+SCHEMA\s+(?!"?dsm_){_NAME})?
      |DROP\s+EXTENSION\s+(?:IF\s+EXISTS\s+)?{{names}}(?:\s+(?:CASCADE|RESTRICT))?)
"""

ADMINISTRATORS_EXTENSIONS = (
    "bloom",
    "pg_stat_statements",
    "postgis",
    "postgis_raster",
    "vector",
)
"""Extensions that only a superuser may create, whose scripts and functions reach nothing
outside of their database, and call nothing that a file could have made."""

_ROLE = rf"(?P<role>{_NAME}|'[^']+')"
_SET_ROLE = (
    rf"SET\s+{_SESSION}(?:ROLE|SESSION\s+AUTHORIZATION)\s+{_ROLE}",
    r"RESET\s+(?:ROLE|SESSION\s+AUTHORIZATION)",
    rf"REASSIGN\s+OWNED\s+BY\s+(?P<roles>{_NAMES})\s+TO\s+{_ROLE}",
    rf"ALTER\s+(?:PROCEDURAL\s+)?LANGUAGE\s+{_NAME}\s+OWNER\s+TO\s+{_ROLE}",
)

# These name a role that must exist; who owns an object is not part of a schema.
_CHANGE_OWNER = (
    r"ALTER\s+(?!(?:DATABASE|TABLESPACE|SUBSCRIPTION)\b)\w.*"
    rf"\sOWNER\s+TO\s+{_ROLE}"
)

_DEFAULT_PRIVILEGES = rf"""
    ALTER\s+DEFAULT\s+PRIVILEGES\s+(?:IN\s+SCHEMA\s+{_NAMES}\s+)?
    (?P<clause>FOR\s+(?:ROLE|USER)\s+(?P<roles>{_NAMES}))\s.*
"""

_CREATE_SCHEMA = rf"""
    CREATE\s+SCHEMA\s+(?:IF\s+NOT\s+EXISTS\s+)?
    (?:(?!AUTHORIZATION\b)(?P<name>{_NAME})\s+)?(?P<clause>AUTHORIZATION\s+{_ROLE})(?:\s.*)?
"""

# A policy is printed with its roles; inside the room the current one is the room's.
_POLICY_ROLES = re.compile(
    rf"\s*(?:CREATE|ALTER)\s+POLICY\s+{_NAME}\s+ON\s+{_OBJECT}(?:\s+AS\s+\w+)?"
    rf"(?:\s+FOR\s+\w+)?\s+TO\s+(?P<roles>{_NAMES})",
    re.IGNORECASE,
)

# The server would name it after the room's role.
_CREATE_OWN_SCHEMA = """
DO $$ BEGIN
  EXECUTE pg_catalog.format('CREATE SCHEMA %s %I', '{condition}', session_user);
END $$
"""

_COMMENT_OR_QUOTE = re.compile(
    r"(?P<comment>--[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)"
    r"|\bE'(?:[^'\\]|\\.|'')*'|'[^']*'|\"[^\"]*\"|(?P<tag>\$\w*\$).*?(?P=tag)",
    re.IGNORECASE | re.DOTALL,
)

_CURRENT_ROLES = frozenset(
    ["none", "default", "current_user", "current_role", "session_user"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRights:
    """How a statement runs in a sealed room."""

    sql: str
    """What is sent; empty: nothing."""
    of: Literal["room", "connecting role"] = "room"
    must_exist: tuple[tuple[str, str], ...] = ()
    """Names that the server must know, as in the statement, each after its ``reg`` type."""
    ends_transaction: bool = False
    """It may commit, so the transaction must be looked at before."""
    in_transaction: bool = True
    """False: it controls transactions."""
    may_call: bool = False
    """It may call procedures, whose COMMIT the room does not permit."""
    table: str = ""
    """It runs in the room after all if this table is partitioned."""


def decide_rights(sql: str, *, in_transaction: bool) -> StatementRights:
    """Return how to run one statement of a file in a sealed room."""
    sql = sql.strip().rstrip(";")
    plain = _blank_comments(sql)
    if _matches(_TRANSACTION, plain.strip()):
        return StatementRights(
            sql=plain.strip(),
            of="connecting role",
            ends_transaction=plain.strip()[:3].upper() in {"COM", "END"},
            in_transaction=False,
        )
    return (
        _check_roles(plain)
        or _leave_out(plain, in_transaction=in_transaction)
        or (None if in_transaction else _run_in_one_transaction(plain))
        or _let_outside(plain)
        or StatementRights(sql=_explain(plain) or sql)
    )


def _check_roles(sql: str) -> StatementRights | None:
    """Let a statement that names an owner check the role, and change nothing more."""
    for pattern in _SET_ROLE:
        if match := _matches(pattern, sql):
            return StatementRights(sql="", must_exist=_find_roles(match))
    if match := _matches(_CHANGE_OWNER, sql):
        # The room owns the object already; the server still looks for it.
        return StatementRights(
            sql=f"{sql[: match.start('role')]}CURRENT_USER",
            must_exist=_find_roles(match),
        )
    if match := _matches(_DEFAULT_PRIVILEGES, sql):
        return StatementRights(
            sql=_blank(sql, *match.span("clause")), must_exist=_find_roles(match)
        )
    if match := _POLICY_ROLES.match(sql):
        roles = re.sub(_NAME, _name_session_user, match["roles"])
        return StatementRights(
            sql=f"{sql[: match.start('roles')]}{roles}{sql[match.end() :]}"
        )
    match = _matches(_CREATE_SCHEMA, sql)
    return _create_schema(match) if match else None


def _name_session_user(role: re.Match[str]) -> str:
    is_current = role[0].lower() in {"current_user", "current_role"}
    return "SESSION_USER" if is_current else role[0]


def _create_schema(match: re.Match[str]) -> StatementRights | None:
    sql, roles = match.string, _find_roles(match)
    start, end = match.span("clause")
    if match["name"]:
        return StatementRights(sql=_blank(sql, start, end), must_exist=roles)
    if roles:
        named = f"{sql[:start]}{roles[0][1]}{sql[end:]}"
        return StatementRights(sql=named, must_exist=roles)
    if sql[end:].strip():
        return None
    condition = "IF NOT EXISTS" if re.search(r"\bEXISTS\b", sql[:start], re.I) else ""
    return StatementRights(sql=_CREATE_OWN_SCHEMA.replace("{condition}", condition))


def _leave_out(sql: str, *, in_transaction: bool) -> StatementRights | None:
    """Leave out what does not change a schema, and the room's role may not run."""
    if any(_matches(pattern, sql) for pattern in _WITHOUT_EFFECT):
        return StatementRights(sql="")
    if in_transaction:
        return None
    if match := _matches(_REINDEX, sql):
        kind = "regnamespace" if match["schema"] else "regclass"
        named = () if match["all"] or not match["name"] else ((kind, match["name"]),)
        return StatementRights(sql="", must_exist=named)
    if match := _matches(_VACUUM, sql):
        tables = match["tables"]
        return StatementRights(sql=f"ANALYZE {tables}" if tables else "")
    return StatementRights(sql="") if _matches(_CLUSTER, sql) else None


def _run_in_one_transaction(plain: str) -> StatementRights | None:
    """Return what does the same inside a transaction; None: the statement itself may."""
    if match := _CONCURRENTLY.match(plain):
        return StatementRights(sql=_blank(plain, *match.span("word")))
    if match := _matches(_DETACH, plain):
        named = {name: quote_literal(match[name]) for name in ("parent", "partition")}
        return StatementRights(
            sql=_DETACH_IN_ROOM.format(detach=match["detach"], **named)
        )
    if _matches(r"DISCARD\s+ALL", plain):
        return StatementRights(sql=_DISCARD_ALL)
    if re.match(r"\s*(?:DO|CALL)\b", plain, re.IGNORECASE):
        may_call = re.search(r"\bCALL\b", plain, re.IGNORECASE) is not None
        return StatementRights(sql=with_muted_commits(plain), may_call=may_call)
    return None


def _explain(sql: str) -> str:
    return f"{EXPLAIN}{sql}" if _SELECT_INTO.match(sql) else ""


@cache
def _list_outside_patterns() -> tuple[str, ...]:
    listed = "|".join(ADMINISTRATORS_EXTENSIONS)
    names = rf'(?:"(?:{listed})"|(?:{listed})\b)'
    return *_OF_THE_CONNECTING_ROLE, _EXTENSION.format(names=names)


def _let_outside(sql: str) -> StatementRights | None:
    for pattern in _list_outside_patterns():
        if match := _matches(pattern, sql):
            table = match.groupdict().get("table", "")
            return StatementRights(sql=sql, of="connecting role", table=table)
    return None


def _matches(pattern: str, sql: str) -> re.Match[str] | None:
    return _compile(pattern).fullmatch(sql)


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\s*(?:{pattern})\s*", re.IGNORECASE | re.DOTALL | re.VERBOSE)


def _blank(sql: str, start: int, end: int) -> str:
    """Replace a part by blanks, which keep the positions of errors."""
    return f"{sql[:start]}{' ' * (end - start)}{sql[end:]}"


def _blank_comments(sql: str) -> str:
    """Replace comments by blanks; what is misread is sent as it was read."""
    return _COMMENT_OR_QUOTE.sub(
        lambda match: " " * len(match[0]) if match["comment"] else match[0], sql
    )


def _find_roles(match: re.Match[str]) -> tuple[tuple[str, str], ...]:
    groups = match.groupdict()
    named = [
        *re.findall(_NAME, groups.get("roles") or ""),
        *filter(None, [groups.get("role")]),
    ]
    quoted = [
        '"' + name[1:-1].replace('"', '""') + '"' if name.startswith("'") else name
        for name in named
    ]
    return tuple(
        ("regrole", name) for name in quoted if name.lower() not in _CURRENT_ROLES
    )
