"""Say what a slow command is doing now.

On a terminal with ``rich`` a live line and its clock, until the next line is printed;
elsewhere a line every ten seconds.  A command that ends within two seconds says nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import IO, TYPE_CHECKING, cast

from schema_migrations.management.output.lines import format_duration

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper
    from rich.status import Status

REDRAW_SECONDS = 0.5
DELAY = 2.0
"""Seconds until the first sign."""
INTERVAL = 10.0
"""Seconds between two lines where no line can be redrawn."""


class ProgressDisplay:
    """Shows the last text until it is hidden.

    A thread draws, so a step that takes long is shown as well.
    """

    def __init__(
        self,
        stream: IO[str] | OutputWrapper,
        write_line: Callable[[str], object],
        *,
        delay: float = DELAY,
        interval: float = INTERVAL,
    ) -> None:
        self._stream = stream
        self._write_line = write_line
        self._delay = delay
        self._interval = interval
        self._lock = threading.RLock()
        self._has_ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._live: Status | None = None
        self._text = ""
        self._since = monotonic()

    def show(self, text: str) -> None:
        """Say what runs now."""
        with self._lock:
            self._text, self._since = text, monotonic()
        if self._thread is None:
            self._thread = threading.Thread(target=self._draw, daemon=True)
            self._thread.start()

    def hide(self) -> None:
        """Say nothing until the next ``show``: a line is printed, or a person is asked."""
        with self._lock:
            self._text = ""
            if self._live is not None:
                self._live.stop()
                self._live = None

    def end(self) -> None:
        """Stop drawing for good."""
        self._has_ended.set()
        if self._thread is not None:
            self._thread.join()
        self.hide()

    def _draw(self) -> None:
        can_redraw = self._can_redraw()
        pause = self._delay if can_redraw else self._interval
        while not self._has_ended.wait(pause):
            pause = min(REDRAW_SECONDS, self._delay) if can_redraw else self._interval
            with self._lock:
                if not self._text:
                    continue
                if can_redraw:
                    self._redraw()
                else:
                    self._write_line(self._describe())

    def _can_redraw(self) -> bool:
        if not self._stream.isatty():
            return False
        try:
            import rich.status  # noqa: F401
        except ImportError:
            return False
        return True

    def _redraw(self) -> None:
        from rich.console import Console
        from rich.status import Status
        from rich.text import Text

        text = Text(self._describe(), overflow="ellipsis", no_wrap=True)
        if self._live is None:
            console = Console(file=cast("IO[str]", self._stream))
            self._live = Status(text, console=console)
            self._live.start()
        else:
            self._live.update(text)

    def _describe(self) -> str:
        return f"{self._text} ({format_duration(monotonic() - self._since)})"
