"""Conventions side by side, and the ledger of each: lines that add up to its gap from another one, to the last digit.

A line stands for the layers of one kind under one rule. A rule is taken apart into the quantities that it multiplies,
so that a line can say "2 per output" whatever file the rule comes from; where that cannot be done it is quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

from flopcalc.analysis import analyze
from flopcalc.convention import COUNTED, QUANTITIES, Convention, Counted, Rule, load_convention
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, ParameterError, Problem, UnknownNameError, one_of, shorten, suggest
from flopcalc.expression import Scope, parse
from flopcalc.graph import Node
from flopcalc.layers import Layer
from flopcalc.number import Arithmetic, Number, Value, divide, expanded, is_rational, is_whole, total
from flopcalc.report import DTYPES, Report, Row
from flopcalc.shown import Shown
from flopcalc.spec import Spec, catalog
from flopcalc.theory.equivalence import is_zero

__all__ = [
    "COUNTER_BYTES",
    "WAYS",
    "Conventions",
    "Ledger",
    "Line",
    "Size",
    "conventions",
    "conventions_of",
    "default_against",
    "ledger_of",
    "sizes_of",
    "statistics_of",
    "tensors_of",
    "way",
]

COUNTER_BYTES = 8
"""What a batch norm's counter of batches takes in a framework's state: an int64, whatever the other elements are."""

_UNIT = "one element"

WAYS: Mapping[str, Convention] = {
    name: Convention(name, title, source, "", _UNIT, {}, {"params": {"default": Rule("default", parse(text))}})
    for name, title, source, text in (
        ("weights", "kernels and matrices", "Howard et al. 2017, arXiv:1704.04861", "weights"),
        ("biases", "and biases", "", "weights + biases"),
        ("params", "all that is learned", "", "params"),
        ("statistics", "and running statistics", "", "params + statistics"),
    )
}
"""Ways of counting parameters, each with something more than the one before it."""

FORM_WORDS: Mapping[str, str] = {
    "module": "as a module",
    "custom": "as a module of its authors' own class",
    "functional": "as a functional call",
    "function": "as a function of tensors",
    "operator": "as an operator",
    "mean": "as x.mean",
    "avg_pool": "as an average pool over the whole map",
}
"""How a layer is written, within a sentence; :data:`flopcalc.layers.FORMS` says more."""

_EACH: Mapping[str, str] = {
    "madds": "per multiply-add",
    "weights": "per weight",
    "biases": "per output channel",
    "bias_adds": "per output",
    "inputs": "per input",
    "outputs": "per output",
    "params": "per parameter",
    "activations": "per output",
    "mac": "per element moved",
    "reads": "per element that a window reads",
    "statistics": "per running statistic",
    "out_height*out_width": "per position of the output",
    "biases*out_height*out_width": "per output",
    "out_height*out_width*params": "per parameter and position of the output",
}
"""How a rule's quantities are called behind a number."""

_ONE: Mapping[str, str] = {"params": "its learnable parameters", "statistics": "its running statistics"}
"""How they are called where the number is one and the quantity says it all."""

_MOST_NAMES = 6
_BIASES = ("bias_adds", "biases")
_BIAS = "bias of "


@dataclass(frozen=True, slots=True)
class Line:
    """What the layers of one kind add to a gap between two conventions, under one rule.

    Attributes
    ----------
    amount : Number
        Negative where the convention counts less than the other one.
    kind : str
        What the layers are, in words: ``norm``, ``bias of conv``.
    words : str
        What the rule makes of them: ``2 per output``.
    rule, against : str
        The two conventions' rules as they stand in their files.
    layers : int
        How many they are.
    kinds : tuple of str
        What they are in the spec language.
    form : str
        The form of writing, of :data:`flopcalc.layers.FORMS`, where the amount follows from that and not from the
        architecture; else "".
    """

    amount: Number
    kind: str
    words: str
    rule: str
    against: str
    layers: int
    kinds: tuple[str, ...]
    form: str = ""

    @property
    def text(self) -> str:
        """The line in words, without its amount."""
        return f"{self.kind}, {self.words}"


