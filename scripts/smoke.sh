#!/bin/sh
# Install the wheel into a fresh environment, start a new project with it elsewhere.
# Catches what a source tree hides: files missing from the wheel, dependencies not declared.
#
#   sh scripts/smoke.sh [WHEEL]      without one, builds it from the sdist first
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

wheel=${1:-}
[ "$wheel" ] || {
  sh scripts/build.sh "$work"
  wheel=$(echo "$work"/*.whl)
}
# The pip that is there installs into it: making another takes longer than the rest.
.venv/bin/python -m venv --without-pip "$work/venv"
.venv/bin/python -m pip --python "$work/venv/bin/python" install \
  --quiet --disable-pip-version-check "$wheel" "psycopg[binary]"

mkdir "$work/site"
cd "$work/site"
PATH="$work/venv/bin:$PATH"
unset PYTHONPATH DJANGO_SETTINGS_MODULE DEMO_DATABASE_URL
django-admin startproject site_ .
printf '\nINSTALLED_APPS += ["schema_migrations"]\n' >>site_/settings.py
python manage.py check
python manage.py schemadiff initial
python manage.py schemaapply
python manage.py schemadiff --check
python manage.py schemastatus --check
python - <<'PYTHON'
import importlib.metadata, sys
import schema_migrations
if "site-packages" not in schema_migrations.__file__:
    sys.exit(f"{schema_migrations.__file__} is not the installed package.")
print("installed:", importlib.metadata.version("django-schema-migrations"))
PYTHON
