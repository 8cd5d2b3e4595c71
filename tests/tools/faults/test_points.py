"""Points have names that repeat them, and a seed always gives the same ones."""

from __future__ import annotations

from collections import Counter

import pytest

from tools.faults.points import (
    POOLER,
    SIGNALS,
    STOP,
    Measure,
    list_faults,
    parse_point,
    sample_points,
)
from tools.faults.scenarios import make_scenarios
from tools.faults.steps import POSTGRESQL, SQLITE, Engine

MEASURE = Measure(calls=50, commits=(7, 49), code=900, lines=20, seconds=1.0)

ENGINES: list[Engine] = [POSTGRESQL, SQLITE]


def sample_names(engine: Engine, seed: int, count: int = 300) -> list[str]:
    known = make_scenarios(engine)
    measures = dict.fromkeys(known, MEASURE)
    return [
        str(each)
        for each in sample_points(count, seed, list_faults(engine), known, measures)
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_seed_gives_the_same_points_and_their_names_repeat_them(
    engine: Engine,
) -> None:
    names = sample_names(engine, 1)
    assert names == sample_names(engine, 1)
    assert names != sample_names(engine, 2)
    assert [str(parse_point(name)) for name in names] == names


@pytest.mark.parametrize("engine", ENGINES)
def test_every_fault_meets_every_scenario_and_few_pairs_are_preferred(
    engine: Engine,
) -> None:
    met = Counter(
        (p.scenario, p.fault) for p in map(parse_point, sample_names(engine, 1))
    )
    assert len(met) == len(make_scenarios(engine)) * len(list_faults(engine))
    assert met.pop(("unlocked", STOP), 7) >= 7
    twice = {
        name
        for name, scenario in make_scenarios(engine).items()
        if any(step.held_up_by for step in scenario.steps)
    }
    for names in (twice, {*make_scenarios(engine)} - twice):
        counts = [met[pair] for pair in met if pair[0] in names]
        assert max(counts, default=0) - min(counts, default=0) <= 2


@pytest.mark.parametrize("engine", ENGINES)
def test_many_calls_send_commit(engine: Engine) -> None:
    points = [parse_point(name) for name in sample_names(engine, 1)]
    calls = [point.value for point in points if point.trigger == "call"]
    commits = sum(value in MEASURE.commits for value in calls)
    assert len(calls) / 4 < commits < len(calls) / 2
    assert {*calls} > {*MEASURE.commits}


@pytest.mark.parametrize("engine", ENGINES)
def test_only_signals_come_before_a_line_of_code(engine: Engine) -> None:
    points = [parse_point(name) for name in sample_names(engine, 1)]
    struck = [point for point in points if point.trigger == "code"]
    assert {point.fault for point in struck} == {*SIGNALS}
    assert all(1 <= point.value <= MEASURE.code for point in struck)
    assert not any(point.is_unforked for point in struck)


@pytest.mark.parametrize("engine", ENGINES)
def test_some_runs_on_a_server_come_through_a_pooler(engine: Engine) -> None:
    points = [parse_point(name) for name in sample_names(engine, 1)]
    pooled = Counter(point.fault for point in points if point.is_pooled)
    if engine == SQLITE:
        assert not pooled
        return
    assert pooled.pop(POOLER) == sum(point.fault == POOLER for point in points)
    assert 10 < sum(pooled.values()) < 50


@pytest.mark.parametrize("engine", ENGINES)
def test_a_point_within_a_statement_is_one_that_can_be_held(engine: Engine) -> None:
    known = make_scenarios(engine)
    within = [
        p for p in map(parse_point, sample_names(engine, 1)) if p.trigger == "within"
    ]
    assert bool(within) is (engine == POSTGRESQL)
    for point in within:
        step = known[point.scenario].steps[int(point.value) - 1]
        assert step.lock_key or step.held_up_by


@pytest.mark.parametrize(
    "name", ["none", "none:term:call", "none:term:when5", "a:b:at1:now:unforked"]
)
def test_what_is_no_point_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a point looks like none:term:call17"):
        parse_point(name)
