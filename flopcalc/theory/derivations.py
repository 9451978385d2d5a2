"""Derivations, step by step, from the costs of specs: each is data, a YAML file, and each step is proved as it is run.

A file names letters, quantities (a metric of a spec, with the spec's symbols rebound, or a formula in earlier
quantities) and steps. A step states one thing that can be proved; :mod:`flopcalc.theory.steps` has their kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from flopcalc.analysis import analyze_spec
from flopcalc.errors import (
    Fault,
    FlopcalcError,
    Place,
    Problem,
    SpecError,
    UnknownNameError,
    gathered,
    listed,
    one_of,
    shallow,
    shorten,
    suggest,
)
from flopcalc.expression import check_name, read_relation
from flopcalc.number import Arithmetic, Number, Relation, as_text, is_rational, normal, symbol, total
from flopcalc.report import METRICS, Report
from flopcalc.spec import Spec, catalog, load
from flopcalc.spec.loader import is_path
from flopcalc.spec.syntax import Mapping as MappingNode
from flopcalc.spec.syntax import Node, Scalar, compose, read_text
from flopcalc.spec.syntax import Sequence as SequenceNode
from flopcalc.theory.deadline import TimeIsUp, deadline
from flopcalc.theory.equivalence import symbols_of
from flopcalc.theory.notation import GREEK_SIGNS, NotationError, Reading, Statement, canonical, read_statement
from flopcalc.theory.steps import (
    Change,
    Claim,
    Context,
    DerivationError,
    Equality,
    Least,
    Limiting,
    Neighbours,
    Proved,
    Said,
    Show,
    Solving,
    Task,
    UndecidedError,
    Value,
    Values,
    quantity_symbol,
)

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["KINDS", "Derivation", "Letter", "Measure", "Plan", "Step", "derive", "load_derivation", "prove"]

Result = TypeVar("Result")

MOST_SECONDS = 20.0
"""How long all the steps of a derivation may take."""

MOST_STEPS = 100
"""How many steps, quantities and letters a derivation may have."""

_TEXTS = ("name", "title", "source", "notes")
_KEYS = (*_TEXTS, "symbols", "assume", "quantities", "steps")
_UNITS = {"k": 3, "M": 6, "G": 9}
"""The units of printed numbers, as powers of ten."""

_METRICS = (*METRICS, "receptive_field")


# -- what a file holds -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letter:
    """A symbol of a derivation, and what it stands for."""

    symbol: Expr
    help: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity that is counted: a metric of a spec.

    Attributes
    ----------
    name : str
    spec : Spec
    metric : str
        One of the metrics of a report, or ``receptive_field``, its height in input pixels.
    where : mapping of str to str
        Expressions of the spec language for the spec's parameters.
    layers : str
        A pattern for the paths of the layers that are counted, as ``*.squeeze_excite.*``; "" for all.
    kind : str
        How the rows that are counted are labelled, as ``conv 1×1``; "" for all.
    place : Place
    """

    name: str
    spec: Spec
    metric: str
    where: Mapping[str, str]
    layers: str
    kind: str
    place: Place


@dataclass(frozen=True, slots=True)
class _Formula:
    """A quantity that is a formula in letters and earlier quantities."""

    name: str
    reading: Reading
    place: Place


@dataclass(frozen=True, slots=True)
class _Planned:
    """A step that is still to be proved."""

    kind: str
    say: str
    because: str
    task: Task
    place: Place


@dataclass(frozen=True, slots=True)
class Plan:
    """A derivation as its file has it, before anything is proved."""

    name: str
    title: str
    source: str
    notes: str
    letters: tuple[Letter, ...]
    relations: tuple[Relation, ...]
    quantities: tuple[Measure | _Formula, ...]
    steps: tuple[_Planned, ...]


