#!/bin/sh
# Walk through the Django migration history of real projects, on PostgreSQL and SQLite.
#
#   sh scripts/histories.sh FOLDER... [-- OPTION...]      OPTION as for histories/walk.py
#
# A folder holds frozen.txt (the exact requirements of a project) and corpus_settings.py,
# its settings.  The folder above it is on PYTHONPATH as well; modules are looked up there.
# Each project gets an environment of its own in .venvs, kept between runs.
set -eu
called_in=$PWD
cd "$(dirname "$0")/.."
. scripts/environment.sh
python=$(find_python) || exit 2
report=$(mktemp)
trap 'rm -f "$report"' EXIT
failed=0

folders=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    folders="$folders
$(cd "$called_in" && cd "$1" && pwd)" || fail "There is no folder $1."
    shift
done
[ $# -eq 0 ] || shift
[ -n "$folders" ] || fail "Name the folders of the projects to walk."

IFS='
'
for folder in $folders; do
    project=$(basename "$folder")
    venv=.venvs/history-$project
    project_environment "$folder" "$venv"
    for engine in postgresql sqlite; do
        echo
        echo "$project on $engine"
        PYTHONPATH=$folder:$(dirname "$folder") "$venv/bin/python" -W ignore \
            scripts/histories/walk.py --settings corpus_settings --name "$project" \
            --engine $engine --report "$report" "$@" || failed=1
    done
done
echo
"$python" scripts/histories/tally.py "$report"
exit $failed
