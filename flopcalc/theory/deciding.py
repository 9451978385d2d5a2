"""How a claim is decided: each of its links is proved, refuted or left open, and what is proved is tried besides.

An equality is proved as an identity of functions, an inequality by a difference that is never negative; where the
claim rounds, in every class of remainders. A claim that fails at a single point, counted in plain numbers, is refuted
whatever was proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, FlopcalcError, ParameterError, Problem, listed, one_of, shorten, suggest
from flopcalc.metrics import COUNTED
from flopcalc.number import (
    Arithmetic,
    Number,
    as_expr,
    divide,
    expanded,
    is_rational,
    is_symbolic,
    normal,
    readable,
)
from flopcalc.report import share
from flopcalc.theory.causes import Cause, Words, explain, explain_ratio
from flopcalc.theory.equivalence import evaluated, is_zero, symbols_of
from flopcalc.theory.growth import growth_of
from flopcalc.theory.limits import OpenLimitError, limit_at_infinity, vanishes_at_infinity
from flopcalc.theory.questions import Link, Question, Side, is_number, unified
from flopcalc.theory.residues import rounded_away
from flopcalc.theory.signs import Certificate, nonnegative, sign_of
from flopcalc.theory.trial import Counterexample, Trial, shown_at, smallest, tried, tried_as_it_grows

__all__ = ["PROVED", "REFUTED", "UNDECIDED", "Decider", "Evidence", "Finding"]

PROVED, REFUTED, UNDECIDED = "proved", "refuted", "undecided"

_INFINITE = ("oo", "∞", "inf", "infinity", r"\infty")

_NOWHERE: Words = ("no numbers were found at which the spec exists and all that is assumed holds",)

_FAULT: Words = ("it was proved with symbols, and fails here: a fault of the prover, which please report",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why a claim holds, fails or stays open.

    Attributes
    ----------
    limit : Number or None
        What the left side comes to as the symbols of `Claim.limit` grow; None where it grows without end.
    difference, ratio : Number or None
        right − left, and right / left: of a claim, claimed − actual and claimed / actual.
    reason : Words
        How it was proved, or why it is open.
    counterexample : Counterexample or None
    causes : tuple of Cause
    near : Words
        For an equality that was refuted: what the count is near to.
    certificate : Certificate or None
        For an inequality that was proved: why the difference is never negative.
    points : int
        At how many points it was tried in plain numbers.
    assumed : tuple of str
        What was found to be taken for granted besides.
    """

    limit: Number | None = None
    difference: Number | None = None
    ratio: Number | None = None
    reason: Words = ()
    counterexample: Counterexample | None = None
    causes: tuple[Cause, ...] = ()
    near: Words = ()
    certificate: Certificate | None = None
    points: int = 0
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding(Evidence):
    """What became of one link of a claim, with the evidence."""

    link: Link
    outcome: str


