"""Layers of any rank, learned tensors and paddings in sweeps and formulas: every row is a single analysis."""

from __future__ import annotations

from itertools import product

import pytest

from flopcalc import analyze, sweep

AXES = {"k": [1, 2, 3, 5], "r": [9, 12, 15], "c": [4, 8], "s": [1, 2, 3]}

SPEC = """
name: many
parameters:
  k: {default: 3, min: 1, whole: true}
  r: {default: 17, min: 1, whole: true}
  c: {default: 8, min: 1, whole: true}
  s: {default: 2, min: 1, whole: true}
input: [3, r, r + 1]
layers:
  - conv: {out: c, kernel: k}
    as: a
  - conv: {out: c, kernel: 3, stride: s, padding: same_upper}
  - norm
  - max_pool: {kernel: 2, padding: [0, 1, 0, 1]}
  - upsample: {like: a, mode: bicubic}
    as: u
  - add: {}
    from: [u, a]
  - roll: [-k, 0]
  - crop: {margin: [1, 0, 2, 1]}
  - scale
  - reshape: [c, -1]
    as: t
  - slice: {axis: 1, start: k, stop: 20}
  - split: {sizes: "[2, c - 2]"}
    as: [p, q]
  - parameter: [c, 1]
    as: z
  - multiply: {}
    from: [t, z]
  - linear: {out: 2 * c}
  - softmax: {axis: 1}
    as: w
  - einsum: "cn,dn->cd"
    from: [w, t]
  - reduce: {axis: map, op: max, keep: false}
  - linear: {out: 5}
    as: h
  - concat: {}
    from: [p, q]
  - custom: {madds: c * r, params: k, reads: r}
  - reduce: {axis: all, keep: false}
    as: g
  - concat: {}
    from: [h, g]
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("today") / "many.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(("convention", "fused"), [("paper", True), ("strict", False), ("thop", False)])
def test_rows_are_single_analyses(spec: str, convention: str, fused: bool) -> None:
    (block,) = sweep(spec, AXES, convention=convention, fused=fused)
    assert len(block.metrics["mac"]) == len(list(product(*AXES.values())))
    for row in range(0, len(block.metrics["mac"]), 5):
        given = {name: int(values[row]) for name, values in block.parameters.items()}
        totals = analyze(spec, convention=convention, fused=fused, **given).totals
        for metric in set(block.metrics) & {"params", "weights", "madds", "flops", "mac", "activations"}:
            assert block.metrics[metric][row] == getattr(totals, metric), (given, metric)


@pytest.mark.parametrize("names", [["c"], ["r"], ["k", "c"], ["s", "r"]], ids=" ".join)
def test_formulas_that_keep_their_rounding_are_every_network(spec: str, names: list[str]) -> None:
    """Of kernels the odd ones: a symbolic kernel under `same` is taken to be odd, and that is said."""
    formulas = analyze(spec, symbolic=names, exact_rounding=True)
    assert ("k is odd" in formulas.assumed) is ("k" in names)
    values = {"c": [4, 6, 8], "r": [11, 12, 16], "k": [1, 3, 5], "s": [2, 3]}
    for chosen in product(*(values[name] for name in names)):
        given = dict(zip(names, chosen, strict=True))
        totals = analyze(spec, **given).totals
        for metric in ("params", "madds", "mac", "activations"):
            formula = getattr(formulas.totals, metric)
            symbols = {symbol: given[symbol.name] for symbol in getattr(formula, "free_symbols", ())}
            assert (formula.subs(symbols) if symbols else formula) == getattr(totals, metric), (given, metric)
