"""Apply files below readers and writers, and see how long the longest of them stood.

A transaction that has read the table keeps the ALTER TABLE waiting, and whoever comes
after it waits behind the ALTER TABLE: not longer than its lock_timeout, then it lets
them pass and tries again.
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

from tools.faults.child import DONE, Child, whole
from tools.faults.places import Database, fresh
from tools.faults.scenarios import File, Scenario, Step
from tools.faults.server import Server

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
    """What one thread did."""

    seconds: list[float] = field(default_factory=list)
    """Of each statement."""
    errors: list[str] = field(default_factory=list)


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lock-timeout", type=float, default=0.3, metavar="SECONDS")
    parser.add_argument(
        "--slack",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="that a statement may stand longer: a busy machine, the ALTER TABLE itself",
    )
    parser.add_argument(
        "--retries",
        type=int,
        default=3,
        help="how often the apply gives up before the transaction that has read ends",
    )
    parser.add_argument(
        "--threads", type=int, default=4, help="of readers, and of writers"
    )


def run(chosen: argparse.Namespace, server: Server, folder: Path) -> int:
    """Return 1 when a row was lost, a statement failed, or traffic stood too long."""
    directory = Scenario(name="traffic", files=FILES).write(folder / "traffic")
    logs: dict[str, list[Log]] = {"readers": [], "writers": []}
    with fresh(server) as database:
        first = apply(directory, database, chosen, "1")
        if first.wait() != DONE:
            raise SystemExit(first.text)
        with (
            flowing(server, database, chosen.threads, logs),
            reading(server, database) as reader,
        ):
            began = time.monotonic()
            child = apply(directory, database, chosen)
            while gave_up(child) < chosen.retries and not child.ended(0.02):
                pass
            reader.rollback()
            code = child.wait()
            seconds = time.monotonic() - began
        problems = list(missing(server, database, logs["writers"]))
    everything = [each for name in logs for each in logs[name]]
    problems += sorted({error for each in everything for error in each.errors})
    if code != DONE:
        problems.append(f"the apply ended with {code}: {child.text}")
    for name, those in logs.items():
        print(told(name, [second for each in those for second in each.seconds]))
    bound = chosen.lock_timeout + chosen.slack
    longest = max(second for each in everything for second in each.seconds)
    if gave_up(child) < chosen.retries:
        problems.append(f"the apply waited on behind the reader: {child.text}")
    if longest > bound:
        problems.append(f"the traffic stood {longest:.3f} s")
    print(
        f"The apply took {seconds:.1f} s, and was tried again"
        f" {gave_up(child)} times after {chosen.lock_timeout:g} s.\n"
        f"The longest stall of the traffic was {longest:.3f} s; allowed: {bound:g} s.",
        *[f"WRONG: {problem}" for problem in problems] or ["Nothing was lost."],
        sep="\n",
    )
    return 1 if problems else 0


def gave_up(child: Child) -> int:
    """Return how often its lock_timeout ended a transaction of the run."""
    return child.text.count("Rolled back: no lock in time")


def apply(
    directory: Path, database: Database, chosen: argparse.Namespace, *count: str
) -> Child:
    # No fork: this process has threads.
    limit = f"{round(chosen.lock_timeout * 1000)}ms"
    return whole(
        ["--dir", str(directory), "--lock-timeout", limit, *count], database.url
    )


@contextmanager
def reading(server: Server, database: Database) -> Iterator[psycopg.Connection]:
    """A transaction that has read the table, and keeps its lock."""
    with psycopg.connect(
        host=str(server.folder), user="postgres", dbname=database.name
    ) as connection:
        connection.execute("SELECT count(*) FROM account")
        yield connection


@contextmanager
def flowing(
    server: Server, database: Database, threads: int, logs: dict[str, list[Log]]
) -> Iterator[None]:
    """Readers and writers at work."""
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
                log.seconds.append(time.monotonic() - began)
                time.sleep(0.005)

    started = []
    for writer in range(threads):
        for name, once in (("readers", read), ("writers", writing(writer))):
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


def read(connection: psycopg.Connection, number: int) -> None:
    connection.execute("SELECT n FROM account WHERE id = %s", [number % ROWS + 1])


def writing(writer: int) -> Callable[[psycopg.Connection, int], None]:
    """Return what a writer does once: one transaction on both tables."""

    def write(connection: psycopg.Connection, number: int) -> None:
        with connection.transaction():
            connection.execute(
                "INSERT INTO event (writer, number) VALUES (%s, %s)", [writer, number]
            )
            connection.execute(
                "UPDATE account SET n = n + 1 WHERE id = %s", [number % ROWS + 1]
            )

    return write


def missing(server: Server, database: Database, logs: list[Log]) -> Iterator[str]:
    """Yield what the writers wrote and the tables do not show."""
    written = sum(len(log.seconds) for log in logs)
    with server.connect(database.name) as connection:
        for query in ("SELECT count(*) FROM event", "SELECT sum(n) FROM account"):
            ((found,),) = connection.execute(query.encode()).fetchall()
            if found != written:
                yield f"{written} rows were written; {query}: {found}"


def told(name: str, seconds: list[float]) -> str:
    ordered = sorted(seconds)
    at = {
        part: ordered[min(len(ordered) - 1, int(len(ordered) * part))]
        for part in (0.5, 0.99)
    }
    return (
        f"{name}: {len(ordered)} statements, half within {at[0.5] * 1000:.1f} ms,"
        f" 99 % within {at[0.99] * 1000:.0f} ms, the longest {ordered[-1] * 1000:.0f} ms"
    )
