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
from types import ModuleType
from typing import Any

import kubernetes_validate
import psycopg
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
KUBERNETES = [
    title
    for title, text in BLOCKS.items()
    if "apiVersion:" in text and "argoproj.io/" not in text
]
PUBLISHED = {
    "Docker Compose": "compose-spec",
    "GitHub Actions": "github-workflows",
    "GitHub Actions: a matrix": "github-workflows",
    "GitLab CI": "gitlab-ci",
    "GitLab CI: parallel": "gitlab-ci",
}
SHARD = re.compile(
    r"\$\{\{ matrix\.shard \}\}|\{\{inputs\.parameters\.shard\}\}|\{number\}|\$CI_NODE_INDEX"
)
"""How a recipe writes the number of a shard, or the shard."""
COMMANDS = sorted(
    {
        tuple(re.findall(r"[^\s\",\]]+", line.partition("manage.py")[2]))
        for line in SHARD.sub("SHARD", "\n".join(BLOCKS.values())).splitlines()
        if "manage.py" in line
    }
)
SHARDS = (1, 2, 3, 4)
OF_MANY = [each for each in COMMANDS if {"--targets", "--merge"} & {*each}]


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
    action = "FailIndex" if "completionMode" in job["spec"] else "FailJob"
    (final,) = [rule for rule in rules if rule["action"] == action]
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

    waits, *others = (each for each in COMMANDS if each not in OF_MANY)
    assert "--check" in waits
    assert run(waits) == (1, "")  # nothing is applied yet
    assert {each: run(each) for each in others} == dict.fromkeys(others, (0, ""))
    assert run(waits) == (0, "")


def test_every_command_on_many_works(shop: tuple[Project, str]) -> None:
    """Each shard applies its own, and the reports of the shards merge."""
    project, url = shop
    (project.base / "tenants.txt").write_text("one\ntwo\nthree\n")
    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("one", "two", "three"):
            connection.execute(f"CREATE SCHEMA {name}")

    def run(command: tuple[str, ...], number: int) -> tuple[int, str]:
        words = [_place_word(word, number, project.base) for word in command]
        environment = {"CI_NODE_INDEX": "", "JOB_COMPLETION_INDEX": ""}
        if "auto" in words:
            environment |= {"CI_NODE_INDEX": str(number), "CI_NODE_TOTAL": "4"}
        elif any(word.startswith("auto/") for word in words):
            environment |= {"JOB_COMPLETION_INDEX": str(number - 1)}
        if words[-1].endswith("*.json"):
            words[-1:] = map(str, sorted(project.base.glob("report-*.json")))
        done = project.manage(*words, SCHEMA_MIGRATIONS_URL=url, **environment)
        return done.code, done.err

    applies = [each for each in OF_MANY if each[0] == "schemaapply"]
    merges = [each for each in OF_MANY if "--merge" in each]
    looks = [each for each in OF_MANY if each not in (*applies, *merges)]
    assert (len(applies), len(looks), len(merges)) == (5, 3, 1)
    for command in (*applies, *looks):
        for number in SHARDS if "--shard" in command else (1,):
            assert run(command, number) == (0, ""), command
    for command in merges:
        assert run(command, 1) == (0, "")


def _place_word(word: str, number: int, folder: Path) -> str:
    """Return a word of a command as a machine would have it that works on a shard."""
    if word in ("SHARD", "SHARD/{SHARDS}"):
        return f"{number}/{len(SHARDS)}"
    if word.endswith((".txt", ".json")):
        word = str(folder / Path(word).name)
    return word.replace("SHARD", str(number))


def test_argo_names_its_own_templates() -> None:
    workflow = yaml.safe_load(BLOCKS["Argo Workflows"])["spec"]
    templates = {each["name"]: each for each in workflow["templates"]}
    steps = [step for (step,) in templates[workflow["entrypoint"]]["steps"]]
    assert [step["template"] for step in steps] == ["apply", "report"]
    sequence = steps[0]["withSequence"]
    (argument,) = steps[0]["arguments"]["parameters"]
    assert argument["value"] == f"{{{{item}}}}/{sequence['end']}"
    assert sequence["start"] == "1"
    assert [argument["name"]] == [
        each["name"] for each in templates["apply"]["inputs"]["parameters"]
    ]


def test_a_pod_of_the_job_knows_how_many_there_are() -> None:
    job = yaml.safe_load(BLOCKS["Kubernetes: an Indexed Job"])["spec"]
    (container,) = job["template"]["spec"]["containers"]
    shard = container["command"][container["command"].index("--shard") + 1]
    assert shard == f"auto/{job['completions']}"


@pytest.mark.slow("processes")
def test_celery_runs_every_shard(
    shop: tuple[Project, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what the recipe uses of Celery, which need not be installed."""
    project, url = shop
    run = "from django.core.management import execute_from_command_line as run"
    project.write("manage.py", f"import sys\n{run}\nrun(sys.argv)\n")
    (project.base / "tenants.txt").write_text("one\ntwo\n")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA one")
    celery: Any = ModuleType("celery")
    celery.shared_task = lambda **options: lambda function: function
    celery.group = list
    monkeypatch.setitem(sys.modules, "celery", celery)
    monkeypatch.chdir(project.base)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "settings")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("SCHEMA_MIGRATIONS_URL", url)
    recipe: dict[str, Any] = {}
    exec(BLOCKS["Celery"], recipe)  # the page is ours
    recipe["SHARDS"] = 1
    with pytest.raises(RuntimeError, match="There is no schema 'two'"):
        recipe["apply_to_shard"](None, 1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA two")
    recipe["apply_to_shard"](None, 1)
    done = project.manage(
        "schemastatus",
        "--check",
        "--targets",
        f"{project.base}/tenants.txt",
        SCHEMA_MIGRATIONS_URL=url,
    )
    assert done.code == 0


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
