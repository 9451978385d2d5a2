"""A time limit for work whose length cannot be told beforehand, as that of symbolic algebra.

What counts is the time that the processor gave the thread, so that an answer does not depend on what else runs on the
machine.
"""

from __future__ import annotations

import ctypes
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["TimeIsUp", "deadline"]

_SOON = 0.001
"""The shortest time, in seconds, between two looks at the thread's clock."""

_AGAIN = 0.2
"""Seconds of the processor after which the exception is raised again, where it did not end the block."""

_LIMITS = threading.local()
"""Of each thread: `until`, when the innermost limit that it is in is over."""


class TimeIsUp(BaseException):
    """The time limit is over. It is no Exception, so that no library on the way takes it for a failure of its own."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise :class:`TimeIsUp` inside the block when the processor has run it for `seconds`.

    It works in any thread and on any system: a thread of its own looks at the clock of the one that entered, and asks
    the interpreter to raise the exception there, which it does between two steps of Python. Limits may stand in one
    another; an inner one ends with the outer one at the latest.

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
    done = threading.Event()
    interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc
    clock = _clock_of_this_thread()
    outer: float = getattr(_LIMITS, "until", math.inf)
    until = min(clock() + seconds, outer)

    def watch() -> None:
        end, wait = until, max(until - clock(), _SOON)
        while not done.wait(wait):
            with lock:
                if state["over"]:
                    return
                # a thread is never given more time than passes: there is nothing to see before the rest is over
                wait = max(end - clock(), _SOON)
                if wait > _SOON or not state["inside"]:
                    continue
                state["raised"] = True
                interrupt(thread, ctypes.py_object(TimeIsUp))
                # a destructor that was running, or a callback of the collector, swallows it
                end, wait = clock() + _AGAIN, _AGAIN

    threading.Thread(target=watch, daemon=True).start()
    try:
        _LIMITS.until = until
        state["inside"] = True  # not before: an exception amid the start would leave the thread's own lock taken
        yield
    finally:
        while not state["over"] or state["raised"]:
            try:
                with lock:
                    state["over"] = True
                _LIMITS.until = outer
                if state["raised"]:
                    interrupt(thread, None)  # where the block ended before the exception came, it must not come later
                    state["raised"] = False
            except TimeIsUp:  # it came here
                continue
        done.set()


def _clock_of_this_thread() -> Callable[[], float]:
    """Return a clock, for any thread to read, of the seconds that the processor gave this one.

    Where the system has none, it is that of the whole process.
    """
    find = getattr(time, "pthread_getcpuclockid", None)
    if find is None:
        return time.process_time
    number: int = find(threading.get_ident())
    return lambda: time.clock_gettime(number)
