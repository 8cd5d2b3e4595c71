"""``schemastatus --drift``: what differs, what only looks different, and how to mend it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.fixtures.commands import REPOSITORY
from tests.fixtures.json_schemas import read_answer
from tests.fixtures.skips import skip_missing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.project import Project
    from tests.fixtures.targets import Place

EVERYTHING = (REPOSITORY / "tests/engines/postgresql/everything.sql").read_text()
ORDERS = """\
CREATE TABLE orders (
    id integer PRIMARY KEY,
    code varchar(20) NOT NULL,
    total integer NOT NULL CONSTRAINT positive CHECK (total >= 0)
);
CREATE INDEX by_code ON orders (code);
"""

MODELS = """
from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=20)
"""


def run(place: Place, **options: Any) -> str:
    out = StringIO()
    options = {"drift": True, "verbosity": 1, **options}
    call_command("schemastatus", dir=place.folder, stdout=out, no_color=True, **options)
    return out.getvalue()


def answer(place: Place, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = read_answer(
        "schemastatus", run(place, format="json", **options)
    )
    return found


def kinds(place: Place) -> list[tuple[str, str]]:
    return [(each["kind"], each["name"]) for each in answer(place)["drift"]]


def checked(place: Place) -> int:
    try:
        run(place, check=True)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def mended(place: Place, **options: Any) -> str:
    """Run the SQL that mends; return it."""
    sql = run(place, format="sql", **options)
    before = {"sqlite": "PRAGMA foreign_keys = OFF", "postgresql": "SET lock_timeout"}
    assert before[place.engine.vendor] in sql.partition("BEGIN")[0]
    for statement in sql.split(";\n"):
        if "".join(line for line in statement.splitlines() if line[:2] != "--").strip():
            place.execute(statement)
    return sql


@pytest.fixture
def orders(place: Place) -> Place:
    place.write(_1_orders=ORDERS)
    place.apply()
    return place


def test_a_database_that_is_as_its_files_say(orders: Place) -> None:
    orders.write(_2_later="CREATE TABLE later (id integer PRIMARY KEY);")
    told = run(orders).splitlines()
    lines = [line for line in told if not line.startswith(" " * 9)]
    assert [line.split()[0] for line in lines[:3]] == ["Target", "Dev", "Status"]
    assert lines[2] == "Status   pending: 1 file applied, 1 pending"
    assert lines[-2] == "Drift    none, 4 objects equal"
    assert lines[-1] == f"Next     python manage.py schemaapply --dir {orders.folder}"
    found = answer(orders)
    assert (found["drift"], found["drift_checked"]) == ([], True)
    assert "Nothing to do." in run(orders, format="sql")


def test_not_looked_for_is_not_none(orders: Place) -> None:
    found = answer(orders, drift=False)
    assert (found["drift"], found["drift_checked"]) == ([], False)


def test_missing_different_and_only_there(orders: Place) -> None:
    orders.execute("DROP INDEX by_code")
    orders.execute("CREATE TABLE notes (id integer PRIMARY KEY)")
    orders.execute("ALTER TABLE orders ADD COLUMN made_by_hand integer")
    out = run(orders)
    assert "Status   drift: 1 file applied, 0 pending" in out
    assert "Drift    3 differences" in out
    assert "  Missing from the database\n" in out
    assert "+ index by_code" in out
    assert "  Only in the database\n" in out
    assert "- column made_by_hand" in out
    assert "DELETES" not in out  # nothing is dropped here
    assert kinds(orders) == [
        ("missing", "by_code"),
        ("surplus", "notes"),
        ("surplus", "made_by_hand"),
    ]
    command = (
        f"python manage.py schemastatus --drift --format sql --dir {orders.folder}"
    )
    assert out.splitlines()[-1].strip() == f"{command} --output mend.sql"
    assert "--keep" in out.splitlines()[-3]
    assert checked(orders) == 1


def test_what_only_the_database_has_is_not_said_to_be_deleted(orders: Place) -> None:
    orders.execute("CREATE TABLE notes (id integer PRIMARY KEY)")
    orders.execute("ALTER TABLE orders ADD COLUMN made_by_hand integer")
    assert "DELETES" not in run(orders)


def test_a_difference_that_may_lose_values_names_its_option(pg_place: Place) -> None:
    """Without the option the SQL would do nothing about it."""
    pg_place.write(_1_orders=ORDERS)
    pg_place.apply()
    pg_place.execute("ALTER TABLE orders ALTER code TYPE varchar(30)")
    mend = "schemastatus --drift --format sql --allow-data-loss"
    last = run(pg_place).splitlines()[-2:]
    assert last == [
        "         The files: mend the database, which may lose values or rows:",
        f"           python manage.py {mend} --dir {pg_place.folder} --output mend.sql",
    ]
    assert "Nothing to do." in run(pg_place, format="sql")
    assert "varchar(20)" in mended(pg_place, allow_data_loss=True).replace(
        "character varying", "varchar"
    )


def test_a_column_of_a_model_that_only_the_database_has_names_the_option(
    project: Project, tmp_path: Path
) -> None:
    """A table of an app is a table like any other."""
    project.write("shop/models.py", MODELS)
    for command in (["schemadiff", "initial"], ["schemaapply"]):
        assert project.manage(*command).code == 0
    with closing(sqlite3.connect(tmp_path / "db")) as database:
        database.execute("ALTER TABLE shop_item ADD COLUMN by_hand integer")
        database.execute("CREATE INDEX on_hand ON shop_item (by_hand)")
    ran = project.manage("schemastatus", "--drift")
    assert "by_hand" in ran.out
    assert "schemastatus --drift --format sql --allow-data-loss" in ran.out


def test_mending_keeps_what_only_the_database_has(orders: Place) -> None:
    orders.execute("DROP INDEX by_code")
    orders.execute("CREATE TABLE notes (id integer PRIMARY KEY)")
    orders.execute("INSERT INTO notes VALUES (1)")
    orders.execute("ALTER TABLE orders ADD COLUMN made_by_hand integer")
    orders.execute("CREATE INDEX on_hand ON orders (made_by_hand)")
    sql = mended(orders)
    assert "CREATE INDEX" in sql
    assert "DROP" not in sql
    assert "--   table notes  only in the database" in sql
    assert {kind for kind, _ in kinds(orders)} == {"surplus"}
    assert orders.execute("SELECT count(*) FROM notes") == [(1,)]
    next_step = run(orders).partition("\nNext     ")[2]
    assert "decide" in next_step
    assert "--allow-data-loss" in next_step.splitlines()[-1]


def test_a_table_and_a_column_are_kept(orders: Place) -> None:
    orders.execute("CREATE TABLE notes (id integer PRIMARY KEY)")
    orders.execute("ALTER TABLE orders ADD COLUMN note text")
    kept = run(orders, keep=True, format="sql")
    assert 'CREATE TABLE "notes"' in kept
    assert 'ADD COLUMN "note" text' in kept
    assert "Not kept" not in kept


def test_an_index_is_kept(orders: Place) -> None:
    orders.execute("CREATE INDEX by_total ON orders (total)")
    kept = run(orders, keep=True, format="sql")
    assert 'CREATE INDEX "by_total"' in kept
    mark = f"--   python manage.py schemaset VERSION --dir {orders.folder}"
    assert mark in kept.splitlines()
    assert 'CREATE INDEX "by_total"' in run(orders, keep=True)
    (statement,) = answer(orders, keep=True)["keep"]
    assert statement["sql"].startswith('CREATE INDEX "by_total"')


def test_dropping_makes_it_what_the_files_say(orders: Place) -> None:
    orders.execute("CREATE TABLE notes (id integer PRIMARY KEY)")
    orders.execute("CREATE INDEX by_total ON orders (total)")
    sql = mended(orders, allow_data_loss=True)
    assert "-- DATA LOSS: " in sql
    assert kinds(orders) == []
    assert checked(orders) == 0


def test_the_sql_is_shown_with_more_words(orders: Place) -> None:
    orders.execute("DROP INDEX by_code")
    assert "CREATE INDEX" not in run(orders)
    assert 'CREATE INDEX "by_code"' in run(orders, verbosity=2)
    assert answer(orders)["mend"] == []
    (statement,) = answer(orders, verbosity=2)["mend"]
    assert statement["sql"].startswith('CREATE INDEX "by_code"')


def test_a_name_is_a_difference_of_its_own_kind(orders: Place) -> None:
    orders.execute("DROP INDEX by_code")
    orders.execute("CREATE INDEX code_of_old ON orders (code)")
    assert kinds(orders) == [("name", "by_code")]
    assert checked(orders) == 0
    out = run(orders)
    assert "1 equal except for the name" in out
    assert "by_code" not in out
    (next_step,) = out.split("Next     ")[1:]
    assert "some names differ" in next_step
    assert "schemastatus --drift --format sql" in next_step
    assert next_step.rstrip().endswith(
        "Then nothing: every file of the directory is applied"
    )
    assert "> index by_code" in run(orders, verbosity=2)
    mended(orders)
    assert kinds(orders) == []


def test_what_other_tools_own_is_not_seen(orders: Place) -> None:
    orders.execute("CREATE TABLE jobs_queue (id integer PRIMARY KEY)")
    orders.execute("CREATE INDEX of_queue ON jobs_queue (id)")
    assert kinds(orders) == [("surplus", "jobs_queue")]
    with override_settings(SCHEMA_MIGRATIONS={"default": {"IGNORE": ["jobs_*"]}}):
        assert kinds(orders) == []


def test_nor_is_it_seen_between_two_sources(orders: Place) -> None:
    orders.execute("CREATE TABLE jobs_queue (id integer PRIMARY KEY)")

    def changes() -> list[str]:
        out = StringIO()
        sources = ["--from", "files", "--to", "db:default", "--format", "json"]
        call_command("schemadiff", *sources, "--dir", str(orders.folder), stdout=out)
        answer = read_answer("schemadiff", out.getvalue())
        return [each["name"] for each in answer["changes"]]

    assert changes() == ["jobs_queue"]
    with override_settings(SCHEMA_MIGRATIONS={"default": {"IGNORE": ["jobs_*"]}}):
        assert changes() == []


def test_a_baseline_stands_for_the_files_before_it(place: Place) -> None:
    place.write(_1=ORDERS, _2="DROP INDEX by_code;", _3="CREATE TABLE t (a integer);")
    for sql in ORDERS.split(";\n")[:1]:
        place.execute(sql)
    place.apply(baseline="2")
    assert sorted(place.read_revisions()) == ["2", "3"]
    assert kinds(place) == []


def test_a_database_without_history_is_taken_to_be_at_the_newest_file(
    place: Place,
) -> None:
    place.write(_1=ORDERS)
    place.execute(ORDERS.split(";\n")[0])
    out = run(place)
    assert "No history: compared as if after --baseline 1" in out
    assert kinds(place) == [("missing", "by_code")]
    assert place.read_revisions() == {}
    place.execute("CREATE INDEX by_code ON orders (code)")
    assert "schemaapply --baseline 1" in run(place)


def test_a_file_that_was_edited_leaves_nothing_to_compare_with(orders: Place) -> None:
    orders.write(_1_orders=ORDERS + "\n-- edited\n")
    out = run(orders)
    assert (
        "Drift    not compared: edited after they were applied to this database: 1_orders.sql"
        in out
    )
    assert answer(orders)["drift_checked"] is False
    assert "was not compared" in run(orders, format="sql")
    assert checked(orders) == 4


def test_a_database_that_is_ahead_is_not_found_to_be_in_order(orders: Place) -> None:
    orders.write(_2="CREATE TABLE later (id integer PRIMARY KEY);")
    orders.apply()
    (orders.folder / "2.sql").unlink()
    orders.write()
    assert "Drift    not compared: the database has version 2" in run(orders)
    assert checked(orders) == 4


def test_a_file_that_stopped_half_way_counts_so_far(place: Place) -> None:
    place.write(_1=f"-- atlas:txmode none\n\n{ORDERS}INSERT INTO nope VALUES (1);")
    with pytest.raises(Exception, match="nope"):
        place.apply()
    assert kinds(place) == []


def test_the_target_of_a_url_is_compared(orders: Place) -> None:
    url = orders.engine.addresses.format_masked_url(orders.settings)
    orders.execute("DROP INDEX by_code")
    assert [each["name"] for each in answer(orders, url=url)["drift"]] == ["by_code"]


def test_a_type_that_may_not_hold_every_value_is_left(pg_place: Place) -> None:
    pg_place.write(_1="CREATE TABLE t (a varchar(9) NOT NULL, b integer, c smallint);")
    pg_place.apply()
    pg_place.execute("ALTER TABLE t ALTER a TYPE text, ALTER a DROP NOT NULL")
    pg_place.execute("ALTER TABLE t ALTER b TYPE bigint, ALTER c TYPE integer")
    assert kinds(pg_place) == [("different", "a"), ("wider", "b"), ("wider", "c")]
    sql = mended(pg_place)
    assert "SET NOT NULL" in sql
    assert "--   column t.a  text -> character varying(9)" in sql
    (left, *_) = answer(pg_place)["drift"]
    assert left["detail"] == "text -> character varying(9)"
    mended(pg_place, allow_data_loss=True)
    assert kinds(pg_place) == [("wider", "b"), ("wider", "c")]
    assert checked(pg_place) == 0


def test_labels_of_an_enum_that_rows_may_hold_are_left(pg_place: Place) -> None:
    pg_place.write(_1="CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (a mood);")
    pg_place.apply()
    pg_place.execute("ALTER TYPE mood ADD VALUE 'happy'")
    assert kinds(pg_place) == [("different", "mood")]
    assert "Nothing to do." in run(pg_place, format="sql")


def test_a_target_of_another_kind_is_refused(pg_place: Place, tmp_path: Path) -> None:
    pg_place.write(_1=ORDERS)
    with pytest.raises(CommandError, match="is a sqlite database"):
        run(pg_place, url=f"sqlite:///{tmp_path}/x.sqlite3")


def test_options_of_drift_alone_are_refused(orders: Place) -> None:
    with pytest.raises(CommandError, match="with --drift only"):
        run(orders, drift=False, format="sql")


def test_serial_is_as_good_as_an_identity(pg_place: Place) -> None:
    pg_place.write(
        _1="CREATE TABLE t (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);"
    )
    pg_place.execute("CREATE TABLE t (id serial PRIMARY KEY)")
    pg_place.apply(baseline="1")
    pg_place.execute("INSERT INTO t DEFAULT VALUES")
    found = [(each["kind"], each["detail"]) for each in answer(pg_place)["drift"]]
    assert found == [
        ("different", "integer -> bigint"),
        (
            "different",  # the sequence grows with its column
            "AS integer START WITH … 1 MAXVALUE 2147483647 CACHE 1 …"
            " -> AS bigint START WITH … 1 MAXVALUE 9223372036854775807 CACHE…",
        ),
        ("serial", "serial instead of identity"),
    ]
    assert "1 column serial instead of identity" in run(pg_place)
    mended(pg_place)
    assert [kind for kind, _ in kinds(pg_place)] == ["serial"]
    assert checked(pg_place) == 0
    assert pg_place.execute("INSERT INTO t DEFAULT VALUES RETURNING id") == [(2,)]
    types = pg_place.execute("SELECT seqtypid::regtype::text FROM pg_sequence")
    assert types == [("bigint",)]


def test_a_check_that_prints_differently_at_first_is_equal(pg_place: Place) -> None:
    """Made by hand it prints one way, from its own print another."""
    made = "CREATE TABLE t (a varchar(9), CONSTRAINT {} CHECK (a IN ('x', 'y')));"
    print_ = "CHECK (((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])))"
    pg_place.write(_1=f"CREATE TABLE t (a varchar(9), CONSTRAINT one {print_});")
    pg_place.execute(made.format("another"))
    pg_place.apply(baseline="1")
    assert kinds(pg_place) == [("name", "one")]


def test_another_definition_is_one_line(pg_place: Place) -> None:
    pg_place.write(_1=ORDERS)
    pg_place.apply()
    pg_place.execute("ALTER TABLE orders DROP CONSTRAINT positive")
    pg_place.execute("ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0)")
    assert kinds(pg_place) == [("different", "positive")]
    out = run(pg_place)
    assert "~ check constraint positive  (total > 0) -> (total >= 0)" in out


def test_a_rule_that_is_not_valid_is_validated(pg_place: Place) -> None:
    pg_place.write(
        _1="""
        CREATE TABLE u (id integer PRIMARY KEY);
        CREATE TABLE t (
            a integer CONSTRAINT c CHECK (a > 0), CONSTRAINT f FOREIGN KEY (a) REFERENCES u
        );
        """
    )
    pg_place.apply()
    for name, rule in (
        ("c", "CHECK (a > 0)"),
        ("f", "FOREIGN KEY (a) REFERENCES u"),
    ):
        pg_place.execute(f"ALTER TABLE t DROP CONSTRAINT {name}")
        pg_place.execute(f"ALTER TABLE t ADD CONSTRAINT {name} {rule} NOT VALID")
    assert kinds(pg_place) == [("different", "c"), ("different", "f")]
    sql = mended(pg_place)
    assert sql.count("VALIDATE CONSTRAINT") == 2
    assert "DROP" not in sql
    assert kinds(pg_place) == []


def test_a_rule_that_need_not_be_valid_is_made_so(pg_place: Place) -> None:
    rule = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID"
    pg_place.write(_1=f"CREATE TABLE t (a integer);\n{rule};")
    pg_place.apply()
    pg_place.execute("ALTER TABLE t VALIDATE CONSTRAINT c")
    assert kinds(pg_place) == [("different", "c")]
    assert "NOT VALID" in mended(pg_place)
    assert kinds(pg_place) == []


def test_a_schema_of_another_tool_is_ignored_as_a_whole(pg_place: Place) -> None:
    pg_place.write(_1=ORDERS)
    pg_place.apply()
    pg_place.execute("CREATE SCHEMA jobs")
    pg_place.execute("CREATE TABLE jobs.queue (id serial PRIMARY KEY)")
    assert kinds(pg_place) != []
    with override_settings(SCHEMA_MIGRATIONS={"default": {"IGNORE": ["jobs.*"]}}):
        assert kinds(pg_place) == []


def test_what_uses_theirs_and_ours_is_seen(pg_place: Place) -> None:
    pg_place.write(_1=ORDERS)
    pg_place.apply()
    pg_place.execute("CREATE SCHEMA jobs")
    pg_place.execute("CREATE TABLE jobs.queue (id integer PRIMARY KEY)")
    pg_place.execute("CREATE VIEW theirs AS SELECT id FROM jobs.queue")
    with override_settings(SCHEMA_MIGRATIONS={"default": {"IGNORE": ["jobs.*"]}}):
        assert kinds(pg_place) == []
        pg_place.execute(
            "ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES jobs.queue"
        )
        pg_place.execute(
            "CREATE VIEW of_both AS SELECT code FROM orders JOIN jobs.queue USING (id)"
        )
        found = kinds(pg_place)
        assert sorted(found) == [("surplus", "of_both"), ("surplus", "orders_id_fkey")]
        mended(pg_place, allow_data_loss=True)
        assert kinds(pg_place) == []
    assert pg_place.execute("SELECT * FROM theirs") == []


def test_what_is_said_of_our_trigger_on_their_table_is_seen(pg_place: Place) -> None:
    pg_place.write(
        _1="CREATE TABLE jobs (id integer PRIMARY KEY);"
        "CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER ours BEFORE INSERT ON jobs EXECUTE FUNCTION kept();"
        "ALTER TABLE jobs DISABLE TRIGGER ours; COMMENT ON TRIGGER ours ON jobs IS 'mine'"
    )
    pg_place.apply()
    with override_settings(SCHEMA_MIGRATIONS={"default": {"IGNORE": ["jobs"]}}):
        assert kinds(pg_place) == []
        pg_place.execute("ALTER TABLE jobs ENABLE TRIGGER ours")
        pg_place.execute("COMMENT ON TRIGGER ours ON jobs IS NULL")
        assert [kind for kind, _ in kinds(pg_place)] == ["missing", "missing"]
        sql = mended(pg_place)
        assert "DISABLE TRIGGER ours" in sql
        assert kinds(pg_place) == []


def test_equal_constraints_are_told_apart(pg_place: Place) -> None:
    """A rename that a copy with one of the two would take fails on the database."""
    pg_place.write(
        _1="CREATE TABLE t (a integer, CONSTRAINT one UNIQUE (a));"
        "ALTER TABLE t ADD CONSTRAINT two UNIQUE (a);"
    )
    pg_place.execute("CREATE TABLE t (a integer, CONSTRAINT one UNIQUE (a))")
    pg_place.execute("ALTER TABLE t ADD CONSTRAINT another UNIQUE (a)")
    pg_place.apply(baseline="1")
    assert kinds(pg_place) == [("name", "two")]
    assert 'RENAME CONSTRAINT "another" TO "two"' in mended(pg_place)
    assert kinds(pg_place) == []

    pg_place.execute("ALTER TABLE t DROP CONSTRAINT two")
    assert kinds(pg_place) == [("missing", "two")]
    mended(pg_place)
    assert kinds(pg_place) == []

    pg_place.execute("ALTER TABLE t ADD CONSTRAINT more UNIQUE (a)")
    pg_place.execute("ALTER TABLE t DROP CONSTRAINT one")
    assert 'RENAME CONSTRAINT "more" TO "one"' in mended(pg_place)
    assert kinds(pg_place) == []


PARTITIONED = """\
CREATE TABLE event (id integer NOT NULL, day date NOT NULL, word text, PRIMARY KEY (id, day))
    PARTITION BY RANGE (day);
