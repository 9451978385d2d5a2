"""Values for a spec's parameters: a number, a word, or an expression in new symbols, for each by its name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, FlopcalcError, ParameterError, Problem, listed, one_of, shallow, shorten, suggest
from flopcalc.expression import QUOTE_IT, RUNNING, check_name, free_expression, multiplied, parse, read_relation
from flopcalc.layers import MOST_SIDES, Shape
from flopcalc.number import (
    Arithmetic,
    Number,
    Recorded,
    Relation,
    Value,
    as_text,
    exact,
    is_rational,
    is_symbolic,
    normal,
    readable,
    symbol,
)
from flopcalc.spec.model import BlockEntry, LayerEntry, Parameter, Spec, bodies

__all__ = ["Binding", "bind", "is_open", "is_truth", "multipliers_of", "names_of"]


MOST_ASSUMPTIONS = 100
"""How many inequalities an analysis may be given; each is one more to be tried in every proof."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What an analysis starts from: values by name, the overriding input shapes, and the arithmetic."""

    values: Mapping[str, Value]
    shapes: Mapping[str, Shape]
    arithmetic: Arithmetic


def is_truth(parameter: Parameter) -> bool:
    """Tell whether a parameter is true or false."""
    if parameter.choices:
        return all(isinstance(choice, bool) for choice in parameter.choices)
    default = parameter.default
    return default is not None and default.constant and default.text in ("true", "false", "True", "False")


_NAME = re.compile(r"[^\W\d]\w*")
_NOT_FINITE = ("nan", "inf", "infinity")
_TRUTH_TYPES = ("bool", "bool_", "BooleanTrue", "BooleanFalse")
_TRUTHS = {"true": True, "True": True, "false": False, "False": False}


@shallow
def bind(
    spec: Spec,
    given: Mapping[str, object],
    *,
    symbolic: Iterable[str] = (),
    symbols: Iterable[str] | None = None,
    shapes: Mapping[str, object] | None = None,
    assume: Iterable[str] = (),
    exact_rounding: bool = False,
    real: Iterable[str] | None = None,
) -> Binding:
    """Read a user's values for the parameters of `spec`.

    Parameters
    ----------
    spec : Spec
    given : mapping of str to object
        An int, a Fraction, a float (the decimal that it prints), a bool, or a text: a word among the choices, or an
        expression whose names are new symbols.
    symbolic : iterable of str
        Parameters that stay free.
    symbols : iterable of str, optional
        The new symbols that the values of an architecture, a spec without free parameters, may speak of beside those;
        any where it is None. The values of a block may speak of any that is not near to a word of its own.
    shapes : mapping of str to object, optional
        Input shapes by label, instead of the spec's own: three numbers or texts each.
    assume : iterable of str
        Inequalities between symbols.
    exact_rounding : bool
        Keep the rounding of symbols as functions.
    real : iterable of str, optional
        New symbols that are positive real numbers; those of :func:`multipliers_of` if not given.

    Raises
    ------
    ParameterError
        With every value that is wrong.
    """
    if spec.refused is not None:
        raise spec.refused
    binder = _Binder(spec, given, shapes or {})
    for name, value in given.items():
        binder.give(name, value)
    for name in symbolic:
        binder.free(name)
    binder.free_the_rest()
    binder.check_names(symbols)
    assumptions = tuple(assume)
    binder.find_multipliers(assumptions, multipliers_of([(spec, binder.texts)]) if real is None else real)
    arithmetic = Arithmetic(exact_rounding=exact_rounding)
    values = binder.evaluated(arithmetic)
    read_shapes = binder.read_shapes(arithmetic)
    arithmetic.relations = binder.relations(assumptions, exact_rounding)
    if binder.problems:
        raise ParameterError(*binder.problems)
    return Binding(values, read_shapes, arithmetic)


