"""What differs between the uses of a block: the fewest parameters, what follows from them, and conditions on them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.importing.folding.entries import Body, First, Key, Value, default_of, inside
from flopcalc.importing.folding.layout import Pattern

__all__ = ["Parameter", "Template", "unified"]

Place: TypeAlias = "tuple[int, Key]"
"""An argument of a body: the number of the entry, and its key."""

Column: TypeAlias = "tuple[Value | None, ...]"
"""The values of an argument, one a use; None where the use has no such entry."""

_CHANNELS = (
    "out",
    "groups",
    "shape",
    "start",
    "stop",
    "sizes",
    "count",
    "output",
    "size",
    "params",
    "weights",
    "mid",
    "expand",
    "reads",
    "madds",
)
"""Arguments that may follow from numbers of channels."""

_SPATIAL = ("shape", "size", "output")
"""Arguments that may follow from heights and widths."""

_ORDER = ("expand", "kernel", "mid", "out", "squeeze", "stride")
"""Which parameters come first."""

_SIDES = {1: ("C",), 2: ("C", "L"), 3: ("C", "H", "W"), 4: ("C", "D", "H", "W")}
_LARGEST = 64


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a block: its values, one a use, and its default, None where it has none."""

    name: str
    values: tuple[Value, ...]
    default: Value | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The words that it may be."""
        return tuple(dict.fromkeys(value for value in self.values if isinstance(value, str)))

    @property
    def pair(self) -> bool:
        """Whether it may be a list."""
        return any(isinstance(value, tuple) for value in self.values)


@dataclass(frozen=True, slots=True)
class Template:
    """A body whose arguments are written in parameters.

    Attributes
    ----------
    parameters : tuple of Parameter
    texts : mapping of Place to str
        Every argument as it is written, none that stands for its default.
    conditions : mapping of Pattern to str
    bound : bool
        Whether the names of what enters are used.
    """

    parameters: tuple[Parameter, ...]
    texts: Mapping[Place, str]
    conditions: Mapping[Pattern, str]
    bound: bool


def shown(value: Value) -> str:
    """Return a value as an expression of the language."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, First):
        return f"{shown(value.first)} if i == 0 else {shown(value.others)}"
    return str(value)


def unified(
    body: Body,
    patterns: Sequence[Pattern],
    rows: Sequence[Mapping[Place, Value]],
    variants: Sequence[int],
    shapes: Sequence[Sequence[tuple[int, ...]]],
    blocks: Sequence[Mapping[str, Value]],
) -> Template | None:
    """Return a body's arguments in as few parameters as can be found; None where some cannot be parameters.

    Parameters
    ----------
    body : Body
    patterns : sequence of Pattern
        For every entry, the variants that have it.
    rows : sequence of mapping
        The arguments of every use.
    variants : sequence of int
        The variant of every use.
    shapes : sequence
        What enters every use; empty where it has no names.
    blocks : sequence of mapping
        The defaults of the parameters of other blocks.
    """
    return _Unifier(body, patterns, rows, variants, shapes, blocks).template()


def _ratio_text(ratio: Fraction, name: str) -> str:
    wrapped = f"({name})" if " + " in name or " - " in name else name
    over = ratio.numerator if ratio.numerator != 1 else None
    text = name if ratio == 1 else wrapped if over is None else f"{over} * {wrapped}"
    return text if ratio.denominator == 1 else f"{text} / {ratio.denominator}"


