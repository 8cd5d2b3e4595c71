"""Read from the text of ``atlas.hcl`` what its environments say of migrations.  Pure.

https://atlasgo.io/atlas-schema/projects.  Invariant: only what is written as a literal
counts; an expression, and a text that is not understood, say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<comment> \#[^\n]* | //[^\n]* | /\*(?: .*?\*/ | .* ) )
    | <<-?(?P<heredoc>\w+)\n(?: .*?\n[ \t]*(?P=heredoc)\b | .* )
    | (?P<text> "(?: \$\$\{ | %%\{
                  | [$%]\{(?: (?: [^}"] | "(?: \\. | [^"\\] )*+" )*+ \} | .*+ )
                  | \\. | [^"\\\n] )*+
                (?: " | [^\n]*+ ) )
    | (?P<word> [A-Za-z_][\w.-]* )
    | (?P<mark> [{}=\n] )
    | (?P<other> \S )
    """,
    re.VERBOSE | re.DOTALL,
)
"""What does not end takes the rest, a text that of its line, and no character can be read
in two ways: to look for an end again and again takes long."""
_LITERAL = re.compile(r'"(?P<text>(?:[^"\\$%]|[$%](?!\{))*)"|(?P<word>[A-Z_]+)')
"""Text without an interpolation, or one of Atlas's constants (``LINEAR_SKIP``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasEnvironment:
    """An ``env`` block that has a ``migration`` block."""

    name: str
    """Empty: it is for any name."""
    attributes: Mapping[str, str | None]
    """Of the ``migration`` block, by their names; None: an expression."""


def parse_environments(text: str) -> tuple[AtlasEnvironment, ...]:
    """Return the environments of a configuration; empty if its braces do not match."""
    found: list[tuple[str, dict[str, str | None]]] = []
    blocks: list[list[str]] = []
    for line in _split_lines(text):
        if line == ["}"]:
            if not blocks:
                return ()
            blocks.pop()
        elif line[-1:] == ["{"]:
            blocks.append(line[:-1])
            if _is_inside_migration(blocks):
                name = " ".join(blocks[0][1:]).strip('"')
                found.append((name, {}))
        elif line[1:2] == ["="] and _is_inside_migration(blocks):
            found[-1][1][line[0]] = _read_literal(line[2:])
    if blocks:
        return ()
    return tuple(
        AtlasEnvironment(name=name, attributes=attributes) for name, attributes in found
    )


def _split_lines(text: str) -> Iterator[list[str]]:
    """Yield the tokens of each line; a brace ends a line, a closing one is alone."""
    line: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if match["comment"]:
            continue
        if token in ("\n", "}"):
            if line:
                yield line
            line = []
            if token == "}":
                yield ["}"]
            continue
        line.append(token)
        if token == "{":
            yield line
            line = []
    if line:
        yield line


def _is_inside_migration(blocks: list[list[str]]) -> bool:
    return [block[:1] for block in blocks[:3]] == [["env"], ["migration"]]


def _read_literal(tokens: list[str]) -> str | None:
    match = _LITERAL.fullmatch(tokens[0]) if len(tokens) == 1 else None
    return match["text"] or match["word"] or "" if match else None
