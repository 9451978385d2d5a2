"""Expressions of the spec language: text becomes a checked syntax tree, the tree becomes an exact value.

User text is parsed with :mod:`ast` into a tree, every node of which must be on a short list of known ones; it is
never compiled or evaluated by Python, and never handed to sympy's parser. Numbers are taken from the source text,
so ``0.714`` is 357/500. Evaluation works on numbers and symbols alike, in the arithmetic of :mod:`flopcalc.number`.
"""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NoReturn

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Fault, FlopcalcError, Place, Problem, SpecError, listed, one_of, shallow, shorten, suggest
from flopcalc.number import (
    MOST_DIGITS,
    Arithmetic,
    Number,
    Relation,
    Value,
    as_text,
    expanded,
    is_rational,
    is_symbolic,
    read_decimal,
    readable,
    settled,
)

__all__ = [
    "AMBIGUOUS",
    "FUNCTIONS",
    "LONGEST_TEXT",
    "OF_MAP",
    "RESERVED",
    "RUNNING",
    "Derived",
    "Expression",
    "Function",
    "Scope",
    "Trees",
    "check_name",
    "free_expression",
    "literal",
    "multiplied",
    "parse",
    "read_relation",
    "rounded_names",
]

LONGEST_TEXT = 2000
"""Characters that an expression may have."""

RUNNING = ("channels", "height", "width")
"""The sides of the running tensor, which a file's own names may hide; ``map.channels`` and so on always mean them."""

OF_MAP = (*RUNNING, "length", "depth")
"""What ``map.`` may stand before: a map of one side has a length, one of three a depth besides."""

LONGEST_NAME = 64
"""Characters that a name may have."""

MOST_CALLS = 100_000
"""How often one analysis may call the functions that its specs define."""

DEEPEST_TREE = 60
"""How deeply the operators of an expression may nest."""

DEEPEST_STACK = 600
"""How deeply definitions and functions that need each other may nest, in frames of Python's stack."""

MOST_ITEMS = 100_000
"""How many entries a list or a look-up table may have, those of the lists in it included."""

QUOTE_IT = 'inside { } or [ ] an expression with a comma or a bracket must be quoted: "max(a, b)"'
"""What to do where YAML has cut an expression at its comma."""

_SMALL = 1 << 64
_CONSTANTS: Mapping[str, Value] = {"true": True, "false": False, "True": True, "False": False}
_YAML_WORDS = {
    form(word): value
    for word, value in {"yes": "true", "on": "true", "no": "false", "off": "false"}.items()
    for form in (str.lower, str.capitalize, str.upper)
}
_NUMBER = re.compile(r"(\d[\d_]*)?(?:\.([\d_]*))?(?:[eE]([+-]?\d+))?$")

_NOTHING: Mapping[str, Any] = MappingProxyType({})

Evaluator = Callable[["Scope"], Value]


@dataclass(frozen=True, slots=True)
class Signature:
    """A built-in function: its parameters in order, how many must be given, and what computes it."""

    parameters: tuple[str, ...]
    needed: int
    call: Callable[..., Value]
    help: str
    variadic: bool = False
    of_list: bool = False
    """Whether its argument is a list."""


def _make_divisible(
    arithmetic: Arithmetic, x: Number, divisor: Number = 8, limit: Number = Fraction(9, 10), least: Number | None = None
) -> Number:
    return arithmetic.make_divisible(x, divisor, limit, divisor if least is None else least)


