"""The steps of a derivation: what each kind states, and how it is proved.

A step holds formulas as they were read. Proving it yields the lines that are shown, with exact values in them, and the
way in which it was proved; there is no other way to a line. What is false is refuted with numbers, what stays open is
said to be open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, Problem, UndecidedError, listed, shorten
from flopcalc.number import Arithmetic, Number, as_expr, as_text, is_rational, normal, readable
from flopcalc.theory.equivalence import counterexample, evaluated, is_zero, symbols_of
from flopcalc.theory.limits import limit_at_infinity
from flopcalc.theory.lines import Derivative, Difference, Limit, Line, Part, Proved, Rounded
from flopcalc.theory.minima.finding import Minimum, minimize
from flopcalc.theory.notation import Reading, Statement
from flopcalc.theory.roots import positive_root
from flopcalc.theory.signs import Certificate, nonnegative, sign_of
from flopcalc.theory.textbook import textbook

if TYPE_CHECKING:
    from sympy import Expr

__all__ = [
    "Change",
    "Claim",
    "Context",
    "DerivationError",
    "Equality",
    "Least",
    "Limiting",
    "Neighbours",
    "Said",
    "Show",
    "Solving",
    "Task",
    "Value",
    "Values",
    "in_form",
    "put_in",
    "quantity_symbol",
]


HIGHEST_EXPONENT = 1000
"""The largest number that an exponent may be set to."""

LONGEST_VALUE = 24
"""Characters of an exact value that is shown where its rounded reading is."""


class DerivationError(FlopcalcError):
    """A step of a derivation does not hold."""


# -- what formulas mean ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Context:
    """What the names in a derivation's formulas stand for.

    Attributes
    ----------
    symbols : mapping of str to symbol
        The letters.
    names : mapping of str to symbol
        The quantities, each as a symbol of its own, for what is shown.
    values : mapping of str to Number
        The quantities' formulas in the letters, for what is proved.
    written : mapping of str to Number
        How the quantities that are no counts were written, in earlier ones.
    arithmetic : Arithmetic
    conditions : list of Number
        What is above zero wherever there are the specs that were counted.
    """

    symbols: Mapping[str, Expr]
    names: dict[str, Expr]
    values: dict[str, Number]
    written: dict[str, Number]
    arithmetic: Arithmetic
    conditions: list[Number] = field(default_factory=list)

    def shown(self, reading: Reading) -> Number:
        """Return a formula in which quantities are symbols."""
        return reading.value({**self.symbols, **self.names}, self.arithmetic)

    def value(self, reading: Reading) -> Number:
        """Return a formula in the letters alone."""
        return reading.value({**self.symbols, **self.values}, self.arithmetic)

    def at(self, settings: Mapping[str, Reading]) -> tuple[tuple[Expr, Number], ...]:
        """Return what symbols are set to."""
        return tuple((self.symbols[name], self.value(reading)) for name, reading in settings.items())

    def meaning(self, shown: Number) -> Number:
        """Return a shown formula with the quantities' formulas for their names."""
        return put_in(shown, tuple((self.names[name], value) for name, value in self.values.items()))


def put_in(value: Number, settings: Sequence[tuple[Expr, Number]]) -> Number:
    """Return a formula with values for some of its symbols, all at once.

    Raises
    ------
    DerivationError
        Where it has none there.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, O = symbol("C"), symbol("O")
    >>> put_in(C / O, [(C, O), (O, C)])
    O/C
    """
    if is_rational(value) or not settings:
        return value
    _refuse_large_exponents(value, settings)
    found = value.subs([(name, as_expr(item)) for name, item in settings], simultaneous=True)
    if found.is_finite is False:
        said = ", ".join(f"{name} = {as_text(item)}" for name, item in settings)
        raise DerivationError(Problem(f"{shorten(str(value))} has no value at {said}", None, "no division by zero"))
    return normal(found)


