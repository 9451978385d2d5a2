"""A sign of life while a command works for longer than it should: on a terminal alone, and gone before any output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from threading import Event, Thread
from typing import TextIO

from flopcalc.render.text import encodable

__all__ = ["hide", "waiting"]

_AFTER = 0.5
"""Seconds for which nothing is shown."""

_TURN = 0.1
"""Seconds between one picture and the next."""

_ROOM = 4
"""Columns beside the word: the picture, a space, and the ^C that a terminal writes behind it."""

_PICTURES = ("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\")
"""What turns, and the same for terminals that have only ASCII."""


class _Spinner:
    """A thread that draws on a terminal until it is told to stop.

    Not the one of rich, which takes the place of the standard output as long as it turns, hides the cursor, and has to
    be imported amid the work.
    """

    def __init__(self, word: str, stream: TextIO) -> None:
        self._word = word
        self._stream = stream
        self._over = Event()
        self._thread = Thread(target=self._turn, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take it away, for good."""
        self._over.set()
        self._thread.join()

    def _turn(self) -> None:
        if self._over.wait(_AFTER):
            return
        pictures = next(some for some in _PICTURES if some.isascii() or encodable(some, self._stream.encoding))
        with suppress(OSError, ValueError):  # a terminal that is closed
            for picture in cycle(pictures):
                self._write(f"\r{picture} {self._word}")
                if self._over.wait(_TURN):
                    break
            self._write("\r" + " " * (len(self._word) + _ROOM) + "\r")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


_spinners: list[_Spinner] = []
"""Those that turn in this process: one, where there is any."""


@contextmanager
def waiting(word: str) -> Iterator[None]:
    """Show on the standard error what is being done, where that is a terminal and it takes long.

    Parameters
    ----------
    word : str
        What is being done: ``proving``.
    """
    stream = sys.stderr
    if stream is None or not stream.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        yield
        return
    try:
        _spinners.append(_Spinner(word, stream))
        yield
    finally:
        hide()


def hide() -> None:
    """Take away what is shown, before anything is written or another thing shows how far it is."""
    while _spinners:
        _spinners[-1].stop()
        _spinners.pop()
