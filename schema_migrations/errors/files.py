"""Errors about the migration directory, its files, and what databases ran of them."""

from __future__ import annotations

from schema_migrations.errors.base import (
    REHASH_COMMAND,
    ConfigError,
    IntegrityError,
    SchemaMigrationsError,
    Unreachable,
    suggest_nearest,
)


class DirectoryMissing(ConfigError):
    """The migration directory does not exist."""

    code = "directory-missing"
    message = "The migration directory {directory} does not exist."
    hint = "Check DIR, and that the folder was deployed."
    directory: str


class DirectoryNotAFolder(ConfigError):
    """The path of the migration directory is a file."""

    code = "directory-not-a-folder"
    message = "{directory} is not a folder"
    hint = "DIR must name the folder that holds the migration files."
    directory: str


class DirectoryLinkBroken(ConfigError):
    """The path of the migration directory is a link that leads nowhere."""

    code = "directory-link-broken"
    message = "{directory} is a link to {aim}, which does not exist"
    hint = "Create that folder, or correct the link."
    directory: str
    aim: str


class DirectoryNotWritable(ConfigError):
    """Nothing could be written into the migration directory."""

    code = "directory-not-writable"
    message = "{directory} cannot be written to: {reason}"
    hint = "Nothing was changed. Write files where the folder is writable (on a developer's machine, not the server), or choose another folder."
    directory: str
    reason: str


class DirectoryChanged(Unreachable):
    """Other files were written into the migration directory meanwhile."""

    code = "directory-changed"
    message = "{files} changed while this file was planned; nothing was written."
    hint = "Run the command again: it plans from the files that are there now."
    files: tuple[str, ...]


class DirectoryLocked(Unreachable):
    """Another process holds the lock of the migration directory."""

    code = "directory-locked"
    message = (
        "{directory}: another process holds its lock (flock); nothing was written."
    )
    hint = "Run the command again when that has ended."
    directory: str


class FileNotAccessible(ConfigError):
    """A file cannot be read, written or created."""

    code = "file-not-accessible"
    hint = "{advice}"
    problem: str
    advice: str


class SyntaxProblem(SchemaMigrationsError):
    """SQL text cannot be split into statements, or has a directive that is wrong."""

    code = "sql-syntax"
    message = "{file}:{line}: {problem}"
    hint = "{advice}"
    problem: str
    file: str
    line: int
    advice: str = ""


class DirectoryNotIntact(IntegrityError):
    """The files do not match ``atlas.sum``, or their versions are not in order."""

    code = "directory-not-intact"
    message = "{directory}:{listed}"
    hint = "{advice}"
    directory: str
    problems: tuple[str, ...]
    advice: str

    @property
    def listed(self) -> str:
        gap = " " if len(self.problems) == 1 else "\n  "
        return gap + gap.join(self.problems)


class SumFileInvalid(IntegrityError):
    """A line of ``atlas.sum`` is not as a program writes it."""

    code = "sum-file-invalid"
    message = "{file}:{line}: {problem}"
    hint = f"The file was edited or merged by hand. Check that the migration files are correct, then rewrite it: {REHASH_COMMAND}"
    file: str
    line: int
    problem: str


class SumFileConflict(SumFileInvalid):
    """``atlas.sum`` holds a merge conflict."""

    code = "sum-file-conflict"
    hint = (
        "Two branches added files. Check that the files work together in this order,"
        f" then run: {REHASH_COMMAND} (it rewrites the file; do not resolve the conflict"
        " by hand)"
    )


class NoLaterVersion(IntegrityError):
    """No version sorts after the last one of the directory."""

    code = "no-later-version"
    message = "No version of the same length sorts after {version}."
    hint = f"Name the new file yourself, or rename the files so that their versions are times such as 20250101120000, then run: {REHASH_COMMAND}"
    version: str


class UnknownVersion(ConfigError):
    """No file has the version that was asked for."""

    code = "unknown-version"
    message = "No file in {directory} has the version {version}."
    hint = "{suggestion}A version is the part of a file name before the first _."
    version: str
    directory: str
    known: tuple[str, ...]

    @property
    def suggestion(self) -> str:
        return suggest_nearest(self.version, self.known)


class UnknownRevision(ConfigError):
    """The database has no revision of the version that was asked for."""

    code = "unknown-revision"
    message = "The database has no revision {version}."
    hint = "{suggestion}schemastatus lists the versions that it has."
    version: str
    known: tuple[str, ...]

    @property
    def suggestion(self) -> str:
        return suggest_nearest(self.version, self.known)


class FileStillThere(ConfigError):
    """A revision was to be moved or forgotten though its file is in the directory."""

    code = "file-still-there"
    message = "The file of revision {version} is there: {file}."
    hint = "Only a revision whose file is gone can be moved or forgotten. To make this one pending again, give the version before it: python manage.py schemaset VERSION"
    version: str
    file: str


