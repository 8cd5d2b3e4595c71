"""Another major version of the dev database is warned of, and the same one is not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures.postgresql import map_majors
from tests.fixtures.skips import skip_missing

if TYPE_CHECKING:
    from schema_migrations.dev.server import DevServer
    from tests.fixtures.project import CommandResult, Project

DEV_WARNING = "choose the same major version"
DRIFT_WARNING = "choose the same one with --dev"
Look = Callable[[str, "DevServer"], tuple["CommandResult", "CommandResult"]]


@pytest.fixture
def look(project: Project) -> Look:
    """A function that plans and looks for drift on a dev server, against a target's."""

    def run(dev: str, target: DevServer) -> tuple[CommandResult, CommandResult]:
        project.configure({**target.settings, "NAME": "postgres"}, DEV=dev, APPS=[])
        project.write("migrations/1.sql", "-- Nothing.\n")
        project.manage("schemahash")
        return project.manage("schemadiff"), project.manage("schemastatus", "--drift")

    return run


def url_of(server: DevServer) -> str:
    settings: dict[str, Any] = server.settings
    return f"postgres://{settings['USER']}@/postgres?host={settings['HOST']}"


def test_a_server_by_its_url(
    look: Look, pg_servers: Callable[[int], DevServer]
) -> None:
    majors = sorted(map_majors())
    if len(majors) < 2:
        skip_missing("two PostgreSQL majors")
    old, new = pg_servers(majors[0]), pg_servers(majors[-1])

    for dev, warns in ((old, True), (new, False)):
        diff, drift = look(url_of(dev), new)
        assert (diff.code, drift.code) == (0, 0), diff.err + drift.err
        assert (DEV_WARNING in diff.err, DRIFT_WARNING in drift.err) == (warns, warns)


def test_a_container(
    look: Look, docker_url: str, pg_servers: Callable[[int], DevServer]
) -> None:
    major = int(docker_url.rpartition("/")[2])
    if len(map_majors()) < 2 or major not in map_majors():
        skip_missing(f"PostgreSQL {major} and another")
    other = next(each for each in map_majors() if each != major)

    for target, warns in ((major, False), (other, True)):
        diff, drift = look(docker_url, pg_servers(target))
        assert (diff.code, drift.code) == (0, 0), diff.err + drift.err
        assert (DEV_WARNING in diff.err, DRIFT_WARNING in drift.err) == (warns, warns)
        assert f"PostgreSQL {major}." in diff.out


def test_a_refused_password_is_tried_once(
    project: Project, primary: dict[str, Any]
) -> None:
    """The target's version is not asked for where the server just refused."""
    project.configure({**primary, "NAME": "app", "USER": "app", "PASSWORD": "wr0ng"})
    log = Path(primary["HOST"], "log")
    said = 'FATAL:  password authentication failed for user "app"'
    before = log.read_text().count(said)

    ran = project.manage("schemadiff", "--dry-run")

    assert ran.code == 0, ran.err
    assert "embedded PostgreSQL" in ran.out
    assert log.read_text().count(said) == before + 1


@pytest.fixture
def silent_port() -> Iterator[tuple[int, list[socket.socket]]]:
    """A port where connections are accepted and never answered, and those there were."""
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    accepted.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], accepted
        server.shutdown(socket.SHUT_RDWR)
    for connection in accepted:
        connection.close()


@pytest.mark.parametrize("entry", [{"DEV": "embedded"}, {"PRIVILEGES": "compare"}])
def test_an_unreachable_target_is_waited_for_once(
    project: Project,
    primary: dict[str, Any],
    silent_port: tuple[int, list[socket.socket]],
    entry: dict[str, str],
) -> None:
    """With ``PRIVILEGES``, ``auto`` tries the target's server last."""
    port, accepted = silent_port
    project.configure({**primary, "HOST": "127.0.0.1", "PORT": port}, **entry)

    ran = project.manage("schemadiff", "--dry-run")

    assert ran.code == 0, ran.err
    assert "embedded PostgreSQL" in ran.out
    assert len(accepted) == 1
