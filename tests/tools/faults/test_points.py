"""Points have names that repeat them, and a seed always gives the same ones."""

from __future__ import annotations

from collections import Counter

import pytest

from tools.faults.points import Measure, faults, parsed, sampled
from tools.faults.scenarios import POSTGRESQL, SQLITE, Engine, scenarios

ENGINES: list[Engine] = [POSTGRESQL, SQLITE]


def points(engine: Engine, seed: int, count: int = 300) -> list[str]:
    known = scenarios(engine)
    measures = {name: Measure(calls=50, lines=20, seconds=1.0) for name in known}
    return [str(each) for each in sampled(count, seed, engine, known, measures)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_seed_gives_the_same_points_and_their_names_repeat_them(
    engine: Engine,
) -> None:
    names = points(engine, 1)
    assert names == points(engine, 1)
    assert names != points(engine, 2)
    assert [str(parsed(name)) for name in names] == names


@pytest.mark.parametrize("engine", ENGINES)
def test_every_fault_meets_every_scenario_and_no_pair_is_preferred(
    engine: Engine,
) -> None:
    met = Counter((p.scenario, p.fault) for p in map(parsed, points(engine, 1)))
    assert len(met) == len(scenarios(engine)) * len(faults(engine))
    assert max(met.values()) - min(met.values()) <= 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_point_within_a_statement_is_one_that_can_be_held(engine: Engine) -> None:
    known = scenarios(engine)
    within = [p for p in map(parsed, points(engine, 1)) if p.trigger == "within"]
    assert bool(within) is (engine == POSTGRESQL)
    for point in within:
        step = known[point.scenario].steps[int(point.value) - 1]
        assert step.key or step.concurrent


@pytest.mark.parametrize(
    "name", ["none", "none:term:call", "none:term:when5", "a:b:at1:now:whole"]
)
def test_what_is_no_point_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="they look like none:term:call17"):
        parsed(name)
