"""Directories on a real disk: read, verify, name, write, and every kind of damage."""

from __future__ import annotations

import os
import resource
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from schema_migrations.errors import ConfigError, DirectoryChanged, IntegrityError
from schema_migrations.history.directory import (
    Directory,
    load,
    next_name,
    read_file,
    rehash,
    save,
    verify,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.sums import format_sum_file

NOBODY = 65534
NOON = datetime(2025, 6, 1, 12, 0, 0, tzinfo=UTC)


def file(name: str, text: str = "SELECT 1;\n") -> MigrationFile:
    return MigrationFile(name=name, content=text.encode())


def written(path: Path, *names: str) -> Directory:
    return save(path, load(path), [file(name) for name in names])


def complaint(path: Path) -> IntegrityError:
    with pytest.raises(IntegrityError) as caught:
        verify(load(path))
    assert caught.value.exit_code == 4
    assert str(path) in caught.value.message
    return caught.value


def listing(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.iterdir() if each.is_file()}


def test_missing_and_empty_folders_are_empty_directories(tmp_path: Path) -> None:
    """A new project has no folder yet; that is no error."""
    for path in (tmp_path / "none", tmp_path):
        directory = load(path)
        assert directory == Directory(path=str(path))
        verify(directory)


def test_only_sql_files_directly_in_the_folder_count(tmp_path: Path) -> None:
    """Sorted bytewise; folders, notes and the sum file are no migrations."""
    (tmp_path / "sub.sql").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "3.sql").write_text("x")
    for name in ("2.sql", "1_é.sql", "README.md", "4.SQL"):
        (tmp_path / name).write_text("x")
    assert [f.name for f in load(tmp_path).files] == ["1_é.sql", "2.sql"]


def test_saved_files_are_read_back_and_verified(tmp_path: Path) -> None:
    """The value that save returns is what is on disk, sum file included."""
    path = tmp_path / "deep" / "migrations"
    first = written(path, "1_a.sql", "2_b.sql")
    second = written(path, "3_c.sql")
    assert load(path) == second
    assert second.files[:2] == first.files
    assert second.sum_file_text == format_sum_file(second.computed_sums)
    assert sorted(listing(path)) == ["1_a.sql", "2_b.sql", "3_c.sql", "atlas.sum"]
    verify(second)


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    """Not even a name that does not count as a file; nothing else changes."""
    before = written(tmp_path, "1_a.sql")
    (tmp_path / "3_c.sql").mkdir()
    kept = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(ConfigError, match=r"3_c\.sql already exists"):
        save(tmp_path, before, [file("2_b.sql"), file("3_c.sql")])
    assert sorted(path.name for path in tmp_path.iterdir()) == kept


@pytest.mark.parametrize("change", ["new", "edited", "deleted"])
def test_nothing_is_written_beside_other_files_than_were_read(
    change: str, tmp_path: Path
) -> None:
    """Two commands that planned from the same files would both have the next version."""
    before = written(tmp_path, "1_a.sql")
    if change == "new":
        save(tmp_path, before, [file("2_other.sql")])
    elif change == "edited":
        (tmp_path / "1_a.sql").write_text("SELECT 2;")
    else:
        (tmp_path / "1_a.sql").unlink()
    kept = listing(tmp_path)
    with pytest.raises(DirectoryChanged) as caught:
        save(tmp_path, before, [file("2_b.sql")])
    name = "2_other.sql" if change == "new" else "1_a.sql"
    assert f"{name} changed while this file was planned" in str(caught.value)
    assert caught.value.exit_code == 5
    assert listing(tmp_path) == kept


def test_what_killed_commands_left_is_swept(tmp_path: Path) -> None:
    before = written(tmp_path, "1_a.sql")
    (tmp_path / ".2_b.sql.123.tmp").write_text("half")
    (tmp_path / ".notes.tmp").write_text("mine")
    save(tmp_path, before, [file("2_b.sql")])
    (tmp_path / ".atlas.sum.77.tmp").touch()
    rehash(tmp_path)
    assert sorted(listing(tmp_path)) == [
        ".notes.tmp",
        "1_a.sql",
        "2_b.sql",
        "atlas.sum",
    ]


