"""Symbols: how one is spelt in different notations, and the one form in which spellings are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

__all__ = ["GREEK_SIGNS", "GREEK_WORDS", "canonical", "shown_symbol", "spellings"]

GREEK_SIGNS: Mapping[str, str] = {
    name: sign
    for sign in "αβγδεζηθικλμνξοπρστυφχψω"
    for name in [unicodedata.name(sign).rpartition(" ")[2].lower().replace("lamda", "lambda")]
}
"""The Greek letters by their names."""

GREEK_WORDS: Mapping[str, str] = {sign: word for word, sign in GREEK_SIGNS.items()}
"""The names of the Greek letters."""

_ENDS = ("in", "out", "mid", "exp", "hidden")
"""Indices that are written with a line before them or without, as C_in and Cin."""


def canonical(name: str) -> str:
    """Return a symbol's name in the one form in which spellings are compared: ``c_1`` and ``c1`` are the same.

    Examples
    --------
    >>> canonical("c_1"), canonical("C_in"), canonical("α")
    ('c1', 'C_in', 'alpha')
    """
    text = "".join(GREEK_WORDS.get(character, character) for character in name)
    return re.sub(r"_+(?=\d)", "", text)


def shown_symbol(name: str) -> str:
    """Return a symbol's name as people write it: ``d_prime`` is d′, ``alpha`` α.

    Examples
    --------
    >>> shown_symbol("alpha_1"), shown_symbol("d_prime_prime")
    ('α_1', 'd″')
    """
    base, bar, index = name.replace("_prime", "′").replace("′′", "″").partition("_")
    letter = base.rstrip("′″")
    return GREEK_SIGNS.get(letter, letter) + base[len(letter) :] + bar + index


def spellings(names: Iterable[str]) -> dict[str, str]:
    """Return the spellings under which symbols are found in a run of letters, each with the symbol that it means.

    Examples
    --------
    >>> sorted(spellings(["C_in"])), sorted(spellings(["α"]))
    (['C_in', 'Cin'], ['alpha', 'α'])
    """
    found: dict[str, str] = {}
    others: dict[str, str] = {}
    for name in names:
        text = canonical(name)
        base = re.match(r"[^\W\d_]+", text)
        found[text] = found[text.replace("_prime", "′")] = name
        if base is not None and base[0] in GREEK_SIGNS:
            rest = text[base.end() :]
            found[GREEK_SIGNS[base[0]] + rest] = found[GREEK_SIGNS[base[0]] + rest.replace("_prime", "′")] = name
        indexed = re.fullmatch(rf"([^\W\d_])(_?)({'|'.join(_ENDS)})", text)
        if indexed is not None:
            others[indexed[1] + ("" if indexed[2] else "_") + indexed[3]] = name
    return {**others, **found}
