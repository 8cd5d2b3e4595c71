"""How ``schemadiff`` shows that files and models are known to agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_migrations.management.output.lines import (
    Formats,
    Line,
    View,
    make_json_format,
)

if TYPE_CHECKING:
    from schema_migrations.workflows.planning.known_agreement import KnownAgreement

IN_STEP = "No changes: the directory is in step with the models."


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAgreement:
    known: KnownAgreement
    seconds: float


def format_agreement(shown: ShownAgreement, view: View) -> Iterator[Line]:
    since = shown.known.since.astimezone()
    yield f"Known    since {since:%Y-%m-%d %H:%M}, from {shown.known.dev_server}"
    yield "         Nothing that counts has changed; --full compares again."
    yield IN_STEP


def agreement_as_json(shown: ShownAgreement) -> dict[str, object]:
    """Return a ``PlannedFileJson``, whose module is not worth the time to import it."""
    return {
        "changes": [],
        "statements": [],
        "files": [],
        "findings": [],
        "losses": [],
        "data_operations": [],
        "dev": shown.known.dev_server,
        "known_since": shown.known.since.isoformat(),
        "slice": None,
        "rows": None,
        "seconds": round(shown.seconds, 3),
    }


FORMATS: Formats = {
    "text": format_agreement,
    "json": make_json_format(agreement_as_json),
}
