"""Matrix products: the fully connected layer, and products of two tensors."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, shorten
from flopcalc.layers.base import Layer, Shape, attribute, over_sides, show_shape
from flopcalc.layers.reach import WHOLE, Reach, Unknown, pointwise
from flopcalc.number import Arithmetic, Number, product

__all__ = ["Einsum", "Linear", "Matmul"]

_EQUATION = re.compile(r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]*)")


@dataclass(frozen=True, kw_only=True)
class Linear(Layer):
    """Fully connected layer along one axis: weights = C_in·C_out, madds = weights × the positions of the other axes.

    Without `axis` it reads features C, C×1×1, or a sequence C×L, position by position. A map of several positions needs
    `axis: 0`, since what is meant is often a `flatten` before it.
    """

    name: ClassVar[str] = "linear"
    contracts: ClassVar[bool] = True

    out: Number = attribute("whole", help="output features")
    bias: bool = attribute("flag", True, help="whether a bias is added")
    axis: Number | None = attribute("axis", optional=True, help="along which axis: 0, the channels, where not given")

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (channels and self.along != 0, sides and self.axis is not None)

    @property
    def along(self) -> int:
        """The axis along which it acts."""
        return 0 if self.axis is None else int(self.axis)

    @property
    def stated_channels(self) -> Number | None:
        return self.out if self.along == 0 else None

    @property
    def scaled(self) -> Layer | None:
        return replace(self, bias=True) if self.along == 0 else None

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        shape = inputs[0]
        if self.axis is None and len(shape) > 2 and not all(arithmetic.equal(length, 1) for length in shape[1:]):
            raise Fault(
                f"linear needs a {'×'.join('1' for _ in shape[1:])} map, not {show_shape(shape)}",
                expected="C×" + "×".join("1" for _ in shape[1:]),
                hint="put `- global_pool` or `- flatten` before it, or use a 1×1 conv",
            )
        return (*shape[: self.along], self.out, *shape[self.along + 1 :])

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return inputs[0][self.along] * self.out

    def matrix(self, inputs: tuple[Shape, ...]) -> tuple[Number, ...]:
        return (self.out, inputs[0][self.along])

    def biases(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return self.out if self.bias else 0

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        shape = inputs[0]
        return product(shape[self.along], self.out, *shape[: self.along], *shape[self.along + 1 :])

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        return "linear" if self.along == 0 else f"linear axis={self.axis}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return over_sides(inputs[0], (self.along,))


@dataclass(frozen=True, kw_only=True)
class Matmul(Layer):
    """Product of the last two axes: B×M×K times B×K×N is B×M×N, with B·M·K·N multiply-adds, for any axes B before."""

    name: ClassVar[str] = "matmul"
    keeps: ClassVar[str] = "factors"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    contracts: ClassVar[bool] = True
    forms: ClassVar[tuple[str, ...]] = ("function", "operator", "module", "custom")
    sides: ClassVar[tuple[int, int | None]] = (1, None)

    transpose: bool = attribute("flag", False, help="read the second map transposed: B×M×K times B×N×K")

    def _second(self, inputs: tuple[Shape, ...]) -> Shape:
        *batch, rows, columns = inputs[1]
        return (*batch, columns, rows) if self.transpose else (*batch, rows, columns)

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        first, second = inputs[0], self._second(inputs) if len(inputs[1]) > 1 else inputs[1]
        fits = len(first) == len(second) and arithmetic.equal(first[-1], second[-2])
        if not fits or not all(map(arithmetic.equal, first[:-2], second[:-2])):
            raise Fault(
                f"matmul cannot multiply {show_shape(first)} by {show_shape(second)}",
                expected="B×M×K and B×K×N",
                hint="" if self.transpose else "transpose: true reads the second map as B×N×K",
            )
        return (*first[:-1], second[-1])

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(*inputs[0], output[-1])

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        sides = len(inputs[0]) - 1
        if all(length == 1 for shape in inputs for length in shape[1:]):
            return pointwise(sides)
        return (WHOLE,) * sides  # as of attention, whose two products lead from every position to every other


@dataclass(frozen=True, kw_only=True)
class Einsum(Layer):
    """Product of two tensors, an axis a letter, summed over the letters that the result does not have.

    ``hnd,hmd->hnm`` takes h·n·m·d multiply-adds: one for every value of all the letters.
    """

    name: ClassVar[str] = "einsum"
    keeps: ClassVar[str] = "factors"
    families: ClassVar[tuple[str, ...]] = ("matmul",)
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    contracts: ClassVar[bool] = True
    forms: ClassVar[tuple[str, ...]] = ("function", "operator", "module", "custom")
    short: ClassVar[str] = "equation"

    equation: str = attribute("text", help="a letter an axis: hnd,hmd->hnm")

    def _letters(self) -> tuple[str, str, str]:
        match = _EQUATION.fullmatch(self.equation.replace(" ", ""))
        if match is None or any(len({*letters}) < len(letters) for letters in match.groups()):
            raise Fault(
                f"equation is `{shorten(self.equation)}`",
                expected="two tensors and the result, a letter an axis: hnd,hmd->hnm",
                hint="`permute` and `reduce` act on one tensor",
            )
        return match[1], match[2], match[3]

    def _lengths(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> dict[str, Number]:
        found: dict[str, Number] = {}
        for letters, shape in zip(self._letters(), inputs, strict=False):
            if len(letters) != len(shape):
                what = f"einsum reads {show_shape(shape)} as `{letters}`"
                raise Fault(what, expected=f"a tensor of {len(letters)} axes")
            for letter, length in zip(letters, shape, strict=True):
                if not arithmetic.equal(found.setdefault(letter, length), length):
                    what = f"`{letter}` of {self.equation} is {found[letter]} and {length}"
                    raise Fault(what, expected="one length for every letter")
        return found

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        lengths, written = self._lengths(inputs, arithmetic), self._letters()[2]
        unknown = [letter for letter in written if letter not in lengths]
        if unknown or not written:
            what = (
                f"`{unknown[0]}` of {self.equation} is no axis of what it reads"
                if unknown
                else "the result has no axis"
            )
            raise Fault(what, expected=f"letters among {', '.join(lengths)}")
        return tuple([lengths[letter] for letter in written])

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(*self._lengths(inputs, Arithmetic()).values())

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"einsum {self.equation.replace(' ', '')}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        first, second, written = self._letters()
        sides = len(inputs[0]) - 1
        lengths = dict(zip(first, inputs[0], strict=True))
        if all(length == 1 for shape in inputs for length in shape[1:]):
            return pointwise(sides)
        if first[1:] == written[1:] and (second[1:] == written[1:] or not {*second} & {*written[1:]}):
            return pointwise(sides)
        # A letter of all three, as of windows, or one that stays in its place, parts what is read.
        parts = {letter for letter in first[1:] if letter in written and letter in second}
        parts |= {letter for letter, same in zip(first[1:], written[1:], strict=False) if letter == same}
        if any(lengths[letter] != 1 for letter in parts):
            return (Unknown(f"behind the product {self.equation.replace(' ', '')}", False),) * sides
        return (WHOLE,) * sides
