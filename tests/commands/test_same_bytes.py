"""The same models give the same file, however Python hashes its strings.

https://docs.python.org/3/using/cmdline.html#envvar-PYTHONHASHSEED
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.fixtures.project import Project

SEEDS = ("0", "1", "2")
ROOT = Path(__file__).parents[2]

BEFORE = """
from django.db import models
from django.db.models import F, Q


class Tag(models.Model):
    word = models.SlugField(unique=True)
    size = models.IntegerField(db_index=True)


class Author(models.Model):
    name = models.CharField(max_length=40, db_index=True)
    born = models.DateField(null=True)
    tags = models.ManyToManyField(Tag, related_name="+")


class Book(models.Model):
    title = models.CharField(max_length=40)
    pages = models.PositiveIntegerField()
    twice = models.GeneratedField(
        expression=F("pages") * 2, output_field=models.BigIntegerField(), db_persist=True
    )
    author = models.ForeignKey(Author, models.CASCADE, related_name="+")
    editor = models.ForeignKey(Author, models.CASCADE, related_name="+")
    next = models.ForeignKey("self", models.CASCADE, null=True, related_name="+")
    tags = models.ManyToManyField(Tag, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["title", "pages"], name="by_title"),
            models.Index(fields=["-pages"], name="by_pages"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(pages__gt=0), name="has_pages"),
            models.UniqueConstraint(fields=["author", "title"], name="once"),
        ]


class Novel(Book):
    genre = models.CharField(max_length=10, db_comment="one word")


class Shelf(models.Model):
    books = models.ManyToManyField(Book, related_name="+")
"""

AFTER = """
from django.db import models
from django.db.models import F, Q


class Tag(models.Model):
    word = models.SlugField(max_length=80)
    weight = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=3, default="new")


class Writer(models.Model):
    full_name = models.CharField(max_length=80, unique=True)
    born = models.DateField(null=True, db_index=True)
    tags = models.ManyToManyField(Tag, related_name="+")


class Work(models.Model):
    title = models.CharField(max_length=80)
    size = models.IntegerField()
    thrice = models.GeneratedField(
        expression=F("size") * 3, output_field=models.BigIntegerField(), db_persist=True
    )
    author = models.ForeignKey(Writer, models.CASCADE, related_name="+")
    second = models.ForeignKey(Writer, models.CASCADE, related_name="+")
    tags = models.ManyToManyField(Tag, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["title"], name="by_title"),
            models.Index(fields=["-size"], name="by_size"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="has_size"),
            models.UniqueConstraint(fields=["author", "title"], name="only_once"),
        ]


class Novel(Work):
    genre = models.CharField(max_length=20, db_comment="two words")


class Reader(models.Model):
    works = models.ManyToManyField(Work, related_name="+")
    friends = models.ManyToManyField("self")
"""

TOLD = tuple(
    f"--rename={each}"
    for each in (
        *("shop_author=shop_writer", "shop_book=shop_work", "shop_tag.size=weight"),
        *("shop_writer.name=full_name", "shop_work.pages=size"),
        "shop_work.editor_id=second_id",
    )
)


def texts(run: Callable[[str], str]) -> set[str]:
    return {run(seed) for seed in SEEDS}


def check(project: Project, *, new: bool) -> None:
    def planned(*told: str) -> set[str]:
        def run(seed: str) -> str:
            ran = project.manage_from_scratch(
                "schemadiff", "--dry-run", *told, PYTHONHASHSEED=seed
            )
            assert ran.code == 0, ran.err
            return ran.out + ran.err

        return texts(run)

    project.write("shop/models.py", BEFORE)
    if new:
        (first,) = planned()
        assert 'CREATE TABLE "shop_novel"' in first
    assert project.manage("schemadiff").code == 0
    project.write("shop/models.py", AFTER)
    (second,) = planned(*TOLD, "--allow-data-loss")
    assert '"shop_work"' in second


def test_on_sqlite(project: Project) -> None:
    check(project, new=True)


def test_on_postgresql(on_postgres: Callable[..., Project]) -> None:
    check(on_postgres(), new=False)  # the demo's is new there


def test_the_demo(pg_database: dict[str, Any], tmp_path: Path) -> None:
    host, user, name = (pg_database[key] for key in ("HOST", "USER", "NAME"))
    url = f"postgresql://{user}@/{name}?host={quote(host)}&port={pg_database['PORT']}"

    def run(seed: str) -> str:
        command = ("schemadiff", "--dry-run", "--dir", str(tmp_path), "--dev", url)
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "demo_project.settings",
                "PYTHONHASHSEED": seed,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    (text,) = texts(run)
    assert text.count("CREATE TABLE") > 30
