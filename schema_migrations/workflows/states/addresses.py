"""Take memory addresses out of the models' SQL: they differ in each process.  Pure.

An object where a value was meant becomes its text: ``Q(owner=get_owner)``, without the
parentheses of a call, compiles to ``'<function get_owner at 0x7f3a…>'``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from schema_migrations.workflows.states.collecting import DdlPart

_OBJECT = re.compile(r"(<[\w.<>]+(?: [\w.<>]+)*) at 0x[0-9a-fA-F]+>")


def remove_addresses(parts: Iterable[DdlPart]) -> tuple[DdlPart, ...]:
    """Return the parts with ``<function f>`` for ``<function f at 0x…>``."""
    return tuple(
        replace(
            part,
            statements=tuple(_OBJECT.sub(r"\1>", sql) for sql in part.statements),
        )
        for part in parts
    )


def describe_addresses(parts: Iterable[DdlPart]) -> Iterator[str]:
    """Yield a warning for each statement that holds an address."""
    for part in parts:
        for sql in part.statements:
            if found := _OBJECT.search(sql):
                words = " ".join(_OBJECT.sub(r"\1>", sql).split())
                yield (
                    f"The SQL of the models holds the text of an object, {found[1]}>, where"
                    " a value was meant. For a function, write its call in models.py.\n"
                    f"    {words}"
                )
