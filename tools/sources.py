"""Fetch the source distribution of a project, which brings its tests.

Invariant: the folder appears whole or not at all; a second call downloads nothing.
"""

from __future__ import annotations

import os
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.projects import list_pip_words, run_or_exit


def fetch_source(
    name: str,
    version: str,
    *,
    part: str = ".",
    python: str | Path = sys.executable,
    constraints: Path | None = None,
) -> Path:
    """Return one folder of the source distribution; download it once, with pip.

    ``constraints`` hold for what pip needs to read the distribution, which must suit
    ``python``.  The folder is kept in ``CI_CACHE``, or where programs of this user keep
    their caches.  Exits when pip cannot download it.
    """
    cache = _find_cache() / name
    kept = cache / f"{'source' if part == '.' else part}-{version}"
    if not kept.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            print(f"Downloading the source of {name} {version} ...", flush=True)
            options = ("--no-deps", "--no-binary", name, "--dest", temporary)
            run_or_exit(
                *(*list_pip_words(python), "download", *options, f"{name}=={version}"),
                **_constrain_builds(constraints),
            )
            (archive,) = Path(temporary).glob("*.tar.gz")
            with tarfile.open(archive) as opened:
                opened.extractall(temporary, filter="data")
            (folder,) = Path(temporary).glob(f"*/{part}" if part != "." else "*/")
            folder.rename(kept)
    return kept


def _constrain_builds(constraints: Path | None) -> dict[str, str]:
    """Return the variables that tell pip; its older versions read the first one."""
    names = ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT") if constraints else ()
    return dict.fromkeys(names, str(constraints))


def _find_cache() -> Path:
    named = os.environ.get("CI_CACHE")
    if named:
        return Path(named)
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches, "django-schema-migrations-ci")
