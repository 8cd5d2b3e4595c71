"""Files of which comments say what is run and what undoes it: goose's and dbmate's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from schema_migrations.errors import OtherFileRefused
from schema_migrations.history.other_tools.migration import (
    LeftOut,
    OtherFile,
    OtherFolder,
    OtherMigration,
    explain_left_out,
    find_line,
    is_worth_naming,
    order_migrations,
    remove_mark,
)

_FLAGS = re.MULTILINE | re.IGNORECASE
_LINE_END = rb"[ \t]*(?:\r?\n|\Z)"
_GOOSE_MARKER = re.compile(
    rb"^[ \t]*--[ \t]*\+goose[ \t]+(?P<word>[^\r\n]*?)" + _LINE_END, _FLAGS
)
_DBMATE_MARKER = re.compile(
    rb"^--[ \t]*migrate:(?P<word>up|down)\b(?P<options>[^\r\n]*?)" + _LINE_END, _FLAGS
)
_VERSION_FIRST = re.compile(r"(?P<version>\d+)_?(?P<name>.*)\.sql")
_GOOSE_NAME = re.compile(r"(?P<version>\d+)_(?P<name>.*)\.sql")


def has_goose_marker(content: bytes) -> bool:
    return b"+goose" in content and bool(_GOOSE_MARKER.search(content))


def has_dbmate_marker(content: bytes) -> bool:
    return b"migrate:" in content and bool(_DBMATE_MARKER.search(content))


def read_goose(files: Sequence[OtherFile]) -> OtherFolder:
    """Return goose's migrations: https://pressly.github.io/goose/documentation/annotations/.

    Raise ``OtherFileRefused``.
    """
    migrations, left_out = [], list[LeftOut]()
    for file in files:
        match = _GOOSE_NAME.fullmatch(file.base)
        if match and int(match["version"]) > 0:
            migrations.append(_read_goose_file(file, match))
        elif is_worth_naming(file):
            left_out.append(explain_left_out(file))
    return order_migrations(migrations, left_out)


def _read_goose_file(file: OtherFile, name: re.Match[str]) -> OtherMigration:
    content = remove_mark(file.content)
    parts = {"up": b"", "down": b""}
    part, start, transactional, has_up = "up", 0, True, False
    for marker in _GOOSE_MARKER.finditer(content):
        word = " ".join(marker["word"].decode(errors="replace").lower().split())
        text = content[start : marker.start()]
        parts[part] += text
        start = marker.end()
        match word:
            case "up":
                has_up = True
            case "down":
                part = "down"
            case "no transaction":
                transactional = False
            case "statementend":
                # goose needs no semicolon there, and nothing else ends the statement.
                if not text.rstrip().endswith(b";"):
                    parts[part] += b";\n"
            case "statementbegin" | "envsub off" | "envsubst off":
                pass
            case _:
                _refuse_goose_marker(file, find_line(content, marker.start()), word)
    parts[part] += content[start:]
    if not has_up:
        raise _make_unmarked_error(file, "-- +goose Up")
    return OtherMigration(
        version=name["version"],
        name=name["name"],
        file=file.name,
        up=parts["up"],
        down=parts["down"] if parts["down"].strip() else b"",
        transactional=transactional,
    )


def _refuse_goose_marker(file: OtherFile, line: int, word: str) -> None:
    if word.startswith("envsub"):
        problem = "goose replaces variables of the environment from here on (ENVSUB ON)"
        advice = "Write their values there, and remove the line."
    else:
        problem = f"'+goose {word}' is not an annotation that is known here"
        advice = "Known: Up, Down, StatementBegin, StatementEnd, NO TRANSACTION."
    raise OtherFileRefused(file=file.name, line=line, problem=problem, advice=advice)


def read_dbmate(files: Sequence[OtherFile]) -> OtherFolder:
    """Return dbmate's migrations: https://github.com/amacneil/dbmate#creating-migrations.

    dbmate runs files in the order of their names.  Raise ``OtherFileRefused``, also where
    that is not the order of their versions as numbers.
    """
    migrations, left_out = [], list[LeftOut]()
    for file in files:
        if match := _VERSION_FIRST.fullmatch(file.base):
            migrations.append(_read_dbmate_file(file, match))
        elif is_worth_naming(file):
            left_out.append(explain_left_out(file))
    folder = order_migrations(migrations, left_out)
    for before, after in pairwise(folder.migrations):
        if before.file > after.file:
            raise OtherFileRefused(
                file=after.file,
                line=1,
                problem=f"dbmate runs it before {before.file}, since it compares names as"
                " text; as numbers their versions say otherwise",
                advice="Give the files versions of one length, there and in the table"
                " schema_migrations of each database.",
            )
    return folder


def _read_dbmate_file(file: OtherFile, name: re.Match[str]) -> OtherMigration:
    content = remove_mark(file.content)
    markers = list(_DBMATE_MARKER.finditer(content))
    words = [marker["word"].lower() for marker in markers]
    if words not in ([b"up"], [b"up", b"down"]):
        raise _make_unmarked_error(file, "-- migrate:up")
    end = markers[1].start() if len(markers) > 1 else len(content)
    down = content[markers[1].end() :] if len(markers) > 1 else b""
    return OtherMigration(
        version=name["version"],
        name=name["name"],
        file=file.name,
        up=content[: markers[0].start()] + content[markers[0].end() : end],
        down=down if down.strip() else b"",
        transactional=b"transaction:false" not in markers[0]["options"].split(),
    )


def _make_unmarked_error(file: OtherFile, marker: str) -> OtherFileRefused:
    return OtherFileRefused(
        file=file.name,
        line=1,
        problem=f"there is not one line '{marker}', with what undoes it below",
        advice="Correct the file, or move it out of the folder.",
    )
