"""A project's own database backend, whose schema editor does things its own way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fixtures.project import Project

Start = Callable[[str], Project]

BACKEND = """
from django.db import connections, transaction
from {base}.base import DatabaseWrapper as Base
from {base}.schema import DatabaseSchemaEditor


class Editor(DatabaseSchemaEditor):
{editor}

class DatabaseWrapper(Base):
    SchemaEditorClass = Editor
"""

# It asks for its alias and for the default one, reads, and sends SQL past the editor.
VIEWS = """
    def create_model(self, model):
        super().create_model(model)
        table = model._meta.db_table
        with transaction.atomic(using=self.connection.alias):
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT count(*) FROM <catalog> WHERE <name> = %s", [table])
                assert cursor.fetchone() == (0,)
                cursor.execute(
                    f"-- All of them\\nCREATE VIEW all_{table} AS"
                    f" SELECT *, %s AS word FROM {table}",
                    ["it's 5%"],
                )
"""
MAKING = """
    def create_model(self, model):
        raise LookupError("no mood today")
"""
STARTING = """
    def __init__(self, *arguments, **named):
        raise LookupError("no mood today")
"""
ENDING = """
    def __exit__(self, *arguments):
        raise LookupError("no mood today")
"""
LATE = """
    def create_model(self, model):
        super().create_model(model)
        self.deferred_sql.append("CREATE VIEW late AS SELECT absent FROM nowhere")
"""


CATALOGS = {
    "sqlite3": {"catalog": "sqlite_master", "name": "name"},
    "postgresql": {"catalog": "pg_class", "name": "relname"},
}


@pytest.fixture(params=sorted(CATALOGS))
def start(request: pytest.FixtureRequest, project: Project) -> Start:
    """A function that gives the project a backend with this editor; no database is there."""
    settings, name = {}, str(project.base / "absent")
    if request.param == "postgresql":
        settings, name = request.getfixturevalue("postgres_settings"), "not_made_yet"

    def write(editor: str) -> Project:
        base = f"django.db.backends.{request.param}"
        for word, value in CATALOGS[request.param].items():
            editor = editor.replace(f"<{word}>", value)
        project.write("own/__init__.py", "")
        project.write("own/base.py", BACKEND.format(base=base, editor=editor))
        project.configure({**settings, "ENGINE": "own", "NAME": name})
        return project

    return write


def test_sql_that_is_sent_past_the_editor_is_collected(start: Start) -> None:
    project = start(VIEWS)
    made = project.manage("schemadiff", "initial", "--no-input")
    assert made.code == 0, made.err
    text = project.files[0].read_text()
    assert "VIEW all_shop_order" in text
    assert "'it''s 5%'" in text
    assert project.manage("schemadiff", "--check").code == 0
    assert not (project.base / "absent").exists()


@pytest.mark.parametrize(
    ("editor", "label"),
    [
        (MAKING, "contenttypes.ContentType"),
        (STARTING, "the models"),
        (ENDING, "foreign keys and indexes"),
    ],
)
def test_an_editor_that_fails_is_named(start: Start, editor: str, label: str) -> None:
    project = start(editor)
    ran = project.manage("schemadiff", "initial", "--no-input")
    assert ran.code == 2
    assert ran.err == (
        f"CommandError: {label}: the schema editor of own (ENGINE own) gives no SQL for it:"
        " LookupError: no mood today\n"
        "Run manage.py check. If it passes, this version of own cannot be planned for: plan"
        " with settings that do without it, or make what fails with SQL in EXTRA and set"
        " managed = False on its model.\n"
    )


def test_sql_that_the_dev_database_refuses_is_named(start: Start) -> None:
    ran = start(LATE).manage("schemadiff", "initial", "--no-input")
    assert ran.code == 2
    assert "CREATE VIEW late AS SELECT absent FROM nowhere" in ran.err
    assert "Traceback" not in ran.err


ASKING = """
from django.db import connection as default_connection, connections, models


def ask(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'LOUD'")
        return cursor.fetchone()[0]


class ByAlias(models.TextField):
    def get_db_prep_save(self, value, connection):
        return ask(connections[connection.alias])


def by_default():
    return ask(default_connection)


class Order(models.Model):
    number = models.CharField(max_length=20, unique=True)
    total = models.DecimalField(max_digits=8, decimal_places=2)
"""
ASKED = (
    '    kind = ByAlias(default="quiet")\n',
    "    kind = models.TextField(default=by_default)\n",
)


@pytest.mark.parametrize("field", ASKED, ids=["its own alias", "default"])
def test_a_default_that_asks_a_connection_gets_the_dev_database(
    start: Start, field: str
) -> None:
    """The project's own is not opened: on SQLite that would create it."""
    project = start("    pass")
    project.write("shop/models.py", ASKING)
    assert project.manage("schemadiff", "initial").code == 0
    project.write("shop/models.py", ASKING + field)

    made = project.manage("schemadiff", "--no-input")

    assert made.code == 0, made.err
    assert "'LOUD'" in project.files[1].read_text()
    assert not (project.base / "absent").exists()