@dataclass(slots=True)
class Decider:
    """Decides the links of a question, and keeps what is certain already when the time is over."""

    question: Question
    found: Finding | None = None

    def decide(self, link: Link) -> Finding:
        """Decide one link."""
        self.found = None
        claim = self.question.claim
        if open_ := self.question.unknown:
            reason: Words = (f"the cost of {listed(open_)} is not known, and the count is at least what is shown",)
            return Finding(link, UNDECIDED, reason=reason)
        if claim.limit:
            return self.in_the_limit(link, [self.growing(text) for text in claim.limit])
        if link.growth:
            return self.growth(link)
        if link.relation == "≈":
            return self.approximate(link)
        return self.related(link)

    # -- equalities and inequalities ---------------------------------------------------------------------------------

    def related(self, link: Link) -> Finding:
        """Decide an equality or an inequality."""
        difference = expanded(link.right.value - link.left.value)
        trial = tried(self.question, link)
        if trial.failure is not None:
            finding = self.refuted(link, difference, trial)
            self.found = finding
            if self.proof(link, difference) is not None:
                return replace(finding, reason=_FAULT)
            return replace(finding, ratio=_ratio(link), causes=self.causes(link), near=self.near(link))
        proof = self.proof(link, difference)
        if proof is not None:
            return self.proved(proof, trial)
        example = smallest(self.question, link)
        if example is not None:
            self.found = Finding(link, REFUTED, difference=difference, counterexample=example, points=trial.points + 1)
            return replace(self.found, ratio=_ratio(link), causes=self.causes(link))
        if trial.points and not symbols_of(difference) and self.fails_everywhere(link, difference):
            finding = Finding(link, REFUTED, difference=difference, points=trial.points)
            finding = replace(finding, reason=("the difference is the same for all values",), ratio=_ratio(link))
            return replace(finding, causes=self.causes(link))
        reason: Words = ("it was not proved, and no numbers were found that refute it",)
        if trial.points > 1:
            reason = (f"it was not proved; it holds at the {trial.points} points at which it was tried",)
        elif not trial.points:
            reason = _NOWHERE
        return Finding(link, UNDECIDED, difference=difference, ratio=_ratio(link), reason=reason, points=trial.points)

    def proved(self, proof: Finding, trial: Trial) -> Finding:
        """Return what was proved, with the points at which it was tried; without any it is open."""
        if trial.points == 0:
            return Finding(proof.link, UNDECIDED, difference=proof.difference, reason=_NOWHERE)
        if trial.fixed:
            name, values = trial.fixed[0]
            shown = " or ".join(readable(value) for value in values)
            reason: Words = (f"it was proved, but what is assumed holds at {name} = {shown} alone",)
            return Finding(proof.link, UNDECIDED, difference=proof.difference, reason=reason, points=trial.points)
        assumed = ("the claim has a value",) if trial.undefined else ()
        return replace(proof, points=trial.points, assumed=assumed)

    def refuted(self, link: Link, difference: Number, trial: Trial) -> Finding:
        """Return a refutation by the smallest numbers that are found, or by those of the trial."""
        example = smallest(self.question, link) or shown_at(trial, self.question, link)
        return Finding(link, REFUTED, difference=difference, counterexample=example, points=trial.points)

    def fails_everywhere(self, link: Link, difference: Number) -> bool:
        """Tell whether a relation whose difference is one number for all values fails."""
        sign = sign_of(difference)
        fails = {"=": (1, -1), "<=": (-1,), "<": (-1, 0), ">=": (1,), ">": (1, 0)}[link.relation]
        return sign in fails

    def proof(self, link: Link, difference: Number) -> Finding | None:
        """Prove an equality or an inequality; None where that is not found."""
        if link.relation == "=":
            if not _differs(difference) and is_zero(difference):
                return Finding(link, PROVED, reason=self.how(link), difference=0, ratio=1)
            return self.proof_by_classes(link, difference)
        strict = link.relation in ("<", ">")
        wanted = difference if link.relation in ("<", "<=") else normal(-difference)
        certificate = nonnegative(wanted, self.question.arithmetic, strict=strict)
        if certificate is None:
            return self.proof_by_classes(link, difference)
        reason: Words = ("the difference is a sum of terms that are not negative",)
        if difference == 0:
            reason = self.how(link)
        elif self.question.claim.assume:
            reason = ("with what is assumed the difference is never negative",)
        if certificate.squares:
            reason = ("the difference is a square times what is positive",)
            if certificate.rest is not None:
                reason = ("the difference is a sum of squares",)
                if certificate.rest != 0:
                    reason = ("the difference is a sum of squares and of terms that are not negative",)
        return Finding(link, PROVED, reason=reason, certificate=certificate, difference=difference, ratio=_ratio(link))

    def proof_by_classes(self, link: Link, difference: Number) -> Finding | None:
        """Prove a relation that rounds in every class of remainders."""
        if not self.question.exact or is_rational(difference):
            return None
        classes = rounded_away(difference, self.question.whole)
        if classes is None or not classes.cases or not classes.modulus:
            return None
        strict, turned = link.relation in ("<", ">"), link.relation in (">", ">=")
        for _, case in classes.cases:
            if link.relation == "=":
                if not is_zero(expanded(case)):
                    return None
            elif nonnegative(normal(-case) if turned else case, Arithmetic(), strict=strict) is None:
                return None
        names = ", ".join(f"{name} mod {count}" for name, count in sorted(classes.modulus.items(), key=str))
        count = len(classes.cases)
        which = (
            f"in each of the {count} classes of {names}" if count > 1 else f"in the one class of {names} that can be"
        )
        reason: Words = (f"it holds {which}",)
        zero = link.relation == "="
        return Finding(
            link, PROVED, reason=reason, difference=0 if zero else difference, ratio=1 if zero else _ratio(link)
        )

    def how(self, link: Link) -> Words:
        """Say of what both sides are the same function."""
        left, right = link.left.value, link.right.value
        if not symbols_of(left, right):
            return ("both are the same number",)
        names = min(symbols_of(left), symbols_of(right), key=len)
        if not names:
            return ("both are the same number for all values",)
        return ("both are the same function of ", *self.listed(names))

    def listed(self, names: Iterable[Any]) -> Words:
        """Return symbols in the spec's order, for a sentence."""
        words: list[str | Number] = []
        for name in sorted(names, key=lambda name: self.question.rank(str(name))):
            words += [", ", name] if words else [name]
        return tuple(words)

    # -- limits ------------------------------------------------------------------------------------------------------

    def growing(self, text: str) -> Any:
        """Return the symbol that a limit names."""
        symbols = self.question.symbols
        name, equals, value = (part.strip() for part in text.partition("="))
        if equals and value.lower() not in _INFINITE:
            what = f"the limit `{shorten(text)}` leads nowhere"
            raise ParameterError(Problem(what, None, f"{shorten(name)}=oo", "a value is given by --where"))
        if name not in symbols:
            what = f"the limit `{shorten(text)}` is of `{shorten(name)}`, which is no free symbol"
            raise ParameterError(Problem(what, None, one_of(symbols or ["none"]), suggest(name, symbols)))
        return symbols[name]

    def in_the_limit(self, link: Link, growing: list[Any]) -> Finding:
        """Decide whether one side is what the other comes to as symbols grow: their ratio goes to 1."""
        if link.relation not in ("=", "≈"):
            what = f"a limit with {link.relation}"
            raise ParameterError(Problem(what, None, "an equality, or ≈", "leave the relation out"))
        left, right = link.left.value, link.right.value
        where = (*self.listed(growing), " → ∞")
        actual, endless = _end(left, growing)
        ratio, beyond, same = None, False, None
        if left == 0 or right == 0:
            same = right == 0 and vanishes_at_infinity(left, growing)
        else:
            ratio, beyond = _end(divide(right, left), growing)
            same = vanishes_at_infinity(normal(divide(right, left) - 1), growing)
        if same:
            paces = {str(name): 1 for name in growing}
            trial = tried_as_it_grows(self.question, link, paces, "zero" if right == 0 else "one")
            if trial.failure is not None:
                return replace(self.refuted(link, expanded(right - left), trial), reason=_FAULT)
            reason: Words = ("the count goes to 0 as ", *where)
            if right != 0:
                reason = ("their ratio goes to 1 as ", *where)
            finding = Finding(link, PROVED, reason=reason, ratio=None if right == 0 else 1, limit=actual)
            return self.proved(finding, trial)
        if same is None:
            reason = ("it was neither proved nor refuted that their ratio goes to 1 as ", *where)
            return Finding(link, UNDECIDED, reason=reason)
        difference = None if actual is None else normal(right - actual)
        count: Words = ()
        if actual is not None:
            count = ("the count goes to ", actual)
        elif endless:
            count = ("the count grows without end",)
        beside: Words = ()
        if right == 0 or (actual is not None and actual != 0):
            beside = () if count else ("what the count goes to depends on which grows faster",)
        elif ratio is not None:
            beside = ("the claim's ratio to it goes to ", ratio)
        elif beyond:
            beside = ("the claim's ratio to it grows without end",)
        elif left != 0 and len(growing) > 1:
            beside = ("the claim's ratio to it depends on which grows faster",)
        both = (*count, "; ", *beside) if count and beside else (*count, *beside)
        reason = ("as ", *where, ", ", *both)
        return Finding(link, REFUTED, reason=reason, ratio=ratio, difference=difference, limit=actual)

    # -- growth ------------------------------------------------------------------------------------------------------

    def growth(self, link: Link) -> Finding:
        """Decide what may be a claim of growth; where ``O(…)`` may be a product too, both are judged."""
        reading = link.right.reading
        assert reading is not None
        assert reading.growth_inside is not None
        question = self.question
        inside = reading.growth_inside.value({**question.known, **question.symbols}, question.arithmetic)
        grown = Link(link.left, link.relation, Side(inside, reading.growth_inside))
        if reading.growth_certain or question.claim.growth:
            return self.grows(grown, reading.growth)
        product = self.related(link)
        growth = self.grows(grown, reading.growth)
        if product.outcome == growth.outcome:
            return product
        reason: Words = (
            f"`{reading.growth}(…)` can be read in two ways: as a product with {reading.growth} it is ",
            f"{product.outcome}, as growth {growth.outcome}; {reading.growth}·(…) says the first, --growth the second",
        )
        points = product.points + growth.points
        return Finding(link, UNDECIDED, difference=product.difference, reason=reason, points=points)

    def grows(self, link: Link, sign: str) -> Finding:
        """Decide a claim of growth: O(…) where the quotient stays bounded, Θ(…) and ∝ where it stays away from 0 too.

        The symbols that the claim names grow from 1 on, however fast each; all others are held.
        """
        left, right = link.left.value, link.right.value
        names = sorted(symbols_of(right), key=lambda name: self.question.rank(str(name)))
        held = [name for name in symbols_of(left) if name not in names]
        said: Words = (*self.listed(names), " grow" if len(names) != 1 else " grows") if names else ("nothing grows",)
        if held:
            said = (*said, ", ", *self.listed(held), " held")
        ways = [(divide(left, right), "the count over the claim")]
        if sign != "O":
            ways.append((divide(right, left), "the claim over the count"))
        for value, what in ways:
            growth = growth_of(value, names)
            if growth.bounded is None:
                reason: Words = (f"whether {what} stays bounded is open (", *said, ")")
                return Finding(link, UNDECIDED, reason=reason)
            if not growth.bounded:
                far = {str(name): power for name, power in growth.pace}
                trial = tried_as_it_grows(self.question, link, far, "between")
                if trial.failure is None:
                    held_back = (*self.listed(name for name, _ in growth.pace),)
                    reason = (
                        f"{what} would have no bound as ",
                        *held_back,
                        " → ∞, where no spec was found (",
                        *said,
                        ")",
                    )
                    return Finding(link, UNDECIDED, reason=reason, points=trial.points)
                paces = [name if power == 1 else name**power for name, power in growth.pace]
                fast = (
                    self.listed(paces)
                    if all(power == 1 for _, power in growth.pace)
                    else self.listed(name for name, _ in growth.pace)
                )
                reason = (f"{what} has no bound as ", *fast, " → ∞ (", *said, ")")
                return Finding(link, REFUTED, reason=reason, ratio=None, points=trial.points)
        kind = "bounded" if sign == "O" else "between"
        trial = tried_as_it_grows(self.question, link, {str(name): 1 for name in names}, kind)
        if trial.failure is not None:
            return replace(self.refuted(link, expanded(right - left), trial), reason=_FAULT)
        bounds = "stays bounded" if sign == "O" else "stays between two positive bounds"
        return self.proved(Finding(link, PROVED, reason=(f"the count over the claim {bounds}: ", *said)), trial)

    # -- printed figures ---------------------------------------------------------------------------------------------

    def approximate(self, link: Link) -> Finding:
        """Decide whether a printed figure is the count, rounded half up to its last digit."""
        reading = link.right.reading
        assert reading is not None
        if reading.step is None:
            what = "≈ before a formula says not in which limit"
            raise ParameterError(Problem(what, None, "a number, or a limit", "--limit O=oo, or leave ≈ out"))
        actual, claimed = link.left.value, link.right.value
        if symbols_of(actual):
            shown = ", ".join(map(str, symbols_of(actual)))
            what = f"≈ {reading.text} is held against a formula in {shown}"
            raise ParameterError(Problem(what, None, "numbers", "--where"))
        step = Fraction(reading.step)
        difference = normal(claimed - actual)
        below, above = sign_of(normal(step / 2 - difference)), sign_of(normal(step / 2 + difference))
        near = below in (0, 1) and above == 1
        low, high = (normal(claimed + sign * step / 2) for sign in (-1, 1))
        decimals = reading.decimals
        words = f"to a multiple of {readable(normal(step))}" if step < 1 else f"to a multiple of {int(step):,}"
        if decimals is not None and decimals >= 0:
            words = f"to {decimals} decimal{'s' * (decimals != 1)}" if decimals else "to a whole number"
        interval: Words = (f"rounded {words}: from ", low, " to below ", high)
        trial = tried(self.question, link, step)
        evidence: dict[str, Any] = {"difference": difference, "ratio": _ratio(link), "points": trial.points}
        if near and trial.failure is None:
            return self.proved(Finding(link, PROVED, reason=("it is the count, ", *interval), **evidence), trial)
        example = Counterexample({}, actual, claimed)
        if near:
            return Finding(
                link, REFUTED, reason=_FAULT, counterexample=shown_at(trial, self.question, link), **evidence
            )
        reason: Words = (f"rounded {words}, the count is ", rounded(actual, step))
        finding = Finding(link, REFUTED, reason=reason, counterexample=example, **evidence)
        self.found = finding
        return replace(finding, causes=self.causes(link))

    # -- causes ------------------------------------------------------------------------------------------------------

    def causes(self, link: Link) -> tuple[Cause, ...]:
        """Look for slips that explain a claim exactly."""
        reading, side = link.right.reading, link.left
        if link.relation not in ("=", "≈") or reading is None or not side.metric:
            return ()
        actual, claimed = side.value, link.right.value
        if claimed == 0:
            return ()
        printed = reading.step is not None and reading.step != 1 and link.relation == "="
        if printed and reading.step and not symbols_of(actual) and rounded(actual, Fraction(reading.step)) == claimed:
            return (Cause("rounded", (f"it is the count, rounded: ≈ {reading.text} says so",)),)
        simple = self.simple_causes(link)
        if simple or side.metric not in COUNTED:
            return simple
        counted = self.question.counted
        try:
            if len(counted) == 1:
                return explain(counted[0].report, side.metric, actual, claimed) or self.special_case(link)
            above, below = (one.report for one in counted)
            upper, lower = (unified(one.measure(side.metric), self.question.symbols) for one in (above, below))
            return explain_ratio(above, below, side.metric, upper, lower, claimed)
        except (Fault, FlopcalcError):
            return ()  # a slip that cannot be counted explains nothing

    def simple_causes(self, link: Link) -> tuple[Cause, ...]:
        """Look for slips of the whole figure: twice or half the count, what is saved for what is left, inverted."""
        reading, side = link.right.reading, link.left
        actual, claimed = side.value, link.right.value
        assert reading is not None
        ratio = len(self.question.counted) > 1
        operations = side.metric in ("flops", "madds") and not ratio
        twice = "a multiply-add is counted as two operations" if operations else "it is twice the count"
        half = "a multiply-add is counted as half an operation, or one of two parts is left out"
        tries: list[tuple[str, Number, str]] = [
            ("factor-2", normal(2 * actual), twice),
            ("factor-2", normal(actual / Fraction(2)), half if operations else "it is half the count"),
        ]
        if ratio:
            left_over = "it is what is left, not what is saved" if side.change == "saving" else "it is what is saved"
            tries.append(("complement", normal(1 - actual), left_over))
            if actual != 0 and not side.change:
                below = self.question.counted[1].report.name
                above = self.question.counted[0].report.name
                tries.append(("inverted", divide(1, actual), f"it is the ratio of {below} to {above}"))
        step = Fraction(reading.step) if reading.step is not None and not symbols_of(actual) else None
        for kind, value, words in tries:
            if value == actual or value == 0:
                continue
            exact = is_zero(expanded(claimed - value))
            if exact or (step and (step != 1 or link.relation == "≈") and rounded(value, step) == claimed):
                return (Cause(kind, (words if exact else f"{words}, rounded",)),)
        return ()

    def near(self, link: Link) -> Words:
        """Say between which powers of a multiplier a count lies that was claimed to be one of them.

        Both sides are polynomials in the one symbol and agree where it is 1, as 0.949α² + 0.051α and α².
        """
        left, right = link.left.value, link.right.value
        names = symbols_of(left, right)
        if link.relation != "=" or len(names) != 1 or names[0].is_integer or is_rational(left) or is_rational(right):
            return ()
        name = names[0]
        if not (left.is_polynomial(name) and right.is_polynomial(name)):
            return ()
        whole = evaluated(left, {name: 1})
        if not is_rational(whole) or whole <= 0 or evaluated(right, {name: 1}) != whole:
            return ()
        from sympy import Poly

        terms = [(int(power), normal(value)) for (power,), value in Poly(left, name).terms()]
        if len(terms) < 2 or not all(is_rational(value) and value > 0 for _, value in terms):
            return ()
        words: list[str | Number] = []
        for power, value in terms:
            assert is_rational(value)
            words.append(f"{' + ' if words else ''}{decimals(Fraction(value) / Fraction(whole), 3)}")
            words += [name**power] if power else []
        words += [", times " + format(int(whole), ",")] if whole != 1 else []
        words += [": between ", name ** terms[0][0], " and ", name ** terms[-1][0] if terms[-1][0] else "1"]
        half = {name: Fraction(1, 2)}
        actual, claimed = evaluated(left, half), evaluated(right, half)
        if is_rational(actual) and is_rational(claimed) and claimed > 0 and actual != claimed:
            share = (Fraction(actual) / Fraction(claimed) - 1) * 100
            side = "above" if share > 0 else "below"
            words += [f"; {decimals(abs(share), 0)} % {side} the claim at ", name, " = 0.5"]
        return tuple(words)

    def special_case(self, link: Link) -> tuple[Cause, ...]:
        """Tell whether the claim is the general formula at a value for which the spec is another."""
        question = self.question
        (side,) = question.counted
        for name, value in side.given.items():
            if not (isinstance(value, str) and is_number(value)) and type(value) is not int:
                continue
            parameter = side.spec.parameters.get(name)
            if name in question.symbols or (parameter is not None and parameter.default is not None):
                continue
            rest = {key: other for key, other in side.given.items() if key != name}
            report = side.analysed(question.claim, rest, exact=question.exact)
            general: Any = unified(report.measure(link.left.metric), question.symbols)
            free = [symbol for symbol in symbols_of(general) if str(symbol) == name]
            if free and is_zero(expanded(general.xreplace({free[0]: as_expr(Fraction(value))}) - link.right.value)):
                said = f"it is the formula for other values of {name}; {name} = {value} is another block"
                return (Cause("special-case", (said,)),)
        return ()


