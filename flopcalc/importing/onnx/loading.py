"""From an ONNX file to a trace of its network."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from flopcalc.errors import Fault, Place, Problem, SpecError, listed, shorten
from flopcalc.expression import RUNNING, check_name
from flopcalc.importing.onnx.fused import FUSED
from flopcalc.importing.onnx.model import NAMES, Graph, read
from flopcalc.importing.onnx.operators import Reader, labels
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
    known: Collection[str] = ()
    if given:
        with suppress(Fault):  # what the file is not made for may be the size that is assumed
            known = _trace(graph, path, {}).upper
    try:
        builder, shapes = _read(graph, path, given, known)
    except Fault as fault:
        if given or not _made_for_many(graph):
            raise Fault(fault.what, expected=fault.expected, hint=fault.hint or _hint(graph, given)) from None
        builder, shapes = _read(graph, path, given, known, whole=True)  # its samples are in its shapes
    if not builder.outputs:
        raise Fault("none of its outputs is computed from its inputs", expected="a network")
    kinds = sorted({NAMES[array.type] for array in graph.arrays.values() if array.type in NAMES and array.elements > 1})
    if kinds:
        builder.note(f"Its weights are {listed(kinds)}: --dtype int8 counts their bytes.")
    return replace(builder.trace(), open_inputs={} if given else _open(graph, shapes))


def _read(
    graph: Graph, path: Path, given: dict[str, tuple[int, ...]], known: Collection[str], *, whole: bool = False
) -> tuple[Builder, dict[str, tuple[int, ...]]]:
    """Return what the nodes of a graph tell, and the shapes of its inputs; `whole` counts all samples of the file."""
    builder = Builder(re.sub(r"\W", "_", path.stem) or "model", shorten(path.stem), _source(graph), known)
    shapes = _shapes(graph, builder, given, whole=whole)
    Reader(graph, builder, shapes, own=_are_own(graph, shapes), fused=FUSED).read()
    return builder, shapes


def _hint(graph: Graph, given: Mapping[str, tuple[int, ...]]) -> str:
    """Return what to try where a file does not fit a size that was assumed."""
    sides = [
        side for name, (shape, _) in graph.inputs.items() if name not in graph.arrays for side in (shape or ())[1:]
    ]
    assumed = not given and not all(map(_fixed, sides))
    return f"its size is open, and {USUAL} is assumed; from_onnx(path, input) takes another" if assumed else ""


def _made_for_many(graph: Graph) -> bool:
    """Tell whether a file is made for several samples at once."""
    sides = [shape for name, (shape, _) in graph.inputs.items() if shape and name not in graph.arrays]
    return any(isinstance(shape[0], int) and shape[0] > 1 for shape in sides)


def _open(graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int | str, ...]]:
    """Return the inputs that the file leaves open beside the batch, with names for their sides."""
    found: dict[str, tuple[int | str, ...]] = {}
    called = labels(shapes)
    for name, shape in shapes.items():
        sides = graph.inputs[name][0] or ()
        begin = 1 if len(shape) > 1 and shape[0] == 1 else 0
        usual = {1: "N", 2: "CL", 3: "CHW", 4: "CDHW"}.get(len(shape) - begin, "")
        named: list[int | str] = [
            _named(side, usual[place : place + 1]) if not _fixed(side) else number
            for place, (side, number) in enumerate(zip(sides[begin:], shape[begin:], strict=True))
        ]
        if any(isinstance(side, str) for side in named):
            found[called[name]] = tuple(named)
    return found


def _fixed(side: int | str) -> bool:
    return isinstance(side, int) and side > 0


def _named(side: int | str, usual: str) -> str:
    """Return a name for a side that is open: the file's own, where it can be one, else the usual letter."""
    word = word_of(side) if isinstance(side, str) else ""
    fits = word and not word[0].isdigit() and not check_name(word) and word not in RUNNING
    return word if fits else usual or "N"


def _source(graph: Graph) -> str:
    by = f", written by {shorten(graph.producer, 100)}" if graph.producer else ""
    return f"ONNX opset {graph.opset}{by}"


def _shapes(
    graph: Graph, builder: Builder, given: dict[str, tuple[int, ...]], *, whole: bool
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the inputs, the batch first; of several samples one, where not the `whole` is wanted."""
    names = [name for name in graph.inputs if name not in graph.arrays]
    if not names:
        raise Fault("the graph has no input", expected="a network that reads a tensor")
    called = {"input": names[0], **{label: name for name, label in labels(names).items()}}
    called |= {word_of(label): name for label, name in called.items()}
    given = {called.get(label, label): sides for label, sides in given.items()}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise Fault(f"there is no input {shorten(unknown[0])}", expected=listed(names))
    found: dict[str, tuple[int, ...]] = {}
    for name in names:
        sides, _ = graph.inputs[name]
        if name in given:
            found[name] = _whole(name, given[name], sides)
            continue
        if sides is None:
            raise Fault(f"the shape of the input {shorten(name)} is not known", hint="--input 3,224,224")
        found[name] = tuple([_side(sides, place) for place in range(len(sides))])
        first = sides[0] if sides else 1
        if not isinstance(first, int) or first < 2 or len(sides) < 2:
            continue
        if whole and len(sides) > 3:
            builder.note(f"The file is made for {first} samples at once, and for no other number: all are counted.")
        elif len(sides) > 3:
            found[name] = (1, *found[name][1:])
            builder.note(f"The file is made for {first} samples at once; one is counted.")
        else:
            one = ",".join(map(str, found[name][1:]))
            what = f"The first side of {shorten(name)}, {first}, is taken for no batch"
            builder.note(f"{what}; --input {one} counts one.")
    return found


def _are_own(graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Tell whether the inputs have the shapes that the file says."""
    return all(graph.inputs[name][0] == shape for name, shape in shapes.items())


def _whole(name: str, wanted: tuple[int, ...], sides: tuple[int | str, ...] | None) -> tuple[int, ...]:
    """Return the shape of an input, the batch of 1 before what is wanted where that leaves it out."""
    if sides is None or len(wanted) == len(sides) - 1:
        return (1, *wanted)
    if len(wanted) == len(sides):
        return wanted
    if not sides and wanted == (1,):
        return ()
    what = f"{shorten(name)} has {len(sides)} sides in the file, and {len(wanted)} are given"
    raise Fault(what, expected=f"{max(len(sides) - 1, 1)} sides, without the batch")


_BATCH = re.compile(r"n|b|bs|.*batch.*", re.IGNORECASE)
"""What exporters call the side of the samples."""


def _side(sides: Sequence[int | str], place: int) -> int:
    """Return a side of an input; where it is open, 1 for the samples, 3 for channels, and a usual size."""
    side = sides[place]
    if isinstance(side, int) and side > 0:
        return side
    named = [each for each, name in enumerate(sides) if isinstance(name, str) and _BATCH.fullmatch(name)]
    if place == (named[0] if named else 0):
        return 1
    return 3 if place == 1 and len(sides) > 3 else USUAL
