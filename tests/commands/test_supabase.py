"""A project on a managed PostgreSQL: a platform's roles, schemas, extensions, policies.

The database is laid out as Supabase does it; the project's role is no superuser.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from schema_migrations.dev.embedded import run_programs
from schema_migrations.dev.programs import find_installed_programs, has_extension
from tests.fixtures.commands import REPOSITORY
from tests.fixtures.fast import leave_out
from tests.fixtures.postgresql import connect_as_administrator
from tests.fixtures.skips import skip_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.project import CommandResult, Project

CASES = REPOSITORY / "tests/cases/supabase"
STAND_IN = (CASES / "stand_in.sql").read_text()
AROUND = (CASES / "project.sql").read_text()
ENTRY: dict[str, Any] = {
    "EXTENSIONS": ["hstore", "pg_trgm"],
    "EXTRA": ["sql"],
    "IGNORE": ["auth.*", "extensions.*", "graphql_public.*", "realtime.*", "storage.*"],
}
MODELS = """
from django.contrib.postgres.fields import HStoreField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class User(models.Model):
    id = models.UUIDField(primary_key=True)

    class Meta:
        managed = False
        db_table = 'auth"."users'


class Profile(models.Model):
    user = models.OneToOneField(User, models.CASCADE, primary_key=True)
    name = models.TextField()
    updated_at = models.DateTimeField(null=True)
    tags = HStoreField(null=True)

    class Meta:
        db_table = "profiles"
        indexes = [
            GinIndex(fields=["name"], name="by_name", opclasses=["gin_trgm_ops"])
        ]


class Note(models.Model):
    profile = models.ForeignKey(Profile, models.CASCADE)
    text = models.TextField(db_default="")
