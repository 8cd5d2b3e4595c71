"""Flyway's files: ``V1.1__name.sql``, ``U1.1__name.sql``, ``R__name.sql``, ``B5__name.sql``.

Invariant: a file whose text Flyway would change (placeholders) is refused, not taken as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from schema_migrations.errors import OtherFileRefused
from schema_migrations.history.other_tools.migration import (
    REPEATABLE,
    LeftOut,
    OtherFile,
    OtherFolder,
    OtherMigration,
    explain_left_out,
    find_line,
    is_worth_naming,
    make_left_out,
    order_migrations,
    read_version,
    remove_mark,
)

_NAME = re.compile(
    r"(?:(?P<kind>[VUB])(?P<version>\d+(?:[._]\d+)*)|R)(?:__(?P<name>.*))?\.sql"
)
"""The version's parts are divided by dots or by single underscores."""
_PLACEHOLDER = re.compile(rb"\$\{[^}\r\n]*\}")
CONFIG_SUFFIX = ".conf"
"""``V1__a.sql.conf`` beside ``V1__a.sql``:
https://documentation.red-gate.com/fd/flyway-execute-in-transaction-setting-277578997.html"""


def is_flyway_name(name: str) -> bool:
    """Tell whether only Flyway gives this name to a file."""
    return "__" in name and bool(_NAME.fullmatch(name))


def read_flyway(files: Sequence[OtherFile]) -> OtherFolder:
    """Return the migrations of a folder; raise ``OtherFileRefused``."""
    configs = {each.name: each for each in files}
    found = dict[str, list[tuple[OtherFile, re.Match[str]]]]()
    left_out = list[LeftOut]()
    for file in files:
        if match := _NAME.fullmatch(file.base):
            kind = match["kind"] or REPEATABLE
            found.setdefault(kind, []).append((file, match))
        elif is_worth_naming(file):
            left_out.append(explain_left_out(file))
    undo = {read_version(match["version"]): file for file, match in found.get("U", ())}
    versions = [read_version(match["version"]) for _, match in found.get("V", ())]
    first = min(versions, default=None)
    taken = [*found.get("V", ()), *found.get(REPEATABLE, ())]
    for file, match in found.get("B", ()):
        # It stands for the versions up to its own, where these are not there.
        if first is None or read_version(match["version"]) < first:
            taken.append((file, match))
        else:
            reason = "it stands for the versions up to its own, which are there"
            left_out.append(make_left_out(file, reason))
    lone = [file for key, file in undo.items() if key not in versions]
    left_out += [
        make_left_out(each, "it undoes a version without file") for each in lone
    ]
    return order_migrations(_make_migrations(taken, undo, configs), left_out)


def _make_migrations(
    taken: Iterable[tuple[OtherFile, re.Match[str]]],
    undo: Mapping[tuple[int, ...], OtherFile],
    configs: Mapping[str, OtherFile],
) -> Iterator[OtherMigration]:
    for file, match in taken:
        options = _read_config(configs.get(file.name + CONFIG_SUFFIX))
        if options.get("placeholderreplacement") != "false":
            _refuse_placeholders(file)
        version = (match["version"] or REPEATABLE).replace("_", ".")
        down = undo.get(read_version(version)) if match["version"] else None
        yield OtherMigration(
            version=version,
            name=match["name"] or "",
            file=file.name,
            up=remove_mark(file.content),
            down=remove_mark(down.content) if down else b"",
            transactional=options.get("executeintransaction") != "false",
        )


def _read_config(file: OtherFile | None) -> Mapping[str, str]:
    """Return the options of a script's own file, which has a line ``key=value`` each."""
    lines = file.content.decode(errors="replace").splitlines() if file else []
    pairs = [line.partition("=") for line in lines if not line.startswith("#")]
    return {
        key.strip().removeprefix("flyway.").lower(): value.strip().lower()
        for key, _, value in pairs
    }


def _refuse_placeholders(file: OtherFile) -> None:
    if match := _PLACEHOLDER.search(file.content):
        raise OtherFileRefused(
            file=file.name,
            line=find_line(file.content, match.start()),
            problem=f"Flyway replaces the placeholder {match[0].decode(errors='replace')}",
            advice="Write its value there. If Flyway replaced nothing in this file, say so"
            f" as Flyway does, in {file.name}{CONFIG_SUFFIX}: placeholderReplacement=false",
        )
