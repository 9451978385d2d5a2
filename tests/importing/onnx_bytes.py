"""ONNX files written byte by byte, for the tests: a graph in a few lines, and files that are wrong on purpose.

Source: Protocol Buffers' documentation, "Encoding", and onnx.proto for the numbers of fields.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

__all__ = ["FLOAT", "INT8", "INT64", "UINT8", "field", "graph", "info", "model", "node", "tensor", "varint"]

FLOAT, UINT8, INT8, INT64 = 1, 2, 3, 7
"""ONNX's numbers of data types."""

Attribute: TypeAlias = "int | float | str | bytes | Sequence[int] | Sequence[float]"
"""A node's attribute; bytes are a whole message, of a graph or a tensor, with its field before it."""


def varint(value: int) -> bytes:
    """Return a whole number, in seven bits a byte."""
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def field(number: int, value: int | bytes | str) -> bytes:
    """Return a field: a whole number, or so many bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def attribute(name: str, value: Attribute) -> bytes:
    """Return an attribute of a node."""
    body = field(1, name)
    if isinstance(value, bytes):
        return body + value
    if isinstance(value, str):
        return body + field(4, value) + field(20, 3)
    if isinstance(value, int):
        return body + field(3, value) + field(20, 2)
    if isinstance(value, float):
        return body + varint(2 << 3 | 5) + struct.pack("<f", value) + field(20, 1)
    if all(isinstance(each, int) for each in value):
        return body + b"".join(field(8, int(each)) for each in value) + field(20, 7)
    return body + b"".join(varint(7 << 3 | 5) + struct.pack("<f", each) for each in value) + field(20, 6)


def node(
    op: str, inputs: Sequence[str], outputs: Sequence[str], name: str = "", domain: str = "", **attributes: Attribute
) -> bytes:
    """Return an operation."""
    body = b"".join(field(1, each) for each in inputs) + b"".join(field(2, each) for each in outputs)
    body += field(3, name or op.lower()) + field(4, op)
    body += b"".join(field(5, attribute(key, value)) for key, value in attributes.items())
    return body + (field(7, domain) if domain else b"")


def tensor(
    name: str, shape: Sequence[int], values: Sequence[float] | None = None, kind: int = FLOAT, data: bytes | None = None
) -> bytes:
    """Return an initializer; of floats without values, one without its elements."""
    body = b"".join(field(1, side) for side in shape) + field(2, kind) + field(8, name)
    if data is not None:
        return body + field(9, data)
    if values is None:
        return body
    packed = {FLOAT: "f", INT64: "q", UINT8: "B", INT8: "b"}[kind]
    return body + field(9, struct.pack(f"<{len(values)}{packed}", *values))


def info(name: str, shape: Sequence[int | str] | None, kind: int = FLOAT) -> bytes:
    """Return an input or an output with its type."""
    sides = b"" if shape is None else b"".join(field(1, _side(side)) for side in shape)
    typed = field(1, kind) + (b"" if shape is None else field(2, sides))
    return field(1, name) + field(2, field(1, typed))


def _side(side: int | str) -> bytes:
    return field(1, side) if isinstance(side, int) else field(2, side)


def graph(
    nodes: Iterable[bytes],
    inputs: Mapping[str, Sequence[int | str] | None],
    outputs: Iterable[str],
    tensors: Iterable[bytes] = (),
    name: str = "net",
) -> bytes:
    """Return a graph."""
    parts = [field(1, each) for each in nodes]
    parts.append(field(2, name))
    parts += [field(5, each) for each in tensors]
    parts += [field(11, info(label, shape)) for label, shape in inputs.items()]
    parts += [field(12, info(label, None)) for label in outputs]
    return b"".join(parts)


def model(body: bytes, opset: int = 17, producer: str = "pytorch") -> bytes:
    """Return a whole file around a graph."""
    opsets = field(8, field(1, "") + field(2, opset)) + field(8, field(1, "com.microsoft") + field(2, 1))
    return field(1, 8) + field(2, producer) + opsets + field(7, body)
