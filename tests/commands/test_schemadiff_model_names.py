"""Renamed models whose tables have names at and beyond the limit, alone and in chains.

PostgreSQL keeps 63 bytes of a name, Django 63 characters, SQLite all of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping

import pytest

from tests.fixtures.project import Project

APP = "shop_"
EXACT, OTHER_EXACT = "Exact" * 11 + "One", "Other" * 11 + "Two"
"""With ``shop_`` 63 characters: the longest name that is not shortened."""
LONG, OTHER_LONG, THIRD_LONG = "Order" * 14, "Sales" * 14, "Notes" * 14
WIDE, OTHER_WIDE = "Größe" * 9, "Länge" * 9
"""Less than 63 characters, more than 63 bytes."""
CUT_WIDE = "Z" * 55 + "äöü"
"""Cut by PostgreSQL, and not by Django, in front of a character of two bytes."""
WIDE_AND_LONG = "Übermaß" * 10

assert len(APP + EXACT) == len(APP + OTHER_EXACT) == len(APP + CUT_WIDE) == 63

SHOW = """
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
print(ascii(sorted(
    ContentType.objects.filter(app_label="shop").values_list("id", "model"))))
print(ascii(sorted(Permission.objects.filter(content_type__app_label="shop").values_list(
    "content_type_id", "codename"))))
"""


def models_of(names: Mapping[str, str]) -> str:
    """Return models that differ by one field: name of the field → name of the model."""
    models = "".join(
        f"\n\nclass {model}(models.Model):\n    {field} = models.TextField()\n"
        for field, model in names.items()
    )
    return f"from django.db import models\n{models}"


def names_in(project: Project) -> tuple[dict[int, str], list[tuple[int, str]]]:
    """Return the content types, id → model, and the permissions, (id, codename)."""
    ran = project.manage("shell", "-v0", "-c", SHOW)
    types, permissions = map(ast.literal_eval, ran.out.splitlines())
    return dict(types), permissions


@pytest.fixture(params=["sqlite", "postgresql"])
def applied(
    request: pytest.FixtureRequest, project: Project
) -> Callable[[str], Project]:
    """Return a function that makes a database with the models of a project."""
    if request.param == "postgresql":
        project.configure(request.getfixturevalue("pg_database"))

    def apply(models: str) -> Project:
        project.write("shop/models.py", models)
        for command in ("schemadiff", "schemaapply"):
            ran = project.manage(command)
            assert ran.code == 0, ran.err
        return project

    return apply


def title(*renames: tuple[str, str]) -> str:
    return ", ".join(f"{old[:6]}{len(old)}-{new[:6]}{len(new)}" for old, new in renames)


SINGLE = [
    [(EXACT, OTHER_EXACT)],
    [(EXACT, "Sale")],
    [("Sale", EXACT)],
    [(EXACT, LONG)],
    [(LONG, EXACT)],
    [(EXACT[1:], "Sale")],
    [(WIDE, OTHER_WIDE)],
    [(WIDE, "Sale")],
    [("Sale", WIDE)],
    [(CUT_WIDE, "Sale")],
    [(CUT_WIDE, OTHER_WIDE)],
    [(WIDE_AND_LONG, LONG)],
    [("Sale", WIDE_AND_LONG)],
]
MANY = [
    [(LONG, OTHER_LONG), (OTHER_LONG, THIRD_LONG)],
    [(OTHER_LONG, LONG), (LONG, "Sale")],
    [("Sale", LONG), (LONG, OTHER_LONG)],
    [(LONG, OTHER_LONG), (OTHER_LONG, "Sale"), ("Sale", EXACT)],
    [(LONG, OTHER_LONG), (OTHER_LONG, LONG)],
    [(EXACT, OTHER_EXACT), (OTHER_EXACT, EXACT)],
    [(WIDE, OTHER_WIDE), (OTHER_WIDE, WIDE)],
    [(LONG, "Sale"), ("Sale", LONG)],
    [("Sale", "Note"), ("Note", "Sale")],
    [("Sale", "Note"), ("Note", "Entry")],
    [(LONG, OTHER_LONG), (OTHER_LONG, WIDE), (WIDE, LONG)],
]


@pytest.mark.parametrize("renames", SINGLE + MANY, ids=lambda r: title(*r))
def test_content_types_follow_models(
    applied: Callable[[str], Project], renames: list[tuple[str, str]]
) -> None:
    fields = [f"field_{number}" for number, _ in enumerate(renames)]
    old, new = ({f: r[i] for f, r in zip(fields, renames, strict=True)} for i in (0, 1))
    project = applied(models_of(old))
    types, permissions = names_in(project)
    assert set(types.values()) == {name.lower() for name in old.values()}
    project.write("shop/models.py", models_of(new))

    flags = [f"--rename=shop.{old}=shop.{new}" for old, new in renames]
    ran = project.manage("schemadiff", *flags)

    assert ran.code == 0, ran.err
    text = project.files[1].read_text()
    assert not re.search("(DROP|ADD|CREATE) (TABLE|COLUMN)", text), text
    ran = project.manage("schemaapply")
    assert ran.code == 0, ran.err
    renamed = {before.lower(): after.lower() for before, after in renames}
    assert names_in(project) == (
        {id_: renamed[model] for id_, model in types.items()},
        sorted(
            (id_, code.replace(types[id_], renamed[types[id_]]))
            for id_, code in permissions
        ),
    )
    assert project.manage("schemadiff", "--check").code == 0
