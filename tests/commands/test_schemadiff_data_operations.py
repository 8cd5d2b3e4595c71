"""What Django migrations do besides the schema: named, acknowledged, recorded."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import takewhile

import pytest

from tests.fixtures.project import MODELS, CommandResult, Project
from tests.fixtures.terminal import type_answers

Begun = Callable[[], Project]

PLAIN = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = {needs}
    operations = [{operations}]
"""
PYTHON = """
from django.db import migrations


def fill(apps, schema_editor):
    raise AssertionError("read, never run")


class Migration(migrations.Migration):
    dependencies = [("shop", "{needs}")]
    operations = [migrations.RunPython(fill)]
"""
INSERT = "INSERT INTO shop_order (number, total) VALUES ('first', 1)"
RUN_SQL = f'migrations.RunSQL("{INSERT}")'


def plain(*needs: str, operations: str = "") -> str:
    return PLAIN.format(needs=[("shop", name) for name in needs], operations=operations)


@pytest.fixture
def begun(project: Project) -> Begun:
    """Return a function that installs a shop and writes the first file."""

    def begin() -> Project:
        project.write("shop/migrations/__init__.py", "")
        project.write("shop/migrations/0001_initial.py", plain())
        ran = project.manage("schemadiff")
        assert ran.code == 0, ran.err
        return project

    return begin


@pytest.fixture
def begun_on_postgres(begun: Begun, on_postgres: Callable[[], Project]) -> Begun:
    on_postgres()
    return begun


def upgrade(project: Project) -> None:
    """Bring two migrations that do more than the schema, and one that does not."""
    sql = plain("0001_initial", operations=RUN_SQL)
    project.write("shop/migrations/0002_first.py", sql)
    project.write("shop/migrations/0003_fill.py", PYTHON.format(needs="0002_first"))
    project.write("shop/migrations/0004_plain.py", plain("0003_fill"))


def second(project: Project) -> str:
    return project.files[1].read_text()


def in_step(project: Project) -> bool:
    return project.manage("schemadiff", "--check").code == 0


def names_them(project: Project, text: str) -> bool:
    module = project.base / "shop/migrations/0003_fill.py"
    return (
        f"  shop.0002_first\n    RunSQL {INSERT}\n" in text
        and "  shop.0003_fill\n    RunPython shop.migrations.0003_fill.fill" in text
        and f"{module}:5" in text
    )


def test_the_first_file_records_the_last_migrations(begun: Begun) -> None:
    """Django's own data operations are for old rows, so nobody is asked."""
    header = begun().files[0].read_text()

    assert "-- django: auth 0012_alter_user_first_name_max_length\n" in header
    assert "-- django: shop 0001_initial\n" in header
    assert "NEEDS A LOOK" not in header


def test_new_ones_are_named_and_nothing_is_written(begun: Begun) -> None:
    project = begun()
    upgrade(project)

    check = project.manage("schemadiff", "--check")
    refused = project.manage("schemadiff", "--no-input")

    assert check.code == 1
    assert names_them(project, check.out)
    assert "No changes of the schema." in check.out
    assert refused.code == 3
    assert names_them(project, refused.err)
    assert "--acknowledge shop.0002_first --acknowledge shop.0003_fill" in refused.err
    assert len(project.files) == 1


@pytest.mark.parametrize(
    "flags", [["all"], ["shop"], ["shop.0002_first", "shop.0003_fill"]], ids=len
)
def test_acknowledged_they_are_recorded(begun: Begun, flags: list[str]) -> None:
    project = begun()
    upgrade(project)
    given = [part for flag in flags for part in ("--acknowledge", flag)]

    ran = project.manage("schemadiff", "--no-input", *given)

    assert ran.code == 0, ran.err
    assert names_them(project, ran.out)
    assert project.files[1].name.endswith("_shop_data.sql")
    text = second(project)
    assert "-- The schema does not change.\n" in text
    assert "this file leaves out 2 data operations of Django migrations" in text
    assert "-- django: shop 0004_plain\n" in text
    assert "-- django: auth" not in text
    assert f"-- shop.0002_first: RunSQL\n--     {INSERT};\n" in text
    assert (
        "-- shop.0003_fill: RunPython shop.migrations.0003_fill.fill, line 5\n" in text
    )
    assert str(project.base) not in text
    assert in_step(project)


@pytest.mark.parametrize("where", ["begun", "begun_on_postgres"])
def test_sql_can_be_taken_out_of_the_comment(
    request: pytest.FixtureRequest, where: str
) -> None:
    """The file then replays like any other; the rest of it stays comments."""
    project = request.getfixturevalue(where)()
    upgrade(project)
    project.manage("schemadiff", "--acknowledge", "all")
    project.files[1].write_text(second(project).replace("--     INSERT", "INSERT"))

    assert project.manage("schemahash").code == 0
    assert in_step(project)


