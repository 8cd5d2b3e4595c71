"""Render ``ALTER TABLE``, and let one statement do what goes to one table.  Pure.

Each statement takes its lock, and may read or rewrite all rows, so one is better than
many.  Statements become one if that changes nothing but their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import IntEnum
from itertools import product

from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.plan.plan import Statement
from schema_migrations.plan.table_action import TableAction, TableAlteration
from schema_migrations.schema.model import Key

INDENT = "\n    "
LONGEST_HEADING = 200
"""Characters; the lines below it name every column and constraint anyway."""

Grouped = tuple[tuple[Statement, tuple[int, ...]], ...]


class AlterTableStep(IntEnum):
    """The steps of one ``ALTER TABLE``, whatever the order of its actions.

    https://github.com/postgres/postgres/blob/master/src/backend/commands/tablecmds.c
    (``AlterTablePass``; there are more, but those after the columns do not get into one
    another's way).  ``tests/engines/postgresql/ddl/test_alter_table.py`` tries what
    follows on the servers:

    - What is dropped may be added again by the same statement, and a column changes its
      type between its default's or constraint's drop and new form.
    - What one statement adds or sets, it cannot drop: ``ADD COLUMN n … DEFAULT 1, ALTER
      COLUMN n DROP DEFAULT`` finds no column, ``SET NOT NULL, DROP NOT NULL`` ends as
      NOT NULL.
    - A column changes its type once, and ``USING`` finds no column that is added.
    - An identity that is dropped still asks for an integer type.
    - Equal unique constraints are all made, other than by ``CREATE TABLE``.
    - ``RENAME``, ``SET SCHEMA``, ``ATTACH`` and ``DETACH`` take no other action beside them.
    """

    DROP = 1
    RETYPE = 2
    ADD_COLUMN = 3
    SET = 4
    """Defaults, NOT NULL, identities, and then constraints."""


def render_alter_table(
    table: Key, *actions: TableAction, only: bool = False
) -> Statement:
    """Return the statement that carries out the actions, a line for each."""
    name = f"{'ONLY ' if only else ''}{qualify(table)}"
    match actions:
        case [TableAction(definition="") as action]:
            sql = f"ALTER TABLE {name} {action.sql}"
        case [action]:
            sql = f"ALTER TABLE {name} {action.sql}{INDENT}{action.definition}"
        case _:
            lines = (f"{each.sql} {each.definition}".rstrip() for each in actions)
            sql = f"ALTER TABLE {name}{INDENT}{f',{INDENT}'.join(lines)}"
    return Statement(
        sql=sql,
        comment=_describe(table, actions),
        alteration=TableAlteration(table=table, actions=actions, only=only),
    )


def _describe(table: Key, actions: tuple[TableAction, ...]) -> str:
    """Return the heading of a statement: names, or where that is too long, numbers."""
    set_anew = {a.subject for a in actions if a.verb == "Set the default of"}
    actions = tuple(
        a
        for a in actions
        if not (a.verb == "Drop the default of" and a.subject in set_anew)
    )
    heading = ""
    for describe in (_name_subjects, _name_one_subject, _count_subjects):
        heading = _compose_heading(table, actions, describe)
        if len(heading) <= LONGEST_HEADING:
            break
    return heading


def _compose_heading(
    table: Key,
    actions: tuple[TableAction, ...],
    describe: Callable[[str, list[Key]], str],
) -> str:
    name = qualify(table)
    phrases = [
        (verb, describe(noun, subjects))
        for (verb, noun), subjects in _group_alike(actions).items()
    ]
    verbs = [verb for verb, _ in phrases]
    has_one_subject = len({(each.noun, each.subject) for each in actions}) == 1
    if verbs == ["Drop", "Add"] and has_one_subject:
        return f"Drop {phrases[0][1]} of table {name} and add it again"
    if len(phrases) == 1:
        return f"{verbs[0]} {phrases[0][1]} {'to' if verbs == ['Add'] else 'of'} table {name}"
    if has_one_subject and not {"Add", "Drop"} & {*verbs}:
        what = "; ".join(_lower(_without_link(verb)) for verb in verbs)
        return f"Alter {phrases[0][1]} of table {name}: {what}"
    what = "; ".join(_lower(f"{verb} {names}") for verb, names in phrases)
    return f"Alter table {name}: {what}"


def _group_alike(
    actions: tuple[TableAction, ...],
) -> dict[tuple[str, str], list[Key]]:
    """Return the subjects by verb and noun, in the order of the first of each."""
    groups: dict[tuple[str, str], list[Key]] = {}
    for each in actions:
        groups.setdefault((each.verb, each.noun), []).append(each.subject)
    return groups


def _name_subjects(noun: str, subjects: list[Key]) -> str:
    names = ", ".join(quote(each.part) for each in subjects)
    return f"{noun}{'s' * (len(subjects) > 1)} {names}"


def _name_one_subject(noun: str, subjects: list[Key]) -> str:
    describe = _count_subjects if len(subjects) > 1 else _name_subjects
    return describe(noun, subjects)


def _count_subjects(noun: str, subjects: list[Key]) -> str:
    if len(subjects) > 1:
        return f"{len(subjects)} {noun}s"
    return f"{'an' if noun.startswith('e') else 'a'} {noun}"


def _lower(phrase: str) -> str:
    return phrase[0].lower() + phrase[1:]


def _without_link(verb: str) -> str:
    return verb.removesuffix(" of").removesuffix(" in").removesuffix(" to")


def fold_alterations(statements: tuple[Statement, ...]) -> Grouped:
    """Return the statements, each with the positions of those that it stands for.

    One joins the first earlier statement on its table that can take it, if nothing
    stands between them but comments and what has nothing to do with it.
    """
    groups: list[list[int]] = []
    for position, statement in enumerate(statements):
        home = _find_home(statement, groups, statements)
        if home is None:
            groups.append([position])
        else:
            groups[home].append(position)
    return tuple((_merge([statements[i] for i in g]), tuple(g)) for g in groups)


def _find_home(
    statement: Statement, groups: list[list[int]], statements: tuple[Statement, ...]
) -> int | None:
    """Return the position of the group that a statement joins; None: of no group."""
    alteration = statement.alteration
    if alteration is None:
        return None
    found = None
    for position in range(len(groups) - 1, -1, -1):
        group = [statements[i] for i in groups[position]]
        if group[0].part != statement.part:
            break
        if group[0].sql.startswith("COMMENT ON "):
            continue
        pairs = tuple(product(_list_actions(group), alteration.actions))
        if not _is_on_same_table(group[0], alteration):
            break
        if all(_can_share(*pair) for pair in pairs):
            found = position
        if not all(_can_swap(*pair) for pair in pairs):
            break
    return found


def _is_on_same_table(statement: Statement, alteration: TableAlteration) -> bool:
    other = statement.alteration
    return other is not None and (
        (other.table, other.only) == (alteration.table, alteration.only)
    )


def _list_actions(group: Iterable[Statement]) -> list[TableAction]:
    return [a for each in group if each.alteration for a in each.alteration.actions]


def _can_share(earlier: TableAction, later: TableAction) -> bool:
    """Tell whether one statement can do both, as if it did one after the other."""
    if earlier.step is None or later.step is None:
        return False
    if not _are_related(earlier, later):
        return _can_swap(earlier, later)
    if earlier.step == later.step == AlterTableStep.RETYPE:
        return False
    return earlier.step <= later.step


def _can_swap(earlier: TableAction, later: TableAction) -> bool:
    """Tell whether the order of two actions does not matter."""
    if earlier.step is None or later.step is None or _are_related(earlier, later):
        return False
    are_columns = earlier.subject.kind == later.subject.kind == "column"
    return earlier.step <= later.step or are_columns


def _are_related(one: TableAction, other: TableAction) -> bool:
    for first, second in ((one, other), (other, one)):
        if first.is_for_new_rows and second.subject.kind == "constraint":
            return False
    return (
        one.subject == other.subject
        or one.subject in other.reads
        or other.subject in one.reads
    )


def _merge(group: list[Statement]) -> Statement:
    """Return one statement for a group of alterations of one table."""
    alteration = group[0].alteration
    if len(group) == 1 or alteration is None:
        return group[0]
    actions = sorted(_list_actions(group), key=lambda each: each.step or 0)
    merged = render_alter_table(alteration.table, *actions, only=alteration.only)
    first = group[0]
    return replace(merged, part=first.part, transactional=first.transactional)
