"""The names of the sequences behind identity columns.  Pure.

PostgreSQL names such a sequence after its table and column, and keeps that name when
either is renamed.
"""

from __future__ import annotations

import re

from schema_migrations.engines.postgresql.quote import NAME_BYTES_LIMIT


def compose_sequence_name(table: str, column: str, ending: str = "seq") -> str:
    """Return ``table_column_seq``; the longer name is cut where the limit asks for it.

    https://github.com/postgres/postgres/blob/master/src/backend/commands/indexcmds.c
    (``makeObjectName``)
    """
    names = [table.encode(), column.encode()]
    sizes = [len(name) for name in names]
    while sum(sizes) + len(f"__{ending}") > NAME_BYTES_LIMIT:
        sizes[0 if sizes[0] > sizes[1] else 1] -= 1
    shortened = [
        name[:size].decode(errors="ignore")
        for name, size in zip(names, sizes, strict=True)
    ]
    return "_".join([*shortened, ending])


def is_server_chosen(sequence: str, table: str, column: str) -> bool:
    """Tell whether the server may have chosen a name (``…_seq``, ``…_seq1`` …)."""
    ending = re.search(r"seq\d*$", sequence)
    return (
        ending is not None
        and compose_sequence_name(table, column, ending[0]) == sequence
    )
