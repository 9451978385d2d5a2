"""Text on its way out: control characters made visible, signs spelt where an output lacks them."""

from __future__ import annotations

import unicodedata

from flopcalc.errors import printable as escaped

__all__ = ["GREEK", "encodable", "plain", "printable", "spelt"]

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
