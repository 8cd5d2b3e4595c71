"""The texts of questions before a change is planned, in Django's wording where it has
one.  An ``Asker`` of the caller asks them, or ``QuestionsOpen`` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schema_migrations.errors import OpenQuestion
from schema_migrations.plan.fills import NO_VALUE, MissingValue
from schema_migrations.plan.renames import NO_RENAMES, RenameCandidate, Renames
from schema_migrations.schema.model import Key
from schema_migrations.workflows.states.model_facts import ModelOrigin

Origins = Mapping[Key, ModelOrigin]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A numbered fix of a question."""

    text: str
    sql: str | None
    """The SQL to use; None: the person types it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueQuestion:
    text: str
    options: tuple[Option, ...]
    """The asker adds one more, to quit."""
    prompt: str
    rejection: str = ""
    """Why the SQL given before was rejected."""


class Asker(Protocol):
    """Asks a person.  Every method raises ``AnswerNeeded`` if no answer will come."""

    def confirm_rename(self, question: str) -> bool: ...
    def ask_value(self, question: ValueQuestion) -> str: ...
    def confirm_loss(self, losses: Sequence[str]) -> bool: ...
    def confirm_acknowledgement(self, lines: Sequence[str]) -> bool: ...


class RememberingAsker:
    """Asks each question once, for work that starts again on another dev database."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._answers: dict[object, Any] = {}

    def confirm_rename(self, question: str) -> bool:
        return bool(self._recall(self._asker.confirm_rename, question))

    def ask_value(self, question: ValueQuestion) -> str:
        return str(self._recall(self._asker.ask_value, question))

    def confirm_loss(self, losses: Sequence[str]) -> bool:
        return bool(self._recall(self._asker.confirm_loss, tuple(losses)))

    def confirm_acknowledgement(self, lines: Sequence[str]) -> bool:
        return bool(self._recall(self._asker.confirm_acknowledgement, tuple(lines)))

    def _recall(self, ask: Callable[[Any], object], question: object) -> object:
        if question not in self._answers:
            self._answers[question] = ask(question)
        return self._answers[question]


def format_rename_question(
    candidate: RenameCandidate, origins: Origins, renames: Renames = NO_RENAMES
) -> str:
    """Return the question without its ``[y/N]``; ``renames`` are already decided."""
    new = origins.get(candidate.new)
    if candidate.new.kind == "table":
        return _format_table_question(candidate, new, renames)
    old = candidate.old.part
    if new is None:
        table = candidate.new.name
        return f"Was the column {table}.{old} renamed to {table}.{candidate.new.part}?"
    if new.kind in ("ForeignKey", "OneToOneField"):
        old = old.removesuffix("_id")
    model = new.name.partition(".")[0]
    return (
        f"Was the field {model}.{old} renamed to {new.name} ({_add_article(new.kind)})?"
    )


def _format_table_question(
    candidate: RenameCandidate, new: ModelOrigin | None, renames: Renames
) -> str:
    old = candidate.old.name
    if new is None:
        return f"Was the table {old} renamed to {candidate.new.name}?"
    _, _, field = new.name.partition(".")
    model = old.removeprefix(f"{new.app}_")
    if not field:
        label = f"{new.app}."
        name = f"{label}{model}" if model != old else old
        return f"Was the model {name} renamed to {label}{new.name}?"
    # The table's name begins with its model's table, which may be renamed as well.
    owner = candidate.new.name.removesuffix(f"_{field}")
    before = next((o.name for o, n in renames.tables.items() if n.name == owner), owner)
    if old.startswith(f"{before}_"):
        model = before.removeprefix(f"{new.app}_")
        old = f"{model}.{old.removeprefix(f'{before}_')}"
    return f"Was the field {old} renamed to {new.name} ({_add_article(new.kind)})?"


def _add_article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"


def _format_rename(candidate: RenameCandidate) -> tuple[str, str]:
    """Return the pair that answers beforehand that this is a rename."""
    old, new = candidate.old, candidate.new
    return old.path, new.path if new.kind == "table" else new.part


def make_value_question(need: MissingValue, origins: Origins) -> ValueQuestion:
    key = need.column
    origin = origins.get(key)
    field = origin.name if origin else f"{key.path}"
    model, _, name = field.rpartition(".")
    leave = Option(
        text="Provide no default: the file fails if a row has no value.",
        sql=NO_VALUE,
    )
    if need.reason == "converted":
        assert need.before is not None
        return ValueQuestion(
            text=f"The field '{name}' on {model} changes from {need.before.type} to "
            f"{need.after.type}, which has no conversion.\n"
            "Please select a fix:",
            options=(
                Option(
                    text="Provide an SQL expression for the new value (the column's name "
                    "stands for the old one).",
                    sql=None,
                ),
            ),
            prompt=f"SQL for {key.path}: ",
        )
    problem = (
        f"It is impossible to add a non-nullable field '{name}' to {model} without "
        "specifying a default. This is because the database needs something to populate "
        "existing rows."
        if need.reason == "added"
        else f"It is impossible to change a nullable field '{name}' on {model} to "
        "non-nullable without providing a default. This is because the database needs "
        "something to populate existing rows."
    )
    return ValueQuestion(
        text=f"{problem}\nPlease select a fix:",
        options=(
            Option(
                text="Provide a one-off default now (an SQL expression, set on all existing "
                "rows without a value).",
                sql=None,
            ),
            leave,
        ),
        prompt=f"SQL for {key.path}: ",
    )


def list_open_questions(
    needs: Iterable[MissingValue],
    losses: Iterable[tuple[Key, str]],
    candidates: Sequence[RenameCandidate],
) -> tuple[OpenQuestion, ...]:
    """Return every open question, each with what may answer it."""
    lost = [
        OpenQuestion(
            text=loss,
            renames=tuple(
                _format_rename(each) for each in candidates if each.old == key
            ),
        )
        for key, loss in losses
    ]
    missing = [
        OpenQuestion(text=_describe_need(need), column=need.column.path)
        for need in needs
    ]
    return (*lost, *missing)


def _describe_need(need: MissingValue) -> str:
    column = need.column.path
    match need.reason:
        case "added":
            return f"adds {column} as NOT NULL: what should existing rows get?"
        case "not null":
            return (
                f"makes {column} NOT NULL: what should rows with NULL get? "
                f"({NO_VALUE} if there are none)"
            )
        case "converted":
            assert need.before is not None
            return (
                f"changes {column} from {need.before.type} to {need.after.type}, which "
                "has no conversion: what is the new value?"
            )
