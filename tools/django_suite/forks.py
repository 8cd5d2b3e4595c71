"""Run tasks in processes that are forked from this one.

A fork begins with everything that was imported here, and what it does to Django's
registry has no effect here.  Invariant: each task has an answer, also when its process
dies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")

FORK = get_context("fork")


def fork_tasks(
    tasks: Iterable[Task], work: Callable[[Task], Answer], at_once: int
) -> Iterator[tuple[Task, Answer | None]]:
    """Run each task in a fork; yield the tasks with their answers as they come.

    The answer is None when the process died.
    """
    waiting = iter(tasks)
    running: dict[Connection, tuple[Task, ForkProcess]] = {}
    while True:
        while len(running) < at_once and (task := next(waiting, None)) is not None:
            running |= [_start_task(task, work)]
        if not running:
            return
        for answering in wait(list(running)):
            assert isinstance(answering, Connection)
            task, process = running.pop(answering)
            try:
                answer = answering.recv()
            except EOFError:
                answer = None
            answering.close()
            process.join()
            yield task, answer


def _start_task(
    task: Task, work: Callable[[Task], Answer]
) -> tuple[Connection, tuple[Task, ForkProcess]]:
    ours, its = FORK.Pipe(duplex=False)
    process = FORK.Process(target=lambda: its.send(work(task)))
    process.start()
    its.close()
    return ours, (task, process)
