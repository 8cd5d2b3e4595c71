"""Questions on a terminal, in the manner of Django's ``makemigrations``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from schema_migrations.errors import Declined
from schema_migrations.management.output.lines import wrap_prose
from schema_migrations.plan.summary import SummaryLine
from schema_migrations.workflows.planning.questions import (
    RenameQuestion,
    ValueQuestion,
)

ReadLine = Callable[[str], str]
WriteLine = Callable[[str], object]
FormatChanges = Callable[[Sequence[SummaryLine]], Iterable[str]]

UNANSWERED_HINT = (
    "Run schemadiff again, or answer with --rename, --default, --allow-data-loss or"
    " --acknowledge."
)


class TerminalAsker:
    """An ``Asker`` that asks with ``read`` (like ``input``) and prints with ``say``."""

    def __init__(
        self,
        *,
        read: ReadLine = input,
        say: WriteLine = print,
        unanswered_hint: str = UNANSWERED_HINT,
        format_changes: FormatChanges = lambda lines: map(str, lines),
    ) -> None:
        self._read = read
        self._write = say
        self._unanswered_hint = unanswered_hint
        self._format_changes = format_changes
        self._listed: tuple[str, ...] = ()
        self.shown: tuple[SummaryLine, ...] = ()
        """The changes that were shown last."""
        self.accepted_losses: tuple[str, ...] = ()

    def confirm(self, question: str) -> bool:
        return self._ask_yes_no(question)

    def show_changes(self, lines: Sequence[SummaryLine]) -> None:
        self.shown = tuple(lines)
        for line in self._format_changes(lines):
            self._write(line)
        self._write("")

    def choose_rename(self, question: RenameQuestion) -> int | None:
        chosen = self._choose(question.text, (*question.options, question.none))
        return None if chosen == len(question.options) else chosen

    def confirm_loss(self, losses: Sequence[str]) -> bool:
        self._say("This change loses data:")
        for loss in losses:
            self._say(f"  - {loss}")
        self.accepted_losses += tuple(losses)
        return self._ask_yes_no("Accept this loss?")

    def confirm_acknowledgement(self, lines: Sequence[str]) -> bool:
        self._list_operations(lines)
        return self._ask_yes_no("Have you handled these, or are they not needed here?")

    def confirm_rows(self, lines: Sequence[str]) -> bool:
        self._list_operations(lines)
        return self._ask_yes_no(
            "Run the project's Django migrations on the dev database, and write the rows"
            " that they leave to a file of its own?"
        )

    def confirm_large_table(self, problem: str) -> bool:
        return self._ask_yes_no(f"{problem} Write them to the file?")

    def ask_value(self, question: ValueQuestion) -> str:
        if question.rejection:
            self._say(question.rejection)
        else:
            texts = [option.text for option in question.options]
            chosen = self._choose(
                question.text, (*texts, f"Quit and {question.way_out}.")
            )
            if chosen == len(question.options):
                way_out = question.way_out
                raise Declined(
                    problem="Nothing was written.",
                    advice=f"{way_out[:1].upper()}{way_out[1:]}.",
                )
            value = question.options[chosen].sql
            if value is not None:
                return value
        while not (sql := self._ask_line(question.prompt)):
            self._say("Please type an SQL expression, such as 0, 'none' or now().")
        return sql

    def _list_operations(self, lines: Sequence[str]) -> None:
        """List what two questions are about before the first of them."""
        if tuple(lines) != self._listed:
            self._listed = tuple(lines)
            for line in lines:
                self._say(line)

    def _say(self, text: str) -> None:
        self._write(wrap_prose(text))

    def _ask_yes_no(self, question: str) -> bool:
        answer = self._ask_line(f"{question} [y/N] ").lower()
        while answer not in ("", "y", "yes", "n", "no"):
            answer = self._ask_line("Please answer yes or no: ").lower()
        return answer.startswith("y")

    def _choose(self, text: str, options: Sequence[str]) -> int:
        """Return the index of the option that is chosen."""
        self._say(text)
        for number, option in enumerate(options, 1):
            self._say(f" {number}) {option}")
        return self._ask_number(len(options)) - 1

    def _ask_number(self, maximum: int) -> int:
        answer = self._ask_line("Select an option: ")
        while not (answer.isdecimal() and 1 <= int(answer) <= maximum):
            answer = self._ask_line("Please select a valid option: ")
        return int(answer)

    def _ask_line(self, prompt: str) -> str:
        try:
            return self._read(prompt).strip()
        except EOFError:
            self._say("")
            raise Declined(
                problem="No answer; nothing was written.", advice=self._unanswered_hint
            ) from None
