"""What the figures depend on besides the code: machine, versions, durability, load."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import psycopg

from schema_migrations.dev.programs import Programs
from schema_migrations.version import VERSION

GIBIBYTE = 2**30


def describe_machine(programs: Programs, atlas: str) -> str:
    """Return a sentence for each of machine, programs and day."""
    return (
        f"{_read_processor()}, {os.cpu_count()} cores, {_count_memory():.0f} GiB,"
        f" {platform.system()} {platform.release()}."
        f" PostgreSQL {programs.version}, Django {django.get_version()},"
        f" Python {platform.python_version()}, {atlas}."
        f" Version {_find_version()}, {datetime.now(UTC):%Y-%m-%d}."
    )


def describe_server(
    connection: psycopg.Connection[tuple[Any, ...]], folder: Path
) -> str:
    """Say how durable the server is; ``folder`` holds its data."""
    settings = ", ".join(
        f"{name} {_show(connection, name)}"
        for name in ("fsync", "full_page_writes", "synchronous_commit")
    )
    return f"Server: {settings}; data on {find_file_system(folder)}."


def describe_load(before: float, after: float) -> str:
    return f"Load (of the last minute) before: {before:.2f}, after: {after:.2f}."


def read_load() -> float:
    return os.getloadavg()[0]


def find_file_system(folder: Path) -> str:
    """Return the type of file system that holds a folder: ``tmpfs``, ``ext4``."""
    done = subprocess.run(
        ["df", "--output=fstype", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    return " ".join(done.stdout.split()[1:]) or "an unknown file system"


def _find_version() -> str:
    """Return the commit of the tree that is measured, or the version that is installed."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or VERSION


def _read_processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2] for line in lines if line.startswith("model name"))
    return next(names, platform.machine()).strip()


def _count_memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBIBYTE


def _show(connection: psycopg.Connection[tuple[Any, ...]], name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return row[0] if row else "unknown"
