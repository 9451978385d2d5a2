"""Derivations: every step is proved as it is run, so a formula that is changed anywhere ends them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from shipped import DERIVATIONS, derived, together

from flopcalc import derive
from flopcalc.errors import FlopcalcError, SpecError, UndecidedError, UnknownNameError
from flopcalc.number import Arithmetic
from flopcalc.spec import catalog, load
from flopcalc.theory.derivations import Derivation
from flopcalc.theory.lines import Rounded
from flopcalc.theory.minima.derivation import derive_least
from flopcalc.theory.plans import KINDS
from flopcalc.theory.steps import DerivationError

ASKED = {
    "g1", "g2", "general_bound", "separable_ratio", "width_multiplier", "resolution_multiplier", "inverted_residual",
    "resnext_equivalence", "shufflenet_units", "pointwise_share", "se_overhead", "esp_factor", "eesp_factor",
    "ghost_speedup", "dfc_attention", "compound_scaling",
}  # fmt: skip

Write = Callable[[Any], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a derivation to a file, and return its path."""

    def writer(content: Any) -> str:
        path = tmp_path / "derivation.yaml"
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return writer


def content(name: str) -> dict[str, Any]:
    """Return what a shipped file holds."""
    path = catalog.packaged_root() / "derivations" / f"{name}.yaml"
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    return found


def texts(derivation: Derivation) -> list[str]:
    """Return the lines of a derivation as plain text."""
    found = []
    for step in derivation.steps:
        for line in (*step.proved.lines, *step.proved.evidence):
            parts = [part.text if isinstance(part, Rounded) else str(part) for part in line.parts]
            text = parts[0]
            for sign, part in zip(line.signs, parts[1:], strict=True):
                text += f" {sign} {part}"
            found.append(text)
    return found


def methods(derivation: Derivation) -> set[str]:
    return {step.proved.method for step in derivation.steps}


# -- what is shipped -------------------------------------------------------------------------------------------------


def test_all_that_were_asked_for_are_shipped() -> None:
    assert {*DERIVATIONS} >= ASKED


@together
@pytest.mark.parametrize("name", DERIVATIONS)
def test_a_shipped_derivation_says_what_why_and_where_it_comes_from(name: str) -> None:
    derivation = derived(name)
    assert derivation.name == name
    assert derivation.title
    assert re.search(r"arXiv:\d{4}\.\d{5}", derivation.source)
    for step in derivation.steps:
        assert step.say.endswith(".")
        assert step.because
        assert step.proved.lines


@together
def test_every_kind_of_step_is_used() -> None:
    assert {step.kind for name in DERIVATIONS for step in derived(name).steps} == {*KINDS}


# -- the figures that papers print -----------------------------------------------------------------------------------


@together
@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("pointwise_share", "share = 128/137 ≈ 93.4%"),
        ("eesp_factor", "factor = 50/7 ≈ 7.14"),
        ("esp_factor", "factor = 18/5 = 3.6"),
        ("esp_factor", "field = 17"),
        ("ghost_speedup", "speedup = 32/25 = 1.28"),
        ("ghost_speedup", "speedup = 128/73 ≈ 1.75"),
        ("ghost_speedup", "speedup = 512/265 ≈ 1.93"),
        ("separable_ratio", "1/ratio = 4608/521 ≈ 8.84"),
        ("separable_ratio", "full = 462422016 ≈ 462 M"),
        ("width_multiplier", "whole = 568740352 ≈ 569 M"),
        ("width_multiplier", "network = 325400448 ≈ 325 M"),
        ("width_multiplier", "network = 41030272 ≈ 41 M"),
        ("resolution_multiplier", "network = 418121728 ≈ 418 M"),
        ("resolution_multiplier", "network = 186400768 ≈ 186 M"),
        ("resolution_multiplier", "both = 15091200 ≈ 15.1 M"),
        ("se_overhead", "added = 2514944"),
        ("resnext_equivalence", "plain_weights = 69632"),
        ("resnext_equivalence", "grouped_weights = 70144"),
        ("compound_scaling", "base = 1.92027 ≈ 1.9203"),
        ("compound_scaling", "residual = 0.07973"),
        ("compound_scaling", "base**phi = 2**phi"),
        ("g1", "MAC >= 2*sqrt(B)*sqrt(h)*sqrt(w) + B/(h*w)"),
        ("g2", "MAC = B/(h*w) + B*g/c1 + c1*h*w"),
        ("separable_ratio", "ratio = 1/O + K**(-2)"),
    ],
)
def test_a_figure_of_the_papers_is_derived(name: str, figure: str) -> None:
    assert figure in texts(derived(name))


