"""The command to run next: on the same database, and without a password."""

from __future__ import annotations

import shlex
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from schema_migrations.management.output.lines import View
from schema_migrations.management.output.next_command import (
    READ_ONLY_FLAGS,
    format_command,
    format_command_line,
    format_without_flags,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.project import Project
    from tests.fixtures.targets import Place

A = "CREATE TABLE a (id integer PRIMARY KEY);\n"
SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("command", "given", "expected"),
    [
        ("schemaapply", {}, "schemaapply"),
        ("schemaapply", {"database": "default", "dir": None}, "schemaapply"),
        ("schemaapply", {"database": "other"}, "schemaapply --database other"),
        ("schemaset 1", {"dir": "my files"}, "schemaset 1 --dir 'my files'"),
        (
            "schemastatus --drift",
            {"database": "other", "url": ["sqlite:///a b.db"]},
            "schemastatus --drift --database other --url 'sqlite:///a b.db'",
        ),
        ("schemaapply", {"url": "sqlite:///a.db"}, "schemaapply --url sqlite:///a.db"),
        ("schemahash", {"url": "sqlite:///a.db", "dir": "d"}, "schemahash --dir d"),
        ("schemadiff", {"revisions_schema": "history"}, "schemadiff"),
        (
            "schemaapply",
            {"revisions_schema": "history", "exec_order": "non-linear"},
            "schemaapply --revisions-schema history --exec-order non-linear",
        ),
        ("schemaset 1", {"exec_order": "non-linear"}, "schemaset 1"),
        ("migrate", {"database": "other"}, "migrate --database other"),
    ],
)
def test_it_repeats_what_was_given(
    command: str, given: dict[str, Any], expected: str
) -> None:
    assert format_command(command, given) == f"python manage.py {expected}"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], ""),
        (
            [("--rename", "a=b"), ("--allow-data-loss", "")],
            "--rename a=b --allow-data-loss",
        ),
        ([("--default", "t.c='x'")], """--default 't.c='"'"'x'"'"''"""),
    ],
)
def test_answers_come_after_what_was_given(
    answers: list[tuple[str, str]], expected: str
) -> None:
    given = ["schemadiff", "two words", "-v", "2", "--app", "a", "--app", "b"]
    shown = format_command_line(given, answers)
    start = "python manage.py schemadiff 'two words' -v 2 --app a --app b"
    assert shown == f"{start} {expected}".rstrip()


@pytest.mark.parametrize(
    "url",
    [
        f"postgres://me:{SECRET}@host/shop",
        f"postgres://me@host/shop?password={SECRET}",
        f"postgres://me@host/shop?p%61ssword={SECRET}",
        f"postgres://me@host/shop?sslpassword={SECRET}",
        f"postgres://me@host/shop?my.secret={SECRET}",
        f"postgres://me@host/shop?my.api_key={SECRET}",
        f"postgres://me@host/shop?my.Pwd={SECRET}",
        f"postgres://me@host/shop?my.token={SECRET}",
        f"postgres://me@host/shop?options=-c%20my.secret%3D{SECRET}",
        f"postgres://me@host/shop?options=-c%20jit%3Doff%20--my.api-key%3D{SECRET}",
        f"host=host dbname=shop options='-c my.secret={SECRET}'",
        f"postgres://me@host/shop?scram_client_key={SECRET}",
        f"host=host dbname=shop user=me password='{SECRET}'",
    ],
)
def test_a_password_is_left_to_the_variable(url: str) -> None:
    given = {"url": [url], "dir": "d"}
    shown = "SCHEMA_MIGRATIONS_URL=... python manage.py schemaapply --dir d"
    assert format_command("schemaapply", given) == shown
    assert SECRET not in repr(View(style=None, given=given))


def test_an_empty_schema_is_repeated() -> None:
    """It overrides the setting."""
    shown = format_command("schemaapply", {"revisions_schema": ""})
    assert shlex.split(shown)[-2:] == ["--revisions-schema", ""]


@pytest.mark.parametrize(
    "query",
    [
        "sslmode=require",
        "keepalives=1&sslkey=/etc/key&passfile=/etc/pass",
        "password_encryption=md5&max_stack_depth=2MB",
        "options=-c%20max_stack_depth%3D2MB%20-c%20role%3Dddl",
    ],
)
def test_a_url_without_password_is_repeated(query: str) -> None:
    url = f"postgres://me@host/shop?{query}"
    shown = format_command("schemaapply", {"url": [url]})
    assert shlex.split(shown)[-2:] == ["--url", url]


def lines(command: str, *arguments: str, **options: Any) -> list[str]:
    out = StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue().splitlines()


