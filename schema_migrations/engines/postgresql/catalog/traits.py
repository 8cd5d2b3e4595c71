"""The traits of what only SQL describes, by the noun that a catalog query prints."""

from __future__ import annotations

from schema_migrations.schema.model import Trait

_TRAITS = (
    Trait(
        noun="view",
        survives=True,
        is_reprinted=True,
        takes_relation_name=True,
        has_privileges=True,
    ),
    Trait(
        noun="materialized view",
        survives=True,
        is_reprinted=True,
        takes_relation_name=True,
        has_privileges=True,
    ),
    *(
        Trait(
            noun=noun,
            survives=True,
            is_reprinted=True,
            is_routine=True,
            has_privileges=True,
        )
        for noun in ("function", "procedure")
    ),
    Trait(noun="trigger", survives=True, is_reprinted=True),
    Trait(noun="policy", survives=True, is_reprinted=True),
    Trait(noun="rule", survives=True, is_reprinted=True),
    Trait(noun="membership in publication", survives=True),
    Trait(
        noun="partition", holds_rows=True, takes_relation_name=True, has_privileges=True
    ),
    Trait(noun="inheritance", ties_tables=True),
    Trait(noun="composite type", is_composite=True, has_privileges=True),
    *(
        Trait(noun=noun, has_privileges=True)
        for noun in (
            *("aggregate", "type", "foreign table", "foreign data wrapper", "server"),
        )
    ),
    Trait(noun="index", goes_along=True, is_reprinted=True),
    Trait(noun="statistics", goes_along=True, is_reprinted=True),
    Trait(noun="text search mapping", goes_along=True),
    Trait(noun="operator family members", goes_along=True),
    *(
        Trait(
            noun=noun,
            goes_along=True,
            carries_name=True,
            is_setting=True,
            is_overwritten=True,
        )
        for noun in ("comment", "clustering index", "statistics target")
    ),
    # Without its index the table would refuse updates, so a statement must reset it.
    Trait(noun="replica identity", is_loose=True, carries_name=True, is_setting=True),
    *(
        Trait(noun=noun, goes_along=True)
        for noun in (
            *("constraint", "attribute options", "no inherit"),
            *("not null", "sequence owner"),
        )
    ),
    *(
        Trait(noun=noun, goes_along=True, is_overwritten=True)
        for noun in (
            *("storage", "compression", "default"),
            *("trigger state", "rule state", "event trigger state"),
        )
    ),
    *(
        Trait(noun=noun, goes_along=True, is_setting=True, is_privilege=True)
        for noun in (
            *("grant", "revocation", "security label"),
            *("default grant", "default revocation"),
        )
    ),
    Trait(
        noun="owner",
        goes_along=True,
        is_setting=True,
        is_overwritten=True,
        is_privilege=True,
    ),
    *(
        Trait(noun=noun, is_setting=True)
        for noun in (
            *("storage parameters", "toast storage parameters", "type of rows"),
            *("row security", "forced row security", "unlogged"),
        )
    ),
    *(
        Trait(noun=noun, is_setting=True, is_overwritten=True)
        for noun in ("tablespace", "table access method")
    ),
)
TRAITS = {trait.noun: trait for trait in _TRAITS}


def trait_of(noun: str) -> Trait:
    """Return the trait of a type; one without an entry has none of the properties."""
    return TRAITS.get(noun) or Trait(noun=noun)