class FileNotMoved(ConfigError):
    """A revision was to be moved to a file that has other content than its own had."""

    code = "file-not-moved"
    message = "The file of version {new_version} does not have the content that {version} had when it was run, or is applied itself."
    hint = "schemastatus says which files have another name. If the database has what the new file does: forget the old revision, then schemaset VERSION."
    version: str
    new_version: str


class OutOfOrder(IntegrityError):
    """Files were never run, though newer ones were."""

    code = "out-of-order"
    message = "out of order: {files} (the database is already at {current_version})"
    hint = (
        "Usually a branch was merged late. Give the file a version later than"
        f" {{current_version}}, then run: {REHASH_COMMAND}. If another database already"
        " has it under this version, EXEC_ORDER non-linear runs it now, and linear-skip"
        " skips it."
    )
    files: tuple[str, ...]
    current_version: str
    newer_files: tuple[str, ...] = ()
    """What the database has that is newer than every file of the directory."""


class FilesEdited(IntegrityError):
    """Files were changed after this database ran them."""

    code = "files-edited"
    message = "edited after they were applied to this database: {files}"
    hint = (
        "Restore them from version control, run python manage.py schemahash, and write a"
        " new file for the change. If the database is right as it is: schemaset VERSION"
        " accepts the files up to that version as they are now."
    )
    files: tuple[str, ...]
    accepted_version: str
    """The version to mark, if it says nothing new of any other file; else empty."""


class FilesMissing(IntegrityError):
    """The database has files that the directory does not."""

    code = "files-missing"
    message = "applied to this database, but their files are missing: {files}"
    hint = (
        "They are files of another branch, or got other names, or were deleted. python"
        " manage.py schemastatus says which, and prints the command for it."
    )
    files: tuple[str, ...]
    renamed: tuple[str, ...]
    """``OLD is now NEW.sql`` of each whose content has another name now."""
    moves: tuple[str, ...]
    """Their versions: ``OLD=NEW``."""
    lost_versions: tuple[str, ...]
    """The versions of the others."""
    newer_versions: tuple[str, ...]
    """Those of the renamed that are newer than every file of the directory."""
    has_other_history: bool
    """No file of the directory is one that the database ran."""


class DatabaseAhead(IntegrityError):
    """A newer release ran files that the directory does not have."""

    code = "database-ahead"
    message = "the database is ahead of the directory: {files}"
    hint = "It was migrated by a newer release. To run anyway, set strict=False."
    files: tuple[str, ...]


class PartialFileMissing(IntegrityError):
    """A file is half applied, and gone."""

    code = "partial-file-missing"
    message = "version {version} ({description}) is half applied ({applied} of {total} statements), but its file is missing"
    hint = "Restore the file (from an older release or another branch?) and run the command again; it continues where it stopped."
    version: str
    description: str
    applied: int
    total: int


class PartialFileEdited(IntegrityError):
    """Statements of a half applied file were changed after they ran."""

    code = "partial-file-edited"
    hint = f"Statements that already ran must not change; later statements may be edited. Restore the start of the file, then run: {REHASH_COMMAND}"
    file: str
    problem: str


class PartialFileCountedOtherwise(IntegrityError):
    """A file is half applied by a program that splits its text otherwise."""

    code = "partial-file-counted-otherwise"
    message = "{count} of {file} ran with {operator}, which splits its text in another way; the file has not changed since"
    hint = "Finish it with that program. If it cannot, run the rest of the file by hand and mark the file as applied."
    file: str
    version: str
    operator: str
    applied: int

    @property
    def count(self) -> str:
        return f"{self.applied} statement{'s' if self.applied > 1 else ''}"


class FileExcluded(IntegrityError):
    """A pending file is left out of ``atlas.sum``."""

    code = "file-excluded"
    message = "{file} is marked 'atlas:sum ignore' and cannot be applied"
    hint = f"Remove that line, then run: {REHASH_COMMAND}"
    file: str


class FileOfOtherEngine(ConfigError):
    """Files were proved on another kind of database than the one they are to run on."""

    code = "file-of-other-engine"
    message = "{named} proved on {proved_on}, but {target} is a {engine} database."
    hint = "SQL is not the same on both: give the database of each engine a directory of its own, in the setting DIR of its alias."
    files: tuple[str, ...]
    proved_on: str
    target: str
    engine: str

    @property
    def named(self) -> str:
        more = len(self.files) - 1
        others = f" and {more} more {'file' if more == 1 else 'files'}" if more else ""
        return f"{self.files[0]}{others} {'were' if more else 'was'}"


class TransactionModeConflict(ConfigError):
    """A file must run outside a transaction, but all files are to run in one."""

    code = "transaction-mode-conflict"
    message = "{file} is marked txmode none and cannot be part of one transaction for all files."
    hint = "Set TX_MODE to file, or stop at a version before it."
    file: str
