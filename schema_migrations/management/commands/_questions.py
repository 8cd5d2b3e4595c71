"""Questions on a terminal, in the manner of Django's ``makemigrations``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schema_migrations.errors import AnswerNeeded
from schema_migrations.workflows.planning.questions import ValueQuestion

Read = Callable[[str], str]
Say = Callable[[str], object]

BEFOREHAND = (
    "Run schemadiff again, or answer with --rename, --default, --allow-data-loss or"
    " --acknowledge."
)


class Terminal:
    """Asks with ``read`` (as ``input``) and speaks with ``say``; an ``Asker``."""

    def __init__(
        self, *, read: Read = input, say: Say = print, unanswered: str = BEFOREHAND
    ) -> None:
        self._read = read
        self._say = say
        self._unanswered = unanswered

    def agreed(self, question: str) -> bool:
        return self._yes(question)

    def renamed(self, question: str) -> bool:
        return self._yes(question)

    def lose(self, losses: Sequence[str]) -> bool:
        self._say("This change loses data:")
        for loss in losses:
            self._say(f"  - {loss}")
        return self._yes("May it go?")

    def acknowledge(self, lines: Sequence[str]) -> bool:
        for line in lines:
            self._say(line)
        return self._yes("Is it taken care of, or not needed?")

    def value(self, question: ValueQuestion) -> str:
        if question.problem:
            self._say(f"The dev database says: {question.problem}")
        else:
            self._say(question.text)
            for number, choice in enumerate(question.choices, 1):
                self._say(f" {number}) {choice.text}")
            self._say(
                f" {len(question.choices) + 1}) Quit, and give the field a default in "
                "models.py."
            )
            number = self._number(len(question.choices) + 1)
            if number > len(question.choices):
                raise AnswerNeeded(
                    "Nothing was written.",
                    hint="Give the field a default in models.py.",
                )
            value = question.choices[number - 1].value
            if value is not None:
                return value
        while not (sql := self._line(question.prompt)):
            self._say("Please type an SQL expression, such as 0, 'none' or now().")
        return sql

    def _yes(self, question: str) -> bool:
        answer = self._line(f"{question} [y/N] ").lower()
        while answer not in ("", "y", "yes", "n", "no"):
            answer = self._line("Please answer yes or no: ").lower()
        return answer.startswith("y")

    def _number(self, most: int) -> int:
        answer = self._line("Select an option: ")
        while not (answer.isdecimal() and 1 <= int(answer) <= most):
            answer = self._line("Please select a valid option: ")
        return int(answer)

    def _line(self, prompt: str) -> str:
        try:
            return self._read(prompt).strip()
        except EOFError:
            self._say("")
            raise AnswerNeeded(
                "No answer; nothing was written.", hint=self._unanswered
            ) from None
