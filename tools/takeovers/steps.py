"""The steps of a takeover, in the order of docs/come-from-migrate.md, each with what must hold.

A step yields what it measures and raises ``Differs`` for what does not hold.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from schema_migrations.api import split
from tools.catalogs import read_restored_postgresql_facts
from tools.differences import Differs, expect, expect_equal, format_indented
from tools.takeovers.outcomes import (
    Outcomes,
    find_different_outcomes,
    format_outcomes,
    parse_outcomes,
)
from tools.takeovers.rows import (
    VARIABLE_VALUES,
    Rows,
    count_rows,
    find_different_rows,
    find_unknown_columns,
    read_rows,
    without_rows_of_ours,
)
from tools.takeovers.timing import SAYS
from tools.takeovers.walk import (
    UNDER,
    WITHOUT,
    Done,
    Measure,
    Walk,
    format_seconds,
    list_sql_files,
)

Lines = Iterator[Measure]
Step = Callable[[Walk], Lines]
COUNT_MODELS = (
    "from django.apps import apps;"
    " print('models:', len(apps.get_models(include_auto_created=True)))"
)
NOTHING_TO_DO = "No migrations to apply."


def make_by_migrate(walk: Walk) -> Lines:
    """Let the project's own migrations make a database, without this package."""
    walk.create_database("djangos")
    made = walk.run_django("migrate", on="djangos", apps=WITHOUT)
    shell = walk.run_django("shell", "-c", COUNT_MODELS, on="djangos", apps=WITHOUT)
    rows = read_rows(walk.find_url("djangos"))
    counts = count_rows(rows)
    yield Measure(what="models", value=_find(r"models: (\d+)", shell.output))
    yield Measure(what="tables", value=str(len(rows)))
    yield Measure(what="migrations", value=str(counts["django_migrations"]))
    yield Measure(
        what="rows that `migrate` leaves",
        value=f"{sum(counts.values()):,} in {len(counts)} tables",
    )
    yield Measure(what="`migrate`", value=format_seconds(made.seconds))


def write_first_files(walk: Walk) -> Lines:
    """Write the first files with rows, and make an equal database from them."""
    extra = walk.find_extra()
    extra.mkdir(parents=True)
    if walk.recipe.needed_sql:
        (extra / "needed.sql").write_text(walk.recipe.needed_sql)
    keep = walk.run_django(
        "schemadiff", "--keep", "--output", extra / "kept.sql", on="djangos"
    )
    initial = walk.run_django(
        "schemadiff", "initial", "--rows", "--no-input", on="djangos"
    )
    kept = list_sql_files(extra)
    yield Measure(what="`schemadiff --keep`", value=format_seconds(keep.seconds))
    yield Measure(what="statements of EXTRA", value=str(_count_statements(kept)))
    yield Measure(
        what="`schemadiff initial --rows`", value=format_seconds(initial.seconds)
    )
    sizes = [file.stat().st_size for file in list_sql_files(walk.find_directory())]
    yield Measure(what="files", value=", ".join(f"{size:,} bytes" for size in sizes))

    walk.create_database("ours")
    applied = walk.run_django("schemaapply", "--no-input", on="ours", apps=UNDER)
    yield Measure(
        what="`schemaapply` on an empty database", value=format_seconds(applied.seconds)
    )
    walk.run_django("schemadiff", "--check", on="ours")

    facts, others = _read_facts(walk, "djangos"), _read_facts(walk, "ours")
    yield Measure(what="catalog, objects", value=str(len(facts)))
    yield Measure(
        what="catalog, differences before the adoption", value=str(len(facts ^ others))
    )
    yield from _compare_rows(walk, "ours", read_rows(walk.find_url("djangos")))


def run_own_tests(walk: Walk) -> Lines:
    """Run some of the project's tests with and without the takeover; compare them."""
    without, before = _run_tests(walk, apps=WITHOUT)
    under, after = _run_tests(walk, apps=UNDER)
    different = [*find_different_outcomes(without, under)]
    yield Measure(what="its own tests", value=format_outcomes(under))
    yield Measure(what="outcomes that differ", value=str(len(different)))
    yield Measure(what="test database by `migrate`", value=before)
    yield Measure(what="test database from files", value=after)
    expect(not different, _list("outcomes", different))


