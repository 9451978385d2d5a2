"""Derivations as they are read: on any screen, as Markdown, LaTeX and JSON."""

from __future__ import annotations

import json
import re

import pytest
from rich.cells import cell_len
from shipped import DERIVATIONS, derived, together

from flopcalc.page.latex import page_as_latex
from flopcalc.page.markdown import page_as_markdown
from flopcalc.page.terminal import page_as_text
from flopcalc.pages.derive import SCHEMA, derivation_page
from flopcalc.render.json import dump
from flopcalc.render.terminal import Paragraph, Screen, paragraphs_as_text
from flopcalc.spec import load
from flopcalc.theory.minima.derivation import derive_least

pytestmark = together


def text_of(name: str, screen: Screen) -> str:
    return page_as_text(derivation_page(derived(name)), screen)


def latex_of(name: str) -> str:
    return page_as_latex(derivation_page(derived(name)))


@pytest.mark.parametrize("width", [20, 33, 60, 80, 120, 200])
@pytest.mark.parametrize("name", ["g1", "general_bound", "resnext_equivalence", "se_overhead", "width_multiplier"])
def test_a_derivation_fits_every_screen(name: str, width: int) -> None:
    for screen in (Screen(width), Screen(width, "ascii")):
        text = text_of(name, screen)
        for line in text.splitlines():
            assert cell_len(line) <= width
            assert line == line.rstrip()
        assert text.encode(screen.encoding)


def test_formulas_stand_in_book_form_under_the_words() -> None:
    text = text_of("g1", Screen(120))
    assert "\n 3  With B fixed, the memory access cost has a lower bound.\n        MAC ≥ 2√(hwB) + B/(hw)\n" in text
    assert "        MAC - (2√(hwB) + B/(hw)) = hw(√c₁ - √c₂)² ≥ 0\n" in text
    assert "        MAC = 2√(hwB) + B/(hw) ⟺ c₁ = c₂\n" in text
    assert "∂MAC/∂g = B/c₁ > 0   (holding B, c₁, h, w)\n" in text_of("g2", Screen(120))


def test_an_ascii_screen_has_them_spelt() -> None:
    text = text_of("g1", Screen(120, "ascii"))
    assert "MAC >= 2*sqrt(B*h*w) + B/(h*w)\n" in text
    assert "MAC = 2*sqrt(B*h*w) + B/(h*w) <=> c1 = c2\n" in text
    assert "lim(O -> oo) ratio = 1/K^2\n" in page_as_text(
        derivation_page(derived("separable_ratio")), Screen(120, "ascii")
    )


def test_what_is_assumed_and_what_letters_mean_stands_above() -> None:
    text = text_of("ghost_speedup", Screen(200))
    assert "assumed: s ≥ 2, K is odd, s ≠ 1, d is odd, sizes divide evenly\n" in text
    assert "C: input channels; O: output channels; " in text
    assert "assumed: ρ < 1, K is odd, 7·ρ ≠ 1, sizes divide evenly\n" in page_as_text(
        derivation_page(derived("resolution_multiplier")), Screen(200)
    )
    assert "assumed: $\\rho < 1$, $K$ is odd, $7 \\rho \\neq 1$, sizes divide evenly\n" in page_as_latex(
        derivation_page(derived("resolution_multiplier"))
    )


def test_numbers_are_exact_and_as_they_are_printed() -> None:
    text = text_of("pointwise_share", Screen(120))
    assert "share = 128/137 ≈ 93.4 %   (at C = 256, M = 128, g = 32)\n" in text
    text = text_of("width_multiplier", Screen(120))
    assert "network = 325,400,448 ≈ 325 M   (at α = 3/4)\n" in text


# -- LaTeX and Markdown ----------------------------------------------------------------------------------------------


def formulas(latex: str) -> list[str]:
    """Return what stands in math mode."""
    return re.findall(r"\\\[(.*?)\\\]|(?<!\\)\$(.*?)(?<!\\)\$", latex, re.DOTALL)


