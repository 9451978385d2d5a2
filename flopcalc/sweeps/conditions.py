"""Conditions on the rows of a sweep, such as ``flops <= 150M and params < 3M``: exact, and on whole arrays.

The text is read by :func:`flopcalc.expression.parse`, which lets nothing through that is not of the language; its tree
is then walked with arrays of whole numbers over whole numbers. Where 64 bits may not hold a product, Python's own
whole numbers take over.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Excerpt, Fault, FlopcalcError, ParameterError, Problem, listed, one_of, shorten, suggest
from flopcalc.expression import Scope, parse
from flopcalc.metrics import IN_BYTES, in_bytes
from flopcalc.number import Value, as_text, is_rational
from flopcalc.spec.model import Spec
from flopcalc.sweeps.axes import Column, read_value
from flopcalc.sweeps.blocks import Block
from flopcalc.units import AMOUNTS, BYTE_UNITS, IN_FORMULAS, any_of, digits_of

__all__ = ["Condition", "read_condition", "single_values"]

Array: TypeAlias = Any

_ROOM = 1 << 62
_MOST_BITS = 4096
_SUFFIXED = re.compile(rf"""'[^']*'|"[^"]*"|(?<![\w.]){IN_FORMULAS}(?:\s*(?P<unit>{any_of(AMOUNTS)}))?(?!\w)""")
_SIGNS: Mapping[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=="}
_TURNED = str.maketrans("<>", "><")
_FUNCTIONS = ("min", "max", "abs", "round", "floor", "ceil")
_NUMBERS = "numbers (150M, 2.5k), metrics, parameters, + - * / // % **, comparisons, and, or, not"


@dataclass(frozen=True, slots=True)
class _Ratio:
    """Rational numbers: whole numerators over positive whole denominators, each an array or one number for all."""

    top: Array
    bottom: Array
    most_top: int
    most_bottom: int

    @classmethod
    def of(cls, value: int | Fraction) -> _Ratio:
        return cls(value.numerator, value.denominator, abs(value.numerator), value.denominator)


@dataclass(frozen=True, slots=True)
class _Words:
    """Words: indices into the different ones; of a single word, one index."""

    index: Array
    words: tuple[Value, ...]


Operand: TypeAlias = "_Ratio | _Words | Array"
"""Numbers, words, or truths: an array of them, or one."""


@dataclass(frozen=True)
class Condition:
    """What rows have to meet.

    Attributes
    ----------
    text : str
    metrics : tuple of str
        Those that it reads.
    """

    text: str
    metrics: tuple[str, ...]
    parameters: Mapping[str, Value] = field(repr=False)
    tree: ast.expr = field(repr=False)
    source: _Source = field(repr=False)

    def mask(self, block: Block) -> Array:
        """Return which rows of a block meet it, as an array of truths.

        Raises
        ------
        ParameterError
            Where it divides by zero.
        """
        import numpy as np

        if not len(block):
            return np.zeros(0, bool)
        read = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        columns: dict[str, Operand] = {
            name: _operand(block.parameters[name]) for name in block.parameters if name in read
        }
        columns.update((name, _numbers(array)) for name, array in block.metrics.items() if name in read)
        found = self._value(columns, careful=True)
        return np.broadcast_to(found, (len(block),))

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Tell whether one row meets it, by its metrics and the parameters that vary.

        Raises
        ------
        ParameterError
            Where it divides by zero.

        Examples
        --------
        >>> condition = read_condition("flops < 2*params", ["flops", "params"], {}, {})
        >>> condition.holds({"flops": 7, "params": 4}), condition.holds({"flops": 8, "params": 4})
        (True, False)
        """
        return bool(self._value({name: _single(value) for name, value in values.items()}, careful=True))

    @property
    def names(self) -> frozenset[str]:
        """The metrics and parameters that it reads."""
        return frozenset(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name))

    def parts(self) -> tuple[Condition, ...]:
        """Return the conditions that have to hold together: those between ``and``, and the links of a chain.

        Examples
        --------
        >>> condition = read_condition("1M < params <= 4M and flops > 3", ["flops", "params"], {}, {})
        >>> [part.bound() for part in condition.parts()]
        [('params', '>', 1000000), ('params', '<=', 4000000), ('flops', '>', 3)]
        """
        if isinstance(self.tree, ast.BoolOp) and isinstance(self.tree.op, ast.And):
            return tuple(part for item in self.tree.values for part in replace(self, tree=item).parts())
        if not isinstance(self.tree, ast.Compare) or len(self.tree.ops) == 1:
            return (self,)
        ends = [self.tree.left, *self.tree.comparators]
        links = zip(self.tree.ops, pairwise(ends), strict=True)
        pairs = (ast.Compare(left, [sign], [right]) for sign, (left, right) in links)
        return tuple(replace(self, tree=ast.copy_location(pair, self.tree)) for pair in pairs)

    def bound(self) -> tuple[str, str, int | Fraction] | None:
        """Return a name, a sign and a number where it says no more than that one is so to the other."""
        tree = self.tree
        if not isinstance(tree, ast.Compare) or type(tree.ops[0]) not in _SIGNS:
            return None
        sign = _SIGNS[type(tree.ops[0])]
        name, other = tree.left, tree.comparators[0]
        if not isinstance(name, ast.Name) or name.id in self.parameters:
            name, other, sign = other, name, sign.translate(_TURNED)
        rest = {item.id for item in ast.walk(other) if isinstance(item, ast.Name)}
        if not isinstance(name, ast.Name) or not rest - set(_FUNCTIONS) <= self.parameters.keys():
            return None
        walker = _Walker({key: _single(value) for key, value in self.parameters.items()}, self.source, True)
        try:
            number = walker.number(other)
        except Fault:
            return None
        value = Fraction(number.top, number.bottom)
        return name.id, sign, value.numerator if value.denominator == 1 else value

    def _value(self, columns: Mapping[str, Operand], *, careful: bool) -> Array:
        given = {name: _single(value) for name, value in self.parameters.items()}
        walker = _Walker({**given, **columns}, self.source, careful)
        try:
            return walker.truth(self.tree)
        except Fault as fault:
            raise self.source.error(fault) from None


@dataclass(frozen=True)
class _Source:
    """A condition's text as its user wrote it, and as Python's parser reads it, with 150M as 150e6."""

    written: str
    read: str
    shifts: tuple[int, ...]
    sizes: tuple[range, ...] = ()
    """Where figures in bytes stand in what is read."""

    @classmethod
    def of(cls, text: str) -> _Source:
        pieces: list[str] = []
        shifts: list[int] = []
        sizes: list[range] = []
        end = 0
        for match in _SUFFIXED.finditer(text):
            if not (match["unit"] or match["power"] or match["raised"]):
                continue
            number = _numeral(match)
            pieces += [text[end : match.start()], number]
            shifts += range(end, match.start())
            if match["unit"] in BYTE_UNITS:
                sizes.append(range(len(shifts), len(shifts) + len(number)))
            shifts += [min(match.start() + index, match.end() - 1) for index in range(len(number))]
            end = match.end()
        return cls(text, "".join(pieces) + text[end:], (*shifts, *range(end, len(text) + 1)), tuple(sizes))

    def in_bytes(self, node: ast.AST) -> bool:
        """Tell whether a figure in bytes stands in an expression."""
        places = [self.offset(item) for item in ast.walk(node) if isinstance(item, ast.Constant)]
        return any(place in size for size in self.sizes for place in places)

    def error(self, fault: Fault) -> ParameterError:
        offset = self.shifts[max(0, min(fault.offset or 0, len(self.shifts) - 1))]
        return ParameterError(
            Problem(fault.what, None, fault.expected, fault.hint, Excerpt(self.written or " ", offset))
        )

    def offset(self, node: ast.expr) -> int:
        return len(self.read.encode()[: node.col_offset].decode(errors="replace"))

    def segment(self, node: ast.expr) -> str:
        return ast.get_source_segment(self.read, node) or self.read


def _numeral(match: re.Match[str]) -> str:
    """Return a figure with a unit as the spec language has numbers."""
    (digits, exponent), factor = digits_of(match), AMOUNTS.get(match["unit"], 1)
    zeros = len(str(factor)) - 1
    return f"{digits}e{exponent + zeros}" if factor == 10**zeros else f"({digits}e{exponent}*{factor})"


class _Sizes(ast.NodeTransformer):
    """Reads metrics in bytes where a comparison holds them against a figure in bytes."""

    def __init__(self, source: _Source, metrics: Sequence[str]) -> None:
        self.source = source
        self.metrics = metrics

    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        if not self.source.in_bytes(node):
            return node
        names = [item for item in ast.walk(node) if isinstance(item, ast.Name) and item.id in self.metrics]
        for item in names:
            try:
                item.id = in_bytes(item.id)
            except Fault as fault:
                fault.offset = self.source.offset(item)
                raise
        if not names:
            what = "bytes are held against no metric"
            raise Fault(what, expected=f"one of {listed(IN_BYTES.values())}", offset=self.source.offset(node))
        return node


def read_condition(
    text: str,
    metrics: Sequence[str],
    varying: Mapping[str, Column],
    given: Mapping[str, Value],
    others: Sequence[str] = (),
) -> Condition:
    """Read a condition on the rows of a sweep.

    Parameters
    ----------
    text : str
        An expression in the spec language's notation, whose numbers may have a unit: 150M, 1.5亿, 2MB, 512KiB. A metric
        that is compared with bytes is read in bytes.
    metrics : sequence of str
        The metrics that there are.
    varying : mapping of str to Column
        The parameters that vary; of each, values as they may occur.
    given : mapping of str to Value
        Parameters with one value.
    others : sequence of str
        Parameters that have no value of their own here.

    Raises
    ------
    ParameterError
        With a caret under what is wrong: an unknown name, words compared with numbers, a number for a condition.

    Examples
    --------
    >>> condition = read_condition("flops <= 150M and alpha > 1/2", ["flops"], {"alpha": Column.of([1])}, {})
    >>> condition.metrics
    ('flops',)
    >>> read_condition("flop < 3M", ["flops"], {}, {})
    Traceback (most recent call last):
    flopcalc.errors.ParameterError: `flop` is not known in a condition
      flop < 3M
      ^
      expected: one of flops
      try: did you mean `flops`?
    """
    stripped = text.strip()
    source = _Source.of(stripped)
    try:
        read = parse(source.read)
        tree = ast.parse(source.read, mode="eval").body
        for name, (offset, _) in read.calls.items():
            raise Fault(f"`{shorten(name)}` is no function", expected=one_of(_FUNCTIONS), offset=offset)
        known = [*metrics, *varying, *given]
        for name, offset in read.names.items():
            if name in known:
                continue
            if name in others:
                what = f"`{name}` follows from other parameters"
                raise Fault(what, expected="a parameter with a value", hint=f"--{name} VALUE", offset=offset)
            if any(name in map(as_text, column.words) for column in varying.values()):
                raise Fault(f"`{name}` is a word", expected="words in quotes", hint=f"'{name}'", offset=offset)
            hint = suggest(name, [*known, *others])
            what = f"`{shorten(name)}` is not known in a condition"
            raise Fault(what, expected=f"one of {listed(known)}", hint=hint, offset=offset)
        tree = _Sizes(source, metrics).visit(tree)
    except Fault as fault:
        if fault.expected.startswith("numbers, names"):
            fault.expected = _NUMBERS
        raise source.error(fault) from None
    except FlopcalcError as error:
        raise ParameterError(*error.problems) from None
    named = {item.id for item in ast.walk(tree) if isinstance(item, ast.Name)}
    used = tuple(dict.fromkeys(name for name in (*metrics, *IN_BYTES.values()) if name in named))
    condition = Condition(stripped, used, dict(given), tree, source)
    trial = {
        **{name: _operand(column) for name, column in varying.items()},
        **{name: _Ratio.of(1) for name in (*metrics, *used)},
    }
    condition._value(trial, careful=False)
    return condition


def single_values(spec: Spec, moved: Collection[str], given: Mapping[str, object]) -> dict[str, Value]:
    """Return the parameters whose one value is known without an analysis: given ones, and defaults that are plain.

    Examples
    --------
    >>> from flopcalc.analysis import load
    >>> single_values(load("mobilenet_v1"), ["alpha"], {"rho": "1/2"})["rho"]
    Fraction(1, 2)
    """
    found: dict[str, Value] = {}
    for name, parameter in spec.known.items():
        if name in moved:
            continue
        if name in given:
            try:
                found[name] = read_value(given[name], name)
            except ParameterError:  # an expression: the analysis says what is wrong with it
                continue
        elif name in spec.preset:
            found[name] = spec.preset[name]
        elif parameter is not None and parameter.default is not None and parameter.default.constant:
            found[name] = parameter.default.evaluate(Scope({}))
    return found


# -- operands --------------------------------------------------------------------------------------------------------


def _numbers(array: Array) -> _Ratio:
    import numpy as np

    if array.dtype == object and any(isinstance(number, Fraction) for number in array):
        tops, bottoms = np.empty(len(array), object), np.empty(len(array), object)
        tops[:] = [number.numerator for number in array]
        bottoms[:] = [number.denominator for number in array]
        return _Ratio(tops, bottoms, max(map(abs, tops)), max(bottoms))
    return _Ratio(array, 1, max(abs(int(array.max())), abs(int(array.min()))), 1)


def _operand(column: Column) -> Operand:
    import numpy as np

    if column.words:
        if all(isinstance(word, bool) for word in column.words):
            return np.array(column.words, bool)[column.numerators]
        return _Words(column.numerators, column.words)
    low, high = column.bounds
    return _Ratio(column.numerators, column.denominator, max(abs(low), abs(high)), column.denominator)


def _single(value: Value) -> Operand:
    if isinstance(value, str):
        return _Words(0, (value,))
    return value if isinstance(value, bool) or not is_rational(value) else _Ratio.of(value)


class _ZeroDivisor(Fault):
    """A division by zero, which matters where nothing before it has decided the row."""


def _taken(operand: Operand, rows: Array) -> Operand:
    """Return an operand's values at some rows; what has one value for all rows keeps it."""
    if isinstance(operand, _Ratio):
        top, bottom = (part[rows] if hasattr(part, "shape") else part for part in (operand.top, operand.bottom))
        return replace(operand, top=top, bottom=bottom)
    if isinstance(operand, _Words):
        return replace(operand, index=operand.index[rows]) if hasattr(operand.index, "shape") else operand
    return operand[rows] if hasattr(operand, "shape") else operand


def _wide(value: Array) -> Array:
    return value.astype(object) if hasattr(value, "astype") else value


def _times(a: Array, b: Array, bound: int) -> Array:
    return a * b if bound < _ROOM else _wide(a) * _wide(b)


def _levelled(a: _Ratio, b: _Ratio) -> tuple[Array, Array, Array, int, int]:
    """Return the numerators over a common denominator, that denominator, and bounds of both."""
    if isinstance(a.bottom, int) and isinstance(b.bottom, int) and a.bottom == b.bottom:
        return a.top, b.top, a.bottom, max(a.most_top, b.most_top), a.most_bottom
    left, right, bottom = a.most_top * b.most_bottom, b.most_top * a.most_bottom, a.most_bottom * b.most_bottom
    return (
        _times(a.top, b.bottom, max(left, a.most_top, b.most_bottom)),
        _times(b.top, a.bottom, max(right, b.most_top, a.most_bottom)),
        _times(a.bottom, b.bottom, bottom),
        max(left, right),
        bottom,
    )


def _sum(a: _Ratio, b: _Ratio, sign: int) -> _Ratio:
    left, right, bottom, most, most_bottom = _levelled(a, b)
    if 2 * most >= _ROOM:
        left, right = _wide(left), _wide(right)
    return _Ratio(left + right if sign > 0 else left - right, bottom, 2 * most, most_bottom)


def _product(a: _Ratio, b: _Ratio) -> _Ratio:
    top, bottom = a.most_top * b.most_top, a.most_bottom * b.most_bottom
    return _Ratio(
        _times(a.top, b.top, max(top, a.most_top, b.most_top)), _times(a.bottom, b.bottom, bottom), top, bottom
    )


def _inverse(a: _Ratio) -> _Ratio:
    """Return 1/a, of an `a` without zeros."""
    import numpy as np

    if isinstance(a.top, int):
        sign = 1 if a.top > 0 else -1
        return _Ratio(sign * a.bottom, sign * a.top, a.most_bottom, a.most_top)
    signs: Array = np.where(a.top > 0, 1, -1)
    return _Ratio(a.bottom * signs, a.top * signs, a.most_bottom, a.most_top)


def _floor(a: _Ratio) -> _Ratio:
    large = max(a.most_top, a.most_bottom) >= _ROOM
    top, bottom = (_wide(a.top), _wide(a.bottom)) if large else (a.top, a.bottom)
    return _Ratio(top // bottom, 1, a.most_top + 1, 1)


def _negative(a: _Ratio) -> _Ratio:
    return _Ratio(-a.top, a.bottom, a.most_top, a.most_bottom)


def _ceil(a: _Ratio) -> _Ratio:
    return _negative(_floor(_negative(a)))


def _absolute(a: _Ratio) -> _Ratio:
    return _Ratio(abs(a.top), a.bottom, a.most_top, a.most_bottom)


def _round(a: _Ratio) -> _Ratio:
    return _floor(_sum(a, _Ratio.of(Fraction(1, 2)), 1))


def _chosen(a: _Ratio, b: _Ratio, greater: bool) -> _Ratio:
    import numpy as np

    left, right, bottom, most, most_bottom = _levelled(a, b)
    first = left >= right if greater else left <= right
    if isinstance(first, bool):
        return _Ratio(left if first else right, bottom, most, most_bottom)
    return _Ratio(np.where(first, left, right), bottom, most, most_bottom)


_COMPARED: Mapping[type[ast.cmpop], Callable[[Array, Array], Array]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
_ROUNDED: Mapping[str, Callable[[_Ratio], _Ratio]] = {
    "abs": _absolute,
    "round": _round,
    "floor": _floor,
    "ceil": _ceil,
}


@dataclass(frozen=True)
class _Walker:
    """Walks a checked tree with arrays for names."""

    columns: Mapping[str, Operand]
    source: _Source
    careful: bool

    def refuse(self, node: ast.expr, what: str, expected: str, hint: str = "") -> Fault:
        return Fault(what, expected=expected, hint=hint, offset=self.source.offset(node))

    def said(self, node: ast.expr) -> str:
        text = self.source.segment(node)
        begin = self.source.offset(node)
        shifts = self.source.shifts
        return shorten(self.source.written[shifts[begin] : shifts[min(begin + len(text), len(shifts) - 1)]])

    def truth(self, node: ast.expr) -> Array:
        found = self.value(node)
        if isinstance(found, (_Ratio, _Words)):
            kind = "a number" if isinstance(found, _Ratio) else "a word"
            raise self.refuse(node, f"`{self.said(node)}` is {kind}", "a condition", "compare it: flops <= 150M")
        return found

    def number(self, node: ast.expr) -> _Ratio:
        found = self.value(node)
        if not isinstance(found, _Ratio):
            kind = "a word" if isinstance(found, _Words) else "true or false"
            raise self.refuse(node, f"`{self.said(node)}` is {kind}", "a number")
        return found

    def value(self, node: ast.expr) -> Operand:
        if not self.named(node):
            return self.constant(node)
        if isinstance(node, ast.Name):
            return self.columns[node.id]
        if isinstance(node, ast.BoolOp):
            return self.joined(node)
        if isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                return self.inverted(self.truth(node.operand))
            found = self.number(node.operand)
            return _negative(found) if isinstance(node.op, ast.USub) else found
        if isinstance(node, ast.Compare):
            return self.compared(node)
        if isinstance(node, ast.BinOp):
            return self.calculated(node)
        if isinstance(node, ast.Call):
            return self.called(node)
        raise self.refuse(node, f"`{self.said(node)}` is not for conditions", _NUMBERS)

    def constant(self, node: ast.expr) -> Operand:
        try:
            value = parse(self.source.segment(node)).evaluate(Scope({}))
        except Fault as fault:
            fault.offset = self.source.offset(node) + (fault.offset or 0)
            raise
        if isinstance(value, (bool, str)) or is_rational(value):
            return _single(value)
        raise self.refuse(node, f"`{self.said(node)}` is no rational number", "numbers, words, true or false")

    @staticmethod
    def inverted(truth: Array) -> Array:
        return not truth if isinstance(truth, bool) else ~truth

    def joined(self, node: ast.BoolOp) -> Array:
        both = isinstance(node.op, ast.And)
        found = self.truth(node.values[0])
        for item in node.values[1:]:
            try:
                other = self.truth(item)
            except _ZeroDivisor:
                found = self.completed(found, item, both)
                continue
            found = found & other if both else found | other
        return found

    def completed(self, found: Array, node: ast.expr, both: bool) -> Array:
        """Join what divides by zero somewhere, where the conditions before it have not decided a row already."""
        import numpy as np

        if isinstance(found, bool):
            return found if found is not both else self.truth(node)
        rows = np.flatnonzero(found if both else ~found)
        if len(rows):
            some = {name: _taken(operand, rows) for name, operand in self.columns.items()}
            found = found.copy()
            found[rows] = replace(self, columns=some).truth(node)
        return found

    def compared(self, node: ast.Compare) -> Array:
        operands = [node.left, *node.comparators]
        values = [self.value(item) for item in operands]
        found: Array = True
        for place, operator in enumerate(node.ops):
            pair = values[place], values[place + 1]
            found = found & self.pair(operator, *pair, operands[place], operands[place + 1])
        return found

    def pair(self, operator: ast.cmpop, a: Operand, b: Operand, left: ast.expr, right: ast.expr) -> Array:
        compare = _COMPARED[type(operator)]
        if isinstance(a, _Ratio) and isinstance(b, _Ratio):
            return compare(*_levelled(a, b)[:2])
        equality = isinstance(operator, (ast.Eq, ast.NotEq))
        if equality and isinstance(a, _Words) and isinstance(b, bool) and any(isinstance(w, bool) for w in a.words):
            b = _Words(0, (b,))  # a parameter that is false or a word
        if equality and isinstance(b, _Words) and isinstance(a, bool) and any(isinstance(w, bool) for w in b.words):
            a = _Words(0, (a,))
        if isinstance(a, _Words) and isinstance(b, _Words) and equality:
            return compare(*self.codes(a, b, right))
        if equality and not isinstance(a, (_Ratio, _Words)) and not isinstance(b, (_Ratio, _Words)):
            return compare(a, b)
        odd = left if not isinstance(a, _Ratio) and (not equality or isinstance(b, _Ratio)) else right
        kind = "a word" if isinstance(a if odd is left else b, _Words) else "a number"
        if not isinstance(a if odd is left else b, (_Ratio, _Words)):
            kind = "true or false"
        expected = "words and truths compared by == and != with their like, numbers with numbers"
        raise self.refuse(odd, f"`{self.said(odd)}` is {kind} and cannot be compared so", expected)

    def codes(self, a: _Words, b: _Words, node: ast.expr) -> tuple[Array, Array]:
        """Return words as numbers that are equal where the words are."""
        import numpy as np

        one, many = (a, b) if len(a.words) == 1 and isinstance(a.index, int) else (b, a)
        if isinstance(one.index, int) and not isinstance(many.index, int) and one.words[0] not in many.words:
            word = as_text(one.words[0])
            known = [as_text(item) for item in many.words]
            raise self.refuse(node, f"`{shorten(word)}` does not occur", one_of(known), suggest(word, known))
        numbers: dict[Value, int] = {}
        tables = [np.array([numbers.setdefault(word, len(numbers)) for word in side.words]) for side in (a, b)]
        return tables[0][a.index], tables[1][b.index]

    def calculated(self, node: ast.BinOp) -> _Ratio:
        a, b = self.number(node.left), self.number(node.right)
        if isinstance(node.op, (ast.Add, ast.Sub)):
            found = _sum(a, b, 1 if isinstance(node.op, ast.Add) else -1)
        elif isinstance(node.op, ast.Mult):
            found = _product(a, b)
        elif isinstance(node.op, ast.Pow):
            found = self.power(node, a, b)
        else:
            found = _product(a, self.divisor(node, b))
            if isinstance(node.op, ast.FloorDiv):
                found = _floor(found)
            elif isinstance(node.op, ast.Mod):
                found = _sum(a, _product(b, _floor(found)), -1)
        if max(found.most_top, found.most_bottom).bit_length() > _MOST_BITS:
            raise self.refuse(node, f"`{self.said(node)}` is too large", f"at most {_MOST_BITS:,} bits")
        return found

    def divisor(self, node: ast.BinOp, b: _Ratio) -> _Ratio:
        zeros = b.top == 0
        if zeros if isinstance(zeros, bool) else zeros.any():
            if self.careful or not self.named(node.right):
                what = f"`{self.said(node.right)}` is 0 in a row" if self.named(node.right) else "this divides by 0"
                raise _ZeroDivisor(what, expected="a divisor other than 0", offset=self.source.offset(node.right))
            return _Ratio.of(1)
        return _inverse(b)

    def named(self, node: ast.expr) -> bool:
        """Tell whether an expression has names, so that its value depends on the row."""
        return any(isinstance(item, ast.Name) and item.id in self.columns for item in ast.walk(node))

    def power(self, node: ast.BinOp, a: _Ratio, b: _Ratio) -> _Ratio:
        if not (isinstance(b.top, int) and b.bottom == 1 and 0 <= b.top <= 64):
            raise self.refuse(node.right, f"`{self.said(node.right)}` is no exponent here", "a whole number, 0 to 64")
        found = _Ratio.of(1)
        for _ in range(b.top):
            found = _product(found, a)
        return found

    def called(self, node: ast.Call) -> _Ratio:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        arguments = [self.number(item) for item in node.args]
        if name in ("min", "max"):
            found = arguments[0]
            for item in arguments[1:]:
                found = _chosen(found, item, name == "max")
            return found
        if name not in _ROUNDED or node.keywords:
            raise self.refuse(node, f"`{self.said(node)}` is not for conditions", listed(_FUNCTIONS))
        return _ROUNDED[name](arguments[0])
