"""Refuse text that would not reach the server as it stands in the file.  Pure.

A driver hands a statement over as bytes that end at the first NUL: what follows would be
lost, such as the ``WHERE`` of an ``UPDATE``.
"""

from __future__ import annotations

from schema_migrations.errors import SyntaxProblem

NUL = "\0"
SAVE_AS_UTF8 = "Save the file as UTF-8 in your editor."


def read_text(content: bytes, *, file: str) -> str:
    """Return a file's text without a byte order mark; raise ``SyntaxProblem``."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        raise SyntaxProblem(
            problem="the text is UTF-16, not UTF-8"
            if wide
            else f"byte 0x{error.object[error.start]:02x} is not UTF-8",
            file=file,
            line=content.count(b"\n", 0, error.start) + 1,
            advice=SAVE_AS_UTF8,
        ) from error
    refuse_nul(text, file=file)
    return text


def refuse_nul(text: str, *, file: str) -> None:
    """Raise ``SyntaxProblem`` for text that holds a NUL character."""
    position = text.find(NUL)
    if position >= 0:
        raise SyntaxProblem(
            problem="the text holds a NUL character, where a database stops reading",
            file=file,
            line=text.count("\n", 0, position) + 1,
            advice="Remove it, or save the file as UTF-8 if it is UTF-16.",
        )


class NulInStatement(ValueError):
    """A statement holds a NUL character; nothing of it was sent."""

    def __init__(self) -> None:
        super().__init__("the statement holds a NUL character, so it was not sent")


def check_statement(sql: str) -> None:
    """Raise ``NulInStatement`` where a driver would send only a part of a statement."""
    if NUL in sql:
        raise NulInStatement
