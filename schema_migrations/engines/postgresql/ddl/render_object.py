"""Render everything but tables and columns for PostgreSQL.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from schema_migrations.engines.postgresql.catalog.traits import SQL_KEYWORDS
from schema_migrations.engines.postgresql.ddl.alter_table import (
    AlterTableStep,
    render_alter_table,
)
from schema_migrations.engines.postgresql.ddl.attributes import render_alter_composite
from schema_migrations.engines.postgresql.ddl.dictionary_options import (
    render_alter_dictionary,
)
from schema_migrations.engines.postgresql.ddl.domains import (
    render_alter_domain,
    render_create_domain,
)
from schema_migrations.engines.postgresql.ddl.headings import (
    describe_create,
    describe_drop,
    describe_object,
)
from schema_migrations.engines.postgresql.ddl.identity_sequences import (
    render_sequence_following,
)
from schema_migrations.engines.postgresql.ddl.render_index import (
    render_create_index,
    render_drop_index,
)
from schema_migrations.engines.postgresql.ddl.sequence_options import (
    list_changed_options,
    needs_restart,
    render_move,
    sequence_options_of,
)
from schema_migrations.engines.postgresql.quote import (
    ATTACHED_MARK,
    ONLY_MARK,
    qualify,
    quote,
    quote_literal,
)
from schema_migrations.errors import ExtensionFixed, UnsupportedChange
from schema_migrations.plan.plan import Statement
from schema_migrations.plan.table_action import TableAction
from schema_migrations.schema.constraint_states import (
    NOT_ENFORCED,
    read_key_state,
    read_times,
)
from schema_migrations.schema.model import (
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Sequence,
    Table,
)

Statements = tuple[Statement, ...]
NonTableObject = Constraint | ForeignKey | Index | Sequence | Definition | Opaque


def _make_statement(sql: str, comment: str) -> Statements:
    return (Statement(sql=sql, comment=comment),)


def _make_action(
    rule: Constraint | ForeignKey, sql: str, verb: str, step: AlterTableStep | None
) -> TableAction:
    return TableAction(
        sql=sql,
        verb=verb,
        noun=_describe_constraint(rule),
        subject=rule.key,
        step=step,
        reads=rule.needs,
    )


def render_create(obj: NonTableObject) -> Statements:
    match obj:
        case Constraint() | ForeignKey():
            name = quote(obj.key.part)
            definition = obj.definition.removesuffix(ONLY_MARK)
            action = _make_action(
                obj, f"ADD CONSTRAINT {name}", "Add", AlterTableStep.SET
            )
            action = replace(action, definition=definition)
            waits = definition != obj.definition
            return (render_alter_table(obj.table, action, only=waits),)
        case Index():
            return (render_create_index(obj),)
        case Sequence():
            name = qualify(obj.key)
            owner_clause = (
                f"\n    OWNED BY {_qualify_column(obj.owned_by)}"
                if obj.owned_by
                else ""
            )
            return _make_statement(
                f"CREATE SEQUENCE {name} {obj.definition}{owner_clause}",
                f"Create sequence {name}",
            )
        case Definition():
            return _render_create_definition(obj)
        case Opaque():
            if not _is_runnable(obj):
                raise UnsupportedChange(
                    problem=f"{obj.noun} {obj.key.name} cannot be created automatically",
                )
            if obj.trait.is_made_in_steps:
                return _render_create_type(obj)
            sql = obj.definition.removesuffix(ATTACHED_MARK).rstrip("; \n")
            return _make_statement(sql, describe_create(obj))


def render_create_from_index(key: Constraint, index: Index) -> Statements:
    """Make a unique constraint or primary key of an index, which gets its name."""
    kind = key.type.upper()
    action = replace(
        _make_action(
            key, f"ADD CONSTRAINT {quote(key.key.part)}", "Add", AlterTableStep.SET
        ),
        definition=f"{kind} USING INDEX {quote(index.key.name)}{read_times(key)}",
    )
    return (render_alter_table(key.table, action),)


def render_drop(obj: NonTableObject) -> Statements:
    match obj:
        case Constraint() | ForeignKey():
            sql = f"DROP CONSTRAINT {quote(obj.key.part)}"
            action = _make_action(obj, sql, "Drop", AlterTableStep.DROP)
            return (render_alter_table(obj.table, action),)
        case Index():
            return (render_drop_index(obj),)
        case Sequence():
            name = qualify(obj.key)
            return _make_statement(f"DROP SEQUENCE {name}", f"Drop sequence {name}")
        case Definition():
            word, name = SQL_KEYWORDS[obj.key.kind], qualify(obj.key)
            return _make_statement(f"DROP {word} {name}", f"Drop {word.lower()} {name}")
        case Opaque():
            if not obj.drop_sql:
                raise UnsupportedChange(
                    problem=f"{obj.noun} {obj.key.name} cannot be dropped automatically",
                )
            return _make_statement(obj.drop_sql.rstrip("; \n"), describe_drop(obj))


def render_alter(
    before: NonTableObject, after: NonTableObject, *, outside_transaction: bool = False
) -> Statements:
    """Return the statements that alter an object in place.

    ``outside_transaction``: new enum labels are committed before the next statement.
    """
    match before, after:
        case ((Constraint() | ForeignKey()), (Constraint() | ForeignKey())):
            return _render_alter_constraint(before, after)
        case Sequence(), Sequence():
            return _render_alter_sequence(before, after)
        case Definition(), Definition() if after.key.kind == "enum":
            return tuple(
                replace(statement, transactional=not outside_transaction)
                for statement in _render_add_labels(before, after)
            )
        case Definition(), Definition() if after.key.kind == "extension":
            return _render_alter_extension(before, after)
        case Definition(), Definition() if after.key.kind == "domain":
            return render_alter_domain(before, after)
        case Opaque(), Opaque() if after.trait.is_composite:
            return render_alter_composite(before, after)
        case Opaque(), Opaque() if after.trait.has_options:
            return render_alter_dictionary(before, after)
        case Opaque(), Opaque():
            return _render_replace(after)
        case _:
            raise UnsupportedChange(
                problem=f"{after.key} cannot be altered from ({_describe_definition(before)}) to ({_describe_definition(after)})",
            )


def _render_alter_constraint(
    before: Constraint | ForeignKey, after: Constraint | ForeignKey
) -> Statements:
    name = quote(after.key.part)
    if isinstance(before, ForeignKey) and isinstance(after, ForeignKey):
        attributes = " ".join(_list_key_attributes(before, after))
    else:
        attributes = ""
    if attributes:
        sql = f"ALTER CONSTRAINT {name} {attributes}"
        action = _make_action(after, sql, "Alter", AlterTableStep.SET)
    else:
        # Beside another action it would lock out those who read or write.
        sql = f"VALIDATE CONSTRAINT {name}"
        action = _make_action(after, sql, "Validate", step=None)
    return (render_alter_table(after.table, action),)


def _list_key_attributes(before: ForeignKey, after: ForeignKey) -> Iterator[str]:
    """Yield the clauses of ``ALTER CONSTRAINT``; none for a key that is only validated."""
    old, new = read_key_state(before), read_key_state(after)
    if (old.is_deferrable, old.is_deferred) != (new.is_deferrable, new.is_deferred):
        when = f"INITIALLY {'DEFERRED' if new.is_deferred else 'IMMEDIATE'}"
        yield f"DEFERRABLE {when}" if new.is_deferrable else "NOT DEFERRABLE"
    if old.rows != new.rows and NOT_ENFORCED in (old.rows, new.rows):
        yield new.rows.strip() or "ENFORCED"


def render_rename(before: Object, after: Object) -> Statements:
    match before, after:
        case (Constraint() | ForeignKey()) as old, (Constraint() | ForeignKey()) as new:
            table = qualify(old.table)
            old_name, new_name = quote(old.key.part), quote(new.key.part)
            return _make_statement(
                f"ALTER TABLE {table} RENAME CONSTRAINT {old_name} TO {new_name}",
                f"Rename {_describe_constraint(new)} {old_name} of table {table} to {new_name}",
            )
        case Index(), Index():
            old_name, new_name = qualify(before.key), quote(after.key.name)
            return _make_statement(
                f"ALTER INDEX {old_name} RENAME TO {new_name}",
                f"Rename index {old_name} to {new_name}",
            )
        case Table(), Table():
            old_name, new_name = qualify(before.key), quote(after.key.name)
            statements = _make_statement(
                f"ALTER TABLE {old_name} RENAME TO {new_name}",
                f"Rename table {old_name} to {new_name}",
            )
            for column in before.columns_in_order:
                keys = (t.key.column(column.name) for t in (before, after))
                statements += render_sequence_following(column, *keys)
            return statements
        case Definition(), Definition():
            word, old_name, new_name = (
                SQL_KEYWORDS[before.key.kind],
                qualify(before.key),
                quote(after.key.name),
            )
            return _make_statement(
                f"ALTER {word} {old_name} RENAME TO {new_name}",
                f"Rename {word.lower()} {old_name} to {new_name} to make room for its replacement",
            )
        case _:
            raise UnsupportedChange(
                problem=f"{before.key} cannot be renamed to {after.key}.",
            )


def _render_create_definition(obj: Definition) -> Statements:
    name = qualify(obj.key)
    word = SQL_KEYWORDS[obj.key.kind]
    comment = f"Create {word.lower()} {name}"
    match obj.key.kind:
        case "extension":
            # An administrator may already have created it on the target.
            version = f"VERSION {quote_literal(obj.version)}" if obj.version else ""
            clauses = filter(None, (obj.definition, version))
            sql = " ".join((f"CREATE EXTENSION IF NOT EXISTS {name}", *clauses))
        case "enum":
            labels = ",\n    ".join(quote_literal(label) for label in obj.labels)
            sql = f"CREATE TYPE {name} AS ENUM (\n    {labels}\n)"
        case "domain":
            return render_create_domain(obj)
        case _:
            sql = f"CREATE {word} {name} {obj.definition}".rstrip()
    return _make_statement(sql, comment)


def _render_alter_sequence(before: Sequence, after: Sequence) -> Statements:
    name = qualify(after.key)
    old, new = (sequence_options_of(each) for each in (before, after))
    clauses = []
    if old.type != new.type:
        clauses.append(f"AS {new.type}")
    clauses += list_changed_options(old, new)
    if needs_restart(old, new):
        clauses.append("RESTART")
    what = [f"change the options of sequence {name}"] if clauses else []
    if before.owned_by != after.owned_by:
        owner = _qualify_column(after.owned_by) if after.owned_by else "NONE"
        clauses.append(f"OWNED BY {owner}")
        column = f"column {owner}" if after.owned_by else "no column"
        what.append(f"let {column} own {'it' if what else f'sequence {name}'}")
    heading = ", and ".join(what)
    return render_move(name, old, new) + _make_statement(
        f"ALTER SEQUENCE {name} {' '.join(clauses)}", heading[0].upper() + heading[1:]
    )


def _render_alter_extension(before: Definition, after: Definition) -> Statements:
    """Move an extension to another schema and bring it to another version.

    Raises ``ExtensionFixed`` for one that cannot be moved.
    """
    name = quote(after.key.name)
    statements: Statements = ()
    if before.definition != after.definition:
        old, new = (
            each.definition.removeprefix("SCHEMA ") or "public"
            for each in (before, after)
        )
        if not before.is_relocatable:
            raise ExtensionFixed(name=after.key.name, before=old, after=new)
        statements += _make_statement(
            f"ALTER EXTENSION {name} SET SCHEMA {new}",
            f"Move extension {name} from schema {old} to {new}",
        )
    if before.version != after.version:
        version = after.version
        statements += _make_statement(
            f"ALTER EXTENSION {name} UPDATE TO {quote_literal(version)}",
            f"Bring extension {name} from version {before.installed_version} to {version}",
        )
    return statements


def _render_replace(obj: Opaque) -> Statements:
    """Replace a view or function in place, which keeps its dependents and grants."""
    body = obj.definition.rstrip("; \n")
    body = body.removeprefix("CREATE OR REPLACE ").removeprefix("CREATE ")
    return _make_statement(
        f"CREATE OR REPLACE {body}", f"Replace {describe_object(obj)}"
    )


def _render_add_labels(before: Definition, after: Definition) -> Statements:
    """Return statements that add labels to an enum, each at its position.

    Raises ``UnsupportedChange`` if labels are removed or reordered.
    """
    kept = [label for label in after.labels if label in before.labels]
    if kept != list(before.labels):
        raise UnsupportedChange(
            problem=f"{after.key}: PostgreSQL cannot remove or reorder labels of an enum",
        )
    name = qualify(after.key)
    statements: Statements = ()
    for i, label in enumerate(after.labels):
        if label in before.labels:
            continue
        position = f" AFTER {quote_literal(after.labels[i - 1])}" if i else ""
        if not i and before.labels:
            position = f" BEFORE {quote_literal(before.labels[0])}"
        statements += _make_statement(
            f"ALTER TYPE {name} ADD VALUE {quote_literal(label)}{position}",
            f"Add label {quote_literal(label)} to type {name}",
        )
    return statements


def _qualify_column(key: Key | None) -> str:
    assert key is not None
    return f"{qualify(key.table)}.{quote(key.part)}"


def _describe_constraint(obj: Constraint | ForeignKey) -> str:
    if isinstance(obj, ForeignKey):
        return "foreign key"
    words = {"primary key": "primary key", "check": "check constraint"}
    return words.get(obj.type, f"{obj.type} constraint")


def _is_runnable(obj: Opaque) -> bool:
    """Tell whether the definition is SQL: an object without a DROP has none.

    Only a base type has, which cannot be dropped without its functions, and what
    attaches an index, which nothing undoes.
    """
    return bool(obj.drop_sql) or obj.trait.may_lack_drop


def _render_create_type(obj: Opaque) -> Statements:
    """Create a base type with its functions, which name it before it is complete."""
    return tuple(
        statement
        for sql in obj.definition.rstrip("; \n").split(";\n\n")
        for statement in _make_statement(sql, describe_create(obj))
    )


def _describe_definition(obj: NonTableObject) -> str:
    labels = obj.labels if isinstance(obj, Definition) else ()
    return ", ".join(labels) or obj.definition
