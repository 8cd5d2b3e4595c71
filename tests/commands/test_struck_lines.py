"""A signal that comes before a command has begun, or at any line of Python around it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import load_command_class

from schema_migrations.management.commands._base import Options
from schema_migrations.management.commands._interruption import Terminated
from tests.fixtures.commands import REPOSITORY


@pytest.mark.parametrize("options", [(), ("--format", "json")])
@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("schemaapply", [], "Nothing was run."),
        ("schemaapply", ["3"], "Nothing was run."),
        ("schemadiff", [], "Nothing was written."),
        ("schemaset", ["1"], "Nothing was changed."),
    ],
)
def test_a_command_that_has_not_begun_says_so(
    name: str,
    arguments: list[str],
    said: str,
    options: tuple[str, ...],
    capfd: pytest.CaptureFixture[str],
) -> None:
    command = load_command_class("schema_migrations", name)

    # Which class it is, is known only when it runs.
    class Struck(type(command)):  # type: ignore[misc]
        def run(self, options: Options) -> int:
            raise Terminated

    with pytest.raises(SystemExit) as ended:
        Struck().run_from_argv(["manage.py", name, *arguments, *options])
    assert ended.value.code == 143
    err = capfd.readouterr().err
    assert ("Terminated." in err.splitlines()) is True
    assert (said in err) is not bool(options)
    assert "Traceback" not in err


MISSED = 70
"""The program's exit code where it did not come to the line."""

PROGRAM = r"""
import _weakrefset, contextlib, linecache, os, signal, sys, threading, time
from collections import Counter
from django.core.management.base import OutputWrapper
from schema_migrations.management.commands import _interruption

MISSED = 70
pause = 0
STRUCK = {each.__file__ for each in (_interruption, _weakrefset, contextlib, threading)}

def run_threads():
    for _ in range(2):
        thread = threading.Thread(target=int, daemon=True)
        thread.start()
        thread.join()
    del thread
    time.sleep(pause)  # what Python dropped comes again meanwhile

def run():
    _interruption.run_interruptible(
        run_threads, OutputWrapper(sys.stderr), lambda: "again"
    )

def run_traced(visit):
    visits = Counter()
    def trace(frame, event, argument):
        if frame.f_code.co_filename not in STRUCK:
            return None
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        # No signal is handled at a bare "try:", which is no instruction.
        if event == "line" and not line.strip().startswith("try:"):
            place = (os.path.basename(frame.f_code.co_filename), frame.f_lineno)
            visits[place] += 1
            visit(place, visits[place])
        return trace
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(None)

def strike(place, count):
    output, its_output = os.pipe()
    pid = os.fork()
    if pid:
        os.close(its_output)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status), os.read(output, 65536).decode()
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return "stuck", os.read(output, 65536).decode()
    os.dup2(its_output, 2)
    code = MISSED
    def visit(*found):
        nonlocal code
        global pause
        if found == (place, count):
            code, pause = 0, 10
            os.kill(os.getpid(), signal.SIGTERM)
    try:
        run_traced(visit)
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        os.write(2, repr(error).encode())
        code = 1
    finally:
        os._exit(code)

reached = []
run_traced(lambda place, count: reached.append((place, count)))
for place, count in reached:
    if count <= 3:
        print([*place, count, *strike(place, count)])
"""


@pytest.mark.slow("processes")
def test_it_is_terminated_and_never_stuck(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, program],
        cwd=REPOSITORY,
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = [ast.literal_eval(line) for line in done.stdout.splitlines()]
    # Not each time does a thread wait for another.
    struck = [each for each in found if each[3] != MISSED]
    said = "Terminated.\nNext     again\n"
    # Without the handler, which is set late and taken back early, Python ends at once.
    right = {(143, said), (-15, ""), (-15, said)}
    assert [each for each in struck if (each[3], each[4]) not in right] == []
    assert sum(each[3] == 143 for each in struck) > 60
    assert {each[0] for each in struck if each[3] == 143} == {
        f"{name}.py"
        for name in ("_interruption", "_weakrefset", "contextlib", "threading")
    }
