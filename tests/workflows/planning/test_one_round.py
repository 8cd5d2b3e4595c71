"""Every question at once, also those that only a rename leads to."""

from __future__ import annotations

from schema_migrations.errors import (
    ObjectInTheWay,
    OpenQuestion,
    QuestionsOpen,
    SchemaMigrationsError,
)
from schema_migrations.plan.answers import NO_ANSWERS, Answers
from schema_migrations.workflows.planning.one_round import complete_questions

TABLE = OpenQuestion(
    text="drops table a", subject="a", renames=(("a", "b"), ("a", "c"))
)
OTHER = OpenQuestion(text="drops table d", subject="d", renames=(("d", "b"),))
COLUMN = OpenQuestion(
    text="drops column b.x", subject="b.x", renames=(("b.x", "y"), ("b.x", "z"))
)
VALUE = OpenQuestion(text="adds b.y", subject="b.y", column="b.y")


def complete(
    first: OpenQuestion,
    *rest: OpenQuestion,
    then: dict[int, SchemaMigrationsError] | None = None,
    answers: Answers = NO_ANSWERS,
) -> tuple[QuestionsOpen, list[tuple[tuple[str, str], ...]]]:
    """Return the questions, and the renames that were tried; ``then`` says by their
    number what a plan with them raises."""
    tried: list[tuple[tuple[str, str], ...]] = []

    def try_plan(answers: Answers) -> None:
        tried.append(answers.renames)
        if then and len(answers.renames) in then:
            raise then[len(answers.renames)]

    error = QuestionsOpen(questions=(first, *rest))
    return complete_questions(error, answers, try_plan), tried


def settled(error: QuestionsOpen) -> dict[str, bool]:
    return {each.text: each.settled for each in error.questions}


def test_no_rename_is_tried_where_none_is_likely() -> None:
    found, tried = complete(VALUE)

    assert tried == []
    assert found.questions == (VALUE,)
    assert not found.leads_further


def test_each_new_name_is_taken_once() -> None:
    found, tried = complete(TABLE, OTHER, then={1: QuestionsOpen(questions=(OTHER,))})

    assert tried == [(("a", "b"),)]
    assert found.renames == (("a", "b"),)
    assert settled(found) == {"drops table a": True, "drops table d": False}


def test_what_a_rename_leads_to_is_asked_as_far_as_it_goes() -> None:
    found, tried = complete(
        TABLE,
        then={
            1: QuestionsOpen(questions=(COLUMN, VALUE)),
            2: QuestionsOpen(questions=(VALUE,)),
        },
    )

    assert tried == [(("a", "b"),), (("a", "b"), ("b.x", "y"))]
    assert found.renames == (("a", "b"), ("b.x", "y"))
    assert [each.assumes for each in found.questions] == [
        (),
        (("a", "b"),),
        (("a", "b"),),
    ]
    assert settled(found) == {
        "drops table a": True,
        "drops column b.x": True,
        "adds b.y": False,
    }
    assert "drops column b.x (if a is renamed to b)" in found.message


def test_what_cannot_be_planned_may_lead_further() -> None:
    stands = ObjectInTheWay(problem="a view")
    found, _ = complete(
        TABLE, then={1: QuestionsOpen(questions=(COLUMN, VALUE)), 2: stands}
    )

    assert found.leads_further
    assert found.renames == (("a", "b"), ("b.x", "y"))
    assert set(settled(found).values()) == {True}


def test_a_column_with_an_answer_is_no_new_name() -> None:
    answers = Answers(defaults={"b.y": "0"})
    found, _ = complete(COLUMN, answers=answers)

    assert found.renames == (("b.x", "z"),)


def test_names_with_a_schema() -> None:
    table = OpenQuestion(text="t", subject="s.a", renames=(("s.a", "s.b"),))
    column = OpenQuestion(text="c", subject="s.b.x", renames=(("s.b.x", "y"),))
    found, _ = complete(table, then={1: QuestionsOpen(questions=(column,))})

    assert found.renames == (("s.a", "s.b"), ("s.b.x", "y"))
    assert found.questions[1].assumes == (("s.a", "s.b"),)
