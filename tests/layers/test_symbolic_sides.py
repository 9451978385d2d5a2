"""The two readings of a symbolic side: the textbook's, exact where the stride divides the map, and the exact one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flopcalc.errors import Fault
from flopcalc.layers import LAYERS
from flopcalc.number import Arithmetic, Number, Relation, symbol

H, K, P, S = (symbol(name) for name in "HKPS")

WIDE = 40
"""A width on which every window here fits; only heights are looked at."""


def height(word: str, length: Any, arithmetic: Arithmetic | None = None, **attributes: Any) -> Number:
    """Return the height of what a layer writes, from a map of this height."""
    if word in ("conv", "transposed_conv"):
        attributes["out"] = 1
    layer = LAYERS[word].layer.make(attributes)
    return layer.output(((1, length, WIDE),), arithmetic or Arithmetic())[1]


windows = {
    "kernel": st.integers(1, 7),
    "stride": st.integers(1, 5),
    "dilation": st.integers(1, 3),
    "quotient": st.integers(1, 12),
    "data": st.data(),
}


@settings(deadline=None, max_examples=100)
@given(word=st.sampled_from(["conv", "depthwise"]), **windows)
def test_the_ideal_side_is_the_textbooks_and_exact_where_the_stride_divides(
    word: str, kernel: int, stride: int, dilation: int, quotient: int, data: Any
) -> None:
    padding = data.draw(st.integers(0, 4))
    given = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}
    formula = height(word, H, **given)
    assert formula == H / stride + (2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    length = stride * quotient
    assume(length + 2 * padding >= dilation * (kernel - 1) + 1)
    assert formula.subs(H, length) == height(word, length, **given)


@settings(deadline=None, max_examples=100)
@given(ceil_mode=st.booleans(), **windows)
def test_the_ideal_side_of_a_pool_is_exact_where_the_stride_divides(
    ceil_mode: bool, kernel: int, stride: int, dilation: int, quotient: int, data: Any
) -> None:
    padding = data.draw(st.integers(0, (dilation * (kernel - 1) + 1) // 2))
    given = {
        "kernel": kernel,
        "stride": stride,
        "dilation": dilation,
        "padding": padding,
        "ceil_mode": ceil_mode,
    }
    length = stride * quotient
    try:
        number = height("max_pool", length, **given)
    except Fault:
        return
    assert height("max_pool", H, **given).subs(H, length) == number


def test_where_the_stride_does_not_divide_the_ideal_side_is_a_fraction_and_the_exact_one_a_floor() -> None:
    ideal = height("conv", H, kernel=3, stride=2)
    assert ideal == H / 2
    exact = height("conv", H, Arithmetic(exact_rounding=True), kernel=3, stride=2)
    assert [exact.subs(H, length) for length in range(1, 9)] == [1, 1, 2, 2, 3, 3, 4, 4]


def test_a_same_convolution_of_symbolic_kernel_keeps_the_side_and_says_that_the_kernel_is_odd() -> None:
    arithmetic = Arithmetic()
    assert height("conv", H, arithmetic, kernel=K) == H
    assert list(arithmetic.assumed) == ["K is odd"]


def test_a_convolution_without_padding_loses_the_kernel_less_one() -> None:
    assert height("conv", H, kernel=K, padding=0) == H - K + 1


def test_a_symbolic_padding_adds_twice() -> None:
    assert height("conv", H, kernel=3, padding=P) == H + 2 * P - 2


def test_a_transposed_convolution_undoes_the_side_of_a_convolution() -> None:
    assert height("transposed_conv", H, kernel=3, stride=2, output_padding=1) == 2 * H
    assert height("transposed_conv", H, kernel=K, stride=S, padding=0) == H * S - S + K


def test_a_symbolic_stride_divides_the_side_whatever_the_stride() -> None:
    formula = height("conv", H, kernel=3, stride=S)
    assert formula == H / S
    for stride in (1, 2, 3, 4):
        assert formula.subs({H: 12, S: stride}) == height("conv", 12, kernel=3, stride=stride)


def test_a_symbolic_stride_divides_a_numeric_side() -> None:
    assert height("conv", 112, kernel=3, stride=S) == 112 / S


def test_all_symbols_give_the_textbooks_side() -> None:
    assert (height("conv", H, kernel=K, stride=S, padding=P) - ((H + 2 * P - K) / S + 1)).expand() == 0


def test_the_last_window_of_a_symbolic_ceil_mode_pool_is_clipped() -> None:
    assert height("max_pool", H, kernel=2, stride=3, ceil_mode=True) == H / 3
    exact = height("max_pool", H, Arithmetic(exact_rounding=True), kernel=2, stride=3, ceil_mode=True)
    for length in range(2, 20):
        assert exact.subs(H, length) == height("max_pool", length, kernel=2, stride=3, ceil_mode=True)


def test_an_exact_side_that_cannot_be_clipped_has_no_minimum_in_it() -> None:
    exact = height("max_pool", H, Arithmetic(exact_rounding=True), kernel=3, stride=2, ceil_mode=True)
    assert "Min" not in str(exact)


def test_a_ceil_mode_pool_of_symbolic_stride_asks_whether_the_stride_is_above_1() -> None:
    with pytest.raises(Fault) as caught:
        height("max_pool", H, kernel=3, stride=S, padding=1, ceil_mode=True)
    assert "S > 1" in caught.value.hint
    above = Arithmetic(relations=(Relation("S > 1", S - 1, True),))
    formula = height("max_pool", H, above, kernel=3, stride=S, padding=1, ceil_mode=True)
    for stride in (2, 3, 4):
        number = height("max_pool", 12, kernel=3, stride=stride, padding=1, ceil_mode=True)
        assert formula.subs({H: 12, S: stride}) == number


def test_a_window_of_one_pixel_needs_no_assumption_about_the_stride() -> None:
    formula = height("max_pool", H, kernel=1, stride=S, ceil_mode=True)
    for stride in (1, 2, 3):
        assert formula.subs({H: 12, S: stride}) == height("max_pool", 12, kernel=1, stride=stride, ceil_mode=True)
