"""Statements: a formula, an equation, or a chain of them, each side read or the name of a metric."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import prod

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Excerpt, Fault, Problem, shorten
from flopcalc.metrics import metric_named
from flopcalc.number import Arithmetic, Number
from flopcalc.theory import plain
from flopcalc.theory.notation import phrases
from flopcalc.theory.notation.errors import NotationError, fault
from flopcalc.theory.notation.layout import plain_signs, relation_signs
from flopcalc.theory.notation.phrases import Part
from flopcalc.theory.notation.reader import Reader
from flopcalc.theory.notation.tree import Node, evaluate, evaluate_plain, free_names, rounded_names, written
from flopcalc.units import SCALES, UNITS, whole

__all__ = ["LONGEST_FORMULA", "MOST_SIDES", "Reading", "Side", "Statement", "read_statement"]

LONGEST_FORMULA = 2000
"""Characters that a formula may have."""

MOST_SIDES = 24
"""How many sides a chain may have."""

_MOST_PLAIN_TURNS = 10_000
"""How many terms of sums are worked out in plain numbers."""

_SHOWN = {">=": "≥", "<=": "≤"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One side of a statement as it was read.

    Attributes
    ----------
    text : str
        With every product shown: ``17·H·W·C²``.
    python : str
        The same in Python's notation.
    names : tuple of str
        The symbols in it, in the order of the text.
    step : int, Fraction or None
        For a figure, what its last printed digit is worth, a unit and a power of ten taken into account (of 3.8e9 and
        3.8G it is 10⁸, of 28 % it is 1/100); None for a formula.
    decimals : int or None
        The same as digits after the decimal point (3.8e9: -8); None where the step is no power of ten.
    unit : str
        What its figures count, as ``byte``; "" for numbers.
    interval : tuple of Reading, or None
        For ``8–9`` and "from 1/8 to 1/9" its two ends, the lesser first; it has no single value then.
    growth : str
        ``O``, ``Θ`` or ``∝`` for a claim of growth, else "".
    growth_certain : bool
        False where an ``O(…)`` may be a product with a symbol O too; the reading is that product then.
    growth_inside : Reading or None
        What is said to grow so.
    """

    text: str
    python: str
    names: tuple[str, ...]
    step: int | Fraction | None
    tree: Node | None = field(repr=False)
    source: str = field(repr=False)
    unit: str = ""
    interval: tuple[Reading, Reading] | None = None
    growth: str = ""
    growth_certain: bool = True
    growth_inside: Reading | None = None

    @property
    def decimals(self) -> int | None:
        """Digits after the decimal point of a printed figure; of -6 the last one is worth a million."""
        return None if self.step is None else _power_of_ten(Fraction(self.step))

    @property
    def rounded(self) -> frozenset[str]:
        """The symbols that it rounds."""
        inner = self.interval or ()
        found = frozenset() if self.tree is None else rounded_names(self.tree)
        return found.union(*(end.rounded for end in inner))

    def value(self, symbols: Mapping[str, Number], arithmetic: Arithmetic | None = None) -> Number:
        """Return the exact value, with `symbols` for the names.

        Raises
        ------
        NotationError
            Where there is none: a division by zero, a number too large, an interval.
        """
        return evaluate(self.single(), symbols, arithmetic or Arithmetic(), self.source)

    def plain(self, values: Mapping[str, plain.Real]) -> plain.Enclosure:
        """Return the value in plain numbers, its rounding kept, by nothing of the symbolic arithmetic.

        Raises
        ------
        ZeroDivisionError
        Fault
            Where there is no real value, or it is too large or not decided.

        Examples
        --------
        >>> read_statement("2√(hw) + ⌊h/2⌋", "hw").right.plain({"h": 3, "w": 12}).exact
        13
        """
        known: dict[str, plain.Real] = dict(values)
        if "lambda" in values:
            known["λ"] = values["lambda"]
        for name in self.names:
            if name not in known:
                raise Fault(f"`{shorten(name)}` has no value")
        return plain.enclosed(evaluate_plain(self.single(), known, iter(range(_MOST_PLAIN_TURNS))))

    def single(self) -> Node:
        """Return the tree of a reading that has a single value."""
        if self.tree is None:
            raise NotationError(
                Problem(f"{shorten(self.text)} is an interval and has no single value", None, "one number or formula")
            )
        return self.tree


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a statement: a formula, the name of a metric, or nothing before the first relation.

    Attributes
    ----------
    reading : Reading or None
    metric : str
        The metric whose name it is, as :data:`flopcalc.metrics.METRICS` has it.
    label : str
        The name as it was written.
    turned : bool
        Whether the figure is a reciprocal of the one that was written ("8 times fewer"), which turns the relation
        before it.
    """

    reading: Reading | None = None
    metric: str = ""
    label: str = ""
    turned: bool = False

    @property
    def text(self) -> str:
        """How it was read, for people."""
        return self.label if self.reading is None else self.reading.text

    @property
    def python(self) -> str:
        """How it was read, in Python's notation."""
        return self.label if self.reading is None else self.reading.python