CREATE INDEX event_word ON event (word);
CREATE TABLE event_2020 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX event_2020_id ON event_2020 (id);
CREATE TABLE event_2021 PARTITION OF event FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
"""


@pytest.fixture
def events(pg_place: Place) -> Place:
    pg_place.write(_1_events=PARTITIONED)
    pg_place.apply()
    pg_place.execute("INSERT INTO event VALUES (1, '2020-02-02', 'a')")
    return pg_place


def test_a_partitioned_table_is_compared_and_mended(events: Place) -> None:
    assert kinds(events) == []
    events.execute("ALTER TABLE event DETACH PARTITION event_2020")
    events.execute("DROP INDEX event_word")
    events.execute("DROP INDEX event_2020_id")
    sql = mended(events)
    assert "ATTACH PARTITION event_2020" in sql
    assert "DATA LOSS" not in sql
    assert kinds(events) == []
    assert events.execute("SELECT id FROM event") == [(1,)]


def test_a_partition_that_only_the_database_has_stays(events: Place) -> None:
    later = "FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')"
    events.execute(f"CREATE TABLE event_2022 PARTITION OF event {later}")
    assert kinds(events) == [("surplus", "event_2022")]
    assert "Nothing to do." in run(events, format="sql")


def test_a_partition_under_another_name_is_renamed(events: Place) -> None:
    events.write(_2_rest="CREATE TABLE event_rest PARTITION OF event DEFAULT;")
    events.apply()
    events.execute("COMMENT ON TABLE event_2020 IS 'old'")
    events.execute("ALTER TABLE event_2020 RENAME TO event_old")
    events.execute("ALTER TABLE event_rest RENAME TO event_default")
    sql = mended(events)
    assert 'ALTER TABLE "event_old" RENAME TO "event_2020";' in sql
    assert 'ALTER TABLE "event_default" RENAME TO "event_rest";' in sql
    assert "DROP" not in sql
    assert kinds(events) == [("surplus", "event_2020")]  # the comment
    assert events.execute("SELECT id FROM event_2020") == [(1,)]


def test_values_are_not_lost_to_attach_a_table(events: Place) -> None:
    """It has a column that a partition cannot have, so it stays as it is."""
    events.execute("ALTER TABLE event DETACH PARTITION event_2020")
    events.execute("ALTER TABLE event_2020 ADD COLUMN note text")
    assert "Nothing to do." in run(events, format="sql")
    assert ("surplus", "note") in kinds(events)
    assert "ATTACH" in mended(events, allow_data_loss=True)
    assert kinds(events) == []


@pytest.fixture
def contrib(pg_place: Place) -> Place:
    found = "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"
    if not pg_place.execute(found):
        skip_missing("PostgreSQL with contrib")
    return pg_place


def test_an_extension_in_a_schema_of_its_own(contrib: Place) -> None:
    """Whether or not the database's own search_path names that schema."""
    contrib.write(
        _1="CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;"
        " CREATE TABLE t (a ext.citext); CREATE INDEX i ON t (a);"
    )
    contrib.apply()
    assert kinds(contrib) == []
    name = contrib.settings["NAME"]
    contrib.execute(f'ALTER DATABASE "{name}" SET search_path = "$user", public, ext')
    contrib.connection.close()
    assert kinds(contrib) == []
    contrib.execute("DROP INDEX i")
    assert "CREATE INDEX" in mended(contrib)
    assert kinds(contrib) == []