@dataclass(frozen=True)
class Ledger:
    """A convention's total, and what explains its gap from another one; the lines add up to the gap.

    Attributes
    ----------
    convention, against : Convention
    total, base : Number
        What the one and the other make of the network.
    lines : tuple of Line
        The largest first; those that follow from how a layer is written after the others.
    """

    convention: Convention
    against: Convention
    total: Number
    base: Number
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        rest = self.gap - total(line.amount for line in self.lines)
        if rest != 0 and not is_zero(rest):
            raise AssertionError(f"{rest} of the gap of {self.convention.name} is in no line")

    @property
    def gap(self) -> Number:
        """Its total less the other one's."""
        return expanded(self.total - self.base)

    @property
    def ratio(self) -> Number | None:
        """Its total over the other one's; None where that is 0."""
        return None if self.base == 0 else divide(self.total, self.base)


@dataclass(frozen=True, slots=True)
class Size:
    """How many bytes a network takes on a disk.

    Attributes
    ----------
    name, words : str
    elements : Number
        Of the data type.
    counters : Number
        Counters of batches, of :data:`COUNTER_BYTES` each.
    bytes : Number
    """

    name: str
    words: str
    elements: Number
    counters: Number
    bytes: Number


@dataclass(frozen=True, repr=False)
class Conventions(Shown):
    """Conventions side by side.

    Attributes
    ----------
    report : Report
    metric : str
        flops, params or activations.
    base : Ledger
        Of the convention that the others are compared with; it has no lines.
    ledgers : tuple of Ledger
    sizes : tuple of Size
        For params, what they take on a disk.
    """

    shown_as: ClassVar[str] = "conventions"

    report: Report
    metric: str
    base: Ledger
    ledgers: tuple[Ledger, ...]
    sizes: tuple[Size, ...] = ()

    def __getitem__(self, name: str) -> Ledger:
        """Return the ledger of a convention by its name."""
        for ledger in self.ledgers:
            if ledger.convention.name == name:
                return ledger
        raise KeyError(name)

    @property
    def symbolic(self) -> bool:
        """Whether any total is a formula."""
        return not all(is_rational(ledger.total) for ledger in self.ledgers)


# -- what there is to compare ----------------------------------------------------------------------------------------


def way(name: str | Convention, metric: str = "flops") -> Convention:
    """Return a convention by name or path; for params also one of :data:`WAYS`.

    Raises
    ------
    UnknownNameError, SpecError
    """
    if isinstance(name, Convention):
        return name
    if not isinstance(name, str):
        raise ParameterError(Problem(f"a convention is {shorten(name)}", None, "a name, a path or a Convention"))
    if metric == "params" and name in WAYS:
        return WAYS[name]
    try:
        return load_convention(name)
    except UnknownNameError:
        if metric != "params":
            raise
        known = [*WAYS, *_packaged()]
        problem = Problem(f"there is no way of counting `{shorten(name)}`", None, one_of(known), suggest(name, known))
        raise UnknownNameError(problem) from None


def _listed(names: object) -> Iterable[Any]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ParameterError(Problem(f"the conventions are {shorten(names)}", None, "names, in a list"))
    return names


def _packaged() -> list[str]:
    return [entry.name for entry in catalog.index() if entry.kind == "conventions"]


def _default_ways(metric: str) -> list[Convention]:
    """Return what is compared where nothing is said: all that has something to say of the metric."""
    packaged = [load_convention(name) for name in _packaged()]
    if metric == "flops":
        return packaged
    own = list(WAYS.values()) if metric == "params" else []
    return own + [convention for convention in packaged if convention.others.get(metric)]


def default_against(metric: str) -> str:
    """Return what the others are compared with where nothing is said."""
    return "weights" if metric == "params" else "paper"


