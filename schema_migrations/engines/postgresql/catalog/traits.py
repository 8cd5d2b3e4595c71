"""The traits of what only SQL describes, by the noun that a catalog query prints.

Every kind has a row, and whatever depends on the kind is asked of it: see
``schema/trait.py``.
"""

from __future__ import annotations

from schema_migrations.schema.trait import Trait

SQL_KEYWORDS = {
    "namespace": "SCHEMA",
    "extension": "EXTENSION",
    "collation": "COLLATION",
    "enum": "TYPE",
    "domain": "DOMAIN",
    "sequence": "SEQUENCE",
    "table": "TABLE",
    "index": "INDEX",
}
"""Kind of key → what stands between ``CREATE`` or ``DROP`` and the name."""

CONSTRAINT = Trait(
    noun="constraint",
    headings=(
        "Create {part} of partition {qualified}",
        "Drop {part} of partition {qualified}",
    ),
    is_part_of_table=True,
    goes_along=True,
    is_reprinted=True,
    is_constraint=True,
    recompute_sql="{drop}; {create}",
)
INDEX = Trait(
    noun="index",
    is_index=True,
    takes_relation_name=True,
    is_part_of_table=True,
    goes_along=True,
    is_reprinted=True,
    recompute_sql="REINDEX INDEX {name}",
)
COMMENT = Trait(
    noun="comment",
    headings=("Set the comment of {subject}", "Remove the comment of {subject}"),
    is_part_of_table=True,
    is_setting=True,
    goes_along=True,
    carries_name=True,
    is_overwritten=True,
)
TRIGGER = "trigger"
TRIGGER_STATE = "trigger state"
"""The kind of a state that the copies of a trigger get too."""
PARTITION_KEY = Trait(noun="partition key", is_reprinted=True, is_partition_key=True)

PARTITION = Trait(
    noun="partition",
    takes_relation_name=True,
    takes_type_name=True,
    holds_rows=True,
    has_privileges=True,
    default_privileges_on="TABLES",
)

_RELATIONS = (
    Trait(
        noun="view",
        takes_relation_name=True,
        takes_type_name=True,
        survives=True,
        calls_functions=True,
        is_reprinted=True,
        has_privileges=True,
        default_privileges_on="TABLES",
    ),
    Trait(
        noun="materialized view",
        takes_relation_name=True,
        takes_type_name=True,
        survives=True,
        calls_functions=True,
        is_reprinted=True,
        stores_result=True,
        recompute_sql="REFRESH MATERIALIZED VIEW {name}",
        has_privileges=True,
        default_privileges_on="TABLES",
    ),
    Trait(
        noun="foreign table",
        survives=True,
        takes_relation_name=True,
        takes_type_name=True,
        is_reprinted=True,
        has_privileges=True,
        default_privileges_on="TABLES",
    ),
    PARTITION,
    PARTITION_KEY,
    INDEX,
    CONSTRAINT,
)
_TYPES = (
    Trait(
        noun="composite type",
        survives=True,
        takes_relation_name=True,
        takes_type_name=True,
        is_value_type=True,
        is_composite=True,
        has_privileges=True,
        default_privileges_on="TYPES",
    ),
    Trait(
        noun="type",
        survives=True,
        takes_type_name=True,
        calls_functions=True,
        is_value_type=True,
        may_lack_drop=True,
        is_made_in_steps=True,
        has_privileges=True,
        default_privileges_on="TYPES",
    ),
)
_CODE = (
    *(
        Trait(
            noun=noun,
            survives=True,
            calls_functions=True,
            is_reprinted=True,
            is_routine=True,
            has_privileges=True,
            default_privileges_on="FUNCTIONS",
        )
        for noun in ("function", "procedure")
    ),
    Trait(
        noun="aggregate",
        survives=True,
        calls_functions=True,
        has_privileges=True,
        default_privileges_on="FUNCTIONS",
    ),
    Trait(noun="cast", survives=True, calls_functions=True),
    Trait(noun="operator", survives=True, calls_functions=True, has_privileges=True),
    Trait(
        noun="operator class", survives=True, calls_functions=True, has_privileges=True
    ),
    Trait(
        noun="operator family",
        survives=True,
        calls_functions=True,
        lent_needs=("operator", "function"),
        has_privileges=True,
    ),
    Trait(
        noun="operator family members",
        headings=("Create {part} of {name}", "Drop {part} of {name}"),
        goes_along=True,
        calls_functions=True,
        borrows_needs=True,
    ),
    Trait(noun="transform", survives=True),
    Trait(noun="conversion", has_privileges=True),
    Trait(noun="language", has_privileges=True),
    Trait(noun="access method"),
    Trait(noun="event trigger", has_privileges=True),
    *(
        Trait(
            noun=noun,
            survives=True,
            is_reprinted=True,
            fires_on_rows=noun == TRIGGER,
        )
        for noun in (TRIGGER, "policy", "rule")
    ),
)
_TEXT_SEARCH = (
    Trait(noun="text search parser"),
    Trait(noun="text search template"),
    Trait(noun="text search dictionary", has_options=True, has_privileges=True),
    Trait(
        noun="text search configuration",
        finds_words=True,
        lent_needs=("text search dictionary",),
        has_privileges=True,
    ),
    Trait(
        noun="text search mapping",
        headings=("Create {part} of {name}", "Drop {part} of {name}"),
        goes_along=True,
        borrows_needs=True,
    ),
)
_OTHERS = (
    Trait(noun="foreign data wrapper", has_privileges=True),
    Trait(noun="server", has_privileges=True),
    Trait(
        noun="statistics",
        goes_along=True,
        is_reprinted=True,
        has_privileges=True,
    ),
    Trait(noun="publication", has_privileges=True),
    Trait(
        noun="membership in publication",
        headings=(
            "Add table {table} to publication {name}",
            "Remove table {table} from publication {name}",
        ),
        survives=True,
    ),
)

