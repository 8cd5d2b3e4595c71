"""Make directories of files whose every statement has a visible effect.

Invariant: the rows or the schema show a statement that ran twice, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from schema_migrations.history.directory import rehash
from tools.faults.files import make_files, make_own_transactions, make_repeatable
from tools.faults.online import make_online_steps
from tools.faults.outside import make_kinds, make_outside_statements
from tools.faults.session_settings import make_settings
from tools.faults.steps import FILE, NONE, POSTGRESQL, Engine, File, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    name: str
    files: tuple[File, ...]
    mode: str = "file"
    """``--tx-mode``."""
    gives_up_lock: bool = False
    """Its files end the lock of their run."""

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for file in self.files for step in file.steps)

    def write(self, folder: Path) -> Path:
        """Write the directory, and return it."""
        folder.mkdir(parents=True)
        for file in self.files:
            (folder / f"{file.name}.sql").write_text(file.text)
        rehash(folder)
        return folder


def make_scenarios(engine: Engine) -> dict[str, Scenario]:
    """Make every scenario of an engine; return them by name."""
    files = make_files(engine)
    none = [_with_head(file, NONE) for file in files]
    found = [
        Scenario(name="file", files=files),
        Scenario(name="all", files=files, mode="all"),
        Scenario(name="none", files=files, mode="none"),
        Scenario(name="directed", files=(files[0], *none[1:3], files[3])),
        Scenario(
            name="mixed",
            files=(none[0], _with_head(files[1], FILE), none[2], files[3]),
            mode="none",
        ),
        Scenario(name="own", files=(files[0], make_own_transactions(engine))),
        Scenario(name="outside", files=(*files[:2], make_outside_statements(engine))),
        Scenario(name="settings", files=(files[0], make_settings(engine))),
    ]
    if engine == POSTGRESQL:
        found += [
            Scenario(name="kinds", files=(*files[:2], make_kinds(engine))),
            Scenario(name="online", files=(*files[:2], make_online_steps(engine))),
            Scenario(
                name="unlocked",
                files=(
                    *map(_with_unlocking, files[:2]),
                    *map(_with_unlocking, none[2:]),
                    _with_unlocking(make_repeatable(engine), after=1),
                ),
                gives_up_lock=True,
            ),
        ]
    return {each.name: each for each in found}


def select_scenarios(
    engine: Engine, names: Collection[str] | None
) -> dict[str, Scenario]:
    """Return the scenarios of these names; all of them without names."""
    known = make_scenarios(engine)
    if unknown := sorted(set(names or ()) - set(known)):
        raise SystemExit(
            f"No scenario is called {unknown[0]}; there are {', '.join(known)}."
        )
    return {name: known[name] for name in known if not names or name in names}


def _with_unlocking(file: File, *, after: int = 0) -> File:
    """Return the file with a statement that ends all advisory locks, after so many others
    or in its midst."""
    place = after or len(file.steps) // 2
    unlock = Step(sql="SELECT pg_advisory_unlock_all()")
    return replace(file, steps=(*file.steps[:place], unlock, *file.steps[place:]))


def _with_head(file: File, head: str) -> File:
    return File(name=file.name, steps=file.steps, head=head)