def test_half_an_acknowledgement_leaves_the_rest(begun: Begun) -> None:
    project = begun()
    upgrade(project)

    ran = project.manage("schemadiff", "--acknowledge", "shop.0002_first")

    assert ran.code == 3
    *said, again = ran.err.splitlines()
    assert "shop.0003_fill" in "\n".join(said)
    assert "shop.0002_first" not in "\n".join(said)
    assert again.endswith(
        "schemadiff --acknowledge shop.0002_first --acknowledge shop.0003_fill"
    )
    assert len(project.files) == 1


def test_a_migration_without_data_needs_no_file(begun: Begun) -> None:
    """The next file that is written records it."""
    project = begun()
    project.write("shop/migrations/0002_plain.py", plain("0001_initial"))

    assert in_step(project)
    assert project.manage("schemadiff", "--no-input").code == 0
    assert len(project.files) == 1

    project.write(
        "shop/models.py", MODELS + "    paid = models.BooleanField(null=True)\n"
    )
    project.manage("schemadiff")
    assert "-- django: shop 0002_plain\n" in second(project)


def test_beside_a_change_of_the_schema(begun: Begun) -> None:
    project = begun()
    upgrade(project)
    project.write(
        "shop/models.py", MODELS + "    paid = models.BooleanField(null=True)\n"
    )

    ran = project.manage("schemadiff", "--acknowledge", "all")

    assert ran.code == 0, ran.err
    text = second(project)
    assert text.index("ADD COLUMN") < text.index("-- shop.0002_first: RunSQL")
    assert (
        text.index("NEEDS A LOOK") < text.index("Made by") < text.index("django: shop")
    )
    assert in_step(project)


def test_a_newly_installed_app_brings_its_whole_history(begun: Begun) -> None:
    project = begun()
    project.write("blog/__init__.py", "")
    project.write("blog/migrations/__init__.py", "")
    project.write("blog/migrations/0001_rows.py", plain(operations=RUN_SQL))
    settings = project.base / "settings.py"
    settings.write_text(settings.read_text().replace('"shop"', '"shop", "blog"'))

    ran = project.manage("schemadiff")

    assert ran.code == 3
    assert "--acknowledge blog." in ran.err


def test_another_app_alone_is_not_held_up(begun: Begun) -> None:
    project = begun()
    upgrade(project)

    other = project.manage("schemadiff", "--app", "auth")
    same = project.manage("schemadiff", "--app", "shop")

    assert other.code == 0, other.err
    assert same.code == 3


def test_json_holds_them(begun: Begun) -> None:
    project = begun()
    upgrade(project)

    ran = project.manage(
        "schemadiff", "--acknowledge", "all", "--dry-run", "--format", "json"
    )

    first, last = ran.json["data_operations"]
    assert first["app"] == "shop"
    assert first["migration"] == "0002_first"
    assert first["kind"] == "RunSQL"
    assert first["sql"] == [INSERT]
    assert last["summary"] == "shop.migrations.0003_fill.fill"
    assert last["line"] == 5
    assert len(project.files) == 1


def test_a_name_that_nothing_has_is_refused(begun: Begun) -> None:
    project = begun()

    ran = project.manage("schemadiff", "--acknowledge", "shop.0001_inital")
    known = project.manage("schemadiff", "--acknowledge", "shop.0001_initial")

    assert ran.code == 2
    assert "Did you mean shop.0001_initial?" in ran.err
    assert known.code == 0


def test_other_sources_have_nothing_to_acknowledge(begun: Begun) -> None:
    project = begun()
    upgrade(project)

    ran: CommandResult = project.manage(
        "schemadiff", "--from", "models", "--to", "files"
    )

    assert ran.code == 0
    assert "shop.0002_first" not in ran.out


def taken_from(text: str, title: str) -> str:
    """Return the SQL below a line of the notes, out of the comment."""
    _, _, below = text.partition(f"-- {title}")
    lines = below.splitlines()[1:]
    notes = takewhile(
        lambda line: line in ("--", "") or line.startswith("--     "), lines
    )
    return "\n".join(re.sub("^--(?:     )?", "", line) for line in notes)


FUNCTION = """
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS $$ SELECT n * 2 $$;
DROP VIEW IF EXISTS totals;
CREATE VIEW totals AS SELECT twice(count(*)::int) FROM shop_order;
"""
OUTSIDE = "REINDEX INDEX CONCURRENTLY shop_order_pkey"


