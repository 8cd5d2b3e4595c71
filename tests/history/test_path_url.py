"""Paths, and ``file://`` URLs as Atlas writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from schema_migrations.errors import InvalidUrl
from schema_migrations.history.path_url import is_path_url, path_from_text


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("migrations", "migrations"),
        ("a?format=goose", "a?format=goose"),
        ("C://migrations", "C://migrations"),
        ("file://migrations", "migrations"),
        ("FILE://migrations", "migrations"),
        ("file://db/migrations", "db/migrations"),
        ("file://../migrations/", "../migrations"),
        ("file:///srv/migrations", "/srv/migrations"),
        ("file:///srv/a%20b%3Fc", "/srv/a b?c"),
        ("file://migrations?format=atlas", "migrations"),
        ("file://migrations?", "migrations"),
    ],
)
def test_a_text_names_a_path(text: str, path: str) -> None:
    assert path_from_text(text) == Path(path)
    assert is_path_url(text) == text.lower().startswith("file://")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file://migrations?format=goose", "format=goose"),
        ("file://migrations?version=3", "'version'"),
        ("file://migrations?version", "'version'"),
        ("file://", "names no folder"),
        ("file://?format=atlas", "names no folder"),
        ("file://a%00b", "names no folder"),
        ("file://a#1", "%23"),
        ("mem://migrations", "file://relative/path"),
    ],
)
def test_what_would_have_no_effect_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidUrl) as caught:
        path_from_text(text)
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_a_database_url_is_refused_without_showing_it() -> None:
    with pytest.raises(InvalidUrl) as caught:
        path_from_text("postgres://me:s3cr3t@host/shop")
    assert "s3cr3t" not in f"{caught.value.message} {caught.value.hint}"
