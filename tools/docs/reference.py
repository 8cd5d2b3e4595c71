"""Format what the code says of options, settings and errors as tables in Markdown.

The help of an option, the key of a setting and the docstring of an error are the one
place for what the reference says of them.  ``TEXTS`` names every block there is.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path

from django.core.management import load_command_class
from django.core.management.base import BaseCommand

from schema_migrations.conf import SETTING_KEYS
from schema_migrations.management import commands
from schema_migrations.management.commands._base import Options, SchemaCommand
from tools.docs.blocks import format_table
from tools.docs.errors import format_errors

COMMANDS = tuple(sorted(p.stem for p in Path(commands.__path__[0]).glob("[!_]*.py")))


class _SharedOptions(SchemaCommand):
    """A command with nothing of its own."""

    formats = dict.fromkeys(("text", "json"), lambda result, view: ())

    def run(self, options: Options) -> int:
        return 0


def format_shared_options() -> str:
    """Return the table of the options that all commands share."""
    return format_table(("option", "meaning"), _shared_rows())


def format_options(command: str) -> str:
    """Return the table of a command's options, but those that all commands share."""
    rows = _option_rows(load_command_class("schema_migrations", command))
    own = [row for row in rows if row not in _shared_rows()]
    return format_table(("option", "meaning"), own)


@cache
def _shared_rows() -> list[tuple[str, str]]:
    return list(_option_rows(_SharedOptions()))


def _option_rows(command: BaseCommand) -> Iterator[tuple[str, str]]:
    """Yield what each option is written as, and means; not Django's own."""
    parser = command.create_parser("manage.py", "command")
    djangos = {
        option
        for action in BaseCommand().create_parser("manage.py", "command")._actions
        for option in action.option_strings
    }
    for action in parser._actions:
        if not djangos.intersection(action.option_strings):
            help_text = (action.help or "") % {**vars(action), "prog": parser.prog}
            yield _spell_option(action), mark_up(help_text)


def _spell_option(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else _spell_value(action)
    if not action.option_strings:
        return f"`{value}`"
    # Of several spellings the first is the one to use.
    return f"`{f'{action.option_strings[0]} {value}'.strip()}`"


def _spell_value(action: argparse.Action) -> str:
    if action.choices:
        return "|".join(map(str, action.choices))
    return str(action.metavar or action.dest).upper()


def mark_up(help_text: str) -> str:
    """Return a help text in Markdown: names as code, those of settings as links."""
    return re.sub(
        r"[^\s();,]*[^\s();,:.]",
        lambda match: _link_setting(match[0]) if _is_code(match[0]) else match[0],
        help_text,
    )


def _is_code(word: str) -> bool:
    has_sign = re.search(r"^--|^\.\w|\w[_=.:/]+\w", word)
    is_capital = word.isupper() and len(word) > 1 and word not in ("JSON", "SQL", "URL")
    return bool(has_sign) or is_capital or "://" in word


def _link_setting(name: str) -> str:
    code = f"`{name}`"
    return f"[{code}](settings.md#{name.lower()})" if name in SETTING_KEYS else code


def format_settings() -> str:
    """Return the table of the keys that have an effect, with default and values."""
    return format_table(
        ("key", "default", "value"),
        (
            (
                f"[`{name}`](#{name.lower()})",
                f"`{_spell_default(key.default)}`",
                re.sub(r'\[[^]]+\]|"[^"]+"|\bNone\b', r"`\g<0>`", key.expected),
            )
            for name, key in SETTING_KEYS.items()
            if not key.is_unused
        ),
    )


def _spell_default(value: object) -> str:
    """Return a value as settings spell it: a list as a list, text in double quotes."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_spell_default, value))}]"
    return f'"{value}"' if isinstance(value, str) else repr(value)


TEXTS: Mapping[str, Callable[[], str]] = {
    "shared options": format_shared_options,
    **{f"options of {name}": partial(format_options, name) for name in COMMANDS},
    "settings": format_settings,
    "errors": format_errors,
}
"""The name of a block → what makes its text."""
