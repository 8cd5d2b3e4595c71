"""Options that ignore one another are refused, and nothing is written."""

from __future__ import annotations

import pytest

from tests.fixtures.project import Project

REFUSED = [
    (("schemadiff", "--empty", "--check"), "does not go with --check."),
    (("schemadiff", "--empty", "--dry-run", "x"), "does not go with --dry-run."),
    (
        ("schemadiff", "--empty", "--app", "shop", "--rename", "a=b"),
        "does not go with --app and --rename.",
    ),
    (
        ("schemadiff", "--empty", "--from", "files", "--to", "models", "--write"),
        "does not go with --from and --to and --write.",
    ),
    (
        ("schemadiff", "--from", "models", "--to", "files", "--write", "--check"),
        "--write writes the file, and --check writes nothing.",
    ),
    (
        ("schemadiff", "--write", "--dry-run"),
        "--write writes the file, and --dry-run writes nothing.",
    ),
    (("schemadiff", "shop", "--check"), "To look at one app: --app shop"),
    (
        ("schemadiff", "--from", "models", "--to", "files", "--acknowledge", "all"),
        "--acknowledge counts only from the files to the models.",
    ),
    (
        ("schemastatus", "--drift", "--allow-data-loss"),
        "Add --format sql, or -v 2.",
    ),
    (("schemastatus", "--dev", "auto"), "work with --drift only"),
    (("schemastatus", "--keep"), "work with --drift only"),
    (
        ("schemastatus", "--drift", "--keep", "--allow-data-loss", "-v2"),
        "--keep changes nothing in the database",
    ),
    (("schemahash", "--replay"), "schemahash --check --replay"),
    (("schemahash", "--check", "--dev", "auto"), "--dev works with --replay only"),
    (("schemaadopt",), "Give the other tool's FOLDER, --from django, or --history."),
    (("schemaadopt", "--from", "sqlx"), "Give the other tool's FOLDER"),
    (("schemaadopt", "x", "--history"), "Give either the other tool's FOLDER"),
    (("schemaadopt", "--history", "--from", "sqlx"), "--from belongs to the files"),
    (
        ("schemaadopt", "--history", "--since", "2026-01-01", "--dev", "auto"),
        "--since and --dev belongs to the files",
    ),
    (
        ("schemaadopt", "x", "--from", "django", "--extra", "y"),
        "it does not go with FOLDER and --extra.",
    ),
    (("schemaadopt", "x", "--since", "2026-01-01"), "--since works with --from django"),
    (("schemaadopt", "--from", "django", "--wait", "1"), "--wait names a database"),
    (("schemaadopt", "--from", "django", "--since", "1.6."), "is not a day; write"),
    (("schemaadopt", "x", "--url", "sqlite:///x"), "--url names a database"),
    (
        ("schemaapply", "--targets-are", "databases"),
        "Add --targets or --targets-sql, or leave it out.",
    ),
]


@pytest.mark.parametrize(("command", "said"), REFUSED, ids=lambda value: str(value))
def test_a_conflict_is_wrong_usage(
    project: Project, command: tuple[str, ...], said: str
) -> None:
    refused = project.manage(*command)

    assert refused.code == 2, refused.out
    assert said in refused.err
    assert project.files == []


def test_what_a_preview_does_not_need_is_allowed(project: Project) -> None:
    """The same line with --dry-run and without."""
    dry = project.manage("schemadiff", "orders", "--dry-run")
    wrote = project.manage("schemadiff", "orders")
    preview = project.manage("schemaapply", "--dry-run", "--lock-wait", "1")
    mending = project.manage("schemastatus", "--drift", "--allow-data-loss", "-v2")

    assert [dry.code, wrote.code, preview.code, mending.code] == [0, 0, 0, 0]
    assert project.files[0].name.endswith("_orders.sql")
