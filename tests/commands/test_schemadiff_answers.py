"""Renames, values for existing rows and data loss: asked, answered, or refused."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures.project import MODELS, Project
from tests.fixtures.terminal import type_answers

OnPostgres = Callable[..., Project]

RENAMED_FIELD = MODELS.replace("total =", "amount =")
RENAMED_MODEL = MODELS.replace("class Order", "class Sale")
REQUIRED = MODELS + "    code = models.CharField(max_length=5)\n"
NO_TOTAL = "\n".join(MODELS.splitlines()[:-1])
WHOLE_TOTAL = MODELS.replace(
    "DecimalField(max_digits=8, decimal_places=2)", "IntegerField()"
)
WITH_LENGTH = MODELS + "    length = models.IntegerField(null=True)\n"
THREE_NAMES = MODELS + "".join(
    f"    name_{letter} = models.CharField(max_length=9, default='')\n"
    for letter in "abc"
)
VARYING = (
    "import uuid\n\n\ndef make_key():\n    return uuid.uuid4()\n\n"
    + MODELS
    + "    key = models.UUIDField(default=make_key)\n"
)
CODES = """
import itertools

numbers = itertools.count()


def make_code():
    return f"c{next(numbers)}"


def refuse():
    raise ValueError("no code \\n today")

