"""What ``flopcalc verify`` says: the verdict on a claim with its evidence, and marked worksheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from flopcalc.analysis import split_inline
from flopcalc.number import Number, as_text, is_rational
from flopcalc.page.model import Block, Column, Facts, Page, Said, Table, listing
from flopcalc.render.book import BookWriter
from flopcalc.render.cells import Cell, Digits, Mark, Phrase, Plain, Typed
from flopcalc.render.units import rounded
from flopcalc.theory.causes import Words
from flopcalc.theory.claims import METRICS, PROVED, REFUTED, UNDECIDED, Verdict
from flopcalc.theory.deciding import Finding
from flopcalc.theory.questions import SIGNS, Claim, Link, digits_of
from flopcalc.theory.worksheets import Exercise, Marked

__all__ = ["SCHEMA", "SHEET_SCHEMA", "marked_page", "verdict_page"]

SCHEMA = "flopcalc.verdict/1"
SHEET_SCHEMA = "flopcalc.worksheet/1"

OUTCOMES = (PROVED, REFUTED, UNDECIDED)

_WIDE = 120
"""Columns of a screen from which a worksheet has a row for every claim."""

_BROKEN = 99
"""Into how many lines more the words of a row may be broken."""

_DIGITS = 6
"""Digits that are shown of a fraction that has no end."""

_MOST_SHOWN_DIGITS = 200
"""Up to how many digits numbers are written out for people."""

_MOST_DIGITS = 4000
"""Up to how many digits numbers are written at all; Python writes few more."""

_MOST_DECIMALS = 13
"""Decimals up to which a fraction is written as a decimal number."""


# -- a verdict -------------------------------------------------------------------------------------------------------


def verdict_page(verdict: Verdict) -> Page:
    """Return the page of a verdict.

    Examples
    --------
    >>> from flopcalc.page.terminal import page_as_text
    >>> from flopcalc.theory.claims import verify
    >>> print(page_as_text(verdict_page(verify("17HWC²", "resnet_basic"))), end="")
    refuted  17HWC²
    read as                17·H·W·C²
    FLOPs of resnet_basic  18HWC²
    claim                  17HWC²
    difference             -HWC²  (claim − count)
    ratio                  17/18 ≈ 0.944444  (claim / count)
    counterexample         C = 1, H = 1, W = 1: it is 18, not 17
    symbols                C, H, W whole from 1
    """
    return Page((), (_evidence(verdict),), verdict.order, partial(_data, verdict), partial(_records, verdict))


def _evidence(verdict: Verdict, above: Phrase = ()) -> Facts:
    return Facts(tuple(_facts(verdict)), verdict.outcome, (verdict.claim.formula,), above)


def _facts(verdict: Verdict) -> Iterator[tuple[str, Phrase]]:
    """Yield what there is to say of a verdict, line by line: what, and its text."""
    claim = verdict.claim
    yield "read as", (verdict.statement.text,)
    settings = list(_settings(verdict))
    if settings:
        yield "where", ("; ".join(settings),)
    for symbol, value in verdict.known.items():
        yield "with", (f"{symbol} = ", _shown(value))
    if len(verdict.findings) > 1:
        for finding in verdict.findings:
            yield finding.outcome, (_link(finding.link),)
    if verdict.actual is not None:
        yield _what(verdict), _with_decimals(verdict.actual)
    if claim.limit and verdict.limit is not None:
        yield "in the limit", (_shown(verdict.limit),)
    if verdict.outcome != PROVED and verdict.claimed is not None:
        yield "claim", _with_decimals(verdict.claimed)
        if verdict.difference is not None:
            yield "difference", (*_with_decimals(verdict.difference), f"  ({_sides(verdict, '−')})")
        if verdict.ratio is not None:
            yield "ratio", (*_with_decimals(verdict.ratio), f"  ({_sides(verdict, '/')})")
    yield from _shown_by(verdict)
    yield from _reasons(verdict)
    if verdict.points > 1 and verdict.outcome != REFUTED:
        yield "tried", (f"at {verdict.points} points, in plain numbers",)
    if verdict.natures:
        yield "symbols", tuple(_taken(verdict))
    if verdict.assumed:
        yield "assumed", (", ".join(verdict.assumed),)
    if verdict.exact:
        yield "rounding", ("kept on both sides",)
    yield from _ways(claim)


def _ways(claim: Claim) -> Iterator[tuple[str, Phrase]]:
    """Yield how the networks were read and counted, where that is not the default."""
    if claim.reading.said:
        yield "read", (", ".join(claim.reading.said),)
    if claim.convention != "paper":
        yield "convention", (claim.convention,)


def _reasons(verdict: Verdict) -> Iterator[tuple[str, Phrase]]:
    """Yield why a verdict is what it is, and what the claim may have meant."""
    if verdict.reason:
        yield "because", tuple(map(_said_cell, verdict.reason))
    if verdict.near:
        yield "near", tuple(map(_said_cell, verdict.near))
    for cause in verdict.causes:
        yield "likely cause", tuple(map(_said_cell, cause.words))


def _shown_by(verdict: Verdict) -> Iterator[tuple[str, Phrase]]:
    """Yield the point that refutes a claim, or what certifies it."""
    relation = verdict.findings[0].link.relation if len(verdict.findings) == 1 else _deciding(verdict).link.relation
    strict = relation in ("<", ">")
    example, certificate = verdict.counterexample, verdict.certificate
    if example is not None and example.assignment:
        pairs: list[Phrase] = [(_name(name), " = ", _shown(value)) for name, value in example.assignment.items()]
        said: Phrase = (": it is ", _shown(example.actual), ", not ", _shown(example.claimed))
        if strict and example.actual == example.claimed:
            said = (": both are ", _shown(example.actual))
        yield "counterexample", (*_between(", ", pairs), *said)
    if certificate is not None:
        shown = Plain(certificate.formula) if certificate.squares else _shown(certificate.formula)
        yield "certificate", (shown, f" {'>' if strict else '≥'} 0")
        if certificate.squares and relation in (">=", "<=") and certificate.rest in (None, 0):
            zeros: list[Phrase] = [(Plain(square), " = 0") for square in certificate.squares]
            sign = " or " if certificate.rest is None else " and "
            yield "equal", ("exactly where ", *_between(sign, zeros))


def _between(sign: str, phrases: Sequence[Phrase]) -> Iterator[Cell]:
    for number, phrase in enumerate(phrases):
        yield from (sign,) * bool(number)
        yield from phrase


def _name(symbol: str) -> Typed:
    return Typed(symbol, (symbol,))


def _shown(value: Number) -> Cell:
    """Return a number or a formula; of one that nobody would read to its end, how long it is."""
    digits = digits_of(value)
    if digits > _MOST_SHOWN_DIGITS:
        return f"a {'number' if is_rational(value) else 'formula with a number'} of {digits:,} digits"
    return Plain(value) if isinstance(value, Fraction) else value


def _with_decimals(value: Number) -> Phrase:
    """Return a number or a formula; a fraction as decimals where these are exact, else with what it comes to."""
    if not isinstance(value, Fraction) or digits_of(value) > _MOST_SHOWN_DIGITS:
        return (_shown(value),)
    decimals = _exact_decimals(value)
    if decimals:
        return (Digits(decimals),)
    zeros = len(str(int(1 / abs(value)))) - 1
    places = _DIGITS - len(str(int(abs(value)))) if abs(value) > 1 else _DIGITS + zeros
    return (_shown(value), " ≈ ", Digits(rounded(value, max(1, places))))


def _said_cell(word: str | Number) -> Cell:
    """Return a word, or a value in a sentence: halves and thirds as such, a rounded figure as decimals."""
    if isinstance(word, str):
        return word
    short = not isinstance(word, Fraction) or word.denominator <= 16
    decimals = "" if short else _exact_decimals(word)
    return Digits(decimals) if decimals else _shown(word)


def _said_in_words(words: Words, write: BookWriter) -> str:
    return write.phrase(map(_said_cell, words))


def _exact_decimals(value: Number) -> str:
    """Write a fraction as a decimal number; nothing where that has no end."""
    for places in range(1, _MOST_DECIMALS):
        if 10**places % value.denominator == 0:
            return rounded(value, places)
    return ""


def _deciding(verdict: Verdict) -> Finding:
    """Return the finding that a verdict shows."""
    return next(finding for finding in verdict.findings if finding.outcome == verdict.outcome)


def _what(verdict: Verdict) -> str:
    """Name what stands left in the link that a verdict shows: a count, or a formula."""
    claim, left = verdict.claim, _deciding(verdict).link.left
    if left.reading is not None:
        return "left side"
    names = [split_inline(spec)[0] for spec in (claim.of, claim.over) if spec]
    change = f"{left.change} in " if left.change else ""
    return f"{change}{METRICS[left.metric]} of {' over '.join(names)}"


def _link(link: Link) -> str:
    """Write a link of a chain."""
    sides = [METRICS[side.metric] if side.reading is None else side.reading.text for side in (link.left, link.right)]
    return f"{sides[0]} {SIGNS.get(link.relation, link.relation)} {sides[1]}"


def _taken(verdict: Verdict) -> Iterator[Cell]:
    """Yield what every symbol was taken for."""
    said = ((True, "whole from 1"), (False, "real, above 0"))
    kinds = [([_name(one.name) for one in verdict.natures if one.whole is whole], text) for whole, text in said]
    for number, (names, text) in enumerate((names, text) for names, text in kinds if names):
        yield "; " if number else ""
        yield from _between(", ", [(name,) for name in names])
        yield f" {text}"


def _settings(verdict: Verdict) -> Iterable[str]:
    """Yield the values that were given, those of one side with its name."""
    claim = verdict.claim
    if claim.where:
        yield _equal(claim.where)
    inline = [(name, values) for name, values in map(split_inline, filter(None, (claim.of, claim.over))) if values]
    for name, values in inline:
        yield _equal(values) if not claim.over else f"in {name} {_equal(values)}"


def _equal(values: Mapping[str, object]) -> str:
    return ", ".join(_pairs(values))


def _sides(verdict: Verdict, sign: str) -> str:
    """Say of what a difference or a ratio is: of the claim and the count, or of two formulas."""
    if _deciding(verdict).link.left.reading is not None:
        return f"right {sign} left"
    return f"claim {sign} {'limit' if verdict.claim.limit else 'count'}"


# -- a worksheet -----------------------------------------------------------------------------------------------------


def marked_page(marked: Marked) -> Page:
    """Return the page of a marked worksheet: its claims, and the evidence where a verdict is not the expected one."""
    sheet = marked.worksheet
    blocks: list[Block] = [_table(marked)]
    for number, (exercise, verdict) in enumerate(marked.pairs, 1):
        if exercise.expected != verdict.outcome:
            blocks.append(_evidence(verdict, (f"{number}. expected: {exercise.expected}",)))
    told = [(name, (text,)) for name, text in (("source", sheet.source), ("notes", sheet.notes)) if text]
    if told:
        blocks.append(Facts(tuple(told)))
    blocks.append(Said(((_summary(marked),),), back=False))
    heading = ((sheet.title or sheet.name,),)
    return Page(heading, tuple(blocks), (), partial(_marked_data, marked), partial(_marked_records, marked))


_CLAIMS = (
    Column("number", "#", whole=True),
    Column("mark", "", numeric=False),
    Column("verdict", "Verdict", numeric=False),
    Column("claim", "Claim", numeric=False),
)


def _table(marked: Marked) -> Table:
    """Return a row for every claim, or on a narrow screen a line for each thing that there is to say of it."""
    rows: list[tuple[Cell, ...]] = []
    lines: list[tuple[Cell, ...]] = []
    for number, (exercise, verdict) in enumerate(marked.pairs, 1):
        begin: tuple[Cell, ...] = (str(number), Mark(exercise.expected == verdict.outcome), verdict.outcome)
        formula = verdict.claim.formula
        rows.append((*begin, formula, _of(verdict), _said(exercise)))
        first, *more = filter(None, (exercise.question, formula, _of(verdict), _noted(exercise)))
        lines += [(*begin, first), *(("", "", "", "  " + line) for line in more)]
    columns = [*_CLAIMS, Column("of", "Of", numeric=False), Column("said", _what_is_said(marked), numeric=False)]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    wide = listing(columns, rows)
    views = (replace(wide.views[0], breaks=_BROKEN, room=_WIDE),)
    return replace(wide, views=views, others=(listing(_CLAIMS, lines),))


def _what_is_said(marked: Marked) -> str:
    return "Question" if any(exercise.question for exercise in marked.worksheet.exercises) else "Note"


def _noted(exercise: Exercise) -> str:
    """Return the note on a claim and where it stands, in brackets."""
    told = "; ".join(filter(None, (exercise.note, exercise.source)))
    return f"({told})" if told else ""


def _said(exercise: Exercise) -> str:
    """Return a question with the note on it, or the note alone."""
    return f"{exercise.question} {_noted(exercise)}".strip() if exercise.question else _noted(exercise)[1:-1]


def _of(verdict: Verdict) -> str:
    claim = verdict.claim
    sides = []
    for name, values in map(split_inline, filter(None, (claim.of, claim.over))):
        sides.append(f"{name} ({_equal(values)})" if values and claim.over else ", ".join([name, *_pairs(values)]))
    limits = [f"{name.partition('=')[0].strip()} → ∞" for name in claim.limit]
    given = [f"{name} = {value}" for name, value in claim.let.items()]
    what = f"{verdict.metric} of {' / '.join(sides)}" if sides else "no spec"
    return ", ".join([what, *_pairs(claim.where), *given, *limits])


def _pairs(values: Mapping[str, object]) -> list[str]:
    return [f"{name} = {value}" for name, value in values.items()]


def _summary(marked: Marked) -> str:
    counts = {word: sum(verdict.outcome == word for verdict in marked.verdicts) for word in OUTCOMES}
    found = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    right = len(marked.verdicts) - len(marked.unexpected)
    return f"{right} of {len(marked.verdicts)} as expected: {found}."


# -- for programs ----------------------------------------------------------------------------------------------------


def _data(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON's types: integers for whole numbers, strings for fractions and formulas."""
    claim, example, certificate = verdict.claim, verdict.counterexample, verdict.certificate
    write = BookWriter(verdict.order)
    return {
        "schema": SCHEMA,
        "claim": claim.formula,
        "of": claim.of or None,
        "over": claim.over,
        "metric": verdict.metric or None,
        "convention": claim.convention,
        "dtype": claim.dtype,
        "reading": claim.reading.as_dict(),
        "where": {name: str(value) for name, value in claim.where.items()},
        "let": dict(claim.let),
        "limit": list(claim.limit),
        "verdict": verdict.outcome,
        "read_as": verdict.statement.python,
        "known": _numbers(verdict.known),
        "actual": _number(verdict.actual),
        "claimed": _number(verdict.claimed),
        "in_the_limit": _number(verdict.limit),
        "difference": _number(verdict.difference),
        "ratio": _number(verdict.ratio),
        "counterexample": None
        if example is None
        else {
            "assignment": _numbers(example.assignment),
            "actual": _number(example.actual),
            "claimed": _number(example.claimed),
        },
        "causes": [{"kind": cause.kind, "text": _said_in_words(cause.words, write)} for cause in verdict.causes],
        "near": _said_in_words(verdict.near, write) or None,
        "certificate": None if certificate is None else as_text(certificate.formula),
        "reason": _said_in_words(verdict.reason, write),
        "points": verdict.points,
        "symbols": {nature.name: "whole" if nature.whole else "real" for nature in verdict.natures},
        "assumed": list(verdict.assumed),
        "rounding": "exact" if verdict.exact or not verdict.natures else "ideal",
        "links": [_link_as_dict(finding, write) for finding in verdict.findings],
    }


