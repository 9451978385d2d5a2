"""A figure as somebody quotes it, read with the precision that it is printed in: ``4.13G``, ``97.8 MB``."""

from __future__ import annotations

import re
from fractions import Fraction

from flopcalc.dataclass import dataclass
from flopcalc.errors import ParameterError, Problem, described, shorten
from flopcalc.number import MOST_DIGITS
from flopcalc.units import BYTE_UNITS, SCALES, SPOKEN_SCALES, any_of, figure, split_figure

__all__ = ["PRINTED", "Figure", "figure_of", "read_figure"]

PRINTED = ("rounded", "cut", "zeros")
"""How a count may have been printed: rounded; cut off after the last digit; rounded to the digits before the zeros."""

_ABOUT = re.compile(r"\s*(?:about|ca\.?|approx\.?|~|≈)?")
_WHATS = {
    **dict.fromkeys(("flop", "flops", "op", "ops", "mac", "macs", "madd", "madds", "multadds"), "flops"),
    **dict.fromkeys(("multiplyadds", "multadd", "multiplyadd"), "flops"),
    **dict.fromkeys(("param", "params", "parameter", "parameters", "weight", "weights", "p"), "params"),
    **{word.lower(): "size" for word, factor in BYTE_UNITS.items() if factor == 1},
    "b": "size",
    "": "",
}
_OF_BYTES = {word[:-1].lower(): factor for word, factor in BYTE_UNITS.items() if word.endswith("B")}
_WORDS = {**SPOKEN_SCALES, **{word.lower(): factor for word, factor in SCALES.items()}}
_FACTORS = {"": 1, **_OF_BYTES, **_WORDS}
_UNIT = re.compile(rf"(?P<scale>{any_of(_WORDS)}|(?:{any_of(_OF_BYTES)})(?=b(?:ytes?)?$)|)(?P<what>{any_of(_WHATS)})")
_SPEED = re.compile(r"/s(?:ec|econd)?|per\s*s(?:ec|econd)?", re.IGNORECASE)
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


def figure_of(quoted: object) -> Figure:
    """Read a figure that may be a text, a number, or read already.

    Raises
    ------
    ParameterError
        Where it is none.
    """
    if isinstance(quoted, Figure):
        return quoted
    if isinstance(quoted, int) and abs(quoted) >= 10**MOST_DIGITS:  # Python would not write it
        raise ParameterError(Problem("the figure is too large", None, f"at most {MOST_DIGITS} digits"))
    return read_figure(str(quoted) if isinstance(quoted, (int, float)) else described(quoted))


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
    split = split_figure(_ABOUT.sub("", text, count=1)) if len(text) <= 100 else None
    expected = "a number with its unit: 4.13G, 4.09e9, 4,089,184,256, 25.6M params, 97.8 MB"
    if split is None or split[0] == "-":
        comma = re.fullmatch(r"\s*[0-9]+,[0-9]+\D*", text)
        hint = f"{text.strip().replace(',', '.')}, with a decimal point" if comma else ""
        raise ParameterError(Problem(f"`{shorten(text)}` is no figure", None, expected, shorten(hint)))
    _, digits, exponent, unit = split
    if _SPEED.search(unit):
        raise ParameterError(
            Problem(f"`{shorten(text)}` is a speed", None, "a count of operations: 4.1 GFLOPs, 4.1 GMacs")
        )
    if abs(exponent) > _LARGEST_POWER:
        large = f"at most 10**{_LARGEST_POWER}" if exponent > 0 else f"at least 10**-{_LARGEST_POWER}"
        raise ParameterError(Problem(f"`{shorten(text)}` is too {'large' if exponent > 0 else 'small'}", None, large))
    number, (scale, what) = figure(digits, exponent), _read_unit(re.sub("[ -]", "", unit), text, expected)
    if number.value == 0:
        raise ParameterError(Problem("the figure is 0", None, expected))
    zeros = len(digits) - len(digits.rstrip("0")) if digits.isdecimal() else 0
    factor = _FACTORS[scale]
    value, step = Fraction(number.value * factor), Fraction(number.step * factor)
    powers = (power for power in range(1, 6) if factor in (1000**power, 1024**power))
    power = next(powers, 0) if scale.isascii() else 0
    prefix = "kMGTP"[power - 1 : power] if power else ""
    return Figure(text.strip(), value, step, step * 10**zeros, what, prefix, power, factor == 1024**power != 1)


def _read_unit(unit: str, text: str, expected: str) -> tuple[str, str]:
    """Return what stands in a unit for so many zeros, lower case, and the metric that it tells."""
    read = _UNIT.fullmatch(unit.lower())
    if read is not None:
        return read["scale"], _WHATS[read["what"]]
    if not unit[0].isascii() and re.match(f"(?:{any_of(_WORDS)})(?:{any_of(_WORDS)})", unit.lower()):
        raise ParameterError(Problem(f"`{shorten(unit)}` in `{shorten(text)}` is two units", None, expected))
    near = "FLOPs, MACs, params or bytes, with k, M, G or T before it"
    raise ParameterError(Problem(f"`{shorten(unit)}` in `{shorten(text)}` is no unit", None, near, expected))