def test_g1_is_proved_by_a_square_that_is_zero_for_equal_channels_alone() -> None:
    found = derived("g1")
    assert {"sum of squares", "equality", "least"} <= methods(found)
    square = next(step for step in found.steps if step.proved.method == "sum of squares").proved.evidence[0].parts[1]
    assert str(square) == "h*w*(sqrt(c1) - sqrt(c2))**2"
    place = next(step for step in found.steps if step.kind == "equality").proved.lines[0]
    assert [str(part) for part in place.parts[2:]] == ["c1", "c2"]


def test_g2_holds_for_held_flops_and_turns_round_for_held_channels() -> None:
    steps = {step.kind: step for step in derived("g2").steps}
    up, down = steps["grows"].proved.lines[-1], steps["falls"].proved.lines[-1]
    assert [str(name) for name in up.holding] == ["B", "c1", "h", "w"]
    assert [str(name) for name in down.holding] == ["c1", "c2", "h", "w"]
    assert up.signs[-1] == ">"
    assert down.signs[-1] == "<"


def test_the_general_bound_is_reached_at_the_squared_stride() -> None:
    place = next(step for step in derived("general_bound").steps if step.kind == "equality").proved.lines[0]
    assert [str(part) for part in place.parts[2:]] == ["c2", "c1*s**2"]


