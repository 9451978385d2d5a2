"""What a derivation prints, tried in plain numbers: the second road under its proofs.

Each line that is to be printed is read again from its text and worked out at points, where the costs in it are those
of the networks built layer by layer with whole numbers (:mod:`flopcalc.theory.recount`). Nothing of the symbolic road
is used: no sympy, no simplification. A line that fails at one point was not proved, whatever the prover says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias, cast

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Fault, Problem, UndecidedError, shorten
from flopcalc.number import Number, as_text, is_rational
from flopcalc.theory.lines import Derivative, Difference, Limit, Line, Part, Rounded
from flopcalc.theory.plain import Enclosure, Real, add, compare, divide, enclosed, multiply, negative, plain_formula
from flopcalc.theory.recount import FEWEST_POINTS, MOST_LAYERS, Condition, Nature, Plain, Point, points

__all__ = ["Bench", "Claim", "Everywhere", "Falling", "Limited", "Reached", "Rooted", "Sloped", "Turning", "tried"]

MOST_CURVES = 6
"""At how many points the curve through them is followed, and values that meet a condition are looked for."""

_STEPS = tuple(Fraction(count, 8) for count in (1, 2, 4, 6, 7, 9, 10, 12, 16, 24, 40, 64, 256))
"""Along a curve, as shares of the point's own value."""

_NEAR = Fraction(1, 1 << 24)
_FAR = 1 << 48
_CLOSE = Fraction(1, 1 << 12)

Values: TypeAlias = "dict[str, Real]"


class DisagreementError(Exception):
    """A line does not hold at a point: what was found on both of its sides."""

    def __init__(self, text: str, left: Real, right: Real) -> None:
        super().__init__(text)
        self.text = text
        self.left = left
        self.right = right


# -- formulas at a point ---------------------------------------------------------------------------------------------


def _worked(text: str, values: Mapping[str, Real]) -> Real:
    """Return a formula's value; values may be irrational."""
    found = plain_formula(text).value(cast("Mapping[str, int | Fraction]", values))
    return found if found.exact is None else found.exact


@lru_cache(maxsize=4096)
def _text(part: Number) -> str:
    return as_text(part)


def _whole(value: Real) -> int | None:
    """Return a value where it is a positive whole number."""
    return int(value) if isinstance(value, (int, Fraction)) and value.denominator == 1 and value > 0 else None


def _differ(left: Real, right: Real) -> Real:
    return add(left, negative(right))


def _size(value: Real) -> Fraction:
    """Return about how large a number is."""
    low, high = enclosed(value).bounds(32)
    return max(abs(low), abs(high))


_HOLDS: Mapping[str, Callable[[int | None], bool]] = {
    # numbers that thousands of bits do not tell apart are equal
    "=": lambda order: order in (0, None),
    ">=": lambda order: order != -1,
    "<=": lambda order: order != 1,
    ">": lambda order: order == 1,
    "<": lambda order: order == -1,
}


@dataclass(frozen=True, slots=True)
class _Side:
    """A part of a line, ready to be worked out."""

    texts: tuple[str, ...]
    rounded: Rounded | None = None

    @classmethod
    def of(cls, part: Part) -> _Side:
        if isinstance(part, Rounded):
            return cls((), part)
        if isinstance(part, Difference):
            return cls((_text(part.left), _text(part.right)))
        assert not isinstance(part, (Derivative, Limit))
        return cls((_text(part),))

    def value(self, values: Mapping[str, Real]) -> Real:
        if self.rounded is not None:
            return self.rounded.value
        found = [_worked(text, values) for text in self.texts]
        return found[0] if len(found) == 1 else _differ(found[0], found[1])

    @property
    def text(self) -> str:
        return self.rounded.text if self.rounded is not None else " - ".join(self.texts)


def _half_a_digit(rounded: Rounded) -> Fraction:
    """Return by how much a number may differ that is printed so: ``93.4 %``, ``325 M``."""
    digits, _, unit = rounded.text.partition(" ")
    if digits[-1:] in "%kMG":
        digits, unit = digits[:-1], digits[-1]
    power = {"%": -2, "k": 3, "M": 6, "G": 9}.get(unit, 0)
    return Fraction(10) ** (power - len(digits.partition(".")[2])) / 2


def _check(left: _Side, sign: str, right: _Side, values: Mapping[str, Real]) -> None:
    """Hold one relation; raise where it fails."""
    one, other = left.value(values), right.value(values)
    if sign == "≈":
        assert right.rounded is not None
        half = _half_a_digit(right.rounded)
        holds = compare(_differ(one, other), -half) != -1 and compare(_differ(one, other), half) == -1
    else:
        holds = _HOLDS[sign](compare(one, other))
    if not holds:
        raise DisagreementError(f"{left.text} {sign} {right.text}", one, other)