@dataclass(frozen=True, slots=True)
class _Text:
    """An expression still to be evaluated, and the symbols in it."""

    text: str
    names: tuple[str, ...]
    meant: bool = False
    """Whether it was a formula before it was a text, whose names nobody mistyped."""


class _Binder:
    """Gathers values and symbols for one spec, and every problem on the way.

    Texts are kept until all are known: whether a symbol is real or whole depends on all the parameters it stands in.
    """

    def __init__(self, spec: Spec, given: Mapping[str, object], shapes: Mapping[str, object]) -> None:
        self.spec = spec
        self.given = given
        self.shapes = shapes
        self.known = spec.known
        self.values: dict[str, Value] = dict(spec.preset)
        self.texts: dict[str, str] = {}
        self.real: dict[str, bool] = {}
        self.written: dict[str, _Text] = {}
        self.freed: set[str] = set()
        self.wholes: set[str] = set()
        self.symbols: dict[str, Number] = {}
        self.problems: list[Problem] = []

    def fail(self, what: str, expected: str = "", hint: str = "") -> None:
        self.problems.append(Problem(what, None, expected, hint))

    def is_known(self, name: str) -> bool:
        """Tell whether the spec has such a parameter; if not, that is a problem."""
        if name not in self.known:
            what = f"{self.spec.called} has no parameter `{shorten(name)}`"
            self.fail(what, one_of(self.known or ["none"]), suggest(name, self.known))
        return name in self.known

    def symbol(self, name: str) -> Number:
        """Return the symbol `name`, one for the whole analysis."""
        if name not in self.symbols:
            self.symbols[name] = symbol(name, real=self.real.get(name, False) and name not in self.wholes)
        return self.symbols[name]

    def postpone(self, name: str, text: str, names: Iterable[str]) -> None:
        """Keep a text until the nature of its symbols is known."""
        self.values.pop(name, None)
        self.texts[name] = text
        parameter = self.known[name]
        if parameter is not None and parameter.whole and _NAME.fullmatch(text):
            self.wholes.add(text)
        for used in names:
            self.real[used] = self.real.get(used, False) or (parameter is not None and parameter.real)

    def find_multipliers(self, assume: Iterable[str], real: Iterable[str]) -> None:
        """Take new symbols for positive reals that multiply the spec's own symbols, or that are bounded below 1.

        In ``C=alpha*C`` alpha is a real number and alpha·C a whole one; in ``C=4*c``, and where only groups and
        numbers are multiplied (``C=c*g``), c is whole.
        """
        for name in real:
            if name in self.real:
                self.real[name] = True
        for text in assume:
            for name in _held_below_one(text):
                if name in self.real and name not in self.known:
                    self.real[name] = True

    def give(self, name: str, value: object) -> None:
        """Read a user's value."""
        if not self.is_known(name):
            return
        try:
            read = _read(name, value, self.known[name])
        except Fault as fault:
            self.problems.append(fault.at(None))
            return
        if isinstance(read, _Text):
            self.postpone(name, read.text, read.names)
            if not read.meant:
                self.written[name] = read
        else:
            self.values[name] = read

    def check_names(self, declared: Iterable[str] | None) -> None:
        """Refuse a new name that was hardly meant: in an architecture any that is not declared, in a block a near one.

        A word is as good a symbol as any, and so a mistyped one would become a formula in silence.
        """
        allowed = set(declared or ())
        for name in sorted(allowed):
            fault = check_name(name)
            if fault:
                self.fail(fault, "a new name", "--symbols a")
        allowed |= self.freed
        allowed.update(name for sides in self.shapes.values() for name in _names_in_sides(sides))
        closed = declared is not None and not is_open(self.spec)
        words = [] if closed else _words(self.spec)
        for name, text in self.written.items():
            for used in text.names:
                if used in allowed:
                    continue
                said = f"{name} cannot be {shorten(text.text)}"
                if used != text.text:
                    said += f": {shorten(used)} is no symbol"
                if closed:
                    self.fail(said, "a number", self.how_to_free(name, used, text.text))
                elif used not in self.known and used not in RUNNING and (near := _near(used, words)):
                    other = "another name" if declared is None else f"--symbols {used}"
                    self.fail(said, "a number, or a formula in new symbols", f"{near} Or {other}, for a new symbol")

    def how_to_free(self, name: str, used: str, text: str) -> str:
        """Say how a value of an architecture may have names: which command takes them, for not every one does."""
        command = f"`flopcalc {self.spec.called}"
        if used in self.known:
            return f"{command} --symbolic {used}` frees {used}"
        free = f"{command} --symbolic {name}` frees {name}, " if used == text else ""
        declare = "" if free else f"{command} "
        return f"{free}{'and `' if free else declare}--symbols {shorten(used)}` makes {shorten(used)} a symbol"

    def free(self, name: str) -> None:
        """Make a parameter a symbol, whatever its default."""
        if not self.is_known(name):
            return
        parameter = self.known[name]
        if parameter is not None and (parameter.choices or is_truth(parameter)):
            choices = listed(readable(choice) for choice in parameter.choices or (True, False))
            self.fail(f"{name} cannot be a symbol", f"one of {choices}")
        if name in self.given:
            self.fail(f"{name} is given a value and made a symbol", "one of the two")
        else:
            self.postpone(name, name, (name,))
            self.freed.add(name)

    def free_the_rest(self) -> None:
        """Make symbols of the parameters that have neither value nor default, unless an input's shape settles them."""
        settled = {
            item
            for entry in self.spec.inputs
            if entry.label in self.shapes or (len(self.spec.inputs) == 1 and "input" in self.shapes)
            for item in entry.entries
            if isinstance(item, str)
        }
        for name, parameter in self.known.items():
            has_value = name in self.values or name in self.texts
            if name in settled:
                if has_value:
                    self.fail(f"{name} is given a value, and the input that it is a side of as well", "one of the two")
            elif not has_value and (parameter is None or parameter.default is None):
                self.postpone(name, name, (name,))
                self.freed.add(name)

    def evaluated(self, arithmetic: Arithmetic) -> dict[str, Value]:
        """Return the values, the postponed ones among them."""
        for name, text in self.texts.items():
            known, said = set(arithmetic.ideal), len(arithmetic.assumed)
            try:
                self.values[name] = free_expression(text, symbols=self.symbol, arithmetic=arithmetic)
                for ideal in arithmetic.ideal:
                    if ideal not in known and ideal.least is None and len(arithmetic.assumed) == said:
                        arithmetic.assumed[f"{ideal.value} is a whole number"] = None
            except FlopcalcError as error:
                for item in error.problems:
                    self.fail(f"{name}: {item.what}", item.expected, item.hint)
        for name in self.given:
            parameter, value = self.known.get(name), self.values.get(name)
            if parameter is not None and parameter.whole and name in self.values:
                broken = [entry for entry in (value if isinstance(value, tuple) else (value,)) if _is_broken(entry)]
                for entry in broken[:1]:
                    shown = shorten(as_text(entry))
                    self.fail(f"{name} of {self.spec.called} is {shown}, which is not whole", "a whole number")
        return self.values

    def read_shapes(self, arithmetic: Arithmetic) -> dict[str, Shape]:
        """Return the shapes of the inputs that were given."""
        result: dict[str, Shape] = {}
        for label, sides in self.shapes.items():
            try:
                result[label] = _shape(label, sides, self.symbol, arithmetic)
            except FlopcalcError as error:
                self.problems.extend(error.problems)
            except Fault as fault:
                self.problems.append(fault.at(None))
        return result

    def relations(self, assume: Iterable[str], exact_rounding: bool) -> tuple[Relation, ...]:
        """Return the assumptions, each about free symbols, and none against those before it."""
        relations: list[Relation] = []
        texts = list(islice(assume, MOST_ASSUMPTIONS + 1))
        if len(texts) > MOST_ASSUMPTIONS:
            self.fail("there are too many assumptions", f"at most {MOST_ASSUMPTIONS}", "the strongest of them alone")
            return ()
        for text in texts:
            try:
                relation = read_relation(text, self.symbol, Arithmetic(exact_rounding))
            except FlopcalcError as error:
                self.problems.extend(error.problems)
                continue
            strange = [name for name in sorted(map(str, relation.difference.free_symbols)) if name not in self.real]
            for name in strange:
                self.fail(
                    f"the assumption `{shorten(text)}` speaks of `{name}`, which is no free symbol",
                    one_of(self.real) if self.real else "",
                    f"--symbolic {name}" if name in self.known else suggest(name, self.real),
                )
            if not strange and Arithmetic(relations=tuple(relations)).excludes(relation):
                self.fail(
                    f"the assumption `{shorten(relation.text)}` cannot hold",
                    "assumptions that hold together, for symbols that are positive",
                    "" if relations else "symbols of counts and sizes are whole numbers, at least 1",
                )
            relations.append(relation)
        return tuple(relations)


