"""Claims from lecture notes with the verdicts that were worked out by hand, and their neighbours: no false verdict."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from shipped import WORKSHEETS, marked

from flopcalc.analysis import split_settings
from flopcalc.theory import deciding
from flopcalc.theory.claims import PROVED, REFUTED, UNDECIDED, Verdict, verify
from flopcalc.theory.signs import Certificate

GOLDENS = Path(__file__).parent.parent / "goldens" / "claims.tsv"


class Row(NamedTuple):
    """A line of the file: the verdict, and what `flopcalc verify` is given."""

    verdict: str
    metric: str
    of: str
    over: str
    where: str
    let: str
    limit: str
    claim: str


ROWS = [
    Row(*line.split("\t"))
    for line in GOLDENS.read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.claim} of {row.of}")
def test_a_claim_of_the_notes_has_the_verdict_that_was_worked_out_by_hand(row: Row) -> None:
    verdict = verify(
        row.claim,
        row.of,
        row.metric,
        over=row.over or None,
        where=split_settings(row.where) if row.where else {},
        let=split_settings(row.let) if row.let else {},
        limit=tuple(row.limit.split(",")) if row.limit else (),
    )
    assert verdict.outcome == row.verdict, verdict.reason
    assert verdict.points >= 1 or verdict.statement.sides[-1].reading.growth or row.limit  # type: ignore[union-attr]


def test_all_rows_are_there() -> None:
    assert len(ROWS) == 67


# -- rounding in a claim is kept -------------------------------------------------------------------------------------

ROUNDED: list[tuple[str, str, str, dict[str, Any]]] = [
    # ⌊(H − 3)/2⌋ + 1 is the height of a 3×3 convolution of stride 2 without padding
    (PROVED, "⌊(H-3)/2⌋ + 1", "height", {"where": {"K": 3, "padding": 0, "stride": 2}}),
    (PROVED, "(H-3)//2 + 1", "height", {"where": {"K": 3, "padding": 0, "stride": 2}}),
    (PROVED, "⌈(H-2)/2⌉", "height", {"where": {"K": 3, "padding": 0, "stride": 2}}),
    (REFUTED, "⌊(H-2)/2⌋ + 1", "height", {"where": {"K": 3, "padding": 0, "stride": 2}}),
    (REFUTED, "⌊H/2⌋", "height", {"where": {"K": 3, "stride": 2}}),
    (PROVED, "⌈H/2⌉", "height", {"where": {"K": 3, "stride": 2}}),
    (PROVED, "⌈H/3⌉", "height", {"where": {"K": 3, "stride": 3}}),
    (PROVED, "⌊(H+1)/2⌋", "height", {"where": {"K": 3, "stride": 2}}),
    (REFUTED, "round(H/2 - 1/4)", "height", {"where": {"K": 3, "stride": 2}}),
    (PROVED, "(H + H % 2)/2", "height", {"where": {"K": 3, "stride": 2}}),
    (REFUTED, "9CO + C % 7", "weights", {"where": {"K": 3}}),
    (REFUTED, "9CO + (C*O) // 1000", "weights", {"where": {"K": 3}}),
    (PROVED, "9CO + (6C) % 3", "weights", {"where": {"K": 3}}),
    (PROVED, "9(2⌊C/2⌋ + C % 2)O", "weights", {"where": {"K": 3}}),
    (REFUTED, "2⌊K/2⌋", "receptive_field", {}),
    (PROVED, "2⌊K/2⌋ + 1", "receptive_field", {}),
    (PROVED, "2⌈K/2⌉ - 1", "receptive_field", {}),
    (REFUTED, "H + 1", "height", {"where": {"padding": "K//2"}}),
    (PROVED, "H + 2⌊K/2⌋ - K + 1", "height", {"where": {"padding": "K//2"}}),
    (REFUTED, "H", "height", {"where": {"padding": "K//2"}}),
    (REFUTED, "10·round(C/10)", "channels", {"where": {"O": "C"}}),
    (PROVED, "≤ H/2 + 1/2", "height", {"where": {"K": 3, "stride": 2}}),
    (PROVED, "≤ ⌊H/2⌋ + 1", "height", {"where": {"K": 3, "stride": 2}}),
    (REFUTED, "≤ ⌊H/2⌋", "height", {"where": {"K": 3, "stride": 2}}),
    (PROVED, "⌊C/2⌋ + ⌈C/2⌉", "channels", {"where": {"O": "C"}}),
    (PROVED, "⌊⌊C/2⌋/2⌋ + C - ⌊C/4⌋", "channels", {"where": {"O": "C"}}),
    (UNDECIDED, "C + ⌊⌊C/H⌋/W⌋ - ⌊C/(HW)⌋", "channels", {"where": {"O": "C"}}),
]


@pytest.mark.parametrize(("outcome", "formula", "metric", "more"), ROUNDED, ids=lambda value: str(value)[:40])
def test_a_claim_that_rounds_is_judged_with_its_rounding(
    outcome: str, formula: str, metric: str, more: dict[str, Any]
) -> None:
    verdict = verify(formula, "conv", metric, **more)
    assert verdict.outcome == outcome
    if verdict.counterexample is not None:
        assert verdict.counterexample.actual != verdict.counterexample.claimed or "≤" in formula


def test_the_counterexample_is_what_the_claim_as_written_gives_there() -> None:
    verdict = verify("⌊(H-2)/2⌋ + 1", "conv", "height", where={"K": 3, "padding": 0, "stride": 2})
    assert verdict.counterexample is not None
    (height,) = verdict.counterexample.assignment.values()
    assert verdict.counterexample.claimed == (height - 2) // 2 + 1
    assert verdict.counterexample.actual == (height - 3) // 2 + 1


# -- what a symbol is taken for --------------------------------------------------------------------------------------

SYMBOLS: list[tuple[str, str, str, dict[str, Any]]] = [
    (REFUTED, "≥ α", "conv:C=alpha*C,O=alpha*O", {"over": "conv"}),
    (PROVED, "≤ α", "conv:C=alpha*C,O=alpha*O", {"over": "conv", "assume": ("alpha <= 1",)}),
    (REFUTED, "≥ α", "conv:C=alpha*C,O=alpha*O", {"over": "conv", "assume": ("alpha <= 1",)}),
    (REFUTED, "≥ ρ", "conv:H=rho*H,W=rho*W", {"over": "conv"}),
    (REFUTED, "≥ αCO", "conv:C=alpha*C,O=alpha*O", {"metric": "weights"}),
    (PROVED, "α²", "conv:C=alpha*C,O=alpha*O", {"over": "conv"}),
    (PROVED, "≥ 4c", "conv:C=4*c,K=1,O=1", {"metric": "weights"}),
    (PROVED, "≥ 1", "conv:C=4*c", {"metric": "weights"}),
    (PROVED, "≥ g", "group_conv:C=c*g,O=o*g,K=1", {"metric": "weights"}),
]


@pytest.mark.parametrize(("outcome", "formula", "of", "more"), SYMBOLS, ids=lambda value: str(value)[:40])
def test_a_multiplier_is_a_real_number_and_a_count_is_whole(
    outcome: str, formula: str, of: str, more: dict[str, Any]
) -> None:
    assert verify(formula, of, **more).outcome == outcome


def test_a_counterexample_is_sought_below_one_and_the_answer_says_what_each_symbol_is() -> None:
    verdict = verify("≥ α", "conv:C=alpha*C,O=alpha*O", over="conv")
    assert verdict.counterexample is not None
    assert verdict.counterexample.assignment == {"alpha": Fraction(1, 2)}
    assert (verdict.counterexample.actual, verdict.counterexample.claimed) == (Fraction(1, 4), Fraction(1, 2))
    assert {nature.name: nature.whole for nature in verdict.natures if nature.name in "alphaCO"} == {
        "alpha": False,
        "C": True,
        "O": True,
    }


# -- parameters that the claim names ----------------------------------------------------------------------------------

NAMED: list[tuple[str, str, str, str]] = [
    (REFUTED, "hw(c_1+c_2) + c_1c_2/g^3", "pointwise_conv:C=c_1,O=c_2,H=h,W=w", "mac"),
    (PROVED, "hw(c_1+c_2) + c_1c_2/g", "pointwise_conv:C=c_1,O=c_2,H=h,W=w", "mac"),
    (PROVED, "hw(c_1+c_2) + c_1c_2/g^3", "pointwise_conv:C=c_1,O=c_2,H=h,W=w,g=1", "mac"),
    (REFUTED, "Kd", "conv", "receptive_field"),
    (PROVED, "d(K-1) + 1", "conv", "receptive_field"),
    (REFUTED, "d²K²COHW", "conv", "flops"),
    (REFUTED, "568740352ρ³", "mobilenet_v1", "flops"),
    (REFUTED, "568740352ρ", "mobilenet_v1", "flops"),
    (PROVED, "567716352ρ² + 1024000", "mobilenet_v1", "flops"),
    (REFUTED, "resolution²·11334", "mobilenet_v1", "flops"),
]


@pytest.mark.parametrize(("outcome", "formula", "of", "metric"), NAMED, ids=lambda value: str(value)[:40])
def test_a_parameter_that_the_claim_names_is_free(outcome: str, formula: str, of: str, metric: str) -> None:
    assert verify(formula, of, metric).outcome == outcome


def test_a_value_that_the_user_gave_stays() -> None:
    verdict = verify("CO/g", "pointwise_conv", "weights", where={"g": 2})
    assert verdict.outcome == PROVED
    assert verdict.known == {"g": 2}


@pytest.mark.parametrize("name", WORKSHEETS)
def test_no_packaged_claim_holds_because_a_default_was_put_in(name: str) -> None:
    for exercise, verdict in marked(name).pairs:
        given = {*exercise.claim.where, *exercise.claim.let}
        for side in (exercise.claim.of, exercise.claim.over or ""):
            given |= {setting.partition("=")[0] for setting in side.partition(":")[2].split(",")}
        assert verdict.known.keys() <= given, exercise.claim.formula
        assert verdict.outcome != PROVED or verdict.points, exercise.claim.formula


def test_a_claim_under_assumptions_that_no_network_meets_is_not_proved() -> None:
    verdict = verify("K²COHW", "conv", assume=("C >= 10**9", "C <= 10**9"), where={"O": "C", "g": "C - 1"})
    assert verdict.outcome != PROVED


# -- growth ----------------------------------------------------------------------------------------------------------

GROWTH: list[tuple[str, str, str, str, dict[str, Any]]] = [
    (PROVED, "O(HWCK²)", "conv", "flops", {}),
    (UNDECIDED, "O(HWK²)", "conv", "flops", {}),
    (REFUTED, "O(HWK)", "conv", "flops", {}),
    (PROVED, "O(HWK²)", "conv", "flops", {"growth": True, "where": {"C": 3}}),
    (REFUTED, "O(HWK)", "conv", "flops", {"growth": True}),
    (PROVED, r"\mathcal{O}(K^2 C O)", "conv:bias=true", "params", {}),
    (REFUTED, r"\mathcal{O}(HWCK)", "conv", "flops", {}),
    (PROVED, r"\Theta(HWCOK^2)", "conv", "flops", {}),
    (REFUTED, r"\Theta(HWCOK^3)", "conv", "flops", {}),
    (PROVED, r"\mathcal{O}(HWCOK^3)", "conv", "flops", {}),
    (PROVED, "∝ C", "conv", "flops", {}),
    (REFUTED, "∝ C²", "conv", "flops", {}),
    (PROVED, "∝ α²", "conv:C=alpha*C,O=alpha*O", "flops", {}),
    (PROVED, "Θ(α²)", "mobilenet_v1", "flops", {}),
    (REFUTED, "Θ(α)", "mobilenet_v1", "flops", {}),
    (UNDECIDED, "O(n)", "linear:C=n", "params", {}),
    (PROVED, "O(n)", "linear:C=n,O=10", "params", {"growth": True}),
    (PROVED, "O(α²)", "mobilenet_v1", "params", {}),
    (REFUTED, "Θ(C + O)", "linear:bias=false", "params", {}),
    (UNDECIDED, "O(H²W²)", "linear:C=H*W,O=H*W,bias=false", "params", {}),
]


@pytest.mark.parametrize(("outcome", "formula", "of", "metric", "more"), GROWTH, ids=lambda value: str(value)[:40])
def test_growth_is_judged_in_the_symbols_that_it_names(
    outcome: str, formula: str, of: str, metric: str, more: dict[str, Any]
) -> None:
    assert verify(formula, of, metric, **more).outcome == outcome


def test_where_both_readings_differ_both_are_shown() -> None:
    verdict = verify("O(HWK²)", "conv")
    text = "".join(map(str, verdict.reason))
    assert "as a product with O it is refuted, as growth proved" in text or "as growth" in text
    assert "--growth" in text


# -- printed figures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "figure", "value"),
    [
        (REFUTED, "≈ 4", "9/2"),
        (PROVED, "≈ 5", "9/2"),
        (PROVED, "≈ 4", "449/100"),
        (PROVED, "≈ 1500", "2999/2"),
        (REFUTED, "≈ 1500", "3001/2"),
        (PROVED, "≈ 41e6", "40500000"),
        (REFUTED, "≈ 41e6", "41500000"),
        (PROVED, "≈ 1.5亿", "145000000"),
        (REFUTED, "≈ 1.5亿", "155000000"),
        (PROVED, "≈ 28 %", "11/40"),
        (REFUTED, "≈ 28 %", "57/200"),
    ],
)
def test_a_figure_means_its_printed_digits_half_up(outcome: str, figure: str, value: str) -> None:
    top, _, bottom = value.partition("/")
    verdict = verify(figure, f"linear:C={top},O=1,bias=false", "params", over=f"linear:C={bottom or 1},O=1,bias=false")
    assert verdict.outcome == outcome
    assert len({verify(text, f"linear:C={top},O=1,bias=false", "params",
                       over=f"linear:C={bottom or 1},O=1,bias=false").outcome for text in (figure,)}) == 1  # fmt: skip


def test_the_interval_is_said() -> None:
    verdict = verify("≈ 4.2M", "mobilenet_v1", "params")
    assert verdict.outcome == PROVED
    assert [part for part in verdict.reason if not isinstance(part, str)] == [4150000, 4250000]


# -- what is written in books ----------------------------------------------------------------------------------------

WRITTEN: list[tuple[str, str, str, dict[str, Any]]] = [
    (PROVED, "MAC = HW(C+O) + CO ≥ 2√(HWB) + B/(HW)", "pointwise_conv", {"let": {"B": "flops"}}),
    (REFUTED, "MAC = HW(C+O) + CO > 2√(HWB) + B/(HW)", "pointwise_conv", {"let": {"B": "flops"}}),
    (REFUTED, "MAC = HW(C+O) ≥ 2√(HWB)", "pointwise_conv", {"let": {"B": "flops"}}),
    (PROVED, "参数量 = K²CO = CO·K²", "conv", {}),
    (PROVED, "17HWc² = FLOPs", "resnet_bottleneck:C=4*c,M=c", {}),
    (PROVED, "18HWC² ≥ FLOPs", "resnet_basic", {}),
    (REFUTED, "17HWC² ≥ FLOPs", "resnet_basic", {}),
    (PROVED, "8–9×", "conv", {"over": "separable_conv", "where": {"K": 3}, "assume": ("O >= 72",)}),
    (REFUTED, "8–9×", "conv", {"over": "separable_conv", "where": {"K": 3}}),
    (PROVED, "saves > 40 %", "mobilenet_v1:alpha=0.75", {"over": "mobilenet_v1"}),
    (PROVED, "adds < 1 %", "conv:bias=true,C=512,K=3", {"over": "conv:C=512,K=3", "metric": "params"}),
    (PROVED, "≈ 16.9 MB", "mobilenet_v1", {"metric": "params"}),
    (PROVED, "params_bytes ≈ 4.2 MB", "mobilenet_v1", {"dtype": "int8"}),
    (PROVED, r"weights = \frac{1}{6}\sum_{i=1}^{3} i \cdot K^2CO", "conv", {}),
    (REFUTED, r"weights = \frac{1}{6}\sum_{i=0}^{2} i \cdot K^2CO", "conv", {}),
    (PROVED, "（Ｋ²）·ＣＯ", "conv", {"metric": "weights"}),
    (PROVED, "K_hK_wCOHW", "conv", {}),
    (PROVED, "K_{h}K_{w}CO/g", "group_conv", {"metric": "weights"}),
    (PROVED, "K_hK_wC + CO", "separable_conv", {"metric": "weights"}),
    (PROVED, "HWC·K_hK_w", "depthwise_conv", {}),
    (REFUTED, "K_h²COHW", "conv", {"where": {"K": "[K_h, K_w]"}}),
    (PROVED, "1/O + 1/(K_hK_w)", "separable_conv", {"over": "conv"}),
    (PROVED, "C_{in} C_{out}", "pointwise_conv:C=C_in,O=C_out", {"metric": "weights"}),
    (PROVED, "10^{12}", "linear:bias=false", {"metric": "weights", "where": {"C": "10^6", "O": "10^6"}}),
    (PROVED, "M⁴", "linear:bias=false,C=M²,O=M²", {"metric": "weights"}),
]


@pytest.mark.parametrize(("outcome", "formula", "of", "more"), WRITTEN, ids=lambda value: str(value)[:40])
def test_what_books_write_is_judged(outcome: str, formula: str, of: str, more: dict[str, Any]) -> None:
    assert verify(formula, of, **more).outcome == outcome


@pytest.mark.parametrize(
    ("outcome", "formula"),
    [
        (PROVED, "a + b ≥ 2√(ab)"),
        (REFUTED, "a + b > 2√(ab)"),
        (PROVED, "(a + b)² = a² + 2ab + b²"),
        (REFUTED, "(a + b)² = a² + b²"),
        (PROVED, "10M float32 = 40 MB"),
        (REFUTED, "10M float16 = 40 MB"),
        (PROVED, "1/2 + 1/3 = 5/6"),
    ],
)
def test_a_claim_may_name_no_spec(outcome: str, formula: str) -> None:
    assert verify(formula).outcome == outcome


@pytest.mark.parametrize(
    ("formula", "of", "more"),
    [
        ("≥ 2HW√(CO)", "conv", {"metric": "mac"}),
        ("≥ 2√(HWB) + B/(HW)", "group_conv:K=1", {"metric": "mac", "let": {"B": "flops"}}),
        ("≥ 2√(HWB) + B/(HW)", "conv:K=1", {"metric": "mac", "let": {"B": "flops"}}),
        ("≥ 2HW√(3CO) + K²C + CO", "separable_conv", {"metric": "mac"}),
    ],
)
def test_sums_of_roots_are_bounded_by_sums_of_squares(formula: str, of: str, more: dict[str, Any]) -> None:
    verdict = verify(formula, of, **more)
    assert verdict.outcome == PROVED
    assert verdict.certificate is not None
    assert verdict.certificate.squares


# -- the second road -------------------------------------------------------------------------------------------------


def always(value: object) -> bool:
    return True


def certified(value: object, arithmetic: object = None, *, strict: bool = False) -> Certificate:
    return Certificate(1, ())


FALSE: list[tuple[str, str, dict[str, Any]]] = [
    ("17HWC²", "resnet_basic", {}),
    ("9CO + C % 7", "conv:K=3", {"metric": "weights"}),
    ("hw(c_1+c_2) + c_1c_2/g^3", "pointwise_conv:C=c_1,O=c_2,H=h,W=w", {"metric": "mac"}),
    ("568740352ρ³", "mobilenet_v1", {}),
    ("d²K²COHW", "conv", {}),
    ("α", "conv:C=alpha*C,O=alpha*O", {"over": "conv"}),
    ("K²COHW/stride", "conv", {}),
    ("17HWC²/G", "resnext_bottleneck:C=4*C,M=C,g=G", {}),
]


@pytest.mark.parametrize(("formula", "of", "more"), FALSE, ids=lambda value: str(value)[:40])
def test_a_prover_that_proves_everything_is_caught_and_its_fault_is_told(
    monkeypatch: pytest.MonkeyPatch, formula: str, of: str, more: dict[str, Any]
) -> None:
    monkeypatch.setattr(deciding, "is_zero", always)
    monkeypatch.setattr(deciding, "_differs", lambda difference: False)
    monkeypatch.setattr(deciding, "nonnegative", certified)
    for relation in ("", "≥ " if "α" in formula else "= "):
        verdict = verify(relation + formula, of, **more)
        assert verdict.outcome == REFUTED
        assert "a fault of the prover" in verdict.reason[0]  # type: ignore[operator]
        assert verdict.counterexample is not None


def test_nothing_is_printed_as_proved_that_was_not_tried() -> None:
    tried: list[Verdict] = [verify("17HWc²", "resnet_bottleneck", where={"C": "4c", "M": "c"})]
    tried += [verify("1/O + 1/K²", "separable_conv", over="conv"), verify("≤ K²", "conv", over="separable_conv")]
    for verdict in tried:
        assert verdict.outcome == PROVED
        assert verdict.points == 100


# -- what was found by trying to get a false verdict -------------------------------------------------------------------

CONV = {"over": "conv:K=3,O=512"}
TRAPS: list[tuple[str, str, str, dict[str, Any]]] = [
    # 521/4608 is 8.84 times fewer
    (REFUTED, "> 9 times fewer", "separable_conv:K=3", {"over": "conv:K=3"}),
    (REFUTED, "more than 9 times fewer", "separable_conv:K=3,O=512", CONV),
    (PROVED, "at least 8 times fewer", "separable_conv:K=3,O=512", CONV),
    (PROVED, "at most 9 times fewer", "separable_conv:K=3,O=512", CONV),
    (PROVED, "8 to 9 times fewer", "separable_conv:K=3,O=512", CONV),
    (PROVED, "≈ 8.84 times fewer", "separable_conv:K=3,O=512", CONV),
    (REFUTED, "≈ 8.85 times fewer", "separable_conv:K=3,O=512", CONV),
    # a multiplier is one whatever the count is called
    (REFUTED, "≥ α", "conv:C=alpha*M,O=alpha*N", {"over": "conv:C=M,O=N"}),
    (PROVED, "α²", "conv:C=alpha*M,O=alpha*N", {"over": "conv:C=M,O=N"}),
    (REFUTED, "≥ h", "conv", {"metric": "height", "where": {"H": "rho*h"}}),
    (REFUTED, "≥ K²cO", "conv", {"metric": "weights", "where": {"C": "alpha*c"}}),
    # a name that is rounded rounds what it stands for
    (REFUTED, "O + ⌊x⌋ - x", "conv", {"metric": "channels", "let": {"x": "(C^18 - 1)/19"}}),
    (REFUTED, "O + ⌊x⌋ - x", "conv", {"metric": "channels", "let": {"x": "C/2"}}),
    (PROVED, "O + ⌊x⌋ - x", "conv", {"metric": "channels", "let": {"x": "C/2"}, "where": {"C": "2*c"}}),
    # no spec has more groups than channels
    (UNDECIDED, r"\mathcal{O}(C²/g)", "shufflenet_v1_unit", {"where": {"M": "C"}}),
    (UNDECIDED, r"\mathcal{O}(CO/g)", "group_conv", {"metric": "params", "where": {"bias": "true"}}),
    # a sign before // belongs to what is divided, as in Python
    (PROVED, "= -(-H//s)", "conv", {"metric": "height", "where": {"stride": "s"}}),
    (PROVED, "= -(-h//2)", "conv", {"metric": "height", "where": {"H": "-(-h//2)"}}),
    (PROVED, "4 = -(-7//2)", "", {}),
    (PROVED, "1 = -7 % 4", "", {}),
    # what is assumed leaves a symbol one value
    (UNDECIDED, "K²COH/s²", "conv", {"where": {"W": 1, "stride": "s"}}),
    (UNDECIDED, "7/stride", "conv", {"metric": "height", "where": {"H": 7}}),
    # nothing is proved or refuted where no spec can be
    (UNDECIDED, "< HW(C + O) + K²CO/g", "group_conv", {"metric": "mac", "assume": ("g >= C + 1",)}),
    (PROVED, "≤ 1", "conv", {"over": "conv", "assume": ("K <= 1",)}),
]


@pytest.mark.parametrize(("outcome", "formula", "of", "more"), TRAPS, ids=lambda value: str(value)[:40])
def test_a_trap_is_none(outcome: str, formula: str, of: str, more: dict[str, Any]) -> None:
    assert verify(formula, of, **more).outcome == outcome


@pytest.mark.parametrize(
    ("formula", "of", "metric", "assumed"),
    [
        (r"O + \sum_{i=1}^{300-C} 1 - (300-C)", "conv", "channels", "300 - C ≥ 0"),
        (r"\sum_{i=1}^{H-2} 1 + 2", "conv", "height", "H - 2 ≥ 0"),
        ("(C-O)/(C-O)·K²COHW", "conv", "flops", "the claim has a value"),
        ("O + √(C-O)^2 - (C - O)", "conv", "channels", "the claim has a value"),
    ],
)
def test_where_a_claim_means_nothing_is_said(formula: str, of: str, metric: str, assumed: str) -> None:
    verdict = verify(formula, of, metric)
    assert verdict.outcome == PROVED
    assert assumed in verdict.assumed


def test_equality_of_a_product_is_where_any_square_is_zero() -> None:
    from flopcalc.page.terminal import page_as_text
    from flopcalc.pages.verify import verdict_page

    assert "c - d = 0 or a - b = 0" in page_as_text(verdict_page(verify("(a-b)^2·(c-d)^2 ≥ 0")))
    assert "exactly where H - W = 0\n" in page_as_text(verdict_page(verify("≤ O + (H-W)²/(C-O)²", "conv", "channels")))