class _Unifier:
    def __init__(
        self,
        body: Body,
        patterns: Sequence[Pattern],
        rows: Sequence[Mapping[Place, Value]],
        variants: Sequence[int],
        shapes: Sequence[Sequence[tuple[int, ...]]],
        blocks: Sequence[Mapping[str, Value]],
    ) -> None:
        self.blocks = blocks
        self.body, self.patterns, self.rows, self.variants = body, patterns, rows, variants
        self.columns: dict[Place, Column] = {
            (number, key): tuple([row.get((number, key)) for row in rows])
            for number, slot in enumerate(body)
            for key in slot.keys
        }
        self.sides: dict[str, Column] = {}
        """What enters, by the names to which it is bound."""
        for place in range(len(shapes[0]) if shapes else 0):
            names = _SIDES.get(len(shapes[0][place]), ())
            for side, name in enumerate(names):
                self.sides[f"{name}{place + 1}" if place else name] = tuple([use[place][side] for use in shapes])
        self.parameters: dict[str, Column] = {}
        self.origin: dict[str, Place] = {}
        self.known: dict[str, Column] = {}
        """Expressions that arguments have already, with their values."""
        self.texts: dict[Place, str] = {}

        self.final = max((place for place in self.columns if self.base(place[1]) == "out"), default=None, key=_order)
        """The last number of channels: it is a parameter by itself, and no multiple."""

    def template(self) -> Template | None:
        for place in sorted(self.columns, key=self.rank):
            column = self.columns[place]
            if any(isinstance(value, First) for value in column):
                text = self.turned(place, column)
            else:
                text = self.written(place, column)
            if text is None:
                return None
            self.texts[place] = text
        conditions = self.conditions()
        if conditions is None:
            return None
        self.rename(conditions)
        texts = {place: text for place, text in self.texts.items() if not self.stands_for_itself(place, text)}
        used = " ".join((*texts.values(), *conditions.values()))
        return Template(self.declared(), texts, conditions, any(_names(used, side) for side in self.sides))

    def rank(self, place: Place) -> tuple[object, ...]:
        """Return when a column's turn is: strides, then channels from the last on, of entries that all uses have."""
        number, key = place
        base = self.base(key)
        missing = sum(value is None for value in self.columns[place])
        first = 0 if base == "stride" else 1 if base in ("out", "mid", "expand") else 2 if base != "repeat" else 3
        return (missing, first, -number if first == 1 else number, *_order(place))

    @staticmethod
    def base(key: Key) -> str:
        """Return the name of an argument without the numbers behind it."""
        name = next(part for part in reversed(key) if isinstance(part, str))
        return name.rstrip("0123456789").rstrip("_") or name

    def stands_for_itself(self, place: Place, text: str) -> bool:
        number, key = place
        head, own = inside(self.body[number].head, key)
        if head[:2] in (("layer", "max_pool"), ("layer", "avg_pool")) and own == ("stride",):
            return self.texts.get((number, (*key[:-1], "kernel"))) == text
        default = default_of(head, own, self.blocks)
        return default is not None and text == shown(default)

    # -- one column ----------------------------------------------------------------------------------------------------

    def turned(self, place: Place, column: Column) -> str | None:
        """Return an argument of which the first turn of a repeat has another value."""
        others = {value.others for value in column if isinstance(value, First)}
        repeats = self.columns.get((place[0], (*place[1][:-1], "repeat")), ())
        if len(others) != 1 or not repeats:
            return None
        other = others.pop()
        firsts: list[Value | None] = []
        for value, repeat in zip(column, repeats, strict=True):
            if not isinstance(value, First) and value not in (None, other) and repeat != 1:
                return None
            firsts.append(value.first if isinstance(value, First) else value)
        text = self.written(place, tuple(firsts))
        return None if text is None else f"{text} if i == 0 else {shown(other)}"

    def written(self, place: Place, column: Column) -> str | None:
        """Return an argument's text, with a parameter more where it follows from nothing that is there."""
        values = {value for value in column if value is not None}
        if None in column and self.base(place[1]) in ("stride", "dilation") and values != {1}:
            for name, others in self.parameters.items():  # a shortcut strides as the path beside it does
                if self.base((name,)) == self.base(place[1]) and _equal(column, others):
                    return name
        if len({type(value) for value in values}) == 1 and len(values) == 1:
            return shown(values.pop())
        base = "act" if place[1][-1] == "kind" else self.base(place[1])
        for text in (*self.completed(base, column), *self.candidates(base, column)):
            self.known.setdefault(text, self.known_values(text, column))
            return text
        if base in ("out", "mid"):
            found = self.expanded(place, column)
            if found is not None:
                return found
        return self.parameter(place, "n" if base == "repeat" else base, column)

    def completed(self, base: str, column: Column) -> Iterator[str]:
        """Yield the parameter that has a column's values, where a use without it keeps the channels that enter."""
        entering = self.sides.get("C")
        if base not in ("out", "mid") or entering is None:
            return
        for name, values in self.parameters.items():
            if None not in values or self.base((name,)) not in ("out", "mid"):
                continue
            kept = tuple([enter if value is None else value for value, enter in zip(values, entering, strict=True)])
            if _equal(column, kept) and not _equal(column, values):
                self.parameters[name] = kept
                yield name
                return

    def known_values(self, text: str, column: Column) -> Column:
        return self.sides.get(text) or self.parameters.get(text) or column

    def candidates(self, base: str, column: Column) -> Iterator[str]:
        """Yield texts that have the values of a column, the plainest first."""
        numbers = all(value is None or type(value) is int for value in column)
        channels = base in _CHANNELS and numbers
        if not channels:
            for name, values in self.parameters.items():
                if self.base((name,)) == base and _equal(column, values):
                    yield name
                flags = all(type(value) is bool for value in (*column, *values) if value is not None)
                if flags and base != "bias" and _equal(column, values):
                    yield name
            return
        atoms = {name: values for name, values in self.sides.items() if name[0] == "C" or base in _SPATIAL}
        atoms |= {name: values for name, values in self.parameters.items() if self.base((name,)) in _CHANNELS}
        if base in _SPATIAL and {"H", "W"} <= self.sides.keys():
            area = [a * b for a, b in zip(self.sides["H"], self.sides["W"], strict=True)]  # type: ignore[operator]
            atoms["H * W"] = tuple(area)
        for name, values in {**atoms, **self.known}.items():
            if _equal(column, values):
                yield name
        ratios = [
            (ratio.numerator + ratio.denominator, _ratio_text(ratio, name))
            for name, values in atoms.items()
            if (ratio := _ratio(column, values)) is not None
        ]
        yield from (text for _, text in sorted(ratios, key=lambda found: found[0]))
        plain = [name for name in atoms if " " not in name] if self.sides else []
        for one, two in combinations(plain, 2):
            yield from self.sums(column, (one, atoms[one]), (two, atoms[two]))

    @staticmethod
    def sums(column: Column, one: tuple[str, Column], two: tuple[str, Column]) -> Iterator[str]:
        for (a, a_values), (b, b_values) in ((one, two), (two, one)):
            for ratio in (2, 1, 4):  # in halves
                for sign in (2, -2):
                    if ratio == 2 and sign == 2 and a > b:
                        continue
                    triples = zip(column, a_values, b_values, strict=True)
                    if all(value is None or 2 * value == ratio * (x or 0) + sign * (y or 0) for value, x, y in triples):  # type: ignore[operator]
                        yield f"{_ratio_text(Fraction(ratio, 2), a)} {'+' if sign > 0 else '-'} {b}"

    def expanded(self, place: Place, column: Column) -> str | None:
        """Return a number of channels as a multiple of those that enter, where that has far fewer values."""
        entering = self.sides.get("C")
        if entering is None or len(self.rows) < 3 or place == self.final:
            return None
        ratios = [_over(value, enter) for value, enter in zip(column, entering, strict=True)]
        times = {ratio for ratio in ratios if ratio is not None}
        if len(times) * 2 > len({*column} - {None}) or any(ratio.denominator > 1 or ratio > 16 for ratio in times):
            return None
        factors = tuple([None if ratio is None else int(ratio) for ratio in ratios])
        name = self.parameter(place, "expand", factors)
        text = f"{name} * C"
        self.known[text] = column
        return text

    def parameter(self, place: Place, base: str, column: Column) -> str | None:
        """Return the name of a new parameter; None where no parameter has such values."""
        kinds = {type(value) for value in column if value is not None}
        if (len(kinds) > 1 and kinds != {int, tuple}) or (
            kinds == {tuple} and base not in ("kernel", "stride", "dilation", "padding", "size", "scale")
        ):
            return None
        if any(isinstance(value, tuple) and len(value) != 2 for value in column):
            return None
        name, count = base, 1
        while name in self.parameters or name in self.sides:
            count += 1
            name = f"{base}{count}"
        self.parameters[name] = column
        self.origin[name] = place
        return name

    # -- conditions ----------------------------------------------------------------------------------------------------

    def conditions(self) -> dict[Pattern, str] | None:
        """Return for every set of variants that have some entries a condition that says so, or a flag."""
        everywhere = frozenset(self.variants)
        found: dict[Pattern, str] = {}
        for pattern in dict.fromkeys(self.patterns):
            if pattern >= everywhere:
                continue
            there = [variant in pattern for variant in self.variants]
            text = (
                next(self.says(there), None)
                or self.unexpanded(pattern, there)
                or self.without(pattern, there, found)
                or self.flag(pattern, there)
            )
            found[pattern] = text
        return found

    def says(self, there: Sequence[bool]) -> Iterator[str]:
        """Yield conditions that hold for the uses that have an entry, and for no other."""
        tests = [*self.tests()]
        for text, holds in tests:
            if holds == list(there):
                yield text
        for (one, first), (two, second) in combinations(tests, 2):
            if [a or b for a, b in zip(first, second, strict=True)] == list(there):
                yield f"{one} or {two}"
            if [a and b for a, b in zip(first, second, strict=True)] == list(there):
                yield f"{one} and {two}"

    def tests(self) -> Iterator[tuple[str, list[bool]]]:
        """Yield comparisons, with the uses for which they hold."""
        filled = {name: self.filled(name) for name in self.parameters}
        for name, values in filled.items():
            if all(type(value) is bool for value in values):
                yield name, [value is True for value in values]
                yield f"not {name}", [value is False for value in values]
        for name, values in filled.items():
            if self.base((name,)) in ("out", "mid") and "C" in self.sides:
                same = [value == enter for value, enter in zip(values, self.sides["C"], strict=True)]
                yield f"{name} != C", [not each for each in same]
                yield f"{name} == C", same
        for name, values in filled.items():
            if self.base((name,)) in ("out", "mid", "groups") or not all(type(value) is int for value in values):
                continue
            for value in sorted(set(values))[:4]:  # type: ignore[type-var]
                same = [each == value for each in values]
                if value == 1 or len(set(values)) == 2:
                    yield f"{name} != {value}", [not each for each in same]
                yield f"{name} == {value}", same

    def unexpanded(self, pattern: Pattern, there: Sequence[bool]) -> str | None:
        """Return the condition on a new factor of the channels that enter, of which some entries make a multiple."""
        if "expand" in self.parameters:
            return None
        slots = [number for number, each in enumerate(self.patterns) if each == pattern]
        texts = {place: self.texts[place] for place in self.columns if place[0] in slots and place[1][-1] == "out"}
        factors = {found[1] for text in texts.values() if (found := re.fullmatch(r"(\d+) \* C", text))}
        if len(factors) != 1:
            return None
        factor = factors.pop()
        self.parameters["expand"] = tuple([int(factor) if each else 1 for each in there])
        self.origin["expand"] = min(texts, key=_order)
        for place, text in texts.items():
            if text == f"{factor} * C":
                self.texts[place] = "expand * C"
        return "expand != 1"

    def without(self, pattern: Pattern, there: Sequence[bool], found: Mapping[Pattern, str]) -> str | None:
        """Return a condition on a number of channels that only the uses with some entries have.

        Where they make gates of a whole map, the others have 0 of them; else they keep the channels that enter.
        """
        words = {self.body[number].head[1] for number, each in enumerate(self.patterns) if each == pattern}
        entering = self.sides.get("C")
        for name, values in self.parameters.items():
            same = [value is not None for value in values] == list(there)
            if (
                not same
                or self.base((name,)) not in ("out", "mid")
                or any(_names(text, name) for text in found.values())
            ):
                continue
            if "global_pool" in words:
                self.parameters[name] = tuple([value or 0 for value in values])
                return f"{self.renamed(name, 'squeeze')} > 0"
            if entering is not None and all(a != b for a, b in zip(values, entering, strict=True)):
                kept = tuple([enter if value is None else value for value, enter in zip(values, entering, strict=True)])
                self.parameters[name] = kept
                return f"{name} != C"
        return None

    def renamed(self, old: str, new: str) -> str:
        """Call a parameter otherwise, where nothing is called so, and return what it is called."""
        if new in self.parameters:
            return old
        self.parameters = {new if name == old else name: values for name, values in self.parameters.items()}
        self.origin[new] = self.origin.pop(old)
        self.texts = {place: _renamed(text, {old: new}) for place, text in self.texts.items()}
        return new

    def flag(self, pattern: Pattern, there: Sequence[bool]) -> str:
        """Return a parameter that says whether some entries are there."""
        slot = self.body[self.patterns.index(pattern)]
        base = "with_" + (str(slot.head[1]) if slot.head[0] == "layer" else slot.hint or "part")
        name, count = base, 1
        while name in self.parameters:
            count += 1
            name = f"{base}{count}"
        self.parameters[name] = tuple(there)
        return name

    # -- parameters ----------------------------------------------------------------------------------------------------

    def filled(self, name: str) -> tuple[Value, ...]:
        """Return a parameter's values; where a use has no such argument, one that others have."""
        values = self.parameters[name]
        there = [value for value in values if value is not None]
        usual = 1 if self.base((name,)) in ("expand", "stride", "dilation", "groups", "n") else there[0]
        return tuple([usual if value is None else value for value in values])

    def rename(self, conditions: dict[Pattern, str]) -> None:
        """Give numbers of channels the names that tell them apart: `out` is the last, `mid` one before it."""
        outs = [name for name in self.parameters if self.base((name,)) == "out"]
        outs.sort(key=lambda name: _order(self.origin[name]))
        if len(outs) == 1:
            new = ["out"]
        elif len(outs) == 2:
            new = ["mid", "out"]
        else:
            new = [f"out{number}" for number in range(1, len(outs) + 1)]
        names = {old: name for old, name in zip(outs, new, strict=True) if old != name}
        if not names or (set(new) - set(outs)) & {*self.parameters, *self.sides}:
            return
        self.parameters = {names.get(name, name): values for name, values in self.parameters.items()}
        self.origin = {names.get(name, name): place for name, place in self.origin.items()}
        self.texts = {place: _renamed(text, names) for place, text in self.texts.items()}
        conditions.update({pattern: _renamed(text, names) for pattern, text in conditions.items()})

    def declared(self) -> tuple[Parameter, ...]:
        found = []
        for name in self.parameters:
            values = self.filled(name)
            base = self.base((name,))
            usual, times = Counter(values).most_common(1)[0]
            default: Value | None = None
            if base in ("stride", "dilation", "groups") and 1 in values:
                default = 1
            elif base not in ("out", "mid", "n") and times * 2 > len(values):
                default = usual
            found.append(Parameter(name, values, default))
        order = {name: number for number, name in enumerate(_ORDER)}

        def rank(one: Parameter) -> tuple[object, ...]:
            base = self.base((one.name,))
            number, key = self.origin.get(one.name, (len(self.body), ()))
            return (base == "n", order.get(base, len(order)), number, str(key))

        return tuple(sorted(found, key=rank))


def _order(place: Place) -> tuple[int, tuple[int, ...], str]:
    """Return where an argument stands among others; keys of groups have numbers and names, which do not compare."""
    return place[0], tuple([part for part in place[1] if isinstance(part, int)]), str(place[1])


def _equal(column: Column, values: Column) -> bool:
    return all(
        value is None or (type(value) is type(other) and value == other)
        for value, other in zip(column, values, strict=True)
    )


def _over(value: Value | None, other: Value | None) -> Fraction | None:
    """Return the ratio of two numbers; None where they are none."""
    return Fraction(value, other) if type(value) is int and type(other) is int and other else None


def _ratio(column: Column, values: Column) -> Fraction | None:
    """Return what a column is a multiple of others by, where it is one small ratio."""
    found: Fraction | None = None
    for value, other in zip(column, values, strict=True):
        if value is None:
            continue
        ratio = _over(value, other)
        if not ratio:
            return None
        if found is not None and ratio != found:
            return None
        found = ratio
    return found if found is not None and found.numerator <= 16 and found.denominator <= _LARGEST else None


def _names(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _renamed(text: str, names: Mapping[str, str]) -> str:
    return re.sub(r"\b[A-Za-z_]\w*\b", lambda found: names.get(found[0], found[0]), text)
