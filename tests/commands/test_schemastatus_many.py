"""``schemastatus`` on many targets, on shards of them, and on reports of the shards."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from schema_migrations.history.directory import rehash
from schema_migrations.management.output.target_statuses import VERDICTS
from tests.fixtures.commands import REPOSITORY
from tests.fixtures.project import CommandResult, Project

FIRST = "CREATE TABLE a (id integer PRIMARY KEY);\n"
SECOND = "CREATE TABLE b (id integer);\n"
COUNT = 9


@pytest.fixture
def fleet(project: Project) -> Project:
    """SQLite databases with a file each; a second file is pending, and fails on one."""
    project.write("migrations/1_a.sql", FIRST)
    rehash(project.migrations)
    urls = [f"sqlite:///{project.base}/t{number}.db" for number in range(1, COUNT + 1)]
    project.write("targets.txt", "\n".join(urls))
    project.write("third.txt", urls[2])
    assert apply(project).code == 0
    project.write("migrations/2_b.sql", SECOND)
    rehash(project.migrations)
    return project


def apply(project: Project, *options: str, **environment: str) -> CommandResult:
    words = options or ("--targets", f"{project.base}/targets.txt")
    return project.manage("schemaapply", "--no-signals", *words, **environment)


def status(project: Project, *options: str, **environment: str) -> CommandResult:
    words = ("--targets", f"{project.base}/targets.txt", *options)
    return project.manage("schemastatus", *words, **environment)


def merged(project: Project, *options: str) -> CommandResult:
    return project.manage("schemastatus", *options)


def write_reports(project: Project, count: int) -> list[str]:
    files = [f"{project.base}/report-{number}.json" for number in range(1, count + 1)]
    for number, file in enumerate(files, 1):
        shard = f"{number}/{count}"
        options = ("--format", "json", "--output", file, "--shard", shard)
        assert status(project, *options).code == 0
    return files


def fail_on_third(project: Project) -> None:
    """Apply the second file where it can be: the third target has such a table."""
    with closing(sqlite3.connect(project.base / "t3.db")) as connection:
        connection.execute("CREATE TABLE b (id integer)")
    words = ("--targets", f"{project.base}/targets.txt", "--on-failure", "continue")
    assert apply(project, *words).code == 2


def test_the_counts_come_first(fleet: Project) -> None:
    found = status(fleet)
    assert (found.code, found.err) == (0, "")
    head, counts, next_step = found.out.splitlines()
    assert head.startswith(f"Targets  {COUNT} targets, 4 at a time; 2 files in ")
    assert counts == f"Status   {COUNT} targets: {COUNT} pending"
    assert "--format names | python manage.py schemaapply --targets -" in next_step
    assert status(fleet, "--check").code == 1
    assert apply(fleet).code == 0
    done = status(fleet, "--check")
    assert done.code == 0
    assert done.out.splitlines()[1:] == [
        f"Status   {COUNT} targets: {COUNT} ok",
        "Next     nothing: every target has every file",
    ]


def test_failures_are_named_with_what_goes_on_with_them(fleet: Project) -> None:
    fail_on_third(fleet)
    found = status(fleet, "--check")
    assert found.code == 1
    lines = found.out.splitlines()
    assert lines[1] == f"Status   {COUNT} targets: {COUNT - 1} ok, 1 failed"
    assert re.fullmatch(
        r"Failed   sqlite:///\S+/t3\.db: 2: table \"?b\"? already exists", lines[2]
    )
    assert lines[3].startswith("Next     correct what failed")
    assert " --format names --only failed | python manage.py schemaapply" in lines[4]
    names = status(fleet, "--format", "names", "--only", "failed")
    assert names.out.split() == [(fleet.base / "third.txt").read_text()]
    assert status(fleet, "--format", "names", "--only", "edited").out == ""


def test_one_that_cannot_be_asked_does_not_hide_the_others(fleet: Project) -> None:
    (fleet.base / "t2.db").write_text("no database at all, but long enough " * 100)
    found = status(fleet)
    assert found.code == 2
    assert f"{COUNT - 1} pending, 1 unreadable" in found.out
    assert "Unreadable sqlite:///" in found.out


def test_shards_are_the_whole_and_their_reports_merge(fleet: Project) -> None:
    fail_on_third(fleet)
    files = write_reports(fleet, 3)
    whole = status(fleet, "--format", "json").json
    found = merged(fleet, "--merge", *files, "--format", "json").json
    assert found["shards"] == [{"number": n, "count": 3} for n in (1, 2, 3)]
    assert (found["listed"], found["counts"]) == (COUNT, whole["counts"])
    assert by_name(found) == by_name(whole)
    text = merged(fleet, "--merge", *files, "--check")
    assert (text.code, text.err) == (1, "")
    assert (
        text.out.splitlines()[0]
        == f"Status   {COUNT} targets: {COUNT - 1} ok, 1 failed"
    )
    assert "schemastatus --merge " in text.out
    names = merged(fleet, "--merge", *files, "--format", "names")
    assert names.out.split() == [(fleet.base / "third.txt").read_text()]


def by_name(report: dict[str, Any]) -> list[Any]:
    return sorted(report["targets"], key=lambda target: str(target["name"]))


def test_a_shard_that_is_missing_is_named(fleet: Project) -> None:
    assert apply(fleet).code == 0
    first, _, third = write_reports(fleet, 3)
    found = merged(fleet, "--merge", first, third, "--check")
    assert found.code == 1
    assert "Missing  2/3 is in no report; run them again\n" in found.out
    assert "nothing: every target" not in found.out


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda files: [files[0], files[0]], "are both of shard 1/2"),
        (lambda files: [*files, "nowhere.json"], "--merge nowhere.json: No such file"),
        (lambda files: [change(files[0], '"count": 2', '"count": 3'), files[1]],
         "different numbers of shards (2, 3)"),
        (lambda files: [change(files[0], '"listed"', '"lasted"')], "it has no 'listed'"),
        (lambda files: [change(files[0], "{", "")], "it is not JSON"),
        (lambda files: [change(find_full(files), '"name"', '"nome"')], "it is damaged: 'name'"),
    ],
)  # fmt: skip
def test_reports_that_do_not_fit_are_refused(
    spoil: Callable[[list[str]], list[str]], problem: str, fleet: Project
) -> None:
    found = merged(fleet, "--merge", *spoil(write_reports(fleet, 2)))
    assert found.code == 2
    assert problem in found.err


def find_full(reports: list[str]) -> str:
    """Return the first report with targets: names, so paths, decide which shard has any."""
    return next(each for each in reports if '"name"' in Path(each).read_text())


def change(file: str, old: str, new: str) -> str:
    text = Path(file).read_text()
    assert old in text
    Path(file).write_text(text.replace(old, new, 1))
    return file


def test_doubts_about_a_merged_report_are_warned_of(fleet: Project) -> None:
    first, second = write_reports(fleet, 2)
    change(first, f'"listed": {COUNT}', '"listed": 7')
    change(first, '"directory": "', '"directory": "x')
    found = merged(fleet, "--merge", first, second)
    assert found.code == 0
    assert "the list of targets changed between the reports" in found.err
    assert "different migration directories" in found.err


def test_each_shard_of_a_run_applies_its_own(fleet: Project) -> None:
    seen = []
    for number in ("1", "2"):
        environment = {"CI_NODE_INDEX": number, "CI_NODE_TOTAL": "2"}
        words = ("--targets", f"{fleet.base}/targets.txt", "--shard", "auto")
        done = apply(fleet, *words, "--format", "json", **environment)
        assert done.code == 0
        seen += [target["name"] for target in done.json["targets"]]
    assert sorted(seen) == sorted((fleet.base / "targets.txt").read_text().split())
    assert status(fleet, "--check").code == 0


def test_an_empty_shard_is_done_and_says_so(fleet: Project) -> None:
    words = ("--targets", f"{fleet.base}/third.txt", "--shard")
    texts = [apply(fleet, *words, f"{number}/2") for number in (1, 2)]
    assert [each.code for each in texts] == [0, 0]
    (empty,) = (each.out for each in texts if "0 targets" in each.out)
    assert "Targets  0 targets of 1: shard " in empty
    assert empty.endswith("Next     nothing: this shard has no targets\n")
    looked = [
        fleet.manage("schemastatus", "--check", *words, f"{number}/2")
        for number in (1, 2)
    ]
    assert [each.code for each in looked] == [0, 0]
    assert sum("0 targets: this shard has none" in each.out for each in looked) == 1


@pytest.mark.parametrize("command", ["schemaapply", "schemastatus"])
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--shard", "0/3"), "--shard 0/3 is no part of a whole"),
        (("--shard", "auto"), "neither JOB_COMPLETION_INDEX nor CI_NODE_INDEX is set"),
    ],
)
def test_a_bad_shard_is_refused(
    command: str, options: tuple[str, ...], problem: str, fleet: Project
) -> None:
    environment = dict.fromkeys(("CI_NODE_INDEX", "JOB_COMPLETION_INDEX"), "")
    words = ("--targets", f"{fleet.base}/targets.txt", *options)
    found = fleet.manage(command, *words, **environment)
    assert found.code == 2
    assert problem in found.err
    alone = fleet.manage(command, "--shard", "1/2")
    assert alone.code == 2
    assert "--shard divides a list of targets, and there is none" in alone.err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--format", "names"), "choose among many targets"),
        (("--only", "failed"), "choose among many targets"),
        (("--merge", "x.json", "--only", "failed"), "--only says which names"),
        (("--merge", "x.json", "--shard", "1/2"), "--shard"),
        (("--merge", "x.json", "--url", "sqlite:///x.db"), "does not go with --url"),
        (("--merge", "x.json", "--drift"), "--drift looks at one target"),
        (("--targets", "x.txt", "--way-back"), "--way-back looks at one target"),
    ],
)
def test_options_that_do_not_go_together(
    options: tuple[str, ...], problem: str, project: Project
) -> None:
    found = project.manage("schemastatus", *options)
    assert found.code == 2
    assert problem in found.err


def test_the_examples_in_the_docs_name_every_status() -> None:
    page = (REPOSITORY / "docs/reference/commands.md").read_text()
    assert all(f"`{verdict}`" in page for verdict in VERDICTS)
