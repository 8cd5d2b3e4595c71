"""Say in words what a statement on an opaque object does.  Pure.

A setting has no name of its own: its heading, from its trait, names what is set, and on
what.
"""

from __future__ import annotations

import re

from schema_migrations.engines.postgresql.catalog.traits import PARTITION
from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.schema.model import Key, Opaque

_PRIVILEGE = re.compile(
    r"(?P<default>ALTER DEFAULT PRIVILEGES(?P<scope>.*?) )?"
    r"(?P<verb>GRANT|REVOKE) (?P<words>.+?) ON (?P<on>.+) (?P<link>TO|FROM) (?P<role>.+)",
    re.DOTALL,
)
_KEYWORDS = re.compile(r"[A-Z]+(?: [A-Z]+)*(?= |$)")
_RELATION = re.compile(r"ALTER (TABLE|VIEW|MATERIALIZED VIEW|INDEX|STATISTICS) ")
_SUBJECT = re.compile(r"(?:ALTER|COMMENT ON) (.+) (?:OWNER TO .+|IS NULL)", re.DOTALL)
_OPTION_NAME = re.compile(r"([\w.]+|\"(?:[^\"]|\"\")+\")='")


def describe_create(obj: Opaque) -> str:
    """Return the heading of the statement that creates or sets an object."""
    return _describe(obj, obj.definition, verb="Create", template=obj.trait.headings[0])


def describe_drop(obj: Opaque) -> str:
    """Return the heading of the statement that drops or resets an object."""
    return _describe(obj, obj.drop_sql, verb="Drop", template=obj.trait.headings[1])


def describe_object(obj: Opaque) -> str:
    """Return what an object is, its name and its table."""
    return f"{obj.noun} {quote(obj.key.name)}{_owner_of(obj)}"


def _describe(obj: Opaque, sql: str, *, verb: str, template: str) -> str:
    if template:
        return template.format_map(_map_words(obj))
    if obj.trait.is_privilege:
        return _describe_privilege(sql)
    return f"{verb} {describe_object(obj)}"


def _map_words(obj: Opaque) -> dict[str, str]:
    """Return what the braces of a trait's headings stand for."""
    qualified = qualify(Key("table", obj.key.namespace, obj.key.name))
    column = quote(obj.key.part.partition(" of column ")[2])
    of_column = f" of column {column}" if " of column " in obj.key.part else ""
    options = ", ".join(_OPTION_NAME.findall(obj.definition))
    relation = _RELATION.match(obj.definition)
    subject = _SUBJECT.fullmatch(obj.drop_sql)
    return {
        "name": quote(obj.key.name),
        "qualified": qualified,
        "part": obj.key.part,
        "table": qualify(obj.owner) if obj.owner else obj.key.part,
        "owner": _owner_of(obj),
        "parent": obj.key.part.partition(" from ")[2],
        "column": column,
        "relation": f"{relation[1].lower()} {qualified}" if relation else qualified,
        "setting": f"{obj.noun}{of_column}",
        "options": f"{options or obj.noun}{of_column}",
        "subject": _lower_keywords(subject[1]) if subject else qualified,
    }


_PART_OF_PARTITION = PARTITION.noun
"""The ``part`` of a partition's key."""


def _owner_of(obj: Opaque) -> str:
    """Return the table or partition that an object is on; its owner is the whole table."""
    partitions = [key for key in obj.needs if key.part == _PART_OF_PARTITION]
    if len(partitions) == 1 and not obj.trait.holds_rows:
        return f" of partition {qualify(partitions[0])}"
    return f" of table {qualify(obj.owner)}" if obj.owner else ""


def _describe_privilege(sql: str) -> str:
    """Return the heading of a statement that grants, revokes or labels."""
    match = _PRIVILEGE.fullmatch(sql)
    if match is None:
        return _KEYWORDS.sub(lambda words: words[0].capitalize(), sql, count=1)
    on = _lower_keywords(match["on"])
    to = f"{match['link'].lower()} {match['role']}"
    verb = match["verb"].capitalize()
    if not match["default"]:
        return f"{verb} {match['words']} on {on} {to}"
    scope = _lower_keywords(match["scope"].strip())
    future = " ".join(filter(None, (on, "to come", scope)))
    return f"{verb} {match['words']} on {future} {to}"


def _lower_keywords(text: str) -> str:
    """Return an object as SQL names it, with its keywords in small letters."""
    text = _KEYWORDS.sub(lambda words: words[0].lower(), text, count=1)
    return text.replace(" ON ", " on ").replace(" IN SCHEMA ", " in schema ")
