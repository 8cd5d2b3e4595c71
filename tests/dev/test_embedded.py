"""The embedded server: private, tied to its command, as whoever runs it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schema_migrations.dev import cluster
from schema_migrations.dev.account import (
    IN_USE_SECONDS,
    KEPT_FOLDERS,
    Account,
    choose_account,
    ensure_cache_folder,
    fingerprint,
    make_private_folder,
    make_reachable,
)
from schema_migrations.dev.cluster import FOLDER_PREFIX, THROWAWAY_SETTINGS, run_server
from schema_migrations.dev.embedded import run_embedded_server, run_programs
from schema_migrations.errors import Unreachable
from tests.fixtures.children import hold_dev_database, wait_until
from tests.fixtures.postgresql import (
    NO_POSTGRES,
    choose_default_major,
    connect_as_administrator,
    map_majors,
)
from tests.fixtures.skips import skip_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.dev.programs import Programs
    from schema_migrations.dev.server import DevServer

pytestmark = pytest.mark.slow("a server")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="about running as root")


@pytest.fixture
def programs() -> Programs:
    return (
        map_majors()[choose_default_major()]
        if map_majors()
        else skip_missing(NO_POSTGRES)
    )


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that every account may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def asked(server: DevServer, question: str) -> object:
    with connect_as_administrator(server.settings) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row
        return row[0]


@pytest.mark.parametrize("major", map_majors() or [0], ids=lambda major: f"pg{major}")
def test_it_answers_and_is_gone_after(major: int) -> None:
    """A real server of that major, on a Unix socket only; nothing of it stays."""
    with run_programs(
        map_majors()[major] if major else skip_missing(NO_POSTGRES)
    ) as server:
        assert str(asked(server, "SHOW server_version")).split(".")[0] == str(major)
        assert asked(server, "SHOW listen_addresses") == ""
        assert server.description.startswith(f"embedded PostgreSQL {major}")
        assert server.major == major
        folder = Path(server.settings["HOST"])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def test_the_best_one_is_chosen() -> None:
    """Without a wish it is the newest on the machine."""
    if not map_majors():
        skip_missing(NO_POSTGRES)
    with run_embedded_server() as server:
        assert asked(server, "SELECT 1") == 1


def test_an_exception_ends_it(programs: Programs) -> None:
    """The server goes with the block, however the block ends."""
    folders = []

    def failing() -> None:
        with run_programs(programs) as server:
            folders.append(Path(server.settings["HOST"]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert not folders[0].exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it(programs: Programs, how: signal.Signals) -> None:
    """Ctrl-C, a request to terminate, a closed terminal: gone before the command is."""
    with hold_dev_database("embedded") as (child, told):
        child.send_signal(how)
        child.wait(timeout=60)
        assert child.returncode
        assert not Path(told["settings"]["HOST"]).exists()


def test_kill_9_ends_it(programs: Programs) -> None:
    """A command that could not clean up leaves no server and no folder."""
    with hold_dev_database("embedded") as (child, told):
        folder = Path(told["settings"]["HOST"])
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        child.kill()
        child.wait(timeout=60)
    assert wait_until(lambda: not folder.exists())
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def test_concurrent_runs_do_not_meet(
    programs: Programs, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a server of its own, also when all find the cache empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(open_folder))
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(lambda: stack.enter_context(run_programs(programs)))
            for _ in "123"
        ]
        servers = [run.result() for run in runs]
        for server in servers:
            with connect_as_administrator(server.settings) as connection:
                connection.execute("CREATE TABLE only_mine ()")
    clusters = open_folder.glob("*/cluster-*")
    assert len(list(clusters)) == 1
    assert not list(open_folder.glob("*/making-*"))


def test_the_data_folder_is_made_once(
    programs: Programs, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second start takes the same prepared folder and has not written to it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(open_folder))
    seen = []
    for _ in "12":
        with run_programs(programs) as server:
            with connect_as_administrator(server.settings) as connection:
                connection.execute("CREATE DATABASE gone")
            (prepared,) = open_folder.glob("*/cluster-*")
            data = (prepared / "data").stat()
            seen.append((data.st_ino, data.st_mtime_ns))
    assert seen[0] == seen[1]


def test_leftovers_are_swept(programs: Programs) -> None:
    """A folder that no process holds goes at the next start, one that is held stays."""
    left, held = (Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX)) for _ in "12")
    (left / "lock").touch()
    try:
        with (held / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with run_programs(programs):
                assert not left.exists()
                assert held.exists()
    finally:
        shutil.rmtree(held)


def test_a_server_that_does_not_start(
    programs: Programs, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error holds the server's own words, and nothing is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder))
    wrong = {**THROWAWAY_SETTINGS, "max_connections": "none"}
    with (
        pytest.raises(Unreachable, match="max_connections") as caught,
        run_server(programs, server_settings=wrong),
    ):
        pytest.fail("it must not come up")
    assert "e.g. docker://" in caught.value.hint
    assert not list(open_folder.glob(f"{FOLDER_PREFIX}*"))


def test_a_link_in_the_place_of_the_log_is_not_followed(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account of the server could put one there before root opens the log."""
    precious = tmp_path / "precious"
    precious.write_text("kept")

    def make_folder_with_link(account: Account, prefix: str) -> Path:
        folder = make_private_folder(account, prefix)
        (folder / "log").symlink_to(precious)
        return folder

    monkeypatch.setattr(cluster, "make_private_folder", make_folder_with_link)
    with pytest.raises(FileExistsError), run_programs(programs):
        pytest.fail("it must not come up")
    assert precious.read_text() == "kept"


