#!/bin/sh
# Build the sdist, and the wheel from it, as they are published; check what they hold.
#
#   sh scripts/build.sh FOLDER
set -eu
folder=$(realpath "$1")
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

.venv/bin/python -m build --outdir "$folder" . >"$log" 2>&1 || {
  cat "$log" >&2
  exit 2
}
.venv/bin/python scripts/check_distributions.py "$folder"
