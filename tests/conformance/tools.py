"""The two programs that play a case: this package, and Atlas where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from django.core.management import CommandError, call_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fixtures.targets import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended."""

    code: int
    text: str
    by_us: bool = True
    """The exit code and the words are those of this package."""


ATLAS = shutil.which("atlas")

NAMES = {
    "schemaapply": "apply",
    "schemahash": "hash",
    "schemaset": "set",
    "schemastatus": "status",
}
SAME = {"--tx-mode", "--exec-order", "--baseline", "--allow-dirty", "--dry-run"}
"""Options that Atlas has, with the same meaning."""
ONLY_ASKED = {"--check", "--no-input"}
"""Options that change nothing in the database."""


def ours(place: Place, words: Sequence[str]) -> Said:
    name, *arguments = words
    out = StringIO()
    extra = ["--no-signals"] if name == "schemaapply" else []
    try:
        call_command(
            name, *arguments, *extra, "--dir", str(place.folder), stdout=out, stderr=out
        )
    except CommandError as error:
        return Said(code=error.returncode, text=f"{out.getvalue()}{error}")
    except SystemExit as end:
        return Said(code=int(end.code or 0), text=out.getvalue())
    return Said(code=0, text=out.getvalue())


def in_atlas(words: Sequence[str]) -> bool:
    """Return whether Atlas's community program has a command's options."""
    given = {word for word in words[1:] if word.startswith("--")}
    if words[0] == "schemaset":
        return given <= ONLY_ASKED and "zero" not in words
    return given <= SAME | ONLY_ASKED


def atlas(place: Place, words: Sequence[str]) -> Said:
    assert ATLAS is not None
    name, *arguments = words
    command = NAMES[name]
    if name == "schemahash":
        command = "validate" if "--check" in arguments else "hash"
    target = [] if name == "schemahash" else ["--url", url_of(place)]
    place.connection.close()
    done = subprocess.run(
        [
            ATLAS,
            "migrate",
            command,
            *(a for a in arguments if a not in ONLY_ASKED),
            *("--dir", f"file://{place.folder}"),
            *target,
        ],
        env={
            **os.environ,
            "ATLAS_NO_UPDATE_NOTIFIER": "1",
            "ATLAS_NO_UPGRADE_SUGGESTIONS": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    code = done.returncode
    if name == "schemastatus" and "--check" in arguments and not code:
        # Atlas's status ends with 0 whatever it finds.
        code = int("Migration Status: OK" not in done.stdout)
    return Said(code=code, text=f"{done.stdout}{done.stderr}", by_us=False)


def url_of(place: Place) -> str:
    settings = place.settings
    if place.engine.vendor == "sqlite":
        # Other forms share one lock of the machine.
        return f"sqlite://file:{settings['NAME']}?_fk=1"
    parameters = {
        "host": settings["HOST"],
        "port": settings["PORT"],
        "sslmode": "disable",
        "search_path": "public",
    }
    password = f":{quote(settings['PASSWORD'])}" if settings.get("PASSWORD") else ""
    user = f"{quote(settings['USER'])}{password}"
    return f"postgres://{user}@/{settings['NAME']}?{urlencode(parameters)}"