"""
CHANGED = MODELS.replace(
    "    text = ", "    done = models.BooleanField(default=False)\n    text = "
).replace("    name = models.TextField()", "    name = models.TextField(null=True)")
POLICY = (
    "CREATE POLICY by_hand ON profiles FOR DELETE USING ((SELECT auth.uid()) = user_id)"
)
NEW_USER = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def platforms() -> Iterator[dict[str, Any]]:
    """The settings of a server whose database is as the platform made it."""
    leave_out("a server")
    # The dev database of ``embedded`` finds the same, and so has the same privileges.
    able = [p for p in find_installed_programs() if has_extension(p, "postgres_fdw")]
    if not able:
        skip_missing("PostgreSQL with contrib")
    programs = max(able, key=lambda each: each.major)
    with run_programs(programs, asks_for_password=False) as server:
        with connect_as_administrator(dict(server.settings)) as administrator:
            administrator.execute((CASES / "platform.sql").read_text().encode())
        yield dict(server.settings)


@pytest.fixture
def platform(platforms: dict[str, Any]) -> dict[str, Any]:
    """A ``DATABASES`` entry of a copy of that database, for its owner."""
    name = f"live_{secrets.token_hex(4)}"
    with connect_as_administrator(platforms, "template1") as administrator:
        administrator.execute(f"CREATE DATABASE {name} TEMPLATE postgres OWNER owner")
    return {**platforms, "NAME": name, "USER": "owner"}


def as_owner(database: dict[str, Any]) -> psycopg.Connection:
    return psycopg.connect(
        host=database["HOST"], user="owner", dbname=database["NAME"], autocommit=True
    )


def succeed(project: Project, *arguments: str) -> CommandResult:
    ran = project.manage(*arguments)
    assert ran.code == 0, ran.out + ran.err
    return ran


def begin(project: Project, database: dict[str, Any], **entry: Any) -> str:
    """Declare what the platform made, in EXTRA and in a first file; return its version."""
    project.configure(database, **ENTRY | entry)
    settings = (project.base / "settings.py").read_text()
    apps = settings.replace('"shop"]', '"django.contrib.postgres", "shop"]')
    project.write("settings.py", apps)
    project.write("shop/models.py", MODELS)
    project.write("sql/platform.sql", STAND_IN)
    project.write("sql/project.sql", AROUND)
    succeed(project, "schemadiff", "--empty", "platform")
    (file,) = project.files
    file.write_text(STAND_IN)
    succeed(project, "schemahash")
    return file.name.partition("_")[0]


def assert_in_step(project: Project) -> None:
    """See that models, files and database are equal, whichever is asked."""
    assert "No changes" in succeed(project, "schemadiff", "--check").out
    drift = succeed(project, "schemastatus", "--drift", "--check")
    assert "Drift    none" in drift.out
    mend = succeed(project, "schemastatus", "--drift", "--format", "sql")
    assert "Nothing to do." in mend.out
    for sources in (("db:default", "models"), ("files", "db:default")):
        ran = succeed(project, "schemadiff", "--from", sources[0], "--to", sources[1])
        assert "No changes between" in ran.out, ran.out


@pytest.mark.parametrize(
    ("privileges", "dev"), [("ignore", "auto"), ("compare", "embedded")]
)
def test_a_new_project(
    project: Project, platform: dict[str, Any], privileges: str, dev: str
) -> None:
    version = begin(project, platform, PRIVILEGES=privileges, DEV=dev)
    succeed(project, "schemadiff", "initial")
    text = project.files[-1].read_text()
    for made in (
        "REFERENCES auth.users(id)",
        'CREATE POLICY "Own profile" ON profiles',
        'CREATE POLICY "Own folder" ON storage.objects',
        "CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users",
        "EXECUTE FUNCTION extensions.moddatetime('updated_at')",
        "ALTER PUBLICATION supabase_realtime ADD TABLE profiles",
        "USING gin (name extensions.gin_trgm_ops)",
        '"tags" extensions.hstore',
    ):
        assert made in text
    assert "SCHEMA extensions" not in text
    succeed(project, "schemaapply", "--baseline", version)
    assert_in_step(project)

    project.write("shop/models.py", CHANGED)
    succeed(project, "schemadiff", "change")
    assert "\nDROP " not in project.files[-1].read_text()
    succeed(project, "schemaapply")
    assert_in_step(project)

    with as_owner(platform) as owner:
        owner.execute("INSERT INTO auth.users (id) VALUES (%s)", [NEW_USER])
        owner.execute("UPDATE profiles SET name = 'Ann'")
        owner.execute("SET ROLE anon")
        rows = owner.execute("SELECT name FROM public_profiles").fetchall()
        assert rows == [("Ann",)]
        allowed = owner.execute(
            "SELECT has_table_privilege('public_profiles', 'UPDATE'),"
            " has_function_privilege('handle_new_user()', 'EXECUTE')"
        ).fetchone()
    assert allowed == ((False, False) if privileges == "compare" else (True, True))


def test_a_database_that_was_made_by_hand_is_taken_over(
    project: Project, platform: dict[str, Any]
) -> None:
    """By a first file, a baseline, and the SQL that mends the rest."""
    begin(project, platform, PRIVILEGES="compare")
    succeed(project, "schemadiff", "initial")
    with as_owner(platform) as owner:
        owner.execute(project.files[-1].read_text().encode())
        owner.execute('DROP POLICY "Own profile" ON profiles')
        owner.execute("DROP INDEX by_name")
        owner.execute("ALTER TABLE shop_note ALTER text DROP NOT NULL")
        owner.execute("ALTER TABLE profiles DROP CONSTRAINT profiles_pkey CASCADE")
        owner.execute("CREATE TABLE by_hand (id uuid REFERENCES auth.users)")
    newest = project.files[-1].name.partition("_")[0]
    succeed(project, "schemaset", newest)

    mend = succeed(project, "schemastatus", "--drift", "--format", "sql").out
    assert "--   table by_hand  only in the database" in mend
    with as_owner(platform) as owner:
        owner.execute(mend.encode())
    drift = succeed(project, "schemastatus", "--drift", "--format", "json").json
    found = {each["name"] for each in drift["drift"] if each["kind"] != "surplus"}
    assert found == set()
    with as_owner(platform) as owner:
        owner.execute("DROP TABLE by_hand")
    assert_in_step(project)


def test_a_policy_by_hand_is_drift(project: Project, platform: dict[str, Any]) -> None:
    """Also if it calls a function of a schema that is ignored."""
    version = begin(project, platform)
    succeed(project, "schemadiff", "initial")
    succeed(project, "schemaapply", "--baseline", version)
    with as_owner(platform) as owner:
        owner.execute(POLICY)
    ran = project.manage("schemastatus", "--drift", "--check")
    assert ran.code == 1
    assert "- policy by_hand" in ran.out


def test_what_needs_the_platform_is_refused_by_name_without_the_first_file(
    project: Project, platform: dict[str, Any]
) -> None:
    begin(project, platform)
    project.files[0].unlink()
    succeed(project, "schemahash")
    ran = project.manage("schemadiff", "initial")
    assert ran.code == 2
    assert (
        "CommandError: extension citext needs extensions (namespace)."
        " IGNORE names that, so no plan creates it, and no file of the directory does.\n"
    ) in ran.err


def test_an_extension_where_the_files_do_not_have_it(
    project: Project, platform: dict[str, Any]
) -> None:
    """The mending SQL moves it, and leaves alone what else uses it."""
    extensions = {"EXTENSIONS": ["hstore", "pg_trgm"], "EXTRA": [], "IGNORE": []}
    begin(project, platform, **extensions)
    project.files[0].unlink()
    project.write(
        "shop/models.py",
        MODELS.replace(
            "managed = False", "managed = False\n        abstract = True"
        ).replace("models.OneToOneField(User, models.CASCADE, ", "models.UUIDField("),
    )
    succeed(project, "schemahash")
    succeed(project, "schemadiff", "initial")
    with as_owner(platform) as owner:
        owner.execute("CREATE TABLE kept (tags extensions.hstore)")
    succeed(project, "schemaapply", "--allow-dirty")
    mend = succeed(project, "schemastatus", "--drift", "--format", "sql").out
    assert 'ALTER EXTENSION "hstore" SET SCHEMA' in mend
    assert "kept" not in mend.partition("ALTER EXTENSION")[2]
