"""Durations: read them from settings and options, write them for people.  Pure."""

from __future__ import annotations

import re

DURATION_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


def parse_duration(value: object) -> float:
    """Return the seconds of a number, or of text such as ``500ms``, ``5s``, ``2min``.

    Raises ``ValueError``.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|)\s*", value)
        if match:
            return float(match[1]) * DURATION_UNITS[match[2] or "s"]
    raise ValueError(f"{value!r} is not a duration")


def format_duration(seconds: float) -> str:
    """Return a duration for people: ``12ms``, ``1.4s``, ``2m05s``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02}s"