def test_the_whole_widths_beside_the_equivalence_cost_less_and_more() -> None:
    step = next(step for step in derived("resnext_equivalence").steps if step.kind == "neighbours")
    _, below, above = step.proved.lines
    # brute force: 2·(4·64)·(32·c) + 9·(32·c)²/32 at c = 3 and 4, against 17·64²
    assert below.parts[1:3] == (2 * 256 * 96 + 9 * 96**2 // 32, 17 * 64**2)
    assert above.parts[1:3] == (2 * 256 * 128 + 9 * 128**2 // 32, 17 * 64**2)
    assert (below.signs[1], above.signs[1]) == ("<", ">")


# -- nothing is canned -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """A shipped derivation with one change, and what the change is."""

    label: str
    content: Any


_FLIPPED = {"≥": "≤", "≤": "≥", "<": ">", ">": "<"}


def changed_numbers(text: str) -> Iterator[str]:
    """Yield a formula with each of its numbers, and of its exponents, changed in turn."""
    for match in re.finditer(r"(?<![A-Za-z_\d.])\d+(?:\.\d+)?|[²³⁴-⁹]", text):
        number = match[0]
        if number.isascii():
            digits = number[:-1] + str((int(number[-1]) + 1) % 10) if number != "9" else "8"
        else:
            digits = "³" if number == "²" else "²"
        if digits.strip("0."):
            yield text[: match.start()] + digits + text[match.end() :]


def wrong_claims(text: str) -> Iterator[str]:
    """Yield a relation made wrong: with twice its right side, or the other way round."""
    match = re.search(r"[=≥≤<>]", text)
    assert match is not None
    left, right = text[: match.start()], text[match.end() :]
    if match[0] == "=":
        yield f"{left}= 2·({right.strip()})"
        yield from changed_numbers(text)
    else:
        yield f"{left}{_FLIPPED[match[0]]}{right}"


def mutants(name: str) -> Iterator[Mutant]:
    """Yield a derivation with one formula of its steps changed, in every way that must not hold."""
    whole = content(name)

    def put(index: int, kind: str, value: Any) -> Mutant:
        steps = [dict(step) for step in whole["steps"]]
        steps[index].pop(kind)
        steps[index]["falls" if value == "falls" else "grows" if value == "grows" else kind] = (
            whole["steps"][index][kind] if value in ("falls", "grows") else value
        )
        return Mutant(f"step {index + 1}: {kind} {value}", {**whole, "steps": steps})

    for index, step in enumerate(whole["steps"]):
        if "claim" in step:
            for text in wrong_claims(step["claim"]):
                yield put(index, "claim", text)
        for kind in ("grows", "falls"):
            if kind in step:
                yield put(index, kind, "falls" if kind == "grows" else "grows")
        if "equality" in step:
            given = step["equality"]
            for text in (*changed_numbers(given["of"]), *wrong_claims(given["of"])):
                yield put(index, "equality", {**given, "of": text})
            for text in wrong_claims(given["at"]):
                yield put(index, "equality", {**given, "at": text})
        for kind in ("solve", "limit", "minimize"):
            if kind in step:
                given = step[kind]
                said = given["is"]
                for text in (*changed_numbers(said), f"2·({said}) + 1"):
                    yield put(index, kind, {**given, "is": text})
                if "equation" in given:
                    for text in wrong_claims(given["equation"]):
                        yield put(index, kind, {**given, "equation": text})
                if "of" in given:
                    yield put(index, kind, {**given, "of": f"2·({given['of']}) + 1"})
        if "neighbours" in step:
            given = step["neighbours"]
            for text in wrong_claims(given["equation"]):
                yield put(index, "neighbours", {**given, "equation": text})
        if "value" in step:
            values = step["value"] if isinstance(step["value"], list) else [step["value"]]
            for position, given in enumerate(values):
                said = given["is"] if isinstance(given["is"], list) else [given["is"]]
                for place, text in enumerate(said):
                    for other in changed_numbers(text):
                        now = [*said[:place], other, *said[place + 1 :]]
                        yield put(index, "value", [*values[:position], {**given, "is": now}, *values[position + 1 :]])
                twice = {**given, "of": f"2·({given['of']})"}
                yield put(index, "value", [*values[:position], twice, *values[position + 1 :]])


def doubled(name: str) -> Iterator[Mutant]:
    """Yield a derivation with one of its quantities twice as large."""
    whole = content(name)
    for quantity in whole["quantities"]:
        quantities = {}
        for key, value in whole["quantities"].items():
            if key == quantity:
                quantities["true_1"] = value
                value = "2·true_1"
            quantities[key] = value
        yield Mutant(f"twice {quantity}", {**whole, "quantities": quantities})


def rejected(path: str) -> bool:
    """Tell whether a proof fails; a file that cannot be read is no proof of anything."""
    try:
        derive(path)
    except (DerivationError, UndecidedError):
        return True
    return False


@pytest.fixture
def decided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decide each sign once: what a changed formula leaves as it was is proved alike in every file."""
    decide = Arithmetic.decide
    known: dict[tuple[Any, ...], bool | None] = {}

    def once(self: Arithmetic, difference: Any, *, strict: bool) -> bool | None:
        if self.ranges:  # that takes steps, which are counted
            return decide(self, difference, strict=strict)
        question = (self.relations, difference, strict)
        if question not in known:
            known[question] = decide(self, difference, strict=strict)
        return known[question]

    monkeypatch.setattr(Arithmetic, "decide", once)


@together
@pytest.mark.parametrize("name", DERIVATIONS)
def test_a_file_read_and_written_anew_still_holds(name: str, write: Write) -> None:
    assert texts(derive(write(content(name)))) == texts(derived(name))


@pytest.mark.usefixtures("decided_once")
@pytest.mark.parametrize("name", DERIVATIONS)
def test_a_changed_formula_ends_the_derivation(name: str, write: Write) -> None:
    count = 0
    for mutant in mutants(name):
        count += 1
        assert rejected(write(mutant.content)), f"{name}, {mutant.label} is accepted"
    assert count >= len(content(name)["steps"]) - 1  # `show` alone states nothing that could be wrong


@pytest.mark.usefixtures("decided_once")
@pytest.mark.parametrize("name", DERIVATIONS)
def test_a_changed_quantity_ends_the_derivation(name: str, write: Write) -> None:
    for mutant in doubled(name):
        assert rejected(write(mutant.content)), f"{name}, {mutant.label} is accepted"


# -- what is refused -------------------------------------------------------------------------------------------------

HEAD = """
symbols: {C: channels, O: {help: outputs, above: 0}, K: side}
quantities:
  f: {of: conv, metric: flops, where: {C: C, O: O, K: K, H: 1, W: 1}}
steps:
  - say: It holds.
    because: so it is
"""


def one(step: str) -> str:
    return f"{HEAD}    {step}\n"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("claim: f = 2K²CO", "at C = 1, K = 1, O = 1 the left side is 1, the right one 2"),
        ("claim: C ≥ K", "at C = 1, K = 2"),
        ("claim: floor(C/2) = C/2", "the left side is 0, the right one 0.5"),
        ("value: {of: √C, at: {C: 2}, is: ≈ 1.42}", "sqrt(2) ≈ 1.41421"),
        ("value: {of: 1/(C − 1), at: {C: 1}}", "no value at C = 1"),
        ("value: {of: f, at: {C: 1}}", "while K, O is open"),
        ("value: {of: 2^C, at: {C: 1000000}}", "exponent"),
        ("grows: {what: f, with: C, holding: [K]}", "what becomes of O is not said"),
        ("falls: {what: f, with: C, holding: [K, O]}", "f does not fall with C"),
        ("equality: {of: C² + K² ≥ 2CK, at: C = 2K}", "is no equality where C = 2·K"),
        ("limit: {of: 1/C + K, when_large: C, is: 2K}", "its limit, K"),
        ("solve: {equation: C² = K, for: C, is: K}", "C = K does not solve"),
        ("neighbours: {equation: C² = K, for: C, at: {K: 7}, is: [3, 4]}", "C is between 2, 3"),
        ("claim: f/(C − C) = 1", "division by zero"),
    ],
)
def test_a_step_that_does_not_hold_is_refuted_at_its_place(step: str, said: str, write: Write) -> None:
    with pytest.raises(FlopcalcError) as error:
        derive(write(one(step)))
    assert said in str(error.value)
    assert ":6:5: " in str(error.value)
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    "step",
    [
        "claim: 2^C ≥ C",
        "grows: {what: C² − K·C, with: C, holding: [K]}",
        "solve: {equation: C³ + C = K, for: C}",
        "solve: {equation: C² + 2 = 3C, for: C}",
        "limit: {of: C, when_large: C}",
    ],
)
def test_a_step_that_stays_open_is_said_to_be(step: str, write: Write) -> None:
    with pytest.raises(UndecidedError) as error:
        derive(write(one(step)))
    assert error.value.exit_code == 3


@pytest.mark.parametrize(
    "step",
    [
        "show: f",
        "claim: C² + K² ≥ 2CK",
        "equality: {of: 2CK ≤ C² + K², at: K = C}",
        "value: {of: √C, at: {C: 2}, is: ≈ 1.41}",
        "neighbours: {equation: C² = K, for: C, at: {K: 7}, is: [2, 3]}",
        "solve: {equation: C² = K, for: C, is: √K}",
        "limit: {of: C/(C + K), when_large: C, is: 1}",
        "falls: {what: C, with: K, holding: [f, O]}",
        "grows: {what: C·K, with: C, holding: K}",
    ],
)
def test_a_step_that_holds_is_proved(step: str, write: Write) -> None:
    assert derive(write(one(step))).steps[0].proved.lines


def test_an_assumption_decides_a_sign_and_is_kept(write: Write) -> None:
    text = one("grows: {what: C² − K·C, with: C, holding: [K]}")
    found = derive(write(text.replace("quantities:", "assume: [C >= K]\nquantities:")))
    assert found.assumed == ("C >= K",)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", ["1:1: the file is empty"]),
        ("- 1\n", ["1:1: the file holds a list"]),
        ("steps: []\n", ["1:1: a derivation has no `symbols`", "1:1: there are no steps"]),
        (
            "titel: x\nsymbols: {C: channels, α: width, O: {abov: 0}, K: side}\nassume: [C < 0, Q > 1]\n"
            "quantities:\n  a: {of: conw, metric: flops}\n  b: {of: conv, metric: flopz, where: {X: 3}}\n"
            "  c: C + Q\n  C: 3\n  e: [1]\n"
            "steps:\n  - {say: x, because: y}\n  - {say: x, because: y, claim: C = C, show: c}\n"
            "  - {say: x, because: y, claim: C/2K = 1}\n  - {say: x, because: y, prove: C = C}\n  - 7\n",
            [
                "1:1: a derivation has no key `titel`",
                "2:24: `α` is no name",
                "2:38: O has no key `abov`",
                "3:10: the assumption `C < 0` cannot hold",
                "3:17: the assumption speaks of `Q`",
                "5:11: there is no spec `conw`",
                "6:25: there is no metric `flopz`",
                "6:40: conv has no parameter `X`",
                "7:6: `Q` is no symbol that is known here",
                "8:3: `C` is the name of a letter or a quantity already",
                "9:6: e is a list",
                "11:5: a step has nothing to prove",
                "12:5: a step has 2 things to prove",
                "13:33: `/` stands before a product without a sign",
                "14:26: a step has no key `prove`",
                "15:5: a step is `7`",
            ],
        ),
    ],
)
def test_every_fault_of_a_file_is_placed_and_all_are_reported_at_once(
    text: str, places: list[str], write: Write
) -> None:
    with pytest.raises(SpecError) as error:
        derive(write(text))
    for place in places:
        assert f"derivation.yaml:{place}" in str(error.value)


def test_a_quantity_that_depends_on_more_than_the_letters_is_refused(write: Write) -> None:
    with pytest.raises(SpecError, match="f depends on K"):
        derive(write(one("show: f").replace("K: K, ", "").replace(", K: side", "")))


def test_layers_that_there_are_not_are_refused(write: Write) -> None:
    text = one("show: f").replace("metric: flops,", "metric: flops, kind: conv 1×1,")
    with pytest.raises(SpecError, match="no layer of that kind"):
        derive(write(text))
    text = one("show: f").replace("metric: flops,", "metric: flops, layers: '*.se',")
    with pytest.raises(SpecError, match="no layer of that path"):
        derive(write(text))


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean `g1`"):
        derive("g11")


@pytest.mark.parametrize(
    "text",
    [
        "symbols: {" + ", ".join(f"a{i}: x" for i in range(500)) + "}\nsteps: []\n",
        one("claim: " + "(" * 200 + "C" + ")" * 200 + " = C"),
        one("claim: (C + K + O)^900 = (C + O)^900"),
        one("value: {of: 2^(2^(2^C)), at: {C: 9}}"),
        one("claim: " + " + ".join(["√(C + √(K + √O))"] * 50) + " = C"),
        HEAD + "    claim: C = C\n" * 1 + "".join(f"  - {{say: x, because: y, claim: C ≥ {i}}}\n" for i in range(300)),
    ],
)
def test_a_hostile_file_ends_soon_in_an_error(text: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcalc.theory.derivations.MOST_SECONDS", 4.0)
    began = time.process_time()
    with pytest.raises(FlopcalcError):
        derive(write(text))
    assert time.process_time() - began < 14


# -- the least of any block ------------------------------------------------------------------------------------------


def test_the_least_of_a_pointwise_convolution_is_the_papers_equation() -> None:
    from sympy import sqrt

    found = derive_least(load("pointwise_conv"), "mac", "flops", ["C", "O"])
    line = next(step for step in found.steps if step.kind == "minimize").proved.lines[0]
    names = {str(name): name for part in line.parts for name in part.free_symbols}  # type: ignore[union-attr]
    assert line.parts[1] == 2 * sqrt(names["H"] * names["W"] * names["B"]) + names["B"] / (names["H"] * names["W"])


@pytest.mark.parametrize(
    ("name", "over"),
    [
        ("pointwise_conv", ("C", "O")),
        ("separable_conv", ("C", "O")),
        ("conv", ("C", "O")),
        ("inverted_residual", ("C", "t")),
    ],
)
def test_no_whole_widths_cost_less_than_the_bound(name: str, over: tuple[str, str]) -> None:
    from sympy import Rational

    from flopcalc import analyze

    found = derive_least(load(name), "mac", "flops", over)
    bound = found.steps[-1].proved.lines[0].parts[1]
    fixed = {"H": 5, "W": 7, "K": 3, "O": 11, "C": 6, "t": 4}
    totals = analyze(name).totals
    names = {str(symbol): symbol for symbol in totals.mac.free_symbols}  # type: ignore[union-attr]
    for one_value in range(2, 40, 3):
        for other in range(2, 40, 5):
            values = {**fixed, over[0]: one_value, over[1]: other}
            numbers = {symbol: values[key] for key, symbol in names.items()}
            gap = totals.mac.subs(numbers) - bound.subs(numbers)  # type: ignore[union-attr]
            assert gap >= 0 or abs(gap.evalf(30)) < Rational(1, 10**20)


def test_parameters_of_the_block_may_be_rebound() -> None:
    found = derive_least(load("group_conv"), "mac", "flops", ["c1", "c2"], {"C": "c1", "O": "c2", "K": 3})
    assert {str(letter.symbol) for letter in found.letters} == {"c1", "c2", "g", "H", "W"}


def test_a_least_value_that_is_not_reached_is_said_to_be_none() -> None:
    found = derive_least(load("resnet_bottleneck"), "mac", "flops", ["C", "M"])
    assert found.steps[-1].kind == "falls"
    assert found.steps[-1].proved.lines[0].signs[-1] == "<"


@pytest.mark.parametrize(
    ("metrics", "over", "said"),
    [
        (("ma", "flops"), ("C", "O"), "did you mean `mac`"),
        (("mac", "mac"), ("C", "O"), "minimized and held"),
        (("mac", "flops"), ("C", "X"), "depends on `X`"),
    ],
)
def test_a_question_that_is_none_is_refused(metrics: tuple[str, str], over: tuple[str, str], said: str) -> None:
    with pytest.raises(FlopcalcError, match=said):
        derive_least(load("pointwise_conv"), *metrics, over)


def test_the_example_of_the_documents_is_a_derivation(write: Write) -> None:
    page = (Path(__file__).parents[2] / "docs" / "derive.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    assert derive(write(example[1])).title == "What a separable convolution saves"


def test_values_are_exact() -> None:
    line = next(step for step in derived("pointwise_share").steps if step.kind == "value").proved.lines[0]
    assert line.parts[1] == Fraction(128, 137)
    assert isinstance(line.parts[2], Rounded)


def test_the_errors_of_steps_are_flopcalcs() -> None:
    assert issubclass(DerivationError, FlopcalcError)


def test_a_least_value_beyond_what_a_spec_asks_for_is_none(write: Write) -> None:
    # MAC = 2C + 3O/4 + … along O = const − 3C, and O > C: it falls until O = C
    plan = {
        "name": "beyond",
        "symbols": dict.fromkeys(("C", "O", "M", "H", "W"), "a size"),
        "quantities": {
            what: {"of": "shufflenet_v1_down", "metric": metric, "where": {"g": "1"}}
            for what, metric in (("B", "flops"), ("MAC", "mac"))
        },
        "steps": [{"say": "least", "because": "so", "minimize": {"what": "MAC", "holding": "B", "over": ["C", "O"]}}],
    }
    with pytest.raises(UndecidedError, match="MAC has no least value"):
        derive(write(plan))


def test_what_a_specs_formula_takes_for_granted_is_assumed(write: Write) -> None:
    plan = {
        "name": "down",
        "symbols": dict.fromkeys(("C", "O", "M", "H", "W", "g"), "a size"),
        "quantities": {"B": {"of": "shufflenet_v1_down", "metric": "params"}},
        "steps": [{"say": "params", "because": "counted", "show": "B"}],
    }
    found = derive(write(plan))
    assert found.assumed == ("g ≠ 1", "g ≠ M", "O > C", "sizes divide evenly")
    assert found.points == 100


@together
def test_what_is_taken_for_whole_is_tried_where_it_is_whole(write: Write) -> None:
    changed = content("resolution_multiplier")
    changed["quantities"]["both"]["where"]["C"] = "round(alpha*C)"
    derivation = derive(write(changed))
    assert derivation.points > 1
    assert "alpha*C is a whole number" in [text.replace("C*alpha", "alpha*C") for text in derivation.assumed]