def is_open(spec: Spec) -> bool:
    """Tell whether a spec leaves parameters free, as a block does; an architecture has a value for each."""
    return any(
        (parameter is None or parameter.default is None) and name not in spec.preset
        for name, parameter in spec.known.items()
    )


_SHORTEST_WORD = 3
"""Letters of a name that can be a word mistyped; shorter ones are symbols as papers have them."""


def _words(spec: Spec) -> list[str]:
    """Return the words that a value of a spec could have been meant for: its parameters, and choices anywhere."""
    parameters = [parameter for parameter in spec.known.values() if parameter is not None]
    choices = [choice for parameter in parameters for choice in parameter.choices if isinstance(choice, str)]
    found = dict.fromkeys([*spec.known, *choices, "same", "true", "false", *RUNNING])
    return [word for word in found if len(word) >= _SHORTEST_WORD]


def _names_in_sides(sides: object) -> Iterator[str]:
    """Yield the names in an input's shape, those in texts that are no expressions left out: they are refused later."""
    for item in sides.split(",") if isinstance(sides, str) else sides if isinstance(sides, (list, tuple)) else ():
        with suppress(Fault, FlopcalcError):
            yield from parse(item).names if isinstance(item, str) else ()


def _near(name: str, words: Sequence[str]) -> str:
    """Return the suggestion for a name that is near to one of some words, or an empty text."""
    if len(name) < _SHORTEST_WORD:
        return ""
    near = difflib.get_close_matches(name.casefold(), [word.casefold() for word in words], n=1, cutoff=0.75)
    return suggest(name, [word for word in words if word.casefold() == near[0]]) if near else ""


