"""Bounds of convolutions held to other whole widths with the same FLOPs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flopcalc import analyze, bound
from flopcalc.errors import UndecidedError
from flopcalc.layers.conv import Conv, Depthwise, TransposedConv
from flopcalc.number import symbol
from flopcalc.theory.bounds import network
from flopcalc.theory.bounds.convolution import LeastMac, least_mac_of
from flopcalc.theory.bounds.rivals import rivals


def test_rivals_have_the_same_multiply_adds_groups_and_maps() -> None:
    layer = Conv(out=12, kernel=(3, 3), groups=2, stride=(2, 2))
    found = list(rivals(layer, (6, 8, 8), (12, 4, 4)))
    assert {(a, b) for a, b, _ in found} == {(2, 36), (36, 2), (4, 18), (18, 4), (6, 12), (12, 6)}
    assert all(mac == 64 * a + 16 * b + 9 * a * b // 2 for a, b, mac in found)


def test_a_depthwise_convolution_has_no_rivals_but_itself() -> None:
    assert list(rivals(Depthwise(kernel=(3, 3)), (6, 4, 4), (6, 4, 4))) == [(6, 6, 246)]
    assert [(a, b) for a, b, _ in rivals(Conv(out=6, kernel=(3, 3), groups=6), (6, 4, 4), (6, 4, 4))] == [(6, 6)]


def test_a_multiplier_and_a_transposed_convolution_have_some() -> None:
    deep = list(rivals(Depthwise(kernel=(3, 3), multiplier=4), (2, 4, 4), (8, 4, 4)))
    assert {(a, b) for a, b, _ in deep} == {(2, 8), (4, 4), (8, 2)}
    up = list(rivals(TransposedConv(out=8, kernel=(2, 2), stride=(2, 2), padding=(0, 0)), (2, 4, 4), (8, 8, 8)))
    assert {(a, b) for a, b, _ in up} == {(1, 16), (16, 1), (2, 8), (8, 2), (4, 4)}


def test_bounds_say_how_far_they_were_tried() -> None:
    assert bound("group_conv", C=2, O=8, g=2, K=1, H=1, W=1).recount == network.Recount(0, 3)
    assert bound("pointwise_conv").recount.points == 100
    assert bound("mobilenet_v1", symbolic="alpha,rho").recount.points >= 10


@pytest.mark.parametrize("values", [{"C": 2, "O": 8, "g": 2, "K": 1, "H": 1, "W": 1}, {"K": 3}, {"C": 8, "g": 4}])
def test_a_layer_that_is_taken_for_depthwise_is_found_out(
    values: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def tied(*arguments: object) -> LeastMac | None:
        found = least_mac_of(*arguments)  # type: ignore[arg-type]
        return found and replace(found, tied=True)

    monkeypatch.setattr(network, "least_mac_of", tied)
    with pytest.raises(UndecidedError, match="failed its recount in plain numbers"):
        bound("group_conv", **values)


def test_a_bound_in_symbols_that_is_too_high_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def more(*arguments: object) -> LeastMac | None:
        found = least_mac_of(*arguments)  # type: ignore[arg-type]
        return found and replace(found, weights=found.weights + symbol("C"))

    monkeypatch.setattr(network, "least_mac_of", more)
    with pytest.raises(UndecidedError, match="failed its recount in plain numbers: at"):
        bound("pointwise_conv")


def test_what_a_network_is_built_from_is_built_again() -> None:
    for name, values in (("inverted_residual", {"C": "4*c"}), ("ghost_module", {"s": 2}), ("esp_module", {})):
        report = analyze(name, **values)
        assert network.bounds_of(report).recount.points >= 10
    assert bound("mobilenet_v1", input=(3, "H", "W")).recount.points >= 10


def test_a_bound_in_numbers_is_rounded_up_among_formulas_too() -> None:
    found = bound("squeeze_excite", C=32, hidden=16)
    (reduce,) = (layer for layer in found.layers if layer.row.path == "reduce")
    assert (reduce.least, reduce.excess) == (558, 2)
    assert found.recount.points == 100


def test_a_block_of_which_there_is_none_is_undecided() -> None:
    with pytest.raises(UndecidedError, match="no whole numbers were found for which there is a pointwise_conv"):
        bound("pointwise_conv", C=16, O=1, g="2*m")
