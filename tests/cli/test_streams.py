"""The program as a process: terminals of every width, pipes that close, disks that are full, narrow encodings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

PROGRAM = [sys.executable, "-m", "flopcalc"]
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")

posix = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


def environment(**changes: str) -> dict[str, str]:
    """Return an environment in which nothing but `changes` speaks of screens."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    return {**kept, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **changes}


def piped(*arguments: str, **changes: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program into a pipe."""
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, env=environment(**changes), check=False)


def shell(command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a shell's command in which $F is the program."""
    program = " ".join(f"'{part}'" for part in PROGRAM)
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.replace("$F", program)],
        capture_output=True,
        text=True,
        env=environment(**changes),
        check=False,
    )


def on_terminal(columns: int, *arguments: str, **changes: str) -> tuple[int, str]:
    """Run the program on a pseudo-terminal; return its exit code and what the terminal received and did not lose."""
    import fcntl
    import pty
    import struct
    import termios

    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [*PROGRAM, *arguments], stdin=terminal, stdout=terminal, stderr=terminal, env=environment(**changes)
    )
    os.close(terminal)
    received = bytearray()
    while True:
        try:
            piece = os.read(controller, 65536)
        except OSError:  # Linux says so that the other end is closed
            break
        if not piece:
            break
        received += piece
    os.close(controller)
    text = received.decode("utf-8").replace("\r\n", "\n")
    return process.wait(), re.sub(r".*\r", "", text)  # what is written over, of a spinner


# -- terminals -------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_terminal_gets_colours_and_lines_of_its_width(columns: int) -> None:
    code, text = on_terminal(columns, "mobilenet_v1")
    assert code == 0
    assert ESCAPE.search(text)
    widths = [cell_len(line) for line in ESCAPE.sub("", text).splitlines()]
    assert {40: 30, 80: 70, 200: 132}[columns] < max(widths) <= columns


@posix
@pytest.mark.parametrize("changes", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colours_gets_none(changes: dict[str, str]) -> None:
    code, text = on_terminal(80, "separable_conv", **changes)
    assert code == 0
    assert "\x1b" not in text
    assert "K²C" in text


@posix
def test_a_terminal_shows_a_message_and_no_traceback() -> None:
    code, text = on_terminal(80, "mobilnet_v1")
    assert code == 2
    assert "did you mean `mobilenet_v1`" in text
    assert "Traceback" not in text


# -- pipes -----------------------------------------------------------------------------------------------------------


def test_a_pipe_gets_plain_text() -> None:
    ran = piped("separable_conv")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"\x1b" not in ran.stdout
    assert max(cell_len(line) for line in ran.stdout.decode("utf-8").splitlines()) <= 120


@posix
@pytest.mark.parametrize("arguments", ["resnet152", "resnet152 --format json", "resnet152 --format csv", "list"])
def test_a_pipe_may_close_early(arguments: str) -> None:
    ran = shell(f"$F {arguments} | head -1")
    assert ran.stderr == ""
    assert len(ran.stdout.splitlines()) == 1
    assert ran.returncode == 0


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", ["mobilenet_v1", "resnet152 --format json", "list", "--help", "schema"])
def test_a_full_disk_is_an_error(arguments: str) -> None:
    ran = shell(f"$F {arguments} >/dev/full")
    assert ran.returncode == 2
    assert "No space left on device" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


@posix
def test_a_closed_output_is_an_error_and_closed_others_are_not() -> None:
    ran = shell("$F mobilenet_v1 >&-")
    assert ran.returncode == 2
    assert "the standard output is closed" in ran.stderr
    assert shell("$F mobilenet_v1 <&-").returncode == 0
    assert shell("$F mobilenet_v1 2>&-").returncode == 0
    assert shell("$F mobilnet_v1 2>&-").returncode == 2


@posix
def test_a_file_is_written_where_the_output_is_closed(tmp_path: Path) -> None:
    assert shell(f"$F mobilenet_v1 --output '{tmp_path / 'out'}' >&-").returncode == 0
    assert (tmp_path / "out").read_text(encoding="utf-8").startswith("MobileNetV1")


@posix
def test_the_standard_output_may_be_appended_to(tmp_path: Path) -> None:
    target = tmp_path / "log"
    target.write_text("first\n", encoding="utf-8")
    assert shell(f"$F separable_conv --output /dev/stdout >> '{target}'").returncode == 0
    assert target.read_text(encoding="utf-8").startswith("first\nDepthwise separable")


# -- encodings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", ["table", "json", "csv", "markdown", "latex"])
def test_an_output_of_ascii_alone_is_no_error(output_format: str, tmp_path: Path) -> None:
    spec = tmp_path / "naïve.yaml"
    spec.write_text(
        "title: Université 網路 α\nparameters: {alpha: {above: 0}}\ninput: [3, H, 8]\n"
        "layers:\n  - conv: {out: round(8 * alpha), kernel: 3}\n",
        encoding="utf-8",
    )
    ran = piped(str(spec), "--format", output_format, PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.isascii()


def test_json_says_the_same_in_ascii(tmp_path: Path) -> None:
    import json

    spec = tmp_path / "net.yaml"
    spec.write_text("title: Université 網路\ninput: [3, 8, 8]\nlayers: [relu]\n", encoding="utf-8")
    ran = piped(str(spec), "--format", "json", PYTHONIOENCODING="ascii")
    assert json.loads(ran.stdout)["title"] == "Université 網路"


@pytest.mark.parametrize("changes", [{"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "", "LC_ALL": "C"}])
def test_a_narrow_locale_is_no_error(changes: dict[str, str]) -> None:
    for arguments in (("separable_conv",), ("list",), ("mobilnet_v1",), ("--help",), ("mobilenet_v1", "--help")):
        ran = piped(*arguments, **changes)
        assert ran.returncode == (2 if arguments == ("mobilnet_v1",) else 0)
        assert b"Traceback" not in ran.stderr


@posix
def test_an_argument_that_is_no_text_is_no_traceback() -> None:
    ran = shell("$F $'\\xff\\xfe'")
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
