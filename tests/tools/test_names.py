"""Public functions are verbs, predicates or conversions; exceptions have a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

import schema_migrations
from tools.names import REASONS, is_public, is_well_named, list_functions

FUNCTIONS = [
    name
    for name, _ in list_functions(Path(schema_migrations.__file__).parent)
    if is_public(name)
]


def test_every_public_name_can_be_read() -> None:
    """``CONTRIBUTING.md`` says how names are chosen; ``python -m tools names`` lists them."""
    assert [name for name in FUNCTIONS if not is_well_named(name)] == []


@pytest.mark.parametrize(
    "name", ["settled", "placed", "beside", "Thing.told", "sourced"]
)
def test_a_riddle_is_found(name: str) -> None:
    assert not is_well_named(name)


def test_no_reason_is_left_over() -> None:
    assert set(REASONS) <= set(FUNCTIONS)
