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
        (
            "PASSWORD/* c */E'a\\'b' VALID UNTIL 'x'",
            "PASSWORD/* c */E'***' VALID UNTIL 'x'",
        ),
        ("PASSWORD/**/'my password'", "PASSWORD/**/'***'"),
        ("PASSWORD -- c\n U&'my password'", "PASSWORD -- c\n U&'***'"),
        ("SELECT format('PASSWORD %L', 'ab')", "SELECT format('PASSWORD %L', '***')"),
        (
            "CREATE TABLE u (s text DEFAULT 'new', password text DEFAULT 'ab', t text"
            " DEFAULT 'new')",
            "CREATE TABLE u (s text DEFAULT 'new', password text DEFAULT '***', t text"
            " DEFAULT 'new')",
        ),
        ("CREATE TABLE password_reset (s text DEFAULT 'new')", None),
        ("ALTER TABLE u ADD password text, ADD s text DEFAULT 'new'", None),
        ("COMMENT ON COLUMN u.password IS 'a hash'", None),
        ("INSERT INTO help VALUES ('Choose a password first', 'Help')", None),
        (
            "CREATE FUNCTION f(password text) RETURNS text AS $$\nSELECT 'new';\n$$",
            None,
        ),
        ("{'PASSWORD': 'ab', 'NAME': 'db'}", "{'PASSWORD': '***', 'NAME': 'db'}"),
        ("{'PASSWORD': \"a'b\"}", "{'PASSWORD': \"***\"}"),
        ("UPDATE u SET name = 'x'; UPDATE u SET password = now()", None),
        ("DO $$ BEGIN PERFORM 'a'; END $$; UPDATE u SET password = now()", None),
        ("SET app.password_length = 8", None),
        ("SET app.password TO DEFAULT", None),
        ("UPDATE u SET password = u.name", None),
    ],
)
def test_only_the_password_is_masked(text: str, shown: str | None) -> None:
    assert mask_secrets(text) == (text if shown is None else shown)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE SUBSCRIPTION s CONNECTION 'host=h user=u password = geheim' PUBLICATION p",
        "SELECT dblink_connect('password = geheim')",
        "host=h dbname = d password = geheim",
        "ALTER ROLE x PASSWORD 'part'\n 'geheim'",
        "ALTER ROLE x PASSWORD/*x*/'geheim'",
        "ALTER ROLE x PASSWORD'geheim'",
        "ALTER ROLE x PASSWORD -- c\n 'geheim'",
        "ALTER ROLE x PASSWORD/*x*/ $$geheim$$",
        "CREATE USER MAPPING FOR u SERVER s OPTIONS (\"password\" 'geheim')",
        "CREATE FOREIGN TABLE t (a text) SERVER s OPTIONS (\"password\" 'geheim', b 'c')",
        "SELECT connect(password => 'geheim')",
        "SELECT connect(password := 'geheim')",
        "SELECT set_config('my.password','geheim',false)",
        "SELECT set_config('my.password'::text, 'geheim', false)",
        "DO $$ BEGIN\nEXECUTE format('ALTER ROLE r PASSWORD %L', 'geheim');\nEND $$",
        "DO $$ DECLARE p text := 'geheim'; BEGIN\n"
        "EXECUTE format('ALTER ROLE r PASSWORD %L', p);\nEND $$",
        "DO LANGUAGE plpgsql $a$ BEGIN PERFORM $$;$$; EXECUTE format('ALTER ROLE r"
        " PASSWORD %L', p); p := $$geheim$$;\nEND $a$",
        "EXECUTE format('ALTER ROLE %I PASSWORD %2$L', 'r', $a$geheim$a$)",
        "SET app.password TO geheim",
        "SET LOCAL app.db_password=geheim",
        "ALTER ROLE r IN DATABASE d SET app.password = geheim",
        "EXECUTE 'ALTER ROLE r PASSWORD ' || quote_literal('geheim')",
        "EXECUTE 'ALTER ROLE r PASSWORD/**/''geheim'''",
        "UPDATE u SET password = crypt('geheim', gen_salt('bf'))",
        "SELECT crypt('geheim', password) FROM u",
        "INSERT INTO u (name, password) VALUES ('n', 'geheim')",
        "SELECT reset_password('geheim')",
        "SELECT set_passwd('geheim')",
        "ALTER TABLE u ADD password text DEFAULT 'geheim'",
        "ALTER ROLE x PASSWORD 'geheim",  # as pg_stat_activity cuts a long query
        "{'default': {'NAME': 'a', 'PASSWORD': 'geheim'}}",
        '{"password": "geheim"}',
    ],
)
def test_a_password_is_masked_in_every_form(text: str) -> None:
    assert "geheim" not in mask_secrets(text)
    assert "geheim" not in mask_secrets("near geheim", text)


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
        ("('my password', {number}, 'x'), ", "('my password', {number}, '***'), "),
        ("password/*", None),
        ("password = ", None),
        ("host = password ", None),
        ("$a$ password $b$ ", None),
        ("DO $a$ password; 'x' $b$ ", None),
        ("SET a.password ", None),
        ("'password': \"\\\"", None),
        ("E'password\\'", None),
    ],
    ids=[
        "open tags",
        "open URLs",
        "passwords",
        "rows",
        "open comments",
        "open assignments",
        "open connections",
        "open bodies",
        "open blocks",
        "open settings",
        "open keys",
        "open strings",
    ],
)
def test_a_long_text_is_read_once(repeated: str, shown: str | None) -> None:
    """Locks are held meanwhile: work that grows with its square would take minutes."""
    numbers = range(150_000)
    text = "".join(repeated.replace("{number}", str(number)) for number in numbers)
    with limit_cpu_time(20):
        masked = mask_secrets(text)
    if shown is not None:
        expected = (shown.replace("{number}", str(number)) for number in numbers)
        assert masked == "".join(expected)
    elif "{number}" in repeated or "://" in repeated:
        assert masked == text