"""
OPTIONAL_CODE = "    code = models.CharField(max_length=9, null=True, default=%s)\n"
WITH_TAGS = (
    MODELS
    + "    tags = models.ManyToManyField('Tag')\n"
    + "    friends = models.ManyToManyField('self')\n"
    + "\n\nclass Tag(models.Model):\n    name = models.CharField(max_length=9)\n"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def begun(request: pytest.FixtureRequest, project: Project) -> Callable[[str], Project]:
    """Return a function that makes the first file of a project from its models."""
    if request.param == "postgresql":
        request.getfixturevalue("on_postgres")()

    def begin(models: str = MODELS) -> Project:
        project.write("shop/models.py", models)
        ran = project.manage("schemadiff")
        assert ran.code == 0, ran.err
        return project

    return begin


Begun = Callable[..., Project]


def changed(project: Project, models: str) -> None:
    project.write("shop/models.py", models)


def second(project: Project) -> str:
    return project.files[1].read_text()


def in_step(project: Project) -> bool:
    return project.manage("schemadiff", "--check").code == 0


class TestWithoutATerminal:
    def test_a_dropped_column_wants_an_answer(self, begun: Begun) -> None:
        project = begun()
        changed(project, RENAMED_FIELD + "\n")

        ran = project.manage("schemadiff", "--no-input")

        assert ran.code == 3
        assert "drops column shop_order.total with all its values" in ran.err
        assert "--rename shop_order.total=amount" in ran.err
        assert "--allow-data-loss" in ran.err
        assert len(project.files) == 1

    def test_data_loss_that_is_allowed_is_spelled_out(self, begun: Begun) -> None:
        project = begun()
        changed(project, NO_TOTAL)

        ran = project.manage("schemadiff", "--allow-data-loss")

        assert ran.code == 0, ran.err
        assert "-- DATA LOSS: drops column shop_order.total" in second(project)

    def test_a_check_asks_nothing(self, begun: Begun) -> None:
        project = begun()
        changed(project, NO_TOTAL)

        assert project.manage("schemadiff", "--check").code == 1

    @pytest.mark.parametrize("new", ["amount", "shop_order.amount"])
    def test_a_column_is_renamed(self, begun: Begun, new: str) -> None:
        project = begun()
        changed(project, RENAMED_FIELD)

        ran = project.manage("schemadiff", "--rename", f"shop_order.total={new}")

        assert ran.code == 0, ran.err
        text = second(project)
        assert 'RENAME COLUMN "total" TO "amount"' in text
        assert "-- Renamed: shop_order.total to amount." in text
        assert "DATA LOSS" not in text
        assert in_step(project)

    def test_a_table_is_renamed_with_all_that_is_named_for_it(
        self, begun: Begun
    ) -> None:
        project = begun(WITH_TAGS)
        changed(project, WITH_TAGS.replace("class Order", "class Sale"))

        ran = project.manage("schemadiff", "--rename", "shop_order=shop_sale")

        assert ran.code == 0, ran.err
        text = second(project)
        assert "shop_order_tags to shop_sale_tags" in text
        assert 'RENAME COLUMN "order_id" TO "sale_id"' in text
        assert 'RENAME COLUMN "from_order_id" TO "from_sale_id"' in text
        assert "DROP TABLE" not in text.replace('DROP TABLE "shop_sale', "")
        assert "DATA LOSS" not in text
        assert 'UPDATE "django_content_type" SET' in text
        assert "'add_sale'" in text
        if "AS IDENTITY" in project.files[0].read_text():
            assert (
                'SEQUENCE IF EXISTS "shop_order_id_seq" RENAME TO "shop_sale_id_seq"'
                in text
            )
        assert in_step(project)

    def test_a_required_column_wants_a_value(self, begun: Begun) -> None:
        project = begun()
        changed(project, REQUIRED)

        refused = project.manage("schemadiff")
        given = project.manage("schemadiff", "--default", "shop_order.code='x'")

        assert refused.code == 3
        assert '--default "shop_order.code=SQL"' in refused.err
        assert given.code == 0, given.err
        assert "-- Existing rows: shop_order.code is set to 'x'." in second(project)
        assert in_step(project)

    def test_a_value_may_come_from_another_column(self, begun: Begun) -> None:
        project = begun()
        changed(project, REQUIRED.replace("max_length=5", "max_length=20"))

        ran = project.manage("schemadiff", "--default", "shop_order.code=number")

        assert ran.code == 0, ran.err
        assert in_step(project)

    def test_an_answer_alone_changes_a_type(self, begun: Begun) -> None:
        project = begun(WITH_LENGTH)
        changed(project, WITH_LENGTH.replace("IntegerField", "DateField"))

        refused = project.manage("schemadiff")
        given = project.manage("schemadiff", "--default", "shop_order.length=NULL")

        assert refused.code == 3
        assert '--default "shop_order.length=SQL"' in refused.err
        assert "--allow-data-loss" not in refused.err
        assert given.code == 0, given.err
        assert in_step(project)

    def test_an_expression_alone_answers_what_a_new_type_may_cost(
        self, begun: Begun
    ) -> None:
        project = begun()
        changed(project, WHOLE_TOTAL)

        refused = project.manage("schemadiff")
        given = project.manage(
            "schemadiff", "--default", "shop_order.total=round(total)"
        )

        assert refused.code == 3
        assert 'or converted?  --default "shop_order.total=SQL"' in refused.err
        assert given.code == 0, given.err
        assert "round(total)" in second(project)
        assert "-- DATA LOSS: changes the type of shop_order.total" in second(project)
        assert in_step(project)

    @pytest.mark.parametrize(
        ("sql", "reason"),
        [
            ("nosuch", 'column "nosuch" does not exist'),
            ("'abcdef'", "value too long for type character varying(5)"),
            ("now()", "value too long for type character varying(5)"),
            ("1/0", "division by zero"),
        ],
    )
    def test_a_value_that_the_column_does_not_take(
        self, on_postgres: OnPostgres, sql: str, reason: str
    ) -> None:
        project = on_postgres()
        assert project.manage("schemadiff").code == 0
        changed(project, REQUIRED)

        given = project.manage("schemadiff", "--default", f"shop_order.code={sql}")
        code, screen = type_answers(project, ["1\n", f"{sql}\n", "'new'\n"])

        assert given.code == 2
        start = f"CommandError: --default shop_order.code={sql}: The dev database says:"
        assert given.err.startswith(start)
        assert reason in given.err
        assert "that the type of the column takes" in given.err
        assert code == 0, screen
        assert reason in screen.replace("\n", " ")
        assert "DEFAULT 'new'" in second(project)

    def test_a_value_that_is_refused_is_named_before_other_questions(
        self, on_postgres: OnPostgres
    ) -> None:
        project = on_postgres()
        assert project.manage("schemadiff").code == 0
        changed(project, REQUIRED + "    place = models.IntegerField()\n")

        for options in ([], ["--check"], ["--dry-run", "--format", "json"]):
            ran = project.manage(
                "schemadiff", "--default", "shop_order.place='a'", *options
            )
            assert ran.code == 2
            assert "--default shop_order.place='a': The dev database says:" in ran.err
            assert 'invalid input syntax for type integer: "a"' in ran.err

    @pytest.mark.parametrize("sql", ["row_number() over ()", "generate_series(1, 2)"])
    def test_a_value_must_be_one_of_each_row(
        self, on_postgres: OnPostgres, sql: str
    ) -> None:
        project = on_postgres()
        assert project.manage("schemadiff").code == 0
        changed(project, MODELS + "    place = models.IntegerField()\n")

        given = project.manage("schemadiff", "--default", f"shop_order.place={sql}")
        code, screen = type_answers(project, ["1\n", f"{sql}\n", "7\n"])

        assert given.code == 2
        assert (
            f"--default shop_order.place={sql}: This is no value of each" in given.err
        )
        assert code == 0, screen
        assert "This is no value of each row." in screen
        assert "DEFAULT 7" in second(project)

    def test_of_several_values_the_right_one_is_named(
        self, on_postgres: OnPostgres
    ) -> None:
        """Before the plan another one is refused as well, and the plan takes it."""
        project = on_postgres()
        assert project.manage("schemadiff").code == 0
        kind = "\n\nclass Kind(models.Model):\n    code = models.IntegerField()\n"
        changed(
            project,
            WHOLE_TOTAL + "    place = models.IntegerField()\n" + kind,
        )
        place = (
            "--default",
            "shop_order.place=coalesce((SELECT min(code) FROM shop_kind), 0)",
        )

        for total, said in (
            ("total::inet", "cannot cast type numeric to inet"),
            ("(SELECT 1)", "cannot use subquery in transform expression"),
        ):
            ran = project.manage(
                "schemadiff", *place, "--default", f"shop_order.total={total}"
            )
            assert ran.code == 2
            start = (
                f"CommandError: --default shop_order.total={total}: The dev database"
            )
            assert ran.err.startswith(start), ran.err
            assert said in ran.err
            assert len(project.files) == 1

    def test_a_value_may_use_what_only_the_file_creates(
        self, on_postgres: OnPostgres
    ) -> None:
        project = on_postgres()
        assert project.manage("schemadiff").code == 0
        kind = (
            "\n\nclass Kind(models.Model):\n    code = models.CharField(max_length=5)\n"
        )
        changed(project, REQUIRED + kind)
        sql = "coalesce((SELECT min(code) FROM shop_kind), 'none')"

        ran = project.manage("schemadiff", "--default", f"shop_order.code={sql}")

        assert ran.code == 0, ran.err
        assert in_step(project)

    @pytest.mark.parametrize("sql", ["NULL", "CAST(NULL AS text)", "((null))"])
    def test_null_is_no_value_for_a_required_column(
        self, begun: Begun, sql: str
    ) -> None:
        project = begun()
        changed(project, REQUIRED)

        ran = project.manage("schemadiff", "--default", f"shop_order.code={sql}")

        assert ran.code == 2
        assert "is NULL, but the column is NOT NULL" in ran.err
        assert '--default "shop_order.code="' in ran.err
        assert len(project.files) == 1

    def test_a_column_may_be_left_without_a_value(self, begun: Begun) -> None:
        project = begun()
        changed(project, REQUIRED)

        ran = project.manage("schemadiff", "--default", "shop_order.code=")

        assert ran.code == 0, ran.err
        assert "NEEDS A LOOK: adds shop_order.code as NOT NULL without" in ran.err
        assert "-- Existing rows: shop_order.code is left as it is." in second(project)

    def test_a_default_that_differs_from_call_to_call(self, begun: Begun) -> None:
        project = begun()
        changed(project, VARYING)

        ran = project.manage("schemadiff")

        assert ran.code == 3
        assert "its default make_key() differs from call to call" in ran.err
        again = shlex.split(ran.err.splitlines()[-1])
        assert again[:3] == ["python", "manage.py", "schemadiff"]
        wrote = project.manage(*again[2:])
        assert wrote.code == 0, wrote.err
        assert "random" in second(project)

    def test_an_optional_column_gets_one_value_as_with_django(
        self, begun: Begun
    ) -> None:
        project = begun()
        changed(project, CODES + MODELS + OPTIONAL_CODE % "make_code")
        said = (
            "Existing rows: shop_order.code is set to one value for all of them, as Django"
            " does: make_code() was called when this file was written."
        )

        shown = project.manage("schemadiff", "--check", "--format", "json")
        ran = project.manage("schemadiff", "--no-input")

        assert f"warning: {said}" in shown.err
        assert ran.code == 0, ran.err
        assert f"warning: {said}" in ran.err
        assert f"-- {said}" in second(project)
        assert re.search(r"'c\d+'", second(project))
        assert in_step(project)

    def test_an_optional_column_may_stay_empty(self, begun: Begun) -> None:
        project = begun()
        changed(project, CODES + MODELS + OPTIONAL_CODE % "make_code")

        ran = project.manage("schemadiff", "--default", "shop_order.code=NULL")

        assert ran.code == 0, ran.err
        assert ran.err == ""
        assert "-- Existing rows: shop_order.code is set to NULL." in second(project)
        assert "'c" not in second(project)

    @pytest.mark.parametrize("way", ["field", "together", "constraint"])
    def test_a_unique_column_cannot_hold_one_value_in_all_rows(
        self, begun: Begun, way: str
    ) -> None:
        project = begun()
        code = OPTIONAL_CODE % "make_code"
        change = {
            "field": code.replace(")", ", unique=True)"),
            "together": code
            + "\n    class Meta:\n        unique_together = ['code']\n",
            "constraint": code + "\n    class Meta:\n        constraints = ["
            "models.UniqueConstraint(fields=['code'], name='one')]\n",
        }[way]
        changed(project, CODES + MODELS + change)

        ran = project.manage("schemadiff", "--no-input")

        assert ran.code == 0, ran.err
        said = (
            "Existing rows: shop_order.code stays NULL, since it is unique and make_code()"
            " gives another value at each call."
        )
        assert f"warning: {said}" in ran.err
        assert f"-- {said}" in second(project)
        assert "'c" not in second(project)

    def test_a_default_that_fails_is_told(self, begun: Begun) -> None:
        project = begun()
        changed(project, CODES + MODELS + OPTIONAL_CODE % "refuse")

        ran = project.manage("schemadiff", "--no-input")

        assert ran.code == 0, ran.err
        assert (
            "warning: Existing rows: shop_order.code stays NULL, since its field's"
            " default cannot be read (ValueError: no code"
        ) in ran.err

    def test_a_default_that_fails_is_no_value_for_a_required_column(
        self, begun: Begun
    ) -> None:
        project = begun()
        required = (OPTIONAL_CODE % "refuse").replace("null=True, ", "")
        changed(project, CODES + MODELS + required)

        ran = project.manage("schemadiff", "--no-input")

        assert ran.code == 3
        assert "and its default cannot be read (ValueError: no code" in ran.err

    def test_the_whole_command_is_there_to_paste(self, begun: Begun) -> None:
        project = begun()
        changed(project, RENAMED_FIELD + "    code = models.CharField(max_length=5)\n")
        folder = str(project.migrations)

        ran = project.manage(
            "schemadiff", "new code", "--dir", folder, "--app", "shop", "--no-input"
        )

        again = shlex.split(ran.err.splitlines()[-1])
        assert again == [
            *("python", "manage.py", "schemadiff", "new code", "--dir", folder),
            *("--app", "shop", "--no-input", "--rename", "shop_order.total=amount"),
            *("--default", "shop_order.code=SQL"),
        ]
        answered = [word.replace("=SQL", "='x'") for word in again[2:]]
        assert project.manage(*answered).code == 0
        assert second(project).count("RENAME COLUMN") == 1
        assert project.files[1].name.endswith("_new_code.sql")

    def test_answers_that_fit_nothing_are_refused(self, begun: Begun) -> None:
        project = begun()
        changed(project, RENAMED_FIELD)

        for flag, value, said in (
            ("--rename", "shop_order.totl=amount", "no column 'totl'"),
            ("--rename", "shop_oder.total=amount", "shop_oder"),
            ("--rename", "shop_order.total", "OLD=NEW"),
            ("--default", "shop_order.number='x'", "shop_order.number"),
        ):
            ran = project.manage("schemadiff", "--allow-data-loss", flag, value)
            assert ran.code == 2, ran.out
            assert said in ran.err
        assert len(project.files) == 1


class TestOnATerminal:
    def test_a_renamed_field(self, begun: Begun) -> None:
        project = begun()
        changed(project, RENAMED_FIELD)

        code, screen = type_answers(project, ["maybe\n", "1\n"])

        question = "The field order.total is gone. Which of these is its new name?"
        assert question in screen
        assert " 1) order.amount (a DecimalField)\n 2) None of them: it is" in screen
        assert "Please select a valid option" in screen
        assert screen.index("- column total") < screen.index(question)
        assert code == 0, screen
        assert 'RENAME COLUMN "total" TO "amount"' in second(project)

    def test_a_renamed_model(self, begun: Begun) -> None:
        project = begun()
        changed(project, RENAMED_MODEL)

        code, screen = type_answers(project, ["1\n"])

        assert "The model shop.order is gone. Which of these is its new name?" in screen
        assert " 1) shop.Sale\n" in screen
        assert code == 0, screen
        assert 'RENAME TO "shop_sale"' in second(project)

    def test_no_rename_and_the_data_may_go(self, begun: Begun) -> None:
        project = begun()
        changed(project, RENAMED_FIELD.replace("places=2", "places=2, default=0"))

        code, screen = type_answers(project, ["2\n", "y\n"])

        assert "drops column shop_order.total with all its values" in screen
        assert code == 0, screen
        assert "DATA LOSS" in second(project)

    def test_a_required_field(self, begun: Begun) -> None:
        project = begun()
        changed(project, REQUIRED)

        # The two calls are refused in the same words.
        code, screen = type_answers(
            project,
            ["7\n", "1\n", "nosuch()\n", "count(*)\n", "max(id)\n", "'new'\n"],
        )

        assert "It is impossible to add a non-nullable field 'code' to order" in screen
        assert "Please select a valid option" in screen
        assert "The dev database says" in screen
        assert code == 0, screen
        assert "'new'" in second(project)

    def test_several_fields_are_one_question_each(self, begun: Begun) -> None:
        project = begun(THREE_NAMES)
        changed(project, THREE_NAMES.replace("name_", "title_"))

        code, screen = type_answers(project, ["2\n", "3\n", "1\n", "y\n"])

        assert screen.count("Which of these is its new name?") == 3
        assert code == 0, screen
        text = second(project)
        assert text.count("RENAME COLUMN") == 2
        assert "DATA LOSS" in text
        assert in_step(project)

    @pytest.mark.parametrize(
        "typed", ["NULL\n", "(null)\n", "CAST(NULL AS integer)\n", "nullif(1, 1)\n"]
    )
    def test_null_is_no_value_for_a_required_field(
        self, begun: Begun, typed: str
    ) -> None:
        project = begun()
        changed(project, REQUIRED)

        code, screen = type_answers(project, ["1\n", typed, "'x'\n"])

        assert f"{typed.strip()} is NULL, but shop_order.code is NOT NULL." in screen
        assert code == 0, screen
        assert "'x'" in second(project)

    def test_a_type_without_a_conversion_asks_for_an_expression(
        self, begun: Begun
    ) -> None:
        project = begun(WITH_LENGTH)
        changed(project, WITH_LENGTH.replace("IntegerField", "DateField"))

        code, screen = type_answers(project, ["1\n", "'2024-02-29'\n"])

        assert "which has no conversion" in " ".join(screen.split())
        assert "Quit and write the change of type in a file by hand." in screen
        assert "Accept this loss" not in screen
        assert (
            "default" not in screen.partition("Please select")[2].partition("Select")[0]
        )
        assert code == 0, screen
        assert in_step(project)

    @pytest.mark.parametrize(
        ("answers", "used"), [(["1\n"], False), (["2\n", "round(total)\n"], True)]
    )
    def test_a_type_that_may_cost_values_takes_an_expression(
        self, begun: Begun, answers: list[str], used: bool
    ) -> None:
        project = begun()
        changed(project, WHOLE_TOTAL)

        code, screen = type_answers(project, answers)

        assert "This change changes the type" not in screen
        assert "changes the type of shop_order.total from" in screen
        assert " 1) Let the database convert them.\n" in screen
        assert code == 0, screen
        assert (
            "-- Existing rows: shop_order.total is set to" in second(project)
        ) == used
        assert "-- DATA LOSS: changes the type of shop_order.total" in second(project)
        assert in_step(project)

    def test_a_default_that_differs_from_call_to_call(self, begun: Begun) -> None:
        project = begun()
        changed(project, VARYING)

        code, screen = type_answers(project, ["2\n"])

        words = " ".join(screen.split())
        assert "with its default alone: make_key() gives another value" in words
        assert " 2) Let the database compute it when the file is applied" in screen
        assert code == 0, screen
        assert "random" in second(project)
        assert in_step(project)

    def test_changes_are_shown_once_and_sentences_fit(self, begun: Begun) -> None:
        project = begun()
        changed(project, RENAMED_FIELD.replace("max_digits=8", "max_digits=4"))

        code, screen = type_answers(project, ["2\n", "y\n", "1\n", "0\n"])

        assert code == 0, screen
        assert screen.count("~ table shop_order") == 1
        assert screen.count("drops column shop_order.total with all") == 1
        too_long = [
            line
            for line in screen.splitlines()
            if len(line) > 80 and "python manage.py" not in line
        ]
        assert not too_long

    @pytest.mark.parametrize(
        ("answer", "code"), [("^C", 130), ("\x04", 3), ("n\n", 3), ("3\n", 3)]
    )
    def test_nothing_is_left_of_an_aborted_question(
        self, begun: Begun, answer: str, code: int
    ) -> None:
        project = begun()
        changed(project, REQUIRED if answer == "3\n" else NO_TOTAL)
        before = sorted(p.name for p in Path(project.migrations).iterdir())

        ended, screen = type_answers(project, [answer])

        assert ended == code, screen
        assert "Traceback" not in screen
        assert sorted(p.name for p in Path(project.migrations).iterdir()) == before


SHOW = """
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
print(sorted(ContentType.objects.filter(app_label="shop").values_list("id", "model")))
print(sorted(Permission.objects.filter(content_type__app_label="shop").values_list(
    "id", "codename", "name")))
