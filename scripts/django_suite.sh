#!/bin/sh
# Compare what we make of the models in Django's own tests with what Django makes.
#
#   sh scripts/django_suite.sh [APP ...]     e.g.  model_fields postgres_tests
#
# Needs PostgreSQL's server, clients and contrib.  Django's source distribution comes from
# the registry, once; CI_CACHE names the folder that keeps it.
set -eu
cd "$(dirname "$0")/.."
. scripts/environment.sh
environment embedded
exec .venv/bin/python -m tests.django_suite "$@"
