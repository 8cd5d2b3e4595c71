"""Each recipe is whole: its files are there, and each exception has a reason."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest

from tools.takeovers.recipes import RECIPES, Recipe, find_pinned_version
from tools.takeovers.rows import VARIABLE_VALUES
from tools.takeovers.run import list_releases

recipes = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)


@recipes
def test_both_releases_are_pinned_and_differ(recipe: Recipe) -> None:
    (_, newest), (_, older) = list_releases(recipe)
    assert newest != older


@recipes
def test_every_requirement_is_pinned(recipe: Recipe) -> None:
    for file, _ in list_releases(recipe):
        lines = [x for x in file.read_text().splitlines() if not x.startswith("#")]
        assert [
            x for x in lines if not re.fullmatch(r"[a-z0-9._-]+==[\w.!+]+", x)
        ] == []
        assert len(lines) == len({x.partition("==")[0] for x in lines})


@recipes
def test_the_tests_can_be_run(recipe: Recipe) -> None:
    assert find_pinned_version("pytest-django", recipe.requirements.read_text())
    assert recipe.tests


@recipes
def test_the_settings_are_modules(recipe: Recipe) -> None:
    assert find_spec(recipe.settings)
    assert find_spec(recipe.settings_for_tests)


@recipes
def test_each_variable_value_has_a_reason(recipe: Recipe) -> None:
    for name, reason in {**VARIABLE_VALUES, **recipe.variable_values}.items():
        assert re.fullmatch(r"\w+\.\w+", name)
        assert reason
    assert all(recipe.lasting_differences.values())


def test_a_project_that_is_not_pinned_is_an_error() -> None:
    with pytest.raises(LookupError, match="pins django"):
        find_pinned_version("django", "django-otp==1.0\ndjango>=5\n")
