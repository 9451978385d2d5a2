"""Figures with units, as papers print them: ``150M``, ``4.2 M``, ``1.5亿``, ``40 MB``, ``512 KiB``, ``93.4 %``.

A figure is an exact number together with the worth of its last printed digit, which says to what it was rounded. Every
command reads its figures by what stands here: the spellings of units, what they are worth, and the pattern of a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, shorten

__all__ = [
    "AMOUNTS",
    "BYTE_UNITS",
    "DTYPES",
    "DTYPE_WORDS",
    "IN_FORMULAS",
    "SCALES",
    "SPOKEN_SCALES",
    "UNITS",
    "Figure",
    "Unit",
    "any_of",
    "digits_of",
    "figure",
    "read_figure",
    "split_figure",
    "whole",
]

DTYPES: Mapping[str, int] = {
    "fp64": 64,
    "fp32": 32,
    "tf32": 32,
    "fp16": 16,
    "bf16": 16,
    "fp8": 8,
    "int32": 32,
    "int16": 16,
    "int8": 8,
    "int4": 4,
}
"""Bits of one element."""

DTYPE_WORDS: Mapping[str, str] = {
    **{name: name for name in DTYPES},
    "float64": "fp64",
    "double": "fp64",
    "float32": "fp32",
    "float": "fp32",
    "float16": "fp16",
    "half": "fp16",
    "bfloat16": "bf16",
    "float8": "fp8",
    "uint8": "int8",
    "uint16": "int16",
    "uint32": "int32",
    "uint4": "int4",
}
"""What people call the types of elements, lower case, and the name that each has here."""

SCALES: Mapping[str, int] = {
    "k": 10**3,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "B": 10**9,
    "T": 10**12,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "Million": 10**6,
    "Billion": 10**9,
    "Trillion": 10**12,
    "千": 10**3,
    "万": 10**4,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "十亿": 10**9,
    "百亿": 10**10,
    "千亿": 10**11,
    "万亿": 10**12,
    "萬": 10**4,
    "億": 10**8,
}
"""What stands behind a figure for so many zeros."""

SPOKEN_SCALES = {"mio": 10**6, "bn": 10**9, "kilo": 10**3, "mega": 10**6, "giga": 10**9, "tera": 10**12}
"""What stands there besides where others' figures are quoted, whatever its case. Formulas have symbols in its place."""

