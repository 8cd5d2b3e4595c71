"""Let Atlas's community program finish a run of ours that was broken, where it is on PATH.

Only what an undisturbed row tells is finished by it: where a statement stands outside a
transaction, ours alone looks into the database for what was left.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tools.faults.databases import Database
from tools.faults.scenarios import Scenario

ATLAS_SCENARIOS = ("file", "all", "none", "directed")
ATLAS_SHARE = 0.25
"""How many of the runs of these scenarios Atlas finishes."""

TIMEOUT = 60.0


@cache
def find_atlas() -> str | None:
    return shutil.which("atlas")


def finish_with_atlas(scenario: Scenario, folder: Path, database: Database) -> str:
    """Apply the rest with Atlas; return why that failed, or nothing."""
    try:
        done = _run_atlas(scenario, folder, database)
    except subprocess.TimeoutExpired as stuck:
        return f"Atlas was stuck: {stuck}"
    if not done.returncode:
        return ""
    return f"Atlas ended with {done.returncode}: {done.stdout}{done.stderr}"


def _run_atlas(
    scenario: Scenario, folder: Path, database: Database
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            find_atlas() or "atlas",
            *("migrate", "apply", "--dir", f"file://{folder}"),
            *("--url", _make_atlas_url(database), "--tx-mode", scenario.mode),
        ],
        env={
            **os.environ,
            "ATLAS_NO_UPDATE_NOTIFIER": "1",
            "ATLAS_NO_UPGRADE_SUGGESTIONS": "1",
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def _make_atlas_url(database: Database) -> str:
    """Return the URL as Atlas reads it; of SQLite other forms share one lock."""
    if database.server is None:
        return f"sqlite://file:{database.folder / database.name}?_fk=1"
    return database.url.replace("postgresql:", "postgres:", 1) + (
        "&sslmode=disable&search_path=public"
    )
