"""SQL that renames the content type of a model whose table has a shortened name.  Pure.

Django cuts a long default name of a table and puts four digits of its MD5 sum at the end;
PostgreSQL cuts what has more bytes than it keeps.  So the table does not say the model's
old name.  The database finds it: it is the content type whose name gives that of the table.
https://github.com/django/django/blob/main/django/db/backends/utils.py (truncate_name)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db.backends.utils import truncate_name

from schema_migrations.plan.plan import Statement
from schema_migrations.workflows.states.model_facts import ModelOrigin

_DIGITS = 4
POSTGRESQL_LIMIT = 63
ShortenName = Callable[[str], str]
_WIDEST = "\U00010000"
"""A character of four bytes, the most that one has."""


def list_default_table_names(
    app: str, model: str, shorten_name: ShortenName
) -> frozenset[str]:
    """Return the names that a model's table can have by default in the database.

    Django shortens a name as the database of the alias ``default`` needs it, so there are
    two: whole and shortened.  ``shorten_name`` cuts a name as the database itself does.
    """
    full = f"{app}_{model}"
    shortened = truncate_name(full, POSTGRESQL_LIMIT, _DIGITS)
    return frozenset(map(shorten_name, (full, shortened)))


def may_be_shortened(table_name: str, shorten_name: ShortenName) -> bool:
    """Tell whether a stored name can be the beginning of a longer one."""
    return shorten_name(table_name + _WIDEST) == table_name


def render_unknown_model(
    table_name: str,
    app: str,
    origin: ModelOrigin,
    *,
    quote: Callable[[str], str],
    has_permissions: bool,
) -> Iterator[Statement]:
    """Yield the statements for a model whose old table has a shortened name."""
    types, permissions = quote("django_content_type"), quote("auth_permission")
    label, model = quote("app_label"), quote("model")
    new_app, new_model = _quote_text(origin.app), _quote_text(origin.name.lower())
    new_type = (
        f"SELECT {quote('id')} FROM {types} WHERE {label} = {new_app} AND {model} ="
        f" {new_model}"
    )
    yield Statement(
        sql=f"UPDATE {types} SET {label} = {new_app}, {model} = {new_model}\n"
        f"WHERE {label} = {_quote_text(app)}\n"
        f"AND {_match_table(table_name, app, model)}\n"
        f"AND NOT EXISTS (\n    {new_type}\n)",
        comment=f"Rename the content type of table {table_name}",
    )
    if not (has_permissions and origin.permissions):
        return
    codename, type_ = quote("codename"), quote("content_type_id")

    def is_old(action: str, column: str) -> str:
        start = f"left({column}, {len(action) + 1}) = {_quote_text(f'{action}_')}"
        rest = f"substr({column}, {len(action) + 2})"
        return f"{start}\n        AND {_match_table(table_name, app, rest)}"

    def choose(column: str, values: dict[str, str]) -> str:
        whens = "".join(
            f"\n        WHEN {is_old(action, column)} THEN {_quote_text(value)}"
            for action, value in values.items()
        )
        return f"CASE{whens}\n    END"

    actions = origin.permissions
    codes = {action: f"{action}_{origin.name.lower()}" for action in actions}
    titles = {action: f"Can {action} {origin.verbose_name}" for action in actions}
    found = "\n    OR ".join(is_old(action, codename) for action in actions)
    yield Statement(
        sql=f"UPDATE {permissions} SET\n"
        f"    {codename} = {choose(codename, codes)},\n"
        f"    {quote('name')} = {choose(codename, titles)}\n"
        f"WHERE ({found})\n"
        f"AND {type_} = (\n    {new_type}\n)\n"
        f"AND NOT EXISTS (\n"
        f"    SELECT 1 FROM {permissions} AS taken\n"
        f"    WHERE taken.{type_} = {permissions}.{type_}\n"
        f"    AND taken.{codename} = {choose(f'{permissions}.{codename}', codes)}\n)",
        comment=f"Rename its permissions to those of {origin.name.lower()}",
    )


def _match_table(table_name: str, app: str, model: str) -> str:
    """Return SQL that is true for a model whose table has this name by default.

    Django counts characters; the type ``name`` is cut by bytes, as names of tables are.
    """
    full = f"{_quote_text(f'{app}_')} || {model}"
    kept = POSTGRESQL_LIMIT - _DIGITS
    return (
        f"{_quote_text(table_name)} IN (\n"
        f"    ({full})::name,\n"
        f"    (left({full}, {kept}) || left(md5({full}), {_DIGITS}))::name\n)"
    )


def _quote_text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
