"""Formulas as a textbook sets them: in Unicode for the screen, in ASCII where that cannot be shown, in LaTeX.

Products name the kernel first, then channels, then height and width; sums begin with the term of highest degree:
``K²·C·H·W + C·O·H·W``. Books leave the dots out and begin with height and width: ``HW(K²C + CO)``. Python's own
notation, which other programs read, is :func:`flopcalc.number.as_text`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any, ClassVar

from flopcalc.dataclass import dataclass, field
from flopcalc.number import Value, as_text, is_rational, is_symbolic
from flopcalc.render.radicals import roots_together
from flopcalc.render.text import GREEK
from flopcalc.theory.textbook import is_spatial

__all__ = ["ASCII", "BOOK", "LATEX", "UNICODE", "Style", "formula"]

_LETTERS = {letter: name for name, letter in GREEK.items() if name != "lamda"}
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_JUXTAPOSED = re.compile(r"(\d+|[^\W\d_][₀-₉]*[⁰¹²³⁴-⁹⁻]*|\(.*\)[⁰¹²³⁴-⁹⁻]*|√([^\W\d_]|\(.*\)))")
"""Factors that books set side by side: numbers, single letters with their index and power, brackets and roots."""
_TALL = re.compile(r"\\(frac|sqrt|left|begin)\b")
"""What is higher than a line, and so are the brackets around it."""
_WORDS = (r"\mathrm", r"\operatorname")
"""How names of several letters begin, which would run into others."""
_TYPED = {"≥": ">=", "≤": "<="}
_KERNEL = re.compile(r"[Kk](_?\w*)$|kernel$")


class Style:
    """How the parts of a formula are written: this one in Unicode, for the screen."""

    times: ClassVar[str] = "·"
    """Between factors."""
    between: ClassVar[str] = "·"
    """Between factors that people typed."""
    cross: ClassVar[str] = "×"
    """Between the sides of a shape."""
    relations: ClassVar[Mapping[str, str]] = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥"}
    signs: ClassVar[Mapping[str, str]] = {">=": "≥", "<=": "≤", "<=>": "⟺"}
    """Between the parts of a line, where they differ from what such lines hold: relations, and ``<=>``."""
    marks: ClassVar[tuple[str, str]] = ("✗", "✓")
    """That something is not, and is, as it should be."""
    functions: ClassVar[Mapping[str, str]] = {"Max": "max", "Min": "min", "Mod": "mod", "ceiling": "ceil", "Abs": "abs"}
    groups: ClassVar[tuple[int, int, int]] = (0, 1, 2)
    """Where kernels, channels, and heights and widths stand in a product."""

    def symbol(self, name: str) -> str:
        """Write a symbol."""
        base, bar, index = name.partition("_")
        return GREEK.get(base, base) + _primed(bar + index)

    def grouped(self, text: str) -> str:
        """Write brackets around a part."""
        return f"({text})"

    def product(self, factors: Sequence[str]) -> str:
        """Write factors side by side; each has its brackets already."""
        return self.times.join(factors)

    def power(self, base: str, exponent: str) -> str:
        """Write a power; `base` has its brackets already."""
        if re.fullmatch(r"-?\d+", exponent):
            return base + exponent.translate(_RAISED)
        single = exponent.isdigit() or (len(exponent) == 1 and exponent.isalpha())
        return f"{base}^{exponent}" if single else f"{base}^({exponent})"

    def fraction(self, top: str, bottom: str, *, atomic: bool) -> str:
        """Write a quotient; `atomic` when the bottom needs no brackets."""
        return f"{top}/{bottom}" if atomic else f"{top}/({bottom})"

    def root(self, inside: str, *, atomic: bool) -> str:
        """Write a square root."""
        return f"√{inside}" if atomic else f"√({inside})"

    def call(self, function: str, inside: Sequence[str]) -> str:
        """Write a function of its arguments: floor, ceiling, max."""
        if function == "floor":
            return f"⌊{inside[0]}⌋"
        if function == "ceiling":
            return f"⌈{inside[0]}⌉"
        return f"{self.functions.get(function, function)}({', '.join(inside)})"

    def cases(self, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
        """Write a value that depends on conditions: pairs of value and condition, and what else holds."""
        return "(" + " else ".join([*(f"{value} if {condition}" for value, condition in cases), otherwise]) + ")"

    def word(self, word: str) -> str:
        """Write a word between conditions: and, or, if."""
        return f" {word} "

    def sign(self, sign: str) -> str:
        """Write a relation between two sides."""
        return self.signs.get(sign, sign)

    def typed(self, text: str, names: Collection[str]) -> str:
        """Write a relation as people type it, ``7*rho != 1``: its symbols, which are named, products and signs."""

        def written(match: re.Match[str]) -> str:
            part = match[0]
            if part in names:
                return self.symbol(part)
            return self.between if part == "*" else "^" if part == "**" else self.sign(_TYPED.get(part, part))

        return re.sub(r"\w+|[<>]=|\*\*|[*≥≤≠]", written, text)


class _Book(Style):
    """As books set them: products without dots where every factor is one letter, height and width first."""

    groups: ClassVar[tuple[int, int, int]] = (1, 2, 0)

    def symbol(self, name: str) -> str:
        base, bar, index = name.partition("_")
        numbered = re.fullmatch(r"([^\W\d_]+)(\d+)", base)
        if numbered and not bar:
            base, number = numbered.groups()
            return GREEK.get(base, base) + number.translate(_LOWERED)
        return GREEK.get(base, base) + _primed(bar + index)

    def product(self, factors: Sequence[str]) -> str:
        text = factors[0]
        for before, factor in pairwise(factors):
            plain = _JUXTAPOSED.fullmatch(before) and _JUXTAPOSED.fullmatch(factor)
            text += factor if plain and not factor[0].isdigit() else self.times + factor
        return text


class _Ascii(Style):
    """For outputs that have no other signs."""

    times = between = "*"
    cross = "x"
    signs: ClassVar[Mapping[str, str]] = {"≠": "!=", "≈": "~"}
    marks = ("no", "ok")
    relations: ClassVar[Mapping[str, str]] = {"==": "="}

    def symbol(self, name: str) -> str:
        return name

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{exponent}" if exponent.isalnum() else f"{base}^({exponent})"

    def root(self, inside: str, *, atomic: bool) -> str:
        return f"sqrt({inside})"

    def call(self, function: str, inside: Sequence[str]) -> str:
        return f"{self.functions.get(function, function)}({', '.join(inside)})"


class _Latex(Style):
    """For LaTeX's math mode, and MathJax's, as books set them: factors side by side, height and width first."""

    times = r"\,"
    """Beside names of several letters."""
    between = " "
    groups: ClassVar[tuple[int, int, int]] = (1, 2, 0)
    signs: ClassVar[Mapping[str, str]] = {
        ">=": r"\geq", "<=": r"\leq", "≠": r"\neq", "≈": r"\approx", "<=>": r"\quad\Longleftrightarrow\quad"
    }  # fmt: skip
    marks = ("no", "ok")
    cross = r" \times "
    relations: ClassVar[Mapping[str, str]] = {"==": "=", "!=": r"\neq", "<=": r"\leq", ">=": r"\geq"}

    def symbol(self, name: str) -> str:
        base, _, index = name.partition("_")
        base = _LETTERS.get(base, base)
        numbered = re.fullmatch(r"([^\W\d_]+)(\d+)", base)
        if numbered:
            base, number = numbered.groups()
            index = f"{number}_{index}" if index else number
        if base in GREEK:
            head = f"\\{_LETTERS[GREEK[base]]}"
        else:
            head = base if len(base) == 1 and base.isascii() else f"\\mathrm{{{base}}}"
        return f"{head}_{{{_index(index)}}}" if index else head

    def grouped(self, text: str) -> str:
        return rf"\left({text}\right)" if _TALL.search(text) else f"({text})"

    def product(self, factors: Sequence[str]) -> str:
        text = factors[0]
        for before, factor in pairwise(factors):
            words = before.startswith(_WORDS) or factor.startswith(_WORDS)
            glued = factor[0].isalpha() and re.search(r"\\[A-Za-z]+$", before)
            text += (r" \cdot " if factor[0].isdigit() else self.times if words else " " if glued else "") + factor
        return text

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def fraction(self, top: str, bottom: str, *, atomic: bool) -> str:
        return rf"\frac{{{top}}}{{{bottom}}}"

    def root(self, inside: str, *, atomic: bool) -> str:
        return rf"\sqrt{{{inside}}}"

    def call(self, function: str, inside: Sequence[str]) -> str:
        if function == "floor":
            return rf"\left\lfloor {inside[0]} \right\rfloor"
        if function == "ceiling":
            return rf"\left\lceil {inside[0]} \right\rceil"
        name = self.functions.get(function, function)
        head = rf"\{name}" if name in ("max", "min", "log") else rf"\operatorname{{{name}}}"
        return head + self.grouped(", ".join(inside))

    def cases(self, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
        rows = [*(rf"{value} & \text{{if }} {condition}" for value, condition in cases)]
        rows.append(rf"{otherwise} & \text{{otherwise}}")
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"

    def word(self, word: str) -> str:
        return rf" \text{{ {word} }} "


def _index(text: str) -> str:
    """Write a symbol's index: letters and digits alone as they are, words upright."""
    parts = [part for part in text.split("_") if part]
    return ",".join(part if part.isdigit() or len(part) == 1 else rf"\mathrm{{{part}}}" for part in parts)


