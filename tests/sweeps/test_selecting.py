"""Fronts and orders against brute force, block by block; conditions on numbers that 64 bits do not hold."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from flopcalc.errors import ParameterError
from flopcalc.metrics import SWEPT
from flopcalc.sweeps import Block, Column, Listed, Product, read_axis, sweep, sweep_reduced
from flopcalc.sweeps.conditions import read_condition
from flopcalc.sweeps.selecting import (
    Front,
    Key,
    Ranking,
    Reduction,
    Selection,
    Tally,
    first_values,
    joined,
    read_objectives,
    read_order,
    selected,
    selected_of_parts,
)


@pytest.mark.parametrize("seed", range(120))
def test_fronts_and_orders_are_those_of_brute_force(seed: int) -> None:
    draw = random.Random(seed)
    depth, count, top = draw.choice([1, 2, 3, 4]), draw.choice([1, 5, 60, 300]), draw.choice([3, 20, 10**6, 10**25])
    rows = [[draw.randint(0, top) for _ in range(depth)] for _ in range(count)]
    keys = [Key(f"m{place}", draw.random() < 0.5) for place in range(depth)]
    front, ranking = Front(keys), Ranking(keys, draw.choice([1, 3, 50]))
    size = draw.choice([1, 7, 100])
    for start in range(0, count, size):
        part = rows[start : start + size]
        metrics = {key.name: np.array([row[place] for row in part]) for place, key in enumerate(keys)}
        block = Block(start, {"place": Column.of(list(range(start, start + len(part))))}, metrics)
        front.add(block)
        ranking.add(block)
    costs = [tuple(-v if key.greatest else v for v, key in zip(row, keys, strict=True)) for row in rows]

    def bettered(place: int) -> bool:
        mine = costs[place]
        return mine in costs[:place] or any(
            other != mine and all(a <= b for a, b in zip(other, mine, strict=True)) for other in costs
        )

    found, ranked = front.result(), ranking.result()
    assert found is not None
    assert ranked is not None
    assert sorted(found.parameters["place"]) == [place for place in range(count) if not bettered(place)]
    assert (
        list(ranked.parameters["place"])
        == sorted(range(count), key=lambda place: (costs[place], place))[: ranking.most]
    )


def test_conditions_are_exact_beyond_64_bits() -> None:
    draw = random.Random(5)
    alpha = [Fraction(draw.randint(1, 50), draw.choice([4, 7, 10])) for _ in range(400)]
    flops = [draw.randint(1, 2**61) for _ in alpha]
    params = [draw.randint(1, 10**20) for _ in alpha]
    metrics = {"flops": np.array(flops), "params": np.array(params, object)}
    block = Block(0, {"alpha": Column.of(alpha)}, metrics)
    rows = list(zip(alpha, flops, params, strict=True))
    for text, want in {
        "flops * alpha < 4e18": [f * a < 4 * 10**18 for a, f, _ in rows],
        "flops + flops > params": [2 * f > p for _, f, p in rows],
        "params / flops <= alpha ** 3": [Fraction(p, f) <= a**3 for a, f, p in rows],
        "flops ** 4 % 7 == 2": [f**4 % 7 == 2 for _, f, _ in rows],
        "ceil(params / 3) - floor(params / 3) == 1": [p % 3 != 0 for *_, p in rows],
        "abs(flops - params) >= 1e18 > flops": [abs(f - p) >= 10**18 > f for _, f, p in rows],
        "-flops // alpha < -1e18": [-f // a < -(10**18) for a, f, _ in rows],
        "min(flops, params, 1e18) == 1 G ** 2": [min(f, p, 10**18) == 10**18 for _, f, p in rows],
    }.items():
        found = read_condition(text, ["flops", "params"], block.parameters, {}).mask(block)
        assert found.tolist() == want, text
        assert 0 < sum(want) < len(want), text


def test_a_caret_stands_under_what_is_wrong_behind_suffixes() -> None:
    with pytest.raises(ParameterError) as caught:
        read_condition("flops <= 150M and mac < 3.5 G and parms < 1", ["flops", "mac"], {}, {})
    (problem,) = caught.value.problems
    assert problem.excerpt is not None
    assert problem.excerpt.text[problem.excerpt.offset :].startswith("parms")


POINTWISE = {"O": "3", "H": "4", "W": "4"}
"""A 1×1 convolution of 4×4 maps has 3·C params and 48·C FLOPs, and 19·C + 48 elements of memory access."""


@pytest.mark.parametrize(
    ("text", "dtype", "last"),
    [
        ("flops <= 2.4k", "fp32", 50),
        ("flops <= 10^3", "fp32", 20),
        ("flops <= 0.24万", "fp32", 50),
        ("flops <= 2.4e3", "fp32", 50),
        ("params <= 600 bytes", "fp32", 50),  # 12·C bytes
        ("params <= 0.6kB", "fp16", 100),
        ("params_bytes <= 0.6 kB", "fp16", 100),
        ("params < 0.75KiB", "fp32", 63),
        ("params + weights <= 1.2kB", "fp32", 50),
        ("mac <= 1kB and params > 0", "int8", 50),
        ("2 * mac <= 1KiB", "int4", 51),  # a MAC of 1,024 elements at most
    ],
)
def test_figures_have_the_units_that_they_have_everywhere(text: str, dtype: str, last: int) -> None:
    condition = read_condition(text, SWEPT, {"C": Column.of([1])}, {})
    names = condition.metrics
    (block,) = sweep("pointwise_conv", {"C": "1:200"}, names, dtype=dtype, parameters=POINTWISE)
    assert int(condition.mask(block).sum()) == last


@pytest.mark.parametrize(
    ("text", "said", "under"),
    [
        ("params > 1 and flops < 2MB", "bytes are held against the FLOPs", "flops"),
        ("C < 2MB", "bytes are held against no metric", "C < 2MB"),
        ("intensity < 2KiB", "bytes are held against the arithmetic intensity", "intensity"),
    ],
)
def test_bytes_are_held_against_metrics_in_bytes_alone(text: str, said: str, under: str) -> None:
    with pytest.raises(ParameterError, match=said) as caught:
        read_condition(text, SWEPT, {"C": Column.of([1])}, {})
    (problem,) = caught.value.problems
    assert problem.excerpt is not None
    assert problem.excerpt.text[problem.excerpt.offset :].startswith(under)


def test_a_ratio_is_held_against_exactly_what_it_is() -> None:
    condition = read_condition("intensity == 48/43 or intensity > 48/35 + 1/10**30", SWEPT, {"C": Column.of([1])}, {})
    (block,) = sweep("pointwise_conv", {"C": "2,3,4"}, ["intensity"], parameters=POINTWISE)
    assert condition.mask(block).tolist() == [True, False, True]  # 48·C over 19·C + 48


SELECTIONS = [
    ("flops <= 250M", "", "", None),
    ("flops <= 250M", "max:params,min:mac", "", None),
    ("", "max:params,min:flops", "-mac", 7),
    ("params > 2M", "", "mac", 25),
    ("flops > 1T", "max:params,min:flops", "", None),
]


@pytest.mark.parametrize(("condition", "front", "order", "most"), SELECTIONS)
@pytest.mark.parametrize("listed", [False, True])
def test_what_is_selected_part_by_part_is_what_is_selected_of_the_whole(
    condition: str, front: str, order: str, most: int | None, listed: bool
) -> None:
    axes = {"alpha": read_axis("0.25:1.4:0.002"), "rho": read_axis("0.43:1:0.001")}
    names = ["params", "flops", "mac"]
    selection = Selection(
        read_condition(condition, names, first_values(axes), {}) if condition else None,
        read_objectives(front, names) if front else (),
        read_order(order, names) if order else (),
        most,
    )
    grid: Any = axes
    if listed:
        grid = Listed(Product(axes).columns(0, 240_000))
    whole, parts = Tally(), Tally()
    expected = list(selected(sweep("mobilenet_v2", grid, names), selection, whole))
    reduction = Reduction.of(selection)
    assert reduction is not None
    with ThreadPoolExecutor(2) as pool:
        reduced = sweep_reduced("mobilenet_v2", grid, names, reduction, pool, blocks=2)
        found = list(selected_of_parts(reduced, selection, parts))
    assert whole == parts
    assert sum(map(len, expected)) == sum(map(len, found))
    if expected:
        one, other = joined(expected), joined(found)
        assert list(one.parameters["alpha"]) == list(other.parameters["alpha"])
        assert all(np.array_equal(one.metrics[name], other.metrics[name]) for name in names)


def test_a_selection_that_keeps_every_row_is_not_begun_part_by_part() -> None:
    assert Reduction.of(Selection(most=3)) is None
    assert Reduction.of(Selection(order=(Key("mac"),))) is None


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("a != 2 and 6 / (a - 2) > 1", [3, 4]),
        ("a == 2 or 6 / (a - 2) > 1", [2, 3, 4]),
        ("a > 1 and a != 2 and 6 / (a - 2) > 3", [3]),
        ("not (a != 2 and 6 / (a - 2) > 1)", [1, 2]),
        ("w == 'x' and b and 1 / (a - 3) < 0 and one == 'q' and flops / one_number > 0", [1]),
        ("flops / (mac - 1) > 1 / 5", [1, 2, 3, 4]),
    ],
)
def test_a_row_that_is_decided_already_is_not_divided(text: str, want: list[int]) -> None:
    parameters = {
        "a": Column.of([1, 2, 3, 4]),
        "w": Column.of(["x", "y", "x", "y"]),
        "b": Column.of([True, True, False, False]),
    }
    block = Block(0, parameters, {"flops": np.array([9, 9, 9, 9]), "mac": np.array([2, 3, 4, 5])})
    given = {"one": "q", "one_number": 3}
    found = read_condition(text, ["flops", "mac"], parameters, given).mask(block)
    assert np.arange(1, 5)[found].tolist() == want


@pytest.mark.parametrize("text", ["a > 0 and 1 / (a - 2) > 1", "a == 2 or 1 / (a - 3) > 1", "flops / (a - 2) > 1"])
def test_a_division_by_zero_that_matters_is_told(text: str) -> None:
    block = Block(0, {"a": Column.of([1, 2, 3])}, {"flops": np.array([9, 9, 9])})
    with pytest.raises(ParameterError, match="is 0 in a row"):
        read_condition(text, ["flops"], block.parameters, {}).mask(block)


def test_a_parameter_of_a_truth_and_words_is_compared_with_both() -> None:
    block = Block(0, {"m": Column.of([False, "batch"])}, {"flops": np.array([1, 2])})
    for text, want in {"m == false": [True, False], "true != m": None, "m != 'batch'": [True, False]}.items():
        if want is None:
            with pytest.raises(ParameterError, match="does not occur"):
                read_condition(text, ["flops"], block.parameters, {}).mask(block)
        else:
            assert read_condition(text, ["flops"], block.parameters, {}).mask(block).tolist() == want
