"""Errors about the files and histories of other tools for migrations."""

from __future__ import annotations

from schema_migrations.errors.base import ConfigError, IntegrityError


class OtherToolUnclear(ConfigError):
    """It cannot be told which tool a folder belongs to."""

    code = "other-tool-unclear"
    message = "{folder}: {problem}."
    hint = "{advice}"
    folder: str
    problem: str
    tools: tuple[str, ...]
    """Those that it may be; empty: none."""

    @property
    def advice(self) -> str:
        if not self.tools:
            return "Set DIR to this folder."
        return f"Check the folder, and name the tool: {' or '.join(self.tools)}."


class OtherFolderMissing(ConfigError):
    """The folder of another tool does not exist."""

    code = "other-folder-missing"
    message = "{folder} is not a folder."
    hint = "Name the folder that holds the other tool's migrations."
    folder: str


class OtherFileRefused(ConfigError):
    """A file of another tool does something that SQL alone does not."""

    code = "other-file-refused"
    message = "{file}:{line}: {problem}."
    hint = "Nothing was written. {advice}"
    file: str
    line: int
    problem: str
    advice: str


class DirectoryInUse(ConfigError):
    """Files are in the way of those that another tool's folder becomes."""

    code = "directory-in-use"
    message = "{files} already exists; files are only written where there are none."
    hint = "Nothing was written. Choose another folder in DIR, or remove what is there."
    files: tuple[str, ...]


class FilesNotAdopted(ConfigError):
    """No file of the directory says that it comes from another tool."""

    code = "files-not-adopted"
    message = "No file in {directory} comes from another tool."
    hint = "Files that were taken over say so at their top: -- from: TOOL VERSION. Take the folder over first, or mark the files up to a version: python manage.py schemaset VERSION"
    directory: str


class OtherHistoryMissing(ConfigError):
    """A database lacks the history of the tool that the files came from."""

    code = "other-history-missing"
    message = "{target} has no table {table}, where {tool} records what it ran."
    hint = "Check the database, and the first schema of search_path. A new database needs no history: apply the files."
    target: str
    table: str
    tool: str


class OtherHistoryNotReadable(ConfigError):
    """The server refused to show the history of another tool."""

    code = "other-history-not-readable"
    message = "{table} cannot be read as a table of {tool}: {reason}"
    hint = "Connect as a role that may read it. If another program made the table, mark the files by hand: python manage.py schemaset VERSION"
    table: str
    tool: str
    reason: str


class HistoryPresent(ConfigError):
    """A database has revisions already that differ from what another tool recorded."""

    code = "history-present"
    message = "{target} has a history of its own already: it is at {version}."
    hint = "Nothing was changed. python manage.py schemastatus shows where it stands."
    target: str
    version: str


class OtherHistoryFailed(IntegrityError):
    """The other tool has recorded a failure."""

    code = "other-history-failed"
    message = (
        "{table}: {tool} failed in version {versions}, and nobody has repaired that."
    )
    hint = "Nothing was changed. Finish or undo by hand what the file did, {mend}, then read the history again."
    table: str
    tool: str
    versions: tuple[str, ...]
    repair: str
    """What repairs the record."""

    @property
    def mend(self) -> str:
        return f"repair the record ({self.repair})"


class OtherHistoryWithoutFile(IntegrityError):
    """The other tool has run what is not in the directory."""

    code = "other-history-without-file"
    message = (
        "{table}: {tool} ran version {versions}, of which the directory has no file."
    )
    hint = "Nothing was changed. Put the files into the other tool's folder (what was a program as SQL; an empty file where nothing is left of it) and take the folder over again."
    table: str
    tool: str
    versions: tuple[str, ...]


class OtherHistoryIncomplete(IntegrityError):
    """The other tool has passed over a file and run later ones."""

    code = "other-history-incomplete"
    message = "{table}: {tool} did not run {files}, but later files."
    hint = "Nothing was changed. Let {tool} run them, or run them by hand and mark the files: python manage.py schemaset {last}"
    table: str
    tool: str
    files: tuple[str, ...]
    last: str
    """The version of the last file that it ran."""
