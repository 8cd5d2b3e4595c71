"""SQL that renames the content type and permissions of a renamed model.

It goes into the file with the rename of the table, so it is reviewed, commits with the
table, and runs whoever applies the file.  Django does it in Python, after ``migrate``:
https://docs.djangoproject.com/en/stable/ref/contrib/contenttypes/
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from types import MappingProxyType

from schema_migrations.plan.plan import Statement
from schema_migrations.plan.rename_steps import order_name_pairs
from schema_migrations.plan.renames import Renames
from schema_migrations.schema.model import Key, table_key
from schema_migrations.workflows.planning.shortened_names import (
    ShortenName,
    list_default_table_names,
    may_be_shortened,
    render_unknown_model,
)
from schema_migrations.workflows.states.model_facts import ModelOrigin

Quote = Callable[[str], str]
ModelRenames = Mapping[str, ModelOrigin]
"""Old label, ``shop.order`` → the model that it has become."""
NO_MODEL_RENAMES: ModelRenames = MappingProxyType({})


CONTENT_TYPE_TABLE, PERMISSION_TABLE = (
    table_key("django_content_type"),
    table_key("auth_permission"),
)


def render_content_type_renames(
    renames: Renames,
    origins: Mapping[Key, ModelOrigin],
    tables: Container[Key],
    *,
    model_renames: ModelRenames,
    quote: Quote,
    shorten_name: ShortenName,
) -> Iterator[Statement]:
    """Yield the statements for every renamed model.

    These are ``model_renames``, and those whose table has its default name: one named
    with ``db_table`` says nothing about the model's name.  ``tables`` are those of the
    database; without Django's content types there is nothing to do.
    """
    if CONTENT_TYPE_TABLE not in tables:
        return
    has_permissions = PERMISSION_TABLE in tables
    models: dict[str, tuple[str, ModelOrigin]] = {}
    pairs: dict[str, str] = {}
    unknown: list[tuple[str, str, ModelOrigin]] = []
    labels = sorted({o.app for o in origins.values()}, key=len, reverse=True)
    takers = _find_labels(origins, model_renames, shorten_name)
    for old, new in renames.tables.items():
        origin = origins.get(new)
        before = _split_table_name(old.name, labels)
        if origin is None or origin.kind != "model" or before is None:
            continue
        after = _split_label(_label_of(origin))
        if new.name not in list_default_table_names(*after, shorten_name):
            continue
        if may_be_shortened(old.name, shorten_name):
            if old.name not in takers:
                unknown.append((old.name, before[0], origin))
                continue
            before = _split_label(takers[old.name])
        if new.name != "_".join(before).lower():
            models[".".join(after)] = before[1], origin
            pairs[".".join(before)] = ".".join(after)
    for label, origin in model_renames.items():
        models[_label_of(origin)] = _split_label(label)[1], origin
        pairs[label] = _label_of(origin)
    for old_label, label in order_name_pairs(pairs, set(pairs)):
        after = _split_label(label)
        yield _render_content_type(_split_label(old_label), after, quote)
        if label in models and has_permissions:
            yield from _render_permissions(
                models[label][0], after, models[label][1], quote
            )
    # No renamed model takes the name of these, while they may take that of another.
    for table_name, app, origin in unknown:
        yield from render_unknown_model(
            table_name, app, origin, quote=quote, has_permissions=has_permissions
        )


def _find_labels(
    origins: Mapping[Key, ModelOrigin],
    model_renames: ModelRenames,
    shorten_name: ShortenName,
) -> Mapping[str, str]:
    """Return the default names of the desired models' tables, with the models' labels."""
    models = [o for o in origins.values() if o.kind == "model"]
    return {
        table_name: label
        for label in map(_label_of, (*models, *model_renames.values()))
        for table_name in list_default_table_names(*_split_label(label), shorten_name)
    }


def _label_of(origin: ModelOrigin) -> str:
    return f"{origin.app}.{origin.name.lower()}"


def _split_label(label: str) -> tuple[str, str]:
    app, _, model = label.partition(".")
    return app, model


def _split_table_name(table_name: str, labels: list[str]) -> tuple[str, str] | None:
    """Split ``shop_order`` into app and model; an unknown app ends at the first ``_``."""
    for label in labels:
        if table_name.startswith(f"{label}_"):
            return label, table_name.removeprefix(f"{label}_")
    app, _, model = table_name.partition("_")
    return (app, model) if app and model else None


def _render_content_type(
    before: tuple[str, str], after: tuple[str, str], quote: Quote
) -> Statement:
    table, app, model = map(quote, (CONTENT_TYPE_TABLE.name, "app_label", "model"))
    return Statement(
        sql=f"UPDATE {table} SET {app} = {_quote_text(after[0])}, {model} = {_quote_text(after[1])}\n"
        f"WHERE {app} = {_quote_text(before[0])} AND {model} = {_quote_text(before[1])}\n"
        f"AND NOT EXISTS (\n    {_render_type_subquery(after, quote)}\n)",
        comment=f"Rename the content type {'.'.join(before)} to {'.'.join(after)}",
    )


def _render_type_subquery(model: tuple[str, str], quote: Quote) -> str:
    table, id_, app, name = map(
        quote, (CONTENT_TYPE_TABLE.name, "id", "app_label", "model")
    )
    return (
        f"SELECT {id_} FROM {table}"
        f" WHERE {app} = {_quote_text(model[0])} AND {name} = {_quote_text(model[1])}"
    )


def _render_permissions(
    before: str, after: tuple[str, str], origin: ModelOrigin, quote: Quote
) -> Iterator[Statement]:
    table, codename, name, type_ = map(
        quote, (PERMISSION_TABLE.name, "codename", "name", "content_type_id")
    )
    actions = origin.permissions
    if before == after[1] or not actions:
        return
    old = {action: _quote_text(f"{action}_{before}") for action in actions}
    new = [_quote_text(f"{action}_{after[1]}") for action in actions]
    codes = [f"WHEN {old[a]} THEN {code}" for a, code in zip(actions, new, strict=True)]
    titles = [
        f"WHEN {old[a]} THEN {_quote_text(f'Can {a} {origin.verbose_name}')}"
        for a in actions
    ]
    yield Statement(
        sql=f"UPDATE {table} SET\n"
        f"    {codename} = {_render_case(codename, codes)},\n"
        f"    {name} = {_render_case(codename, titles)}\n"
        f"WHERE {codename} IN ({', '.join(old.values())})\n"
        f"AND {type_} = (\n    {_render_type_subquery(after, quote)}\n)\n"
        f"AND NOT EXISTS (\n"
        f"    SELECT 1 FROM {table} AS taken WHERE taken.{type_} = {table}.{type_}\n"
        f"    AND taken.{codename} = {_render_case(f'{table}.{codename}', codes)}\n)",
        comment=f"Rename its permissions from {before} to {after[1]}",
    )


def _render_case(operand: str, whens: list[str]) -> str:
    body = "".join(f"\n        {when}" for when in whens)
    return f"CASE {operand}{body}\n    END"


def _quote_text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
