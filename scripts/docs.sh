#!/bin/sh
# Build the site of docs/ into site/, and look whether each of its links leads somewhere.
# Every warning is an error.  Links to other sites are left out: looking needs a network.
#
#   .venv/bin/python -m sphinx -b linkcheck docs site/linkcheck
set -eu
cd "$(dirname "$0")/.."
. scripts/environment.sh
environment embedded docs
rm -rf site
.venv/bin/python -m sphinx --builder html --nitpicky --fail-on-warning --keep-going \
  --fresh-env --quiet --doctree-dir site/doctrees docs site/html
.venv/bin/python -m tools docs site site/html
echo "Open site/html/index.html"
