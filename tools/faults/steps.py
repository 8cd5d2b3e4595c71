"""Describe statements whose effect can be seen, and the files that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Engine = Literal["postgresql", "sqlite"]
POSTGRESQL: Engine = "postgresql"
SQLITE: Engine = "sqlite"

NONE, FILE = "-- atlas:txmode none\n\n", "-- atlas:txmode file\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A statement of a file."""

    sql: str
    done_queries: tuple[str, ...] = ()
    """Queries, one of which returns a row when the statement has its effect; without
    one, its effect cannot be seen."""
    lock_key: int = 0
    """The key of the advisory lock that the statement takes for a moment; 0: none."""
    is_outside_transaction: bool = False
    """The statement runs only outside of transactions."""
    held_up_by: str = ""
    """What another session runs in a transaction to hold the statement up; empty:
    nothing does but ``lock_key``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    name: str
    steps: tuple[Step, ...]
    head: str = ""

    @property
    def version(self) -> str:
        return self.name.partition("_")[0]

    @property
    def text(self) -> str:
        return self.head + "".join(f"{step.sql};\n" for step in self.steps)


def make_log_step(engine: Engine, key: int) -> Step:
    """Make a statement that adds a row to ``log``; on PostgreSQL it takes a lock first."""
    waiting = f" FROM pg_advisory_xact_lock_shared({key})"
    return Step(
        sql=f"INSERT INTO log SELECT '{key}'{waiting if engine == POSTGRESQL else ''}",
        done_queries=(f"SELECT 1 FROM log WHERE what = '{key}'",),
        lock_key=key if engine == POSTGRESQL else 0,
    )


def make_trail_step(number: int) -> Step:
    """Make a statement that adds a word to the row of ``trail``, which shows the order."""
    return Step(
        sql=f"UPDATE trail SET steps = steps || '{number} '",
        done_queries=(f"SELECT 1 FROM trail WHERE steps LIKE '%{number} %'",),
    )


def make_existence_query(engine: Engine, name: str) -> tuple[str]:
    if engine == SQLITE:
        return (f"SELECT 1 FROM sqlite_master WHERE name = '{name}'",)
    return (f"SELECT 1 WHERE to_regclass('{name}') IS NOT NULL",)