def _link_as_dict(finding: Finding, write: BookWriter) -> dict[str, Any]:
    """Return what became of one relation of a claim."""
    sides = [
        side.metric if side.reading is None else side.reading.python for side in (finding.link.left, finding.link.right)
    ]
    return {
        "left": sides[0],
        "relation": finding.link.relation,
        "right": sides[1],
        "verdict": finding.outcome,
        "reason": _said_in_words(finding.reason, write),
        "points": finding.points,
    }


def _marked_data(marked: Marked) -> dict[str, Any]:
    """Return a marked worksheet as JSON's types."""
    sheet = marked.worksheet
    claims = [
        {
            **_data(verdict),
            "question": exercise.question,
            "note": exercise.note,
            "source": exercise.source,
            "expected": exercise.expected,
            "as_expected": exercise.expected == verdict.outcome,
        }
        for exercise, verdict in marked.pairs
    ]
    counts = {word: sum(verdict.outcome == word for verdict in marked.verdicts) for word in OUTCOMES}
    return {
        "schema": SHEET_SCHEMA,
        "worksheet": sheet.name,
        "title": sheet.title,
        "source": sheet.source,
        "notes": sheet.notes,
        "summary": {**counts, "unexpected": len(marked.unexpected)},
        "claims": claims,
    }


