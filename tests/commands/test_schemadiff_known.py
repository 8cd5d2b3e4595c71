"""``schemadiff`` remembers that files and models agree, and forgets it in time."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.fixtures.json_schemas import read_answer
from tests.fixtures.project import Project

MODELS = """
from django.db import models


class Item(models.Model):
    name = models.CharField(max_length={length})
    count = models.IntegerField({null})

    class Meta:
        indexes = [{indexes}]
"""
INDEX = "models.Index(fields=['name'], name='item_name', condition=models.Q(name__in={'a', 'b'}))"


ASKING = """
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 'bigint'")
                return cursor.fetchone()[0]
        except Exception:
            return "integer"
"""
ASKING_VERSION = "return 'integer' if connection.pg_version >= 990000 else 'bigint'"


def write_models(
    project: Project, *, length: int = 20, null: str = "", indexes: str = ""
) -> None:
    text = MODELS.format(length=length, null=null, indexes=indexes)
    project.write("shop/models.py", text)


@pytest.fixture
def known(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on SQLite whose files and models are known to agree."""
    monkeypatch.setenv("SCHEMA_MIGRATIONS_CACHE", str(tmp_path / "cache"))
    write_models(project)
    first = project.manage("schemadiff", "initial")
    assert first.code == 0, first.err
    return project


def check(project: Project, *options: str, known: bool | None = None) -> int:
    """Compare twice, once without the cache: both have one answer."""
    ran = project.manage("schemadiff", "--check", "--format", "json", *options)
    sure = project.manage(
        "schemadiff", "--check", "--no-cache", "--format", "json", *options
    )
    assert ran.code == sure.code, (ran.out, sure.out, ran.err)
    if ran.code < 2:
        answer, other = (read_answer("schemadiff", each.out) for each in (ran, sure))
        assert other["known_since"] is None
        assert known is None or known == bool(answer["known_since"]), answer
        assert answer["changes"] == other["changes"]
        assert answer["dev"] == other["dev"]
    return ran.code


def test_what_was_compared_is_known(known: Project) -> None:
    assert check(known, known=True) == 0
    said = known.manage("schemadiff", "--check").out
    assert said.startswith("Known    since 20"), said
    assert "SQLite in memory" in said
    assert "--full compares again" in said
    assert "No changes: the directory is in step with the models." in said
    assert "Dev" not in said
    for option in ("--no-cache", "--full"):
        assert "Known" not in known.manage("schemadiff", "--check", option).out
    # Without --check as well; what --full compared may be known since a later minute.
    assert omit_time(known.manage("schemadiff").out) == omit_time(said)


def omit_time(said: str) -> str:
    return re.sub(r"since \d+-\d+-\d+ \d+:\d+", "since then", said)


def test_in_another_process_a_set_has_the_same_order(known: Project) -> None:
    write_models(known, indexes=INDEX)
    assert known.manage("schemadiff").code == 0
    for seed in "123":
        ran = known.manage_from_scratch("schemadiff", "--check", PYTHONHASHSEED=seed)
        assert ran.code == 0, ran.err
        assert "Known" in ran.out, ran.out


LOOK_AT_THE_END = """
import atexit
import gc
import sys


def look():
    ours = [n for n in sys.modules if n.startswith("schema_migrations.")]
    print("at the end:", gc.isenabled(), *ours, file=sys.stderr)


print("models:", gc.isenabled(), file=sys.stderr)
atexit.register(look)
"""


def test_a_known_answer_imports_nothing_that_plans_or_runs(known: Project) -> None:
    text = (known.base / "shop/models.py").read_text()
    known.write("shop/models.py", text + LOOK_AT_THE_END)
    ran = known.manage_from_scratch("schemadiff", "--check")
    assert "Known" in ran.out, ran.err
    modules = ran.err.partition("at the end: ")[2].split()[1:]
    assert "schema_migrations.workflows.planning.known_agreement" in modules
    rooms = ("applying", "plan", "schema", "session", "passes", "ddl", "catalog")
    needed = {
        "schema_migrations.plan.answers",
        "schema_migrations.schema.key",
        "schema_migrations.workflows.applying.warned",
    }
    found = {n for n in modules for room in rooms if f".{room}." in n} - needed
    for name in ("history.statements", "history.secrets", "dev.open_server"):
        found |= {n for n in modules if n.endswith(f".{name}")}
    assert not found
    records = {n for n in modules if n.startswith("schema_migrations.engines.sqlite.")}
    parts = ("dialect", "probe", "server", "quote", "syntax", "session_values")
    assert not {n for n in records if n.split(".")[3] not in parts}


