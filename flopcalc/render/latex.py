"""Words and cells as LaTeX sets them, formulas in math mode."""

from __future__ import annotations

import re

from flopcalc.render.cells import Writer
from flopcalc.render.formula import LATEX
from flopcalc.render.text import GREEK, printable

__all__ = ["LONGEST", "LatexWriter", "escaped_latex", "width_of"]

LONGEST = 45
"""Rows that a page has room for; longer tables are broken over pages."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "]": "{]}",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "≠": r"$\neq$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "−": "$-$",
    "→": r"$\rightarrow$",
    "…": r"\dots{}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    **{letter: f"$\\{name}$" for name, letter in GREEK.items() if name != "lamda"},
    "√": r"$\surd$",
    "≈": r"$\approx$",
    "∞": r"$\infty$",
    "′": r"$'$",
    "″": r"$''$",
    **{raised: f"$^{{{digit}}}$" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{lowered: f"$_{{{digit}}}$" for digit, lowered in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}


def escaped_latex(text: str) -> str:
    r"""Return a text as LaTeX sets it, outside of math mode.

    Examples
    --------
    >>> print(escaped_latex("93.4 % of c₁"))
    93.4 \% of c$_{1}$
    """
    return "".join(_SPECIAL.get(character, character) for character in printable(text)).replace("--", "-{}-")


_POINTS = 5
"""How wide a character is on average in type of ten points; digits are exactly so."""


def width_of(text: str) -> float:
    r"""Return about how wide a cell in LaTeX is in type of ten points, in points: a character for each sign.

    Examples
    --------
    >>> width_of(r"\textbf{568.7}"), width_of(r"$315 \times 315$"), width_of(r"4\,231\,976")
    (25, 45, 45)
    """
    bare = re.sub(r"\\(?:text\w+|left|right|mathrm|operatorname|frac)\b|[{}$^_]", "", text.replace(r"\quad", "xx"))
    return _POINTS * len(re.sub(r"\\(?:[A-Za-z]+|.)", "x", bare))


class LatexWriter(Writer):
    """Writes cells as LaTeX sets them."""

    style = LATEX

    def words(self, text: str) -> str:
        return escaped_latex(text)

    def digits(self, text: str) -> str:
        return text.replace(",", r"\,").replace(" ", r"\,")

    def math(self, text: str) -> str:
        return f"${text}$"
