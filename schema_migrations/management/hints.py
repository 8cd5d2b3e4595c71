"""What a person at a terminal is told about an error: with the options of commands.

Errors themselves speak to a Python caller.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter

import schema_migrations.errors as errors  # the package itself would import its API
from schema_migrations.errors import SchemaMigrationsError

EMPTY_FILE = "manage.py schemadiff --empty NAME"

NO_DEV_SERVER_HINT = (
    'Simplest fix: pip install "django-schema-migrations[embedded]".'
    " Or let the project's user create databases, start Docker, or name a server with"
    " --dev postgres://user@host/db."
)

HINTS: Mapping[type[SchemaMigrationsError], str] = {
    errors.Unexpected: "This should not happen: --traceback shows where it comes from.",
    # The directory and its files
    errors.DirectoryMissing: "Check DIR and --dir, and that the folder was deployed. python manage.py schemadiff creates the first file.",
    errors.DirectoryNotAFolder: "DIR or --dir must name the folder that holds the migration files.",
    errors.DirectoryNotSet: 'Set SCHEMA_MIGRATIONS[{alias!r}] = {{"DIR": …}}, or use'
    " --dir.",
    errors.DirectoryLinkBroken: "Create that folder, correct the link, or name another folder with --dir.",
    errors.DirectoryNotWritable: "Nothing was changed. Run the command where the folder"
    " is writable (on a developer's machine, not the server), or choose another with"
    " --dir.",
    errors.DatabaseAhead: "It was migrated by a newer release. Without --strict this is only a warning.",
    errors.FileOfOtherEngine: f"{errors.FileOfOtherEngine.hint}\n--dir names another directory for this run.",
    errors.TransactionModeConflict: "Use --tx-mode file (or TX_MODE), or --to a version before it.",
    errors.OtherToolUnclear: "Set DIR or --dir to this folder.",
    errors.DirectoryInUse: "Nothing was written. Choose another folder with DIR or --dir"
    " (for repeatable migrations: --extra), or remove what is there.",
    errors.FilesNotAdopted: "Take the other tool's folder over first: python manage.py"
    " schemaadopt FOLDER, or --from django. Or mark the files up to a version: python manage.py schemaset"
    " VERSION",
    errors.MigrationsNotRun: "Nothing was changed. Let `migrate` run them, from a release"
    " that has its migrations; or take the migrations over again with an earlier --since,"
    " so that each is a file.",
    errors.HistoryDiffers: "Nothing was written. Python of a migration may change the"
    " schema in a way that depends on rows. With a later --since the first file holds it.",
    # The target
    errors.WrongTargets: "--targets takes one name or URL per line, --targets-sql one per row; give each target once (SELECT DISTINCT).",
    errors.TargetQueryFailed: "The query runs on the database of the alias or of --url and must return one name or URL per row.",
    errors.RevisionsShared: "Let each schema keep its own: remove REVISIONS_SCHEMA, or pass --revisions-schema '' to this command.",
    errors.AutocommitOff: "Give the database by its URL: --url or SCHEMA_MIGRATIONS_URL.",
    errors.SessionShared: "Give the server's own address (--url or"
    " SCHEMA_MIGRATIONS_URL), or a pooler's address with pool_mode = session. The"
    " application may keep the pooled address.",
    errors.DatabaseNotEmpty: "If the files up to some version made these tables:"
    " --baseline VERSION records that version and runs the files after it. If the tables"
    " have nothing to do with these files: --allow-dirty.",
    errors.RevisionsSchemaMissing: "{suggestion}Name the schema that holds"
    " atlas_schema_revisions with --revisions-schema or REVISIONS_SCHEMA. If there is"
    " none yet, schemaapply --baseline VERSION or --allow-dirty creates it.",
    errors.ServerFailed: "Run the command again. If it happens again, --traceback shows where.",
    errors.HistoryElsewhere: "Go on with it: --revisions-schema {schema}, or REVISIONS_SCHEMA. If that"
    " history is another one: --revisions-schema {looked_in}.{warning}",
    errors.RevisionsSchemaUnsupported: "Remove REVISIONS_SCHEMA or --revisions-schema.",
    errors.RevisionsNotCreated: "Grant the right to create tables there, or name another schema with --revisions-schema.",
    errors.RevisionsNotReadable: "Connect as the role that applies the files, or grant"
    " this role SELECT, INSERT and UPDATE on the table. If another program made the"
    " table, choose another schema with --revisions-schema.",
    errors.TargetUnreachable: f"{errors.TargetUnreachable.hint} --wait SECONDS keeps trying.",
    errors.TargetLocked: f"{errors.TargetLocked.hint} --wait SECONDS of schemaapply, schemastatus and schemaset keeps trying.",
    errors.LockNotAcquired: "Waited {waited:g}s. Run again after it has ended, or wait longer with LOCK_WAIT, or --lock-wait of schemaapply.",
    errors.TargetFailed: "--traceback shows where it failed.",
    errors.SignalHandlerFailed: "{outcome} Run the command again to send the signal again, or skip it with --no-signals. --traceback shows where it failed.",
    errors.SessionLostToHandler: "Nothing was applied. Let the handler use its own connection, or run without signals: --no-signals.",
    errors.WorkerKilled: "Run the same command again: each target resumes where it stopped. If memory ran out: --jobs 1 needs the least.",
    # The dev database
    errors.NoDevServer: NO_DEV_SERVER_HINT,
    errors.DevServersDown: NO_DEV_SERVER_HINT,
    errors.RoleMissing: "Create the role on that server. Or use a dev database with a server"
    " of its own, where a stand-in is made for each role: --dev embedded, or --dev"
    " docker://postgres/17 (setting: DEV).{listed}",
    **dict.fromkeys(
        (errors.LeavesDevDatabase, errors.MigrationsLeaveDevDatabase),
        "Use a dev database with a server of its own, where this may run: --dev embedded,"
        " or --dev docker://postgres/17 (setting: DEV).{listed}",
    ),
    # The plan
    errors.MigrationFailed: f"{errors.MigrationFailed.hint} Without them: --acknowledge APP.",
    errors.LargeTablesOpen: "Nothing was written. For each table, --rows-of TABLE=yes writes its rows to the file, --rows-of TABLE=no leaves them out.",
    errors.RowsRefused: f"{errors.RowsRefused.hint} --rows-of TABLE=no leaves it out.",
    errors.RowsDiffer: f"{errors.RowsDiffer.hint} --rows-of TABLE=no leaves one out.",
    errors.SourceOfOtherEngine: "Choose an alias of the same kind with --database.",
    errors.MalformedAnswer: "For example: --rename shop_order.total=amount or --default \"shop_order.note=''\".",
    errors.ImpossibleRename: f"{errors.ImpossibleRename.hint} schemadiff --check shows them.",
    errors.UnneededDefault: "--default takes table.column=SQL, with the names in the"
    " database, for a column that is added, becomes NOT NULL or changes its type."
    " schemadiff --check shows these columns.",
    errors.NullDefault: 'Give an expression with a value. If no row lacks one, or the table is empty: --default "{column}=", with nothing after the sign.',
    errors.UnsupportedChange: f"Write this change by hand: {EMPTY_FILE}",
    errors.ObjectInTheWay: f"Change {{object}} or drop it in a file of its own first: {EMPTY_FILE}",
    errors.ProofFailed: f"Nothing was written. Make this change by hand ({EMPTY_FILE}), and please report it with the model that causes it.",
    errors.PlanRefused: f"The dev database refused this statement of the plan; nothing was written.\nMake this change in a file by hand: {EMPTY_FILE}, then schemahash.",
    **{
        class_: class_.hint.replace("set DEV", "set DEV or pass --dev")
        for class_ in (errors.CopyRefused, errors.CopyDiffers)
    },
    errors.LossDeclined: "Run schemadiff again and accept the loss, or name the rename: --rename OLD=NEW.",
}
"""Class → the template of its hint, where the error's own cannot name an option."""

