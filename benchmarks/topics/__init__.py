"""What is measured: a module for each topic, whose ``measure`` returns its table."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.bench import Work
from benchmarks.results import Table
from benchmarks.topics import (
    applying,
    cold,
    histories,
    long_files,
    many_targets,
    no_change,
    one_model_changed,
    phases,
    start_up,
    test_database,
)

TOPICS: dict[str, Callable[[Work], Table]] = {
    "no-change": no_change.measure,
    "one-model-changed": one_model_changed.measure,
    "cold": cold.measure,
    "histories": histories.measure,
    "applying": applying.measure,
    "long-files": long_files.measure,
    "many-targets": many_targets.measure,
    "test-database": test_database.measure,
    "start-up": start_up.measure,
    "phases": phases.measure,
}
"""The name of a topic → what measures it."""

OF_SIZES_ALONE = frozenset({"histories", "long-files", "many-targets"})
"""Topics that have no use for a project that is given."""