@dataclass(frozen=True, slots=True)
class Statement:
    """A formula, a relation between two, or a chain of relations.

    Attributes
    ----------
    sides : tuple of Side
        Two at least; the first is empty where the text is one formula alone, or begins with a relation.
    relations : tuple of str
        Between the sides: ``=``, ``>=``, ``<=``, ``>``, ``<`` or ``≈``.
    change : str
        ``saving`` or ``increase``, where it is said what is saved or added ("saves 28 %"); else "".
    """

    sides: tuple[Side, ...]
    relations: tuple[str, ...]
    change: str = ""
    source: str = field(default="", repr=False, compare=False)
    places: tuple[int, ...] = field(default=(), repr=False, compare=False)

    @property
    def relation(self) -> str:
        """The relation of a statement that has one."""
        if len(self.relations) > 1:
            raise fault(self.source, "the formula has two relations", self.places[1], "one")
        return self.relations[0]

    @property
    def left(self) -> Reading | None:
        """What stands left of the one relation; None where that is nothing, or a name."""
        return self.sides[0].reading if self.relation else None

    @property
    def label(self) -> str:
        """The name that stands left of the one relation, as it was written ("MAC" in ``MAC ≥ …``)."""
        return self.sides[0].label if self.relation else ""

    @property
    def right(self) -> Reading:
        """What stands right of the one relation."""
        reading = self.sides[1].reading if self.relation else None
        if reading is None:
            raise fault(
                self.source,
                f"`{shorten(self.sides[1].label)}` stands right of the sign",
                len(self.source),
                "a formula there",
            )
        return reading

    @property
    def text(self) -> str:
        """How it was read, for people."""
        return self._joined(lambda side: side.text, _SHOWN)

    @property
    def python(self) -> str:
        """How it was read, in Python's notation."""
        return self._joined(lambda side: side.python, {})

    def _joined(self, write: Callable[[Side], str], signs: Mapping[str, str]) -> str:
        first = write(self.sides[0])
        parts = [self.change, first]
        for relation, side in zip(self.relations, self.sides[1:], strict=True):
            text = write(side)
            proportional = side.reading is not None and side.reading.growth == "∝"
            alone = not first and len(self.relations) == 1 and relation == "="
            parts += [text] if alone or proportional else [signs.get(relation, relation), text]
        return " ".join(part for part in parts if part)


def read_statement(text: str, symbols: Iterable[str], labels: Iterable[str] = (), *, free: bool = False) -> Statement:
    r"""Read a formula, a relation between two, or a chain of relations.

    Parameters
    ----------
    text : str
        In a book's notation, LaTeX's or Python's.
    symbols : iterable of str
        The symbols that are known; runs of letters are split by them.
    labels : iterable of str
        Words that may stand alone on a side, upper or lower case. With any, every spoken name of a metric may.
    free : bool
        Let single letters that are not known be symbols too, with their indices and primes.

    Raises
    ------
    NotationError
        Where it cannot be read, or can be read in two ways; with a caret under the place.

    Examples
    --------
    >>> read_statement("17HWC^2", "CHW").text
    '17·H·W·C²'
    >>> read_statement(r"MAC \geq 2\sqrt{hwB} + \frac{B}{hw}", "hwB", ["MAC"]).text
    'MAC ≥ 2·√(h·w·B) + B/(h·w)'
    >>> read_statement("B = hw = 1.5M ≥ 2h", "hwB").relations
    ('=', '=', '>=')
    >>> saved = read_statement("saves at least 28 %", "")
    >>> saved.change, saved.relation, saved.right.text
    ('saving', '>=', '28%')
    """
    if len(text) > LONGEST_FORMULA:
        raise NotationError(
            Problem(
                f"the formula is {len(text):,} characters long",
                None,
                f"at most {LONGEST_FORMULA:,}",
                "name a part of it with --let",
                Excerpt(text[: LONGEST_FORMULA + 1], LONGEST_FORMULA),
            )
        )
    reader = _StatementReader(text, tuple(dict.fromkeys(symbols)), {word.casefold() for word in labels}, free)
    return reader.statement()


