"""A NUL character never cuts a statement: nothing of it runs, whichever way it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps

from schema_migrations.api import split
from schema_migrations.engines.registry import engine_for_url
from schema_migrations.errors import (
    InvalidModels,
    InvalidUrl,
    SchemaMigrationsError,
    SyntaxProblem,
    WrongTargets,
)
from schema_migrations.plan.answers import Answers
from schema_migrations.workflows.planning.between_sources import propose
from schema_migrations.workflows.planning.proposal import ChangeRequest
from schema_migrations.workflows.states.sources import (
    open_state,
)
from schema_migrations.workflows.states.workspace import (
    open_workspace,
)
from schema_migrations.workflows.targets.addresses import parse_target_names
from tests.fixtures.targets import Place

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "CREATE TABLE t (id integer PRIMARY KEY, a integer);\nINSERT INTO t VALUES (1, 0), (2, 0);\n"
CUT = "UPDATE t SET a = 1\0 WHERE id = 1;\n"


def configure(place: Place, **entry: Any) -> Any:
    place.folder.mkdir(exist_ok=True)
    entry = {"DIR": str(place.folder), "APPS": ["nothing"], **entry}
    return override_settings(SCHEMA_MIGRATIONS={"default": entry})


@pytest.mark.parametrize("mode", ["file", "all", "none"])
def test_a_file_is_refused_before_anything_runs(place: Place, mode: str) -> None:
    place.write(_1_t=TABLE)
    place.apply()
    place.write(_2_more="CREATE TABLE more (id integer);\n", _3_cut=f"\n{CUT}")
    with pytest.raises(SyntaxProblem, match=r"3_cut.sql:2: .*NUL character"):
        place.apply(tx_mode=mode)
    assert place.execute("SELECT a FROM t") == [(0,), (0,)]
    assert place.list_tables() == ["t"]
    assert sorted(place.read_revisions()) == ["1"]


def test_a_file_is_refused_by_a_replay(place: Place) -> None:
    place.write(_1_t=TABLE, _2_cut=CUT)
    with (
        configure(place, APPS=[]),
        pytest.raises(SyntaxProblem, match=r"2_cut.sql:1: .*NUL"),
        open_workspace("default") as workspace,
        open_state("files", workspace),
    ):
        pass


def test_a_file_of_extra_is_refused(place: Place, tmp_path: Path) -> None:
    extra = tmp_path / "extra.sql"
    extra.write_text("CREATE VIEW v AS\nSELECT 1\0 AS one WHERE false;\n")
    with (
        configure(place, APPS=[], EXTRA=[str(extra)]),
        pytest.raises(SyntaxProblem, match=r"extra.sql:2: .*NUL"),
        open_workspace("default"),
    ):
        pass


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"CREATE TABLE t (\nid int\0);\n", "a.sql:2: .*NUL"),
        (b"\xe9", "a.sql:1: .*0xe9"),
    ],
)
def test_a_plain_file_is_refused(
    place: Place, tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "a.sql").write_bytes(content)
    with (
        configure(place, APPS=[]),
        open_workspace("default") as workspace,
        pytest.raises(SyntaxProblem, match=words),
        open_state(str(tmp_path / "a.sql"), workspace),
    ):
        pass


def test_a_model_is_refused_by_its_name(place: Place) -> None:
    with isolate_apps("tests") as registry:
        assert registry is not None

        class Cut(models.Model):
            name: models.TextField[str, str] = models.TextField(db_default="a\0b")

            class Meta:
                app_label = "tests"

        with (
            configure(place, APPS=None),
            override_settings(INSTALLED_APPS=[]),
            open_workspace("default", registry=registry) as workspace,
            pytest.raises(InvalidModels, match=r"tests\.Cut.*NUL"),
            open_state("models", workspace),
        ):
            pass


def test_an_answer_is_refused(place: Place, tmp_path: Path) -> None:
    (tmp_path / "goal.sql").write_text(
        "CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL);"
    )
    place.write(_1_t=TABLE)
    answers = Answers(defaults={"t.a": "0\0 + 1"})
    with (
        configure(place, APPS=[]),
        open_workspace("default") as workspace,
        pytest.raises(SchemaMigrationsError, match="NUL character"),
    ):
        propose(
            workspace,
            ChangeRequest(answers=answers),
            source="files",
            target=str(tmp_path / "goal.sql"),
        )


def test_text_is_refused_by_split() -> None:
    for vendor in ("postgresql", "sqlite"):
        with pytest.raises(SyntaxProblem, match=r"<text>:1: .*NUL"):
            split("SELECT 1\0;", vendor=vendor)


@pytest.mark.parametrize(
    "url", ["sqlite:///a%00b", "postgres://u@h/a%00b", "dbname=a\0b host=h"]
)
def test_a_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidUrl, match="NUL"):
        engine_for_url(url)


def test_a_list_of_targets_is_refused() -> None:
    with pytest.raises(WrongTargets, match="NUL"):
        parse_target_names("tenant_a\ntenant\0_b\n")