def conventions(
    spec_or_name: Spec | str | Path,
    *,
    names: Iterable[str | Convention] | None = None,
    against: str | Convention | None = None,
    metric: str = "flops",
    **parameters: Any,
) -> Conventions:
    """Return what every convention makes of a network, and the ledger of each gap.

    Parameters
    ----------
    spec_or_name : Spec, str or Path
        As in :func:`flopcalc.analyze`.
    names : iterable of str or Convention, optional
        Packaged conventions by name, a user's own by path; all the packaged ones where it is not given.
    against : str or Convention, optional
        What they are compared with: ``paper``, and for params ``weights``, where it is not given.
    metric : str
        flops, params or activations.
    **parameters
        The spec's parameters, and the other arguments of :func:`flopcalc.analyze`.

    Returns
    -------
    Conventions
        FLOPs, elements; ``int`` where all is known, sympy expressions where symbols are free.

    Raises
    ------
    FlopcalcError
        As :func:`flopcalc.analyze` does, and for conventions and metrics that there are not.

    Examples
    --------
    >>> ledger = conventions("resnet50")["fvcore"]
    >>> ledger.total, ledger.gap
    (4111512576, 22328320)
    >>> for line in ledger.lines:
    ...     print(f"{line.amount:+,} {line.text}")
    +22,227,968 norm, 2 per output
    +100,352 global average pool, 1 per input
    """
    return conventions_of(analyze(spec_or_name, **parameters), names=names, against=against, metric=metric)


def conventions_of(
    report: Report,
    *,
    names: Iterable[str | Convention] | None = None,
    against: str | Convention | None = None,
    metric: str = "flops",
) -> Conventions:
    """Return :func:`conventions` of a report."""
    if metric not in COUNTED:
        raise UnknownNameError(
            Problem(f"no convention counts `{shorten(metric)}`", None, one_of(COUNTED), suggest(metric, COUNTED))
        )
    base = way(default_against(metric) if against is None else against, metric)
    chosen = _default_ways(metric) if names is None else [way(name, metric) for name in _listed(names)]
    if not chosen:
        raise FlopcalcError(Problem("no convention is named", None, "at least one", "`flopcalc list conventions`"))
    own = ledger_of(report, base, base, metric)
    others = [convention for convention in chosen if convention.name != base.name or convention != base]
    named: dict[str, Ledger] = {base.name: own}
    for convention in others:
        if convention.name in named and named[convention.name].convention != convention:
            raise FlopcalcError(Problem(f"two conventions are named {convention.name}", None, "names of their own"))
        named[convention.name] = ledger_of(report, convention, base, metric)
    sizes = sizes_of(report) if metric == "params" else ()
    return Conventions(report, metric, own, tuple(named.values()), sizes)


# -- the ledger ------------------------------------------------------------------------------------------------------


@dataclass
class _Gathered:
    """What one line has gathered so far."""

    amounts: list[Number] = field(default_factory=list)
    kinds: dict[str, None] = field(default_factory=dict)
    nodes: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Share:
    """What one layer gives to a line."""

    kind: str
    words: str
    rule: str
    against: str
    form: str
    amount: Number
    of: str = ""


def ledger_of(report: Report, convention: Convention, against: Convention, metric: str = "flops") -> Ledger:
    """Return what explains the gap between two conventions on a report's network.

    Parameters
    ----------
    report : Report
    convention, against : Convention
    metric : str
        flops, params or activations.

    Raises
    ------
    SpecError
        Where a rule has no value.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> paper, torch = load_convention("paper"), load_convention("torch")
    >>> [line.text for line in ledger_of(analyze("resnet50"), torch, paper).lines]
    ['conv, 2 per multiply-add instead of 1', 'linear, 2 per multiply-add instead of 1']
    """
    graph, arithmetic = report.totals.graph, report.totals.arithmetic
    lines: dict[tuple[str, ...], _Gathered] = {}
    written, base = report.counted(convention, metric), report.counted(against, metric)
    if convention == against:
        return Ledger(convention, against, total(one.value for one in written), total(o.value for o in base), ())
    usual, base_usual = report.counted(convention, metric, written=""), report.counted(against, metric, written="")
    for position, node in enumerate(graph.nodes):
        layer = _OfLayer(report, node, arithmetic, metric)
        shares = [*layer.by_rule(usual[position], base_usual[position])]
        shares += layer.by_form(written[position], usual[position], "", 1)
        shares += layer.by_form(base[position], base_usual[position], f"{against.name} has it ", -1)
        for share in shares:
            key = (share.of, share.kind, share.words, share.rule, share.against, share.form)
            line = lines.setdefault(key, _Gathered())
            line.amounts.append(share.amount)
            line.kinds[node.layer.reported_kind] = None
            line.nodes.add(node.path)
    made = [
        Line(
            total(one.amounts), of + _named(kind, one.kinds), words, rule, other, len(one.nodes), tuple(one.kinds), form
        )
        for (of, kind, words, rule, other, form), one in lines.items()
    ]
    found = [line for line in made if line.amount != 0]
    if all(is_rational(line.amount) for line in found):
        found.sort(key=lambda line: -abs(line.amount))
    found.sort(key=lambda line: bool(line.form))
    return Ledger(
        convention, against, total(one.value for one in written), total(one.value for one in base), tuple(found)
    )


