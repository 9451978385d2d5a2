"""The least that one cost can be while another is held fast: what the paper's G1 does, for any block.

Two symbols are free to change, and the held cost makes one of them a function of the other. The objective is then a
function of one positive number x. Where it is a·x + b/x + c with a and b positive, the arithmetic mean is never below
the geometric one:

    a·x + b/x + c = 2·√(a·b) + c + (√(a·x) − √(b/x))²,

so that the least is 2·√(a·b) + c, at x = √(b/a). Else the signs of its derivative's coefficients tell, by Descartes'
rule, whether it turns once. The least is over positive real numbers, and so holds for whole ones all the more.

A block may ask for more than positive symbols: of its output's O channels the pooled input makes C, so that O − C is
above zero too. Such conditions bound the curve, as the solved symbol's own sign does, and a turn beyond them is none.

Source: Ma et al. 2018, arXiv:1807.11164, section 2, G1 and equation 1, which is the case of a 1×1 convolution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.errors import FlopcalcError, Problem, UndecidedError, listed, shorten, suggest
from flopcalc.number import Arithmetic, Number, as_expr, expanded, is_rational, is_symbolic, normal
from flopcalc.theory.deadline import TimeIsUp, deadline
from flopcalc.theory.domain import unlike
from flopcalc.theory.equivalence import is_zero, polynomials_of, symbols_of
from flopcalc.theory.limits import limit_at_infinity
from flopcalc.theory.minima.curve import (
    Curve,
    NotLinearError,
    Question,
    Term,
    curve_of,
    factors_of,
    laid_out,
    open_part,
    open_sign,
    reduced,
    signs_of,
    simple,
    slope_of,
    terms_of,
    value_of,
)
from flopcalc.theory.roots import positive_root, root_of
from flopcalc.theory.signs import sign_of
from flopcalc.theory.textbook import textbook

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["MOST_SECONDS", "MOST_TERMS", "End", "Minimum", "Outcome", "Proof", "Term", "minimize"]

MOST_SECONDS = 5.0
"""How long one search for a minimum may take."""

MOST_TERMS = 120
"""How many terms the objective and the held cost may have, multiplied out."""

Outcome: TypeAlias = Literal["minimum", "root", "falls", "grows", "constant"]
"""How a search ended:

- ``minimum``: there is one least value, in closed form;
- ``root``: there is one, where :attr:`Minimum.stationarity` is zero, which has one positive root and no closed form;
- ``falls``, ``grows``: the objective only falls, or only grows, as :attr:`Minimum.free` grows, see :attr:`Minimum.end`;
- ``constant``: the held cost holds the objective too.
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """Something that a derivation rests on, so that it can be proved again.

    Attributes
    ----------
    step : str
        What it belongs to: ``solved``, ``substituted``, ``derivative``, ``sign``, ``square``, ``where``, ``minimum``,
        ``condition``, ``excess`` or ``feasible``.
    kind : str
        ``zero``: `value` is zero for all values of its symbols; ``positive``: it is above zero for all positive ones.
    value : Number
    """

    step: str
    kind: Literal["zero", "positive"]
    value: Number

    def holds(self, arithmetic: Arithmetic | None = None) -> bool:
        """Prove it again.

        Examples
        --------
        >>> Proof("sign", "positive", 3).holds()
        True
        """
        return is_zero(self.value) if self.kind == "zero" else sign_of(self.value, arithmetic or Arithmetic()) == 1


