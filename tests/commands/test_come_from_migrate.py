"""The page ``docs/come-from-migrate.md``, walked from its first line to its last.

Each ``sh`` block is run by a shell, and prints what the block after it says; a block that
is an undo is run, and what it undid is run again.  ``python`` blocks are added to the file
that they name.  Numbers that the day, the machine or the server decides may differ.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures.commands import REPOSITORY
from tests.fixtures.postgresql import connect_as_administrator, find_clients
from tests.fixtures.skips import skip_missing

if TYPE_CHECKING:
    from schema_migrations.dev.server import DevServer

pytestmark = pytest.mark.slow("processes")

PAGE = REPOSITORY / "docs/come-from-migrate.md"
PROJECT = REPOSITORY / "tests/cases/migrated_project"
BY_HAND = """
CREATE INDEX by_hand ON shop_order (placed);
ALTER TABLE shop_line RENAME CONSTRAINT shop_line_pkey TO shop_orderline_pkey;
INSERT INTO shop_order (number, placed) VALUES ('1', now());
"""
"""What happened to the production database besides migrations."""

BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>.*)\n(?P<text>(?:.*\n)*?)(?P=indent)```$",
    re.MULTILINE,
)
ENVIRONMENT_BLOCK = "export STAGING"
VERSION = r"(?<!\d)\d{14}(?!\d)"
VARYING = {
    VERSION: "(version)",
    r"PostgreSQL [\d.]+\d": "PostgreSQL (number)",
    r"\b\d+ms\b": "(time)",
    r"in \d+\.\d+s": "in (time)",
    r"\d{4}-\d\d-\d\d \d\d:\d\d": "(date)",
    r"django-schema-migrations \d[^,]+": "django-schema-migrations (number)",
}
"""What the day, the machine or the server decides → what stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    language: str
    text: str
    section: str

    @property
    def is_output(self) -> bool:
        return not self.language


def read_blocks() -> Iterator[Block]:
    _, *sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    for section in sections:
        for match in BLOCK.finditer(section):
            lines = match["text"].splitlines(keepends=True)
            yield Block(
                language=match["language"],
                text="".join(line.removeprefix(match["indent"]) for line in lines),
                section=section.partition("\n")[0],
            )


def without_varying(output: str) -> str:
    for pattern, stands_for_it in VARYING.items():
        output = re.sub(pattern, stands_for_it, output)
    return output.rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A shell in the folder of the project, and what it calls otherwise than the page."""

    folder: Path
    environment: dict[str, str]
    urls: dict[str, str]
    """As the page has them → as they are."""
    versions: dict[str, str] = field(default_factory=dict)
    """As the page has them → as they are."""

    def run(self, commands: str) -> str:
        """Run the commands of a block; return what they print, in the page's words."""
        for page, actual in self.versions.items():
            commands = commands.replace(page, actual)
        done = subprocess.run(
            ["sh", "-e", "-c", commands],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        output = done.stdout
        for page, actual in self.urls.items():
            output = output.replace(f"'{actual}'", page).replace(actual, page)
        return output

    def compare(self, output: str, expected: str) -> None:
        found, wanted = (without_varying(text) for text in (output, expected))
        assert found.splitlines() == wanted.splitlines()
        page, actual = (re.findall(VERSION, text) for text in (expected, output))
        self.versions.update(zip(page, actual, strict=True))


@pytest.fixture
def shell(tmp_path: Path, pg_server: DevServer) -> Iterator[Shell]:
    """A shell in a project whose databases its migrations have made."""
    clients = find_clients() or Path(shutil.which("psql") or "/missing/psql").parent
    if not (clients / "psql").exists():
        skip_missing("psql")
    its: dict[str, Any] = pg_server.settings
    folder = tmp_path / "project"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    urls = {
        name: f"postgresql://{its['USER']}@/{name}?host={its['HOST']}"
        for name in ("staging", "production")
    }
    path = (str(Path(sys.executable).parent), str(clients), os.environ["PATH"])
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PG")},
        "PATH": os.pathsep.join(path),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PGHOST": its["HOST"],
        "PGPORT": str(its["PORT"]),
        "PGUSER": its["USER"],
        **{name.upper(): url for name, url in urls.items()},
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with connect_as_administrator(its) as server:
        server.execute("CREATE DATABASE development")
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"],
            cwd=folder,
            env=environment,
            check=True,
        )
        for name in urls:
            server.execute(f"CREATE DATABASE {name} TEMPLATE development")
    with connect_as_administrator(its, "production") as production:
        production.execute(BY_HAND)
    exported = next(b for b in BLOCK.finditer(PAGE.read_text()))["text"]
    assert ENVIRONMENT_BLOCK in exported
    named = dict(re.findall(r"export (\w+)=(\S+)", exported))
    yield Shell(
        folder=folder,
        environment=environment,
        urls={named[name.upper()]: url for name, url in urls.items()},
    )
    with connect_as_administrator(its) as server:
        for name in ("development", *urls):
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_page_says_what_happens(shell: Shell) -> None:
    done: list[tuple[Block, Block | None]] = []
    blocks = [*read_blocks()]
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block.language == "python":
            name, _, text = block.text.partition("\n")
            path = shell.folder / re.split(r"[ ,]", name.removeprefix("# "))[0]
            assert path.exists()
            path.write_text(path.read_text() + text)
        elif block.language == "sh":
            is_told = following and following.is_output
            done.append((block, following if is_told else None))
            run_block(shell, *done[-1])
        elif block.language == "sh undo":
            shell.run(block.text)
            for each in done:
                if each[0].section == block.section:
                    run_block(shell, *each)
        else:
            assert block.is_output
    assert len(done) > 10


def run_block(shell: Shell, block: Block, output: Block | None) -> None:
    printed = shell.run(block.text)
    if output:
        shell.compare(printed, output.text)
    else:
        assert printed == ""
