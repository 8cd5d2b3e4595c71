"""The option ``--shard``: which part of a list of targets a process works on.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.errors import WrongUsage
from schema_migrations.workflows.targets.shards import Shard

if TYPE_CHECKING:
    from collections.abc import Mapping

FROM_ENVIRONMENT = "auto"

KUBERNETES_INDEX = "JOB_COMPLETION_INDEX"
"""0-based; no variable has the number of completions.
https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/
https://github.com/kubernetes/kubernetes/issues/106009"""

GITLAB_INDEX, GITLAB_COUNT = "CI_NODE_INDEX", "CI_NODE_TOTAL"
"""1-based, and set only in a job with ``parallel``.
https://docs.gitlab.com/ci/variables/predefined_variables/"""


def choose_shard(text: str, environment: Mapping[str, str]) -> Shard:
    """Return the shard ``K/N``, or the one that the environment names for ``auto`` or
    ``auto/N``; raise ``WrongUsage``."""
    number, slash, count = text.partition("/")
    if number == FROM_ENVIRONMENT:
        return _find_shard(text, count if slash else "", environment)
    return _make_shard(text, number, count)


def _find_shard(text: str, count: str, environment: Mapping[str, str]) -> Shard:
    kubernetes = environment.get(KUBERNETES_INDEX, "")
    gitlab, total = (environment.get(name, "") for name in (GITLAB_INDEX, GITLAB_COUNT))
    if kubernetes and gitlab:
        raise WrongUsage(
            problem=f"--shard {text}: both {KUBERNETES_INDEX} and {GITLAB_INDEX} are set.",
            advice="Say which part this is: --shard K/N.",
        )
    if gitlab:
        if count and count != total:
            raise WrongUsage(
                problem=f"--shard {text}, but {GITLAB_COUNT} is {total!r}.",
                advice=f"Write --shard {FROM_ENVIRONMENT}.",
            )
        found = f"{GITLAB_INDEX}/{GITLAB_COUNT} is {gitlab}/{total}"
        return _make_shard(f"{text} ({found})", gitlab, total)
    if not kubernetes:
        raise WrongUsage(
            problem=f"--shard {text}: neither {KUBERNETES_INDEX} nor {GITLAB_INDEX} is set.",
            advice="Say which part this is: --shard K/N.",
        )
    if not count:
        raise WrongUsage(
            problem=f"--shard {text}: {KUBERNETES_INDEX} says which part this is, but"
            " nothing says how many there are.",
            advice=f"Write --shard {FROM_ENVIRONMENT}/N, with the completions of the Job.",
        )
    if not _is_number(kubernetes):
        raise WrongUsage(
            problem=f"--shard {text}: {KUBERNETES_INDEX} is {kubernetes!r}.",
            advice="It must be a number from 0 on.",
        )
    number = str(int(kubernetes) + 1)
    return _make_shard(f"{text} ({KUBERNETES_INDEX} is {kubernetes})", number, count)


def _make_shard(text: str, number: str, count: str) -> Shard:
    if _is_number(number) and _is_number(count) and 1 <= int(number) <= int(count):
        return Shard(number=int(number), count=int(count))
    raise WrongUsage(
        problem=f"--shard {text} is no part of a whole.",
        advice="K/N is part K of N, from 1/N to N/N.",
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
