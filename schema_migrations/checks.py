"""System checks: what is wrong, before a command or a request meets it.

Invariant: only those tagged ``database`` open one; none starts a dev database.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.management import get_commands

from schema_migrations.conf import current_problems, managed_aliases, settings_for
from schema_migrations.errors import ConfigError, SchemaMigrationsError
from schema_migrations.history.directory import load
from schema_migrations.history.soundness import Problem, problems
from schema_migrations.workflows.standing.health import look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.apps import AppConfig

    from schema_migrations.history.pending import Pending

TAKEOVER = "schema_migrations.takeover"


@register()
def settings_are_valid(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report every problem of the setting, each with its hint."""
    return [Error(p.message, hint=p.hint, id=_id(p.code)) for p in current_problems()]


@register()
def files_are_sound(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report files that are not as ``atlas.sum`` says, or named so that order is lost.

    A warning, since somebody who edits a file goes on with ``runserver`` meanwhile;
    whatever applies files refuses them.
    """
    return [
        Warning(each.what, hint=each.hint, obj=alias, id=_id("W004"))
        for alias, each in _unsound()
    ]


@register(deploy=True)
def files_are_sound_to_deploy(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report the same as errors: what is deployed is not being edited."""
    return [
        Error(each.what, hint=each.hint, obj=alias, id=_id("E006"))
        for alias, each in _unsound()
    ]


@register()
def takeover_takes_over(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report that another app's ``migrate`` comes before ours."""
    if not apps.is_installed(TAKEOVER):
        return []
    chosen = {name: str(get_commands()[name]) for name in ("migrate", "makemigrations")}
    return [
        Warning(
            f"{TAKEOVER} is installed, but {name} is that of {app}.",
            hint=f"Put {TAKEOVER} before {app} in INSTALLED_APPS; or remove it, if"
            " the other one is meant.",
            id=_id("W003"),
        )
        for name, app in chosen.items()
        if app != TAKEOVER
    ]


@register(Tags.database)
def databases_have_the_files(
    *,
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Report files that a database does not have, and a history that does not match."""
    if current_problems():
        return []
    known = [alias for alias in databases or () if alias in managed_aliases()]
    return [found for alias in known for found in _of_database(alias)]


def _unsound() -> Iterator[tuple[str, Problem]]:
    for alias in () if current_problems() else managed_aliases():
        try:
            directory = load(settings_for(alias).directory)
        except ConfigError as error:
            yield alias, Problem(what=error.message, hint=error.hint)
            continue
        for problem in problems(directory.files, directory.sum_text):
            what = f"{directory.path}: {problem.what}."
            yield alias, replace(problem, what=what)


def _of_database(alias: str) -> Iterator[CheckMessage]:
    try:
        yield from _of_history(alias, look(alias))
    except SchemaMigrationsError as error:
        yield Warning(
            f"It is not known whether the database has all files: {error.message}",
            hint=error.hint or "python manage.py schemastatus says more.",
            obj=alias,
            id=_id("W002"),
        )


def _of_history(alias: str, state: Pending) -> Iterator[CheckMessage]:
    edited = [file.name for file in state.edited]
    gone = [row.version for row in state.missing]
    late = [file.name for file in state.out_of_order]
    for what, names in (
        ("edited after they were applied", edited),
        ("applied, and their files are gone", gone),
        ("out of order", late if state.exec_order == "linear" else []),
    ):
        if names:
            yield Error(
                f"The history of the database does not match: {what}:"
                f" {', '.join(names)}.",
                hint=f"See {_command('schemastatus', alias)}.",
                obj=alias,
                id=_id("E007"),
            )
    files = [each.file.name for each in state.files]
    if files:
        yield Warning(
            f"The database does not have all files; {len(files)} pending:"
            f" {', '.join(files[:3])}{', …' if files[3:] else ''}.",
            hint=_way_on(alias, state),
            obj=alias,
            id=_id("W001"),
        )


def _way_on(alias: str, state: Pending) -> str:
    apply = _command("schemaapply", alias)
    if state.current:
        return f"Run {apply}."
    return (
        f"Run {apply}; where its tables are there already, with --baseline VERSION."
        ' A test database is made from the files with "schema_migrations.takeover" in'
        " INSTALLED_APPS."
    )


def _command(name: str, alias: str) -> str:
    option = "" if alias == "default" else f" --database {alias}"
    return f"python manage.py {name}{option}"


def _id(code: str) -> str:
    return f"schema_migrations.{code}"
