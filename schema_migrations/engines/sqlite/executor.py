"""How files run on a SQLite database."""

from __future__ import annotations

from schema_migrations.engines.executor import Executor, MissingDatabase
from schema_migrations.engines.sqlite.server.scratch import make_sibling
from schema_migrations.engines.sqlite.session import session
from schema_migrations.engines.sqlite.session.driver_error import read_driver_error
from schema_migrations.engines.sqlite.session.lock import hold_lock
from schema_migrations.engines.sqlite.session.revisions import create_revisions_table

EXECUTOR = Executor(
    make_sibling=make_sibling,
    describe_target=session.describe_target,
    missing_database=MissingDatabase(
        would_create_database=session.would_create_database,
        read_missing_as_empty=session.read_missing_as_empty,
    ),
    forbid_writes=session.forbid_writes,
    list_namespaces=session.list_namespaces,
    list_tables=session.list_tables,
    hold_lock=hold_lock,
    hold_fixed_settings=session.hold_fixed_settings,
    prepare_session=session.prepare_session,
    open_transaction=session.open_transaction,
    check_foreign_keys=session.check_foreign_keys,
    keep_settings=session.keep_settings,
    prepare_session_check=session.prepare_session_check,
    is_session_setting=session.is_session_setting,
    read_session=session.read_session,
    set_session_values=session.set_session_values,
    execute=session.execute,
    in_transaction=session.in_transaction,
    rollback=session.rollback,
    create_revisions_table=create_revisions_table,
    partial_hashes_type="json",
    read_driver_error=read_driver_error,
)