def test_a_pipe_is_not_read_and_a_link_not_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    before = written(folder, "1_a.sql")
    precious = tmp_path / "precious"
    precious.write_text("words")
    (folder / ".2_b.sql.77.tmp").symlink_to(precious)
    save(folder, before, [file("2_b.sql")])
    assert precious.read_text() == "words"
    assert not (folder / "2_b.sql").is_symlink()
    os.mkfifo(folder / "3_c.sql")
    with pytest.raises(ConfigError, match=r"3_c\.sql is not a regular file"):
        load(folder)


def test_a_file_is_read_to_its_end_whatever_its_size_is_said_to_be() -> None:
    """Linux says 0 of what it makes up."""
    found = [each for each in (Path("/proc/version"), Path(__file__)) if each.exists()]
    assert [read_file(each) for each in found] == [each.read_bytes() for each in found]


def test_what_is_not_a_regular_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "atlas.sum").mkdir()
    with pytest.raises(ConfigError, match=r"atlas\.sum is not a regular file"):
        load(tmp_path)
    (tmp_path / "atlas.sum").rmdir()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "1_a.sql"))
        with pytest.raises(ConfigError, match=r"1_a\.sql is not a regular file"):
            load(tmp_path)


@contextmanager
def limit_file_size(size: int) -> Iterator[None]:
    """Let the system refuse to write files of more bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_crash_between_file_and_sum_is_explained(tmp_path: Path) -> None:
    """The second step fails for real; the next command says what happened."""
    before = written(tmp_path, "1_a.sql")
    with limit_file_size(64), pytest.raises(ConfigError) as caught:
        save(tmp_path, before, [file("2_b.sql")])
    assert "atlas.sum cannot be written" in caught.value.message
    assert "2_b.sql was written and kept" in caught.value.hint
    assert sorted(listing(tmp_path)) == ["1_a.sql", "2_b.sql", "atlas.sum"]

    error = complaint(tmp_path)
    assert "2_b.sql is not in atlas.sum: it was written but never recorded" in str(
        error
    )
    assert "python manage.py schemahash (or delete it)" in error.hint
    verify(rehash(tmp_path))


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder that this process may read and not write, also when run as root."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        written(path, "1_a.sql")
        path.chmod(0o555)
        if root:
            os.seteuid(NOBODY)
        try:
            yield path
        finally:
            if root:
                os.seteuid(0)
            path.chmod(0o755)


def test_read_only_folder_is_named_and_left_alone(read_only: Path) -> None:
    """The error says where to run instead."""
    kept = listing(read_only)
    writes: tuple[Callable[[], object], ...] = (
        lambda: save(read_only, load(read_only), [file("2_b.sql")]),
        lambda: rehash(read_only),
    )
    for write in writes:
        with pytest.raises(ConfigError) as caught:
            write()
        assert str(read_only) in caught.value.message
        assert "Permission denied" in caught.value.message
        assert "Nothing was changed" in caught.value.hint
    assert listing(read_only) == kept


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    """A link to nowhere stands for anything that cannot be read."""
    (tmp_path / "1_a.sql").symlink_to(tmp_path / "gone")
    with pytest.raises(ConfigError, match=r"1_a\.sql cannot be read"):
        load(tmp_path)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """For reading and for writing alike."""
    path = tmp_path / "migrations"
    path.write_text("")
    for use in (load, rehash, lambda p: save(p, Directory(path=""), [file("1.sql")])):
        with pytest.raises(ConfigError, match="migrations is not a folder"):
            use(path)


def test_a_link_that_leads_nowhere_is_called_that(tmp_path: Path) -> None:
    path, aim = tmp_path / "migrations", tmp_path / "moved"
    path.symlink_to(aim)
    for use in (load, rehash, lambda p: save(p, Directory(path=""), [file("1.sql")])):
        with pytest.raises(ConfigError) as caught:
            use(path)
        assert f"{path} is a link to {aim}, which does not exist" in str(caught.value)
    assert listing(tmp_path) == {}
    aim.mkdir()
    save(path, load(path), [file("1.sql")])
    assert sorted(listing(aim)) == ["1.sql", "atlas.sum"]


def test_nothing_to_hash_is_an_error(tmp_path: Path) -> None:
    """A mistyped folder is not silently created."""
    with pytest.raises(ConfigError, match="does not exist"):
        rehash(tmp_path / "migratoins")
    assert not (tmp_path / "migratoins").exists()


def test_rehash_writes_what_verify_accepts(tmp_path: Path) -> None:
    """Whatever was wrong with the sums before."""
    written(tmp_path, "1_a.sql", "2_b.sql")
    (tmp_path / "1_a.sql").write_text("edited")
    (tmp_path / "atlas.sum").write_text("<<<<<<< HEAD\n")
    assert rehash(tmp_path) == load(tmp_path)
    verify(load(tmp_path))


def test_every_offending_file_is_named_at_once(tmp_path: Path) -> None:
    """Edited, added and removed, each with its line where it has one."""
    written(tmp_path, *(f"{n}_x.sql" for n in range(1, 6)))
    (tmp_path / "1_x.sql").write_text("edited")
    (tmp_path / "3_x.sql").unlink()
    (tmp_path / "6_x.sql").write_text("new")
    error = complaint(tmp_path)
    assert "atlas.sum:2: 1_x.sql was edited" in error.message
    assert "atlas.sum:4: 3_x.sql was removed or renamed" in error.message
    assert "6_x.sql is not in atlas.sum" in error.message
    assert "restore it from version control" in error.hint
    assert error.hint.count("python manage.py schemahash") == 2


def test_renamed_ignored_file_is_among_the_explanations(tmp_path: Path) -> None:
    """It has no line of its own, and its name is hashed with the next file."""
    ignored = file("1_a.sql", "-- atlas:sum ignore\n")
    save(tmp_path, load(tmp_path), [ignored, file("2_b.sql")])
    (tmp_path / "1_a.sql").rename(tmp_path / "1_c.sql")
    message = complaint(tmp_path).message
    assert "2_b.sql was edited, or one of 1_c.sql was renamed" in message


def test_missing_sum_file_is_an_error_when_there_are_files(tmp_path: Path) -> None:
    """As in Atlas."""
    written(tmp_path, "1_a.sql")
    (tmp_path / "atlas.sum").unlink()
    assert "atlas.sum is missing" in complaint(tmp_path).message


def test_merge_conflict_is_recognised(tmp_path: Path) -> None:
    """The usual one: two branches added a file each."""
    sums = written(tmp_path, "1_a.sql").sum_file_text
    (tmp_path / "2_b.sql").write_text("x")
    (tmp_path / "atlas.sum").write_text(f"<<<<<<< HEAD\n{sums}=======\n>>>>>>> b\n")
    error = complaint(tmp_path)
    assert "atlas.sum:1: unresolved merge conflict" in error.message
    assert "schemahash" in error.hint


def test_checkout_with_crlf_is_recognised(tmp_path: Path) -> None:
    """Named as line endings, with the line for .gitattributes."""
    written(tmp_path, "1_a.sql", "2_b.sql")
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    error = complaint(tmp_path)
    assert "atlas.sum:2: only the line endings of 1_a.sql changed" in error.message
    assert "atlas.sum:3: only the line endings of 2_b.sql changed" in error.message
    assert "*.sql -text" in error.hint
    assert ".gitattributes" in error.hint


def test_lines_in_another_order_are_no_sum_file(tmp_path: Path) -> None:
    """Also when the total was made to fit."""
    directory = written(tmp_path, "1_a.sql", "2_b.sql")
    swapped = type(directory.computed_sums)(
        entries=directory.computed_sums.entries[::-1]
    )
    (tmp_path / "atlas.sum").write_text(format_sum_file(swapped))
    assert "in the order of names" in complaint(tmp_path).message


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("1_a.sql", "1_b.sql", "2.sql"), "2 files have the version 1: 1_a.sql, 1_b"),
        (("1_a.sql", " 2_b.sql"), "' 2_b.sql' cannot be listed in atlas.sum"),
        (("1_a\nb.sql",), r"'1_a\nb.sql' cannot be listed in atlas.sum"),
        (("1_a\x1b[2Jb.sql",), r"'1_a\x1b[2Jb.sql' cannot be listed in atlas.sum"),
        (("1_h1:b.sql",), "'1_h1:b.sql' cannot be listed in atlas.sum"),
        (("_a.sql", "_b.sql"), "no version before the first '_': _a.sql, _b.sql"),
        (
            ("1.sql", "2.sql", "10_x.sql"),
            "10_x.sql runs before 2.sql, since names are compared as text",
        ),
        (("20240101000000_b.sql", "9_a.sql"), "20240101000000_b.sql runs before 9_a"),
        (("01_a.sql", "1_b.sql"), "01_a.sql runs before 1_b.sql"),
        (("1R_views.sql", "1_a.sql"), "1R_views.sql runs before 1_a.sql"),
        (("1.5.1_b.sql", "1.5_a.sql"), "1.5.1_b.sql runs before 1.5_a.sql"),
        (("1.10_b.sql", "1.9_a.sql"), "1.10_b.sql runs before 1.9_a.sql"),
        # Those in doubt need not be neighbours.
        (("10_a.sql", "1a_b.sql", "3_c.sql"), "10_a.sql runs before 3_c.sql"),
    ],
)
def test_names_that_would_run_in_a_surprising_order_are_refused(
    tmp_path: Path, names: tuple[str, ...], words: str
) -> None:
    """Atlas would take them and go wrong later."""
    written(tmp_path, *names)
    error = complaint(tmp_path)
    assert words in error.message
    assert "schemahash" in error.hint


@pytest.mark.parametrize(
    "names",
    [
        ("1_init.sql", "20240101000000_b.sql"),
        ("2_baseline.sql", "3R_views.sql"),
        ("1-base.sql", "20240101_b.sql"),
        ("1.4_a.sql", "1.5.1_b.sql", "2_c.sql"),
    ],
)
def test_versions_of_different_length_in_a_clear_order(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    verify(written(tmp_path, *names))


@pytest.mark.parametrize(
    ("there", "name", "now", "expected"),
    [
        ((), "Add Größe & Co.", NOON, "20250601120000_add_grosse_co.sql"),
        ((), "", NOON, "20250601120000.sql"),
        ((), "добавить", NOON, "20250601120000.sql"),
        ((), "x" * 300, NOON, f"20250601120000_{'x' * 100}.sql"),
        (
            (),
            "local",
            NOON.astimezone(timezone(timedelta(hours=9))),
            "20250601120000_local.sql",
        ),
        (("20250601115959_a.sql",), "b", NOON, "20250601120000_b.sql"),
        (("20250601120000_a.sql",), "b", NOON, "20250601120001_b.sql"),
        (("20251231235959_a.sql",), "b", NOON, "20260101000000_b.sql"),
        (("20259999999999_a.sql",), "b", NOON, "20260000000000_b.sql"),
        (("001_a.sql", "009_b.sql"), "c", NOON, "010_c.sql"),
        (("1_a.sql",), "c", NOON, "2_c.sql"),
        (("1_a.sql", "20240101000000_b.sql"), "c", NOON, "20250601120000_c.sql"),
        (("1-base.sql",), "c", NOON, "20250601120000_c.sql"),
        (("2_a.sql", "3R_views.sql"), "c", NOON, "4_c.sql"),
        (("1_a.sql", "20259999_b.sql"), "c", NOON, "20260000_c.sql"),
    ],
)
def test_next_version_is_later_than_every_one_there(
    there: tuple[str, ...], name: str, now: datetime, expected: str
) -> None:
    """UTC; also when the clock is behind, or the versions are plain numbers."""
    directory = Directory(path="", files=tuple(map(file, there)))
    assert next_name(directory, name, now) == expected


@pytest.mark.parametrize("last", ["999_a.sql", "v1_a.sql"])
def test_no_later_version_of_that_kind_is_an_error(last: str) -> None:
    """Better than a file that would run first."""
    with pytest.raises(IntegrityError, match="No version of the same length"):
        next_name(Directory(path="", files=(file(last),)), "x", NOON)
