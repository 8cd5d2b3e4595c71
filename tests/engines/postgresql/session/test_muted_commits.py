"""COMMIT is muted where a statement of PL/pgSQL begins, and nowhere else."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.session.muted_commits import (
    MARK,
    with_muted_commits,
    with_restored_commits,
)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("BEGIN COMMIT; END", 1),
        ("begin commit ; commit and chain; END", 2),
        ("LOOP UPDATE t SET a = 1; -- a batch\n COMMIT /* now */; END LOOP", 1),
        ("IF a THEN COMMIT AND NO CHAIN; ELSE COMMIT; END IF", 2),
        ("<<here>> COMMIT;", 1),
        ("x := commit; RETURN commit;", 0),
        ("INSERT INTO t VALUES ('COMMIT;')", 0),
        ("PERFORM committed();", 0),
        ("ROLLBACK;", 0),
    ],
)
def test_commits_are_muted_and_given_back(body: str, count: int) -> None:
    muted = with_muted_commits(body)
    assert muted.count(MARK) == count
    assert with_restored_commits(muted) == body
