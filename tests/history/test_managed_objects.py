"""What a directory says about the objects that ``schemadiff`` made."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.history.managed_objects import (
    add_renamed,
    find_manageable_keys,
    find_obsolete_keys,
    format_managed_lines,
    managed_name_of,
    read_managed_names,
)
from schema_migrations.plan.renames import Renames
from schema_migrations.schema.model import (
    Definition,
    Key,
    Opaque,
    Schema,
    Sequence,
    Table,
    table_key,
)


def file(name: str, *header: str) -> MigrationFile:
    text = format_file(header=header, statements=[("Do it", "SELECT 1")])
    return MigrationFile(name=f"{name}.sql", content=text.encode())


def opaque(name: str, part: str, namespace: str = "") -> Opaque:
    key = Key(kind="opaque", namespace=namespace, name=name, part=part)
    return Opaque(key=key, trait=TRAITS[part], definition="")


def schema(*objects: Opaque | Sequence | Definition | Table) -> Schema:
    return Schema(frozenset(objects))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (Key(kind="opaque", name="totals", part="view"), "totals (view)"),
        (Key(kind="opaque", name="f", part="function(text)"), "f (function(text))"),
        (Key(kind="enum", namespace="old", name="mood"), "old.mood (enum)"),
        (
            Key(kind="opaque", name="two\nlines", part="policy on a  b"),
            "two lines (policy on a b)",
        ),
    ],
)
def test_a_name_is_one_line_and_is_read_back(key: Key, text: str) -> None:
    assert managed_name_of(key) == text
    assert read_managed_names([file("1", f"managed: {text}")]) == {text}


def test_the_last_word_counts() -> None:
    files = [
        file("1", "Create it.", "managed: a (view)", "managed: b (view)"),
        file("2", "unmanaged: a (view)"),
        file("3", "unmanaged: c (view)", "unmanaged: b (view)", "managed: b (view)"),
    ]

    assert read_managed_names(files) == {"b (view)"}


def test_only_the_header_is_read() -> None:
    text = "-- atlas:txmode none\n\n-- managed: a (view)\n\nSELECT 1;\n-- managed: b (view)\n"

    assert read_managed_names([MigrationFile(name="1.sql", content=text.encode())]) == {
        "a (view)"
    }


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("touched (trigger on orders)", "touched (trigger on sales)"),
        ("orders (row security)", "sales (row security)"),
        ("orders (storage of column a)", "sales (storage of column b)"),
        ("orders_by_day (view)", ""),
        ("f (function(orders))", ""),
    ],
)
def test_a_name_follows_its_table(name: str, after: str) -> None:
    """The old one is kept beside it: nothing of that name is there any more."""
    renames = Renames(
        tables={table_key("orders"): table_key("sales")},
        columns={table_key("sales").column("a"): "b"},
    )

    found = add_renamed(frozenset({name}), renames)

    assert name in found
    assert not after or after in found
    assert after or found == {name}


VIEW, OTHER = opaque("totals", "view"), opaque("by_hand", "view")
FREE = Sequence(key=Key(kind="sequence", name="free"), definition="")
OWNED = Sequence(
    key=Key(kind="sequence", name="owned"),
    definition="",
    owned_by=table_key("t").column("id"),
)
MOOD = Definition(key=Key(kind="enum", name="mood"), definition="", labels=("a",))
TRIGRAM = Definition(key=Key(kind="extension", name="pg_trgm"), definition="")
TABLE = Table(key=table_key("t"), columns=())
ELSEWHERE = Table(key=table_key("t", "archive"), columns=())


def test_what_models_do_not_describe() -> None:
    everything = schema(VIEW, FREE, OWNED, MOOD, TRIGRAM, TABLE, ELSEWHERE)

    assert find_manageable_keys(everything) == {
        each.key for each in (VIEW, FREE, MOOD, ELSEWHERE)
    }


def test_what_was_asked_for_and_no_longer_is() -> None:
    names = {"totals (view)", "mood (enum)"}

    assert find_obsolete_keys(schema(VIEW, OTHER, MOOD), schema(MOOD), names) == {
        VIEW.key
    }


def test_a_file_names_what_is_new_and_what_is_gone() -> None:
    declared, goal = schema(VIEW, MOOD), schema(VIEW, MOOD, OTHER)
    names = frozenset({"mood (enum)", "gone (view)"})

    assert format_managed_lines(declared, goal, names) == (
        "managed: totals (view)",
        "unmanaged: gone (view)",
    )
