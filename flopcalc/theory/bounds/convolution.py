"""The least memory access cost of one convolution at the same FLOPs, kernel and groups: ShuffleNetV2's guideline 1.

A convolution of c1×H_i×W_i to c2×H_o×W_o with an area of K_h·K_w taps and g groups reads H_i·W_i·c1 elements, writes
H_o·W_o·c2 and reads K_h·K_w·c1·c2/g weights. Its multiply-adds hold c1·c2 fast, so that the weights stay as they are
and, the arithmetic mean being never below the geometric one,

    MAC ≥ 2·√(H_i·W_i·H_o·W_o·c1·c2) + K_h·K_w·c1·c2/g,

with equality where both maps have as many elements: H_i·W_i·c1 = H_o·W_o·c2, which is c1 = c2 at stride 1. A bias is
one more element read for each output channel, so that H_o·W_o + 1 stands for H_o·W_o.

A depthwise convolution has as many groups as input and as output channels, g = c1 = c2. Its groups move with its
channels, so that its multiply-adds, K_h·K_w·c for each position, hold c itself: nothing is left to choose. Where only
c1 = g, as with a depthwise multiplier, the groups are held like any others: c1·c2 is, and both widths may change.

Source: Ma et al. 2018, arXiv:1807.11164, section 2, G1 and equation 1 (there for 1×1 convolutions of stride 1).
"""

from __future__ import annotations

from math import isqrt
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.layers import Layer, Shape
from flopcalc.layers.conv import Depthwise, Windowed
from flopcalc.number import Number, as_expr, divide, expanded, is_rational, normal, product

__all__ = ["LeastMac", "least_mac", "least_mac_of", "nearest_root", "root_up"]


@dataclass(frozen=True, slots=True)
class LeastMac:
    """One convolution's memory access cost, and the least that the widths of its maps could make of it.

    Attributes
    ----------
    c1, c2 : Number
        Channels of its input and of its output.
    read, written : Number
        Elements that each input channel costs (H_i·W_i) and each output channel (H_o·W_o, and 1 for a bias).
    weights : Number
        Elements of its kernels, which the same FLOPs hold fast.
    tied : bool
        Whether the widths cannot be chosen: a depthwise convolution has as many groups as channels on both sides, so
        that its FLOPs hold the channels themselves.
    groups : Number
        Its groups, which widths divide by.

    Examples
    --------
    A 1×1 convolution from 64 to 256 channels on a 56×56 map:

    >>> layer = least_mac(64, 256, read=56 * 56, written=56 * 56, weights=64 * 256)
    >>> layer.actual, layer.least, layer.best_widths
    (1019904, 819200, (128, 128))
    """

    c1: Number
    c2: Number
    read: Number
    written: Number
    weights: Number
    tied: bool = False
    groups: Number = 1

    @property
    def actual(self) -> Number:
        """Its memory access cost, in elements: input, weights and bias read, output written."""
        return expanded(self.read * self.c1 + self.written * self.c2 + self.weights)

    @property
    def equal(self) -> bool:
        """Whether it reaches the bound; formulas that are not identical count as different."""
        return self.tied or expanded(self.read * self.c1 - self.written * self.c2) == 0

    @property
    def formula(self) -> Number:
        """The bound itself, 2·√(read·written·c1·c2) + weights; a sympy expression where it is irrational.

        Examples
        --------
        >>> from flopcalc.number import symbol
        >>> H, W, c1, c2 = (symbol(name) for name in ("H", "W", "c1", "c2"))
        >>> least_mac(c1, c2, read=H * W, written=H * W, weights=c1 * c2).formula
        2*H*W*sqrt(c1)*sqrt(c2) + c1*c2
        """
        if self.equal:
            return self.actual
        return normal(2 * _root(product(self.read, self.written, self.c1, self.c2)) + self.weights)

    @property
    def least(self) -> Number:
        """The least whole number that the bound allows; the bound itself where symbols are free.

        No choice of widths with the same FLOPs costs less; whole widths may not reach it.
        """
        radicand = 4 * product(self.read, self.written, self.c1, self.c2)
        if self.tied or not is_rational(radicand) or not is_rational(self.weights):
            return self.formula
        return normal(self.weights + root_up(radicand))

    @property
    def excess(self) -> Number:
        """What it costs above the least, in elements."""
        return expanded(self.actual - self.least)

    @property
    def best_widths(self) -> tuple[Number, Number]:
        """The real widths (c1, c2) that reach the bound: √(c1·c2·written/read) and √(c1·c2·read/written).

        Examples
        --------
        A 3×3 convolution of stride 2 that halves the sides and doubles the channels should quadruple them:

        >>> least_mac(64, 128, read=56 * 56, written=28 * 28, weights=9 * 64 * 128).best_widths
        (32*sqrt(2), 128*sqrt(2))
        """
        if self.equal:
            return self.c1, self.c2
        channels = self.c1 * self.c2
        return (
            normal(_root(divide(channels * self.written, self.read))),
            normal(_root(divide(channels * self.read, self.written))),
        )

    def nearest_widths(self) -> tuple[int, int] | None:
        """The best widths as the nearest whole numbers that divide by the groups; None where symbols are free.

        Examples
        --------
        >>> least_mac(8, 24, read=1, written=1, weights=216, groups=8).nearest_widths()
        (16, 16)
        """
        values = (self.c1, self.c2, self.read, self.written, self.groups)
        if not all(is_rational(value) for value in values):
            return None
        if self.tied:
            return int(self.c1), int(self.c2)
        groups = int(self.groups)
        shares = divide(self.c1 * self.c2, groups * groups)
        return (
            groups * nearest_root(divide(shares * self.written, self.read)),
            groups * nearest_root(divide(shares * self.read, self.written)),
        )


