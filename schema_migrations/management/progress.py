"""Say what a slow command is doing now, on standard error.

On a terminal with ``rich`` a live line and its clock; elsewhere a line every ten seconds.
A command that ends within two seconds says nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import IO, TYPE_CHECKING

from schema_migrations.management.output.lines import format_duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

REDRAW_SECONDS = 0.5
DELAY = 2.0
"""Seconds until the first sign."""
INTERVAL = 10.0
"""Seconds between two lines where no line can be redrawn."""


class ProgressDisplay:
    """Shows the last text; a thread draws, so a step that takes long is shown as well."""

    def __init__(
        self,
        stream: IO[str],
        write_line: Callable[[str], object],
        *,
        has_colours: bool = False,
        delay: float = DELAY,
        interval: float = INTERVAL,
    ) -> None:
        self._stream = stream
        self._write_line = write_line
        self._has_colours = has_colours
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

    def erase(self) -> None:
        """Take the live line away, so that another line can be printed."""
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None

    def hide(self) -> None:
        """Say nothing until the next ``show``: a person is asked."""
        with self._lock:
            self._text = ""
            self.erase()

    def end(self) -> None:
        """Stop drawing for good."""
        self._has_ended.set()
        if self._thread is not None:
            self._thread.join()
        self.erase()

    def _draw(self) -> None:
        if self._has_ended.wait(self._delay):
            return
        console = self._make_console()
        if console is None:
            self._write_lines()
        else:
            self._draw_on(console)

    def _write_lines(self) -> None:
        pause = self._interval - self._delay
        while not self._has_ended.wait(pause):
            pause = self._interval
            with self._lock:
                if self._text:
                    self._write_line(self._describe())

    def _draw_on(self, console: Console) -> None:
        while True:
            with self._lock:
                if self._text:
                    self._redraw(console)
            if self._has_ended.wait(REDRAW_SECONDS):
                return

    def _make_console(self) -> Console | None:
        """Return where a line can be drawn again; None: nowhere."""
        if not self._stream.isatty():
            return None
        try:
            from rich.console import Console
        except ImportError:
            return None
        console = Console(file=self._stream, no_color=not self._has_colours)
        return console if console.is_interactive else None

    def _redraw(self, console: Console) -> None:
        from rich.text import Text

        text = Text(self._describe(), overflow="ellipsis", no_wrap=True)
        if self._live is None:
            spinner = "dots" if "utf" in console.encoding.lower() else "line"
            self._live = console.status(text, spinner=spinner)
            self._live.start()
        else:
            self._live.update(text)

    def _describe(self) -> str:
        return f"{self._text} ({format_duration(monotonic() - self._since)})"
