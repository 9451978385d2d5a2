"""Specs by whatever a user names: a packaged name, a file, or a model that was made elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from flopcalc.errors import Fault, FlopcalcError, ParameterError, Place, Problem, ShapeError, shallow, shorten
from flopcalc.importing.trace import Trace, word_of
from flopcalc.shapes import read_input
from flopcalc.spec import catalog
from flopcalc.spec.loader import load as load_spec
from flopcalc.spec.model import Spec

if TYPE_CHECKING:
    from torch.nn import Module

__all__ = [
    "Reader",
    "Sizes",
    "from_onnx",
    "from_torch",
    "general_of",
    "is_model",
    "load",
    "load_later",
    "read_at_any_size",
    "read_model",
    "reader_of",
]

Sizes: TypeAlias = "Mapping[str, tuple[int, ...]]"
"""Shapes of inputs without the batch, by label; `input` is the first."""

Reader: TypeAlias = "Callable[[Sizes], Trace]"
"""Reads a model at given sizes of its inputs, at its own where none are given."""

_FACTORY = re.compile(r"(?P<where>[^\W\d][\w.]*|.*\.py):(?P<name>[^\W\d][\w.]*)(?::.*)?", re.DOTALL)
"""A module or a Python file, what in it is called, and values for its keywords."""


def is_model(name: str) -> bool:
    """Tell whether a name is a model from elsewhere: an ONNX file, or a factory in a Python module.

    Examples
    --------
    >>> [is_model(name) for name in ("net.onnx", "torchvision.models:resnet50", "mynet.py:Net", "resnet50", "a.yaml")]
    [True, True, True, False, False]
    """
    if name.endswith(".onnx") or ".onnx:" in name:
        return True
    match = _FACTORY.fullmatch(name)
    if match is None or name.endswith((".yaml", ".yml")):
        return False
    return "." in match["where"] or catalog.find(match["where"]) is None


@shallow
def load(name: str | Path) -> Spec:
    """Return the spec of a name, a path, or a model from elsewhere.

    Parameters
    ----------
    name : str or Path
        ``mobilenet_v1``, ``net.yaml``, ``net.onnx``, ``torchvision.models:resnet50``, ``mynet.py:Net:width=2``.

    Raises
    ------
    UnknownNameError, SpecError, ShapeError

    Examples
    --------
    >>> load("resnet50").title
    'ResNet'
    """
    if not isinstance(name, (str, Path)) or not is_model(str(name)):
        return load_spec(name)
    text = str(name)
    return _spec(text, reader_of(text), {})


def load_later(name: str) -> Spec:
    """Return the spec of a name as :func:`load` does; a model that cannot be read as it is waits for another size.

    Raises
    ------
    UnknownNameError, SpecError
        Where it is no model.
    """
    if not is_model(name):
        return load_spec(name)
    read = reader_of(name)
    try:
        return _spec(name, read, {})
    except FlopcalcError as error:
        place = Place(shorten(name))
        return Spec(word_of(name), place, name, reread=lambda shapes: _spec(name, read, shapes), refused=error)


def from_onnx(path: str | Path, input: object = None) -> Spec:
    """Return an ONNX file as a spec, which every function takes.

    Parameters
    ----------
    path : str or Path
    input : str, tuple or mapping, optional
        The shape of its input without the batch, where the file leaves it open or another is meant.

    Raises
    ------
    SpecError, ShapeError
    """
    return _spec(str(path), _of_onnx(Path(path)), read_input(input))


def from_torch(module: Module, input: object = None, *, name: str = "") -> Spec:
    """Return a PyTorch module as a spec, which every function takes; it is run once, without data, and not changed.

    Parameters
    ----------
    module : torch.nn.Module
    input : str, tuple or mapping, optional
        The shape of its input without the batch, or of several by the names of what ``forward`` takes.
    name : str
        What it is called; its class where not given.

    Raises
    ------
    FlopcalcError
        Where it cannot be run, or its graph depends on values.
    """
    from flopcalc.importing.torch.loading import trace_of

    shown = name or type(module).__name__
    return _spec(shown, lambda sizes: trace_of(module, _unnamed(sizes), name=shown), read_input(input))


def reader_of(name: str) -> Reader:
    """Return what reads a model that is named, at given sizes of its inputs.

    Raises
    ------
    ParameterError
        Where values stand behind a file.
    """
    _, found, values = name.partition(".onnx")
    if found and not values:
        return _of_onnx(Path(name))
    if found and values.startswith(":"):
        what = f"an ONNX file has no parameter `{shorten(values[1:].partition('=')[0])}`"
        raise ParameterError(Problem(what, None, "the file alone", "--input gives another size"))
    from flopcalc.importing.torch.loading import load_torch

    return lambda sizes: load_torch(name, _unnamed(sizes))


def _of_onnx(path: Path) -> Reader:
    from flopcalc.importing.onnx.loading import trace_of

    return lambda sizes: trace_of(path, sizes)


def _unnamed(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Return sizes by what ``forward`` takes: the first input has no name."""
    return {"" if label == "input" else label: sides for label, sides in sizes.items()}