MESSAGES: Mapping[type[SchemaMigrationsError], str] = {
    errors.TargetQueryFailed: "--targets-sql: {reason}",
    errors.ImpossibleRename: "--rename {old}={new}: {problem}",
    errors.UnneededDefault: "--default {column}: no column of this name needs a value.",
    errors.NullDefault: "--default {column}={sql}: that is NULL, but the column is NOT NULL.",
    errors.RefusedDefault: "--default {column}={sql}: {reason}",
    errors.UnknownRowsTable: "--rows-of {table}: no table of this name gets rows from Django migrations.",
    errors.UnknownMigration: "--acknowledge {name}: no installed app has this Django migration.",
}
"""Class → the template of its message, where an option is what was wrong."""

FormatCommand = Callable[[str], str]
"""Receives the words after ``manage.py``; returns the command line to paste."""


def format_plain_command(words: str) -> str:
    return f"python manage.py {words}"


OPTIONS_OF_SETTINGS = {
    "DEV": "--dev",
    "STATEMENT_TIMEOUT": "--statement-timeout",
    "statement_timeout in the URL": "--statement-timeout",
}

MAX_NAMED = 3
"""The most options to spell out that acknowledge something."""


def message_of(error: SchemaMigrationsError) -> str:
    """Return what is wrong, with the options that answer open questions."""
    if not isinstance(error, errors.QuestionsOpen):
        template = MESSAGES.get(type(error))
        return error.message if template is None else error.fill_in(template)
    lines = ["This change needs answers, and schemadiff cannot ask here:"]
    for renames, questions in groupby(error.questions, key=attrgetter("assumes")):
        if renames:
            lines.append(f"If {_format_renames(renames)} is meant, also:")
        lines += [line for each in questions for line in _list_answers(each)]
    if error.acknowledgement:
        lines += error.acknowledgement.lines
    return "\n".join(lines)


