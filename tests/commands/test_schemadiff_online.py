"""Files of a plan that others can work beside: written, applied, gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.postgresql import connect_as_administrator
from tests.fixtures.project import Project

BEFORE = """
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=40)


class Book(models.Model):
    title = models.CharField(max_length=40)
    pages = models.IntegerField(null=True)
    isbn = models.CharField(max_length=13)
"""
AFTER = """
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=40)


class Book(models.Model):
    title = models.CharField(max_length=40, db_index=True)
    pages = models.PositiveIntegerField(default=1)
    isbn = models.CharField(max_length=13, unique=True)
    author = models.ForeignKey(Author, models.CASCADE, null=True)
    subtitle = models.CharField(max_length=40, default="")


class Shelf(models.Model):
    place = models.CharField(max_length=40, unique=True)
    first = models.ForeignKey(Book, models.CASCADE)
"""


@pytest.fixture
def shop(project: Project, pg_database: dict[str, Any]) -> Project:
    """A project whose tables exist, with a row."""
    project.configure(pg_database)
    project.write("shop/models.py", BEFORE)
    for command in ("schemadiff", "schemaapply"):
        done = project.manage(command)
        assert done.code == 0, done.err
    run(pg_database, "INSERT INTO shop_book (title, isbn) VALUES ('Emma', '1')")
    project.write("shop/models.py", AFTER)
    return project


def run(database: Mapping[str, Any], sql: str) -> list[Any]:
    with connect_as_administrator(dict(database), database["NAME"]) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def names_of(files: list[Path]) -> list[str]:
    return [file.stem.partition("_")[2] for file in files]


def test_each_part_is_a_file(shop: Project, pg_database: dict[str, Any]) -> None:
    done = shop.manage("schemadiff", "more", "--online")
    assert done.code == 0, done.err
    first, second = shop.files[1:]
    assert names_of([first, second]) == ["more", "more_part2"]
    assert f"Wrote    {first.relative_to(shop.base)}\n" in done.out
    assert f"         {second.relative_to(shop.base)}\n" in done.out
    text = first.read_text()
    assert "txmode" not in text
    assert "-- Part 1 of 2: all of it or nothing is done.\n" in text
    assert "-- It is safe to stop after this part.\n" in text
    assert 'CREATE TABLE "shop_shelf"' in text
    assert "CONCURRENTLY" not in text
    later = second.read_text()
    assert later.startswith("-- atlas:txmode none\n")
    assert "-- Part 2 of 2: each statement is done by itself, so that others" in later
    assert later.count("CREATE INDEX CONCURRENTLY") == 4
    assert later.count("CREATE UNIQUE INDEX CONCURRENTLY") == 1
    assert later.count("VALIDATE CONSTRAINT") == 3
    # What is not about a statement of the second is said once.
    assert "NEEDS A LOOK" in later
    assert "DATA LOSS" not in text + later
    assert shop.manage("schemaapply").code == 0
    assert shop.manage("schemadiff", "--check").code == 0
    assert shop.manage("schemastatus", "--check", "--drift").code == 0
    query = "SELECT pages, subtitle FROM shop_book"
    assert run(pg_database, query) == [(1, "")]


def test_findings_name_the_file_of_their_statement(shop: Project) -> None:
    done = shop.manage("schemadiff", "more", "--online", "--format", "json")
    assert done.code == 0, done.err
    findings = {each["code"]: each for each in done.json["findings"]}
    lines = shop.files[2].read_text().splitlines()
    begun = {
        "new-unique": 'CREATE UNIQUE INDEX CONCURRENTLY "shop_book_isbn',
        "new-check": 'ALTER TABLE "shop_book" VALIDATE CONSTRAINT "shop_book_pages_check"',
    }
    for code, start in begun.items():
        assert findings[code]["file"] == str(shop.files[2])
        assert lines[findings[code]["line"] - 1].startswith(start)
    assert not done.json["statements"][-1]["transactional"]
    assert done.json["statements"][0]["transactional"]


def test_the_setting_says_which_form(
    shop: Project, pg_database: dict[str, Any]
) -> None:
    shop.configure(pg_database, PLAN="online")
    online = shop.manage("schemadiff", "--dry-run")
    assert "CONCURRENTLY" in online.out
    simple = shop.manage("schemadiff", "--dry-run", "--simple")
    assert simple.code == 0
    assert "CONCURRENTLY" not in simple.out
    shop.configure(pg_database, PLAN="simple")
    said = shop.manage("schemadiff", "--dry-run").out
    assert said == simple.out.replace(" --simple", "")
    said = shop.manage("schemadiff", "--dry-run", "--online").out
    assert said.replace(" --online", "") == online.out


def test_a_refused_row_is_mended_and_the_run_goes_on(
    shop: Project, pg_database: dict[str, Any]
) -> None:
    run(pg_database, "INSERT INTO shop_book (title, isbn, pages) VALUES ('X', '1', 2)")
    assert shop.manage("schemadiff", "more", "--online").code == 0
    refused = shop.manage("schemaapply")
    assert refused.code == 2
    assert "shop_book_isbn_key" in refused.err
    run(pg_database, "UPDATE shop_book SET isbn = '2' WHERE title = 'X'")
    again = shop.manage("schemaapply")
    assert again.code == 0, again.err
    assert shop.manage("schemastatus", "--check", "--drift").code == 0


def test_sqlite_has_one_form(project: Project) -> None:
    assert project.manage("schemadiff", "--online").code == 0
    assert len(project.files) == 1
    assert "Part 1" not in project.files[0].read_text()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--online", "--simple"), "not allowed with argument"),
        (("--empty", "--online"), "--empty writes a file without a plan"),
        (("--keep", "--simple"), "plans no file"),
    ],
)
def test_options_that_do_not_go_together(
    options: tuple[str, ...], problem: str, project: Project
) -> None:
    done = project.manage("schemadiff", *options)
    assert done.code == 2
    assert problem in done.err


def test_one_rename_is_in_the_file_of_what_runs_by_itself(shop: Project) -> None:
    renamed = BEFORE.replace("    isbn =", "    number =")
    indexed = renamed.replace("max_length=13", "max_length=13, db_index=True")
    shop.write("shop/models.py", indexed)
    options = ["--online", "--rename", "shop_book.isbn=number"]
    done = shop.manage("schemadiff", *options, "--no-input")
    assert done.code == 0, done.err
    (_, new) = shop.files
    lines = new.read_text().split("\n")
    begun = [line.split()[0] for line in lines if line[:5].isupper()]
    assert begun == ["ALTER", "CREATE", "CREATE"]
