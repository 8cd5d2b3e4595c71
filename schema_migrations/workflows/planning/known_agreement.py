"""Know that files and models agree, from an earlier command that compared them.

Invariant: an answer is kept only if it was found from what its key describes, on the
server that its key describes, and nothing deserved a warning.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schema_migrations.cache import Cache, make_key
from schema_migrations.dev.stamp import DevStamp, find_dev_stamp
from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.history.directory import Directory
from schema_migrations.workflows.planning.next_file_request import NextFileRequest
from schema_migrations.workflows.states.dev_servers import choose_sharing
from schema_migrations.workflows.states.fingerprint import (
    ModelsFingerprint,
    describe_inputs,
    describe_migrations,
    read_models_fingerprint,
)
from schema_migrations.workflows.states.inputs import Inputs, read_inputs
from schema_migrations.workflows.states.live_database import (
    major_of,
    prepare_target_lookup,
)

if TYPE_CHECKING:
    from schema_migrations.workflows.planning.next_file import NextFile


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAgreement:
    """Files and models agree."""

    since: datetime
    """When they were compared."""
    dev_server: str
    """Where: ``embedded PostgreSQL 18.4``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementKey:
    """What decides whether files and models agree, as all of it is now."""

    inputs: Inputs
    stamp: DevStamp
    models: ModelsFingerprint
    migrations: tuple[tuple[str, str], ...]
    """What the Django migrations were like: they are imported later."""
    imported: frozenset[str]
    """The modules that were imported before them."""
    dev: str
    """Which dev server was asked for."""
    files_digest: str
    """Of all that decides which schema the files make."""

    @property
    def digest(self) -> str:
        """Of all that decides the answer."""
        models = self.models
        return make_key(
            (self.files_digest, list(models.by_label.items()), models.others)
        )


def find_agreement_key(request: NextFileRequest) -> AgreementKey | None:
    """Return what an answer is kept under; None: a comparison is needed in any case.

    Only from the files to the models, of all apps, and without rows.
    """
    if request.app_labels or request.rows or not request.has_default_sources:
        return None
    try:
        inputs = read_inputs(request.alias, directory=request.directory)
        return _make_key(inputs, request.dev or inputs.settings.dev)
    except (SchemaMigrationsError, OSError):
        return None  # the comparison says what is wrong


def is_answered_by_agreement(request: NextFileRequest) -> bool:
    """Return whether nothing is asked besides whether files and models agree."""
    plain = NextFileRequest(
        alias=request.alias,
        directory=request.directory,
        dev=request.dev,
        name=request.name,
        strict=request.strict,
        prove=request.prove,
        write=request.write,
        in_full=request.in_full,
    )
    return request == plain


def _make_key(inputs: Inputs, dev: str) -> AgreementKey | None:
    engine, settings = inputs.engine, inputs.settings
    if settings.compares_privileges:  # roles are of the whole server
        return None
    ask_target = prepare_target_lookup(inputs.alias, engine)
    stamp = find_dev_stamp(
        dev,
        inputs.alias,
        find_major=lambda: major_of(ask_target()),
        sharing=choose_sharing(
            engine, settings, inputs.directory, inputs.extra_statements
        ),
    )
    if stamp is None:
        return None
    imported = frozenset(sys.modules)
    migrations = describe_migrations(inputs, imported=imported)
    return AgreementKey(
        inputs=inputs,
        stamp=stamp,
        migrations=migrations,
        models=read_models_fingerprint(inputs),
        imported=imported,
        dev=dev,
        files_digest=_digest_files(inputs, dev, stamp, migrations),
    )


def _digest_files(
    inputs: Inputs, dev: str, stamp: DevStamp, migrations: tuple[tuple[str, str], ...]
) -> str:
    described = describe_inputs(inputs, os.environ)
    return make_key(("files", dev, stamp.text, *described, migrations))


def with_directory(key: AgreementKey, directory: Directory) -> AgreementKey:
    """Return the key for another directory, as it is after a file was added.

    Raises ``OSError`` for what cannot be read.
    """
    inputs = replace(key.inputs, directory=directory)
    digest = _digest_files(inputs, key.dev, key.stamp, key.migrations)
    return replace(key, inputs=inputs, files_digest=digest)


def find_agreement(cache: Cache, key: AgreementKey) -> KnownAgreement | None:
    """Return what an earlier command found; None: nothing is known."""
    kept = cache.read(key.digest)
    if kept is None:
        return None
    try:
        since = datetime.fromisoformat(kept["since"])
        return KnownAgreement(since=since, dev_server=str(kept["dev_server"]))
    except (KeyError, TypeError, ValueError):
        return None  # it was not kept by this version


def keep_agreement(
    cache: Cache, key: AgreementKey, planned: NextFile
) -> AgreementKey | None:
    """Keep what a comparison found, if files and models agree now.

    They do if nothing differed, or if the file that was proved is written.  Where something
    deserves a warning each time, nothing is kept.  Return the key of the agreement, None:
    there is none.
    """
    if (
        planned.uncovered.operations
        or planned.rows is not None
        or planned.has_warned
        or not key.stamp.is_for(planned.dev_server)
        or describe_migrations(key.inputs, imported=key.imported) != key.migrations
    ):
        return None
    if planned.has_text or planned.proposal.plan is not None:
        if not (planned.proposal.proved and planned.directory):
            return None
        try:
            key = with_directory(key, planned.directory)
        except OSError:
            return None
    since = datetime.now(UTC).isoformat(timespec="seconds")
    cache.write(key.digest, {"since": since, "dev_server": planned.dev_server})
    return key
