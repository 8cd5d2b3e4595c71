"""Points have names that repeat them, and a seed always gives the same ones."""

from __future__ import annotations

from collections import Counter

import pytest

from tools.faults.points import Measure, list_faults, parse_point, sample_points
from tools.faults.scenarios import POSTGRESQL, SQLITE, Engine, make_scenarios

ENGINES: list[Engine] = [POSTGRESQL, SQLITE]


def sample_names(engine: Engine, seed: int, count: int = 300) -> list[str]:
    known = make_scenarios(engine)
    measures = {name: Measure(calls=50, lines=20, seconds=1.0) for name in known}
    return [str(each) for each in sample_points(count, seed, engine, known, measures)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_seed_gives_the_same_points_and_their_names_repeat_them(
    engine: Engine,
) -> None:
    names = sample_names(engine, 1)
    assert names == sample_names(engine, 1)
    assert names != sample_names(engine, 2)
    assert [str(parse_point(name)) for name in names] == names


@pytest.mark.parametrize("engine", ENGINES)
def test_every_fault_meets_every_scenario_and_no_pair_is_preferred(
    engine: Engine,
) -> None:
    met = Counter(
        (p.scenario, p.fault) for p in map(parse_point, sample_names(engine, 1))
    )
    assert len(met) == len(make_scenarios(engine)) * len(list_faults(engine))
    assert max(met.values()) - min(met.values()) <= 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_point_within_a_statement_is_one_that_can_be_held(engine: Engine) -> None:
    known = make_scenarios(engine)
    within = [
        p for p in map(parse_point, sample_names(engine, 1)) if p.trigger == "within"
    ]
    assert bool(within) is (engine == POSTGRESQL)
    for point in within:
        step = known[point.scenario].steps[int(point.value) - 1]
        assert step.lock_key or step.waits_for_snapshots


@pytest.mark.parametrize(
    "name", ["none", "none:term:call", "none:term:when5", "a:b:at1:now:unforked"]
)
def test_what_is_no_point_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a point looks like none:term:call17"):
        parse_point(name)
