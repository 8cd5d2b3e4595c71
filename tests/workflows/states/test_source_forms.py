"""What the text of a source means."""

from __future__ import annotations

from pathlib import Path

import pytest

from schema_migrations.errors import ConfigError
from schema_migrations.workflows.states.source_forms import read_source


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("files", "files"),
        ("models", "models"),
        ("db:default", "live"),
        ("postgres://host/shop", "live"),
        ("sqlite:///shop.db", "live"),
        ("host=h dbname=shop", "live"),
        ("sql", "folder"),
        ("file://sql", "folder"),
        ("file://sql?format=atlas", "folder"),
        ("views.sql", "sql"),
        ("file://views.sql", "sql"),
    ],
)
def test_each_form(
    text: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "views.sql").write_text("")
    monkeypatch.chdir(tmp_path)
    assert read_source(text).form == form
    assert read_source(text).text == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nowhere", "nowhere is not a source"),
        ("file://nowhere", "file://nowhere is not a source"),
        ("file://schema.hcl", "file://schema.hcl is not a source"),
        ("file://sql?format=flyway", "format=flyway"),
    ],
)
def test_what_is_no_source(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "schema.hcl").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=said):
        read_source(text)