def test_what_is_not_used_any_more_is_removed(
    programs: Programs, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(open_folder))
    cache = ensure_cache_folder(choose_account())
    for name in ("cluster-1", "cluster-2", "making-3", "something-else"):
        (cache / name).mkdir()
        if name != "cluster-2":
            os.utime(cache / name, (0, 0))
    with run_programs(programs) as server:
        assert asked(server, "SELECT 1") == 1
    left = {folder.name for folder in cache.iterdir()}
    assert {"cluster-2", "something-else"} < left
    assert not left & {"cluster-1", "making-3"}


def test_no_more_is_kept_than_some_folders(
    programs: Programs, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(open_folder))
    cache = ensure_cache_folder(choose_account())
    for day in range(1, KEPT_FOLDERS + 4):
        (cache / f"cluster-{day}").mkdir()
        then = time.time() - day * IN_USE_SECONDS - 60
        os.utime(cache / f"cluster-{day}", (then, then))
    (cache / "cluster-now").mkdir()
    with run_programs(programs):
        left = {folder.name for folder in cache.glob("cluster-*")}
    assert {"cluster-now", "cluster-1", "cluster-2"} < left
    assert f"cluster-{KEPT_FOLDERS + 3}" not in left
    assert len(left) <= KEPT_FOLDERS + 2


def test_the_same_build_in_two_places_is_prepared_once(
    programs: Programs, tmp_path: Path
) -> None:
    bins = []
    for name in ("one", "two"):
        bins.append(tmp_path / name)
        bins[-1].mkdir()
        (bins[-1] / "postgres").write_bytes(
            (programs.bin_folder / "postgres").read_bytes()
        )
    one, two = (replace(programs, bin_folder=folder) for folder in bins)
    assert fingerprint(one) == fingerprint(two) != fingerprint(two, "--locale=C")
    with (bins[1] / "postgres").open("ab") as program:
        program.write(b"more")
    assert fingerprint(one) != fingerprint(two)


@as_root
def test_root_hands_it_to_nobody(programs: Programs) -> None:
    """PostgreSQL refuses to run as root."""
    with run_programs(programs) as server:
        owner = (Path(server.settings["HOST"]) / "data").stat().st_uid
    assert owner == choose_account().user


OTHER_USER = """
import os, pwd, sys, psycopg
account = pwd.getpwnam(sys.argv[1])
os.setgroups([]), os.setgid(account.pw_gid), os.setuid(account.pw_uid)
try:
    psycopg.connect(host=sys.argv[2], user="postgres", dbname="postgres", password="guess")
except psycopg.OperationalError as error:
    print(error)
for folder in sys.argv[3:]:
    try:
        print("could read", open(folder).read())
    except OSError:
        pass
"""


@as_root
@pytest.mark.parametrize(
    ("account", "refusal"),
    [
        pytest.param("daemon", "Permission denied", id="another"),
        pytest.param("nobody", "password authentication failed", id="the-server's"),
    ],
)
def test_another_user_of_the_machine_cannot_enter(
    programs: Programs, account: str, refusal: str
) -> None:
    """Not even a process of the account that the server runs as, when root began it."""
    cache = ensure_cache_folder(choose_account())
    with run_programs(programs) as server:
        passwords = [str(path) for path in cache.glob("cluster-*/password")]
        arguments = (account, server.settings["HOST"], *passwords)
        answer = subprocess.run(
            [sys.executable, "-c", OTHER_USER, *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
    assert passwords
    assert refusal in answer.stdout
    assert "could read" not in answer.stdout


@as_root
def test_programs_in_a_private_folder(
    tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are copied once to where the server's account gets; the folder stays closed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(open_folder))
    # Debian's find their shared files by an absolute path, and are always reachable.
    movable = [
        each for each in map_majors().values() if each.base_folder.parts[1] != "usr"
    ]
    programs = (
        movable[0] if movable else skip_missing("PostgreSQL programs that can move")
    )
    private = replace(
        programs,
        bin_folder=tmp_path / programs.bin_folder.relative_to(programs.base_folder),
        base_folder=tmp_path,
        needed_folders=tuple(
            tmp_path / folder.relative_to(programs.base_folder)
            for folder in programs.needed_folders
        ),
    )
    for folder, copy in zip(
        programs.needed_folders, private.needed_folders, strict=True
    ):
        shutil.copytree(folder, copy, symlinks=True, dirs_exist_ok=True)
    tmp_path.chmod(0o700)
    copied = make_reachable(private, choose_account())
    assert copied == make_reachable(private, choose_account())
    assert copied.bin_folder.is_relative_to(open_folder)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    with run_programs(private) as server:
        assert asked(server, "SELECT 1") == 1


ORDINARY = """
import os, pwd, sys, pathlib, psycopg
from schema_migrations.dev.account import choose_account, make_reachable
from schema_migrations.dev.embedded import run_programs
from schema_migrations.dev.programs import choose_programs, find_installed_programs
programs = make_reachable(choose_programs(find_installed_programs()), choose_account())
if os.geteuid() == 0:
    account = pwd.getpwnam("daemon")
    os.setgroups([]), os.setgid(account.pw_gid), os.setuid(account.pw_uid)
with run_programs(programs) as server:
    folder = pathlib.Path(server.settings["HOST"])
    assert (folder / "data").stat().st_uid == os.getuid() != 0
    given = {key.lower(): server.settings[key] for key in ("HOST", "USER", "PASSWORD")}
    psycopg.connect(**given, dbname="postgres").close()
assert not folder.exists()
print("as", os.getuid())
"""


def test_an_ordinary_user(programs: Programs, tmp_path: Path) -> None:
    """The caller's own account runs it; the cache is that account's."""
    environment = {**os.environ, "XDG_CACHE_HOME": "", "HOME": "/nonexistent"}
    answer = subprocess.run(
        [sys.executable, "-c", ORDINARY],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    assert answer.stdout.startswith("as "), answer.stderr
