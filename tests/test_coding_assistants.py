"""The rules for coding assistants in ``docs/coding-assistants.md``: each command does what they say."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.fixtures.commands import REPOSITORY
from tests.fixtures.project import MODELS, CommandResult, Project

(RULES,) = re.findall(
    r"^````markdown\n(.*?)^````$",
    (REPOSITORY / "docs/coding-assistants.md").read_text(),
    flags=re.MULTILINE | re.DOTALL,
)
COMMANDS = {
    command.strip() for command in re.findall(r"python manage\.py ([^#`\n]+)", RULES)
}
MIGRATION = """
from django.db import migrations


def fill(apps, schema_editor):
    raise AssertionError("read, never run")


class Migration(migrations.Migration):
    dependencies = {needs}
    operations = [{operations}]
"""


@pytest.mark.slow("processes")
def test_every_command_does_what_the_rules_say(project: Project) -> None:
    used = set()

    def run(command: str) -> CommandResult:
        """Run a command as it is in the rules."""
        assert command in COMMANDS
        used.add(command)
        return project.manage(*shlex.split(command))

    def add_migration(name: str, **parts: object) -> None:
        project.write(f"shop/migrations/{name}.py", MIGRATION.format(**parts))

    project.write("shop/migrations/__init__.py", "")
    add_migration("0001_initial", needs=[], operations="")

    # After a change of models.
    assert run("schemadiff --check").code == 1
    assert run("schemadiff --dry-run --no-input").code == 0
    assert project.files == []
    assert run("schemadiff add_gift_message --no-input").code == 0
    assert run("schemastatus --check").code == 1
    assert run("schemaapply --dry-run").code == 0
    assert run("schemaapply --no-input").code == 0
    assert run("schemadiff --check").code == 0
    assert run("schemastatus --check").code == 0

    # Questions.
    renamed = MODELS.replace("total =", "amount =")
    with_code = renamed + "    code = models.CharField(max_length=5)\n"
    for models, answer in (
        (renamed, "--rename shop_order.total=amount"),
        (with_code, '--default "shop_order.code=substr(number, 1, 5)"'),
        (renamed, "--allow-data-loss"),
    ):
        project.write("shop/models.py", models)
        assert project.manage("schemadiff", "--no-input").code == 3
        assert run(f"schemadiff --no-input {answer}").code == 0
        assert run("schemadiff --check").code == 0
    add_migration(
        "0002_fill",
        needs=[("shop", "0001_initial")],
        operations="migrations.RunPython(fill)",
    )
    assert project.manage("schemadiff", "--no-input").code == 3
    assert run("schemadiff --no-input --acknowledge shop.0002_fill").code == 0

    # SQL by hand.
    assert run("schemadiff fill_codes --empty").code == 0
    by_hand = project.files[-1]
    by_hand.write_text("UPDATE shop_order SET number = upper(number);\n")
    assert run("schemahash --check").code == 4
    assert run("schemahash").code == 0
    assert run("schemahash --check").code == 0
    assert run("schemadiff --check").code == 0

    # What JSON holds.
    for command in ("schemastatus --format json", "schemadiff --check --format json"):
        told = re.search(rf"{command} +# ([\w, ]+) \.\.\.", RULES)
        assert told is not None
        assert set(told[1].split(", ")) <= run(command).json.keys()

    # The rules name it to forbid it.
    assert COMMANDS - used == {"schemaset"}


def test_the_exit_codes_are_those_of_the_reference() -> None:
    reference = (REPOSITORY / "docs/reference/commands.md").read_text()
    codes = r"^\| (\d) \| "
    assert re.findall(codes, RULES, re.MULTILINE) == re.findall(
        codes, reference, re.MULTILINE
    )
