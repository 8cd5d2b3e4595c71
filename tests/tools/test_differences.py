"""A difference says which side has what."""

from __future__ import annotations

import pytest

from tools.differences import MAX_LINES, Differs, expect, expect_equal


def test_what_only_one_side_has_is_listed() -> None:
    with pytest.raises(Differs) as caught:
        expect_equal("the catalog", frozenset({"a", "c"}), frozenset({"a", "b"}))
    assert str(caught.value) == (
        "the catalog (- Django's, + ours, 2):\n        - b\n        + c"
    )


def test_of_many_differences_some_are_listed_and_all_are_counted() -> None:
    with pytest.raises(Differs) as caught:
        expect_equal("it", frozenset(map(str, range(99))), frozenset())
    assert len(str(caught.value).splitlines()) == 1 + MAX_LINES
    assert "99" in str(caught.value)


def test_what_is_equal_or_holds_passes() -> None:
    expect_equal("it", frozenset("a"), frozenset("a"))
    expect(not [], "never")
    with pytest.raises(Differs, match="so it is"):
        expect(not ["x"], "so it is")
