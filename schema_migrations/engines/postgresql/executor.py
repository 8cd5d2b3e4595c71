"""How files run on a PostgreSQL database."""

from __future__ import annotations

from schema_migrations.engines.executor import Batches, Executor, OutsideTransaction
from schema_migrations.engines.postgresql.server.sibling import make_sibling
from schema_migrations.engines.postgresql.session import (
    batches,
    execution,
    outside_transaction,
    session,
)
from schema_migrations.engines.postgresql.session.asked_settings import (
    read_asked_timeouts,
)
from schema_migrations.engines.postgresql.session.blockers import prepare_session_lookup
from schema_migrations.engines.postgresql.session.driver_error import read_driver_error
from schema_migrations.engines.postgresql.session.joined_statements import (
    JOINED_STATEMENTS,
)
from schema_migrations.engines.postgresql.session.kept_session import (
    prepare_session_check,
)
from schema_migrations.engines.postgresql.session.lock import hold_lock
from schema_migrations.engines.postgresql.session.messages import handle_messages
from schema_migrations.engines.postgresql.session.outside_statement import (
    is_only_validation,
)
from schema_migrations.engines.postgresql.session.parameters import (
    hold_fixed_settings,
    is_session_setting,
    keep_settings,
    read_session,
    set_session_values,
)
from schema_migrations.engines.postgresql.session.revisions import (
    OWN_REVISIONS_CONDITION,
    create_revisions_table,
    find_revisions_tables,
)

EXECUTOR = Executor(
    make_sibling=make_sibling,
    describe_target=session.describe_target,
    forbid_writes=session.forbid_writes,
    list_namespaces=session.list_namespaces,
    list_tables=session.list_tables,
    hold_lock=hold_lock,
    hold_fixed_settings=hold_fixed_settings,
    read_asked_timeouts=read_asked_timeouts,
    prepare_session=session.prepare_session,
    open_transaction=session.open_transaction,
    keep_settings=keep_settings,
    prepare_session_check=prepare_session_check,
    is_session_setting=is_session_setting,
    read_session=read_session,
    set_session_values=set_session_values,
    execute=execution.execute,
    joined_statements=JOINED_STATEMENTS,
    outside_transaction=OutsideTransaction(
        disable_timeouts=outside_transaction.disable_timeouts,
        disable_statement_timeout=outside_transaction.disable_statement_timeout,
        may_take_long=is_only_validation,
        clear_leftovers=outside_transaction.clear_leftovers,
        check_result=outside_transaction.check_result,
    ),
    batches=Batches(
        read_key_types=batches.read_key_types,
        read_row_estimate=batches.read_row_estimate,
        find_last_key=batches.find_last_key,
        find_batch_end=batches.find_batch_end,
        run=batches.run_batch,
    ),
    prepare_session_lookup=prepare_session_lookup,
    handle_messages=handle_messages,
    cancel=execution.cancel_statement,
    in_transaction=execution.in_transaction,
    rollback=execution.rollback,
    create_revisions_table=create_revisions_table,
    partial_hashes_type="jsonb",
    find_revisions_tables=find_revisions_tables,
    own_revisions_condition=OWN_REVISIONS_CONDITION,
    read_driver_error=read_driver_error,
)
