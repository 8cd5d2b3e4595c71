"""Tools for the developers of this project; ``python -m tools`` lists them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""
