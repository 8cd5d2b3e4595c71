"""An expression that a person gives stays one, wherever it is put into SQL."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fixtures.project import MODELS, Project
from tests.fixtures.terminal import type_answers

OPTIONAL = MODELS + "    code = models.CharField(max_length=9, null=True)\n"
REQUIRED = OPTIONAL.replace(", null=True", "")
INSERT = (
    "from shop.models import Order\n"
    "for code in ('old', None):\n"
    "    Order.objects.create(total=1, code=code, number=code or 'none')"
)
SHOW = (
    "from shop.models import Order\n"
    "print(*Order.objects.order_by('number').reverse().values_list('code', flat=True))"
)

OnPostgres = Callable[..., Project]


@pytest.fixture(params=["sqlite", "postgresql"])
def with_rows(request: pytest.FixtureRequest, project: Project) -> Project:
    """A project whose column is about to become ``NOT NULL``, with a row that has none."""
    if request.param == "postgresql":
        project.configure(request.getfixturevalue("pg_database"))
    project.write("shop/models.py", OPTIONAL)
    for arguments in (("schemadiff",), ("schemaapply",), ("shell", "-c", INSERT)):
        ran = project.manage(*arguments)
        assert ran.code == 0, ran.err
    project.write("shop/models.py", REQUIRED)
    return project


@pytest.mark.parametrize(
    "sql",
    [
        "'n' ||\n'ew'",
        "coalesce(NULL, 'new')",
        "substr('--new/*', 3, 3)",
        "(SELECT 'new' WHERE NOT(1 = 2))",
        "CASE WHEN NOT(1 = 2) THEN 'new' END",
    ],
)
def test_it_ends_where_it_ends(sql: str, with_rows: Project) -> None:
    ran = with_rows.manage("schemadiff", "--default", f"shop_order.code={sql}")
    assert ran.code == 0, ran.err
    assert with_rows.manage("schemaapply").code == 0
    assert with_rows.manage("shell", "-v0", "-c", SHOW).out == "old new\n"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("'new', total = 5", "This is more than one expression: a comma ends it"),
        (
            "'new'; DROP TABLE shop_order",
            "This is more than one expression: a semicolon ends it",
        ),
        ("'new') || ('er'", "')' without an opening '('"),
        ("'new", "This is not an expression: the string that starts here has no end"),
        ("'new' WHERE true OR code = 'x'", ""),
    ],
)
def test_what_is_more_than_one_is_refused(
    sql: str, reason: str, with_rows: Project
) -> None:
    ran = with_rows.manage("schemadiff", "--default", f"shop_order.code={sql}")
    code, screen = type_answers(with_rows, ["1\n", f"{sql}\n", "'new'\n"])
    assert ran.code == 2
    assert ran.err.startswith(f"CommandError: --default shop_order.code={sql}: ")
    assert reason in ran.err
    assert len(with_rows.files) == 2
    assert code == 0, screen
    assert (reason or "The dev database says: ") in screen


def test_a_constant_for_every_row_of_a_harmless_type_change_is_a_loss(
    with_rows: Project,
) -> None:
    longer = OPTIONAL.replace("max_length=20", "max_length=30")
    with_rows.write("shop/models.py", longer)
    default = ("--default", "shop_order.number='x'")
    refused = with_rows.manage("schemadiff", *default)
    named = with_rows.manage(
        "schemadiff", "--dry-run", "--default", "shop_order.number=upper(number)"
    )
    allowed = with_rows.manage("schemadiff", "--dry-run", *default, "--allow-data-loss")
    assert refused.code == 3
    assert "replaces all values of column shop_order.number with 'x'" in refused.err
    assert (named.code, allowed.code) == (0, 0)
    assert "DATA LOSS" not in named.out
    assert "-- DATA LOSS: replaces all values of column" in allowed.out


def test_an_array_has_commas(project: Project, on_postgres: OnPostgres) -> None:
    on_postgres()
    settings = (project.base / "settings.py").read_text()
    installed = (
        "INSTALLED_APPS += ['django.contrib.postgres']"  # Django 6.1 asks for it
    )
    project.write("settings.py", f"{settings}\n{installed}\n")
    project.write("shop/models.py", MODELS)
    assert project.manage("schemadiff").code == 0
    project.write(
        "shop/models.py",
        f"from django.contrib.postgres.fields import ArrayField\n{MODELS}"
        "    tags = ArrayField(models.IntegerField())\n",
    )
    ran = project.manage("schemadiff", "--default", "shop_order.tags=ARRAY[1,2]")
    assert ran.code == 0, ran.err
    assert "DEFAULT (ARRAY[1,2]) NOT NULL" in project.files[1].read_text()


OF_A_ROW = {
    "(VALUES ('new'))": "new new",
    "lower('NEW')": "new new",
    "lower(to_jsonb(shop_order)->>'number')": "old none",
    "(to_jsonb(shop_order)->>'total')": "1.00 1.00",
    r"(E'\'' || number || E'\'')": "'old' 'none'",
    "lower(ctid::text)": "(0,1) (0,2)",
    "CAST(rowid AS text)": "1 2",
}
"""A value for a new column → what the two rows get."""


def runs_on(engine: str, sql: str) -> bool:
    if "new" in sql.lower():
        return True
    return (engine == "sqlite") == ("rowid" in sql)


@pytest.mark.parametrize(
    ("engine", "sql"),
    [
        (engine, sql)
        for engine in ("sqlite", "postgresql")
        for sql in OF_A_ROW
        if runs_on(engine, sql)
    ],
)
def test_what_reads_a_row_is_no_default(
    request: pytest.FixtureRequest, project: Project, engine: str, sql: str
) -> None:
    """The server decides, not the words; a dropped column is read before it goes."""
    if engine == "postgresql":
        project.configure(request.getfixturevalue("pg_database"))
    project.write("shop/models.py", MODELS)
    insert = INSERT.replace(", code=code", "")
    for arguments in (("schemadiff",), ("schemaapply",), ("shell", "-c", insert)):
        ran = project.manage(*arguments)
        assert ran.code == 0, ran.err
    without_total = "\n".join(MODELS.splitlines()[:-1])
    new_column = "\n    code = models.CharField(max_length=9)\n"
    project.write("shop/models.py", without_total + new_column)

    ran = project.manage(
        "schemadiff", "--allow-data-loss", "--default", f"shop_order.code={sql}"
    )

    assert ran.code == 0, ran.err
    if engine == "postgresql":
        text = project.files[1].read_text()
        assert ("DEFAULT" in text) == sql.startswith("lower('")
    ran = project.manage("schemaapply")
    assert ran.code == 0, ran.err
    shown = project.manage("shell", "-v0", "-c", SHOW.replace(".reverse()", ""))
    assert sorted(shown.out.split()) == sorted(OF_A_ROW[sql].split())
    assert project.manage("schemadiff", "--check").code == 0
