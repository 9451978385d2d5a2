"""Claims as lecture notes make them, each with its verdict; a counterexample is counted anew, and is the smallest."""

from __future__ import annotations

import gc
import itertools
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recheck import counted, really_refutes, worked_out

from flopcalc import FlopcalcError, analyze
from flopcalc.errors import ParameterError, UnknownNameError
from flopcalc.theory import deciding
from flopcalc.theory.claims import PROVED, REFUTED, UNDECIDED, Verdict, verify
from flopcalc.theory.notation import NotationError

LONG = 60.0
"""A time limit that no claim here reaches, however busy the machine is."""

TRUE: list[tuple[str, str, dict[str, Any]]] = [
    # convolutions
    ("K²COHW", "conv", {}),
    (r"K \times K \times C \times O \times H \times W", "conv", {}),
    ("HWK²CO/g", "group_conv", {}),
    (r"\frac{K^2 C O H W}{g s^2}", "group_conv", {"where": {"stride": "s"}}),
    ("params = K*K*C*O + O", "conv", {"where": {"bias": "true"}}),
    ("K²CO + 2O", "conv", {"metric": "params", "where": {"norm": "true"}}),
    ("weights = K²CO", "conv", {"where": {"norm": "true", "bias": "true"}}),
    ("9CHW", "depthwise_conv", {"where": {"K": 3}}),
    ("K²CmHW", "depthwise_conv", {"where": {"multiplier": "m"}}),
    ("H", "dilated_conv", {"metric": "height"}),
    ("O", "conv", {"metric": "channels"}),
    ("⌊(W - K)/s⌋ + 1", "conv", {"metric": "width", "where": {"padding": 0, "stride": "s"}, "exact_rounding": True}),
    ("⌈H/2⌉", "conv", {"metric": "height", "where": {"K": 3, "stride": 2}, "exact_rounding": True}),
    ("d(K - 1) + 1", "dilated_conv", {"metric": "receptive_field"}),
    ("activations = OHW", "conv", {}),
    ("CHW + OHW", "conv", {"metric": "peak_memory"}),
    ("MAC = HW(C + O) + CO", "pointwise_conv", {}),
    ("HWCO/(HW(C + O) + CO)", "pointwise_conv", {"metric": "intensity"}),
    ("CO + O", "linear", {"metric": "params"}),
    # separable
    ("HWC(K² + O)", "separable_conv", {}),
    ("1/O + 1/K²", "separable_conv", {"over": "conv"}),
    (r"\frac{1}{N} + \frac{1}{D_K^2}", "separable_conv", {"over": "conv", "where": {"O": "N", "K": "D_K"}}),
    ("(K² + O)/(K²O)", "separable_conv", {"over": "conv", "metric": "params"}),
    ("αρ²(K²C + αCO)HW", "separable_conv:C=alpha*C,O=alpha*O,H=rho*H,W=rho*W", {}),
    # ResNets
    ("17HWc²", "resnet_bottleneck", {"where": {"C": "4c", "M": "c"}}),
    ("HW(2CM + 9M²)", "resnet_bottleneck", {}),
    ("18HWC²", "resnet_basic", {}),
    ("HW(2CM + 9M²/g)", "resnext_bottleneck", {}),
    ("1", "resnext_bottleneck:g=1", {"over": "resnet_bottleneck"}),
    ("5", "resnet_basic", {"metric": "receptive_field"}),
    ("2C²/r + C/r + C", "squeeze_excite", {"metric": "params", "where": {"bias": "true"}}),
    # ShuffleNets
    ("HW(2CM/g + 9M)", "shufflenet_v1_unit", {}),
    ("hw(c²/2 + 9c/2)", "shufflenet_v2_unit", {"where": {"C": "c", "H": "h", "W": "w"}}),
    ("2HWCE", "pointwise_pair", {}),
    ("kHWC²/g", "pointwise_fragments", {}),
    # inverted residuals
    ("hwd't(d' + k² + d'')", "inverted_residual:C=d',O=d'',K=k,H=h,W=w", {}),
    ("HW(eC² + K²eC + eCO) + 2eC·C/r", "mbconv", {}),
    ("HW(K²eC² + eCO)", "fused_mbconv", {}),
    # Ghost, ESP and others
    ("HW(K²CO/s + (s - 1)d²O/s)", "ghost_module", {}),
    ("MN/K + (nN)²/K", "esp_module", {"metric": "weights"}),
    ("Md/g + (n² + d)dK", "eesp_module", {"metric": "weights", "where": {"N": "d*K"}}),
    ("HW/4·(CO + (K_H + K_W)O)", "dfc_attention", {}),
    ("Cs + s·e_1 + 9s·e_3", "fire_module", {"metric": "params"}),
    ("4kC + 36k²", "dense_layer", {"metric": "params"}),
    ("C + k", "dense_layer", {"metric": "channels"}),
    # quantities, inequalities, limits, printed figures
    ("MAC ≥ 2√(HWB) + B/(HW)", "pointwise_conv", {"let": {"B": "flops"}}),
    ("MAC = HWC + Bg/C + B/(HW)", "pointwise_conv:g=g", {"let": {"B": "HWCO/g"}}),
    ("B = HWCO", "pointwise_conv", {"let": {"B": "flops"}}),
    ("≤ 9", "conv", {"over": "separable_conv", "where": {"K": 3}}),
    ("≥ 8", "conv", {"over": "separable_conv", "where": {"K": 3}, "assume": ("O >= 72",)}),
    ("< K²", "conv", {"over": "separable_conv"}),
    ("≤ 2HW(2CM + 9M²)", "resnext_bottleneck", {"assume": ("g >= 1",)}),
    ("1/K²", "separable_conv", {"over": "conv", "limit": ("O",)}),
    ("s", "conv", {"over": "ghost_module", "limit": ("C=oo",)}),
    ("≈ K²", "conv", {"over": "separable_conv", "limit": ("O",)}),
    ("9M²", "resnet_bottleneck", {"metric": "params", "limit": ("M",)}),
    ("≈ 0.1131", "separable_conv", {"over": "conv", "where": {"C": 512, "O": 512, "K": 3}}),
    ("≈ 11.3%", "separable_conv", {"over": "conv", "where": {"C": 512, "O": 512, "K": 3}}),
    # networks
    ("138,357,544", "vgg16", {"metric": "params"}),
    ("≈ 1.55×10^10", "vgg16", {}),
    ("≈ 15.5e9", "vgg16", {}),
    ("25557032", "resnet50", {"metric": "params"}),
    ("539492352α²ρ² + 28224000αρ² + 1024000α", "mobilenet_v1", {"symbolic": ("alpha", "rho")}),
]

