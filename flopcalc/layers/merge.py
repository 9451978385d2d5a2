"""Layers that bring several tensors together: add, multiply, concat."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import Equations, Layer, Shape, show_shape
from flopcalc.number import Arithmetic, total

__all__ = ["Add", "Concat", "Multiply"]

_FORMS = ("operator", "function", "module", "custom")


def _shapes(inputs: tuple[Shape, ...]) -> str:
    return " and ".join(show_shape(shape) for shape in inputs[:6])


@dataclass(frozen=True, kw_only=True)
class Add(Layer):
    """Element-wise sum of tensors of one shape; of two it reads 2CHW and writes CHW."""

    name: ClassVar[str] = "add"
    families: ClassVar[tuple[str, ...]] = ("elementwise",)
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    forms: ClassVar[tuple[str, ...]] = _FORMS

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return inputs[0]

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        if not all(arithmetic.equal(shape, inputs[0]) for shape in inputs[1:]):
            raise Fault(
                f"add cannot sum {_shapes(inputs)}",
                expected="equal shapes",
                hint="a 1×1 conv on the shortcut changes its channels, a stride its size",
            )


@dataclass(frozen=True, kw_only=True)
class Multiply(Layer):
    """Element-wise product; a 1×1 map is spread over the other's height and width."""

    name: ClassVar[str] = "multiply"
    families: ClassVar[tuple[str, ...]] = ("elementwise",)
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    forms: ClassVar[tuple[str, ...]] = _FORMS

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        sides = [self._spread(tuple(shape[axis] for shape in inputs), inputs, arithmetic) for axis in (1, 2)]
        return (inputs[0][0], sides[0], sides[1])

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        if not all(arithmetic.equal(shape[0], inputs[0][0]) for shape in inputs[1:]):
            raise Fault(f"multiply cannot combine {_shapes(inputs)}", expected="equal numbers of channels")

    @staticmethod
    def _spread(sides: tuple[object, ...], inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> object:
        larger = [length for length in sides if length != 1]
        if not larger:
            return 1
        if not all(arithmetic.equal(length, larger[0]) for length in larger[1:]):
            raise Fault(f"multiply cannot combine {_shapes(inputs)}", expected="equal heights and widths, or 1×1")
        return larger[0]


@dataclass(frozen=True, kw_only=True)
class Concat(Layer):
    """Concatenation along the channels; reads and writes every element, and of one tensor none."""

    name: ClassVar[str] = "concat"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    forms: ClassVar[tuple[str, ...]] = ("function", "module", "custom")
    stacks: ClassVar[bool] = True

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        if not all(arithmetic.equal(shape[1:], inputs[0][1:]) for shape in inputs[1:]):
            raise Fault(f"concat cannot join {_shapes(inputs)}", expected="equal heights and widths")
        return (total(shape[0] for shape in inputs), inputs[0][1], inputs[0][2])

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return ((),) if len(inputs) == 1 else ()
