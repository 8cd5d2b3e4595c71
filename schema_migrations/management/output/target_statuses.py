"""How ``schemastatus`` shows where many targets stand, of one list or of its shards.

Pure.  Invariant: as text the counts come first, and what is listed is bounded: a hundred
thousand targets fit a screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict, get_args

from schema_migrations.management.output.errors import ErrorJson, error_as_json
from schema_migrations.management.output.lines import (
    Document,
    Formats,
    Line,
    View,
    format_beside,
    format_count,
    list_some,
    make_json_format,
)
from schema_migrations.management.output.next_command import (
    format_command,
    format_command_line,
)
from schema_migrations.management.output.schemastatus import (
    revision_error_as_json,
    verdict_as_json,
)
from schema_migrations.workflows.targets.shards import Shard

if TYPE_CHECKING:
    from schema_migrations.workflows.applying.target_work import TargetResult

TargetVerdict = Literal[
    "ok", "pending", "failed", "out-of-order", "edited", "unreadable"
]
VERDICTS: Sequence[TargetVerdict] = get_args(TargetVerdict)

MOST_GROUPS = 10
"""So many kinds of failure are listed."""
MOST_NAMES = 5
"""So many targets of each are named."""


class ShardJson(TypedDict):
    number: int
    """1-based."""
    count: int


class TargetStatusJson(TypedDict):
    name: str
    """The URL, without password, or the name that was given."""
    status: TargetVerdict
    """As for one target; ``unreadable``: it could not be asked."""
    current: str | None
    """The version that the database is at."""
    pending: int
    """Number of files."""
    exit_code: int
    """That of ``--check`` for this target."""
    error: ErrorJson | None
    """Why nothing may run, the error of the file that failed, or why it is unreadable."""


class StatusCountsJson(TypedDict):
    ok: int
    pending: int
    failed: int
    out_of_order: int
    edited: int
    unreadable: int


class TargetStatusesJson(TypedDict):
    shards: list[ShardJson]
    """Those of the list that are in this report; empty: the list was not divided."""
    listed: int
    """Number of targets in the whole list, whatever the shard."""
    directory: str
    """The first line of ``atlas.sum``, which differs between releases."""
    counts: StatusCountsJson
    targets: list[TargetStatusJson]
    """In the order they ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStatuses:
    """Where the targets of a list, or of some of its shards, stand."""

    shards: tuple[Shard, ...]
    listed: int
    directory: str
    targets: Sequence[TargetStatusJson]

    @property
    def missing_shards(self) -> tuple[Shard, ...]:
        if not self.shards:
            return ()
        count = self.shards[0].count
        found = {shard.number for shard in self.shards}
        return tuple(
            Shard(number=number, count=count)
            for number in range(1, count + 1)
            if number not in found
        )


def status_of_result(result: TargetResult, exit_code: int) -> TargetStatusJson:
    """Return where a target stands, as it is told in a report."""
    name, standing = result.address.label, result.standing
    if result.error is not None or standing is None:
        assert result.error is not None
        return {
            "name": name,
            "status": "unreadable",
            "current": None,
            "pending": 0,
            "exit_code": result.error.exit_code,
            "error": error_as_json(result.error),
        }
    error = None
    if standing.problem is not None:
        error = error_as_json(standing.problem)
    elif standing.failed_revision is not None:
        error = revision_error_as_json(standing.failed_revision)
    verdict = verdict_as_json(standing.verdict)
    assert verdict != "drift"
    return {
        "name": name,
        "status": verdict,
        "current": standing.current_version or None,
        "pending": len(standing.pending),
        "exit_code": exit_code,
        "error": error,
    }


def statuses_as_json(report: TargetStatuses) -> TargetStatusesJson:
    return {
        "shards": [
            {"number": shard.number, "count": shard.count} for shard in report.shards
        ],
        "listed": report.listed,
        "directory": report.directory,
        "counts": _count(report.targets),
        "targets": list(report.targets),
    }


