"""Run the dev server ``docker://…``: a container that ends with the command.

Invariant: unless it is to be kept, a container lives only as long as its attached
standard input (the lifeline), which only this process holds: however the command ends,
the container ends too.  The Docker SDK is imported here only, and only when needed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import time
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from schema_migrations.dev.image import (
    ContainerImage,
    host_from_daemon_address,
    parse_image_url,
)
from schema_migrations.dev.server import DevServer
from schema_migrations.engines.probe import ServerVersion
from schema_migrations.errors import DevServerUnreachable, DevServerUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_migrations.engines.connection import DatabaseSettings

LABEL = "django-schema-migrations"
LOOPBACK_ADDRESS = "127.0.0.1"
START_SECONDS = 60.0

# When standard input ends, `cat` ends and the server is killed; the container's first
# process ends with it, and so does the container.  When the server fails by itself, the
# container stays for a second so that its output can be read.
_LIFELINE_SCRIPT = """
exec 3<&0
"$@" 3<&- & server=$!
{ cat <&3 >/dev/null; kill -KILL $server; } &
wait $server || { status=$?; sleep 1; exit $status; }
"""

# See THROWAWAY_SETTINGS in cluster.py for the reasons.
_SERVER_SETTINGS = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_locks_per_transaction=1024",
)
_SERVER_COMMAND = [
    "postgres",
    *(part for option in _SERVER_SETTINGS for part in ("-c", option)),
]


@contextmanager
def run_image(
    url: str, *, report: Callable[[str], None] = lambda line: None
) -> Iterator[DevServer]:
    """Run a PostgreSQL image; ``report`` gets a line before an image is pulled.

    Raises ``ConfigError`` (bad URL, no SDK, unknown image) or ``Unreachable``.
    """
    image = parse_image_url(url)
    with connect_to_daemon() as client:
        _remove_leftovers(client)
        _pull_if_absent(client, image, report)
        run = _run_kept_container if image.is_kept else _run_temporary_container
        with run(client, image) as container:
            settings, version = _await_server(container, image)
            yield DevServer(
                settings=settings,
                description=f"{version.text}, Docker container of {image.reference}",
                major=version.major,
                is_shared=image.is_kept,  # with the commands to come
            )


@contextmanager
def connect_to_daemon() -> Iterator[Any]:
    """Yield the SDK's client; raise its errors as ``ConfigError`` or ``Unreachable``."""
    try:
        import docker as sdk
        from requests.exceptions import RequestException
    except ImportError:
        raise DevServerUnusable(
            problem="The Docker SDK for Python is not installed.",
            remedy='Run pip install "django-schema-migrations[docker]"',
        ) from None
    failures = (sdk.errors.DockerException, RequestException)
    try:
        _check_daemon_socket(sdk.utils.parse_host(_find_daemon_address()))
        client = sdk.from_env(timeout=60)
    except (*failures, OSError) as problem:
        raise DevServerUnreachable(
            problem=f"No Docker daemon answers: {_join_lines(problem)}",
            remedy="Start Docker, set DOCKER_HOST",
            other="embedded",
        ) from None
    with contextlib.closing(client):
        try:
            yield client
        except failures as problem:
            raise DevServerUnreachable(
                problem=f"Docker failed: {_join_lines(problem)}",
                remedy="Check `docker info`",
                other="embedded",
            ) from problem


def _find_daemon_address() -> str | None:
    """Return the address where the SDK looks for the daemon; None: the system default."""
    from docker.context import ContextAPI

    context = ContextAPI.kwargs_from_context(environment=os.environ)
    return os.environ.get("DOCKER_HOST") or context.get("base_url")


def _check_daemon_socket(address: str) -> None:
    """Raise ``OSError`` when nobody listens on the daemon's socket file.

    The SDK would then leave its own socket open: https://github.com/docker/docker-py/pull/3356
    """
    scheme, _, path = address.partition("://")
    if scheme != "http+unix":
        return
    path = f"/{path.lstrip('/')}"
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(START_SECONDS)
        try:
            client.connect(path)
        except OSError as problem:
            raise OSError(f"{path}: {problem.strerror or problem}") from None


@contextmanager
def _run_temporary_container(client: Any, image: ContainerImage) -> Iterator[Any]:
    """Hold a new container, which is removed at the end."""
    from docker.errors import APIError

    container = client.containers.create(
        **_build_container_settings(image),
        entrypoint=["/bin/sh", "-c", _LIFELINE_SCRIPT, "sh"],
        command=[*_read_entrypoint(client, image), *_SERVER_COMMAND],
        stdin_open=True,
    )
    try:
        with _hold_lifeline(container):
            container.start()
            yield container
    finally:
        # The end of the lifeline may have removed it already; wait in both cases.
        with contextlib.suppress(APIError):
            container.remove(force=True, v=True)
        with contextlib.suppress(APIError):
            container.wait(condition="removed", timeout=30)


@contextmanager
def _hold_lifeline(container: Any) -> Iterator[None]:
    stream = container.attach_socket(params={"stdin": 1, "stream": 1})
    # The SDK keeps the response on the stream; closing it leaves the inner socket open.
    inner = getattr(stream, "_sock", stream)
    response = getattr(stream, "_response", stream)
    with contextlib.closing(inner), contextlib.closing(response):
        yield


