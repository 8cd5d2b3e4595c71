"""``PRIVILEGES``: owners and grants as part of the schema, or given again at least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures.project import MODELS, Project

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection

VIEW = "CREATE VIEW numbers AS SELECT number FROM shop_order;\n"
OTHER_VIEW = VIEW.replace("number FROM", "number::text || 'x' AS number, id FROM")
GRANTS = """\
GRANT SELECT ON numbers TO pg_monitor;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;
ALTER VIEW numbers OWNER TO pg_signal_backend;
CREATE FUNCTION secret() RETURNS integer LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION secret() FROM PUBLIC;
"""


def wrote(project: Project, *options: str) -> str:
    """Run ``schemadiff``; return the new file, and see that nothing is left to do."""
    ran = project.manage("schemadiff", *options)
    assert ran.code == 0, ran.out + ran.err
    text = project.files[-1].read_text()
    left = project.manage("schemadiff", "--check")
    assert left.code == 0, left.out + left.err
    return text


def execute(pg: Connection, sql: str) -> None:
    with pg.cursor() as cursor:
        cursor.execute(sql)


def test_compared_they_are_planned_and_dropped(
    project: Project, pg_database: dict[str, Any], pg: Connection
) -> None:
    project.configure(pg_database, EXTRA=["sql"], PRIVILEGES="compare")
    project.write("sql/1.sql", VIEW + GRANTS)
    first = wrote(project)
    for statement in (
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;",
        "ALTER VIEW numbers OWNER TO pg_signal_backend;",
        "REVOKE EXECUTE ON FUNCTION secret() FROM PUBLIC;",
        'GRANT SELECT ON TABLE "shop_order" TO pg_monitor;',
    ):
        assert statement in first
    assert "-- managed: numbers (grant to pg_monitor on view)\n" in first
    ran = project.manage("schemaapply")
    assert ran.code == 0, ran.err
    drift = project.manage("schemastatus", "--drift", "--check")
    assert drift.code == 0, drift.out + drift.err

    project.write("sql/1.sql", OTHER_VIEW + GRANTS)
    again = wrote(project)
    assert "GRANT SELECT ON TABLE numbers TO pg_monitor;" in again
    assert "ALTER VIEW numbers OWNER TO pg_signal_backend;" in again

    project.write("sql/1.sql", OTHER_VIEW + GRANTS.partition("ALTER VIEW")[0])
    gone = wrote(project)
    assert "-- Reset the owner of view numbers\n" in gone
    assert '-- Drop function "secret"\n' in gone
    assert "GRANT EXECUTE" not in gone


def test_a_new_table_may_have_default_privileges(
    project: Project, pg_database: dict[str, Any], pg: Connection
) -> None:
    """They come from a file by hand, of which the models know nothing."""
    project.configure(pg_database, PRIVILEGES="compare")
    wrote(project)
    project.manage("schemadiff", "--empty", "by hand")
    with project.files[-1].open("a") as file:
        file.write("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;")
    project.manage("schemahash")
    project.write(
        "shop/models.py",
        MODELS + "\n\nclass Later(models.Model):\n    n = models.IntegerField()\n",
    )
    assert 'CREATE TABLE "shop_later"' in wrote(project)


def test_a_live_database_has_them_in_drift(
    project: Project, pg_database: dict[str, Any], pg: Connection
) -> None:
    project.configure(pg_database, EXTRA=["sql"], PRIVILEGES="compare")
    project.write("sql/1.sql", VIEW)
    wrote(project)
    assert project.manage("schemaapply").code == 0
    execute(pg, "GRANT SELECT ON numbers TO pg_monitor")
    ran = project.manage("schemastatus", "--drift", "--check")
    assert ran.code == 1
    assert "grant numbers" in ran.out


def test_ignored_they_are_given_again_where_they_are_known(
    project: Project, pg_database: dict[str, Any], pg: Connection
) -> None:
    project.configure(pg_database, EXTRA=["sql"])
    project.write("sql/1.sql", VIEW)
    wrote(project)
    assert project.manage("schemaapply").code == 0
    execute(pg, "GRANT SELECT ON numbers TO pg_monitor")
    execute(pg, "ALTER VIEW numbers OWNER TO pg_signal_backend")
    project.write("sql/1.sql", OTHER_VIEW)

    ran = project.manage("schemadiff", "--from", "db:default", "--dry-run")
    assert ran.code == 0, ran.err
    assert "GRANT SELECT ON TABLE numbers TO pg_monitor;" in ran.out
    assert "ALTER VIEW numbers OWNER TO pg_signal_backend;" in ran.out
    assert "anew" not in ran.out

    text = wrote(project)
    assert (
        "-- NEEDS A LOOK: makes view numbers anew: its owner, grants and security labels"
        " must be given again.\n" in text
    )
    assert "GRANT" not in text


def test_on_a_server_that_others_use_owners_are_not_compared(
    project: Project, pg_database: dict[str, Any], pg: Connection
) -> None:
    server = dict(pg_database)
    dev = (
        f"postgres://{server['USER']}:{server['PASSWORD']}@/postgres"
        f"?host={server['HOST']}&port={server['PORT']}"
    )
    project.configure(pg_database, EXTRA=["sql"], PRIVILEGES="compare", DEV=dev)
    project.write("sql/1.sql", VIEW + GRANTS)
    text = wrote(project)
    assert "GRANT SELECT ON TABLE numbers TO pg_monitor;" in text
    assert "OWNER" not in text
    assert project.manage("schemaapply").code == 0
    execute(pg, "ALTER VIEW numbers OWNER TO pg_signal_backend")
    drift = project.manage("schemastatus", "--drift", "--check")
    assert drift.code == 0, drift.out + drift.err


DEFAULTS = """\
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO pg_monitor;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO pg_monitor;
"""
FEWER = """\
REVOKE ALL ON numbers FROM pg_monitor;
GRANT SELECT ON numbers TO pg_monitor;
CREATE FUNCTION secret() RETURNS integer LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION secret() FROM pg_monitor, PUBLIC;
"""


def test_a_new_object_has_no_more_than_it_is_granted(
    project: Project, pg_database: dict[str, Any], pg: Connection
) -> None:
    """Default privileges that are there already would give it more."""
    project.configure(pg_database, EXTRA=["sql"], PRIVILEGES="compare")
    project.write("sql/1.sql", DEFAULTS)
    wrote(project)
    project.write("sql/2.sql", VIEW + FEWER)
    text = wrote(project)
    revoke, grant = (
        text.index(f"{words} ON TABLE numbers {link} pg_monitor;")
        for words, link in (("UPDATE", "FROM"), ("GRANT SELECT", "TO"))
    )
    assert revoke < grant
    assert "REVOKE EXECUTE ON FUNCTION secret() FROM pg_monitor;" in text
    assert project.manage("schemaapply").code == 0
    with pg.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege('pg_monitor', 'numbers', 'UPDATE'),"
            " has_table_privilege('pg_monitor', 'numbers', 'SELECT'),"
            " has_function_privilege('pg_monitor', 'secret()', 'EXECUTE'),"
            " has_table_privilege('pg_monitor', 'shop_order', 'UPDATE')"
        )
        assert cursor.fetchone() == (False, True, False, True)


def test_what_is_made_anew_gets_no_more_than_it_had(
    project: Project, pg_database: dict[str, Any], pg: Connection
) -> None:
    project.configure(pg_database, EXTRA=["sql"])
    project.write("sql/1.sql", VIEW)
    wrote(project)
    assert project.manage("schemaapply").code == 0
    execute(pg, "GRANT SELECT ON numbers TO pg_monitor")
    execute(pg, DEFAULTS)
    project.write("sql/1.sql", OTHER_VIEW)
    ran = project.manage("schemadiff", "--from", "db:default", "--dry-run")
    assert ran.code == 0, ran.err
    revoke, grant = (
        ran.out.index(f"{words} ON TABLE numbers {link} pg_monitor;")
        for words, link in (("UPDATE", "FROM"), ("GRANT SELECT", "TO"))
    )
    assert revoke < grant


def test_a_role_that_a_shared_server_lacks_is_named(
    project: Project, pg_database: dict[str, Any], pg: Connection
) -> None:
    server = dict(pg_database)
    dev = (
        f"postgres://{server['USER']}:{server['PASSWORD']}@/postgres"
        f"?host={server['HOST']}&port={server['PORT']}"
    )
    project.configure(pg_database, PRIVILEGES="compare", DEV=dev)
    project.write("migrations/1.sql", "GRANT USAGE ON SCHEMA public TO nobody_here;\n")
    project.manage("schemahash")
    ran = project.manage("schemadiff", "initial")
    assert ran.code == 2
    assert ran.err.startswith(
        'CommandError: 1.sql:1: role "nobody_here" does not exist (42704)\n'
        "    1 | GRANT USAGE ON SCHEMA public TO nobody_here\n"
        "The dev database shares its server with others, so no role is created there.\n"
        "Create the role on that server. Or use a dev database with a server of its own,"
    )
    project.configure(pg_database)
    ran = project.manage("schemadiff", "initial")
    assert ran.code == 0, ran.err
    assert "A server of our own makes a stand-in for it.\n" in ran.out
    assert "Dev      embedded PostgreSQL" in ran.out


ROUTINES = {
    "AGGREGATE total(integer)": (
        "total(integer)",
        "(SFUNC = int4_sum, STYPE = bigint)",
    ),
    "AGGREGATE every_row(*)": (
        "every_row()",
        "(SFUNC = int8inc, STYPE = bigint, INITCOND = '0')",
    ),
    "AGGREGATE most(VARIADIC integer[])": (
        "most(integer[])",
        "(SFUNC = first_of, STYPE = integer)",
    ),
    "AGGREGATE share(double precision ORDER BY double precision)": (
        "share(double precision, double precision)",
        "(SFUNC = ordered_set_transition, STYPE = internal,"
        " FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)",
    ),
    "AGGREGATE usual(ORDER BY anyelement)": (
        "usual(anyelement)",
        "(SFUNC = ordered_set_transition, STYPE = internal,"
        " FINALFUNC = mode_final, FINALFUNC_EXTRA)",
    ),
    'AGGREGATE place(VARIADIC "any" ORDER BY VARIADIC "any")': (
        'place("any")',
        "(SFUNC = ordered_set_transition_multi, STYPE = internal,"
        " FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL)",
    ),
    'AGGREGATE "Odd one"."Of ORDER BY (a)"("Odd one"."Kind, (b)" ORDER BY integer)': (
        '"Odd one"."Of ORDER BY (a)"("Odd one"."Kind, (b)", integer)',
        "(SFUNC = \"Odd one\".step, STYPE = integer, INITCOND = '0',"
        ' FINALFUNC = "Odd one".finish)',
    ),
    "PROCEDURE done()": ("done()", "LANGUAGE sql AS ''"),
    "PROCEDURE done(IN a integer, OUT b text)": (
        "done(integer)",
        "LANGUAGE sql AS $$ SELECT 'b' $$",
    ),
    "PROCEDURE done(INOUT a text, VARIADIC b integer[])": (
        "done(text, integer[])",
        "LANGUAGE sql AS $$ SELECT 'b' $$",
    ),
    'PROCEDURE "Odd one"."Done (a)"(a "Odd one"."Kind, (b)")': (
        '"Odd one"."Done (a)"("Odd one"."Kind, (b)")',
        "LANGUAGE sql AS ''",
    ),
    "FUNCTION pair(a integer, OUT b integer, OUT c text)": (
        "pair(integer)",
        "LANGUAGE sql AS $$ SELECT 1, 'c' $$",
    ),
    "FUNCTION rows_of(a integer DEFAULT 1) RETURNS TABLE (b integer)": (
        "rows_of(integer)",
        "LANGUAGE sql AS $$ SELECT 1 $$",
    ),
    "FUNCTION many(VARIADIC a text[]) RETURNS integer": (
        "many(text[])",
        "LANGUAGE sql AS $$ SELECT 1 $$",
    ),
    'FUNCTION "Odd one"."One (a)"(a "Odd one"."Kind, (b)"[]) RETURNS integer': (
        '"Odd one"."One (a)"("Odd one"."Kind, (b)"[])',
        "LANGUAGE sql AS $$ SELECT 1 $$",
    ),
}
"""How a routine is created → how GRANT names it, and the rest of its creation."""
FOR_ROUTINES = """\
CREATE FUNCTION first_of(integer, VARIADIC integer[]) RETURNS integer
    LANGUAGE sql IMMUTABLE AS 'SELECT $2[1]';
