"""The command line: the only user of click; turns errors into messages and exit codes, and holds no arithmetic."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from flopcalc.cli.interrupts import interrupts

__all__ = ["main"]

_OBJECTS = 100_000
"""After how many new objects cycles among them are looked for: a start makes as many, which all stay."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the program and leave with its exit code.

    0 done; 1 refuted, or a budget missed; 2 the input is wrong; 3 undecided; 70 a fault of the program's own; 128 and
    the signal's number where one ended it, 130 for Ctrl-C.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    if argv is None:
        gc.set_threshold(_OBJECTS)
    with interrupts(last=argv is None) as met:
        try:
            from flopcalc.cli.app import run  # takes its time, in which the user may have enough

            code = run(arguments, met)
        except BaseException:
            if not met.number:
                raise
            met.over = True  # amid the import, which makes an error of its own of it
            code = met.exit_code
            with suppress(OSError):
                sys.stderr.write("interrupted\n")
    sys.exit(code)