# -- what comes out --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """A proved step.

    Attributes
    ----------
    kind : str
        ``claim``, ``equality`` …
    say, because : str
        What it states, and why, in words.
    proved : Proved
        Its formulas, what they rest on, and how they were proved.
    """

    kind: str
    say: str
    because: str
    proved: Proved


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derivation of which every step has been proved.

    Attributes
    ----------
    name, title, source, notes : str
    letters : tuple of Letter
    assumed : tuple of str
        What is assumed of the letters, beside that they are positive.
    order : tuple of str
        Letters and quantities in the order in which factors are written.
    steps : tuple of Step

    Examples
    --------
    >>> step = derive("g1").steps[1]
    >>> step.proved.lines[0].parts[0], step.proved.method
    (MAC, 'identity')
    """

    name: str
    title: str
    source: str
    notes: str
    letters: tuple[Letter, ...]
    assumed: tuple[str, ...]
    order: tuple[str, ...]
    steps: tuple[Step, ...]


# -- proving ---------------------------------------------------------------------------------------------------------


def derive(name_or_path: str | Path) -> Derivation:
    """Return a packaged derivation, or a user's own by path, with every step proved.

    Parameters
    ----------
    name_or_path : str or Path
        A name that ``flopcalc list derivations`` shows, or the path of a YAML file.

    Raises
    ------
    UnknownNameError
        Where there is none of that name.
    SpecError
        With all the faults of the file.
    DerivationError
        Where a step does not hold; with numbers that refute it.
    UndecidedError
        Where a step is neither proved nor refuted.

    Examples
    --------
    >>> derivation = derive("g1")
    >>> derivation.title
    'G1: equal channel width minimizes memory access cost'
    >>> {step.proved.method for step in derivation.steps} >= {"identity", "sum of squares", "equality"}
    True
    """
    return prove(load_derivation(str(name_or_path)))


@shallow
def prove(plan: Plan) -> Derivation:
    """Return a derivation with every step proved.

    Raises
    ------
    DerivationError
        Where a step does not hold; with numbers that refute it.
    UndecidedError
        Where a step is neither proved nor refuted.
    """
    letters = {str(letter.symbol): letter.symbol for letter in plan.letters}
    context = Context(letters, {}, {}, {}, Arithmetic(exact_rounding=True, relations=plan.relations))
    until = monotonic() + MOST_SECONDS
    for quantity in plan.quantities:
        _in_time(quantity.place, until, partial(_introduce, quantity, context))
    steps = tuple(
        Step(item.kind, item.say, item.because, _in_time(item.place, until, partial(item.task.prove, context)))
        for item in plan.steps
    )
    return Derivation(
        plan.name,
        plan.title,
        plan.source,
        plan.notes,
        plan.letters,
        tuple(relation.text for relation in plan.relations),
        (*letters, *context.names),
        steps,
    )


def _in_time(place: Place, until: float, work: Callable[[], Result]) -> Result:
    """Do work within the time that is left; its errors are placed."""
    try:
        with deadline(max(until - monotonic(), 0.01)):
            return work()
    except TimeIsUp:
        what = "proving the steps takes too long"
        raise UndecidedError(Problem(what, place, f"at most {MOST_SECONDS:.0f} s for all of them")) from None
    except Fault as fault:
        raise DerivationError(fault.at(place)) from None
    except FlopcalcError as error:
        raise type(error)(*(_placed(problem, place) for problem in error.problems)) from None


def _placed(problem: Problem, place: Place) -> Problem:
    hint = "" if problem.hint.startswith("--") else problem.hint
    if problem.place is not None:
        return problem
    return Problem(problem.what, place, problem.expected, hint, problem.excerpt)


def _introduce(quantity: Measure | _Formula, context: Context) -> None:
    """Work a quantity out, and make its name known."""
    if isinstance(quantity, Measure):
        context.values[quantity.name] = _counted(quantity, context.symbols)
    else:
        context.written[quantity.name] = context.shown(quantity.reading)
        context.values[quantity.name] = context.value(quantity.reading)
    context.names[quantity.name] = quantity_symbol(quantity.name)


def _counted(quantity: Measure, letters: Mapping[str, Expr]) -> Number:
    """Return what a spec costs, in the derivation's letters."""
    report = analyze_spec(quantity.spec, quantity.where)
    value = _metric(quantity, report)
    strange = [str(name) for name in symbols_of(value) if str(name) not in letters]
    if strange:
        raise SpecError(
            Problem(
                f"{quantity.name} depends on {listed(strange)}",
                quantity.place,
                "every symbol of it among `symbols`, or set by `where`",
                f"it is {shorten(as_text(value))}",
            )
        )
    if is_rational(value):
        return value
    own: Any = {name: letters[str(name)] for name in value.free_symbols}
    return normal(value.xreplace(own))