def _refuse_large_exponents(value: Any, settings: Sequence[tuple[Expr, Number]]) -> None:
    """Raise a DerivationError where a power would be too large to be worked out."""
    from sympy import Pow

    names: dict[Any, Any] = {name: as_expr(item) for name, item in settings}
    for power in value.atoms(Pow):
        if power.exp.free_symbols & names.keys():
            exponent = power.exp.subs(names, simultaneous=True)
            if exponent.is_number and abs(exponent) > HIGHEST_EXPONENT:
                raise DerivationError(
                    Problem(f"the exponent of {shorten(str(power))} is too large", None, f"at most {HIGHEST_EXPONENT}")
                )


def in_form(value: Number) -> Number:
    """Return a computed formula in a textbook's form; one with roots or powers such as 2^φ as it is."""
    if is_rational(value):
        return value
    from sympy import Pow

    if any(not power.exp.is_Integer for power in value.atoms(Pow)):
        return value
    return textbook(value)


# -- refuting --------------------------------------------------------------------------------------------------------


def _not_proved(what: str, left: Number, right: Number, relation: str, arithmetic: Arithmetic) -> FlopcalcError:
    """Return the error that a relation is refuted, with numbers, or that it is open."""
    gap = normal(left - right)
    wrong: Callable[[Number], bool] = {
        "=": lambda value: not is_zero(value),
        ">=": lambda value: sign_of(-value) == 1,
        "<=": lambda value: sign_of(value) == 1,
        ">": lambda value: sign_of(value) != 1,
        "<": lambda value: sign_of(-value) != 1,
    }[relation]

    def fits(assignment: Mapping[Any, int | Fraction]) -> bool:
        for relation in arithmetic.relations:
            size = evaluated(relation.difference, assignment)
            if is_rational(size) and (size < 0 or (relation.strict and size == 0)):
                return False
        return True

    names = symbols_of(gap)
    found = counterexample(lambda assignment: wrong(evaluated(gap, assignment)), names, fits)
    if found is None:
        return UndecidedError(
            Problem(
                f"whether {shorten(what, 120)} holds is open",
                None,
                "a step that is proved",
                "an assumption under `assume`",
            )
        )
    sides = (_reading(evaluated(side, found)) for side in (left, right))
    numbers = ", ".join(f"{name} = {value}" for name, value in found.items())
    return DerivationError(
        Problem(
            f"{shorten(what, 120)} does not hold",
            None,
            f"a relation that holds for all values; {'at ' + numbers + ' ' if numbers else ''}"
            f"the left side is {next(sides)}, the right one {next(sides)}",
        )
    )


def _reading(value: Number) -> str:
    return shorten(readable(value) if is_rational(value) else f"{as_text(value)} ≈ {value.evalf(6)}")


# -- the kinds of steps ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Show:
    """``show: MAC``: a quantity's formula, worked out."""

    name: str

    def prove(self, context: Context) -> Proved:
        """Return the formula of the quantity."""
        value = in_form(context.values[self.name])
        name = context.names[self.name]
        written = context.written.get(self.name)
        if written is None:
            return Proved((Line((name, value), ("=",)),), (), "counted")
        parts = (name, written) if written == value else (name, written, value)
        return Proved((Line(parts, ("=",) * (len(parts) - 1)),), (), "written out")


@dataclass(frozen=True, slots=True)
class Claim:
    """``claim: "MAC = HW(C₁ + C₂) + C₁C₂"``: an identity or an inequality, perhaps at some values of its symbols."""

    statement: Statement
    at: Mapping[str, Reading]

    def prove(self, context: Context) -> Proved:
        """Prove the relation for all values of the symbols.

        Raises
        ------
        DerivationError, UndecidedError
        """
        assert self.statement.left is not None
        sides = self.statement.left, self.statement.right
        shown = tuple(context.shown(side) for side in sides)
        settings = context.at(self.at)
        left, right = (put_in(context.value(side), settings) for side in sides)
        line = Line(shown, (self.statement.relation,), settings)
        if self.statement.relation == "=":
            if not is_zero(normal(left - right)):
                raise _not_proved(self.statement.text, left, right, "=", context.arithmetic)
            return Proved((line,), (), "identity")
        certificate = _certified(self.statement, left, right, context.arithmetic)
        larger, smaller = shown if self.statement.relation.startswith(">") else shown[::-1]
        sign = ">" if self.statement.relation in ("<", ">") else ">="
        evidence = Line((Difference(larger, smaller), certificate.formula, 0), ("=", sign), settings)
        return Proved((line,), (evidence,), "sum of squares" if certificate.squares else "signs")


