"""Problems of a directory: names, and differences from ``atlas.sum``, with hints.

Invariant: all offending files are named at once, each with a remedy; nothing raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schema_migrations.errors import REHASH_COMMAND, SumFileInvalid
from schema_migrations.history.directives import is_sum_ignored
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.sums import (
    SUM_FILE,
    FileDifference,
    compute_sums,
    find_file_differences,
    parse_sum_file,
)

_RESTORE_HINT = (
    "A file that any database has applied must not change: restore it from version"
    " control, and write a new file for the change. If the change is intended and the"
    f" file is not applied anywhere yet, run: {REHASH_COMMAND}"
)
_RENAME_HINT = f"Give each file a unique version, then run: {REHASH_COMMAND}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryProblem:
    message: str
    hint: str


def find_directory_problems(
    files: Sequence[MigrationFile], sum_text: str | None
) -> tuple[DirectoryProblem, ...]:
    """Return the problems of file names and of ``atlas.sum``."""
    return (*_find_name_problems(files), *_find_sum_problems(files, sum_text))


def _find_name_problems(files: Sequence[MigrationFile]) -> Iterator[DirectoryProblem]:
    versions = Counter(file.version for file in files)
    for version, count in versions.items():
        names = ", ".join(file.name for file in files if file.version == version)
        if not version:
            message = f"no version before the first '_': {names}"
            yield DirectoryProblem(message=message, hint=_RENAME_HINT)
        elif count > 1:
            message = f"{count} files have the version {version}: {names}"
            yield DirectoryProblem(message=message, hint=_RENAME_HINT)
    lengths = Counter(len(file.version) for file in files)
    if len(lengths) > 1:
        usual = lengths.most_common(1)[0][0]
        odd = ", ".join(file.name for file in files if len(file.version) != usual)
        other = next(file.name for file in files if len(file.version) == usual)
        yield DirectoryProblem(
            message=f"versions differ in length: {odd} and {other}",
            hint="Versions are compared as text, so 10 comes before 2. Rename the files"
            f" so that all versions have the same length (02, 10), then run: {REHASH_COMMAND}",
        )


def _find_sum_problems(
    files: Sequence[MigrationFile], sum_text: str | None
) -> Sequence[DirectoryProblem]:
    if sum_text is None:
        message = f"{SUM_FILE} is missing, but there are migration files ({len(files)})"
        hint = f"Review the files; if they are correct, run: {REHASH_COMMAND}"
        return [DirectoryProblem(message=message, hint=hint)] if files else []
    try:
        recorded = parse_sum_file(sum_text)
    except SumFileInvalid as error:
        return [DirectoryProblem(message=error.message, hint=error.hint)]
    ignored = [file.name for file in files if is_sum_ignored(file.content)]
    problems = [
        _explain_difference(difference, ignored)
        for difference in find_file_differences(recorded, files)
    ]
    if not problems and recorded != compute_sums(files):
        message = f"{SUM_FILE} does not list each file once, in the order of names"
        hint = f"If the files are correct, run: {REHASH_COMMAND}"
        problems = [DirectoryProblem(message=message, hint=hint)]
    return problems


def _explain_difference(
    difference: FileDifference, ignored: Sequence[str]
) -> DirectoryProblem:
    place, file = f"{SUM_FILE}:{difference.line}", difference.file
    match difference.kind:
        case "added":
            return DirectoryProblem(
                message=f"{file} is not in {SUM_FILE}: it was written but never recorded",
                hint="The file was added by hand, or a command was interrupted after"
                f" writing it. Review it, then run: {REHASH_COMMAND} (or delete it)",
            )
        case "removed":
            message = f"{place}: {file} was removed or renamed"
            return DirectoryProblem(message=message, hint=_RESTORE_HINT)
        case "line endings":
            return DirectoryProblem(
                message=f"{place}: only the line endings of {file} changed",
                hint="Git probably converted them on checkout. Add the line"
                " '*.sql -text' to .gitattributes in this folder, delete the files"
                " named above, and restore them: git checkout -- FILE …",
            )
        case _:
            # The name of an ignored file is hashed with the next listed file.
            doubt = f", or one of {', '.join(ignored)} was renamed" if ignored else ""
            message = f"{place}: {file} was edited{doubt}"
            return DirectoryProblem(message=message, hint=_RESTORE_HINT)
