"""Problems of a directory: names, and differences from ``atlas.sum``, with hints.

Invariant: all offending files are named at once, each with a remedy; nothing raises.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schema_migrations.errors import REHASH_COMMAND, SumFileInvalid
from schema_migrations.history.directives import is_sum_ignored
from schema_migrations.history.file import MigrationFile, Numbers, numbers_of_version
from schema_migrations.history.foreign_files import find_undoing_part, is_undoing_file
from schema_migrations.history.sums import (
    SUM_FILE,
    FileDifference,
    SumFile,
    find_file_differences,
    parse_sum_file,
    sort_files,
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
    files: Sequence[MigrationFile], sum_text: str | None, computed: SumFile
) -> tuple[DirectoryProblem, ...]:
    """Return the problems of file names and of ``atlas.sum``.

    ``computed`` are the hashes of the files as they are now.
    """
    return (*_find_name_problems(files), *_find_sum_problems(files, sum_text, computed))


def has_clear_names(files: Sequence[MigrationFile]) -> bool:
    """Return whether the names of files tell in which order they run."""
    return not any(_find_name_problems(files))


def find_directory_warnings(
    files: Sequence[MigrationFile], overlooked: Sequence[str]
) -> tuple[str, ...]:
    """Return a sentence for each file that is not run, or has no real version.

    ``overlooked`` are the names in the folder that look like those of files.
    """
    return (
        *(_explain_overlooked(name) for name in overlooked),
        *(
            f"{file.name} has no version: {file.version!r} is taken for it. Name files"
            f" like 20250101120000_{file.name}"
            for file in files
            if _lacks_version(file)
        ),
    )


def _explain_overlooked(name: str) -> str:
    if name.startswith("."):
        return (
            f"{name} is not run: its name begins with a dot, as those that editors and"
            " macOS leave behind. Delete it"
        )
    return (
        f"{name} is not run: only names that end in .sql count. Rename it, then run:"
        f" {REHASH_COMMAND}"
    )


def _lacks_version(file: MigrationFile) -> bool:
    return not any(map(str.isdecimal, file.version))


def _find_undoing_files(files: Sequence[MigrationFile]) -> Iterator[DirectoryProblem]:
    for file in files:
        part = None if is_sum_ignored(file.content) else find_undoing_part(file)
        if is_undoing_file(file.name):
            yield DirectoryProblem(
                message=f"{file.name} undoes another file, and would run as well",
                hint="golang-migrate, sqlx and Flyway run such files only to go back."
                " Move them out of this folder (1_a.up.sql may become 1_a.sql), then"
                f" run: {REHASH_COMMAND}",
            )
        elif part:
            yield DirectoryProblem(
                message=f"{file.name}:{part.line}: the part below {part.marker!r} would"
                f" run as well; {part.tool} runs it only to undo the file",
                hint="Delete that part from each file (version control keeps it), then"
                f" run: {REHASH_COMMAND}\nIf a database has the files already, mark them"
                " there: python manage.py schemaset VERSION",
            )


_UNLISTED = re.compile(r"\s|.*\s\Z|.*(?:[\x00-\x1f\x7f-\x9f]|h1:)", re.DOTALL)
"""A name that cannot be read from ``atlas.sum`` again, or that a terminal obeys."""


def _find_unlisted_names(files: Sequence[MigrationFile]) -> Iterator[DirectoryProblem]:
    for file in files:
        if _UNLISTED.match(file.name):
            yield DirectoryProblem(
                message=f"{file.name!r} cannot be listed in {SUM_FILE}: a name has no space"
                " at its ends, no control character and no h1: in it",
                hint=f"Rename the file, then run: {REHASH_COMMAND}",
            )


def _find_name_problems(files: Sequence[MigrationFile]) -> Iterator[DirectoryProblem]:
    yield from _find_unlisted_names(files)
    yield from _find_undoing_files(files)
    files = [file for file in files if not is_undoing_file(file.name)]
    unversioned = [file for file in files if _lacks_version(file) and file.version]
    if unversioned and len(unversioned) < len(files):
        listed = ", ".join(file.name for file in unversioned)
        yield DirectoryProblem(
            message=f"no version at the start of the name: {listed}",
            hint="Names begin with a version, which says when the file runs. Rename it, for"
            f" example to 20250101120000_{unversioned[0].name}, then run:"
            f" {REHASH_COMMAND}",
        )
        files = [file for file in files if not file.version or not _lacks_version(file)]
    same_version = defaultdict[str, list[str]](list)
    for file in files:
        same_version[file.version].append(file.name)
    for version, names in same_version.items():
        if not version:
            message = f"no version before the first '_': {', '.join(names)}"
            yield DirectoryProblem(message=message, hint=_RENAME_HINT)
        elif len(names) > 1:
            message = (
                f"{len(names)} files have the version {version}: {', '.join(names)}"
            )
            yield DirectoryProblem(message=message, hint=_RENAME_HINT)
    if doubt := _find_order_in_doubt(files):
        first, second = doubt
        yield DirectoryProblem(
            message=f"{first.name} runs before {second.name}, since names are compared as"
            " text; as numbers their versions say otherwise",
            hint="Rename one of them so that both orders are the same, for example to 02"
            f" beside 10, then run: {REHASH_COMMAND}\nIf a database has it already,"
            " schemastatus prints what makes its revision follow.",
        )


def _find_order_in_doubt(
    files: Sequence[MigrationFile],
) -> tuple[MigrationFile, MigrationFile] | None:
    """Return two files whose versions have another order as numbers than as text.

    Versions of one length count as in order: they are dates, or have leading zeros.
    """
    if len({len(file.version) for file in files}) < 2:  # nearly always
        return None
    greatest = dict[int, tuple[Numbers, MigrationFile]]()  # by length of the version
    for file in sort_files(files):
        version = file.version
        numbers, length = numbers_of_version(version), len(version)
        for other, (numbers_before, before) in greatest.items():
            if other != length and numbers_before >= numbers:
                return before, file
        if length not in greatest or greatest[length][0] < numbers:
            greatest[length] = numbers, file
    return None


def _find_sum_problems(
    files: Sequence[MigrationFile], sum_text: str | None, computed: SumFile
) -> Sequence[DirectoryProblem]:
    if sum_text is None:
        message = f"{SUM_FILE} is missing, but there are migration files ({len(files)})"
        hint = f"Review the files; if they are correct, run: {REHASH_COMMAND}"
        return [DirectoryProblem(message=message, hint=hint)] if files else []
    try:
        recorded = parse_sum_file(sum_text)
    except SumFileInvalid as error:
        return [DirectoryProblem(message=error.message, hint=error.hint)]
    if recorded == computed:
        return []
    ignored = [file.name for file in files if is_sum_ignored(file.content)]
    problems = [
        _explain_difference(difference, ignored)
        for difference in find_file_differences(recorded, files)
    ]
    if not problems:
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
