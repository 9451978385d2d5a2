"""From an ONNX file to a trace of its network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from flopcalc.errors import Fault, Place, Problem, ShapeError, SpecError, listed, shorten
from flopcalc.importing.onnx.model import NAMES, Graph, read
from flopcalc.importing.onnx.operators import BakedIn, Reader
from flopcalc.importing.tensors import Builder
from flopcalc.importing.trace import Trace

__all__ = ["trace_of"]

USUAL = 224
"""The side of an input of which the file says none."""


def trace_of(path: Path, shapes: Mapping[str, tuple[int, ...]] | None = None) -> Trace:
    """Return the network of an ONNX file.

    Parameters
    ----------
    path : Path
    shapes : mapping of str to tuple of int, optional
        Shapes of inputs, without the batch, by their names; "" is the first.

    Raises
    ------
    SpecError
        Where the file is no ONNX model, or there is none.
    ShapeError
        Where a shape of the file is another input's.
    """
    found: list[Trace] = []
    shown = Place(shorten(str(path), 500))
    try:
        read(path, lambda graph: found.append(_trace(graph, path, dict(shapes or {}))))
    except FileNotFoundError:
        raise SpecError(Problem("there is no such file", shown, "an ONNX model")) from None
    except IsADirectoryError:
        raise SpecError(Problem("it is a directory", shown, "an ONNX model")) from None
    except OSError as error:
        raise SpecError(Problem(f"it cannot be read: {error.strerror}", shown, "an ONNX model")) from None
    except BakedIn as fault:
        before, wanted = ("×".join(map(str, sides)) for sides in (fault.before, fault.wanted))
        raise ShapeError(
            Problem(
                f"{fault.node.op} {fault.node.name} makes {wanted} of {before}: a shape of another input stands in it",
                shown,
                "an input of the size that the file was exported for",
            )
        ) from None
    except Fault as fault:
        raise SpecError(Problem(fault.what, shown, fault.expected, fault.hint)) from None
    return found[0]


def _trace(graph: Graph, path: Path, given: dict[str, tuple[int, ...]]) -> Trace:
    builder = Builder(re.sub(r"\W", "_", path.stem) or "model", path.stem, _source(graph))
    Reader(graph, builder, _shapes(graph, builder, given)).read()
    if not builder.outputs:
        raise Fault("none of its outputs is computed from its inputs", expected="a network")
    kinds = sorted({NAMES[array.type] for array in graph.arrays.values() if array.type in NAMES and array.elements > 1})
    if kinds:
        builder.note(f"Its weights are {listed(kinds)}: --dtype int8 counts their bytes.")
    return builder.trace()


def _source(graph: Graph) -> str:
    by = f", written by {graph.producer}" if graph.producer else ""
    return f"ONNX opset {graph.opset}{by}"


def _shapes(graph: Graph, builder: Builder, given: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the inputs, the batch first."""
    names = [name for name in graph.inputs if name not in graph.arrays]
    if not names:
        raise Fault("the graph has no input", expected="a network that reads a tensor")
    if "" in given:
        given[names[0]] = given.pop("")
    unknown = [name for name in given if name not in names]
    if unknown:
        raise Fault(f"there is no input {shorten(unknown[0])}", expected=listed(names))
    found: dict[str, tuple[int, ...]] = {}
    for name in names:
        sides, _ = graph.inputs[name]
        if name in given:
            wanted = given[name]
            found[name] = wanted if sides is not None and len(wanted) == len(sides) else (1, *wanted)
            continue
        if sides is None:
            raise Fault(f"the shape of the input {shorten(name)} is not known", hint="--input 3,224,224")
        found[name] = tuple([_side(side, place, len(sides)) for place, side in enumerate(sides)])
        first = sides[0] if sides else 1
        if isinstance(first, int) and first > 1 and len(sides) > 1:
            found[name] = (1, *found[name][1:])
            builder.note(f"The file is made for {first} samples at once; one is counted.")
    return found


def _side(side: int | str, place: int, count: int) -> int:
    if isinstance(side, int) and side > 0:
        return side
    return 1 if place == 0 else 3 if place == 1 and count > 2 else USUAL
