"""atlas.sum: the bytes that Atlas writes, and what is wrong when they differ."""

from __future__ import annotations

import base64
import hashlib

import pytest

from schema_migrations.errors import IntegrityError
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.sums import (
    FileDifference,
    SumFile,
    compute_sums,
    find_file_differences,
    format_sum_file,
    parse_sum_file,
)

IGNORED = b"-- atlas:sum ignore\nSELECT 1;\n"


def files(**contents: bytes) -> list[MigrationFile]:
    return [
        MigrationFile(name=f"{name}.sql", content=content)
        for name, content in contents.items()
    ]


def digest(*parts: bytes) -> str:
    return base64.b64encode(hashlib.sha256(b"".join(parts)).digest()).decode()


def test_empty_directory_has_the_hash_of_nothing() -> None:
    """The value that Atlas writes."""
    expected = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert format_sum_file(compute_sums([])) == expected
    assert parse_sum_file(expected) == SumFile()


def test_each_hash_covers_all_names_and_contents_so_far() -> None:
    """One digest, never reset; the total is over names and hashes."""
    sums = compute_sums(files(b=b"two\r\n", a=b"\xef\xbb\xbfone"))
    first = digest(b"a.sql", b"\xef\xbb\xbfone")
    second = digest(b"a.sql", b"\xef\xbb\xbfone", b"b.sql", b"two\r\n")
    assert sums.entries == (("a.sql", first), ("b.sql", second))
    total = digest(b"a.sql", first.encode(), b"b.sql", second.encode())
    assert format_sum_file(sums) == f"h1:{total}\na.sql h1:{first}\nb.sql h1:{second}\n"
    assert sums.hash_of("b.sql") == second
    assert sums.hash_of("c.sql") == ""
    assert sums.line_of("b.sql") == 3


def test_known_vector() -> None:
    """Fixed bytes, so that no change of ours can go unnoticed."""
    found = compute_sums(
        [
            MigrationFile(name="1_with space.sql", content=b"SELECT 1;\n"),
            MigrationFile(name="2_caf\xe9.sql", content=b"-- caf\xe9, not UTF-8\r\n"),
        ]
    )
    assert format_sum_file(found) == VECTOR
    assert parse_sum_file(VECTOR) == found


VECTOR = """\
h1:XFrRTOqynE2iE/vOqYzPN+ofE0un7wEtQ8K1IbzECcw=
1_with space.sql h1:4d7Uc0pMWHEKUSuNOKAMM8xP1bYJ7K8XuIroc4HX1wI=
2_café.sql h1:rNS6HCuZxXE26guCCchuvEt+FsJjUFzbNYSFxvcFhEc=
"""


@pytest.mark.parametrize("place", ["a", "b", "c"])
def test_ignored_file_has_no_line_but_its_name_counts(place: str) -> None:
    """``sum ignore`` on the first, a middle and the last file."""
    contents = {"a": b"one", "b": b"two", "c": b"three"} | {place: IGNORED}
    sums = compute_sums(files(**contents))
    fed, expected = b"", []
    for name, content in contents.items():
        fed += f"{name}.sql".encode() + (b"" if name == place else content)
        if name != place:
            expected.append((f"{name}.sql", digest(fed)))
    assert sums.entries == tuple(expected)


def test_order_is_bytewise_by_name() -> None:
    """As Atlas sorts: 10 before 2, capitals before small letters, é last."""
    names = ["é.sql", "2.sql", "10.sql", "a.sql", "B.sql"]
    sums = compute_sums([MigrationFile(name=name, content=b"") for name in names])
    assert [name for name, _ in sums.entries] == [
        "10.sql",
        "2.sql",
        "B.sql",
        "a.sql",
        "é.sql",
    ]


