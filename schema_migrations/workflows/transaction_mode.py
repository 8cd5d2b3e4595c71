"""How a file runs: in a transaction of its own, in that of all files, in none.  Pure.

Invariant: what applies files and what tries all of them decide alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.errors import TransactionModeConflict

if TYPE_CHECKING:
    from schema_migrations.conf import TxMode
    from schema_migrations.history.file import MigrationFile


def choose_mode(file: MigrationFile, tx_mode: TxMode) -> TxMode:
    """Return how a file runs, by its directive and what holds for files without one.

    Raises ``TransactionModeConflict``.
    """
    directive = file.directives.txmode
    if tx_mode == "all":
        if directive == "none":
            raise TransactionModeConflict(file=file.name)
        return "all"
    if directive:
        return "none" if directive == "none" else "file"
    return tx_mode
