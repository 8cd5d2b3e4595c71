"""Fetch Django's own tests, from the source distribution of the Django that runs here.

Invariant: the folder appears whole or not at all; a second call downloads nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import django


def fetch_tests() -> Path:
    """Return the folder ``tests``; download it once, with pip.

    It is kept in ``CI_CACHE``, or where programs of this user keep their caches.  Exits
    when pip cannot download it.
    """
    cache = _find_cache() / "django"
    kept = cache / f"tests-{django.__version__}"
    if not kept.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            archive = _download(Path(temporary))
            with tarfile.open(archive) as opened:
                opened.extractall(temporary, filter="data")
            (folder,) = Path(temporary).glob("*/tests")
            folder.rename(kept)
    return kept


def _find_cache() -> Path:
    named = os.environ.get("CI_CACHE")
    if named:
        return Path(named)
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches, "django-schema-migrations-ci")


def _download(folder: Path) -> Path:
    wanted = f"django=={django.__version__}"
    print(f"Downloading the source distribution of {wanted} ...", flush=True)
    options = ["--disable-pip-version-check", "--no-deps", "--no-binary", "django"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, wanted, "--dest", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}")
    (archive,) = folder.glob("*.tar.gz")
    return archive