def _metric(quantity: Measure, report: Report) -> Number:
    if quantity.metric == "receptive_field":
        return report.receptive_field.side[0]
    if not quantity.layers and not quantity.kind:
        found: Number = getattr(report.totals, quantity.metric)
        return found
    rows = [
        row
        for row in report.layers
        if (not quantity.layers or fnmatchcase(row.path, quantity.layers))
        and (not quantity.kind or row.label == quantity.kind)
    ]
    if not rows:
        what, names = ("kind", [row.label for row in report.layers]) if quantity.kind else ("path", [])
        raise SpecError(
            Problem(
                f"{report.name} has no layer of that {what}",
                quantity.place,
                one_of(dict.fromkeys(names)) if names else "a pattern for paths, as *.conv1",
                suggest(quantity.kind, names),
            )
        )
    return total(getattr(row, quantity.metric) for row in rows)


# -- reading a file --------------------------------------------------------------------------------------------------


def load_derivation(name_or_path: str) -> Plan:
    """Return a packaged derivation by name, or a user's own by path, read and not yet proved.

    Raises
    ------
    UnknownNameError
        Where there is none of that name.
    SpecError
        With all the faults of the file.

    Examples
    --------
    >>> load_derivation("g1").source
    'Ma et al. 2018, arXiv:1807.11164, section 2, equation 1'
    """
    if is_path(name_or_path):
        return _read(Path(name_or_path), name_or_path)
    return _packaged(name_or_path)


@cache
def _packaged(name: str) -> Plan:
    names = [entry.name for entry in catalog.index() if entry.kind == "derivations"]
    if name not in names:
        what = f"there is no derivation `{shorten(name)}`"
        raise UnknownNameError(Problem(what, None, one_of(names or ["none"]), suggest(name, names)))
    path = catalog.packaged_root() / "derivations" / f"{name}.yaml"
    return _read(path, path.name)


@shallow
def _read(path: Path, shown: str) -> Plan:
    problems: list[Problem] = []
    node = compose(read_text(path, shown), shown, problems)
    reader = _Reader(problems, path)
    plan = reader.plan(node)
    if reader.problems:
        raise SpecError(*gathered(reader.problems))
    return plan


class _Wrong(Exception):
    """A part of the file is wrong; what is wrong has been noted."""


