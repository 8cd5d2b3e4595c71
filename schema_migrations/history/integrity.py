"""Whether the files of a directory can be trusted, and what to do when not.

Invariant: every offending file is named, in one go, with a way out; nothing raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schema_migrations.errors import IntegrityError
from schema_migrations.history.directives import is_sum_ignored
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.sums import (
    REHASH_COMMAND,
    SUM_FILE,
    FileDifference,
    compute_sums,
    find_file_differences,
    parse_sum_file,
)

_RESTORE_HINT = (
    "A file that some database has applied must stay as it was: restore it from"
    " version control, and write a new file for the change. Meant so, and applied"
    f" nowhere yet? Then run: {REHASH_COMMAND}"
)
_RENAME_HINT = f"Give each file a version of its own, then run: {REHASH_COMMAND}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryProblem:
    message: str
    hint: str


def find_directory_problems(
    files: Sequence[MigrationFile], sum_text: str | None
) -> tuple[DirectoryProblem, ...]:
    """Return what is wrong with the names, and with ``atlas.sum``."""
    return (*_find_name_problems(files), *_find_sum_problems(files, sum_text))


def _find_name_problems(files: Sequence[MigrationFile]) -> Iterator[DirectoryProblem]:
    versions = Counter(file.version for file in files)
    for version, count in versions.items():
        names = ", ".join(file.name for file in files if file.version == version)
        if not version:
            what = f"no version before the first '_': {names}"
            yield DirectoryProblem(message=what, hint=_RENAME_HINT)
        elif count > 1:
            what = f"{count} files have the version {version}: {names}"
            yield DirectoryProblem(message=what, hint=_RENAME_HINT)
    lengths = Counter(len(file.version) for file in files)
    if len(lengths) > 1:
        usual = lengths.most_common(1)[0][0]
        odd = ", ".join(file.name for file in files if len(file.version) != usual)
        other = next(file.name for file in files if len(file.version) == usual)
        yield DirectoryProblem(
            message=f"versions of unequal length: {odd} beside {other}",
            hint="Versions are compared as text, so 10 comes before 2. Rename the files"
            f" so that all versions are equally long (02, 10), then run: {REHASH_COMMAND}",
        )


def _find_sum_problems(
    files: Sequence[MigrationFile], sum_text: str | None
) -> Sequence[DirectoryProblem]:
    if sum_text is None:
        what = f"{SUM_FILE} is missing, and there are migration files ({len(files)})"
        hint = f"Look through the files; when they are right, run: {REHASH_COMMAND}"
        return [DirectoryProblem(message=what, hint=hint)] if files else []
    try:
        recorded = parse_sum_file(sum_text)
    except IntegrityError as error:
        return [DirectoryProblem(message=error.message, hint=error.hint)]
    ignored = [file.name for file in files if is_sum_ignored(file.content)]
    found = [
        _explain_difference(each, ignored)
        for each in find_file_differences(recorded, files)
    ]
    if not found and recorded != compute_sums(files):
        what = f"{SUM_FILE} does not list the files once each, in the order of names"
        hint = f"When the files are as they should be, run: {REHASH_COMMAND}"
        found = [DirectoryProblem(message=what, hint=hint)]
    return found


def _explain_difference(
    difference: FileDifference, ignored: Sequence[str]
) -> DirectoryProblem:
    place, file = f"{SUM_FILE}:{difference.line}", difference.file
    match difference.kind:
        case "added":
            return DirectoryProblem(
                message=f"{file} is not in {SUM_FILE}: it was written but never recorded",
                hint="A file that is not recorded was added by hand, or a command was"
                " interrupted after writing it. Review it, then record it by running:"
                f" {REHASH_COMMAND} (or delete it)",
            )
        case "removed":
            what = f"{place}: {file} was removed, or renamed"
            return DirectoryProblem(message=what, hint=_RESTORE_HINT)
        case "line endings":
            return DirectoryProblem(
                message=f"{place}: in {file} only the line endings changed",
                hint="Most likely git converted them on checkout. Put the line"
                " '*.sql -text' into .gitattributes in this folder, delete the files"
                " named above, and get them back: git checkout -- FILE …",
            )
        case _:
            # The name of an ignored file is hashed with the next listed one.
            doubt = f", or renamed was one of {', '.join(ignored)}" if ignored else ""
            what = f"{place}: {file} was edited{doubt}"
            return DirectoryProblem(message=what, hint=_RESTORE_HINT)
