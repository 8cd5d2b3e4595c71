"""Run a PostgreSQL server that can be crashed and started again on the same data.

Invariant: it ends with the ``with`` block, or with this process, in whatever way.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from schema_migrations.dev.account import (
    Account,
    change_owner,
    choose_account,
    make_private_folder,
    make_reachable,
)
from schema_migrations.dev.programs import Programs
from tools.faults.disk import Disk, mount_disk

USER = "postgres"
START_SECONDS = 60.0

OPTIONS = {
    # A commit that was confirmed must have left the server's own memory.
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
    """It holds the socket and the log, and the data unless they are on the disk."""
    account: Account
    disk: Disk | None = None
    """The disk of its own that holds the data."""
    is_durable: bool = False
    """What was committed outlives the loss of power, too: fsync is on."""
    crashes: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        return (self.disk.folder if self.disk else self.folder) / "data"

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

    def crash(self, number: int) -> None:
        """End the postmaster with a signal, and start another one."""
        os.kill(self._postmaster, number)
        self._await_end()
        self.start()

    def crash_to_copy(self) -> None:
        """Stop all processes at once, copy the data, and start on the copy.

        The copy has what the operating system has, which is more than a disk would.
        """
        copy = self.data.with_name("copy")
        with self._ending_all_processes():
            subprocess.run(["cp", "-a", self.data, copy], check=True)
        shutil.rmtree(self.data)
        copy.rename(self.data)
        self.start()

    def lose_power(self) -> None:
        """Stop all processes at once, and start on what is written to the disk by then."""
        assert self.disk is not None
        with self._ending_all_processes():
            self.disk.copy_written()
        self.disk.go_back()
        self.start()

    @property
    def _postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    @contextmanager
    def _ending_all_processes(self) -> Iterator[None]:
        """Keep all processes stopped until the block ends; none does anything after it."""
        # The first starts no others once it is stopped.
        processes = [self._postmaster]
        os.kill(processes[0], signal.SIGSTOP)
        processes += _list_children(processes[0])
        for process in processes[1:]:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGKILL)
            self._await_end()

    def _await_end(self) -> None:
        assert self._process is not None
        self._process.wait(START_SECONDS)
        self.crashes += 1

    def stop(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(START_SECONDS)

    def _launch(self) -> subprocess.Popen[bytes]:
        options = {**OPTIONS, "unix_socket_directories": str(self.folder)}
        options["fsync"] = "on" if self.is_durable else "off"
        command = [
            str(self.programs.bin_folder / "postgres"),
            "-D",
            str(self.data),
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


def _list_children(process: int) -> list[int]:
    """List the processes that a process has started and that have not ended."""
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(number) for number in path.read_text().split()]


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
def run_crashable_server(
    programs: Programs, *, is_durable: bool = False, has_disk: bool = False
) -> Iterator[Server]:
    """Run a new server of these programs until the block ends.

    With a disk of its own it can lose power.  Raises ``NotMounted``.
    """
    account = choose_account()
    programs = make_reachable(programs, account)
    folder = make_private_folder(account, "dsm-faults-")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        disk = stack.enter_context(mount_disk(folder)) if has_disk else None
        if disk:
            change_owner(disk.folder, account)
        server = Server(
            programs=programs,
            folder=folder,
            account=account,
            disk=disk,
            is_durable=is_durable,
        )
        stack.callback(server.stop)
        subprocess.run(
            [
                *(programs.bin_folder / "initdb", "-D", server.data, "-U", USER),
                *("--auth=trust", "--encoding=UTF8", "--locale=C"),
                *(() if is_durable else ("--no-sync",)),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **process_options_for(account, folder),
        )
        server.start()
        yield server
