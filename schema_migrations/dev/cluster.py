"""Start a private PostgreSQL server that lives exactly as long as the caller.

Every start copies a prepared data folder (0.1-0.4 s; initdb takes a second) into a folder
of its own and listens there, on a Unix socket only.  Only the server's account can enter
that folder, and its superuser has a password that only the caller can read.  Invariant: two
starts share nothing but the prepared folder, which is never written to once it exists.
"""

from __future__ import annotations

import fcntl
import os
import platform
import secrets
import shutil
import stat
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from schema_migrations.dev.account import (
    Account,
    change_owner,
    choose_account,
    choose_temporary_folder,
    ensure_cache_folder,
    fingerprint,
    make_private_folder,
    make_reachable,
    move_into_place,
    note_use,
)
from schema_migrations.errors import DevServerUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schema_migrations.dev.programs import Programs

FOLDER_PREFIX = "dsm-embedded-"
SUPERUSER = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 30.0

_INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth-local=password",  # in clear, on a socket in a private folder
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
)

THROWAWAY_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
    # A directory may create thousands of tables and indexes in one transaction.
    "max_locks_per_transaction": "1024",
    "listen_addresses": "",
    "timezone": "UTC",
}
"""PostgreSQL's settings for a server whose data need not survive."""

_OPEN_RULES = b"local all all trust\n"
"""For tests, whose roles have no passwords."""

# The lifeline is a pipe on standard input whose other end only the caller holds: however
# the caller ends, even by kill -9, `cat` sees the end of the pipe.  TERM comes before
# QUIT because a shell starts background jobs with QUIT ignored, and the server installs
# its own handlers only some milliseconds later.
_LIFELINE_SCRIPT = """
exec 3<&0
cp -Rp "$1" data || exit
shift
"$@" 3<&- & server=$!
{ cat <&3 >/dev/null; kill -TERM $server; kill -QUIT $server; } 2>/dev/null &
wait $server
folder=$PWD; cd /; rm -rf "$folder"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server on a Unix socket: user ``postgres``, port 5432."""

    folder: Path
    """Holds the socket, and the data in ``data``."""
    password: str = field(repr=False)


@contextmanager
def run_server(
    programs: Programs,
    *,
    server_settings: Mapping[str, str] = THROWAWAY_SETTINGS,
    asks_for_password: bool = True,
) -> Iterator[RunningServer]:
    """Hold a running server.

    Without ``asks_for_password`` every process of the server's account may enter as any
    role.
    """
    account = choose_account()
    _remove_leftovers(account)
    programs = make_reachable(programs, account)
    prepared = _ensure_prepared_folder(programs, account)
    folder = make_private_folder(account, FOLDER_PREFIX)
    try:
        with _hold_folder_lock(folder) as lock, _create_file(folder / "log") as log:
            if not asks_for_password:
                rules = folder / "hba.conf"
                with _create_file(rules) as opened:
                    opened.write(_OPEN_RULES)
                server_settings = {**server_settings, "hba_file": str(rules)}
            command = [
                str(prepared / "data"),
                *_build_command(programs, folder, server_settings),
            ]
            life = subprocess.Popen(
                ["/bin/sh", "-c", _LIFELINE_SCRIPT, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                cwd=folder,
                env=_build_environment(),
                start_new_session=True,  # Ctrl-C must reach the command only
                user=account.user,
                group=account.group,
                extra_groups=account.extra_groups,
            )
            try:
                _await_server(folder, life, log)
                yield RunningServer(
                    folder=folder, password=(prepared / "password").read_text()
                )
            finally:
                _end_server(life)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _create_file(path: Path) -> IO[bytes]:
    """Create a file in a folder of the server's account, which could have put a link there."""
    flags = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_RDWR
    return os.fdopen(os.open(path, flags, 0o644), "w+b")


def _build_command(
    programs: Programs, folder: Path, server_settings: Mapping[str, str]
) -> Iterator[str]:
    yield from (str(programs.bin_folder / "postgres"), "-D", str(folder / "data"))
    yield from ("-c", f"unix_socket_directories={folder}", "-c", "port=5432")
    for name, value in server_settings.items():
        yield from ("-c", f"{name}={value}")


def _ensure_prepared_folder(programs: Programs, account: Account) -> Path:
    """Return a folder with ``data`` as initdb leaves it and its ``password``.

    It is created once per build and options.  Only the caller can read the password.
    """
    cache = ensure_cache_folder(account)
    owner = os.geteuid() if account.user is None else account.user
    name = f"cluster-{programs.version}-{platform.machine()}"
    target = cache / f"{name}-{fingerprint(programs, *_INITDB_OPTIONS)}-{owner}"
    if target.is_dir():
        note_use(target)
        return target
    folder = Path(tempfile.mkdtemp(prefix="making-", dir=cache))
    folder.chmod(0o711)  # the server's account copies what is its own in it
    password_file, data = folder / "password", folder / "data"
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_urlsafe(24))
    data.mkdir(mode=0o700)
    for given in (password_file, data):
        change_owner(given, account)
    try:
        answer = subprocess.run(
            [
                programs.bin_folder / "initdb",
                *_INITDB_OPTIONS,
                f"--pgdata={data}",
                f"--pwfile={password_file}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=folder,
            env=_build_environment(),
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
        if answer.returncode:
            raise _make_start_error(programs.bin_folder / "initdb", answer.stdout)
        os.chown(password_file, os.geteuid(), -1)
        move_into_place(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return target


def _await_server(
    folder: Path, server: subprocess.Popen[bytes], log: IO[bytes]
) -> None:
    """Wait until the server accepts a session; a socket alone proves nothing."""
    from psycopg import pq
    from psycopg.conninfo import make_conninfo

    conninfo = make_conninfo(
        host=str(folder), port=5432, user=SUPERUSER, dbname="postgres"
    ).encode()
    deadline = time.monotonic() + START_SECONDS
    while pq.PGconn.ping(conninfo) != pq.Ping.OK:
        if server.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            raise _make_start_error(folder, log.read().decode(errors="replace"))
        time.sleep(0.02)


def _end_server(server: subprocess.Popen[bytes]) -> None:
    if server.stdin:
        server.stdin.close()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, 9)
        server.wait()


def _make_start_error(path: Path, output: str) -> DevServerUnreachable:
    last = "\n".join(output.strip().splitlines()[-5:]) or "no output"
    return DevServerUnreachable(
        problem=f"The embedded PostgreSQL server did not start ({path}):\n{last}",
        other="docker://postgres/17",
    )


_KEPT = {
    "PATH",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    # Where locales are, which a collation may name.
    "LOCPATH",
    "LOCALE_ARCHIVE",
}


def _build_environment() -> dict[str, str]:
    """Return the server's environment, without the caller's ``PG*`` and ``LC_*``."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    return kept | {"LC_ALL": "C"}


@contextmanager
def _hold_folder_lock(folder: Path) -> Iterator[int]:
    """Hold a lock that the server's processes inherit; it lasts until all have ended."""
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _remove_leftovers(account: Account) -> None:
    """Remove the folders of servers whose processes have all ended (after a reboot)."""
    owners = {os.geteuid(), account.user}
    for folder in choose_temporary_folder(account).glob(f"{FOLDER_PREFIX}*"):
        try:
            facts = folder.lstat()
            if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in owners:
                continue
            if _is_abandoned(folder, facts.st_mtime):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # removed meanwhile, or not readable by this account
            continue


def _is_abandoned(folder: Path, modified_at: float) -> bool:
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:  # just created, or half removed
        return time.time() - modified_at > 3600
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(lock)
