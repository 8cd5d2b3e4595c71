"""What Django's commands print is read as Django prints it."""

from __future__ import annotations

from tools.takeovers.steps import find_unwritten_apps, select_facts

OUTPUT = """\
Migrations for 'shop':
  shop/migrations/0002_order_note.py
    + Add field note to order
Migrations for 'shop_reports':
  reports/migrations/0001_initial.py
    + Create model Report
"""


def test_apps_with_changes_that_are_not_written_are_found() -> None:
    assert find_unwritten_apps(OUTPUT) == {"shop", "shop_reports"}
    assert find_unwritten_apps("No changes detected\n") == set()


def test_facts_are_selected_by_whole_words() -> None:
    facts = {
        "CREATE TABLE public.auth_group (\n    id integer\n)",
        "CREATE TABLE public.auth_group_permissions (\n    id bigint\n)",
        "ALTER TABLE public.auth_group_permissions ADD CHECK (id > 0)",
    }
    assert len(select_facts(facts, ["auth_group_permissions"])) == 2
    assert len(select_facts(facts, ["auth_group"])) == 1
    assert select_facts(facts, []) == frozenset()
