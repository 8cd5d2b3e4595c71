"""The texts of questions before a change is planned, in Django's wording where it has
one.  An ``Asker`` of the caller asks them, or ``QuestionsOpen`` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, cast

from schema_migrations.errors import OpenQuestion
from schema_migrations.plan.fills import NO_VALUE, MissingValue
from schema_migrations.plan.renames import NO_RENAMES, RenameCandidate, Renames
from schema_migrations.plan.summary import SummaryLine
from schema_migrations.schema.model import Key
from schema_migrations.workflows.states.model_facts import ModelFacts, ModelOrigin

MAX_SHOWN = 40
"""The most characters of SQL to show within an option."""

Origins = Mapping[Key, ModelOrigin]
Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A numbered fix of a question."""

    text: str
    sql: str | None
    """The SQL to use; None: the person types it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueQuestion:
    column: Key
    reason: Literal["no value", "new type"] = "no value"
    text: str
    options: tuple[Option, ...]
    """The asker adds one more: to quit and do what ``way_out`` says."""
    prompt: str
    way_out: str
    rejected: tuple[str, ...] = ()
    """The answers given before, which were rejected."""
    rejection: str = ""
    """Why the last of them was rejected; a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameQuestion:
    text: str
    candidates: tuple[RenameCandidate, ...]
    """The most likely first."""
    options: tuple[str, ...]
    """Their new names, for a person."""
    none: str
    """The option that the asker adds: it is none of them."""


class Asker(Protocol):
    """Asks a person.  Every method raises ``AnswerNeeded`` if no answer will come."""

    def show_changes(self, lines: Sequence[SummaryLine]) -> None:
        """Show what the next questions are about."""

    def choose_rename(self, question: RenameQuestion) -> int | None:
        """Return the index of an option; None: none of them."""

    def ask_value(self, question: ValueQuestion) -> str: ...
    def confirm_loss(self, losses: Sequence[str]) -> bool: ...
    def confirm_acknowledgement(self, lines: Sequence[str]) -> bool: ...


class RowsAsker(Protocol):
    """Asks a person about rows that Django migrations leave; raises as ``Asker``."""

    def confirm_rows(self, lines: Sequence[str]) -> bool:
        """Return whether the rows that Django migrations leave become a file."""

    def confirm_large_table(self, problem: str) -> bool:
        """Return whether those of a table with many rows are part of it."""


class NextFileAsker(Asker, RowsAsker, Protocol):
    """Asks all that the next file may leave open."""


class RememberingAsker:
    """Asks each question once, for work that starts again on another dev database."""

    def __init__(self, asker: NextFileAsker) -> None:
        self._asker = asker
        self._answers: dict[object, Any] = {}

    def show_changes(self, lines: Sequence[SummaryLine]) -> None:
        self._recall(self._asker.show_changes, tuple(lines))

    def choose_rename(self, question: RenameQuestion) -> int | None:
        return self._recall(self._asker.choose_rename, question)

    def ask_value(self, question: ValueQuestion) -> str:
        return self._recall(self._asker.ask_value, question)

    def confirm_loss(self, losses: Sequence[str]) -> bool:
        return self._recall(self._asker.confirm_loss, tuple(losses))

    def confirm_acknowledgement(self, lines: Sequence[str]) -> bool:
        return self._recall(self._asker.confirm_acknowledgement, tuple(lines))

    def confirm_rows(self, lines: Sequence[str]) -> bool:
        return self._recall(self._asker.confirm_rows, tuple(lines))

    def confirm_large_table(self, problem: str) -> bool:
        return self._recall(self._asker.confirm_large_table, problem)

    def _recall(self, ask: Callable[[Q], A], question: Q) -> A:
        key = ask.__name__, question
        if key not in self._answers:
            self._answers[key] = ask(question)
        return cast("A", self._answers[key])


def make_rename_question(
    candidates: Sequence[RenameCandidate],
    origins: Origins,
    renames: Renames = NO_RENAMES,
) -> RenameQuestion:
    """Return the question what became of a table or column.

    ``candidates`` are its possible new names; ``renames`` are already decided.
    """
    pairs = [_name_candidate(each, origins, renames) for each in candidates]
    is_table = candidates[0].new.kind == "table"
    return RenameQuestion(
        text=f"The {pairs[0][0]} is gone. Which of these is its new name?",
        candidates=tuple(candidates),
        options=tuple(new for _, new in pairs),
        none=f"None of them: it is removed, with its {'rows' if is_table else 'values'}.",
    )


def _name_candidate(
    candidate: RenameCandidate, origins: Origins, renames: Renames
) -> tuple[str, str]:
    """Return the old name with its kind (``field order.total``), and the new one."""
    new = origins.get(candidate.new)
    if candidate.new.kind == "table":
        return _name_tables(candidate, new, renames)
    old = candidate.old.part
    if new is None:
        table = candidate.new.name
        return f"column {table}.{old}", f"{table}.{candidate.new.part}"
    if new.kind in ("ForeignKey", "OneToOneField"):
        old = old.removesuffix("_id")
    model = new.name.partition(".")[0]
    return f"field {model}.{old}", f"{new.name} ({_add_article(new.kind)})"


