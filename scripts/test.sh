#!/bin/sh
# Everything that must hold before a change is proposed; arguments go to pytest.
#
#   sh scripts/test.sh fast     after each edit: the checks, and the tests that need no
#                               server and no process; says how many it leaves out
#
# Needs neither Docker nor a server: tests that want more than the machine has are skipped
# with a reason.  SCHEMA_MIGRATIONS_TEST_REQUIRE=1 turns every such skip into a failure.
# COVERAGE_FAIL_UNDER=90 measures what the tests reach, processes included; that takes a
# fifth to half as much time again, so it runs each week, not in .ci/run.
set -eu
cd "$(dirname "$0")/.."
fast=
[ "${1:-}" != fast ] || {
  fast=yes
  shift
}
. scripts/environment.sh
environment embedded,docker test lint release
PATH="$PWD/.venv/bin:$PATH"
step() { printf '\n== %s\n' "$*"; }

step ruff
ruff check .
ruff format --check .
step spelling
codespell
step mypy
mypy
step import contracts
lint-imports --no-logo
if [ "$fast" ]; then
  step tests without servers and processes
  SCHEMA_MIGRATIONS_TEST_FAST=1 exec pytest -q -n auto -rfE "$@"
fi
step tests
if [ "${COVERAGE_FAIL_UNDER:-}" ]; then
  rm -f .coverage .coverage.*
  coverage run -m pytest -n auto --durations=15 "$@"
  coverage combine --quiet
  coverage report --fail-under="$COVERAGE_FAIL_UNDER"
else
  pytest -n auto --durations=15 "$@"
fi
step the wheel, built from the sdist and installed elsewhere
sh scripts/smoke.sh
printf '\nAll passed.\n'
