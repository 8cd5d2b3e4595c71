"""A change planned and proved on a slice of the schema is the change planned on all of it."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from schema_migrations import cache
from tests.fixtures.project import CommandResult, Project
from tests.fixtures.terminal import type_answers

STEPS = int(os.environ.get("SLICE_STEPS", "5"))
"""Of the random walk; a campaign takes more, and another ``SLICE_SEED``."""
SEED = int(os.environ.get("SLICE_SEED", "14"))

NULL = "null=True"
ANSWERS = ("--allow-data-loss",)


@dataclass(frozen=True)
class Model:
    """A model as text."""

    fields: dict[str, str]
    meta: dict[str, str]


Models = Mapping[str, Model]


def write_models(project: Project, models: Models) -> None:
    lines = ["from django.db import models", ""]
    for name, model in models.items():
        lines += ["", f"class {name}(models.Model):"]
        lines += [
            f"    {field} = models.{text}" for field, text in model.fields.items()
        ]
        lines += ["    class Meta:", "        app_label = 'shop'"]
        lines += [f"        {option} = {text}" for option, text in model.meta.items()]
    project.write("shop/models.py", "\n".join(lines) + "\n")


def make_models() -> dict[str, Model]:
    """Ten models; each but the first refers to the one before it."""
    made = {}
    for number in range(10):
        fields = {
            "name": "CharField(max_length=20)",
            "amount": "IntegerField(default=0)",
        }
        if number:
            fields["before"] = f"ForeignKey('M{number - 1}', models.CASCADE)"
        meta = {
            "indexes": f"[models.Index(fields=['name'], name='of_m{number}',"
            " condition=models.Q(amount__gt=0))]",
            "constraints": f"[models.CheckConstraint(name='check_m{number}',"
            " condition=models.Q(amount__in=[1, 2]))]",
        }
        made[f"M{number}"] = Model(fields=fields, meta=meta)
    made["M3"].fields["friends"] = "ManyToManyField('M8')"
    return made


@pytest.fixture
def known(
    project: Project,
    pg_database: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Project:
    """A project on PostgreSQL whose schema is known."""
    monkeypatch.setenv("SCHEMA_MIGRATIONS_CACHE", str(tmp_path / "cache"))
    project.configure(pg_database)
    write_models(project, make_models())
    first = project.manage("schemadiff", "initial")
    assert first.code == 0, first.err
    return project


def show(project: Project, *options: str) -> CommandResult:
    return project.manage("schemadiff", "--dry-run", "--format", "json", *options)


def compare(project: Project, *options: str) -> int | None:
    """Return on how many tables a change is planned, as it is on all; None: on all."""
    part, whole = show(project, *options), show(project, "--full", *options)
    assert part.code == whole.code, (part.out, part.err, whole.err)
    if part.code:
        assert part.err == whole.err.replace(" --full", "")
        return None
    assert whole.json["slice"] is None
    kept = ("changes", "statements", "findings", "losses")
    assert [part.json[each] for each in kept] == [whole.json[each] for each in kept]
    tables: int | None = part.json["slice"]
    return tables


def change(models: Models, model_name: str, /, **fields: str) -> dict[str, Model]:
    model = models[model_name]
    new = replace(model, fields={**model.fields, **fields})
    return {**models, model_name: new}


def test_a_field_is_added_on_the_tables_beside_it(known: Project) -> None:
    write_models(known, change(make_models(), "M5", extra="IntegerField(null=True)"))
    assert compare(known) == 3
    written = known.manage("schemadiff")
    assert written.code == 0, written.err
    assert (
        "Proved   1 statement ran on 3 tables: those of the changed models, and those"
        " that\n         foreign keys join to them. No difference is left; --full takes"
        " all tables.\n"
    ) in written.out
    assert known.manage("schemadiff", "--check").out.startswith("Known")
    assert known.manage("schemadiff", "--check", "--no-cache").code == 0
    more = "IntegerField(null=True, default=iter(range(9)).__next__)"
    write_models(known, change(make_models(), "M5", more=more))
    assert compare(known, *ANSWERS) == 3  # also after a file that a slice proved
    written = known.manage("schemadiff", *ANSWERS)
    assert "is set to one value for all of them" in written.err
    assert known.manage("schemadiff", "--check").out.startswith("Known")


def add_file(project: Project, sql: str) -> None:
    """Add a file by hand, and let its schema be known."""
    assert project.manage("schemadiff", "by_hand", "--empty").code == 0
    project.files[-1].write_text(sql)
    assert project.manage("schemahash").code == 0
    assert project.manage("schemadiff", "--check").code == 0


def test_a_name_that_is_taken_elsewhere_needs_the_whole(known: Project) -> None:
    models = make_models()
    index = "[models.Index(fields=['name'], name='{}')]"
    models["M0"] = replace(models["M0"], meta={"indexes": index.format("shop_m9")})
    write_models(known, models)
    models["M0"].fields.pop("amount")
    write_models(known, models)
    assert compare(known) is None  # and nobody is asked about amount before
    assert 'relation "shop_m9" already exists' in show(known).err
    meta = {"indexes": index.format("other")}
    write_models(known, {**models, "M0": replace(make_models()["M0"], meta=meta)})
    assert compare(known) == 2


def test_rows_that_files_add_are_there_in_the_proof(known: Project) -> None:
    add_file(
        known, "INSERT INTO shop_m0 (name, amount) VALUES ('one', 1), ('one', 2);\n"
    )
    unique = "CharField(max_length=20, unique=True)"
    write_models(known, change(make_models(), "M0", name=unique))
    assert compare(known) is None
    assert "could not create unique index" in known.manage("schemadiff").err
    write_models(known, change(make_models(), "M1", name=unique))
    assert compare(known) == 3
    # A file that a slice was not enough for: the rows are known afterwards, too.
    models = make_models()
    models["Nine"] = replace(models.pop("M9"), meta={"db_table": "'shop_m9'"})
    write_models(known, models)
    assert known.manage("schemadiff", *ANSWERS).code == 0
    write_models(known, change(models, "M0", name=unique))
    assert compare(known) is None


def test_a_renamed_table_is_renamed_everywhere(known: Project) -> None:
    """Content types and permissions follow, whose tables are in no slice."""
    models = make_models()
    models["Nine"] = models.pop("M9")
    write_models(known, models)
    assert compare(known, "--rename", "shop_m9=shop_nine") is None


def test_who_quits_is_asked_once(known: Project) -> None:
    write_models(known, change(make_models(), "M5", extra="IntegerField()"))
    code, screen = type_answers(known, ["3\n"])
    assert (code, screen.count("Select an option")) == (3, 1), screen


@pytest.mark.parametrize("value", [{}, {"models": 3}, {"since": 3}])
def test_values_of_another_form_cost_time_alone(
    known: Project, tmp_path: Path, value: dict[str, Any]
) -> None:
    folder = tmp_path / "cache"
    for section in (cache.ANSWERS, cache.SCHEMAS):
        for path in list(folder.glob(f"*{section.suffix}")):
            cache.Cache(folder=folder, section=section).write(path.stem, value)
    checked = known.manage("schemadiff", "--check")
    assert checked.code == 0
    assert f"kept in {folder} is damaged and was ignored" in checked.err
    write_models(known, change(make_models(), "M5", extra="IntegerField(null=True)"))
    assert compare(known) == 3  # it was kept again


SLOW_FIELD = """

