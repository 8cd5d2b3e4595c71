"""What belongs to an unquoted name; all else of the scanner is seen in statements."""

from __future__ import annotations

import re
import string

import pytest

from schema_migrations.history.scanner import NAME_CHARACTER

IN_NAMES = set(string.ascii_letters + string.digits + "_$")


@pytest.mark.parametrize("flags", [0, re.IGNORECASE])
def test_of_ascii_letters_digits_and_two_signs_belong_to_a_name(flags: int) -> None:
    ascii_ = {chr(code) for code in range(128)}
    assert {c for c in ascii_ if re.fullmatch(NAME_CHARACTER, c, flags)} == IN_NAMES


@pytest.mark.parametrize(
    "character", ["\x80", "ß", "\uffff", "\U00010000", "\U0010ffff"]
)
def test_what_is_not_ascii_belongs_to_a_name(character: str) -> None:
    assert re.fullmatch(NAME_CHARACTER, character)
    assert re.fullmatch(NAME_CHARACTER, character, re.IGNORECASE)
