"""Specs by whatever a user names: a packaged name, a file, or a model that was made elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from flopcalc.errors import (
    Fault,
    FlopcalcError,
    ParameterError,
    Place,
    Problem,
    ShapeError,
    UnknownNameError,
    shallow,
    shorten,
)
from flopcalc.importing.trace import Trace, word_of
from flopcalc.shapes import read_input
from flopcalc.spec.loader import load as load_spec
from flopcalc.spec.model import Spec

__all__ = ["from_onnx", "is_model", "load", "read_at_any_size", "read_model"]

_FACTORY = re.compile(r"(?P<where>[^\W\d][\w.]*|.*\.py):(?P<name>[^\W\d][\w.]*)(?::(?P<values>.*))?", re.DOTALL)
"""A module or a Python file, and what in it is called."""


def is_model(name: str) -> bool:
    """Tell whether a name is a model from elsewhere: an ONNX file, or a factory in a Python module.

    Examples
    --------
    >>> [is_model(name) for name in ("net.onnx", "torchvision.models:resnet50", "mynet.py:Net", "resnet50", "a.yaml")]
    [True, True, True, False, False]
    """
    return name.endswith(".onnx") or (not name.endswith((".yaml", ".yml")) and _FACTORY.fullmatch(name) is not None)


@shallow
def load(name: str | Path, values: Mapping[str, str] | None = None) -> Spec:
    """Return the spec of a name, a path, or a model from elsewhere.

    Parameters
    ----------
    name : str or Path
        ``mobilenet_v1``, ``net.yaml``, ``net.onnx``, ``torchvision.models:resnet50``, ``mynet.py:Net``.
    values : mapping of str to str, optional
        What a model's factory is given by its arguments' names.

    Raises
    ------
    UnknownNameError, SpecError, ShapeError

    Examples
    --------
    >>> load("resnet50").title
    'ResNet'
    """
    text = str(name)
    if not isinstance(name, (str, Path)) or not is_model(text):
        return load_spec(name)
    return _spec(text, dict(values or {}), {})


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
    return _spec(str(path), {}, read_input(input), onnx=True)


def read_model(
    name: str, values: Mapping[str, str], shapes: Mapping[str, object] | None = None, *, onnx: bool = False
) -> Trace:
    """Return the network of a model as its layers, one after the other.

    Parameters
    ----------
    name : str
    values : mapping of str to str
        What its factory is given.
    shapes : mapping of str to object, optional
        The shapes of its inputs, without the batch, by label.

    Raises
    ------
    ParameterError, UnknownNameError, SpecError, ShapeError
    """
    sides = {label: _numbers(label, shape) for label, shape in (shapes or {}).items()}
    if onnx or name.endswith(".onnx"):
        if values:
            what = f"an ONNX file has no parameter `{shorten(next(iter(values)))}`"
            raise ParameterError(Problem(what, None, "the file alone", "--input gives another size"))
        from flopcalc.importing.onnx.loading import trace_of

        return trace_of(Path(name), sides)
    raise UnknownNameError(Problem(f"there is no model `{shorten(name)}`"))


def read_at_any_size(name: str, values: Mapping[str, str], shapes: Mapping[str, object] | None = None) -> Trace:
    """Return a model's network as :func:`read_model` does; what depends on its size, as expressions where it can be.

    Raises
    ------
    ParameterError, UnknownNameError, SpecError, ShapeError
    """
    from flopcalc.importing.sizes import general

    trace = replace(read_model(name, values, shapes), open_inputs={})
    try:
        return general(lambda sizes: read_model(name, values, sizes), trace)
    except (Fault, FlopcalcError):
        return trace


def _spec(name: str, values: dict[str, str], shapes: Mapping[str, object], *, onnx: bool = False) -> Spec:
    from flopcalc.importing.document import spec_of

    trace = read_model(name, values, shapes, onnx=onnx)
    if trace.open_inputs and not shapes:
        trace = _opened(name, values, trace, onnx=onnx)
    return spec_of(trace, name, partial(_again, name, values, trace, onnx=onnx))


def _again(name: str, values: dict[str, str], trace: Trace, shapes: Mapping[str, object], *, onnx: bool) -> Spec | None:
    """Return the spec of a model at another size; None where it is the one that was read, or has symbols."""
    from flopcalc.importing.document import spec_of

    sizes = {"input": next(iter(trace.inputs.values())), **trace.inputs}
    sizes = {**{word_of(label): shape for label, shape in sizes.items()}, **sizes}
    if not all(label in sizes and isinstance(shape, (tuple, list)) for label, shape in shapes.items()):
        return None  # what is wrong with it is said where it is bound
    if not all(map(_known, shapes.values())):
        return None if trace.open_inputs else spec_of(_general(name, values, trace, onnx=onnx), name)
    if not trace.open_inputs and all(_numbers(label, shape) == sizes[label] for label, shape in shapes.items()):
        return None
    return _spec(name, values, shapes, onnx=onnx)


def _general(name: str, values: dict[str, str], trace: Trace, *, onnx: bool) -> Trace:
    """Return a model's network with what depends on its size as expressions."""
    from flopcalc.importing.sizes import general

    try:
        return general(lambda sizes: read_model(name, values, sizes, onnx=onnx), trace)
    except Fault as fault:
        raise ShapeError(Problem(fault.what, Place(shorten(name)), fault.expected, fault.hint)) from None


def _opened(name: str, values: dict[str, str], trace: Trace, *, onnx: bool) -> Trace:
    """Return a model that leaves its sides open with names for them; at an assumed size where they cannot have any."""
    try:
        return _general(name, values, trace, onnx=onnx)
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