class Slow(models.Field):
    def db_type(self, connection):
        return "integer); SELECT pg_sleep(60); CREATE TABLE other (x integer"


class Last(models.Model):
    it = Slow()
"""


def test_an_error_of_the_files_does_not_wait_for_the_models(known: Project) -> None:
    path = known.base / "shop/models.py"
    path.write_text(path.read_text() + SLOW_FIELD)
    assert known.manage("schemadiff", "by_hand", "--empty").code == 0
    known.files[-1].write_text("SELECT pg_sleep(0.5); SELECT nothing_here;\n")
    assert known.manage("schemahash").code == 0
    begun = time.monotonic()
    assert "nothing_here" in known.manage("schemadiff").err
    assert time.monotonic() - begun < 50


def test_what_only_sql_describes_needs_the_whole(known: Project) -> None:
    add_file(known, "CREATE VIEW names AS SELECT name FROM shop_m0;\n")
    write_models(known, change(make_models(), "M0", extra="IntegerField(null=True)"))
    assert compare(known) is None


def edit(models: Models, chosen: random.Random) -> dict[str, Model]:
    """Return the models after one edit, which Django may refuse."""
    names = list(models)
    name = chosen.choice(names)
    model = models[name]
    number = chosen.randrange(1000)
    target = chosen.choice(names)
    fields: dict[str, str] = dict(model.fields)
    match chosen.choice(
        (
            *("add", "add", "alter", "drop", "key", "many", "index", "check"),
            *("table", "model", "gone", "unique", "pk"),
        )
    ):
        case "add":
            fields[f"field{number}"] = f"IntegerField({NULL})"
        case "alter":
            fields["name"] = f"CharField(max_length={20 + number}, {NULL})"
        case "drop" if len(fields) > 3:
            fields.popitem()
        case "key":
            fields[f"to{number}"] = (
                f"ForeignKey('{target}', models.CASCADE, {NULL}, related_name='+')"
            )
        case "many":
            fields[f"many{number}"] = f"ManyToManyField('{target}', related_name='+')"
        case "index":
            index = f"[models.Index(fields=['amount'], name='index{number % 7}')]"
            return {
                **models,
                name: replace(model, meta={**model.meta, "indexes": index}),
            }
        case "check":
            check = (
                f"[models.CheckConstraint(name='check{number}',"
                f" condition=models.Q(amount__in=[{number}, 2]))]"
            )
            return {
                **models,
                name: replace(model, meta={**model.meta, "constraints": check}),
            }
        case "table":
            meta = {**model.meta, "db_table": f"'table{number % 5}'"}
            return {**models, name: replace(model, meta=meta)}
        case "model":
            new = {"before": f"ForeignKey('{target}', models.CASCADE)"}
            return {**models, f"N{number}": Model(fields=new, meta={})}
        case "gone" if not any(name in str(m.fields) for m in models.values()):
            return {n: m for n, m in models.items() if n != name}
        case "unique":
            fields["amount"] = "IntegerField(default=0, unique=True)"
        case "pk":
            fields = {"id": "AutoField(primary_key=True)", **fields}
        case _:
            pass
    return {**models, name: replace(model, fields=fields)}


def test_random_edits_have_one_plan_with_and_without_what_is_known(
    known: Project,
) -> None:
    chosen = random.Random(SEED)
    models: Models = make_models()
    on_slices = 0
    for _ in range(STEPS):
        before = models
        for _ in range(chosen.choice((1, 1, 2))):
            models = edit(models, chosen)
        write_models(known, models)
        on_slices += compare(known, *ANSWERS) is not None
        if chosen.random() < 0.7 and known.manage("schemadiff", *ANSWERS).code == 0:
            continue
        if known.manage("check").code:
            models = before
    assert on_slices > STEPS // 4
    write_models(known, models)
    assert known.manage("schemadiff", *ANSWERS).code == 0
    assert known.manage("schemadiff", "--check").out.startswith("Known")
    assert known.manage("schemadiff", "--check", "--no-cache").code == 0