FALSE: list[tuple[str, str, dict[str, Any]]] = [
    ("K²COHW", "conv", {"where": {"stride": 2}}),
    ("KCOHW", "conv", {}),
    ("K²C²HW", "conv", {}),
    ("K²CO", "conv", {}),
    ("K²CO", "conv", {"metric": "params", "where": {"bias": "true"}}),
    ("H", "conv", {"metric": "height", "where": {"padding": 0}}),
    ("dK", "dilated_conv", {"metric": "receptive_field"}),
    ("K²CO", "group_conv", {"metric": "params"}),
    ("HWC(K² + K²O)", "separable_conv", {}),
    ("1/O + 1/K", "separable_conv", {"over": "conv"}),
    ("1/C + 1/K²", "separable_conv", {"over": "conv"}),
    ("1/(O + K²)", "separable_conv", {"over": "conv"}),
    ("17HWC²", "resnet_basic", {}),
    ("18HWc²", "resnet_bottleneck", {"where": {"C": "4*c", "M": "c"}}),
    ("HW(2CM + 9M²)", "resnext_bottleneck", {}),
    ("HW(2CM + 9M)", "shufflenet_v1_unit", {}),
    ("hw(c² + 9c)", "shufflenet_v2_unit", {"where": {"C": "c", "H": "h", "W": "w"}}),
    ("HWtC(C + K² + O)", "inverted_residual", {"where": {"stride": 2}}),
    ("HWC(C + K² + O)", "inverted_residual", {"where": {"t": 1}}),
    ("s", "conv", {"over": "ghost_module"}),
    ("n²MN/K", "esp_module", {"metric": "params"}),
    ("C²/r", "squeeze_excite", {"metric": "params"}),
    ("MAC = HWC + CO", "pointwise_conv", {}),
    ("MAC > 2√(HWB) + B/(HW)", "pointwise_conv", {"let": {"B": "flops"}}),
    ("≥ 8", "conv", {"over": "separable_conv", "where": {"K": 3}}),
    ("≤ 8", "conv", {"over": "separable_conv", "where": {"K": 3}}),
    ("CHW", "conv", {"metric": "peak_memory"}),
    ("HWCO/(C + O)", "pointwise_conv", {"metric": "intensity"}),
    ("4kC + 9k²", "dense_layer", {"metric": "params"}),
    ("K²CO√2", "conv", {"metric": "params"}),
]


