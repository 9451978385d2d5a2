"""Attributes that depend on a model's size, as expressions: found by reading the model at several sizes.

A model is read at a size; what it computes of that size, such as the shape of a view, is a number there. Where the
same model at other sizes has the same layers and other numbers, each number is held to what the layer reads: a side of
its map, a multiple or a part of one. What is none of these is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, FlopcalcError
from flopcalc.importing.trace import Attribute, Step, Trace

__all__ = ["general"]

Sizes: TypeAlias = "Mapping[str, tuple[int, ...]]"
Layouts: TypeAlias = "Mapping[str, tuple[int, ...]]"

_GROWN: tuple[Callable[[int, int], int], ...] = (
    lambda side, place: side + 33 * (place + 1),
    lambda side, place: side + 64 * (place + 1),
    lambda side, place: side * (2 + place),
)
"""Other sizes at which a model is tried: odd ones, which show how it rounds, and multiples."""


def general(read: Callable[[Sizes], Trace], base: Trace) -> Trace:
    """Return a trace that holds for other sizes of its inputs' maps too.

    Parameters
    ----------
    read : callable
        Reads the model at given sizes.
    base : Trace
        The model at its own.

    Raises
    ------
    Fault
        Where the model has other layers at other sizes, or numbers that do not follow from its maps.
    """
    others: list[Trace] = []
    refused: FlopcalcError | None = None
    for grown in _GROWN:
        sizes = {label: _grown(shape, grown) for label, shape in base.inputs.items()}
        try:
            others.append(read(sizes))
        except FlopcalcError as error:
            refused = error
    if len(others) < 2:
        told = refused.problems[0].what if refused else ""
        raise Fault(f"it cannot be read at another size: {told}", expected="numbers for its input")
    for other in others:
        _check_alike(base, other)
    layouts = [_layouts(trace) for trace in (base, *others)]
    steps = []
    for number, step in enumerate(base.steps):
        alike = [step, *(other.steps[number] for other in others)]
        steps.append(_general(alike, layouts, base.steps[:number]))
    return replace(base, steps=tuple(steps))


def _grown(shape: tuple[int, ...], grown: Callable[[int, int], int]) -> tuple[int, ...]:
    """Return a shape with other sides of its map; of one side alone, with another length."""
    if len(shape) == 1:
        return (grown(shape[0], 0),)
    return (shape[0], *(grown(side, place) for place, side in enumerate(shape[1:])))


def _layouts(trace: Trace) -> Layouts:
    written = {
        result: layout for step in trace.steps for result, layout in zip(step.results, step.layouts, strict=True)
    }
    return {**trace.inputs, **written}


def _check_alike(base: Trace, other: Trace) -> None:
    """Refuse a model whose layers are others at another size."""
    for one, two in zip(base.steps, other.steps, strict=False):
        if (one.word, one.sources, one.results) != (two.word, two.sources, two.results):
            raise Fault(f"at another size it has {two.word} where it has {_where(one)}", expected="the same layers")
    if len(base.steps) != len(other.steps):
        what = f"it has {len(base.steps)} layers, and {len(other.steps)} at another size"
        raise Fault(what, expected="the same layers")


def _where(step: Step) -> str:
    place = ".".join(step.path)
    return f"{step.word} of {place}" if place else step.word


def _general(alike: Sequence[Step], layouts: Sequence[Layouts], before: Sequence[Step]) -> Step:
    """Return a step whose attributes hold at all the sizes."""
    step = alike[0]
    if all(other.attributes == step.attributes for other in alike):
        return step
    if step.word == "upsample":
        return _resized(alike, layouts, before)
    attributes: dict[str, Attribute] = {}
    for name in step.attributes:
        values = [other.attributes.get(name) for other in alike]
        if all(value == values[0] for value in values):
            attributes[name] = step.attributes[name]
            continue
        shapes = [where[step.sources[0]] for where in layouts] if step.sources else []
        attributes[name] = _expressed(step, name, values, shapes)
    if any(other.attributes.keys() != step.attributes.keys() for other in alike):
        raise _baked(step, "its attributes")
    return replace(step, attributes=attributes)


def _baked(step: Step, name: str) -> Fault:
    what = f"{name} of {_where(step)} depends on the size, and follows from no side of what it reads"
    return Fault(what, expected="the size at which the model was read", hint=step.origin)


def _expressed(
    step: Step, name: str, values: Sequence[Attribute | None], shapes: Sequence[tuple[int, ...]]
) -> Attribute:
    """Return numbers of several sizes as expressions in the sides of what the layer reads."""
    if step.word == "parameter" or not shapes:
        raise _baked(step, name)
    if not all(isinstance(value, tuple) for value in values):
        return _expression(step, name, values, shapes)
    entries = [[value[place] for value in values if isinstance(value, tuple)] for place in range(len(values[0]))]  # type: ignore[arg-type]
    if any(isinstance(value, tuple) and len(value) != len(entries) for value in values):
        raise _baked(step, name)
    moving = [place for place, entry in enumerate(entries) if len({*entry}) > 1]
    found: list[int | str] = [entry[0] for entry in entries]
    if step.word == "reshape" and len(moving) == 1:
        found[moving[0]] = -1
        return tuple(found)
    for place in moving:
        found[place] = _expression(step, name, entries[place], shapes)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Term:
    """Something that a number may be a multiple of."""

    text: str
    values: tuple[int, ...]


def _terms(shapes: Sequence[tuple[int, ...]]) -> Iterator[_Term]:
    rank = len(shapes[0])
    names = {1: ("channels",), 2: ("channels", "map.length"), 3: ("channels", "height", "width")}.get(
        rank, ("channels", "map.depth", "height", "width") if rank == 4 else ()
    )
    terms = [_Term(name, tuple([shape[place] for shape in shapes])) for place, name in enumerate(names)]
    terms = [term for term in terms if len({*term.values}) > 1]
    yield from terms
    for count in (2, 3):
        for several in combinations(terms, count):
            values = [1] * len(shapes)
            for term in several:
                values = [a * b for a, b in zip(values, term.values, strict=True)]
            yield _Term(" * ".join(term.text for term in several), tuple(values))


def _expression(step: Step, name: str, values: Sequence[object], shapes: Sequence[tuple[int, ...]]) -> str:
    """Return an expression that is these numbers at these shapes."""
    numbers = [value for value in values if isinstance(value, int)]
    if len(numbers) != len(shapes):
        raise _baked(step, name)
    for term in _terms(shapes):
        ratios = {Fraction(number, value) for number, value in zip(numbers, term.values, strict=True)}
        if len(ratios) == 1:
            (ratio,) = ratios
            text = term.text if ratio.numerator == 1 else f"{ratio.numerator} * {term.text}"
            return text if ratio.denominator == 1 else f"{text} / {ratio.denominator}"
        apart = {number - value for number, value in zip(numbers, term.values, strict=True)}
        if len(apart) == 1:
            (difference,) = apart
            return f"{term.text} {'+' if difference > 0 else '-'} {abs(difference)}"
        for part in range(2, 65):
            if all(number == -(-value // part) for number, value in zip(numbers, term.values, strict=True)):
                return f"ceil({term.text} / {part})"
            if all(number == value // part for number, value in zip(numbers, term.values, strict=True)):
                return f"floor({term.text} / {part})"
    raise _baked(step, name)


def _resized(alike: Sequence[Step], layouts: Sequence[Layouts], before: Sequence[Step]) -> Step:
    """Return an interpolation to the size of a tensor that is there, or to a part of its own size."""
    step = alike[0]
    sides = [other.layouts[0][1:] for other in alike]
    rest = {name: value for name, value in step.attributes.items() if name not in ("size", "scale")}
    for earlier in reversed(before):
        for result in earlier.results:
            if [where[result][1:] for where in layouts] == sides:
                return replace(step, attributes={"like": result, **rest})
    for label in [*layouts[0]]:
        if [where[label][1:] for where in layouts] == sides:
            return replace(step, attributes={"like": label, **rest})
    shapes = [where[step.sources[0]] for where in layouts]
    size: list[int | str] = []
    for place in range(len(sides[0])):
        values = [side[place] for side in sides]
        size.append(values[0] if len({*values}) == 1 else _expression(step, "size", values, shapes))
    return replace(step, attributes={"size": tuple(size), **rest})
