"""What stands around a formula in a sentence: "saves at least 28 %", "8 to 9 times", "约", Θ(…)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from flopcalc.dataclass import dataclass
from flopcalc.theory.notation.scanner import NAMED
from flopcalc.units import UNITS, any_of

__all__ = ["Growth", "Part", "change", "grows", "range_of", "relation_words", "times", "word"]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text, from one place to before another."""

    first: int
    last: int


def _phrases(meanings: Mapping[str, str]) -> re.Pattern[str]:
    words = "|".join(
        re.escape(phrase).replace(r"\ ", r"\s+") + ("" if not phrase.isascii() else r"(?![A-Za-z_])")
        for phrase in sorted(meanings, key=len, reverse=True)
    )
    return re.compile(rf"\s*({words})\s*", re.IGNORECASE)


_CHANGES = {
    **dict.fromkeys(
        ("saves", "save", "saved", "saving", "saving of", "a saving of", "savings of", "reduces by", "reduced by",
         "reduces it by", "reduction of", "a reduction of", "cuts", "decreases by", "decrease of", "a decrease of",
         "节省", "节省了", "节约", "减少", "减少了", "降低", "降低了", "减小", "减小了", "下降", "下降了"),
        "saving",
    ),
    **dict.fromkeys(
        ("adds", "add", "added", "adding", "increases by", "increased by", "increase of", "an increase of", "grows by",
         "costs extra", "增加", "增加了", "增长", "增长了", "提高", "提高了", "上升", "上升了", "增大", "增大了"),
        "increase",
    ),
}  # fmt: skip
_CHANGE = _phrases(_CHANGES)
_AFTER = _phrases(
    {
        **dict.fromkeys(("fewer", "less", "smaller", "lower", "saved", "reduction"), "saving"),
        **dict.fromkeys(("more", "larger", "greater", "bigger", "higher", "extra"), "increase"),
    }
)
_SAVING_WORDS = ("fewer", "less", "smaller", "lower", "cheaper", "saved", "reduction")
_RELATION_WORDS = {
    **dict.fromkeys(("at least", "no less than", "not less than", "no fewer than", "至少", "不少于", "不小于"), ">="),
    **dict.fromkeys(("at most", "up to", "no more than", "not more than", "至多", "最多", "不超过", "不大于"), "<="),
    **dict.fromkeys(("less than", "fewer than", "under", "below", "小于", "少于", "低于", "不到", "不足"), "<"),
    **dict.fromkeys(("more than", "greater than", "over", "above", "大于", "多于", "超过", "高于"), ">"),
    **dict.fromkeys(
        ("about", "around", "approximately", "roughly", "nearly", "almost", "approx.", "circa", "约", "大约", "约为",
         "大约为", "近似", "近似为", "接近"), "≈",
    ),
    **dict.fromkeys(("equals", "is equal to", "等于", "为"), "="),
}  # fmt: skip
_RELATION = _phrases(_RELATION_WORDS)
_TIMES = re.compile(
    r"\s*(?:×|\\times|x|X|倍|(?:-\s*)?fold(?![A-Za-z])|times(?![A-Za-z]))\s*"
    r"(?P<compared>fewer|less|smaller|lower|cheaper|more|larger|greater|bigger|higher|as\s+many|as\s+much)?\s*$",
    re.IGNORECASE,
)


def _meaning(meanings: Mapping[str, str], phrase: str) -> str:
    return meanings[re.sub(r"\s+", " ", phrase).casefold()]


def change(text: str, part: Part, known: Collection[str]) -> tuple[str, Part]:
    """Return whether a text speaks of a saving or an increase, and what is left of it; "" where of neither.

    What is a known symbol is no word.
    """
    found = _CHANGE.match(text, part.first, part.last)
    if found is not None and _is_phrase(text, found, known):
        return _meaning(_CHANGES, found[1]), Part(found.end(), part.last)
    behind = re.compile(r"(?P<figure>[^%]*%)\s*(?P<word>[a-z]+)\s*").fullmatch(text, part.first, part.last)
    if behind is not None and _AFTER.fullmatch(behind["word"]) and behind["word"] not in known:
        meaning = "saving" if behind["word"] in _SAVING_WORDS else "increase"
        return meaning, Part(part.first, behind.end("figure"))
    return "", part


def _is_phrase(text: str, found: re.Match[str], known: Collection[str]) -> bool:
    words = {found[1], found[1].split()[0]}
    return not words & {*known} and text[found.end() : found.end() + 1] not in ("_", "'", "′", "(", "^")


def relation_words(text: str, part: Part, known: Collection[str]) -> tuple[str, Part]:
    """Return the relation that words before a formula say, and where it begins; "" where they say none."""
    found = _RELATION.match(text, part.first, part.last)
    if found is None or not _is_phrase(text, found, known):
        return "", part
    return _meaning(_RELATION_WORDS, found[1]), Part(found.end(), part.last)


