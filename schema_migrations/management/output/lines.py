"""What a format is: a function from a value and its reader to lines."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

from schema_migrations.durations import format_duration as format_duration
from schema_migrations.workflows.applying.warned import Warned

STANDARD_OUTPUT = "-"
"""The ``--output`` that is no file."""
TERMINAL_WIDTH = 80
"""Columns of a line of prose on a terminal."""
STATEMENT_WIDTH = 58
"""Columns of a line of a statement that are shown, beside number and duration."""
STATEMENT_LINES = 6
"""Lines of a statement that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Who looks at the output, and what was asked for."""

    style: Any
    """Django's palette."""
    verbosity: int = 1
    on_terminal: bool = False
    arguments: Sequence[str] = field(default=(), repr=False)
    """The command line from the command's name on; may hold secrets."""
    given: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The parsed command line, which the next command may repeat; holds secrets."""

    @property
    def has_output_file(self) -> bool:
        """Whether a ``Document`` goes into a file."""
        return self.given.get("output") not in (None, STANDARD_OUTPUT)

    @property
    def folds(self) -> bool:
        """Whether much that is alike is only counted."""
        return self.on_terminal and self.verbosity < 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What programs read: it goes whole into the file of ``--output``, if there is one."""

    text: str
    shown: str = ""
    """The text in colours, for standard output; empty: the text itself."""
    content: str = ""
    """What is in it, for people: ``12 statements``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What runs now: shown if it takes long."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """A JSON object on a line of the log; the command adds the time."""

    values: Mapping[str, Any]


Line = str | Document | Warned | Progress | LogEntry
Format = Callable[[Any, View], Iterable[Line]]
Formats = Mapping[str, Format]
"""By name; a name that is missing shows nothing."""


def make_json_format(values_of: Callable[[Any], Mapping[str, Any]]) -> Format:
    """Return the format that is one JSON object."""
    return lambda result, view: (format_json(values_of(result)),)


def format_json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, default=_as_json_value, ensure_ascii=False)


def _as_json_value(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) else str(value)  # type: ignore[arg-type]


def shorten_to_line(sql: str) -> str:
    return _cut(mask_controls(" ".join(sql.split())), "...")


def shorten_lines(lines: Sequence[str]) -> Iterator[str]:
    """Yield the first lines of a statement, none too wide, and how many there are more."""
    wanted = len(lines) if len(lines) <= STATEMENT_LINES else STATEMENT_LINES - 1
    for line in lines[:wanted]:
        yield _cut(mask_controls(line.expandtabs(4)), "…")
    if rest := len(lines) - wanted:
        yield f"… {rest} more lines (-v 3 shows all)"


def _cut(text: str, end: str) -> str:
    """Return as much of a line as is shown, with ``end`` if that is not all."""
    width, kept = 0, 0
    for number, character in enumerate(text):
        width += _measure_character(character)
        if width <= STATEMENT_WIDTH - len(end):
            kept = number + 1
        if width > STATEMENT_WIDTH:
            return text[:kept] + end
    return text


def _measure_character(character: str) -> int:
    """Return how many columns of a terminal a character takes."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


_CONTROL = re.compile(r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What a terminal obeys instead of showing it, but for a line end and a tab."""
_CONTROL_BUT_COLOUR = re.compile(rf"(?!\x1b\[[0-9;]*m)(?:{_CONTROL.pattern})")


def mask_controls(text: str) -> str:
    """Return the text with control characters as Python writes them: ``\\x1b``.

    SQL, names and what a server says may hold such that move the cursor or hide text.
    """
    return _CONTROL.sub(_write_control, text)


def mask_controls_but_colours(text: str) -> str:
    """Return a styled text with all other control characters as ``mask_controls`` does.

    Whose colours they are it cannot see: SQL is masked before it is styled.
    """
    return _CONTROL_BUT_COLOUR.sub(_write_control, text)


def _write_control(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]


def wrap_prose(text: str, width: int = TERMINAL_WIDTH) -> str:
    """Return the text with its long lines broken between words, for a terminal.

    What may be copied stays whole: SQL, which is indented by four, a command on a line
    of its own, which is indented, and a command or a directive within a sentence.
    """
    return "\n".join(_wrap_line(line, width) for line in text.split("\n"))


def wrap_labelled(text: str) -> str:
    """Return the text; if it begins with a label in the margin, wrapped."""
    return wrap_prose(text) if _LABEL.match(text) else text


def format_beside(lead: str, text: str, view: View) -> Iterator[str]:
    """Yield the lines of a text, the first one after ``lead``, the others below its end."""
    if view.on_terminal:
        text = wrap_prose(text, TERMINAL_WIDTH - len(lead))
    for number, line in enumerate(text.splitlines()):
        yield f"{' ' * len(lead) if number else lead}{line}"


def _wrap_line(line: str, width: int) -> str:
    if len(line) <= width or _COPIED_LINE.match(line):
        return line
    start = _LINE_START.match(line)
    return textwrap.fill(
        _COPIED_WORDS.sub(lambda words: words[0].replace(" ", _NO_BREAK), line),
        width=width,
        subsequent_indent=" " * (start.end() if start else 0),
        break_long_words=False,
        break_on_hyphens=False,
    ).replace(_NO_BREAK, " ")


_NO_BREAK = "\N{NO-BREAK SPACE}"
_VARIABLE = r"(?:[A-Z_]+=\S+ )?"
_COPIED_LINE = re.compile(rf"    | +{_VARIABLE}python manage\.py ")
_VALUE = r"(?:'[^']*'|\S*[^\s,;.:)])"
_ARGUMENT = rf"(?:--?[\w-]+(?:[ =](?!-){_VALUE})?|(?=\S*[\d=]){_VALUE}|[A-Z_]{{3,}})"
_COPIED_WORDS = re.compile(
    rf"{_VARIABLE}python manage\.py \w+(?: {_ARGUMENT})*|-- atlas:\w+ \w+"
)
"""A command with its arguments: options, versions, ``VERSION``; or a directive."""
_LABEL = re.compile(r"[A-Z][a-z]+ {2,}")
_LINE_START = re.compile(rf" *(?:\d+\) |- |warning: |{_LABEL.pattern})?")
"""What the lines that follow are indented by: a margin, a number, a label."""


def shorten_path(path: Path) -> str:
    """Return the path from the current folder, where it is below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def format_count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def list_some(names: Sequence[str], most: int) -> str:
    """Return the names, of too many the first ones and how many there are more."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
