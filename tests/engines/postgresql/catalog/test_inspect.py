"""Every kind of object is read from the catalogs of every PostgreSQL."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Opaque,
    Schema,
    Sequence,
    Table,
    provided_keys_of,
    table_key,
)
from tests.engines.postgresql.databases import (
    Database,
    connected,
    database,
    make_everything,
    schema_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.dev.server import DevServer

pytestmark = pytest.mark.every_postgres

ITEM = table_key("item")
CUSTOMER = table_key("customer", "Other")
EVENT = table_key("event")


@pytest.fixture(scope="module")
def full(pg_server: DevServer) -> Iterator[Database]:
    """A database with every kind of object; tests only read it."""
    with database(pg_server.settings) as connection:
        make_everything(connection)
        yield connection


@pytest.fixture(scope="module")
def everything(full: Database) -> Schema:
    return schema_of(full)


@pytest.fixture
def empty(postgres_settings: dict[str, Any]) -> Iterator[Database]:
    with database(postgres_settings) as connection:
        yield connection


@pytest.fixture
def major(pg_server: DevServer, full: Database) -> int:
    return full.info.server_version // 10000


def opaque(schema: Schema, name: str, part: str, namespace: str = "") -> Opaque:
    found = schema.by_key[opaque_key(name, part, namespace)]
    assert isinstance(found, Opaque)
    return found


def opaque_key(name: str, part: str, namespace: str = "") -> Key:
    return Key(kind="opaque", namespace=namespace, name=name, part=part)


def definition(schema: Schema, key: Key) -> str:
    found = schema.by_key[key]
    assert isinstance(found, Constraint | ForeignKey | Index | Sequence | Definition)
    return found.definition


def index_key(name: str) -> Key:
    return Key(kind="index", name=name)


# Tables and columns


def test_tables_are_those_that_people_made(everything: Schema) -> None:
    """No partition, foreign or temporary table, no table of this package or Django's."""
    names = {
        (table.key.namespace, table.key.name)
        for table in everything.of(Table)
        if not table.key.name.startswith("since_")
    }
    expected = "item computed event note parent child tuned loud"
    assert names == {("", n) for n in expected.split()} | {("Other", "customer")}


@pytest.mark.parametrize(
    "column",
    [
        Column(name="id", type="bigint", nullable=False, identity="by default"),
        Column(
            name="number",
            type="integer",
            nullable=False,
            identity="always",
            identity_options="START WITH 100 INCREMENT BY 5 MINVALUE 10 MAXVALUE 1000"
            " CACHE 7 CYCLE",
        ),
        Column(
            name="down",
            type="bigint",
            nullable=False,
            identity="by default",
            identity_options="INCREMENT BY -1",
        ),
        Column(
            name="name",
            type="character varying(50)",
            nullable=False,
            default="'né''e'::character varying",
            collation='"C"',
            comment="as on the shelf \\ back",
        ),
        Column(name="folded", type="text", collation="posix"),
        Column(name="price", type="numeric(10,2)", nullable=False, default="0"),
        Column(
            name="gross",
            type="numeric",
            generated="price * 1.19",
            generated_kind="stored",
        ),
        Column(
            name="at",
            type="timestamp(3) with time zone",
            default="'2020-02-29 10:00:00+00'::timestamp with time zone",
        ),
        Column(name="took", type="interval", default="'1 day 02:00:00'::interval"),
        Column(name="raw", type="bytea", default="'\\x00ff'::bytea"),
        Column(name="moods", type="mood[]", default="'{sad}'::mood[]"),
        Column(name="code", type='"Code"'),
        Column(name="place", type="point3"),
        Column(name="spans", type="spans"),
        Column(name='Odd " name', type="integer"),
    ],
    ids=lambda column: column.name,
)
def test_columns(everything: Schema, column: Column) -> None:
    """Type with modifiers, default, collation, identity, expression, comment."""
    assert everything.get_table(ITEM).get_column(column.name) == column


def test_a_column_of_a_serial_takes_its_default_from_a_sequence_of_its_own(
    everything: Schema,
) -> None:
    column = everything.get_table(CUSTOMER).get_column("id")
    key = Key(kind="sequence", namespace="Other", name="customer_id_seq")
    assert column.default == "nextval('\"Other\".customer_id_seq'::regclass)"
    assert column.needs == {key}
    assert everything.by_key[key] == Sequence(
        key=key,
        definition="AS integer START WITH 1 INCREMENT BY 1 MINVALUE 1"
        " MAXVALUE 2147483647 CACHE 1 NO CYCLE",
        owned_by=CUSTOMER.column("id"),
    )


