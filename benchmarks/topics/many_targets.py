"""Many targets: schemas of one server, each with the history of thirty files.

First nothing is pending; then one target in a hundred has a pending file, of which one in
ten fails; then every target has one.  Memory is the largest sum of a command and its
workers, read ten times a second; a page that several of them share counts once (PSS).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from benchmarks.bench import Bench, Work, open_bench
from benchmarks.measuring import Candidate, measure_in_turns
from benchmarks.results import Bound, Row, Run, Table
from schema_migrations.history.directory import rehash

FILES = 30
JOBS = 4
SHARDS = 10
PENDING_EVERY = 100
FAILING_EVERY = 1000
BOUNDED_FROM = 1000
BATCH = 500
"""Schemas made in a transaction: each lock takes a slot of the server's memory."""
MOST_WITH_SIGNALS = 1000
"""Of more targets it takes too long: the receivers of Django's signals are called on
each."""
SAMPLE_PAUSE = 0.1
MEBIBYTE = 1024 * 1024
FAILED = 2
"""The exit code of a run that failed on a target."""
TICKS = os.sysconf("SC_CLK_TCK")

LAST = f"{20260101000000 + FILES}"
FIRST = "tenant_0000001"
EACH_PENDING = "each target has one pending, `schemaapply --no-signals`"

MAKE_SCHEMAS = f"""
CREATE PROCEDURE make_schemas(first integer, last integer) LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOR n IN first..last LOOP
        name := 'tenant_' || lpad(n::text, 7, '0');
        EXECUTE format('CREATE SCHEMA %I', name);
        EXECUTE format('CREATE TABLE %I.atlas_schema_revisions'
            ' (LIKE {FIRST}.atlas_schema_revisions INCLUDING ALL)', name);
        EXECUTE format('INSERT INTO %I.atlas_schema_revisions'
            ' SELECT * FROM {FIRST}.atlas_schema_revisions', name);
        IF n % {BATCH} = 0 THEN COMMIT; END IF;
    END LOOP;
END $$"""

LEAVE_PENDING = f"""
CREATE PROCEDURE leave_pending(
    targets integer, pending_every integer, failing_every integer
) LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOR n IN 1..targets LOOP
        name := 'tenant_' || lpad(n::text, 7, '0');
        IF n % pending_every = 0 THEN
            EXECUTE format('DROP TABLE IF EXISTS %I.t{FILES}', name);
            EXECUTE format('DELETE FROM %I.atlas_schema_revisions'
                ' WHERE version = %L', name, '{LAST}');
        END IF;
        IF failing_every > 0 AND n % failing_every = 0 THEN
            EXECUTE format('CREATE TABLE %I.t{FILES} ()', name);
        END IF;
        IF n % {BATCH} = 0 THEN COMMIT; END IF;
    END LOOP;
END $$"""


def measure(work: Work) -> Table:
    rows: list[Row] = []
    for targets in work.sizes.targets:
        with open_bench(work) as bench:
            make_fleet(bench, targets)
            rows += measure_fleet(work, bench, targets)
    return Table(
        title="Many targets",
        rows=tuple(rows),
        notes=(
            f"Schemas of one server, {FILES} files each, `--jobs {JOBS}`. MiB is of the"
            " command and its workers together. The server's share is of all cores,"
            " which the command and its workers use as well.",
        ),
    )


