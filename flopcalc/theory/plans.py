"""A derivation as its file has it, before anything is proved: letters, quantities and steps, read with their places."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, FlopcalcError, Place, Problem, listed, one_of, shallow, shorten, suggest
from flopcalc.expression import check_name, read_relation
from flopcalc.metrics import METRICS
from flopcalc.number import Arithmetic, Relation, as_text, is_rational, symbol
from flopcalc.spec import Spec
from flopcalc.spec.document import HEADINGS, Document, Wrong
from flopcalc.spec.opening import open_document
from flopcalc.spec.syntax import Mapping as MappingNode
from flopcalc.spec.syntax import Node, Scalar
from flopcalc.spec.syntax import Sequence as SequenceNode
from flopcalc.theory.notation import GREEK_SIGNS, NotationError, Reading, Statement, canonical, read_statement
from flopcalc.theory.steps import (
    Change,
    Claim,
    Equality,
    Least,
    Limiting,
    Neighbours,
    Said,
    Show,
    Solving,
    Task,
    Value,
    Values,
)

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["KINDS", "Formula", "Letter", "Measure", "Plan", "Planned", "load_derivation", "placed"]

MOST_STEPS = 100
"""How many steps, quantities and letters a derivation may have."""

_KEYS = (*HEADINGS, "symbols", "assume", "quantities", "steps")

_UNITS = {"k": 3, "M": 6, "G": 9}
"""The units of printed numbers, as powers of ten."""


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
        One of the metrics of a report, or ``receptive_field`` or ``receptive_field_min``, its height in input pixels.
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
class Formula:
    """A quantity that is a formula in letters and earlier quantities."""

    name: str
    reading: Reading
    place: Place


@dataclass(frozen=True, slots=True)
class Planned:
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
    quantities: tuple[Measure | Formula, ...]
    steps: tuple[Planned, ...]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The quantities that are counted."""
        return tuple(quantity for quantity in self.quantities if isinstance(quantity, Measure))


# -- reading a file --------------------------------------------------------------------------------------------------


@shallow
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
    return _Reader(open_document(name_or_path, "derivation", _KEYS, ("symbols", "steps"))).plan()


def placed(problem: Problem, place: Place) -> Problem:
    """Return a problem at a place of the file, where it has none, and without hints for the command line."""
    hint = "" if problem.hint.startswith("--") else problem.hint
    if problem.place is not None:
        return problem
    return Problem(problem.what, place, problem.expected, hint, problem.excerpt)