"""


def test_content_types_and_permissions_follow_a_renamed_model(
    project: Project,
) -> None:
    project.manage("schemadiff")
    assert project.manage("schemaapply").code == 0
    before = project.manage("shell", "-v0", "-c", SHOW).out
    changed(project, RENAMED_MODEL)
    project.manage("schemadiff", "--rename", "shop_order=shop_sale")

    ran = project.manage("schemaapply")

    assert ran.code == 0, ran.err
    assert "add_order" in before
    after = project.manage("shell", "-v0", "-c", SHOW).out
    assert after == before.replace("order", "sale")


@pytest.fixture(params=["sqlite", "postgresql"])
def applied(
    request: pytest.FixtureRequest, project: Project
) -> Callable[[str], Project]:
    """Return a function that makes a database with the models of a project."""
    if request.param == "postgresql":
        project.configure(request.getfixturevalue("pg_database"))

    def apply(models: str = MODELS) -> Project:
        changed(project, models)
        for command in ("schemadiff", "schemaapply"):
            ran = project.manage(command)
            assert ran.code == 0, ran.err
        return project

    return apply


PROXY = "\n\nclass {}(Order):\n    class Meta:\n        proxy = True\n"
SAME_TABLE = RENAMED_MODEL + "\n    class Meta:\n        db_table = 'shop_order'\n"


@pytest.mark.parametrize(
    ("before", "after", "flag"),
    [
        (MODELS, SAME_TABLE, "shop.Order=shop.Sale"),
        (
            MODELS + PROXY.format("Gift"),
            MODELS + PROXY.format("Sale"),
            "shop.Gift=shop.Sale",
        ),
        (MODELS, RENAMED_MODEL, "shop.Order=shop.Sale"),
    ],
    ids=["the table stays", "a proxy", "the table too"],
)
def test_a_model_is_renamed_whatever_its_table_is_called(
    applied: Begun, before: str, after: str, flag: str
) -> None:
    project = applied(before)
    shown = project.manage("shell", "-v0", "-c", SHOW).out
    changed(project, after)

    ran = project.manage("schemadiff", "--rename", flag)

    assert ran.code == 0, ran.err
    text = second(project)
    assert "-- Renamed: " in text
    assert 'UPDATE "django_content_type" SET' in text
    assert project.manage("schemaapply").code == 0
    old = flag.partition("=")[0].removeprefix("shop.").lower()
    renamed = project.manage("shell", "-v0", "-c", SHOW).out
    assert f"add_{old}" in shown
    assert renamed == shown.replace(old, "sale")
    assert in_step(project)


LONG, OTHER = "Order" * 14, "Sales" * 14
"""Django shortens the names of their tables on PostgreSQL, and not on SQLite."""
CODENAMES = """
from django.contrib.auth.models import Permission
print(sorted(Permission.objects.filter(content_type__app_label="shop").values_list(
    "content_type_id", "content_type__model", "id", "codename")))
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [("Order", LONG), (LONG, OTHER), (LONG, "Sale")],
    ids=["gets a shortened name", "has one, too", "had one"],
)
def test_a_model_is_renamed_whose_table_has_a_shortened_name(
    applied: Begun, old: str, new: str
) -> None:
    project = applied(MODELS.replace("class Order(", f"class {old}("))
    before = project.manage("shell", "-v0", "-c", CODENAMES).out
    assert f"add_{old.lower()}" in before
    changed(project, MODELS.replace("class Order(", f"class {new}("))

    ran = project.manage("schemadiff", "--rename", f"shop.{old}=shop.{new}")

    assert ran.code == 0, ran.err
    assert "DROP TABLE" not in second(project)
    ran = project.manage("schemaapply")
    assert ran.code == 0, ran.err
    after = project.manage("shell", "-v0", "-c", CODENAMES).out
    assert after == before.replace(old.lower(), new.lower())
    assert in_step(project)


