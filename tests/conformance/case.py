"""Cases of ``tests/cases/apply``: a story of a directory and a database, step by step.

    What it is about, in one sentence.
    atlas: what Atlas is known to do otherwise
    turns: what goes wrong when one goes on after the other
    only sqlite

    write 1_a.sql
        CREATE TABLE a (id integer);
    schemahash
    schemaapply --tx-mode all
        exit 2
        says 1_a.sql:1
    revisions 1:1/1 2b:0/0 3r:0/0 4:1/2!
    failure 5_c.sql:3
    tables a

``atlas schemaapply`` is always done by Atlas, so such a case is played only where it is.
A revision is ``VERSION:APPLIED/TOTAL``, with ``b`` for a baseline, ``r`` for one that was
marked by hand, and ``!`` when it holds an error.  A failure that left nothing is no
revision: Atlas forgets it, and only this package is asked for it.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_migrations.history.failure import read_failure
from schema_migrations.history.revision import BASELINE, RESOLVED, Revision
from tests.conformance.tools import Said, atlas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.fixtures.targets import Place

    Tool = Callable[[Place, Sequence[str]], Said]

INDENT = " " * 4


class DiffersError(AssertionError):
    """A step did not come out as its case says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    line: int
    words: tuple[str, ...]
    below: tuple[str, ...] = ()
    """The indented lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    title: str
    steps: tuple[Step, ...]
    atlas: str = ""
    """What Atlas does otherwise."""
    turns: str = ""
    """Why the two should not take turns here."""
    vendors: tuple[str, ...] = ("sqlite", "postgresql")

    @property
    def commands(self) -> list[tuple[str, ...]]:
        """Those that any program may do."""
        words = [step.words for step in self.steps]
        return [each for each in words if each[0].startswith("schema")]

    @property
    def needs_atlas(self) -> bool:
        return any(step.words[0] == "atlas" for step in self.steps)


def read(path: Path) -> Case:
    # Not read_text and splitlines: a case may hold carriage returns.
    title, *rest = path.read_bytes().decode().split("\n")
    head = {
        key: value for line in _head(rest) for key, _, value in [line.partition(" ")]
    }
    vendors = (head["only"],) if "only" in head else ("sqlite", "postgresql")
    return Case(
        name=path.stem,
        title=title,
        steps=tuple(_steps(rest, after=len(_head(rest)))),
        atlas=head.get("atlas:", ""),
        turns=head.get("turns:", ""),
        vendors=vendors,
    )


def _head(lines: Sequence[str]) -> Sequence[str]:
    return lines[: lines.index("")]


def _steps(lines: Sequence[str], *, after: int) -> Iterator[Step]:
    number = after
    while number < len(lines):
        line, below = lines[number], list[str]()
        number += 1
        if not line or line.startswith("#"):
            continue
        start = number
        while number < len(lines) and (
            not lines[number] or lines[number].startswith(INDENT)
        ):
            below.append(lines[number].removeprefix(INDENT))
            number += 1
        while below and not below[-1]:
            below.pop()
        # The title is line 1.
        yield Step(line=start + 1, words=tuple(shlex.split(line)), below=tuple(below))


def play(
    case: Case, place: Place, tool_of: Callable[[int], Tool], *, keeps_failures: bool
) -> None:
    """Do all steps; the n-th on the database with ``tool_of(n)``.

    ``keeps_failures``: a failure that left nothing can be asked for afterwards.
    Raises ``DiffersError``.
    """
    turn = 0
    place.folder.mkdir()
    for step in case.steps:
        if step.words[0] == "atlas":
            _command(case, step, atlas(place, step.words[1:]))
        elif step.words[0].startswith("schema"):
            _command(case, step, tool_of(turn)(place, step.words))
            turn += step.words[0] != "schemahash"
        else:
            _do(case, step, place, keeps_failures=keeps_failures)


def _command(case: Case, step: Step, said: Said) -> None:
    wanted, words = 0, list[str]()
    for line in step.below:
        key, _, value = line.partition(" ")
        if key == "exit":
            wanted = int(value)
        else:
            words.append(value)
    if not said.by_us:
        _equal(case, step, bool(said.code), bool(wanted), said.text)
        return
    _equal(case, step, said.code, wanted, said.text)
    for text in words:
        if text not in said.text:
            _equal(case, step, said.text, text, "")


def _do(case: Case, step: Step, place: Place, *, keeps_failures: bool) -> None:
    match step.words:
        case ("write", name):
            text = "".join(f"{line}\n" for line in step.below)
            (place.folder / name).write_text(text)
        case ("remove", name):
            (place.folder / name).unlink()
        case ("sql", sql):
            place.execute(sql)
        case ("tables", *names):
            _equal(case, step, sorted(place.list_tables()), sorted(names), "")
        case ("rows", table, count):
            found = place.execute(f"SELECT count(*) FROM {table}")
            _equal(case, step, found, [(int(count),)], "")
        case ("revisions", *wanted):
            rows = place.read_revisions().values()
            shown_rows = [shown(row) for row in rows if not row.is_rolled_back]
            _equal(case, step, shown_rows, list(wanted), "")
        case ("failure", *wanted):
            rows = place.read_revisions().values()
            places = [read_failure(row).place for row in rows if row.is_rolled_back]
            if keeps_failures:
                _equal(case, step, places, list(wanted), "")
        case _:
            raise ValueError(f"{case.name}:{step.line}: no such step: {step.words}")


def shown(row: Revision) -> str:
    mark = "b" if row.type == BASELINE else "r" if row.type & RESOLVED else ""
    failed = "!" if row.error else ""
    return f"{row.version}{mark}:{row.applied}/{row.total}{failed}"


def _equal(case: Case, step: Step, found: object, wanted: object, text: str) -> None:
    if found != wanted:
        raise DiffersError(
            f"{case.name}:{step.line}: {' '.join(step.words)}\n"
            f"found  {found}\nwanted {wanted}\n{text}"
        )
