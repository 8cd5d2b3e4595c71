"""What the folders of other tools become; the folders are as those tools' docs show them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import OtherFileRefused, OtherToolUnclear, SyntaxProblem
from schema_migrations.history.directory import Directory, next_name, verify
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.other_tools.adoption import Adoption, plan_adoption
from schema_migrations.history.other_tools.migration import OtherFile
from schema_migrations.history.other_tools.origin import OtherOrigin, find_other_origin
from schema_migrations.history.other_tools.tools import find_tool
from schema_migrations.history.other_tools.versions import format_versions
from tests.fixtures.cpu_time import limit_cpu_time

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
A = "CREATE TABLE a (id integer);\n"
B = "CREATE TABLE b (id integer);\n"
DROP = "DROP TABLE a;\n"


def files_of(texts: dict[str, str]) -> list[OtherFile]:
    return [OtherFile(name=name, content=text.encode()) for name, text in texts.items()]


def adopt(texts: dict[str, str], tool: str = "") -> Adoption:
    files = files_of(texts)
    tool = tool or find_tool(files, folder="db")
    syntax = engine_for("postgresql").dialect.syntax
    adoption = plan_adoption(tool, files, syntax, now=NOW)
    made = [each.file for each in adoption.files]
    directory = Directory(path="m").with_files(made)
    verify(directory)
    assert [file.name for file in directory.files] == [file.name for file in made]
    assert next_name(directory, "later", NOW) > made[-1].name
    return adoption


def texts_of(adoption: Adoption) -> dict[str, str]:
    return {each.file.name: each.file.content.decode() for each in adoption.files}


def downs_of(adoption: Adoption) -> dict[str, str]:
    return {each.name: each.content.decode() for each in adoption.downs}


FLYWAY = {
    "V1__init.sql": A,
    "V1_2__Add more.sql": B,
    "V1.10__late.sql": "SELECT 3;\n",
    "sub/V2__below.sql": "SELECT 4;\n",
    "U1.2__Add more.sql": "DROP TABLE b;\n",
    "R__a_view.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS one;\n",
    "V3__code.java": "class V3__code {}",
    "beforeMigrate.sql": "SELECT 5;\n",
    "README.md": "…",
}


def test_flyway() -> None:
    adoption = adopt(FLYWAY)
    assert adoption.tool == "flyway"
    assert texts_of(adoption) == {
        "1.00_init.sql": f"-- from: flyway 1 (V1__init.sql)\n\n{A}",
        "1.02_Add_more.sql": f"-- from: flyway 1.2 (V1_2__Add more.sql)\n\n{B}",
        "1.10_late.sql": "-- from: flyway 1.10 (V1.10__late.sql)\n\nSELECT 3;\n",
        "2.00_below.sql": "-- from: flyway 2 (sub/V2__below.sql)\n\nSELECT 4;\n",
        "20260501120000_a_view.sql": "-- from: flyway R (R__a_view.sql)\n\n"
        + FLYWAY["R__a_view.sql"],
    }
    assert downs_of(adoption) == {"1.02_Add_more.sql": "DROP TABLE b;\n"}
    assert [(each.name, each.content.decode()) for each in adoption.extras] == [
        ("a_view.sql", FLYWAY["R__a_view.sql"])
    ]
    assert [each.file for each in adoption.left_out] == [
        "V3__code.java",
        "beforeMigrate.sql",
    ]


def test_flyway_runs_some_files_without_a_transaction() -> None:
    """By the script's own file, and where a statement refuses one."""
    adoption = adopt(
        {
            "V1__a.sql": A,
            "V1__a.sql.conf": "# why\nexecuteInTransaction=false\n",
            "V2__b.sql": "-- fast\nCREATE UNIQUE INDEX CONCURRENTLY i ON a (id);\n",
            "V3__c.sql": "SELECT 'CREATE INDEX CONCURRENTLY';\n",
        }
    )
    assert [each.transactional for each in adoption.files] == [False, False, True]
    modes = [each.file.directives.txmode for each in adoption.files]
    assert modes == ["none", "none", ""]
    origins = [find_other_origin(each.file) for each in adoption.files]
    assert [each.version for each in origins if each] == ["1", "2", "3"]


def test_a_placeholder_of_flyway_is_refused_where_it_is_replaced() -> None:
    texts = {"V1__a.sql": f"{A}INSERT INTO ${{schema}}.b VALUES (1);\n"}
    with pytest.raises(
        OtherFileRefused, match=r"V1__a.sql:2: .*\$\{schema\}"
    ) as caught:
        adopt(texts)
    assert "V1__a.sql.conf: placeholderReplacement=false" in caught.value.hint
    adopt({**texts, "V1__a.sql.conf": "placeholderReplacement=false"})