@lru_cache(maxsize=1024)  # a search binds the same spec again and again
def names_of(spec: Spec, attribute: str) -> frozenset[str]:
    """Return the names that a spec's layers have in an attribute, as their groups; those of its blocks among them."""
    found: set[str] = set()
    waiting = [*spec.layers.entries]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, (LayerEntry, BlockEntry)):
            counts = {attribute} if isinstance(entry, LayerEntry) else names_of(entry.block, attribute)
            found.update(name for key, value in entry.attributes if key in counts for name in value.names)
        if not isinstance(entry, BlockEntry):
            waiting += [inner for body in bodies(entry) for inner in body.entries]
    return frozenset(found)


def multipliers_of(given: Iterable[tuple[Spec, Mapping[str, object]]]) -> set[str]:
    """Return the symbols that multiply others for a count, and so need not be whole.

    They are new symbols that multiply a spec's own (``C=alpha*C``), or one that stands alone for a count of any of the
    specs (``C=alpha*M`` beside ``C=M``); of two new ones that stand nowhere alone, both. Groups and strides are no such
    counts: with ``H=s*h`` and ``stride=s`` both are whole.

    Examples
    --------
    >>> from flopcalc.spec import load
    >>> conv = load("conv")
    >>> multipliers_of([(conv, {"C": "alpha*M"}), (conv, {"C": "M"})])
    {'alpha'}
    >>> multipliers_of([(conv, {"H": "s*h", "stride": "s"})])
    set()
    """
    found: set[str] = set()
    counts: set[str] = set()
    steps: set[str] = set()
    pairs: list[tuple[str, str]] = []
    for spec, values in given:
        known = {*spec.known}
        own = known - names_of(spec, "groups")
        stepping = {name for attribute in ("groups", "stride", "dilation") for name in names_of(spec, attribute)}
        for parameter, text in values.items():
            if not isinstance(text, str):
                continue
            with suppress(Fault, FlopcalcError):
                products = multiplied(text)
                if text.strip().isidentifier():
                    (steps if parameter in stepping else counts).add(text.strip())
                for name in products.keys() - known:
                    if products[name] & own:
                        found.add(name)
                    pairs += [(name, other) for other in products[name] - known]
    nowhere_alone = [(name, other) for name, other in pairs if not {name, other} & (counts | steps)]
    found.update(name for name, other in pairs if other in counts and name not in counts | steps)
    found.update(name for name, _ in nowhere_alone)
    return found