def test_the_collector_runs_only_where_it_takes_long(known: Project) -> None:
    text = (known.base / "shop/models.py").read_text()
    known.write("shop/models.py", text + LOOK_AT_THE_END)
    for arguments, expected in (
        (("schemadiff", "--check"), ("False", "False")),
        (("schemadiff", "--check", "--no-cache"), ("False", "True")),
        (("check",), ("True", "True")),
    ):
        ran = known.manage_from_scratch(*arguments)
        said = (
            ran.err.partition(f"{place}: ")[2].split()[0]
            for place in ("models", "at the end")
        )
        assert tuple(said) == expected, arguments


def test_each_edit_is_noticed(known: Project) -> None:
    write_models(known, length=21)
    assert check(known, known=False) == 1
    assert check(known, known=False) == 1
    write_models(known)
    assert check(known, known=True) == 0

    (file,) = known.files
    text = file.read_text()
    file.write_text(text.replace('"name"', '"named"'))
    assert check(known) == 4
    assert known.manage("schemahash").code == 0
    assert check(known, known=False) == 1
    file.write_text(text)
    assert known.manage("schemahash").code == 0
    assert check(known, known=True) == 0


def test_what_is_beside_files_and_models_counts(known: Project) -> None:
    settings = known.base / "settings.py"
    text = settings.read_text()
    known.write("extra.sql", "CREATE VIEW items AS SELECT name FROM shop_item;")
    settings.write_text(
        text.replace('{"default": {}}', '{"default": {"EXTRA": ["extra.sql"]}}')
    )
    assert settings.read_text() != text
    assert check(known, known=False) == 1
    settings.write_text(text)
    assert check(known, known=True) == 0

    known.write("shop/migrations/__init__.py", "")
    assert check(known, known=False) == 0
    assert check(known, known=True) == 0
    known.write(
        "shop/migrations/0001_initial.py",
        "from django.db import migrations\n\n\n"
        "class Migration(migrations.Migration):\n"
        "    operations = [migrations.RunPython(print)]\n",
    )
    assert (
        check(known, known=False)
        == known.manage("schemadiff", "--check", "--no-cache").code
    )


MIGRATION = """
from django.db import migrations
{imports}


class Migration(migrations.Migration):
    operations = {operations}
"""
DATA_OPERATIONS = (
    "from django.db import migrations\nOPERATIONS = [migrations.RunPython(print)]\n"
)


def write_migration(
    project: Project, operations: str, *, imports: str = "", package: str = "shop"
) -> None:
    project.write(f"{package}/migrations/__init__.py", "")
    text = MIGRATION.format(operations=operations, imports=imports)
    project.write(f"{package}/migrations/0001_initial.py", text)


def change_settings(project: Project, before: str, after: str) -> None:
    path = project.base / "settings.py"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


@pytest.mark.parametrize(
    "imports",
    [
        "from shop.operations import OPERATIONS",
        "from shop import operations; OPERATIONS = operations.OPERATIONS",
        "from ..operations import OPERATIONS",
        "from shop.chain import OPERATIONS",
        "from .below.operations import OPERATIONS",
    ],
)
def test_what_migrations_import_counts(known: Project, imports: str) -> None:
    folder = "shop/migrations/below" if "below" in imports else "shop"
    known.write("shop/migrations/below/__init__.py", "")
    known.write("shop/chain.py", "from .operations import OPERATIONS\n")
    known.write(f"{folder}/operations.py", "OPERATIONS = []\n")
    write_migration(known, "OPERATIONS", imports=imports)
    assert check(known, known=False) == 0
    assert check(known, known=True) == 0
    known.write(f"{folder}/operations.py", DATA_OPERATIONS)
    assert check(known, known=False) == 1
    known.write(f"{folder}/operations.py", "this is not Python")
    assert check(known) == 2


def test_sql_below_the_migrations_counts(known: Project) -> None:
    known.write("shop/migrations/sql/one.sql", "")
    write_migration(
        known,
        "[migrations.RunSQL((Path(__file__).parent / 'sql/one.sql').read_text())]",
        imports="from pathlib import Path",
    )
    assert check(known, known=False) == 0
    assert check(known, known=True) == 0
    known.write("shop/migrations/sql/one.sql", "UPDATE shop_item SET count = 1")
    assert check(known, known=False) == 1


