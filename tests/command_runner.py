"""A process that has imported all of flopcalc and forks one for each command, so that none pays for the imports again.

A forked command has a pipe, a folder, an environment and caches of its own, as one that is started has. It reads lines
of JSON, ``{"folder": …, "commands": […]}``, and answers each with a line: what the commands printed.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from pkgutil import walk_packages

import flopcalc
from flopcalc.cli import main

_QUOTED = re.compile(r"'[^']*'")
_PLAIN = re.compile(r"[\w \"=.,:/^%@+²³√×·–∞α-ωΑ-Ω-]*")
"""What a shell only splits into words: outside of single quotes, no operator, variable, pattern or backslash."""

SECONDS = 600
"""After which a command that has not ended is ended."""


class Runner:
    """The process, as who asks it sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, folder: str, commands: Sequence[str]) -> list[str]:
        """Run commands in a folder, one after the other, and return what each wrote on both of its streams."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"folder": folder, "commands": commands}) + "\n")
        self._process.stdin.flush()
        outputs: list[str] = json.loads(self._process.stdout.readline())
        return outputs


@contextmanager
def command_runner(environment: Mapping[str, str]) -> Iterator[Runner]:
    """Start the process with the environment that its commands are to have, and end it with the block."""
    with subprocess.Popen(
        [sys.executable, __file__],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        yield Runner(process)


def arguments_of(command: str) -> list[str] | None:
    """Return the arguments of a command of flopcalc alone; None where a shell has more to do than split words."""
    if not _PLAIN.fullmatch(_QUOTED.sub("", command)):
        return None
    program, *arguments = shlex.split(command)
    return arguments if program == "flopcalc" else None


def output_of(command: str) -> str:
    """Run a command, its first program as a fork where that is flopcalc, and what else there is by a shell."""
    first, _, rest = command.partition(" | ")
    arguments = arguments_of(first)
    nothing = os.open(os.devnull, os.O_RDONLY)
    reading, writing = os.pipe()
    if arguments is None:
        children = [_started(partial(_shell, command), nothing, writing, writing)]
    elif not rest:
        children = [_started(partial(_flopcalc, arguments), nothing, writing, writing)]
    else:
        end, start = os.pipe()
        children = [_started(partial(_flopcalc, arguments), nothing, start, writing)]
        os.close(start)
        children.append(_started(partial(_shell, rest), end, writing, writing))
        os.close(end)
    os.close(nothing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        output = pipe.read()
    for child in children:
        os.waitpid(child, 0)
    return output.decode("utf-8")


def _started(program: Callable[[], object], *streams: int) -> int:
    """Run a program in a process with these three streams and no other file, and return the process's number."""
    child = os.fork()
    if child:
        return child
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(len(streams), 256)
        signal.alarm(SECONDS)
        program()
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(0)


def _shell(command: str) -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvp("bash", ["bash", "-c", command])


def _flopcalc(arguments: Sequence[str]) -> None:
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)  # those of before know what other files could do
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.argv = ["flopcalc", *arguments]
    with suppress(SystemExit):
        main()
    sys.stdout.flush()


def serve() -> None:
    for module in walk_packages(flopcalc.__path__, "flopcalc."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    for line in sys.stdin:
        asked = json.loads(line)
        os.chdir(asked["folder"])
        print(json.dumps([output_of(command) for command in asked["commands"]]), flush=True)


if __name__ == "__main__":
    serve()