class _StatementReader:
    """Reads the sides of a text and what stands between them."""

    def __init__(self, source: str, known: tuple[str, ...], labels: set[str], free: bool) -> None:
        self.source = source
        self.text = plain_signs(source)
        self.known = known
        self.labels = labels
        self.free = free

    def statement(self) -> Statement:
        signs = list(relation_signs(self.text))
        if len(signs) >= MOST_SIDES:
            raise fault(
                self.source, "the chain is too long", signs[MOST_SIDES - 1].first, f"at most {MOST_SIDES} sides"
            )
        whole = Part(0, len(self.text))
        change, whole = phrases.change(self.text, Part(0, signs[0].first) if signs else whole, self.known)
        if not signs:
            return self.alone(change, whole)
        if change and self.blank(whole) and len(signs) == 1:
            relation = signs[0].meaning
            return self.changed(change, relation, Part(signs[0].last, len(self.text)))
        relations: list[str] = []
        sides = [Side() if self.blank(whole) else self.side(whole, "")]
        ends = [*(sign.first for sign in signs[1:]), len(self.text)]
        for sign, end in zip(signs, ends, strict=True):
            part = Part(sign.last, end)
            side = self.side(part, sign.meaning)
            if sign.meaning == "∈" and not (side.reading and side.reading.growth):
                raise fault(self.source, "∈ stands before what is no class of growth", sign.first, "O(…) or Θ(…)")
            relations.append("=" if sign.meaning in "∝∈" else _turned(sign.meaning, side))
            sides.append(side)
        if change:
            raise fault(self.source, f"a {change} is said of what stands before a relation", 0, "a figure behind it")
        return Statement(tuple(sides), tuple(relations), "", self.source, tuple(sign.first for sign in signs))

    def alone(self, change: str, part: Part) -> Statement:
        """Read a text without a sign of relation: a formula, or words and a figure."""
        if not change:
            relation, rest = phrases.relation_words(self.text, part, self.known)
            if relation:
                change, rest = phrases.change(self.text, rest, self.known)
                side = self.side(rest, relation, names=False)
                return Statement((Side(), side), (_turned(relation, side),), change, self.source, (0,))
            return Statement((Side(), self.side(part, "=", names=False)), ("=",), "", self.source, (0,))
        return self.changed(change, "", part)

    def changed(self, change: str, relation: str, part: Part) -> Statement:
        """Read how much is saved or added; a figure without a relation is a printed one."""
        words, rest = phrases.relation_words(self.text, part, self.known) if not relation else ("", part)
        side = self.side(rest, relation or words, names=False)
        printed = side.reading is not None and (side.reading.step is not None or side.reading.interval is not None)
        sign = relation or words or ("≈" if printed else "=")
        return Statement((Side(), side), (_turned(sign, side),), change, self.source, (0,))

    def blank(self, part: Part) -> bool:
        return not self.text[part.first : part.last].strip()

    # -- one side ----------------------------------------------------------------------------------------------------

    def side(self, part: Part, relation: str, *, names: bool = True) -> Side:
        """Read one side: a metric's name where names may stand, else a formula with what stands around it."""
        label = phrases.word(self.text[part.first : part.last]) if names and self.labels else ""
        if label and label not in self.known:
            self.refuse_macs(label, part)
            metric = metric_named(label)
            if metric or label.casefold() in self.labels:
                return Side(None, metric, label)
        growth = self.growth(part, relation)
        if growth is not None:
            return Side(growth)
        counted, compared, rest = phrases.times(self.text, part, known=bool({"x", "X"} & {*self.known}))
        ends = phrases.range_of(self.text, rest, counted=counted)
        if ends is not None:
            return Side(self.interval(*ends, fewer=bool(compared)))
        if not counted:
            return Side(self.one_way(self.reading(part), relation))
        reading = self.reading(rest)
        if not compared:
            return Side(reading)
        if relation == "≈" and reading.step is not None:
            return Side(_reciprocal_range(reading))
        return Side(_reciprocal(reading), turned=True)

    def refuse_macs(self, label: str, part: Part) -> None:
        if re.fullmatch(r"#?\s*[kmgt]?macs", label.casefold()):
            start = (
                part.first + len(self.text[part.first : part.last]) - len(self.text[part.first : part.last].lstrip())
            )
            raise fault(
                self.source,
                "MACs may be multiply-accumulates or memory access cost",
                start,
                "madds = … for the first, MAC = … for the second",
            )

    def reading(self, part: Part) -> Reading:
        """Read a formula."""
        tree = Reader(self.text, self.source, self.known, self.free).read(part.first, part.last)
        return _reading(tree, self.source)

    def one_way(self, reading: Reading, relation: str) -> Reading:
        """Refuse ``≈ 4.2M`` where M is a symbol: a printed figure, or a product."""
        tree = reading.single()
        if tree.kind != "mul" or [part.kind for part in tree.parts] != ["number", "symbol"]:
            return reading
        number, letter = tree.parts
        if letter.name not in SCALES or number.step == 0 or not (relation == "≈" or "." in number.name):
            return reading
        zeros = len(str(SCALES[letter.name])) - 1
        raise fault(
            self.source,
            f"`{number.name}{letter.name}` can be read in two ways",
            letter.offset,
            f"{number.name}·{letter.name} or {number.name}·10^{zeros}",
            f"write · between the factors, or {number.name}e{zeros}",
        )

    def growth(self, part: Part, relation: str) -> Reading | None:
        """Read a claim of growth; None where a side is none."""
        if relation == "∝":
            inside = self.reading(part)
            return _grown("∝", inside, f"∝ {inside.text}", f"∝ {inside.python}")
        found = phrases.grows(self.text, part)
        if found is None or (found.kind != "O" and self.is_symbol(found.kind)):
            return None
        if found.kind == "Ω":
            raise fault(self.source, "Ω(…) is not judged", part.first, "O(…), Θ(…) or ∝", "Θ says it for both sides")
        inside = self.reading(found.inside)
        claim = _grown(found.kind, inside, f"{found.kind}({inside.text})", f"{found.kind}({inside.python})")
        if found.certain or relation == "∈" or not ("O" in self.known or self.free):
            return claim
        product = self.reading(part)
        return Reading(
            product.text, product.python, product.names, product.step, product.tree, self.source, product.unit,
            growth="O", growth_certain=False, growth_inside=inside,
        )  # fmt: skip

    def is_symbol(self, letter: str) -> bool:
        return letter in self.known

    def interval(self, first: Part, last: Part, *, fewer: bool) -> Reading:
        """Read the two ends of a range; a unit behind the second is the first one's too."""
        ends = [self.reading(part) for part in (first, last)]
        own, other = (self.text[part.first : part.last].strip() for part in (first, last))
        suffix = re.search(r"(?:\\?%|[^\W\d_]+)$", other)
        if suffix is not None and own[-1:].isdigit() and ends[1].step is not None:
            factor = _factor(suffix[0])
            if factor is not None:
                ends[0] = _reading(_scaled(ends[0].single(), *factor), self.source)
        if fewer:
            ends = [_reciprocal(end) for end in ends]
        ends = _in_order(ends)
        names = tuple(dict.fromkeys([*ends[0].names, *ends[1].names]))
        return Reading(
            f"from {ends[0].text} to {ends[1].text}", f"[{ends[0].python}, {ends[1].python}]", names, None, None,
            self.source, ends[0].unit, (ends[0], ends[1]),
        )  # fmt: skip


