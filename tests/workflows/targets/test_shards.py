"""Shards: which part of a list a process works on, and which targets are in it."""

from __future__ import annotations

from collections import Counter

import pytest

from schema_migrations.errors import WrongUsage
from schema_migrations.workflows.targets.addresses import resolve_addresses
from schema_migrations.workflows.targets.shards import (
    Shard,
    choose_shard,
    find_shard_number,
    select_shard,
)

GITLAB = {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "5"}
KUBERNETES = {"JOB_COMPLETION_INDEX": "0"}


@pytest.mark.parametrize(
    ("text", "environment", "shard"),
    [
        ("1/1", {}, (1, 1)),
        ("3/8", {**GITLAB, **KUBERNETES}, (3, 8)),
        ("auto", GITLAB, (2, 5)),
        ("auto/5", GITLAB, (2, 5)),
        ("auto/8", KUBERNETES, (1, 8)),
        ("auto/8", {"JOB_COMPLETION_INDEX": "7", "CI_NODE_TOTAL": "1"}, (8, 8)),
    ],
)
def test_a_shard_is_written_or_found(
    text: str, environment: dict[str, str], shard: tuple[int, int]
) -> None:
    number, count = shard
    assert choose_shard(text, environment) == Shard(number=number, count=count)


@pytest.mark.parametrize(
    ("text", "environment", "problem"),
    [
        ("0/3", {}, "--shard 0/3 is no part of a whole"),
        ("4/3", {}, "--shard 4/3 is no part of a whole"),
        ("-1/3", {}, "--shard -1/3 is no part of a whole"),
        ("1/0", {}, "--shard 1/0 is no part of a whole"),
        ("1", {}, "--shard 1 is no part of a whole"),
        ("1/", {}, "--shard 1/ is no part of a whole"),
        ("1/2/3", {}, "--shard 1/2/3 is no part of a whole"),
        ("x", {}, "--shard x is no part of a whole"),
        ("²/3", {}, "--shard ²/3 is no part of a whole"),
        ("auto", {}, "neither JOB_COMPLETION_INDEX nor CI_NODE_INDEX is set"),
        ("auto", {"CI_NODE_TOTAL": "1"}, "neither JOB_COMPLETION_INDEX nor"),
        ("auto", KUBERNETES, "nothing says how many there are"),
        ("auto/", KUBERNETES, "nothing says how many there are"),
        ("auto/x", KUBERNETES, "--shard auto/x (JOB_COMPLETION_INDEX is 0) is no part"),
        ("auto/8", {"JOB_COMPLETION_INDEX": "8"}, "(JOB_COMPLETION_INDEX is 8) is no"),
        ("auto/8", {"JOB_COMPLETION_INDEX": "-1"}, "JOB_COMPLETION_INDEX is '-1'"),
        ("auto/8", GITLAB, "but CI_NODE_TOTAL is '5'"),
        ("auto", {"CI_NODE_INDEX": "2"}, "is 2/) is no part of a whole"),
        ("auto/8", {**GITLAB, **KUBERNETES}, "both JOB_COMPLETION_INDEX and CI_NODE"),
    ],
)
def test_what_is_no_shard_is_refused(
    text: str, environment: dict[str, str], problem: str
) -> None:
    with pytest.raises(WrongUsage) as caught:
        choose_shard(text, environment)
    assert problem in caught.value.message
    assert caught.value.exit_code == 2


def test_a_name_is_in_the_same_shard_for_ever() -> None:
    """Also on another machine, and with the next release."""
    names = ("tenant_1", "tenant_2", "münchen", "postgres://u@h/db")
    assert [find_shard_number(name, 8) for name in names] == [2, 4, 4, 4]
    assert [find_shard_number(name, 1) for name in names] == [1, 1, 1, 1]


def test_another_target_moves_none() -> None:
    names = [f"tenant_{number}" for number in range(500)]
    before = resolve_addresses(names, kind="schema", url=None)
    after = resolve_addresses(["new", *reversed(names)], kind="schema", url=None)
    for number in range(1, 8):
        shard = Shard(number=number, count=7)
        stays = {each.label for each in select_shard(before, shard)}
        assert {each.label for each in select_shard(after, shard)} - {"new"} == stays


def test_shards_are_all_targets_once_and_about_equal() -> None:
    names = [f"tenant_{number}" for number in range(8000)]
    addresses = resolve_addresses(names, kind="schema", url=None)
    parts = [select_shard(addresses, Shard(number=n, count=8)) for n in range(1, 9)]
    found = Counter(each for part in parts for each in part)
    assert found == Counter(addresses)
    assert all(900 < len(part) < 1100 for part in parts)


def test_a_password_does_not_choose_the_shard() -> None:
    old, new = (
        resolve_addresses([f"postgres://u:{word}@h/db"], kind="schema", url=None)
        for word in ("old", "new")
    )
    shard = Shard(number=find_shard_number(old[0].label, 64), count=64)
    assert len(select_shard(old, shard)) == len(select_shard(new, shard)) == 1
