"""The types of PostgreSQL, and which can hold the values of which.  Pure."""

from __future__ import annotations

from functools import partial

from schema_migrations.engines import type_change

may_alter_values = partial(
    type_change.may_alter_values,
    lattice=type_change.TypeLattice(
        number_types=("smallint", "integer", "bigint", "numeric"),
        digit_counts={"smallint": 5, "integer": 10, "bigint": 19},
        text_types=("character varying", "character", "text", "citext"),
        text_lengths={
            "boolean": 5,
            "smallint": 6,
            "integer": 11,
            "bigint": 20,
            "uuid": 36,
        },
        wider_types={
            "boolean": ("smallint", "integer", "bigint"),
            "date": ("timestamp without time zone", "timestamp with time zone"),
            "smallint": ("real", "double precision"),
            "integer": ("double precision",),
            "real": ("double precision",),
        },
        binary_type="bytea",
        # https://www.postgresql.org/docs/current/datatype-enum.html
        label_length=63,
    ),
)