@dataclass(frozen=True, slots=True)
class _OfLayer:
    """A layer of a report, whose counts under two conventions are told apart."""

    report: Report
    node: Node
    arithmetic: Arithmetic
    metric: str

    def by_rule(self, one: Counted, other: Counted) -> Iterator[_Share]:
        """Yield what the two rules make of it differently, biases for themselves."""
        gap = _difference(one.value, other.value)
        if gap == 0:
            return
        kind = _kind(self.node.layer, one.rule, other.rule)
        rules = one.rule.text, other.rule.text, ""
        if self._is_bias(gap, one.rule, other.rule):
            yield _Share(kind, _said({"bias_adds": (1, 0)}), *rules, gap, _BIAS)
            return
        terms, base = self._terms(one.rule), self._terms(other.rule)
        if terms is None or base is None:
            yield _Share(kind, self._quoted(one.rule, other.rule), *rules, gap)
            return
        rest: dict[str, tuple[Number, Number]] = {}
        amounts: list[Number] = []
        for name in dict.fromkeys((*terms, *base)):
            count, before = terms.get(name, 0), base.get(name, 0)
            amount = self._times(count - before, name)
            if amount == 0:
                continue
            if name in _BIASES or name == "statistics":
                amounts.append(amount)
                of = _BIAS if name in _BIASES else ""
                yield _Share(kind, _said({name: (count, before)}), *rules, amount, of)
            else:
                rest[name] = (count, before)
        left = _difference(gap, total(amounts))
        if rest:
            yield _Share(kind, _said(rest), *rules, left)
        elif left != 0:  # a rule that is another one for small quantities
            yield _Share(kind, self._quoted(one.rule, other.rule), *rules, left)

    def by_form(self, written: Counted, usual: Counted, before: str, sign: int) -> Iterator[_Share]:
        """Yield what follows from how it is written and not from what it is."""
        gap = _difference(written.value, usual.value)
        if gap == 0:
            return
        kind = _kind(self.node.layer, usual.rule, written.rule)
        form = FORM_WORDS[self.node.form]
        if written.value == 0:
            words = f"{before}written {form}, not seen"
        else:
            terms, others = self._terms(written.rule), self._terms(usual.rule)
            if terms is None or others is None:
                said = self._quoted(written.rule, usual.rule)
            else:
                said = _said({name: (terms.get(name, 0), others.get(name, 0)) for name in (*terms, *others)})
            words = f"{before}written {form}: {said}"
        rules = (written.rule.text, usual.rule.text)
        yield _Share(kind, words, *rules, self.node.form, gap if sign > 0 else _difference(0, gap))

    def _is_bias(self, gap: Number, one: Rule, other: Rule) -> bool:
        """Whether the gap is the additions of the bias, though the rules do not say so."""
        if any(name in rule.expression.names for rule in (one, other) for name in _BIASES):
            return False
        if self.metric != "flops" or self.node.cost.bias_adds == 0:
            return False
        return _difference(gap, self.node.cost.bias_adds) == 0

    def _terms(self, rule: Rule) -> Mapping[str, Number] | None:
        """Return a rule as coefficients of quantities; None where it is no sum of products of them."""
        sides = len(self.report.totals.graph.shapes[self.node.output]) - 1
        found = _decoded(rule, self.node.layer, {"operands": self.node.operands, "sides": sides})
        if found is None:
            return None
        if not self.node.layer.contracts:
            return found
        split: dict[str, Number] = {}
        for name, count in found.items():  # its parameters are weights and biases, its activations its outputs
            for same in {"params": ("weights", "biases"), "activations": ("outputs",)}.get(name, (name,)):
                split[same] = split.get(same, 0) + count
        return {name: count for name, count in split.items() if count}

    def _times(self, count: Number, name: str) -> Number:
        graph = self.report.totals.graph
        return count * _quantity(name).counted(self.node, graph, self.arithmetic).value if count else 0

    @staticmethod
    def _quoted(one: Rule, other: Rule) -> str:
        return one.text if other.text == "0" else f"{one.text} instead of {other.text}"