def _certified(statement: Statement, left: Number, right: Number, arithmetic: Arithmetic) -> Certificate:
    """Return the certificate of an inequality; it is held against the difference once more."""
    relation = statement.relation
    gap = normal(left - right) if relation.startswith(">") else normal(right - left)
    found = nonnegative(gap, arithmetic, strict=relation in ("<", ">"))
    if found is not None and not found.squares:
        found = Certificate(_factored(gap, arithmetic), ())
    if found is None or not is_zero(normal(gap - found.formula)):
        raise _not_proved(statement.text, left, right, relation, arithmetic)
    return found


def _factored(value: Number, arithmetic: Arithmetic) -> Number:
    """Return a formula as a product whose factors are positive, where their signs are known."""
    if is_rational(value):
        return value
    from sympy import Mul, Pow, factor

    product = factor(value)
    if not (product.is_Mul or product.is_Pow):
        return normal(product)
    parts, turns = [], 0
    for base, exponent in product.as_powers_dict().items():
        turned = base.is_Add and exponent.is_Integer and sign_of(base, arithmetic) == -1
        turns += int(exponent) if turned else 0
        parts.append(Pow(-base if turned else base, exponent))
    if turns % 2:
        parts.append(-1)
    return normal(Mul(*parts))


@dataclass(frozen=True, slots=True)
class Equality:
    """``equality: {of: "MAC ≥ …", at: "c₁ = c₂"}``: where an inequality is an equality, and nowhere else."""

    of: Statement
    at: Statement

    def prove(self, context: Context) -> Proved:
        """Prove that the difference of both sides is 0 exactly there.

        Its certificate is a product; each factor that can be zero is zero there, and is monotone in the symbol.

        Raises
        ------
        DerivationError, UndecidedError
        """
        assert self.of.left is not None
        assert self.at.left is not None
        left, right = context.value(self.of.left), context.value(self.of.right)
        certificate = _certified(self.of, left, right, context.arithmetic)
        name = context.symbols[self.at.left.names[0]]
        there = context.value(self.at.right)
        gap = put_in(certificate.formula, [(name, there)])
        if not is_zero(gap):
            where = f"{self.of.text} is no equality where {self.at.text}"
            raise DerivationError(
                Problem(where, None, f"a difference of 0; there it is {shorten(as_text(in_form(gap)), 120)}")
            )
        if not _vanishes_alone(certificate.formula, name, there, context.arithmetic):
            raise UndecidedError(
                Problem(f"whether {self.of.text} is an equality only where {self.at.text} is open", None, "one place")
            )
        shown = (context.shown(self.of.left), context.shown(self.of.right), name, context.shown(self.at.right))
        larger, smaller = shown[:2] if self.of.relation.startswith(">") else shown[1::-1]
        evidence = Line((Difference(larger, smaller), certificate.formula), ("=",))
        return Proved((Line(shown, ("=", "<=>", "=")),), (evidence,), "equality")


