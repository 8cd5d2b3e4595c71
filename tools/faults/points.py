"""Where a run is broken, and how: seeded, and each with a name that repeats it.

none:term:call17          before the 17th call to the database driver
file:server-kill:at0.43   after this part of the time of an undisturbed run
all:int:line12:whole      after the 12th line of output, of no fork
outside:kill:within9      while the 9th statement runs, held up by a lock of ours
…:now                     run again at once, while the server may still end the old one
…:again9                  that run is ended by SIGKILL before its 9th call
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from tools.faults.scenarios import POSTGRESQL, Engine, Scenario

SIGNALS = ("kill", "term", "int")
OF_THE_SERVER = ("backend", "server-quit", "server-kill", "cut", "part", "unanswered")

Trigger = Literal["call", "at", "line", "within"]
NAME = re.compile(
    r"(?P<scenario>\w+):(?P<fault>[\w-]+):(?P<trigger>call|at|line|within)"
    r"(?P<value>[\d.]+)(?P<whole>:whole)?(?P<now>:now)?(:again(?P<again>\d+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """An undisturbed run."""

    calls: int
    lines: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    scenario: str
    fault: str
    trigger: Trigger
    value: float
    whole: bool = False
    """A process as a person starts it, no fork."""
    now: bool = False
    """Run again at once."""
    again: int = 0
    """The call before which the second run is broken; 0: it is not."""

    def __str__(self) -> str:
        flags = (":whole" if self.whole else "") + (":now" if self.now else "")
        flags += f":again{self.again}" if self.again else ""
        return f"{self.scenario}:{self.fault}:{self.trigger}{self.value:g}{flags}"


def faults(engine: Engine) -> tuple[str, ...]:
    return SIGNALS + (OF_THE_SERVER if engine == POSTGRESQL else ())


def parsed(text: str) -> Point:
    """Read a point's name; raises ``ValueError``."""
    match = NAME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no point; they look like none:term:call17")
    trigger = cast(Trigger, match["trigger"])
    return Point(
        scenario=match["scenario"],
        fault=match["fault"],
        trigger=trigger,
        value=float(match["value"]),
        whole=bool(match["whole"]),
        now=bool(match["now"]),
        again=int(match["again"] or 0),
    )


def sampled(
    count: int,
    seed: int,
    engine: Engine,
    scenarios: Mapping[str, Scenario],
    measures: Mapping[str, Measure],
) -> Iterator[Point]:
    """Yield points all over the runs; faults and scenarios take turns."""
    chance = random.Random(seed)
    pairs = list(itertools.product(scenarios, faults(engine)))
    chance.shuffle(pairs)
    for name, fault in itertools.islice(itertools.cycle(pairs), count):
        yield _point(chance, name, fault, scenarios[name], measures[name])


def _point(
    chance: random.Random,
    name: str,
    fault: str,
    scenario: Scenario,
    measure: Measure,
) -> Point:
    holdable = [
        n for n, step in enumerate(scenario.steps, 1) if step.key or step.concurrent
    ]
    draw = chance.random()
    whole = draw > 0.93
    trigger: Trigger
    if draw < 0.45:
        trigger, value = "call", float(chance.randint(1, measure.calls))
    elif draw < 0.65 or (not holdable and not whole):
        trigger, value = "at", round(chance.uniform(0, 1.05), 3)
    elif draw < 0.93:
        trigger, value = "within", float(chance.choice(holdable))
    else:
        trigger, value = "line", float(chance.randint(1, measure.lines))
    return Point(
        scenario=name,
        fault=fault,
        trigger=trigger,
        value=value,
        whole=whole,
        now=trigger in ("call", "at") and chance.random() < 0.3,
        again=chance.choice((0, 0, chance.randint(1, measure.calls))),
    )


def key_of(scenario: Scenario, point: Point) -> int:
    """Return the key to hold for a point: of its statement, or of the one before."""
    last = int(point.value)
    return next(s.key for s in reversed(scenario.steps[:last]) if s.key)
