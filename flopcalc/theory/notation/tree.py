"""Trees of formulas: how one is written, and its value for symbols or in plain numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.errors import Excerpt, Fault, Problem
from flopcalc.number import Arithmetic, Number, is_rational, normal, summed, turn_symbol
from flopcalc.theory import plain
from flopcalc.theory.notation.errors import NotationError
from flopcalc.theory.notation.symbols import shown_symbol

__all__ = [
    "FUNCTIONS",
    "MOST_TURNS",
    "Node",
    "evaluate",
    "evaluate_plain",
    "free_names",
    "joined",
    "rounded_names",
    "written",
]

MOST_TURNS = 1000
"""How many turns of a sum or a product are worked out one by one."""

_MOST_FORMULAS = 40  # how many, where each is a formula in symbols
_STEPS_OF_A_TURN = 50

FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "sqrt": (1, 1), "floor": (1, 1), "ceil": (1, 1), "round": (1, 1), "abs": (1, 1), "min": (1, 9), "max": (1, 9),
    "log": (2, 2),
}  # fmt: skip
"""The functions that a formula may use, with how many values each takes."""

RANGES: Mapping[str, tuple[str, str]] = {"sum_over": ("∑", "sum"), "prod_over": ("∏", "prod")}
"""Sums and products over a range: their signs for people, and their names in Python's notation."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula: a number, a symbol, or an operation on others, and where it begins in the text.

    Attributes
    ----------
    kind : str
        ``number``, ``symbol``, ``call``, ``neg``, ``sum``, ``mul``, ``div``, ``floordiv``, ``mod``, ``pow``,
        ``sum_over`` or ``prod_over``, whose parts are the first index, the last and the body; while a text is read
        also ``product``, factors side by side.
    offset : int
    name : str
        Of a number how it is written; of a symbol, a function or an index the name.
    value : int or Fraction
        Of a number.
    parts : tuple of Node
    step : int or Fraction
        Of a number what its last digit is worth; 0 where it was not printed in digits.
    unit : str
        Of a number what it counts, as ``byte``.
    """

    kind: str
    offset: int
    name: str = ""
    value: int | Fraction = 0
    parts: tuple[Node, ...] = ()
    step: int | Fraction = 0
    unit: str = ""


def joined(nodes: Sequence[Node]) -> Node:
    """Return the product of factors, those of products among them side by side with the others."""
    factors = [part for node in nodes for part in (node.parts if node.kind == "mul" else (node,))]
    return factors[0] if len(factors) == 1 else Node("mul", factors[0].offset, parts=tuple(factors))


def free_names(node: Node) -> tuple[str, ...]:
    """Return the symbols of a formula, in the order of the text; the indices of its sums are none."""
    found: dict[str, None] = {}

    def gather(inner: Node, bound: frozenset[str]) -> None:
        if inner.kind == "symbol" and inner.name not in bound:
            found[inner.name] = None
        for position, part in enumerate(inner.parts):
            gather(part, bound | {inner.name} if inner.kind in RANGES and position == 2 else bound)

    gather(node, frozenset())
    return tuple(found)


def rounded_names(node: Node) -> frozenset[str]:
    """Return the symbols of a formula that stand in something that it rounds."""
    rounds = node.kind in ("floordiv", "mod") or (node.kind == "call" and node.name in ROUNDING)
    if rounds:
        return frozenset(free_names(node))
    return frozenset(name for part in node.parts for name in rounded_names(part))


ROUNDING = ("floor", "ceil", "round")
"""The functions that round."""


def uses(node: Node, name: str) -> bool:
    """Tell whether a symbol stands in a formula, and is not the index of a sum in it."""
    return name in free_names(node)


# -- writing ---------------------------------------------------------------------------------------------------------

_LEVEL = {"sum": 1, "neg": 2, "sum_over": 2, "prod_over": 2, "mul": 3, "div": 3, "floordiv": 3, "mod": 3, "pow": 5}
_SIGNS = {"div": ("/", "/"), "floordiv": ("//", "//"), "mod": (" mod ", "%")}
_RAISED_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def written(node: Node, *, python: bool = False) -> str:
    """Write a tree with every product shown and every bracket that it needs: for people, or in Python's notation."""
    if node.kind == "number":
        return _written_number(node, python=python)
    if node.kind == "symbol":
        return node.name if python else shown_symbol(node.name)
    if node.kind == "call":
        return _written_call(node, python=python)
    if node.kind in RANGES:
        return _written_range(node, python=python)

    def part(inner: Node, least: int) -> str:
        text = written(inner, python=python)
        level = _LEVEL.get(inner.kind, 6)
        if python and inner.kind in RANGES:
            level = 6
        if inner.kind == "number" and not inner.name.replace(".", "").isdigit():
            level = 3
        return text if level >= least else f"({text})"

    if node.kind == "neg":
        return "-" + part(node.parts[0], 4 if _rounds_down(node.parts[0]) else 3)
    if node.kind == "sum":
        text = part(node.parts[0], 1)
        for term in node.parts[1:]:
            text += " - " + part(term.parts[0], 3) if term.kind == "neg" else " + " + part(term, 2)
        return text
    if node.kind == "mul":
        return ("*" if python else "·").join(part(factor, 4 if _divides(factor) else 3) for factor in node.parts)
    left, right = node.parts
    if node.kind == "pow":
        if not python and right.kind == "number" and right.name.isdigit():
            return part(left, 6) + right.name.translate(_RAISED_DIGITS)
        return part(left, 6) + ("**" if python else "^") + part(right, 6)
    return part(left, 3) + _SIGNS[node.kind][python] + part(right, 4)


