"""The tensors that enter a network, and those that enter a block: their shapes bind names, or are held to them."""

from __future__ import annotations

from flopcalc.building.site import Site
from flopcalc.errors import ParameterError, Problem, shorten, suggest
from flopcalc.expression import Expression, Scope
from flopcalc.layers import Shape, show_shape, sides_called
from flopcalc.number import Number, as_text
from flopcalc.spec.model import BlockEntry, Input

__all__ = ["check_inputs", "enter_alone", "enter_block"]


def enter_alone(site: Site, scope: Scope) -> dict[str, int]:
    """Make the tensors that enter when a spec is analysed by itself; return them by their labels.

    Raises
    ------
    ParameterError
        Where the spec states none and none is given, or what is given does not fit.
    """
    spec = site.spec
    given = dict(site.binding.shapes)
    if not spec.inputs and not given:
        expected = "`input: [channels, height, width]`"
        raise ParameterError(Problem(f"{spec.name} has no `input`", spec.place, expected, "--input C,H,W"))
    inputs: dict[str, int] = {}
    for entry in spec.inputs:
        shape = given.pop(entry.label, None)
        if shape is None and entry is spec.inputs[0]:  # whatever it is called, it is the input
            shape = given.pop("input", None)
        if shape is None:
            shape = _stated(site, entry, scope)
        else:
            if len(shape) != len(entry.entries):
                what = "the input" if entry.label == "input" else f"the input {entry.label}"
                sides = ",".join(as_text(length) for length in shape)
                expected = ",".join(sides_called(len(entry.entries)))
                raise ParameterError(Problem(f"{what} is {sides}", None, expected, f"{spec.name} has {_listed(entry)}"))
            for item, length in zip(entry.entries, shape, strict=True):
                if isinstance(item, str):
                    scope.values[item] = length
            _check_repeated(site, entry, shape, scope)
        inputs[entry.label] = site.draft.tensor(shape)
    if not spec.inputs:
        inputs["input"] = site.draft.tensor(given.pop("input", next(iter(given.values()))))
        given.clear()
    for label in given:
        raise ParameterError(
            Problem(f"there is no input `{shorten(label)}`", None, ", ".join(inputs), suggest(label, inputs))
        )
    return inputs


def _listed(entry: Input) -> str:
    """Return the entries of an input as its file has them."""
    return "[" + ", ".join(item if isinstance(item, str) else item.text for item in entry.entries) + "]"


def _stated(site: Site, entry: Input, scope: Scope) -> Shape:
    """Return the shape that a spec states for an input."""
    lengths: list[Number] = []
    for item, what in zip(entry.entries, sides_called(len(entry.entries)), strict=True):
        value = scope.look_up(item) if isinstance(item, str) else item.evaluate(scope)
        place = entry.place if isinstance(item, str) else item.place
        said = "number of channels" if what == "channels" else what
        lengths.append(site.checks.whole(value, f"the input's {said}", place, 1))
    return tuple(lengths)


def _check_repeated(site: Site, entry: Input, shape: Shape, scope: Scope) -> None:
    """Hold a given shape against the entries that speak of names bound by the inputs, as H in [C, H, H]."""
    bound = set(site.spec.free_names())
    for item, length, what in zip(entry.entries, shape, sides_called(len(shape)), strict=True):
        if isinstance(item, Expression) and bound & item.names.keys():
            expected = item.evaluate(scope)
            if not site.arithmetic.equal(expected, length):
                given = f"the input {entry.label} is given as {show_shape(shape)}"
                raise ParameterError(Problem(given, item.place, f"{what} {as_text(expected)}"))


def enter_block(site: Site, entry: BlockEntry, scope: Scope, tensors: list[int]) -> dict[str, int]:
    """Bind the names of a block's inputs to the shapes that enter; return their labels."""
    spec = entry.block
    if len(tensors) != max(len(spec.inputs), 1):
        raise site.faults.fail(
            f"{spec.name} reads {max(len(spec.inputs), 1)} tensors, not {len(tensors)}",
            entry.modifiers.sources_place or entry.place,
            ", ".join(item.label for item in spec.inputs) or "one tensor",
            "`from: [a, b]` names them",
        )
    labels = {"input": tensors[0]}
    for item, tensor in zip(spec.inputs, tensors, strict=False):
        labels[item.label] = tensor
        shape = site.draft.shapes[tensor]
        if len(shape) != len(item.entries):
            raise site.faults.fail(
                f"{spec.name} is given {show_shape(shape)}",
                entry.modifiers.sources_place or entry.place,
                f"{len(item.entries)} sides: {_listed(item)}",
                "`reshape` gives it as many",
            )
        for name, length in zip(item.entries, shape, strict=True):
            if isinstance(name, str):
                scope.values[name] = length
    return labels


def check_inputs(site: Site, entry: BlockEntry, scope: Scope, tensors: list[int]) -> None:
    """Hold the shapes that enter a block against what it says of them."""
    spec = entry.block
    for item, tensor in zip(spec.inputs, tensors, strict=False):
        shape = site.draft.shapes[tensor]
        for expression, length, what in zip(item.entries, shape, sides_called(len(shape)), strict=True):
            if isinstance(expression, str):
                continue
            expected = expression.evaluate(scope)
            if not site.arithmetic.equal(expected, length):
                given = f"{spec.name} is given {show_shape(shape)}"
                raise site.faults.fail(given, entry.place, f"{what} {as_text(expected)}")
