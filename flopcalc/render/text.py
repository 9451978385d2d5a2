"""Text on its way out: control characters made visible, signs spelt where an output lacks them."""

from __future__ import annotations

import re
import unicodedata

from flopcalc.errors import columns_of
from flopcalc.errors import printable as escaped

__all__ = ["GREEK", "NARROWEST", "broken", "encodable", "plain", "printable", "spelt", "visible"]

NARROWEST = 20
"""Columns that every layout has, on however narrow a screen."""

GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "lamda": "λ",
    "mu": "μ",
    "nu": "ν",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
}
"""The letters by their names; sympy spells lambda without its b."""

_SPELT = str.maketrans(
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
        "≈": "~",
        "∞": "oo",
        "–": "-",
        "—": "-",
        "─": "-",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "«": '"',
        "»": '"',
        **{letter: name for name, letter in GREEK.items() if name != "lamda"},
        **{raised: f"^{digit}" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    }
)


def printable(text: str) -> str:
    r"""Return `text` with every character made visible, so that no title can steer a terminal; spaces are plain.

    Examples
    --------
    >>> print(printable("a\x1b[31mb"))
    a\x1b[31mb
    """
    if text.isprintable():
        return text
    return escaped("".join(" " if character.isspace() else character for character in text))


_COLOUR = r"\x1b\[(?:[0-4]|3[0-7]|9[0-7])(?:;(?:[0-4]|3[0-7]|9[0-7]))*m"
"""What switches the colours and weights on and off in which tables are drawn; nothing that hides a text."""


def visible(text: str, *, coloured: bool = False) -> str:
    r"""Return lines with every other character made visible, whatever stands in them; colours stay where asked.

    Examples
    --------
    >>> print(visible("one\x9b2J\ntwo\u202e"))
    one\x9b2J
    two\u202e
    """
    if all(line.isprintable() for line in text.split("\n")):
        return text
    if not coloured:
        return "\n".join(escaped(line.expandtabs()) for line in text.split("\n"))
    parts = re.split(f"({_COLOUR})", text)
    return "".join(part if index % 2 else visible(part) for index, part in enumerate(parts))


def broken(text: str, width: int, *, whole: bool = False) -> str:
    """Return lines of which none is wider than a screen: broken between words, or in a word that is wider itself.

    What is carried over is indented by two more. A `whole` word stays whole however wide it is, as a path should.

    Examples
    --------
    >>> print(broken("  expected: the name of a block", 20))
      expected: the name
        of a block
    """
    return "\n".join(part for line in text.split("\n") for part in _broken_line(line, width, whole))


def _broken_line(line: str, width: int, whole: bool) -> list[str]:
    if sum(map(columns_of, line)) <= width:
        return [line]
    body = line.lstrip(" ")
    first = " " * min(len(line) - len(body), width // 3)
    rest = first if not body else " " * min(len(first) + 2, width // 3)
    found, current = [], first
    for word in re.findall(r"\S+ *", body):
        bare = word.rstrip(" ")
        if current.strip() and sum(map(columns_of, current + bare)) > width:
            found.append(current.rstrip(" "))
            current = rest
        for character in word:
            if not whole and character != " " and sum(map(columns_of, current)) + columns_of(character) > width:
                found.append(current.rstrip(" "))
                current = rest
            current += character
    return [*found, current.rstrip(" ")]


def plain(text: str, encoding: str = "ascii") -> str:
    """Return `text` with its signs spelt in ASCII; of the other characters, those that the encoding has stay.

    Examples
    --------
    >>> plain("3×3, K²·C, Université")
    '3x3, K^2*C, Universite'
    """
    text = text.translate(_SPELT)
    if text.isascii():
        return text
    return "".join(character if encodable(character, encoding) else _nearest(character) for character in text)


def spelt(text: str, encoding: str) -> str:
    """Return `text` as an encoding can write it: as it is, or with the signs spelt that are missing.

    Examples
    --------
    >>> spelt("3×3, α ≠ β", "latin-1")
    '3×3, alpha != beta'
    """
    if encodable(text, encoding):
        return text
    return "".join(character if encodable(character, encoding) else plain(character, encoding) for character in text)


def encodable(text: str, encoding: str | None) -> bool:
    """Tell whether an encoding has every character of `text`."""
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _nearest(character: str) -> str:
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"
