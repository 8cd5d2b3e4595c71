"""``docs/reference/json.md``: its tables, its examples, and the JSON Schemas beside it.

Run with ``UPDATE_GOLDEN=1`` (and without ``-n``) to rewrite them, and review the diff.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import ValidationError

from tests.fixtures.json_schemas import (
    ANSWERS,
    LOG,
    make_object_schema,
    make_published_schema,
    read_answer,
    read_log,
)

if TYPE_CHECKING:
    from tests.fixtures.project import Project

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGE = REFERENCE / "json.md"

TABLES = {
    **{command: kinds[0] for command, kinds in ANSWERS.items()},
    "adopted history": ANSWERS["schemaadopt"][1],
    "failure": ANSWERS["schemaset"][1],
    "many targets": ANSWERS["schemaapply"][1],
    "many statuses": ANSWERS["schemastatus"][1],
}
"""Name in the page → the type whose keys it explains."""

ORDERS = "CREATE TABLE orders (id integer PRIMARY KEY, code text);\n"
BY_CODE = "CREATE INDEX by_code ON orders (code);\n"


def assert_written(path: Path, text: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert path.read_text() == text


def assert_block(name: str, text: str) -> None:
    """The page has this text between the comment with this name and the next end."""
    page = PAGE.read_text()
    begin, end = f"<!-- {name} -->\n", "<!-- end -->"
    before, _, rest = page.partition(begin)
    assert_written(PAGE, f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}")


@pytest.mark.parametrize("name", [*ANSWERS, LOG])
def test_the_schema_in_the_docs_is_that_of_the_code(name: str) -> None:
    text = json.dumps(make_published_schema(name), indent=1, ensure_ascii=False)
    assert_written(REFERENCE / "json" / f"{name}.json", f"{text}\n")


@pytest.mark.parametrize("name", TABLES)
def test_the_keys_in_the_docs_are_those_of_the_code(name: str) -> None:
    rows = "\n".join(
        f"| {' | '.join(row)} |" for row in keys(make_object_schema(TABLES[name]))
    )
    assert_block(f"keys: {name}", f"| key | holds | meaning |\n|---|---|---|\n{rows}\n")


def keys(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield a row for each key of an object, and below it for the keys of its values."""
    for name, value in schema.get("properties", {}).items():
        yield f"`{prefix}{name}`", words(value), value.get("description", "")
        for part in value.get("anyOf", [value]):
            yield from keys(part, f"{prefix}{name}.")
            if part.get("items"):
                yield from keys(part["items"], f"{prefix}{name}[].")


