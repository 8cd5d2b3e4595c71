"""Passwords in what is shown."""

from __future__ import annotations

import pytest

from schema_migrations.history.secrets import mask_secrets
from tests.fixtures.cpu_time import limit_cpu_time


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CREATE ROLE r PASSWORD 'geheim'", "CREATE ROLE r PASSWORD '***'"),
        ("ALTER ROLE r password\n  E'it''s'", "ALTER ROLE r password\n  E'***'"),
        (r"ALTER ROLE r PASSWORD E'a\'b' X", "ALTER ROLE r PASSWORD E'***' X"),
        ("ALTER ROLE r PASSWORD $$a$b$$ X", "ALTER ROLE r PASSWORD $$***$$ X"),
        ("ALTER ROLE r PASSWORD $p$a$p$ X", "ALTER ROLE r PASSWORD $p$***$p$ X"),
        ("SET my.password TO 'abc'", "SET my.password TO '***'"),
        ("CONNECTION 'password=$x h=1'", "CONNECTION 'password=*** h=1'"),
        ("SET my.password=$$a b$$", "SET my.password=$$***$$"),
        ("CONNECTION 'sslpassword=abc h=1'", "CONNECTION 'sslpassword=*** h=1'"),
        ("OPTIONS (user 'u', password 'x')", "OPTIONS (user 'u', password '***')"),
        (
            "CONNECTION 'host=h password=geheim user=u'",
            "CONNECTION 'host=h password=*** user=u'",
        ),
        ("CONNECTION 'password=''a b'' x=1'", "CONNECTION 'password=''***'' x=1'"),
        ("dblink('postgres://u:geheim@h/d')", "dblink('postgres://u:***@h/d')"),
        (
            "EXECUTE 'ALTER ROLE r PASSWORD ''x'''",
            "EXECUTE 'ALTER ROLE r PASSWORD ''***'''",
        ),
        ("INSERT INTO u (password) VALUES ('')", None),
        ("UPDATE u SET password = 'abc'", "UPDATE u SET password = '***'"),
        ("UPDATE u SET password = trim(password)", None),
        ("ALTER TABLE u ADD password varchar(128) NOT NULL", None),
        ("ALTER ROLE r PASSWORD NULL; SELECT 'a'", None),
        ("SELECT 'see http://host/a:b@c'", None),
    ],
)
def test_only_the_password_is_masked(text: str, shown: str | None) -> None:
    assert mask_secrets(text) == (text if shown is None else shown)


def test_words_of_a_statement_are_masked_in_what_the_server_says_of_it() -> None:
    sql = "CREATE ROLE r PASSWORD 'geheim' BOGUS"
    said = "syntax error at or near geheim"
    assert mask_secrets(said, sql) == "syntax error at or near ***"
    assert mask_secrets("a cat", "ALTER ROLE r PASSWORD 'a'") == "a cat"


def test_overlapping_passwords_are_masked_as_one() -> None:
    text = "SET my.password = 'postgres://u:geheim@h'; CONNECTION 'password=u:ab@h'"
    assert mask_secrets(text) == "SET my.password = '***'; CONNECTION 'password=***'"


def test_a_tag_ends_with_the_same_letters() -> None:
    assert mask_secrets("PASSWORD $a$x $A$ y$a$") == "PASSWORD $a$***$a$"
    assert mask_secrets("PASSWORD $a$x $A$") == "PASSWORD $a$x $A$"
    assert mask_secrets("PASSWORD $a$$a$x$a$") == "PASSWORD $a$***$a$"


@pytest.mark.parametrize(
    ("repeated", "shown"),
    [
        ("password $a{number}$ ", None),
        ("://a:b://a:b://a:b", None),
        ("PASSWORD 'geheim{number}'; ", "PASSWORD '***'; "),
        ("('my password', {number}, 'x'), ", "('my password'***'x'), "),
    ],
    ids=["open tags", "open URLs", "passwords", "rows"],
)
def test_a_long_text_is_read_once(repeated: str, shown: str | None) -> None:
    """Locks are held meanwhile: work that grows with its square would take minutes."""
    text = "".join(repeated.format(number=number) for number in range(150_000))
    with limit_cpu_time(20):
        masked = mask_secrets(text)
    assert masked == (text if shown is None else shown * 150_000)