def _number(value: Number | None) -> int | str | None:
    if value is not None and digits_of(value) > _MOST_DIGITS:
        return None
    return value if value is None or type(value) is int else as_text(value)


def _numbers(values: Mapping[str, Number]) -> dict[str, int | str | None]:
    return {name: _number(value) for name, value in values.items()}


# -- records ---------------------------------------------------------------------------------------------------------

_FIELDS = (
    "claim", "of", "over", "metric", "verdict", "read_as", "actual", "claimed", "difference", "ratio", "counterexample",
    "reason", "points", "assumed",
)  # fmt: skip


def _record(data: Mapping[str, Any]) -> tuple[str, ...]:
    example = data["counterexample"] or {"assignment": {}}
    lists = {
        "counterexample": ", ".join(f"{name} = {value}" for name, value in example["assignment"].items()),
        "assumed": ", ".join(data["assumed"]),
    }
    return tuple(str("" if data[name] is None else lists.get(name, data[name])) for name in _FIELDS)


def _records(verdict: Verdict) -> Iterable[Sequence[str]]:
    return [_FIELDS, _record(_data(verdict))]


def _marked_records(marked: Marked) -> Iterable[Sequence[str]]:
    yield ("number", "question", "expected", "as_expected", *_FIELDS)
    for number, data in enumerate(_marked_data(marked)["claims"], 1):
        told = (data["question"], data["expected"], str(data["as_expected"]).lower())
        yield (str(number), *told, *_record(data))
