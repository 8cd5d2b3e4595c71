"""Which form of dev database is taken, and what is said about it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import ConnectionHandler

from schema_migrations.dev.image import DEFAULT_IMAGE_URL
from schema_migrations.dev.open_server import open_server
from schema_migrations.dev.stamp import find_dev_stamp
from schema_migrations.errors import ConfigError, Unreachable
from tests.fixtures.postgresql import connect_as_administrator

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = "project"
Configure = Callable[[dict[str, Any]], None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Make a ``DATABASES`` entry the alias ``project``."""

    def configured(entry: dict[str, Any]) -> None:
        handler = ConnectionHandler({DEFAULT_DB_ALIAS: {}, PROJECT: entry})
        monkeypatch.setitem(connections.settings, PROJECT, handler.settings[PROJECT])

    yield configured
    connections[PROJECT].close()
    del connections[PROJECT]


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")


def unreachable(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "HOST": "/nonexistent", "PASSWORD": "hush"}


def test_auto_takes_the_projects_own(
    configure: Configure, postgres_settings: dict[str, Any]
) -> None:
    """When it answers and lets databases be made, as Django's test runner does."""
    configure(postgres_settings)
    with open_server("auto", PROJECT) as server:
        assert server.settings["HOST"] == postgres_settings["HOST"]
        assert server.description.startswith("PostgreSQL ")
        assert server.choice_reason == (
            "auto: the server of 'project' lets create databases"
        )


def test_auto_goes_on_to_embedded(
    configure: Configure, postgres_settings: dict[str, Any]
) -> None:
    """The reason says why the project's own was not taken."""
    configure(unreachable(postgres_settings))
    with open_server("auto", PROJECT) as server:
        assert server.description.startswith("embedded PostgreSQL ")
        assert server.choice_reason == "auto: the server of 'project' does not answer"


def test_auto_without_the_right_to_create(
    configure: Configure, postgres_settings: dict[str, Any]
) -> None:
    """A role that may not create databases is a reason to go on."""
    with connect_as_administrator(postgres_settings) as cursor:
        cursor.execute("CREATE ROLE modest LOGIN")
        configure({**postgres_settings, "USER": "modest"})
        with open_server("auto", PROJECT) as server:
            assert server.description.startswith("embedded PostgreSQL ")
            assert 'Role "modest" may not create databases' in server.choice_reason
        cursor.execute("DROP ROLE modest")


def test_a_server_that_refused_is_not_asked_for_its_major(
    configure: Configure, postgres_settings: dict[str, Any]
) -> None:
    """A wrong password is tried once: some servers lock the role."""
    configure(unreachable(postgres_settings))

    def fail() -> int:
        raise AssertionError

    with open_server("auto", PROJECT, find_major=fail) as server:
        assert server.description.startswith("embedded PostgreSQL ")


def test_auto_goes_on_to_docker(
    configure: Configure, postgres_settings: dict[str, Any], docker_url: str
) -> None:
    """When no programs on the machine have what is needed."""
    configure(postgres_settings)
    major = int(docker_url.rpartition("/")[2])
    with open_server(
        "auto",
        PROJECT,
        extensions=["nowhere"],
        find_major=lambda: major,
        sharing="never",
    ) as server:
        assert server.description.partition(", ")[2].startswith(
            "Docker container of postgres:"
        )
        assert "embedded: No PostgreSQL on this machine has" in server.choice_reason


@pytest.mark.usefixtures("no_docker")
def test_auto_finds_nothing(
    configure: Configure, postgres_settings: dict[str, Any]
) -> None:
    """The error lists every attempt with its reason, and holds no password."""
    configure(unreachable(postgres_settings))
    with pytest.raises(Unreachable) as caught:
        open_server("auto", PROJECT, extensions=["nowhere"]).__enter__()
    for attempt in (
        "the server of 'project': ",
        "embedded: ",
        f"{DEFAULT_IMAGE_URL}: ",
    ):
        assert f"\n  {attempt}" in caught.value.message
    assert "hush" not in str(caught.value)
    assert "pip install" in caught.value.hint