def _differs(difference: Number) -> bool:
    """Tell whether a formula is certainly not zero everywhere, by its value at one point."""
    point = {name: 2 + index % 2 for index, name in enumerate(symbols_of(difference))}
    try:
        return sign_of(evaluated(difference, point)) in (1, -1)
    except ZeroDivisionError:
        return False


def _end(value: Number, growing: Sequence[Any]) -> tuple[Number | None, bool]:
    """Return the limit as symbols grow together, or None; and whether there is none because it has no end."""
    found: Number | None = value
    try:
        for symbol in growing:
            found = None if found is None else limit_at_infinity(found, symbol, certain=True)
    except OpenLimitError:
        return None, False
    if len(growing) == 1:
        return found, found is None
    if found is not None and vanishes_at_infinity(normal(value - found), growing):
        return found, False
    return None, value != 0 and vanishes_at_infinity(normal(1 / as_expr(value)), growing) is True


def _ratio(link: Link) -> Number | None:
    ratio = share(link.right.value, link.left.value)
    if ratio is None or is_rational(ratio) or len(ratio.args) > 60 or _has_roots(ratio):
        return ratio
    from sympy import cancel

    return normal(cancel(ratio))


def _has_roots(value: Any) -> bool:
    from sympy import Pow

    return is_symbolic(value) and any(not power.exp.is_Integer for power in value.atoms(Pow))


def decimals(value: Fraction, places: int) -> str:
    """Return a positive number with so many decimals, half-way cases up; with more where it would come to 0.

    Examples
    --------
    >>> decimals(Fraction(1053696, 1110821), 3), decimals(Fraction(1, 30000), 3), decimals(Fraction(51, 10), 0)
    ('0.949', '0.00003', '5')
    """
    while places < 30 and value * 10**places < Fraction(1, 2):
        places += 1
    text = str(int(value * 10**places + Fraction(1, 2))).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}" if places else text


def rounded(value: Number, step: Fraction) -> Number:
    """Return a number at the nearest multiple of a step, half-way cases up."""
    from sympy import Rational, floor

    count = floor(as_expr(value) / Rational(step.numerator, step.denominator) + Rational(1, 2))
    return normal(Fraction(int(count)) * step)
