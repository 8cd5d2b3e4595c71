"""A survey says of a schema what a look at it alone says, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from schema_migrations.workflows.targets.addresses import Address, resolve_addresses
from schema_migrations.workflows.targets.connection import ServerPart, open_target
from schema_migrations.workflows.targets.survey import (
    SURVEY_SIZE,
    divide_for_survey,
    survey_schemas,
)
from schema_migrations.workflows.targets.target_standing import (
    TargetStanding,
    read_target_standing,
)
from tests.fixtures.targets import Place, use_as_default

if TYPE_CHECKING:
    from pathlib import Path

ODD_NAME = "100% \"sure\" 'x'; %s"
PLAIN = ("done", "twin", "waits", ODD_NAME)
REVISIONS = "atlas_schema_revisions"


@dataclass(frozen=True, kw_only=True)
class Fleet:
    place: Place

    def address(self, schema: str) -> Address:
        (address,) = resolve_addresses([schema], kind="schema", url=None)
        return address

    def execute(self, sql: str) -> None:
        with self.place.connection.cursor() as cursor:
            cursor.execute(sql)

    def make(self, schema: str, *, like: str = "") -> None:
        quoted = self.place.engine.dialect.quote(schema)
        self.execute(f"CREATE SCHEMA {quoted}")
        if like:
            self.execute(
                f"CREATE TABLE {quoted}.{REVISIONS} (LIKE {like}.{REVISIONS} INCLUDING ALL)"
            )
            self.execute(
                f"INSERT INTO {quoted}.{REVISIONS} SELECT * FROM {like}.{REVISIONS}"
            )

    def survey(self, *schemas: str) -> dict[Address, TargetStanding]:
        return survey_schemas(
            "default",
            [self.address(schema) for schema in schemas],
            self.place.directory,
            exec_order="linear",
            wait=0,
        )

    def look(self, schema: str) -> TargetStanding:
        part = ServerPart(schema=schema)
        with open_target("default", None, part) as (connection, engine):
            return read_target_standing(
                connection,
                engine,
                self.place.directory,
                exec_order="linear",
                revisions_schema=None,
                wait=0,
            )


@pytest.fixture
def fleet(pg_place: Place) -> Fleet:
    """Schemas with two files each, in every state."""
    pg_place.write(_1_a="CREATE TABLE a (id int);\n", _2_b="CREATE TABLE b (id int);\n")
    made = Fleet(place=pg_place)
    pg_place.apply()
    for schema in (
        "done",
        "twin",
        "waits",
        "edited",
        "ahead",
        "failed",
        "noted",
        "old",
    ):
        made.make(schema, like="public")
    made.make(ODD_NAME, like="public")
    made.make("empty")
    made.make("unused", like="public")
    for sql in (
        f"UPDATE twin.{REVISIONS} SET executed_at = now() + interval '1 day'",
        f"DELETE FROM waits.{REVISIONS} WHERE version = '2'",
        f"UPDATE edited.{REVISIONS} SET hash = 'x' WHERE version = '1'",
        f"UPDATE ahead.{REVISIONS} SET version = '3' WHERE version = '2'",
        f"UPDATE failed.{REVISIONS} SET applied = 0, error = 'e' WHERE version = '2'",
        f"DELETE FROM noted.{REVISIONS} WHERE version = '2'",
        f"INSERT INTO noted.{REVISIONS} (version, description, type, executed_at,"
        " applied, total, execution_time, error, error_stmt, hash, operator_version)"
        " VALUES ('.atlas_cloud_identifier', '', 2, now(), 0, 0, 0, 'e', 's', '2_b.sql',"
        " '')",
        f"ALTER TABLE old.{REVISIONS} DROP COLUMN partial_hashes",
        f"DELETE FROM unused.{REVISIONS}",
    ):
        made.execute(sql)
    return made


def test_plain_histories_are_told_as_each_alone(fleet: Fleet) -> None:
    others = ("edited", "ahead", "failed", "noted", "empty", "unused", "missing")
    found = fleet.survey(*others, *PLAIN, "old")
    assert {address.label for address in found} == {*PLAIN, "old"}
    for address, standing in found.items():
        assert standing == fleet.look(address.label)
    verdicts = {address.label: each.verdict for address, each in found.items()}
    assert verdicts == {**dict.fromkeys((*PLAIN, "old"), "ok"), "waits": "pending"}


def test_what_may_not_be_read_is_left_out(fleet: Fleet) -> None:
    fleet.execute("CREATE ROLE reader_of_some")
    try:
        fleet.execute("GRANT USAGE ON SCHEMA done, twin TO reader_of_some")
        fleet.execute(f"GRANT SELECT ON done.{REVISIONS} TO reader_of_some")
        settings = fleet.place.settings
        options = {**settings.get("OPTIONS", {}), "assume_role": "reader_of_some"}
        with use_as_default({**settings, "OPTIONS": options}):
            found = fleet.survey("done", "twin", "waits")
        assert [address.label for address in found] == ["done"]
    finally:
        fleet.execute("DROP OWNED BY reader_of_some")
        fleet.execute("DROP ROLE reader_of_some")


def test_a_server_that_does_not_answer_is_left_to_each_target(
    sqlite_place: Place, tmp_path: Path
) -> None:
    sqlite_place.write(_1_a="SELECT 1;\n")
    url = "postgres://nobody@127.0.0.1:1/x?connect_timeout=1"
    for where in (url, f"sqlite:///{tmp_path}/x.db"):
        address = Address(label="a", url=where, part=ServerPart(schema="a"))
        found = survey_schemas(
            "default", [address], sqlite_place.directory, exec_order="linear", wait=0
        )
        assert found == {}


def test_only_schemas_of_one_database_share_a_query() -> None:
    first = resolve_addresses(
        [f"a{number}" for number in range(SURVEY_SIZE + 1)], kind="schema", url=None
    )
    other = resolve_addresses(["a0"], kind="schema", url="postgres://h/db")
    database = resolve_addresses(["a0"], kind="database", url=None)
    url = resolve_addresses(["postgres://h/x"], kind="schema", url=None)
    groups = list(divide_for_survey([*first, *database, *other, *url]))
    assert groups == [first[:SURVEY_SIZE], first[SURVEY_SIZE:], other]
