"""The one call from a spec to a report takes what a script has at hand, and refuses the rest in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcalc import FlopcalcError, analyze, load
from flopcalc.errors import ParameterError

TEXT = "input: [3, 8, 8]\nlayers:\n  - conv: {out: 4, kernel: 1}\n"


def test_a_spec_may_be_a_name_a_path_a_path_object_or_a_spec(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(TEXT, encoding="utf-8")
    assert analyze(path).totals.params == analyze(str(path)).totals.params == analyze(load(path)).totals.params == 12


def test_symbols_and_assumptions_may_be_one_text_with_commas() -> None:
    both = analyze("mobilenet_v1", symbolic="alpha, rho").totals.flops
    assert both == analyze("mobilenet_v1", symbolic=["alpha", "rho"]).totals.flops
    assert analyze("mobilenet_v2", symbolic="alpha", assume="alpha <= 1").totals.params.is_polynomial()


@pytest.mark.parametrize(
    "given",
    [
        {"symbolic": 3},
        {"symbolic": [3]},
        {"assume": 5},
        {"convention": 3},
        {"dtype": 3},
        {"dtype": "fp31"},
        {"exact_rounding": "yes"},
        {"input": 3},
    ],
)
def test_a_wrong_argument_is_answered_in_words(given: dict[str, Any]) -> None:
    with pytest.raises(FlopcalcError) as caught:
        analyze("mobilenet_v1", **given)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("spec", [None, 3, b"mobilenet_v1", {"layers": []}])
def test_what_is_no_spec_is_refused(spec: Any) -> None:
    with pytest.raises(ParameterError, match="the spec is"):
        analyze(spec)
