"""What is given for a parameter, in a book's notation, as an expression of the spec language; nothing is worked out."""

from __future__ import annotations

import re
from collections.abc import Collection

from flopcalc.errors import Fault
from flopcalc.theory.notation.errors import NotationError
from flopcalc.theory.notation.layout import plain_signs
from flopcalc.theory.notation.scanner import COMMANDS
from flopcalc.theory.notation.symbols import GREEK_SIGNS, GREEK_WORDS
from flopcalc.units import SCALES, read_figure

__all__ = ["expression_text"]

_LONGEST = 2000
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_FIGURE = re.compile(r"\s*[-+−]?[\d.,_]+(?:[eE][-+]?\d+)?\s*([^\W\d_]+)\s*")
_LETTERS = ("M", "G", "T")
"""Units of one letter that a value may have; k, K and B are symbols too often."""
_COMMAND = re.compile(r"\\([A-Za-z]+)\s*")
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_ROOT = re.compile(r"(?:\\sqrt\s*\{([^{}]*)\}|√\s*(?:\(([^()]*)\)|([^\W\d_]\w*|\d+(?:\.\d+)?)))")


def expression_text(text: str, symbols: Collection[str] = ()) -> str:
    r"""Return a value in the notation of the spec language; one that is in it already as it is.

    Parameters
    ----------
    text : str
        In the language's notation, a book's or LaTeX's.
    symbols : collection of str
        The symbols that are known, which a letter behind a number means rather than a unit.

    Examples
    --------
    >>> [expression_text(text) for text in ("10^6", "M²", "4c", "10M", "1.5亿", r"\alpha C", "h'", "lambda*C")]
    ['10**6', 'M**2', '4*c', '10000000', '150000000', 'alpha*C', 'h_prime', 'λ*C']
    >>> expression_text("10M", "M"), expression_text("(H - 1)//2")
    ('10*M', '(H - 1)//2')
    """
    if len(text) > _LONGEST or text.lstrip()[:1] in ("'", '"', "["):
        return text
    written = text
    figure = _figure(text, symbols)
    if figure:
        return figure
    if not text.isascii() or "\\" in text:
        try:
            text = plain_signs(text)
        except NotationError:
            return written
    for _ in range(6):  # fractions and roots in one another
        before = text
        text = _FRACTION.sub(r"((\1)/(\2))", text)
        text = _ROOT.sub(lambda found: f"sqrt({found[1] or found[2] or found[3]})", text)
        if text == before:
            break
    text = _indices(text)
    latex = "\\" in text
    text = _COMMAND.sub(_command, text)
    text = re.sub(r"(?<=\w)[′″'’‴]+", _primes, text)
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+", lambda raised: f"**{_exponent(raised[0].translate(_RAISED))}", text)
    text = re.sub(r"\^\s*\{([^{}]*)\}", lambda power: f"**({power[1].strip()})", text)
    text = text.replace("^", "**").translate(_LOWERED)
    text = re.sub(r"[·×⋅∙•∗]", "*", text).replace("−", "-").replace("–", "-").replace("÷", "/").replace("∕", "/")
    text = text.replace("⌊", "floor(").replace("⌋", ")").replace("⌈", "ceil(").replace("⌉", ")")
    if text != written.strip() and ("{" in text or latex):
        text = text.replace("{", "(").replace("}", ")")
    text = re.sub(r"(?<!\w)lambda(?!\w)", "λ", text)
    text = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)(?=[^\W\d])(?![eE][+-]?\d)", r"\1*", text)
    if text != written:
        text = re.sub(r"(\*\*\d+)(?=[^\W\d_])", r"\1*", text)
        text = re.sub(r"(?<=[\w)]) (?=[^\W\d])(?!(?:if|else|and|or|not)\b)", _between, text)
    return text.strip() if text != written else text


def _between(room: re.Match[str]) -> str:
    """Return the sign of a product in the place of a room, but not behind a word of the language."""
    before = room.string[max(0, room.start() - 5) : room.start()]
    return " " if re.search(r"(?<!\w)(?:if|else|and|or|not)$", before) else "*"


def _figure(text: str, symbols: Collection[str]) -> str:
    """Return a figure with a unit as digits; "" where a value is none."""
    match = _FIGURE.fullmatch(text) if len(text) <= 200 else None
    if match is None or match[1] in symbols or (len(match[1]) == 1 and match[1].isascii() and match[1] not in _LETTERS):
        return ""
    if match[1] not in SCALES:
        return ""
    try:
        return str(read_figure(text).value)
    except Fault:
        return ""


def _indices(text: str) -> str:
    r"""Return a text with ``C_{in}`` and ``C_{\text{in}}`` as C_in."""
    text = re.sub(r"_\s*\{?\s*\\(?:text|mathrm|textrm|mathit)\s*\{\s*(\w+)\s*\}\s*\}?", r"_\1", text)
    return re.sub(r"_\s*\{\s*(\w+)\s*\}", r"_\1", text)


def _command(command: re.Match[str]) -> str:
    sign = COMMANDS.get(command[1])
    if sign is None:
        return command[0]
    if sign in GREEK_WORDS:
        return "λ " if sign == GREEK_SIGNS["lambda"] else f"{GREEK_WORDS[sign]} "
    return {"·": "*", "": "", " ": " "}.get(sign, sign)


def _primes(primes: re.Match[str]) -> str:
    return "_prime" * len(primes[0].replace("″", "′′").replace("‴", "′′′"))


def _exponent(digits: str) -> str:
    return digits if digits.isdigit() else f"({digits})"
