"""The options of text search dictionaries, and the statement that changes them.  Pure.

https://www.postgresql.org/docs/current/sql-altertsdictionary.html
"""

from __future__ import annotations

import re

from schema_migrations.engines.postgresql.quote import qualify
from schema_migrations.plan.plan import Statement
from schema_migrations.schema.model import Opaque

_OPTION = re.compile(
    r"""("(?:[^"]|"")+"|\w+) = (E?'(?:[^'\\]|''|\\.)*'|[^,\s)]+)""", re.DOTALL
)


def render_alter_dictionary(before: Opaque, after: Opaque) -> tuple[Statement, ...]:
    """Return the statement that gives a dictionary other options.

    All are given, since the server keeps them in the order in which they came.
    """
    old, new = (dict(_read_options(each)) for each in (before, after))
    options = [name for name in old if name not in new]
    options += [f"{name} = {value}" for name, value in new.items()]
    name = qualify(after.key)
    return (
        Statement(
            sql=f"ALTER TEXT SEARCH DICTIONARY {name} ({', '.join(options)})",
            comment=f"Set the options of text search dictionary {name}",
        ),
    )


def _read_options(dictionary: Opaque) -> list[tuple[str, str]]:
    """Return (name, value) pairs as they are printed, without the template."""
    _, _, text = dictionary.definition.partition(" (TEMPLATE = ")
    return _OPTION.findall(text.removeprefix(dictionary.shape[0]))