class _Reader:
    """Reads the parts of a derivation from its document; a part in which something is wrong ends there."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.fail = document.fail
        self.unknown = document.unknown
        self.attempt = document.attempt
        self.letters: dict[str, Letter] = {}
        self.quantities: list[str] = []
        self.bounds: list[tuple[Any, int]] = []

    # -- pieces ------------------------------------------------------------------------------------------------------

    def text(self, node: Node | None, what: str) -> str:
        """Return a text; nothing where there is none."""
        found = self.document.text(node, what)
        if node is not None and not isinstance(node, Scalar):
            raise Wrong
        return found

    def mapping(self, node: Node, what: str, known: Collection[str], needed: Collection[str] = ()) -> dict[str, Node]:
        """Return the values of a mapping by key; those that are needed are there."""
        found = self.document.keyed(node, what, known, needed)
        if not isinstance(node, MappingNode) or not {*needed} <= found.keys():
            raise Wrong
        return found

    def entries(self, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
        """Return the entries of a mapping of any keys, which are not too many."""
        found = self.document.entries(node, what)
        if node is not None and len(found) > MOST_STEPS:
            self.fail(f"{what} has {len(found):,} entries", node, f"at most {MOST_STEPS}")
        return found[:MOST_STEPS]

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
        raise self.fail(f"there is no `{shorten(text)}` here", node, one_of(names or ["none"]), suggest(text, names))

    def statement(self, node: Node | None, what: str) -> Statement:
        """Return a formula or a relation between two."""
        assert node is not None
        text = self.text(node, what)
        if not isinstance(node, Scalar) or not text.strip():
            raise self.fail(f"{what} is {node.what}", node, "a formula")
        try:
            return read_statement(text, [*self.letters, *self.quantities])
        except NotationError as error:
            problems = (placed(problem, node.place) for problem in error.problems)
            self.document.problems.extend(
                Problem(p.what, p.place, p.expected, p.hint.split("--let")[0], p.excerpt) for p in problems
            )
            raise Wrong from None

    def formula(self, node: Node | None, what: str) -> Reading:
        """Return a formula."""
        statement = self.statement(node, what)
        if statement.left is not None or statement.relation != "=":
            assert node is not None
            raise self.fail(f"{what} is a relation", node, "a formula alone")
        return statement.right

    def relation(self, node: Node | None, what: str, signs: Collection[str]) -> Statement:
        """Return a relation with one of the signs."""
        statement = self.statement(node, what)
        if statement.left is None or statement.relation not in signs:
            assert node is not None
            raise self.fail(f"{what} is `{shorten(statement.text)}`", node, f"two formulas with {one_of(signs)}")
        return statement

    def settings(self, node: Node | None) -> dict[str, Reading]:
        """Return values for letters."""
        found: dict[str, Reading] = {}
        for key, item in self.document.entries(node, "`at`"):
            name = self.name(key, self.letters, "a letter")
            if name in found:
                raise self.fail(f"{name} is given twice", key, "it once")
            found[name] = self.formula(item, name)
        return found

    def number(self, node: Node, what: str) -> int:
        """Return a whole number."""
        text = self.text(node, what)
        if not text.isdecimal() or len(text) > 30:
            raise self.fail(f"{what} is {node.what}", node, "a whole number")
        return int(text)

    # -- the whole ---------------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Return the derivation.

        Raises
        ------
        SpecError
            With all the faults of the file.
        """
        found, texts = self.document.parts, self.document.headings()
        self.read_letters(found.get("symbols"))
        relations: list[Relation] = []
        for item in self.items(found.get("assume"), "assume"):
            self.attempt(lambda: relations.append(self.assumption(item, relations)))  # noqa: B023
        for letter, bound in self.bounds:
            relations.append(Relation(f"{letter} >= {as_text(bound)}", letter - bound, False))
        quantities: list[Measure | Formula] = []
        for name, item in self.entries(found.get("quantities"), "quantities"):
            self.attempt(lambda: quantities.append(self.quantity(name, item)))  # noqa: B023
        steps: list[Planned] = []
        entries = self.items(found.get("steps"), "steps")
        if len(entries) > MOST_STEPS:
            self.fail(f"there are {len(entries):,} steps", self.document.root, f"at most {MOST_STEPS}")
        for item in entries[:MOST_STEPS]:
            self.attempt(lambda: steps.append(self.step(item)))  # noqa: B023
        if "steps" in found and not entries:
            self.fail("there are no steps", self.document.root, "at least one")
        self.document.finish()
        return Plan(
            **texts,
            letters=tuple(self.letters.values()),
            relations=tuple(relations),
            quantities=tuple(quantities),
            steps=tuple(steps),
        )

    def read_letters(self, node: Node | None) -> None:
        """Read the letters: what each stands for, and what it may be."""
        for key, item in self.entries(node, "symbols"):
            wrong = check_name(key.text) or ("" if key.text.isascii() else f"`{shorten(key.text)}` is no name")
            if wrong:
                sign = {sign: name for name, sign in GREEK_SIGNS.items()}.get(key.text, "")
                self.fail(wrong, key, "a name of plain letters", sign)
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
            self.fail(f"above is {above.what}", above, "0", "`min` or `assume` for other bounds")
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
                node,
                one_of(self.letters or ["none"]),
                suggest(name, self.letters),
            ) from None
        except Fault as fault:
            self.document.problems.append(fault.at(node.place))
            raise Wrong from None
        except FlopcalcError as error:
            self.document.problems.extend(placed(problem, node.place) for problem in error.problems)
            raise Wrong from None
        if Arithmetic(relations=tuple(before)).decide(found.difference, strict=found.strict) is False:
            raise self.fail(f"the assumption `{shorten(text)}` cannot hold", node, "one that can")
        return found

    # -- quantities --------------------------------------------------------------------------------------------------

    def new_name(self, key: Scalar) -> str:
        """Return the name of a new quantity."""
        wrong = check_name(key.text)
        if wrong:
            raise self.fail(wrong, key, "a name")
        if canonical(key.text) in map(canonical, (*self.letters, *self.quantities)):
            raise self.fail(f"`{key.text}` is the name of a letter or a quantity already", key, "another name")
        return key.text

    def quantity(self, key: Scalar, node: Node) -> Measure | Formula:
        """Read one quantity: a formula, or a metric of a spec."""
        name = self.new_name(key)
        try:
            if isinstance(node, Scalar):
                return Formula(name, self.formula(node, name), node.place)
            return self.measure(name, node)
        finally:
            self.quantities.append(name)

    def measure(self, name: str, node: Node) -> Measure:
        """Read which metric of which spec is counted."""
        found = self.mapping(node, name, ("of", "metric", "where", "layers", "kind"), ("of", "metric"))
        counted = self.text(found["metric"], "metric")
        if counted not in METRICS:
            self.unknown("there is no metric", counted, found["metric"], METRICS)
        spec = self.document.spec(found["of"], "of")
        where: dict[str, str] = {}
        for key, item in self.entries(found.get("where"), "where"):
            if key.text not in spec.known:
                self.unknown(f"{spec.called} has no parameter", key.text, key, spec.known)
                continue
            self.attempt(lambda: where.__setitem__(key.text, self.text(item, key.text)))  # noqa: B023
        layers, kind = self.text(found.get("layers"), "layers"), self.text(found.get("kind"), "kind")
        if len(layers) > 100:
            self.fail("the pattern is too long", node, "at most 100 characters")
        return Measure(name, spec, counted, where, layers, kind, node.place)

    # -- steps -------------------------------------------------------------------------------------------------------

    def step(self, node: Node) -> Planned:
        """Read one step: words, and the one thing that is to be proved."""
        known = ("say", "because", *KINDS, "at")
        found = self.mapping(node, "a step", known, ("say", "because"))
        kinds = [key for key in found if key in KINDS]
        say, because = self.text(found.get("say"), "say"), self.text(found.get("because"), "because")
        if len(kinds) != 1:
            raise self.fail(
                f"a step has {'nothing to prove' if not kinds else f'{len(kinds)} things to prove'}",
                node,
                f"exactly one of {listed(KINDS)}",
            )
        at = found.get("at")
        if at is not None and kinds[0] != "claim":
            self.fail(f"`at` stands beside `{kinds[0]}`", at, f"it inside `{kinds[0]}`, or beside `claim`")
        task = KINDS[kinds[0]](self, found[kinds[0]], at)
        return Planned(kinds[0], say, because, task, node.place)

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
            raise self.fail(f"at is `{shorten(where.text)}`", node, "a letter = a formula in others")
        return Equality(of, where)

    def grows(self, node: Node, at: Node | None) -> Change:
        return self.change(node, grows=True)

    def falls(self, node: Node, at: Node | None) -> Change:
        return self.change(node, grows=False)

    def change(self, node: Node, *, grows: bool) -> Change:
        """Read what changes with what, and what is held."""
        what = "grows" if grows else "falls"
        found = self.mapping(node, what, ("what", "with", "holding"), ("what", "with", "holding"))
        name = self.name(found["with"], self.letters, "with")
        holding = [
            self.name(item, [*self.letters, *self.quantities], "what is held")
            for item in self.items(found.get("holding"), "holding")
        ]
        if name in holding:
            raise self.fail(f"{name} changes and is held", node, "one of both")
        return Change(self.formula(found.get("what"), "what"), name, tuple(dict.fromkeys(holding)), grows)

    def solve(self, node: Node, at: Node | None) -> Solving:
        found = self.mapping(node, "solve", ("equation", "for", "is", "as"), ("equation", "for"))
        equation = self.relation(found.get("equation"), "equation", ("=",))
        name = self.name(found["for"], self.letters, "for")
        said = self.formula(found.get("is"), "is") if found.get("is") is not None else None
        made = found.get("as")
        if made is None:
            return Solving(equation, name, said, "")
        if not isinstance(made, Scalar):
            raise self.fail(f"as is {made.what}", made, "a name")
        new = self.new_name(made)
        self.quantities.append(new)
        return Solving(equation, name, said, new)

    def neighbours(self, node: Node, at: Node | None) -> Neighbours:
        found = self.mapping(node, "neighbours", ("equation", "for", "at", "is"), ("equation", "for"))
        return Neighbours(
            self.relation(found.get("equation"), "equation", ("=",)),
            self.name(found["for"], self.letters, "for"),
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
            raise self.fail(f"is is {node.what}", node, "a number, or ≈ and its digits, as ≈ 93.4 % or ≈ 325 M")
        value = statement.right.value({})
        if not is_rational(value):
            raise self.fail(f"is is {node.what}", node, "a rational number")
        exact = statement.relation == "="
        return Said(
            value * 10**unit,
            None if exact else (statement.right.decimals or 0) - unit,
            statement.right.text + (f" {text.strip()[-1]}" if unit else ""),
        )

    def limit(self, node: Node, at: Node | None) -> Limiting:
        found = self.mapping(node, "limit", ("of", "when_large", "at", "is"), ("of", "when_large"))
        said = self.formula(found.get("is"), "is") if found.get("is") is not None else None
        name = self.name(found["when_large"], self.letters, "when_large")
        return Limiting(self.formula(found.get("of"), "of"), name, self.settings(found.get("at")), said)

    def minimize(self, node: Node, at: Node | None) -> Least:
        keys = ("what", "holding", "over", "is")
        found = self.mapping(node, "minimize", keys, keys[:3])
        over = [self.name(item, self.letters, "over") for item in self.items(found.get("over"), "over")]
        if len(set(over)) != 2:
            raise self.fail(f"over has {len(set(over))} letters", node, "two")
        what, holding = (self.name(found[key], self.quantities, key) for key in ("what", "holding"))
        if what == holding:
            raise self.fail(f"{what} is minimized and held", node, "two quantities")
        said = self.formula(found.get("is"), "is") if found.get("is") is not None else None
        return Least(what, holding, (over[0], over[1]), said)


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
