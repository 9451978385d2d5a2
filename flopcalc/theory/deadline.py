"""A time limit for work whose length cannot be told beforehand, as that of symbolic algebra."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["TimeIsUp", "deadline"]

_SOON = 0.001
_AGAIN = 0.2
"""Seconds after which the exception is raised again, where it did not end the block."""


class TimeIsUp(BaseException):
    """The time limit is over. It is no Exception, so that no library on the way takes it for a failure of its own."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise :class:`TimeIsUp` inside the block when it has run for `seconds`.

    It works in any thread and on any system: a timer asks the interpreter to raise the exception in the thread that
    entered, which it does between two steps of Python.

    Examples
    --------
    >>> try:
    ...     with deadline(0.01):
    ...         while True:
    ...             pass
    ... except TimeIsUp:
    ...     print("stopped")
    stopped
    """
    lock, thread = threading.Lock(), ctypes.c_ulong(threading.get_ident())
    state = {"inside": False, "over": False, "raised": False}
    timers: list[threading.Timer] = []
    interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def ring() -> None:
        with lock:
            if state["over"]:
                return
            if state["inside"]:
                state["raised"] = True
                interrupt(thread, ctypes.py_object(TimeIsUp))
            # a destructor that was running, or a callback of the collector, swallows it
            start(_AGAIN if state["inside"] else _SOON)

    def start(after: float) -> None:
        timers[:] = [threading.Timer(after, ring)]
        timers[0].daemon = True
        timers[0].start()

    start(seconds)
    try:
        state["inside"] = True  # not before: an exception amid the start would leave the thread's own lock taken
        yield
    finally:
        while not state["over"] or state["raised"]:
            try:
                with lock:
                    state["over"] = True
                if state["raised"]:
                    interrupt(thread, None)  # where the block ended before the exception came, it must not come later
                    state["raised"] = False
            except TimeIsUp:  # it came here
                continue
        timers[0].cancel()