# -- where it is tried -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """Points, and what the quantities are there.

    Attributes
    ----------
    natures : sequence of Nature
        The letters.
    conditions : sequence of Condition
        What is assumed.
    hints : sequence of str
    counted : callable
        The quantities at a point, counted by networks; None where one of these does not exist.
    formulas : dict of str to str
        Each quantity as a formula in the letters and in earlier quantities, for values at which no network exists.
    layers : list of int
        How many layers each network had that was built: what `counted` writes down, so that deep networks are counted
        at fewer points.
    """

    natures: Sequence[Nature]
    conditions: Sequence[Condition]
    hints: Sequence[str]
    counted: Callable[[Point], Mapping[str, Plain] | None]
    formulas: dict[str, str] = field(default_factory=dict)
    layers: list[int] = field(default_factory=list)

    def at(self, point: Point) -> Values | None:
        """Return the values of letters and quantities; None where a condition fails or a network does not exist."""
        counted = self.counted(point) if all(condition.holds(point) for condition in self.conditions) else None
        if counted is None:
            return None
        values: Values = dict(point)
        for name, text in self.formulas.items():
            values[name] = counted[name] if name in counted else _worked(text, values)
        return {**values, **counted}

    def continued(self, values: Mapping[str, Real], changed: Mapping[str, Real]) -> Values:
        """Return the values where letters have others, perhaps irrational ones, and quantities are formulas."""
        found: Values = {name: value for name, value in values.items() if name not in self.formulas}
        found.update(changed)
        for name, text in self.formulas.items():
            found[name] = _worked(text, found)
        return found


@dataclass(frozen=True)
class Claim:
    """Something that is printed, and can be tried at a point."""

    line: Line

    def check(self, bench: Bench, point: Point, values: Values, index: int) -> None:
        """Raise a DisagreementError where it does not hold."""
        raise NotImplementedError

    def settled(self, bench: Bench, point: Point, values: Values) -> Values:
        """Return the values under which the line stands: those that it is `at`, networks counted where they exist."""
        if not self.line.at:
            return values
        put = {str(name): _worked(_text(value), values) for name, value in self.line.at}
        there: Values | None = None
        if all(isinstance(value, (int, Fraction)) for value in put.values()):
            there = bench.at({**point, **cast("dict[str, Plain]", put)})
        return bench.continued(values, put) if there is None else there


def _open_at(line: Line) -> bool:
    """Tell whether a line is at values in which symbols are left."""
    return any(not is_rational(value) for _, value in line.at)


@dataclass(frozen=True)
class Everywhere(Claim):
    """A line that holds at every point; with ⟺, what stands left of it exactly where what stands right of it does."""

    def check(self, bench: Bench, point: Point, values: Values, index: int) -> None:
        if index >= MOST_CURVES and self.line.at and not _open_at(self.line):
            return  # the same numbers again
        there = self.settled(bench, point, values)
        sides = [_Side.of(part) for part in self.line.parts]
        signs = self.line.signs
        if "<=>" not in signs:
            for left, sign, right in zip(sides, signs, sides[1:], strict=False):
                _check(left, sign, right, there)
            return
        middle = signs.index("<=>")
        first, second = ([side.value(there) for side in half] for half in (sides[: middle + 1], sides[middle + 1 :]))
        if (compare(*first) == 0) is not (compare(*second) == 0):
            text = " ".join(f"{side.text} {sign}" for side, sign in zip(sides, (*signs, ""), strict=True))
            raise DisagreementError(text.strip(), first[0], first[1])


@dataclass(frozen=True)
class Reached(Claim):
    """Lines that hold where a least value is reached: at points that meet a condition between two symbols."""

    others: tuple[Line, ...]
    condition: tuple[Number, Number]
    over: tuple[str, ...]

    def check(self, bench: Bench, point: Point, values: Values, index: int) -> None:
        if index >= 4 * MOST_CURVES:
            return
        for there, found in self.meeting(bench, point, values):
            for line in (self.line, *self.others):
                Everywhere(line).check(bench, there, found, index)

    def meeting(self, bench: Bench, point: Point, values: Values) -> Iterator[tuple[Point, Values]]:
        """Yield the points at which the condition holds, one of its symbols being changed, and the values there."""
        left, right = (_text(side) for side in self.condition)
        for name in self.over:
            gaps = []
            for value in (1, 2):
                there = {**values, name: value}
                gaps.append(_differ(_worked(left, there), _worked(right, there)))
            if not all(isinstance(gap, (int, Fraction)) for gap in gaps):
                continue
            first, second = cast("list[Fraction]", gaps)
            solution = _whole(1 - Fraction(first) / (second - first)) if first != second else None
            if solution is None or solution == point.get(name):
                met = first == second == 0 or solution == point.get(name)
                if not met:
                    continue
                solution = cast("int", point[name])
            there_at = {**point, name: solution}
            found = bench.at(there_at)
            if found is not None and compare(_worked(left, found), _worked(right, found)) == 0:
                yield there_at, found


@dataclass(frozen=True)
class Rooted(Claim):
    """A solution in closed form: it is above zero, and solves its equation, exactly."""

    name: str
    root: str
    left: str
    right: str

    def check(self, bench: Bench, point: Point, values: Values, index: int) -> None:
        put: Values = {str(name): _worked(_text(value), values) for name, value in self.line.at}
        letters = bench.continued(values, put)
        root = _worked(self.root, letters)
        if compare(root, 0) != 1:
            raise DisagreementError(f"{self.name} = {self.root} > 0", root, 0)
        there = bench.continued(letters, {self.name: root})
        left, right = _worked(self.left, there), _worked(self.right, there)
        if compare(left, right) not in (0, None):
            raise DisagreementError(f"{self.left} = {self.right} at {self.name} = {self.root}", left, right)


@dataclass(frozen=True)
class Sloped(Claim):
    """A derivative with one sign: what is printed of it, held to quotients of differences."""

    function: str

    def check(self, bench: Bench, point: Point, values: Values, index: int) -> None:
        derivative = self.line.parts[0]
        assert isinstance(derivative, Derivative)
        for left, sign, right in zip(self.line.parts[1:], self.line.signs[1:], self.line.parts[2:], strict=False):
            _check(_Side.of(left), sign, _Side.of(right), values)
        if index < MOST_CURVES:
            name = str(derivative.symbol)
            slope = _Side.of(self.line.parts[1])
            _check_slope(self.function, name, slope, values)


def _check_slope(function: str, name: str, slope: _Side, values: Values) -> None:
    """Hold what is said of a derivative to a quotient of differences, which comes near to it."""
    own = values[name]
    near = multiply(own, _NEAR)
    ends = [_worked(function, {**values, name: add(own, part)}) for part in (near, negative(near))]
    quotient = multiply(_differ(ends[0], ends[1]), divide(1, multiply(2, near)))
    said = slope.value(values)
    scale = max(_size(_worked(function, {**values, name: multiply(own, step)})) for step in (Fraction(1, 2), 1, 2))
    room = (_size(said) + scale / _size(own)) * _CLOSE
    if _size(_differ(quotient, said)) > room:
        raise DisagreementError(f"the derivative of {function} with respect to {name} is {slope.text}", quotient, said)


@dataclass(frozen=True)
class Limited(Claim):
    """A limit: far out, the value has come near to it."""

    function: str

    def check(self, bench: Bench, point: Point, values: Values, index: int) -> None:
        if index >= MOST_CURVES:
            return
        limit = self.line.parts[0]
        assert isinstance(limit, Limit)
        name = str(limit.symbol)
        put: Values = {str(key): _worked(_text(value), values) for key, value in self.line.at}
        there = bench.continued(values, put)
        said = _Side.of(self.line.parts[1]).value(there)
        gaps = []
        for far in (1, _FAR):
            value = _worked(self.function, bench.continued(there, {name: multiply(there[name], far)}))
            gaps.append(_size(_differ(value, said)))
        if gaps[1] > max(gaps[0], _size(said), Fraction(1)) * _CLOSE:
            raise DisagreementError(f"{self.function} tends to {_text(cast('Any', self.line.parts[1]))}", value, said)


@dataclass(frozen=True)
class Falling(Claim):
    """A function that only falls, or only grows, along a curve, as far as that goes.

    Attributes
    ----------
    function : str
        In terms of one symbol, and of what is held.
    name : str
        That symbol.
    positive : tuple of str
        What is above zero as far as the curve goes.
    grows : bool
    end : str
        Where the curve ends, on the side of the least values; "" where that is not said.
    bound : str
        What the function is above, as far as the curve goes; "" where that is not said.
    """

    function: str
    name: str
    positive: tuple[str, ...]
    grows: bool
    end: str = ""
    bound: str = ""

    def check(self, bench: Bench, point: Point, values: Values, index: int) -> None:
        if index >= MOST_CURVES:
            return
        before: Real | None = None
        for step in _STEPS:
            there = {**values, self.name: multiply(values[self.name], step)}
            if any(compare(_worked(text, there), 0) != 1 for text in self.positive):
                continue
            value = _worked(self.function, there)
            if before is not None and compare(value, before) != (1 if self.grows else -1):
                word = "grows" if self.grows else "falls"
                raise DisagreementError(f"{self.function} {word} with {self.name}", before, value)
            before = value
        if self.end:
            self.check_end(values)

    def check_end(self, values: Values) -> None:
        """Look at the curve just before its end, and behind it."""
        end = _worked(self.end, values)
        for inside in (True, False):
            step = 1 + _CLOSE if inside is self.grows else 1 - _CLOSE
            there = {**values, self.name: multiply(end, step)}
            if all(compare(_worked(text, there), 0) == 1 for text in self.positive) is not inside:
                raise DisagreementError(f"the curve ends at {self.name} = {self.end}", there[self.name], end)
            if inside and self.bound:
                value, bound = _worked(self.function, there), _worked(self.bound, values)
                if compare(value, bound) != 1:
                    raise DisagreementError(f"{self.function} > {self.bound}", value, bound)


@dataclass(frozen=True)
class Turning(Claim):
    """A function along a curve: it turns once, where a polynomial is zero, or is never below its least value.

    Attributes
    ----------
    function, name : str
    slope : str
        A polynomial of its derivative's sign; "" where `least` says more.
    least : str
        Its least value in terms of what is held.
    """

    function: str
    name: str
    slope: str = ""
    least: str = ""

    def check(self, bench: Bench, point: Point, values: Values, index: int) -> None:
        if index >= MOST_CURVES:
            return
        floor = _worked(self.least, values) if self.least else None
        turned = False
        for step in _STEPS:
            there = {**values, self.name: multiply(values[self.name], step)}
            value = _worked(self.function, there)
            if floor is not None and compare(value, floor) == -1:
                raise DisagreementError(f"{self.function} >= {self.least}", value, floor)
            if not self.slope:
                continue
            sign = compare(_worked(self.slope, there), 0)
            if turned and sign != 1:
                raise DisagreementError(f"{self.slope} changes its sign once", value, 0)
            turned = turned or sign == 1
            ahead = _worked(self.function, {**there, self.name: multiply(there[self.name], 1 + _NEAR)})
            behind = _worked(self.function, {**there, self.name: multiply(there[self.name], 1 - _NEAR)})
            if sign and compare(ahead, behind) == -sign and compare(ahead, value) == compare(value, behind) == -sign:
                raise DisagreementError(f"{self.function} changes as the sign of {self.slope} says", behind, ahead)


# -- trying ----------------------------------------------------------------------------------------------------------


_MOST_WITHOUT_A_NETWORK = 1000
"""Points in a row at which no network exists; more of them are not looked for."""


def tried(bench: Bench, claims: Sequence[Claim], most: int) -> int:
    """Try every claim at points; return how many of these there were.

    Raises
    ------
    UndecidedError
        Where a claim fails: what proved it is at fault. Where one cannot be worked out at any point.
    """
    count = in_vain = 0
    faults: dict[int, int] = {}
    for point in points(bench.natures, bench.conditions, bench.hints):
        if count >= most or (count >= FEWEST_POINTS and sum(bench.layers) > 4 * MOST_LAYERS):
            break
        values = bench.at(point)
        if values is None:
            in_vain += 1
            if in_vain > _MOST_WITHOUT_A_NETWORK:
                break
            continue
        in_vain = 0
        for place, claim in enumerate(claims):
            try:
                claim.check(bench, point, values, count)
            except DisagreementError as error:
                raise _failed(error, point) from None
            except (Fault, ZeroDivisionError):  # a number that is too large, or no value there
                faults[place] = faults.get(place, 0) + 1
        count += 1
    for place, often in faults.items():
        if often == count:
            line = claims[place].line
            text = f"{shorten(str(line.parts[0]), 100)} {line.signs[0]} {shorten(str(line.parts[1]), 100)}"
            raise UndecidedError(
                Problem(
                    f"{text} could not be recounted in plain numbers at any point",
                    None,
                    "formulas whose values are plain numbers",
                )
            )
    return count


def _failed(error: DisagreementError, point: Point) -> UndecidedError:
    where = ", ".join(f"{name} = {value}" for name, value in point.items()) or "all values"
    left, right = (
        str(value if isinstance(value, Enclosure) else enclosed(value)) for value in (error.left, error.right)
    )
    return UndecidedError(
        Problem(
            f"the proof of {shorten(error.text, 200)} failed its recount in plain numbers: at {shorten(where, 200)} "
            f"one side is {shorten(left)}, the other {shorten(right)}",
            None,
            "a proof that holds; this is a fault of the prover",
            "please report it",
        )
    )
