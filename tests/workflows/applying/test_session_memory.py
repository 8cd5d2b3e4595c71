"""What statements set for the session without SET is there again when a file goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_migrations.errors import (
    DoneStatementNotRecorded,
    StatementFailed,
    SyntaxProblem,
)
from schema_migrations.history.session_changes import (
    SessionChanges,
    add_to_statement,
    describe_changes,
    read_changes,
    split_statement,
)
from schema_migrations.management.hints import text_of
from schema_migrations.workflows.applying.events import Warned

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

NONE = "-- atlas:txmode none\n\n"
SCHEMAS = (
    "CREATE SCHEMA one; CREATE SCHEMA two;"
    "CREATE FUNCTION use(path text) RETURNS void LANGUAGE plpgsql AS"
    " $$ BEGIN EXECUTE format('SET search_path = %I', path); END $$;"
    "CREATE PROCEDURE commit_and_use(path text) LANGUAGE plpgsql AS"
    " $$ BEGIN COMMIT; EXECUTE format('SET search_path = %I', path); END $$;"
)
USE_ONE = "SET search_path = one;\n"


@pytest.fixture
def place(pg_place: Place) -> Place:
    pg_place.write(_1=SCHEMAS)
    pg_place.apply()
    return pg_place


def apply_in_two_runs(place: Place, before: str, after: str) -> None:
    """Let the file fail at its last statement, mend that, and run the rest."""
    place.write(_2=f"{NONE}{before}\nSELECT 1 / 0;")
    with pytest.raises(StatementFailed):
        place.apply()
    place.write(_2=f"{NONE}{before}\n{after}")
    place.apply()
    row = place.read_revisions()["2"]
    assert row.done
    assert place.execute(
        "SELECT error_stmt FROM atlas_schema_revisions WHERE version = '2'"
    ) == [(None,)]


def interrupt_in_doubt(place: Place, done: str) -> None:
    """Leave the file as a run does that ends right after the commit of these statements."""
    place.write(_2=f"{NONE}{done}\nSELECT 1 / 0;")
    with pytest.raises(StatementFailed):
        place.apply()
    place.execute(
        "UPDATE atlas_schema_revisions SET error = NULL,"
        """ error_stmt = replace(error_stmt, '}}', '}, "maybe_local": ["search_path"]}')"""
        " WHERE version = '2'"
    )


def find_schema(place: Place, table: str) -> object:
    ((schema,),) = place.execute(
        f"SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = '{table}'"
    )
    return schema


@pytest.mark.parametrize(
    "before",
    [
        "SELECT set_config('search_path', 'one', false) AS x;",
        "DO $$ BEGIN SET search_path = one; END $$;",
        "-- which path\nSELECT public.use('one');",
        "SELECT public.use('two');\nCREATE TABLE b ();\nSELECT public.use('one');",
        "SELECT public.use('two');\nSET search_path = one;",
        "SELECT public.use('two');\nBEGIN;\nSET search_path = one;\nCOMMIT;",
        "BEGIN;\nSELECT public.use('one');\nCOMMIT;",
        "SELECT public.use('one');\nBEGIN;\nSELECT public.use('two');\nROLLBACK;",
        "CALL public.commit_and_use('one');",
        f"{USE_ONE}DO $$ BEGIN SET LOCAL search_path = two; END $$;",
        f"{USE_ONE}BEGIN;\nSELECT set_config('search_path', 'two', true) AS x;\nCOMMIT;",
        f"SELECT public.use('two');\n{USE_ONE}SELECT 1;",
        "DO $$ BEGIN SET work_mem = '8MB'; SET search_path = one; END $$;\nSELECT 2;",
        f"{USE_ONE}BEGIN;\nSAVEPOINT s;\nSET search_path = two;\nROLLBACK TO s;\nCOMMIT;",
        f"BEGIN;\n{USE_ONE}SAVEPOINT s;\nSELECT 1;\nROLLBACK TO SAVEPOINT s;\nCOMMIT;",
    ],
)
def test_a_file_goes_on_in_the_schema_that_it_chose(place: Place, before: str) -> None:
    apply_in_two_runs(place, before, "CREATE TABLE a ();\nSELECT 3;")
    assert find_schema(place, "a") == "one"


def test_what_a_statement_resets_stays_reset(place: Place) -> None:
    before = f"{USE_ONE}DO $$ BEGIN RESET search_path; END $$;"
    apply_in_two_runs(place, before, "CREATE TABLE a ();")
    assert find_schema(place, "a") == "public"


def test_it_is_there_again_in_every_further_run(place: Place) -> None:
    before = "SELECT public.use('one');"
    for later in ("SELECT 1 / 0;", "SELECT 2 / 0;"):
        place.write(_2=f"{NONE}{before}\n{later}")
        with pytest.raises(StatementFailed):
            place.apply()
    place.write(_2=f"{NONE}{before}\nCREATE TABLE a ();")
    place.apply()
    assert find_schema(place, "a") == "one"


def test_the_role_is_there_again(place: Place) -> None:
    place.execute("CREATE ROLE dsm_maker")
    try:
        place.execute("GRANT ALL ON SCHEMA public TO dsm_maker")
        place.execute("GRANT ALL ON atlas_schema_revisions TO dsm_maker")
        before = "DO $$ BEGIN SET ROLE dsm_maker; END $$;"
        apply_in_two_runs(place, before, "CREATE TABLE a ();")
        assert place.execute(
            "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'a'"
        ) == [("dsm_maker",)]
    finally:
        place.execute("DROP OWNED BY dsm_maker")
        place.execute("DROP ROLE dsm_maker")


def test_values_of_an_unfinished_transaction_are_asked_for(place: Place) -> None:
    """A run that ends right after a commit cannot see which values outlive it."""
    before = "DO $$ BEGIN SET work_mem = '9MB'; END $$;\nSELECT public.use('one');"
    interrupt_in_doubt(place, before)
    place.write(_2=f"{NONE}{before}\nCREATE TABLE a ();")
    with pytest.raises(StatementFailed, match="SET or RESET") as caught:
        place.apply()
    assert text_of(caught.value, "{}".format).splitlines() == [
        "2.sql:5: the statement before this one set search_path, then its run ended."
        " It may have been for the session, or for one transaction only.",
        "Nothing was run.",
        "Say the value to go on with: put SET or RESET directly before this statement.",
        "Run schemahash,",
        "then schemaapply again.",
    ]
    assert place.read_revisions()["2"].applied == 2

    place.write(
        _2=f"{NONE}{before}\nSET search_path = two;\nCREATE TABLE a AS SELECT current_setting('work_mem') AS w;"
    )
    place.apply()
    assert find_schema(place, "a") == "two"
    assert place.execute("SELECT w FROM two.a") == [("9MB",)]


@pytest.mark.parametrize(
    "makes", ["CREATE TEMP TABLE a (id int);", "SELECT 1 AS id INTO TEMPORARY a;"]
)
def test_a_temporary_table_that_is_gone_is_not_taken_for_another(
    place: Place, makes: str
) -> None:
    place.execute("CREATE TABLE a (id int)")
    place.write(_2=f"{NONE}{makes}\nSELECT 1 / 0;")
    with pytest.raises(StatementFailed):
        place.apply()
    place.connection.close()
    place.write(_2=f"{NONE}{makes}\nINSERT INTO a VALUES (1);")
    with pytest.raises(
        StatementFailed, match=r"an earlier run made a\. That was temporary"
    ):
        place.apply()
    assert place.execute("SELECT * FROM a") == []

    place.write(
        _2=f"{NONE}{makes}\nCREATE TEMP TABLE a (id int);\nINSERT INTO a VALUES (1);"
    )
    place.apply()
    place.connection.close()
    assert place.execute("SELECT * FROM a") == []


def test_a_temporary_table_that_was_dropped_is_not_missed(place: Place) -> None:
    before = "CREATE TEMP TABLE a (id int);\nDROP TABLE a;\nSELECT 1;"
    apply_in_two_runs(place, before, "CREATE TABLE a ();")
    assert find_schema(place, "a") == "public"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("CREATE TEMP TABLE x (id int);\nSELECT 1;", [3]),
        ("SELECT 1;\nCREATE TEMPORARY VIEW x AS SELECT 1;", [4]),
        ("BEGIN;\nCREATE TEMP TABLE x (id int) ON COMMIT DROP;\nCOMMIT;", []),
        ("CREATE TABLE temp (id int);", []),
    ],
)
def test_a_file_with_a_temporary_table_is_warned_of(
    place: Place, text: str, lines: list[int]
) -> None:
    place.write(_2=f"{NONE}{text}")
    place.apply()
    warnings = [e.message for e in place.events if isinstance(e, Warned)]
    assert [w.split(": ")[0] for w in warnings] == [f"2.sql:{n}" for n in lines]


def test_on_sqlite_too(sqlite_place: Place) -> None:
    sqlite_place.write(_1=f"{NONE}CREATE TEMP TABLE a (id int);\nSELECT * FROM b;")
    with pytest.raises(StatementFailed):
        sqlite_place.apply()
    sqlite_place.connection.close()
    sqlite_place.write(
        _1=f"{NONE}CREATE TEMP TABLE a (id int);\nCREATE TABLE c (id int);"
    )
    with pytest.raises(StatementFailed) as caught:
        sqlite_place.apply()
    assert text_of(caught.value, "{}".format).splitlines() == [
        "1.sql:4: an earlier run made a. That was temporary, and ended with its session.",
        "Nothing was run.",
        "Make it again: put CREATE TEMPORARY directly before this statement.",
        "Run schemahash,",
        "then schemaapply again.",
    ]


@pytest.mark.parametrize("statement", ["", "SELECT 1\n-- session: more", "SELECT '}'"])
@pytest.mark.parametrize("values", [{}, {"search_path": "a\nb", "work_mem": None}])
def test_a_row_keeps_both_the_failure_and_the_session(
    statement: str, values: dict[str, str | None]
) -> None:
    changes = SessionChanges(values=values, temporary=frozenset(values))
    text = add_to_statement(statement, describe_changes(changes))
    found, description = split_statement(text)
    assert (found, read_changes(description)) == (statement, changes)


def test_what_atlas_wrote_last_says_nothing_of_our_session(place: Place) -> None:
    before = "SELECT public.use('one');"
    place.write(_2=f"{NONE}{before}\nSELECT 1 / 0;")
    with pytest.raises(StatementFailed):
        place.apply()
    place.execute(
        "UPDATE atlas_schema_revisions SET error = '', operator_version = 'Atlas CLI v1'"
        " WHERE version = '2'"
    )
    place.write(_2=f"{NONE}{before}\nCREATE TABLE a ();")
    place.apply()
    assert find_schema(place, "a") == "public"


CHUNKS = "-- atlas:delimiter GO\n-- atlas:txmode none\n\n"


@pytest.mark.parametrize(
    ("chunk", "schema", "count"),
    [
        ("SET search_path = one;\nINSERT INTO public.log VALUES (1);", "one", 1),
        ("INSERT INTO public.log VALUES (1);\nSET search_path = one;", "one", 1),
        ("SET search_path = two;\nSET search_path = one;", "one", 0),
        ("CREATE TABLE b ();\nSELECT public.use('one');", "one", 0),
    ],
)
def test_of_a_chunk_no_statement_runs_twice(
    place: Place, chunk: str, schema: str, count: int
) -> None:
    place.execute("CREATE TABLE log (id int)")
    place.write(_2=f"{CHUNKS}{chunk}\nGO\nSELECT 1 / 0\nGO\n")
    with pytest.raises(StatementFailed):
        place.apply()
    place.write(_2=f"{CHUNKS}{chunk}\nGO\nCREATE TABLE a ()\nGO\n")
    place.apply()
    assert find_schema(place, "a") == schema
    assert place.execute("SELECT count(*) FROM public.log") == [(count,)]


def test_another_temporary_table_is_not_the_one_that_is_gone(place: Place) -> None:
    place.execute("CREATE TABLE a (id int)")
    makes = "CREATE TEMP TABLE a (id int);"
    place.write(_2=f"{NONE}{makes}\nCREATE TEMP TABLE b AS SELECT 1 / 0 AS x;")
    with pytest.raises(StatementFailed):
        place.apply()
    place.connection.close()
    rest = "CREATE TEMP TABLE b AS SELECT 1 AS x;\nINSERT INTO a VALUES (1);"
    place.write(_2=f"{NONE}{makes}\n{rest}")
    with pytest.raises(
        StatementFailed, match=r"an earlier run made a\. That was temporary"
    ):
        place.apply()
    assert place.execute("SELECT * FROM a") == []


def test_a_set_of_something_else_does_not_say_the_value(place: Place) -> None:
    before = "SELECT public.use('one');"
    interrupt_in_doubt(place, before)
    place.write(_2=f"{NONE}{before}\nSET lock_timeout = '5s';\nCREATE TABLE a ();")
    with pytest.raises(StatementFailed, match="SET or RESET"):
        place.apply()
    place.write(
        _2=f"{NONE}{before}\nSET lock_timeout = '5s';\nSET search_path = two;\nCREATE TABLE a ();"
    )
    place.apply()
    assert find_schema(place, "a") == "two"


def test_a_value_that_only_the_role_of_the_session_may_set(place: Place) -> None:
    place.execute("CREATE ROLE dsm_maker")
    try:
        place.execute("GRANT ALL ON SCHEMA public TO dsm_maker")
        place.execute("GRANT ALL ON atlas_schema_revisions TO dsm_maker")
        before = (
            "DO $$ BEGIN SET session_replication_role = replica; END $$;\n"
            "SET ROLE dsm_maker;"
        )
        apply_in_two_runs(place, before, "CREATE TABLE a ();")
        assert place.execute(
            "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'a'"
        ) == [("dsm_maker",)]
    finally:
        place.execute("DROP OWNED BY dsm_maker")
        place.execute("DROP ROLE dsm_maker")


@pytest.mark.parametrize("word", ["COMMIT", "END", "ROLLBACK"])
def test_a_chained_transaction_is_refused(place: Place, word: str) -> None:
    place.write(_2=f"{NONE}BEGIN;\nSELECT 1;\n{word} AND CHAIN;\nSELECT 2;\nCOMMIT;")
    with pytest.raises(SyntaxProblem, match=f"2.sql:5: {word} AND CHAIN"):
        place.apply()
    assert "2" not in place.read_revisions()


def test_a_session_that_cannot_be_looked_at_again_is_told(place: Place) -> None:
    """The statement is committed, so it does not run again."""
    place.execute("CREATE TABLE log (id int)")
    place.execute(
        "CREATE FUNCTION once() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO public.log VALUES (1); SET search_path = one; END $$"
    )
    place.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF OLD.applied = NEW.applied AND NEW.error_stmt LIKE '%\"set\"%' THEN"
        " RAISE 'not now'; END IF; RETURN NEW; END $$"
    )
    place.execute(
        "CREATE TRIGGER refuse BEFORE UPDATE ON atlas_schema_revisions"
        " FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    place.write(_2=f"{NONE}BEGIN;\nSELECT once();\nCOMMIT;\nCREATE TABLE a ();")
    with pytest.raises(DoneStatementNotRecorded):
        place.apply()
    place.execute("DROP TRIGGER refuse ON public.atlas_schema_revisions")
    with pytest.raises(StatementFailed, match="SET or RESET"):
        place.apply()
    assert place.execute("SELECT count(*) FROM public.log") == [(1,)]
