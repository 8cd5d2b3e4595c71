"""A plugin for pytest that says how long the test database was in the making."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import pytest

SAYS = "The test database was made in"
SECONDS = pytest.StashKey[float]()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: Any, request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Measure the fixture of pytest-django that makes it."""
    began = time.monotonic()
    answer = yield
    if fixturedef.argname == "django_db_setup":
        request.config.stash[SECONDS] = time.monotonic() - began
    return answer


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say it at the end, since output is captured before."""
    seconds = config.stash.get(SECONDS, None)
    if seconds is not None:
        terminalreporter.write_line(f"{SAYS} {seconds:.1f} s")