def read_model(name: str, shapes: Mapping[str, object] | None = None) -> Trace:
    """Return the network of a model as its layers, one after the other.

    Parameters
    ----------
    name : str
    shapes : mapping of str to object, optional
        The shapes of its inputs, without the batch, by label.

    Raises
    ------
    ParameterError, UnknownNameError, SpecError, ShapeError
    """
    return reader_of(name)({label: _numbers(label, shape) for label, shape in (shapes or {}).items()})


def read_at_any_size(name: str, shapes: Mapping[str, object] | None = None) -> Trace:
    """Return a model's network as :func:`read_model` does; what depends on its size, as expressions where it can be.

    Raises
    ------
    ParameterError, UnknownNameError, SpecError, ShapeError
    """
    read = reader_of(name)
    trace = replace(read({label: _numbers(label, shape) for label, shape in (shapes or {}).items()}), open_inputs={})
    try:
        return general_of(name, read, trace)
    except FlopcalcError:
        return trace


def _spec(name: str, read: Reader, shapes: Mapping[str, object]) -> Spec:
    from flopcalc.importing.document import spec_of

    trace = read({label: _numbers(label, shape) for label, shape in shapes.items()})
    if trace.open_inputs and not shapes:
        trace = _opened(name, read, trace)
    return spec_of(trace, name, partial(_again, name, read, trace))


def _again(name: str, read: Reader, trace: Trace, shapes: Mapping[str, object]) -> Spec | None:
    """Return the spec of a model at another size; None where it is the one that was read, or has symbols."""
    from flopcalc.importing.document import spec_of

    sizes = {"input": next(iter(trace.inputs.values())), **trace.inputs}
    sizes = {**{word_of(label): shape for label, shape in sizes.items()}, **sizes}
    if not all(label in sizes and isinstance(shape, (tuple, list)) for label, shape in shapes.items()):
        return None  # what is wrong with it is said where it is bound
    if not all(map(_known, shapes.values())):
        return None if trace.open_inputs else spec_of(general_of(name, read, trace), name)
    if not trace.open_inputs and all(_numbers(label, shape) == sizes[label] for label, shape in shapes.items()):
        said = replace(trace, assumed="")
        return spec_of(said, name, partial(_again, name, read, said)) if trace.assumed else None
    return _spec(name, read, shapes)


def general_of(name: str, read: Reader, trace: Trace) -> Trace:
    """Return a model's network with what depends on its size as expressions.

    Raises
    ------
    ShapeError
        Where it cannot be: the model has other layers at another size, or numbers that follow from nothing.
    """
    from flopcalc.importing.sizes import general

    try:
        return general(read, trace)
    except Fault as fault:
        raise ShapeError(Problem(fault.what, Place(shorten(name)), fault.expected, fault.hint)) from None


def _opened(name: str, read: Reader, trace: Trace) -> Trace:
    """Return a model that leaves its sides open with names for them; at an assumed size where they cannot have any."""
    try:
        return general_of(name, read, trace)
    except ShapeError as error:
        sides = "×".join(map(str, next(iter(trace.inputs.values()))))
        said = error.problems[0].what
        note = f"The model leaves its size open; {sides} is assumed, since {said}."
        return replace(trace, open_inputs={}, notes=(*trace.notes, note))


def _known(shape: object) -> bool:
    """Tell whether all sides of a shape are numbers."""
    return isinstance(shape, (tuple, list)) and all(str(side).strip().isdigit() for side in shape)


def _numbers(label: str, shape: object) -> tuple[int, ...]:
    if not isinstance(shape, (tuple, list)) or not _known(shape):
        what = f"the shape of {label} is {shorten(str(shape))}"
        raise ParameterError(Problem(what, None, "whole numbers: 3,224,224"))
    return tuple([int(str(side)) for side in shape])