# -- readings --------------------------------------------------------------------------------------------------------


def _reading(tree: Node, source: str) -> Reading:
    return Reading(written(tree), written(tree, python=True), free_names(tree), _step(tree), tree, source, _unit(tree))


def _grown(kind: str, inside: Reading, text: str, python: str) -> Reading:
    return Reading(
        text, python, inside.names, None, inside.tree, inside.source, inside.unit, growth=kind, growth_inside=inside
    )


def _reciprocal(reading: Reading) -> Reading:
    one = Node("number", reading.single().offset, "1", 1)
    return _reading(Node("div", one.offset, parts=(one, reading.single())), reading.source)


def _reciprocal_range(reading: Reading) -> Reading:
    """Return the reciprocals of what a printed figure may be: ``≈ 8.84 times fewer`` is from 1/8.845 to 1/8.835."""
    number, ends = reading.single(), []
    for sign in (1, -1):
        bound = whole(Fraction(number.value) + sign * Fraction(reading.step or 0) / 2)
        ends.append(_reciprocal(_reading(Node("number", number.offset, str(bound), bound), reading.source)))
    return Reading(
        f"1/{reading.text}", f"[{ends[0].python}, {ends[1].python}]", (), None, None, reading.source, "",
        (ends[0], ends[1]),
    )  # fmt: skip


