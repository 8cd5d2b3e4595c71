"""Make a value for a column from its type alone, as SQL text.  Pure.

``number`` counts from 1; different numbers give different values wherever the type has
that many.  Texts have what breaks careless SQL: quotes, percent signs, accents.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def make_text(size: int | None, number: int) -> str:
    """Make a text of at most ``size`` characters."""
    if size == 1:
        return LETTERS[number % len(LETTERS)]
    if size is not None and size < 10:
        return str(number)[-size:]
    return f"{number} o'é %s"


def make_day(number: int) -> date:
    return date(2019, 12, 31) + timedelta(days=number)


def make_decimal(whole: int, places: int, number: int) -> str:
    """Make a decimal with at most ``whole`` digits before the point."""
    if whole <= 0:
        return f"0.{number % 10**places:0{places}}"
    return f"{number % 10**whole}" + (".5" if places else "")


_POSTGRESQL_FORMS = {
    "smallint": "{n}",
    "integer": "{n}",
    "bigint": "{n}",
    "numeric": "{n}.5",
    "real": "{n}.25",
    "double precision": "{n}.25",
    "date": "{day}",
    "timestamp with time zone": "{day} 03:04:05.{n:06}+00",
    "timestamp without time zone": "{day} 03:04:05.{n:06}",
    "time without time zone": "03:04:05.{n:06}",
    "interval": "{n} days 00:00:01.5",
    "uuid": "00000000-0000-4000-8000-{n:012}",
    "inet": "10.0.0.{byte}",
    "cidr": "10.0.{byte}.0/24",
    "macaddr": "08:00:2b:01:02:{byte:02x}",
    "json": '{{"a": [{n}, "o\'é %s"]}}',
    "jsonb": '{{"a": [{n}, "o\'é %s"]}}',
    "bytea": "\\x00{byte:02x}ff",
    "hstore": '"a"=>"{n}"',
    "tsvector": "word{n}:1",
    "ltree": "a.b{n}",
    "int4range": "[{n},{n}]",
    "int8range": "[{n},{n}]",
    "numrange": "[{n},{n}]",
    "daterange": "[{day},2999-01-01)",
    "tsrange": "[{day},2999-01-01)",
    "tstzrange": "[{day},2999-01-01)",
}


def make_postgresql_value(
    type_: str,
    number: int,
    labels: dict[str, tuple[str, ...]],
    domains: dict[str, str] | None = None,
) -> str | None:
    """Make an untyped literal for a type; None: no value is known.

    ``labels`` are those of the enums, ``domains`` the types that domains are based on.
    """
    if domains and type_ in domains:
        # A domain's check is not read; most of them accept a plain number.
        base = domains[type_]
        texts = base.startswith("character") or base in ("text", "citext")
        return (
            quote(str(number)) if texts else make_postgresql_value(base, number, labels)
        )
    if type_.endswith("[]"):
        inner = make_postgresql_value(type_[:-2], number, labels)
        if inner is None:
            return None
        item = inner[1:-1].replace("''", "'").replace("\\", "\\\\").replace('"', '\\"')
        return quote('{"' + item + '"}')
    name, sizes = _split_sizes(type_)
    if name in labels:
        return quote(labels[name][number % len(labels[name])])
    if name == "boolean":
        return "true" if number % 2 else "false"
    if name in ("character varying", "character", "text", "citext"):
        return quote(make_text(sizes[0] if sizes else None, number))
    if name == "numeric" and sizes:
        return quote(make_decimal(sizes[0] - sizes[-1], sizes[-1], number))
    form = _POSTGRESQL_FORMS.get(name)
    if form is None:
        return None
    return quote(form.format(n=number, day=make_day(number), byte=number % 256))


def make_sqlite_value(type_: str, number: int) -> str:
    """Make a literal of the form in which Django keeps values of a type on SQLite."""
    name, sizes = _split_sizes(type_.lower())
    match name:
        case "bool":
            return str(number % 2)
        case "datetime":
            return quote(f"{make_day(number)} 03:04:05.{number:06}")
        case "date":
            return quote(str(make_day(number)))
        case "time":
            return quote(f"03:04:05.{number:06}")
        case "char" if sizes == (32,):
            return quote(f"000000000000400080{number:014}")
        case "decimal" | "real":
            return f"{number}.5"
        case "blob":
            return f"X'00{number % 256:02x}ff'"
        case _ if "int" in name:
            return str(number)
        case _:
            return quote(make_text(sizes[0] if sizes else None, number))


def _split_sizes(type_: str) -> tuple[str, tuple[int, ...]]:
    found = re.fullmatch(r"([^(]+?)\s*\(([\d,\s]+)\)(.*)", type_)
    if not found:
        return type_, ()
    return found[1] + found[3], tuple(int(n) for n in found[2].split(","))
