"""Files on their way: each is its process's own, and is removed by a later one where that process was killed.

A draft is locked as long as its process is there, and the system takes the lock from a process that ends in any way.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows, which does not remove a file that somebody has open
    flock = None  # type: ignore[assignment]

__all__ = ["draft", "replacing"]

_MARK = ".flopcalc-draft"


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `target` when the block is left, and is gone where the block fails.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    try:
        mode = target.stat().st_mode & 0o777
    except FileNotFoundError:
        mode = 0o666 & ~_umask()
    descriptor, name = draft(target.parent, target.name)
    held = -1
    try:
        with os.fdopen(descriptor, "wb") as file:
            if flock is not None:
                held = os.dup(descriptor)  # has the lock until the file has its own name
            yield file
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    finally:
        if held >= 0:
            os.close(held)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def draft(folder: Path, about: str) -> tuple[int, str]:
    """Make an empty file that no other process has, after those are removed that killed processes left.

    Parameters
    ----------
    folder : Path
    about : str
        What its name begins with, behind a dot.

    Returns
    -------
    (int, str)
        Its descriptor, and its path.

    Raises
    ------
    OSError
        Where there can be none.
    """
    prefix = f".{about[:50]}."
    _remove_abandoned(folder, prefix)
    while True:
        descriptor, name = tempfile.mkstemp(_MARK, prefix, folder)
        if _taken(descriptor, name):
            return descriptor, name
        os.close(descriptor)  # another process took it for abandoned, before it was locked


def _taken(descriptor: int, name: str) -> bool:
    """Lock a file, if nobody has it; tell whether it is ours, and still the one of that name."""
    if flock is None:
        return True
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: its drafts are never taken for abandoned
        return True
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.lstat(name))
    return False


def _remove_abandoned(folder: Path, prefix: str) -> None:
    form = re.compile(re.escape(prefix) + r"[a-z0-9_]{8}" + re.escape(_MARK))
    with suppress(OSError):
        for entry in os.scandir(folder):
            if form.fullmatch(entry.name):
                _remove_if_abandoned(entry.path)


def _remove_if_abandoned(name: str) -> None:
    with suppress(OSError):
        if flock is None:
            os.unlink(name)
            return
        descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return
            flock(descriptor, LOCK_EX | LOCK_NB)  # an error where its process has it, or where nothing can be locked
            if os.path.samestat(os.fstat(descriptor), os.lstat(name)):
                os.unlink(name)
        finally:
            os.close(descriptor)