def times(text: str, part: Part, *, known: bool) -> tuple[bool, str, Part]:
    """Return whether "times" stands behind a number, how it compares ("fewer" is a reciprocal), and what is before.

    `known` tells that the letter x is a symbol.
    """
    found = _TIMES.search(text, max(part.first, part.last - 40), part.last)
    if found is None or (known and found[0].strip()[:1] in ("x", "X")):
        return False, "", part
    if not _FIGURE_ENDS.search(text, max(part.first, found.start() - 40), found.start()):
        return False, "", part
    compared = (found["compared"] or "").casefold()
    return True, "fewer" if compared in _SAVING_WORDS else "", Part(part.first, found.start())


_UNIT_WORDS = any_of(UNITS)
_FIGURE_ENDS = re.compile(rf"(?:[)%\]}}]|\d\s*(?:{_UNIT_WORDS})?)\s*$")
_NUMBER = rf"\s*[-+−]?\d[\d.,_]*(?:[eE][-+]?\d+)?(?:\s*/\s*\d+)?\s*(?:\\?%|{_UNIT_WORDS})?\s*"
_JOINED = re.compile(rf"({_NUMBER})(?:–|—|~|～|\.\.\.?|…|到|至)({_NUMBER})")
_HYPHENED = re.compile(rf"({_NUMBER})-({_NUMBER})")
_BETWEEN = re.compile(r"\s*(?:from|between|从)(?![A-Za-z_])\s*", re.IGNORECASE)
_TO = re.compile(
    r"→|-+>|⇒|\\(?:to|rightarrow|longrightarrow)(?![A-Za-z])|(?<![A-Za-z_\\])(?:to|and)(?![A-Za-z_])|到|至"
)


def range_of(text: str, part: Part, *, counted: bool) -> tuple[Part, Part] | None:
    """Return the two ends of a range, as ``8–9`` and "from 1/8 to 1/9"; None where a side is no range.

    `counted` tells that "times" stands behind it, so that a hyphen joins two numbers.
    """
    for pattern in (_JOINED, _HYPHENED) if counted else (_JOINED,):
        found = pattern.fullmatch(text, part.first, part.last)
        if found is not None:
            return Part(*found.span(1)), Part(*found.span(2))
    opening = _BETWEEN.match(text, part.first, part.last)
    first = opening.end() if opening is not None else part.first
    signs = list(_TO.finditer(text, first, part.last))
    if len(signs) != 1 or (signs[0][0] == "and" and opening is None):
        return None
    return Part(first, signs[0].start()), Part(signs[0].end(), part.last)


# -- growth ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Growth:
    """A claim of growth: O or Θ, whether it can be nothing else, and what stands in its brackets."""

    kind: str
    certain: bool
    inside: Part


_OPENS = re.compile(
    r"\s*(?:(?P<letter>\\(?:math(?:cal|rm|bf|scr)|text|operatorname)\s*\{?\s*[OΘΩo]\s*\}?|\\(?:Theta|Omega|bigO|Oh)"
    r"(?![A-Za-z])|[𝒪𝓞ΘΩOＯ])\s*)(?:\\(?:left|big|Big|bigl|Bigl)\s*)?(?P<bracket>[(\[])"
)


def grows(text: str, part: Part) -> Growth | None:
    r"""Return the claim of growth that a side is, as ``O(n²)`` or ``\\Theta(n)``; None where it is none."""
    found = _OPENS.match(text, part.first, part.last)
    if found is None:
        return None
    depth = 0
    for place in range(found.start("bracket"), part.last):
        depth += text[place] in "([{"
        depth -= text[place] in ")]}"
        if depth == 0:
            break
    else:
        return None
    if text[place + 1 : part.last].strip():
        return None
    letter = found["letter"]
    kind = "Θ" if "Θ" in letter or "Theta" in letter else "Ω" if "Ω" in letter or "Omega" in letter else "O"
    inside = re.sub(r"\\(?:right|big|Big|bigr|Bigr)\s*$", "", text[found.end() : place])
    return Growth(kind, letter != "O", Part(found.end(), found.end() + len(inside)))


# -- names -----------------------------------------------------------------------------------------------------------

_WRAPPED = re.compile(rf"\\(?:{'|'.join((*NAMED, 'mathcal', 'mbox'))})\s*\{{([^{{}}]*)\}}")


def word(text: str) -> str:
    r"""Return the words that stand on a side, without LaTeX: ``\text{\#params}`` is ``#params``."""
    plain = _WRAPPED.sub(r"\1", text)
    plain = re.sub(r"\\([#_ ,;])", lambda found: found[1] if found[1] in "#_" else " ", plain)
    return re.sub(r"\s+", " ", plain).strip("$ :")
