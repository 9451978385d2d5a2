"""A signal ends the program with its own exit code, whatever it interrupts, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")

ASKED = [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]

START = """
import os, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

class Gone:
    def __del__(self):
        os.kill(os.getpid(), NUMBER)
        for _ in range(1000):
            pass

def lost():
    Gone()
"""


def ran(tmp_path: Path, number: int, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script that knows a signal's number, and how to raise it where exceptions are lost."""
    script = tmp_path / "script.py"
    script.write_text(f"NUMBER = {int(number)}\n{START}\n{code}", encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=False, timeout=300
    )


IN_A_DESTRUCTOR = """
import flopcalc.cli.spec_options as options
whole = options.analyze_spec
def analysed(*given, **named):
    lost()
    AFTERWARDS
    return whole(*given, **named)
options.analyze_spec = analysed
from flopcalc.cli import main
main()
"""


@pytest.mark.parametrize("number", ASKED)
def test_an_interrupt_that_a_destructor_swallows_decides_the_exit_code(tmp_path: Path, number: signal.Signals) -> None:
    found = ran(tmp_path, number, IN_A_DESTRUCTOR.replace("AFTERWARDS", "pass"), "mobilenet_v1")
    assert found.returncode == 128 + number
    assert found.stderr.strip() == "interrupted"


@pytest.mark.parametrize("number", ASKED)
def test_an_interrupt_that_a_destructor_swallows_ends_the_work_all_the_same(
    tmp_path: Path, number: signal.Signals
) -> None:
    code = IN_A_DESTRUCTOR.replace("AFTERWARDS", "while True: time.sleep(0.01)")
    found = ran(tmp_path, number, code, "mobilenet_v1", "--output", str(tmp_path / "out"))
    assert found.returncode == 128 + number
    assert (found.stdout, found.stderr.strip()) == ("", "interrupted")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", ASKED)
def test_an_interrupt_amid_code_that_is_made_on_the_way_keeps_its_exit_code(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Where KeyboardInterrupt itself leaves ``exec``, Python ends by SIGINT in the end."""
    code = (
        "import flopcalc.cli.spec_options as options\n"
        "def analysed(*given, **named):\n"
        "    exec('os.kill(os.getpid(), NUMBER); time.sleep(60)')\n"
        "options.analyze_spec = analysed\nfrom flopcalc.cli import main\nmain()\n"
    )
    found = ran(tmp_path, number, code, "mobilenet_v1")
    assert (found.returncode, found.stderr.strip()) == (128 + number, "interrupted")


def test_an_interrupt_after_the_work_is_no_traceback(tmp_path: Path) -> None:
    code = "import atexit; atexit.register(lost)\nfrom flopcalc.cli import main\nmain()\n"
    found = ran(tmp_path, signal.SIGINT, code, "mobilenet_v1", "--format", "csv")
    assert found.returncode == -signal.SIGINT
    assert found.stdout.startswith("path,")
    assert found.stderr == ""


@pytest.mark.parametrize("number", ASKED)
def test_a_second_signal_does_not_disturb_what_the_first_one_cleans_up(tmp_path: Path, number: signal.Signals) -> None:
    code = (
        "from flopcalc.cli.output import whole_file\nimport flopcalc.cli.app as app\n"
        "def command(*given, **named):\n"
        "    with whole_file(sys.argv[1]) as file:\n"
        "        try:\n"
        "            os.kill(os.getpid(), NUMBER)\n"
        "            time.sleep(60)\n"
        "        finally:\n"
        "            os.kill(os.getpid(), NUMBER)\n"
        "            print('cleaned', flush=True)\n"
        "app.program.main = command\nfrom flopcalc.cli import main\nmain()\n"
    )
    found = ran(tmp_path, number, code, str(tmp_path / "out"))
    assert found.returncode == 128 + number
    assert (found.stdout, found.stderr) == ("cleaned\n", "interrupted\n")
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_a_signal_that_the_caller_wants_ignored_is_ignored(tmp_path: Path) -> None:
    """``nohup`` is such a caller."""
    code = IN_A_DESTRUCTOR.replace("AFTERWARDS", "pass")
    code = "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + code
    found = ran(tmp_path, signal.SIGHUP, code, "mobilenet_v1", "--format", "csv")
    assert (found.returncode, found.stderr) == (0, "")


def test_a_caller_in_python_gets_its_handlers_back(run: Any) -> None:
    numbers = [*ASKED, signal.SIGALRM]
    before, hook = [signal.getsignal(number) for number in numbers], sys.unraisablehook
    assert run("mobilenet_v1").code == 0
    assert ([signal.getsignal(number) for number in numbers], sys.unraisablehook) == (before, hook)


# -- what a process leaves that is killed ----------------------------------------------------------------------------

SWEPT = ("sweep", "mobilenet_v2", "--alpha", "0.35:1.4:0.0001", "--rho", "0.5:1:0.0001")


def children(number: int) -> list[int]:
    """Return the processes below one."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    below = [int(pid) for pid, parent, _ in rows if int(parent) == number]
    return [*below, *(pid for child in below for pid in children(child))]


def alive(number: int) -> bool:
    """Tell whether a process runs still; a zombie does not."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
    return listed.stdout.strip() not in ("", "Z") and not listed.stdout.startswith("Z")


def wait_for(condition: Any) -> None:
    """Wait for what is to come, however slow the machine is."""
    until = time.monotonic() + 300
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flopcalc", *SWEPT, "--workers", "2", "--output", str(tmp_path / "rows.csv")]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: len(children(process.pid)) >= 3)  # two workers, and Python's resource tracker
        time.sleep(0.5)
        below = children(process.pid)
        process.kill()
    assert len(below) >= 3
    wait_for(lambda: not any(map(alive, below)))
    assert not [number for number in below if alive(number)]


def test_a_terminal_that_closes_ends_all_processes_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flopcalc", *SWEPT, "--workers", "2", "--output", str(tmp_path / "rows.csv")]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    pipes["env"] = {**os.environ, "COLUMNS": "1000"}
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:
        wait_for(lambda: len(children(process.pid)) >= 3)
        time.sleep(0.5)
        below = children(process.pid)
        os.killpg(process.pid, signal.SIGHUP)
        said = process.communicate(timeout=300)[1]
    assert process.returncode == 128 + signal.SIGHUP
    assert said.startswith("interrupted after ")
    assert said.count("\n") == 1
    wait_for(lambda: not any(map(alive, below)))
    assert not [number for number in below if alive(number)]
    assert list(tmp_path.iterdir()) == []
