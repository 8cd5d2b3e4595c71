"""The facts of an engine's SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_migrations.history.statements import Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The facts of an engine's SQL."""

    name: str
    """The engine's name for people, with which ``Target.version`` begins."""
    syntax: Syntax
    quote: Callable[[str], str]
    """Quote an identifier."""
    shorten_name: Callable[[str], str]
    """Return a name as the server stores it, which cuts one that is too long."""
    home_namespace: str
    """The namespace that unqualified names of a dev database resolve to."""
    format_time: Callable[[str], str]
    """Column of times → an expression that no setting of the session changes: ISO 8601
    text, or what the driver reads as a time."""
    script_preamble: str
    """Begins a script for a person; does what ``Executor.prepare_session`` would."""
    copy_preamble: str = ""
    """A setting without which a copy of a schema may fail; empty: it cannot."""
    fold_name: Callable[[str], str] = str
    """Return the same for two names that the server takes for one."""
