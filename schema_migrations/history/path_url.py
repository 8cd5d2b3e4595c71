"""Read the path of a folder or file, also as the ``file://`` URL that Atlas takes.  Pure.

Invariant: a part of a URL that would have no effect is refused, by its name.

``file://migrations`` is relative, ``file:///srv/migrations`` is absolute:
https://atlasgo.io/concepts/url
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote

from schema_migrations.errors import InvalidUrl
from schema_migrations.history.encoding import NUL

SCHEME = "file"
ATLAS_FORMAT = "atlas"
FORMS = "Write a path, file://relative/path or file:///absolute/path."


def is_url(text: str) -> bool:
    """Return whether a text begins with a scheme; ``C://`` is a drive of Windows."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and len(scheme) > 1


def is_path_url(text: str) -> bool:
    """Return whether a text is a ``file://`` URL."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.lower() == SCHEME


def path_from_text(text: str) -> Path:
    """Return the path that a path or a ``file://`` URL names; raises ``InvalidUrl``."""
    if not is_url(text):
        return Path(text)
    scheme, _, rest = text.partition("://")
    if scheme.lower() != SCHEME:
        # Not shown: a database URL may hold a password.
        raise InvalidUrl(problem="The URL names no folder or file.", advice=FORMS)
    address, _, query = rest.partition("?")
    _refuse_parameters(query)
    if "#" in rest:
        raise InvalidUrl(
            problem=f"{text}: what follows a # would not be read.",
            advice="Write %23 for a # in a name.",
        )
    path = unquote(address)
    if not path or NUL in path:
        raise InvalidUrl(problem=f"{text!r} names no folder or file.", advice=FORMS)
    return Path(path)


def _refuse_parameters(query: str) -> None:
    """Refuse every parameter but the format that is read here."""
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name != "format":
            raise InvalidUrl(
                problem=f"A file:// URL has no parameter {name!r} here.",
                advice="Leave it out: only format=atlas is taken.",
            )
        if value not in ("", ATLAS_FORMAT):
            raise InvalidUrl(
                problem=f"format={value}: only folders in Atlas's own format are read.",
                advice="Convert the folder with atlas migrate import.",
            )
