"""What is proved of a receptive field of a map of unknown size takes for granted what that field does."""

from __future__ import annotations

from pathlib import Path

import pytest

import flopcalc


@pytest.mark.parametrize(
    ("layers", "formula", "assumed"),
    [
        ("  - upsample: {scale: 3}\n  - conv: {out: 1, kernel: 2, padding: 0}\n", "2", ("H ≥ 2",)),
        ("  - transposed_conv: {out: 1, kernel: 3, stride: 2, padding: 2}\n", "2", ("H ≥ 3",)),
        ("  - conv: {out: 1, kernel: 3}\n", "3", ()),
    ],
)
def test_a_claim_about_a_field_says_from_which_size_on_it_holds(
    tmp_path: Path, layers: str, formula: str, assumed: tuple[str, ...]
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"name: net\ninput: [1, H, H]\nlayers:\n{layers}")
    verdict = flopcalc.verify(formula, of=str(path), metric="receptive_field")
    assert verdict.outcome == "proved"
    assert verdict.assumed == assumed
    costs = flopcalc.verify("0", of=str(path), metric="receptive_field")
    assert costs.outcome == "refuted"
    assert costs.counterexample is not None
    assert flopcalc.verify("1", of=str(path), metric="channels").assumed == ()


def test_a_position_that_sees_nothing_is_the_smallest(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "name: net\ninput: [1, 8, 8]\nlayers:\n  - transposed_conv: {out: 1, kernel: 1, stride: 4, padding: 0}\n"
    )
    assert flopcalc.verify("1", of=str(path), metric="receptive_field_min").outcome == "refuted"
    assert flopcalc.verify("0", of=str(path), metric="receptive_field_min").outcome == "proved"
