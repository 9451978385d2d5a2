"""Formulas as a textbook sets them: in Unicode for the screen, in ASCII where that cannot be shown, in LaTeX.

Products name the kernel first, then channels, then height and width; sums begin with the term of highest degree:
``K²·C·H·W + C·O·H·W``. Python's own notation, which other programs read, is :func:`flopcalc.number.as_text`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flopcalc.number import Value, as_text, is_rational, is_symbolic

__all__ = ["ASCII", "LATEX", "UNICODE", "Style", "formula"]

_GREEK = {
    name: chr(code)
    for name, code in {
        "alpha": 0x3B1,
        "beta": 0x3B2,
        "gamma": 0x3B3,
        "delta": 0x3B4,
        "epsilon": 0x3B5,
        "theta": 0x3B8,
        "lamda": 0x3BB,
        "mu": 0x3BC,
        "nu": 0x3BD,
        "pi": 0x3C0,
        "rho": 0x3C1,
        "sigma": 0x3C3,
        "tau": 0x3C4,
        "phi": 0x3C6,
        "chi": 0x3C7,
        "psi": 0x3C8,
        "omega": 0x3C9,
        "eta": 0x3B7,
        "zeta": 0x3B6,
        "kappa": 0x3BA,
    }.items()
}
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SPATIAL = re.compile(r"[HWhw](_?\w*|\d*)$|height$|width$")
_KERNEL = re.compile(r"[Kk](_?\w*)$|kernel$")


@dataclass(frozen=True, slots=True)
class Style:
    """How the parts of a formula are written.

    Attributes
    ----------
    name : str
    times : str
        Between factors.
    """

    name: str
    times: str

    def symbol(self, name: str) -> str:
        """Write a symbol."""
        if self.name == "latex":
            base, _, index = name.partition("_")
            head = f"\\{base.replace('lamda', 'lambda')}" if base in _GREEK else base
            if len(base) > 1 and base not in _GREEK:
                head = f"\\mathrm{{{base}}}"
            return f"{head}_{{{index.replace('_', ',')}}}" if index else head
        if self.name == "unicode":
            base, bar, index = name.partition("_")
            return _GREEK.get(base, base) + bar + index
        return name

    def power(self, base: str, exponent: str) -> str:
        """Write a power; `base` has its brackets already."""
        if self.name == "latex":
            return f"{base}^{{{exponent}}}"
        if self.name == "unicode" and re.fullmatch(r"-?\d+", exponent):
            return base + exponent.translate(_RAISED)
        simple = exponent.isalnum()
        return f"{base}^{exponent}" if simple else f"{base}^({exponent})"

    def fraction(self, top: str, bottom: str, *, atomic: bool) -> str:
        """Write a quotient; `atomic` when the bottom needs no brackets."""
        if self.name == "latex":
            return f"\\frac{{{top}}}{{{bottom}}}"
        return f"{top}/{bottom}" if atomic else f"{top}/({bottom})"

    def root(self, inside: str, *, atomic: bool) -> str:
        """Write a square root."""
        if self.name == "latex":
            return f"\\sqrt{{{inside}}}"
        if self.name == "unicode":
            return f"√{inside}" if atomic else f"√({inside})"
        return f"sqrt({inside})"

    def bracket(self, function: str, inside: Sequence[str]) -> str:
        """Write a function of its arguments: floor, ceiling, max."""
        marks = {
            "unicode": {"floor": "⌊⌋", "ceiling": "⌈⌉"},
            "latex": {"floor": ("\\lfloor ", " \\rfloor"), "ceiling": ("\\lceil ", " \\rceil")},
        }.get(self.name, {})
        if function in marks:
            left, right = marks[function]
            return f"{left}{inside[0]}{right}"
        name = {"Max": "max", "Min": "min", "Mod": "mod", "ceiling": "ceil"}.get(function, function)
        if self.name == "latex":
            name = f"\\{name}" if name in ("max", "min", "log") else f"\\operatorname{{{name}}}"
        return f"{name}({', '.join(inside)})"


UNICODE = Style("unicode", "·")
ASCII = Style("ascii", "*")
LATEX = Style("latex", " ")


def formula(value: Value, style: Style = UNICODE, order: Sequence[str] = ()) -> str:
    """Write a value as a formula.

    Parameters
    ----------
    value : Value
        A number or an expression; anything else is written as text.
    style : Style
        UNICODE, ASCII or LATEX.
    order : sequence of str
        The symbols in the order in which the spec declares them, which is that of the factors.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, K, O, H, W = (symbol(name) for name in "CKOHW")
    >>> formula(C * O * H * W + K**2 * C * H * W)
    'K²·C·H·W + C·O·H·W'
    >>> formula(C * O / 2 + 3, LATEX)
    '\\\\frac{C O}{2} + 3'
    """
    if isinstance(value, (bool, str, dict)):
        return as_text(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(formula(item, style, order) for item in value) + "]"
    if is_rational(value):
        if isinstance(value, Fraction) and style is LATEX:
            return style.fraction(str(value.numerator), str(value.denominator), atomic=True)
        return str(value)
    if not is_symbolic(value):
        return str(value)
    return _Printer(style, {name: index for index, name in enumerate(order)}).write(value)


@dataclass
class _Printer:
    """Writes sympy's sums, products and powers; what it does not know it leaves to sympy."""

    style: Style
    order: dict[str, int] = field(default_factory=dict)

    def write(self, value: Any) -> str:
        if value.is_Add:
            return self.sum(value)
        if value.is_Mul or (value.is_Rational and not value.is_Integer):
            return self.product(value)
        if value.is_Pow:
            return self.power(value)
        if value.is_Symbol:
            return self.style.symbol(value.name)
        if value.is_Integer:
            return str(value)
        name = type(value).__name__
        if name in ("floor", "ceiling", "Max", "Min", "Mod", "log"):
            parts = sorted(value.args, key=self.rank_term) if name in ("Max", "Min") else value.args
            return self.style.bracket(name, [self.write(part) for part in parts])
        if name == "Piecewise" and self.style is not LATEX:
            *cases, (last, _) = value.args
            text = self.write(last)
            for result, condition in reversed(cases):
                text = f"{self.write(result)} if {condition} else {text}"
            return f"({text})"
        if self.style is LATEX:
            from sympy import latex

            return str(latex(value))
        return str(value)

    def atomic(self, value: Any) -> bool:
        return bool(value.is_Symbol or (value.is_Integer and value >= 0) or value.is_Function)

    def grouped(self, value: Any) -> str:
        text = self.write(value)
        if self.atomic(value) or (value.is_Pow and value.exp.is_Integer and value.exp > 0):
            return text
        return f"\\left({text}\\right)" if self.style is LATEX else f"({text})"

    # -- order -------------------------------------------------------------------------------------------------------

    def rank_symbol(self, name: str) -> tuple[int, int, str]:
        group = 0 if _KERNEL.match(name) else 2 if _SPATIAL.match(name) else 1
        return (group, self.order.get(name, len(self.order)), name)

    def rank_factor(self, factor: Any) -> tuple[Any, ...]:
        names = sorted(self.rank_symbol(symbol.name) for symbol in factor.free_symbols)
        simple = factor.is_Symbol or (factor.is_Pow and factor.base.is_Symbol)
        return (0 if simple else 1, names[0] if names else (0, 0, ""), str(factor))

    def rank_term(self, term: Any) -> tuple[Any, ...]:
        """Terms of higher degree first, then those with more of height and width, then by their factors."""
        degree: Any = 0
        spatial: Any = 0
        for base, exponent in term.as_powers_dict().items():
            if base.free_symbols and exponent.is_number:
                degree += exponent
                if base.is_Symbol and _SPATIAL.match(base.name):
                    spatial += exponent
        factors = [self.rank_factor(f) for f in term.args if f.free_symbols] if term.is_Mul else [self.rank_factor(term)]
        return (-degree, -spatial, sorted(factors), str(term))

    # -- sums, products, powers --------------------------------------------------------------------------------------

    def sum(self, value: Any) -> str:
        pieces: list[str] = []
        for term in sorted(value.args, key=self.rank_term):
            negative = term.could_extract_minus_sign()
            text = self.write(-term if negative else term)
            if not pieces:
                pieces.append(f"-{text}" if negative else text)
            else:
                pieces.append(f"- {text}" if negative else f"+ {text}")
        return " ".join(pieces)

    def product(self, value: Any) -> str:
        if value.could_extract_minus_sign():
            return f"-{self.grouped(-value) if (-value).is_Add else self.write(-value)}"
        top: list[Any] = []
        bottom: list[Any] = []
        coefficient = value.as_coeff_Mul()[0] if value.is_Mul else value
        factors = value.args if value.is_Mul else ()
        for factor in factors:
            if factor.is_Rational:
                continue
            if factor.is_Pow and factor.exp.is_number and factor.exp.is_negative:
                bottom.append(1 / factor)
            else:
                top.append(factor)
        top.sort(key=self.rank_factor)
        bottom.sort(key=self.rank_factor)
        above = [str(coefficient.p)] if coefficient.p != 1 or not top else []
        below = [str(coefficient.q)] if coefficient.q != 1 else []
        alone = len(top) == 1 and not above and bool(bottom or below) and self.style is LATEX
        above += [self.write(factor) if alone else self.grouped(factor) for factor in top]
        below += [self.grouped(factor) for factor in bottom]
        numerator = self.style.times.join(above)
        if not below:
            return numerator
        return self.style.fraction(numerator, self.style.times.join(below), atomic=len(below) == 1)

    def power(self, value: Any) -> str:
        base, exponent = value.base, value.exp
        if exponent.is_number and exponent.is_negative:
            inverse = 1 / value
            return self.style.fraction("1", self.grouped(inverse), atomic=True)
        if exponent.is_Rational and exponent.p == 1 and exponent.q == 2:
            return self.style.root(self.write(base), atomic=self.atomic(base))
        text = self.write(base) if self.atomic(base) else f"({self.write(base)})"
        return self.style.power(text, self.write(exponent))
