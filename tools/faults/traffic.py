"""Apply files while others read and write, and measure how long these are held up.

A transaction that has read the table keeps the ALTER TABLE waiting, and all statements
after it wait behind the ALTER TABLE: not longer than its lock_timeout, then the run rolls
back, lets them pass and tries again.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tools.faults.child import DONE, Child, start_run
from tools.faults.databases import Database, create_database
from tools.faults.scenarios import Scenario
from tools.faults.server import Server
from tools.faults.steps import File, Step

ROWS = 1000
FILES = (
    File(
        name="1_account",
        steps=(
            Step(
                sql="CREATE TABLE account (id integer PRIMARY KEY, n integer NOT NULL)"
            ),
            Step(
                sql=f"INSERT INTO account SELECT i, 0 FROM generate_series(1, {ROWS}) i"
            ),
            Step(sql="CREATE TABLE event (writer integer, number integer)"),
        ),
    ),
    File(
        name="2_state",
        steps=(
            # In the order of the writers: the other way round they would deadlock.
            Step(sql="ALTER TABLE event ADD COLUMN note text"),
            Step(
                sql="ALTER TABLE account ADD COLUMN state text DEFAULT 'new' NOT NULL"
            ),
        ),
    ),
    File(
        name="3_checked",
        steps=(
            Step(
                sql="ALTER TABLE account ADD CONSTRAINT n_up CHECK (n >= 0) NOT VALID"
            ),
            Step(sql="ALTER TABLE account VALIDATE CONSTRAINT n_up"),
        ),
    ),
    File(
        name="4_index",
        head="-- atlas:txmode none\n\n",
        steps=(Step(sql="CREATE INDEX CONCURRENTLY account_n ON account (n)"),),
    ),
)


@dataclass(kw_only=True)
class Log:
    """The statements of one reader or writer."""

    durations: list[float] = field(default_factory=list)
    """The seconds that each of them took."""
    errors: list[str] = field(default_factory=list)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lock-timeout",
        type=float,
        default=0.3,
        metavar="SECONDS",
        help="the run's lock_timeout",
    )
    parser.add_argument(
        "--slack",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="add this to the limit: a busy machine, the ALTER TABLE itself",
    )
    parser.add_argument(
        "--retries",
        type=int,
        default=3,
        help="end the transaction that has read after so many retries of the run",
    )
    parser.add_argument(
        "--threads", type=int, default=4, help="start so many readers and writers"
    )


def run(chosen: argparse.Namespace, server: Server, folder: Path) -> int:
    """Return 1 when a row was lost, or a statement failed or was held up too long."""
    directory = Scenario(name="traffic", files=FILES).write(folder / "traffic")
    logs: dict[str, list[Log]] = {"readers": [], "writers": []}
    with create_database(server) as database:
        first = start_apply(directory, database, chosen, "1")
        if first.wait() != DONE:
            raise SystemExit(first.text)
        with (
            run_traffic(server, database, chosen.threads, logs),
            hold_read_lock(server, database) as reader,
        ):
            began = time.monotonic()
            child = start_apply(directory, database, chosen)
            while count_retries(child) < chosen.retries and not child.wait_for_end(
                0.02
            ):
                pass
            reader.rollback()
            code = child.wait()
            seconds = time.monotonic() - began
        problems = list(find_missing_rows(server, database, logs["writers"]))
    everything = [each for name in logs for each in logs[name]]
    problems += sorted({error for each in everything for error in each.errors})
    if code != DONE:
        problems.append(f"the run ended with {code}: {child.text}")
    for name, those in logs.items():
        print(
            describe_durations(
                name, [second for each in those for second in each.durations]
            )
        )
    bound = chosen.lock_timeout + chosen.slack
    longest = max(second for each in everything for second in each.durations)
    if count_retries(child) < chosen.retries:
        problems.append(f"the run did not retry behind the reader: {child.text}")
    if longest > bound:
        problems.append(f"a statement was held up for {longest:.3f} s")
    print(
        f"The run took {seconds:.1f} s; it tried again {count_retries(child)} times,"
        f" each time after {chosen.lock_timeout:g} s.\n"
        f"The slowest statement took {longest:.3f} s; the limit is {bound:g} s.",
        *[f"WRONG: {problem}" for problem in problems] or ["Nothing was lost."],
        sep="\n",
    )
    return 1 if problems else 0


def count_retries(child: Child) -> int:
    """Return how often the run has tried again after its lock_timeout."""
    return sum(event["event"] == "retrying" for event in child.list_events())


def start_apply(
    directory: Path, database: Database, chosen: argparse.Namespace, *count: str
) -> Child:
    """Start a run on the directory; it is no fork, since this process has threads."""
    limit = f"{round(chosen.lock_timeout * 1000)}ms"
    options = ["--dir", str(directory), "--lock-timeout", limit, "--format", "json"]
    return start_run([*options, *count], database.url)


@contextmanager
def hold_read_lock(server: Server, database: Database) -> Iterator[psycopg.Connection]:
    """Hold the lock of a transaction that has read the table, until the block ends."""
    with psycopg.connect(
        host=str(server.folder), user="postgres", dbname=database.name
    ) as connection:
        connection.execute("SELECT count(*) FROM account")
        yield connection


@contextmanager
def run_traffic(
    server: Server, database: Database, threads: int, logs: dict[str, list[Log]]
) -> Iterator[None]:
    """Keep readers and writers at work until the block ends."""
    over = threading.Event()

    def work(log: Log, once: Callable[[psycopg.Connection, int], None]) -> None:
        with server.connect(database.name) as connection:
            number = 0
            while not over.is_set():
                number += 1
                began = time.monotonic()
                try:
                    once(connection, number)
                except psycopg.Error as error:
                    log.errors.append(str(error))
                log.durations.append(time.monotonic() - began)
                time.sleep(0.005)

    started = []
    for writer in range(threads):
        for name, once in (("readers", read_account), ("writers", make_writer(writer))):
            log = Log()
            logs[name].append(log)
            started.append(threading.Thread(target=work, args=(log, once)))
    for thread in started:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in started:
            thread.join()


def read_account(connection: psycopg.Connection, number: int) -> None:
    connection.execute("SELECT n FROM account WHERE id = %s", [number % ROWS + 1])


def make_writer(writer: int) -> Callable[[psycopg.Connection, int], None]:
    """Return a function that writes once: one transaction on both tables."""

    def write(connection: psycopg.Connection, number: int) -> None:
        with connection.transaction():
            connection.execute(
                "INSERT INTO event (writer, number) VALUES (%s, %s)", [writer, number]
            )
            connection.execute(
                "UPDATE account SET n = n + 1 WHERE id = %s", [number % ROWS + 1]
            )

    return write


def find_missing_rows(
    server: Server, database: Database, logs: list[Log]
) -> Iterator[str]:
    """Describe what the writers wrote and the tables do not show."""
    written = sum(len(log.durations) for log in logs)
    with server.connect(database.name) as connection:
        for query in ("SELECT count(*) FROM event", "SELECT sum(n) FROM account"):
            ((found,),) = connection.execute(query.encode()).fetchall()
            if found != written:
                yield f"{written} rows were written; {query}: {found}"


def describe_durations(name: str, seconds: list[float]) -> str:
    ordered = sorted(seconds)
    quantiles = {
        part: ordered[min(len(ordered) - 1, int(len(ordered) * part))]
        for part in (0.5, 0.99)
    }
    return (
        f"{name}: {len(ordered)} statements, half within {quantiles[0.5] * 1000:.1f} ms,"
        f" 99 % within {quantiles[0.99] * 1000:.0f} ms,"
        f" the slowest {ordered[-1] * 1000:.0f} ms"
    )
