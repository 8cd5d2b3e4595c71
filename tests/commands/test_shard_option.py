"""``--shard``: which part of a list a process works on."""

from __future__ import annotations

import pytest

from schema_migrations.errors import WrongUsage
from schema_migrations.management.commands._shard_option import choose_shard
from schema_migrations.workflows.targets.shards import Shard

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
