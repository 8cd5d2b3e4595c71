"""Answers given beforehand: by the options of ``schemadiff`` or by a program.

Invariant: an answer is only text here; ``renames`` and ``fills`` resolve its names and
refuse unknown ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from schema_migrations.errors import MalformedAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    renames: tuple[tuple[str, str], ...] = ()
    """(``table``, ``table``), (``table.column``, ``column``) or (``app.Model``,
    ``app.Model``) pairs, old and new; the table of a column has its old or its new name."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """``table.column`` (new names) → SQL expression for existing rows; empty: no value,
    so a file that makes the column ``NOT NULL`` fails on rows without one."""
    allow_data_loss: bool = False

    def with_stored_names(self, shorten_name: Callable[[str], str]) -> Answers:
        """Return the answers with each name as the server stores it."""

        def shorten(path: str) -> str:
            return ".".join(map(shorten_name, path.split(".")))

        return replace(
            self,
            renames=tuple((shorten(old), shorten(new)) for old, new in self.renames),
            defaults={shorten(name): sql for name, sql in self.defaults.items()},
        )


NO_ANSWERS = Answers()


def read_answers(
    renames: Iterable[str], defaults: Iterable[str], *, allow_data_loss: bool
) -> Answers:
    """Return the answers of ``OLD=NEW`` and ``table.column=SQL`` texts.

    Raises ``ConfigError`` for a text that lacks a side.
    """
    return Answers(
        renames=tuple(_split_pair(text, "OLD=NEW") for text in renames),
        defaults=dict(
            _split_pair(text, "table.column=SQL", may_be_empty=True)
            for text in defaults
        ),
        allow_data_loss=allow_data_loss,
    )


def _split_pair(text: str, form: str, *, may_be_empty: bool = False) -> tuple[str, str]:
    left, sign, right = text.partition("=")
    if not (left.strip() and sign and (may_be_empty or right.strip())):
        raise MalformedAnswer(text=text, form=form)
    return left.strip(), right.strip()