@pytest.mark.parametrize(
    ("imports", "condition"),
    [
        ("from django.conf import settings", "settings.FILLS"),
        ("import os", "os.environ['FILLS'] == 'True'"),
    ],
)
def test_what_migrations_look_at_counts(
    known: Project, imports: str, condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILLS", "False")
    change_settings(known, "USE_TZ", "FILLS = False\nUSE_TZ")
    fill = "[migrations.RunPython(print)]"
    write_migration(known, f"{fill} if {condition} else []", imports=imports)
    assert check(known, known=False) == 0
    assert check(known, known=True) == 0
    monkeypatch.setenv("FILLS", "True")
    change_settings(known, "FILLS = False", "FILLS = True")
    assert check(known, known=False) == 1


def test_a_file_that_no_sum_covers_counts(known: Project) -> None:
    known.write("migrations/00_x.sql", "-- atlas:sum ignore\n\nSELECT 1;\n")
    assert known.manage("schemahash").code == 0
    assert check(known, known=False) == 0
    assert check(known, known=True) == 0
    known.write(
        "migrations/00_x.sql", "-- atlas:sum ignore\n\nCREATE TABLE more (a int);\n"
    )
    assert check(known, known=False) == 1


def test_the_label_of_an_app_without_models_counts(known: Project) -> None:
    apps = "from django.apps import AppConfig\n\n\nclass Config(AppConfig):\n    name = 'rows'\n    label = '{}'\n"
    change_settings(known, '"shop"]', '"shop", "rows"]')
    known.write("rows/__init__.py", "")
    known.write("rows/apps.py", apps.format("rows"))
    write_migration(known, "[migrations.RunPython(print)]", package="rows")
    assert known.manage("schemadiff", "--acknowledge", "all").code == 0
    assert check(known, known=False) == 0
    assert check(known, known=True) == 0
    known.write("rows/apps.py", apps.format("lines"))
    assert check(known, known=False) == 1


def test_the_code_of_routers_counts(known: Project) -> None:
    router = "class Router:\n    def allow_migrate(self, db, app_label, **hints):\n        return {}\n"
    change_settings(
        known, "USE_TZ", "DATABASE_ROUTERS = ['shop.routers.Router']\nUSE_TZ"
    )
    known.write("shop/routers.py", router.format("False if hints.get('not') else None"))
    write_migration(known, "[migrations.RunPython(print, hints={'not': True})]")
    assert check(known, known=False) == 0
    assert check(known, known=True) == 0
    known.write("shop/routers.py", router.format("None"))
    assert check(known, known=False) == 1


@pytest.mark.parametrize("text", ["1 / 0", "this is not Python"])
def test_migrations_in_a_broken_package_are_compared(known: Project, text: str) -> None:
    change_settings(
        known, "USE_TZ", "MIGRATION_MODULES = {'shop': 'kept.shop'}\nUSE_TZ"
    )
    known.write("kept/__init__.py", text)
    known.write("kept/shop/__init__.py", "")
    ran = known.manage("schemadiff", "--check")
    sure = known.manage("schemadiff", "--check", "--no-cache")
    assert (ran.code, ran.err) == (sure.code, sure.err)
    assert "Django migrations cannot be imported" in ran.err


def test_migrations_in_an_archive_are_compared(known: Project) -> None:
    path = known.base / "kept.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("kept/__init__.py", "")
    change_settings(
        known,
        "USE_TZ",
        f"import sys\nsys.path.insert(0, {str(path)!r})\n"
        "MIGRATION_MODULES = {'shop': 'kept'}\nUSE_TZ",
    )
    for _ in range(2):
        assert check(known, known=False) == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--app", "shop"],
        ["--rename", "shop_item.name=shop_item.title"],
        ["--from", "files"],
        ["--acknowledge", "all"],
        ["--dry-run"],
        ["--default", "shop_item.name=''"],
    ],
)
def test_a_question_of_another_kind_is_compared(
    known: Project, options: list[str]
) -> None:
    ran = known.manage("schemadiff", "--check", *options)
    sure = known.manage("schemadiff", "--check", "--no-cache", *options)
    assert "Known" not in ran.out
    assert (ran.code, ran.out, ran.err) == (sure.code, sure.out, sure.err)


def test_a_warning_comes_each_time(known: Project) -> None:
    known.write("migrations/note.SQL", "SELECT 1;\n")
    for _ in range(2):
        ran = known.manage("schemadiff", "--check")
        assert "note.SQL" in ran.err, ran.err
        assert "Known" not in ran.out


