"""Choose where and how runs are broken; a seed gives the same points, a name repeats one.

none:term:call17          before the 17th call to the database driver
file:server-kill:at0.43   after this part of the time of an undisturbed run
all:int:line12:unforked   after the 12th line of output of a run that is not forked
outside:kill:within9      while the 9th statement runs, held up by a lock of ours
…:now                     run again at once, while the server may still end the old run
…:again9                  SIGKILL ends the second run before its 9th call
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
SERVER_FAULTS = ("backend", "server-quit", "server-kill", "cut", "part", "unanswered")

Trigger = Literal["call", "at", "line", "within"]
POINT_NAME = re.compile(
    r"(?P<scenario>\w+):(?P<fault>[\w-]+):(?P<trigger>call|at|line|within)"
    r"(?P<value>[\d.]+)(?P<unforked>:unforked)?(?P<now>:now)?(:again(?P<again>\d+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What an undisturbed run takes."""

    calls: int
    lines: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    scenario: str
    fault: str
    trigger: Trigger
    value: float
    is_unforked: bool = False
    """The run is started as a person starts it, not forked."""
    reruns_at_once: bool = False
    """The second run starts at once."""
    broken_rerun_call: int = 0
    """SIGKILL ends the second run before this call; 0: nothing ends it."""

    def __str__(self) -> str:
        flags = (":unforked" if self.is_unforked else "") + (
            ":now" if self.reruns_at_once else ""
        )
        flags += f":again{self.broken_rerun_call}" if self.broken_rerun_call else ""
        return f"{self.scenario}:{self.fault}:{self.trigger}{self.value:g}{flags}"


def list_faults(engine: Engine) -> tuple[str, ...]:
    return SIGNALS + (SERVER_FAULTS if engine == POSTGRESQL else ())


def parse_point(text: str) -> Point:
    """Parse a point's name.  Raises ``ValueError``."""
    match = POINT_NAME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no point; a point looks like none:term:call17")
    trigger = cast(Trigger, match["trigger"])
    return Point(
        scenario=match["scenario"],
        fault=match["fault"],
        trigger=trigger,
        value=float(match["value"]),
        is_unforked=bool(match["unforked"]),
        reruns_at_once=bool(match["now"]),
        broken_rerun_call=int(match["again"] or 0),
    )


def sample_points(
    count: int,
    seed: int,
    engine: Engine,
    scenarios: Mapping[str, Scenario],
    measures: Mapping[str, Measure],
) -> Iterator[Point]:
    """Draw points all over the runs; faults and scenarios take turns."""
    chance = random.Random(seed)
    pairs = list(itertools.product(scenarios, list_faults(engine)))
    chance.shuffle(pairs)
    for name, fault in itertools.islice(itertools.cycle(pairs), count):
        yield _draw_point(chance, name, fault, scenarios[name], measures[name])


def _draw_point(
    chance: random.Random,
    name: str,
    fault: str,
    scenario: Scenario,
    measure: Measure,
) -> Point:
    holdable = [
        n
        for n, step in enumerate(scenario.steps, 1)
        if step.lock_key or step.waits_for_snapshots
    ]
    draw = chance.random()
    is_unforked = draw > 0.93
    trigger: Trigger
    if draw < 0.45:
        trigger, value = "call", float(chance.randint(1, measure.calls))
    elif draw < 0.65 or (not holdable and not is_unforked):
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
        is_unforked=is_unforked,
        reruns_at_once=trigger in ("call", "at") and chance.random() < 0.3,
        broken_rerun_call=chance.choice((0, 0, chance.randint(1, measure.calls))),
    )


def key_of(scenario: Scenario, point: Point) -> int:
    """Return the key of the lock that holds up a point's statement, or the one before."""
    last = int(point.value)
    return next(s.lock_key for s in reversed(scenario.steps[:last]) if s.lock_key)