class _Reader:
    """Reads a derivation's file, and gathers every problem on the way."""

    def __init__(self, problems: list[Problem], path: Path) -> None:
        self.problems = problems
        self.path = path
        self.letters: dict[str, Letter] = {}
        self.quantities: list[str] = []
        self.bounds: list[tuple[Any, int]] = []

    def fail(self, what: str, place: Place, expected: str = "", hint: str = "") -> _Wrong:
        """Note a problem, and return what may be raised for it."""
        self.problems.append(Problem(what, place, expected, hint))
        return _Wrong()

    # -- pieces ------------------------------------------------------------------------------------------------------

    def text(self, node: Node | None, what: str) -> str:
        """Return a text; nothing where there is none."""
        if node is None or node.null:
            return ""
        if not isinstance(node, Scalar):
            raise self.fail(f"{what} is {node.what}", node.place, "a text")
        return node.text

    def mapping(self, node: Node, what: str, known: Collection[str] = (), needed: Collection[str] = ()) -> MappingNode:
        """Return a mapping whose keys are known; those that are needed are there."""
        if not isinstance(node, MappingNode):
            raise self.fail(f"{what} is {node.what}", node.place, f"a mapping with {listed(known)}")
        for key, _ in node.entries if known else ():
            if key.text not in known:
                self.fail(
                    f"{what} has no key `{shorten(key.text)}`", key.place, one_of(known), suggest(key.text, known)
                )
        missing = [name for name in needed if node.get(name) is None]
        if missing:
            raise self.fail(f"{what} has no {listed(f'`{name}`' for name in missing)}", node.place, listed(needed))
        return node

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """Return the entries of a list, or the one that stands in its place."""
        if node is None:
            return ()
        return node.items if isinstance(node, SequenceNode) else (node,)

    def name(self, node: Node, known: Iterable[str], what: str) -> str:
        """Return a known name, however it is spelt: c₁, c_1 and c1 are the same."""
        text = self.text(node, what)
        names = list(known)
        for name in names:
            if canonical(_plain(text)) == canonical(name):
                return name
        raise self.fail(
            f"there is no `{shorten(text)}` here", node.place, one_of(names or ["none"]), suggest(text, names)
        )

    def statement(self, node: Node | None, what: str) -> Statement:
        """Return a formula or a relation between two."""
        assert node is not None
        text = self.text(node, what)
        if not isinstance(node, Scalar) or not text.strip():
            raise self.fail(f"{what} is {node.what}", node.place, "a formula")
        try:
            return read_statement(text, [*self.letters, *self.quantities])
        except NotationError as error:
            problems = (_placed(problem, node.place) for problem in error.problems)
            self.problems.extend(
                Problem(p.what, p.place, p.expected, p.hint.split("--let")[0], p.excerpt) for p in problems
            )
            raise _Wrong from None

    def formula(self, node: Node | None, what: str) -> Reading:
        """Return a formula."""
        statement = self.statement(node, what)
        if statement.left is not None or statement.relation != "=":
            assert node is not None
            raise self.fail(f"{what} is a relation", node.place, "a formula alone")
        return statement.right

    def relation(self, node: Node | None, what: str, signs: Collection[str]) -> Statement:
        """Return a relation with one of the signs."""
        statement = self.statement(node, what)
        if statement.left is None or statement.relation not in signs:
            assert node is not None
            raise self.fail(f"{what} is `{shorten(statement.text)}`", node.place, f"two formulas with {one_of(signs)}")
        return statement

    def settings(self, node: Node | None) -> dict[str, Reading]:
        """Return values for letters."""
        if node is None:
            return {}
        found: dict[str, Reading] = {}
        for key, item in self.mapping(node, "`at`").entries:
            name = self.name(key, self.letters, "a letter")
            if name in found:
                raise self.fail(f"{name} is given twice", key.place, "it once")
            found[name] = self.formula(item, name)
        return found

    def number(self, node: Node, what: str) -> int:
        """Return a whole number."""
        text = self.text(node, what)
        if not text.isdecimal() or len(text) > 30:
            raise self.fail(f"{what} is {node.what}", node.place, "a whole number")
        return int(text)

    # -- the whole ---------------------------------------------------------------------------------------------------

    def plan(self, node: MappingNode) -> Plan:
        """Return the derivation; it is of use only where there are no problems."""
        texts: dict[str, str] = {}
        for key in _TEXTS:
            self.attempt(lambda: texts.__setitem__(key, self.text(node.get(key), key)))  # noqa: B023
        self.attempt(lambda: self.mapping(node, "a derivation", _KEYS, ("symbols", "steps")))
        self.attempt(lambda: self.read_letters(node.get("symbols")))
        relations: list[Relation] = []
        for item in self.items(node.get("assume"), "assume"):
            self.attempt(lambda: relations.append(self.assumption(item, relations)))  # noqa: B023
        for letter, bound in self.bounds:
            relations.append(Relation(f"{letter} >= {as_text(bound)}", letter - bound, False))
        quantities: list[Measure | _Formula] = []
        for name, item in self.entries(node.get("quantities"), "quantities"):
            self.attempt(lambda: quantities.append(self.quantity(name, item)))  # noqa: B023
        steps: list[_Planned] = []
        entries = self.items(node.get("steps"), "steps")
        if len(entries) > MOST_STEPS:
            self.fail(f"there are {len(entries):,} steps", node.place, f"at most {MOST_STEPS}")
        for item in entries[:MOST_STEPS]:
            self.attempt(lambda: steps.append(self.step(item)))  # noqa: B023
        if node.get("steps") is not None and not entries:
            self.fail("there are no steps", node.place, "at least one")
        return Plan(
            texts.get("name") or self.path.stem,
            texts.get("title", ""),
            texts.get("source", ""),
            texts.get("notes", ""),
            tuple(self.letters.values()),
            tuple(relations),
            tuple(quantities),
            tuple(steps),
        )

    def attempt(self, read: Callable[[], object]) -> None:
        """Read a part; where it is wrong, go on with the next."""
        with suppress(_Wrong):
            read()

    def entries(self, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
        """Return the entries of a mapping of any keys."""
        if node is None:
            return ()
        if not isinstance(node, MappingNode):
            self.fail(f"{what} is {node.what}", node.place, "a mapping")
            return ()
        if len(node.entries) > MOST_STEPS:
            self.fail(f"{what} has {len(node.entries):,} entries", node.place, f"at most {MOST_STEPS}")
        return node.entries[:MOST_STEPS]

    def read_letters(self, node: Node | None) -> None:
        """Read the letters: what each stands for, and what it may be."""
        for key, item in self.entries(node, "symbols"):
            wrong = check_name(key.text) or ("" if key.text.isascii() else f"`{shorten(key.text)}` is no name")
            if wrong:
                sign = {sign: name for name, sign in GREEK_SIGNS.items()}.get(key.text, "")
                self.fail(wrong, key.place, "a name of plain letters", sign)
                continue
            self.attempt(lambda: self.letter(key.text, item))  # noqa: B023

    def letter(self, name: str, node: Node) -> None:
        """Read one letter: a positive whole number, or with `above: 0` any positive number."""
        if isinstance(node, Scalar):
            self.letters[name] = Letter(symbol(name), self.text(node, name))
            return
        self.letters[name] = Letter(symbol(name), "")
        found = self.mapping(node, name, ("help", "above", "min"))
        above, least = found.get("above"), found.get("min")
        if above is not None and self.text(above, "above") != "0":
            self.fail(f"above is {above.what}", above.place, "0", "`min` or `assume` for other bounds")
        made = symbol(name, real=above is not None)
        self.letters[name] = Letter(made, self.text(found.get("help"), "help"))
        if least is not None:
            self.bounds.append((made, self.number(least, "min")))

    def assumption(self, node: Node, before: list[Relation]) -> Relation:
        """Read one assumption; it can hold together with those before it."""
        text = self.text(node, "an assumption")
        try:
            found = read_relation(text, lambda name: self.letters[name].symbol)
        except KeyError as error:
            name = str(error.args[0])
            raise self.fail(
                f"the assumption speaks of `{shorten(name)}`",
                node.place,
                one_of(self.letters or ["none"]),
                suggest(name, self.letters),
            ) from None
        except Fault as fault:
            self.problems.append(fault.at(node.place))
            raise _Wrong from None
        except FlopcalcError as error:
            self.problems.extend(_placed(problem, node.place) for problem in error.problems)
            raise _Wrong from None
        if Arithmetic(relations=tuple(before)).decide(found.difference, strict=found.strict) is False:
            raise self.fail(f"the assumption `{shorten(text)}` cannot hold", node.place, "one that can")
        return found

    # -- quantities --------------------------------------------------------------------------------------------------

    def new_name(self, key: Scalar) -> str:
        """Return the name of a new quantity."""
        wrong = check_name(key.text)
        if wrong:
            raise self.fail(wrong, key.place, "a name")
        if canonical(key.text) in map(canonical, (*self.letters, *self.quantities)):
            raise self.fail(f"`{key.text}` is the name of a letter or a quantity already", key.place, "another name")
        return key.text

    def quantity(self, key: Scalar, node: Node) -> Measure | _Formula:
        """Read one quantity: a formula, or a metric of a spec."""
        name = self.new_name(key)
        try:
            if isinstance(node, Scalar):
                return _Formula(name, self.formula(node, name), node.place)
            return self.measure(name, node)
        finally:
            self.quantities.append(name)

    def measure(self, name: str, node: Node) -> Measure:
        """Read which metric of which spec is counted."""
        found = self.mapping(node, name, ("of", "metric", "where", "layers", "kind"), ("of", "metric"))
        of, metric = found.get("of"), found.get("metric")
        assert of is not None
        assert metric is not None
        counted = self.text(metric, "metric")
        if counted not in _METRICS:
            self.fail(
                f"there is no metric `{shorten(counted)}`", metric.place, one_of(_METRICS), suggest(counted, _METRICS)
            )
        spec = self.spec(of)
        where: dict[str, str] = {}
        parameters = {*spec.free_names(), *spec.parameters}
        for key, item in self.entries(found.get("where"), "where"):
            if key.text not in parameters:
                self.fail(
                    f"{spec.variant or spec.name} has no parameter `{shorten(key.text)}`",
                    key.place,
                    one_of(sorted(parameters)),
                    suggest(key.text, parameters),
                )
                continue
            self.attempt(lambda: where.__setitem__(key.text, self.text(item, key.text)))  # noqa: B023
        layers, kind = self.text(found.get("layers"), "layers"), self.text(found.get("kind"), "kind")
        if len(layers) > 100:
            self.fail("the pattern is too long", node.place, "at most 100 characters")
        return Measure(name, spec, counted, where, layers, kind, node.place)

    def spec(self, node: Node) -> Spec:
        """Return the spec that a quantity is counted of; a path is one beside this file."""
        name = self.text(node, "of")
        try:
            return load(str(self.path.parent / name) if is_path(name) and not Path(name).is_absolute() else name)
        except FlopcalcError as error:
            self.problems.extend(_placed(problem, node.place) for problem in error.problems)
            raise _Wrong from None

    # -- steps -------------------------------------------------------------------------------------------------------

    def step(self, node: Node) -> _Planned:
        """Read one step: words, and the one thing that is to be proved."""
        known = ("say", "because", *KINDS, "at")
        found = self.mapping(node, "a step", known, ("say", "because"))
        kinds = [key.text for key, _ in found.entries if key.text in KINDS]
        say, because = self.text(found.get("say"), "say"), self.text(found.get("because"), "because")
        if len(kinds) != 1:
            raise self.fail(
                f"a step has {'nothing to prove' if not kinds else f'{len(kinds)} things to prove'}",
                node.place,
                f"exactly one of {listed(KINDS)}",
            )
        at = found.get("at")
        if at is not None and kinds[0] != "claim":
            self.fail(f"`at` stands beside `{kinds[0]}`", at.place, f"it inside `{kinds[0]}`, or beside `claim`")
        argument = found.get(kinds[0])
        assert argument is not None
        task = KINDS[kinds[0]](self, argument, at)
        return _Planned(kinds[0], say, because, task, node.place)

    def show(self, node: Node, at: Node | None) -> Show:
        return Show(self.name(node, self.quantities, "a quantity"))

    def claim(self, node: Node, at: Node | None) -> Claim:
        return Claim(self.relation(node, "a claim", ("=", ">=", "<=", ">", "<")), self.settings(at))

    def equality(self, node: Node, at: Node | None) -> Equality:
        found = self.mapping(node, "equality", ("of", "at"), ("of", "at"))
        of = self.relation(found.get("of"), "of", (">=", "<="))
        where = self.relation(found.get("at"), "at", ("=",))
        assert where.left is not None
        alone = where.left.names and where.left.python == where.left.names[0] and where.left.names[0] in self.letters
        if not alone or where.left.names[0] in where.right.names:
            raise self.fail(f"at is `{shorten(where.text)}`", node.place, "a letter = a formula in others")
        return Equality(of, where)

    def grows(self, node: Node, at: Node | None) -> Change:
        return self.change(node, grows=True)

    def falls(self, node: Node, at: Node | None) -> Change:
        return self.change(node, grows=False)

    def change(self, node: Node, *, grows: bool) -> Change:
        """Read what changes with what, and what is held."""
        what = "grows" if grows else "falls"
        found = self.mapping(node, what, ("what", "with", "holding"), ("what", "with", "holding"))
        name = self.name(_needed(found, "with"), self.letters, "with")
        holding = [
            self.name(item, [*self.letters, *self.quantities], "what is held")
            for item in self.items(found.get("holding"), "holding")
        ]
        if name in holding:
            raise self.fail(f"{name} changes and is held", node.place, "one of both")
        return Change(self.formula(found.get("what"), "what"), name, tuple(dict.fromkeys(holding)), grows)

    def solve(self, node: Node, at: Node | None) -> Solving:
        found = self.mapping(node, "solve", ("equation", "for", "is", "as"), ("equation", "for"))
        equation = self.relation(found.get("equation"), "equation", ("=",))
        name = self.name(_needed(found, "for"), self.letters, "for")
        said = self.formula(found.get("is"), "is") if found.get("is") is not None else None
        made = found.get("as")
        if made is None:
            return Solving(equation, name, said, "")
        if not isinstance(made, Scalar):
            raise self.fail(f"as is {made.what}", made.place, "a name")
        new = self.new_name(made)
        self.quantities.append(new)
        return Solving(equation, name, said, new)

    def neighbours(self, node: Node, at: Node | None) -> Neighbours:
        found = self.mapping(node, "neighbours", ("equation", "for", "at", "is"), ("equation", "for"))
        return Neighbours(
            self.relation(found.get("equation"), "equation", ("=",)),
            self.name(_needed(found, "for"), self.letters, "for"),
            self.settings(found.get("at")),
            tuple(self.number(item, "is") for item in self.items(found.get("is"), "is")),
        )

    def values(self, node: Node, at: Node | None) -> Values:
        return Values(tuple(self.value(item) for item in self.items(node, "value")))

    def value(self, node: Node) -> Value:
        found = self.mapping(node, "value", ("of", "at", "is"), ("of",))
        expected = tuple(self.said(item) for item in self.items(found.get("is"), "is"))
        return Value(self.formula(found.get("of"), "of"), self.settings(found.get("at")), expected)

    def said(self, node: Node) -> Said:
        """Read a number as it is printed: 18/5, ≈ 7.14, ≈ 93.4 %, ≈ 325 M."""
        text = self.text(node, "is")
        number, unit = text.strip(), 0
        if number[-1:] in _UNITS and not number[:-1].strip().endswith("%"):
            number, unit = number[:-1].strip(), _UNITS[number[-1:]]
        assert isinstance(node, Scalar)
        statement = self.statement(replace(node, text=number), "is")
        wrong = statement.left is not None or statement.relation not in ("=", "≈") or statement.right.names
        if wrong or (statement.relation == "≈" and statement.right.decimals is None):
            raise self.fail(f"is is {node.what}", node.place, "a number, or ≈ and its digits, as ≈ 93.4 % or ≈ 325 M")
        value = statement.right.value({})
        if not is_rational(value):
            raise self.fail(f"is is {node.what}", node.place, "a rational number")
        exact = statement.relation == "="
        return Said(
            value * 10**unit,
            None if exact else (statement.right.decimals or 0) - unit,
            statement.right.text + (f" {text.strip()[-1]}" if unit else ""),
        )

    def limit(self, node: Node, at: Node | None) -> Limiting:
        found = self.mapping(node, "limit", ("of", "when_large", "at", "is"), ("of", "when_large"))
        said = self.formula(found.get("is"), "is") if found.get("is") is not None else None
        name = self.name(_needed(found, "when_large"), self.letters, "when_large")
        return Limiting(self.formula(found.get("of"), "of"), name, self.settings(found.get("at")), said)

    def minimize(self, node: Node, at: Node | None) -> Least:
        keys = ("what", "holding", "over", "is")
        found = self.mapping(node, "minimize", keys, keys[:3])
        over = [self.name(item, self.letters, "over") for item in self.items(found.get("over"), "over")]
        if len(set(over)) != 2:
            raise self.fail(f"over has {len(set(over))} letters", node.place, "two")
        what, holding = (self.name(_needed(found, key), self.quantities, key) for key in ("what", "holding"))
        if what == holding:
            raise self.fail(f"{what} is minimized and held", node.place, "two quantities")
        said = self.formula(found.get("is"), "is") if found.get("is") is not None else None
        return Least(what, holding, (over[0], over[1]), said)


def _needed(node: MappingNode, key: str) -> Node:
    found = node.get(key)
    assert found is not None
    return found


def _plain(text: str) -> str:
    """Return a name with its index as plain digits: c₁ is c1."""
    return text.strip().translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))


KINDS: Mapping[str, Callable[[_Reader, Node, Node | None], Task]] = {
    "show": _Reader.show,
    "claim": _Reader.claim,
    "equality": _Reader.equality,
    "grows": _Reader.grows,
    "falls": _Reader.falls,
    "solve": _Reader.solve,
    "neighbours": _Reader.neighbours,
    "value": _Reader.values,
    "limit": _Reader.limit,
    "minimize": _Reader.minimize,
}
"""The kinds of steps, and how each is read."""