def _difference(one: Number, other: Number) -> Number:
    return expanded(one - other)


@cache
def _quantity(text: str) -> Convention:
    """Return a convention by which every layer counts a product of its quantities."""
    return Convention("", "", "", "", "", {"default": Rule("default", parse(text))})


def _kind(layer: Layer, *rules: Rule) -> str:
    """Return what a line calls a layer: the word under which the first rule stands that is for it."""
    for rule in rules:
        word = rule.key.partition(".")[0]
        if word not in ("default", "unseen"):
            return _word(word)
    return _word(layer.words()[-1] if layer.contracts else layer.reported_kind)


def _named(kind: str, kinds: Iterable[str]) -> str:
    """Call layers by what they are, where they are all of one kind, and else by the word that they share."""
    different = [*kinds]
    return _word(different[0]) if len(different) == 1 else kind


def _word(kind: str) -> str:
    if kind == "global_pool":
        return "global average pool"
    return " ".join({"avg": "average"}.get(part, part) for part in kind.split("_"))


# -- a rule in words -------------------------------------------------------------------------------------------------


def _decoded(rule: Rule, layer: Layer, known: Mapping[str, Number]) -> Mapping[str, Number] | None:
    """Return a rule as coefficients of products of quantities, found by asking it with zeros and ones.

    What is `known` of the layer beside its attributes is no such quantity where it is a number. A product is named by
    its factors, ``out_height*out_width``. None where the rule is no such sum.
    """
    fixed: dict[str, Any] = {}
    names: list[str] = []
    for name in rule.expression.names:
        if name in known and is_whole(known[name]):
            fixed[name] = known[name]
        elif name in QUANTITIES:
            names.append(name)
        else:
            value = getattr(layer, name)
            fixed[name] = False if value is None else value
    if len(names) > _MOST_NAMES:
        return None

    def ask(values: Sequence[int]) -> int | Fraction:
        scope = Scope({**fixed, **dict(zip(names, values, strict=True))}, None, Arithmetic())
        value: Value = rule.expression.evaluate(scope)
        if isinstance(value, bool) or not is_rational(value):
            raise ArithmeticError
        return value

    try:
        found = _products(names, ask)
        probe = [3 + 2 * position for position in range(len(names))]
        expected: int | Fraction = 0
        for factors, count in found.items():
            part: int | Fraction = count
            for position in factors:
                part *= probe[position]
            expected += part
        if ask(probe) != expected or () in found:
            return None
    except (FlopcalcError, ArithmeticError):
        return None
    return {"*".join(sorted(names[position] for position in factors)): count for factors, count in found.items()}


def _products(names: Sequence[str], ask: Any) -> dict[tuple[int, ...], int | Fraction]:
    """Return the coefficients of a polynomial that is linear in each of its variables, by inclusion and exclusion."""
    values: dict[tuple[int, ...], int | Fraction] = {}
    found: dict[tuple[int, ...], int | Fraction] = {}
    for size in range(len(names) + 1):
        for chosen in combinations(range(len(names)), size):
            values[chosen] = ask([int(position in chosen) for position in range(len(names))])
            count = values[chosen] - sum(found.get(part, 0) for n in range(size) for part in combinations(chosen, n))
            if count:
                found[chosen] = count
    return found


