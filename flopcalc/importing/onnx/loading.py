"""From an ONNX file to a trace of its network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from flopcalc.errors import Fault, Place, Problem, SpecError, listed, shorten
from flopcalc.expression import RUNNING, check_name
from flopcalc.importing.onnx.model import NAMES, Graph, read
from flopcalc.importing.onnx.operators import Reader
from flopcalc.importing.tensors import Builder
from flopcalc.importing.trace import Trace, word_of

__all__ = ["trace_of"]

USUAL = 224
"""The side of an input of which the file says none."""


def trace_of(path: Path, shapes: Mapping[str, tuple[int, ...]] | None = None) -> Trace:
    """Return the network of an ONNX file.

    Parameters
    ----------
    path : Path
    shapes : mapping of str to tuple of int, optional
        Shapes of inputs, without the batch, by their names; `input` is the first.

    Raises
    ------
    SpecError
        Where the file is no ONNX model, there is none, or a shape in it is another input's.
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
    except Fault as fault:
        raise SpecError(Problem(fault.what, shown, fault.expected, fault.hint)) from None
    return found[0]


def _trace(graph: Graph, path: Path, given: dict[str, tuple[int, ...]]) -> Trace:
    # what is said of the size for which the file was made tells more than its numbers do at another one
    known = _trace(graph, path, {}).upper if given else ()
    builder = Builder(re.sub(r"\W", "_", path.stem) or "model", path.stem, _source(graph), known)
    shapes = _shapes(graph, builder, given)
    Reader(graph, builder, shapes).read()
    if not builder.outputs:
        raise Fault("none of its outputs is computed from its inputs", expected="a network")
    kinds = sorted({NAMES[array.type] for array in graph.arrays.values() if array.type in NAMES and array.elements > 1})
    if kinds:
        builder.note(f"Its weights are {listed(kinds)}: --dtype int8 counts their bytes.")
    return replace(builder.trace(), open_inputs={} if given else _open(graph, shapes))


def _open(graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int | str, ...]]:
    """Return the inputs that the file leaves open beside the batch, with names for their sides."""
    found: dict[str, tuple[int | str, ...]] = {}
    for name, shape in shapes.items():
        sides = graph.inputs[name][0] or ()
        begin = 1 if len(shape) > 1 and shape[0] == 1 else 0
        usual = {1: "N", 2: "CL", 3: "CHW", 4: "CDHW"}.get(len(shape) - begin, "")
        named: list[int | str] = [
            _named(side, usual[place : place + 1]) if not _fixed(side) else number
            for place, (side, number) in enumerate(zip(sides[begin:], shape[begin:], strict=True))
        ]
        if any(isinstance(side, str) for side in named):
            found[name] = tuple(named)
    return found


def _fixed(side: int | str) -> bool:
    return isinstance(side, int) and side > 0


def _named(side: int | str, usual: str) -> str:
    """Return a name for a side that is open: the file's own, where it can be one, else the usual letter."""
    word = word_of(side) if isinstance(side, str) else ""
    fits = word and not word[0].isdigit() and not check_name(word) and word not in RUNNING
    return word if fits else usual or "N"


def _source(graph: Graph) -> str:
    by = f", written by {graph.producer}" if graph.producer else ""
    return f"ONNX opset {graph.opset}{by}"


def _shapes(graph: Graph, builder: Builder, given: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the inputs, the batch first."""
    names = [name for name in graph.inputs if name not in graph.arrays]
    if not names:
        raise Fault("the graph has no input", expected="a network that reads a tensor")
    called = {"input": names[0], **{word_of(name): name for name in names}}
    given = {called.get(label, label): sides for label, sides in given.items()}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise Fault(f"there is no input {shorten(unknown[0])}", expected=listed(names))
    found: dict[str, tuple[int, ...]] = {}
    for name in names:
        sides, _ = graph.inputs[name]
        if name in given:
            wanted = given[name]
            found[name] = wanted if sides is not None and len(wanted) == len(sides) > 3 else (1, *wanted)
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
