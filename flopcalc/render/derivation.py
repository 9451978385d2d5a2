"""Derivations as they are read: for a screen of any width, as Markdown, as LaTeX, and as JSON.

Every formula comes from the exact values of the proved steps, written by one printer in each format's style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from flopcalc.number import Number, Value, as_text, is_rational
from flopcalc.render.book import Book
from flopcalc.render.formula import ASCII, BOOK, LATEX, Style, formula
from flopcalc.render.latex import escaped_latex
from flopcalc.render.markdown import escaped_markdown
from flopcalc.render.units import exact_number
from flopcalc.theory.derivations import Derivation, Step
from flopcalc.theory.lines import METHODS, Derivative, Difference, Limit, Line, Part, Rounded

if TYPE_CHECKING:  # rich takes time to import, and is for the screen alone
    from flopcalc.render.terminal import Screen

__all__ = ["SCHEMA", "derivation_as_dict", "derivation_as_latex", "derivation_as_markdown", "derivation_as_text"]

SCHEMA = "flopcalc.derivation/1"

_SAID = re.compile(r"(.*?)\s*([%kMG])")

_UNITS = {"%": r"\,\%", **{unit: rf"\,\mathrm{{{unit}}}" for unit in "kMG"}}

_LARGE = 10_000
"""From here on the digits of a number that stands alone are grouped."""


class _Writer(Book):
    """Writes lines of a derivation in one style, each of them one formula."""

    def __init__(self, style: Style, order: Sequence[str]) -> None:
        super().__init__(order)
        self.style = style
        self.latex = style is LATEX
        self.ascii = style is ASCII
        self.signs = _SIGNS[0 if self.latex else 2 if self.ascii else 1]

    def line(self, line: Line) -> str:
        """Write one line: its parts and the signs between them."""
        text = self.part(line.parts[0])
        for sign, part in zip(line.signs, line.parts[1:], strict=True):
            text += f" {self.signs[sign]} {self.part(part)}"
        return text

    def conditions(self, line: Line) -> Iterator[tuple[str, list[str]]]:
        """Yield under what a line stands: a word, and what follows it."""
        if line.at:
            yield "at", [f"{self.formula(name)} = {self.number(value)}" for name, value in line.at]
        if line.holding:
            yield "holding", [self.formula(name) for name in line.holding]

    def part(self, part: Part) -> str:
        """Write what stands between two signs."""
        if isinstance(part, Rounded):
            return self.rounded(part)
        if isinstance(part, Derivative):
            above, below = self.formula(part.what), self.formula(part.symbol)
            if getattr(part.what, "is_Symbol", False) is False:
                above = self.style.grouped(above)
            if self.latex:
                return rf"\frac{{\partial {above}}}{{\partial {below}}}"
            return f"d{above}/d{below}" if self.ascii else f"∂{above}/∂{below}"
        if isinstance(part, Limit):
            what, name = self.formula(part.what), self.formula(part.symbol)
            if self.latex:
                return rf"\lim_{{{name} \to \infty}} {what}"
            return f"lim({name} -> oo) {what}" if self.ascii else f"lim({name} → ∞) {what}"
        if isinstance(part, Difference):
            right = self.formula(part.right)
            whole = is_rational(part.right) or not part.right.is_Add
            return f"{self.formula(part.left)} {self.signs['-']} {right if whole else self.style.grouped(right)}"
        return self.number(part)

    def number(self, value: Number) -> str:
        """Write a number, with its digits grouped where it is large, or a formula."""
        if isinstance(value, int) and abs(value) >= _LARGE:
            return self.digits(exact_number(value))
        return self.formula(value)

    def rounded(self, value: Rounded) -> str:
        """Write a number with the digits that are printed of it."""
        match = _SAID.fullmatch(value.text)
        digits, unit = match.groups() if match else (value.text, "")
        whole, point, decimals = digits.partition(".")
        text = (exact_number(int(whole)) if whole.isdecimal() and int(whole) >= _LARGE else whole) + point + decimals
        if not unit:
            return self.digits(text)
        return self.digits(text) + (_UNITS[unit] if self.latex else f" {unit}")

    def digits(self, text: str) -> str:
        """Write digits in groups."""
        return text.replace(",", r"\,") if self.latex else text

    def formula(self, value: Value) -> str:
        """Write a formula in the form that the step gives it."""
        return formula(value, self.style, self.order)


_SIGNS = (
    {
        "=": "=", ">=": r"\geq", "<=": r"\leq", "≠": r"\neq", ">": ">", "<": "<", "≈": r"\approx",
        "<=>": r"\quad\Longleftrightarrow\quad", "-": "-",
    },
    {"=": "=", ">=": "≥", "<=": "≤", "≠": "≠", ">": ">", "<": "<", "≈": "≈", "<=>": "⟺", "-": "-"},
    {"=": "=", ">=": ">=", "<=": "<=", "≠": "!=", ">": ">", "<": "<", "≈": "~", "<=>": "<=>", "-": "-"},
)  # fmt: skip
"""The signs between parts: in LaTeX, in Unicode, in ASCII."""


def _proof(step: Step) -> str:
    return METHODS[step.proved.method]


def _letters(derivation: Derivation, write: Callable[[Number], str], words: Callable[[str], str]) -> str:
    """Return what the letters stand for, in one line."""
    return "; ".join(f"{write(letter.symbol)}: {words(letter.help)}" for letter in derivation.letters if letter.help)


# -- the screen ------------------------------------------------------------------------------------------------------


def derivation_as_text(derivation: Derivation, screen: Screen | None = None) -> str:
    """Return a derivation for a screen.

    Examples
    --------
    >>> from flopcalc import derive
    >>> print("".join(derivation_as_text(derive("g1")).splitlines(True)[4:7]), end="")
     1  The FLOPs of a 1×1 convolution.
            B = hwc₁c₂
        because: each of the output's elements takes one multiply-add for every input channel
    """
    from flopcalc.render.terminal import Paragraph, Screen, paragraphs_as_text

    screen = screen or Screen()
    writer = _Writer(BOOK if screen.unicode else ASCII, derivation.order)
    body = [Paragraph(derivation.title or derivation.name, "bold")]
    body += [Paragraph(text, "dim") for text in (derivation.source, derivation.notes) if text]
    if any(letter.help for letter in derivation.letters):
        body.append(Paragraph(_letters(derivation, writer.formula, str), "dim"))
    if derivation.assumed:
        body.append(Paragraph("assumed: " + _assumed(derivation, writer), "dim"))
    width = len(str(len(derivation.steps))) + 3
    for number, step in enumerate(derivation.steps, 1):
        body.append(Paragraph(""))
        body.append(Paragraph(step.say, "", width, f"{number:>{width - 2}}"))
        body += (Paragraph(_line(line, writer), "cyan", width + 4) for line in step.proved.lines)
        body.append(Paragraph(f"because: {step.because}" if step.because else "", "dim", width))
        body.append(Paragraph(f"proved: {_proof(step)}", "dim", width))
        body += (Paragraph(_line(line, writer), "", width + 4) for line in step.proved.evidence)
    if derivation.points:
        body += [Paragraph(""), Paragraph(_recounted(derivation), "dim")]
    return paragraphs_as_text([part for part in body if part.text or not part.indent], screen)


def _line(line: Line, writer: _Writer) -> str:
    conditions = ", ".join(f"{word} {', '.join(items)}" for word, items in writer.conditions(line))
    text = writer.line(line)
    return f"{text}   ({conditions})" if conditions else text


def _recounted(derivation: Derivation) -> str:
    """Say at how many points all that is printed was tried."""
    at = "1 point" if derivation.points == 1 else f"{derivation.points} points"
    return f"Recounted in plain numbers, layer by layer, at {at}."


_RELATION = re.compile(r"(?P<left>.+?) (?P<sign>>=|<=|≥|≤|≠|>|<) (?P<right>.+)")
_WORDS = re.compile(r"(?P<left>.+) (?P<sign>divides) (?P<right>.+)|(?P<value>.+) (?P<said>is odd)")


def _assumed(derivation: Derivation, writer: _Writer) -> str:
    """Return what is assumed, with letters and signs in the writer's style."""
    names = {str(letter.symbol): writer.formula(letter.symbol) for letter in derivation.letters}
    signs = {"≥": ">=", "≤": "<=", "**": "^"}

    def formula(text: str) -> str:
        def written(match: re.Match[str]) -> str:
            sign = signs.get(match[0], match[0])
            if sign in names:
                return names[sign]
            if match[0] == "*":
                return " " if writer.latex else writer.style.times
            return writer.signs.get(sign, sign)

        shown = re.sub(r"\w+|[<>]=|\*\*|[*≥≤≠]", written, text)
        return f"${shown}$" if writer.latex else shown

    def said(text: str) -> str:
        if _RELATION.fullmatch(text):
            return formula(text)
        match = _WORDS.fullmatch(text)
        if match is None:
            return text
        if match["said"]:
            return f"{formula(match['value'])} {match['said']}"
        return f"{formula(match['left'])} {match['sign']} {formula(match['right'])}"

    return ", ".join(map(said, derivation.assumed))


