"""Who runs the embedded server, and which folders that account can reach.

PostgreSQL refuses to run as root, so a caller who is root hands it to ``nobody``, which
every system has.  Invariant: no user is created, and permissions are changed only of
files that this module has made.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.dev.programs import Programs

CACHE_NAME = "django-schema-migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """As ``subprocess`` takes it; all None: the caller's own account."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None


def choose_account() -> Account:
    """``nobody`` for root, else the caller."""
    if os.geteuid() != 0:
        return Account()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ConfigError(
            "PostgreSQL does not run as root, and there is no account 'nobody' to run it.",
            hint="Run the command as an ordinary user, or name another dev database.",
        ) from None
    return Account(user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=())


def make_private_folder(account: Account, prefix: str) -> Path:
    """Make a folder that only the server's account (and root) can enter."""
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=choose_temporary_folder(account)))
    change_owner(made, account)
    return made


def change_owner(folder: Path, account: Account) -> None:
    """Make the server's account the owner of a folder of ours."""
    if account.user is not None:
        os.chown(folder, account.user, -1 if account.group is None else account.group)


def choose_temporary_folder(account: Account) -> Path:
    """The caller's, or ``/tmp`` when the server's account cannot enter that one.

    A socket's path holds 107 bytes at most (103 on macOS), so a long one will not do:
    https://www.postgresql.org/docs/current/runtime-config-connection.html
    """
    own = Path(tempfile.gettempdir()).resolve()
    return own if len(str(own)) < 60 and _can_enter(own, account) else Path("/tmp")


def ensure_cache_folder(account: Account) -> Path:
    """A folder of our own that outlives the command and nobody else may write to."""
    for folder in _list_cache_candidates(account):
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if _is_trusted(folder) and _can_enter(folder, account):
            return folder
    raise ConfigError(
        "No folder for the embedded server's files: tried "
        + ", ".join(str(folder) for folder in _list_cache_candidates(account)),
        hint="Set XDG_CACHE_HOME to a folder that this account may write to.",
    )


def make_reachable(programs: Programs, account: Account) -> Programs:
    """The same programs where the server's account can run them.

    A virtual environment below ``/root`` cannot be entered by anyone else; its
    permissions are not ours to change, so the programs are copied once.
    """
    if account.user is None or _can_run(programs, account):
        return programs
    key = f"programs-{programs.version}-{fingerprint(programs)}"
    target = ensure_cache_folder(account) / key
    if not target.is_dir():
        _copy_programs(programs, target)
    return replace(
        programs,
        bin_folder=target / programs.bin_folder.relative_to(programs.base_folder),
        base_folder=target,
        needed_folders=tuple(
            target / folder.relative_to(programs.base_folder)
            for folder in programs.needed_folders
        ),
    )


def fingerprint(programs: Programs, *made_with: str) -> str:
    """A name for what this very build made: another one may have the same version."""
    server = (programs.bin_folder / "postgres").resolve()
    facts = server.stat()
    text = " ".join((str(server), f"{facts.st_size} {facts.st_mtime_ns}", *made_with))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def move_into_place(finished: Path, target: Path) -> None:
    """Move a finished folder to its place; another run may have been faster."""
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
    """Whether nobody else could have put programs there for us to run."""
    facts = folder.lstat()
    return (
        stat.S_ISDIR(facts.st_mode)
        and facts.st_uid == os.geteuid()
        and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        and os.access(folder, os.W_OK)
    )


def _can_enter(folder: Path, account: Account) -> bool:
    """Whether the account gets to the folder, going by the permissions for all."""
    if account.user is None:
        return True
    chain = (folder, *folder.parents)
    return all(each.stat().st_mode & stat.S_IXOTH for each in chain)


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
    made = Path(tempfile.mkdtemp(prefix="making-", dir=target.parent))
    for folder in programs.needed_folders:
        shutil.copytree(
            folder,
            made / folder.relative_to(programs.base_folder),
            symlinks=True,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("include", "pgxs", "*.a"),
        )
    # The original's permissions may be what locks the server out.
    for path in (made, *made.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
    move_into_place(made, target)
