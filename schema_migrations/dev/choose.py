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

from schema_migrations.dev.image import is_docker
from schema_migrations.dev.server import Server
from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import ConfigError, SchemaMigrationsError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from contextlib import AbstractContextManager

    from schema_migrations.engines.engine import DatabaseSettings, Engine

AUTO_IMAGE = "docker://postgres/17"
ANSWER_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
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
) -> Iterator[Server]:
    """Open a place for scratch databases of the alias's kind; closed at the end.

    Raises ``ConfigError`` or ``Unreachable``; from ``auto`` with every attempt made.
    """
    wish = Wish(
        alias=alias,
        engine=engine_for(connections[alias].vendor),
        settings=connections[alias].settings_dict,
        extensions=extensions,
        major=major,
        report=report,
    )
    with _terminable(), ExitStack() as stack:
        if wish.engine.check_server is None:
            yield _in_memory(dev, wish)
        elif dev == "auto":
            yield _first(wish, stack)
        else:
            yield stack.enter_context(_asked(dev, wish))


def _in_memory(dev: str, wish: Wish) -> Server:
    if dev not in {"auto", "sqlite"}:
        raise ConfigError(
            f"The dev database of the {wish.engine.vendor} database {wish.alias!r} "
            f"is always in memory; {dev.partition('://')[0]!r} has no effect on it.",
            hint='Leave DEV and --dev out, or say "sqlite".',
        )
    return Server(
        settings={"ENGINE": wish.engine.backend, "NAME": ":memory:"},
        description="SQLite in memory",
    )


def _asked(dev: str, wish: Wish) -> AbstractContextManager[Server]:
    scheme, separator, _ = dev.partition("://")
    if dev == "embedded":
        return _embedded(wish)
    if is_docker(dev):
        return _docker(dev, wish)
    if separator and scheme.lower() in wish.engine.schemes:
        return _existing(wish.engine.settings_from_url(dev, wish.settings), wish)
    raise ConfigError(
        # Without "://" it might be a piece of a password; a scheme is safe to show.
        f"{f'{scheme}://' if separator else 'This'} is no dev database for the "
        f"{wish.engine.vendor} database {wish.alias!r}.",
        hint=f"Known: auto, embedded, {AUTO_IMAGE}, postgres://user@host/db.",
    )


def _first(wish: Wish, stack: ExitStack) -> Server:
    """The first form that opens; a wrong password, too, only leads to the next one.

    A dev database does not have to be on the project's server, and the command says
    why it is not.
    """
    options = {
        "connect_timeout": ANSWER_SECONDS,
        **(wish.settings.get("OPTIONS") or {}),
    }
    image = f"docker://postgres/{wish.major}" if wish.major else AUTO_IMAGE
    forms: tuple[tuple[str, Callable[[], AbstractContextManager[Server]]], ...] = (
        (
            f"the server of {wish.alias!r}",
            lambda: _existing({**wish.settings, "OPTIONS": options}, wish),
        ),
        ("embedded", lambda: _embedded(wish)),
        (image, lambda: _docker(image, wish)),
    )
    failures: list[tuple[str, SchemaMigrationsError]] = []
    for name, form in forms:
        try:
            server = stack.enter_context(form())
        except (ConfigError, Unreachable) as problem:
            failures.append((name, problem))
        else:
            return replace(server, reason=_reason(name, failures))
    raise _none_opened(failures)


def _reason(name: str, failures: list[tuple[str, SchemaMigrationsError]]) -> str:
    if not failures:
        return f"auto: {name} answers and lets databases be made"
    tried = "; ".join(
        f"{form} does not answer"
        if isinstance(problem, Unreachable)
        else f"{form}: {problem.message.splitlines()[0]}"
        for form, problem in failures
    )
    return f"auto: {tried}"


def _none_opened(
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
def _existing(settings: DatabaseSettings, wish: Wish) -> Iterator[Server]:
    assert wish.engine.check_server is not None
    version = wish.engine.check_server(settings, wish.alias)
    place = settings.get("HOST") or "the local socket"
    port = f":{settings['PORT']}" if settings.get("PORT") else ""
    yield Server(settings=settings, description=f"{version} at {place}{port}")


@contextmanager
def _embedded(wish: Wish) -> Iterator[Server]:
    if sys.platform == "win32":
        raise ConfigError(
            "There is no embedded PostgreSQL for Windows.",
            hint=f"Name another dev database, e.g. --dev {AUTO_IMAGE}.",
        )
    # Not on Windows, where it could not even be imported.
    from schema_migrations.dev.embedded import embedded

    with embedded(major=wish.major, extensions=wish.extensions) as server:
        yield server


def _docker(url: str, wish: Wish) -> AbstractContextManager[Server]:
    from schema_migrations.dev.docker import docker

    return docker(url, report=wish.report)


@contextmanager
def _terminable() -> Iterator[None]:
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