def claim_of(row: tuple[str, str, dict[str, Any]]) -> Verdict:
    formula, of, more = row
    return verify(formula, of, time_limit=LONG, **more)


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Keep the collector from calling hypothesis back, where the end of the time would be swallowed and reported."""
    gc.disable()
    yield
    gc.enable()


def named(row: tuple[str, str, dict[str, Any]]) -> str:
    return f"{row[0]} of {row[1]}"


@pytest.mark.parametrize("row", TRUE, ids=named)
def test_what_is_right_is_proved(row: tuple[str, str, dict[str, Any]]) -> None:
    verdict = claim_of(row)
    assert verdict.outcome == PROVED, verdict
    assert verdict.reason
    assert verdict.counterexample is None
    assert verdict.causes == ()


@pytest.mark.parametrize("row", FALSE, ids=named)
def test_what_is_wrong_is_refuted_by_whole_numbers_that_are_counted_anew(row: tuple[str, str, dict[str, Any]]) -> None:
    verdict = claim_of(row)
    assert verdict.outcome == REFUTED, verdict
    assert really_refutes(verdict)


# -- the counterexample is the smallest ------------------------------------------------------------------------------


def compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    """Return the ways to write a total as so many numbers from 1, the first of them the least first."""
    cuts = itertools.combinations(range(1, total), parts - 1)
    found = [tuple(b - a for a, b in itertools.pairwise((0, *cut, total))) for cut in cuts]
    return sorted(found)


@pytest.mark.parametrize(
    ("formula", "of", "metric", "symbols"),
    [
        ("K^2*C*O*H", "conv", "flops", "C H W O K"),
        ("2*H*W*K^2*C*O - H*W*C*O", "conv", "flops", "C H W O K"),
        ("K^2*C*O", "group_conv", "params", "C O K g"),
        ("H*W*(2*C*M + 9*M^2)", "resnext_bottleneck", "flops", "C H W M g"),
        ("H*W*C*O", "pointwise_conv:g=g", "flops", "C H W O g"),
        ("C*s + s*e1 + 9*s*e3 + (s - 1)*(e1 - 1)*(e3 - 1)", "fire_module", "params", "C s e1 e3"),
        ("K^2*C + C*O + (C - 1)*(O - 2)*(K - 1)", "separable_conv", "params", "C O K"),
    ],
)
def test_the_counterexample_is_the_smallest_there_is(formula: str, of: str, metric: str, symbols: str) -> None:
    verdict = verify(formula, of, metric, time_limit=LONG)
    assert verdict.counterexample is not None
    order = list(verdict.counterexample.assignment)
    assert sorted(order) == sorted(symbols.split())
    python = formula.replace("^", "**")
    for total in range(len(order), 20):
        for numbers in compositions(total, len(order)):
            assignment = dict(zip(order, numbers, strict=True))
            if "K is odd" in verdict.assumed and assignment["K"] % 2 == 0:
                continue
            try:
                actual = counted(of, metric, {}, assignment)
            except FlopcalcError:
                continue  # there is no such block
            if actual != worked_out(python, assignment):
                assert dict(verdict.counterexample.assignment) == assignment
                return
    pytest.fail("nothing refutes it")


def test_a_counterexample_keeps_to_the_assumptions() -> None:
    # 9·O/(9 + O) is 8.25 at O = 99
    assume = ["O >= 100"]
    assert verify("≥ 8.25", "conv", over="separable_conv", where={"K": 3}, assume=assume).outcome == PROVED
    verdict = verify("≥ 8.9", "conv", over="separable_conv", where={"K": 3}, assume=assume)
    assert verdict.outcome == REFUTED
    assert verdict.counterexample is not None
    assert verdict.counterexample.assignment["O"] == 100  # the smallest that is allowed
    # 1/9 + 1/O is 1/8 at O = 72 alone, and less beyond
    edge = verify("< 1/8", "separable_conv", over="conv", where={"K": 3}, assume=["O >= 72"])
    assert edge.outcome == REFUTED
    assert edge.counterexample is not None
    assert dict(edge.counterexample.assignment) == {"O": 72}


@pytest.mark.parametrize(("g", "claim", "values"), [(4, "K²CO/4", (8, 4)), (24, "HWK²CO", (24, 576))])
def test_a_counterexample_has_channels_that_divide_into_the_groups(g: int, claim: str, values: tuple[int, int]) -> None:
    verdict = verify(claim, "conv", where={"g": g})
    assert verdict.outcome == REFUTED
    assert verdict.counterexample is not None
    assert (verdict.counterexample.assignment["C"], verdict.counterexample.assignment["O"]) == (g, g)
    assert (verdict.counterexample.actual, verdict.counterexample.claimed) == values


# -- identities in any dress, and slips of one number -----------------------------------------------------------------

BLOCKS = (
    ("conv", "flops"),
    ("group_conv", "mac"),
    ("separable_conv", "flops"),
    ("separable_conv", "params"),
    ("resnet_bottleneck", "flops"),
    ("resnext_bottleneck", "flops"),
    ("shufflenet_v1_unit", "flops"),
    ("shufflenet_v2_unit", "flops"),
    ("inverted_residual", "params"),
    ("ghost_module", "flops"),
    ("esp_module", "params"),
    ("squeeze_excite", "params"),
    ("fire_module", "params"),
    ("pointwise_conv", "mac"),
)


def terms_of(value: Any) -> list[tuple[Fraction, dict[str, int]]]:
    """Return a formula's terms: the coefficient of each, and the powers of its symbols."""
    found = []
    for term in value.expand().as_ordered_terms():
        coefficient, rest = term.as_coeff_Mul()
        powers = {str(base): int(exponent) for base, exponent in rest.as_powers_dict().items() if base != 1}
        found.append((Fraction(int(coefficient.p), int(coefficient.q)), powers))
    return found


