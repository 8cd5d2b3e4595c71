"""Measure how long everything takes, beside Django's own commands, psql and Atlas.

    python -m benchmarks                                  all topics, all sizes
    python -m benchmarks no-change cold --models 10,100   some of it
    python -m benchmarks --project DIR --settings MODULE  a project of yours

Writes one Markdown table for each topic into a file as soon as it is measured.  Figures
are medians of whole processes, run in turns, so that other load hits all alike.  A bound
that is not met is said again at the end.  PostgreSQL is an embedded server.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg

from benchmarks.bench import (
    DURABLE_SETTINGS,
    ROOT,
    GivenProject,
    Sizes,
    Work,
    open_bench,
)
from benchmarks.machine import (
    describe_load,
    describe_machine,
    describe_server,
    read_load,
)
from benchmarks.measuring import ProgramFailed, Repetition
from benchmarks.page import replace_part
from benchmarks.peers.atlas import describe_atlas, find_atlas
from benchmarks.results import format_table, list_missed
from benchmarks.topics import OF_SIZES_ALONE, TOPICS
from schema_migrations.dev.cluster import THROWAWAY_SETTINGS
from schema_migrations.dev.programs import choose_programs, find_installed_programs

DOCS = ROOT / "docs" / "benchmarks.md"
OUTPUT = ROOT / "build" / "benchmarks.md"


def main(arguments: Sequence[str]) -> int:
    parser = make_parser()
    asked = parser.parse_args(arguments)
    given = read_given_project(parser, asked)
    unknown = set(asked.topic) - set(TOPICS)
    if unknown:
        parser.error(f"no topic {', '.join(sorted(unknown))}; {', '.join(TOPICS)}")
    topics = asked.topic or [
        name for name in TOPICS if not (given and name in OF_SIZES_ALONE)
    ]
    work = make_work(asked, given)
    if work.atlas is None:
        say("NOT MEASURED: Atlas, since there is no atlas on PATH.")
    machine = describe_machine(work.programs, describe_atlas(work.atlas))
    with open_bench(work) as bench, psycopg.connect(bench.url_of("postgres")) as server:
        machine = f"{machine} {describe_server(server, bench.server_folder)}"
    page = DOCS if asked.docs else asked.output
    missed: list[str] = []
    for name in topics:
        say(f"== {name}")
        before = read_load()
        try:
            table = TOPICS[name](work)
        except ProgramFailed as failure:
            missed.append(f"{name}: **failed**: {failure}")
            continue
        facts = f"{machine} {describe_load(before, read_load())}"
        title = f"{table.title}: {given.name}" if given else table.title
        text = f"### {title}\n\n{format_table(table)}\n\n{facts}"
        write_part(page, f"{name}, {given.name}" if given else name, text)
        print(text, end="\n\n", flush=True)
        missed += list_missed(table)
    say(f"Written: {page}")
    for line in missed:
        say(line)
    return 1 if any("**failed**" in line for line in missed) else 0


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("topic", nargs="*", help=f"any of {', '.join(TOPICS)}")
    sizes = Sizes()
    for option in ("models", "files", "targets", "statements"):
        parser.add_argument(
            f"--{option}",
            type=parse_numbers,
            default=getattr(sizes, option),
            metavar="N,N",
        )
    for option in ("revisions", "mebibytes"):
        parser.add_argument(
            f"--{option}", type=int, default=getattr(sizes, option), metavar="N"
        )
    parser.add_argument("--runs", type=int, default=5, help="of everything")
    parser.add_argument(
        "--durable",
        action="store_true",
        help="use a server that keeps what it commits, as a real one does",
    )
    parser.add_argument("--project", type=Path, help="the folder of a project")
    parser.add_argument("--settings", help="the module of its settings")
    parser.add_argument(
        "--model",
        default="",
        metavar="APP.MODEL",
        help="the model of the project to change (default: the user model)",
    )
    parser.add_argument(
        "--output", type=Path, default=OUTPUT, help="the file (default: %(default)s)"
    )
    parser.add_argument(
        "--docs", action="store_true", help="write into docs/benchmarks.md instead"
    )
    return parser


def parse_numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def read_given_project(
    parser: argparse.ArgumentParser, asked: argparse.Namespace
) -> GivenProject | None:
    if not asked.project and not asked.settings:
        return None
    if not (asked.project and asked.settings):
        parser.error("--project and --settings go together")
    return GivenProject(
        folder=asked.project, settings=asked.settings, model=asked.model
    )


def make_work(asked: argparse.Namespace, given: GivenProject | None) -> Work:
    return Work(
        repetition=Repetition(runs=asked.runs, say=say),
        programs=choose_programs(find_installed_programs()),
        atlas=find_atlas(),
        sizes=Sizes(
            models=asked.models,
            files=asked.files,
            targets=asked.targets,
            revisions=asked.revisions,
            statements=asked.statements,
            mebibytes=asked.mebibytes,
        ),
        server_settings=DURABLE_SETTINGS if asked.durable else THROWAWAY_SETTINGS,
        given=given,
    )


def write_part(page: Path, part: str, text: str) -> None:
    page.parent.mkdir(parents=True, exist_ok=True)
    before = page.read_text() if page.exists() else ""
    page.write_text(replace_part(before, part, text))


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
