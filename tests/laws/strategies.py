"""Schemas for laws: small, with every kind of object and tables in circles."""

from __future__ import annotations

from hypothesis import strategies as st

from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Sequence,
    Table,
    table_key,
)

TABLES = ("a", "b", "c")
COLUMNS = ("id", "x", "y")
TYPES = ("integer", "bigint", "text", "mood")
MOOD = Key(kind="enum", name="mood")


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    type_ = "integer" if name == "id" else draw(st.sampled_from(TYPES))
    return Column(
        name=name,
        type=type_,
        nullable=name != "id" and draw(st.booleans()),
        default=draw(st.sampled_from((None, "1", "2"))),
        comment=draw(st.sampled_from(("", "words"))),
        position=draw(st.integers(1, 9)),
        needs=frozenset({MOOD}) if type_ == "mood" else frozenset(),
    )


@st.composite
def tables(draw: st.DrawFn, name: str) -> Table:
    names = ["id", *draw(st.lists(st.sampled_from(COLUMNS[1:]), unique=True))]
    drawn = tuple(draw(columns(column)) for column in sorted(names))
    needs = frozenset[Key]().union(*(column.needs for column in drawn))
    comment = draw(st.sampled_from(("", "words")))
    return Table(key=table_key(name), columns=drawn, comment=comment, needs=needs)


@st.composite
def parts(draw: st.DrawFn, table: Table, names: tuple[str, ...]) -> list[Object]:
    """Return what may stand on a table; ``names`` are the tables that exist."""
    key = table.key
    found: list[Object] = [
        Constraint(
            key=key.constraint(f"{key.name}_pk"),
            table=key,
            type="primary key",
            definition=draw(
                st.sampled_from(("PRIMARY KEY (id)", "PRIMARY KEY (id) x"))
            ),
            columns=("id",),
            needs=frozenset({key.column("id")}),
        )
    ]
    for column in table.columns:
        needs = frozenset({key.column(column.name)})
        if draw(st.booleans()):
            name = draw(st.sampled_from(("i1", "i2")))
            found.append(
                Index(
                    key=Key(kind="index", name=f"{key.name}_{name}_{column.name}"),
                    table=key,
                    unique=draw(st.booleans()),
                    definition=f"USING btree ({column.name})",
                    needs=needs,
                )
            )
        if draw(st.booleans()):
            found.append(
                Constraint(
                    key=key.constraint(f"check_{column.name}"),
                    table=key,
                    type="check",
                    definition=f"CHECK ({column.name} > {draw(st.integers(1, 2))})",
                    needs=needs,
                )
            )
    for target in draw(st.lists(st.sampled_from(names), unique=True, max_size=2)):
        pk = table_key(target).constraint(f"{target}_pk")
        found.append(
            ForeignKey(
                key=key.constraint(f"fk_{target}"),
                table=key,
                definition=f"FOREIGN KEY (id) REFERENCES {target}(id)",
                referenced_table=table_key(target),
                needs=frozenset({pk, table_key(target), key.column("id")}),
            )
        )
    return found


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    names = tuple(draw(st.lists(st.sampled_from(TABLES), unique=True)))
    drawn = [draw(tables(name)) for name in names]
    objects: list[Object] = [*drawn]
    for table in drawn:
        objects += draw(parts(table, names))
    if any(MOOD in table.needs for table in drawn) or draw(st.booleans()):
        objects.append(Definition(key=MOOD, definition="", labels=("ok",)))
    if draw(st.booleans()):
        key = Key(kind="sequence", name="numbers")
        start = draw(st.sampled_from((1, 5)))
        objects.append(Sequence(key=key, definition=f"START WITH {start}"))
    if bool(names) and draw(st.booleans()):
        objects.append(
            Opaque(
                key=Key(kind="opaque", name="seen", part="view"),
                trait=TRAITS["view"],
                definition=f"CREATE VIEW seen AS SELECT id FROM {names[0]}",
                drop_sql="DROP VIEW seen",
                needs=frozenset(
                    {table_key(names[0]), table_key(names[0]).column("id")}
                ),
            )
        )
    return Schema(frozenset(objects))