def written(terms: list[tuple[Fraction, dict[str, int]]], dice: random.Random) -> str:
    """Write terms in a random notation: their order, their signs of multiplication, their brackets."""
    texts = []
    for coefficient, powers in dice.sample(terms, len(terms)):
        times = dice.choice(["*", "·", r" \cdot ", " "])
        above = [_power(name, exponent, dice) for name, exponent in powers.items() if exponent > 0]
        below = [_power(name, -exponent, dice) for name, exponent in powers.items() if exponent < 0]
        if coefficient.denominator != 1:
            below.append(str(coefficient.denominator))
        dice.shuffle(above)
        parts = [_number(coefficient.numerator, dice), *above]
        text = times.join(parts)
        for divisor in below:
            text = rf"\frac{{{text}}}{{{divisor}}}" if dice.random() < 0.4 else f"({text})/{_bracketed(divisor)}"
        texts.append(text)
    while len(texts) > 1:
        place = dice.randrange(len(texts) - 1)
        joined = f"{texts[place]} + {texts.pop(place + 1)}"
        texts[place] = dice.choice(["({})", "[{}]", r"\left({}\right)"]).format(joined)
    return texts[0]


def _bracketed(text: str) -> str:
    return text if text.isalnum() else f"({text})"


def _power(name: str, exponent: int, dice: random.Random) -> str:
    if exponent == 1:
        return name
    forms = [f"{name}^{exponent}", f"{name}**{exponent}", f"{name}^{{{exponent}}}", "·".join([name] * exponent)]
    if exponent == 2:
        forms.append(f"{name}²")
    return dice.choice(forms)


def _number(value: int, dice: random.Random) -> str:
    if value > 2 and dice.random() < 0.5:
        part = dice.randrange(1, value)
        return f"({part} + {value - part})"
    return str(value)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BLOCKS), st.randoms(use_true_random=False))
