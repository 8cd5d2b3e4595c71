"""Run PgBouncer in front of a server, so that runs come through a pool of sessions.

A pool of transactions is no place for runs: ``schemaapply`` refuses one.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psycopg

from schema_migrations.dev.account import make_private_folder
from tools.faults.server import USER, Server, process_options_for

START_SECONDS = 20.0
STARTS = 5

CONFIGURATION = """
[databases]
* = host={server} port=5432 user={user}
[pgbouncer]
listen_addr =
listen_port = 5432
unix_socket_dir = {folder}
auth_type = any
pool_mode = session
default_pool_size = 50
query_wait_timeout = 10
server_login_retry = 1
"""


@cache
def find_pgbouncer() -> str | None:
    """Find the program."""
    return shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")


@dataclass(kw_only=True)
class Pooler:
    """A running PgBouncer."""

    server: Server
    folder: Path
    """It holds the socket and the configuration."""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; try again while what is left of the one before is in the way."""
        for _ in range(STARTS):
            if self._wait_for_answer(self._launch()):
                return
        raise SystemExit(f"PgBouncer does not start:\n{self._log.read_text()[-1000:]}")

    def crash(self) -> None:
        """End it, with all connections to it and from it, and start another one."""
        self.stop()
        self.start()

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _launch(self) -> subprocess.Popen[bytes]:
        program = find_pgbouncer()
        assert program is not None
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [program, "--quiet", str(self.folder / "pooler.ini")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **process_options_for(self.server.account, self.folder),
            )
        return self._process

    def _wait_for_answer(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until the pooler answers; return False when it ends or time is up."""
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(
                    host=str(self.folder), user=USER, dbname="postgres"
                ).close()
            except psycopg.OperationalError:
                time.sleep(0.01)
            else:
                return True
        return False


@contextmanager
def run_pooler(server: Server) -> Iterator[Pooler]:
    """Run a pooler in front of a server until the block ends."""
    folder = make_private_folder(server.account, "dsm-pooler-")
    (folder / "pooler.ini").write_text(
        CONFIGURATION.format(server=server.folder, folder=folder, user=USER)
    )
    pooler = Pooler(server=server, folder=folder)
    try:
        pooler.start()
        yield pooler
    finally:
        pooler.stop()
        shutil.rmtree(folder, ignore_errors=True)
