"""Numbers for people: thousands separated, decimal units, percentages and bytes, each rounded only here."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["ascii_only", "exact_number", "human_bytes", "human_number", "percent", "rounded"]

_UNITS = ("", "k", "M", "G", "T", "P", "E")
_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_PLAIN = str.maketrans(
    {
        "×": "x",
        "·": "*",
        "≠": "!=",
        "≥": ">=",
        "≤": "<=",
        "−": "-",
        "…": "...",
        "→": "->",
        "⌊": "floor(",
        "⌋": ")",
        "⌈": "ceil(",
        "⌉": ")",
        "√": "sqrt",
        "–": "-",
        "—": "-",
        "’": "'",
        "«": '"',
        "»": '"',
        **{raised: f"^{digit}" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    }
)


def ascii_only(text: str) -> str:
    """Return `text` with its signs spelt in ASCII, for outputs that cannot show others.

    Examples
    --------
    >>> ascii_only("3×3, K²·C")
    '3x3, K^2*C'
    """
    return text.translate(_PLAIN).encode("ascii", "replace").decode()


def rounded(value: int | Fraction, decimals: int) -> str:
    """Return a number with so many decimals, exactly rounded (half to even).

    Examples
    --------
    >>> rounded(Fraction(2, 3), 2)
    '0.67'
    """
    scaled = round(Fraction(value) * 10**decimals)
    sign, digits = ("-" if scaled < 0 else ""), str(abs(scaled)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def exact_number(value: int | Fraction) -> str:
    """Return every digit, thousands separated.

    Examples
    --------
    >>> exact_number(1331592)
    '1,331,592'
    """
    return f"{value:,}" if isinstance(value, int) else f"{value.numerator:,}/{value.denominator:,}"


def _scaled(value: int | Fraction, units: tuple[str, ...]) -> str:
    """Write four digits and the first unit in which the number stays below a thousand."""
    if abs(value) < 1000:
        text = str(value) if Fraction(value).denominator == 1 else rounded(value, 2)
        return f"{text} {units[0]}".strip()
    for power, unit in enumerate(units[1:], 1):
        scaled = Fraction(value) / 1000**power
        for decimals, limit in ((3, 10), (2, 100), (1, 1000)):
            shown = rounded(scaled, decimals)
            if abs(Fraction(shown)) < limit:
                return f"{shown} {unit}"
    return f"{rounded(scaled, 0)} {unit}"


def human_number(value: int | Fraction) -> str:
    """Return a number to four digits with a decimal unit.

    Examples
    --------
    >>> human_number(568740352), human_number(864), human_number(999999)
    ('568.7 M', '864', '1.000 M')
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


def percent(value: int | Fraction, decimals: int = 2) -> str:
    """Return a share of 1 in percent, without the sign.

    Examples
    --------
    >>> percent(Fraction(1, 3))
    '33.33'
    """
    return rounded(Fraction(value) * 100, decimals)
