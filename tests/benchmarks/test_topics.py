"""Every topic of ``benchmarks`` runs, with the least work, and its table is well formed.

The commands are real ones; they are forks, which start faster than what is measured.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.bench import GivenProject, Sizes, Work
from benchmarks.measuring import Repetition
from benchmarks.peers.atlas import find_atlas
from benchmarks.projects import write_project
from benchmarks.results import Run, Table, format_table, judge_row
from benchmarks.topics import TOPICS
from schema_migrations.dev.cluster import THROWAWAY_SETTINGS, run_server
from schema_migrations.dev.programs import choose_programs, find_installed_programs
from tests.fixtures.commands import Commands
from tests.fixtures.postgresql import NO_POSTGRES
from tests.fixtures.skips import skip_missing

SIZES = Sizes(
    models=(1,), files=(2,), targets=(2,), revisions=2, statements=(2,), mebibytes=1
)
SIZES_OF = {"start-up": replace(SIZES, models=())}
"""Where the files alone show it, too."""
LINE = re.compile(r"^\| .*[^ ] .*\|$")


@pytest.fixture(scope="module")
def work(commands: Commands) -> Iterator[Work]:
    def run_fork(
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        expected: Collection[int],
    ) -> Run:
        began = time.perf_counter()
        code, out, err = commands.run(arguments, folder, environment)
        assert code in expected, f"{arguments}: {code}\n{out}{err}"
        return Run(seconds=time.perf_counter() - began)

    installed = find_installed_programs()
    if not installed:
        skip_missing(NO_POSTGRES)
    programs = choose_programs(installed)
    with run_server(programs, asks_for_password=False) as server:
        yield Work(
            repetition=Repetition(runs=1, say=lambda line: None),
            programs=programs,
            atlas=find_atlas(),
            sizes=SIZES,
            run_django=run_fork,
            server_settings=THROWAWAY_SETTINGS,
            server_folder=server.folder,
        )


def test_a_given_project_is_measured(work: Work, tmp_path: Path) -> None:
    write_project(tmp_path / "shop", 1)
    given = GivenProject(
        folder=tmp_path / "shop", settings="project_settings", model="app0.Model0"
    )

    table = TOPICS["phases"](replace(work, given=given))

    check_table(table)
    assert {row.group for row in table.rows} == {"shop"}


def check_table(table: Table) -> None:
    assert table.rows
    lines = format_table(table).split("\n\n")[0].splitlines()
    assert len({line.count(" | ") for line in lines}) == 1
    assert all(LINE.match(line) for line in lines)
    keys = [(row.group, row.what) for row in table.rows]
    assert len(keys) == len(set(keys)), "a bound could not tell two rows apart"
    assert not any(row.problem for row in table.rows)
    if table.reference:
        assert table.reference in {row.what for row in table.rows}
    # A bound that is set by Atlas cannot be judged where Atlas is not installed.
    for row in table.rows:
        for verdict in judge_row(row, table.rows):
            peers = [name for _, name in verdict.bound.parts]
            assert verdict.limit is not None or any("atlas" in name for name in peers)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_measured(topic: str, work: Work) -> None:
    sizes = SIZES_OF.get(topic, SIZES)
    check_table(TOPICS[topic](replace(work, sizes=sizes)))
