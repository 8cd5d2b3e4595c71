"""The public API's types, as a type checker must see them; never run."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from django.db import connection

import schema_migrations
from schema_migrations.history.file import MigrationFile
from schema_migrations.plan.plan import Plan, Statement
from schema_migrations.schema.changes import Change
from schema_migrations.schema.model import Schema
from schema_migrations.workflows.apply import Outcome

schema = schema_migrations.read_schema("models", dev="embedded")
assert_type(schema, Schema)
assert_type(schema_migrations.inspect(connection), Schema)
assert_type(schema_migrations.diff(schema, schema), tuple[Change, ...])

plan = schema_migrations.make_plan(schema, schema, vendor="sqlite")
assert_type(plan, Plan)
assert_type(plan.statements, tuple[Statement, ...])

directory = schema_migrations.load(Path("migrations"))
assert_type(directory.files, tuple[MigrationFile, ...])
assert_type(schema_migrations.apply(connection, directory), Outcome)
assert_type(schema_migrations.split("", vendor="sqlite")[0].line, int)
