"""COMMIT is muted where a statement of PL/pgSQL begins, and nowhere else."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.session.muted_commits import (
    MARK,
    with_muted_commits,
    with_restored_commits,
)


@pytest.mark.parametrize(
    "sql",
    [
        "DO $do${}$do$",
        "DO LANGUAGE plpgsql $${}$$",
        "DO $${}$$ LANGUAGE plpgsql",
        "CREATE OR REPLACE PROCEDURE public.p(a text DEFAULT '; COMMIT;'::text)\n"
        " LANGUAGE plpgsql\nAS $procedure${}$procedure$\n",
    ],
)
@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("BEGIN COMMIT; END", 1),
        ("begin commit ; commit and chain; END", 2),
        ("LOOP UPDATE t SET a = 1; -- a batch\n COMMIT /* now */; END LOOP", 1),
        ("IF a THEN COMMIT AND NO CHAIN; ELSE COMMIT; END IF", 2),
        ("<<here>> COMMIT;", 1),
        ("-- it's done\n PERFORM 1; COMMIT;", 1),
        ("x := commit; RETURN commit;", 0),
        ("INSERT INTO t VALUES ('COMMIT;')", 0),
        ("INSERT INTO t VALUES ('done; COMMIT;')", 0),
        (r"INSERT INTO t VALUES (E'it\'s; COMMIT;')", 0),
        (
            "EXECUTE 'CREATE PROCEDURE p() LANGUAGE plpgsql AS ''BEGIN COMMIT; END''';",
            0,
        ),
        ("EXECUTE $x$ DO $y$ BEGIN COMMIT; END $y$ $x$;", 0),
        ('PERFORM 1 AS "; COMMIT;"', 0),
        ("/* ; COMMIT; */", 0),
        ("PERFORM committed();", 0),
        ("ROLLBACK;", 0),
    ],
)
def test_commits_are_muted_and_given_back(sql: str, body: str, count: int) -> None:
    statement = sql.format(body)
    muted = with_muted_commits(statement)
    assert muted.count(MARK) == count
    assert with_restored_commits(muted) == statement


def test_quoted_code_is_muted() -> None:
    muted = with_muted_commits("DO 'BEGIN COMMIT; PERFORM ''; COMMIT;''; END'")
    assert muted == ("DO 'BEGIN NULL/*dsm-muted COMMIT*/; PERFORM ''; COMMIT;''; END'")


def test_what_is_no_code_stays() -> None:
    sql = "CALL p('x; COMMIT;', $$; COMMIT;$$)"
    assert with_muted_commits(sql) == sql