@contextmanager
def _run_kept_container(client: Any, image: ContainerImage) -> Iterator[Any]:
    """Yield the one container of this image that outlives commands; create it if absent.

    Its name is unique, so only one of two simultaneous commands creates it.
    """
    from docker.errors import APIError

    name = f"{LABEL}-{image.reference}-{image.database}"
    name = name.translate(str.maketrans("/:@", "---"))
    try:
        client.containers.create(
            **_build_container_settings(image), name=name, command=_SERVER_COMMAND
        )
    except APIError as problem:
        if problem.status_code != HTTPStatus.CONFLICT:
            raise
    container = client.containers.get(name)
    container.start()  # no error if it is running
    yield container


def _build_container_settings(image: ContainerImage) -> dict[str, Any]:
    """Return the SDK's arguments that both kinds of container share."""
    host = _choose_published_host(image)
    return {
        "image": image.reference,
        "environment": {
            "POSTGRES_USER": "postgres",
            "POSTGRES_PASSWORD": secrets.token_hex(16),
            "POSTGRES_DB": image.database,
            "POSTGRES_INITDB_ARGS": "--no-sync",
            # In a folder of our own: each image has another default.
            "PGDATA": "/dsm/pgdata",
        },
        "tmpfs": {"/dsm": "rw,mode=1777"},
        "labels": {
            LABEL: "kept" if image.is_kept else "dev",
            f"{LABEL}.host": socket.gethostname(),
            f"{LABEL}.pid": str(os.getpid()),
        },
        "ports": {
            "5432/tcp": (LOOPBACK_ADDRESS, None) if host == LOOPBACK_ADDRESS else None
        },
        "auto_remove": True,
    }


def _choose_published_host(image: ContainerImage) -> str:
    """Return the host on which the daemon's published ports are reached."""
    return image.published_host or host_from_daemon_address(
        _find_daemon_address() or ""
    )


def _read_entrypoint(client: Any, image: ContainerImage) -> list[str]:
    configured = client.images.get(image.reference).attrs["Config"].get("Entrypoint")
    return configured or ["docker-entrypoint.sh"]


def find_image_id(image: ContainerImage) -> str | None:
    """Return the digest of an image on this machine; None: it is not here yet.

    Raises ``ConfigError`` or ``Unreachable``.
    """
    with connect_to_daemon() as client:
        from docker.errors import ImageNotFound

        try:
            return str(client.images.get(image.reference).id)
        except ImageNotFound:
            return None


def _pull_if_absent(
    client: Any, image: ContainerImage, report: Callable[[str], None]
) -> None:
    from docker.errors import APIError, ImageNotFound, NotFound

    try:
        client.images.get(image.reference)
    except ImageNotFound:
        report(
            f"Pulling the image {image.reference}, which is not on this machine yet."
        )
    else:
        return
    try:
        client.images.pull(image.reference)
    except NotFound as problem:
        raise DevServerUnusable(
            problem=f"The image {image.reference} was not found: {_join_lines(problem)}",
            remedy="Check its name and tag. If it is private, run `docker login`",
        ) from None
    except APIError as problem:
        raise DevServerUnreachable(
            problem=f"The image {image.reference} is not on this machine "
            f"and could not be pulled: {_join_lines(problem)}",
            remedy="Check the network",
            other="embedded",
        ) from None


def _await_server(
    container: Any, image: ContainerImage
) -> tuple[DatabaseSettings, ServerVersion]:
    """Wait until the server accepts a session: its port is open long before."""
    import psycopg
    from docker.errors import APIError

    deadline = time.monotonic() + START_SECONDS
    output, refusal = "", "its port was not published"
    while time.monotonic() < deadline:
        try:
            container.reload()
            output = container.logs(tail=20).decode(errors="replace") or output
            if settings := _read_server_settings(container, image):
                return settings, _try_connecting(settings)
        except psycopg.OperationalError as problem:
            refusal = _join_lines(problem)
        except APIError:  # being removed, or already removed
            refusal = "it ended"
            break
        time.sleep(0.1)
    last = "\n".join(output.strip().splitlines()[-5:]) or "no output"
    raise DevServerUnreachable(
        problem=f"The container of {image.reference} did not become ready ({refusal}):\n{last}",
        remedy="If containers are reached under another host name, add ?host=NAME to the"
        " URL",
        other="embedded",
    )


def _read_server_settings(
    container: Any, image: ContainerImage
) -> DatabaseSettings | None:
    published = container.ports.get("5432/tcp")
    if not published:
        return None
    environment = container.attrs["Config"]["Env"]
    password = dict(entry.partition("=")[::2] for entry in environment)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": image.database,
        "USER": "postgres",
        "PASSWORD": password["POSTGRES_PASSWORD"],
        "HOST": _choose_published_host(image),
        "PORT": published[0]["HostPort"],
        "OPTIONS": {},
    }


def _try_connecting(settings: DatabaseSettings) -> ServerVersion:
    """Open a session and close it; return the version that the server began with."""
    import psycopg

    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname=settings["NAME"],
        connect_timeout=5,
    ) as connection:
        said = connection.info.parameter_status("server_version") or ""
        major = connection.info.server_version // 10000
        return ServerVersion(text=f"PostgreSQL {said.partition(' ')[0]}", major=major)


def _remove_leftovers(client: Any) -> None:
    """Remove the containers of commands that ended without removing them."""
    from docker.errors import APIError

    mine = [f"{LABEL}=dev", f"{LABEL}.host={socket.gethostname()}"]
    for container in client.containers.list(
        all=True, filters={"label": mine}, ignore_removed=True
    ):
        if not _is_alive(int(container.labels[f"{LABEL}.pid"])):
            with contextlib.suppress(APIError):  # already being removed
                container.remove(force=True, v=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _join_lines(problem: Exception) -> str:
    # The SDK's text of an API error also contains the daemon's internal URL.
    return " ".join(str(getattr(problem, "explanation", None) or problem).split())
