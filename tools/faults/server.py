"""Run a PostgreSQL server that can be crashed and started again on the same data.

Invariant: it ends with the ``with`` block, or with this process, in whatever way.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from schema_migrations.dev.account import (
    Account,
    choose_account,
    make_private_folder,
    make_reachable,
)
from schema_migrations.dev.programs import Programs

USER = "postgres"
START_SECONDS = 60.0

OPTIONS = {
    # The operating system survives every fault here, and so do its caches.  A commit
    # that was confirmed must have left the server's own memory, though.
    "fsync": "off",
    "synchronous_commit": "on",
    "listen_addresses": "",
    "port": "5432",
    "jit": "off",
    "max_connections": "200",
    # A fault must not be hidden by one that was not asked for.
    "autovacuum": "off",
}

# Ends with the server; and ends the server when the other end of standard input closes:
# this process has ended.
LIFELINE = """
exec 3<&0
"$@" 3<&- & server=$!
{ cat <&3 >/dev/null; kill -QUIT $server; } 2>/dev/null &
wait $server
"""


@dataclass(kw_only=True)
class Server:
    """A running server, and how often it was crashed."""

    programs: Programs
    folder: Path
    """It holds the socket, the data and the log."""
    account: Account
    crashes: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Connect as a superuser, in autocommit."""
        return psycopg.connect(
            host=str(self.folder), user=USER, dbname=database, autocommit=True
        )

    def start(self) -> None:
        """Start the server; try again while processes of the one before still end."""
        deadline = time.monotonic() + START_SECONDS
        while not self._wait_for_answer(self._launch(), deadline):
            if time.monotonic() > deadline:
                last = (self.folder / "log").read_text().splitlines()[-5:]
                raise SystemExit("The server does not start:\n" + "\n".join(last))
            time.sleep(0.05)

    def crash(self, signal: int) -> None:
        """End the postmaster with a signal, and start another one."""
        lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), signal)
        assert self._process is not None
        self._process.wait(START_SECONDS)
        self.crashes += 1
        self.start()

    def stop(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(START_SECONDS)

    def _launch(self) -> subprocess.Popen[bytes]:
        options = {**OPTIONS, "unix_socket_directories": str(self.folder)}
        command = [
            str(self.programs.bin_folder / "postgres"),
            "-D",
            str(self.folder / "data"),
        ]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", LIFELINE, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **process_options_for(self.account, self.folder),
            )
        return self._process

    def _wait_for_answer(self, life: subprocess.Popen[bytes], deadline: float) -> bool:
        """Wait until the server answers; return False when it ends or time is up."""
        while life.poll() is None and time.monotonic() < deadline:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False


def process_options_for(account: Account, folder: Path) -> dict[str, Any]:
    """Return the options that let ``subprocess`` start a program as an account."""
    return {
        "user": account.user,
        "group": account.group,
        "extra_groups": account.extra_groups,
        "cwd": folder,
        "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"},
    }


@contextmanager
def run_crashable_server(programs: Programs) -> Iterator[Server]:
    """Run a new server of these programs until the block ends."""
    account = choose_account()
    programs = make_reachable(programs, account)
    folder = make_private_folder(account, "dsm-faults-")
    server = Server(programs=programs, folder=folder, account=account)
    try:
        subprocess.run(
            [
                *(programs.bin_folder / "initdb", "-D", folder / "data", "-U", USER),
                *("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **process_options_for(account, folder),
        )
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