def test_line_ends_of_the_sum_file_itself_do_not_matter() -> None:
    """Atlas reads it by lines as well."""
    sums = compute_sums(files(a=b"one"))
    assert parse_sum_file(format_sum_file(sums).replace("\n", "\r\n")) == sums
    assert parse_sum_file(format_sum_file(sums).removesuffix("\n")) == sums


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (lambda text: "h1:x" + text[4:], 1, "does not match the lines"),
        (lambda text: "x " + text, 1, "does not match the lines"),
        (lambda text: text + "rubbish\n", 4, "not a valid line of the file"),
        (lambda text: text + "\n", 4, "not a valid line of the file"),
        (lambda text: "", 1, "not a valid line of the file"),
        (lambda text: text.replace("a.sql", "x.sql"), 1, "does not match the lines"),
        (lambda text: "<<<<<<< HEAD\n" + text, 1, "unresolved merge conflict"),
        (lambda text: text + ">>>>>>> late\n", 4, "unresolved merge conflict"),
    ],
)
def test_broken_sum_file_is_named_with_its_line(
    change: object, line: int, words: str
) -> None:
    """And the hint says how to write it anew."""
    assert callable(change)
    text = change(format_sum_file(compute_sums(files(a=b"one", b=b"two"))))
    with pytest.raises(IntegrityError) as caught:
        parse_sum_file(text)
    assert caught.value.message.startswith(f"atlas.sum:{line}: ")
    assert words in caught.value.message
    assert "python manage.py schemahash" in caught.value.hint


BEFORE = {"a": b"one\n", "b": b"two\ntwo\n", "c": b"three\n", "d": b"four\n"}


def differing(**after: bytes) -> list[tuple[str, str, int]]:
    recorded = compute_sums(files(**BEFORE))
    found: tuple[FileDifference, ...] = find_file_differences(recorded, files(**after))
    return [(each.file, each.kind, each.line) for each in found]


def test_nothing_differs_from_itself() -> None:
    """Nor does an ignored file that is new, since it has no line."""
    assert differing(**BEFORE) == []


def test_edited_file_is_named_with_its_line() -> None:
    """Only the first can be known: the hashes after it cover its content."""
    assert differing(**BEFORE | {"b": b"TWO"}) == [("b.sql", "edited", 3)]
    assert differing(**BEFORE | {"b": b"TWO", "d": b"FOUR"}) == [("b.sql", "edited", 3)]


def test_added_files_are_all_named_and_the_others_still_checked() -> None:
    """A file in the middle changes all hashes after it, and accuses nobody."""
    after = BEFORE | {"a1": b"new", "d": b"FOUR", "e": b"new"}
    assert differing(**after) == [
        ("a1.sql", "added", 0),
        ("d.sql", "edited", 5),
        ("e.sql", "added", 0),
    ]


def test_removed_files_are_all_named() -> None:
    """Those before the first removed one are still checked."""
    after = {"a": b"ONE", "c": b"three\n"}
    assert differing(**after) == [
        ("a.sql", "edited", 2),
        ("b.sql", "removed", 3),
        ("d.sql", "removed", 5),
    ]
    assert differing(a=BEFORE["a"], c=b"unknowable", d=b"") == [("b.sql", "removed", 3)]


def test_changed_line_endings_are_told_apart_from_edits() -> None:
    """A checkout with CRLF, or a sum written on Windows: every such file is named."""
    crlf = {name: content.replace(b"\n", b"\r\n") for name, content in BEFORE.items()}
    assert differing(**BEFORE | {"b": crlf["b"], "d": b"FOUR"}) == [
        ("b.sql", "line endings", 3),
        ("d.sql", "edited", 5),
    ]
    recorded = compute_sums(files(**crlf))
    kinds = {each.kind for each in find_file_differences(recorded, files(**BEFORE))}
    assert kinds == {"line endings"}


def test_ignored_file_may_be_edited_but_not_renamed() -> None:
    """Its name is in the chain, so the next listed file shows the difference."""
    recorded = compute_sums(files(a=IGNORED, b=b"two"))
    assert find_file_differences(recorded, files(a=IGNORED + b"more", b=b"two")) == ()
    renamed = find_file_differences(recorded, files(a1=IGNORED, b=b"two"))
    assert [(each.file, each.kind) for each in renamed] == [("b.sql", "edited")]
