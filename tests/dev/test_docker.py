"""Containers on the real Docker engine: tied to their command, or kept on request."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from schema_migrations.dev.docker import LABEL, run_image
from schema_migrations.errors import ConfigError, Unreachable
from tests.fixtures.children import hold_dev_database, wait_until

if TYPE_CHECKING:
    from schema_migrations.dev.server import DevServer


def asked(server: DevServer, question: str) -> object:
    settings = server.settings
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname=settings["NAME"],
    ) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row
        return row[0]


def published(client: Any, port: str) -> list[Any]:
    """The container of ours, running or not, that has this port of the host."""
    ours = client.containers.list(
        all=True, filters={"label": LABEL}, ignore_removed=True
    )
    return [
        container
        for container in ours
        for places in container.ports.values()
        if places and places[0]["HostPort"] == port
    ]


def test_it_answers_and_is_gone_after(docker_client: Any, docker_url: str) -> None:
    """A real server of that tag, on loopback, on tmpfs, without durability."""
    with run_image(docker_url) as server:
        major = docker_url.rpartition("/")[2]
        assert str(asked(server, "SHOW server_version")).startswith(major)
        assert server.description.startswith(f"PostgreSQL {major}.")
        number = asked(server, "SHOW server_version_num")
        assert server.major == int(str(number)) // 10000
        assert asked(server, "SHOW fsync") == "off"
        assert server.settings["HOST"] == "127.0.0.1"
        (container,) = published(docker_client, server.settings["PORT"])
        assert container.attrs["HostConfig"]["Tmpfs"]
        (place,) = container.ports["5432/tcp"]
        assert place["HostIp"] == "127.0.0.1"
    assert not docker_client.containers.list(
        all=True, filters={"id": container.id}, ignore_removed=True
    )


def test_the_named_database(docker_url: str) -> None:
    """The last part of the URL is the database that is connected to."""
    with run_image(f"{docker_url}/shop") as server:
        assert asked(server, "SELECT current_database()") == "shop"


def test_the_password_is_not_shown(docker_url: str) -> None:
    """Neither in the description nor in a traceback's print of the value."""
    with run_image(docker_url) as server:
        assert server.settings["PASSWORD"] not in f"{server} {server.description}"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(
    docker_client: Any, docker_url: str, how: signal.Signals
) -> None:
    """The container is removed before the command is over."""
    with hold_dev_database(docker_url) as (child, told):
        child.send_signal(how)
        child.wait(timeout=60)
        assert child.returncode
        assert not published(docker_client, told["settings"]["PORT"])


def test_kill_9_ends_it(docker_client: Any, docker_url: str) -> None:
    """The lifeline ends with the command, and the container with the lifeline."""
    with hold_dev_database(docker_url) as (child, told):
        port = told["settings"]["PORT"]
        assert published(docker_client, port)
        child.kill()
        child.wait(timeout=60)
    assert wait_until(lambda: not published(docker_client, port))


def test_concurrent_runs_do_not_meet(docker_url: str) -> None:
    """Each has a container of its own."""
    with run_image(docker_url) as one, run_image(docker_url) as other:
        assert one.settings["PORT"] != other.settings["PORT"]
        assert asked(one, "SELECT 1") == asked(other, "SELECT 1")


def test_leftovers_are_swept(docker_client: Any, docker_url: str) -> None:
    """A container whose command is dead goes at the next start; a living one stays."""
    with run_image(docker_url) as living:
        image = published(docker_client, living.settings["PORT"])[0].attrs["Image"]
        labels = published(docker_client, living.settings["PORT"])[0].labels
        left = docker_client.containers.create(
            image, labels={**labels, f"{LABEL}.pid": "999999999"}
        )
        with run_image(docker_url):
            found = docker_client.containers.list(all=True, ignore_removed=True)
        assert left.id not in {container.id for container in found}
        assert asked(living, "SELECT 1") == 1


def test_kept(docker_client: Any, docker_url: str) -> None:
    """``?keep=1``: later commands find the same container; a sweep leaves it alone."""
    url = f"{docker_url}/kept?keep=1"
    try:
        with run_image(url) as first:
            asked(first, "SELECT 1")
        with run_image(docker_url) as temporary:
            assert not temporary.is_shared
        with run_image(url) as second:
            assert second.settings == first.settings
            assert second.is_shared
            asked(second, "SELECT 1")
    finally:
        for container in published(docker_client, first.settings["PORT"]):
            container.remove(force=True, v=True)


def test_a_server_that_does_not_start(docker_client: Any, docker_url: str) -> None:
    """The error holds the container's last words."""
    made = docker_client.containers.create(f"postgres:{docker_url.rpartition('/')[2]}")
    try:
        made.commit(
            "dsm-test",
            "broken",
            changes=['ENTRYPOINT ["/bin/sh", "-c", "echo no disk >&2; exit 3"]'],
        )
    finally:
        made.remove()
    try:
        with (
            pytest.raises(Unreachable, match=r"it ended[^x]*no disk"),
            run_image("docker+postgres://_/dsm-test:broken/dev"),
        ):
            pytest.fail("it must not come up")
    finally:
        docker_client.images.remove("dsm-test:broken")


def test_an_image_that_cannot_be_pulled(docker_client: Any) -> None:
    """Said before it is tried; then the error names the image."""
    lines: list[str] = []
    with (
        pytest.raises(Unreachable, match=r"image 127\.0\.0\.1:1/none:1 is not on this"),
        run_image("docker+postgres://127.0.0.1:1/none:1/dev", report=lines.append),
    ):
        pytest.fail("there is no such registry")
    assert lines == [
        "Pulling the image 127.0.0.1:1/none:1, which is not on this machine yet."
    ]


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("tcp://127.0.0.1:1", "refused"),
        ("unix:///nowhere/docker.sock", "/nowhere/docker.sock: No such file"),
        ("nonsense", "Invalid bind address"),
    ],
)
def test_no_daemon(monkeypatch: pytest.MonkeyPatch, host: str, said: str) -> None:
    """A retry is safe, hence exit code 5."""
    pytest.importorskip("docker")
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(Unreachable, match=f"No Docker daemon.*{said}") as caught:
        run_image("docker://postgres/17").__enter__()
    assert "e.g. embedded" in caught.value.hint


def test_no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint is the command that installs it."""
    monkeypatch.setitem(sys.modules, "docker", None)
    with pytest.raises(ConfigError) as caught:
        run_image("docker://postgres/17").__enter__()
    assert 'pip install "django-schema-migrations[docker]"' in caught.value.hint