def _count(targets: Iterable[TargetStatusJson]) -> StatusCountsJson:
    counts = Counter(target["status"] for target in targets)
    return {
        "ok": counts["ok"],
        "pending": counts["pending"],
        "failed": counts["failed"],
        "out_of_order": counts["out-of-order"],
        "edited": counts["edited"],
        "unreadable": counts["unreadable"],
    }


def format_statuses(report: TargetStatuses, view: View) -> Iterator[str]:
    """Yield how many targets stand where, which need a look, and what to run next."""
    counts = Counter(target["status"] for target in report.targets)
    shown = [f"{counts[each]} {each}" for each in VERDICTS if counts[each]]
    role = view.style.SUCCESS if counts.total() == counts["ok"] else view.style.WARNING
    if set(counts) - {"ok", "pending"}:
        role = view.style.ERROR
    total = format_count(len(report.targets), "target")
    yield f"Status   {role(f'{total}: ' + (', '.join(shown) or 'this shard has none'))}"
    yield from _list_failures(report.targets, view)
    if missing := report.missing_shards:
        names = list_some([str(shard) for shard in missing], MOST_GROUPS)
        verb = "is" if len(missing) == 1 else "are"
        yield from format_beside(
            "Missing  ", f"{names} {verb} in no report; run them again", view
        )
    yield from _suggest_next(report, counts, view)


def _list_failures(targets: Sequence[TargetStatusJson], view: View) -> Iterator[str]:
    """Yield each kind of failure with some of its targets, the most frequent first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for target in targets:
        if (error := target["error"]) is not None:
            message, *_ = error["message"].splitlines() or [error["code"]]
            message = message.removeprefix(f"{target['name']}: ")
            version = f"{error['version']}: " if error["version"] else ""
            found = groups.setdefault((target["status"], f"{version}{message}"), [])
            found.append(target["name"])
    by_size = sorted(groups.items(), key=lambda group: -len(group[1]))
    listed = by_size if view.verbosity > 1 else by_size[:MOST_GROUPS]
    for (status, message), names in listed:
        most = len(names) if view.verbosity > 1 else MOST_NAMES
        text = f"{list_some(names, most)}: {message}"
        yield from format_beside(f"{status.capitalize():<8} ", text, view)
    if rest := len(by_size) - len(listed):
        yield f"         … and {rest} more kinds of failure (-v 2 lists all)"


def _suggest_next(
    report: TargetStatuses, counts: Counter[TargetVerdict], view: View
) -> Iterator[str]:
    rest = counts.total() - counts["ok"]
    if not rest:
        if not report.missing_shards:
            yield "Next     nothing: every target has every file"
        return
    failed = rest - counts["pending"]
    only = ""
    if failed:
        yield "Next     correct what failed; then go on with those targets alone:"
        statuses = [each for each in VERDICTS[2:] if counts[each]]
        only = "".join(f" --only {each}" for each in statuses)
        yield f"         {_format_pipe(view, only)}"
        if counts["pending"]:
            yield "         and with those that wait for their files:"
    if counts["pending"]:
        lead = "         " if failed else "Next     "
        yield f"{lead}{_format_pipe(view, ' --only pending' if failed else '')}"


def _format_pipe(view: View, only: str) -> str:
    """Return the command that applies files to some of the targets of this report."""
    if view.given.get("merge") and len(view.given["merge"]) > MOST_NAMES:
        names = "python manage.py schemastatus --merge REPORT..."
    else:
        names = format_command_line(view.arguments or ("schemastatus",))
    are = view.given.get("targets_are")
    apply = format_command("schemaapply --targets - --on-failure continue", view.given)
    kind = f" --targets-are {are}" if are else ""
    return f"{names} --format names{only} | {apply}{kind}"


def format_names(report: TargetStatuses, view: View) -> Iterator[Line]:
    """Yield the names of the targets that are not ok, or stand as ``--only`` says."""
    wanted = view.given.get("only") or VERDICTS[1:]
    names = [each["name"] for each in report.targets if each["status"] in wanted]
    if names or view.has_output_file:
        yield Document(
            text="\n".join(names), content=format_count(len(names), "target")
        )


FORMATS: Formats = {
    "text": format_statuses,
    "json": make_json_format(statuses_as_json),
    "names": format_names,
}
