"""Bugs to plant in a copy of the package, which breaking runs must find.

Each is a mistake where one of the facts is decided on which every promise rests.
Invariant: a bug that no longer fits the package's text is an error, never skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.faults.steps import POSTGRESQL, SQLITE, Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    name: str
    meaning: str
    module: str
    """The path of the module, in the package."""
    right: str
    """A text that the module has once."""
    wrong: str
    """What takes its place."""
    engine: Engine = POSTGRESQL
    """Where the bug must be found."""


class BugMisfit(Exception):
    """The package no longer has the text that a bug replaces."""


def plant_bug(bug: Bug, package: Path) -> None:
    """Put a bug into a copy of the package.  Raises ``BugMisfit``."""
    module = package / bug.module
    text = module.read_text()
    if text.count(bug.right) != 1:
        raise BugMisfit(
            f"The bug {bug.name!r} no longer fits: {bug.module} has the text that it"
            f" replaces {text.count(bug.right)} times.  Correct it in {__name__}."
        )
    module.write_text(text.replace(bug.right, bug.wrong))


RUNNER = "workflows/applying/runner.py"
STEPWISE = "workflows/applying/stepwise.py"
OUTSIDE_RUN = "workflows/applying/outside_transaction.py"
BATCHES = "workflows/applying/batches.py"
SESSION = "engines/postgresql/session/session.py"
OUTSIDE = "engines/postgresql/session/outside_transaction.py"

BUGS = (
    Bug(
        name="invalid-index",
        meaning="any index of that name counts as done, INVALID or not",
        module=OUTSIDE,
        right="    if index.is_valid:\n",
        wrong="    if index.name:\n",
    ),
    Bug(
        name="failure-over-new-session",
        meaning="a failure is recorded over a new session, whatever the row says by then",
        module=RUNNER,
        right="        executor.rollback(connection)\n        with executor.open",
        wrong="        if connection.connection.closed:\n"
        "            connection.close()\n            connection.connect()\n"
        "            runner.store.write_again(row)\n            return\n"
        "        executor.rollback(connection)\n        with executor.open",
    ),
    Bug(
        name="unanswered-commit",
        meaning="a COMMIT whose answer was lost counts as done",
        module=SESSION,
        right='        execute(connection, "COMMIT")\n',
        wrong="        from contextlib import suppress\n\n"
        "        from psycopg import OperationalError\n\n"
        "        with suppress(OperationalError):\n"
        '            execute(connection, "COMMIT")\n',
    ),
    Bug(
        name="early-report",
        meaning="a file is reported as done before its transaction is committed",
        module=RUNNER,
        right="    return make_file_done(run, took)\n",
        wrong="    runner.report(make_file_done(run, took))\n"
        "    return make_file_done(run, took)\n",
    ),
    Bug(
        name="upsert",
        meaning="the first row of a file is written over one that another run has written",
        module="revision_store.py",
        right="({quote('version')}) DO NOTHING",
        wrong="({quote('version')}) DO UPDATE SET applied = excluded.applied",
    ),
    Bug(
        name="row-not-compared",
        meaning="a row is changed without a look at what the run has read",
        module="revision_store.py",
        right='IDENTIFYING_COLUMNS = ("version", "applied", "execution_time")\n',
        wrong='IDENTIFYING_COLUMNS = ("version",)\n',
    ),
    Bug(
        name="no-lock",
        meaning="the lock is not taken",
        module="engines/postgresql/session/lock.py",
        right="        end = time.monotonic() + wait\n",
        wrong="        yield lambda: False\n        return\n"
        "        end = time.monotonic() + wait\n",
    ),
    Bug(
        name="progress-ahead",
        meaning="a statement outside a transaction is counted before it runs",
        module=STEPWISE,
        right="            lambda: run_outside_transaction(\n"
        "                runner, run, index, committed_row=committed_row\n"
        "            ),\n        )\n"
        "        with _translate_record_errors(runner, run, run.statements[index]):\n"
        "            row = session.note(row, statements, committed=True)\n"
        "            runner.store.write(row, over=committed_row)\n",
        wrong="            lambda: (\n"
        "                runner.store.write(row, over=committed_row),\n"
        "                run_outside_transaction(runner, run, index, committed_row=row),\n"
        "            ),\n        )\n",
    ),
    Bug(
        name="progress-behind",
        meaning="progress is committed after the statement that it counts",
        module=STEPWISE,
        right="            written = session.note(row, statements, committed=False)\n",
        wrong='            store.engine.executor.execute(store.connection, "COMMIT")\n'
        '            store.engine.executor.execute(store.connection, "BEGIN")\n'
        "            written = session.note(row, statements, committed=False)\n",
        engine=SQLITE,
    ),
    Bug(
        name="end-unknown",
        meaning="the row does not say that a statement outside a transaction has begun",
        module=OUTSIDE_RUN,
        right="    store.write(unknown, over=committed_row)\n",
        wrong="    del unknown\n",
    ),
    Bug(
        name="batches-again",
        meaning="a statement in batches begins with the first row again",
        module=BATCHES,
        right="            return about, progress\n",
        wrong="            progress = None\n",
    ),
    Bug(
        name="reindex-leftovers",
        meaning="the indexes that an interrupted REINDEX left stay",
        module=OUTSIDE,
        right="        for index in leftovers:\n",
        wrong="        for index in ():\n",
    ),
    Bug(
        name="half-detached",
        meaning="a partition that is half detached is not noticed",
        module=OUTSIDE,
        right="    if rows == [(True,)]:\n",
        wrong="    if rows == [()]:\n",
    ),
    Bug(
        name="partial-hashes",
        meaning="the statements that have run are not compared with the file",
        module="history/standing.py",
        right='        if after.removeprefix("h1:") not in known:\n',
        wrong="        if not known:\n",
    ),
    Bug(
        name="sum-not-verified",
        meaning="the files are not compared with atlas.sum",
        module="history/directory.py",
        right="    if directory.problems:\n",
        wrong="    if directory.problems and not directory.files:\n",
    ),
    Bug(
        name="settings-lost",
        meaning="what a file set for its session is not set again by the run that resumes it",
        module=RUNNER,
        right="    for statement in find_settings(\n"
        "        run.statements[: run.done_count],",
        wrong="    for statement in find_settings(\n        (),",
    ),
    Bug(
        name="rollback-not-noticed",
        meaning="what a file set and rolled back is set by the run that resumes it",
        module="engines/postgresql/session/parameters.py",
        right="    return end not in ROLLBACK_WORDS and bool(",
        wrong="    return bool(",
    ),
    Bug(
        name="commit-not-durable",
        meaning="the server confirms commits that a crash still loses",
        module=SESSION,
        right='        "idle_session_timeout": "0",\n',
        wrong='        "idle_session_timeout": "0",\n        "synchronous_commit": "off",\n',
    ),
)