# -- Markdown --------------------------------------------------------------------------------------------------------


def derivation_as_markdown(derivation: Derivation) -> str:
    """Return a derivation as Markdown whose formulas stand between dollars."""
    writer, words = _Writer(LATEX, derivation.order), escaped_markdown
    lines = [f"## {words(derivation.title or derivation.name)}", ""]
    for text in (derivation.source, derivation.notes):
        lines += [words(text), ""] if text else []
    lines += _opening(derivation, writer, words, "\n")
    for number, step in enumerate(derivation.steps, 1):
        lines += [f"{number}. {words(step.say)}", ""]
        for line in step.proved.lines:
            lines += [f"   {_set(line, writer, words)}", ""]
        proof = f"*Proved*: {words(_proof(step))}"
        lines.append(f"   *Because* {words(step.because)}." if step.because else "")
        lines += [f"   {proof}{':' if step.proved.evidence else '.'}", ""]
        for line in step.proved.evidence:
            lines += [f"   {_set(line, writer, words)}", ""]
    lines.append(_recounted(derivation) if derivation.points else "")
    return "\n".join(lines).rstrip("\n") + "\n"


def _opening(derivation: Derivation, writer: _Writer, words: Callable[[str], str], gap: str) -> Iterator[str]:
    """Yield what the letters stand for, and what is assumed of them."""
    if any(letter.help for letter in derivation.letters):
        yield _letters(derivation, lambda value: f"${writer.formula(value)}$", words) + "." + gap
    if derivation.assumed:
        yield f"Assumed: {_assumed(derivation, writer)}.{gap}"


