"""Verdicts on claims, and marked worksheets: for a screen, as Markdown, and as JSON's types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from flopcalc.analysis import split_inline
from flopcalc.number import Number, as_text, is_rational
from flopcalc.render.book import BookWriter
from flopcalc.render.markdown import escaped_markdown
from flopcalc.render.terminal import Head, Screen, facts_as_text, listing_as_text
from flopcalc.render.units import rounded
from flopcalc.theory.causes import Words
from flopcalc.theory.claims import METRICS, PROVED, REFUTED, UNDECIDED, Verdict
from flopcalc.theory.deciding import Finding
from flopcalc.theory.questions import SIGNS, Link, digits_of
from flopcalc.theory.worksheets import Exercise, Marked

__all__ = [
    "marked_as_dict",
    "marked_as_markdown",
    "marked_as_text",
    "verdict_as_dict",
    "verdict_as_markdown",
    "verdict_as_text",
]

SCHEMA = "flopcalc.verdict/1"
SHEET_SCHEMA = "flopcalc.worksheet/1"

_STYLES = {PROVED: "bold green", REFUTED: "bold red", UNDECIDED: "bold yellow"}
_WIDE = 120
"""Columns of a screen from which a worksheet has a row for every claim."""

_DIGITS = 6
"""Digits that are shown of a fraction that has no end."""

_MOST_SHOWN_DIGITS = 200
"""Up to how many digits numbers are written out on a screen."""

_MOST_DIGITS = 4000
"""Up to how many digits numbers are written at all; Python writes few more."""

_MOST_DECIMALS = 13
"""Decimals up to which a fraction is written as a decimal number."""


class _Spoken(BookWriter):
    """Writes numbers and formulas in sentences."""

    def value(self, value: Number) -> str:
        """Write a number or a formula; of one that nobody would read to its end, how long it is."""
        digits = digits_of(value)
        if digits > _MOST_SHOWN_DIGITS:
            return f"a {'number' if is_rational(value) else 'formula with a number'} of {digits:,} digits"
        if is_rational(value) and not isinstance(value, Fraction):
            return self.digits(f"{value:,}")
        return self.formula(value)

    def with_decimals(self, value: Number) -> str:
        """Write a number or a formula; a fraction as decimals where these are exact, else with what it comes to."""
        if not isinstance(value, Fraction) or digits_of(value) > _MOST_SHOWN_DIGITS:
            return self.value(value)
        decimals = _exact_decimals(value)
        if decimals:
            return decimals
        zeros = len(str(int(1 / abs(value)))) - 1
        places = _DIGITS - len(str(int(abs(value)))) if abs(value) > 1 else _DIGITS + zeros
        return f"{self.value(value)} ≈ {rounded(value, max(1, places))}"

    def say(self, words: Words) -> str:
        """Write a sentence with formulas in it."""
        return "".join(word if isinstance(word, str) else self.said(word) for word in words)

    def said(self, value: Number) -> str:
        """Write a number or a formula in a sentence: halves and thirds as such, and a rounded figure as decimals."""
        short = not isinstance(value, Fraction) or value.denominator <= 16
        return self.value(value) if short else _exact_decimals(value) or self.value(value)


def _exact_decimals(value: Number) -> str:
    """Write a fraction as a decimal number; nothing where that has no end."""
    for places in range(1, _MOST_DECIMALS):
        if 10**places % value.denominator == 0:
            return rounded(value, places)
    return ""


def _facts(verdict: Verdict, write: _Spoken) -> Iterable[tuple[str, str]]:
    """Yield what there is to say of a verdict, line by line: what, and its text."""
    claim = verdict.claim
    yield "read as", verdict.statement.text
    settings = list(_settings(verdict))
    if settings:
        yield "where", "; ".join(settings)
    for symbol, value in verdict.known.items():
        yield "with", f"{symbol} = {write.value(value)}"
    if len(verdict.findings) > 1:
        for finding in verdict.findings:
            yield finding.outcome, _link(finding.link, write)
    if verdict.actual is not None:
        yield _what(verdict), write.with_decimals(verdict.actual)
    if claim.limit and verdict.limit is not None:
        yield "in the limit", write.value(verdict.limit)
    if verdict.outcome != PROVED and verdict.claimed is not None:
        yield "claim", write.with_decimals(verdict.claimed)
        if verdict.difference is not None:
            yield "difference", f"{write.with_decimals(verdict.difference)}  ({_sides(verdict, '−')})"
        if verdict.ratio is not None:
            yield "ratio", f"{write.with_decimals(verdict.ratio)}  ({_sides(verdict, '/')})"
    relation = verdict.findings[0].link.relation if len(verdict.findings) == 1 else _deciding(verdict).link.relation
    example = verdict.counterexample
    if example is not None and example.assignment:
        point = ", ".join(
            f"{write.style.symbol(symbol)} = {write.value(value)}" for symbol, value in example.assignment.items()
        )
        values = f"it is {write.value(example.actual)}, not {write.value(example.claimed)}"
        strict = relation in ("<", ">") and example.actual == example.claimed
        yield "counterexample", f"{point}: both are {write.value(example.actual)}" if strict else f"{point}: {values}"
    if verdict.certificate is not None:
        sign = ">" if relation in ("<", ">") else "≥"
        formula, rest = verdict.certificate.formula, verdict.certificate.rest
        shown = write.exactly(formula) if verdict.certificate.squares else write.value(formula)
        yield "certificate", f"{shown} {sign} 0"
        if verdict.certificate.squares and relation in (">=", "<=") and rest in (None, 0):
            zero = (" or " if rest is None else " and ").join(
                f"{write.exactly(square)} = 0" for square in verdict.certificate.squares
            )
            yield "equal", f"exactly where {zero}"
    if verdict.reason:
        yield "because", write.say(verdict.reason)
    if verdict.near:
        yield "near", write.say(verdict.near)
    for cause in verdict.causes:
        yield "likely cause", write.say(cause.words)
    if verdict.points > 1 and verdict.outcome != REFUTED:
        yield "tried", f"at {verdict.points} points, in plain numbers"
    if verdict.natures:
        yield "symbols", _taken(verdict, write)
    if verdict.assumed:
        yield "assumed", ", ".join(verdict.assumed)
    if verdict.exact:
        yield "rounding", "kept on both sides"
    if claim.convention != "paper":
        yield "convention", claim.convention


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


def _link(link: Link, write: _Spoken) -> str:
    """Write a link of a chain."""
    sides = [METRICS[side.metric] if side.reading is None else side.reading.text for side in (link.left, link.right)]
    return f"{sides[0]} {SIGNS.get(link.relation, link.relation)} {sides[1]}"


def _taken(verdict: Verdict, write: _Spoken) -> str:
    """Say what every symbol was taken for."""
    kinds = ((True, "whole from 1"), (False, "real, above 0"))
    parts = []
    for whole, said in kinds:
        names = [write.style.symbol(nature.name) for nature in verdict.natures if nature.whole is whole]
        if names:
            parts.append(f"{', '.join(names)} {said}")
    return "; ".join(parts)


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


# -- the screen ------------------------------------------------------------------------------------------------------


def verdict_as_text(verdict: Verdict, screen: Screen | None = None) -> str:
    """Return a verdict with its evidence.

    Examples
    --------
    >>> from flopcalc.theory.claims import verify
    >>> print(verdict_as_text(verify("17HWC²", "resnet_basic")), end="")
    refuted  17HWC²
    read as                17·H·W·C²
    FLOPs of resnet_basic  18HWC²
    claim                  17HWC²
    difference             -HWC²  (claim − count)
    ratio                  17/18 ≈ 0.944444  (claim / count)
    counterexample         C = 1, H = 1, W = 1: it is 18, not 17
    symbols                C, H, W whole from 1
    """
    screen = screen or Screen()
    write = _Spoken(verdict.order, screen)
    title = (verdict.outcome, _STYLES[verdict.outcome], verdict.claim.formula)
    return facts_as_text(list(_facts(verdict, write)), screen, title)


def marked_as_text(marked: Marked, screen: Screen | None = None) -> str:
    """Return a marked worksheet: its claims, and the evidence where a verdict is not the expected one."""
    screen = screen or Screen()
    parts = [_in_columns(marked, screen) if screen.width >= _WIDE else _in_lines(marked, screen)]
    for number, (exercise, verdict) in enumerate(marked.pairs, 1):
        if exercise.expected != verdict.outcome:
            parts.append(f"\n{number}. expected: {exercise.expected}\n" + verdict_as_text(verdict, screen))
    sheet = marked.worksheet
    told = [(name, text) for name, text in (("source", sheet.source), ("notes", sheet.notes)) if text]
    parts.append("\n" + (facts_as_text(told, screen) + "\n" if told else ""))
    parts.append(screen.written(_summary(marked)) + "\n")
    return "".join(parts)


def _in_columns(marked: Marked, screen: Screen) -> str:
    """Return the claims as rows, where there is room for that."""
    heads = [Head("#", True, True), Head(""), Head("Verdict"), Head("Claim"), Head("Of"), Head(_what_is_said(marked))]
    rows: list[tuple[str, ...]] = []
    for number, (exercise, verdict) in enumerate(marked.pairs, 1):
        mark = _mark(exercise, verdict, screen.unicode)
        rows.append((str(number), mark, verdict.outcome, verdict.claim.formula, _of(verdict), _said(exercise)))
    if not any(row[-1] for row in rows):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    return listing_as_text(heads, rows, screen, marked.worksheet.title or marked.worksheet.name)


def _in_lines(marked: Marked, screen: Screen) -> str:
    """Return the claims with a line for each thing that there is to say of them."""
    heads = [Head("#", True, True), Head(""), Head("Verdict"), Head("Claim")]
    rows = []
    for number, (exercise, verdict) in enumerate(marked.pairs, 1):
        first, *more = filter(None, (exercise.question, verdict.claim.formula, _of(verdict), _noted(exercise)))
        mark = _mark(exercise, verdict, screen.unicode)
        rows.append((str(number), mark, verdict.outcome, first))
        rows += [("", "", "", "  " + line) for line in more]
    return listing_as_text(heads, rows, screen, marked.worksheet.title or marked.worksheet.name)


def _mark(exercise: Exercise, verdict: Verdict, unicode: bool = True) -> str:
    return ("✗✓" if unicode else ("no", "ok"))[exercise.expected == verdict.outcome]


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
    counts = {word: sum(verdict.outcome == word for verdict in marked.verdicts) for word in _STYLES}
    found = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    right = len(marked.verdicts) - len(marked.unexpected)
    return f"{right} of {len(marked.verdicts)} as expected: {found}."


# -- Markdown and JSON -----------------------------------------------------------------------------------------------


def verdict_as_markdown(verdict: Verdict) -> str:
    """Return a verdict as Markdown."""
    write = _Spoken(verdict.order)
    lines = [f"**{verdict.outcome}**: {escaped_markdown(verdict.claim.formula)}", ""]
    lines += [f"- {escaped_markdown(what)}: {escaped_markdown(text)}" for what, text in _facts(verdict, write)]
    return "\n".join(lines) + "\n"


def marked_as_markdown(marked: Marked) -> str:
    """Return a marked worksheet as Markdown."""
    lines = [f"## {escaped_markdown(marked.worksheet.title or marked.worksheet.name)}", ""]
    lines += [f"| # | | Verdict | Claim | Of | {_what_is_said(marked)} |", "| ---: | --- | --- | --- | --- | --- |"]
    for number, (exercise, verdict) in enumerate(marked.pairs, 1):
        cells = (verdict.outcome, verdict.claim.formula, _of(verdict), _said(exercise))
        mark = _mark(exercise, verdict)
        lines.append(f"| {number} | {mark} | " + " | ".join(map(escaped_markdown, cells)) + " |")
    for number, (exercise, verdict) in enumerate(marked.pairs, 1):
        if exercise.expected != verdict.outcome:
            lines += ["", f"{number}\\. expected: {exercise.expected}", "", verdict_as_markdown(verdict).rstrip()]
    return "\n".join([*lines, "", escaped_markdown(_summary(marked))]) + "\n"


def verdict_as_dict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON's types: integers for whole numbers, strings for fractions and formulas."""
    claim, example, certificate = verdict.claim, verdict.counterexample, verdict.certificate
    write = _Spoken(verdict.order)
    return {
        "schema": SCHEMA,
        "claim": claim.formula,
        "of": claim.of or None,
        "over": claim.over,
        "metric": verdict.metric or None,
        "convention": claim.convention,
        "dtype": claim.dtype,
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
        "causes": [{"kind": cause.kind, "text": write.say(cause.words)} for cause in verdict.causes],
        "near": write.say(verdict.near) or None,
        "certificate": None if certificate is None else as_text(certificate.formula),
        "reason": write.say(verdict.reason),
        "points": verdict.points,
        "symbols": {nature.name: "whole" if nature.whole else "real" for nature in verdict.natures},
        "assumed": list(verdict.assumed),
        "rounding": "exact" if verdict.exact or not verdict.natures else "ideal",
        "links": [_link_as_dict(finding, write) for finding in verdict.findings],
    }


def _link_as_dict(finding: Finding, write: _Spoken) -> dict[str, Any]:
    """Return what became of one relation of a claim."""
    sides = [
        side.metric if side.reading is None else side.reading.python for side in (finding.link.left, finding.link.right)
    ]
    return {
        "left": sides[0],
        "relation": finding.link.relation,
        "right": sides[1],
        "verdict": finding.outcome,
        "reason": write.say(finding.reason),
        "points": finding.points,
    }


def marked_as_dict(marked: Marked) -> dict[str, Any]:
    """Return a marked worksheet as JSON's types."""
    sheet = marked.worksheet
    claims = [
        {
            **verdict_as_dict(verdict),
            "question": exercise.question,
            "note": exercise.note,
            "source": exercise.source,
            "expected": exercise.expected,
            "as_expected": exercise.expected == verdict.outcome,
        }
        for exercise, verdict in marked.pairs
    ]
    counts = {word: sum(verdict.outcome == word for verdict in marked.verdicts) for word in _STYLES}
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
