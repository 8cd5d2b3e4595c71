"""A small shop whose schema is managed by django-schema-migrations."""