_OF_NAMED = ("Set the {setting} of {relation}", "Reset the {setting} of {relation}")
_OF_OPTIONS = ("Set {options} of {relation}", "Reset {options} of {relation}")

_SETTINGS = (
    COMMENT,
    Trait(
        noun="inheritance",
        headings=(
            "Let table {qualified} inherit from {parent}",
            "Let table {qualified} no longer inherit from {parent}",
        ),
        ties_tables=True,
    ),
    Trait(noun="type of rows", headings=_OF_NAMED, is_setting=True, shapes_rows=True),
    *(
        Trait(
            noun=noun,
            headings=_OF_NAMED,
            is_setting=True,
            goes_along=True,
            carries_name=True,
            is_overwritten=True,
        )
        for noun in ("clustering index", "statistics target")
    ),
    # Without its index the table would refuse updates, so a statement must reset it.
    Trait(
        noun="replica identity",
        headings=_OF_NAMED,
        is_setting=True,
        is_loose=True,
        carries_name=True,
    ),
    *(
        Trait(noun=noun, headings=_OF_OPTIONS, is_setting=True)
        for noun in ("storage parameters", "toast storage parameters")
    ),
    *(
        Trait(noun=noun, headings=_OF_NAMED, is_setting=True, is_overwritten=True)
        for noun in ("tablespace", "table access method")
    ),
    Trait(
        noun="row security",
        headings=(
            "Enable row level security on table {qualified}",
            "Disable row level security on table {qualified}",
        ),
        is_setting=True,
    ),
    Trait(
        noun="forced row security",
        headings=(
            "Force row level security on the owner of table {qualified}",
            "No longer force row level security on the owner of table {qualified}",
        ),
        is_setting=True,
        binds_owner=True,
    ),
    Trait(
        noun="unlogged",
        headings=(
            "Make table {qualified} unlogged",
            "Make table {qualified} logged",
        ),
        is_setting=True,
    ),
    *(
        Trait(
            noun=f"{noun} state",
            headings=(
                f"Set the state of {noun} {{name}}{{owner}}",
                f"Reset the state of {noun} {{name}}{{owner}}",
            ),
            goes_along=True,
            is_overwritten=True,
            sets_firing=noun == TRIGGER,
        )
        for noun in (TRIGGER, "rule", "event trigger")
    ),
    Trait(
        noun="state of a trigger's copy",
        headings=(
            "Set the state of trigger {name}{owner}",
            "Reset the state of trigger {name}{owner}",
        ),
        ends_with_detaching=True,
        goes_along=True,
        is_overwritten=True,
    ),
)
NOT_NULL = Trait(
    noun="not null",
    headings=(
        "Forbid NULL in column {column} of partition {qualified}",
        "Allow NULL in column {column} of partition {qualified}",
    ),
    is_part_of_table=True,
    forbids_null=True,
    goes_along=True,
)
_COLUMN_SETTINGS = (
    *(
        Trait(noun=noun, headings=_OF_NAMED, goes_along=True, is_overwritten=True)
        for noun in ("storage", "compression")
    ),
    Trait(
        noun="default",
        headings=_OF_NAMED,
        is_part_of_table=True,
        goes_along=True,
        is_reprinted=True,
        is_overwritten=True,
    ),
    Trait(noun="attribute options", headings=_OF_OPTIONS, goes_along=True),
    NOT_NULL,
    Trait(
        noun="no inherit",
        headings=(
            "Keep NOT NULL of column {column} of {relation} from tables that inherit",
            "Let tables that inherit take over NOT NULL of column {column} of {relation}",
        ),
        goes_along=True,
    ),
    Trait(
        noun="attached index",
        headings=("Attach index {name}{owner}", "Detach index {name}{owner}"),
        goes_along=True,
        may_lack_drop=True,
        attaches_index=True,
    ),
    Trait(
        noun="sequence owner",
        headings=(
            "Let a column of a partition own sequence {qualified}",
            "Let no column own sequence {qualified}",
        ),
        goes_along=True,
        takes_along=True,
    ),
)
GRANT, REVOCATION, SECURITY_LABEL = (
    Trait(noun=noun, is_setting=True, goes_along=True, is_privilege=True)
    for noun in ("grant", "revocation", "security label")
)
_PRIVILEGES = (
    GRANT,
    REVOCATION,
    SECURITY_LABEL,
    *(
        Trait(
            noun=noun,
            is_setting=True,
            goes_along=True,
            is_privilege=True,
            is_for_new_objects=True,
        )
        for noun in ("default grant", "default revocation")
    ),
    Trait(
        noun="owner",
        headings=("Set the owner of {subject}", "Reset the owner of {subject}"),
        is_setting=True,
        goes_along=True,
        is_overwritten=True,
        is_privilege=True,
        is_ownership=True,
    ),
)
TRAITS = {
    trait.noun: trait
    for group in (
        *(_RELATIONS, _TYPES, _CODE, _TEXT_SEARCH, _OTHERS),
        *(_SETTINGS, _COLUMN_SETTINGS, _PRIVILEGES),
    )
    for trait in group
}