def _held_below_one(text: str) -> Iterator[str]:
    """Yield the symbol that an assumption bounds by 1 or less, or by a number that is not whole."""
    with suppress(Fault, FlopcalcError):
        difference: Any = read_relation(text, lambda name: symbol(name, real=True)).difference
        if len(difference.free_symbols) == 1:
            (name,) = difference.free_symbols
            slope, rest = difference.coeff(name, 1), difference.coeff(name, 0)
            if slope.is_Rational and slope and (slope * name + rest - difference).is_zero:
                end = -rest / slope
                if not end.is_Integer or (slope < 0 and end <= 1):
                    yield str(name)


# -- one value -------------------------------------------------------------------------------------------------------


def _read(name: str, value: object, parameter: Parameter | None) -> Value | _Text:
    """Read one value, and hold it against what the parameter may be."""
    if parameter is not None and parameter.choices:
        return _chosen(name, value, parameter.choices)
    truth = parameter is not None and is_truth(parameter)
    derived = parameter is not None and parameter.default is not None and not parameter.default.constant
    result: Value | _Text
    if (read := _truth(value)) is not None:
        result = read
    elif truth:
        result = str(value)
    elif isinstance(value, str):
        try:
            result = _expression(value.strip())
        except Fault as fault:
            raise Fault(f"{name}: {fault.what}", expected=fault.expected, hint=fault.hint) from None
    elif isinstance(value, (tuple, list)) and parameter is not None and parameter.pair:
        return _pair(name, value, parameter)
    else:
        result = _sympy(value) if type(value).__module__.startswith("sympy") else exact(value)
    if truth and not isinstance(result, bool):
        raise Fault(f"{name} cannot be {shorten(str(result))}", expected="true or false")
    if isinstance(result, bool) and not truth and not derived:
        raise Fault(f"{name} cannot be {as_text(result)}", expected="a number")
    return result


def _pair(name: str, value: Sequence[object], parameter: Parameter) -> Value | _Text:
    """Read a list of two values, as of a kernel's height and width."""
    if len(value) != 2:
        raise Fault(f"{name} has {len(value)} entries", expected="one number, or [height, width]")
    entries = [_read(name, entry, replace(parameter, pair=False)) for entry in value]
    if not any(isinstance(entry, _Text) for entry in entries):
        return tuple(entries)
    texts = [entry.text if isinstance(entry, _Text) else as_text(entry) for entry in entries]
    names = dict.fromkeys(used for entry in entries if isinstance(entry, _Text) for used in entry.names)
    meant = all(entry.meant for entry in entries if isinstance(entry, _Text))
    return _Text("[" + ", ".join(texts) + "]", tuple(names), meant)