@dataclass(frozen=True, slots=True)
class End:
    """Where an objective that only falls or only grows comes nearest to its least, which it does not reach.

    Attributes
    ----------
    free : Number, optional
        What the free symbol tends to; None where it grows without end.
    value : Number, optional
        What the objective tends to there; None where it falls without end, or where that is not worked out.
    emptied : bool
        Whether the solved symbol becomes 0 there, which ends the curve.
    condition : Number, optional
        Else, of the conditions, the one that becomes 0 there.
    """

    free: Number | None
    value: Number | None
    emptied: bool = False
    condition: Number | None = None


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least of one cost with another held, over positive real values of two symbols, and how it is proved.

    Attributes
    ----------
    outcome : Outcome
    objective, held : Number
        The formulas, in elements, FLOPs or whatever they count.
    over : tuple of two symbols
        What may change.
    budget : symbol
        What the held formula equals.
    free, solved : symbol
        Of `over`, the one that varies, and the one that the held formula makes a function of it.
    solution : Number
        That function: `solved` in terms of `free` and `budget`.
    substituted : Number
        The objective with `solution` put in.
    variable : Number
        What `terms` and `stationarity` are polynomials in: `free`, or `free` and something more (``C + K**2 + O``).
    terms : tuple of Term
        `substituted` by powers of `variable`, the highest first; empty where it is no such sum.
    stationarity : Number
        A polynomial in `variable` of the sign of the objective's derivative: zero at the minimum.
    signs : tuple of Term
        Its coefficients by powers of `variable`, the highest first. They are proved to change their sign once at a
        minimum, and never where the objective only falls or grows.
    minimum : Number, optional
        The least value, in terms of `budget`.
    where : mapping of symbol to Number
        The values of both symbols there, in the order of `over`; empty where there is no closed form.
    bound : Number, optional
        `minimum` with the held formula for `budget`: never above `objective`.
    condition : tuple of two Numbers, optional
        The relation between both symbols at the minimum, ``left = right``: (C, O), (O, s**2*C).
    certificate : Number, optional
        The square that `substituted` is above `minimum`; None where the derivative proves it.
    excess : Number, optional
        The same in terms of both symbols: `objective` − `bound`.
    requires : tuple of Number
        What must be positive for the minimum to be reached, and is not for every `budget`. The bound holds in any case.
    end : End, optional
        Where an objective that falls or grows comes near to its least; None where that is open.
    beyond : bool
        Whether an objective that falls or grows would turn beyond the end of the curve, and not before.
    conditions : tuple of Number
        What of `over` is above zero on the curve, beside both symbols.
    proofs : tuple of Proof
    """

    outcome: Outcome
    objective: Number
    held: Number
    over: tuple[Expr, Expr]
    budget: Expr
    free: Expr
    solved: Expr
    solution: Number
    substituted: Number
    variable: Number
    terms: tuple[Term, ...]
    stationarity: Number
    signs: tuple[Term, ...]
    minimum: Number | None
    where: Mapping[Any, Number]
    bound: Number | None
    condition: tuple[Number, Number] | None
    certificate: Number | None
    excess: Number | None
    requires: tuple[Number, ...]
    end: End | None
    proofs: tuple[Proof, ...]
    beyond: bool = False
    conditions: tuple[Number, ...] = ()


def minimize(
    objective: Number,
    held: Number,
    over: Sequence[Expr | str],
    name_of_held: str = "B",
    arithmetic: Arithmetic | None = None,
    conditions: Sequence[Number] = (),
) -> Minimum:
    """Return the least of one cost with another held, over positive real values of two symbols.

    Parameters
    ----------
    objective, held : Number
        Formulas in positive symbols, rational in those of `over`; one of these is linear in `held`.
    over : sequence of two symbols, or of their names
        What may change; all other symbols are any positive numbers.
    name_of_held : str
        The name for what `held` equals; where a symbol has that name, a 0 is put behind it.
    arithmetic : Arithmetic, optional
        The assumptions by which signs are decided.
    conditions : sequence of Number
        Formulas that are above zero wherever there is such a block, rational in the symbols of `over`.

    Raises
    ------
    UndecidedError
        Where a sign is open, or it would take too long.
    FlopcalcError
        Where both costs cannot be treated so.

    Examples
    --------
    ShuffleNetV2's G1, MAC ≥ 2√(hwB) + B/(hw), with equality where c1 = c2:

    >>> from flopcalc.number import symbol
    >>> h, w, c1, c2 = (symbol(name) for name in ("h", "w", "c1", "c2"))
    >>> g1 = minimize(h * w * (c1 + c2) + c1 * c2, h * w * c1 * c2, (c1, c2))
    >>> g1.minimum
    2*sqrt(B)*sqrt(h)*sqrt(w) + B/(h*w)
    >>> g1.condition, g1.excess
    ((c1, c2), h*w*(sqrt(c1) - sqrt(c2))**2)
    """
    arithmetic = arithmetic or Arithmetic()
    one, other = _asked(objective, held, over)
    budget = _fresh(name_of_held, symbols_of(objective, held))
    try:
        with deadline(MOST_SECONDS):
            return _best(Question(objective, held, (one, other), budget, arithmetic, tuple(conditions)))
    except (TimeIsUp, RecursionError):
        raise UndecidedError(
            Problem(
                f"the least over {one} and {other} takes longer than {MOST_SECONDS:g} seconds to work out",
                None,
                "shorter formulas",
                "numbers for some of the other symbols",
            )
        ) from None


def _asked(objective: Number, held: Number, over: Sequence[Any]) -> tuple[Any, Any]:
    """Return the two symbols, or raise a FlopcalcError where the question is none."""
    names = [str(name) for name in over]
    if len(names) != 2 or names[0] == names[1]:
        count = "1 symbol" if len(names) == 1 else f"{len(names)} symbols"
        raise FlopcalcError(
            Problem(
                f"the least is over {count}" if len(names) != 2 else f"{shorten(names[0])} is named twice",
                None,
                "two symbols, one of which the held cost makes a function of the other",
                "numbers for the others" if len(names) > 2 else "name two",
            )
        )
    known = {str(symbol): symbol for symbol in symbols_of(objective, held)}
    for name in names:
        if name not in known:
            raise FlopcalcError(
                Problem(
                    f"neither formula depends on {shorten(name)}",
                    None,
                    f"two of {listed(known, 'none, as there are no symbols')}",
                    suggest(name, known),
                )
            )
    one, other = (known[name] for name in names)
    for name in (one, other):
        if name not in symbols_of(held):
            raise FlopcalcError(
                Problem(
                    f"what is held does not depend on {name}: {shorten(str(held))}",
                    None,
                    f"a held cost that depends on both {one} and {other}",
                )
            )
    for what, value in (("the objective", objective), ("what is held", held)):
        if is_rational(value):
            continue
        if not value.is_rational_function(one, other):
            raise FlopcalcError(
                Problem(
                    f"{what} is no rational function of {one} and {other}: {shorten(str(value))}",
                    None,
                    "sums, products and quotients alone",
                    "without --exact-rounding, rounding is read as in textbooks",
                )
            )
        if _size(value) > MOST_TERMS:
            raise FlopcalcError(
                Problem(
                    f"{what} has more than {MOST_TERMS} terms",
                    None,
                    "a block",
                    "numbers for some of the other symbols",
                )
            )
    return one, other


def _size(value: Any) -> int:
    """Return how many terms a formula has, multiplied out where that is not much work."""
    from sympy import Add, Mul, Pow

    simple = expanded(value)
    if is_rational(simple):
        return 1
    if any(sum(factor.is_Add for factor in node.args) > 1 for node in simple.atoms(Mul)):
        return MOST_TERMS + 1
    if any(power.base.is_Add and power.exp.is_Integer and power.exp > 1 for power in simple.atoms(Pow)):
        return MOST_TERMS + 1
    return sum(len(node.args) for node in simple.atoms(Add)) or 1


def _fresh(name: str, taken: Sequence[Any]) -> Any:
    from sympy import Symbol

    while name in {str(symbol) for symbol in taken}:
        name += "0"
    return Symbol(name, positive=True)


def _best(question: Question) -> Minimum:
    """Solve for the second symbol, or for the first; of the two, the one that leads to a closed form."""
    first, second = question.over
    problems: list[FlopcalcError] = []  # that a cost is not linear tells least
    found: list[Minimum] = []
    for free, solved in ((first, second), (second, first)):
        try:
            minimum = _along(question, curve_of(question, free, solved))
        except NotLinearError as error:
            problems.append(error)
            continue
        except FlopcalcError as error:
            problems.insert(0, error)
            continue
        if minimum.outcome != "root":
            return minimum
        found.append(minimum)
    if found:
        return found[0]
    raise problems[0]


# -- the least along a curve -----------------------------------------------------------------------------------------


def _along(question: Question, curve: Curve) -> Minimum:
    arithmetic = question.arithmetic
    slope = slope_of(curve, question)
    found = _Draft(question, curve, slope)
    ways = signs_of(slope, arithmetic)
    if not slope:
        return found.made("constant", minimum=normal(curve.substituted), bound=question.objective)
    if ways == {(1, -1)}:
        return found.at_the_turn()
    if ways in ({(1,)}, {(-1,)}):
        return found.one_way("grows" if ways == {(1,)} else "falls")
    if ways == {(-1, 1)}:
        raise FlopcalcError(
            Problem(
                f"the objective has no least value over {curve.free}: it grows, and then falls",
                None,
                "costs that fall and then grow",
                "two other symbols",
            )
        )
    both = " and ".join(str(name) for name in question.over)
    raise open_sign(slope, question, f"whether there is a least value over {both}")


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is found along a curve, before it is put together."""

    question: Question
    curve: Curve
    slope: tuple[Term, ...]

    # -- an interior minimum -----------------------------------------------------------------------------------------

    def at_the_turn(self) -> Minimum:
        """Return the minimum at the one positive root of the derivative."""
        curve, arithmetic = self.curve, self.question.arithmetic
        root = _root_of(self.slope, arithmetic)
        if root is None:
            return self.at_the_root()
        return self.at(laid_out((root - curve.shift) / curve.slope))

    def at(self, free: Any) -> Minimum:
        """Return the minimum where the free symbol has one value, or that this is beyond the end of the curve."""
        curve, arithmetic = self.curve, self.question.arithmetic
        solved = laid_out(curve.solution.subs(curve.free, free))
        requires: list[Number] = []
        for along in (as_expr(curve.free), *self.positive):
            value = solved if along is curve.solution else laid_out(_put(along, curve.free, free))
            sign = sign_of(value, arithmetic)
            if sign in (0, -1):
                proofs = [] if value == 0 else [Proof("feasible", "positive", normal(-value))]
                return self.beyond("grows" if along is curve.free else self.side_of(along), proofs)
            if sign is None:
                requires.append(open_part(value, arithmetic))
        proofs = self.signs_proved()
        pair = _pair(self.terms())
        if pair is not None:
            minimum, certificate, squared = self.by_means(*pair)
            proofs += squared
        else:
            minimum, certificate = normal(simple(curve.substituted.subs(curve.free, free))), None
        stationarity = value_of(self.slope, curve.variable)
        proofs += [
            Proof("where", "zero", _put(stationarity, curve.free, free)),
            Proof("minimum", "zero", _put(curve.substituted, curve.free, free) - minimum),
            Proof(
                "feasible",
                "zero",
                normal(_put(self.question.held, curve.free, free, curve.solved, solved)) - self.question.budget,
            ),
        ]
        bound = self.in_symbols(minimum)
        condition = self.condition()
        excess = None
        if certificate is not None:
            excess = self.in_symbols(certificate, square=True)
            proofs.append(Proof("excess", "zero", normal(self.question.objective - bound - excess)))
        values = {curve.free: free, curve.solved: solved}
        return self.made(
            "minimum",
            minimum=minimum,
            where={name: values[name] for name in self.question.over},
            bound=bound,
            condition=condition,
            certificate=certificate,
            excess=excess,
            requires=unlike(requires),
            proofs=proofs,
        )

    def by_means(self, high: Term, low: Term, rest: Any) -> tuple[Number, Any, list[Proof]]:
        """Return the least of a·x^k + b·x^(−k) and what is beside them, the square above it, and the proofs of both."""
        curve = self.curve
        minimum = laid_out(2 * root_of(high.coefficient * low.coefficient, 2)) + rest
        half = _half(high.exponent)
        difference = (
            root_of(high.coefficient, 2) * curve.variable**half - root_of(low.coefficient, 2) / curve.variable**half
        )
        certificate = difference**2
        proofs = [
            Proof("sign", "positive", high.coefficient),
            Proof("sign", "positive", low.coefficient),
            Proof("square", "zero", normal(curve.substituted - minimum - certificate)),
        ]
        return normal(minimum), certificate, proofs

    # -- no interior minimum -----------------------------------------------------------------------------------------

    def one_way(self, outcome: Outcome) -> Minimum:
        """Return that the objective only falls, or only grows, and what it comes near to."""
        return self.made(outcome, end=self.end(outcome), proofs=self.signs_proved())

    def beyond(self, outcome: Outcome, proofs: Sequence[Proof]) -> Minimum:
        """Return that it does as far as the curve goes, because it would turn beyond its end."""
        return self.made(outcome, end=self.end(outcome), proofs=[*self.signs_proved(), *proofs], beyond=True)

    def at_the_root(self) -> Minimum:
        """Return that the turn, for which there is no closed form, is on the curve, or that it lies beyond its end."""
        curve, arithmetic = self.curve, self.question.arithmetic
        slope = value_of(self.slope, curve.variable)
        ends: list[tuple[Number, bool]] = [(0, False)] if curve.shift != 0 else []
        for along in self.positive:
            low, high = self.stretch_of(along)
            ends += [(end, upper) for end, upper in ((low, False), (high, True)) if end is not None]
        proofs: list[Proof] = []
        for end, upper in ends:
            there = laid_out(_put(slope, curve.free, end))
            # the slope is below zero before the turn, and above zero behind it
            sign = sign_of(there, arithmetic)
            if sign is None:
                raise open_sign((Term(0, there),), self.question, "whether the least value is on the curve")
            if sign == 0 or (sign == -1) is upper:
                there = normal(-there) if upper else there
                return self.beyond(
                    "falls" if upper else "grows", [Proof("feasible", "positive", there)] if sign else []
                )
            proofs.append(Proof("feasible", "positive", there if upper else normal(-there)))
        return self.made("root", condition=self.condition(), proofs=[*self.signs_proved(), *proofs])

    # -- how far the curve goes ---------------------------------------------------------------------------------------

    @property
    def positive(self) -> tuple[Any, ...]:
        """What is above zero as far as the curve goes, along it: the solved symbol, and the conditions."""
        curve = self.curve
        return (curve.solution, *(as_expr(value).subs(curve.solved, curve.solution) for value in self.conditions))

    @property
    def conditions(self) -> tuple[Any, ...]:
        """The conditions that speak of the two symbols."""
        over = {*self.question.over}
        return tuple(value for value in self.question.conditions if over & {*symbols_of(value)})

    def side_of(self, along: Any) -> Outcome:
        """Tell on which side of the turn the curve lies, where the turn is beyond its end."""
        low, high = self.stretch_of(along)
        if (low is None) == (high is None):
            raise self.no_domain(along)
        return "falls" if low is None else "grows"

    def stretch_of(self, along: Any) -> tuple[Number | None, Number | None]:
        """Return :meth:`domain`, or raise that it is open."""
        found = self.domain(along)
        if found is None:
            raise self.no_domain(along)
        return found

    def no_domain(self, along: Any) -> UndecidedError:
        """Return the error that it is open where something is positive."""
        named = self.curve.solved if along is self.curve.solution else laid_out(along)
        return UndecidedError(
            Problem(
                f"where {shorten(str(named), 100)} is positive is not known",
                None,
                "simpler costs",
                "numbers for the other symbols, or two other symbols",
            )
        )

    def domain(self, along: Any) -> tuple[Number | None, Number | None] | None:
        """Return between which values of the free symbol something is positive along the curve; None where it is open.

        Within, None stands for 0 and for no end.
        """
        from sympy import cancel, together

        curve, arithmetic = self.curve, self.question.arithmetic
        parts = polynomials_of(cancel(together(along)), curve.free)
        if parts is None:
            return None
        top, bottom = map(terms_of, parts)
        if signs_of(bottom, arithmetic) == {(-1,)}:
            top = tuple(Term(term.exponent, normal(-term.coefficient)) for term in top)
        elif signs_of(bottom, arithmetic) != {(1,)}:
            return None
        ways = signs_of(top, arithmetic) - {(-1,)}  # there would be no curve at all
        if ways == {(1,)}:
            return None, None
        rising = ways == {(1, -1)}
        root = _root_of(top, arithmetic) if rising or ways == {(-1, 1)} else None
        if root is None:
            return None
        end = laid_out(root)
        # the root solves the equation, and is not the negative one
        if not is_zero(_put(value_of(top, curve.free), curve.free, root)) or sign_of(end, arithmetic) in (0, -1):
            return None
        return (end, None) if rising else (None, end)

    def end(self, outcome: Outcome) -> End | None:
        """Return what an objective that falls or grows comes near to; None where the end of the curve is open."""
        curve = self.curve
        own: list[Any] = [curve.solved, *self.conditions]
        ends: list[tuple[Any, Any]] = []
        for condition, along in zip(own, self.positive, strict=True):
            if any(sign_of(laid_out(condition - other), self.question.arithmetic) == 1 for other in own):
                continue  # it is above another one that is above zero
            domain = self.domain(along)
            if domain is None:
                return None
            at = domain[1] if outcome == "falls" else domain[0]
            if at is not None:
                ends.append((at, condition))
        if ends:
            nearest = self.nearest(ends, first=outcome == "falls")
            if nearest is None:
                return None
            at, condition = nearest
            value = laid_out(_put(curve.substituted, curve.free, at))
            emptied = condition is curve.solved
            return End(at, value, emptied, None if emptied else condition)
        if outcome == "falls":
            return End(None, limit_at_infinity(normal(curve.substituted), curve.free))
        return End(0, limit_at_infinity(normal(curve.substituted.subs(curve.free, 1 / curve.free)), curve.free))

    def nearest(self, ends: Sequence[tuple[Any, Any]], *, first: bool) -> tuple[Any, Any] | None:
        """Return the least of the curve's ends, or the greatest; None where that is open."""
        best = ends[0]
        for other in ends[1:]:
            sign = sign_of(laid_out(as_expr(other[0]) - as_expr(best[0])), self.question.arithmetic)
            if sign is None:
                return None
            best = other if sign and (sign == -1) is first else best
        return best

    # -- parts -------------------------------------------------------------------------------------------------------

    def terms(self) -> tuple[Term, ...]:
        """Return the objective by powers of the variable; empty where it is no such sum."""
        if len(self.curve.bottom) != 1:
            return ()
        lowest = self.curve.bottom[0]
        return tuple(
            Term(term.exponent - lowest.exponent, reduced(term.coefficient / as_expr(lowest.coefficient)))
            for term in self.curve.top
        )

    def signs_proved(self) -> list[Proof]:
        """Return that the slope's coefficients have their signs, and that it has the sign of the derivative."""
        curve, arithmetic = self.curve, self.question.arithmetic
        proofs = []
        for term in self.slope:
            sign = sign_of(term.coefficient, arithmetic)
            if sign:
                proofs.append(Proof("sign", "positive", normal(sign * term.coefficient)))
        quotient = normal((_derivative(curve) / value_of(self.slope, curve.variable)).cancel())
        if not curve.substituted.diff(curve.free).is_zero:
            proofs.append(Proof("derivative", "positive", textbook(quotient)))
        return proofs

    def in_symbols(self, value: Any, *, square: bool = False) -> Number:
        """Return a value with the held formula for the budget."""
        from sympy import factor_terms

        held = as_expr(self.question.held).factor()
        if not square:
            return laid_out(value.subs(self.question.budget, held)) if is_symbolic(value) else value
        root = factor_terms(value.base.subs(self.question.budget, held).expand())
        return normal((-root if root.could_extract_minus_sign() else root) ** 2)

    def condition(self) -> tuple[Number, Number] | None:
        """Return the relation of both symbols where the derivative is zero."""
        from sympy import Add, Mul, Poly, fraction, together

        first, second = self.question.over
        arithmetic = self.question.arithmetic
        held = value_of(self.slope, self.curve.variable).subs(self.question.budget, self.question.held)
        top, _ = fraction(together(held))
        left = [factor for factor, _ in factors_of(top) if sign_of(normal(factor), arithmetic) is None]
        relation = Mul(*left).expand()
        solved: tuple[Number, Number] | None = None
        for name in (second, first):
            polynomial = Poly(relation, name)
            if polynomial.degree() == 1:
                slope, rest = polynomial.all_coeffs()
                value = (-rest / slope).factor()
                if value == first and name == second:
                    return first, second
                negative = any(term.could_extract_minus_sign() for part in value.atoms(Add) for term in part.args)
                if not fraction(value)[0].atoms(Add) and not negative:
                    return name, normal(value)
                solved = solved or (name, normal(value))
        terms = Add.make_args(relation)
        sides = [[term for term in terms if term.could_extract_minus_sign() is minus] for minus in (False, True)]
        left, right = sorted((Add(*sides[0]), -Add(*sides[1])), key=lambda side: len(Add.make_args(side)))
        if (left.is_Add and solved) or not all(sides):
            return solved
        return normal(left), normal(right)

    def made(
        self,
        outcome: Outcome,
        *,
        minimum: Number | None = None,
        where: Mapping[Any, Number] | None = None,
        bound: Number | None = None,
        condition: tuple[Number, Number] | None = None,
        certificate: Number | None = None,
        excess: Number | None = None,
        requires: tuple[Number, ...] = (),
        end: End | None = None,
        beyond: bool = False,
        proofs: Sequence[Proof] = (),
    ) -> Minimum:
        """Put a result together, with the proofs of its first steps."""
        question, curve = self.question, self.curve
        solved = as_expr(question.held).subs(curve.solved, curve.solution) - question.budget
        substituted = as_expr(question.objective).subs(curve.solved, curve.solution) - curve.substituted
        return Minimum(
            outcome=outcome,
            objective=question.objective,
            held=question.held,
            over=question.over,
            budget=question.budget,
            free=curve.free,
            solved=curve.solved,
            solution=textbook(normal(curve.solution)),
            substituted=value_of(self.terms(), curve.variable) if self.terms() else normal(curve.substituted),
            variable=normal(curve.variable),
            terms=self.terms(),
            stationarity=normal(value_of(self.slope, curve.variable)),
            signs=self.slope,
            minimum=minimum,
            where=where or {},
            bound=bound,
            condition=condition,
            certificate=certificate,
            excess=excess,
            requires=requires,
            end=end,
            beyond=beyond,
            conditions=self.conditions,
            proofs=(
                Proof("solved", "zero", normal(solved)),
                Proof("substituted", "zero", normal(substituted)),
                *proofs,
            ),
        )


def _derivative(curve: Curve) -> Any:
    """Return the derivative of the objective by the free symbol, as one fraction."""
    from sympy import together

    return together(curve.substituted.diff(curve.free))


def _pair(terms: Sequence[Term]) -> tuple[Term, Term, Any] | None:
    """Return the terms a·x^k and b·x^(−k), and the constant beside them, where there are no others."""
    others = [term for term in terms if term.exponent]
    if len(others) != 2 or others[0].exponent != -others[1].exponent:
        return None
    rest = sum(term.coefficient for term in terms if not term.exponent)
    return others[0], others[1], rest


def _root_of(terms: Sequence[Term], arithmetic: Arithmetic) -> Any:
    """Return the one positive root of a polynomial whose coefficients change their sign once; None if not closed."""
    return positive_root({term.exponent - terms[-1].exponent: term.coefficient for term in terms}, arithmetic)


def _half(exponent: int) -> Any:
    from sympy import Rational

    return Rational(exponent, 2)


def _put(value: Any, name: Any, put: Any, other: Any = None, second: Any = None) -> Any:
    """Return a formula with one symbol, or two, replaced at once."""
    replaced = {name: put} if other is None else {name: put, other: second}
    return as_expr(value).subs(replaced, simultaneous=True)