def test_a_damaged_or_lost_cache_costs_time_alone(
    known: Project, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-9])
    ran = known.manage("schemadiff", "--check")
    assert ran.code == 0, ran.err
    assert "is damaged and was ignored" in ran.err
    assert check(known, known=True) == 0
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("no folder")
    ran = known.manage("schemadiff", "--check")
    assert ran.code == 0, ran.err
    assert "Nothing is kept in" in ran.err
    ran = known.manage("schemadiff", "--check", SCHEMA_MIGRATIONS_CACHE="off")
    assert (ran.code, ran.err) == (0, "")


def test_random_edits_have_one_answer_with_and_without_the_cache(
    known: Project,
) -> None:
    """The models go back and forth between eight states, so most answers are known."""
    chosen = random.Random(14)
    for _ in range(25):
        if chosen.random() < 0.3:
            assert known.manage(
                "schemadiff", "--allow-data-loss", "--default", "shop_item.count=1"
            ).code in (0, 2, 3)
        write_models(
            known,
            length=chosen.choice((20, 21)),
            null=chosen.choice(("", "null=True")),
            indexes=chosen.choice(("", INDEX)),
        )
        assert check(known) in (0, 1)


def test_another_server_or_role_is_asked_again(
    project: Project,
    pg_database: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCHEMA_MIGRATIONS_CACHE", str(tmp_path / "cache"))
    project.configure(pg_database)
    write_models(project, indexes=INDEX)
    assert project.manage("schemadiff", "initial").code == 0
    assert check(project, known=True) == 0
    assert check(project, "--dev", "embedded", known=False) == 0
    assert check(project, "--dev", "embedded", known=True) == 0
    project.configure({**pg_database, "OPTIONS": {"options": "-c default_tablespace="}})
    assert check(project, known=False) == 0
    project.configure({**pg_database, "HOST": str(tmp_path)})  # nobody answers there
    assert check(project, known=False) == 0
    assert check(project, known=True) == 0


@pytest.mark.parametrize("body", [ASKING, ASKING_VERSION])
def test_a_field_that_asks_the_server_is_compared_each_time(
    project: Project,
    pg_database: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
) -> None:
    """It could say anything, and what it says without a server counts for nothing."""
    monkeypatch.setenv("SCHEMA_MIGRATIONS_CACHE", str(tmp_path / "cache"))
    project.configure(pg_database)
    project.write(
        "shop/models.py",
        f"""
from django.db import models


class Asking(models.IntegerField):
    def db_type(self, connection):
        {body}


class Item(models.Model):
    number = Asking()
""",
    )
    assert project.manage("schemadiff", "initial").code == 0
    for _ in range(2):
        assert check(project, known=False) == 0


@pytest.mark.parametrize(
    "field",
    [
        "models.DateTimeField(db_default=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))",
        "models.JSONField(db_default={'a': 1})",
        "models.CharField(max_length=9, db_default='%s')",
    ],
)
def test_values_in_the_sql_are_known(
    project: Project,
    pg_database: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    field: str,
) -> None:
    """Django lets a cursor fill them in."""
    monkeypatch.setenv("SCHEMA_MIGRATIONS_CACHE", str(tmp_path / "cache"))
    project.configure(pg_database)
    models = "import datetime\nfrom django.db import models\n\n\nclass Item(models.Model):\n    value = {}\n"
    project.write("shop/models.py", models.format(field))
    assert project.manage("schemadiff", "initial").code == 0
    assert check(project, known=True) == 0
    other = field.replace("2020", "2021").replace("1}", "2}").replace("%s", "%%s")
    project.write("shop/models.py", models.format(other))
    assert check(project, known=False) == 1


def test_tables_of_other_apps_count(
    project: Project,
    pg_database: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The files' SQL may name any column of a table that models refer to."""
    monkeypatch.setenv("SCHEMA_MIGRATIONS_CACHE", str(tmp_path / "cache"))
    project.configure(pg_database, APPS=["shop"], EXTRA=["extra.sql"])
    change_settings(project, '"shop"]', '"shop", "people"]')
    models = "from django.db import models\n\n\nclass {}(models.Model):\n    {} = models.{}\n"
    person = models.format("Person", "{}", "TextField()")
    project.write("people/__init__.py", "")
    project.write("people/models.py", person.format("name"))
    project.write(
        "shop/models.py",
        models.format("Item", "owner", "ForeignKey('people.Person', models.CASCADE)"),
    )
    project.write("extra.sql", "CREATE VIEW names AS SELECT name FROM people_person;")
    assert project.manage("schemadiff", "initial").code == 0
    assert check(project, known=True) == 0
    project.write("people/models.py", person.format("title"))
    assert check(project) == 2
