"""Names of targets become addresses."""

from __future__ import annotations

import pickle

import pytest

from schema_migrations.engines.postgresql.server.url import (
    format_masked_url,
    with_namespace,
)
from schema_migrations.errors import (
    ConfigError,
    SchemaMigrationsError,
    StatementFailed,
    SyntaxProblem,
    UnknownDatabase,
)
from schema_migrations.workflows.targets.addresses import (
    parse_target_names,
    refuse_shared_revisions,
    resolve_addresses,
)
from schema_migrations.workflows.targets.connection import ServerPart

SERVER = "postgres://u:secret@h/db"


def test_a_file_of_targets_holds_one_a_line() -> None:
    assert parse_target_names("# ours\n\n  tenant_1 \r\ntenant 2\n") == (
        "tenant_1",
        "tenant 2",
    )


def test_names_are_schemas_or_databases_of_the_one_server() -> None:
    (schema,) = resolve_addresses(["a"], kind="schema", url=SERVER)
    assert (schema.label, schema.url, schema.part) == (
        "a",
        SERVER,
        ServerPart(schema="a"),
    )
    (database,) = resolve_addresses(["a"], kind="database", url=None)
    assert (database.url, database.part) == (None, ServerPart(database="a"))


def test_a_url_is_shown_without_its_password() -> None:
    (found,) = resolve_addresses([SERVER], kind="schema", url=None)
    assert (found.url, found.part) == (SERVER, None)
    assert found.label == "postgresql://u:***@h/db"


def test_a_connection_string_is_no_name() -> None:
    """Taken for a schema, it was shown with its password."""
    text = "host=h user=u password=hunter2 dbname=db"
    (found,) = resolve_addresses([text], kind="schema", url=None)
    assert (found.url, found.part) == (text, None)
    assert found.label == "postgresql://u:***@h/db"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "No targets are given."),
        (["a", "b", "a"], "Targets given more than once: a."),
        ([SERVER, SERVER], "Targets given more than once: postgresql://u:***@h/db."),
    ],
)
def test_no_target_and_doubles_are_refused(names: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_addresses(names, kind="schema", url=None)
    assert caught.value.message == said


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (["a"], True),
        ([f"{SERVER}?search_path=a", f"{SERVER}?search_path=b"], True),
        ([SERVER, "postgres://u:secret@h/other"], False),
    ],
)
def test_schemas_do_not_share_one_history(names: list[str], shared: bool) -> None:
    """What one has would count as applied in the others."""
    targets = resolve_addresses(names, kind="schema", url=None)
    refuse_shared_revisions(targets, None)
    if not shared:
        refuse_shared_revisions(targets, "ours")
        return
    with pytest.raises(ConfigError, match="would share its revisions") as caught:
        refuse_shared_revisions(targets, "ours")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ("", '"a b",public'),
        ("-c lock_timeout=1s", '"a b",public'),
        ("-c search_path=app,ext", '"a b",app,ext'),
        ("-c search_path=x -c search_path=app\\ 2", '"a b",app 2'),
    ],
)
def test_a_schema_comes_before_the_search_path_that_there_is(
    options: str, path: str
) -> None:
    settings = {"NAME": "db", "OPTIONS": {"options": options, "sslmode": "require"}}
    within = with_namespace(settings, "a b")
    assert within["OPTIONS"]["sslmode"] == "require"
    assert within["OPTIONS"]["options"].startswith(options)
    assert format_masked_url(within).endswith(
        "?search_path=" + path.replace('"', "%22").replace(" ", "+")
    )


@pytest.mark.parametrize(
    "error",
    [
        UnknownDatabase(alias="m", known=("h",)),
        SyntaxProblem(problem="m", file="f.sql", line=3, advice="h"),
        StatementFailed(problem="m", file="f.sql", line=3, sql="x", retryable=True),
    ],
)
def test_an_error_crosses_to_another_process(error: SchemaMigrationsError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.exit_code) == (str(error), error.exit_code)
    assert vars(copy) == vars(error)
