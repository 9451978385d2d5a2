"""What a block asks for of its symbols, beyond that they are positive."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcalc import analyze, load
from flopcalc.number import Arithmetic, symbol
from flopcalc.theory.domain import conditions_of, in_words


def asked(name: str, **parameters: object) -> list[str]:
    report = analyze(name, **parameters)
    return [in_words(value) for value in conditions_of(report, report.totals.arithmetic)]


@pytest.mark.parametrize(
    ("name", "conditions"),
    [
        ("pointwise_conv", []),
        ("resnet_bottleneck", []),
        ("shufflenet_v1_down", ["O > C"]),
        ("shufflenet_v2_down", ["O > C"]),
        ("ghost_module", ["s > 1"]),
    ],
)
def test_channels_that_are_a_difference_are_above_zero(name: str, conditions: list[str]) -> None:
    assert asked(name) == conditions


def test_a_map_that_shrinks_is_at_least_one_element() -> None:
    assert asked("conv", padding=0, K=5) == ["H > 4", "W > 4"]


def test_what_is_assumed_need_not_be_asked() -> None:
    report = analyze("ghost_module", assume=["s >= 2"])
    assert conditions_of(report, report.totals.arithmetic) == ()


def test_bounds_of_parameters_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "bounded.yaml"
    path.write_text(
        "name: bounded\n"
        "parameters:\n"
        "  n: {min: C + 2}\n"
        "  share: {above: 1/2, max: 2}\n"
        "input: [C, H, W]\n"
        "layers:\n"
        "  - conv: {out: n, kernel: 1}\n"
        "  - conv: {out: share * C, kernel: 1}\n",
        encoding="utf-8",
    )
    report = analyze(load(path))
    found = [in_words(value) for value in conditions_of(report, Arithmetic())]
    assert found == ["n > C + 1", "2*share > 1", "2 > share"]  # whole numbers from C + 2 on are those above C + 1


def test_a_condition_is_written_without_minus_signs() -> None:
    C, Out, K = symbol("C"), symbol("O"), symbol("K")
    assert in_words(Out - 2 * C * K - 3) == "O > 2*C*K + 3"
