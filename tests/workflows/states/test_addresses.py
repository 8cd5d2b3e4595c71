"""An object where a value was meant: the same SQL in every process, and a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fixtures.project import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.project import Project

CALL_FORGOTTEN = (
    "def get_owner():\n    return 'x'\n\n\n"
    + MODELS
    + "    owner = models.TextField(default='')\n"
    "\n    class Meta:\n        indexes = [models.Index(fields=['total'], name='i',"
    " condition=models.Q(owner=get_owner))]\n"
)


def test_a_function_in_a_condition(
    project: Project, on_postgres: Callable[..., Project]
) -> None:
    on_postgres()
    project.write("shop/models.py", "from django.db import models\n" + CALL_FORGOTTEN)

    written = project.manage_from_scratch("schemadiff")

    assert written.code == 0, written.err
    assert "<function get_owner>, where a value was meant" in " ".join(
        written.err.split()
    )
    assert "'<function get_owner>'" in project.files[0].read_text()
    again = project.manage_from_scratch("schemadiff", "--check")
    assert again.code == 0, again.out + again.err