def _range(arithmetic: Arithmetic, n: Number) -> Value:
    n = settled(n)
    if type(n) is not int or n < 0:
        raise Fault(f"range of {shorten(as_text(n))}", expected="a whole number from 0")
    if n > MOST_ITEMS:
        raise Fault("the list is too large", expected=f"at most {MOST_ITEMS:,} entries")
    arithmetic.spend(n // 4)
    return tuple(range(n))


def _sum(arithmetic: Arithmetic, items: tuple[Value, ...]) -> Value:
    found: Number = 0
    for item in items:
        if isinstance(item, (bool, str, tuple, dict)):
            raise Fault(f"sum of a list with {shorten(as_text(item))}", expected="numbers")
        found = arithmetic.add(found, item)
    return found


FUNCTIONS: Mapping[str, Signature] = {
    "round": Signature(("x",), 1, lambda arithmetic, x: arithmetic.round(x), "nearest whole number, half up"),
    "round_even": Signature(
        ("x",), 1, lambda arithmetic, x: arithmetic.round_even(x), "nearest whole number, half to even"
    ),
    "floor": Signature(("x",), 1, lambda arithmetic, x: arithmetic.floor(x), "greatest whole number not above x"),
    "ceil": Signature(("x",), 1, lambda arithmetic, x: arithmetic.ceil(x), "least whole number not below x"),
    "min": Signature(("a", "b"), 1, lambda arithmetic, *xs: arithmetic.smallest(xs), "the least argument", True),
    "max": Signature(("a", "b"), 1, lambda arithmetic, *xs: arithmetic.largest(xs), "the greatest argument", True),
    "abs": Signature(("x",), 1, lambda arithmetic, x: arithmetic.absolute(x), "absolute value"),
    "sqrt": Signature(("x",), 1, lambda arithmetic, x: arithmetic.sqrt(x), "square root"),
    "log": Signature(
        ("x", "base"), 2, lambda arithmetic, x, base: arithmetic.log(x, base), "logarithm of x to the base"
    ),
    "make_divisible": Signature(
        ("x", "divisor", "limit", "min"),
        1,
        _make_divisible,
        "x to the nearest multiple of divisor (8), at least min (divisor), never below limit (0.9) times x",
    ),
    "range": Signature(("n",), 1, _range, "the list of the whole numbers from 0 below n"),
    "sum": Signature(("list",), 1, _sum, "the sum of the numbers of a list", of_list=True),
    "len": Signature(("list",), 1, lambda arithmetic, items: len(items), "how many entries a list has", of_list=True),
}

AMBIGUOUS = frozenset(_CONSTANTS) | frozenset(_YAML_WORDS)
"""What is no word where words are values: true, false, and what YAML 1.1 reads so."""

RESERVED = frozenset(FUNCTIONS) | frozenset(_CONSTANTS) | frozenset(_YAML_WORDS) | {"null", "Null", "NULL"}


class Scope:
    """The names that an expression sees, innermost first; the outermost is the analysis itself."""

    __slots__ = ("arithmetic", "home", "outer", "values")

    def __init__(
        self, values: dict[str, Any], outer: Scope | None = None, arithmetic: Arithmetic | None = None, home: str = ""
    ) -> None:
        self.values = values
        self.outer = outer
        self.home = home
        if arithmetic is None:
            arithmetic = Arithmetic() if outer is None else outer.arithmetic
        self.arithmetic: Arithmetic = arithmetic

    def look_up(self, name: str) -> Any:
        """Return the value bound to `name`, computing a derived one at its first use."""
        scope: Scope | None = self
        while scope is not None:
            values = scope.values
            if name in values:
                value = values[name]
                if type(value) is Derived:
                    value = values[name] = value.compute(name)
                return value
            scope = scope.outer
        here = [side for side in map("map.{}".format, OF_MAP) if self.has(side)]
        if here and (name in OF_MAP or name.startswith("map.")):
            raise Fault(f"the running tensor has no `{name.removeprefix('map.')}`", expected=listed(here))
        raise Fault(f"`{shorten(name)}` is not known here")

    def has(self, name: str) -> bool:
        """Tell whether a value is bound to `name`."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return True
            scope = scope.outer
        return False


@dataclass(slots=True)
class Derived:
    """A value that is computed when it is first asked for, in the scope that defines it."""

    evaluate: Callable[[Scope], Value]
    scope: Scope
    busy: bool = False

    def compute(self, name: str) -> Value:
        """Return the value; refuse a definition that needs itself."""
        if self.busy:
            raise Fault(f"`{shorten(name)}` is defined by itself", expected="definitions that end in numbers")
        self.busy = True
        try:
            with self.scope.arithmetic.settling():
                return self.evaluate(self.scope)
        finally:
            self.busy = False


@dataclass(slots=True)
class Budget:
    """How many calls of user-defined functions an analysis has left."""

    calls: int = MOST_CALLS


@dataclass(frozen=True, slots=True)
class Function:
    """A function that a spec defines, with the scope in which its body is read."""

    name: str
    parameters: tuple[str, ...]
    body: Expression
    scope: Scope
    budget: Budget

    def call(self, arguments: tuple[Value, ...]) -> Value:
        """Return the body's value with the parameters bound to `arguments`."""
        if len(arguments) != len(self.parameters):
            raise Fault(f"{self.name} is given {len(arguments)} values", expected=str(len(self.parameters)))
        self.scope.arithmetic.spend(1)
        self.budget.calls -= 1
        if self.budget.calls < 0:
            raise Fault("functions are called too often", expected=f"at most {MOST_CALLS:,} calls")
        return self.body.evaluate(Scope(dict(zip(self.parameters, arguments, strict=True)), self.scope))


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A checked expression: its text, where it stands, the names it reads, and how to evaluate it."""

    text: str
    place: Place | None
    names: Mapping[str, int]
    calls: Mapping[str, tuple[int, int]]
    run: Evaluator = field(repr=False)
    constant: bool = False
    straight: bool = True
    """Whether its characters stand in the file one after the other, so that an offset has a place."""
    weight: int = 0
    """How many steps it takes to work it out, once what it reads is known."""
    depth: int = 4
    """How many frames of Python's stack that takes."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as the value, or as the text, which is read again there."""
        if self.constant:
            return _constant, (self.run(Scope({})), self.text, self.place)
        return _read_again, (self.text, self.place, self.straight)

    def evaluate(self, scope: Scope) -> Value:
        """Return the exact value in `scope`.

        Raises
        ------
        SpecError
            With the place of the expression, where it has no value there.
        """
        if self.constant:
            return self.run(scope)
        arithmetic = scope.arithmetic
        arithmetic.depth += self.depth
        try:
            arithmetic.spend(self.weight)
            if arithmetic.depth > DEEPEST_STACK:
                raise Fault("definitions are nested too deeply", expected="values that need fewer others first")
            return self.run(scope)
        except Fault as fault:
            if type(fault) is not Fault:
                raise
            raise SpecError(self.problem(fault)) from None
        finally:
            arithmetic.depth -= self.depth

    def problem(self, fault: Fault) -> Problem:
        """Return the fault as a problem at its place in this expression."""
        if not self.straight:
            fault.offset = None
        problem = fault.at(self.place)
        if problem.place is None:
            problem = Problem(f"{shorten(self.text)}: {problem.what}", None, problem.expected, problem.hint)
        return problem


# -- from text to a checked tree -----------------------------------------------------------------------------------


def check_name(name: str) -> str:
    """Return what is wrong with `name` as the name of a parameter, a column or a function; empty if nothing is."""
    if len(name) > LONGEST_NAME:
        return f"the name `{shorten(name)}` is longer than {LONGEST_NAME} characters"
    if not name.isidentifier() or keyword.iskeyword(name):
        return f"`{shorten(name)}` cannot be a name"
    if name in RESERVED:
        return f"`{name}` is a word of the language and cannot be a name"
    if not _is_normal(name):
        normal = unicodedata.normalize("NFKC", name)
        return f"`{shorten(name)}` is written with characters that read as `{shorten(normal)}`"
    return ""


def _is_normal(name: str) -> bool:
    """Tell whether `name` is in the form in which Python reads names: no ligatures, no full-width letters."""
    return name.isascii() or unicodedata.is_normalized("NFKC", name)


@dataclass(frozen=True, slots=True)
class _Tree:
    """What a text means, wherever it stands."""

    run: Evaluator
    names: Mapping[str, int]
    calls: Mapping[str, tuple[int, int]]
    weight: int
    depth: int


class Trees:
    """The expressions of one file: each text is read once, and all of them together are bounded."""

    def __init__(self) -> None:
        self.known: dict[str, _Tree] = {}
        self.arithmetic = Arithmetic()

    def read(self, text: str) -> _Tree:
        """Return the tree of a text without spaces around it."""
        tree = self.known.get(text)
        if tree is None:
            self.arithmetic.spend(12 + 5 * len(text))
            compiler = _Compiler(text)
            run = compiler.visit(_tree(text))
            tree = _Tree(run, compiler.names, compiler.calls, 1 + compiler.visited // 4, compiler.deepest + 5)
            self.known[text] = tree
        return tree


def parse(
    text: str,
    place: Place | None = None,
    *,
    words: Collection[str] = (),
    known: Collection[str] | None = None,
    straight: bool = True,
    trees: Trees | None = None,
) -> Expression:
    """Read an expression.

    Parameters
    ----------
    text : str
        The expression, as it stands in the file.
    place : Place, optional
        Where it stands.
    words : collection of str
        Bare words that are values here, unless `known` has them as names.
    known : collection of str, optional
        The names in scope; with None every name is let through, for the caller to check.
    straight : bool
        Whether the text stands in the file as it is, without line breaks and escapes.
    trees : Trees, optional
        The expressions that were read before from the same file.

    Raises
    ------
    Fault
        Where the text is no expression of the language; its `offset` counts from the text's first character.

    Examples
    --------
    >>> parse("2 * (3 + 0.5)").evaluate(Scope({}))
    7
    """
    if len(text) > LONGEST_TEXT:
        raise Fault(
            f"the expression is {len(text):,} characters long",
            expected=f"at most {LONGEST_TEXT:,}",
            hint="break it up with `define`",
        )
    stripped = text.strip()
    lead = len(text) - len(text.lstrip())
    if stripped in words and stripped not in _CONSTANTS and (known is None or stripped not in known):
        return _constant(stripped, text, place)
    short = len(stripped) <= MOST_DIGITS  # a longer one is refused where it is read
    if short and stripped.isascii() and stripped.isdigit() and (stripped[0] != "0" or stripped == "0"):
        return Expression(stripped, place, _NOTHING, _NOTHING, _whole(stripped), True)
    if stripped in _YAML_WORDS and (known is None or stripped not in known):
        raise Fault(
            f"`{stripped}` is not a value: YAML 1.1 reads it as {_YAML_WORDS[stripped]}",
            expected="a number, true, false, a word among the choices or an expression",
            hint=f"write `{_YAML_WORDS[stripped]}`, or \"'{stripped}'\" for the word",
        )
    if not stripped:
        raise Fault("the expression is empty", expected="a number, a word or an expression")
    trees = trees or Trees()
    try:
        tree = trees.read(stripped)
        if not tree.names and not tree.calls:
            trees.arithmetic.spend(tree.weight)
            return _constant(tree.run(Scope({}, None, trees.arithmetic)), stripped, place)
    except Fault as fault:
        fault.offset = (fault.offset or 0) + lead
        raise
    if place is not None and lead and straight:
        place = place.shift(lead)
    return Expression(stripped, place, tree.names, tree.calls, tree.run, False, straight, tree.weight, tree.depth)


def _read_again(text: str, place: Place | None, straight: bool) -> Expression:
    return parse(text, place, straight=straight)


def _constant(value: Value, text: str, place: Place | None) -> Expression:
    return Expression(text, place, _NOTHING, _NOTHING, lambda scope: value, True)


@lru_cache(maxsize=1024)
def _whole(digits: str) -> Evaluator:
    value = read_decimal(digits)
    return lambda scope: value


def literal(value: Value, place: Place | None = None) -> Expression:
    """Return an expression that always has `value`."""
    return _constant(value, as_text(value), place)


_GRAMMAR = "numbers, names, + - * / // % **, comparisons, and, or, not, if else, [ ] and known functions"

_SHOWN_FAULTS = re.compile(r"invalid (non-printable )?character .*|invalid decimal literal|unterminated string literal")
"""What Python says of a text that helps here, in every version of Python."""

_NO_EXPRESSION = re.compile(r"[#\\]|\d(and|or|not|if|else|in|is|for)\b")
"""Comments, line continuations and escapes, and a number run into a word: Python reads them, with warnings."""


def _tree(text: str) -> ast.expr:
    problem = ""
    offset = 0
    odd = _NO_EXPRESSION.search(re.sub(r"'[^'\\]*'|\"[^\"\\]*\"", lambda found: "_" * len(found[0]), text))
    if odd:
        raise Fault(
            f"`{shorten(text)}` is not an expression",
            expected="a space after the number" if odd[0][0].isdigit() else f"no `{odd[0][0]}`",
            offset=odd.start(),
        )
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        offset = max((error.offset or 1) - 1, 0) if (error.lineno or 1) == 1 else 0
        message = error.msg or ""
        shown = _SHOWN_FAULTS.match(message)
        problem = f": {shown[0]}" if shown else " "
        if "leading zeros" in message:
            problem = ": a number does not begin with 0"
        elif "too many nested" in message:
            problem = ": it is nested too deeply"
    except (ValueError, MemoryError, RecursionError):
        problem = ": it is nested too deeply or holds a character that cannot be read"
    if not problem:
        return tree
    hint = ""
    if re.search(r"[²³⁴⁵⁶⁷⁸⁹·×]", text):
        hint = "write powers as **2 and products as *"
    elif re.fullmatch(r"0\d+", text):
        problem, hint = ": a number does not begin with 0", f"write {text.lstrip('0') or '0'}"
    elif re.fullmatch(r"\d+(:\d+)+", text):
        problem, hint, offset = ": `:` makes no number (YAML 1.1 would read base 60)", "write the number in full", 0
    elif text.count("(") != text.count(")") or text.count("[") != text.count("]"):
        problem, hint = ": its brackets do not match", QUOTE_IT if text.count("(") > text.count(")") else ""
    elif text.startswith(("'", '"')) and text.count(text[0]) % 2:
        hint = "an expression that begins with a quote must be quoted as a whole"
    elif "&&" in text or "||" in text or "!" in text.replace("!=", ""):
        hint = "write `and`, `or`, `not`"
    elif re.search(r"[^=<>!]=[^=]", text):
        hint = "write == to compare"
    what = f"`{shorten(text)}` is not an expression{problem.rstrip()}"
    expected = "numbers, names, operators and known functions"
    if "brackets" in problem:
        expected = "every bracket closed"
    raise Fault(what, expected=expected, hint=hint, offset=min(offset, len(text)))


def _number(text: str, offset: int) -> Number:
    """Read a number from its source text, exactly."""
    match = _NUMBER.match(text)
    if match is None or not (match[1] or match[2]):
        raise Fault(
            f"`{shorten(text)}` is not a number", expected="digits, a decimal point, an exponent", offset=offset
        )
    try:
        return read_decimal(text)
    except Fault as fault:
        fault.offset = offset
        raise


_SYMBOLS: Mapping[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_BINARY: Mapping[str, Callable[[Arithmetic, Any, Any], Number]] = {
    "+": lambda arithmetic, a, b: arithmetic.add(a, b),
    "-": lambda arithmetic, a, b: arithmetic.subtract(a, b),
    "*": lambda arithmetic, a, b: arithmetic.multiply(a, b),
    "/": lambda arithmetic, a, b: arithmetic.divide(a, b),
    "//": lambda arithmetic, a, b: arithmetic.floor_divide(a, b),
    "%": lambda arithmetic, a, b: arithmetic.modulo(a, b),
    "**": lambda arithmetic, a, b: arithmetic.power(a, b),
}
_ORDER: Mapping[str, Callable[[Arithmetic, Any, Any], bool]] = {
    "<": lambda arithmetic, a, b: arithmetic.less(a, b),
    "<=": lambda arithmetic, a, b: arithmetic.at_most(a, b),
    ">": lambda arithmetic, a, b: arithmetic.greater(a, b),
    ">=": lambda arithmetic, a, b: arithmetic.at_least(a, b),
}
_WHAT: Mapping[type, str] = {bool: "true or false", str: "a word", tuple: "a list", dict: "a look-up table"}


def describe(value: Value) -> str:
    """Name a value in a message: "the word `conv`", "a list"."""
    if isinstance(value, str):
        return f"the word `{shorten(value)}`"
    if isinstance(value, bool):
        return as_text(value)
    return _WHAT.get(type(value), shorten(str(value)))


def is_number(value: Value) -> bool:
    """Tell whether a value is a number or a formula."""
    return not isinstance(value, (bool, str, tuple, dict))


def _want_number(value: Value, what: str, offset: int) -> Number:
    if isinstance(value, (bool, str, tuple, dict, Function)):
        raise Fault(f"{what} cannot take {describe(value)}", expected="a number", offset=offset)
    return value


def _want_truth(value: Value, offset: int) -> bool:
    if not isinstance(value, bool):
        raise Fault(
            f"a condition is {describe(value)}", expected="true or false", hint="compare with == or !=", offset=offset
        )
    return value


class _Compiler:
    """Turns a syntax tree into closures, one kind of node at a time; any other kind of node is an error."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.visited = self.depth = self.deepest = 0
        self.names: dict[str, int] = {}
        self.calls: dict[str, tuple[int, int]] = {}

    def visit(self, node: ast.expr) -> Evaluator:
        self.visited += 1
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        if self.depth > DEEPEST_TREE:
            raise Fault("the expression is nested too deeply", expected=f"at most {DEEPEST_TREE} levels")
        method = getattr(self, f"visit_{type(node).__name__}", None)
        if method is None:
            self.refuse(node)
        evaluator: Evaluator = method(node)
        self.depth -= 1
        return evaluator

    def refuse(self, node: ast.expr) -> NoReturn:
        raise Fault(
            f"`{shorten(self.source(node))}` is not allowed in an expression",
            expected=_GRAMMAR,
            offset=self.offset(node),
        )

    def offset(self, node: ast.AST) -> int:
        if getattr(node, "lineno", 1) != 1:
            return 0
        column: int = getattr(node, "col_offset", 0)
        return column if self.text.isascii() else len(self.text.encode()[:column].decode(errors="replace"))

    def source(self, node: ast.expr) -> str:
        if self.text.isascii() and node.end_lineno == 1:
            return self.text[node.col_offset : node.end_col_offset]
        return ast.get_source_segment(self.text, node) or self.text

    def visit_Constant(self, node: ast.Constant) -> Evaluator:
        value = node.value
        if isinstance(value, str):
            return lambda scope: value
        if isinstance(value, bool):
            return lambda scope: value
        if not isinstance(value, (int, float, complex)):
            self.refuse(node)
        number = _number(self.source(node), self.offset(node))
        return lambda scope: number

    def visit_Name(self, node: ast.Name) -> Evaluator:
        name = node.id
        if name in _CONSTANTS:
            constant = _CONSTANTS[name]
            return lambda scope: constant
        offset = self.offset(node)
        self.refuse_other_form(node)
        self.names.setdefault(name, offset)

        def look_up(scope: Scope) -> Value:
            try:
                value: Value = scope.look_up(name)
            except Fault as fault:
                if fault.offset is None:
                    fault.offset = offset
                raise
            if isinstance(value, Function):
                raise Fault(f"`{name}` is a function", expected=f"{name}(…)", offset=offset)
            return value

        return look_up

    def visit_Attribute(self, node: ast.Attribute) -> Evaluator:
        """Read a side of the running tensor, whatever the file calls by its name."""
        if not isinstance(node.value, ast.Name) or node.value.id != "map":
            self.refuse(node)
        if node.attr not in OF_MAP:
            raise Fault(
                f"`map.{shorten(node.attr)}` is no side of the running tensor",
                expected=listed([f"map.{side}" for side in OF_MAP]),
                hint=suggest(f"map.{node.attr}", [f"map.{side}" for side in OF_MAP]),
                offset=self.offset(node),
            )
        return self.visit_Name(ast.copy_location(ast.Name(f"map.{node.attr}", ast.Load()), node))

    def refuse_other_form(self, node: ast.Name) -> None:
        """Refuse a name that Python reads as another one, such as one in full-width letters."""
        if not self.text.isascii() and self.source(node) != node.id:
            raise Fault(
                f"`{shorten(self.source(node))}` is written with characters that read as `{shorten(node.id)}`",
                expected="plain letters",
                hint=f"write `{shorten(node.id)}`",
                offset=self.offset(node),
            )

    def visit_BinOp(self, node: ast.BinOp) -> Evaluator:
        operator = _SYMBOLS.get(type(node.op))
        if operator is None:
            power = isinstance(node.op, ast.BitXor)
            raise Fault(
                f"`{shorten(self.source(node))}` uses an operator that expressions do not have",
                expected="+ - * / // % **",
                hint="write ** for a power" if power else "",
                offset=self.offset(node),
            )
        left, right = self.visit(node.left), self.visit(node.right)
        operate = _BINARY[operator]
        offset = self.offset(node)

        def slow(scope: Scope, a: Value, b: Value) -> Value:
            if isinstance(a, tuple) and is_number(b):
                return tuple(slow(scope, entry, b) for entry in a)
            if isinstance(b, tuple) and is_number(a):
                return tuple(slow(scope, a, entry) for entry in b)
            a, b = _want_number(a, operator, offset), _want_number(b, operator, offset)
            try:
                return operate(scope.arithmetic, a, b)
            except Fault as fault:
                if fault.offset is None:
                    fault.offset = offset
                raise

        if operator == "+":

            def add(scope: Scope) -> Value:
                a, b = left(scope), right(scope)
                if type(a) is int and type(b) is int:
                    result = a + b
                    if -_SMALL < result < _SMALL:
                        return result
                return slow(scope, a, b)

            return add
        if operator == "*":

            def multiply(scope: Scope) -> Value:
                a, b = left(scope), right(scope)
                if type(a) is int and type(b) is int:
                    result = a * b
                    if -_SMALL < result < _SMALL:
                        return result
                return slow(scope, a, b)

            return multiply
        return lambda scope: slow(scope, left(scope), right(scope))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Evaluator:
        operand = self.visit(node.operand)
        offset = self.offset(node)
        if isinstance(node.op, ast.Not):
            return lambda scope: not _want_truth(operand(scope), offset)
        if isinstance(node.op, ast.USub):
            return lambda scope: -_want_number(operand(scope), "-", offset)
        if isinstance(node.op, ast.UAdd):
            return lambda scope: _want_number(operand(scope), "+", offset)
        return self.refuse(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> Evaluator:
        operands = [(self.visit(value), self.offset(value)) for value in node.values]
        stop = isinstance(node.op, ast.Or)

        def run(scope: Scope) -> Value:
            for operand, offset in operands:
                if _want_truth(operand(scope), offset) is stop:
                    return stop
            return not stop

        return run

    def visit_IfExp(self, node: ast.IfExp) -> Evaluator:
        test, yes, no = self.visit(node.test), self.visit(node.body), self.visit(node.orelse)
        offset = self.offset(node.test)
        return lambda scope: yes(scope) if _want_truth(test(scope), offset) else no(scope)

    def visit_Compare(self, node: ast.Compare) -> Evaluator:
        operands = [self.visit(operand) for operand in (node.left, *node.comparators)]
        operators: list[str] = []
        for operator in node.ops:
            if type(operator) not in _SYMBOLS:
                raise Fault(
                    f"`{shorten(self.source(node))}` uses a comparison that expressions do not have",
                    expected="== != < <= > >=",
                    offset=self.offset(node),
                )
            operators.append(_SYMBOLS[type(operator)])
        offset = self.offset(node)

        def compare(scope: Scope, operator: str, a: Value, b: Value) -> bool:
            if operator == "==":
                return scope.arithmetic.equal(a, b)
            if operator == "!=":
                return not scope.arithmetic.equal(a, b)
            a, b = _want_number(a, operator, offset), _want_number(b, operator, offset)
            return _ORDER[operator](scope.arithmetic, a, b)

        def run(scope: Scope) -> Value:
            left = operands[0](scope)
            for operator, operand in zip(operators, operands[1:], strict=True):
                right = operand(scope)
                try:
                    if not compare(scope, operator, left, right):
                        return False
                except Fault as fault:
                    if fault.offset is None:
                        fault.offset = offset
                    raise
                left = right
            return True

        return run

    def visit_List(self, node: ast.List) -> Evaluator:
        items = [self.visit(item) for item in node.elts]
        return lambda scope: weighed(tuple([item(scope) for item in items]), scope)

    def visit_Subscript(self, node: ast.Subscript) -> Evaluator:
        if isinstance(node.slice, ast.Slice):
            return self._slice(node, node.slice)
        container, index = self.visit(node.value), self.visit(node.slice)
        offset = self.offset(node)
        return lambda scope: _item(container(scope), index(scope), offset)

    def _slice(self, node: ast.Subscript, ends: ast.Slice) -> Evaluator:
        """Read a part of a list, `rows[1:]`."""
        offset = self.offset(node)
        if ends.step is not None:
            raise Fault("a slice has no step", expected="list[first:last]", offset=offset)
        container = self.visit(node.value)
        first, last = (None if end is None else self.visit(end) for end in (ends.lower, ends.upper))

        def part(scope: Scope) -> Value:
            found = container(scope)
            if not isinstance(found, tuple):
                raise Fault(f"{describe(found)} has no entries", expected="a list before [ ]", offset=offset)
            bounds = [None if end is None else settled(end(scope)) for end in (first, last)]
            for bound in bounds:
                if bound is not None and type(bound) is not int:
                    raise Fault(f"{describe(bound)} cannot be an index", expected="a whole number", offset=offset)
            return weighed(found[slice(*bounds)], scope)

        return part

    def visit_Call(self, node: ast.Call) -> Evaluator:
        offset = self.offset(node)
        if not isinstance(node.func, ast.Name):
            what = f"`{shorten(self.source(node))}` calls what is no function"
            raise Fault(what, expected=one_of(FUNCTIONS), offset=offset)
        name = node.func.id
        self.refuse_other_form(node.func)
        arguments = [self.visit(argument) for argument in node.args]
        if name in FUNCTIONS:
            return self._builtin(node, name, arguments, offset)
        if node.keywords:
            raise Fault(f"{name} is given a value by name", expected="its values in order", offset=offset)
        self.calls.setdefault(name, (offset, len(arguments)))

        def call(scope: Scope) -> Value:
            function = scope.look_up(name)
            if not isinstance(function, Function):
                raise Fault(f"`{name}` is not a function", expected=one_of(FUNCTIONS), offset=offset)
            try:
                return function.call(tuple([argument(scope) for argument in arguments]))
            except Fault as fault:
                if fault.offset is None:
                    fault.offset = offset
                raise

        return call

    def _builtin(self, node: ast.Call, name: str, arguments: list[Evaluator], offset: int) -> Evaluator:
        signature = FUNCTIONS[name]
        expected = f"{name}({', '.join(signature.parameters)}{', …' if signature.variadic else ''})"
        named: dict[str, Evaluator] = {}
        for keyword_ in node.keywords:
            key = keyword_.arg or "**"
            if signature.variadic or key not in signature.parameters or key in signature.parameters[: len(arguments)]:
                raise Fault(f"{name} does not take `{shorten(key)}`", expected=expected, offset=offset)
            word = "least" if key == "min" else key
            if word in named:
                raise Fault(f"{name} is given `{key}` twice", expected=expected, offset=offset)
            named[word] = self.visit(keyword_.value)
        given = len(arguments) + len(named)
        if len(arguments) < min(signature.needed, given) or given < signature.needed:
            raise Fault(f"{name} is given too few values", expected=expected, offset=offset)
        if given > len(signature.parameters) and not signature.variadic:
            raise Fault(f"{name} is given too many values", expected=expected, offset=offset)

        def call(scope: Scope) -> Value:
            want = _want_list if signature.of_list else _want_number
            values = [want(argument(scope), name, offset) for argument in arguments]
            extra = {key: _want_number(argument(scope), name, offset) for key, argument in named.items()}
            try:
                return signature.call(scope.arithmetic, *values, **extra)
            except Fault as fault:
                if fault.offset is None:
                    fault.offset = offset
                raise

        return call


def _want_list(value: Value, name: str, offset: int) -> Any:
    if not isinstance(value, tuple):
        raise Fault(f"{name} is given {describe(value)}", expected=f"{name}(list)", offset=offset)
    return value


def _item(container: Value, index: Value, offset: int) -> Value:
    """Return ``container[index]`` of a list or a look-up table."""
    index = settled(index)
    if is_symbolic(index) or isinstance(index, (tuple, dict)):
        raise Fault(f"{describe(index)} cannot be an index", expected="a number or a word", offset=offset)
    if isinstance(container, dict):
        if index in container and not (index in (0, 1) and not any(key is index for key in container)):
            found: Value = container[index]
            return found
        keys = listed(readable(key) for key in container)
        raise Fault(f"the table has no entry {shorten(readable(index))}", expected=f"one of {keys}", offset=offset)
    if not isinstance(container, tuple):
        raise Fault(f"{describe(container)} has no entries", expected="a list or a table before [ ]", offset=offset)
    if type(index) is not int or not 0 <= index < len(container):
        raise Fault(
            f"the list has no entry {shorten(as_text(index))}",
            expected=f"a whole number from 0 to {len(container) - 1}",
            offset=offset,
        )
    entry: Value = container[index]
    return entry


def weighed(value: Value, scope: Scope) -> Value:
    """Return a list or a look-up table, counted among the steps of the analysis with all that is in it.

    Raises
    ------
    Fault
        Where it has more than :data:`MOST_ITEMS` entries.
    """
    items = 0
    waiting: list[Any] = [value]
    while waiting:
        inner = waiting.pop()
        items += len(inner)
        if items > MOST_ITEMS:
            raise Fault("the list is too large", expected=f"at most {MOST_ITEMS:,} entries, all its lists' together")
        entries = inner.values() if isinstance(inner, dict) else inner
        waiting.extend(entry for entry in entries if isinstance(entry, (tuple, dict)))
    scope.arithmetic.spend(items // 4)
    return value


# -- values that a user gives ----------------------------------------------------------------------------------------


@shallow
def free_expression(text: str, *, symbols: Callable[[str], Number], arithmetic: Arithmetic | None = None) -> Value:
    """Evaluate a user's text in which every name is a symbol of its own: ``4*c``, ``1/2``.

    Parameters
    ----------
    text : str
    symbols : callable
        What makes a symbol, or a number, of a name.
    arithmetic : Arithmetic, optional
        By which rounding is read; the textbooks' reading where it is not given.

    Raises
    ------
    FlopcalcError
        Where the text is no expression or has no value.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> free_expression("4*c + 1/2", symbols=symbol)
    4*c + 1/2
    """
    try:
        expression = parse(text)
        for name in expression.calls:
            raise Fault(
                f"`{shorten(name)}` is no function", expected=", ".join(FUNCTIONS), hint=suggest(name, FUNCTIONS)
            )
        for name in expression.names:
            fault = check_name(name)
            if fault:
                raise Fault(fault)
        scope = Scope({name: symbols(name) for name in expression.names}, None, arithmetic or Arithmetic())
        return scope.arithmetic.sized(expression.evaluate(scope))
    except Fault as fault:
        raise FlopcalcError(Problem(fault.what, None, fault.expected, fault.hint)) from None


def multiplied(text: str) -> dict[str, set[str]]:
    """Return, for every name of a text, the names that it multiplies: those in other factors of its products.

    Examples
    --------
    >>> {name: sorted(others) for name, others in multiplied("alpha * (C + 1) / 2").items()}
    {'alpha': ['C'], 'C': ['alpha']}
    """
    found: dict[str, set[str]] = {}

    def names(node: ast.AST) -> set[str]:
        return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}

    for node in ast.walk(_tree(text)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            left, right = names(node.left), names(node.right)
            for name in left:
                found.setdefault(name, set()).update(right - {name})
            for name in right:
                found.setdefault(name, set()).update(left - {name})
    return found


def rounded_names(text: str) -> set[str]:
    """Return the names of a text that stand in something that it rounds.

    Examples
    --------
    >>> sorted(rounded_names("C*O + K//2 + round(alpha * 32) + C % 7"))
    ['C', 'K', 'alpha']
    """
    found: set[str] = set()
    for node in ast.walk(_tree(text)):
        rounding = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.FloorDiv, ast.Mod))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            rounding = node.func.id in _ROUNDING
        if rounding:
            found |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return found - {*_ROUNDING}


_ROUNDING = ("round", "round_even", "floor", "ceil", "make_divisible")

_RELATION = re.compile(r"(.+?)(<=|>=|<|>)(.+)", re.DOTALL)


def read_relation(text: str, symbols: Callable[[str], Number], arithmetic: Arithmetic | None = None) -> Relation:
    """Read an assumption such as ``alpha <= 1``; `arithmetic` says how rounding is read, else as textbooks do.

    Raises
    ------
    FlopcalcError
        Where it is no single inequality.
    """
    match = _RELATION.fullmatch(text.strip()) if len(text) <= LONGEST_TEXT else None
    if match is None or any(sign in match[3] for sign in "<>="):
        raise FlopcalcError(
            Problem(
                f"`{shorten(text)}` is no assumption",
                expected="one inequality, such as 'alpha <= 1'",
                hint="for an equality give the parameter that value: --O C",
            )
        )
    left, right = (free_expression(side, symbols=symbols, arithmetic=arithmetic) for side in (match[1], match[3]))
    for side in (left, right):
        if isinstance(side, (bool, str, tuple, dict)):
            raise FlopcalcError(Problem(f"`{shorten(text)}` compares what is no number"))
    assert not isinstance(left, (bool, str, tuple, dict))
    assert not isinstance(right, (bool, str, tuple, dict))
    difference = expanded(left - right if match[2] in (">", ">=") else right - left)
    strict = match[2] in ("<", ">")
    if is_rational(difference):
        raise FlopcalcError(Problem(f"the assumption `{shorten(text)}` has no symbol in it"))
    if strict and difference.is_integer:
        difference, strict = difference - 1, False
    return Relation(text.strip(), difference, strict)