def _primed(index: str) -> str:
    """Write the index of a symbol, with the primes of d_prime as signs."""
    return index.replace("_prime", "′").replace("′′", "″")


UNICODE = Style()
BOOK = _Book()
ASCII = _Ascii()
LATEX = _Latex()


def formula(value: Value, style: Style = UNICODE, order: Sequence[str] = ()) -> str:
    r"""Write a value as a formula.

    Parameters
    ----------
    value : Value
        A number or an expression; anything else is written as text.
    style : Style
        UNICODE, BOOK, ASCII or LATEX.
    order : sequence of str
        The symbols in the order in which the spec declares them, which is that of the factors.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, K, O, H, W = (symbol(name) for name in "CKOHW")
    >>> formula(C * O * H * W + K**2 * C * H * W)
    'K²·C·H·W + C·O·H·W'
    >>> formula(C * O / 2 + 3, LATEX)
    '\\frac{CO}{2} + 3'
    """
    if isinstance(value, tuple):
        return "[" + ", ".join(formula(item, style, order) for item in value) + "]"
    if is_rational(value):
        if isinstance(value, Fraction):
            top = style.fraction(str(abs(value.numerator)), str(value.denominator), atomic=True)
            return f"-{top}" if value < 0 else top
        return str(value)
    if not is_symbolic(value) or isinstance(value, bool):
        return as_text(value)
    return _printer(style, tuple(order)).write(roots_together(value))


