"""System checks: what is wrong, before a command or a request meets it.

Invariant: only those tagged ``database`` open one; none starts a dev database.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.management import get_commands

from schema_migrations.conf import (
    find_project_problems,
    list_managed_aliases,
    read_settings,
)
from schema_migrations.errors import ConfigError, SchemaMigrationsError
from schema_migrations.history.directory import load
from schema_migrations.history.integrity import (
    DirectoryProblem,
    find_directory_problems,
)
from schema_migrations.workflows.standing.health import compare_alias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.apps import AppConfig

    from schema_migrations.history.comparison import HistoryComparison

TAKEOVER_APP = "schema_migrations.takeover"


@register()
def check_settings(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report every problem of the setting, each with its hint."""
    return [
        Error(p.message, hint=p.hint, id=_check_id_of(p.code))
        for p in find_project_problems()
    ]


@register()
def check_files(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report files that are not as ``atlas.sum`` says, or named so that order is lost.

    A warning, since somebody who edits a file goes on with ``runserver`` meanwhile;
    whatever applies files refuses them.
    """
    return [
        Warning(each.message, hint=each.hint, obj=alias, id=_check_id_of("W004"))
        for alias, each in _find_problems_by_alias()
    ]


@register(deploy=True)
def check_files_for_deploy(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report the same as errors: what is deployed is not being edited."""
    return [
        Error(each.message, hint=each.hint, obj=alias, id=_check_id_of("E006"))
        for alias, each in _find_problems_by_alias()
    ]


@register()
def check_takeover_order(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report that another app's ``migrate`` comes before ours."""
    if not apps.is_installed(TAKEOVER_APP):
        return []
    chosen = {name: str(get_commands()[name]) for name in ("migrate", "makemigrations")}
    return [
        Warning(
            f"{TAKEOVER_APP} is installed, but {name} is that of {app}.",
            hint=f"Put {TAKEOVER_APP} before {app} in INSTALLED_APPS; or remove it, if"
            " the other one is meant.",
            id=_check_id_of("W003"),
        )
        for name, app in chosen.items()
        if app != TAKEOVER_APP
    ]


@register(Tags.database)
def check_databases(
    *,
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Report files that a database does not have, and a history that does not match."""
    if find_project_problems():
        return []
    known = [alias for alias in databases or () if alias in list_managed_aliases()]
    return [found for alias in known for found in _check_database(alias)]


def _find_problems_by_alias() -> Iterator[tuple[str, DirectoryProblem]]:
    for alias in () if find_project_problems() else list_managed_aliases():
        try:
            directory = load(read_settings(alias).directory)
        except ConfigError as error:
            yield alias, DirectoryProblem(message=error.message, hint=error.hint)
            continue
        for problem in find_directory_problems(
            directory.files, directory.sum_file_text
        ):
            what = f"{directory.path}: {problem.message}."
            yield alias, replace(problem, message=what)


def _check_database(alias: str) -> Iterator[CheckMessage]:
    try:
        yield from _check_history(alias, compare_alias(alias))
    except SchemaMigrationsError as error:
        yield Warning(
            f"It is not known whether the database has all files: {error.message}",
            hint=error.hint or "python manage.py schemastatus says more.",
            obj=alias,
            id=_check_id_of("W002"),
        )


def _check_history(alias: str, comparison: HistoryComparison) -> Iterator[CheckMessage]:
    edited = [file.name for file in comparison.edited]
    gone = [row.version for row in comparison.missing]
    late = [file.name for file in comparison.out_of_order]
    for what, names in (
        ("edited after they were applied", edited),
        ("applied, and their files are gone", gone),
        ("out of order", late if comparison.exec_order == "linear" else []),
    ):
        if names:
            yield Error(
                f"The history of the database does not match: {what}:"
                f" {', '.join(names)}.",
                hint=f"See {_format_command('schemastatus', alias)}.",
                obj=alias,
                id=_check_id_of("E007"),
            )
    files = [each.file.name for each in comparison.pending]
    if files:
        yield Warning(
            f"The database does not have all files; {len(files)} pending:"
            f" {', '.join(files[:3])}{', …' if files[3:] else ''}.",
            hint=_suggest_apply(alias, comparison),
            obj=alias,
            id=_check_id_of("W001"),
        )


def _suggest_apply(alias: str, comparison: HistoryComparison) -> str:
    apply = _format_command("schemaapply", alias)
    if comparison.current_version:
        return f"Run {apply}."
    return (
        f"Run {apply}; where its tables are there already, with --baseline VERSION."
        ' A test database is made from the files with "schema_migrations.takeover" in'
        " INSTALLED_APPS."
    )


def _format_command(name: str, alias: str) -> str:
    option = "" if alias == "default" else f" --database {alias}"
    return f"python manage.py {name}{option}"


def _check_id_of(code: str) -> str:
    return f"schema_migrations.{code}"
