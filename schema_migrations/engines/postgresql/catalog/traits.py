"""The traits of what only SQL describes, by the noun that a catalog query prints."""

from __future__ import annotations

from schema_migrations.schema.model import Trait

_TRAITS = (
    Trait(noun="view", survives=True, is_reprinted=True, takes_relation_name=True),
    Trait(
        noun="materialized view",
        survives=True,
        is_reprinted=True,
        takes_relation_name=True,
    ),
    Trait(noun="function", survives=True, is_reprinted=True, is_routine=True),
    Trait(noun="procedure", survives=True, is_reprinted=True, is_routine=True),
    Trait(noun="trigger", survives=True, is_reprinted=True),
    Trait(noun="policy", survives=True, is_reprinted=True),
    Trait(noun="rule", survives=True, is_reprinted=True),
    Trait(noun="membership in publication", survives=True),
    Trait(noun="partition", holds_rows=True),
    Trait(noun="composite type", is_composite=True),
    Trait(noun="index", goes_along=True, is_reprinted=True),
    Trait(noun="statistics", goes_along=True, is_reprinted=True),
    Trait(noun="text search mapping", goes_along=True),
    Trait(noun="operator family members", goes_along=True),
    Trait(noun="comment", goes_along=True, carries_name=True, is_setting=True),
    Trait(noun="clustering index", goes_along=True, carries_name=True, is_setting=True),
    Trait(
        noun="statistics target", goes_along=True, carries_name=True, is_setting=True
    ),
    # Without its index the table would refuse updates, so a statement must reset it.
    Trait(noun="replica identity", is_loose=True, carries_name=True, is_setting=True),
    *(
        Trait(noun=noun, goes_along=True)
        for noun in (
            *("constraint", "trigger state", "rule state", "default"),
            *("storage", "compression", "attribute options"),
        )
    ),
    *(
        Trait(noun=noun, is_setting=True)
        for noun in (
            *("tablespace", "storage parameters", "toast storage parameters"),
            *("access method", "row security", "forced row security"),
        )
    ),
)
TRAITS = {trait.noun: trait for trait in _TRAITS}


def trait_of(noun: str) -> Trait:
    """Return the trait of a type; one without an entry has none of the properties."""
    return TRAITS.get(noun) or Trait(noun=noun)