@lru_cache(maxsize=16)
def _printer(style: Style, order: tuple[str, ...]) -> _Printer:
    """Return the printer of a style and an order, which remembers what it wrote: tables are tried at many widths."""
    return _Printer(style, {name: index for index, name in enumerate(order)})


_MOST_KEPT = 1 << 14
"""How many texts a printer remembers."""


@lru_cache(_MOST_KEPT)
def _text(value: Any) -> str:
    """Return sympy's own text, by which equal ranks are told apart."""
    return str(value)


@dataclass
class _Printer:
    """Writes sympy's sums, products, powers, functions and cases."""

    style: Style
    order: dict[str, int] = field(default_factory=dict)

    write: Callable[[Any], str] = field(init=False)
    rank_factor: Callable[[Any], tuple[Any, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.write = lru_cache(_MOST_KEPT)(self._written)
        self.rank_factor = lru_cache(_MOST_KEPT)(self._rank_of_factor)

    def _written(self, value: Any) -> str:
        if value.is_Add:
            return self.sum(value)
        if value.is_Mul or (value.is_Rational and not value.is_Integer):
            return self.product(value)
        if value.is_Pow:
            return self.power(value)
        if value.is_Symbol:
            return self.style.symbol(value.name)
        if value.is_Piecewise:
            return self.cases(value)
        if value.is_Function or _is_extreme(value):
            return self.call(value)
        return str(value)

    def atomic(self, value: Any) -> bool:
        """Tell whether a value stands in a product, and under an exponent, without brackets."""
        if value.is_Piecewise:
            return self.style is not LATEX
        whole = value.is_Integer and value >= 0
        return bool(value.is_Symbol or value.is_Function or _is_extreme(value) or whole)

    def grouped(self, value: Any) -> str:
        """Write a factor, with brackets where it needs them."""
        text = self.write(value)
        if self.atomic(value) or (value.is_Pow and not _is_inverse(value)):
            return text
        return self.style.grouped(text)

    # -- order -------------------------------------------------------------------------------------------------------

    def rank_symbol(self, name: str) -> tuple[int, int, str]:
        kernel, channel, spatial = self.style.groups
        group = kernel if _KERNEL.match(name) else spatial if is_spatial(name) else channel
        return (group, self.order.get(name, len(self.order)), name)

    def _rank_of_factor(self, factor: Any) -> tuple[Any, ...]:
        names = sorted(self.rank_symbol(symbol.name) for symbol in factor.free_symbols)
        simple = factor.is_Symbol or (factor.is_Pow and factor.base.is_Symbol)
        return (0 if simple else 1, names[0] if names else (0, 0, ""), _text(factor))

    def rank_term(self, term: Any) -> tuple[Any, ...]:
        """Terms of higher degree first, then those with more of height and width, then by their factors.

        A book begins with those that have height and width.
        """
        degree: Any = 0
        spatial: Any = 0
        for base, exponent in term.as_powers_dict().items():
            if base.free_symbols and exponent.is_number:
                degree += exponent
                if base.is_Symbol and is_spatial(base.name):
                    spatial += exponent
        parts = term.args if term.is_Mul else (term,)
        factors = sorted(self.rank_factor(part) for part in parts if part.free_symbols)
        ranks = (-spatial, -degree) if self.style.groups[2] == 0 else (-degree, -spatial)
        return (*ranks, factors, _text(term))

    # -- sums, products, powers --------------------------------------------------------------------------------------

    def sum(self, value: Any) -> str:
        pieces: list[str] = []
        for term in sorted(value.args, key=self.rank_term):
            negative = term.could_extract_minus_sign()
            text = self.negated(-term) if negative else self.write(term)
            if not pieces:
                pieces.append(f"-{text}" if negative else text)
            else:
                pieces.append(f"- {text}" if negative else f"+ {text}")
        return " ".join(pieces)

    def negated(self, value: Any) -> str:
        """Write what follows a minus sign."""
        return self.grouped(value) if value.is_Add else self.write(value)

    def product(self, value: Any) -> str:
        if value.could_extract_minus_sign():
            return f"-{self.negated(-value)}"
        top: list[Any] = []
        bottom: list[Any] = []
        coefficient = value.as_coeff_Mul()[0] if value.is_Mul else value
        for factor in value.args if value.is_Mul else ():
            if factor.is_Rational:
                continue
            if _is_inverse(factor):
                bottom.append(_inverse(factor))
            else:
                top.append(factor)
        top.sort(key=self.rank_factor)
        bottom.sort(key=self.rank_factor)
        above = [str(coefficient.p)] if coefficient.p != 1 or not top else []
        below = [str(coefficient.q)] if coefficient.q != 1 else []
        above += self.factors(top, alone=not above and bool(bottom or below))
        below += self.factors(bottom, alone=not below)
        if not below:
            return self.style.product(above)
        return self.style.fraction(self.style.product(above), self.style.product(below), atomic=len(below) == 1)

    def factors(self, values: Sequence[Any], *, alone: bool) -> list[str]:
        """Write factors; one that is `alone` over or under a fraction's bar needs no brackets."""
        if alone and len(values) == 1 and self.style is LATEX:
            return [self.write(values[0])]
        return [self.grouped(value) for value in values]

    def power(self, value: Any) -> str:
        base, exponent = value.base, value.exp
        if _is_inverse(value):
            return self.style.fraction("1", self.factors([_inverse(value)], alone=True)[0], atomic=True)
        if exponent.is_Rational and exponent.p == 1 and exponent.q == 2:
            return self.style.root(self.write(base), atomic=self.atomic(base))
        text = self.write(base) if self.atomic(base) else self.style.grouped(self.write(base))
        return self.style.power(text, self.write(exponent))

    # -- functions and cases -----------------------------------------------------------------------------------------

    def call(self, value: Any) -> str:
        arguments = sorted(value.args, key=self.rank_term) if _is_extreme(value) else value.args
        return self.style.call(type(value).__name__, [self.write(argument) for argument in arguments])

    def cases(self, value: Any) -> str:
        cases = [(self.write(result), self.condition(condition)) for result, condition in value.args[:-1]]
        result, condition = value.args[-1]
        if condition != True:  # noqa: E712 - sympy's true is no bool
            cases.append((self.write(result), self.condition(condition)))
            return self.style.cases(cases, "?")
        return self.style.cases(cases, self.write(result))

    def condition(self, value: Any) -> str:
        """Write what holds: a comparison, or several with and, or, not and if between."""
        if value.is_Relational:
            sign = self.style.relations.get(value.rel_op, value.rel_op)
            return f"{self.write(value.lhs)} {sign} {self.write(value.rhs)}"
        name = type(value).__name__
        if name in ("And", "Or"):
            parts = [self.compared(part) for part in sorted(value.args, key=str)]
            return self.style.word(name.lower()).join(parts)
        if name == "ITE":
            test, yes, no = (self.compared(part) for part in value.args)
            return self.style.grouped(f"{yes}{self.style.word('if')}{test}{self.style.word('else')}{no}")
        if name == "Not":
            return self.style.word("not").lstrip() + self.compared(value.args[0])
        return str(value)

    def compared(self, value: Any) -> str:
        """Write a condition within another, in brackets where it is more than a comparison."""
        text = self.condition(value)
        return text if value.is_Relational or type(value).__name__ == "ITE" else self.style.grouped(text)


def _inverse(power: Any) -> Any:
    """Return 1/x of a power x^-n, with what stands below one root left there."""
    from sympy import Pow

    return power.base if power.exp == -1 else Pow(power.base, -power.exp, evaluate=False)


def _is_extreme(value: Any) -> bool:
    return type(value).__name__ in ("Max", "Min")


def _is_inverse(value: Any) -> bool:
    """Tell whether a value is a power with a negative number as its exponent."""
    return bool(value.is_Pow and value.exp.is_number and value.exp.is_negative)
