"""What ``flopcalc derive`` says: a derivation, step by step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from flopcalc.number import as_text
from flopcalc.page.model import Block, Page, Said, Step, Steps
from flopcalc.render.cells import Cell, Phrase, Plain, Typed
from flopcalc.render.formula import UNICODE
from flopcalc.render.lines import LineWriter
from flopcalc.theory import derivations
from flopcalc.theory.derivations import Derivation
from flopcalc.theory.lines import METHODS, Derivative, Difference, Limit, Line, Part, Rounded

__all__ = ["SCHEMA", "derivation_page"]

SCHEMA = "flopcalc.derivation/1"


def derivation_page(derivation: Derivation) -> Page:
    """Return the page of a derivation.

    Examples
    --------
    >>> from flopcalc import derive
    >>> from flopcalc.page.terminal import page_as_text
    >>> print("".join(page_as_text(derivation_page(derive("g1"))).splitlines(True)[4:7]), end="")
     1  The FLOPs of a 1×1 convolution.
            B = hwc₁c₂
        because: each of the output's elements takes one multiply-add for every input channel
    """
    blocks: tuple[Block, ...] = (Steps(tuple(map(_step, derivation.steps))), *_recounted(derivation))
    data, records = partial(_data, derivation), partial(_records, derivation)
    return Page(tuple(_heading(derivation)), blocks, derivation.order, data, records, typeset=True)


def _heading(derivation: Derivation) -> Iterator[Phrase]:
    """Yield the title, where it stands, what its letters stand for, and what is assumed of them."""
    yield (derivation.title or derivation.name,)
    for text in filter(None, (derivation.source, derivation.notes)):
        yield (text,)
    letters = [letter for letter in derivation.letters if letter.help]
    if letters:
        yield _joined([(Plain(letter.symbol), f": {letter.help}") for letter in letters], "; ")
    if derivation.assumed:
        names = tuple(str(letter.symbol) for letter in derivation.letters)
        yield ("assumed: ", *_joined([_assumed(text, names) for text in derivation.assumed], ", "))


def _joined(phrases: Sequence[Phrase], sign: str) -> Phrase:
    first, *others = phrases
    return (*first, *(cell for phrase in others for cell in (sign, *phrase)))


_RELATION = re.compile(r".+? (>=|<=|≥|≤|≠|>|<) .+")
_WORDS = re.compile(r"(?P<left>.+) divides (?P<right>.+)|(?P<value>.+)(?P<said> is (odd|a whole number))")


def _assumed(text: str, names: tuple[str, ...]) -> Phrase:
    """Return what is assumed, with its formulas apart from its words."""
    if _RELATION.fullmatch(text):
        return (Typed(text, names),)
    match = _WORDS.fullmatch(text)
    if match is None:
        return (text,)
    if match["said"]:
        return (Typed(match["value"], names), match["said"])
    return (Typed(match["left"], names), " divides ", Typed(match["right"], names))


def _step(step: derivations.Step) -> Step:
    proved = step.proved
    because: tuple[Cell, ...] = (step.because,) if step.because else ()
    return Step((step.say,), proved.lines, because, (METHODS[proved.method],), proved.evidence)


def _recounted(derivation: Derivation) -> Iterator[Said]:
    """Say at how many points all that is printed was tried."""
    if derivation.points:
        at = "1 point" if derivation.points == 1 else f"{derivation.points} points"
        yield Said(((f"Recounted in plain numbers, layer by layer, at {at}.",),))


# -- for programs ----------------------------------------------------------------------------------------------------


def _data(derivation: Derivation) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "name": derivation.name,
        "title": derivation.title,
        "source": derivation.source,
        "notes": derivation.notes,
        "symbols": {str(letter.symbol): letter.help for letter in derivation.letters},
        "assumed": list(derivation.assumed),
        "points": derivation.points,
        "steps": [
            {
                "kind": step.kind,
                "statement": step.say,
                "reason": step.because,
                "lines": [_line_as_dict(line) for line in step.proved.lines],
                "proof": {
                    "method": step.proved.method,
                    "evidence": [_line_as_dict(line) for line in step.proved.evidence],
                },
            }
            for step in derivation.steps
        ],
    }


def _line_as_dict(line: Line) -> dict[str, Any]:
    return {
        "parts": [_plain(part) for part in line.parts],
        "signs": list(line.signs),
        "at": {str(name): _plain(value) for name, value in line.at},
        "holding": [str(name) for name in line.holding],
    }


def _plain(part: Part) -> int | str:
    if isinstance(part, Rounded):
        return part.text
    if isinstance(part, Derivative):
        return f"d({part.what})/d({part.symbol})"
    if isinstance(part, Limit):
        return f"limit({part.what}, {part.symbol}, oo)"
    if isinstance(part, Difference):
        return f"{as_text(part.left)} - ({as_text(part.right)})"
    return part if isinstance(part, int) else as_text(part)


def _records(derivation: Derivation) -> Iterator[Sequence[str]]:
    """Yield a row for every line: of which step it is, and whether it is stated or its evidence."""
    write = LineWriter(UNICODE, derivation.order)
    yield ("step", "statement", "part", "line", "under", "reason", "method")
    for number, step in enumerate(derivation.steps, 1):
        for part, lines in (("stated", step.proved.lines), ("evidence", step.proved.evidence)):
            for line in lines:
                under = "; ".join(f"{word} {', '.join(items)}" for word, items in write.conditions(line))
                yield (str(number), step.say, part, write.line(line), under, step.because, step.proved.method)
