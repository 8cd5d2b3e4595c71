"""What developers of this project look at it with; ``python -m tools`` lists it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""
