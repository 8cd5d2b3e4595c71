"""The same models give the same SQL in every process, whatever the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.db import models
from django.db.models import Q
from django.db.models.lookups import In
from django.test.utils import isolate_apps

from schema_migrations.engines.registry import engine_for
from schema_migrations.engines.sqlite.server.scratch import create_scratch_database
from schema_migrations.workflows.states.fixed_order import (
    hold_fixed_order,
    with_fixed_order,
)
from schema_migrations.workflows.states.models_ddl import collect_alias_ddl
from tests.fixtures.commands import REPOSITORY

STATES = {"new", "paid", "sent", "lost", "back", "held", "open"}


class Words(models.TextField):  # type: ignore[type-arg]  # no generic at run time
    """Holds a set of words as one text."""

    def get_db_prep_save(self, value: Any, connection: Any) -> str:
        return " ".join(value)


def list_words() -> set[str]:
    return STATES


def write_order_ddl() -> None:
    """Write out all that is collected of a model full of sets."""
    with isolate_apps("tests") as registry:

        class Order(models.Model):
            state: Any = models.TextField(default="new")
            tags = Words(default=STATES)
            words = Words(default=list_words)
            code: Any = models.TextField(
                db_default=models.Case(
                    models.When(
                        In(models.Value("new"), STATES), then=models.Value("a")
                    ),
                    default=models.Value("b"),
                )
            )
            is_known = models.GeneratedField(
                expression=In(models.F("state"), frozenset(STATES)),
                output_field=models.BooleanField(),
                db_persist=True,
            )
            one: Any = models.TextField()
            two: Any = models.TextField()
            three: Any = models.TextField()

            class Meta:
                app_label = "tests"
                default_permissions = {"add", "view", "change"}
                unique_together = (("one", "two"), {"one", "two", "three"})
                indexes = (
                    models.Index(
                        fields=["one"], name="i", condition=Q(state__in=STATES)
                    ),
                    models.Index(In(models.F("two"), STATES), name="j"),
                )
                constraints = (
                    models.CheckConstraint(
                        condition=~(Q(one="a") | Q(state__in=frozenset(STATES))),
                        name="c",
                    ),
                    models.UniqueConstraint(
                        fields=["two"], name="u", condition=Q(one__in={*STATES, None})
                    ),
                )

        engine = engine_for("sqlite")
        assert registry is not None
        with create_scratch_database({}, "default") as connection:
            ddl = collect_alias_ddl(
                connection,
                registry,
                "default",
                labels=None,
                computed_defaults=engine.planner.computed_defaults,
            )
        statements = [sql for part in ddl.parts for sql in part.statements]
        sys.stdout.write("\n".join((*statements, repr(ddl.facts))))


@pytest.mark.slow("eight processes")
def test_every_process_collects_the_same() -> None:
    code = f"import django; django.setup(); from {__name__} import *; write_order_ddl()"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "PYTHONHASHSEED": str(seed),
            },
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in range(8)
    }
    assert len(texts) == 1
    (text,) = texts
    assert text.count("('back', 'held', 'lost', 'new', 'open', 'paid', 'sent')") == 6
    assert text.count("'back held lost new open paid sent'") == 2


def test_numbers_are_ordered_by_value_and_mixed_items_by_text() -> None:
    assert list(with_fixed_order({10, 9, 1})) == [1, 9, 10]
    assert list(with_fixed_order({"b", 2, "a", None})) == ["a", "b", 2, None]
    nested = with_fixed_order({frozenset({"b", "a"}), frozenset({"c"})})
    assert [list(each) for each in nested] == [["a", "b"], ["c"]]


def test_what_has_no_set_is_the_same_object() -> None:
    condition = Q(state__in=["b", "a"]) & Q(code__in={"b": 1, "a": 2}.keys())
    assert with_fixed_order(condition) is condition


@isolate_apps("tests")
def test_a_model_has_its_own_sets_again() -> None:
    class Order(models.Model):
        state: Any = models.TextField()

        class Meta:
            app_label = "tests"
            constraints = (
                models.CheckConstraint(condition=Q(state__in=STATES), name="c"),
            )

    before = Order._meta.constraints
    with hold_fixed_order([Order]):
        assert Order._meta.constraints is not before
    assert Order._meta.constraints is before
