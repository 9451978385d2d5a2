"""Constants of an ONNX graph: small tensors of numbers, such as shapes, and the operators that compute with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import TypeAlias

from flopcalc.dataclass import dataclass

__all__ = ["FOLDED", "Const", "Effort", "fold", "sliced"]

Scalar: TypeAlias = "int | float"

MOST_ELEMENTS = 65_536
"""How many elements a constant may have that is computed."""

MOST_WORK = 1_000_000
"""How many elements may be computed for a whole file."""

LARGEST = 1 << 64
"""How large a number may get that is computed."""


@dataclass(frozen=True, slots=True)
class Const:
    """Numbers that are known, row by row.

    Examples
    --------
    >>> Const((2, 2), (1, 2, 3, 4)).elements
    4
    """

    shape: tuple[int, ...]
    values: tuple[Scalar, ...]

    @property
    def elements(self) -> int:
        """How many there are."""
        return len(self.values)

    def whole(self) -> tuple[int, ...]:
        """Return them as whole numbers."""
        return tuple([int(each) for each in self.values])


@dataclass(slots=True)
class Effort:
    """How many elements may still be computed."""

    left: int = MOST_WORK


Attributes: TypeAlias = "Mapping[str, object]"
Fold: TypeAlias = "Callable[[Sequence[Const], Attributes], Const | None]"


def fold(op: str, inputs: Sequence[Const], attributes: Attributes, effort: Effort | None = None) -> Const | None:
    """Return what an operator makes of constants; None where it is not known how, or all effort is spent.

    Examples
    --------
    >>> fold("Mul", [Const((2,), (3, 4)), Const((), (2,))], {})
    Const(shape=(2,), values=(6, 8))
    """
    rule = FOLDED.get(op)
    effort = Effort() if effort is None else effort
    if rule is None or not inputs or effort.left <= 0:
        return None
    effort.left -= sum(each.elements for each in inputs)
    try:
        found = rule(inputs, attributes)
    except (ArithmeticError, ValueError, IndexError, TypeError, KeyError):
        return None
    if found is None or len(found.values) > MOST_ELEMENTS or math.prod(found.shape) != len(found.values):
        return None
    effort.left -= found.elements
    return found


def _spread(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    rank = max(map(len, shapes))
    wide = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    found = tuple([next((side for side in sides if side != 1), 1) for sides in zip(*wide, strict=True)])
    if math.prod(found) > MOST_ELEMENTS:
        raise ValueError
    return found


def _at(const: Const, place: tuple[int, ...]) -> Scalar:
    """Return an element at a place of a shape to which the constant is spread."""
    index = 0
    for side, where in zip(const.shape, place[len(place) - len(const.shape) :], strict=True):
        index = index * side + (where if side != 1 else 0)
    return const.values[index]


def _places(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(product(*map(range, shape)))


def _of_elements(function: Callable[..., Scalar]) -> Fold:
    def rule(inputs: Sequence[Const], attributes: Attributes) -> Const | None:
        shape = _spread([each.shape for each in inputs])
        found = tuple([function(*[_at(each, place) for each in inputs]) for place in _places(shape)])
        return None if any(abs(each) > LARGEST and abs(each) != math.inf for each in found) else Const(shape, found)

    return rule


def _divided(a: Scalar, b: Scalar) -> Scalar:
    if isinstance(a, int) and isinstance(b, int):
        return a // b if (a >= 0) == (b > 0) else -(-a // b)
    return a / b


def _clipped(value: Scalar, low: Scalar = -math.inf, high: Scalar = math.inf) -> Scalar:
    return max(low, min(value, high))


def _cast(inputs: Sequence[Const], attributes: Attributes) -> Const:
    whole = attributes.get("to") not in (1, 10, 11, 16)
    return Const(inputs[0].shape, tuple([int(each) if whole else float(each) for each in inputs[0].values]))


def _concat(inputs: Sequence[Const], attributes: Attributes) -> Const | None:
    axis = attributes.get("axis", 0)
    rank = len(inputs[0].shape)
    if not isinstance(axis, int) or any(len(each.shape) != rank for each in inputs):
        return None
    axis %= rank
    sides = [each.shape[axis] for each in inputs]
    first = inputs[0].shape
    shape = (*first[:axis], sum(sides), *first[axis + 1 :])
    inner = math.prod(first[axis + 1 :])
    if math.prod(shape) > MOST_ELEMENTS:
        return None
    found: list[Scalar] = []
    for row in range(math.prod(first[:axis])):
        for each, side in zip(inputs, sides, strict=True):
            found += each.values[row * side * inner : (row + 1) * side * inner]
    return Const(shape, tuple(found))


def _gather(inputs: Sequence[Const], attributes: Attributes) -> Const | None:
    data, indices = inputs
    axis = attributes.get("axis", 0)
    if not isinstance(axis, int):
        return None
    axis %= len(data.shape)
    side = data.shape[axis]
    inner = math.prod(data.shape[axis + 1 :])
    shape = (*data.shape[:axis], *indices.shape, *data.shape[axis + 1 :])
    if math.prod(shape) > MOST_ELEMENTS:
        return None
    found: list[Scalar] = []
    for row in range(math.prod(data.shape[:axis])):
        for index in indices.whole():
            if not -side <= index < side:
                return None
            begin = (row * side + index % side) * inner
            found += data.values[begin : begin + inner]
    return Const(shape, tuple(found))


def _sliced(inputs: Sequence[Const], attributes: Attributes) -> Const | None:
    data, starts, ends = inputs[:3]
    rank = len(data.shape)
    axes = inputs[3].whole() if len(inputs) > 3 else tuple(range(starts.elements))
    steps = inputs[4].whole() if len(inputs) > 4 else (1,) * starts.elements
    taken = [range(side) for side in data.shape]
    for start, end, axis, step in zip(starts.whole(), ends.whole(), axes, steps, strict=True):
        taken[axis % rank] = sliced(data.shape[axis % rank], start, end, step)
    shape = tuple([len(each) for each in taken])
    return Const(shape, tuple([_at(data, place) for place in product(*taken)]))


def sliced(side: int, start: int, end: int, step: int) -> range:
    """Return the places that ONNX's Slice takes along a side.

    Examples
    --------
    >>> sliced(5, 1, 2**63 - 1, 1), sliced(4, -1, -(2**63), -1)
    (range(1, 5), range(3, -1, -1))
    """
    if step == 0:
        raise ValueError("a step of 0")
    if step > 0:
        return range(*slice(start, end, step).indices(side))
    return range(*slice(start, end if end >= -side else None, step).indices(side))


def _transposed(inputs: Sequence[Const], attributes: Attributes) -> Const:
    data = inputs[0]
    order = attributes.get("perm")
    axes = [int(axis) for axis in order] if isinstance(order, (list, tuple)) else [*range(len(data.shape))][::-1]
    shape = tuple([data.shape[axis] for axis in axes])
    found = []
    for place in _places(shape):
        back = [0] * len(axes)
        for axis, where in zip(axes, place, strict=True):
            back[axis] = where
        found.append(_at(data, tuple(back)))
    return Const(shape, tuple(found))


def _range(inputs: Sequence[Const], attributes: Attributes) -> Const | None:
    start, limit, delta = (each.values[0] for each in inputs)
    count = max(math.ceil((limit - start) / delta), 0)
    if count > MOST_ELEMENTS:
        return None
    return Const((count,), tuple([start + index * delta for index in range(count)]))


def _filled(inputs: Sequence[Const], attributes: Attributes) -> Const | None:
    shape = inputs[0].whole()
    if math.prod(shape) > MOST_ELEMENTS or any(side < 0 for side in shape):
        return None
    value = attributes.get("value")
    fill = value.values[0] if isinstance(value, Const) and value.values else 0
    return Const(shape, (fill,) * math.prod(shape))


def _reduced(function: Callable[[Sequence[Scalar]], Scalar]) -> Fold:
    def rule(inputs: Sequence[Const], attributes: Attributes) -> Const | None:
        data = inputs[0]
        axes = attributes.get("axes")
        given = inputs[1].whole() if len(inputs) > 1 else axes if isinstance(axes, (list, tuple)) else None
        if given is not None and len({axis % max(len(data.shape), 1) for axis in given}) < len(data.shape):
            return None
        shape = (1,) * len(data.shape) if attributes.get("keepdims", 1) else ()
        return Const(shape, (function(data.values),))

    return rule


def _expanded(inputs: Sequence[Const], attributes: Attributes) -> Const:
    shape = _spread([inputs[0].shape, inputs[1].whole()])
    return Const(shape, tuple([_at(inputs[0], place) for place in _places(shape)]))


def _tiled(inputs: Sequence[Const], attributes: Attributes) -> Const | None:
    if len(inputs[0].shape) != 1:
        return None
    count = inputs[1].whole()[0]
    if count < 0 or count * inputs[0].elements > MOST_ELEMENTS:
        return None
    return Const((count * inputs[0].elements,), inputs[0].values * count)


FOLDED: Mapping[str, Fold] = {
    "Add": _of_elements(lambda a, b: a + b),
    "Sub": _of_elements(lambda a, b: a - b),
    "Mul": _of_elements(lambda a, b: a * b),
    "Div": _of_elements(_divided),
    "Mod": _of_elements(lambda a, b: a % b),
    "Pow": _of_elements(lambda a, b: a**b if abs(b) <= 64 else float(a) ** float(b)),
    "Min": _of_elements(min),
    "Max": _of_elements(max),
    "Equal": _of_elements(lambda a, b: int(a == b)),
    "Less": _of_elements(lambda a, b: int(a < b)),
    "LessOrEqual": _of_elements(lambda a, b: int(a <= b)),
    "Greater": _of_elements(lambda a, b: int(a > b)),
    "GreaterOrEqual": _of_elements(lambda a, b: int(a >= b)),
    "And": _of_elements(lambda a, b: int(bool(a) and bool(b))),
    "Or": _of_elements(lambda a, b: int(bool(a) or bool(b))),
    "Not": _of_elements(lambda a: int(not a)),
    "Neg": _of_elements(lambda a: -a),
    "Abs": _of_elements(abs),
    "Floor": _of_elements(lambda a: float(math.floor(a))),
    "Ceil": _of_elements(lambda a: float(math.ceil(a))),
    "Round": _of_elements(lambda a: float(round(a))),
    "Sqrt": _of_elements(math.sqrt),
    "Reciprocal": _of_elements(lambda a: 1 / a),
    "Clip": _of_elements(_clipped),
    "Where": _of_elements(lambda condition, a, b: a if condition else b),
    "Cast": _cast,
    "Concat": _concat,
    "Gather": _gather,
    "Slice": _sliced,
    "Transpose": _transposed,
    "Range": _range,
    "ConstantOfShape": _filled,
    "ReduceProd": _reduced(math.prod),
    "ReduceSum": _reduced(sum),
    "ReduceMax": _reduced(max),
    "ReduceMin": _reduced(min),
    "Expand": _expanded,
    "Tile": _tiled,
}
"""By operator, how it folds constants; those that look at them differently are told by the reader of shapes."""
