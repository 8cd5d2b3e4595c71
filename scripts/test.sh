#!/bin/sh
# Everything that must hold before a change is proposed; arguments go to pytest.
#
# Needs neither Docker nor a server: tests that want more than the machine has are skipped
# with a reason.  SCHEMA_MIGRATIONS_TEST_REQUIRE=1 turns every such skip into a failure.
set -eu
cd "$(dirname "$0")/.."
. scripts/environment.sh
environment embedded,docker test lint
PATH="$PWD/.venv/bin:$PATH"
step() { printf '\n== %s\n' "$*"; }

step ruff
ruff check .
ruff format --check .
step mypy
mypy
step import contracts
lint-imports --no-logo
step tests
rm -f .coverage .coverage.*
coverage run -m pytest -n auto --durations=15 "$@"
coverage combine --quiet
coverage report --fail-under="${COVERAGE_FAIL_UNDER:-0}"
step the wheel, installed elsewhere
sh scripts/smoke.sh
printf '\nAll passed.\n'
