"""Whether a formula is zero: proved by exact algebra, or refuted by whole numbers.

A formula in positive symbols is brought to one fraction of polynomials with rational coefficients. Roots of symbols
become symbols of their own (√C = t with C = t²), roots of sums and powers such as 2^φ become generators whose relations
are kept. A numerator that is zero proves an identity. Nothing here is decided by floating-point numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.number import Arithmetic, Number, is_rational, normal, ring_over

__all__ = [
    "Generators",
    "TooLargeError",
    "counterexample",
    "evaluated",
    "generated",
    "is_zero",
    "polynomials_of",
    "ring_fraction",
    "symbols_of",
]

MOST_BITS = 100_000
"""How many bits a value may have."""

MOST_CANDIDATES = 4000
"""How many assignments are tried before a search for a counterexample gives up."""


def symbols_of(*values: Number) -> tuple[Any, ...]:
    """Return the symbols of formulas, by name."""
    found = {symbol for value in values if not is_rational(value) for symbol in value.free_symbols}
    return tuple(sorted(found, key=lambda symbol: (str(symbol), symbol.is_integer is not True)))


# -- identities ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Generators:
    """The generators of a polynomial ring in which a formula is written, and the relations between them."""

    roots: dict[Any, int]
    """By which power a symbol is replaced: C = t^n."""
    replaced: dict[Any, Any]
    """What stands for a part of the formula that is no rational function: a new symbol."""
    relations: list[tuple[Any, int, Any]]
    """(r, n, inside): r^n equals inside."""

    def back(self, value: Any) -> Any:
        """Return a formula in the generators in terms of the symbols again."""
        from sympy import Pow

        known = {new: old for old, new in self.replaced.items()}
        known |= {self.root(name): Pow(name, _rational(1, power)) for name, power in self.roots.items() if power > 1}
        return value.xreplace(known) if not is_rational(value) else value

    def root(self, name: Any) -> Any:
        from sympy import Symbol

        return Symbol(f"{name}^(1/{self.roots[name]})", positive=True) if self.roots.get(name, 1) > 1 else name


def _rational(top: int, bottom: int) -> Any:
    from sympy import Rational

    return Rational(top, bottom)


def generated(value: Any) -> tuple[Any, Generators]:
    """Write a formula as a rational function of generators."""
    from sympy import Pow

    value = _powers_taken_apart(_rounded_down(value))
    roots: dict[Any, int] = {}
    for power in value.atoms(Pow):
        if power.base.is_Symbol and power.base.is_positive and power.exp.is_Rational and power.exp.q > 1:
            roots[power.base] = math.lcm(roots.get(power.base, 1), int(power.exp.q))
    generators = Generators(roots, {}, [])
    if roots:
        value = value.subs({name: generators.root(name) ** power for name, power in roots.items()}, simultaneous=True)
    return _without_others(value, generators), generators


def _rounded_down(value: Any) -> Any:
    """Write ceilings as floors, and floors in one form: ⌈n/d⌉ is ⌊(n - 1)/d⌋ + 1 for whole numbers n and d."""
    from sympy import ceiling, floor, fraction, together

    if not value.has(ceiling, floor):
        return value

    def down(inside: Any) -> Any:
        whole, rest = _whole_part(inside.expand())
        if rest == 0:
            return whole
        known = Arithmetic()
        for least in (-1, 0):  # as of -1/s, which is from -1 to below 0
            if known.decide(rest - least, strict=False) and known.decide(least + 1 - rest, strict=True):
                return whole + least
        if rest.could_extract_minus_sign():  # ⌊-n/d⌋ is -⌈n/d⌉
            top, bottom = fraction(together(-rest))
            if top.is_integer and bottom.is_integer and bottom.is_positive:
                return whole - floor(((top - 1) / bottom).expand()) - 1
        return whole + floor(rest)

    def up(inside: Any) -> Any:
        top, bottom = fraction(together(inside))
        if top.is_integer and bottom.is_integer and bottom.is_positive:
            return down((top - 1) / bottom) + 1
        return ceiling(inside)

    return value.replace(ceiling, up).replace(floor, down)


def _whole_part(value: Any) -> tuple[Any, Any]:
    """Return the terms of a sum that are whole numbers, and the others."""
    from sympy import Add

    terms = Add.make_args(value)
    whole = [term for term in terms if term.is_integer]
    return Add(*whole), Add(*(term for term in terms if not term.is_integer))


def _powers_taken_apart(value: Any) -> Any:
    """Write powers with symbols in the exponent as products of powers of primes and symbols to single terms."""
    from sympy import Mul, Pow, factorint

    symbolic = [power for power in value.atoms(Pow) if power.exp.free_symbols]
    if not symbolic:
        return value
    known: dict[Any, Any] = {}
    for power in symbolic:
        if power.base.is_Rational and power.base > 0:
            primes = {**factorint(power.base.p)}
            for prime, exponent in factorint(power.base.q).items():
                primes[prime] = primes.get(prime, 0) - exponent
            known[power] = Mul(*(Pow(prime, exponent * power.exp) for prime, exponent in primes.items() if prime != 1))
    value = value.xreplace(known) if known else value
    return value.expand(power_exp=True, power_base=True, mul=False, multinomial=False, basic=False, log=False)


def _without_others(value: Any, generators: Generators) -> Any:
    """Replace what is no sum, product or whole power by symbols, and keep what is known of these."""
    from sympy import Dummy

    if value.is_Rational or value.is_Symbol:
        return value
    if value.is_Add or value.is_Mul:
        return value.func(*(_without_others(argument, generators) for argument in value.args))
    if value.is_Pow and value.exp.is_Integer:
        return _without_others(value.base, generators) ** value.exp
    if value.is_Pow and value.exp.is_Rational:
        taken = _number_taken_out(value)
        if taken is not None:
            return _without_others(taken, generators)
        base = _without_others(value.base, generators)
        key = base ** _rational(1, int(value.exp.q))
        if key not in generators.replaced:
            generators.replaced[key] = Dummy("r", positive=True)
            generators.relations.append((generators.replaced[key], int(value.exp.q), base))
        return generators.replaced[key] ** int(value.exp.p)
    if value.is_Pow and value.exp.free_symbols:
        factor, rest = value.exp.as_coeff_Mul()
        if factor.is_Integer:
            return _other(value.base**rest, generators) ** int(factor)
        if factor.is_Rational:
            return _other(value.base ** (rest / factor.q), generators) ** int(factor.p)
    return _other(value, generators)


def _number_taken_out(power: Any) -> Any:
    """Write √6 as √2·√3, and √(2·C + 4) as √2·√(C + 2), so that one root is one generator; None where it is."""
    from sympy import Mul, Pow, factorint

    content, rest = power.base.as_content_primitive()
    if content == 1 or content < 0:
        return None
    primes = [*factorint(content.p).items(), *((prime, -count) for prime, count in factorint(content.q).items())]
    if rest == 1 and primes == [(power.base, 1)]:
        return None
    roots = [Pow(prime, count * power.exp) for prime, count in primes]
    return Mul(*roots, Pow(rest, power.exp), evaluate=False)


def _other(value: Any, generators: Generators) -> Any:
    from sympy import Dummy

    if value not in generators.replaced:
        generators.replaced[value] = Dummy("f", positive=True if value.is_positive else None)
    return generators.replaced[value]


def ring_fraction(value: Any) -> tuple[Any, Any, Any]:
    """Return numerator and denominator of a rational function as elements of a polynomial ring, and the ring."""
    names = sorted(value.free_symbols, key=lambda name: (str(name), name.sort_key()))
    ring, generators = ring_over(names)

    def of(node: Any) -> tuple[Any, Any]:
        if node.is_Symbol:
            return generators[node], ring.one
        if node.is_Rational:
            return ring.ground_new(ring.domain.from_sympy(node)), ring.one
        if node.is_Add:
            by_bottom: dict[Any, Any] = {}
            for argument in node.args:
                top, bottom = of(argument)
                by_bottom[bottom] = by_bottom.get(bottom, ring.zero) + top
            top, bottom = ring.zero, ring.one
            for divisor, part in by_bottom.items():
                top, bottom = top * divisor + part * bottom, bottom * divisor
            return top, bottom
        if node.is_Mul:
            top, bottom = ring.one, ring.one
            for argument in node.args:
                above, below = of(argument)
                top, bottom = top * above, bottom * below
            return top, bottom
        above, below = of(node.base)
        exponent = int(node.exp)
        return (above**exponent, below**exponent) if exponent >= 0 else (below**-exponent, above**-exponent)

    top, bottom = of(value)
    return top, bottom, ring


def polynomials_of(value: Any, *names: Any) -> tuple[Any, Any] | None:
    """Return numerator and denominator of a formula, multiplied out; None where they are no polynomials in the names.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, O = symbol("C"), symbol("O")
    >>> [part.as_expr() for part in polynomials_of(C + 2 / (C * O), C)]
    [C**2*O + 2, C*O]
    """
    from sympy import Poly, fraction, together

    above, below = (part.expand() for part in fraction(together(value)))
    if not (above.is_polynomial(*names) and below.is_polynomial(*names)):
        return None
    return Poly(above, *names), Poly(below, *names)


def is_zero(value: Number) -> bool:
    """Tell whether a formula is proved to be zero for all values of its symbols.

    False means that it is not proved: a formula with rounding or logarithms may be zero all the same.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, O, K = symbol("C"), symbol("O"), symbol("K")
    >>> is_zero((K**2 * C + C * O) / (K**2 * C * O) - 1 / O - 1 / K**2)
    True
    """
    if is_rational(value):
        return value == 0
    rational, generators = generated(value)
    if rational.is_Rational:
        return bool(rational == 0)
    top, _, ring = ring_fraction(rational)
    return bool(_reduced(top, ring, generators) == 0)


def _reduced(top: Any, ring: Any, generators: Generators) -> Any:
    """Reduce a numerator by the relations of the roots in it: r^n is what stands below the root."""
    names = list(ring.symbols)
    for root, power, inside in reversed(generators.relations):
        if root not in names or not inside.free_symbols <= set(names):
            continue
        above, below, _ = ring_fraction(inside)
        index = names.index(root)
        above, below = (ring.from_expr(part.as_expr()) for part in (above, below))
        highest = max((exponents[index] for exponents in top), default=0) // power
        if highest:  # multiplied by the highest power of the denominator, so that no fraction is left
            reduced = ring.zero
            for exponents, coefficient in top.items():
                times, rest = divmod(exponents[index], power)
                shortened = (*exponents[:index], rest, *exponents[index + 1 :])
                reduced += ring({shortened: coefficient}) * above**times * below ** (highest - times)
            top = reduced
    return top


# -- counterexamples -------------------------------------------------------------------------------------------------


class TooLargeError(ZeroDivisionError):
    """A value has more digits than anybody would write: as good as none."""


def evaluated(value: Number, assignment: Mapping[Any, int | Fraction]) -> Number:
    """Return a formula's exact value for rational numbers, by symbol; irrational where a root is.

    Raises
    ------
    ZeroDivisionError
        Where it has none, or one of more than :data:`MOST_BITS` bits (:class:`TooLargeError`).
    """
    if is_rational(value):
        return value
    try:
        return _evaluated(value, assignment)
    except _NotRationalError:
        _refuse_towers(value, assignment)
        found = value.subs(assignment)
        if found.is_finite is False:
            raise ZeroDivisionError from None
        return normal(found)


class _NotRationalError(Exception):
    """A formula holds roots or functions."""


def _evaluated(value: Any, assignment: Mapping[Any, int | Fraction]) -> int | Fraction:
    if value.is_Symbol:
        if value not in assignment:
            raise _NotRationalError
        return assignment[value]
    if value.is_Integer:
        return int(value)
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    if value.is_Add:
        return _simple(sum(_evaluated(argument, assignment) for argument in value.args))
    if value.is_Mul:
        result: int | Fraction = 1
        for argument in value.args:
            result = result * _evaluated(argument, assignment)
        return _simple(result)
    if value.is_Pow:
        exponent = _evaluated(value.exp, assignment)
        if type(exponent) is int:
            return _power(_evaluated(value.base, assignment), exponent)
    raise _NotRationalError


def _power(base: int | Fraction, exponent: int) -> int | Fraction:
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits > 1 and bits * abs(exponent) > MOST_BITS:
        raise TooLargeError
    return _simple(Fraction(base) ** exponent if exponent < 0 else base**exponent)


def _refuse_towers(value: Any, assignment: Mapping[Any, int | Fraction]) -> None:
    """Raise TooLargeError for powers of powers that sympy would work out to the last digit."""
    from sympy import Pow

    for power in value.atoms(Pow):
        if power.exp.free_symbols:
            try:
                _evaluated(power, assignment)
            except _NotRationalError:
                continue


def _simple(value: int | Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


MULTIPLIERS = tuple(
    Fraction(above, below)
    for above, below in ((1, 1), (1, 2), (3, 4), (1, 4), (2, 1), (3, 2), (5, 4), (1, 3), (2, 3), (1, 8), (3, 1), (4, 1))
)
"""What is tried for a symbol that need not be whole, in this order."""


def counterexample(
    refutes: Callable[[Mapping[Any, int | Fraction]], bool],
    symbols: Sequence[Any],
    valid: Callable[[Mapping[Any, int | Fraction]], bool] | None = None,
    *,
    grid: Mapping[Any, tuple[int, int]] | None = None,
    most_valid: int = 400,
) -> dict[Any, int | Fraction] | None:
    """Return the smallest numbers that refute a claim: of the least sum, then the first symbols the least.

    Parameters
    ----------
    refutes : callable
        Whether the claim fails for an assignment.
    symbols : sequence
        Those that are not whole take the values of :data:`MULTIPLIERS`.
    valid : callable, optional
        Whether an assignment can be at all; asked only of those that refute.
    grid : mapping, optional
        The least value of a whole symbol, and the step to the next ones; 1 and 1 if not given.
    most_valid : int
        How often `valid` may be asked.
    """
    asked = 0
    for assignment in _candidates(symbols, grid or {}):
        try:
            found = refutes(assignment)
        except ZeroDivisionError:
            continue
        if found:
            if valid is None or valid(assignment):
                return assignment
            asked += 1
            if asked >= most_valid:
                return None
    return None


def _candidates(symbols: Sequence[Any], grid: Mapping[Any, tuple[int, int]]) -> Iterator[dict[Any, int | Fraction]]:
    """Yield assignments: small sums first, then doubled ones, which reach far."""
    if not symbols:
        yield {}
        return
    real = [symbol.is_integer is not True for symbol in symbols]
    least = [grid.get(name, (1, 1))[0] for name in symbols]
    steps = [1 if other else grid.get(name, (1, 1))[1] for name, other in zip(symbols, real, strict=True)]

    def assigned(parts: Sequence[int], value: Callable[[int, int], int]) -> dict[Any, int | Fraction]:
        return {
            name: _simple(MULTIPLIERS[part % len(MULTIPLIERS)]) if other else value(start, part)
            for name, other, start, part in zip(symbols, real, least, parts, strict=True)
        }

    count = 0
    for extra in range(40 * max(steps)):
        for parts in _compositions(extra, steps):
            yield assigned(parts, lambda start, part: start + part)
            count += 1
            if count >= MOST_CANDIDATES:
                break
        if count >= MOST_CANDIDATES:
            break
    for extra in range(1, 200):
        for parts in _compositions(extra, [1] * len(symbols)):
            yield assigned(parts, lambda start, part: start << part)
            count += 1
            if count >= 2 * MOST_CANDIDATES or max(parts) > 20:
                return


def _compositions(total: int, steps: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the ways to write `total` as a sum of multiples of `steps`, the last ones growing first."""
    if len(steps) == 1:
        if total % steps[0] == 0:
            yield (total,)
        return
    for first in range(0, total + 1, steps[0]):
        for rest in _compositions(total - first, steps[1:]):
            yield (first, *rest)
