"""Cases of ``tests/cases/apply``: a story of a directory and a database, step by step.

    What it is about, in one sentence.
    atlas: what Atlas is known to do otherwise
    turns: what goes wrong when one goes on after the other
    only sqlite

    write 1_a.sql
        CREATE TABLE a (id integer);
    write-bare 2_b.sql
        -- Without a line end.
    schemahash
    schemaapply --tx-mode all
        exit 2
        says 1_a.sql:1
        atlas executing statement
    revisions 1:1/1 2b:0/0 3r:0/0 4:1/2!
    failure 5_c.sql:3
    tables a

``atlas schemaapply`` is always done by Atlas, so such a case is played only where it is.
``says`` is what this package says, ``atlas`` what Atlas says where it fails; without it
the exit code tells (``ATLAS_SAYS``).  Below the step at which Atlas is known to do
otherwise is ``atlas differs``.
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
from schema_migrations.history.statements import compute_partial_hashes
from tests.conformance.tools import Said, atlas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.fixtures.targets import Place

    Tool = Callable[[Place, Sequence[str]], Said]

INDENT = " " * 4

ATLAS_SAYS = {
    1: ("Migration Status: PENDING",),
    2: ("sql/migrate: executing statement",),
    4: ("checksum", "out of order", "missing migration", "history changed"),
}
"""Exit code of ours → what Atlas says, one of these."""

ATLAS_DIFFERS = "atlas differs"


class DiffersError(AssertionError):
    """A step did not come out as its case says."""

    def __init__(self, text: str, *, is_known: bool) -> None:
        super().__init__(text)
        self.is_known = is_known
        """The case says that Atlas does otherwise here."""


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
    wanted, words, atlas_words = 0, list[str](), list[str]()
    for line in step.below:
        key, _, value = line.partition(" ")
        if key == "exit":
            wanted = int(value)
        elif key == "says":
            words.append(value)
        elif line != ATLAS_DIFFERS:
            assert key == "atlas", f"{case.name}:{step.line}: {line}"
            atlas_words.append(value)
    if not said.by_us:
        told = ("Error: ", "Migration Status: ")
        assert not said.code or any(text in said.text for text in told), said.text
        _equal(case, step, bool(said.code), bool(wanted), said.text)
        expected = atlas_words or ATLAS_SAYS.get(wanted, ())
        if wanted and not any(text in said.text for text in expected):
            _equal(case, step, said.text, expected, "")
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
        case ("write-bare", name):
            (place.folder / name).write_text("\n".join(step.below))
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
            rows = list(place.read_revisions().values())
            rows = [row for row in rows if not row.is_rolled_back]
            _equal(case, step, [shown(row) for row in rows], list(wanted), "")
            changed = _names_changed(case, until=step)
            _equal(case, step, list(find_false_facts(place, rows, changed)), [], "")
        case ("failure", *wanted):
            rows = list(place.read_revisions().values())
            places = [read_failure(row).place for row in rows if row.is_rolled_back]
            if keeps_failures:
                _equal(case, step, places, list(wanted), "")
        case _:
            raise ValueError(f"{case.name}:{step.line}: no such step: {step.words}")


def _names_changed(case: Case, *, until: Step) -> set[str]:
    """Return the files that were written, or removed, other than behind the last one."""
    known, changed = set[str](), set[str]()
    for step in case.steps[: case.steps.index(until)]:
        if step.words[0] in ("write", "write-bare", "remove"):
            name = step.words[1]
            if name <= max(known, default=""):
                changed.add(name)
            known.add(name)
    return changed


def find_false_facts(
    place: Place, rows: Sequence[Revision], changed: set[str]
) -> Iterator[str]:
    """Yield what rows say otherwise than the files: either program writes the same.

    The hash also covers the files before, so after a ``changed`` file it is not compared.
    """
    directory, syntax = place.directory, place.engine.dialect.syntax
    files = {file.version: file for file in directory.files}
    first_changed = min(changed, default=None)
    for row in rows:
        if row.version not in files:
            continue
        file = files[row.version]
        if row.description != file.description:
            yield f"{row.version}: description {row.description}"
        digest = directory.computed_sums.hash_of(file.name)
        is_compared = first_changed is None or file.name < first_changed
        if is_compared and row.hash != digest and row.type != BASELINE:
            yield f"{row.version}: hash {row.hash}, not {digest}"
        if file.name in changed:
            continue
        statements = file.split_as_counted(syntax)
        hashes = compute_partial_hashes(statements[: row.applied])
        if row.partial_hashes != (() if row.applied == row.total else hashes):
            yield f"{row.version}: partial hashes {row.partial_hashes}, not {hashes}"
        if row.error:
            sql = statements[row.applied].sql
            if row.error_stmt.removesuffix(";") != sql.removesuffix(";"):
                yield f"{row.version}: error of {row.error_stmt!r}, not {sql!r}"


def shown(row: Revision) -> str:
    mark = "b" if row.type == BASELINE else "r" if row.type & RESOLVED else ""
    failed = "!" if row.error else ""
    return f"{row.version}{mark}:{row.applied}/{row.total}{failed}"


def _equal(case: Case, step: Step, found: object, wanted: object, text: str) -> None:
    if found != wanted:
        raise DiffersError(
            f"{case.name}:{step.line}: {' '.join(step.words)}\n"
            f"found  {found}\nwanted {wanted}\n{text}",
            is_known=ATLAS_DIFFERS in step.below,
        )
