"""The phases of a command: the time that each takes, and what runs now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter


class Phases(dict[str, float]):
    """Phase → seconds; a call is a context manager that adds its time to a phase."""

    def __init__(self, report: Callable[[str], None] = lambda text: None) -> None:
        super().__init__()
        self.report = report
        """Gets what runs now, for a person who waits."""

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        start = perf_counter()
        self.report(name)
        try:
            yield
        finally:
            self[name] = self.get(name, 0.0) + perf_counter() - start

    def add(self, others: Phases) -> None:
        """Add the times of phases that ran beside these."""
        for name, seconds in others.items():
            self[name] = self.get(name, 0.0) + seconds