CREATE SCHEMA "Odd one";
CREATE TYPE "Odd one"."Kind, (b)" AS ENUM ('b');
CREATE FUNCTION "Odd one".step(integer, integer) RETURNS integer
    LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION "Odd one".finish(integer, "Odd one"."Kind, (b)") RETURNS integer
    LANGUAGE sql IMMUTABLE AS 'SELECT 1';
"""


@pytest.mark.parametrize("routine", ROUTINES)
def test_every_kind_of_routine_has_its_owner_and_grants(
    project: Project, pg_database: dict[str, Any], pg: Connection, routine: str
) -> None:
    project.configure(pg_database, EXTRA=["sql"], PRIVILEGES="compare")
    signature, body = ROUTINES[routine]
    name = routine.partition(" RETURNS")[0].replace(" DEFAULT 1", "")
    create = f"CREATE {routine} {body};\n"
    grants = (
        f"REVOKE ALL ON ROUTINE {signature} FROM PUBLIC;\n"
        f"GRANT EXECUTE ON ROUTINE {signature} TO pg_monitor;\n"
        f"ALTER {name} OWNER TO pg_signal_backend;\n"
        f"COMMENT ON {name} IS 'a';\n"
    )
    project.write("sql/1.sql", FOR_ROUTINES + create + grants)
    given = wrote(project)
    assert "TO pg_monitor;" in given
    assert " FROM PUBLIC;" in given
    assert "OWNER TO pg_signal_backend;" in given
    ran = project.manage("schemaapply")
    assert ran.code == 0, ran.err
    drift = project.manage("schemastatus", "--drift", "--check")
    assert drift.code == 0, drift.out + drift.err

    project.write("sql/1.sql", FOR_ROUTINES + create)
    taken = wrote(project)
    assert " TO PUBLIC;" in taken
    assert " FROM pg_monitor;" in taken
    ran = project.manage("schemaapply")
    assert ran.code == 0, ran.err
