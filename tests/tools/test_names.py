"""Public functions are verbs, predicates or conversions; exceptions have a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.names import (
    REASONS,
    TOOL_VERBS,
    VERBS,
    is_well_named,
    list_functions,
    list_names,
)

NAMES = list(list_names())


def test_every_public_name_can_be_read() -> None:
    """``CONTRIBUTING.md`` says how names are chosen; ``python -m tools names`` lists them."""
    assert [(name, path) for name, path, is_clear in NAMES if not is_clear] == []


@pytest.mark.parametrize(
    "name", ["settled", "placed", "beside", "Thing.told", "sourced"]
)
def test_a_riddle_is_found(name: str) -> None:
    assert not is_well_named(name)
    assert not is_well_named(name, is_tool=True)


def test_a_verb_of_the_tools_is_none_of_the_package() -> None:
    assert is_well_named("fork_run", is_tool=True)
    assert not is_well_named("fork_run")


def test_what_pytest_calls_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "@pytest.fixture\ndef site(): ...\ndef test_it(): ...\n"
        "def pytest_configure(): ...\ndef told(): ...\n"
    )
    assert [name for name, _ in list_functions(tmp_path)] == ["told"]


def test_no_reason_and_no_verb_is_left_over() -> None:
    names = {name for name, _, _ in NAMES}
    assert set(REASONS) <= names
    assert {name.rpartition(".")[2].split("_")[0] for name in names} >= TOOL_VERBS
    assert not VERBS & TOOL_VERBS
