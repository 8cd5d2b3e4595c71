"""Questions on a terminal, in the manner of Django's ``makemigrations``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schema_migrations.errors import Declined
from schema_migrations.workflows.planning.questions import ValueQuestion

ReadLine = Callable[[str], str]
WriteLine = Callable[[str], object]

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
    ) -> None:
        self._read = read
        self._say = say
        self._unanswered_hint = unanswered_hint

    def confirm(self, question: str) -> bool:
        return self._ask_yes_no(question)

    def confirm_rename(self, question: str) -> bool:
        return self._ask_yes_no(question)

    def confirm_loss(self, losses: Sequence[str]) -> bool:
        self._say("This change loses data:")
        for loss in losses:
            self._say(f"  - {loss}")
        return self._ask_yes_no("Accept this loss?")

    def confirm_acknowledgement(self, lines: Sequence[str]) -> bool:
        for line in lines:
            self._say(line)
        return self._ask_yes_no("Have you handled these, or are they not needed here?")

    def ask_value(self, question: ValueQuestion) -> str:
        if question.rejection:
            self._say(f"The dev database says: {question.rejection}")
        else:
            self._say(question.text)
            for number, choice in enumerate(question.options, 1):
                self._say(f" {number}) {choice.text}")
            self._say(
                f" {len(question.options) + 1}) Quit and give the field a default in "
                "models.py."
            )
            number = self._ask_number(len(question.options) + 1)
            if number > len(question.options):
                raise Declined(
                    problem="Nothing was written.",
                    advice="Give the field a default in models.py.",
                )
            value = question.options[number - 1].sql
            if value is not None:
                return value
        while not (sql := self._ask_line(question.prompt)):
            self._say("Please type an SQL expression, such as 0, 'none' or now().")
        return sql

    def _ask_yes_no(self, question: str) -> bool:
        answer = self._ask_line(f"{question} [y/N] ").lower()
        while answer not in ("", "y", "yes", "n", "no"):
            answer = self._ask_line("Please answer yes or no: ").lower()
        return answer.startswith("y")

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
