"""Every engine has every part, and a part is imported when it is used."""

from __future__ import annotations

import subprocess
import sys
from functools import cached_property

import pytest

from schema_migrations.engines.engine import Engine
from schema_migrations.engines.registry import ENGINE_PACKAGES, engine_for

PARTS = [
    name for name, value in vars(Engine).items() if isinstance(value, cached_property)
]


@pytest.mark.parametrize("vendor", ENGINE_PACKAGES)
@pytest.mark.parametrize("part", PARTS)
def test_an_engine_has_each_part(vendor: str, part: str) -> None:
    assert type(getattr(engine_for(vendor), part)).__name__.lower() == part.replace(
        "_", ""
    )


@pytest.mark.slow("processes")
@pytest.mark.parametrize("vendor", ENGINE_PACKAGES)
def test_a_part_is_imported_when_it_is_used(vendor: str) -> None:
    script = (
        "import sys\n"
        "from schema_migrations.engines.registry import engine_for\n"
        f"engine = engine_for({vendor!r})\n"
        "package = f'.engines.{engine.vendor}'\n"
        "assert not [name for name in sys.modules if package in name]\n"
        "engine.dialect\n"
        "loaded = {name.rpartition('.')[2] for name in sys.modules if '.engines.' in name}\n"
        "assert 'dialect' in loaded and not loaded & {'planner', 'reader', 'executor'}\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