def _truth(value: object) -> bool | None:
    """Return the truth that a value is: Python's, numpy's, sympy's, or the word; None for anything else."""
    if isinstance(value, str):
        return _TRUTHS.get(value.strip())
    return bool(value) if type(value).__name__ in _TRUTH_TYPES else None


def _chosen(name: str, value: object, choices: tuple[Value, ...]) -> Value:
    """Return the choice that `value` means: the same word, truth, or number."""
    meant: Value
    if isinstance(value, str):
        text = value.strip()
        meant = text
        if text in _TRUTHS and text not in choices:
            meant = _TRUTHS[text]
        elif text not in choices:
            with suppress(Fault, FlopcalcError):
                read = _expression(text)
                meant = text if isinstance(read, _Text) else read
    elif (truth := _truth(value)) is not None:
        meant = truth
    elif type(value).__module__.startswith("sympy"):
        read = _sympy(value)
        meant = read.text if isinstance(read, _Text) else read
    else:
        meant = exact(value)
    for choice in choices:
        if choice == meant and isinstance(choice, bool) is isinstance(meant, bool):  # 1 is not true
            return choice
    shown = [readable(choice) for choice in choices]
    raise Fault(
        f"{name} cannot be {shorten(readable(meant))}",
        expected=one_of(shown),
        hint=suggest(readable(meant), shown),
    )


def _is_broken(value: Any) -> bool:
    """Tell whether a value is a number that is not whole."""
    if isinstance(value, Recorded):
        return False  # which the builder asks, as a condition of the sweep
    return isinstance(value, Fraction) or (is_symbolic(value) and not value.free_symbols and not value.is_integer)


def _sympy(value: Any) -> Value | _Text:
    """Read a number, a truth or a formula of sympy."""
    if getattr(value, "is_Rational", False):
        return normal(value)
    for atom in value.atoms() if hasattr(value, "atoms") else ():
        number = getattr(atom, "is_number", False)
        if number and not atom.is_rational and not (atom.is_Float and atom.is_finite):
            raise Fault(f"{shorten(str(value))} is no number of the language", expected="a finite rational or formula")
    read = _expression(str(value))
    return replace(read, meant=True) if isinstance(read, _Text) else read


def _expression(text: str) -> Value | _Text:
    """Read a text as a number, or keep it where it has symbols."""
    try:
        expression = parse(text)
    except Fault as fault:
        fault.offset = None
        fault.hint = "" if fault.hint == QUOTE_IT else fault.hint
        raise
    for used in expression.names:
        problem = check_name(used)
        if problem:
            raise Fault(problem)
        if used.lower() in _NOT_FINITE:
            raise Fault(f"{used} is not a finite number", expected="a finite number")
    if expression.names or not expression.constant:
        return _Text(text, tuple(expression.names))
    return free_expression(text, symbols=symbol)


def _shape(label: str, sides: object, make: Callable[[str], Number], arithmetic: Arithmetic) -> Shape:
    items = sides.split(",") if isinstance(sides, str) else sides
    what = "the input" if label == "input" else f"the input {shorten(label)}"
    if not isinstance(items, (list, tuple)) or not 1 <= len(items) <= MOST_SIDES + 1:
        given = ",".join(map(shorten, sides)) if isinstance(sides, (list, tuple)) else sides
        raise Fault(f"{what} is {shorten(given)}", expected="channels,height,width", hint="3,512,1024")
    read: list[Number] = []
    for item in items:
        value = free_expression(item, symbols=make, arithmetic=arithmetic) if isinstance(item, str) else exact(item)
        if isinstance(value, (bool, str, tuple, dict)):
            raise Fault(f"{what} has the entry {shorten(as_text(value))}", expected="a whole number")
        if is_rational(value) and (isinstance(value, Fraction) or value < 1):
            raise Fault(f"{what} has the entry {shorten(str(value))}", expected="a whole number, at least 1")
        read.append(value)
    return tuple(read)
