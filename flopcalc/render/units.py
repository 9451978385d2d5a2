"""Numbers for people: thousands separated, decimal units, percentages and bytes, each rounded only here."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

__all__ = ["alike", "exact_number", "human_bytes", "human_number", "percent", "ratio_text", "rounded"]

_UNITS = ("", "k", "M", "G", "T", "P", "E")
_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def rounded(value: int | Fraction, decimals: int) -> str:
    """Return a number with so many decimals, exactly rounded (half to even).

    Examples
    --------
    >>> rounded(Fraction(2, 3), 2)
    '0.67'
    """
    scaled = _nearest(value.numerator * 10**decimals, value.denominator)
    sign, digits = ("-" if scaled < 0 else ""), str(abs(scaled)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def _nearest(top: int, bottom: int) -> int:
    """Return top / bottom, rounded half to even."""
    whole, rest = divmod(top, bottom)
    return whole + (2 * rest > bottom or (2 * rest == bottom and whole % 2 == 1))


def exact_number(value: int | Fraction) -> str:
    """Return every digit, thousands separated.

    Examples
    --------
    >>> exact_number(1331592)
    '1,331,592'
    """
    return f"{value:,}" if isinstance(value, int) else f"{value.numerator:,}/{value.denominator:,}"


def human_number(value: int | Fraction) -> str:
    """Return a number to four digits with a decimal unit.

    Examples
    --------
    >>> human_number(568740352), human_number(864), human_number(999999), human_number(10**30)
    ('568.7 M', '864', '1.000 M', '1.000e30')
    """
    return _scaled(value, _UNITS)


def human_bytes(value: int | Fraction) -> str:
    """Return bytes to four digits with a decimal unit (1 MB is 10⁶ bytes).

    Examples
    --------
    >>> human_bytes(36515264)
    '36.52 MB'
    """
    return _scaled(value, _BYTE_UNITS)


def alike(values: Sequence[int | Fraction]) -> tuple[str, list[str]]:
    """Return a unit, and numbers in it with decimals for four digits of the least but 0, three of them below 1.

    It is the greatest one's, or where the least would be below a tenth of it, the least one's. In none, all digits
    are there.

    Examples
    --------
    >>> alike([4231976, 25557032, 0]), alike([602112, 1605632]), alike([112, 1605632])
    (('M', ['4.232', '25.557', '0.000']), ('M', ['0.602', '1.606']), ('', ['112', '1,605,632']))
    """
    sizes: list[int | Fraction] = [max(value, -value) for value in values if value] or [0]
    least, greatest = len(str(int(min(sizes)))), len(str(int(max(sizes))))
    place = min((greatest - 1) // 3, len(_UNITS) - 1)
    if least < 3 * place:
        place = min((least - 1) // 3, place)
    if place == 0:
        return "", [exact_number(value) for value in values]
    decimals = min(max(4 + 3 * place - least, 0), 3)
    return _UNITS[place], [rounded(Fraction(value, 1000**place), decimals) for value in values]


@lru_cache(maxsize=8192)
def percent(value: int | Fraction, decimals: int = 2) -> str:
    """Return a share of 1 in percent, without the sign; nothing at all is 0, without decimals.

    Examples
    --------
    >>> percent(Fraction(1, 3)), percent(Fraction(1, 10**6)), percent(0)
    ('33.33', '0.00', '0')
    """
    return rounded(Fraction(value.numerator * 100, value.denominator), decimals) if value else "0"


def ratio_text(value: int | Fraction) -> str:
    """Return a ratio to three decimals, or three digits where it is small.

    Examples
    --------
    >>> ratio_text(1), ratio_text(Fraction(1, 3)), ratio_text(Fraction(1, 3000)), ratio_text(0)
    ('1', '0.333', '0.000333', '0')
    """
    if isinstance(value, int):
        return exact_number(value)
    decimals = 3
    while abs(value) * 10**decimals < 100 and decimals < 15:
        decimals += 1
    return rounded(value, decimals)


@lru_cache(maxsize=8192)
def _scaled(value: int | Fraction, units: tuple[str, ...]) -> str:
    """Write four digits and the first unit in which the rounded number stays below a thousand."""
    top, bottom = value.numerator, value.denominator
    if abs(top) < 1000 * bottom:
        return f"{rounded(value, 2 if bottom > 1 else 0)} {units[0]}".rstrip()
    for unit in units[1:]:
        bottom *= 1000
        text = _four_digits(top, bottom)
        if text:
            return f"{text} {unit}"
    exponent = len(str(abs(_nearest(top, value.denominator)))) - 1
    mantissa = _four_digits(top, value.denominator * 10**exponent)
    if mantissa.lstrip("-") == "10.00":
        mantissa, exponent = mantissa.replace("10.00", "1.000"), exponent + 1
    return f"{mantissa}e{exponent} {units[0]}".rstrip()


def _four_digits(top: int, bottom: int) -> str:
    """Return top / bottom to four digits, or nothing where it rounds to a thousand."""
    for decimals, limit in ((3, 10), (2, 100), (1, 1000)):
        if abs(_nearest(top * 10**decimals, bottom)) < limit * 10**decimals:
            return rounded(Fraction(top, bottom), decimals)
    return ""
