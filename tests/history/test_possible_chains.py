"""What a history is compared with: the same as one row at a time, and no square of work."""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.history.comparison import compare_history
from schema_migrations.history.edited_files import _find_late_files
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.marking import plan_correction
from schema_migrations.history.moved_files import find_followers, find_moved_files
from schema_migrations.history.possible_chains import MAX_CHAINS, has_hash
from schema_migrations.history.revision import Revision
from schema_migrations.history.standing import judge_history
from schema_migrations.history.sums import compute_sums, extend_chain
from tests.history.test_comparison import HERE, START

History = tuple[list[MigrationFile], list[Revision]]


def invent_history(seed: int) -> History:
    """Return files, some of them renamed since, and rows that ran in nearly any order.

    A row's hash covers the files that had been run before it.
    """
    chance = random.Random(seed)
    versions = sorted(chance.sample(range(10, 90), chance.randint(1, 16)))
    then = [
        MigrationFile(name=f"{each}_x.sql", content=f"SELECT {each};\n".encode())
        for each in versions
    ]
    order = list(then)
    for _ in range(chance.choice([0, 1, 4, 12])):
        one, other = (chance.randrange(len(order)) for _ in range(2))
        order[one], order[other] = order[other], order[one]
    rows = []
    for minute, file in enumerate(order[: chance.randint(0, len(order))]):
        digest = compute_sums(order[: minute + 1]).hash_of(file.name)
        rows.append(
            Revision(
                version=file.version,
                description="x",
                applied=1,
                total=1,
                executed_at=START + timedelta(minutes=minute),
                hash=digest,
            )
        )
    now = list[MigrationFile]()
    for file in then:
        fate = chance.random()
        if fate < 0.2:
            taken = {int(each.version) for each in (*then, *now)}
            free = chance.choice([n for n in range(10, 99) if n not in taken])
            now.append(replace(file, name=f"{free}_x.sql"))
        elif fate < 0.9:
            now.append(file)
    return sorted(now, key=lambda file: file.name), rows


def build_chains(
    files: Sequence[MigrationFile], rows: dict[str, Revision], of: Revision
) -> list[hashlib._Hash]:
    """Return the chains of the files before a row's, for each set that may have existed."""
    chains = [hashlib.sha256()]
    for file in sorted(files, key=lambda file: file.name):
        if file.version >= of.version:
            break
        extended = [chain.copy() for chain in chains]
        for chain in extended:
            extend_chain(chain, file.name, file.content)
        row = rows.get(file.version)
        came_later = row is None or row.executed_at > of.executed_at
        chains = [*chains, *extended] if came_later else extended
        if len(chains) > MAX_CHAINS:
            return []
    return chains


def find_moved_one_by_one(
    files: list[MigrationFile], revisions: list[Revision]
) -> dict[str, MigrationFile]:
    rows = {row.version: row for row in revisions}
    new = [file for file in files if file.version not in rows]
    known, found = list(files), dict[str, MigrationFile]()
    for version in sorted(rows.keys() - {file.version for file in files}):
        row = rows[version]
        name = f"{version}_x.sql"
        chains = build_chains(known, rows, row)
        for file in new:
            if has_hash(chains, name, file.content, row.hash):
                found[version] = file
                new.remove(file)
                known.append(replace(file, name=name))
                break
    return found


def find_followers_one_by_one(
    files: list[MigrationFile], revisions: list[Revision], former: list[MigrationFile]
) -> list[MigrationFile]:
    rows = {row.version: row for row in revisions}
    known = [*files, *former]
    return [
        file
        for file in files
        if file.version in rows
        and any(each.version < file.version for each in former)
        and has_hash(
            build_chains(known, rows, rows[file.version]),
            file.name,
            file.content,
            rows[file.version].hash,
        )
    ]


def find_late_one_by_one(
    files: list[MigrationFile], rows: dict[str, Revision], start: str
) -> set[str]:
    late = set()
    for file in files:
        row = rows.get(file.version)
        newer = [other for other in rows.values() if other.version > file.version]
        if row is None:
            is_late = bool(newer) and start < file.version
        else:
            is_late = any(other.executed_at < row.executed_at for other in newer)
        late |= {file.name} if is_late else set()
    return late


def test_one_walk_finds_what_a_walk_for_each_row_does() -> None:
    totals = [0, 0, 0, 0]
    for seed in range(3000):
        files, history = invent_history(seed)
        rows = {row.version: row for row in history}
        moved = find_moved_files(files, history)
        expected = find_moved_one_by_one(files, history)
        assert {m.revision.version: m.file for m in moved} == expected, seed
        former = [each.former_file for each in moved]
        followers = find_followers_one_by_one(files, history, former)
        assert list(find_followers(files, history, moved)) == followers, seed
        late = _find_late_files(files, rows, "30")
        assert late == find_late_one_by_one(files, rows, "30"), seed
        given_up = [row for row in history if not build_chains(files, rows, row)]
        found = tuple(map(len, (expected, followers, late, given_up)))
        totals = [total + each for total, each in zip(totals, found, strict=True)]
    assert min(totals) > 100  # the law was put to the test


def count_calls(work: Callable[[], object]) -> int:
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def all_applied(count: int) -> History:
    files = [
        MigrationFile(name=f"{each:04}_x.sql", content=b"SELECT %d;\n" % each)
        for each in range(count)
    ]
    rows = [
        Revision(
            version=name[:4],
            description="x",
            applied=1,
            total=1,
            executed_at=START + timedelta(minutes=minute),
            hash=digest,
        )
        for minute, (name, digest) in enumerate(compute_sums(files).entries)
    ]
    return files, rows


def quarter_renamed(count: int) -> History:
    files, rows = all_applied(count)
    quarter = count // 4
    renamed = [
        replace(file, name=f"9{file.name}") for file in files[quarter : count // 2]
    ]
    return [*files[:quarter], *files[count // 2 :], *renamed], rows


def half_ahead(count: int) -> History:
    files, rows = all_applied(count)
    return files[: count // 2], rows


@pytest.mark.parametrize("invent", [all_applied, quarter_renamed, half_ahead])
def test_the_work_grows_as_the_files_do(invent: Callable[[int], History]) -> None:
    def judge(files: list[MigrationFile], rows: list[Revision]) -> None:
        comparison = compare_history(files, rows)
        judge_history(comparison, SYNTAX, HERE)
        moves = [(m.revision.version, m.file.version) for m in comparison.moved]
        plan_correction(files, rows, moves=moves, forgotten=(), operator="me")

    few, many = invent(100), invent(400)
    work = count_calls(lambda: judge(*many)) / count_calls(lambda: judge(*few))
    assert work < 6  # 4 times the files; the square would be 16
