"""The sources of a schema, each brought to life on a dev database of its own.

Invariant: whatever the source, the result was inspected on the *same* dev server by
the same inspector, so that two states can be compared without synonyms.  A live
database is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from schema_migrations.engines.engine import Connection, Engine, Failure
from schema_migrations.engines.failures import failures_as
from schema_migrations.errors import ConfigError, PlanError
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.statements import SourceStatement, split
from schema_migrations.plan.plan import build
from schema_migrations.schema.changes import Create
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import EMPTY, Definition, Key, Schema, Table
from schema_migrations.workflows.models_ddl import ModelsDdl
from schema_migrations.workflows.refusal import refused


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A schema, and the scratch database that it stands on."""

    schema: Schema
    connection: Connection
    description: str
    models_only: bool = False
    """It knows only what models can describe; the rest is to be carried over."""
    fills: Mapping[Key, str] = field(default_factory=dict)


def inspect(engine: Engine, connection: Connection) -> Schema:
    """Read the schema through the driver's own cursor."""
    connection.ensure_connection()
    return engine.inspect(connection.connection.cursor())


NOTHING_WRITTEN = "The dev database refused this statement; nothing was written."


def replay(
    engine: Engine,
    connection: Connection,
    files: Iterable[MigrationFile],
    *,
    hint: str = NOTHING_WRITTEN,
) -> None:
    """Run migration files on a scratch database, each as ``schemaapply`` would.

    Raises ``StatementFailed`` naming file, line and statement, and ``SyntaxProblem``.
    """
    for file in files:
        statements = file.statements(engine.syntax)
        if file.directives.txmode == "none":
            for statement in statements:
                _run(engine, connection, statement, file=file.name, hint=hint)
            continue
        with engine.session.transaction(connection):
            for statement in statements:
                _run(engine, connection, statement, file=file.name, hint=hint)


def _run(
    engine: Engine,
    connection: Connection,
    statement: SourceStatement,
    *,
    file: str,
    hint: str = NOTHING_WRITTEN,
) -> None:
    with failures_as(
        engine, lambda failure: refused(statement, failure, file=file, hint=hint)
    ):
        engine.session.execute(connection, statement.sql)


def load_sql(engine: Engine, connection: Connection, text: str, *, file: str) -> None:
    """Run a plain SQL file on a scratch database.  Raises as ``replay`` does."""
    for statement in split(text, engine.syntax, file=file):
        _run(engine, connection, statement, file=file)


def load_extensions(
    engine: Engine, connection: Connection, extensions: Iterable[str]
) -> None:
    """Create the extensions that belong to the desired state.  Raises ``ConfigError``."""
    for name in extensions:
        key = Key(kind="extension", name=name)
        create = Create(object=Definition(key=key, definition=""))
        with failures_as(engine, partial(_no_extension, name)):
            for statement in engine.render(create):
                engine.session.execute(connection, statement.sql)


def _no_extension(name: str, failure: Failure) -> ConfigError:
    return ConfigError(
        f"EXTENSIONS: {name} cannot be created on the dev database: {failure.message}",
        hint="Take a dev database that has it: DEV or --dev, for example "
        "docker://postgres/17 or docker://postgis/17-3.5.",
    )


def load_models(engine: Engine, connection: Connection, ddl: ModelsDdl) -> None:
    """Make the models' tables on a scratch database.  Raises ``ConfigError``."""
    with engine.session.transaction(connection):
        for part in ddl.parts:
            for sql in part.statements:
                with failures_as(engine, partial(_no_model, part.label, sql)):
                    engine.session.execute(connection, sql)


def _no_model(label: str, sql: str, failure: Failure) -> ConfigError:
    return ConfigError(
        f"{label}: the dev database refused what Django makes of it: "
        f"{failure.message}\n{sql}",
        hint=_models_hint(failure.message),
    )


def _models_hint(message: str) -> str:
    if "does not exist" in message and (
        "type" in message or "operator class" in message
    ):
        return (
            "Does it come from an extension? Name it in "
            'SCHEMA_MIGRATIONS["default"]["EXTENSIONS"], for example ["citext"].'
        )
    if "does not exist" in message:
        return (
            "Is the app it refers to among APPS, and its model managed and allowed on "
            "this alias by the routers?"
        )
    return "Change the model, or take another dev database with DEV or --dev."


def rebuild(engine: Engine, connection: Connection, schema: Schema) -> None:
    """Make a copy of an inspected schema on a scratch database.

    Raises ``PlanError`` for what cannot be made from its description.
    """
    plan = build(
        diff(EMPTY, schema), EMPTY, schema, passes=engine.passes, render=engine.render
    )
    for statement in plan.statements:
        with failures_as(engine, partial(_no_copy, statement.sql)):
            engine.session.execute(connection, statement.sql)


def _no_copy(sql: str, failure: Failure) -> PlanError:
    return PlanError(
        f"the dev database refused a copy of the live schema: {failure.message}\n{sql}",
        hint="Take a dev database like the live one: DEV or --dev.",
    )


def settled(engine: Engine, state: State, keys: frozenset[Key]) -> State:
    """Return the state with some definitions brought to the server's fixed point.

    PostgreSQL prints some expressions differently once it has read its own print, so
    a definition is compared, and written to a file, only after one more round.
    """
    keys &= _all_keys(state.schema)
    if engine.settle is None or not keys:
        return state
    cursor = state.connection.connection.cursor()
    return replace(state, schema=engine.settle(cursor, state.schema, keys))


def _all_keys(schema: Schema) -> frozenset[Key]:
    return frozenset(schema.by_key).union(*(t.provides for t in schema.of(Table)))