def _vanishes_alone(formula: Number, name: Expr, there: Number, arithmetic: Arithmetic) -> bool:
    """Tell whether a product is zero only where a symbol has one value; that it is zero there is known."""
    if is_rational(formula):
        return False
    from sympy import factor

    found = False
    product = factor(formula) if formula.is_Add else formula
    for base in product.as_powers_dict():
        if base.is_number or sign_of(base, arithmetic) in (1, -1):
            continue
        slope = sign_of(normal(base.diff(name)), arithmetic)
        if slope not in (1, -1) or not is_zero(put_in(base, [(name, there)])):
            return False
        found = True
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """``grows: {what: MAC, with: g, holding: [B, c1, h, w]}``, and ``falls``: the sign of a derivative.

    A quantity that is held makes one symbol, which is not, depend on the others.
    """

    what: Reading
    symbol: str
    holding: tuple[str, ...]
    grows: bool

    def prove(self, context: Context) -> Proved:
        """Prove that the derivative has that sign for all values.

        Raises
        ------
        DerivationError, UndecidedError
        """
        name, shown = context.symbols[self.symbol], context.shown(self.what)
        value = in_form(context.value(self.what))
        held = tuple(context.symbols.get(item) or context.names[item] for item in self.holding)
        free = {name, *(context.symbols[item] for item in self.holding if item in context.symbols)}
        lines = []
        for item in self.holding:
            if item not in context.names:
                continue
            symbol, formula = _solved_for_the_rest(item, value, context, free)
            lines.append(Line((symbol, in_form(formula)), ("=",)))
            value, free = put_in(value, [(symbol, formula)]), {*free, context.names[item]}
        loose = [found for found in symbols_of(value) if found not in free]
        if loose:
            raise DerivationError(
                Problem(
                    f"what becomes of {listed(map(str, loose))} is not said",
                    None,
                    "every symbol held, or made to depend by a quantity that is",
                    f"holding: [{', '.join([*self.holding, *map(str, loose)])}]",
                )
            )
        slope = normal(value.diff(name)) if not is_rational(value) else 0
        sign = sign_of(slope, context.arithmetic)
        word = "grows" if self.grows else "falls"
        if sign is None:
            raise UndecidedError(Problem(f"whether {self.what.text} {word} with {name} is open", None, "one sign"))
        if sign != (1 if self.grows else -1):
            raise DerivationError(
                Problem(
                    f"{self.what.text} does not {word[:-1] if self.grows else 'fall'} with {name}",
                    None,
                    f"another sign of its derivative, {shorten(as_text(in_form(slope)), 120)}",
                )
            )
        if lines and shown != lines[-1].parts[0]:
            lines.append(Line((shown, in_form(value)), ("=",)))
        stated = Line(
            (Derivative(shown, name), _factored(slope, context.arithmetic), 0),
            ("=", ">" if self.grows else "<"),
            (),
            held,
        )
        return Proved((*lines, stated), (), "derivative")


def _solved_for_the_rest(item: str, value: Number, context: Context, free: set[Any]) -> tuple[Expr, Number]:
    """Solve a held quantity for the one symbol that is not settled yet, in terms of the quantity's name."""
    formula = context.values[item]
    if sign_of(formula, context.arithmetic) != 1:
        raise UndecidedError(Problem(f"whether {item} is above 0 is open", None, "what is held is above 0"))
    rest = [found for found in symbols_of(formula) if found not in free]
    for found in rest:
        roots = _positive_root(normal(formula - context.names[item]), found, context.arithmetic)
        if roots is not None and len(rest) == 1:
            return found, roots[0]
    raise DerivationError(
        Problem(
            f"holding {item} does not settle one symbol",
            None,
            "one symbol of it that is not held",
            f"it is {shorten(as_text(formula))}",
        )
    )


# -- solving ---------------------------------------------------------------------------------------------------------


def _positive_root(gap: Number, name: Expr, arithmetic: Arithmetic) -> tuple[Number, tuple[Any, ...]] | None:
    """Return the one positive root of an equation, and its coefficients; None where it is not of a kind that is solved.

    Solved are a·xⁿ + d = 0 and a·x²ⁿ + b·xⁿ + d = 0, where a and d have opposite signs.
    """
    if is_rational(gap) or not gap.has(name):
        return None
    from sympy import Poly, fraction, together

    top = fraction(together(gap))[0].expand()
    if not top.is_polynomial(name):
        return None
    polynomial = Poly(top, name)
    first, last = polynomial.LC(), polynomial.nth(0)
    if sign_of(normal(-last / first), arithmetic) != 1:
        return None
    if len(polynomial.terms()) > 2 and sign_of(normal(first), arithmetic) not in (1, -1):
        return None  # it says which of both roots is the positive one
    root = positive_root({power: value for (power,), value in polynomial.terms()}, arithmetic)
    return None if root is None else (normal(root), tuple(polynomial.all_coeffs()))


