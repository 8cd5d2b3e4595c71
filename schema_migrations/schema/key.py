"""What identifies an object within a schema."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal[
    "namespace",
    "extension",
    "collation",
    "enum",
    "domain",
    "sequence",
    "table",
    "column",
    "constraint",
    "index",
    "opaque",
]


class Key(NamedTuple):
    """What identifies an object within a schema.

    A tuple for speed, since keys are hashed and compared most often.
    """

    kind: Kind
    namespace: str = ""
    name: str = ""
    """Name of the object; for a column or a constraint: of its table."""
    part: str = ""
    """Column or constraint name; for an opaque object: its type and owner."""

    @property
    def path(self) -> str:
        """``table`` or ``table.column``, with the namespace in front if there is one."""
        prefix = f"{self.namespace}." if self.namespace else ""
        suffix = f".{self.part}" if self.part else ""
        return f"{prefix}{self.name}{suffix}"

    @property
    def table(self) -> Key:
        """The key of the table that a column or a constraint belongs to."""
        return Key("table", self.namespace, self.name)

    def column(self, name: str) -> Key:
        """Return the key of a column of this table."""
        return Key("column", self.namespace, self.name, name)

    def constraint(self, name: str) -> Key:
        """Return the key of a constraint of this table."""
        return Key("constraint", self.namespace, self.name, name)

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"


def table_key(name: str, namespace: str = "") -> Key:
    return Key(kind="table", namespace=namespace, name=name)


NO_KEYS: frozenset[Key] = frozenset()
