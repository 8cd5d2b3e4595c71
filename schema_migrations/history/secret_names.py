"""Names of columns, parameters and settings that may hold secrets.  Pure.

Invariant: a secret word counts in a name of any of them; what only one of them has, such
as a column ``key``, stands beside it.
"""

from __future__ import annotations

import re

_WORDS = (
    r"passw(?!ord_encryption)|passphrase|passcode|pwd|secret|token|credential|scram_|salt"
    r"|(?<![^\W_])(?:[th]?otp|dsn)(?![^\W_])|recovery_?codes?|backup_?codes?"
    r"|(?:api|access|auth|encryption|master|private|secret|session|shared|signing)_?key"
)
_NAME = re.compile(_WORDS, re.IGNORECASE)
_KEY = re.compile(r"(?:\A|_)key\Z", re.IGNORECASE)
"""A secret only in a table of secrets: ordinary tables name their primary keys so."""
_PARAMETER_WORD = rf"(?:{_WORDS}|pass(?!file|word_encryption)|(?<!ssl)key)"
_PARAMETER = re.compile(_PARAMETER_WORD, re.IGNORECASE)
_ASSIGNMENT = re.compile(rf"{_PARAMETER_WORD}[\w.-]*=\S", re.IGNORECASE)


def is_secret_column(table: str, column: str) -> bool:
    """Return whether a column of a table may hold secrets, by its name."""
    is_key = _KEY.search(column) and _NAME.search(table)
    return bool(_NAME.search(column) or is_key)


def is_secret_parameter(name: str) -> bool:
    """Return whether a parameter of a URL, or a setting of a server, may be a secret."""
    return bool(_PARAMETER.search(name))


def has_secret_assignment(text: str) -> bool:
    """Return whether such a setting is among others: ``-c my.secret=…`` in ``options``."""
    return bool(_ASSIGNMENT.search(text))