@dataclass(frozen=True, slots=True)
class Solving:
    """``solve: {equation: "a = b", for: c}``: the one positive solution, in closed form."""

    equation: Statement
    symbol: str
    expected: Reading | None
    name: str

    def prove(self, context: Context) -> Proved:
        """Solve the equation; put the solution back, and prove that there is no other.

        Raises
        ------
        DerivationError, UndecidedError
        """
        assert self.equation.left is not None
        sides = self.equation.left, self.equation.right
        gap = normal(context.value(sides[0]) - context.value(sides[1]))
        name = context.symbols[self.symbol]
        found = _positive_root(gap, name, context.arithmetic)
        if found is None or not is_zero(put_in(gap, [(name, found[0])])):
            raise UndecidedError(
                Problem(
                    f"{self.equation.text} is not solved for {name}",
                    None,
                    "an equation of degree 2 at most with one positive solution",
                )
            )
        root = shown = found[0]
        if self.expected is not None:
            root, shown = context.value(self.expected), context.shown(self.expected)
            if not is_zero(put_in(gap, [(name, root)])) or not _is_the_positive(root, found[1], context.arithmetic):
                raise DerivationError(
                    Problem(
                        f"{name} = {self.expected.text} does not solve {self.equation.text}",
                        None,
                        f"{name} = {shorten(as_text(found[0]), 120)}",
                    )
                )
        if self.name:
            context.names[self.name], context.values[self.name] = quantity_symbol(self.name), root
            context.written[self.name] = shown
        equation = Line((context.shown(sides[0]), context.shown(sides[1])), ("=",))
        method = "solved" if len(found[1]) == 3 and found[1][1] != 0 else "one root"
        return Proved((equation, Line((name, shown), ("=",))), (), method)


def _is_the_positive(root: Number, coefficients: tuple[Any, ...], arithmetic: Arithmetic) -> bool:
    """Tell whether a root of a·x² + b·x + d is the larger one, 2ax + b having a's sign, or a lone root is positive."""
    if len(coefficients) == 3:
        first, middle, _ = coefficients
        slope = sign_of(normal((2 * first * root + middle).expand()), arithmetic)
        return slope is not None and slope == sign_of(normal(first), arithmetic)
    return sign_of(root, arithmetic) == 1


def quantity_symbol(name: str) -> Expr:
    """Return the symbol that stands for a quantity where it is shown: any positive number."""
    from flopcalc.number import symbol

    return symbol(name, real=True)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """``neighbours: {equation: "a = b", for: c, at: {C: 64}}``: the whole numbers beside a solution, evaluated."""

    equation: Statement
    symbol: str
    at: Mapping[str, Reading]
    expected: tuple[int, ...]

    def prove(self, context: Context) -> Proved:
        """Evaluate both sides exactly at the whole numbers around the positive solution.

        Raises
        ------
        DerivationError, UndecidedError
        """
        assert self.equation.left is not None
        name, settings = context.symbols[self.symbol], context.at(self.at)
        sides = self.equation.left, self.equation.right
        values = [put_in(context.value(side), settings) for side in sides]
        found = _positive_root(normal(values[0] - values[1]), name, context.arithmetic)
        if found is None or symbols_of(found[0]):
            raise UndecidedError(
                Problem(
                    f"{self.equation.text} has no single positive solution in numbers",
                    None,
                    f"values for all symbols but {name}",
                )
            )
        below = context.arithmetic.floor(found[0])
        assert isinstance(below, int)
        whole = [below] if below == found[0] else [below, below + 1]
        if self.expected and list(self.expected) != whole:
            raise DerivationError(
                Problem(f"{name} is between {listed(map(str, whole))}", None, f"not {listed(map(str, self.expected))}")
            )
        lines = [Line((name, *_decimal(found[0])), _decimal_signs(found[0]), settings)]
        for count in whole:
            one, other = (put_in(value, [(name, count)]) for value in values)
            sign = "=" if one == other else "<" if sign_of(normal(other - one)) == 1 else ">"
            shown = tuple(context.shown(side) for side in sides)
            lines.append(Line((shown[0], one, other, shown[1]), ("=", sign, "="), (*settings, (name, count))))
        return Proved(tuple(lines), (), "evaluated")


