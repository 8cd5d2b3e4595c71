"""Open the server that ``DEV`` or ``--dev`` asks for; ``auto`` tries one after another.

Invariant: what was opened is closed, also when the command is interrupted or asked to
terminate; and no message holds a password.
"""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import connections

from schema_migrations.dev.image import is_docker_url
from schema_migrations.dev.server import DevServer
from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import ConfigError, SchemaMigrationsError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from contextlib import AbstractContextManager

    from schema_migrations.engines.engine import DatabaseSettings, Engine

DEFAULT_IMAGE_URL = "docker://postgres/17"
CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRequest:
    """What the server is for."""

    alias: str
    engine: Engine
    settings: DatabaseSettings
    """The alias's own."""
    extensions: Collection[str] = ()
    """``embedded`` takes programs that have them."""
    major: int | None = None
    """The target's, where it is known: the nearest to it is the best."""
    report: Callable[[str], None] = lambda line: None
    """Gets a line before something slow begins."""


@contextmanager
def open_server(
    dev: str,
    alias: str,
    *,
    extensions: Collection[str] = (),
    major: int | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Iterator[DevServer]:
    """Open a place for scratch databases of the alias's kind; closed at the end.

    Raises ``ConfigError`` or ``Unreachable``; from ``auto`` with every attempt made.
    """
    wish = ServerRequest(
        alias=alias,
        engine=engine_for(connections[alias].vendor),
        settings=connections[alias].settings_dict,
        extensions=extensions,
        major=major,
        report=report,
    )
    with _exit_on_signals(), ExitStack() as stack:
        if wish.engine.check_server is None:
            yield _make_memory_server(dev, wish)
        elif dev == "auto":
            yield _open_first_available(wish, stack)
        else:
            yield stack.enter_context(_open_requested(dev, wish))


def _make_memory_server(dev: str, request: ServerRequest) -> DevServer:
    if dev not in {"auto", "sqlite"}:
        raise ConfigError(
            f"The dev database of the {request.engine.vendor} database {request.alias!r} "
            f"is always in memory; {dev.partition('://')[0]!r} has no effect on it.",
            hint='Leave DEV and --dev out, or say "sqlite".',
        )
    return DevServer(
        settings={"ENGINE": request.engine.backend, "NAME": ":memory:"},
        description="SQLite in memory",
    )


def _open_requested(
    dev: str, request: ServerRequest
) -> AbstractContextManager[DevServer]:
    scheme, separator, _ = dev.partition("://")
    if dev == "embedded":
        return _open_embedded(request)
    if is_docker_url(dev):
        return _open_container(dev, request)
    if separator and scheme.lower() in request.engine.schemes:
        return _open_existing(
            request.engine.settings_from_url(dev, request.settings), request
        )
    raise ConfigError(
        # Without "://" it might be a piece of a password; a scheme is safe to show.
        f"{f'{scheme}://' if separator else 'This'} is no dev database for the "
        f"{request.engine.vendor} database {request.alias!r}.",
        hint=f"Known: auto, embedded, {DEFAULT_IMAGE_URL}, postgres://user@host/db.",
    )


def _open_first_available(request: ServerRequest, stack: ExitStack) -> DevServer:
    """The first form that opens; a wrong password, too, only leads to the next one.

    A dev database does not have to be on the project's server, and the command says
    why it is not.
    """
    options = {
        "connect_timeout": CONNECT_SECONDS,
        **(request.settings.get("OPTIONS") or {}),
    }
    image = f"docker://postgres/{request.major}" if request.major else DEFAULT_IMAGE_URL
    forms: tuple[tuple[str, Callable[[], AbstractContextManager[DevServer]]], ...] = (
        (
            f"the server of {request.alias!r}",
            lambda: _open_existing({**request.settings, "OPTIONS": options}, request),
        ),
        ("embedded", lambda: _open_embedded(request)),
        (image, lambda: _open_container(image, request)),
    )
    failures: list[tuple[str, SchemaMigrationsError]] = []
    for name, form in forms:
        try:
            server = stack.enter_context(form())
        except (ConfigError, Unreachable) as problem:
            failures.append((name, problem))
        else:
            return replace(server, choice_reason=_explain_choice(name, failures))
    raise _make_none_opened_error(failures)


def _explain_choice(
    name: str, failures: list[tuple[str, SchemaMigrationsError]]
) -> str:
    if not failures:
        return f"auto: {name} answers and lets databases be made"
    tried = "; ".join(
        f"{form} does not answer"
        if isinstance(problem, Unreachable)
        else f"{form}: {problem.message.splitlines()[0]}"
        for form, problem in failures
    )
    return f"auto: {tried}"


def _make_none_opened_error(
    failures: list[tuple[str, SchemaMigrationsError]],
) -> ConfigError | Unreachable:
    lines = [f"  {form}: {problem.message}" for form, problem in failures]
    message = "\n".join(["No dev database is to be had. Tried:", *lines])
    hint = (
        'The simplest cure: pip install "django-schema-migrations[embedded]". Or let the '
        "project's user create databases, or start Docker, or name a server: "
        "--dev postgres://user@host/db."
    )
    waiting = any(isinstance(problem, Unreachable) for _, problem in failures)
    return (Unreachable if waiting else ConfigError)(message, hint=hint)


@contextmanager
def _open_existing(
    settings: DatabaseSettings, request: ServerRequest
) -> Iterator[DevServer]:
    assert request.engine.check_server is not None
    version = request.engine.check_server(settings, request.alias)
    place = settings.get("HOST") or "the local socket"
    port = f":{settings['PORT']}" if settings.get("PORT") else ""
    yield DevServer(settings=settings, description=f"{version} at {place}{port}")


@contextmanager
def _open_embedded(request: ServerRequest) -> Iterator[DevServer]:
    if sys.platform == "win32":
        raise ConfigError(
            "There is no embedded PostgreSQL for Windows.",
            hint=f"Name another dev database, e.g. --dev {DEFAULT_IMAGE_URL}.",
        )
    # Not on Windows, where it could not even be imported.
    from schema_migrations.dev.embedded import run_embedded_server

    with run_embedded_server(
        major=request.major, extensions=request.extensions
    ) as server:
        yield server


def _open_container(
    url: str, request: ServerRequest
) -> AbstractContextManager[DevServer]:
    from schema_migrations.dev.docker import run_image

    return run_image(url, report=request.report)


@contextmanager
def _exit_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the stack, as Ctrl-C does, where nothing else will."""

    def ended(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGTERM", "SIGHUP")
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    taken = [number for number in known if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, ended)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
