"""Memory that the processes of one machine share, so that a block's numbers are written where they are read.

A segment is a piece of memory that another process opens by its path. The arrays that are handed out of it are lent:
when the last of them is forgotten, the segment is used again. Linux has memory with such a path (``memfd_create``),
which is gone with the process whatever ends it; elsewhere it is a file in the temporary directory, which a later one
removes if this one is killed.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from flopcalc.dataclass import dataclass
from flopcalc.drafts import draft

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

__all__ = ["Place", "Pool", "Segment", "opened"]

_WORD = 8
_MOST_ALIVE = 256
"""How many segments of a pool are there at once, for each holds a file open."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where another process finds a segment: a path, and the file's identity, for a path may come to mean another.

    What is `kept` is used again, so that it pays to keep it open.
    """

    pool: str
    kept: bool
    path: str
    device: int
    inode: int
    words: int


class Segment:
    """Some 64-bit words of shared memory, in the process that made them.

    Attributes
    ----------
    place : Place
    """

    def __init__(self, pool: str, words: int, *, kept: bool = True, private: bool = False) -> None:
        self._file, self._descriptor = "", -1
        size = max(1, words) * _WORD
        if private:
            self.memory = mmap.mmap(-1, size)
            self.place = Place(pool, kept, "", 0, 0, words)
            return
        if os.name == "nt":
            raise OSError("an open file cannot be unlinked")
        if hasattr(os, "memfd_create"):
            self._descriptor = os.memfd_create("flopcalc", os.MFD_CLOEXEC)
            path = f"/proc/{os.getpid()}/fd/{self._descriptor}"
        else:
            self._descriptor, path = draft(Path(tempfile.gettempdir()), "flopcalc")
            self._file = path
        try:
            os.ftruncate(self._descriptor, size)
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(self._descriptor, 0, size)  # an error here, not a fault when it is written to
            about = os.fstat(self._descriptor)
            self.memory = mmap.mmap(self._descriptor, size)
        except OSError:
            self.forget()
            raise
        self.place = Place(pool, kept, path, about.st_dev, about.st_ino, words)

    def words(self) -> Array:
        """Return the memory as an int64 array."""
        import numpy as np

        return np.frombuffer(self.memory, np.int64)[: self.place.words]

    def forget(self) -> None:
        """Close the way to it; arrays that are still there keep the memory itself."""
        if self._file:
            os.unlink(self._file)
            self._file = ""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.forget()  # of a sweep that is given up, the segments under way go before their pool is closed


class Pool:
    """Segments of one size, which are made as they are needed and used again.

    Parameters
    ----------
    words : int
        How many 64-bit words a segment has.
    most : int
        How many are used again and again; where more are needed at once, because somebody keeps them, each of these is
        used once.
    private : bool
        Whether they are this process's alone. Memory that is used again is not asked for and cleared for each block.
    """

    def __init__(self, words: int, most: int, *, private: bool = False) -> None:
        self._private = private
        self._name = uuid4().hex
        self._words = words
        self._most = most
        self._made = 0
        self._idle: list[Segment] = []
        self._all: weakref.WeakSet[Segment] = weakref.WeakSet()
        self._alive: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
        self._closed = False

    def take(self) -> Segment | None:
        """Return a segment that nobody uses; None where this machine has none to give."""
        if self._idle:
            return self._idle.pop()
        if len(self._alive) >= _MOST_ALIVE:
            return None
        try:
            segment = Segment(self._name, self._words, kept=self._made < self._most, private=self._private)
        except OSError:
            return None
        self._made += 1
        self._all.add(segment)
        self._alive.add(segment.memory)
        return segment

    def put_back(self, segment: Segment) -> None:
        """Take back a segment of which no array is used any more."""
        if self._closed or not segment.place.kept:
            segment.forget()
        else:
            self._idle.append(segment)

    def lend(self, segment: Segment) -> Array:
        """Return a segment's words; it is taken back when no array has them any more."""
        import numpy as np

        root = np.frombuffer(segment.memory, np.int64)
        if segment.place.kept:
            weakref.finalize(root, self.put_back, segment).atexit = False
        else:
            segment.forget()
        return root[: segment.place.words]

    def close(self) -> None:
        """Forget all segments; the arrays that were lent keep their memory."""
        self._closed = True
        for segment in self._all:
            segment.forget()
        self._idle.clear()


_OPEN: dict[Place, mmap.mmap] = {}
"""The segments that this process has opened of another's latest pool."""

_LOCK = Lock()


def opened(place: Place) -> Array:
    """Return the words of another process's segment.

    Raises
    ------
    OSError
        Where it is not there any more.
    """
    import numpy as np

    if not place.kept:
        return np.frombuffer(_opened(place), np.int64)[: place.words]
    with _LOCK:
        if any(other.pool != place.pool for other in _OPEN):
            _OPEN.clear()
        if place not in _OPEN:
            _OPEN[place] = _opened(place)
        return np.frombuffer(_OPEN[place], np.int64)[: place.words]


def _opened(place: Place) -> mmap.mmap:
    descriptor = os.open(place.path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    try:
        about = os.fstat(descriptor)
        if (about.st_dev, about.st_ino) != (place.device, place.inode):
            raise FileNotFoundError(place.path)
        return mmap.mmap(descriptor, max(1, place.words) * _WORD)
    finally:
        os.close(descriptor)
