"""Which transaction a file runs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_migrations.errors import TransactionModeConflict
from schema_migrations.history.file import MigrationFile
from schema_migrations.workflows.transaction_mode import choose_mode

if TYPE_CHECKING:
    from schema_migrations.conf import TxMode


def make_file(directive: str) -> MigrationFile:
    head = f"-- atlas:txmode {directive}\n\n" if directive else ""
    return MigrationFile(name="1_a.sql", content=f"{head}SELECT 1;\n".encode())


@pytest.mark.parametrize(
    ("directive", "tx_mode", "mode"),
    [
        ("", "file", "file"),
        ("", "none", "none"),
        ("", "all", "all"),
        ("file", "none", "file"),
        ("file", "all", "all"),
        ("none", "file", "none"),
        ("none", "none", "none"),
    ],
)
def test_the_directive_counts_but_in_one_transaction_for_all(
    directive: str, tx_mode: TxMode, mode: TxMode
) -> None:
    assert choose_mode(make_file(directive), tx_mode) == mode


def test_a_file_without_a_transaction_is_no_part_of_one() -> None:
    with pytest.raises(TransactionModeConflict, match=r"1_a\.sql"):
        choose_mode(make_file("none"), "all")
