"""Options that would silently ignore one another: refused before any work.

Pure but for the environment's URL.  An option that is merely not needed, as ``--lock-wait`` with ``--dry-run``, stays
allowed: the same line is run with it and without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.errors import WrongUsage
from schema_migrations.management.commands._target_options import urls_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.management.commands._base import Options

WRITE_NOTHING = {"check": "--check", "dry_run": "--dry-run"}
OF_A_PLAN = {
    "dev": "--dev",
    "apps": "--app",
    "renames": "--rename",
    "defaults": "--default",
    "allow_data_loss": "--allow-data-loss",
    "acknowledge": "--acknowledge",
    "source": "--from",
    "target": "--to",
    "write": "--write",
    "rows": "--rows",
    "keep": "--keep",
    "online": "--online",
    "simple": "--simple",
}
"""The options of ``schemadiff`` that say which change is planned, and how."""


def refuse_schemadiff_conflicts(options: Options) -> None:
    """Raise ``WrongUsage`` if an option of ``schemadiff`` would have no effect."""
    if options["empty"]:
        _refuse(
            options,
            {**WRITE_NOTHING, **OF_A_PLAN},
            problem="--empty writes a file without a plan, so it does not go with {}.",
            advice="Leave out --empty, or the others.",
        )
    if options["keep"]:
        others = {k: v for k, v in OF_A_PLAN.items() if k not in ("dev", "keep")}
        _refuse(
            options,
            {**WRITE_NOTHING, **others, "name": "NAME"},
            problem="--keep compares Django's migrations with the models and plans no file,"
            " so it does not go with {}.",
            advice="Leave out --keep, or the others.",
        )
    if options["write"]:
        _refuse(
            options,
            WRITE_NOTHING,
            problem="--write writes the file, and {} writes nothing.",
            advice="Leave out one of them.",
        )
    if options["rows"]:
        _refuse(
            options,
            {"source": "--from", "target": "--to"},
            problem="--rows writes what the files lack for the models, so it does not go"
            " with {}.",
            advice="Leave out --rows, or the others.",
        )
    _refuse_rows_of_alone(options)
    if options["check"] and options["name"]:
        raise WrongUsage(
            problem=f"NAME ({options['name']}) names the new file, and --check writes none.",
            advice=f"Leave out one of them. To look at one app: --app {options['name']}",
        )


def refuse_schemastatus_conflicts(options: Options) -> None:
    """Raise ``WrongUsage`` if an option of ``schemastatus`` would have no effect."""
    _refuse_without_list(options)
    _refuse_of_one_target(options)
    shows_sql = options["format"] == "sql"
    if not options["drift"] and (
        shows_sql or options["allow_data_loss"] or options["dev"] or options["keep"]
    ):
        raise WrongUsage(
            problem="--format sql, --keep, --allow-data-loss and --dev work with --drift"
            " only.",
            advice="python manage.py schemastatus --drift --format sql",
        )
    if options["keep"] and options["allow_data_loss"]:
        raise WrongUsage(
            problem="--keep changes nothing in the database, and --allow-data-loss lets"
            " SQL drop what only the database has.",
            advice="Leave out one of them.",
        )
    if options["allow_data_loss"] and not shows_sql and options["verbosity"] < 2:
        raise WrongUsage(
            problem="--allow-data-loss changes the mending SQL, which is not shown here.",
            advice="Add --format sql, or -v 2.",
        )


def _refuse_of_one_target(options: Options) -> None:
    """Raise if ``schemastatus`` is to show of many targets what it shows of one only, or
    the other way round."""
    is_many = options["targets"] or options["targets_sql"] or len(urls_of(options)) > 1
    if options["merge"]:
        _refuse(
            options,
            {
                "targets": "--targets",
                "targets_sql": "--targets-sql",
                "shard": "--shard",
                "url": "--url",
            },
            problem="--merge reads reports and asks no database, so it does not go with"
            " {}.",
            advice="Leave out one of them.",
        )
    elif not is_many and (options["format"] == "names" or options["only"]):
        raise WrongUsage(
            problem="--format names and --only choose among many targets, and there is"
            " one.",
            advice="Add --targets, --targets-sql or --merge.",
        )
    if options["only"] and options["format"] != "names":
        raise WrongUsage(
            problem="--only says which names are printed.", advice="Add --format names."
        )
    if is_many or options["merge"]:
        _refuse(
            options,
            {"drift": "--drift", "way_back": "--way-back", "all": "--all"},
            problem="{} looks at one target.",
            advice="Leave it out, or give one --url.",
        )


def refuse_schemahash_conflicts(options: Options) -> None:
    """Raise ``WrongUsage`` if an option of ``schemahash`` would have no effect."""
    if options["replay"] and not options["check"]:
        raise WrongUsage(
            problem="--replay runs the files that atlas.sum lists, so it works with --check"
            " only.",
            advice="python manage.py schemahash --check --replay",
        )
    if options["dev"] and not options["replay"]:
        raise WrongUsage(
            problem="--dev works with --replay only.",
            advice="python manage.py schemahash --check --replay --dev URL",
        )


def refuse_schemaapply_conflicts(options: Options) -> None:
    """Raise ``WrongUsage`` if an option of ``schemaapply`` would have no effect."""
    _refuse_without_list(options)


def _refuse_without_list(options: Options) -> None:
    has_list = options["targets"] or options["targets_sql"]
    if options["shard"] and not has_list and len(urls_of(options)) < 2:
        raise WrongUsage(
            problem="--shard divides a list of targets, and there is none.",
            advice="Add --targets or --targets-sql, or leave it out.",
        )
    if options["targets_are"] and not has_list:
        raise WrongUsage(
            problem="--targets-are says what the names of a list are, and there is none.",
            advice="Add --targets or --targets-sql, or leave it out.",
        )


def refuse_schemaadopt_conflicts(options: Options) -> None:
    """Raise ``WrongUsage`` if an option of ``schemaadopt`` would have no effect."""
    # Not at the top: the other commands know of no other tools.
    from schema_migrations.history.other_tools.tools import DJANGO

    of_django = {
        "since": "--since",
        "dev": "--dev",
        "rows": "--rows",
        "large_tables": "--rows-of",
    }
    if options["history"]:
        _refuse(
            options,
            {"folder": "FOLDER"},
            problem="--history reads what a database has recorded, and {} is for files.",
            advice="Give either the other tool's FOLDER, or --history.",
        )
        _refuse(
            options,
            {"tool": "--from", "extra": "--extra", **of_django},
            problem="{} belongs to the files; they say whose history --history reads.",
            advice="Leave it out.",
        )
        return
    _refuse(
        options,
        {"url": "--url", "wait": "--wait", "revisions_schema": "--revisions-schema"},
        problem="{} names a database, and only --history works on one.",
        advice="Leave it out.",
    )
    if options["tool"] == DJANGO:
        _refuse(
            options,
            {"folder": "FOLDER", "extra": "--extra"},
            problem="--from django takes the migrations of the installed apps, so it does"
            " not go with {}.",
            advice="Leave it out.",
        )
        _refuse_rows_of_alone(options)
        return
    _refuse(
        options,
        of_django,
        problem="{} works with --from django only, which runs migrations.",
        advice="Leave it out.",
    )
    if not options["folder"]:
        raise WrongUsage(
            problem="Give the other tool's FOLDER, --from django, or --history.",
            advice="First python manage.py schemaadopt FOLDER; then, for each database,"
            " python manage.py schemaadopt --history",
        )


def _refuse_rows_of_alone(options: Options) -> None:
    if options["large_tables"] and not options["rows"]:
        raise WrongUsage(
            problem="--rows-of says which rows --rows writes.",
            advice="Add --rows, or leave it out.",
        )


def _refuse(
    options: Options, others: Mapping[str, str], *, problem: str, advice: str
) -> None:
    given = [flag for name, flag in others.items() if options[name]]
    if given:
        raise WrongUsage(problem=problem.format(" and ".join(given)), advice=advice)
