"""A migration file: its name and bytes, and the values computed from them.

Invariant: ``content`` equals the file on disk byte for byte, and all else is computed
from it, so nothing can disagree with what ``atlas.sum`` hashes.  What splits a file is
imported where it is: system checks ask for names and hashes with every command.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from schema_migrations.history import directives
from schema_migrations.history.directives import Directives
from schema_migrations.history.encoding import read_text

if TYPE_CHECKING:
    from schema_migrations.history.statements import SourceStatement, Syntax

FILE_SUFFIX = ".sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationFile:
    """A file named ``<version>[_<description>].sql``, with its bytes."""

    name: str
    content: bytes
    version: str = field(init=False, repr=False, compare=False)
    """Kept, since all that compares files asks for it again and again."""

    def __post_init__(self) -> None:
        version = self.name.removesuffix(FILE_SUFFIX).partition("_")[0]
        object.__setattr__(self, "version", version)

    @property
    def description(self) -> str:
        return self.name.removesuffix(FILE_SUFFIX).partition("_")[2]

    @property
    def text(self) -> str:
        """The content as text without a byte order mark; raises ``SyntaxProblem``."""
        return read_text(self.content, file=self.name)

    @property
    def leading_comments(self) -> tuple[str, ...]:
        """The comment lines above the first statement."""
        lines = (
            line
            for part in directives.split_lines(self.text)
            for line in part.splitlines()
            if line.strip()
        )
        return tuple(takewhile(lambda line: line.startswith("--"), lines))

    @property
    def directives(self) -> Directives:
        return directives.read_directives(
            self.text, file=self.name, content=self.content
        )

    @property
    def loose_txmode_line(self) -> int:
        """The line of a ``txmode`` that has no effect where it stands; 0: none."""
        return directives.find_loose_txmode(self.text)

    def refuse_transaction_control(
        self, statements: Sequence[SourceStatement], syntax: Syntax, *, mode: str
    ) -> None:
        """Raise ``SyntaxProblem`` for a transaction that some of the file's statements
        begin or end where its mode does not allow that."""
        from schema_migrations.history import statements as rules

        has_chunks = self.directives.delimiter != ";"
        if mode != "none":
            parts = (
                [
                    part
                    for chunk in statements
                    for part in rules.split_chunk(chunk, syntax)
                ]
                if has_chunks
                else statements
            )
            rules.refuse_transaction_control(parts, file=self.name)
        else:
            if has_chunks:
                rules.refuse_hidden_control(statements, syntax, file=self.name)
            rules.refuse_chained_transactions(statements, file=self.name)

    def split_statements(self, syntax: Syntax) -> tuple[SourceStatement, ...]:
        """Return the statements in order; raise ``SyntaxProblem`` for invalid text."""
        from schema_migrations.history.statements import split

        return split(
            self.text, syntax, file=self.name, delimiter=self.directives.delimiter
        )

    def split_as_counted(self, syntax: Syntax) -> tuple[SourceStatement, ...]:
        """Return the statements as revisions count and hash them: as Atlas does.

        It also sends what holds no command, and a byte order mark.  Raise
        ``SyntaxProblem``.
        """
        from schema_migrations.history.statements import BYTE_ORDER_MARK, split

        mark = BYTE_ORDER_MARK if self.content.startswith(codecs.BOM_UTF8) else ""
        return split(
            mark + self.text,
            syntax,
            file=self.name,
            delimiter=self.directives.delimiter,
            keep_empty=True,
        )

    def check_directives(self, syntax: Syntax) -> tuple[tuple[int, str], ...]:
        """Return (line, message) for each misplaced or unknown directive."""
        if b"atlas:" not in self.content:  # nearly every file: splitting is not needed
            return ()
        return directives.find_ineffective_directives(
            self.text, self.split_statements(syntax), content=self.content
        )


Numbers = tuple[str | int, ...]
"""A version as text and numbers in turns: ``3R2`` is ``("", 3, "R", 2, "")``.

Two such values compare as people read them, 2 before 10.
"""


def numbers_of_version(version: str) -> Numbers:
    parts = re.split(r"(\d+)", version)
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts))


def format_file(
    *,
    header: Sequence[str],
    statements: Sequence[tuple[str, str]],
    footer: Sequence[str] = (),
    txmode: str = "",
) -> str:
    """Return the text of a generated file; ``statements`` are (comment, sql) pairs.

    Splitting the text returns the same statements and comments; ``footer`` is a block
    of comments below them.  The txmode is a separate block at the top: Atlas does not
    see it below other text.
    """
    blocks = [f"-- atlas:txmode {txmode}"] if txmode else []
    blocks += ["\n".join(map(_format_comment, header))] if header else []
    for comment, sql in statements:
        above = "".join(f"{_format_comment(line)}\n" for line in comment.splitlines())
        # On the line of a comment the semicolon would become part of the comment.
        gap = "\n" if "--" in sql.rpartition("\n")[2] else ""
        blocks.append(f"{above}{sql}{gap};")
    blocks += ["\n".join(map(_format_comment, footer))] if footer else []
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _format_comment(line: str) -> str:
    return f"-- {' '.join(line.splitlines())}".rstrip()
