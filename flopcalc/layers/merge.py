"""Layers that bring several tensors together: add, multiply and their like, concat."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import Equations, Layer, Shape, attribute, show_shape
from flopcalc.layers.reach import SAME, Reach, Unknown
from flopcalc.number import Arithmetic, Number, total

__all__ = ["Add", "Concat", "Divide", "Elementwise", "Maximum", "Minimum", "Multiply", "Subtract"]

_FORMS = ("operator", "function", "module", "custom")


def _shapes(inputs: tuple[Shape, ...]) -> str:
    return " and ".join(show_shape(shape) for shape in inputs[:6])


@dataclass(frozen=True, kw_only=True)
class Elementwise(Layer):
    """An operation on tensors of one rank, element by element; a side of 1 is spread over the others'."""

    families: ClassVar[tuple[str, ...]] = ("elementwise",)
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    forms: ClassVar[tuple[str, ...]] = _FORMS
    verb: ClassVar[str] = "combine"

    number: bool = attribute("flag", False, help="whether a number is an operand too, as in x * 0.5")

    @property
    def takes(self) -> tuple[int, int | None]:
        least, most = self.arity
        return (1, 1 if most == 2 else None) if self.number else (least, most)

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        first = inputs[0]
        if any(len(shape) != len(first) for shape in inputs[1:]):
            raise self._unlike(inputs, "tensors of as many axes", "`reshape` gives a tensor axes of 1")
        for lengths in zip(*inputs, strict=True):
            larger = [length for length in lengths if length != 1]
            if not all(arithmetic.equal(length, larger[0]) for length in larger[1:]):
                hint = "a 1×1 conv on the shortcut changes its channels, a stride its size"
                raise self._unlike(inputs, "equal shapes, or sides of 1", hint)

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        if all(shape == inputs[0] for shape in inputs[1:]):
            return inputs[0]
        return tuple([next((length for length in lengths if length != 1), 1) for lengths in zip(*inputs, strict=False)])

    def _unlike(self, inputs: tuple[Shape, ...], expected: str, hint: str) -> Fault:
        return Fault(f"{self.name} cannot {self.verb} {_shapes(inputs)}", expected=expected, hint=hint)


@dataclass(frozen=True, kw_only=True)
class Add(Elementwise):
    """Element-wise sum; of two tensors of one shape it reads 2CHW and writes CHW."""

    name: ClassVar[str] = "add"
    keeps: ClassVar[str] = "nothing"
    verb: ClassVar[str] = "sum"


@dataclass(frozen=True, kw_only=True)
class Multiply(Elementwise):
    """Element-wise product; a 1×1 map is spread over the other's height and width."""

    name: ClassVar[str] = "multiply"
    keeps: ClassVar[str] = "factors"


@dataclass(frozen=True, kw_only=True)
class Subtract(Elementwise):
    """Element-wise difference of two tensors."""

    name: ClassVar[str] = "subtract"
    keeps: ClassVar[str] = "nothing"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)


@dataclass(frozen=True, kw_only=True)
class Divide(Elementwise):
    """Element-wise quotient of two tensors."""

    name: ClassVar[str] = "divide"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)


@dataclass(frozen=True, kw_only=True)
class Maximum(Elementwise):
    """The greatest of the elements at a place."""

    name: ClassVar[str] = "maximum"


@dataclass(frozen=True, kw_only=True)
class Minimum(Elementwise):
    """The least of the elements at a place."""

    name: ClassVar[str] = "minimum"


@dataclass(frozen=True, kw_only=True)
class Concat(Layer):
    """Concatenation along an axis; reads and writes every element, and of one tensor none."""

    name: ClassVar[str] = "concat"
    keeps: ClassVar[str] = "nothing"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    forms: ClassVar[tuple[str, ...]] = ("function", "module", "custom")
    stacks: ClassVar[bool] = True

    axis: Number | None = attribute("axis", optional=True, help="along which axis; the channels where not given")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        axis, first = int(self.axis or 0), inputs[0]
        others = (*first[:axis], *first[axis + 1 :])
        for shape in inputs[1:]:
            beside = (*shape[:axis], *shape[axis + 1 :])
            if len(shape) != len(first) or not arithmetic.equal(beside, others):
                expected = f"tensors that differ along axis {axis} alone" if axis else "equal heights and widths"
                raise Fault(f"concat cannot join {_shapes(inputs)}", expected=expected)
        return (*first[:axis], total(shape[axis] for shape in inputs), *first[axis + 1 :])

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        where = f"behind a concat along axis {self.axis}"
        return tuple([Unknown(where) if self.axis == side else SAME for side in range(1, len(inputs[0]))])

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return ((),) if len(inputs) == 1 else ()

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        return "concat" if not self.axis else f"concat axis={self.axis}"