def test_a_baseline_of_flyway_is_taken_where_it_stands_alone() -> None:
    alone = adopt({"B5__all.sql": A, "V6__b.sql": B})
    assert list(texts_of(alone)) == ["0005_all.sql", "0006_b.sql"]
    beside = adopt({"B5__all.sql": A + B, "V4__a.sql": A, "V5__b.sql": B})
    assert list(texts_of(beside)) == ["0004_a.sql", "0005_b.sql"]
    assert [each.file for each in beside.left_out] == ["B5__all.sql"]


GOOSE = {
    "00001_a.sql": f"-- +goose Up\n{A}\n-- +goose Down\n{DROP}",
    "00002_f.sql": (
        "-- why\n-- +goose Up\n-- +goose StatementBegin\n"
        "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql\n"
        "-- +goose StatementEnd\nSELECT 2;\n"
    ),
    "00003_i.sql": "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 3;\n-- +goose Down\n",
    "00004_code.go": "package main",
}


def test_goose() -> None:
    adoption = adopt(GOOSE)
    assert adoption.tool == "goose"
    assert texts_of(adoption) == {
        "00001_a.sql": f"-- from: goose 00001 (00001_a.sql)\n\n{A}\n",
        "00002_f.sql": (
            "-- from: goose 00002 (00002_f.sql)\n\n-- why\n"
            "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql\n;\n"
            "SELECT 2;\n"
        ),
        "00003_i.sql": "-- atlas:txmode none\n\n-- from: goose 00003 (00003_i.sql)\n\n"
        "SELECT 3;\n",
    }
    assert downs_of(adoption) == {"00001_a.sql": DROP}
    assert [each.file for each in adoption.left_out] == ["00004_code.go"]
    assert "write what it does as SQL" in adoption.left_out[0].reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"-- +goose Up\n-- +goose ENVSUB ON\n{A}", r"1_a.sql:2: .*ENVSUB ON"),
        (f"-- +goose Up\n{A}-- +goose Upp\n", r"1_a.sql:3: '\+goose upp'"),
        (f"-- +goose Down\n{A}", r"1_a.sql:1: .*-- \+goose Up"),
    ],
)
def test_what_goose_does_beyond_sql_is_refused(text: str, said: str) -> None:
    with pytest.raises(OtherFileRefused, match=said):
        adopt({"1_a.sql": text})


DBMATE = {
    "20240101000000_a.sql": f"-- migrate:up\n{A}\n-- migrate:down\n{DROP}",
    "20240102000000_b.sql": f"-- migrate:up transaction:false\r\n{B}-- migrate:down\r\n",
}


def test_dbmate() -> None:
    adoption = adopt(DBMATE)
    assert adoption.tool == "dbmate"
    assert texts_of(adoption) == {
        "20240101000000_a.sql": "-- from: dbmate 20240101000000 (20240101000000_a.sql)"
        f"\n\n{A}\n",
        "20240102000000_b.sql": "-- atlas:txmode none\n\n"
        f"-- from: dbmate 20240102000000 (20240102000000_b.sql)\n\n{B}",
    }
    assert downs_of(adoption) == {"20240101000000_a.sql": DROP}


def test_the_order_of_dbmate_is_that_of_names_and_kept_or_refused() -> None:
    texts = {f"{n}_a.sql": f"-- migrate:up\n{A}" for n in (2, 10)}
    with pytest.raises(
        OtherFileRefused, match=r"10_a.sql:1: dbmate runs it before 2_a.sql"
    ):
        adopt(texts)


def test_golang_migrate() -> None:
    adoption = adopt(
        {
            "1_a.up.sql": f"BEGIN;\n{A}COMMIT;\n",
            "1_a.down.sql": DROP,
            "2_b.up.sql": B,
            "10_c.up.sql": "SELECT 10;\n",
            "11_lost.down.sql": "SELECT 11;\n",
        },
        tool="golang-migrate",
    )
    assert texts_of(adoption) == {
        "0001_a.sql": "-- atlas:txmode none\n\n-- from: golang-migrate 1 (1_a.up.sql)\n\n"
        f"BEGIN;\n{A}COMMIT;\n",
        "0002_b.sql": f"-- from: golang-migrate 2 (2_b.up.sql)\n\n{B}",
        "0010_c.sql": "-- from: golang-migrate 10 (10_c.up.sql)\n\nSELECT 10;\n",
    }
    assert downs_of(adoption) == {"0001_a.sql": DROP}
    assert [each.file for each in adoption.left_out] == ["11_lost.down.sql"]


def test_sqlx() -> None:
    adoption = adopt(
        {
            "20240101000000_a.sql": A,
            "20240102000000_b.up.sql": f"-- no-transaction\n{B}",
            "20240102000000_b.down.sql": DROP,
        }
    )
    assert adoption.tool == "sqlx"
    assert [each.file.name for each in adoption.files] == [
        "20240101000000_a.sql",
        "20240102000000_b.sql",
    ]
    assert [each.transactional for each in adoption.files] == [True, False]
    assert downs_of(adoption) == {"20240102000000_b.sql": DROP}


