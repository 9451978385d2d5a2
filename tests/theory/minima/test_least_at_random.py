"""Least values of blocks at random, each printed bound held to the blocks counted with whole numbers."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from math import sqrt
from typing import Any

import pytest
from recheck import worked_out

import flopcalc
from flopcalc import FlopcalcError, analyze
from flopcalc.number import as_text
from flopcalc.report import METRICS
from flopcalc.spec import catalog, load
from flopcalc.theory.derivations import Derivation
from flopcalc.theory.minima.derivation import derive_least

BLOCKS = [entry.name for entry in catalog.index() if entry.kind == "blocks"]
CONVOLVING = [name for name in BLOCKS if any("conv" in row.label for row in analyze(name).layers)]

WHERE: list[dict[str, str]] = [
    {}, {"norm": "true"}, {"bias": "true"}, {"O": "C"}, {"O": "2*C"}, {"O": "P"}, {"O": "P", "norm": "true"},
    {"K": "3"}, {"C": "4*c"}, {"M": "C"}, {"M": "2*C"}, {"g": "2"}, {"t": "6"}, {"H": "W"}, {"O": "C + 1"},
]  # fmt: skip


def printed_bounds(derivation: Derivation) -> list[tuple[str, str]]:
    """Return the signs and texts of what the objective is said to be above."""
    what = derivation.steps[0].proved.lines[0].parts[0]
    lines = [line for step in derivation.steps[1:] for line in step.proved.lines if len(line.parts) == 2]
    found = [line for line in lines if line.parts[0] == what and line.signs[0] in (">", ">=")]
    return [(line.signs[0], as_text(line.parts[1])) for line in found]  # type: ignore[arg-type]


def taken(text: str, point: dict[str, int]) -> bool:
    """Tell whether something that is assumed holds at a point."""
    if text == "sizes divide evenly":
        return all(value % 4 == 0 for name, value in point.items() if name in ("H", "W", "C", "O"))
    for sign, holds in ((" ≠ ", lambda a, b: a != b), (" > ", lambda a, b: a > b), (" ≥ ", lambda a, b: a >= b)):
        left, found, right = text.partition(sign)
        if found:
            return bool(holds(worked_out(left, point), worked_out(right, point)))
    left, found, right = text.partition(" divides ")
    if found:
        return bool(worked_out(right, point) % worked_out(left, point) == 0)
    return bool(worked_out(text.removesuffix(" is odd"), point) % 2 == 1)


@pytest.mark.parametrize("seed", range(2))
def test_no_block_with_whole_numbers_is_below_its_printed_bound(seed: int) -> None:
    rng = random.Random(seed)
    outcomes: Counter[str] = Counter()
    while outcomes["held"] < 16 and sum(outcomes.values()) < 200:
        name = rng.choice(BLOCKS)
        spec = load(name)
        where = {key: value for key, value in rng.choice(WHERE).items() if key in spec.known}
        minimized, held = rng.sample(METRICS, 2)
        try:
            totals = analyze(name, **where).totals
            symbols = {str(s) for m in METRICS for s in getattr(getattr(totals, m), "free_symbols", ())}
            if len(symbols) < 2:
                continue
            derivation = derive_least(spec, minimized, held, rng.sample(sorted(symbols), 2), where)
        except FlopcalcError as error:
            outcomes["failed" if "failed" in str(error) else "none"] += 1
            continue
        assert derivation.points >= 10
        budget = str(derivation.steps[0].proved.lines[1].parts[0])
        for _ in range(12):
            point = {symbol: rng.choice([1, 2, 3, 4, 5, 7, 8, 12, 16, 24]) for symbol in symbols}
            given = {key: counted(value, point) for key, value in where.items()}
            own = {key: point[key] for key in spec.known if key in point and key not in given}
            if not all(taken(text, point) for text in derivation.assumed):
                continue
            try:
                totals = analyze(name, **own, **given).totals
            except FlopcalcError:
                continue
            values = {**point, budget: getattr(totals, held)}
            for sign, text in printed_bounds(derivation):
                bound, value = worked_out(text, values), getattr(totals, minimized)
                slack = 1e-9 * abs(bound) + 1e-9  # of binary square roots
                assert value > bound - slack, (name, where, point, sign, text)
                outcomes["held"] += 1
    assert outcomes["held"] >= 16
    assert not outcomes["failed"]


def counted(text: str, point: dict[str, int]) -> Any:
    if text in ("true", "false"):
        return text
    value = worked_out(text, point)
    return int(value) if value == int(value) else Fraction(value)


@pytest.mark.parametrize("seed", range(2))
def test_no_convolution_of_a_block_is_below_its_bound_and_bounds_in_symbols_are_no_higher(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(10):
        name = rng.choice(CONVOLVING)
        free = flopcalc.bound(name)
        symbols = {str(s) for layer in free.layers for s in getattr(layer.mac, "free_symbols", ())}
        values = {symbol: rng.choice([1, 2, 3, 4, 6, 8, 9, 12]) for symbol in symbols}
        for size in {"H", "W"} & symbols:
            values[size] *= 4
        try:
            found = flopcalc.bound(name, **values)
        except FlopcalcError:
            continue
        assert found.total.least <= found.total.mac
        for layer in found.layers:
            widths = layer.widths
            lowest = 2 * sqrt(widths.read * widths.written * widths.c1 * widths.c2) + widths.weights
            assert lowest - 1e-6 <= layer.least <= layer.mac
            if layer.row.operation.startswith(("conv", "group conv")):
                assert layer.least < lowest + 1 + 1e-6
