#!/bin/sh
# Build the wheel, install it into a fresh environment, start a new project with it elsewhere.
# Catches what a source tree hides: files missing from the wheel, dependencies not declared.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work" build' EXIT

rm -rf build # setuptools would put leftovers of it into the wheel
.venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$work" .
wheel=$(echo "$work"/*.whl)
.venv/bin/python - "$wheel" <<'PYTHON'
import sys, zipfile
from pathlib import Path
shipped = set(zipfile.ZipFile(sys.argv[1]).namelist())
source = {
    path.as_posix()
    for path in Path("schema_migrations").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}
missing = sorted(source - shipped)
foreign = sorted(n for n in shipped if not n.startswith(("schema_migrations/", "django_schema_migrations-")))
if missing or foreign:
    sys.exit(f"The wheel lacks {missing} and should not hold {foreign}.")
PYTHON
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
