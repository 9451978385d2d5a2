"""Who waits at a terminal sees what is being done, and nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs terminals that a program can make")

SLOW = """
import sys, threading
import flopcalc.cli.waiting as waiting
shown = threading.Event()
written = waiting._Spinner._write
def told(self, text):
    written(self, text)
    shown.set()
waiting._Spinner._write = told

import MODULE as module
whole = module.NAME
def worked(*given, **named):
    assert shown.wait(SECONDS) is EXPECTED
    AFTERWARDS
    return whole(*given, **named)
module.NAME = worked
from flopcalc.cli import main
main()
"""

GONE = "\r" + " " * len("⠋ analysing^C") + "\r"

Slow = Callable[..., tuple[int, str, str]]


@pytest.fixture
def slow(tmp_path: Path) -> Slow:
    """Return what runs a command that waits amid its work, with a terminal for the standard error unless it is told.

    It waits until something is shown, or for longer than it takes; it returns the exit code, and what was written.
    """

    def run(
        *arguments: str,
        of: str = "flopcalc.cli.spec_options.analyze_spec",
        afterwards: str = "pass",
        terminal: bool = True,
        shown: bool = True,
        **variables: str,
    ) -> tuple[int, str, str]:
        import pty

        script = tmp_path / "script.py"
        module, _, name = of.rpartition(".")
        code = SLOW.replace("MODULE", module).replace("NAME", name)
        code = code.replace("AFTERWARDS", afterwards).replace("EXPECTED", str(shown))
        script.write_text(code.replace("SECONDS", "60" if shown else "1"), encoding="utf-8")
        ours, theirs = pty.openpty() if terminal else os.pipe()
        environment = {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **variables}
        with subprocess.Popen(
            [sys.executable, str(script), *arguments], stdout=subprocess.PIPE, stderr=theirs, env=environment
        ) as process:
            os.close(theirs)
            assert process.stdout is not None
            pieces = []
            with suppress(OSError):  # how a terminal says that it is closed
                while piece := os.read(ours, 4096):
                    pieces.append(piece)
            os.close(ours)
            out = process.stdout.read().decode("utf-8")
        return process.returncode, out, b"".join(pieces).decode("utf-8")

    return run


def test_a_terminal_says_what_is_being_done_and_nothing_of_it_stays(slow: Slow) -> None:
    code, out, err = slow("conv", "--format", "csv", "--K", "3", "--C", "1", "--O", "1", "--H", "9", "--W", "9")
    assert code == 0
    assert err.startswith("\r⠋ analysing")
    assert err.endswith(GONE)
    assert "\n" not in err
    assert out.startswith("path,")


def test_it_is_gone_before_an_error_is_said(slow: Slow) -> None:
    code, out, err = slow("conv", afterwards="raise module.ParameterError(module.Problem('no such thing'))")
    assert (code, out) == (2, "")
    spinner, gone, said = err.rpartition(GONE)
    assert spinner.startswith("\r⠋ analysing")
    assert gone
    assert "no such thing" in said
    assert "analysing" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_is_gone_before_an_interrupt_is_said(slow: Slow, number: signal.Signals) -> None:
    heard = "signal.signal(signal.SIGINT, signal.default_int_handler)"  # a shell in the background ignores it
    interrupted = f"import os, signal, time; {heard}; os.kill(os.getpid(), {int(number)}); time.sleep(60)"
    code, out, err = slow("conv", afterwards=interrupted)
    assert (code, out) == (128 + number, "")
    assert err.rpartition(GONE)[2].split() == ["interrupted"]


def test_a_terminal_without_such_characters_has_others(slow: Slow) -> None:
    code, _, err = slow("conv", PYTHONIOENCODING="ascii")
    assert code == 0
    assert err.startswith("\r| analysing")


@pytest.mark.parametrize(
    ("terminal", "kind"), [(False, "xterm"), (True, "dumb")], ids=["a pipe", "a terminal that cannot go back"]
)
def test_where_it_could_not_be_taken_away_nothing_is_shown(slow: Slow, terminal: bool, kind: str) -> None:
    code, out, err = slow("conv", terminal=terminal, shown=False, TERM=kind)
    assert (code, err) == (0, "")
    assert out


def test_a_sweep_has_its_own_sign_alone(slow: Slow) -> None:
    code, out, err = slow("sweep", "mobilenet_v1", "--alpha", "0.5,1", of="flopcalc.cli.sweep.read_grid", shown=False)
    assert (code, err) == (0, "")
    assert out
