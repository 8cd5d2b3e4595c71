"""Open the dev server that ``DEV`` names; ``auto`` tries several in turn.

Invariant: every opened server is closed, even when the command is interrupted or
terminated, and no message contains a password.
"""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from django.db import connections

from schema_migrations.dev.existing_server import CONNECT_SECONDS, describe_existing
from schema_migrations.dev.image import DEFAULT_IMAGE_URL, is_docker_url
from schema_migrations.dev.server import DevServer
from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import (
    ConfigError,
    ConnectionRefused,
    DevServersDown,
    DevServerUnusable,
    NoDevServer,
    SchemaMigrationsError,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from contextlib import AbstractContextManager

    from schema_migrations.engines.connection import DatabaseSettings
    from schema_migrations.engines.engine import Engine

Sharing = Literal["first", "last", "never"]
MEMORY = ":memory:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRequest:
    """The requirements that a dev server should meet."""

    alias: str
    engine: Engine
    settings: DatabaseSettings
    """The settings of the alias."""
    extensions: Collection[str] = ()
    """``embedded`` chooses programs that have them."""
    find_major: Callable[[], int | None] = lambda: None
    """Ask for the target's major version, which ``auto`` and ``embedded`` prefer."""
    sharing: Sharing = "first"
    """When ``auto`` tries the project's own server: it is shared with other databases."""
    report: Callable[[str], None] = lambda line: None
    """Gets a line before a slow step."""


@contextmanager
def open_server(
    dev: str,
    alias: str,
    *,
    extensions: Collection[str] = (),
    find_major: Callable[[], int | None] = lambda: None,
    sharing: Sharing = "first",
    report: Callable[[str], None] = lambda line: None,
) -> Iterator[DevServer]:
    """Hold a dev server for scratch databases of the alias's kind; close it at the end.

    ``sharing`` says when ``auto`` tries the project's own server; ``find_major`` is
    called before another one is chosen, unless that server just did not let anyone in.
    Raises ``ConfigError`` or ``Unreachable``; after ``auto`` they list every attempt.
    """
    request = ServerRequest(
        alias=alias,
        engine=engine_for(connections[alias].vendor),
        settings=connections[alias].settings_dict,
        extensions=extensions,
        find_major=find_major,
        sharing=sharing,
        report=report,
    )
    with _exit_on_signals(), ExitStack() as stack:
        if request.engine.probe.check_server is None:
            yield _make_memory_server(dev, request)
        elif dev == "auto":
            yield _open_first_available(request, stack)
        else:
            yield stack.enter_context(_open_requested(dev, request))


def _make_memory_server(dev: str, request: ServerRequest) -> DevServer:
    if dev not in {"auto", "sqlite"} and not _names_memory(dev, request):
        raise DevServerUnusable(
            problem=f"The dev database of the {request.engine.vendor} database"
            f" {request.alias!r} is always in memory: {dev.partition('://')[0]!r} is not"
            " possible.",
            remedy='Leave it out, or say "sqlite"',
        )
    return DevServer(
        settings={"ENGINE": request.engine.addresses.backend, "NAME": MEMORY},
        description="SQLite in memory",
    )


def _names_memory(dev: str, request: ServerRequest) -> bool:
    """Tell whether a URL names a database in memory: ``sqlite://dev?mode=memory``."""
    addresses = request.engine.addresses
    scheme, separator, _ = dev.partition("://")
    if not separator or scheme.lower() not in addresses.schemes:
        return False
    return bool(addresses.settings_from_url(dev, {})["NAME"] == MEMORY)


def _open_requested(
    dev: str, request: ServerRequest
) -> AbstractContextManager[DevServer]:
    scheme, separator, _ = dev.partition("://")
    if dev == "embedded":
        return _open_embedded(request, request.find_major())
    if is_docker_url(dev):
        return _open_container(dev, request)
    if separator and scheme.lower() in request.engine.addresses.schemes:
        return _open_existing(
            request.engine.addresses.settings_from_url(dev, request.settings), request
        )
    # Safe to show: text before "://" is a scheme, never a piece of a password.
    named = f"{scheme}://" if separator else "The value of DEV"
    raise DevServerUnusable(
        problem=f"{named} cannot be a dev database for the {request.engine.vendor}"
        f" database {request.alias!r}.",
        remedy=f"Use auto, embedded, {DEFAULT_IMAGE_URL} or postgres://user@host/db",
    )


def _open_first_available(request: ServerRequest, stack: ExitStack) -> DevServer:
    """Open the first form of dev server that works.

    Any error, even a wrong password, only leads to the next form: a dev database need not
    be on the project's server, and the command says why it is not.
    """
    options = {
        "connect_timeout": CONNECT_SECONDS,
        **(request.settings.get("OPTIONS") or {}),
    }
    shared = f"the server of {request.alias!r}"
    own = ["embedded", "docker"]
    order = {"first": [shared, *own], "last": [*own, shared], "never": own}
    failures: list[tuple[str, SchemaMigrationsError]] = []
    major: int | None = None
    for form in order[request.sharing]:
        refused = _has_no_access(shared, failures)
        if form != shared and major is None and not refused:
            major = request.find_major()
        image = f"docker://postgres/{major}" if major else DEFAULT_IMAGE_URL
        name = image if form == "docker" else form
        try:
            if form == shared:
                settings = {**request.settings, "OPTIONS": options}
                server = stack.enter_context(_open_existing(settings, request))
            elif form == "embedded":
                server = stack.enter_context(_open_embedded(request, major))
            else:
                server = stack.enter_context(_open_container(image, request))
        except (ConfigError, Unreachable) as problem:
            failures.append((name, problem))
        else:
            reason = _explain_choice(name, failures, request.sharing)
            is_known = name == shared or _has_no_access(shared, failures)
            return replace(server, choice_reason=reason, probes_target=not is_known)
    is_down = any(problem.retryable for _, problem in failures)
    raise (DevServersDown if is_down else NoDevServer)(
        tried=tuple(f"{form}: {problem.message}" for form, problem in failures)
    )


def _has_no_access(
    shared: str, failures: list[tuple[str, SchemaMigrationsError]]
) -> bool:
    """Tell whether the project's own server refused us or did not answer."""
    return any(
        form == shared and isinstance(problem, ConnectionRefused | Unreachable)
        for form, problem in failures
    )


def _explain_choice(
    name: str, failures: list[tuple[str, SchemaMigrationsError]], sharing: Sharing
) -> str:
    if sharing == "last" and not failures:
        return f"auto: {name}, since SQL files act on more than a database"
    if sharing == "never" and not failures:
        return f"auto: {name}, which nobody else uses"
    if not failures:
        return f"auto: {name} lets create databases"
    attempts = "; ".join(
        f"{form} does not answer"
        if isinstance(problem, Unreachable)
        else f"{form}: {problem.message.splitlines()[0]}"
        for form, problem in failures
    )
    return f"auto: {attempts}"


@contextmanager
def _open_existing(
    settings: DatabaseSettings, request: ServerRequest
) -> Iterator[DevServer]:
    assert request.engine.probe.check_server is not None
    version = request.engine.probe.check_server(settings, request.alias)
    yield DevServer(
        settings=settings,
        description=describe_existing(version, settings),
        major=version.major,
        is_shared=True,
    )


@contextmanager
def _open_embedded(request: ServerRequest, major: int | None) -> Iterator[DevServer]:
    if sys.platform == "win32":
        raise DevServerUnusable(
            problem="The embedded PostgreSQL does not run on Windows.",
            other=DEFAULT_IMAGE_URL,
        )
    # Imported here: the import itself fails on Windows.
    from schema_migrations.dev.embedded import run_embedded_server

    with run_embedded_server(major=major, extensions=request.extensions) as server:
        yield server


def _open_container(
    url: str, request: ServerRequest
) -> AbstractContextManager[DevServer]:
    from schema_migrations.dev.docker import run_image

    return run_image(url, report=request.report)


@contextmanager
def _exit_on_signals() -> Iterator[None]:
    """Make SIGTERM and SIGHUP unwind the stack, as Ctrl-C does, where nobody handles them."""

    def exit_now(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGTERM", "SIGHUP")
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    free = [number for number in known if signal.getsignal(number) is signal.SIG_DFL]
    for number in free:
        signal.signal(number, exit_now)
    try:
        yield
    finally:
        for number in free:
            signal.signal(number, signal.SIG_DFL)