def _format_renames(renames: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"--rename {old}={new}" for old, new in renames)


def _list_answers(question: errors.OpenQuestion) -> Iterator[str]:
    yield f"  {question.text}"
    for old, new in question.renames:
        yield f"      or renamed?  --rename {old}={new}"
    if question.retyped_column:
        yield f'      or converted?  --default "{question.retyped_column}=SQL"'
    if question.column:
        yield f'      --default "{question.column}={question.suggestion or "SQL"}"'


def list_answer_options(error: SchemaMigrationsError) -> tuple[tuple[str, str], ...]:
    """Return an option and its value for each answer that an error asks for.

    A value that only the person knows is ``SQL``; a rename goes before a loss, since it
    keeps what the loss would delete.
    """
    match error:
        case errors.QuestionsOpen():
            return tuple(dict.fromkeys(_choose_answers(error)))
        case errors.AcknowledgementNeeded():
            return tuple(("--acknowledge", name) for name in error.names)
        case errors.LargeTablesOpen():
            return tuple(("--rows-of", f"{name}=no") for name in error.names)
        case _:
            return ()


def _choose_answers(error: errors.QuestionsOpen) -> Iterator[tuple[str, str]]:
    for old, new in error.renames:
        yield "--rename", f"{old}={new}"
    for question in error.questions:
        if question.column and not question.settled:
            yield "--default", f"{question.column}={question.suggestion or 'SQL'}"
        elif not question.settled:
            yield "--allow-data-loss", ""
    if error.acknowledgement:
        yield from list_answer_options(error.acknowledgement)


def hint_of(
    error: SchemaMigrationsError, command: FormatCommand = format_plain_command
) -> str:
    """Return what to do next, with the options of the commands."""
    match error:
        case errors.FilesMissing():
            return "\n".join(_advise_missing(error, command))
        case errors.DatabaseNotEmpty(other_history=str(table)) if table:
            return (
                f"Its table {table} says which of the files it has. Take that over:"
                f"\n  {command('schemaadopt --history')}"
            )
        case errors.OtherToolUnclear(tools=(_, *_)):
            names = " or ".join(f"--from {tool}" for tool in error.tools)
            return f"Check the folder, and name the tool: {names}."
        case errors.SchemaMissing(is_target=True):
            return f"{error.hint} If it is a database: --targets-are databases."
        case errors.SyntaxProblem(advice=""):
            return f"Correct it. A file of the directory then needs: {command('schemahash')}"
        case errors.FilesEdited():
            version = error.accepted_version or "VERSION"
            return (
                "Restore them from version control; a new file takes the change. Then run:"
                f"\n  {command('schemahash')}"
                "\nIf the database is right as it is, take the files as they are now:"
                f"\n  {command(f'schemaset {version}')}"
            )
        case errors.OutOfOrder():
            return "\n".join(_advise_out_of_order(error, command))
        case errors.PartialFileMissing():
            return (
                f"{error.hint}\nIf what it did was finished or undone by hand:"
                f"\n  {command(f'schemaset --forget {error.version}')}"
            )
        case errors.PartialFileCountedOtherwise():
            return f"{error.hint}\n  {command(f'schemaset {error.version}')}"
        case errors.DevServerUnusable() | errors.DevServerUnreachable():
            return errors.suggest_other_server(error, "--dev {}")
        case errors.QuestionsOpen():
            return "\n".join(_advise_answers(error))
        case errors.AcknowledgementNeeded():
            return _advise_acknowledgement(error)
        case _:
            pass
    template = HINTS.get(type(error))
    if template is None:
        return with_commands(error.hint, command)
    return error.fill_in(template)


