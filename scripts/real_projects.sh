#!/bin/sh
# Run the loop on real projects from the registry and compare with what Django makes.
#
#   sh scripts/real_projects.sh [oscar] [wagtail]
#
# Each project gets an environment of its own in .venvs, kept between runs.
set -eu
cd "$(dirname "$0")/.."
. scripts/environment.sh
environment embedded
[ $# -gt 0 ] || set -- oscar wagtail
for project in "$@"; do
    list=tests/real_projects/requirements-$project.txt
    venv=.venvs/$project
    [ -f "$list" ] || fail "There is no $list."
    cmp -s "$list" "$venv/installed.txt" && continue
    echo "Installing $project ..."
    rm -rf "$venv"
    make_venv "$venv" .venv/bin/python
    pip_install "$venv" --no-deps -r "$list"
    pip_install "$venv" --no-deps --editable .
    cp "$list" "$venv/installed.txt"
done
exec .venv/bin/python tests/real_projects/run.py "$@"
