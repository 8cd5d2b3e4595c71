"""Who is told what happens before the result is there."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Tell a person what happens before the result is there."""

    def say(self, text: str = "") -> None: ...
    def warn(self, text: str) -> None: ...
    def show_progress(self, text: str) -> None: ...


class _Silence:
    def say(self, text: str = "") -> None:
        """Say nothing."""

    def warn(self, text: str) -> None:
        """Say nothing."""

    def show_progress(self, text: str) -> None:
        """Show nothing."""


SILENCE: Reporter = _Silence()


class RememberingReporter:
    """Says each thing once, for work that starts again on another dev database."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._said: set[str] = set()
        self.has_warned = False

    def say(self, text: str = "") -> None:
        if self._is_new(text):
            self._reporter.say(text)

    def warn(self, text: str) -> None:
        self.has_warned = True
        if self._is_new(text):
            self._reporter.warn(text)

    def show_progress(self, text: str) -> None:
        self._reporter.show_progress(text)

    def _is_new(self, text: str) -> bool:
        is_new = text not in self._said
        self._said.add(text)
        return is_new
