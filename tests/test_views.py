"""What moves nothing costs no access and holds no second tensor; what is read twice by one layer is read once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flopcalc
from flopcalc.report import Report

Analyse = Callable[..., Report]


@pytest.fixture
def analyse(tmp_path: Path) -> Analyse:
    def analyse_text(text: str, **given: Any) -> Report:
        path = tmp_path / "net.yaml"
        path.write_text(f"name: net\n{text}")
        return flopcalc.analyze(flopcalc.load(path), **given)

    return analyse_text


def filled(formula: Any, **values: int) -> int:
    return int(formula.subs({name: values[name.name] for name in formula.free_symbols}))


@pytest.mark.parametrize(
    "layer",
    [
        "channel_shuffle: {groups: 1}",
        "channel_shuffle: {groups: 6}",
        "concat: {}",
        "pad: {padding: 0}",
        "max_pool: {kernel: 1}",
        "avg_pool: {kernel: 1, stride: 1}",
        "adaptive_avg_pool: {size: 10}",
        "upsample: {scale: 1}",
        "upsample: {size: 10, mode: bilinear}",
    ],
)
def test_a_layer_that_moves_nothing_is_its_inputs_memory(analyse: Analyse, layer: str) -> None:
    report = analyse(f"input: [6, 10, 10]\nlayers:\n  - conv: {{out: 6, kernel: 1}}\n  - {layer}\n  - relu\n")
    assert report.layers[1].mac == 0
    assert report.totals.mac == (600 + 36 + 600) + (600 + 600)
    assert report.totals.peak_memory == 600 + 600


def test_a_memory_that_a_layer_hands_on_lives_as_long_as_it_is_read(analyse: Analyse) -> None:
    # conv 600 + 1200; shuffle is the conv's map; relu 1200 + 1200; add of both 1200 + 1200 + 1200
    report = analyse(
        "input: [6, 10, 10]\nlayers:\n  - conv: {out: 12, kernel: 1}\n  - {channel_shuffle: {groups: 1}, as: a}\n"
        "  - {relu: {}, as: b}\n  - {add: {}, from: [a, b]}\n"
    )
    assert report.totals.peak_memory == 3600


def test_tools_count_the_operations_of_a_pool_that_moves_nothing(analyse: Analyse) -> None:
    report = analyse("input: [6, 10, 10]\nlayers:\n  - max_pool: {kernel: 1}\n", convention="calflops")
    assert (report.totals.flops, report.totals.mac) == (600, 0)  # calflops counts every input of a pool


SHUFFLE = "input: [C, H, W]\nparameters: {g: , C: , H: , W: }\nlayers:\n  - channel_shuffle: {groups: g}\n"


def test_a_formula_says_for_which_groups_it_holds(analyse: Analyse) -> None:
    report = analyse(SHUFFLE)
    assert str(report.totals.mac) == "2*C*H*W"
    assert report.assumed == ("g ≠ 1", "g ≠ C")
    assert analyse(SHUFFLE, g=1).totals.mac == analyse(SHUFFLE, g="k", C="k").totals.mac == 0


def test_what_cannot_be_equal_needs_no_assumption(analyse: Analyse) -> None:
    report = analyse("input: [C, H, W]\nparameters: {C: , H: , W: }\nlayers:\n  - upsample: {scale: 2}\n")
    assert report.assumed == ()


def test_the_turns_of_a_concat_are_at_least_two_where_their_number_is_free(analyse: Analyse) -> None:
    text = (
        "input: [4, 8, 8]\nparameters: {n: }\nlayers:\n  - branches:\n      merge: concat\n      paths:\n"
        "        - {repeat: n, do: [{conv: {out: 2, kernel: 1}}]}\n"
    )
    free = analyse(text)
    assert free.assumed == ("n ≥ 2",)
    turn = 4 * 64 + 4 * 2 + 2 * 64
    for n in (2, 3, 5):
        expected = n * turn + 2 * n * 2 * 64
        assert filled(free.totals.mac, n=n) == analyse(text, n=n).totals.mac == expected
    assert analyse(text, n=1).totals.mac == turn


@pytest.mark.parametrize("merge", ["add", "multiply"])
def test_a_tensor_that_meets_itself_is_read_once(analyse: Analyse, merge: str) -> None:
    report = analyse(f"input: [2, 10, 10]\nlayers:\n  - {{{merge}: {{}}, from: [input, input]}}\n")
    assert report.totals.mac == 200 + 200
    assert report.layers[0].cost.inputs == 400  # as many operands: a sum of two


def test_a_tensor_is_the_same_behind_a_view(analyse: Analyse) -> None:
    text = "input: [2, 10, 10]\nlayers:\n  - {dropout: {}, as: a}\n  - {add: {}, from: [a, input]}\n"
    assert analyse(text).totals.mac == 200 + 200


def test_halves_of_a_tensor_are_two_tensors_and_one_half_is_one(analyse: Analyse) -> None:
    half = "  - {{slice: {{start: {}, stop: {}}}, from: input, as: {}}}\n"
    head = "input: [4, 5, 5]\nlayers:\n"
    add = "  - {add: {}, from: [a, b]}\n"
    one = half.format(0, 2, "a") + half.format(0, 2, "b")
    two = half.format(0, 2, "a") + half.format(2, 4, "b")
    assert analyse(head + one + add).totals.mac == 50 + 50
    assert analyse(head + two + add).totals.mac == 50 + 50 + 50


def test_a_concat_of_a_tensor_with_itself_reads_it_once_and_writes_it_twice(analyse: Analyse) -> None:
    report = analyse("input: [2, 10, 10]\nlayers:\n  - {concat: {}, from: [input, input]}\n")
    assert report.totals.mac == 200 + 400


def test_a_matrix_times_its_own_transpose_reads_it_once(analyse: Analyse) -> None:
    report = analyse("input: [2, 3, 5]\nlayers:\n  - {matmul: {transpose: true}, from: [input, input]}\n")
    assert report.totals.mac == 30 + 18


def test_a_repeated_empty_path_adds_one_tensor_to_itself(analyse: Analyse) -> None:
    text = (
        "input: [4, 8, 8]\nparameters: {n: }\nlayers:\n  - branches:\n      merge: add\n      paths:\n"
        "        - {repeat: n, do: []}\n"
    )
    assert analyse(text, n=3).totals.mac == 256 + 256
    assert analyse(text).totals.mac == 256 + 256
