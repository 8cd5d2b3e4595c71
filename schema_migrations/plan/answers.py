"""What a person decided beforehand: the flags of ``schemadiff``, or a program's own.

Invariant: an answer is only words here; ``renames`` and ``fills`` find what it means and
refuse what means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schema_migrations.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    renames: tuple[tuple[str, str], ...] = ()
    """(``table``, ``table``) or (``table.column``, ``column``) pairs, old and new; a
    column's table goes by its old or its new name."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """``table.column`` (new names) → SQL expression for existing rows; ``NULL``: none, the
    file may fail where a row has no value."""
    allow_data_loss: bool = False


NO_ANSWERS = Answers()


def read_answers(
    renames: Iterable[str], defaults: Iterable[str], *, allow_data_loss: bool
) -> Answers:
    """Return the answers that ``OLD=NEW`` and ``table.column=SQL`` texts give.

    Raises ``ConfigError`` for a text without both sides.
    """
    return Answers(
        renames=tuple(_split_pair(text, "--rename", "OLD=NEW") for text in renames),
        defaults=dict(
            _split_pair(text, "--default", "table.column=SQL") for text in defaults
        ),
        allow_data_loss=allow_data_loss,
    )


def _split_pair(text: str, option: str, form: str) -> tuple[str, str]:
    left, _, right = text.partition("=")
    if not (left.strip() and right.strip()):
        raise ConfigError(
            f"{option} {text!r} is not of the form {form}.",
            hint="For example: --rename shop_order.total=amount, or "
            "--default \"shop_order.note=''\".",
        )
    return left.strip(), right.strip()
