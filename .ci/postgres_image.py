#!/usr/bin/env python3
"""Make a PostgreSQL image where no container registry is reached.

    postgres_image.py FOLDER [REFERENCE]      e.g. …/postgresql-17.10.0-beta.17 postgres:17

FOLDER holds server programs as postgres_versions.py unpacks them.  The rest is this
machine's: a shell, a few tools and the C library.  The image takes the same environment
variables as the official one, as far as the tests need them.  As root, a Docker daemon is
started when none answers; end it with: kill $(cat /var/run/docker.pid).
Needs the docker SDK, dockerd (Debian: docker.io) and Linux with glibc.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import docker
from docker.errors import DockerException

HOME = "/usr/lib/postgresql"
TOOLS = ("sh", "cat", "chmod", "chown", "id", "mkdir", "setpriv", "sleep")
LOG = Path("/var/log/dockerd.log")

ENTRYPOINT = r"""#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"; chown postgres "$PGDATA"; chmod 700 "$PGDATA"
  exec setpriv --reuid=999 --regid=999 --clear-groups "$0" "$@"
fi
[ "$1" = postgres ] || exec "$@"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ -z "$POSTGRES_PASSWORD" ]; then
    echo "Error: Database is uninitialized and superuser password is not specified." >&2
    exit 1
  fi
  : "${POSTGRES_USER:=postgres}" "${POSTGRES_DB:=$POSTGRES_USER}"
  umask 077
  echo "$POSTGRES_PASSWORD" >/tmp/password
  initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile=/tmp/password \
    --auth=trust --encoding=UTF8 --locale=C $POSTGRES_INITDB_ARGS >&2
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  if [ "$POSTGRES_DB" != postgres ]; then
    echo "CREATE DATABASE \"$POSTGRES_DB\"" | postgres --single -F -D "$PGDATA" postgres >&2
  fi
fi
exec "$@" -c listen_addresses='*'
"""


def main(folder: str, reference: str = "postgres:17") -> None:
    client = daemon()
    repository, _, tag = reference.rpartition(":")
    client.api.import_image_from_data(
        root_filesystem(Path(folder)),
        repository=repository,
        tag=tag,
        changes=[
            'ENTRYPOINT ["docker-entrypoint.sh"]',
            'CMD ["postgres"]',
            "EXPOSE 5432",
            f"ENV PATH=/bin:{HOME}/bin PGDATA=/var/lib/postgresql/data",
        ],
    )
    print(reference, client.images.get(reference).short_id)


def daemon() -> docker.DockerClient:
    """A client of the running daemon, or of one started now."""
    try:
        return docker.from_env()
    except DockerException:
        print("No Docker daemon answers: starting one", file=sys.stderr)
    with LOG.open("ab") as log:
        started = subprocess.Popen(
            ["dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    for _ in range(300):
        try:
            return docker.from_env()
        except DockerException:
            if started.poll() is not None:
                break
            time.sleep(0.1)
    sys.exit(f"dockerd did not start:\n{LOG.read_text()[-2000:]}")


def root_filesystem(programs: Path) -> bytes:
    """A tar archive: the programs, the tools, and the libraries that both ask for."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(programs, HOME, filter=owned_by_root)
        for tool in TOOLS:
            found = shutil.which(tool) or sys.exit(f"{tool} is missing")
            archive.add(Path(found).resolve(), f"bin/{tool}")
        for library in libraries(programs):
            archive.add(library.resolve(), str(library), filter=owned_by_root)
        for name, mode in (("tmp", 0o1777), ("var/lib/postgresql", 0o755)):
            member = tarfile.TarInfo(name)
            member.type, member.mode = tarfile.DIRTYPE, mode
            archive.addfile(member)
        write(archive, "etc/passwd", "root:x:0:0::/:/bin/sh\npostgres:x:999:999::/:\n")
        write(archive, "etc/group", "root:x:0:\npostgres:x:999:\n")
        write(archive, "bin/docker-entrypoint.sh", ENTRYPOINT)
    return packed.getvalue()


def libraries(programs: Path) -> set[Path]:
    """This machine's libraries, as the programs and tools name them."""
    tools = [str(shutil.which(tool)) for tool in TOOLS]
    loaded = [
        str(path) for path in programs.rglob("*") if re.search(r"/bin/|\.so", str(path))
    ]
    answer = subprocess.run(["ldd", *tools, *loaded], capture_output=True, text=True)
    named = re.findall(r"(?:=> |^\t)(/\S+) \(0x", answer.stdout, re.MULTILINE)
    return {Path(name) for name in named if not name.startswith(str(programs))}


def owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    return member


def write(archive: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.mode, member.size = 0o755, len(text)
    archive.addfile(member, io.BytesIO(text.encode()))


if __name__ == "__main__":
    main(*(sys.argv[1:] or sys.exit(__doc__)))