BYTE_UNITS: Mapping[str, int] = {
    "byte": 1,
    "bytes": 1,
    "Byte": 1,
    "Bytes": 1,
    "字节": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "PB": 10**15,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
"""Units of memory, in bytes: decimal ones, and binary ones with an i."""

AMOUNTS: Mapping[str, int] = {**SCALES, **BYTE_UNITS}
"""Units of what costs are counted in: numbers and bytes."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit multiplies a figure by, and what is counted in it: ``byte``, ``bit``, ``hertz``; "" for a number."""

    factor: int | Fraction
    of: str = ""


UNITS: Mapping[str, Unit] = {
    "%": Unit(Fraction(1, 100)),
    **{word: Unit(factor) for word, factor in SCALES.items()},
    **{word: Unit(factor, "byte") for word, factor in BYTE_UNITS.items()},
    **{f"{word}/s": Unit(factor, "byte/s") for word, factor in BYTE_UNITS.items()},
    "bit": Unit(1, "bit"),
    "bits": Unit(1, "bit"),
    "Hz": Unit(1, "hertz"),
    "kHz": Unit(10**3, "hertz"),
    "MHz": Unit(10**6, "hertz"),
    "GHz": Unit(10**9, "hertz"),
}
"""Every unit that a figure may have."""

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def any_of(words: Iterable[str]) -> str:
    """Return the pattern of any of some words: the longest first, 千万 before 千.

    Examples
    --------
    >>> any_of(["k", "kB"])
    'kB|k'
    """
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _number(digits: str, times: str, raising: str) -> str:
    """Return the pattern of a number, by those of its digits, of the sign of a product and of a power of ten."""
    return (
        rf"(?:(?:(?P<factor>{digits})\s*{times}\s*)?10(?:(?:{raising})(?P<power>[-+]?[0-9]{{1,4}})|(?P<raised>[⁻⁺]?[⁰¹²³⁴-⁹]+))"
        rf"|(?P<digits>{digits})(?:[eE](?P<exponent>[-+]?[0-9]{{1,4}}))?)"
    )


_PLAIN = r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?|\.[0-9]+"
_FIGURE = re.compile(
    r"(?P<sign>[-+−]?)\s*"
    + _number(rf"[0-9]{{1,3}}(?:,[0-9]{{3}})+(?:\.[0-9]+)?|{_PLAIN}", "[*·×x]", r"\^|\*\*")
    + r"\s*(?P<unit>(?:[^\s\d][^\d]*)?)"
)

IN_FORMULAS = _number(_PLAIN, "[·×x]", r"\^")
"""The pattern of a number within a formula, where a comma parts arguments, and ``*`` and ``**`` are operators."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as it is printed.

    Attributes
    ----------
    value : int or Fraction
        In the unit that `of` names, or plain.
    step : int or Fraction
        What its last digit is worth: of 4.2M it is 100,000; of 1500 it is 1.
    of : str
        What it counts: ``byte``, ``bit``, ``hertz``; "" for a plain number.
    """

    value: int | Fraction
    step: int | Fraction
    of: str = ""


def figure(digits: str, exponent: int = 0, unit: str = "") -> Figure:
    """Return the figure of some digits with a decimal point, a power of ten and a unit.

    Examples
    --------
    >>> figure("1.5", 0, "亿")
    Figure(value=150000000, step=10000000, of='')
    """
    meaning = UNITS[unit] if unit else Unit(1)
    decimals = len(digits.partition(".")[2])
    power = Fraction(10) ** exponent * meaning.factor
    value, step = Fraction(digits) * power, power / 10**decimals
    return Figure(whole(value), whole(step), meaning.of)


def digits_of(match: re.Match[str]) -> tuple[str, int]:
    """Return the digits of a number that was found by a pattern, with their decimal point, and the power of ten.

    Examples
    --------
    >>> digits_of(re.match(IN_FORMULAS, "1.5·10⁶ + 3"))
    ('1.5', 6)
    """
    power = match["exponent"] or match["power"] or match["raised"] or "0"
    return re.sub("[,_]", "", match["digits"] or match["factor"] or "1"), int(power.translate(_RAISED))


def split_figure(text: str) -> tuple[str, str, int, str] | None:
    """Return a figure's sign, digits, power of ten and unit, whatever that is; None where a text is no figure.

    Examples
    --------
    >>> split_figure("4.2e3 GMacs"), split_figure("10^6"), split_figure("C/2")
    (('', '4.2', 3, 'GMacs'), ('', '1', 6, ''), None)
    """
    match = _FIGURE.fullmatch(text.strip()) if len(text) <= 400 else None
    return None if match is None else (match["sign"].replace("−", "-"), *digits_of(match), match["unit"])


def read_figure(text: str) -> Figure:
    """Read a figure with its unit.

    Raises
    ------
    Fault
        Where it is none.

    Examples
    --------
    >>> read_figure("4.2 M").value, read_figure("512KiB")
    (4200000, Figure(value=524288, step=1024, of='byte'))
    >>> read_figure("10^6").value, read_figure("37.75e9").value
    (1000000, 37750000000)
    >>> read_figure("28 %")
    Figure(value=Fraction(7, 25), step=Fraction(1, 100), of='')
    """
    found = split_figure(text)
    sign, digits, exponent, unit = found or ("", "", 0, "")
    if found is None or (unit and unit not in UNITS):
        said = f": there is no unit `{shorten(unit)}`" if unit else ""
        raise Fault(f"`{shorten(text)}` is no figure{said}", expected="a number, such as 150M, 4.2e6, 1.5亿 or 40 MB")
    if abs(exponent) > 1000:
        raise Fault(f"{shorten(text)} is too large or too small", expected="at most 1000 digits")
    read = figure(digits, exponent, unit)
    return Figure(-read.value, read.step, read.of) if sign == "-" else read


def whole(value: int | Fraction) -> int | Fraction:
    """Return a whole number as an int."""
    return value.numerator if value.denominator == 1 else value
