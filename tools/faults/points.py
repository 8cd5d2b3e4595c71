"""Choose where and how runs are broken; a seed gives the same points, a name repeats one.

none:term:call17          before the 17th call to the database driver
none:int:code812          before the 812th line of Python that the run comes to
file:server-kill:at0.43   after this part of the time of an undisturbed run
all:int:line12:unforked   after the 12th line of output of a run that is not forked
outside:kill:within9      while the 9th statement runs, held up by a lock of ours
…:pooled                  all runs come through PgBouncer, in a pool of sessions
…:atlas                   Atlas finishes the run, and one of ours finds it done
…:now                     run again at once, while the server may still end the old run
…:edited                  first run with an edited file, which must be refused
…:again9                  SIGKILL ends the second run before its 9th call
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from tools.faults.atlas import ATLAS_SCENARIOS, ATLAS_SHARE
from tools.faults.scenarios import Scenario
from tools.faults.steps import POSTGRESQL, Engine

SIGNALS = ("kill", "term", "int")
STOP = "stop"
POWER_FAULTS = ("immediate", "copied", "power")
"""The server is stopped in the mode ``immediate``; it goes on with a copy of its data; its
machine loses power, and the disk what was not written to it."""
SERVER_FAULTS = ("backend", "server-quit", "server-kill", "cut", "part", "unanswered")

CODE_SHARE = 0.3
"""How many of the signals come before a line of code."""

POOLER = "pooler"
"""PgBouncer ends, with all connections through it, and another one starts."""

POOLED_SHARE = 0.1
"""How many of the runs on a server come through PgBouncer, whatever the fault."""

MORE_STOPS = 6
"""So much more often than others, runs that give up their lock meet another run."""

Trigger = Literal["call", "code", "at", "line", "within"]
POINT_NAME = re.compile(
    r"(?P<scenario>\w+):(?P<fault>[\w-]+):(?P<trigger>call|code|at|line|within)"
    r"(?P<value>[\d.]+)(?P<unforked>:unforked)?(?P<pooled>:pooled)?(?P<atlas>:atlas)?"
    r"(?P<now>:now)?(?P<edited>:edited)?"
    r"(:again(?P<again>\d+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What an undisturbed run takes."""

    calls: int
    commits: Sequence[int] = ()
    """The calls that send COMMIT."""
    code: int = 0
    """The lines of code that the run comes to."""
    lines: int
    """The lines of output."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    scenario: str
    fault: str
    trigger: Trigger
    value: float
    is_unforked: bool = False
    """The run is started as a person starts it, not forked."""
    is_pooled: bool = False
    """All runs come through PgBouncer."""
    is_finished_by_atlas: bool = False
    """Atlas runs what is left."""
    reruns_at_once: bool = False
    """The second run starts at once."""
    is_edited: bool = False
    """Runs with an edited file come before the second run, and are refused."""
    broken_rerun_call: int = 0
    """SIGKILL ends the second run before this call; 0: nothing ends it."""

    def __str__(self) -> str:
        flags = ":unforked" if self.is_unforked else ""
        flags += ":pooled" if self.is_pooled else ""
        flags += ":atlas" if self.is_finished_by_atlas else ""
        flags += ":now" if self.reruns_at_once else ""
        flags += ":edited" if self.is_edited else ""
        flags += f":again{self.broken_rerun_call}" if self.broken_rerun_call else ""
        return f"{self.scenario}:{self.fault}:{self.trigger}{self.value:g}{flags}"


def list_faults(engine: Engine) -> tuple[str, ...]:
    return (*SIGNALS, STOP, *((*SERVER_FAULTS, POOLER) if engine == POSTGRESQL else ()))


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
        is_pooled=bool(match["pooled"]) or match["fault"] == POOLER,
        is_finished_by_atlas=bool(match["atlas"]),
        reruns_at_once=bool(match["now"]),
        is_edited=bool(match["edited"]),
        broken_rerun_call=int(match["again"] or 0),
    )


def sample_points(
    count: int,
    seed: int,
    faults: Sequence[str],
    scenarios: Mapping[str, Scenario],
    measures: Mapping[str, Measure],
) -> Iterator[Point]:
    """Draw points all over the runs; faults and scenarios take turns.

    Those whose statements do not show in the row alone come twice as often.
    """
    chance = random.Random(seed)
    pairs = list(itertools.product(scenarios, faults))
    for name, scenario in scenarios.items():
        if any(step.held_up_by for step in scenario.steps):
            pairs += itertools.product((name,), faults)
        # Two runs at once are only kept apart by their rows there.
        if scenario.gives_up_lock and STOP in faults:
            pairs += [(name, STOP)] * MORE_STOPS
    chance.shuffle(pairs)
    for name, fault in itertools.islice(itertools.cycle(pairs), count):
        point = _draw_point(chance, name, fault, scenarios[name], measures[name])
        is_pooled = POOLER in faults and chance.random() < POOLED_SHARE
        is_for_atlas = chance.random() < ATLAS_SHARE and name in ATLAS_SCENARIOS
        yield replace(
            point,
            is_pooled=is_pooled or fault == POOLER,
            is_finished_by_atlas=is_for_atlas and not point.reruns_at_once,
        )


def _draw_point(
    chance: random.Random,
    name: str,
    fault: str,
    scenario: Scenario,
    measure: Measure,
) -> Point:
    steps = list(enumerate(scenario.steps, 1))
    holdable = [n for n, step in steps if step.lock_key or step.held_up_by]
    # What the row alone does not show is broken more often.
    unseen = [n for n, step in steps if step.held_up_by]
    draw = chance.random()
    is_unforked = draw > 0.93
    trigger: Trigger
    if fault in SIGNALS and measure.code and chance.random() < CODE_SHARE:
        trigger, value = "code", float(chance.randint(1, measure.code))
        is_unforked = False
    elif draw < (0.3 if unseen else 0.45):
        trigger, value = "call", float(_draw_call(chance, measure))
    elif draw < (0.4 if unseen else 0.65) or (not holdable and not is_unforked):
        trigger, value = "at", round(chance.uniform(0, 1.05), 3)
    elif draw < 0.93:
        weighted = holdable + unseen * len(holdable)
        trigger, value = "within", float(chance.choice(weighted))
    else:
        trigger, value = "line", float(chance.randint(1, measure.lines))
    reruns_at_once = trigger in ("call", "code", "at") and chance.random() < 0.3
    return Point(
        scenario=name,
        fault=fault,
        trigger=trigger,
        value=value,
        is_unforked=is_unforked,
        reruns_at_once=reruns_at_once,
        is_edited=not reruns_at_once and chance.random() < 0.2,
        broken_rerun_call=chance.choice((0, 0, chance.randint(1, measure.calls))),
    )


def _draw_call(chance: random.Random, measure: Measure) -> int:
    """Draw a call; a third of them send COMMIT, where it is decided what is done."""
    if measure.commits and chance.random() < 1 / 3:
        return chance.choice(measure.commits)
    return chance.randint(1, measure.calls)


def key_of(scenario: Scenario, point: Point) -> int:
    """Return the key of the lock that holds up a point's statement, or the one before."""
    last = int(point.value)
    return next(s.lock_key for s in reversed(scenario.steps[:last]) if s.lock_key)
