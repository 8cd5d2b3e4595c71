"""Whether the files of a directory can be trusted, and what to do when not.

Invariant: every offending file is named, in one go, with a way out; nothing raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schema_migrations.errors import IntegrityError
from schema_migrations.history.directives import sum_ignored
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.sums import (
    REHASH,
    SUM_FILE,
    Difference,
    checksum,
    differences,
    parse,
)

_RESTORE = (
    "A file that some database has applied must stay as it was: restore it from"
    " version control, and write a new file for the change. Meant so, and applied"
    f" nowhere yet? Then run: {REHASH}"
)
_RENAME = f"Give each file a version of its own, then run: {REHASH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    what: str
    hint: str


def problems(
    files: Sequence[MigrationFile], sum_text: str | None
) -> tuple[Problem, ...]:
    """Return what is wrong with the names, and with ``atlas.sum``."""
    return (*_naming(files), *_sums(files, sum_text))


def _naming(files: Sequence[MigrationFile]) -> Iterator[Problem]:
    versions = Counter(file.version for file in files)
    for version, count in versions.items():
        names = ", ".join(file.name for file in files if file.version == version)
        if not version:
            what = f"no version before the first '_': {names}"
            yield Problem(what=what, hint=_RENAME)
        elif count > 1:
            what = f"{count} files have the version {version}: {names}"
            yield Problem(what=what, hint=_RENAME)
    lengths = Counter(len(file.version) for file in files)
    if len(lengths) > 1:
        usual = lengths.most_common(1)[0][0]
        odd = ", ".join(file.name for file in files if len(file.version) != usual)
        other = next(file.name for file in files if len(file.version) == usual)
        yield Problem(
            what=f"versions of unequal length: {odd} beside {other}",
            hint="Versions are compared as text, so 10 comes before 2. Rename the files"
            f" so that all versions are equally long (02, 10), then run: {REHASH}",
        )


def _sums(files: Sequence[MigrationFile], sum_text: str | None) -> Sequence[Problem]:
    if sum_text is None:
        what = f"{SUM_FILE} is missing, and there are migration files ({len(files)})"
        hint = f"Look through the files; when they are right, run: {REHASH}"
        return [Problem(what=what, hint=hint)] if files else []
    try:
        recorded = parse(sum_text)
    except IntegrityError as error:
        return [Problem(what=error.message, hint=error.hint)]
    ignored = [file.name for file in files if sum_ignored(file.content)]
    found = [_explained(each, ignored) for each in differences(recorded, files)]
    if not found and recorded != checksum(files):
        what = f"{SUM_FILE} does not list the files once each, in the order of names"
        hint = f"When the files are as they should be, run: {REHASH}"
        found = [Problem(what=what, hint=hint)]
    return found


def _explained(difference: Difference, ignored: Sequence[str]) -> Problem:
    place, file = f"{SUM_FILE}:{difference.line}", difference.file
    match difference.kind:
        case "added":
            return Problem(
                what=f"{file} is not in {SUM_FILE}: it was written but never recorded",
                hint="A file that is not recorded was added by hand, or a command was"
                " interrupted after writing it. Review it, then record it by running:"
                f" {REHASH} (or delete it)",
            )
        case "removed":
            what = f"{place}: {file} was removed, or renamed"
            return Problem(what=what, hint=_RESTORE)
        case "line endings":
            return Problem(
                what=f"{place}: in {file} only the line endings changed",
                hint="Most likely git converted them on checkout. Put the line"
                " '*.sql -text' into .gitattributes in this folder, delete the files"
                " named above, and get them back: git checkout -- FILE …",
            )
        case _:
            # The name of an ignored file is hashed with the next listed one.
            doubt = f", or renamed was one of {', '.join(ignored)}" if ignored else ""
            what = f"{place}: {file} was edited{doubt}"
            return Problem(what=what, hint=_RESTORE)
