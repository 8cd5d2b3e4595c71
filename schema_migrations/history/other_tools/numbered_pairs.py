"""Files in pairs, ``1_name.up.sql`` and ``1_name.down.sql``: golang-migrate's and sqlx's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from schema_migrations.history.other_tools.migration import (
    LeftOut,
    OtherFile,
    OtherFolder,
    OtherMigration,
    explain_left_out,
    is_worth_naming,
    make_left_out,
    order_migrations,
    remove_mark,
)

_PAIR = re.compile(r"(?P<version>\d+)_(?P<name>.*?)\.(?P<part>up|down)\.sql")
_PLAIN = re.compile(r"(?P<version>\d+)_(?P<name>.*)\.sql")
_NO_TRANSACTION = b"-- no-transaction"


def is_name_in_pairs(name: str) -> bool:
    return bool(_PAIR.fullmatch(name))


def is_plain_name(name: str) -> bool:
    return bool(_PLAIN.fullmatch(name)) and not is_name_in_pairs(name)


def has_sqlx_marker(content: bytes) -> bool:
    return remove_mark(content).startswith(_NO_TRANSACTION)


def read_golang_migrate(files: Sequence[OtherFile]) -> OtherFolder:
    """Return golang-migrate's migrations; raise ``OtherFileRefused``.

    https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md
    """
    return _read_folder(files, _PAIR)


def read_sqlx(files: Sequence[OtherFile]) -> OtherFolder:
    """Return sqlx's migrations, in pairs or one by one; raise ``OtherFileRefused``.

    https://docs.rs/sqlx/latest/sqlx/macro.migrate.html
    """
    return _read_folder(files, _PLAIN)


def _read_folder(files: Sequence[OtherFile], pattern: re.Pattern[str]) -> OtherFolder:
    ups = list[tuple[OtherFile, re.Match[str]]]()
    downs = dict[int, OtherFile]()
    left_out = list[LeftOut]()
    for file in files:
        match = _PAIR.fullmatch(file.base) or pattern.fullmatch(file.base)
        if match is None:
            if is_worth_naming(file):
                left_out.append(explain_left_out(file))
        elif match.groupdict().get("part") == "down":
            downs[int(match["version"])] = file
        else:
            ups.append((file, match))
    versions = {int(match["version"]) for _, match in ups}
    lone = [file for version, file in downs.items() if version not in versions]
    left_out += [
        make_left_out(each, "it undoes a version without file") for each in lone
    ]
    migrations = [
        OtherMigration(
            version=match["version"],
            name=match["name"],
            file=file.name,
            up=remove_mark(file.content),
            down=remove_mark(down.content) if down else b"",
            transactional=not has_sqlx_marker(file.content),
        )
        for file, match in ups
        for down in (downs.get(int(match["version"])),)
    ]
    return order_migrations(migrations, left_out)