def assert_balanced(latex: str) -> None:
    """Hold that braces, brackets that grow, environments and dollars come in pairs."""
    bare = re.sub(r"\\[{}$%&#_]", "", latex)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert len(re.findall(r"\\left(?![a-z])", bare)) == len(re.findall(r"\\right(?![a-z])", bare))
    assert len(re.findall(r"(?<!\\)\$", bare)) % 2 == 0
    assert bare.count(r"\[") == bare.count(r"\]")
    assert re.findall(r"\\begin\{(\w+)\}", bare) == re.findall(r"\\end\{(\w+)\}", bare)[::-1]


@pytest.mark.parametrize("name", DERIVATIONS)
def test_latex_is_balanced_and_plain(name: str) -> None:
    text = latex_of(name)
    assert_balanced(text)
    assert text.isascii(), sorted({character for character in text if not character.isascii()})
    assert text.count(r"\item") == len(derived(name).steps)
    for parts in formulas(text):
        for part in parts:
            assert "*" not in part


@pytest.mark.parametrize("name", DERIVATIONS)
def test_markdown_has_every_formula_between_dollars(name: str) -> None:
    derivation = derived(name)
    text = page_as_markdown(derivation_page(derivation))
    for line in text.splitlines():
        assert len(re.findall(r"(?<!\\)\$", line)) % 2 == 0
        assert line == line.rstrip()
    lines = [line for step in derivation.steps for line in (*step.proved.lines, *step.proved.evidence)]
    assert len([line for line in text.splitlines() if line.startswith("   $")]) == len(lines)


def test_the_square_is_set_in_latex() -> None:
    text = latex_of("g1")
    assert r"= hw\left(\sqrt{c_{1}} - \sqrt{c_{2}}\right)^{2} \geq 0 \]" in text
    assert r"\quad\Longleftrightarrow\quad c_{1} = c_{2} \]" in text
    assert r"\frac{\partial \mathrm{MAC}}{\partial g} = \frac{B}{c_{1}} > 0" in page_as_latex(
        derivation_page(derived("g2"))
    )
    assert r"\approx 93.4\,\%" in latex_of("pointwise_share")


def test_a_derived_minimum_is_shown_like_any_other() -> None:
    found = derive_least(load("separable_conv"), "mac", "flops", ["C", "O"])
    assert_balanced(page_as_latex(derivation_page(found)))
    assert "⟺ 3C = K² + O" in page_as_text(derivation_page(found), Screen(120))


# -- JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DERIVATIONS)
def test_json_has_integers_formulas_and_how_each_step_was_proved(name: str) -> None:
    found = json.loads(dump(derivation_page(derived(name)).data()))
    assert found["schema"] == SCHEMA
    for step in found["steps"]:
        assert step["proof"]["method"]
        for line in step["lines"]:
            assert len(line["signs"]) == len(line["parts"]) - 1
            assert all(isinstance(part, (int, str)) for part in line["parts"])


def test_json_has_python_notation() -> None:
    steps = derivation_page(derived("g1")).data()["steps"]
    assert steps[1]["lines"][0] == {
        "parts": ["MAC", "c1*c2 + h*w*(c1 + c2)"],
        "signs": ["="],
        "at": {},
        "holding": [],
    }
    assert steps[2]["proof"]["evidence"][0]["parts"][1] == "h*w*(sqrt(c1) - sqrt(c2))**2"


# -- paragraphs ------------------------------------------------------------------------------------------------------


def test_a_paragraph_keeps_its_indentation_over_its_lines() -> None:
    text = paragraphs_as_text([Paragraph("one two three four", "", 4, " 1")], Screen(20))
    assert text == " 1  one two three\n    four\n"
    assert paragraphs_as_text([Paragraph("a"), Paragraph(""), Paragraph("b")], Screen(20)) == "a\n\nb\n"