# -- numbers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """What a value is said to be.

    Attributes
    ----------
    value : int or Fraction
    decimals : int or None
        The digits behind its decimal point that are printed, fewer than none in ``325 M``; None where it is exact.
    text : str
        As it is printed: ``93.4 %``.
    """

    value: int | Fraction
    decimals: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """``value: {of: ratio, at: {M: 240}, is: ≈ 7.14}``: a formula at some values, exactly and as it is printed."""

    of: Reading
    at: Mapping[str, Reading]
    expected: tuple[Said, ...]

    def prove(self, context: Context) -> Proved:
        """Evaluate the formula, and hold it against what it is said to be.

        Raises
        ------
        DerivationError
        """
        settings = context.at(self.at)
        value = put_in(context.value(self.of), settings)
        open_symbols = symbols_of(value)
        if open_symbols:
            raise DerivationError(
                Problem(
                    f"{self.of.text} has no value while {listed(map(str, open_symbols))} is open",
                    None,
                    "a value for every symbol",
                )
            )
        parts: list[Part] = [context.shown(self.of)]
        signs: list[str] = []
        rounded = any(said.decimals is not None for said in self.expected)
        if parts[0] != value and not (rounded and len(as_text(value)) > LONGEST_VALUE):
            parts.append(_exact(value))
            signs.append("=")
        for said in self.expected:
            if not _is_said(value, said):
                near = f" ≈ {_four(value)}" if type(value) is Fraction and value > 0 else ""
                sign = "=" if said.decimals is None else "≈"
                raise DerivationError(
                    Problem(f"{self.of.text} {sign} {said.text} is not so", None, f"{_reading(value)}{near}")
                )
            if said.decimals is not None:
                parts.append(Rounded(said.value, said.text))
                signs.append("≈")
        if not rounded:
            more = _decimal(value)[1:] if len(_decimal(value)) > 1 else ()
            parts += more
            signs += _decimal_signs(value)[1:] if more else ()
        return Proved((Line(tuple(parts), tuple(signs), settings),), (), "evaluated")


@dataclass(frozen=True, slots=True)
class Values:
    """``value: [{of: …}, {of: …}]``: several of them."""

    values: tuple[Value, ...]

    def prove(self, context: Context) -> Proved:
        """Evaluate each."""
        lines = (line for value in self.values for line in value.prove(context).lines)
        return Proved(tuple(lines), (), "evaluated")


def _is_said(value: Number, said: Said) -> bool:
    """Tell whether a value is what it is said to be: exactly, or to the digits that are printed."""
    gap = normal(value - said.value) if is_rational(value) else normal(value - as_expr(said.value))
    if said.decimals is None:
        return is_zero(gap)
    half = Fraction(10) ** -said.decimals / 2
    room = (half + gap, half - gap) if is_rational(gap) else (as_expr(half) + gap, as_expr(half) - gap)
    return all(nonnegative(normal(side)) is not None for side in room)


def _exact(value: Number) -> Part:
    """Return a value as it is shown: a long fraction that ends as a decimal is one."""
    if type(value) is Fraction and value.denominator > 100 and 10**6 % value.denominator == 0:
        return Rounded(value, _decimal_text(value))
    return value


def _decimal(value: Number) -> tuple[Part, ...]:
    """Return a value, and as a decimal number where that says more."""
    if is_rational(value) and (value.denominator == 1 or isinstance(_exact(value), Rounded)):
        return (_exact(value),)
    if isinstance(value, Fraction) and 10**6 % value.denominator == 0:
        return value, Rounded(value, _decimal_text(value))
    text = _four(value)
    return value, Rounded(Fraction(text), text)


def _decimal_signs(value: Number) -> tuple[str, ...]:
    parts = _decimal(value)
    if len(parts) == 1:
        return ("=",)
    last = parts[1]
    assert isinstance(last, Rounded)
    return ("=", "=" if is_rational(value) and last.value == value else "≈")


def _decimal_text(value: Fraction) -> str:
    return format(Decimal(value.numerator) / value.denominator, "f")


def _four(value: Number) -> str:
    """Return a positive number to four digits or its whole part, proved to round so."""
    arithmetic = Arithmetic()
    whole = arithmetic.floor(value)
    assert isinstance(whole, int)
    decimals = max(0, 4 - len(str(whole))) if whole else 4
    scaled = arithmetic.floor(normal(value * 10**decimals + as_expr(Fraction(1, 2))))
    assert isinstance(scaled, int)
    return _decimal_text(Fraction(scaled, 10**decimals)) if decimals else str(scaled)


@dataclass(frozen=True, slots=True)
class Limiting:
    """``limit: {of: ratio, when_large: O, is: "1/K²"}``: what something comes to as a symbol grows without end."""

    of: Reading
    symbol: str
    at: Mapping[str, Reading]
    expected: Reading | None

    def prove(self, context: Context) -> Proved:
        """Work the limit out.

        Raises
        ------
        DerivationError, UndecidedError
        """
        name, settings = context.symbols[self.symbol], context.at(self.at)
        found = limit_at_infinity(put_in(context.value(self.of), settings), name)
        if found is None:
            raise UndecidedError(Problem(f"{self.of.text} has no limit that is known as {name} grows", None, "one"))
        shown = in_form(found)
        if self.expected is not None:
            said = context.value(self.expected)
            if not is_zero(normal(found - said)):
                raise DerivationError(
                    Problem(
                        f"{self.of.text} does not tend to {self.expected.text}",
                        None,
                        f"its limit, {shorten(as_text(shown), 120)}",
                    )
                )
            shown = context.shown(self.expected)
        return Proved((Line((Limit(context.shown(self.of), name), shown), ("=",), settings),), (), "limit")


# -- the least -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Least:
    """``minimize: {what: MAC, holding: B, over: [c1, c2]}``: the least of a quantity while another is held."""

    what: str
    holding: str
    over: tuple[str, str]
    expected: Reading | None

    def prove(self, context: Context) -> Proved:
        """Find the least, with its proof.

        Raises
        ------
        DerivationError, UndecidedError, FlopcalcError
        """
        one, other = (context.symbols[name] for name in self.over)
        found = minimize(
            context.values[self.what],
            context.values[self.holding],
            (one, other),
            self.holding,
            context.arithmetic,
            context.conditions,
        )
        if found.minimum is None or not all(proof.holds(context.arithmetic) for proof in found.proofs):
            raise UndecidedError(
                Problem(f"{self.what} has no least value in closed form with {self.holding} held", None, "one")
            )
        named = put_in(found.minimum, [(found.budget, context.names[self.holding])])
        if self.expected is not None:
            said = context.shown(self.expected)
            if not is_zero(normal(said - named)):
                raise DerivationError(
                    Problem(
                        f"the least {self.what} with {self.holding} held is not {self.expected.text}",
                        None,
                        shorten(as_text(named), 120),
                    )
                )
            named = said
        stated = Line(
            (context.names[self.what], named), (">=",), (), (context.names[self.holding], *_rest(found, context))
        )
        return Proved(
            (stated, *_where(found, context.names[self.holding])),
            tuple(_square(found, context.names[self.what], named, context.names[self.holding])),
            "least",
        )


def _rest(found: Minimum, context: Context) -> tuple[Expr, ...]:
    """Return the symbols that are held, beside the budget."""
    names = symbols_of(found.objective, found.held)
    return tuple(name for name in context.symbols.values() if name in names and name not in found.over)


def _where(found: Minimum, held: Expr) -> Iterator[Line]:
    """Yield where the least is reached."""
    if found.condition is not None:
        yield Line(found.condition, ("=",))
    for name, value in found.where.items():
        yield Line((name, put_in(value, [(found.budget, held)])), ("=",))
    for value in found.requires:
        yield Line((put_in(value, [(found.budget, held)]), 0), (">",))


def _square(found: Minimum, what: Number, least: Number, held: Expr) -> Iterator[Line]:
    """Yield the square that the objective is above its least."""
    if found.certificate is not None:
        square = put_in(found.certificate, [(found.budget, held)])
        yield Line((Difference(what, least), square, 0), ("=", ">="))


Task: TypeAlias = "Show | Claim | Equality | Change | Solving | Neighbours | Value | Values | Limiting | Least"
"""What a step may be."""
