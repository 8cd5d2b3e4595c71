"""System checks of settings, files, the takeover app and databases.

Invariant: only checks tagged ``database`` connect to one; none starts a dev server.  They
run with every command of a project, so what few of them need is imported where it is.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.management import get_commands

from schema_migrations.conf import (
    find_base,
    find_project_problems,
    list_managed_aliases,
    read_settings,
)
from schema_migrations.errors import ConfigError, SchemaMigrationsError
from schema_migrations.history.glance import CONFIG_FILE, is_untouched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.apps import AppConfig

    from schema_migrations.conf import Settings
    from schema_migrations.history.integrity import DirectoryProblem
    from schema_migrations.history.standing import Standing
    from schema_migrations.workflows.standing.atlas_config import ConfigDifference

TAKEOVER_APP = "schema_migrations.takeover"


@register()
def check_settings(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report every problem of ``SCHEMA_MIGRATIONS``, each with its hint."""
    return [
        Error(p.message, hint=p.hint, id=_check_id_of(p.code))
        for p in find_project_problems()
    ]


@register()
def check_files(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report files that differ from ``atlas.sum``, or whose names have no clear order.

    These are warnings, so that ``runserver`` works while somebody edits a file;
    every command that applies files refuses them.  Files that are older than
    ``atlas.sum`` are not read: this runs with every command of the project.
    """
    return [
        Warning(problem.message, hint=problem.hint, obj=alias, id=_check_id_of("W004"))
        for alias, problem in _find_problems_by_alias(reads_all=False)
    ]


@register(deploy=True)
def check_files_for_deploy(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report the same problems as errors: nobody edits deployed files."""
    return [
        Error(problem.message, hint=problem.hint, obj=alias, id=_check_id_of("E006"))
        for alias, problem in _find_problems_by_alias(reads_all=True)
    ]


@register()
def check_takeover_order(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report commands of the takeover app that another app overrides."""
    if not apps.is_installed(TAKEOVER_APP):
        return []
    providers = {
        name: str(get_commands()[name]) for name in ("migrate", "makemigrations")
    }
    return [
        Warning(
            f"{TAKEOVER_APP} is installed, but {name} comes from {app}.",
            hint=f"Put {TAKEOVER_APP} before {app} in INSTALLED_APPS, or remove it to"
            " use the other command.",
            id=_check_id_of("W003"),
        )
        for name, app in providers.items()
        if app != TAKEOVER_APP
    ]


@register()
def check_atlas_config(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report what an ``atlas.hcl`` says otherwise: Atlas would do something else.

    It costs one look at a path where there is no such file.
    """
    base = find_base()
    if not (base / CONFIG_FILE).exists():
        return []
    from schema_migrations.workflows.standing.atlas_config import (
        find_config_differences,
    )

    return [
        Warning(
            _describe_difference(each),
            hint="Say the same in both, so that either tool does the same.",
            obj=each.alias,
            id=_check_id_of("W005"),
        )
        for each in find_config_differences(base, _read_all_settings)
    ]


def _read_all_settings() -> dict[str, Settings]:
    """Return the settings of the managed aliases that have no problem."""
    found: dict[str, Settings] = {}
    for alias in () if find_project_problems() else list_managed_aliases():
        with suppress(ConfigError):
            found[alias] = read_settings(alias)
    return found


def _describe_difference(difference: ConfigDifference) -> str:
    name = f' of env "{difference.environment}"' if difference.environment else ""
    said = repr(difference.said)
    if difference.is_left_out:
        default = f"which is {said} for Atlas" if difference.said else ""
        said = ", ".join(filter(None, ("left out", default)))
    return (
        f"{CONFIG_FILE}: {difference.attribute}{name} is {said}, but"
        f" {difference.setting} of the alias is {difference.value!r}."
    )


@register(Tags.database)
def check_databases(
    *,
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Report pending files, and histories that do not match the files."""
    if find_project_problems():
        return []
    checked = [alias for alias in databases or () if alias in list_managed_aliases()]
    return [message for alias in checked for message in _check_database(alias)]


def _find_problems_by_alias(
    *, reads_all: bool
) -> Iterator[tuple[str, DirectoryProblem]]:
    for alias in () if find_project_problems() else list_managed_aliases():
        path = read_settings(alias).directory
        if not reads_all and is_untouched(path):
            continue
        from schema_migrations.history.directory import load
        from schema_migrations.history.integrity import DirectoryProblem

        try:
            directory = load(path)
        except ConfigError as error:
            yield alias, DirectoryProblem(message=error.message, hint=error.hint)
            continue
        for problem in directory.problems:
            message = f"{directory.path}: {problem.message}."
            yield alias, replace(problem, message=message)


def _check_database(alias: str) -> Iterator[CheckMessage]:
    from schema_migrations.workflows.standing.health import judge_alias

    try:
        yield from _check_history(alias, judge_alias(alias))
    except SchemaMigrationsError as error:
        yield Warning(
            f"Cannot tell whether the database has all files: {error.message}",
            hint=error.hint or "For details, run: python manage.py schemastatus",
            obj=alias,
            id=_check_id_of("W002"),
        )


def _check_history(alias: str, standing: Standing) -> Iterator[CheckMessage]:
    if standing.problem is not None:
        yield Error(
            "No file can be applied to the database:"
            f" {standing.problem.message.removesuffix('.')}.",
            hint=f"For what to do, run: {_format_command('schemastatus', alias)}",
            obj=alias,
            id=_check_id_of("E007"),
        )
        return
    comparison = standing.comparison
    files = [entry.file.name for entry in comparison.pending]
    if files:
        yield Warning(
            f"The database does not have all files; {len(files)} pending:"
            f" {', '.join(files[:3])}{', …' if files[3:] else ''}.",
            hint=_suggest_apply(alias, is_first_run=not comparison.has_history),
            obj=alias,
            id=_check_id_of("W001"),
        )


def _suggest_apply(alias: str, *, is_first_run: bool) -> str:
    apply = _format_command("schemaapply", alias)
    if not is_first_run:
        return f"Run {apply}."
    return (
        f"Run {apply}. If the tables already exist, add --baseline VERSION."
        ' To create test databases from the files, add "schema_migrations.takeover" to'
        " INSTALLED_APPS."
    )


def _format_command(name: str, alias: str) -> str:
    option = "" if alias == "default" else f" --database {alias}"
    return f"python manage.py {name}{option}"


def _check_id_of(code: str) -> str:
    return f"schema_migrations.{code}"
