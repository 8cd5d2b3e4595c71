"""Errors on the way from models and files to the next file."""

from __future__ import annotations

from schema_migrations.errors.base import (
    ConfigError,
    PlanError,
    suggest_nearest,
)
from schema_migrations.errors.targets import StatementFailed


class UnknownApp(ConfigError):
    """No installed app has this label."""

    code = "unknown-app"
    message = "No installed app has the label {quoted}."
    hint = "Known: {known}."
    labels: tuple[str, ...]
    known: tuple[str, ...]

    @property
    def quoted(self) -> str:
        return ", ".join(map(repr, self.labels))


class UnknownSource(ConfigError):
    """A source is none of the forms that a schema can be read from."""

    code = "unknown-source"
    message = "{source} is not a source: no such folder or .sql file exists."
    hint = "Use files, models, migrations, a directory, a .sql file, db:ALIAS or a database URL."
    source: str


class SourceOfOtherEngine(ConfigError):
    """A source is a database of another kind than the alias."""

    code = "source-of-other-engine"
    message = (
        "The source is a {engine} database, but the alias {alias!r} is {alias_engine}."
    )
    hint = "Choose an alias of the same kind."
    engine: str
    alias: str
    alias_engine: str


class InvalidModels(ConfigError):
    """Django itself, or the dev database, refuses the models."""

    code = "invalid-models"
    hint = "{advice}"
    problem: str
    advice: str


class SchemaEditorFailed(ConfigError):
    """The schema editor of another package gives no SQL for the models."""

    code = "schema-editor-failed"
    message = (
        "{label}: the schema editor of {package} (ENGINE {backend}) gives no SQL for it: "
        "{reason}"
    )
    hint = (
        "Run manage.py check. If it passes, this version of {package} cannot be planned "
        "for: plan with settings that do without it, or make what fails with SQL in EXTRA "
        "and set managed = False on its model."
    )
    label: str
    package: str
    backend: str
    reason: str


class PrerequisiteRefused(ConfigError):
    """The dev database has no such extension or locale."""

    code = "prerequisite-refused"
    message = "{source}: {name} cannot be created on the dev database: {reason}"
    hint = "{advice}"
    source: str
    name: str
    reason: str
    advice: str


class MalformedAnswer(ConfigError):
    """An answer given beforehand lacks a side of its ``=``."""

    code = "malformed-answer"
    message = "The answer {text!r} does not have the form {form}."
    hint = "For example: shop_order.total=amount, or shop_order.note=''."
    text: str
    form: str


class ImpossibleRename(ConfigError):
    """A rename given beforehand names a table or column that does not exist."""

    code = "impossible-rename"
    message = "The rename {old}={new}: {problem}"
    hint = "Use the names in the database: table=table or table.column=column."
    old: str
    new: str
    problem: str


class UnneededDefault(ConfigError):
    """A default given beforehand is for a column that needs no value."""

    code = "unneeded-default"
    message = "The default of {column}: no column of this name needs a value."
    hint = "Give table.column, with the names in the database, of a column that is added, becomes NOT NULL or changes its type."
    column: str


class NullDefault(ConfigError):
    """A default given beforehand is ``NULL``, and the column is ``NOT NULL``."""

    code = "null-default"
    message = "The default of {column}, {sql}, is NULL, but the column is NOT NULL."
    hint = "Give an expression with a value. If no row lacks one, or the table is empty, give an empty text."
    column: str
    sql: str


class RefusedDefault(ConfigError):
    """A default given beforehand is not one expression, or the dev database refused it."""

    code = "refused-default"
    message = "The default of {column}, {sql}: {reason}"
    hint = "Nothing was written. Give an SQL expression that the type of the column takes; a text stands in quotes, as 'none'."
    column: str
    sql: str
    reason: str


class UnknownMigration(ConfigError):
    """No installed app has the Django migration that was acknowledged."""

    code = "unknown-migration"
    message = "No installed app has the Django migration {name}."
    hint = "{suggestion}Use APP.MIGRATION, APP or all."
    name: str
    known: frozenset[str]

    @property
    def suggestion(self) -> str:
        return suggest_nearest(self.name, self.known)


