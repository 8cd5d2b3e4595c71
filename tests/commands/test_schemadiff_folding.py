"""A large change is short on a terminal, and whole everywhere else."""

from __future__ import annotations

from tests.fixtures.project import Project
from tests.fixtures.terminal import type_answers

COUNT = 34
HEAD = "from django.db import models\n"
ALIKE = HEAD + "".join(
    f"\n\nclass M{number:02}(models.Model):\n"
    "    number = models.IntegerField(unique=False, default=0)\n"
    for number in range(COUNT)
)
UNIQUE = ALIKE.replace("unique=False", "unique=True")
WIDE = (
    HEAD
    + "\n\nclass Wide(models.Model):\n"
    + "".join(
        f"    f{number:02} = models.IntegerField(default=0)\n"
        for number in range(COUNT)
    )
)


def test_many_tables_alike_are_counted_on_a_terminal(project: Project) -> None:
    project.write("shop/models.py", ALIKE)

    code, screen = type_answers(project, [], "--check")
    _, everything = type_answers(project, [], "--check", "-v", "2")
    piped = project.manage("schemadiff", "--check")
    json = project.manage("schemadiff", "--check", "--format", "json").json

    assert code == 1
    assert screen.count("+ table shop_m") == 10
    assert f"    … and {COUNT - 10} tables alike (-v 2 lists each)" in screen
    assert "+ table auth_user" in screen
    assert everything.count("+ table shop_m") == COUNT
    assert piped.out.count("+ table shop_m") == COUNT
    assert "alike" not in piped.out
    tables = [change["table"] for change in json["changes"]]
    assert len([table for table in tables if table.startswith("shop_m")]) == COUNT


def test_many_warnings_alike_are_counted_and_all_in_the_file(project: Project) -> None:
    project.write("shop/models.py", ALIKE)
    project.manage("schemadiff")
    project.write("shop/models.py", UNIQUE)

    code, screen = type_answers(project, [])

    assert code == 0, screen
    assert screen.count("~ table shop_m") == 10
    assert screen.count("NEEDS A LOOK") == 10
    assert f"warning: … and {COUNT - 10} alike (-v 2 lists each)" in screen
    text = project.files[1].read_text()
    assert text.count("-- NEEDS A LOOK") == COUNT
    assert "alike" not in text


def test_many_columns_of_a_table_are_counted(project: Project) -> None:
    project.write("shop/models.py", HEAD + "\n\nclass Wide(models.Model):\n    pass\n")
    project.manage("schemadiff")
    project.write("shop/models.py", WIDE)

    _, screen = type_answers(project, [])

    assert screen.count("+ column f") == 10
    assert f"        … and {COUNT - 10} columns alike (-v 2 lists each)" in screen


def test_the_changes_before_a_question_are_counted_too(project: Project) -> None:
    project.write("shop/models.py", ALIKE)
    project.manage("schemadiff")
    required = UNIQUE.replace("unique=True, default=0", "default=0")
    project.write(
        "shop/models.py",
        required.replace(
            "default=0)", "default=0)\n    code = models.CharField(max_length=5)"
        ),
    )

    _, screen = type_answers(project, ["^C"])

    assert screen.count("~ table shop_m") == 10
    assert screen.index("tables alike") < screen.index("It is impossible to add")
