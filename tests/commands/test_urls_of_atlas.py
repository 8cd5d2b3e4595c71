"""Addresses as somebody writes them who comes from Atlas."""

from __future__ import annotations

from tests.fixtures.project import Project


def test_a_directory_by_its_url(project: Project) -> None:
    relative = ("--dir", "file://sql/shop")
    absolute = ("--dir", f"file://{project.base}/sql/shop?format=atlas")
    wrote = project.manage("schemadiff", *relative)
    applied = project.manage("schemaapply", *absolute)

    assert wrote.code == 0, wrote.err
    assert [path.suffix for path in (project.base / "sql/shop").iterdir()]
    assert wrote.out.rstrip().endswith("python manage.py schemaapply --dir sql/shop")
    assert applied.code == 0, applied.err
    for command in (
        ("schemahash", "--check"),
        ("schemastatus", "--check"),
        ("schemadiff", "--check"),
    ):
        ran = project.manage(*command, *relative)
        assert ran.code == 0, ran.out + ran.err


def test_a_directory_in_another_format_is_refused(project: Project) -> None:
    ran = project.manage("schemahash", "--dir", "file://sql?format=goose")
    assert ran.code == 2
    assert "format=goose" in ran.err
    assert "atlas migrate import" in ran.err


def test_a_database_is_no_directory(project: Project) -> None:
    ran = project.manage("schemastatus", "--dir", "postgres://u:s3cr3t@h/d")
    assert ran.code == 2
    assert "s3cr3t" not in ran.out + ran.err


def test_sources_by_their_urls(project: Project) -> None:
    project.manage("schemadiff")
    project.write("wanted.sql", 'CREATE TABLE "only" (a integer);\n')

    same = project.manage("schemadiff", "--from", "file://migrations", "--to", "files")
    other = project.manage(
        "schemadiff", "--from", "files", "--to", f"file://{project.base}/wanted.sql"
    )
    wrong = project.manage("schemadiff", "--from", "file://migrations?version=1")

    assert same.out.rstrip().endswith(
        "No changes between file://migrations and files."
    ), same.err
    assert 'CREATE TABLE "only"' in other.out
    assert wrong.code == 2
    assert "'version'" in wrong.err


def test_a_sqlite_database_by_its_url(project: Project) -> None:
    wrote = project.manage("schemadiff", "--dev", "sqlite://dev?mode=memory&_fk=1")
    applied = project.manage("schemaapply", "--url", "sqlite://file:shop.db?_fk=1")
    again = project.manage("schemaapply", "--check", "--url", "sqlite://shop.db?_fk=1")
    status = project.manage(
        "schemastatus", "--check", "--url", f"sqlite://file:{project.base}/shop.db"
    )

    assert wrote.code == 0, wrote.err
    assert applied.code == 0, applied.err
    assert (project.base / "shop.db").stat().st_size
    assert again.code == 0, again.out + again.err
    assert status.code == 0, status.out + status.err


def test_a_sqlite_url_that_asks_for_what_is_not_done(project: Project) -> None:
    project.manage("schemadiff")
    for parameter in ("mode=ro", "_busy_timeout=1", "_fk=0"):
        ran = project.manage("schemaapply", "--url", f"sqlite://shop.db?{parameter}")
        assert ran.code == 2
        assert repr(parameter.partition("=")[0]) in ran.err
    dev = project.manage("schemadiff", "--dev", "sqlite://dev.db")
    assert dev.code == 2
    assert "always in memory" in dev.err
