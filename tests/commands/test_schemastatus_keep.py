"""``schemastatus --drift --keep``: what SQL made of the models' tables stays, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures.postgresql import connect_as_administrator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.project import Project

MODELS = """
from django.db import models


class Owner(models.Model):
    name = models.CharField(max_length=20)


class Item(models.Model):
    owner = models.ForeignKey(Owner, models.CASCADE)
    waiting = models.ForeignKey(Owner, models.CASCADE, null=True, related_name="+")
    renamed = models.ForeignKey(Owner, models.CASCADE, null=True, related_name="+")
    state = models.CharField(max_length=20)
    code = models.CharField(max_length=20)
    note = models.TextField(default="")
    count = models.IntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["state"], name="item_state"),
            models.Index(fields=["code"], name="item_code"),
        ]
        constraints = [models.UniqueConstraint(name="once", fields=["note", "code"])]
"""
BY_SQL = """
ALTER TABLE shop_item DROP CONSTRAINT {owner}, ADD CONSTRAINT {owner}
    FOREIGN KEY (owner_id) REFERENCES shop_owner ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE shop_item ALTER CONSTRAINT {waiting} NOT DEFERRABLE;
ALTER TABLE shop_item DROP CONSTRAINT {renamed}, ADD CONSTRAINT to_owner
    FOREIGN KEY (renamed_id) REFERENCES shop_owner ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;
DROP INDEX item_state;
CREATE INDEX item_state ON shop_item (state) WHERE count > 0;
DROP INDEX item_code;
CREATE INDEX item_code_pattern ON shop_item (code varchar_pattern_ops);
ALTER TABLE shop_item ALTER count SET DEFAULT 7;
ALTER TABLE shop_item ALTER note TYPE text COLLATE "C";
ALTER TABLE shop_item ALTER note SET STORAGE EXTERNAL;
ALTER TABLE shop_item ADD CONSTRAINT positive CHECK (count >= 0);
ALTER TABLE shop_item DROP CONSTRAINT once,
    ADD CONSTRAINT once UNIQUE (note, code) DEFERRABLE INITIALLY DEFERRED;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.count := NEW.count + 1; RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE ON shop_item FOR EACH ROW EXECUTE FUNCTION touch();
CREATE VIEW owned AS SELECT owner_id, count(*) AS items FROM shop_item GROUP BY owner_id;
COMMENT ON TABLE shop_item IS 'kept by hand'
"""


@pytest.fixture
def pg_second(pg_database: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Another empty database of the server."""
    name = f"{pg_database['NAME']}_2"
    with connect_as_administrator(pg_database) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield {**pg_database, "NAME": name}
    with connect_as_administrator(pg_database) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def ask(settings: dict[str, Any], sql: str) -> list[Any]:
    with connect_as_administrator(settings, settings["NAME"]) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def did(project: Project, *arguments: str, code: int = 0) -> str:
    ran = project.manage(*arguments)
    assert ran.code == code, ran.out + ran.err
    return ran.out


def migrate(project: Project, settings: dict[str, Any], sql: str) -> None:
    """Make the database as Django does, and then by SQL; write the first file."""
    project.write("shop/models.py", MODELS)
    project.configure(settings)
    did(project, "makemigrations", "shop")
    did(project, "migrate")
    names = dict(
        ask(
            settings,
            "SELECT split_part(a.attname, '_', 1), conname FROM pg_constraint k JOIN"
            " pg_attribute a ON attrelid = conrelid AND attnum = conkey[1]"
            " WHERE contype = 'f' AND conrelid = 'shop_item'::regclass",
        )
    )
    for statement in sql.format(**names).split(";\n"):
        ask(settings, statement)
    did(project, "schemadiff", "initial", "--acknowledge", "all")


def version_of_newest(project: Project) -> str:
    return project.files[-1].name.partition("_")[0].removesuffix(".sql")


@pytest.mark.slow("a walk through many commands")
def test_what_sql_made_is_kept_for_good(
    project: Project, pg_database: dict[str, Any], pg_second: dict[str, Any]
) -> None:
    migrate(project, pg_database, BY_SQL)
    told = did(project, "schemastatus", "--drift")
    assert (
        "(owner_id) REFERENCES shop_owner(id) ON DELETE CASCADE DEFERRABLE INITIALLY"
        " DEFERRED -> (owner_id) REFERENCES shop_owner(id) DEFERRABLE INITIALLY DEFERRED"
    ) in told
    assert "schemastatus --drift --keep --format sql --output kept.sql" in told
    assert "schemastatus --drift --format sql --output mend.sql" in told

    kept = did(project, "schemastatus", "--drift", "--keep", "--format", "sql")
    assert "Not kept" not in kept
    assert "python manage.py schemaapply --baseline VERSION" in kept
    project.write("sql/kept.sql", kept)
    project.configure(pg_database, EXTRA=["sql"])
    did(project, "schemadiff", "--check", code=1)
    did(project, "schemadiff", "kept", "--allow-data-loss")
    did(project, "schemaapply", "--baseline", version_of_newest(project))

    did(project, "schemadiff", "--check")
    assert "Drift    none" in did(project, "schemastatus", "--drift", "--check")
    ask(pg_database, "INSERT INTO shop_owner (name) VALUES ('one')")
    ask(
        pg_database,
        "INSERT INTO shop_item (owner_id, state, code, note) VALUES (1, '', '', '')",
    )
    ask(pg_database, "DELETE FROM shop_owner")
    assert ask(pg_database, "SELECT count(*) FROM shop_item") == [(0,)]

    project.configure(pg_second, EXTRA=["sql"])
    did(project, "schemaapply")
    assert "Drift    none" in did(project, "schemastatus", "--drift", "--check")
    rules = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'shop_item'::regclass ORDER BY 1"
    assert ask(pg_second, rules) == ask(pg_database, rules)


@pytest.mark.slow("a walk through many commands")
def test_or_it_is_mended(project: Project, pg_database: dict[str, Any]) -> None:
    migrate(project, pg_database, BY_SQL)
    did(project, "schemaapply", "--baseline", version_of_newest(project))
    kept = did(project, "schemastatus", "--drift", "--keep", "--format", "sql")
    assert "python manage.py schemaset VERSION" in kept

    mend = did(
        project, "schemastatus", "--drift", "--format", "sql", "--allow-data-loss"
    )
    assert (
        "DEFERRABLE INITIALLY DEFERRED" in mend.partition('ALTER CONSTRAINT "shop_i')[2]
    )
    assert 'DROP CONSTRAINT "shop_item_waiting' not in mend
    ask(pg_database, mend)
    assert "Drift    none" in did(project, "schemastatus", "--drift", "--check")


@pytest.mark.slow("a walk through many commands")
def test_the_first_file_can_have_it_already(
    project: Project, pg_database: dict[str, Any]
) -> None:
    migrate(project, pg_database, BY_SQL)
    kept = did(project, "schemastatus", "--drift", "--keep", "--format", "sql")
    project.write("sql/kept.sql", kept)
    project.configure(pg_database, EXTRA=["sql"])
    for path in (*project.files, project.migrations / "atlas.sum"):
        path.unlink()

    did(project, "schemadiff", "initial", "--acknowledge", "all")
    did(project, "schemaapply", "--baseline", version_of_newest(project))
    did(project, "schemadiff", "--check")
    assert "Drift    none" in did(project, "schemastatus", "--drift", "--check")