def _said(terms: Mapping[str, tuple[Number, Number]]) -> str:
    """Say in words what a rule counts, and what the other one does where it counts the same quantity."""
    if len(terms) > 1 and not any(count for count, _ in terms.values()):
        return "not " + _said({name: (before, 0) for name, (_, before) in terms.items()})
    parts: list[str] = []
    for name, (count, before) in terms.items():
        each = _EACH.get(name, "per " + name.replace("*", "·"))
        if before and count:
            text = f"{count} {each} instead of {before}"
        elif before:
            text = f"not {before} {each}"
        elif count == 1 and name in _ONE:
            text = _ONE[name]
        elif is_rational(count) and count < 0:
            text = f"less {-count} {each}"
        else:
            text = f"{count} {each}"
        parts.append(text)
    return parts[0] + "".join((", " if part.startswith(("less", "not")) else " and ") + part for part in parts[1:])


# -- bytes -----------------------------------------------------------------------------------------------------------


def counters_of(report: Report) -> Number:
    """Return how many counters of batches the network's batch norms keep: one each, of shared ones once."""
    return total(row.count for row, statistics in _kept(report) if statistics != 0)


def _kept(report: Report) -> Iterator[tuple[Row, Number]]:
    """Yield the layers that keep parameters of their own, each with the elements of its running statistics."""
    for row, statistics in zip(report.layers, report.counted(_quantity("statistics")), strict=True):
        if not row.shares:  # another layer's, which has them
            yield row, statistics.value


def tensors_of(report: Report) -> Number:
    """Return how many tensors a framework keeps of the network: kernels, biases, scales and shifts, statistics."""
    return total(row.count * (len(_learned(row)) + (3 if statistics != 0 else 0)) for row, statistics in _kept(report))


def _learned(row: Row) -> list[Number]:
    """Return the elements of every tensor that a layer learns; of one in a repeat, those of all its turns."""
    cost = row.cost
    found = [elements for elements in (cost.weights, cost.biases) if elements != 0]
    if not found and cost.params != 0:
        found = [divide(cost.params, 2)] * 2 if row.kind == "norm" else [cost.params]
    return found


def statistics_of(report: Report) -> Number:
    """Return the elements of running statistics in the network: two for each channel of a batch norm."""
    return total(statistics for _, statistics in _kept(report))


def sizes_of(report: Report, dtype: str = "") -> tuple[Size, ...]:
    """Return what the network takes on a disk, in bytes: its parameters, and a framework's whole state.

    Every tensor is packed for itself: where elements are less than a byte, each ends with a whole one.

    Parameters
    ----------
    report : Report
    dtype : str
        One of :data:`flopcalc.report.DTYPES`; the report's own where it is not given.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> [(size.name, size.bytes) for size in sizes_of(analyze("resnet50"))]
    [('params', 102228128), ('statistics', 102440608), ('state', 102441032)]
    """
    bits = DTYPES[dtype or report.dtype]
    params, statistics, counters = report.totals.params, statistics_of(report), counters_of(report)
    every = expanded(params + statistics)
    learned = [elements for row, _ in _kept(report) for elements in _learned(row)]
    running = [divide(elements, 2) for _, elements in _kept(report) if elements != 0]
    alone = _packed(report, learned, bits)
    kept = [Size("params", "parameters", params, 0, alone)]
    if statistics != 0:
        inner = expanded(alone + _packed(report, [*running, *running], bits))
        kept.append(Size("statistics", "and running statistics", every, 0, inner))
        words = "and the counters of batches, 8 bytes each: a framework's state"
        kept.append(Size("state", words, every, counters, expanded(inner + COUNTER_BYTES * counters)))
    return tuple(kept)


def _packed(report: Report, tensors: Sequence[Number], bits: int) -> Number:
    """Return the bytes of tensors, each packed for itself; formulas are read as if they filled their bytes."""
    arithmetic = report.totals.arithmetic
    if all(is_whole(elements) for elements in tensors):
        return total(arithmetic.bytes(elements, bits) for elements in tensors)
    return expanded(divide(total(tensors) * bits, 8))