def test_an_identity_is_proved_in_any_dress(block: tuple[str, str], dice: random.Random) -> None:
    name, metric = block
    text = written(terms_of(getattr(analyze(name).totals, metric)), dice)
    if dice.random() < 0.3:
        text = f"({text})·(1 + H)/(H + 1)" if "H" in text else f"2({text})/2"
    verdict = verify(text, name, metric, time_limit=LONG)
    assert verdict.outcome == PROVED, text


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BLOCKS), st.randoms(use_true_random=False))
def test_one_wrong_number_is_refuted(block: tuple[str, str], dice: random.Random) -> None:
    name, metric = block
    terms = terms_of(getattr(analyze(name).totals, metric))
    place = dice.randrange(len(terms))
    coefficient, powers = terms[place]
    if powers and dice.random() < 0.5:
        symbol = dice.choice(sorted(powers))
        step = dice.choice([1, -1])
        powers[symbol] = powers[symbol] + step or 2 * step
    else:
        coefficient += Fraction(dice.choice([2, 4, 1]), 2)
    terms[place] = (coefficient, powers)
    verdict = verify(written(terms, dice), name, metric, time_limit=LONG)
    assert verdict.outcome == REFUTED
    assert really_refutes(verdict)


# -- what a verdict tells ---------------------------------------------------------------------------------------------


def test_a_proof_says_what_was_assumed() -> None:
    assert verify("HWC(K² + O)", "separable_conv").assumed == ("K is odd",)
    assert "sizes divide evenly" in verify("HWK²CO/s²", "conv", where={"stride": "s"}).assumed
    assert verify("HWK²CO", "conv", exact_rounding=True).assumed == verify("HWK²CO", "conv").assumed


def test_what_is_no_number_of_the_ideal_reading_is_refuted_where_rounding_is_kept() -> None:
    where = {"padding": "p", "stride": "s"}
    assert verify("(H - K + 2p)/s + 1", "conv", "height", where=where).outcome == PROVED
    exact = verify("(H - K + 2p)/s + 1", "conv", "height", where=where, exact_rounding=True)
    assert exact.outcome == REFUTED
    assert really_refutes(exact)


def test_an_inequality_has_a_certificate_and_says_where_it_is_an_equality() -> None:
    verdict = verify("MAC ≥ 2√(HWB) + B/(HW)", "pointwise_conv", let={"B": "flops"})
    assert verdict.certificate is not None
    assert [str(square) for square in verdict.certificate.squares] == ["sqrt(C) - sqrt(O)"]
    assert verify("≥ HWK²CO", "conv").outcome == PROVED
    strict = verify("> HWK²CO", "conv")
    assert strict.outcome == REFUTED
    assert strict.counterexample is not None
    assert strict.counterexample.actual == strict.counterexample.claimed


@pytest.mark.parametrize("limit", [("O", "K"), ("K", "O")])
def test_a_limit_of_several_symbols_holds_however_fast_each_grows(limit: tuple[str, str]) -> None:
    # 1/O + 1/K² comes to 1/K² where O outgrows K², to 1/O where K does, to 2/O where O = K²
    for formula in ("1/O", "1/K²"):
        verdict = verify(formula, "separable_conv", over="conv", limit=limit)
        assert verdict.outcome == REFUTED
        assert verdict.limit == 0
    for formula, spec, more in (("K²CO", "conv", {"metric": "mac"}), ("0", "separable_conv", {"over": "conv"})):
        assert verify(formula, spec, limit=limit, **more).outcome == PROVED
    faster = verify("1", "pointwise_conv", metric="mac", over="pointwise_conv:C=1", limit=("O", "C"))
    assert faster.outcome == REFUTED


@pytest.mark.parametrize(
    ("formula", "outcome"),
    [
        ("H/2", PROVED),
        ("⌈H/2⌉", PROVED),
        ("H/2 + H % 2", PROVED),
        ("(H + ⌊H/3⌋)·3/8", PROVED),
        ("⌊H/3⌋", REFUTED),
        ("H % 2", REFUTED),
        ("(H % 2)·H", UNDECIDED),  # it goes to and fro
        ("√(H² + H)/2", UNDECIDED),
    ],
)
def test_rounding_has_no_say_in_a_limit_unless_it_grows_as_well(formula: str, outcome: str) -> None:
    where = {"stride": 2, "K": 3}
    verdict = verify(formula, "conv", metric="height", where=where, exact_rounding=True, limit=["H"], time_limit=LONG)
    assert verdict.outcome == outcome


