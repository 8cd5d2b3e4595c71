"""Say in words what a statement on an opaque object does.  Pure.

A setting has no name of its own: its heading names what is set, and on what.
"""

from __future__ import annotations

import re

from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.schema.model import Key, Opaque

_SWITCHES = {
    "row security": ("Enable row level security on", "Disable row level security on"),
    "forced row security": (
        "Force row level security on the owner of",
        "No longer force row level security on the owner of",
    ),
}
"""Noun → what comes before the table when it is set and when it is reset."""

_PRIVILEGE = re.compile(
    r"(?P<default>ALTER DEFAULT PRIVILEGES(?P<scope>.*?) )?"
    r"(?P<verb>GRANT|REVOKE) (?P<words>.+?) ON (?P<on>.+) (?P<link>TO|FROM) (?P<role>.+)",
    re.DOTALL,
)
_KEYWORDS = re.compile(r"[A-Z]+(?: [A-Z]+)*(?= |$)")
_RELATION = re.compile(r"ALTER (TABLE|VIEW|MATERIALIZED VIEW|INDEX) ")
_WITH_OPTIONS = ("storage parameters", "toast storage parameters", "attribute options")
_OPTION_NAME = re.compile(r"([\w.]+|\"(?:[^\"]|\"\")+\")='")


def describe_create(obj: Opaque) -> str:
    """Return the heading of the statement that creates or sets an object."""
    setting = _describe_setting(obj, obj.definition, is_set=True)
    return setting or f"Create {describe_object(obj)}"


def describe_drop(obj: Opaque) -> str:
    """Return the heading of the statement that drops or resets an object."""
    setting = _describe_setting(obj, obj.drop_sql, is_set=False)
    return setting or f"Drop {describe_object(obj)}"


def describe_object(obj: Opaque) -> str:
    """Return what an object is, its name and its table."""
    if obj.type in _PARTS_OF_PARTITIONS:
        words = obj.key.part.replace(obj.type, _PARTS_OF_PARTITIONS[obj.type], 1)
        return f"{words} of partition {qualify(obj.key)}"
    if obj.type in ("text search mapping", "operator family members"):
        return f"{obj.key.part} of {quote(obj.key.name)}"
    owner = f" of table {qualify(obj.owner)}" if obj.owner else ""
    return f"{obj.type} {quote(obj.key.name)}{owner}"


_PARTS_OF_PARTITIONS = {"constraint": "constraint", "not null": "NOT NULL"}


def _describe_setting(obj: Opaque, sql: str, *, is_set: bool) -> str:
    """Return the heading of a setting; empty for another object."""
    name = quote(obj.key.name)
    verb = "Set" if is_set else "Reset"
    match obj.type:
        case "comment":
            subject = obj.drop_sql.removeprefix("COMMENT ON ").removesuffix(" IS NULL")
            verb = "Set" if is_set else "Remove"
            return f"{verb} the comment of {_lower_keywords(subject)}"
        case "owner":
            subject = sql.removeprefix("ALTER ").rpartition(" OWNER TO ")[0]
            return f"{verb} the owner of {_lower_keywords(subject)}"
        case "membership in publication":
            step, link = ("Add", "to") if is_set else ("Remove", "from")
            table = qualify(obj.owner) if obj.owner else obj.key.part
            return f"{step} table {table} {link} publication {name}"
        case "unlogged":
            return f"Make table {_qualified(obj)} {'un' * is_set}logged"
        case "event trigger state" | "trigger state" | "rule state":
            noun = obj.type.removesuffix(" state")
            table = f" of table {qualify(obj.owner)}" if obj.owner else ""
            return f"{verb} the state of {noun} {name}{table}"
        case _ if obj.trait.is_privilege:
            return _describe_privilege(sql)
        case _ if obj.type in _SWITCHES:
            return f"{_SWITCHES[obj.type][not is_set]} table {_qualified(obj)}"
        case "no inherit":
            column = quote(obj.key.part.partition(" of column ")[2])
            text = f"NOT NULL of column {column} of {_relation_of(obj)}"
            return (
                f"Keep {text} from tables that inherit"
                if is_set
                else f"Let tables that inherit take over {text}"
            )
        case _ if obj.type in _PARTS_OF_PARTITIONS:
            return ""
        case _ if " of column " in obj.key.part:
            column = quote(obj.key.part.partition(" of column ")[2])
            return f"{verb} {_name_settings(obj)} of column {column} of {_relation_of(obj)}"
        case _ if obj.trait.is_setting:
            return f"{verb} {_name_settings(obj)} of {_relation_of(obj)}"
        case _:
            return ""


def _name_settings(obj: Opaque) -> str:
    """Return the names of options, or the noun of a setting without any."""
    names = _OPTION_NAME.findall(obj.definition) if obj.type in _WITH_OPTIONS else ()
    return ", ".join(names) or obj.type


def _relation_of(obj: Opaque) -> str:
    """Return the relation that a setting is on, with its kind."""
    relation = _RELATION.match(obj.definition)
    noun = relation[1].lower() if relation else obj.type.removesuffix(" target")
    return f"{noun} {_qualified(obj)}"


def _qualified(obj: Opaque) -> str:
    return qualify(Key("table", obj.key.namespace, obj.key.name))


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
