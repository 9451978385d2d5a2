"""Signals that ask the program to end: Ctrl-C, a polite kill, a terminal that is closed.

Each of them raises KeyboardInterrupt, so that what is under way is cleaned up. Python loses an exception that is raised
in a destructor or in a callback of the collector; the signal is on record here, is raised again, and decides the exit
code in any case.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING

from flopcalc.dataclass import dataclass

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

__all__ = ["INTERRUPTED", "Interrupts", "interrupts"]

INTERRUPTED = 130
"""The exit code of Ctrl-C; a command that returns it has said what it leaves undone."""


_ASKED = ("SIGINT", "SIGTERM", "SIGHUP")
"""The signals, where the system has them. SIGQUIT stays what ends a program at once."""

_PATIENCE = 1.0
"""Seconds after a signal in which another one raises nothing: the first is being obeyed."""

_AGAIN = 0.05
"""Seconds after which an interrupt that was lost is raised again."""


class _Asked(KeyboardInterrupt):
    """The program is asked to end.

    Not KeyboardInterrupt itself: where that passes through ``exec``, Python ends the process by SIGINT, whatever exit
    code it has.
    """


@dataclass
class Interrupts:
    """The first signal that came, and whether it is too late for another.

    Attributes
    ----------
    number : int
        0 where none came.
    """

    number: int = 0
    over: bool = False
    _last: float = 0

    @property
    def exit_code(self) -> int:
        """What a shell has for a program that a signal ended."""
        return 128 + (self.number or signal.SIGINT)

    def _received(self, number: int, frame: FrameType | None) -> None:
        early = self.number and monotonic() - self._last < _PATIENCE
        self.number = self.number or number
        if not early:
            self._last = monotonic()
            self._raise()

    def _missed(self, number: int, frame: FrameType | None) -> None:
        self._raise()

    def _raise(self) -> None:
        if not self.over:
            raise _Asked


@contextmanager
def interrupts(*, last: bool = False) -> Iterator[Interrupts]:
    """Take over the signals of this process, but those that its caller has ignored or a handler for.

    Parameters
    ----------
    last : bool
        Whether the process ends with the block. Then a later signal ends it without a word, unless one has already.
    """
    met = Interrupts()
    if current_thread() is not main_thread():
        yield met
        return
    before = {}
    for name in (*_ASKED, "SIGALRM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            before[number] = signal.getsignal(number)
            signal.signal(number, met._missed if name == "SIGALRM" else met._received)
    hook = sys.unraisablehook

    def lost(unraisable: UnraisableHookArgs) -> None:
        if not (met.number and issubclass(unraisable.exc_type, KeyboardInterrupt)):
            hook(unraisable)
        elif hasattr(signal, "SIGALRM") and signal.SIGALRM in before:  # a thread cannot be started amid anything
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)

    sys.unraisablehook = lost
    try:
        yield met
    finally:
        met.over = True
        sys.unraisablehook = hook
        for number, handler in before.items():
            ending = signal.SIG_IGN if met.number else signal.SIG_DFL  # what Python does not undo at its end
            signal.signal(number, ending if last else handler)