def words(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(words(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f'`"{each}"`' for each in schema["enum"])
    if schema["type"] == "array":
        items = schema["items"]
        kind = items.get("type", "value") if items else "value"
        return f"array of {kind}s"
    kinds = schema["type"]
    return " or ".join(kinds) if isinstance(kinds, list) else kinds


@pytest.mark.parametrize("change", [{"more": 1}, {"changed": "yes"}, {"files": None}])
def test_a_key_or_value_that_is_not_documented_is_found(change: dict[str, Any]) -> None:
    answer = {
        "file": "atlas.sum",
        "files": 1,
        "changed": True,
        "replayed": 1,
        "dev": "",
    }
    assert read_answer("schemahash", json.dumps(answer)) == answer
    with pytest.raises(ValidationError):
        read_answer("schemahash", json.dumps(answer | change))


def test_tests_read_the_json_of_commands_by_its_schema() -> None:
    tests = [
        *Path(__file__).parent.glob("*.py"),
        *Path(__file__).parents[1].glob("takeover/*.py"),
    ]
    unchecked = [p.name for p in tests if re.search(r"json\.loads?\(", p.read_text())]
    assert unchecked == []


class TestExamples:
    """What the commands print; only what differs between two runs is replaced."""

    def test_of_schemadiff(self, project: Project) -> None:
        ran = project.manage("schemadiff", "--app", "shop", "--format", "json")
        self.assert_answer("schemadiff", project, ran.json)

    def test_of_schemaapply(self, project: Project) -> None:
        self.write(project, _1_orders=ORDERS, _2_by_code=BY_CODE)
        ran = project.manage("schemaapply", "1", "--no-signals", "--format", "json")
        self.assert_answer("schemaapply", project, ran.json)
        lines = [json.dumps(entry) for entry in read_log(ran.err)]
        self.assert_example("log", project, "\n".join(lines))

    def test_of_many_targets(self, project: Project) -> None:
        self.write(project, _1_orders=ORDERS)
        names = [f"sqlite:///{project.base}/{name}.db" for name in ("north", "south")]
        urls = [option for name in names for option in ("--url", name)]
        ran = project.manage(
            *("schemaapply", "--no-signals", "--jobs", "1", "--format", "json"), *urls
        )
        read_log(ran.err)
        self.assert_answer("many targets", project, ran.json)

    def test_of_a_failure(self, project: Project) -> None:
        self.write(project, _1_orders=f"{ORDERS}SELECT 'never ends;")
        ran = project.manage("schemadiff", "--format", "json")
        assert ran.code == 2
        self.assert_answer("failure", project, ran.json)

    def test_of_schemastatus(self, project: Project) -> None:
        self.write(project, _1_orders=ORDERS, _2_by_code=BY_CODE)
        assert project.manage("schemaapply", "1", "--no-signals").code == 0
        assert project.manage("schemaset", "2").code == 0
        options = ("--drift", "-v", "2", "--format", "json")
        ran = project.manage("schemastatus", *options)
        self.assert_answer("schemastatus", project, ran.json)

    def test_of_many_statuses(self, project: Project) -> None:
        self.write(project, _1_orders=ORDERS)
        names = [f"sqlite:///{project.base}/{name}.db" for name in ("north", "south")]
        project.write("targets.txt", "\n".join(names))
        targets = ("--targets", f"{project.base}/targets.txt", "--jobs", "1")
        assert project.manage("schemaapply", "--no-signals", *targets).code == 0
        self.write(project, _2_orders=ORDERS)
        one = ("--no-signals", "--url", names[1])
        assert project.manage("schemaapply", *one).code == 2
        ran = project.manage("schemastatus", *targets, "--format", "json")
        self.assert_answer("many statuses", project, ran.json)

    def test_of_schemaset(self, project: Project) -> None:
        self.write(project, _1_orders=ORDERS, _2_by_code=BY_CODE)
        ran = project.manage("schemaset", "1", "--format", "json")
        self.assert_answer("schemaset", project, ran.json)

    def test_of_schemahash(self, project: Project) -> None:
        project.write("migrations/1_orders.sql", ORDERS)
        ran = project.manage("schemahash", "--format", "json")
        self.assert_answer("schemahash", project, ran.json)

    def test_of_schemaadopt(self, project: Project) -> None:
        project.write("theirs/V1__orders.sql", ORDERS)
        project.write("theirs/U1__orders.sql", "DROP TABLE orders;\n")
        ran = project.manage("schemaadopt", "theirs", "--format", "json")
        self.assert_answer("schemaadopt", project, ran.json)

    def write(self, project: Project, **files: str) -> None:
        for name, text in files.items():
            project.write(f"migrations/{name.removeprefix('_')}.sql", text)
        assert project.manage("schemahash").code == 0

    def assert_answer(self, name: str, project: Project, answer: Any) -> None:
        text = json.dumps(answer, indent=2, ensure_ascii=False)
        self.assert_example(name, project, text)

    def assert_example(self, name: str, project: Project, text: str) -> None:
        for pattern, always in (
            (re.escape(str(project.base.parent)), "/srv"),
            (r'"seconds": [\d.e-]+', '"seconds": 0.012'),
            (r'"time": "[^"]+"', '"time": "2026-01-12T09:30:00.123456+00:00"'),
            (r"\b20\d{12}_", "20260112093000_"),
            (r"SQLite 3\.[\d.]+", "SQLite 3.46.1"),
            (r'"major": \d+', '"major": 3'),
        ):
            text = re.sub(pattern, always, text)
        assert_block(f"example: {name}", f"```json\n{text}\n```\n")