def adopt(walk: Walk) -> Lines:
    """Adopt a database that ``migrate`` made: mend, baseline, no drift, no row lost."""
    walk.create_database("adopted", like="djangos")
    before = read_rows(walk.find_url("adopted"))
    found = _ask_drift(walk)
    yield Measure(what="drift before", value=_format_drift(found))
    yield Measure(what="statements that mend", value=str(len(found["mend"])))
    mending = walk.folder / "mend.sql"
    mend = walk.run_django(
        *("schemastatus", "--drift", "--format", "sql", "--output", mending),
        on="adopted",
    )
    yield Measure(what="`schemastatus --drift`", value=format_seconds(mend.seconds))
    with psycopg.connect(walk.find_url("adopted"), autocommit=True) as connection:
        connection.execute(mending.read_bytes())
    mended = read_rows(walk.find_url("adopted"))
    different = [*find_different_rows(before, mended)]
    expect(not different, _list("rows before and after mending", different))

    files = list_sql_files(walk.find_directory())
    expect(bool(files), "there is no file to count as applied")
    first = files[0].name.partition("_")[0]
    walk.run_django(
        *("schemaapply", "--baseline", first, "--no-input"), on="adopted", apps=UNDER
    )
    yield Measure(what="drift after", value=_format_drift(_ask_drift(walk)))
    walk.run_django("schemastatus", "--drift", "--check", on="adopted")
    yield from _compare_catalogs(walk, "adopted", walk.recipe.lasting_differences)
    # Receivers of signals have run meanwhile, as after each migrate.
    yield from _compare_rows(walk, "adopted", before)


def apply_upgrade(walk: Walk) -> Lines:
    """Take over an older release, and bring its database to the newest one."""
    history = "upgrade"
    walk.find_extra(history).mkdir(parents=True)
    walk.run_django(
        *("schemadiff", "initial", "--acknowledge", "all", "--no-input"),
        on="djangos",
        history=history,
        release="older",
    )
    walk.create_database("upgraded")
    walk.run_django(
        *("schemaapply", "--no-input"),
        on="upgraded",
        apps=UNDER,
        history=history,
        release="older",
    )
    # The newer release brings what only its own migrations make.
    shutil.rmtree(walk.find_extra(history))
    shutil.copytree(walk.find_extra(), walk.find_extra(history))
    began_with = len(list_sql_files(walk.find_directory(history)))
    written = walk.run_django(
        *("schemadiff", "upgrade", "--no-input", *walk.recipe.upgrade_answers),
        on="upgraded",
        history=history,
    )
    yield Measure(
        what="`schemadiff` of the upgrade", value=format_seconds(written.seconds)
    )
    new = list_sql_files(walk.find_directory(history))[began_with:]
    yield Measure(what="statements of the upgrade", value=str(_count_statements(new)))
    applied = walk.run_django(
        *("schemaapply", "--no-input"), on="upgraded", apps=UNDER, history=history
    )
    yield Measure(
        what="`schemaapply` of the upgrade", value=format_seconds(applied.seconds)
    )
    yield from _compare_catalogs(walk, "upgraded")


def go_back(walk: Walk) -> Lines:
    """Take this package out of the settings: ``migrate`` finds nothing to do."""
    before = _ask_makemigrations(walk, "djangos")
    histories = {"ours": "newest", "adopted": "newest", "upgraded": "upgrade"}
    for side, history in histories.items():
        asked = walk.run_django(
            *("schemastatus", "--way-back", "--format", "json"),
            on=side,
            history=history,
            apps=UNDER,
        )
        way_back = json.loads(asked.output)["way_back"]
        # What the project itself has not written is no step of ours; its own command
        # may leave out some of what Django's would write.
        unwritten = find_unwritten_apps(before.output)
        found = set(way_back["unwritten_apps"])
        expect(
            (
                unwritten <= found
                if way_back["own_makemigrations"]
                else unwritten == found
            )
            and not way_back["unrecorded"]
            and not way_back["problem"],
            f"the way back of {side}: {way_back}",
        )
        migrated = walk.run_django("migrate", on=side, apps=WITHOUT)
        expect(
            NOTHING_TO_DO in migrated.output,
            f"migrate on {side}:\n        {format_indented(migrated.output[-1000:])}",
        )
        after = _ask_makemigrations(walk, side)
        expect_equal(
            f"makemigrations --check on {side}",
            frozenset(after.output.splitlines()),
            frozenset(before.output.splitlines()),
        )
    yield Measure(what="back: `migrate` applies", value="0 on each of 3 databases")
    yield Measure(
        what="back: `makemigrations --check`",
        value=f"exit {before.code}, as before",
    )