def test_a_permission_that_is_there_already_does_not_stop_the_file(
    applied: Begun,
) -> None:
    project = applied()
    changed(project, SAME_TABLE)
    assert project.manage("schemadiff", "--rename", "shop.Order=shop.Sale").code == 0
    made = """
from django.contrib.auth.models import Permission
one = Permission.objects.get(codename="add_order")
Permission.objects.create(codename="add_sale", name="x", content_type=one.content_type)
"""
    assert project.manage("shell", "-v0", "-c", made).code == 0

    ran = project.manage("schemaapply")

    assert ran.code == 0, ran.err
    shown = project.manage("shell", "-v0", "-c", SHOW).out
    assert shown.count("add_order") == shown.count("add_sale") == 1
    assert "view_sale" in shown
    assert "view_order" not in shown


def test_a_model_that_stays_is_not_renamed(project: Project) -> None:
    project.manage("schemadiff")
    changed(project, MODELS + PROXY.format("Sale"))

    ran = project.manage("schemadiff", "--rename", "shop.Order=shop.Sale")

    assert ran.code == 2
    assert "--rename shop.Order=shop.Sale: shop.Order is still a model." in ran.err


TWO = MODELS + "\n\nclass Note(models.Model):\n    text = models.TextField()\n"


def swapped(text: str) -> str:
    for old, new in (("Order", "Other"), ("Note", "Order"), ("Other", "Note")):
        text = text.replace(old, new).replace(old.lower(), new.lower())
    return text


def test_they_follow_models_that_change_names(project: Project) -> None:
    changed(project, TWO)
    project.manage("schemadiff")
    assert project.manage("schemaapply").code == 0
    before = project.manage("shell", "-v0", "-c", SHOW).out
    changed(project, swapped(TWO))
    flags = ["--rename", "shop_order=shop_note", "--rename", "shop_note=shop_order"]
    assert project.manage("schemadiff", *flags).code == 0

    ran = project.manage("schemaapply")

    assert ran.code == 0, ran.err
    assert "add_order" in before
    assert project.manage("shell", "-v0", "-c", SHOW).out == swapped(before)
    assert in_step(project)
