"""Protobuf's wire format, as far as ONNX needs it: fields by number, the bytes of weights skipped.

A file is read through a memory map, so that of a model only what is looked at is read from the disk.

Source: Protocol Buffers' documentation, "Encoding".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias

from flopcalc.errors import Fault

__all__ = ["MOST_FIELDS", "Field", "Message"]

MOST_FIELDS = 5_000_000
"""How many fields of a file, and numbers in them, are looked at."""

Field: TypeAlias = "tuple[int, int | Message]"
"""A field's number, and its value: a whole number, or the bytes of a text, a message, or a list."""

_WIDTHS = {1: 8, 5: 4}
"""The bytes of the wire types of a fixed width."""


class Budget:
    """How much of a file has been looked at."""

    __slots__ = ("depth", "left")

    def __init__(self) -> None:
        self.left = MOST_FIELDS
        self.depth = 0


class Message:
    r"""Bytes of a file, from `begin` to `end`: a message, a text, packed numbers.

    Examples
    --------
    >>> message = Message(b"\x08\x96\x01\x12\x02hi")
    >>> [(number, value if isinstance(value, int) else value.text()) for number, value in message.fields()]
    [(1, 150), (2, 'hi')]
    """

    __slots__ = ("begin", "budget", "data", "end")

    def __init__(
        self, data: memoryview | bytes, begin: int = 0, end: int | None = None, budget: Budget | None = None
    ) -> None:
        self.data = data
        self.begin = begin
        self.end = len(data) if end is None else end
        self.budget = Budget() if budget is None else budget

    def __len__(self) -> int:
        return self.end - self.begin

    def fields(self) -> Iterator[Field]:
        """Yield the fields in their order.

        Raises
        ------
        Fault
            Where the bytes are no message, or end in the middle of one.
        """
        data, at, end, budget = self.data, self.begin, self.end, self.budget
        while at < end:
            budget.left -= 1
            if budget.left < 0:
                raise Fault("the file has too many fields", expected=f"at most {MOST_FIELDS:,}")
            tag, at = _varint(data, at, end)
            number, kind = tag >> 3, tag & 7
            if not number:
                raise Fault("a field has the number 0", expected="an ONNX model")
            if kind == 0:
                value, at = _varint(data, at, end)
                yield number, value - (1 << 64) if value >> 63 else value
                continue
            if kind == 2:
                length, at = _varint(data, at, end)
            elif kind in _WIDTHS:
                length = _WIDTHS[kind]
            else:
                raise Fault(f"a field is of wire type {kind}", expected="an ONNX model")
            if length > end - at:
                raise Fault("the file is cut off", expected="a whole ONNX model")
            yield number, Message(data, at, at + length, budget)
            at += length

    def bytes(self) -> bytes:
        """Return the bytes."""
        return bytes(self.data[self.begin : self.end])

    def text(self) -> str:
        """Return them as a text; bytes that are none are escaped."""
        return self.bytes().decode("utf-8", errors="backslashreplace")

    def numbers(self) -> list[int]:
        """Return packed whole numbers."""
        found: list[int] = []
        at = self.begin
        while at < self.end:
            self.budget.left -= 1
            if self.budget.left < 0:
                raise Fault("the file has too many numbers", expected=f"at most {MOST_FIELDS:,}")
            value, at = _varint(self.data, at, self.end)
            found.append(value - (1 << 64) if value >> 63 else value)
        return found

    def floats(self) -> list[float]:
        """Return packed numbers of four bytes."""
        return list(struct.unpack(f"<{len(self) // 4}f", self.bytes()[: len(self) // 4 * 4]))


def _varint(data: memoryview | bytes, at: int, end: int) -> tuple[int, int]:
    """Return a whole number of variable length, and where the next thing begins."""
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & (1 << 64) - 1, at
        shift += 7
        if shift > 63:
            raise Fault("a number has more than ten bytes", expected="an ONNX model")
    raise Fault("the file is cut off", expected="a whole ONNX model")