def _rounds_down(node: Node) -> bool:
    """Tell whether a sign before a term would belong to what it divides by // or %."""
    if node.kind in ("floordiv", "mod"):
        return True
    return node.kind in ("mul", "div") and _rounds_down(node.parts[0])


def _divides(node: Node) -> bool:
    return node.kind in _SIGNS or (node.kind == "number" and "/" in node.name)


def _written_number(node: Node, *, python: bool) -> str:
    if not python:
        return node.name
    plain_digits = node.name.replace("%", "/100")
    known = all(character.isdigit() or character in "./eE+-" for character in plain_digits)
    return plain_digits if known and node.name.isascii() else str(node.value)


def _written_call(node: Node, *, python: bool) -> str:
    inside = ", ".join(written(part, python=python) for part in node.parts)
    if node.name == "sqrt" and not python:
        return f"√{inside}" if node.parts[0].kind in ("number", "symbol") else f"√({inside})"
    if not python and node.name in ("floor", "ceil"):
        return f"⌊{inside}⌋" if node.name == "floor" else f"⌈{inside}⌉"
    return f"{node.name}({inside})"


def _written_range(node: Node, *, python: bool) -> str:
    first, last, body = (written(part, python=python) for part in node.parts)
    sign, word = RANGES[node.kind]
    if python:
        end = f"{last} + 1" if node.parts[1].kind in ("number", "symbol", "mul", "pow") else f"({last}) + 1"
        return f"{word}({body} for {node.name} in range({first}, {end}))"
    body = f"({body})" if node.parts[2].kind in ("sum", "neg", *RANGES) else body
    return f"{sign}_{{{shown_symbol(node.name)}={first}}}^{{{last}}} {body}"


# -- values ----------------------------------------------------------------------------------------------------------


def evaluate(node: Node, symbols: Mapping[str, Number], arithmetic: Arithmetic, source: str) -> Number:
    """Return the exact value of a formula, with `symbols` for the names.

    Raises
    ------
    NotationError
        Where there is none.
    """

    def of(inner: Node) -> Number:
        return evaluate(inner, symbols, arithmetic, source)

    if node.kind == "number":
        return node.value
    if node.kind == "symbol":
        return symbols[node.name]
    try:
        if node.kind in RANGES:
            return _over_range(node, symbols, arithmetic, source)
        if node.kind == "call":
            return _call(node.name, [of(part) for part in node.parts], arithmetic)
        if node.kind == "neg":
            return arithmetic.multiply(-1, of(node.parts[0]))
        if node.kind in ("sum", "mul"):
            combine = arithmetic.add if node.kind == "sum" else arithmetic.multiply
            return reduce(combine, map(of, node.parts))
        operation = {
            "div": arithmetic.divide,
            "floordiv": arithmetic.floor_divide,
            "mod": arithmetic.modulo,
            "pow": arithmetic.power,
        }[node.kind]
        return operation(of(node.parts[0]), of(node.parts[1]))
    except Fault as fault:
        offset = node.parts[1].offset if node.kind in ("div", "floordiv", "mod") else node.offset
        problem = Problem(fault.what, None, fault.expected, fault.hint, Excerpt(source, offset))
        raise NotationError(problem) from None


def _call(name: str, values: list[Number], arithmetic: Arithmetic) -> Number:
    if name == "sqrt":
        return arithmetic.sqrt(values[0])
    if name == "log":
        return arithmetic.log(values[0], values[1])
    if name == "min":
        return arithmetic.smallest(tuple(values))
    if name == "max":
        return arithmetic.largest(tuple(values))
    one: Callable[[Number], Number] = {
        "floor": arithmetic.floor,
        "ceil": arithmetic.ceil,
        "round": arithmetic.round,
        "abs": arithmetic.absolute,
    }[name]
    return one(values[0])


