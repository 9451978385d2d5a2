"""A figure as somebody quotes it, read with the precision that it is printed in: ``4.13G``, ``97.8 MB``."""

from __future__ import annotations

import re
from fractions import Fraction

from flopcalc.dataclass import dataclass
from flopcalc.errors import ParameterError, Problem, described, shorten
from flopcalc.number import MOST_DIGITS
from flopcalc.units import BYTE_UNITS, SCALES

__all__ = ["PRINTED", "Figure", "figure_of", "read_figure"]

PRINTED = ("rounded", "cut", "zeros")
"""How a count may have been printed: rounded; cut off after the last digit; rounded to the digits before the zeros."""

_FIGURE = re.compile(
    r"\s*(?:about|ca\.?|approx\.?|~|≈)?\s*(?P<digits>[0-9]{1,3}(?:[,_][0-9]{3})+|[0-9]+|(?=\.[0-9]))"
    r"(?P<decimals>\.[0-9]+)?"
    r"(?:\s*[x×·*]\s*10\s*(?:\^|\*\*)?\s*(?P<power>[0-9]{1,3})|[eE]\+?(?P<exponent>[0-9]{1,3}))?\s*(?P<unit>[^\d]*?)\s*"
)
_UNIT = re.compile(
    r"(?P<prefix>(?i:thousand|million|billion|trillion|kilo|mega|giga|tera|mio|bn)|[KMGT]i(?=[Bb])|[kKmMgGbBtT])?"
    r"(?P<what>[a-zA-Z]*)"
)
_PREFIXES = {"k": 1, "thousand": 1, "m": 2, "million": 2, "mio": 2, "g": 3, "b": 3, "bn": 3, "billion": 3}
_PREFIXES |= {"t": 4, "trillion": 4, "kilo": 1, "mega": 2, "giga": 3, "tera": 4}
_WHATS = {
    **dict.fromkeys(("flop", "flops", "op", "ops", "mac", "macs", "madd", "madds", "multadds"), "flops"),
    **dict.fromkeys(("multiplyadds", "multadd", "multiplyadd"), "flops"),
    **dict.fromkeys(("param", "params", "parameter", "parameters", "weight", "weights", "p"), "params"),
    **dict.fromkeys(("b", "byte", "bytes"), "size"),
    **{word: "size" for word, factor in BYTE_UNITS.items() if factor == 1},
    "": "",
}
_MYRIADS = tuple(word for word in sorted(SCALES, key=len, reverse=True) if not word.isascii())
"""Scales that are written without a Latin letter, the longest first: 千万 before 千."""
_SPEED = re.compile(r"/s(?:ec|econd)?|per\s*s(?:ec|econd)?", re.IGNORECASE)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LARGEST_POWER = 30


@dataclass(frozen=True, slots=True)
class Figure:
    """A quoted figure, read with the precision that it is printed in.

    Attributes
    ----------
    text : str
    value : Fraction
        In units of one: FLOPs, elements or bytes.
    step : Fraction
        The worth of its last digit.
    round_step : Fraction
        The worth of the last digit that is not 0, where it has no decimals; else the same.
    metric : str
        params, flops or size; "" where its unit does not tell.
    prefix : str
        ``k``, ``M``, ``G``, ``T`` or "".
    power : int
        How many thousands the prefix stands for.
    binary : bool
        Whether the unit itself is one of 1024s (MiB).

    Examples
    --------
    >>> figure = read_figure("4.13G")
    >>> figure.low, figure.high
    (Fraction(4125000000, 1), Fraction(4135000000, 1))
    """

    text: str
    value: Fraction
    step: Fraction
    round_step: Fraction
    metric: str
    prefix: str = ""
    power: int = 0
    binary: bool = False

    @property
    def low(self) -> Fraction:
        """The least number that rounds to it."""
        return self.value - self._half

    @property
    def high(self) -> Fraction:
        """The greatest one."""
        return self.value + self._half

    @property
    def _half(self) -> Fraction:
        return self.step / 2 if self.step > 1 else Fraction(0)

    def fits(self, low: Fraction, high: Fraction, printed: str) -> bool:
        """Whether a count between two bounds could have been printed so, in one of the ways of :data:`PRINTED`."""
        if printed == "rounded":
            return _meet(low, high, self.low, self.high)
        if printed == "cut":
            return (
                self.step > 1 and low < self.value + self.step and _meet(low, high, self.value, self.value + self.step)
            )
        half = self.round_step / 2
        return self.round_step > self.step and _meet(low, high, self.value - half, self.value + half)

    def match(self, low: Fraction, high: Fraction) -> str:
        """Return the first of :data:`PRINTED` in which a count between two bounds could have been printed so, or ""."""
        return next((printed for printed in PRINTED if self.fits(low, high, printed)), "")