STEPS: Mapping[str, Step] = {
    "migrate": make_by_migrate,
    "first files": write_first_files,
    "tests": run_own_tests,
    "adoption": adopt,
    "upgrade": apply_upgrade,
    "back": go_back,
}
"""What a step is called → the step."""


def _count_statements(files: Iterable[Path]) -> int:
    return sum(len(split(f.read_text(), vendor="postgresql")) for f in files)


def _run_tests(walk: Walk, *, apps: str) -> tuple[Outcomes, str]:
    """Run the tests; return their outcomes, and how long making the database took."""
    report = walk.folder / f"tests-{'under' if apps else 'without'}.xml"
    done = walk.run(
        walk.python,
        *("-m", "pytest", *walk.recipe.tests),
        *("-p", "tools.takeovers.timing", f"--junitxml={report}", "--create-db"),
        *("-p", "no:cacheprovider", "-o", "addopts="),
        f"--ds={walk.recipe.settings_for_tests}",
        environment=walk.list_variables(on="djangos", apps=apps),
        # A test that fails both ways is the project's.
        may_end_with=(0, 1),
        cwd=walk.source,
    )
    return (
        parse_outcomes(report.read_text()),
        _find(rf"{re.escape(SAYS)} (\S+ s)", done.output),
    )


def _ask_drift(walk: Walk) -> dict[str, Any]:
    """Return what ``--drift`` finds in the adopted database."""
    done = walk.run_django(
        *("schemastatus", "--drift", "-v", "2", "--format", "json"), on="adopted"
    )
    found: dict[str, Any] = json.loads(done.output)
    expect(found["drift_checked"], "schemastatus compared nothing")
    return found


def _format_drift(found: Mapping[str, Any]) -> str:
    kinds = Counter(each["kind"] for each in found["drift"])
    return ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())) or "none"


def _compare_rows(walk: Walk, side: str, theirs: Rows) -> Lines:
    """Compare a side's rows with those that ``migrate`` left, but for the listed ones."""
    left_out = {**VARIABLE_VALUES, **walk.recipe.variable_values}
    unknown = ", ".join(find_unknown_columns(theirs, left_out))
    expect(not unknown, f"the list leaves out what is not there: {unknown}")
    ours = without_rows_of_ours(read_rows(walk.find_url(side)))
    different = [*find_different_rows(theirs, ours, left_out=left_out)]
    tables = len(count_rows(theirs))
    yield Measure(
        what=f"tables whose rows differ, {side} and `migrate`",
        value=f"{len(different)} of {tables} ({len(left_out)} columns left out)",
    )
    expect(not different, _list(f"rows of {side}", different))


def _compare_catalogs(walk: Walk, side: str, lasting: Collection[str] = ()) -> Lines:
    """Compare a side's objects with those of the files, but for those with a word."""
    theirs, ours = _read_facts(walk, side), _read_facts(walk, "ours")
    listed = select_facts(theirs ^ ours, lasting)
    differ = (theirs ^ ours) - listed
    yield Measure(
        what=f"catalog, {side} and from files",
        value=f"{len(differ)} differ" + (f", and {len(listed)} listed" * bool(listed)),
    )
    expect_equal(f"the catalog of {side}", ours - listed, theirs - listed)
    expect(
        all(select_facts(listed, [word]) for word in lasting),
        f"not all of {', '.join(lasting)} differs",
    )


def select_facts(facts: Iterable[str], words: Collection[str]) -> frozenset[str]:
    """Return the facts in which one of the words stands."""
    found = (f for f in facts if any(re.search(rf"\b{w}\b", f) for w in words))
    return frozenset(found)


def _read_facts(walk: Walk, side: str) -> frozenset[str]:
    return read_restored_postgresql_facts(walk.find_url(side), walk.programs)


def find_unwritten_apps(output: str) -> set[str]:
    """Return the apps that ``makemigrations --dry-run`` has something to write for."""
    return set(re.findall(r"^Migrations for '(\w+)':$", output, flags=re.MULTILINE))


def _ask_makemigrations(walk: Walk, side: str) -> Done:
    return walk.run_django(
        *("makemigrations", "--check", "--dry-run"),
        on=side,
        apps=WITHOUT,
        may_end_with=(0, 1),
    )


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise Differs(
            f"the output has no {pattern!r}:\n        {format_indented(text[-1000:])}"
        )
    return found[1]


def _list(what: str, lines: list[str]) -> str:
    return f"{what} ({len(lines)}):\n        " + "\n        ".join(lines[:40])