def test_embedded(configure: Configure, postgres_settings: dict[str, Any]) -> None:
    """Asked for by name, it needs no reason."""
    configure(unreachable(postgres_settings))
    with open_server("embedded", PROJECT) as server:
        assert server.description.startswith("embedded PostgreSQL ")
        assert not server.choice_reason


def test_docker(
    configure: Configure, postgres_settings: dict[str, Any], docker_url: str
) -> None:
    """A URL of Docker's."""
    configure(unreachable(postgres_settings))
    with open_server(docker_url, PROJECT) as server:
        assert server.description.partition(", ")[2].startswith(
            "Docker container of postgres:"
        )


def test_a_server_by_its_url(
    configure: Configure, postgres_settings: dict[str, Any]
) -> None:
    """Databases are made there; the project's own is not asked."""
    configure(unreachable(postgres_settings))
    url = f"postgres://postgres@/postgres?host={postgres_settings['HOST']}"
    with open_server(url, PROJECT) as server:
        assert server.settings["HOST"] == postgres_settings["HOST"]
        assert not server.choice_reason


def test_a_wrong_password(
    configure: Configure, postgres_settings: dict[str, Any], docker_url: str
) -> None:
    """Refused by the server: no retry, and the password is nowhere in the error."""
    configure(postgres_settings)
    with open_server(docker_url, PROJECT) as server:
        port = server.settings["PORT"]
        url = f"postgres://postgres:hush@127.0.0.1:{port}/postgres"
        with pytest.raises(ConfigError, match="password authentication") as caught:
            open_server(url, PROJECT).__enter__()
    assert "hush" not in str(caught.value)


def test_sqlite_is_in_memory() -> None:
    """A SQLite alias needs no server, whatever it is called."""
    for dev in ("auto", "sqlite"):
        with open_server(dev, DEFAULT_DB_ALIAS) as server:
            assert server.settings["NAME"] == ":memory:"
            assert server.description == "SQLite in memory"


@pytest.mark.parametrize("dev", ["embedded", "postgres://user:hush@host/db"])
def test_a_server_for_sqlite_is_refused(dev: str) -> None:
    """It would have no effect, so it is not ignored."""
    with pytest.raises(ConfigError, match="always in memory") as caught:
        open_server(dev, DEFAULT_DB_ALIAS).__enter__()
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("dev", ["sqlite", "mysql://user:hush@host/db", "hush"])
def test_an_unknown_form(
    configure: Configure, postgres_settings: dict[str, Any], dev: str
) -> None:
    """The known ones are listed."""
    configure(postgres_settings)
    with pytest.raises(ConfigError, match="cannot be a dev database") as caught:
        open_server(dev, PROJECT).__enter__()
    assert "docker://postgres/17" in caught.value.hint
    assert "hush" not in str(caught.value)


def test_in_another_thread() -> None:
    """Where no signal handler may be set, it works without."""
    found: list[str] = []

    def opened() -> None:
        with open_server("auto", DEFAULT_DB_ALIAS) as server:
            found.append(server.description)

    thread = threading.Thread(target=opened)
    thread.start()
    thread.join()
    assert found == ["SQLite in memory"]


def test_the_major_of_the_target_is_part_of_a_named_servers_stamp(
    configure: Configure, postgres_settings: dict[str, Any]
) -> None:
    """A difference deserves a warning, so what was found for one is not for the other."""
    configure(postgres_settings)
    url = "postgres://{USER}:{PASSWORD}@/postgres?host={HOST}&port={PORT}".format(
        **postgres_settings
    )

    def read_text(major: int | None) -> str:
        stamp = find_dev_stamp(url, PROJECT, find_major=lambda: major, sharing="first")
        assert stamp is not None
        return stamp.text

    assert len({read_text(None), read_text(16), read_text(17)}) == 3
    assert read_text(17) == read_text(17)