def _turned(relation: str, side: Side) -> str:
    """Return the relation before a side: of a reciprocal, the other one ("at least 8 times fewer" is ≤ 1/8)."""
    return {">=": "<=", "<=": ">=", ">": "<", "<": ">"}.get(relation, relation) if side.turned else relation


def _factor(suffix: str) -> tuple[Fraction, str, str] | None:
    """Return what a unit behind a figure multiplies it by, what it counts, and how it is written."""
    unit = UNITS.get(suffix.lstrip("\\"))
    return None if unit is None else (Fraction(unit.factor), unit.of, suffix.lstrip("\\"))


def _scaled(node: Node, factor: Fraction, of: str, word: str) -> Node:
    if node.kind != "number":
        unit = Node("number", node.offset, f"1{word}", factor)
        return Node("mul", node.offset, parts=(node, unit))
    value, step = node.value * factor, node.step * factor
    return Node("number", node.offset, f"{node.name}{word}", whole(value), step=whole(step), unit=of)


def _in_order(ends: Sequence[Reading]) -> list[Reading]:
    """Return two ends with the lesser first, where both are numbers."""
    try:
        low, high = (end.plain({}) for end in ends)
    except (Fault, ZeroDivisionError):
        return list(ends)
    return [ends[1], ends[0]] if plain.compare(low, high) == 1 else list(ends)


def _step(tree: Node) -> int | Fraction | None:
    """Return what the last digit of a printed figure is worth; None for a formula."""
    if tree.kind == "neg":
        return _step(tree.parts[0])
    if tree.kind == "mul" and all(part.kind == "number" and part.name in UNITS for part in tree.parts[2:]):
        exponent = _exponent_of_ten(tree.parts[1])  # 3.8·10⁹, 3.8·10⁹ bytes
        inner = _step(tree.parts[0]) if exponent is not None else None
        scale = prod((part.value for part in tree.parts[2:]), start=Fraction(1))
        return None if inner is None or exponent is None else whole(inner * Fraction(10) ** exponent * scale)
    return tree.step if tree.kind == "number" and tree.step != 0 else None


def _exponent_of_ten(tree: Node) -> int | None:
    """Return n for 10^n, and None for anything else."""
    if tree.kind != "pow" or tree.parts[0].kind != "number" or tree.parts[0].value != 10:
        return None
    exponent = tree.parts[1]
    sign, exponent = (-1, exponent.parts[0]) if exponent.kind == "neg" else (1, exponent)
    small = exponent.kind == "number" and type(exponent.value) is int and exponent.value <= 1000
    return sign * int(exponent.value) if small else None


def _power_of_ten(step: Fraction) -> int | None:
    """Return n for 10**-n."""
    digits = len(str(step.numerator if step.numerator > 1 else step.denominator)) - 1
    decimals = -digits if step.numerator > 1 else digits
    return decimals if Fraction(10) ** -decimals == step else None


def _unit(tree: Node) -> str:
    """Return what a formula's figures count, where they count one thing."""
    if tree.kind == "number":
        return tree.unit
    if tree.kind in ("neg", "pow"):
        return _unit(tree.parts[0]) if tree.kind == "neg" else ""
    units = [_unit(part) for part in tree.parts]
    if tree.kind == "sum":
        return units[0] if len({*units}) == 1 else ""
    if tree.kind == "mul":
        named = [unit for unit in units if unit]
        return named[0] if len(named) == 1 else ""
    return units[0] if tree.kind == "div" and not units[1] else ""
