"""Answers that are kept between commands: right, or not there, whatever happens to them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from schema_migrations.cache import (
    ANSWERS,
    SETTING,
    Cache,
    find_cache,
    make_key,
)

ANSWER = {"since": "today"}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(folder=tmp_path / "answers")


def only_file(cache: Cache) -> Path:
    (path,) = cache.folder.iterdir()
    return path


def test_what_is_kept_is_known(cache: Cache) -> None:
    assert cache.read("one") is None
    cache.write("one", ANSWER)
    assert cache.read("one") == ANSWER
    assert cache.read("two") is None
    assert cache.warnings == []


def test_any_byte_that_is_lost_or_changed_loses_the_answer(cache: Cache) -> None:
    cache.write("one", ANSWER)
    path = only_file(cache)
    content = path.read_bytes()
    for place in range(len(content) - 1):  # the last is a newline
        for damaged in (
            content[:place],
            content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :],
        ):
            path.write_bytes(damaged)
            assert cache.read("one") is None, damaged
    assert f"{path} is damaged" in cache.warnings[0]


def test_an_answer_under_another_name_is_none(cache: Cache) -> None:
    cache.write("one", ANSWER)
    only_file(cache).rename(cache.folder / "two.json")
    assert cache.read("two") is None


def test_a_large_file_is_not_read(cache: Cache) -> None:
    cache.write("one", {"since": "x" * ANSWERS.max_bytes})
    assert cache.read("one") is None


def test_the_least_recently_used_are_removed(cache: Cache) -> None:
    cache.write("used", ANSWER)
    cache.write("unused", ANSWER)
    for number in range(ANSWERS.kept_files - 2):
        (cache.folder / f"{number}.json").write_bytes(b"")
    for path in cache.folder.iterdir():
        os.utime(path, (1, 1))
    assert cache.read("used")
    cache.write("new", ANSWER)
    assert len(list(cache.folder.iterdir())) == ANSWERS.kept_files
    assert cache.read("used")
    assert cache.read("new")


def test_a_folder_that_others_write_to_is_not_trusted(cache: Cache) -> None:
    cache.write("one", ANSWER)
    cache.folder.chmod(0o775)
    assert cache.read("one") is None
    cache.write("two", ANSWER)
    assert "its group may write there" in cache.warnings[0]
    assert SETTING in cache.warnings[0]
    named = Cache(folder=cache.folder, is_named=True)
    assert named.read("one") == ANSWER
    cache.folder.chmod(0o777)
    assert named.read("one") is None
    named.write("two", ANSWER)
    assert "everybody may write there" in named.warnings[0]


def test_a_link_in_place_of_the_folder_is_not_followed(
    cache: Cache, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    cache.folder.symlink_to(tmp_path / "elsewhere")
    cache.write("one", ANSWER)
    assert "it is not a folder" in cache.warnings[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_of_another_user_is_not_trusted(cache: Cache) -> None:
    cache.write("one", ANSWER)
    os.chown(cache.folder, 65534, 65534)
    assert cache.read("one") is None
    cache.write("two", ANSWER)
    assert "it belongs to another user" in cache.warnings[0]


def test_a_folder_that_cannot_be_made_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(folder=tmp_path / "file" / "answers")
    assert cache.read("one") is None
    cache.write("one", ANSWER)
    assert f"Nothing is kept in {cache.folder}" in cache.warnings[0]


def test_the_environment_names_the_folder(tmp_path: Path) -> None:
    found = find_cache({SETTING: str(tmp_path)})
    assert found == Cache(folder=tmp_path, is_named=True)
    assert find_cache({SETTING: str(tmp_path), "CI": "true"}) == found
    assert find_cache({SETTING: "off"}) is None
    home = {"XDG_CACHE_HOME": str(tmp_path)}
    folder = tmp_path / "django-schema-migrations/answers"
    assert find_cache(home) == Cache(folder=folder)
    assert find_cache({**home, "CI": "true"}) is None
    assert find_cache({**home, "CI": "false"}) == Cache(folder=folder)


def test_a_key_tells_all_parts_apart() -> None:
    keys = [
        make_key(parts)
        for parts in (("ab",), ("a", "b"), (b"ab",), ("a", "b", ""), ("b", "a"), ())
    ]
    assert len(set(keys)) == len(keys)
    assert make_key(["a", 1, None]) == make_key(iter(("a", 1, None)))
