"""Ask everything at once: also what only an answer would lead to.

Whoever cannot be asked gives all answers on a command line, so none may be missing there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from schema_migrations.errors import (
    OpenQuestion,
    QuestionsOpen,
    SchemaMigrationsError,
)
from schema_migrations.plan.answers import Answers

Pair = tuple[str, str]


def complete_questions(
    error: QuestionsOpen, answers: Answers, try_plan: Callable[[Answers], object]
) -> QuestionsOpen:
    """Return the error with the renames that are likely, and with what they lead to.

    ``try_plan`` plans with answers, and raises what is open then.
    """
    assumed_by: dict[OpenQuestion, tuple[Pair, ...]]  # what each question assumes
    assumed_by = dict.fromkeys(error.questions, ())
    open_ = error.questions
    renames: tuple[Pair, ...] = ()
    leads_further = False
    while chosen := tuple(_choose_renames(open_, answers, renames)):
        renames += chosen
        try:
            try_plan(replace(answers, renames=(*answers.renames, *renames)))
        except QuestionsOpen as further:
            for each in further.questions:
                assumed_by.setdefault(each, _select_assumed(each, renames))
            open_ = further.questions
        except SchemaMigrationsError:  # raised again when the answers are given
            leads_further = True
            open_ = tuple(_leave_unanswered(open_, chosen))
            break
        else:
            open_ = ()
    order = list(dict.fromkeys(assumed_by.values()))
    return QuestionsOpen(
        questions=tuple(
            replace(each, assumes=assumed, settled=each not in open_)
            for each, assumed in sorted(
                assumed_by.items(), key=lambda item: order.index(item[1])
            )
        ),
        renames=renames,
        leads_further=leads_further,
    )


def _choose_renames(
    questions: Sequence[OpenQuestion], answers: Answers, assumed: Sequence[Pair]
) -> Iterator[Pair]:
    """Yield for each loss its likeliest rename to a name that nothing else has."""
    taken = {*answers.defaults, *(_find_new_path(old, new) for old, new in assumed)}
    for question in questions:
        for old, new in question.renames:
            if not _names_of(_find_new_path(old, new)) & taken:
                taken.add(_find_new_path(old, new))
                yield old, new
                break


def _leave_unanswered(
    questions: Sequence[OpenQuestion], chosen: Sequence[Pair]
) -> Iterator[OpenQuestion]:
    new = {_find_new_path(*pair) for pair in chosen}
    for question in questions:
        if question.column not in new and not set(question.renames) & set(chosen):
            yield question


def _select_assumed(
    question: OpenQuestion, renames: Collection[Pair]
) -> tuple[Pair, ...]:
    """Return the renames of what a question is about; all of them if it names none."""
    own = tuple(
        (old, new)
        for old, new in renames
        if question.subject == _find_new_path(old, new)
        or question.subject.startswith(f"{_find_new_path(old, new)}.")
    )
    return own or tuple(renames)


def _find_new_path(old: str, new: str) -> str:
    """Return the whole name that a rename gives; of a column it names the last part."""
    table, dot, _ = old.rpartition(".")
    return new if new.startswith(f"{table}.") else f"{table}{dot}{new}"


def _names_of(path: str) -> set[str]:
    """Return what a column may be called: with its schema, and without."""
    return {path, path.partition(".")[2]}
