"""Lines of a derivation as text: formulas with signs between them, and what they stand under."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flopcalc.number import Number, is_rational
from flopcalc.render.cells import Writer
from flopcalc.render.formula import ASCII, LATEX, Style
from flopcalc.render.units import exact_number
from flopcalc.theory.lines import Derivative, Difference, Limit, Line, Part, Rounded

__all__ = ["LineWriter"]

_SAID = re.compile(r"(.*?)\s*([%kMG])")

_UNITS = {"%": r"\,\%", **{unit: rf"\,\mathrm{{{unit}}}" for unit in "kMG"}}

_LARGE = 10_000
"""From here on the digits of a number that stands alone are grouped."""


class LineWriter(Writer):
    """Writes lines of a derivation in one style, each of them one formula."""

    def __init__(self, style: Style, order: Sequence[str]) -> None:
        super().__init__(order)
        self.style = style
        self.latex = style is LATEX
        self.ascii = style is ASCII

    def line(self, line: Line) -> str:
        """Write one line: its parts and the signs between them."""
        text = self.part(line.parts[0])
        for sign, part in zip(line.signs, line.parts[1:], strict=True):
            text += f" {self.style.sign(sign)} {self.part(part)}"
        return text

    def conditions(self, line: Line) -> Iterator[tuple[str, list[str]]]:
        """Yield under what a line stands: a word, and what follows it."""
        if line.at:
            yield "at", [f"{self.formula(name)} = {self.number(value)}" for name, value in line.at]
        if line.holding:
            yield "holding", [self.formula(name) for name in line.holding]

    def with_conditions(self, line: Line) -> str:
        """Write one line, and behind it in brackets what it stands under."""
        conditions = ", ".join(f"{word} {', '.join(items)}" for word, items in self.conditions(line))
        return f"{self.line(line)}   ({conditions})" if conditions else self.line(line)

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
            return f"{self.formula(part.left)} - {right if whole else self.style.grouped(right)}"
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
