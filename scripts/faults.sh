#!/bin/sh
# Look whether schemaapply keeps its promises when everything goes wrong.
#
#   sh scripts/faults.sh kill [--engine postgresql|sqlite] [--points 300] [--seed 1]
#   sh scripts/faults.sh full [--engine postgresql|sqlite]
#   sh scripts/faults.sh stampede [--engine postgresql|sqlite] [--processes 50]
#   sh scripts/faults.sh traffic
#
# Needs PostgreSQL's server programs; `full` the right to mount a small tmpfs.
set -eu
cd "$(dirname "$0")/.."
. scripts/environment.sh
environment embedded
exec .venv/bin/python scripts/faults/run.py "$@"