def test_positions_skip_dropped_columns_and_do_not_count(everything: Schema) -> None:
    table = everything.get_table(ITEM)
    ordered = [column.name for column in table.columns_in_order]
    assert ordered[:3] == ["id", "number", "down"]
    assert ordered[-1] == 'Odd " name'
    assert "gone" not in ordered
    moved = replace(table, columns=tuple(replace(c, position=0) for c in table.columns))
    assert moved == table


def test_table_comment(everything: Schema) -> None:
    assert everything.get_table(ITEM).comment == "what we'sell"


def test_sequences_of_identities_belong_to_their_columns(everything: Schema) -> None:
    assert [each.key.name for each in everything.of(Sequence)] == [
        "loose",
        "customer_id_seq",
    ]


def test_a_sequence_of_its_own(everything: Schema) -> None:
    assert definition(everything, Key(kind="sequence", name="loose")) == (
        "AS smallint START WITH 50 INCREMENT BY -2 MINVALUE -32768 MAXVALUE 100"
        " CACHE 5 CYCLE"
    )


# Constraints and indexes


@pytest.mark.parametrize(
    ("name", "type_", "expected", "columns"),
    [
        ("item_pkey", "primary key", "PRIMARY KEY (id)", ("id",)),
        (
            "named_once",
            "unique",
            "UNIQUE (name, price) INCLUDE (status) WITH (fillfactor='50')"
            " DEFERRABLE INITIALLY DEFERRED",
            ("name", "price"),
        ),
        ("positive", "check", "CHECK (price >= 0::numeric) NO INHERIT", ("price",)),
        ("later", "check", "CHECK (number < 9) NOT VALID", ("number",)),
        (
            "no_overlap",
            "exclusion",
            "EXCLUDE USING gist (during WITH &&) WITH (fillfactor='80')"
            " WHERE (price > 3::numeric) DEFERRABLE",
            ("during",),
        ),
    ],
)
def test_constraints(
    everything: Schema, name: str, type_: Any, expected: str, columns: tuple[str, ...]
) -> None:
    key = ITEM.constraint(name)
    found = everything.by_key[key]
    assert found == Constraint(key=key, table=ITEM, type=type_, definition=expected)
    assert isinstance(found, Constraint)
    assert found.columns == columns


def test_a_check_may_name_no_column(empty: Database) -> None:
    empty.execute("CREATE TABLE t (CONSTRAINT always CHECK (1 < 2))")
    (found,) = schema_of(empty).of(Constraint)
    assert (found.definition, found.columns) == ("CHECK (1 < 2)", ())


def test_not_null_is_a_fact_about_the_column(everything: Schema) -> None:
    """PostgreSQL 18 lists it among the constraints as well."""
    names = {c.key.part for c in everything.of(Constraint) if c.table == ITEM}
    expected = "item_pkey named_once positive later no_overlap item_status_check"
    assert names == set(expected.split())


def test_a_foreign_key(everything: Schema) -> None:
    key = ITEM.constraint("buyer")
    found = everything.by_key[key]
    assert isinstance(found, ForeignKey)
    assert found.definition == (
        'FOREIGN KEY (customer) REFERENCES "Other".customer(id) ON UPDATE CASCADE'
        " ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED"
    )
    assert (found.columns, found.referenced_table) == (("customer",), CUSTOMER)
    assert found.needs == {
        ITEM.column("customer"),
        CUSTOMER.column("id"),
        CUSTOMER.constraint("customer_pkey"),
    }


@pytest.mark.parametrize(
    ("name", "unique", "expected", "columns"),
    [
        (
            "plain_index",
            False,
            "USING btree (price DESC NULLS LAST, id)",
            ("price", "id"),
        ),
        (
            'Odd " USING index',
            True,
            'USING btree (lower(name::text) COLLATE "POSIX" text_pattern_ops)'
            " INCLUDE (status, price) WITH (fillfactor='70')"
            " WHERE status::text <> 'old'::text",
            (),
        ),
        ("item_during", False, "USING gist (during)", ("during",)),
        ("event_day", False, "USING btree (day)", ("day",)),
    ],
)
def test_indexes(
    everything: Schema,
    name: str,
    unique: bool,
    expected: str,
    columns: tuple[str, ...],
) -> None:
    found = everything.by_key[index_key(name)]
    assert isinstance(found, Index)
    assert (found.unique, found.definition, found.columns) == (
        unique,
        expected,
        columns,
    )
    assert found.method == expected.split()[1]
    assert found.table == (EVENT if name == "event_day" else ITEM)


