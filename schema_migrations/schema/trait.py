"""What all objects of one kind have in common: all that depends on the kind is asked here.

The kinds that models describe are in this module's table, those that only SQL describes in
each engine's ``catalog/traits.py``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """What is true of every object of a kind."""

    noun: str
    """``view``, ``function``, ``trigger``, ``policy``, ``partition`` … as SQL calls it."""
    headings: tuple[str, str] = ("", "")
    """What stands above the SQL that makes or sets it, and that drops or resets it, with
    the braces of the engine's ``ddl/headings.py``; empty: its noun and its name."""

    # Its names and its place.
    takes_relation_name: bool = False
    """No table or index can have its name."""
    takes_type_name: bool = False
    """No type can have its name."""
    is_part_of_table: bool = False
    """A table has it by itself; it is an object of its own where there is no table."""
    is_setting: bool = False
    """It is a property of another object, which is set and not created."""

    # What it depends on.
    goes_along: bool = False
    """It describes another object and is silently dropped with it."""
    takes_along: bool = False
    """What it needs is dropped with the table that it is on."""
    is_loose: bool = False
    """It cannot stay without what it needs, and must be reset when that goes."""
    survives: bool = False
    """It is not dropped with a column or table that it needs, but prevents that drop."""
    ends_with_detaching: bool = False
    """A partition has it of what it has from the whole table, until it is detached."""
    ties_tables: bool = False
    """While it is there, a change of one table reaches the other: it is dropped first."""
    carries_name: bool = False
    """Its SQL quotes the name of an index or a constraint, and so follows a rename."""
    calls_functions: bool = False
    """Whoever uses it calls the functions that it needs."""
    finds_words: bool = False
    """What it finds in a text stays where it was computed, whatever it becomes."""
    lent_needs: tuple[str, ...] = ()
    """Nouns of what only its parts need, although the server says that it does."""
    borrows_needs: bool = False
    """It is a part of what it needs, and needs what that is said to need."""

    # How it changes.
    is_reprinted: bool = False
    """It holds an expression, and can be created under another name or set once more."""
    is_overwritten: bool = False
    """Setting another value is all that a change takes."""
    may_lack_drop: bool = False
    """Its SQL runs even if no statement drops it alone."""
    is_made_in_steps: bool = False
    """Its definition is several statements, with empty lines between."""
    attaches_index: bool = False
    """It ties a partition's index to that of the whole table, for good."""
    has_options: bool = False
    """Its options are altered one by one."""
    is_stored_as_text: bool = False
    """A rename does not follow into its SQL, and refuses to run while that is stale."""

    # What it is.
    is_constraint: bool = False
    """Rows must keep to it."""
    is_index: bool = False
    """It is an index that no constraint has."""
    forbids_null: bool = False
    """Its column takes no NULL, as a primary key demands too."""
    is_partition_key: bool = False
    """It says how the rows of a table are spread, and only a new table can get it."""
    fires_on_rows: bool = False
    """Rows that are added run it, unless its table keeps it from that."""
    sets_firing: bool = False
    """It says when one of those runs, which has its name and table."""
    binds_owner: bool = False
    """It may refuse rows that the owner of its table adds."""
    is_routine: bool = False
    """Its body is text: the server does not record what that names."""
    is_value_type: bool = False
    """Columns can have values of it."""
    is_composite: bool = False
    """It is a type whose shape is its attributes."""
    shapes_rows: bool = False
    """The rows of its table are values of the composite type that it needs."""

    # What it keeps.
    holds_rows: bool = False
    """Dropping it deletes rows, so it must never be recreated."""
    stores_result: bool = False
    """It keeps the rows that its query gave, until it is computed again."""
    recompute_sql: str = ""
    """SQL that asks its functions again about what it keeps: ``{name}``, ``{drop}``,
    ``{create}``."""

    # Who may use it.
    has_privileges: bool = False
    """It has an owner or privileges, which are lost when it is made anew."""
    default_privileges_on: str = ""
    """``TABLES``, ``FUNCTIONS`` …: the word of ALTER DEFAULT PRIVILEGES for its kind."""
    is_privilege: bool = False
    """It says who owns an object or may use it."""
    is_ownership: bool = False
    """It says who owns an object."""
    is_for_new_objects: bool = False
    """It says who may use objects that are made later."""


_MODELLED = (
    Trait(noun="namespace", has_privileges=True, default_privileges_on="SCHEMAS"),
    Trait(noun="extension"),
    Trait(noun="collation", has_privileges=True),
    Trait(
        noun="enum",
        is_value_type=True,
        takes_type_name=True,
        has_privileges=True,
        default_privileges_on="TYPES",
    ),
    Trait(
        noun="domain",
        survives=True,
        is_value_type=True,
        takes_type_name=True,
        has_privileges=True,
        default_privileges_on="TYPES",
    ),
    Trait(
        noun="sequence",
        takes_relation_name=True,
        has_privileges=True,
        default_privileges_on="SEQUENCES",
    ),
    Trait(
        noun="table",
        takes_relation_name=True,
        takes_type_name=True,
        survives=True,
        has_privileges=True,
        default_privileges_on="TABLES",
    ),
    Trait(noun="column", has_privileges=True),
    Trait(noun="constraint", takes_relation_name=True, survives=True),
    Trait(noun="index", takes_relation_name=True, survives=True),
)
MODELLED_TRAITS = {trait.noun: trait for trait in _MODELLED}
"""Kind of key → trait, for all kinds but ``opaque``."""
