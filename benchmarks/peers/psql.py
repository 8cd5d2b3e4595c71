"""``psql``, with the same SQL: what the server itself takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from benchmarks.bench import Bench
from benchmarks.measuring import run_process
from benchmarks.results import Run
from schema_migrations.engines.postgresql.session.revisions import REVISIONS_TABLE_SQL
from schema_migrations.history.revisions_table import REVISIONS_TABLE
from schema_migrations.revision_store import COLUMNS, FIXED_COLUMNS


def run_psql(bench: Bench, url: str, *options: str | Path) -> Run:
    stop = ("-v", "ON_ERROR_STOP=1")
    return run_process(bench.psql, "-qX", *stop, *options, url, cwd=bench.folder)


def load_files(bench: Bench, *files: Path) -> Run:
    """Run the files in one transaction, in an empty database."""
    options = [option for file in files for option in ("-f", file)]
    return run_psql(bench, bench.make_database("loaded"), "-1", *options)


def write_script(bench: Bench, url: str) -> Path:
    """Write what ``schemaapply`` has done to a database as one script: for each file a
    transaction that writes its row, runs the file, and changes the row."""
    script = bench.folder / "with_rows.sql"
    script.write_text("".join(_list_statements(bench, url)))
    return script


def _list_statements(bench: Bench, url: str) -> Iterator[str]:
    yield f"{REVISIONS_TABLE_SQL.format(schema='public')};\n"
    table = Identifier(REVISIONS_TABLE)
    files = {
        file.name.partition("_")[0]: file.read_text() for file in bench.list_files()
    }
    with psycopg.connect(url) as connection:
        columns = SQL(", ").join(map(Identifier, COLUMNS))
        query = SQL("SELECT {} FROM {} ORDER BY version").format(columns, table)
        for values in connection.execute(query).fetchall():
            row = dict(zip(COLUMNS, values, strict=True))
            begun = row | {"applied": 0, "execution_time": 1}
            changed = SQL(", ").join(
                SQL("{} = {}").format(Identifier(name), Literal(value))
                for name, value in row.items()
                if name not in FIXED_COLUMNS
            )
            insert = SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING")
            update = SQL("UPDATE {} SET {} WHERE version = {} AND applied = 0")
            yield "BEGIN;\n"
            inserted = insert.format(
                table, columns, SQL(", ").join(map(Literal, begun.values()))
            )
            yield f"{inserted.as_string(connection)};\n{files[row['version']]}"
            updated = update.format(table, changed, Literal(row["version"]))
            yield f"{updated.as_string(connection)};\nCOMMIT;\n"
