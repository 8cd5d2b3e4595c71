"""Atlas's URL forms for container images."""

from __future__ import annotations

import pytest

from schema_migrations.dev.image import (
    ContainerImage,
    host_from_daemon_address,
    is_docker_url,
    parse_image_url,
)
from schema_migrations.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "reference", "database"),
    [
        ("docker://postgres/17", "postgres:17", "postgres"),
        ("docker://postgres/17/dev", "postgres:17", "dev"),
        ("docker://postgis/16-3.4", "postgis/postgis:16-3.4", "postgres"),
        ("docker://pgvector/pg17/dev", "pgvector/pgvector:pg17", "dev"),
        ("docker+postgres://_/postgres:15/dev", "postgres:15", "dev"),
        ("docker+postgres:///postgres:15", "postgres:15", "postgres"),
        ("docker+postgres://ghcr.io/a/b:1.2/dev", "ghcr.io/a/b:1.2", "dev"),
        ("docker+postgres://here:5000/pg:15/dev", "here:5000/pg:15", "dev"),
        ("docker+postgres://here:5000/a/pg:15", "here:5000/a/pg:15", "postgres"),
        ("docker+postgres://org/pg@sha256:abc/dev", "org/pg@sha256:abc", "dev"),
    ],
)
def test_forms(url: str, reference: str, database: str) -> None:
    """Each form names an image and a database."""
    assert parse_image_url(url) == ContainerImage(
        reference=reference, database=database
    )


def test_options() -> None:
    """``keep`` and ``host`` are ours; Atlas's ``search_path`` is accepted."""
    image = parse_image_url(
        "docker://postgres/17?keep=1&host=docker&search_path=public"
    )
    assert image == ContainerImage(
        reference="postgres:17",
        database="postgres",
        is_kept=True,
        published_host="docker",
    )
    assert not parse_image_url("docker://postgres/17?keep=0").is_kept


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("docker://mysql/8", "unknown image 'mysql'"),
        ("docker://postgres", "the version is missing"),
        ("docker://postgres/17/dev/more", "too many parts"),
        ("docker://postgres/17?kep=1", "unknown option kep"),
        ("docker+postgres://org/image/dev", "the image's tag is missing"),
        ("docker+postgres://_/postgres:15/dev/more", "too many parts"),
    ],
)
def test_wrong_urls(url: str, message: str) -> None:
    """The error quotes the URL, names what is wrong, and hints at a right one."""
    with pytest.raises(ConfigError, match=message) as caught:
        parse_image_url(url)
    assert url in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "url", ["docker://me:hunter2@postgres/17", "docker+postgres://me:hunter2@h/i:1/d"]
)
def test_an_account_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="names an account") as caught:
        parse_image_url(url)
    assert "hunter2" not in str(caught.value)


def test_schemes() -> None:
    """Only the two Docker schemes are Docker's."""
    assert is_docker_url("docker://postgres/17")
    assert is_docker_url("docker+postgres://_/postgres:15")
    assert not is_docker_url("postgres://docker/db")
    assert not is_docker_url("docker")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("", "127.0.0.1"),
        ("unix:///var/run/docker.sock", "127.0.0.1"),
        ("npipe:////./pipe/docker_engine", "127.0.0.1"),
        ("tcp://localhost:2375", "127.0.0.1"),
        ("tcp://build.example:2376", "build.example"),
        ("ssh://ops@build.example", "build.example"),
        ("https://10.0.0.7:2376", "10.0.0.7"),
    ],
)
def test_daemon_host(address: str, host: str) -> None:
    """A published port is reached where the daemon runs."""
    assert host_from_daemon_address(address) == host
