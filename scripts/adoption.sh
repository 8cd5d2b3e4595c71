#!/bin/sh
# Adopt databases that Django's migrations made, by the steps of docs/how-to.md.
#
#   sh scripts/adoption.sh FOLDER... [-- OPTION...]      OPTION as for adoption/adopt.py
#
# Folders and environments are those of scripts/histories.sh.
set -eu
called_in=$PWD
cd "$(dirname "$0")/.."
. scripts/environment.sh
folders=
failed=0
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    folders="$folders
$(cd "$called_in" && cd "$1" && pwd)" || fail "There is no folder $1."
    shift
done
[ $# -eq 0 ] || shift
[ -n "$folders" ] || fail "Name the folders of the projects to adopt."

IFS='
'
for folder in $folders; do
    project=$(basename "$folder")
    venv=.venvs/history-$project
    project_environment "$folder" "$venv"
    PYTHONPATH=$folder:$(dirname "$folder") "$venv/bin/python" -W ignore \
        scripts/adoption/adopt.py --name "$project" "$@" || failed=1
done
exit $failed
