"""How temporary databases are made on a PostgreSQL server."""

from __future__ import annotations

from schema_migrations.engines.engine import DevServer
from schema_migrations.engines.postgresql.server.missing_objects import (
    find_missing_object,
    suggest_dev_server,
)
from schema_migrations.engines.postgresql.server.scratch import (
    create_scratch_database,
)
from schema_migrations.engines.postgresql.server.shared_objects import (
    read_shared_objects,
)
from schema_migrations.engines.postgresql.server.template import ensure_template
from schema_migrations.engines.postgresql.session.sealed_room import seal
from schema_migrations.engines.postgresql.session.stand_ins import use_stand_ins

DEV_SERVER = DevServer(
    create_scratch_database=create_scratch_database,
    find_missing_object=find_missing_object,
    suggest_dev_server=suggest_dev_server,
    ensure_template=ensure_template,
    seal=seal,
    use_stand_ins=use_stand_ins,
    read_shared_objects=read_shared_objects,
)
