"""What is asked of the next file of a directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schema_migrations.plan.answers import NO_ANSWERS, Answers
from schema_migrations.workflows.states.source_forms import FILES, MODELS


@dataclass(frozen=True, slots=True, kw_only=True)
class NextFileRequest:
    """Which file is wanted, and what was answered beforehand."""

    alias: str = "default"
    directory: Path | None = None
    """None: the setting's own."""
    dev: str | None = None
    """None: the setting's own."""
    source: str = FILES
    target: str = MODELS
    name: str = ""
    """Of the file; empty: what the changes suggest."""
    app_labels: tuple[str, ...] = ()
    """Limit the change to these apps; empty: every app."""
    answers: Answers = NO_ANSWERS
    acknowledged: tuple[str, ...] = ()
    """Data operations of Django migrations that were handled: APP.MIGRATION, APP, all."""
    strict: bool = True
    """Refuse what nobody answers; else only name it."""
    prove: bool = True
    write: bool = True
    in_full: bool = False
    """Name every data operation of an app's whole history."""
    rows: bool = False
    """Write a file with the rows that Django migrations leave, too."""
    online: bool | None = None
    """Others shall be able to read and write while it is applied; None: as the setting
    ``PLAN`` says."""
    large_tables: Mapping[str, bool] = field(default_factory=dict)
    """Name of a table with many of these rows → whether the file gets them."""

    @property
    def has_default_sources(self) -> bool:
        return (self.source, self.target) == (FILES, MODELS)
