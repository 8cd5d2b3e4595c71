"""Walk through one change of a schema, from the model to the target database.

Everything happens in a temporary copy of the demo project and on a PostgreSQL server
that lives as long as this script; the checkout is not touched.
"""

from __future__ import annotations

import difflib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg

from schema_migrations.dev.embedded import run_embedded_server

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
MODELS = Path("demo_project/orders/models.py")
OLD = '    note = models.TextField(blank=True, default="")\n'
NEW = OLD + (
    '    gift_message = models.CharField(max_length=200, blank=True, db_default="")\n'
    "    deliver_after = models.DateField(null=True, blank=True, db_index=True)\n"
)
SKIPPED = shutil.ignore_patterns("__pycache__")


def main() -> None:
    step("Starting a PostgreSQL server of our own")
    with run_embedded_server() as server, tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        shutil.copytree(ROOT / "demo_project", project / "demo_project", ignore=SKIPPED)
        shutil.copy(ROOT / "manage.py", project)
        url = new_database(server.settings, "shop")
        password = {"PGPASSWORD": server.settings["PASSWORD"]}
        environment = os.environ | {"DEMO_DATABASE_URL": url} | password
        print(f"{server.description}; the shop's database is\n  {url}")
        walk(runner(project, environment), project, url)


def walk(run: Callable[..., None], project: Path, url: str) -> None:
    step("The directory of SQL files is in step with the shop's models")
    run("schemadiff", "--check")
    step("Bring the empty database up to date, file by file")
    run("schemaapply", "--url", url)
    step("Change a model")
    change(project / MODELS)
    step("What does that mean in SQL?  Planned, then proved by replaying all files")
    before = set((project / "demo_project/migrations").iterdir())
    run("schemadiff", "gifts")
    step("The new file, to be read by a person and committed beside the model")
    for path in sorted(set((project / "demo_project/migrations").iterdir()) - before):
        print(f"{path.relative_to(project)}:\n{path.read_text()}")
    step("Apply it")
    run("schemaapply", "--url", url)
    step("Where does the database stand?")
    run("schemastatus")
    step("That is all.  Nothing is left to do:")
    run("schemadiff", "--check")
    print("\nRead on in docs/tutorial.md.")


def runner(project: Path, environment: dict[str, str]) -> Callable[..., None]:
    """Return a function that runs the copy's manage.py, showing what one would type."""

    def run(*arguments: str) -> None:
        print(f"$ {shlex.join(['python', 'manage.py', *arguments])}", flush=True)
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=project,
            env=environment,
            check=False,
        )
        if done.returncode:
            sys.exit(f"It ended with {done.returncode}, which it should not.")

    return run


def new_database(settings: dict[str, str], name: str) -> str:
    """Create a database on the server and return its URL, without the password."""
    host, user, port = settings["HOST"], settings["USER"], settings["PORT"]
    with psycopg.connect(
        host=host,
        user=user,
        password=settings["PASSWORD"],
        port=port,
        dbname=settings["NAME"],
        autocommit=True,
    ) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"postgresql://{quote(user)}@/{name}?host={quote(host)}&port={port}"


def change(path: Path) -> None:
    """Add two fields to a model and show the difference."""
    before = path.read_text()
    after = before.replace(OLD, NEW)
    if after == before:
        sys.exit(f"{path} does not hold the line that this script changes.")
    path.write_text(after)
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(MODELS), str(MODELS), "", "", 1, ""
    )
    print("\n".join(lines))


def step(title: str) -> None:
    print(f"\n== {title}", flush=True)


if __name__ == "__main__":
    main()