def test_a_limit_tells_what_the_count_goes_to() -> None:
    verdict = verify("1/K", "separable_conv", over="conv", limit=["O=oo"])
    assert (verdict.outcome, str(verdict.limit)) == (REFUTED, "K**(-2)")
    endless = verify("9M", "resnet_bottleneck", limit=["M"])
    assert endless.outcome == REFUTED
    assert endless.limit is None


@pytest.mark.parametrize(
    ("figure", "outcome"),
    [
        ("≈ 0.1", PROVED),
        ("≈ 0.113", PROVED),
        ("≈ 0.11306", PROVED),
        ("≈ 0.114", REFUTED),
        ("≈ 0.11307", REFUTED),
        ("≈ 11%", PROVED),
        ("≈ 1.13e-1", PROVED),
        ("≈ 1131·10^-4", PROVED),
        ("≈ 0", PROVED),
        ("0.1131", REFUTED),
    ],
)
def test_a_printed_figure_is_right_where_the_count_rounds_to_it(figure: str, outcome: str) -> None:
    # 521/4608 = 0.1130642…
    verdict = verify(figure, "separable_conv", over="conv", where={"C": 512, "O": 512, "K": 3})
    assert verdict.outcome == outcome
    assert verdict.actual == Fraction(521, 4608)


@pytest.mark.parametrize(("figure", "outcome"), [("≈ 138e6", PROVED), ("≈ 138.4e6", PROVED), ("≈ 139e6", REFUTED)])
def test_a_figure_in_millions_is_rounded_there(figure: str, outcome: str) -> None:
    assert verify(figure, "vgg16", "params").outcome == outcome


def test_numbers_alone_are_refuted_without_symbols() -> None:
    verdict = verify("2", "pointwise_pair:C=1.1*C,E=1.1*E,H=1.15*H,W=1.15*W,n=1.2*n", over="pointwise_pair:n=n")
    assert verdict.outcome == REFUTED
    assert verdict.actual == Fraction(192027, 100000)


def test_symbols_that_cancel_in_a_ratio_are_found_values_for() -> None:
    verdict = verify("1/3", "conv:C=2*C,O=2*C,H=H/2,W=W/2,K=3", "activations", over="conv:O=C,K=3")
    assert verdict.outcome == REFUTED
    assert verdict.actual == Fraction(1, 2)


@pytest.mark.parametrize(
    ("formula", "of", "over", "where"),
    [
        ("7", "esp_module", "eesp_module:g=4", {"M": 240, "N": 240, "n": 3, "K": 4}),
        ("8", "conv", "separable_conv", {"C": 512, "O": 512, "K": 3}),
    ],
)
def test_numbers_stay_exact(formula: str, of: str, over: str, where: dict[str, object]) -> None:
    verdict = verify(formula, of, over=over, where=where)
    assert verdict.outcome == REFUTED
    for value in (verdict.actual, verdict.claimed, verdict.difference, verdict.ratio):
        assert isinstance(value, (int, Fraction))


# -- what stays open --------------------------------------------------------------------------------------------------


def test_what_is_true_and_not_proved_is_left_open() -> None:
    verdict = verify("C + ⌊⌊C/H⌋/W⌋ - ⌊C/(HW)⌋", "conv", "channels", where={"O": "C"})
    assert verdict.outcome == UNDECIDED
    assert verdict.points == 100
    assert "it holds at the 100 points" in verdict.reason[0]  # type: ignore[operator]


@pytest.mark.usefixtures("no_collector")
def test_nested_roots_are_never_refuted_by_a_form_that_differs() -> None:
    # √(C + 2√C + 1) is √C + 1, so that both sides are one; it may stay open, and it must not be refuted
    for formula in ("√(C + 2√C + 1)·HWK²O(√C - 1) + HWK²O", "> HWK²O(√(C + 2√C + 1)·(√C - 1) + 1) - 1"):
        assert verify(formula, "conv", time_limit=1).outcome != REFUTED


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("formula", ["≤ 3^(3^C)·HWK²CO", "≤ C^(C^C)·HWK²CO", "≤ √2·3^(3^C)·HWK²CO"])
def test_towers_of_powers_are_not_worked_out(formula: str) -> None:
    assert verify(formula, "conv", time_limit=1).outcome == UNDECIDED


