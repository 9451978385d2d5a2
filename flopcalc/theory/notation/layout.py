r"""What only lays a formula out: full-width signs, LaTeX environments, line breaks, trailing points.

All of it is turned into plain signs and blanks of the same length, so that a place in the one text is the place in the
other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flopcalc.dataclass import dataclass
from flopcalc.theory.notation.errors import fault
from flopcalc.theory.notation.scanner import COMMANDS

__all__ = ["RELATIONS", "Sign", "plain_signs", "relation_signs"]

RELATIONS: Mapping[str, str] = {
    "=": "=", "==": "=", "≥": ">=", ">=": ">=", "⩾": ">=", "≧": ">=", "≤": "<=", "<=": "<=", "⩽": "<=", "≦": "<=",
    "<": "<", ">": ">", "≈": "≈", "≃": "≈", "≅": "≈", "~": "≈", "∼": "≈", "≐": "≈", "≡": "=", ":=": "=", "≜": "=",
    "∝": "∝", "∈": "∈",
}  # fmt: skip
"""The signs between two sides, and what each of them means."""

_FULL_WIDTH: dict[int, int | str] = {
    **{0xFF01 + shift: 0x21 + shift for shift in range(0x5E)},
    0x3000: " ", 0x3010: "[", 0x3011: "]", 0x3014: "(", 0x3015: ")", 0x3001: ",", 0x3002: " ",
    0x2236: ":", 0xA0: " ", 0x2009: " ", 0x202F: " ", 0x200B: " ", 0xFEFF: " ",
}  # fmt: skip
"""Full-width signs and letters, and rooms of other widths."""

_ENVIRONMENTS = r"(?:aligned|alignedat|align|alignat|equation|split|gathered|gather|multline|eqnarray|displaymath|math)"
_LAID_OUT = re.compile(
    rf"\\(?:begin|end)\s*\{{\s*{_ENVIRONMENTS}\*?\s*\}}(?:\s*\{{\d+\}})?"
    r"|\\(?:label|tag\*?)\s*\{[^{}]*\}|\\(?:notag|nonumber)(?![A-Za-z])|(?<!\\)\\[\[\]()]|(?<!\\)\$|(?<!\\)&"
)
_OTHER_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{\s*([^{}]*)\}")
_BREAK = re.compile(r"\\\\\*?(?:\s*\[[^\[\]]*\])?|\\newline(?![A-Za-z])|\n")
_OPERATOR_FIRST = re.compile(r"\s*(?:[-+−*·×/÷∕^)\]}⌋⌉]|\\(?:times|cdot|div|right|rfloor|rceil)(?![A-Za-z])|$)")
_OPERATOR_LAST = re.compile(r"(?:[-+−*·×/÷∕^(\[{⌊⌈]|\\(?:times|cdot|div|left|lfloor|lceil))\s*$")


@dataclass(frozen=True, slots=True)
class Sign:
    """A relation between two sides: what it means, and where it stands."""

    meaning: str
    first: int
    last: int


def plain_signs(text: str) -> str:
    r"""Return a formula in plain signs, with blanks in place of what only lays it out.

    Raises
    ------
    NotationError
        Where it holds several formulas, or an environment that is none of formulas.

    Examples
    --------
    >>> plain_signs("（Ｃ＋１）×２")
    '(C+1)×2'
    >>> plain_signs(r"\begin{aligned} A &= B \\ &= C \end{aligned}").split()
    ['A', '=', 'B', '=', 'C']
    """
    plain = text.translate(_FULL_WIDTH)
    plain = _LAID_OUT.sub(lambda found: " " * len(found[0]), plain)
    other = _OTHER_ENVIRONMENT.search(plain)
    if other is not None:
        raise fault(text, f"the environment `{other[1]}` holds no formula", other.start(), "aligned, equation or split")
    plain = _joined_lines(text, plain)
    return re.sub(r"(?<=[^\s\d])\s*[.,;](?=\s*$)|(?<=\d)\s*[,;](?=\s*$)", lambda found: " " * len(found[0]), plain)


def _joined_lines(text: str, plain: str) -> str:
    """Join the lines of one chain; a line that begins another formula is an error."""
    breaks = list(_BREAK.finditer(plain))
    ends = [*(found.start() for found in breaks), len(plain)]
    for found, end in zip(breaks, ends[1:], strict=True):
        line = plain[found.end() : end]
        before = plain[: found.start()].rstrip()
        signs = next(relation_signs(line), None)
        hard = found[0] != "\n"
        if not line.strip() or not before or (signs is not None and not line[: signs.first].strip()):
            continue
        goes_on = _OPERATOR_FIRST.match(line) or _OPERATOR_LAST.search(before) or _ends_with_relation(before)
        if goes_on or (signs is None and not hard):
            continue
        start = found.end() + len(line) - len(line.lstrip())
        what = "another formula begins on a new line" if signs else "a line begins with no sign"
        raise fault(text, what, start, "a line that goes on with = or an operator", "one formula at a time")
    return _BREAK.sub(lambda found: " " * len(found[0]), plain)


def _ends_with_relation(text: str) -> bool:
    signs = list(relation_signs(text[-20:]))
    return bool(signs) and not text[-20:][signs[-1].last :].strip()


_NUMBER = r"\d[\d.,_]*"
_SIGN = re.compile(
    rf"(?P<range>(?<![\w.]){_NUMBER}[^\S\n]*~[^\S\n]*(?={_NUMBER}))|(?P<arrow>-+>|→|=>|⇒)|(?P<command>\\[A-Za-z]+|\\.)"
    "|(?P<open>[(\\[{⌊⌈])|(?P<close>[)\\]}⌋⌉])|(?P<sign>"
    + "|".join(re.escape(sign) for sign in sorted(RELATIONS, key=len, reverse=True))
    + ")"
)


def relation_signs(text: str) -> Iterator[Sign]:
    """Yield the relations of a formula that stand in no bracket."""
    depth = 0
    for found in _SIGN.finditer(text):
        kind = found.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "command":
            sign = COMMANDS.get(found[0][1:], "")
            if sign in RELATIONS and depth == 0:
                yield Sign(RELATIONS[sign], found.start(), found.end())
            depth += sign in ("⌊", "⌈", "(", "[")
            depth -= sign in ("⌋", "⌉", ")", "]") and depth > 0
            depth += found[0] == "\\{"
            depth -= found[0] == "\\}" and depth > 0
        elif kind == "sign" and depth == 0:
            yield Sign(RELATIONS[found[0]], found.start(), found.end())
