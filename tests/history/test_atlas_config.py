"""What the text of an ``atlas.hcl`` says of migrations."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest

from schema_migrations.history.atlas_config import parse_environments

FILE = """
variable "dir" { type = string }
locals {
  note = <<-EOT
    env "x" { migration { dir = "no" }
    EOT
}
migration { dir = "not in an env" }
env "prod" {
  url = "postgres://me:${getenv("PASSWORD")}@h/shop?search_path=public"
  dev = "docker://postgres/17/dev" // a comment: }
  migration {
    dir        = "file://sql/shop"  # {
    exec_order = LINEAR_SKIP
    /* tx_mode = "all" {
    */
    revisions_schema = "history"
    repo {
      name = "shop"
      dir  = "no"
    }
    exclude = ["a",
      "b"]
    more = { dir = "no" }
  }
  lint { latest = 1 }
}
env { name = atlas.env
  migration { dir = "file://other" }
}
env "declarative" { src = "file://schema.sql" }
"""


def test_what_each_environment_says() -> None:
    first, second = parse_environments(FILE)
    assert (first.name, second.name) == ("prod", "")
    assert first.attributes == {
        "dir": "file://sql/shop",
        "exec_order": "LINEAR_SKIP",
        "revisions_schema": "history",
        "exclude": None,
    }
    assert second.attributes == {"dir": "file://other"}


@pytest.mark.parametrize(
    "value",
    [
        "var.dir",
        "local.dir",
        '"file://${var.dir}"',
        '"file://%{ if true }a%{ endif }"',
        '"a" == "b" ? "c" : "d"',
        'format("%s", "a")',
        '(\n"a")',
        "null",
        r'"a\"b"',
        "<<EOT\na\nEOT",
    ],
)
def test_an_expression_says_nothing(value: str) -> None:
    (found,) = parse_environments(
        f'env "a" {{\n migration {{\n dir = {value}\n exec_order = "linear"\n }}\n}}\n'
    )
    said: Mapping[str, str | None] = {"exec_order": "linear", "dir": None}
    assert {**{"dir": None}, **found.attributes} == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "}",
        'env "a" { migration { dir = "b" }',
        'env "a" { migration { dir = "b" } } }',
        '{"env": {}}',
        "\x00",
        "<<a\n" * 50_000,
        "/* " * 50_000 + "}",
    ],
    ids=range(8),
)
def test_a_text_that_is_not_understood_says_nothing(text: str) -> None:
    assert parse_environments(text) == ()


OPEN = (
    "${a}" * 100_000,
    "%{a}" * 100_000,
    "$" * 100_000,
    "$${" * 100_000,
    '"${' * 100_000,
    '\\"' * 100_000,
    '${"' * 100_000,
    "<<a" * 100_000,
    "{" * 100_000,
    "\n".join(f"a{number} = 1" for number in range(100_000)),
)


@pytest.mark.slow("processes")
@pytest.mark.parametrize("text", OPEN, ids=range(len(OPEN)))
@pytest.mark.parametrize("quote", ["", '"'], ids=["bare", "quoted"])
def test_a_long_text_is_read_at_once(quote: str, text: str) -> None:
    """As a program of its own: a pattern that takes long cannot be interrupted."""
    program = (
        "import sys;"
        "from schema_migrations.history.atlas_config import parse_environments;"
        "parse_environments(sys.stdin.read())"
    )
    config = f'env "a" {{\n migration {{\n dir = {quote}{text}\n }}\n}}\n'
    subprocess.run(
        [sys.executable, "-c", program], input=config, text=True, timeout=10, check=True
    )


@pytest.mark.parametrize(
    "value",
    [
        '"${\n  var.dir\n}"',
        '"$${ a"',
        '"%%{ a"',
        '"a $ b % c"',
        r'"${replace("a", "/\\/", "}")}"',
    ],
)
def test_a_brace_in_a_text_is_no_block(value: str) -> None:
    (found,) = parse_environments(
        f'env "a" {{\n migration {{\n a = {value}\n dir = "b"\n }}\n}}\n'
    )
    assert found.attributes["dir"] == "b"
