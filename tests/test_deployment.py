"""The recipes of ``docs/deployment.md``, and the hooks for pre-commit.

Each block is a whole file.  Where its platform publishes a schema it must fit, and every
``manage.py`` command in it must do its work, as a process, on a real server.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.fixtures.commands import REPOSITORY
from tests.fixtures.project import Project
from tests.fixtures.skips import skip_missing

PAGE = REPOSITORY / "docs/deployment.md"
BLOCKS: dict[str, str] = dict(
    re.findall(
        r"^## ([^\n]+)\n(?:(?!^## ).)*?^```\w+\n(.*?)^```$",
        PAGE.read_text(),
        flags=re.MULTILINE | re.DOTALL,
    )
)
KUBERNETES = [title for title, text in BLOCKS.items() if "apiVersion:" in text]
PUBLISHED = {
    "Docker Compose": "compose-spec",
    "GitHub Actions": "github-workflows",
    "GitLab CI": "gitlab-ci",
}
COMMANDS = sorted(
    {
        tuple(re.findall(r"[^\s\",\]]+", line.partition("manage.py")[2]))
        for line in "\n".join(BLOCKS.values()).splitlines()
        if "manage.py" in line
    }
)


def test_every_section_is_one_file() -> None:
    assert list(BLOCKS) == re.findall(r"^## (.*)$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize("title", KUBERNETES)
def test_kubernetes_takes_it(title: str) -> None:
    text = re.sub(r"{{.*?}}", "rendered", BLOCKS[title])
    kubernetes_validate.validate(yaml.safe_load(text), "1.31", strict=True)


@pytest.mark.parametrize("title", KUBERNETES)
def test_a_job_tries_again_only_where_that_helps(title: str) -> None:
    """The exit codes are those of the contract."""
    job = yaml.safe_load(re.sub(r"{{.*?}}", "rendered", BLOCKS[title]))
    if job["kind"] != "Job":
        return
    rules = job["spec"]["podFailurePolicy"]["rules"]
    (final,) = [rule for rule in rules if rule["action"] == "FailJob"]
    table = (REPOSITORY / "docs/reference/commands.md").read_text()
    again = re.findall(r"^\| (\d) \|.*\| retry \|$", table, re.MULTILINE)
    codes = re.findall(r"^\| ([1-9]) \|", table, re.MULTILINE)
    assert [str(c) for c in final["onExitCodes"]["values"]] == [
        code for code in codes if code not in again
    ]


@pytest.mark.parametrize("title", PUBLISHED)
@pytest.mark.slow("processes")
def test_the_platform_takes_it(title: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(BLOCKS[title])
    program = Path(sys.executable).with_name("check-jsonschema")
    schema = f"vendor.{PUBLISHED[title]}"
    _succeeds([program, "--builtin-schema", schema, path])


def test_other_recipes_can_be_read() -> None:
    fly = tomllib.loads(BLOCKS["Fly.io"])
    (service,) = yaml.safe_load(BLOCKS["Render"])["services"]
    heroku = dict(line.split(": ", 1) for line in BLOCKS["Heroku"].splitlines())
    assert (
        heroku["release"]
        == fly["deploy"]["release_command"]
        == service["preDeployCommand"]
    )


@pytest.mark.slow("processes")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze") or skip_missing("systemd-analyze")
    unit = tmp_path / "shop-schemaapply.service"
    # The user and the program are not on this machine.
    text = BLOCKS["systemd"].replace("User=shop\n", "")
    text = text.replace("/srv/shop/.venv/bin/python", sys.executable)
    unit.write_text(text.replace("/srv/shop", str(tmp_path)))
    done = _succeeds([program, "verify", "--man=no", unit])
    assert unit.name not in done.stderr


@pytest.fixture
def shop(
    on_postgres: Callable[..., Project], pg_database: dict[str, Any]
) -> tuple[Project, str]:
    """A project with its first file, and the URL of an empty database."""
    made = on_postgres()
    assert made.manage("schemadiff", "initial", "--dev", _url(pg_database)).code == 0
    return made, _url(pg_database)


def test_every_command_works(shop: tuple[Project, str]) -> None:
    project, url = shop

    def run(command: tuple[str, ...]) -> tuple[int, str]:
        words = [url if word.startswith("postgres:") else word for word in command]
        done = project.manage(*words, SCHEMA_MIGRATIONS_URL=url)
        return done.code, done.err

    waits, *others = COMMANDS
    assert "--check" in waits
    assert run(waits) == (1, "")  # nothing is applied yet
    assert {each: run(each) for each in others} == dict.fromkeys(others, (0, ""))
    assert run(waits) == (0, "")


def test_pre_commit_runs_the_hooks(project: Project, tmp_path: Path) -> None:
    """As in a project: with a file that is missing, an edited one, and without."""
    folder = project.base
    run = "from django.core.management import execute_from_command_line as run"
    project.write("manage.py", f"import sys\n{run}\nrun(sys.argv)\n")
    _succeeds(["git", "init", "--quiet", folder])
    _succeeds(["git", "-C", folder, "add", "."])
    # This folder need not be a clone: pre-commit asks a repository for its hooks.
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(REPOSITORY / ".pre-commit-hooks.yaml", hooks)
    author = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    _succeeds(["git", "init", "--quiet", hooks])
    _succeeds(["git", "-C", hooks, "add", "."])
    _succeeds(["git", "-C", hooks, *author, "commit", "--quiet", "--message=hooks"])

    def hook(name: str, stage: str) -> tuple[int, str]:
        options = ["--all-files", "--hook-stage", stage, "--color", "never"]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pre_commit",
                "try-repo",
                hooks,
                name,
                *options,
            ],
            cwd=folder,
            env=_environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    code, said = hook("schemadiff-check", "pre-push")
    assert code == 1, said
    assert "+ table shop_order" in said
    assert project.manage("schemadiff", "initial").code == 0
    _succeeds(["git", "-C", folder, "add", "."])
    assert hook("schemadiff-check", "pre-push")[0] == 0
    assert hook("schemahash-check", "pre-commit")[0] == 0
    (file,) = project.files
    file.write_text(file.read_text() + "-- edited\n")
    code, said = hook("schemahash-check", "pre-commit")
    assert code == 1, said
    assert f"{file.name} was edited" in said


def test_the_page_names_the_hooks_there_are() -> None:
    hooks = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    (repo,) = yaml.safe_load(BLOCKS["pre-commit"])["repos"]
    assert [hook["id"] for hook in repo["hooks"]] == [hook["id"] for hook in hooks]


def _environment(home: Path) -> dict[str, str]:
    """Return an environment in which ``python`` is this one, and ``git`` nobody's."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "settings",
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
    }


def _succeeds(words: list[Any]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        list(map(str, words)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def _url(settings: dict[str, Any]) -> str:
    host = str(settings["HOST"]).replace("/", "%2F")
    return f"postgres://{settings['USER']}@/{settings['NAME']}?host={host}&port={settings['PORT']}"
