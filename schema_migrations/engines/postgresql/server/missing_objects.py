"""Objects that a server lacks, and the extensions that likely provide them.  Pure.

They are recognized by the SQLSTATE and the names in a message: its other words are in
the server's language.
"""

from __future__ import annotations

import re

from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.missing_object import MissingObject

_UNDEFINED_OBJECT, _UNDEFINED_FUNCTION = "42704", "42883"

_TYPES_BY_EXTENSION = {
    "citext": ("citext",),
    "cube": ("cube",),
    "hstore": ("hstore",),
    "intarray": ("query_int",),
    "isn": ("isbn", "isbn13", "issn", "issn13", "ismn", "ismn13", "ean13", "upc"),
    "ltree": ("ltree", "lquery", "ltxtquery"),
    "postgis": ("geometry", "geography", "box2d", "box3d"),
    "postgis_raster": ("raster",),
    "seg": ("seg",),
    "vector": ("vector", "halfvec", "sparsevec"),
}
_ACCESS_METHODS_BY_EXTENSION = {"bloom": ("bloom",), "vector": ("hnsw", "ivfflat")}
_NAME_PATTERNS_BY_EXTENSION = {
    "earthdistance": r"earth_distance|earth_box|ll_to_earth",
    "fuzzystrmatch": r"levenshtein\w*|soundex|difference|d?metaphone\w*|daitch_mokotoff",
    "hstore": r"g(in|ist)_hstore_ops|btree_hstore_ops",
    "intarray": r"gin__int_ops|gist__int(big)?_ops",
    "ltree": r"gist__?ltree_ops",
    "pg_trgm": r"g(in|ist)_trgm_ops|(strict_)?(word_)?similarity|show_trgm",
    "pgcrypto": r"crypt|gen_salt|digest|hmac|gen_random_bytes|pgp_\w+",
    "postgis": r"st_\w+|\w+_ops_(2d|nd)",
    "tablefunc": r"crosstab\w*",
    "unaccent": r"unaccent",
    "uuid-ossp": r"uuid_generate_v\w+",
    "vector": r"(halfvec|sparsevec|vector|bit)_(l1|l2|ip|cosine|hamming|jaccard)_ops",
}


def find_missing_object(error: DriverError) -> MissingObject | None:
    """Return the object that the server lacks; None: it refused for another reason."""
    words = frozenset(re.findall(r"[\w-]+", error.message.lower()))
    quoted = re.findall(r'["«»„“](.*?)["«»„“]', error.message)
    name = quoted[0] if quoted else ""
    if error.sqlstate == _UNDEFINED_FUNCTION:
        return MissingObject(
            kind="function", extension=_find_extension_by_pattern(words)
        )
    if error.sqlstate != _UNDEFINED_OBJECT:
        return None
    if "collation" in words:
        return MissingObject(kind="collation", name=name)
    extension = (
        _find_extension_by_pattern(words)
        or _find_extension_by_name(words, _TYPES_BY_EXTENSION)
        or _find_extension_by_name(words, _ACCESS_METHODS_BY_EXTENSION)
    )
    if not extension and quoted in (["gist"], ["gin"]):
        # The type has no operator class for this access method.
        return MissingObject(kind="operator class", extension=f"btree_{name}")
    return MissingObject(kind="object", name=name, extension=extension)


def _find_extension_by_pattern(words: frozenset[str]) -> str:
    matches = (
        extension
        for extension, pattern in _NAME_PATTERNS_BY_EXTENSION.items()
        if any(re.fullmatch(pattern, word) for word in words)
    )
    return next(matches, "")


def _find_extension_by_name(
    words: frozenset[str], names_by_extension: dict[str, tuple[str, ...]]
) -> str:
    return next(
        (e for e, names in names_by_extension.items() if words & set(names)), ""
    )


_CONTRIB_EXTENSIONS = frozenset(
    [
        "amcheck",
        "autoinc",
        "bloom",
        "btree_gin",
        "btree_gist",
        "citext",
        "cube",
        "dblink",
        "dict_int",
        "dict_xsyn",
        "earthdistance",
        "file_fdw",
        "fuzzystrmatch",
        "hstore",
        "insert_username",
        "intagg",
        "intarray",
        "isn",
        "lo",
        "ltree",
        "moddatetime",
        "pageinspect",
        "pg_buffercache",
        "pg_freespacemap",
        "pg_prewarm",
        "pg_stat_statements",
        "pg_trgm",
        "pg_visibility",
        "pg_walinspect",
        "pgcrypto",
        "pgrowlocks",
        "pgstattuple",
        "postgres_fdw",
        "refint",
        "seg",
        "sslinfo",
        "tablefunc",
        "tcn",
        "tsm_system_rows",
        "tsm_system_time",
        "unaccent",
        "uuid-ossp",
        "xml2",
    ]
)
_SERVER_URLS_BY_EXTENSION = {
    "postgis": "docker://postgis/17-3.5",
    "postgis_raster": "docker://postgis/17-3.5",
    "postgis_topology": "docker://postgis/17-3.5",
    "timescaledb": "docker+postgres://docker.io/timescale/timescaledb:latest-pg17/dev",
    "vector": "docker://pgvector/pg17",
}


def suggest_dev_server(extension: str) -> str:
    """Return the URL of a dev server that has an extension; empty: unknown."""
    if extension in _CONTRIB_EXTENSIONS:
        return "docker://postgres/17"
    return _SERVER_URLS_BY_EXTENSION.get(extension, "")
