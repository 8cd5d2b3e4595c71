"""Choose the account that runs the embedded server, and folders that it can enter.

PostgreSQL refuses to run as root, so for root it runs as ``nobody``, which every system
has.  Invariant: no user is created, and permissions are changed only on files that this
module created.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.errors import DevServerUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.dev.programs import Programs

CACHE_NAME = "django-schema-migrations"
UNUSED_SECONDS = 30 * 24 * 3600
"""Age at which a folder of the cache that nobody used is removed."""
KEPT_FOLDERS = 8
"""So many of the last used ones, of some 40 MB each, are kept until then."""
IN_USE_SECONDS = 24 * 3600
"""Age at which any other is removed: until then a server may still be copying it."""
_READ_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The arguments for ``subprocess``; all None: the caller's own account."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None


def choose_account() -> Account:
    """Return ``nobody`` when the caller is root, else the caller."""
    if os.geteuid() != 0:
        return Account()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise DevServerUnusable(
            problem="PostgreSQL does not run as root, and this system has no account"
            " 'nobody'.",
            remedy="Run the command as a non-root user, or name another dev database",
        ) from None
    return Account(user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=())


def make_private_folder(account: Account, prefix: str) -> Path:
    """Create a folder that only the server's account (and root) can enter."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=choose_temporary_folder(account)))
    change_owner(folder, account)
    return folder


def change_owner(folder: Path, account: Account) -> None:
    """Make the server's account the owner of a folder that this package created."""
    if account.user is not None:
        os.chown(folder, account.user, -1 if account.group is None else account.group)


def choose_temporary_folder(account: Account) -> Path:
    """Return the caller's temporary folder, or ``/tmp`` when the account cannot enter it.

    A socket's path has at most 107 bytes (103 on macOS), so a long one is ruled out:
    https://www.postgresql.org/docs/current/runtime-config-connection.html
    """
    folder = Path(tempfile.gettempdir()).resolve()
    is_short = len(str(folder)) < 60
    return folder if is_short and _can_enter(folder, account) else Path("/tmp")


def ensure_cache_folder(account: Account) -> Path:
    """Return a permanent cache folder that only the caller may write to; create it."""
    for folder in _list_cache_candidates(account):
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if _is_trusted(folder) and _can_enter(folder, account):
            return folder
    raise DevServerUnusable(
        problem="No folder can hold the embedded server's files. Tried: "
        + ", ".join(str(folder) for folder in _list_cache_candidates(account)),
        remedy="Set XDG_CACHE_HOME to a folder that this account can write to",
    )


def make_reachable(programs: Programs, account: Account) -> Programs:
    """Return the same programs in a place where the server's account can run them.

    Nobody else can enter a virtual environment below ``/root``.  Its permissions must not
    be changed, so the programs are copied once.
    """
    if account.user is None or _can_run(programs, account):
        return programs
    # Extensions may have been added to one of two equal builds.
    place = str(programs.base_folder.resolve())
    key = f"programs-{programs.version}-{fingerprint(programs, place)}"
    target = ensure_cache_folder(account) / key
    if not target.is_dir():
        _copy_programs(programs, target)
    note_use(target)
    return replace(
        programs,
        bin_folder=target / programs.bin_folder.relative_to(programs.base_folder),
        base_folder=target,
        needed_folders=tuple(
            target / folder.relative_to(programs.base_folder)
            for folder in programs.needed_folders
        ),
    )


def fingerprint(programs: Programs, *options: str) -> str:
    """Return a key of this build: another one may have the same version.

    The same build in two virtual environments has one key.  The beginning of a program
    holds the identity that the linker gave it.
    """
    server = programs.bin_folder / "postgres"
    with server.open("rb") as program:
        beginning = program.read(_READ_BYTES)
    key = hashlib.sha256(beginning)
    key.update(" ".join((str(server.stat().st_size), *options)).encode())
    return key.hexdigest()[:12]


def note_use(folder: Path) -> None:
    """Note that a folder of the cache is used now, so that it is kept."""
    os.utime(folder)


def _remove_unused(cache: Path) -> None:
    """Remove what was not used for long, what is too much, and what a killed run left."""
    now = time.time()
    ages = {
        folder: now - folder.lstat().st_mtime
        for folder in cache.iterdir()
        if folder.name.startswith(("cluster-", "programs-", "making-"))
    }
    for place, folder in enumerate(sorted(ages, key=ages.__getitem__)):
        kept = IN_USE_SECONDS if place >= KEPT_FOLDERS else UNUSED_SECONDS
        if ages[folder] > kept:
            shutil.rmtree(folder, ignore_errors=True)


def move_into_place(finished: Path, target: Path) -> None:
    """Move a finished folder to its final place, unless another run was faster.

    The cache grows only here, so what is not used any more is removed here.
    """
    _remove_unused(target.parent)
    try:
        finished.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(finished, ignore_errors=True)


def _list_cache_candidates(account: Account) -> Iterator[Path]:
    home = os.environ.get("XDG_CACHE_HOME")
    if home and Path(home).is_absolute():
        yield Path(home) / CACHE_NAME
    elif account.user is None:
        yield Path("~/.cache").expanduser() / CACHE_NAME
    if account.user is not None:
        yield Path("/var/cache") / CACHE_NAME
    yield choose_temporary_folder(account) / f"{CACHE_NAME}-{os.geteuid()}"


def _is_trusted(folder: Path) -> bool:
    """Return whether nobody else could have put programs there for us to run."""
    facts = folder.lstat()
    return (
        stat.S_ISDIR(facts.st_mode)
        and facts.st_uid == os.geteuid()
        and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        and os.access(folder, os.W_OK)
    )


def _can_enter(folder: Path, account: Account) -> bool:
    """Return whether the account can enter the folder, by the permissions for others."""
    if account.user is None:
        return True
    chain = (folder, *folder.parents)
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in chain)


def _can_run(programs: Programs, account: Account) -> bool:
    try:
        answer = subprocess.run(
            [programs.bin_folder / "initdb", "--version"],
            capture_output=True,
            check=False,
            cwd="/",
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
    except PermissionError:
        return False
    return answer.returncode == 0


def _copy_programs(programs: Programs, target: Path) -> None:
    copy = Path(tempfile.mkdtemp(prefix="making-", dir=target.parent))
    for folder in programs.needed_folders:
        shutil.copytree(
            folder,
            copy / folder.relative_to(programs.base_folder),
            symlinks=True,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("include", "pgxs", "*.a"),
        )
    # The original permissions may be the reason why the account cannot run them.
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
    move_into_place(copy, target)
