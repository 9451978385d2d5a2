"""Claims tried in plain numbers: what fails is found, at points that the answer allows."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from flopcalc import analyze
from flopcalc.theory.questions import Claim, ask
from flopcalc.theory.trial import holds, smallest, tried, tried_as_it_grows


def trial(formula: str, of: str, **more: Any) -> Any:
    question = ask(Claim(formula, of, **more))
    return question, tried(question, question.links[0])


@pytest.mark.parametrize(
    ("formula", "of", "more"),
    [
        ("K²COHW", "conv", {}),
        ("17HWc²", "resnet_bottleneck", {"where": {"C": "4*c", "M": "c"}}),
        ("MAC ≥ 2√(HWB) + B/(HW)", "pointwise_conv", {"let": {"B": "flops"}}),
        ("1/O + 1/K²", "separable_conv", {"over": "conv"}),
    ],
)
def test_what_is_true_holds_at_a_hundred_points(formula: str, of: str, more: dict[str, Any]) -> None:
    _, found = trial(formula, of, **more)
    assert (found.points, found.failure) == (100, None)


@pytest.mark.parametrize(
    ("formula", "of", "more"),
    [
        ("K²COHW + ⌊C/1024⌋", "conv", {}),  # right for every small width
        ("K²COHW·⌈1000/C⌉/⌈1000/C⌉ + C // 10007", "conv", {}),
        ("K²COHW/stride", "conv", {}),
        ("≥ α", "conv:C=alpha*C,O=alpha*O", {"over": "conv"}),  # right from α = 1 on
        ("≤ 1.3", "mobilenet_v1", {"over": "mobilenet_v1:alpha=1", "symbolic": ("alpha",)}),  # right up to there
    ],
)
def test_what_is_wrong_somewhere_is_found_there(formula: str, of: str, more: dict[str, Any]) -> None:
    _, found = trial(formula, of, **more)
    assert found.failure is not None


def test_points_keep_to_what_the_answer_assumes() -> None:
    question, found = trial("HWK²CO/s²", "conv", where={"stride": "s"})
    assert "sizes divide evenly" in question.assumed
    assert found.failure is None
    assert found.points == 100


@pytest.mark.parametrize(
    ("relation", "actual", "claimed", "answer"),
    [
        ("=", 2, 2, True), ("=", 2, 3, False), (">=", 2, 3, False), ("<=", 2, 3, True), ("<", 2, 2, False),
        (">", 3, 2, True), ("≈", Fraction(9, 2), 5, True), ("≈", Fraction(9, 2), 4, False),
        ("≈", Fraction(11, 2), 5, False),
    ],
)  # fmt: skip
def test_relations_are_those_of_numbers(relation: str, actual: Any, claimed: Any, answer: bool) -> None:
    assert holds(relation, actual, claimed, Fraction(1)) is answer


@pytest.mark.parametrize(
    ("formula", "holds_at"),
    [
        ("K²CO + (C - 2)(O - 3)", lambda C, N, K: C == 2 or N == 3),
        ("K²CO + C % 5 - C", lambda C, N, K: C < 5),
        ("K²CO + (K - 1)O", lambda C, N, K: K == 1),
    ],
)
def test_the_smallest_numbers_are_found(formula: str, holds_at: Any) -> None:
    question = ask(Claim(formula, "conv", "weights"))
    example = smallest(question, question.links[0])
    assert example is not None
    sizes = sorted(
        (C + N + K, C, N, K) for C, N, K in product(range(1, 9), range(1, 9), (1, 3, 5)) if not holds_at(C, N, K)
    )
    assert sum(example.assignment.get(name, 1) for name in "COK") == sizes[0][0]
    report = analyze("conv", H=1, W=1, **{**dict.fromkeys("COK", 1), **example.assignment})
    assert report.totals.weights == example.actual != example.claimed


def test_what_grows_is_tried_far_out() -> None:
    question = ask(Claim("K²", "conv", over="separable_conv"))
    assert tried_as_it_grows(question, question.links[0], {"O": 1}, "one").failure is None
    assert tried_as_it_grows(question, question.links[0], {"K": 1}, "one").failure is not None
    question = ask(Claim("HWCK", "conv"))
    assert tried_as_it_grows(question, question.links[0], {"H": 1, "W": 1, "C": 1}, "bounded").failure is None
    assert tried_as_it_grows(question, question.links[0], {"K": 1}, "bounded").failure is not None
    question = ask(Claim("HWCOK³", "conv"))
    assert tried_as_it_grows(question, question.links[0], {"K": 1}, "bounded").failure is None
    assert tried_as_it_grows(question, question.links[0], {"K": 1}, "between").failure is not None