def _set(line: Line, writer: _Writer, words: Callable[[str], str]) -> str:
    """Write a line between dollars, with what it stands under."""
    text = f"${writer.line(line)}$"
    for word, items in writer.conditions(line):
        text += f" ({word} " + ", ".join(f"${item}$" for item in items) + ")"
    return text


# -- LaTeX -----------------------------------------------------------------------------------------------------------


def derivation_as_latex(derivation: Derivation) -> str:
    """Return a derivation as a part of a LaTeX document, which needs the package amsmath."""
    writer, words = _Writer(LATEX, derivation.order), escaped_latex
    lines = [r"% \usepackage{amsmath}", rf"\subsection*{{{words(derivation.title or derivation.name)}}}"]
    lines += [words(text) for text in (derivation.source, derivation.notes) if text]
    lines += ["", *_opening(derivation, writer, words, ""), r"\begin{enumerate}"]
    for step in derivation.steps:
        lines.append(rf"  \item {words(step.say)}")
        lines += (_displayed(line, writer) for line in step.proved.lines)
        if step.because:
            lines.append(rf"    \emph{{Because}} {words(step.because)}.")
        lines.append(rf"    \emph{{Proved}}: {words(_proof(step))}{':' if step.proved.evidence else '.'}")
        lines += (_displayed(line, writer) for line in step.proved.evidence)
    lines.append(r"\end{enumerate}")
    lines += [_recounted(derivation)] if derivation.points else []
    return "\n".join(lines) + "\n"


def _displayed(line: Line, writer: _Writer) -> str:
    under = "".join(rf" \qquad \text{{{word}}}\ " + ",\\ ".join(items) for word, items in writer.conditions(line))
    return rf"    \[ {writer.line(line)}{under} \]"


# -- JSON ------------------------------------------------------------------------------------------------------------


def derivation_as_dict(derivation: Derivation) -> dict[str, Any]:
    """Return a derivation as JSON's types: integers for numbers, strings in Python's notation for formulas."""
    return {
        "schema": SCHEMA,
        "name": derivation.name,
        "title": derivation.title,
        "source": derivation.source,
        "notes": derivation.notes,
        "symbols": {str(letter.symbol): letter.help for letter in derivation.letters},
        "assumed": list(derivation.assumed),
        "points": derivation.points,
        "steps": [
            {
                "kind": step.kind,
                "statement": step.say,
                "reason": step.because,
                "lines": [_line_as_dict(line) for line in step.proved.lines],
                "proof": {
                    "method": step.proved.method,
                    "evidence": [_line_as_dict(line) for line in step.proved.evidence],
                },
            }
            for step in derivation.steps
        ],
    }


def _line_as_dict(line: Line) -> dict[str, Any]:
    return {
        "parts": [_plain(part) for part in line.parts],
        "signs": list(line.signs),
        "at": {str(name): _plain(value) for name, value in line.at},
        "holding": [str(name) for name in line.holding],
    }


def _plain(part: Part) -> int | str:
    if isinstance(part, Rounded):
        return part.text
    if isinstance(part, Derivative):
        return f"d({part.what})/d({part.symbol})"
    if isinstance(part, Limit):
        return f"limit({part.what}, {part.symbol}, oo)"
    if isinstance(part, Difference):
        return f"{as_text(part.left)} - ({as_text(part.right)})"
    return part if isinstance(part, int) else as_text(part)
