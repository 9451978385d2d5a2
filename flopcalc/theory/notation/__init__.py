r"""Formulas as books and lecture notes write them: ``17HWC²``, ``HW(2CM/g + 9M)``, ``\frac{1}{O}+\frac{1}{K^2}``.

A text becomes a tree of this package's own, and the tree an exact value; nothing is evaluated by Python or parsed by
sympy. Letters side by side are products, split by the symbols that are known; what can be read in two ways is refused
with both readings. Python's own notation, ``17*H*W*C**2``, is read as well.

The way of a text: ``layout`` makes plain signs of it and finds its relations, ``phrases`` what words say around a
formula, ``scanner`` cuts a side into tokens, ``reader`` makes a ``tree`` of them, and ``statement`` puts the sides
together. ``values`` reads what is given for a parameter.
"""

from flopcalc.theory.notation.errors import NotationError
from flopcalc.theory.notation.layout import RELATIONS
from flopcalc.theory.notation.statement import LONGEST_FORMULA, Reading, Side, Statement, read_statement
from flopcalc.theory.notation.symbols import GREEK_SIGNS, canonical

__all__ = [
    "GREEK_SIGNS",
    "LONGEST_FORMULA",
    "RELATIONS",
    "NotationError",
    "Reading",
    "Side",
    "Statement",
    "canonical",
    "read_statement",
]