class TestWhatBelongsBesideTheModels:
    """What a migration made by SQL is offered for the settings that keep it."""

    def test_objects_are_for_extra(
        self, begun: Begun, on_postgres: Callable[..., Project]
    ) -> None:
        on_postgres()
        project = begun()
        run = f"migrations.RunSQL({FUNCTION!r}, 'DROP VIEW totals')"
        project.write(
            "shop/migrations/0002_view.py", plain("0001_initial", operations=run)
        )

        refused = project.manage("schemadiff", "--no-input")
        acknowledged = project.manage("schemadiff", "--acknowledge", "all")

        assert refused.code == 3
        assert "(for EXTRA)" in refused.err
        assert acknowledged.code == 0, acknowledged.err
        text = second(project)
        assert "NEEDS A LOOK: Django migrations make what no model has" in text
        assert "leaves out" not in text
        project.write("sql/kept.sql", taken_from(text, "shop.0002_view: RunSQL"))
        on_postgres(EXTRA=[str(project.base / "sql")])
        made = project.manage("schemadiff", "kept")
        assert made.code == 0, made.err
        assert "CREATE VIEW" in project.files[2].read_text()
        assert in_step(project)

    def test_what_stands_there_is_not_asked_about(
        self, begun: Begun, on_postgres: Callable[..., Project]
    ) -> None:
        on_postgres()
        project = begun()
        run = f"migrations.RunSQL({'CREATE EXTENSION hstore;' + FUNCTION!r})"
        project.write(
            "shop/migrations/0002_view.py", plain("0001_initial", operations=run)
        )
        open_ = project.manage("schemadiff", "--check")
        project.write("sql/kept.sql", FUNCTION)
        on_postgres(EXTRA=[str(project.base / "sql")], EXTENSIONS=["hstore"])

        made = project.manage("schemadiff", "kept", "--no-input")

        assert "(for EXTRA and for EXTENSIONS: hstore)" in open_.out
        assert made.code == 0, made.err
        assert "RunSQL" not in made.out + second(project)
        assert in_step(project)

    def test_what_refuses_a_transaction_runs_in_a_file_of_its_own(
        self, begun: Begun, on_postgres: Callable[..., Project]
    ) -> None:
        on_postgres()
        project = begun()
        run = f'migrations.RunSQL("{OUTSIDE}; {INSERT}")'
        project.write(
            "shop/migrations/0002_index.py", plain("0001_initial", operations=run)
        )
        assert project.manage("schemadiff", "--acknowledge", "all").code == 0
        text = second(project)
        title = "shop.0002_index: RunSQL outside of transactions"
        alone = taken_from(text, title)
        assert alone.startswith("-- atlas:txmode none\n\nREINDEX")
        inside = text.replace("--     INSERT", "INSERT")
        project.files[1].write_text(inside)

        assert project.manage("schemahash").code == 0
        assert project.manage("schemadiff", "--empty", "alone").code == 0
        project.files[2].write_text(alone)
        assert project.manage("schemahash").code == 0
        hashed = project.manage("schemahash", "--check", "--replay")

        assert hashed.code == 0, hashed.err
        assert "warning" not in hashed.err
        assert in_step(project)

    def test_what_the_state_of_models_has_is_not_named(self, begun: Begun) -> None:
        project = begun()
        run = (
            'migrations.RunSQL("CREATE INDEX i ON shop_order (total)",'
            ' state_operations=[migrations.AlterModelOptions("order", {})])'
        )
        project.write(
            "shop/migrations/0002_index.py", plain("0001_initial", operations=run)
        )

        assert in_step(project)
        assert project.manage("schemadiff", "--no-input").code == 0
        assert len(project.files) == 1


class TestOnATerminal:
    def test_yes_is_an_acknowledgement(self, begun: Begun) -> None:
        project = begun()
        upgrade(project)

        code, screen = type_answers(project, ["what\n", "y\n"])

        assert names_them(project, screen)
        assert "Have you handled these, or are they not needed here? [y/N]" in screen
        assert code == 0, screen
        assert in_step(project)

    @pytest.mark.parametrize(("answer", "code"), [("\n", 3), ("\x04", 3), ("^C", 130)])
    def test_anything_else_leaves_all_as_it_was(
        self, begun: Begun, answer: str, code: int
    ) -> None:
        project = begun()
        upgrade(project)

        ended, screen = type_answers(project, [answer])

        assert ended == code, screen
        assert "Traceback" not in screen
        assert len(project.files) == 1


def test_parameters_of_sql_are_for_files_only(begun: Begun) -> None:
    project = begun()
    insert = "INSERT INTO shop_order (number, total) VALUES (%s, 1)"
    operation = f"migrations.RunSQL([({insert!r}, ['geheim'])])"
    project.write(
        "shop/migrations/0002_fill.py", plain("0001_initial", operations=operation)
    )
    shown = [
        project.manage("schemadiff", *arguments)
        for arguments in (
            ["--no-input"],
            ["--check"],
            ["--check", "--format", "json"],
            ["--acknowledge", "all", "--dry-run"],
            ["--acknowledge", "all", "--dry-run", "--format", "json"],
        )
    ]
    for ran in shown:
        assert insert in ran.out + ran.err
        assert "geheim" not in ran.out + ran.err
    assert project.manage("schemadiff", "--acknowledge", "all").code == 0
    assert "VALUES ('geheim', 1)" in project.files[-1].read_text()


def test_a_file_that_is_asked_for_holds_the_parameters(begun: Begun) -> None:
    project = begun()
    operation = "migrations.RunSQL([('SELECT %s', ['geheim'])])"
    project.write(
        "shop/migrations/0002_fill.py", plain("0001_initial", operations=operation)
    )
    ran = project.manage(
        "schemadiff", "--acknowledge", "all", "--dry-run", "--output", "all.sql"
    )
    assert ran.code == 0, ran.err
    assert "SELECT 'geheim'" in (project.base / "all.sql").read_text()
    assert "geheim" not in ran.out + ran.err
