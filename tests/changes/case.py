"""Read and rewrite cases: the sections of the pages in ``docs/reference/changes``.

What a reader of the page sees is what the tests prove.  A section has

- a ``diff`` block of models: lines without ``+`` are the models before, lines without
  ``-`` those after;
- ``Answered by `--flag value` ...``: the answers to what ``schemadiff`` asks; ``Told by``:
  options for what it cannot ask;
- ``The way back is answered by ...``: the same for the change from after to before;
- ``In earlier files:`` and an ``sql`` block: SQL that somebody wrote by hand;
- ``PostgreSQL:`` or ``SQLite:`` and an ``sql`` block: the plan; an engine without one is
  left out; ``PostgreSQL: nothing to do.`` stands for an empty plan;
- ``Refused on PostgreSQL:`` and a ``text`` block: the error, where there is no plan, and
  ``Refused on the way back on PostgreSQL:`` likewise;
- a table of values: what existing rows hold before and after, and when they are back.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from schema_migrations.plan.answers import Answers, read_answers

VENDORS = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
TIMES = ("before", "after", "back")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnValues:
    """A column of the table of values."""

    column: str
    """``table.column``."""
    when: str
    """``before``, ``after`` or ``back``."""
    vendor: str | None
    """The engine that has these values; None: each."""
    cells: tuple[str, ...]
    """An SQL literal for each row; empty: each row has another value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A section of a page."""

    page: Path
    title: str
    text: str

    @property
    def before(self) -> str:
        return self._select_lines("+")

    @property
    def after(self) -> str:
        return self._select_lines("-")

    def _select_lines(self, left_out: str) -> str:
        lines = self.find_block("diff").splitlines()
        return "\n".join(line[1:] for line in lines if line[:1] != left_out)

    @property
    def vendors(self) -> tuple[str, ...]:
        named = re.findall(r"^(?:Refused on )?(\w+):", self.text, re.MULTILINE)
        return tuple(vendor for vendor, name in VENDORS.items() if name in named)

    @property
    def flags(self) -> tuple[str, ...]:
        return self._find_flags("(?:Answered|Told)(?: on \\w+)? by")

    def needs_answers(self, vendor: str) -> bool:
        """Tell whether ``schemadiff`` refuses to plan without the case's answers."""
        return bool(self._find_flags(f"Answered(?: on {VENDORS[vendor]})? by"))

    @property
    def flags_back(self) -> tuple[str, ...]:
        return self._find_flags("The way back is answered by")

    def _find_flags(self, start: str) -> tuple[str, ...]:
        lines = re.findall(rf"^{start} (.*)$", self.text, re.MULTILINE)
        return tuple(flag for line in lines for flag in _CODE.findall(line))

    @property
    def earlier_sql(self) -> str:
        return self.find_block("sql", "In earlier files:")

    def find_plan(self, vendor: str) -> str:
        return self.find_block("sql", f"{VENDORS[vendor]}:")

    def find_refusal(self, vendor: str) -> str:
        return self.find_block("text", f"Refused on {VENDORS[vendor]}:")

    def find_refusal_back(self, vendor: str) -> str:
        return self.find_block("text", f"Refused on the way back on {VENDORS[vendor]}:")

    def find_block(self, language: str, label: str = "") -> str:
        """Return the content of a fenced block below a label, or nothing."""
        found = _compile_fence(language, label).search(self.text)
        return found[2].strip("\n") if found else ""

    def with_plan(self, vendor: str, plan: str) -> str:
        """Return the section's text with another plan."""
        name = VENDORS[vendor]
        new = f"{name}: nothing to do."
        if plan:
            new = f"{name}:\n\n```sql\n{plan}\n```"
        old = re.compile(
            rf"^{name}: nothing to do\.|{_compile_fence('sql', f'{name}:').pattern}",
            re.MULTILINE | re.DOTALL,
        )
        return old.sub(lambda found: new, self.text, count=1)

    @property
    def values(self) -> tuple[ColumnValues, ...]:
        lines = re.findall(r"^\|(.*)\|$", self.text, re.MULTILINE)
        if not lines:
            return ()
        head, _, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
        return tuple(_read_values(head, rows))


def _compile_fence(language: str, label: str) -> re.Pattern[str]:
    start = rf"{re.escape(label)}\n\n" if label else ""
    return re.compile(
        rf"^({start}```{language}\n)(.*?)\n?```$", re.MULTILINE | re.DOTALL
    )


def _read_values(head: list[str], rows: list[list[str]]) -> Iterator[ColumnValues]:
    name = ""
    for number, title in enumerate(head):
        name = next(iter(_CODE.findall(title)), name)
        cells = [row[number] for row in rows]
        literals = [code for cell in cells for code in _CODE.findall(cell)]
        assert len(literals) in (0, len(cells)), f"{title}: {cells}"
        yield ColumnValues(
            column=name,
            when=next(word for word in TIMES if word in title),
            vendor=next((v for v, n in VENDORS.items() if n in title), None),
            cells=tuple(literals),
        )


def answers_from_flags(flags: tuple[str, ...]) -> Answers:
    """Read answers from flags as ``schemadiff`` does."""
    words = [shlex.split(flag) for flag in flags]
    values: Mapping[str, list[str]] = {
        option: [word[1] for word in words if word[0] == option]
        for option in ("--rename", "--default")
    }
    return read_answers(
        values["--rename"],
        values["--default"],
        allow_data_loss=["--allow-data-loss"] in words,
    )


def read_cases(page: Path) -> tuple[Case, ...]:
    """Read the cases of a page: its sections that have models."""
    _, *parts = re.split(r"^## ", page.read_text(), flags=re.MULTILINE)
    found = (
        Case(page=page, title=part.partition("\n")[0], text=part) for part in parts
    )
    return tuple(case for case in found if case.find_block("diff"))