def _advise_answers(error: errors.QuestionsOpen) -> Iterator[str]:
    how = "a flag for each"
    if any(not question.column for question in error.questions):
        how = "--rename or --default for each, --allow-data-loss to accept losses"
    yield (
        "Nothing was written. Run schemadiff again with "
        + how
        + ("; on a terminal it asks.")
    )
    if error.acknowledgement:
        yield f"{error.acknowledgement.look}, then acknowledge the data operations."
    if error.leads_further:
        yield "Further questions may follow from the answers."


def _advise_missing(
    error: errors.FilesMissing, command: FormatCommand
) -> Iterator[str]:
    """Yield what happened to the files, and the command for each case, in lines."""
    if error.has_other_history:
        yield "The directory has none of the files that this database ran. Is it the"
        yield "right one? Check DIR and --dir."
    if error.moves:
        moves = " ".join(f"--move {each}" for each in error.moves)
        yield "Same content under another name:"
        yield from (f"  {each}" for each in error.renamed)
        if error.newer_versions:
            yield from _advise_newer_release(error.newer_versions)
        else:
            yield "Give it to the revision, too:"
        yield f"  {command(f'schemaset {moves}')}"
    if error.lost_versions:
        forget = " ".join(f"--forget {version}" for version in error.lost_versions)
        yield f"No file has the content of {', '.join(error.lost_versions)}."
        yield "Did you switch branches? Then switch back, or merge the other branch:"
        yield "it stays applied. To go on without it:"
        yield f"  {command(f'schemaset {forget}')}"
        yield "What it made stays in the database; this shows it afterwards:"
        yield f"  {command('schemastatus --drift')}"


def _advise_out_of_order(
    error: errors.OutOfOrder, command: FormatCommand
) -> Iterator[str]:
    """Yield the commands for a file that is to run, after what speaks against that."""
    if error.newer_files:
        yield f"The database is ahead: it has {', '.join(error.newer_files)}. If a newer"
        yield "release or another branch gave the file that name, do not run it again:"
        yield "deploy that release, or switch to the branch."
    yield "If a merge brought it, and other databases have it, run it now:"
    yield f"  {command('schemaapply --exec-order non-linear')}"
    yield "(linear-skip leaves it out.) If no other database has it, give it a"
    yield f"version later than {error.current_version}, then:"
    yield f"  {command('schemahash')}"


def _advise_newer_release(versions: tuple[str, ...]) -> Iterator[str]:
    verb = "is" if len(versions) == 1 else "are"
    yield f"{', '.join(versions)} {verb} newer than every file here: a newer release or another"
    yield "branch has the file under that name. Deploy it, or switch to it."
    yield "Only if you renamed the file here, give that name to the revision, too:"


def with_commands(text: str, command: FormatCommand) -> str:
    """Return a hint with its commands as they are to be typed, and with options."""
    if errors.REHASH_COMMAND in text:
        text = text.replace(errors.REHASH_COMMAND, command("schemahash"))
    if errors.MARK_COMMAND in text:
        text = text.replace(errors.MARK_COMMAND, command("schemaset"))
    if "schemaapply again" in text:
        apply = command("schemaapply")
        if apply != format_plain_command("schemaapply"):
            text = text.replace("schemaapply again", f"{apply} again")
    return with_options(text)


def with_options(text: str) -> str:
    """Return the text with the option beside the setting that it overrides."""
    for setting, option in OPTIONS_OF_SETTINGS.items():
        text = text.replace(f"with {setting}", f"with {setting} or {option}")
    return text


def _advise_acknowledgement(error: errors.AcknowledgementNeeded) -> str:
    options = [f"--acknowledge {name}" for name in error.names]
    several = "one --acknowledge for each"
    options = [several] if len(options) > MAX_NAMED else options
    also = ", or --acknowledge all" if len(error.names) > 1 else ""
    again = f"then run schemadiff again with {' '.join(options)}{also}."
    rows = (
        "\nOr let it run the project's migrations on the dev database, and write the rows"
        " that they leave to a file of its own: --rows."
        if error.may_take_rows
        else ""
    )
    return f"Nothing was written. {error.look}, {again}{rows}"


def text_of(
    error: SchemaMigrationsError, command: FormatCommand = format_plain_command
) -> str:
    """Return message and hint, as a command prints them."""
    hint = hint_of(error, command)
    return f"{message_of(error)}\n{hint}" if hint else message_of(error)