def _name_tables(
    candidate: RenameCandidate, new: ModelOrigin | None, renames: Renames
) -> tuple[str, str]:
    old = candidate.old.name
    if new is None:
        return f"table {old}", candidate.new.name
    _, _, field = new.name.partition(".")
    model = old.removeprefix(f"{new.app}_")
    if not field:
        label = f"{new.app}."
        name = f"{label}{model}" if model != old else old
        return f"model {name}", f"{label}{new.name}"
    # The table's name begins with its model's table, which may be renamed as well.
    owner = candidate.new.name.removesuffix(f"_{field}")
    before = next((o.name for o, n in renames.tables.items() if n.name == owner), owner)
    if old.startswith(f"{before}_"):
        model = before.removeprefix(f"{new.app}_")
        old = f"{model}.{old.removeprefix(f'{before}_')}"
    return f"field {old}", f"{new.name} ({_add_article(new.kind)})"


def _add_article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"


def _format_rename(candidate: RenameCandidate) -> tuple[str, str]:
    """Return the pair that answers beforehand that this is a rename."""
    old, new = candidate.old, candidate.new
    return old.path, new.path if new.kind == "table" else new.part


CONVERSION = Option(
    text="Provide an SQL expression for the new value (the column's name stands for the "
    "old one).",
    sql=None,
)


def make_retyping_question(column: Key, loss: str) -> ValueQuestion:
    """Return the question how a column gets its new type, which may cost values."""
    return ValueQuestion(
        column=column,
        reason="new type",
        text=f"The file {loss}.\nPlease select a fix:",
        options=(
            Option(text="Let the database convert them.", sql=NO_VALUE),
            CONVERSION,
        ),
        prompt=f"SQL for {column.path}: ",
        way_out="change the type back in models.py",
    )


def make_value_question(need: MissingValue, facts: ModelFacts) -> ValueQuestion:
    key = need.column
    origin = facts.origins.get(key)
    field = origin.name if origin else f"{key.path}"
    model, _, name = field.rpartition(".")
    if need.reason == "converted":
        assert need.before is not None
        return ValueQuestion(
            column=key,
            text=f"The field '{name}' on {model} changes from {need.before.type} to "
            f"{need.after.type}, which has no conversion.\n"
            "Please select a fix:",
            options=(CONVERSION,),
            prompt=f"SQL for {key.path}: ",
            way_out="write the change of type in a file by hand",
        )
    varying = facts.varying_defaults.get(key)
    problem = (
        f"It is impossible to add a non-nullable field '{name}' to {model}"
        if need.reason == "added"
        else f"It is impossible to change a nullable field '{name}' on {model} to "
        "non-nullable"
    )
    if varying:
        problem += (
            f" with its default alone: {varying} gives another value at each call, and a "
            "file must do the same on every day it is run. "
        )
    elif failure := facts.unreadable_defaults.get(key):
        problem += f" with its default alone, which cannot be read ({failure}). "
    else:
        word = "specifying" if need.reason == "added" else "providing"
        problem += f" without {word} a default. "
    return ValueQuestion(
        column=key,
        text=f"{problem}This is because the database needs something to populate existing "
        "rows.\nPlease select a fix:",
        options=tuple(_list_value_options(need, facts.server_values.get(key))),
        prompt=f"SQL for {key.path}: ",
        way_out="give the field a db_default in models.py"
        if varying
        else "give the field a default in models.py",
    )


def _list_value_options(
    need: MissingValue, server_value: str | None
) -> Iterator[Option]:
    yield Option(
        text="Provide a one-off default now (an SQL expression, set on all existing rows "
        "without a value).",
        sql=None,
    )
    if server_value is not None:
        shown = f": {server_value}" if len(server_value) <= MAX_SHOWN else ""
        yield Option(
            text=f"Let the database compute it when the file is applied{shown}.",
            sql=server_value,
        )
    yield Option(
        text="Provide no default: the table is empty, or the file fails."
        if need.reason == "added"
        else "Provide no default: no row is without a value, or the file fails.",
        sql=NO_VALUE,
    )


def list_open_questions(
    needs: Iterable[MissingValue],
    losses: Iterable[tuple[Key, str]],
    retypings: Iterable[tuple[Key, str]],
    candidates: Sequence[RenameCandidate],
    facts: ModelFacts,
) -> tuple[OpenQuestion, ...]:
    """Return every open question, each with what may answer it.

    ``retypings`` are the losses that an expression for the new type answers as well.
    """
    lost = [
        OpenQuestion(
            text=loss,
            subject=key.path,
            renames=tuple(
                _format_rename(each) for each in candidates if each.old == key
            ),
        )
        for key, loss in losses
    ]
    missing = [
        OpenQuestion(
            text=_describe_need(need, facts),
            subject=need.column.path,
            column=need.column.path,
            suggestion=""
            if need.reason == "converted"
            else facts.server_values.get(need.column, ""),
        )
        for need in needs
    ]
    retyped = [
        OpenQuestion(text=loss, subject=column.path, retyped_column=column.path)
        for column, loss in retypings
    ]
    return (*lost, *retyped, *missing)


def _describe_need(need: MissingValue, facts: ModelFacts) -> str:
    column = need.column.path
    default = ""
    if varying := facts.varying_defaults.get(need.column):
        default = f", and its default {varying} differs from call to call"
    elif failure := facts.unreadable_defaults.get(need.column):
        default = f", and its default cannot be read ({failure})"
    match need.reason:
        case "added":
            return f"adds {column} as NOT NULL{default}: what should existing rows get?"
        case "not null":
            return f"makes {column} NOT NULL{default}: what should rows with NULL get?"
        case "converted":
            assert need.before is not None
            return (
                f"changes {column} from {need.before.type} to {need.after.type}, which "
                "has no conversion: what is the new value?"
            )
