"""Shards: which targets are in which part of a list."""

from __future__ import annotations

from collections import Counter

from schema_migrations.workflows.targets.addresses import resolve_addresses
from schema_migrations.workflows.targets.shards import (
    Shard,
    find_shard_number,
    select_shard,
)


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