@pytest.mark.usefixtures("no_collector")
def test_a_power_that_nobody_multiplies_out_is_refuted_by_a_point() -> None:
    verdict = verify("(C + O + H + W + K)^500", "conv", time_limit=1)
    assert verdict.outcome == REFUTED
    assert verdict.counterexample is not None
    assert verdict.counterexample.claimed == 5**500


@pytest.mark.usefixtures("no_collector")
def test_the_time_limit_leaves_a_claim_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(value: object) -> bool:
        while True:
            pass

    monkeypatch.setattr(deciding, "is_zero", endless)
    verdict = verify("HWK²CO", "conv", time_limit=0.1)
    assert verdict.outcome == UNDECIDED
    assert verdict.reason == ("it was not decided within 0.1 seconds",)


@pytest.mark.usefixtures("no_collector")
def test_a_counterexample_that_was_found_survives_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*values: object) -> tuple[()]:
        while True:
            pass

    monkeypatch.setattr(deciding, "explain", endless)
    verdict = verify("HWK²C²", "conv", time_limit=0.5)
    assert verdict.outcome == REFUTED
    assert verdict.counterexample is not None
    assert verdict.causes == ()


# -- what is refused --------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, str, dict[str, Any], type[FlopcalcError], str]] = [
    ("HWX", "conv", {}, NotationError, "`X` is no symbol"),
    ("1/2HW", "conv", {}, NotationError, "two ways"),
    ("MACs = HWK²CO", "conv", {}, NotationError, "multiply-accumulates or memory access cost"),
    ("params = K²CO", "conv", {"metric": "flops"}, ParameterError, "speaks of params"),
    ("C ≥ 2", "conv", {}, ParameterError, "`C` stands left of the ≥"),
    ("≈ K²", "conv", {"over": "separable_conv"}, ParameterError, "in which limit"),
    ("≈ 3", "conv", {}, ParameterError, "is held against a formula"),
    ("≥ 3", "conv", {"limit": ("C",)}, ParameterError, "a limit with >="),
    ("C", "conv", {"limit": ("Z",)}, ParameterError, "no free symbol"),
    ("C", "conv", {"limit": ("C=3",)}, ParameterError, "leads nowhere"),
    ("C", "conv", {"metric": "paramz"}, UnknownNameError, "there is no metric"),
    ("C", "cnov", {}, UnknownNameError, "there is no spec"),
    ("C", "conv", {"where": {"Z": 1}}, ParameterError, "no parameter `Z`"),
    ("C", "conv", {"symbolic": ("Z",)}, ParameterError, "no parameter `Z`"),
    ("C", "conv", {"let": {"C": "2"}}, ParameterError, "is a symbol of conv already"),
    ("C", "conv", {"let": {"2B": "2"}}, ParameterError, "cannot be a name"),
    ("B", "conv", {"let": {"B": "C = 2"}}, ParameterError, "has a relation"),
    ("C", "conv", {"over": "shufflenet_v1_unit", "metric": "nope"}, UnknownNameError, "there is no metric"),
    ("1/(C - C)", "conv", {}, NotationError, "division by zero"),
    ("", "conv", {}, NotationError, "there is no formula"),
    ("8–9", "conv", {"metric": "nope"}, UnknownNameError, "there is no metric"),
    ("≥ 8–9", "conv", {}, ParameterError, "stands behind ≥"),
    ("saves 28 %", "conv", {}, ParameterError, "of one spec over another"),
    ("≈ 4 MB", "conv", {}, ParameterError, "bytes are held against the FLOPs"),
    ("params = K²CO", "", {}, ParameterError, "none is named"),
    ("C", "conv", {"where": {"K": 2}}, FlopcalcError, "padding"),
]


@pytest.mark.parametrize(("formula", "of", "more", "error", "said"), REFUSED, ids=[row[4] for row in REFUSED])
def test_what_cannot_be_asked_is_refused_in_words(
    formula: str, of: str, more: dict[str, Any], error: type[FlopcalcError], said: str
) -> None:
    with pytest.raises(error) as raised:
        verify(formula, of, **more)
    assert said in str(raised.value)


def test_words_among_the_choices_are_no_products() -> None:
    assert verify("≈ 3.86e9", "resnet50", where={"stride_at": "1x1"}).outcome == PROVED