def _meet(low: Fraction, high: Fraction, start: Fraction, end: Fraction) -> bool:
    """Whether two spans have at least half of the shorter one in common: ends that just touch make nothing likely."""
    return 2 * (min(high, end) - max(low, start)) >= min(high - low, end - start)


def figure_of(figure: object) -> Figure:
    """Read a figure that may be a text, a number, or read already.

    Raises
    ------
    ParameterError
        Where it is none.
    """
    if isinstance(figure, Figure):
        return figure
    if isinstance(figure, int) and abs(figure) >= 10**MOST_DIGITS:  # Python would not write it
        raise ParameterError(Problem("the figure is too large", None, f"at most {MOST_DIGITS} digits"))
    return read_figure(str(figure) if isinstance(figure, (int, float)) else described(figure))


def read_figure(text: str) -> Figure:
    """Read a figure as people write it: ``4.13G``, ``4.09e9``, ``4,089,184,256``, ``25.6M params``, ``97.8 MB``.

    Raises
    ------
    ParameterError
        Where it is no figure.

    Examples
    --------
    >>> read_figure("97.8 MB").metric, read_figure("4.09 GMacs").metric, read_figure("25.6M").metric
    ('size', 'flops', '')
    """
    read = _FIGURE.fullmatch(text.translate(_RAISED)) if len(text) <= 100 else None
    expected = "a number with its unit: 4.13G, 4.09e9, 4,089,184,256, 25.6M params, 97.8 MB"
    if read is None:
        comma = re.fullmatch(r"\s*[0-9]+,[0-9]+\D*", text)
        hint = f"{text.strip().replace(',', '.')}, with a decimal point" if comma else ""
        raise ParameterError(Problem(f"`{shorten(text)}` is no figure", None, expected, shorten(hint)))
    if _SPEED.search(read["unit"]):
        raise ParameterError(
            Problem(f"`{shorten(text)}` is a speed", None, "a count of operations: 4.1 GFLOPs, 4.1 GMacs")
        )
    unit = read["unit"].replace("-", "").replace(" ", "")
    myriad = next((word for word in _MYRIADS if unit.startswith(word)), "")
    prefix, what, power, binary = _read_unit(unit.removeprefix(myriad), text, expected)
    if myriad and power:
        raise ParameterError(Problem(f"`{shorten(unit)}` in `{shorten(text)}` is two units", None, expected))
    exponent = int(read["power"] or read["exponent"] or 0)
    if exponent > _LARGEST_POWER:
        raise ParameterError(Problem(f"`{shorten(text)}` is too large", None, f"at most 10**{_LARGEST_POWER}"))
    decimals = read["decimals"] or "."
    digits = read["digits"].replace(",", "").replace("_", "") + decimals[1:]
    scale = Fraction((1024 if binary else 1000) ** power) * 10**exponent * SCALES.get(myriad, 1)
    step = scale / 10 ** (len(decimals) - 1)
    zeros = len(digits) - len(digits.rstrip("0")) if len(decimals) == 1 else 0
    value = int(digits) * step
    if value == 0:
        raise ParameterError(Problem("the figure is 0", None, expected))
    return Figure(text.strip(), value, step, step * 10**zeros, what, prefix, power, binary)


def _read_unit(unit: str, text: str, expected: str) -> tuple[str, str, int, bool]:
    """Return a unit's prefix, the metric that it tells, how many thousands it stands for, and whether of 1024."""
    for whole in (unit.lower(), ""):
        if whole in _WHATS and unit.lower() == whole and whole not in ("b", "p", "op"):
            return "", _WHATS[whole], 0, False
    read = _UNIT.fullmatch(unit)
    prefix, what = (read["prefix"] or "", read["what"].lower()) if read is not None else ("", unit)
    if read is None or what not in _WHATS:
        near = "FLOPs, MACs, params or bytes, with k, M, G or T before it"
        raise ParameterError(Problem(f"`{shorten(unit)}` in `{shorten(text)}` is no unit", None, near, expected))
    power = _PREFIXES.get(prefix.lower().removesuffix("i"), 0) if prefix else 0
    return "kMGT"[power - 1 : power] if power else "", _WHATS[what], power, prefix.endswith("i")