@pytest.mark.parametrize(
    ("names", "tools"),
    [
        (["1_a.up.sql", "1_a.down.sql"], ("golang-migrate", "sqlx")),
        (
            ["notes.txt", "a.sql"],
            ("flyway", "dbmate", "goose", "golang-migrate", "sqlx"),
        ),
        (["1_a.sql", "atlas.sum"], ()),
        (["V1__a.sql", "1_a.up.sql"], ("flyway", "golang-migrate", "sqlx")),
    ],
)
def test_nobody_guesses_the_tool(names: list[str], tools: tuple[str, ...]) -> None:
    with pytest.raises(OtherToolUnclear) as caught:
        find_tool(files_of(dict.fromkeys(names, A)), folder="db")
    assert caught.value.tools == tools
    assert str(caught.value).startswith("db: ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["001", "002"], ["001", "002"]),
        (["1", "2", "10"], ["0001", "0002", "0010"]),
        (["01", "02"], ["0001", "0002"]),
        (["998", "999"], ["0998", "0999"]),
        (["1", "20240101000000"], ["00000000000001", "20240101000000"]),
        (["1", "1.1", "1.10", "2"], ["1.00", "1.01", "1.10", "2.00"]),
        (["1.0", "1.1"], ["1.0", "1.1"]),
        (["9.1", "9.2"], ["09.1", "09.2"]),
        (["2024.01.15", "2024.2.1"], ["2024.01.15", "2024.02.01"]),
    ],
)
def test_versions_keep_their_order(old: list[str], new: list[str]) -> None:
    assert list(format_versions(old)) == new


def test_two_files_of_one_version_are_named() -> None:
    with pytest.raises(
        OtherFileRefused, match=r"1.0__b.sql:1: .* also that of V1__a.sql"
    ):
        adopt({"V1__a.sql": A, "V1.0__b.sql": B})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"-- migrate:up\n{A}COPY a FROM stdin;\n1\n\\.\n-- migrate:down\n",
            "1_a.sql:3: ",
        ),
        (f"-- why\n-- migrate:up\n{A}SELECT 'x;\n-- migrate:down\n", "1_a.sql:4: "),
    ],
)
def test_what_cannot_be_split_is_named_by_its_own_line(text: str, said: str) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        adopt({"1_a.sql": text})
    assert str(caught.value).startswith(said)


def test_a_file_of_other_text_is_named() -> None:
    syntax = engine_for("postgresql").dialect.syntax
    file = OtherFile(name="1_a.sql", content=b"-- caf\xe9\n")
    with pytest.raises(SyntaxProblem, match="not UTF-8"):
        plan_adoption("sqlx", [file], syntax, now=NOW)


def test_a_mark_at_the_start_goes() -> None:
    assert texts_of(adopt({"0001_a.sql": f"\ufeff{A}"}))["0001_a.sql"].endswith(
        f"\n\n{A}"
    )


def test_the_origin_is_read_again() -> None:
    adoption = adopt(FLYWAY)
    origin = find_other_origin(adoption.files[3].file)
    assert origin == OtherOrigin(tool="flyway", version="2", file="sub/V2__below.sql")
    assert origin.script == "V2__below.sql"
    other = MigrationFile(name="1.sql", content=b"SELECT 'x from: here';")
    assert find_other_origin(other) is None


def test_many_files_take_time_in_proportion() -> None:
    files = [
        OtherFile(name=f"V{number}__x.sql", content=b"SELECT 1;\n" * 10)
        for number in range(1, 2001)
    ]
    files += [
        OtherFile(name=f"R__x{number}.sql", content=b"SELECT 1;\n")
        for number in range(200)
    ]

    syntax = engine_for("postgresql").dialect.syntax

    with limit_cpu_time(5):
        adopted = plan_adoption("flyway", files, syntax, now=NOW)

    assert [each.file.version for each in adopted.files[-2:]] == ["2199", "2200"]


@pytest.mark.parametrize(
    "sql",
    [
        "REINDEX DATABASE shop;\n",
        "CREATE SUBSCRIPTION s CONNECTION 'a' PUBLICATION p;\n",
        "CREATE INDEX/**/CONCURRENTLY i ON a (id);\n",
    ],
)
def test_what_a_server_refuses_in_a_transaction_runs_outside(sql: str) -> None:
    (adopted,) = adopt({"V1__a.sql": sql}).files
    assert not adopted.transactional
    assert adopted.file.directives.txmode == "none"


def test_two_repeatable_files_that_become_one_are_named() -> None:
    texts = {"V1__a.sql": A, "R__a b.sql": B, "R__a_b.sql": B}

    with pytest.raises(
        OtherFileRefused, match=r"a_b\.sql of EXTRA, and so does R__a b"
    ) as caught:
        adopt(texts)

    assert caught.value.file == "R__a_b.sql"