def measure_fleet(work: Work, bench: Bench, targets: int) -> list[Row]:
    """Measure what changes nothing in turns, then what needs the targets prepared."""
    group = f"{targets:,} targets"
    many = ("--targets", "targets.txt", "--jobs", str(JOBS))
    apply = ("schemaapply", *many, "--no-signals")

    def candidate(
        what: str,
        *words: str,
        prepare: Callable[[], None] = lambda: None,
        expected: Collection[int] = (0,),
        bounds: tuple[Bound, ...] = (),
    ) -> Candidate:
        def run() -> Run:
            prepare()
            return run_with_workers(bench, words, expected)

        return Candidate(what=what, run=run, bounds=bounds)

    def leave_pending(every: int, failing: int) -> None:
        each = f"{min(every, targets)}, {min(failing, targets)}"
        call = f"CALL leave_pending({targets}, {each})"
        bench.execute(call, database="benchmark")

    is_many = targets >= BOUNDED_FROM
    quick = (Bound(constant=2 * targets / BOUNDED_FROM),) if is_many else ()
    busy = (Bound(constant=80, of="server_share", at_least=True),) if is_many else ()
    idle = [
        candidate("`schemaapply --check`", *apply, "--check", bounds=quick),
        candidate("`schemaapply --no-signals`", *apply, bounds=quick),
        candidate(f"the same, `--shard 1/{SHARDS}`", *apply, "--shard", f"1/{SHARDS}"),
        candidate("`schemastatus`", "schemastatus", *many, bounds=quick),
    ]
    if targets <= MOST_WITH_SIGNALS:
        idle.append(candidate("`schemaapply`", "schemaapply", *many))
    pending = [
        candidate(
            EACH_PENDING,
            *apply,
            prepare=lambda: leave_pending(1, 0),
            bounds=busy,
        ),
        candidate(
            "1 % pending, 0.1 % failing, `schemaapply --no-signals`",
            *apply,
            "--on-failure",
            "continue",
            prepare=lambda: leave_pending(PENDING_EVERY, FAILING_EVERY),
            expected=(FAILED,),
        ),
        candidate("0.1 % failed, `schemastatus`", "schemastatus", *many),
    ]
    return [
        *measure_in_turns(work.repetition, idle, group=f"{group}, none pending"),
        *measure_in_turns(work.repetition, pending, group=group),
    ]


def make_fleet(bench: Bench, targets: int) -> None:
    """Apply the files to one schema, and make the others like it."""
    bench.directory.mkdir()
    for number in range(1, FILES + 1):
        name = f"{20260101000000 + number}_t{number}.sql"
        sql = f"CREATE TABLE t{number} (id bigint PRIMARY KEY, name text);\n"
        (bench.directory / name).write_text(sql)
    rehash(bench.directory)
    names = [f"tenant_{number:07}" for number in range(1, targets + 1)]
    (bench.folder / "targets.txt").write_text("\n".join(names))
    (bench.folder / "first.txt").write_text(FIRST)
    url = bench.make_database()
    bench.execute(f"CREATE SCHEMA {FIRST}", database="benchmark")
    # Django's handlers of signals need its tables.
    for app in ("contenttypes", "auth"):
        bench.manage("migrate", app, "-v0", url=url)
    bench.apply("--targets", "first.txt", url=url)
    bench.execute(
        MAKE_SCHEMAS,
        f"CALL make_schemas(2, {targets})",
        LEAVE_PENDING,
        "VACUUM ANALYZE pg_class, pg_namespace, pg_attribute",
        database="benchmark",
    )


def run_with_workers(
    bench: Bench, words: tuple[str, ...], expected: Collection[int]
) -> Run:
    """Run a command; return its time, the greatest memory of it and its workers, and
    how busy the server was."""
    server = int((bench.server_folder / "data/postmaster.pid").read_text().split()[0])
    busy, ended = _read_cpu_seconds(server), threading.Event()
    with ThreadPoolExecutor(max_workers=1) as executor:
        peak = executor.submit(_watch_memory, server, ended)
        try:
            run = bench.manage(*words, url=bench.url_of(), expected=expected)
        finally:
            ended.set()
    busy = _read_cpu_seconds(server) - busy
    return Run(
        seconds=run.seconds,
        mebibytes=peak.result() / MEBIBYTE,
        server_share=100 * busy / run.seconds / (os.cpu_count() or 1),
    )


def _watch_memory(server: int, ended: threading.Event) -> int:
    """Return the greatest sum of what the programs had that this process has started."""
    peak = 0
    while not ended.wait(SAMPLE_PAUSE):
        peak = max(peak, sum(map(_read_memory, _list_programs(server))))
    return peak


def _list_programs(server: int) -> Iterator[int]:
    """Yield all below the small process that started each, but those of the server."""
    for starter in _list_children(os.getpid()):
        started = [each for each in _list_processes(starter) if each != starter]
        if server not in started:
            yield from started


def _list_processes(process: int) -> Iterator[int]:
    yield process
    for child in _list_children(process):
        yield from _list_processes(child)


def _list_children(process: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            yield from map(int, (task / "children").read_text().split())


def _read_memory(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _read_cpu_seconds(server: int) -> float:
    """Return what a server's processes have used, those included that have ended."""
    ticks = 0
    for process in _list_processes(server):
        with suppress(OSError):
            # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
            stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            own, ended = slice(11, 13), slice(13, 15)
            ticks += sum(map(int, stat[own]))
            if process == server:
                ticks += sum(map(int, stat[ended]))
    return ticks / TICKS
