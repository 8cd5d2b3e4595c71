"""The types that the public API promises; mypy reads this file, nothing runs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_type

from django.db.backends.base.base import BaseDatabaseWrapper

import schema_migrations as s


def check(
    connection: BaseDatabaseWrapper, report: Callable[[s.Event], None], key: s.Key
) -> None:
    assert_type(s.__version__, str)
    schema = s.read_schema("files", alias="default", directory=Path(), dev="auto")
    assert_type(schema, s.Schema)
    assert_type(s.inspect(connection), s.Schema)
    assert_type(s.EMPTY, s.Schema)
    assert_type(schema.of(s.Table), tuple[s.Table, ...])
    assert_type(s.diff(s.EMPTY, schema), tuple[s.Change, ...])
    plan = s.make_plan(s.EMPTY, schema, vendor="sqlite", fills={key: "0"})
    assert_type(plan, s.Plan)
    assert_type(plan.statements, tuple[s.Statement, ...])

    written = s.write_next_file(s.NextFileRequest(name="orders"))
    assert_type(written, s.NextFile)
    assert_type(written.paths, tuple[Path, ...])

    directory = s.load(Path())
    assert_type(directory, s.Directory)
    s.verify(directory)
    assert_type(s.rehash(Path()), s.Directory)
    assert_type(s.next_name(directory, "orders", datetime.now(UTC)), str)
    file = s.MigrationFile(name="1.sql", content=b"")
    assert_type(s.save(Path(), directory, [file]), s.Directory)
    assert_type(s.format_file(header=(), statements=()), str)
    assert_type(s.split("", vendor="postgresql"), tuple[s.SourceStatement, ...])

    outcome = s.apply(
        connection, directory, selection=s.Selection(count=1), report=report
    )
    assert_type(outcome, s.Outcome)
    assert_type(s.health("default"), s.Health)
    try:
        s.verify(directory)
    except s.errors.DirectoryNotIntact as error:
        assert_type(error.problems, tuple[str, ...])
        assert_type((error.code, error.message, error.hint), tuple[str, str, str])
        raise s.SchemaMigrationsError from error
    for change in s.diff(s.EMPTY, schema):
        if isinstance(change, s.changes.AddColumn):
            assert_type(change.table, s.Key)
