"""Questions that nobody answered, or answered with no."""

from __future__ import annotations

from dataclasses import dataclass

from schema_migrations.errors.base import AnswerNeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A question that a difference leaves open."""

    text: str
    column: str = ""
    """``table.column``, whose value for existing rows is the answer; empty: data would
    be lost, and to accept that or to name a rename is the answer."""
    renames: tuple[tuple[str, str], ...] = ()
    """Renames, as (old, new), that may be meant instead of the loss."""
    retyped_column: str = ""
    """``table.column`` that gets another type: an expression for it answers as well."""
    suggestion: str = ""
    """SQL with which the server can compute a value; empty: it cannot."""
    subject: str = ""
    """``table`` or ``table.column`` that it is about, after all renames."""
    assumes: tuple[tuple[str, str], ...] = ()
    """The renames without which it is not asked."""
    settled: bool = False
    """The ``renames`` of its ``QuestionsOpen`` answer it."""


class AcknowledgementNeeded(AnswerNeeded):
    """Django migrations change rows, which no file does; ``names`` acknowledge them."""

    code = "acknowledgement-needed"
    message = "{listed}"
    hint = "Nothing was written. {look}, then acknowledge {names}."
    lines: tuple[str, ...]
    names: tuple[str, ...]
    """APP.MIGRATION, or APP for a new app."""
    may_take_rows: bool = False
    """The rows that they leave can become a file of their own instead."""
    look = "Check whether your database needs any of it (how-to guide: When a package brings data migrations)"

    @property
    def listed(self) -> str:
        return "\n".join(self.lines)


class QuestionsOpen(AnswerNeeded):
    """A change loses data, or existing rows need values."""

    code = "questions-open"
    message = "This change needs answers, and there is nobody to ask:\n{listed}"
    hint = "Nothing was written. Pass the answers in NextFileRequest.answers, or pass an asker."
    questions: tuple[OpenQuestion, ...]
    renames: tuple[tuple[str, str], ...] = ()
    """Those that are likely meant, as (old, new)."""
    leads_further: bool = False
    """What the answers lead to is not all known: more may be asked."""
    acknowledgement: AcknowledgementNeeded | None = None
    """What is to be acknowledged besides."""

    def with_more(
        self, acknowledgement: AcknowledgementNeeded | None, *, leads_further: bool
    ) -> QuestionsOpen:
        """Return the error with what is to be acknowledged besides."""
        return QuestionsOpen(
            questions=self.questions,
            renames=self.renames,
            leads_further=self.leads_further or leads_further,
            acknowledgement=acknowledgement,
        )

    @property
    def listed(self) -> str:
        lines = [
            f"  {each.text}{_describe_assumption(each.assumes)}"
            for each in self.questions
        ]
        if self.acknowledgement:
            lines += self.acknowledgement.lines
        return "\n".join(lines)


def _describe_assumption(renames: tuple[tuple[str, str], ...]) -> str:
    pairs = ", ".join(f"{old} is renamed to {new}" for old, new in renames)
    return f" (if {pairs})" if pairs else ""


class Declined(AnswerNeeded):
    """Somebody was asked and said no, or nothing."""

    code = "declined"
    hint = "{advice}"
    problem: str
    advice: str = ""


class LossDeclined(AnswerNeeded):
    """Somebody was asked to accept a loss of data, and did not."""

    code = "loss-declined"
    message = "Nothing was written: the change would lose data."
    hint = "Accept the loss, or name the rename that is meant."