def _over_range(node: Node, symbols: Mapping[str, Number], arithmetic: Arithmetic, source: str) -> Number:
    """Return a sum or a product over a range: in closed form where the body is a polynomial, else turn by turn."""
    first, last = (evaluate(part, symbols, arithmetic, source) for part in node.parts[:2])
    sums = node.kind == "sum_over"
    start: Number = 0 if sums else 1
    counted = is_rational(first) and is_rational(last)
    for end in (first, last):
        if is_rational(end) and type(end) is not int:
            raise Fault(f"a range ends at {end}", expected="a whole number")
    if counted and last < first:
        return start
    turns = normal(last - first + 1)
    body = node.parts[2]
    if not uses(body, node.name):
        _assume_turns(turns, first, last, arithmetic)
        value = evaluate(body, symbols, arithmetic, source)
        return arithmetic.multiply(value, turns) if sums else arithmetic.power(value, turns)
    plain_body = all(is_rational(symbols[name]) for name in free_names(body) if name != node.name)
    if counted and turns <= (MOST_TURNS if plain_body else _MOST_FORMULAS):
        result = start
        combine = arithmetic.add if sums else arithmetic.multiply
        for index in range(int(first), int(last) + 1):
            arithmetic.spend(_STEPS_OF_A_TURN)
            result = combine(result, evaluate(body, {**symbols, node.name: index}, arithmetic, source))
        return result
    if not sums:
        raise Fault(
            f"a product over {_shown_turns(turns)} factors is not worked out",
            expected=f"at most {MOST_TURNS:,} factors or a body without {node.name}",
        )
    index_symbol: Any = turn_symbol(node.name)
    if _rounds(body, node.name):
        raise Fault(f"a sum of {_shown_turns(turns)} terms that are rounded is not worked out", expected="numbers")
    value = evaluate(body, {**symbols, node.name: index_symbol}, arithmetic, source)
    try:
        closed = summed(value, index_symbol, first, last)
    except Fault:
        raise Fault(
            f"a sum of {_shown_turns(turns)} terms has no closed form here",
            expected=f"at most {MOST_TURNS:,} terms or a polynomial in {node.name}",
        ) from None
    _assume_turns(turns, first, last, arithmetic)
    return arithmetic.bounded(closed)


def _shown_turns(turns: Number) -> str:
    return (
        f"{turns:,}" if type(turns) is int and turns < 10**18 else ("very many" if is_rational(turns) else str(turns))
    )


def _assume_turns(turns: Number, first: Number, last: Number, arithmetic: Arithmetic) -> None:
    """Note that a range is not turned round, where that is not certain."""
    if not is_rational(turns) and arithmetic.decide(turns, strict=False) is not True:
        arithmetic.assumed[f"{last} ≥ {normal(first - 1)}"] = None


def _rounds(node: Node, name: str) -> bool:
    """Tell whether something that is no polynomial is done with a symbol: rounding, a choice, a remainder."""
    if node.kind in ("call", "floordiv", "mod") and uses(node, name):
        return True
    return any(_rounds(part, name) for part in node.parts)


# -- plain numbers ---------------------------------------------------------------------------------------------------

_PLAIN: Mapping[str, Callable[..., plain.Real]] = {
    "neg": plain.negative,
    "sum": plain.add,
    "mul": plain.multiply,
    "div": plain.divide,
    "floordiv": lambda a, b: plain.floor(plain.divide(a, b)),
    "mod": plain.modulo,
    "pow": plain.power,
    "sqrt": plain.sqrt,
    "log": plain.log,
    "min": plain.least,
    "max": plain.greatest,
    "floor": plain.floor,
    "ceil": plain.ceil,
    "round": plain.round_half_up,
    "abs": plain.absolute,
}


def evaluate_plain(node: Node, values: Mapping[str, plain.Real], turns: Iterator[int]) -> plain.Real:
    """Return the value of a formula in plain numbers, its rounding kept, by nothing of the symbolic arithmetic.

    Parameters
    ----------
    node : Node
    values : mapping of str to number
    turns : iterator
        As many turns of sums and products as may be taken.

    Raises
    ------
    ZeroDivisionError
    Fault
        Where there is no real value, or it is too large or not decided.
    """
    if node.kind == "number":
        return node.value
    if node.kind == "symbol":
        return values[node.name]
    if node.kind in RANGES:
        first, last = (evaluate_plain(part, values, turns) for part in node.parts[:2])
        if type(first) is not int or type(last) is not int:
            raise Fault("a range ends at what is no whole number", expected="whole numbers")
        combine, result = (plain.add, 0) if node.kind == "sum_over" else (plain.multiply, 1)
        terms: list[plain.Real] = [result]
        for index in range(first, last + 1):
            if next(turns, None) is None:
                raise plain.TooLargeError("a sum has too many terms", expected="fewer terms")
            terms.append(evaluate_plain(node.parts[2], {**values, node.name: index}, turns))
        return combine(*terms)
    return _PLAIN[node.name if node.kind == "call" else node.kind](
        *(evaluate_plain(part, values, turns) for part in node.parts)
    )
