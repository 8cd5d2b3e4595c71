"""Check what is built: an sdist holds what git has, a wheel the package, and both say what
PyPI wants to know.

    check_distributions.py FOLDER
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from packaging.metadata import Metadata

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {
    ".git_archival.txt": "git fills it in for archives; PKG-INFO has the version"
}
MADE_BY_SETUPTOOLS = ("PKG-INFO", "setup.cfg", "django_schema_migrations.egg-info/")


def main(folder: Path) -> None:
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    with tarfile.open(sdist) as archive:
        names = {m.name.partition("/")[2]: m for m in archive if m.isfile()}
        check_metadata(archive.extractfile(names["PKG-INFO"]).read())  # type: ignore[union-attr]
    in_sdist = {name for name in names if not name.startswith(MADE_BY_SETUPTOOLS)}
    with zipfile.ZipFile(wheel) as package:
        in_wheel = {n for n in package.namelist() if ".dist-info/" not in n}
        (metadata,) = (n for n in package.namelist() if n.endswith("/METADATA"))
        check_metadata(package.read(metadata))
    if (ROOT / ".git").exists():
        compare(sdist, in_sdist, files_in_git() - LEFT_OUT.keys())
    else:
        print("NOT COMPARED with git: this folder is not a clone.")
    compare(
        wheel, in_wheel, {n for n in in_sdist if n.startswith("schema_migrations/")}
    )
    print(f"checked: {sdist.name}, {wheel.name}")


def files_in_git() -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(filter(None, listed.stdout.split("\0")))


def compare(built: Path, found: set[str], wanted: set[str]) -> None:
    if found != wanted:
        lacks, foreign = sorted(wanted - found), sorted(found - wanted)
        sys.exit(f"{built.name} lacks {lacks} and should not hold {foreign}.")


def check_metadata(content: bytes) -> None:
    """Raise what PyPI would: https://packaging.pypa.io/en/stable/metadata.html"""
    Metadata.from_email(content, validate=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
