"""A person edits a generated file before it is applied: what is the same stays quiet."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.fixtures.project import Project

MODELS = """
from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=20, db_index=True)
    status = models.CharField(max_length=9, default="new")
    total = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["new", "paid"]), name="known"
            ),
            models.UniqueConstraint(
                "number", condition=models.Q(status="new"), name="one_new"
            ),
        ]
"""

MORE = '    note = models.CharField(max_length=9, default="none")\n    rank = models.IntegerField(default=0)\n'


def lines_swapped(text: str) -> str:
    """Swap the columns ``number`` and ``status`` of the table."""
    number, status = (
        next(line for line in text.splitlines() if line.startswith(f'    "{name}"'))
        for name in ("number", "status")
    )
    return text.replace(number, "@").replace(status, number).replace("@", status)


Edit = Callable[[str], str]
EDITS: dict[str, Edit] = {
    "columns in another order": lines_swapped,
    "another layout": lambda text: re.sub(r"(?m)^    ", "\t", text).replace(", ", ","),
    "keywords in lower case": lambda text: (
        text.replace("CREATE TABLE", "create table")
        .replace("NOT NULL", "not null")
        .replace("CONSTRAINT", "constraint")
    ),
    "a comment more": lambda text: text.replace(
        "CREATE TABLE", "/* reviewed */ CREATE TABLE", 1
    ),
}
ON_POSTGRES: dict[str, Edit] = {
    "an expression as a person writes it": lambda text: re.sub(
        r'CONSTRAINT "known" CHECK \(.*\)\n',
        "CONSTRAINT \"known\" CHECK (status IN ('new', 'paid'))\n",
        text,
    ),
    "a condition as a person writes it": lambda text: re.sub(
        r"(one_new.*) WHERE .*;", r"\1 WHERE (status IN ('new'));", text
    ),
    "a type by its other name": lambda text: text.replace(
        "character varying", "varchar"
    ),
    "a constraint of its own": lambda text: re.sub(
        r',\n    (CONSTRAINT "known" CHECK \(.*\))\n\);',
        r'\n);\nALTER TABLE "shop_order" ADD \1;',
        text,
    ),
}


def edited(project: Project, edit: Edit) -> None:
    project.write("shop/models.py", MODELS)
    first = project.manage("schemadiff")
    assert first.code == 0, first.err
    text = project.files[0].read_text()
    changed = edit(text)
    assert changed != text
    project.files[0].write_text(changed)
    project.manage("schemahash")

    check = project.manage("schemadiff", "--check")

    assert check.code == 0, check.out + check.err


@pytest.mark.parametrize("name", EDITS)
def test_what_is_the_same_is_no_change(project: Project, name: str) -> None:
    edited(project, EDITS[name])


@pytest.mark.parametrize("name", [*EDITS, *ON_POSTGRES])
def test_what_is_the_same_is_no_change_on_postgresql(
    project: Project, on_postgres: Callable[..., Project], name: str
) -> None:
    on_postgres()
    edited(project, {**EDITS, **ON_POSTGRES}[name])


def test_a_split_statement(
    project: Project, on_postgres: Callable[..., Project]
) -> None:
    on_postgres()
    project.write("shop/models.py", MODELS)
    project.manage("schemadiff")
    project.write(
        "shop/models.py", MODELS.replace("    class Meta", MORE + "\n    class Meta")
    )
    second = project.manage("schemadiff")
    assert second.code == 0, second.err
    text = project.files[1].read_text()
    split = text.replace(
        "    ADD COLUMN \"note\" character varying(9) DEFAULT 'none' NOT NULL,\n",
        '    ADD COLUMN "note" varchar(9);\n'
        'UPDATE "shop_order" SET "note" = \'none\';\n'
        'ALTER TABLE "shop_order" ALTER COLUMN "note" SET NOT NULL;\n'
        'ALTER TABLE "shop_order"\n',
    )
    assert split != text
    project.files[1].write_text(split)
    project.manage("schemahash")

    check = project.manage("schemadiff", "--check")

    assert check.code == 0, check.out + check.err