def test_another_version_is_no_drift_unless_the_files_say_one(contrib: Place) -> None:
    contrib.write(_1="CREATE EXTENSION pg_trgm;")
    contrib.apply()
    contrib.execute("DROP EXTENSION pg_trgm")
    contrib.execute("CREATE EXTENSION pg_trgm VERSION '1.4'")
    assert kinds(contrib) == []
    contrib.write(_2="ALTER EXTENSION pg_trgm UPDATE TO '1.6';")
    contrib.apply()
    assert kinds(contrib) == []


def test_a_version_that_the_files_say(contrib: Place) -> None:
    contrib.write(_1="CREATE EXTENSION pg_trgm VERSION '1.5';")
    contrib.apply()
    assert kinds(contrib) == []
    contrib.execute("DROP EXTENSION pg_trgm")
    contrib.execute("CREATE EXTENSION pg_trgm VERSION '1.4'")
    assert kinds(contrib) == [("different", "pg_trgm")]
    assert "UPDATE TO '1.5'" in mended(contrib)
    assert kinds(contrib) == []


def test_what_is_rare_and_equal_stops_no_mending(pg_place: Place) -> None:
    """The database is copied with an object of every kind; the files have them as well."""
    pg_place.write(_1_everything=EVERYTHING)
    pg_place.apply()
    assert kinds(pg_place) == []
    pg_place.execute("DROP INDEX plain_index; ALTER TABLE item ADD UNIQUE (price)")
    sql = mended(pg_place)
    assert "CREATE INDEX" in sql
    assert "OPERATOR" not in sql
    assert "TEXT SEARCH" not in sql
    assert {kind for kind, _ in kinds(pg_place)} == {"surplus"}
