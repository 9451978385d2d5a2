"""Words and cells as LaTeX sets them, formulas in math mode."""

from __future__ import annotations

import re
import unicodedata

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
    "…": r"\dots{}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
}
"""What LaTeX takes for a command, and punctuation."""

_SIGNS = {
    **{letter: rf"\{name}" for name, letter in GREEK.items() if name != "lamda"},
    "ι": r"\iota", "ξ": r"\xi", "ο": "o", "υ": r"\upsilon", "ς": r"\varsigma", "Γ": r"\Gamma", "Δ": r"\Delta",
    "Θ": r"\Theta", "Λ": r"\Lambda", "Ξ": r"\Xi", "Π": r"\Pi", "Σ": r"\Sigma", "Υ": r"\Upsilon", "Φ": r"\Phi",
    "Ψ": r"\Psi", "Ω": r"\Omega", "∂": r"\partial", "∏": r"\prod", "∑": r"\sum", "√": r"\surd", "∞": r"\infty",
    "×": r"\times", "✕": r"\times", "✖": r"\times", "·": r"\cdot", "⋅": r"\cdot", "∙": r"\cdot", "∗": "*",
    "−": "-", "∕": "/", "∶": ":", "′": "'", "″": "''", "‴": 3 * "'", "ʹ": "'", "∈": r"\in", "∝": r"\propto",
    "≠": r"\neq", "≤": r"\leq", "≦": r"\leq", "⩽": r"\leq", "≥": r"\geq", "≧": r"\geq", "⩾": r"\geq", "«": r"\ll",
    "»": r"\gg", "≈": r"\approx", "≃": r"\simeq", "≅": r"\cong", "∼": r"\sim", "≡": r"\equiv", "≐": r"\doteq",
    "≜": r"\overset{\triangle}{=}", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil",
    "←": r"\leftarrow", "→": r"\rightarrow", "⇒": r"\Rightarrow", "⟺": r"\Longleftrightarrow",
}  # fmt: skip
"""Signs in math mode. Raised and lowered ones, and other shapes of a letter, are known from Unicode's tables."""


def escaped_latex(text: str) -> str:
    r"""Return a text as LaTeX sets it, outside of math mode.

    Examples
    --------
    >>> print(escaped_latex("93.4 % of c₁"))
    93.4 \% of c$_{1}$
    """
    return "".join(map(_escaped, printable(text))).replace("--", "-{}-")


def _escaped(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character in _SIGNS:
        return f"${_SIGNS[character]}$"
    kind, _, plain = unicodedata.decomposition(character).partition("> ")
    bare = "".join(chr(int(code, 16)) for code in plain.split())
    if kind in ("<super", "<sub"):
        return f"${'^' if kind == '<super' else '_'}{{{''.join(_SIGNS.get(each, each) for each in bare)}}}$"
    return "".join(map(_escaped, bare)) if bare and character > "\xff" else character


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