class MigrationsNotImportable(ConfigError):
    """The Django migrations of an app cannot be imported, and the answer depends on them."""

    code = "migrations-not-importable"
    message = "Django migrations cannot be imported:\n{listed}"
    hint = (
        "Correct that until `python manage.py showmigrations` lists them: they may hold"
        " more than the models, and Django must know which of them a database has."
    )
    reasons: tuple[str, ...]
    """For each app, what was raised and where."""

    @property
    def listed(self) -> str:
        return "\n".join(f"  {reason}" for reason in self.reasons)


class UnsupportedChange(PlanError):
    """The engine has no statement for a change."""

    code = "unsupported-change"
    hint = "Write this change in a file by hand."
    problem: str


class ObjectInTheWay(PlanError):
    """A view, trigger or the like needs what a change drops or renames."""

    code = "object-in-the-way"
    hint = "Change {object} or drop it in a file of its own first."
    problem: str
    object: str = "what is in the way"


class PartitionKeyFixed(PlanError):
    """A table gets, loses or changes its partition key, which only a new table can have."""

    code = "partition-key-fixed"
    message = (
        "Table {table} is to change from {before} to {after}, but PostgreSQL sets a"
        " partition key only when it creates a table."
    )
    hint = (
        "Write a file by hand that creates the new table under another name, moves the"
        " rows, drops the old table, and renames the new one."
    )
    table: str
    before: str
    after: str


class ExtensionFixed(PlanError):
    """An extension is to be in another schema, and it cannot be moved."""

    code = "extension-fixed"
    message = (
        "Extension {name} is to move from schema {before} to {after}, but it does not"
        " support that (it is not relocatable)."
    )
    hint = (
        "Leave it in schema {before}. Or write a file by hand that drops it with all"
        " that uses it, and creates both again."
    )
    name: str
    before: str
    after: str


class IgnoredObjectNeeded(PlanError):
    """An object is to be made that needs one of another tool, which no file makes."""

    code = "ignored-object-needed"
    message = (
        "{object} needs {needed}. IGNORE names that, so no plan creates it, and no file"
        " of the directory does."
    )
    hint = (
        "Create {needed} in a file by hand, before the others: dev databases run it."
        " Where the other tool has made it, that file counts as applied, as a baseline."
        " Or let IGNORE name {object}, too, unless a model has it."
    )
    object: str
    needed: str


class CircularChanges(PlanError):
    """Changes depend on one another in a circle."""

    code = "circular-changes"
    message = "These changes depend on one another in a circle: {circle}"
    hint = "Change one of these models first, run schemadiff, then change the others."
    circle: str


class UnreadableDefinition(PlanError):
    """The ``CREATE`` statement of a SQLite object cannot be read."""

    code = "unreadable-definition"
    message = "Cannot read the definition of {subject} near {near!r}."
    hint = "Please report its CREATE statement."
    subject: str
    near: str


class CopyRefused(PlanError):
    """The dev database refused a copy of the live schema."""

    code = "copy-refused"
    message = "the dev database refused a copy of the live schema: {reason}\n{sql}"
    hint = "Use a dev server with the version and extensions of the live database: set DEV."
    reason: str
    sql: str


class CopyDiffers(PlanError):
    """A copy of the live schema on the dev database is not equal to it."""

    code = "copy-differs"
    message = (
        "a copy of the live schema on the dev database is not equal to it, so nothing"
        " can be concluded from it:\n{listed}"
    )
    hint = "Use a dev server with the version and extensions of the live database (set DEV), or let IGNORE name these objects; and please report what differs."
    differences: tuple[str, ...]

    @property
    def listed(self) -> str:
        return "\n".join(f"  {difference}" for difference in self.differences)


class ProofFailed(PlanError):
    """Replaying the directory with the new file leaves a difference."""

    code = "proof-failed"
    message = "The plan ran on the dev database and left a difference:\n{listed}"
    hint = "Nothing was written. Make this change by hand, and please report it with the model that causes it."
    differences: tuple[str, ...]

    @property
    def listed(self) -> str:
        return "\n".join(f"  {difference}" for difference in self.differences)


class PlanRefused(StatementFailed):
    """The dev database refused a statement of the plan."""

    code = "plan-refused"
    hint = "The dev database refused this statement of the plan; nothing was written.\nMake this change in a file by hand."


class ReachesOtherFile(StatementFailed):
    """A statement would open or write a database file besides the dev database."""

    code = "reaches-other-file"
    message = (
        "{problem}\nThe dev database is in memory, and a statement may not open or write"
        " other database files."
    )
    hint = "Do this outside of the migration files."
