"""Answer the questions of a step one by one, from what the history says, and count them.

A question is needless if nothing came of it: the rename was none, or existing rows needed
no value.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field

from schema_migrations.plan.fills import NO_VALUE
from schema_migrations.plan.renames import RenameCandidate
from schema_migrations.plan.summary import SummaryLine
from schema_migrations.workflows.planning.questions import (
    RenameQuestion,
    ValueQuestion,
)
from tools.histories.answers import StepAnswers


@dataclass(slots=True)
class HistoryAsker:
    """An ``Asker`` whose person knows the history."""

    answers: StepAnswers
    questions: list[str] = field(default_factory=list)
    """In words, as the next."""
    needless: list[str] = field(default_factory=list)
    """The questions that nothing came of."""

    def show_changes(self, lines: Sequence[SummaryLine]) -> None:
        """Nobody looks."""

    def choose_rename(self, question: RenameQuestion) -> int | None:
        self.questions.append(question.text)
        for number, candidate in enumerate(question.candidates):
            if self._is_rename(candidate):
                return number
        self.needless.append(question.text)
        return None

    def _is_rename(self, candidate: RenameCandidate) -> bool:
        old, new, renames = candidate.old, candidate.new, self.answers.renames
        if new.kind == "table":
            return renames.tables.get(old.name) == new.name
        return renames.columns.get((new.name, old.part)) == new.part

    def ask_value(self, question: ValueQuestion) -> str:
        text = question.text.partition("\n")[0]
        self.questions.append(text)
        sql = self.answers.values.defaults.get(question.column.path, NO_VALUE)
        if sql == NO_VALUE and question.reason == "no value":
            self.needless.append(text)
        return sql

    def confirm_loss(self, losses: Sequence[str]) -> bool:
        self.questions += losses
        return True

    def confirm_acknowledgement(self, lines: Sequence[str]) -> bool:
        self.questions += map(str, lines)
        return True


def compare_plans(with_answers: str, asked: str) -> str:
    """Return how the statements of two files differ; empty: they do not."""
    lines = difflib.unified_diff(
        _list_statements(with_answers),
        _list_statements(asked),
        *("with the answers", "asked"),
        lineterm="",
        n=0,
    )
    return "\n".join(lines)


def _list_statements(file_text: str) -> list[str]:
    return [line for line in file_text.splitlines() if not line.startswith("--")]
