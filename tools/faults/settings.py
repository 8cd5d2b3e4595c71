"""Django's settings of the runs; the target comes by ``SCHEMA_MIGRATIONS_URL``."""

SECRET_KEY = "faults"
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["schema_migrations", "tools.faults"]
# Several batches of the few rows that there are.
SCHEMA_MIGRATIONS = {"default": {"BACKFILL_BATCH": 20}}