def test_indexes_behind_constraints_are_not_repeated(everything: Schema) -> None:
    names = {index.key.name for index in everything.of(Index)}
    assert names.isdisjoint({"item_pkey", "named_once", "no_overlap", "event_pkey"})


def test_an_invalid_index_is_not_the_same_as_a_valid_one(empty: Database) -> None:
    """What a CREATE INDEX CONCURRENTLY that failed leaves behind."""
    empty.execute("CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        empty.execute("CREATE UNIQUE INDEX CONCURRENTLY once ON t (a)")
    broken = schema_of(empty).by_key[index_key("once")]
    empty.execute("DROP INDEX once; DELETE FROM t; CREATE UNIQUE INDEX once ON t (a)")
    sound = schema_of(empty).by_key[index_key("once")]
    assert isinstance(broken, Index)
    assert isinstance(sound, Index)
    assert broken == replace(sound, definition=f"{sound.definition} /* invalid */")


def test_tablespaces_of_indexes_and_constraints(
    postgres_settings: dict[str, Any], tablespace: str
) -> None:
    """Printed where CREATE takes them: before the predicate, before DEFERRABLE."""
    with database(postgres_settings) as connection:
        connection.execute(f"""
            CREATE TABLE t (a integer, b int4range) TABLESPACE {tablespace};
            CREATE INDEX i ON t (a) WITH (fillfactor = 50) TABLESPACE {tablespace}
                WHERE a > 0;
            CREATE INDEX j ON t (a) TABLESPACE {tablespace};
            ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) WITH (fillfactor = 60)
                USING INDEX TABLESPACE {tablespace} DEFERRABLE;
            ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (b WITH &&)
                USING INDEX TABLESPACE {tablespace} WHERE (a > 0);
            CREATE MATERIALIZED VIEW m TABLESPACE {tablespace} AS SELECT 1 AS one;
        """)
        schema = schema_of(connection)
    table = table_key("t")
    assert definition(schema, index_key("i")) == (
        f"USING btree (a) WITH (fillfactor='50') TABLESPACE {tablespace} WHERE a > 0"
    )
    assert definition(schema, index_key("j")) == (
        f"USING btree (a) TABLESPACE {tablespace}"
    )
    assert definition(schema, table.constraint("u")) == (
        f"UNIQUE (a) WITH (fillfactor='60') USING INDEX TABLESPACE {tablespace} DEFERRABLE"
    )
    assert definition(schema, table.constraint("x")) == (
        "EXCLUDE USING gist (b WITH &&)"
        f" USING INDEX TABLESPACE {tablespace} WHERE (a > 0)"
    )
    assert opaque(schema, "t", "tablespace").definition == (
        f"ALTER TABLE t SET TABLESPACE {tablespace}"
    )
    assert opaque(schema, "m", "materialized view").definition == (
        f"CREATE MATERIALIZED VIEW m TABLESPACE {tablespace} AS\n SELECT 1 AS one"
    )


@pytest.fixture
def tablespace(postgres_settings: dict[str, Any]) -> Iterator[str]:
    with connected(postgres_settings, "postgres") as connection:
        connection.execute("SET allow_in_place_tablespaces = on")
        connection.execute("CREATE TABLESPACE elsewhere LOCATION ''")
        yield "elsewhere"
        connection.execute("DROP TABLESPACE elsewhere")


# Types, collations, schemas, extensions


def test_an_enum_has_its_labels_in_order(everything: Schema) -> None:
    assert everything.by_key[Key(kind="enum", name="mood")] == Definition(
        key=Key(kind="enum", name="mood"),
        definition="",
        labels=("sad", "it's ok", "so so", "happy"),
    )


def test_domains(everything: Schema) -> None:
    assert definition(everything, Key(kind="domain", name="plain")) == (
        "AS character varying(20)"
    )
    assert definition(everything, Key(kind="domain", name="Code")) == (
        "AS text COLLATE \"C\" DEFAULT 'x'::text NOT NULL"
        " CONSTRAINT a_first CHECK (VALUE <> ''::text)"
        " CONSTRAINT short CHECK (length(VALUE) < 9)"
    )


def test_collations(everything: Schema, major: int) -> None:
    expected = {
        "posix": "(provider = libc, locale = 'POSIX')",
        "german": "(provider = libc, lc_collate = 'C', lc_ctype = 'POSIX')",
    }
    if major >= 18:
        expected["built_in"] = "(provider = builtin, locale = 'C.UTF-8')"
    found = {
        each.key.name: each.definition
        for each in everything.of(Definition)
        if each.key.kind == "collation"
    }
    assert found == expected


def test_schemas_other_than_the_current_one(everything: Schema) -> None:
    found = [d.key.name for d in everything.of(Definition) if d.key.kind == "namespace"]
    assert found == ["Other"]
    assert Key(kind="namespace", name="Other") in everything.get_table(CUSTOMER).needs


def test_the_current_schema_has_no_name(empty: Database) -> None:
    empty.execute(
        "CREATE SCHEMA mine; CREATE TABLE mine.t (); CREATE TABLE public.p ()"
    )
    empty.execute("CREATE FUNCTION mine.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    empty.execute("SET search_path = mine")
    schema = schema_of(empty)
    assert {table.key for table in schema.of(Table)} == {
        table_key("t"),
        table_key("p", "public"),
    }
    assert "FUNCTION f()" in opaque(schema, "f", "function()").definition
    empty.execute("SET search_path = ''")
    assert {table.key for table in schema_of(empty).of(Table)} == {
        table_key("t", "mine"),
        table_key("p"),
    }


def test_nothing_of_an_empty_database(empty: Database) -> None:
    assert schema_of(empty) == Schema()


# Newer majors


def test_since_15(everything: Schema, major: int) -> None:
    """NULLS NOT DISTINCT, publications of columns, rows and schemas, view options."""
    if major < 15:
        assert table_key("since_15") not in everything.by_key
        return
    table = table_key("since_15")
    assert definition(everything, index_key("nulls_are_one")) == (
        "USING btree (a) NULLS NOT DISTINCT"
    )
    assert definition(everything, table.constraint("since_15_b_key")) == (
        "UNIQUE NULLS NOT DISTINCT (b)"
    )
    published = "WITH (publish = 'insert, update, delete, truncate')"
    narrow = opaque(everything, "narrow", "membership of item")
    assert narrow.definition.startswith(
        "ALTER PUBLICATION narrow ADD TABLE item (id, price) WHERE"
    )
    assert narrow.needs == {
        opaque_key("narrow", "publication"),
        ITEM,
        ITEM.column("id"),
        ITEM.column("price"),
    }
    assert opaque(everything, "wide", "publication").definition == (
        f'CREATE PUBLICATION wide FOR TABLES IN SCHEMA "Other" {published}'
    )
    assert (
        "(security_invoker='true')" in opaque(everything, "invoked", "view").definition
    )


def test_since_18(everything: Schema, major: int) -> None:
    """Virtual generated columns, temporal keys, constraints that are not enforced."""
    if major < 18:
        assert table_key("since_18") not in everything.by_key
        return
    table = table_key("since_18")
    assert everything.get_table(table).get_column("doubled") == Column(
        name="doubled",
        type="integer",
        generated="a * 2",
        generated_kind="virtual",
    )
    assert definition(everything, table.constraint("since_18_pkey")) == (
        "PRIMARY KEY (place, during WITHOUT OVERLAPS)"
    )
    assert definition(everything, table.constraint("unheeded")) == (
        "CHECK (a > 0) NOT ENFORCED"
    )


def test_not_null_that_is_not_valid_is_no_fact_yet(empty: Database, major: int) -> None:
    if major < 18:
        with pytest.raises(psycopg.errors.SyntaxError):
            empty.execute(
                "CREATE TABLE t (a integer, CONSTRAINT n NOT NULL a NOT VALID)"
            )
        return
    empty.execute("CREATE TABLE t (a integer)")
    empty.execute("ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID")
    schema = schema_of(empty)
    assert schema.get_table(table_key("t")).get_column("a").nullable
    assert opaque(schema, "t", "constraint n") == Opaque(
        key=opaque_key("t", "constraint n"),
        trait=TRAITS["constraint"],
        definition='ALTER TABLE "t" ADD CONSTRAINT "n" NOT NULL a NOT VALID',
        owner=table_key("t"),
        drop_sql='ALTER TABLE "t" DROP CONSTRAINT "n"',
    )
    empty.execute("ALTER TABLE t VALIDATE CONSTRAINT n")
    schema = schema_of(empty)
    assert not schema.get_table(table_key("t")).get_column("a").nullable
    assert schema.of(Opaque) == ()


# Opaque objects

TOKENS = sorted(
    [
        "asciihword",
        "asciiword",
        "email",
        "file",
        "float",
        "host",
        "hword",
        "hword_asciipart",
        "hword_numpart",
        "hword_part",
        "int",
        "numhword",
        "numword",
        "sfloat",
        "uint",
        "url",
        "url_path",
        "version",
        "word",
    ]
)
"""The types of token that are mapped in a copy of the configuration ``english``."""
OPAQUE = [
    ("(mood AS point3)", "cast", None),
    ("===", "operator ===(integer,integer)", None),
    ("Other", "comment on namespace", None),
    ("by_abs", "operator class by_abs USING btree", None),
    ("by_abs", "operator family by_abs USING btree", None),
    ("cheap", "comment on view", None),
    ("cheap", "comment on view title", None),
    ("cheap", "default of column title", None),
    ("cheap", "view", None),
    ("cheaper", "view", None),
    ("child", "inheritance from parent", "child"),
    ("counted", "materialized view", None),
    ("counted", "statistics target of column n", None),
    ("counted_status", "comment on index", None),
    ("counted_status", "index", None),
    ("event", "partition key", "event"),
    ("event_2020", "partition", "event"),
    ("event_2020_a", "partition", "event"),
    ("event_rest", "constraint few", "event"),
    ("event_rest", "default of column id", "event"),
    ("event_rest", "partition", "event"),
    ("event_rest_id", "index", "event"),
    ("event_touched", "trigger on event", "event"),
    ("everything", "publication", None),
    ("expression_index", "statistics target of column expr", "item"),
    ("far", "server", None),
    ("folded", "text search configuration folded", None),
    *(("folded", f"text search mapping for {token}", None) for token in TOKENS),
    ("item", "clustering index", "item"),
    ("item", "comment on constraint positive", "item"),
    ("item", "forced row security", "item"),
    ("item", "row security", "item"),
    ("loud", "replica identity", "loud"),
    ("nowhere", "foreign data wrapper", None),
    ("own", "policy on item", "item"),
    ("plain_index", "comment on index", "item"),
    ("point3", "type", None),
    ("price_and_status", "statistics", "item"),
    ("price_and_status", "statistics target", "item"),
    ("remote", "foreign table", None),
    ("selected", "membership of item", "item"),
    ("selected", "publication", None),
    ("simple_words", "text search dictionary simple_words", None),
    ("span", "type", None),
    ("through", "trigger on cheap", None),
    ("tidy", "procedure(integer)", None),
    ("total", "aggregate(integer)", None),
    ("touched", "comment on trigger on item", "item"),
    ("touched", "trigger on item", "item"),
    ("touched_late", "trigger on item", "item"),
    ("touched_late", "trigger state on item", "item"),
    ("tuned", "attribute options of column a", "tuned"),
    ("tuned", "compression of column a", "tuned"),
    ("tuned", "replica identity", "tuned"),
    ("tuned", "statistics target of column a", "tuned"),
    ("tuned", "storage of column a", "tuned"),
    ("tuned", "storage parameters", "tuned"),
    ("tuned", "toast storage parameters", "tuned"),
    ("tuned", "unlogged", "tuned"),
    ("twice", "comment on function(text)", None),
    ("twice", "function(integer, mood)", None),
    ("twice", "function(text)", None),
    ("watch", "function()", None),
    ("watched", "event trigger", None),
    ("watched", "event trigger state", None),
]
NEWER = {"narrow", "wide", "invoked"}


def test_what_is_carried_as_opaque(everything: Schema) -> None:
    """Each with the table that takes it along when it is dropped."""
    found = [
        (each.key.name, each.key.part, each.owner.name if each.owner else None)
        for each in everything.of(Opaque)
        if each.key.namespace == "" and each.key.name not in NEWER
    ]
    assert found == OPAQUE


def test_opaque_objects_of_another_schema(everything: Schema) -> None:
    found = {o.key: o.owner for o in everything.of(Opaque) if o.key.namespace}
    assert found == {
        opaque_key("touch", "function()", "Other"): None,
        opaque_key("kept", "rule on customer", "Other"): CUSTOMER,
        opaque_key("selected", "membership of customer", "Other"): CUSTOMER,
    }


@pytest.mark.parametrize(
    ("name", "part", "expected"),
    [
        ("tuned", "unlogged", "ALTER TABLE tuned SET UNLOGGED"),
        (
            "tuned",
            "toast storage parameters",
            "ALTER TABLE tuned SET (toast.autovacuum_enabled='false')",
        ),
        (
            "tuned",
            "replica identity",
            'ALTER TABLE tuned REPLICA IDENTITY USING INDEX "tuned_b"',
        ),
        ("child", "inheritance from parent", "ALTER TABLE child INHERIT parent"),
        ("event", "partition key", "PARTITION BY RANGE (day)"),
        (
            "event_2020",
            "partition",
            "CREATE TABLE event_2020 PARTITION OF event FOR VALUES"
            " FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY LIST (id)",
        ),
        (
            "event_rest_id",
            "index",
            'CREATE INDEX "event_rest_id" ON "event_rest" USING btree (id)',
        ),
        (
            "touched",
            "trigger on item",
            "CREATE TRIGGER touched BEFORE INSERT OR UPDATE OF name ON item FOR EACH ROW"
            ' WHEN (new.price > 1::numeric) EXECUTE FUNCTION "Other".touch()',
        ),
        (
            "own",
            "policy on item",
            "CREATE POLICY own ON item AS RESTRICTIVE FOR UPDATE"
            " USING (price > 0::numeric) WITH CHECK (price > 1::numeric)",
        ),
        (
            "twice",
            "function(integer, mood)",
            "CREATE OR REPLACE FUNCTION twice(n integer, m mood DEFAULT 'sad'::mood)\n"
            " RETURNS integer\n LANGUAGE sql\n IMMUTABLE\n"
            "AS $function$SELECT n * 2$function$",
        ),
        (
            "total",
            "aggregate(integer)",
            "CREATE AGGREGATE total(integer)"
            " (SFUNC = int4pl, STYPE = integer, INITCOND = '0')",
        ),
        (
            "span",
            "type",
            "CREATE TYPE span AS RANGE (SUBTYPE = double precision,"
            " SUBTYPE_DIFF = float8mi, MULTIRANGE_TYPE_NAME = spans)",
        ),
        (
            "remote",
            "foreign table",
            "CREATE FOREIGN TABLE remote (a integer OPTIONS (column_name 'z') NOT NULL"
            " DEFAULT 3, b text, CONSTRAINT positive CHECK ((a > 1)))"
            " SERVER far OPTIONS (table_name 'q')",
        ),
        (
            "selected",
            "publication",
            "CREATE PUBLICATION selected WITH (publish = 'insert')",
        ),
        (
            "selected",
            "membership of item",
            "ALTER PUBLICATION selected ADD TABLE item",
        ),
        (
            "item",
            "comment on constraint positive",
            'COMMENT ON CONSTRAINT "positive" ON "item" IS \'not free of charge\'',
        ),
    ],
    ids=lambda value: value if " " not in value else "",
)
def test_definitions_of_opaque_objects(
    everything: Schema, name: str, part: str, expected: str
) -> None:
    assert opaque(everything, name, part).definition == expected


def test_a_base_type_has_its_functions_and_cannot_be_dropped(empty: Database) -> None:
    """DROP would need CASCADE, which drops columns."""
    empty.execute("CREATE TYPE b")
    before = opaque(schema_of(empty), "b", "type b")
    assert (before.definition, before.drop_sql) == ("CREATE TYPE b", "DROP TYPE b")
    empty.execute("""
        CREATE FUNCTION b_in(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
        CREATE FUNCTION b_out(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
        CREATE TYPE b (INPUT = b_in, OUTPUT = b_out, LIKE = integer);
    """)
    schema = schema_of(empty)
    after = opaque(schema, "b", "type b")
    assert after.drop_sql == ""
    for part in ("CREATE TYPE b;", "FUNCTION b_in(cstring)", "OUTPUT = b_out"):
        assert part in after.definition
    assert [obj.key.name for obj in schema.of(Opaque)] == ["b"]


def test_parts_need_what_the_server_says_their_whole_needs(empty: Database) -> None:
    """So a mapping goes, and not its configuration, when its dictionary does."""
    empty.execute("""
        CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple);
        CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default");
        ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH d;
        CREATE OPERATOR FAMILY f USING btree;
        CREATE FUNCTION less(integer, bigint) RETURNS boolean
            LANGUAGE sql IMMUTABLE AS 'SELECT $1 < $2';
        CREATE OPERATOR <~ (FUNCTION = less, LEFTARG = integer, RIGHTARG = bigint);
        ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 <~ (integer, bigint);
    """)
    schema = schema_of(empty)
    configuration = opaque(schema, "c", "text search configuration c")
    assert configuration.needs == set()
    assert opaque(schema, "c", "text search mapping for word").needs == {
        configuration.key,
        opaque_key("d", "text search dictionary d"),
    }
    family = opaque(schema, "f", "operator family f USING btree")
    assert family.needs == set()
    assert opaque(schema, "f", "operator family members using btree").needs == {
        family.key,
        opaque_key("<~", "operator <~(integer,bigint)"),
    }


def test_states_that_are_set_apart_from_the_object(empty: Database) -> None:
    """Triggers, rules and event triggers that fire otherwise than made."""
    empty.execute("""
        CREATE TABLE t (a integer);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';
        CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f();
        ALTER TABLE t ENABLE ALWAYS TRIGGER g;
        CREATE RULE r AS ON INSERT TO t DO NOTHING;
        ALTER TABLE t ENABLE REPLICA RULE r;
    """)
    schema = schema_of(empty)
    trigger = opaque(schema, "g", "trigger state on t")
    assert trigger.definition == "ALTER TABLE t ENABLE ALWAYS TRIGGER g"
    assert trigger.needs == {opaque_key("g", "trigger on t")}
    rule = opaque(schema, "r", "rule state on t")
    assert rule.definition == "ALTER TABLE t ENABLE REPLICA RULE r"
    assert rule.needs == {opaque_key("r", "rule on t")}


# Needs


@pytest.mark.parametrize(
    ("key", "needs"),
    [
        (ITEM.column("moods"), {Key(kind="enum", name="mood")}),
        (ITEM.column("code"), {Key(kind="domain", name="Code")}),
        (ITEM.column("place"), {opaque_key("point3", "type")}),
        (ITEM.column("spans"), {opaque_key("span", "type")}),
        (ITEM.column("folded"), {Key(kind="collation", name="posix")}),
        (ITEM.column("gross"), {ITEM.column("price")}),
        (ITEM.column("id"), set()),
        (
            table_key("computed").column("n"),
            {opaque_key("twice", "function(integer, mood)")},
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Key) else "",
)
def test_needs_of_columns(everything: Schema, key: Key, needs: set[Key]) -> None:
    assert everything.get_table(table_key(key.name)).get_column(key.part).needs == needs


@pytest.mark.parametrize(
    ("key", "needs"),
    [
        (
            table_key("computed").constraint("computed_n_check"),
            {
                table_key("computed").column("n"),
                opaque_key("twice", "function(integer, mood)"),
            },
        ),
        (
            index_key("computed_twice"),
            {
                table_key("computed"),
                table_key("computed").column("n"),
                opaque_key("twice", "function(integer, mood)"),
            },
        ),
        (
            opaque_key("cheap", "view"),
            {ITEM.column(each) for each in ("id", "name", "place", "price")}
            | {opaque_key("point3", "type")},
        ),
        (opaque_key("cheaper", "view"), {opaque_key("cheap", "view")}),
        (opaque_key("point3", "type"), {Key(kind="enum", name="mood")}),
        (
            opaque_key("through", "trigger on cheap"),
            {opaque_key("cheap", "view"), opaque_key("touch", "function()", "Other")},
        ),
        (
            opaque_key("event_2020_a", "partition"),
            {opaque_key("event_2020", "partition")},
        ),
        (
            opaque_key("child", "inheritance from parent"),
            {table_key("parent")},
        ),
        (opaque_key("tuned", "replica identity"), {index_key("tuned_b")}),
        (opaque_key("selected", "publication"), set()),
        (
            opaque_key("selected", "membership of item"),
            {ITEM, opaque_key("selected", "publication")},
        ),
        (opaque_key("far", "server"), {opaque_key("nowhere", "foreign data wrapper")}),
        (opaque_key("remote", "foreign table"), {opaque_key("far", "server")}),
        (opaque_key("watched", "event trigger"), {opaque_key("watch", "function()")}),
        (
            opaque_key("cheap", "default of column title"),
            {opaque_key("cheap", "view")},
        ),
        (
            opaque_key("touch", "function()", "Other"),
            {Key(kind="namespace", name="Other")},
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Key) else "",
)
def test_needs_of_objects(everything: Schema, key: Key, needs: set[Key]) -> None:
    assert everything.by_key[key].needs == needs


def test_a_table_needs_what_its_columns_need(everything: Schema) -> None:
    assert everything.get_table(ITEM).needs == {
        Key(kind="enum", name="mood"),
        Key(kind="domain", name="Code"),
        Key(kind="collation", name="posix"),
        opaque_key("point3", "type"),
        opaque_key("span", "type"),
    }


def test_needs_are_of_the_schema_and_never_of_oneself(everything: Schema) -> None:
    provided = {key for obj in everything for key in (obj.key, *provided_keys_of(obj))}
    for obj in everything:
        assert obj.needs <= provided, obj.key
        assert obj.key not in obj.needs


# The reading itself


def test_reading_again_gives_the_same(full: Database, everything: Schema) -> None:
    assert schema_of(full) == everything


def test_settings_of_the_session_do_not_show(
    full: Database, everything: Schema
) -> None:
    """Constants print the same under any time zone, date style or quoting."""
    with connected_like(full) as session:
        session.execute("SET timezone = 'Asia/Tokyo'")
        session.execute("SET datestyle = 'German'")
        session.execute("SET intervalstyle = 'sql_standard'")
        session.execute("SET bytea_output = 'escape'")
        session.execute("SET quote_all_identifiers = on")
        assert schema_of(session) == everything
        assert session.execute("SHOW timezone").fetchone() == ("Asia/Tokyo",)
        assert session.info.transaction_status == TransactionStatus.IDLE


def test_a_caller_s_transaction_goes_on(full: Database, everything: Schema) -> None:
    """Its own changes are seen, and its settings stand."""
    with connected_like(full) as session, session.transaction(force_rollback=True):
        session.execute("SET LOCAL timezone = 'Asia/Tokyo'")
        session.execute("CREATE TABLE uncommitted ()")
        schema = schema_of(session)
        assert session.execute("SHOW timezone").fetchone() == ("Asia/Tokyo",)
        assert session.info.transaction_status == TransactionStatus.INTRANS
    assert schema.objects - everything.objects == {
        Table(key=table_key("uncommitted"), columns=())
    }


def test_without_autocommit(full: Database, everything: Schema) -> None:
    with connected_like(full) as session:
        session.autocommit = False
        assert schema_of(session) == everything
        session.rollback()


def test_in_a_read_only_session(full: Database, everything: Schema) -> None:
    with connected_like(full) as session:
        session.execute("SET default_transaction_read_only = on")
        assert schema_of(session) == everything


def test_a_role_without_any_right_reads_the_same(
    full: Database, everything: Schema
) -> None:
    role = f"weak_{secrets.token_hex(4)}"
    full.execute(f"CREATE ROLE {role} LOGIN")
    try:
        with connected_like(full, user=role) as session:
            assert schema_of(session) == everything
    finally:
        full.execute(f"DROP ROLE {role}")


class Counting(psycopg.Cursor[tuple[Any, ...]]):
    """A cursor that counts what it sends."""

    statements = 0

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        type(self).statements += 1
        return super().execute(*args, **kwargs)


def test_as_many_queries_for_many_objects_as_for_none(
    full: Database, empty: Database
) -> None:
    counts = []
    for connection in (empty, full):
        with connected_like(connection, cursor_factory=Counting) as session:
            Counting.statements = 0
            schema_of(session)
            counts.append(Counting.statements)
    assert counts[0] == counts[1] > 0


def connected_like(connection: Database, **options: Any) -> Database:
    """Open another session on the same database."""
    return psycopg.connect(connection.info.dsn, autocommit=True, **options)