def least_mac(
    c1: Number,
    c2: Number,
    *,
    read: Number,
    written: Number,
    weights: Number,
    tied: bool = False,
    groups: Number = 1,
) -> LeastMac:
    """Return a convolution's memory access cost beside the least at the same FLOPs, kernel and groups.

    Parameters
    ----------
    c1, c2 : Number
        Channels of its input and of its output.
    read, written : Number
        Elements of one channel of its input, and of its output (one more with a bias).
    weights : Number
        Elements of its kernels.
    tied : bool
        Whether the widths are not free, as in a depthwise convolution.
    groups : Number
        What whole widths divide by.

    Examples
    --------
    >>> least_mac(16, 16, read=49, written=49, weights=256).excess
    0
    """
    return LeastMac(c1, c2, read, written, weights, tied, groups)


def least_mac_of(layer: Layer, inputs: tuple[Shape, ...], output: Shape, batch: Number = 1) -> LeastMac | None:
    """Return :func:`least_mac` of a placed layer, for one turn of it; None where it is no plain convolution.

    With a `batch` of samples, each channel has the elements of them all.

    Examples
    --------
    >>> from flopcalc.layers.conv import Conv
    >>> least_mac_of(Conv(out=256, kernel=(1, 1)), ((64, 56, 56),), (256, 56, 56)).least
    819200
    """
    if not isinstance(layer, Windowed) or len(inputs) > 1:  # offsets are neither of its two maps
        return None
    c1, *sides = inputs[0]
    c2 = output[0]
    deep = isinstance(layer, Depthwise)
    groups = c1 if deep else getattr(layer, "groups", 1)
    written = product(batch, *output[1:])
    return LeastMac(
        c1,
        c2,
        product(batch, *sides),
        written + 1 if layer.bias else written,
        layer.weights(inputs, output),
        # a plain convolution of 1 channel has 1 group too, and could be wider
        tied=groups == c1 == c2 and (deep or groups != 1),
        groups=groups,
    )


def root_up(value: Number) -> int:
    """Return ⌈√value⌉ of a rational number that is not negative, exactly.

    Examples
    --------
    >>> root_up(16), root_up(17)
    (4, 5)
    """
    assert is_rational(value)
    # k ≥ √(n/d) exactly where k² ≥ ⌈n/d⌉, for whole k
    whole = -(-value.numerator // value.denominator)
    return isqrt(whole - 1) + 1 if whole > 0 else 0


def nearest_root(value: Number) -> int:
    """Return √value rounded to the nearest whole number, at least 1.

    Examples
    --------
    >>> nearest_root(32400), nearest_root(32700)
    (180, 181)
    """
    assert is_rational(value)
    return max(1, (isqrt(4 * value.numerator // value.denominator) + 1) // 2)


def _root(value: Number) -> Any:
    from sympy import sqrt

    return sqrt(as_expr(value))