def test_what_comes_next_works_on_the_same_database(
    sqlite_place: Place, tmp_path: Path
) -> None:
    sqlite_place.write(_1=A, _2="SELECT 2;")
    given = {"url": f"sqlite:///{tmp_path}/elsewhere.db", "dir": sqlite_place.folder}
    same = f"--dir {given['dir']} --url {given['url']}"
    assert lines("schemastatus", **given)[-1].endswith(f"schemaapply {same}")
    assert lines("schemaset", "1", dry_run=True, **given)[-1].endswith(
        f"schemaset 1 {same}"
    )
    applied = lines("schemaapply", "1", signals=False, **given)
    assert applied[-1].endswith(f"1 file pending: python manage.py schemaapply {same}")
    # What was said is what works: the file that is left is applied there.
    again = shlex.split(applied[-1].partition("manage.py ")[2])
    assert lines(*again, "--no-signals")[-1].startswith("Next     nothing")
    assert lines("schemastatus", **given)[-1].startswith("Next     nothing")


def test_the_variable_is_not_repeated(
    sqlite_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_place.write(_1=A)
    monkeypatch.setenv("SCHEMA_MIGRATIONS_URL", f"sqlite:///{tmp_path}/elsewhere.db")
    next_line = lines("schemastatus", dir=sqlite_place.folder)[-1]
    assert (
        next_line
        == f"Next     python manage.py schemaapply --dir {sqlite_place.folder}"
    )


def test_a_new_file_is_for_the_same_directory(project: Project, tmp_path: Path) -> None:
    given = ("--dir", str(tmp_path / "files"))
    for command, following in (
        (("schemadiff", "--empty", "by_hand"), "schemahash"),
        (("schemadiff",), "schemaapply"),
    ):
        ran = project.manage(*command, *given)
        assert ran.code == 0, ran.err
        expected = f"python manage.py {following} {' '.join(given)}"
        assert ran.out.splitlines()[-1].endswith(expected)


def test_no_password_of_a_source_is_shown(pg_place: Place) -> None:
    settings = pg_place.settings
    address = f"/{settings['NAME']}?host={settings['HOST']}"
    source = f"postgres://postgres:{SECRET}@{address}"
    shown = "".join(lines("schemadiff", source=source, target=source, dev="embedded"))
    assert "No changes between postgres://postgres:***@" in shown
    assert SECRET not in shown


def test_an_option_of_the_advice_is_not_overruled_by_the_one_given(
    sqlite_place: Place,
) -> None:
    sqlite_place.write(_1=A, _3="SELECT 3;")
    sqlite_place.apply()
    sqlite_place.write(_2="SELECT 2;")
    shown = lines("schemastatus", dir=sqlite_place.folder, exec_order="linear")
    advice = next(line.strip() for line in shown if "schemaapply" in line)
    same = f"--dir {sqlite_place.folder}"
    assert advice == f"python manage.py schemaapply --exec-order non-linear {same}"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["schemaapply", "--to", "2 b"], "schemaapply --to '2 b'"),
        (
            ["schemaapply", "--url", f"postgres://u:{SECRET}@h/d"],
            "schemaapply --url ...",
        ),
        (["schemaapply", f"--url=postgres://u:{SECRET}@h/d"], "schemaapply --url=..."),
        (
            ["schemaapply", f"--url=postgres://h/d?p%61ssword={SECRET}"],
            "schemaapply --url=...",
        ),
        (
            ["schemaapply", "--url", f"host=h password={SECRET}"],
            "schemaapply --url ...",
        ),
        (["schemaapply", f"--url=host=h password={SECRET}"], "schemaapply --url=..."),
        (["schemaapply", "--url=host=h"], "schemaapply --url=host=h"),
        (
            ["schemaapply", "--targets-sql", f"SELECT 1 WHERE password = '{SECRET}'"],
            "schemaapply --targets-sql ...",
        ),
        (
            ["schemaapply", "--url", "postgres://u@h/d"],
            "schemaapply --url postgres://u@h/d",
        ),
        (
            ["schemadiff", "--dev", "docker://postgres/17"],
            "schemadiff --dev docker://postgres/17",
        ),
        (
            ["schemadiff", "--dev", f"docker+x://u:{SECRET}@h/i:1"],
            "schemadiff --dev ...",
        ),
        (
            ["schemadiff", "--default", "a.b='x'"],
            """schemadiff --default 'a.b='"'"'x'"'"''""",
        ),
    ],
)
def test_the_same_command_again_has_no_secret(
    arguments: list[str], expected: str
) -> None:
    assert format_command_line(arguments) == f"python manage.py {expected}"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["schemaapply", "--check", "--to", "2", "--dir", "a b"],
            "python manage.py schemaapply --to 2 --dir 'a b'",
        ),
        (["schemadiff", "--dry", "name"], "python manage.py schemadiff name"),
        (
            ["schemaapply", "--dry-run", "--url", f"postgres://u:{SECRET}@h/d"],
            "python manage.py schemaapply --url ...",
        ),
        ([], "run the same command without --check or --dry-run"),
    ],
)
def test_what_only_looked_is_followed_by_what_does_it(
    arguments: list[str], expected: str
) -> None:
    assert format_without_flags(arguments, READ_ONLY_FLAGS) == expected
