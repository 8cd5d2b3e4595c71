"""The tools whose folders can be read, and which of them a folder is of.

Invariant: where names and markers fit several tools, nobody guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from schema_migrations.errors import OtherToolUnclear
from schema_migrations.history.other_tools.flyway import is_flyway_name, read_flyway
from schema_migrations.history.other_tools.marked_parts import (
    has_dbmate_marker,
    has_goose_marker,
    read_dbmate,
    read_goose,
)
from schema_migrations.history.other_tools.migration import OtherFile, OtherFolder
from schema_migrations.history.other_tools.numbered_pairs import (
    has_sqlx_marker,
    is_name_in_pairs,
    is_plain_name,
    read_golang_migrate,
    read_sqlx,
)
from schema_migrations.history.sums import SUM_FILE

FLYWAY, DBMATE, GOOSE, GOLANG_MIGRATE, SQLX = (
    "flyway",
    "dbmate",
    "goose",
    "golang-migrate",
    "sqlx",
)
FOLDER_READERS: Mapping[str, Callable[[Sequence[OtherFile]], OtherFolder]] = {
    FLYWAY: read_flyway,
    DBMATE: read_dbmate,
    GOOSE: read_goose,
    GOLANG_MIGRATE: read_golang_migrate,
    SQLX: read_sqlx,
}
TOOLS = tuple(FOLDER_READERS)
DJANGO = "django"
"""Its migrations are no folder of files: they are run."""


def find_tool(files: Sequence[OtherFile], *, folder: str) -> str:
    """Return the tool that a folder is of; raise ``OtherToolUnclear``."""
    if any(file.name == SUM_FILE for file in files):
        raise OtherToolUnclear(
            folder=folder,
            problem=f"it has an {SUM_FILE}, so it is a migration directory already",
            tools=(),
        )
    found = _find_tools(files)
    if len(found) == 1:
        return found[0]
    raise OtherToolUnclear(
        folder=folder,
        problem=f"its files may be of {' or '.join(found)}"
        if found
        else f"no file looks like one of {', '.join(TOOLS)}",
        tools=found or TOOLS,
    )


def read_folder_of(tool: str, files: Sequence[OtherFile]) -> OtherFolder:
    """Return the migrations of a folder; raise ``OtherFileRefused``."""
    if tool != FLYWAY:
        files = _list_at_top(files)
    return FOLDER_READERS[tool](files)


def _list_at_top(files: Sequence[OtherFile]) -> list[OtherFile]:
    """Return the files that are in no folder below: only Flyway reads those."""
    return [file for file in files if "/" not in file.name]


def _find_tools(files: Sequence[OtherFile]) -> tuple[str, ...]:
    """Return the tools that names and markers speak for."""
    sql = [file for file in _list_at_top(files) if file.base.endswith(".sql")]
    marked = {
        FLYWAY: any(is_flyway_name(file.base) for file in files),
        DBMATE: any(has_dbmate_marker(file.content) for file in sql),
        GOOSE: any(has_goose_marker(file.content) for file in sql),
    }
    found = tuple(tool for tool, is_marked in marked.items() if is_marked)
    has_pairs = any(is_name_in_pairs(file.base) for file in sql)
    is_of_sqlx = any(has_sqlx_marker(file.content) for file in sql)
    has_plain = any(is_plain_name(file.base) for file in sql)
    if has_pairs:
        of_sqlx = is_of_sqlx or (has_plain and not found)
        return (*found, *((SQLX,) if of_sqlx else (GOLANG_MIGRATE, SQLX)))
    return found or ((SQLX,) if has_plain else ())
