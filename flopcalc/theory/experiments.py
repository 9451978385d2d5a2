"""Published experiments rebuilt from their budgets, to see whether memory access cost orders the measured speeds.

An experiment is data, a YAML file: the spec that is built, the rule for its widths as expressions of the spec
language, the networks, and the published speeds of each on each platform. Widths, FLOPs and MAC are computed here;
the speeds are the paper's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import ClassVar

from flopcalc.analysis import analyze_spec
from flopcalc.dataclass import dataclass
from flopcalc.errors import (
    Fault,
    FlopcalcError,
    ParameterError,
    Place,
    Problem,
    UnknownNameError,
    one_of,
    shorten,
    suggest,
)
from flopcalc.expression import Derived, Expression, Scope, check_name, parse
from flopcalc.number import Arithmetic, Value, as_text, is_rational
from flopcalc.shown import Shown
from flopcalc.spec import Spec
from flopcalc.spec.document import HEADINGS, Document, Wrong
from flopcalc.spec.opening import open_document
from flopcalc.spec.syntax import Mapping as MappingNode
from flopcalc.spec.syntax import Node, Scalar
from flopcalc.spec.syntax import Sequence as SequenceNode

__all__ = [
    "Column",
    "Experiment",
    "Figure",
    "Network",
    "Outcome",
    "Pair",
    "Platform",
    "PlatformOutcome",
    "Printed",
    "load_experiment",
    "run_experiment",
]

MOST_NETWORKS = 1000
"""How many networks an experiment may have, over all its platforms and columns."""

_KEYS = (*HEADINGS, "define", "budget", "spec", "set", "per", "show", "networks", "platforms")
_NETWORKS = ("title", "columns", "rows")
_PLATFORM = ("title", "device", "unit", "set", "columns", "printed", "speeds")
_NEEDED = ("spec", "set", "networks", "platforms")

Rational = int | Fraction


# -- what a file holds -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """A published number: as it is printed, and its exact value."""

    text: str
    value: Rational


@dataclass(frozen=True, slots=True)
class Platform:
    """What was measured on one machine.

    Attributes
    ----------
    name, title, device : str
    unit : str
        Of the speeds.
    columns : mapping of str to mapping
        The columns of the published table, each with the values that it sets.
    speeds : mapping of str to tuple of Figure
        By network, a figure a column.
    printed : mapping of str to tuple
        Widths that the paper prints for the first column, by network, in the order of `Experiment.show`.
    """

    name: str
    title: str
    device: str
    unit: str
    columns: Mapping[str, Mapping[str, Value]]
    speeds: Mapping[str, tuple[Figure, ...]]
    printed: Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A published experiment, as its file has it.

    Attributes
    ----------
    name, title, source, notes : str
    place : Place
        Its file.
    spec : Spec
        What is built.
    settings : mapping of str to Expression
        The values of the spec's parameters.
    define : mapping of str to Expression
        Derived values that `settings` speak of.
    budget : Expression, optional
        The FLOPs of one unit.
    unit : str
        What the printed FLOPs and MAC are of: "block".
    count : int
        How many of them a network has.
    show : tuple of str
        The names whose values are a network's widths.
    header : str
        What distinguishes the networks.
    networks : mapping of str to mapping
        Their names, and the values that each sets.
    platforms : tuple of Platform
    """

    name: str
    title: str
    source: str
    notes: str
    place: Place
    spec: Spec
    settings: Mapping[str, Expression]
    define: Mapping[str, Expression]
    budget: Expression | None
    unit: str
    count: int
    show: tuple[str, ...]
    header: str
    networks: Mapping[str, Mapping[str, Value]]
    platforms: tuple[Platform, ...]


# -- what comes out --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Network:
    """One network of an experiment, and its published speed.

    Attributes
    ----------
    name : str
    widths : mapping of str to Value
    parameters : mapping of str to Value
        What the spec was given.
    flops, mac : int
        Of the whole network, by the convention ``paper``; MAC in elements.
    count : int
        How many units that is.
    speed : Figure
    """

    name: str
    widths: Mapping[str, Value]
    parameters: Mapping[str, Value]
    flops: int
    mac: int
    count: int
    speed: Figure

    @property
    def unit_flops(self) -> Rational:
        """FLOPs of one unit."""
        return _ratio(self.flops, self.count)

    @property
    def unit_mac(self) -> Rational:
        """Memory access cost of one unit, in elements."""
        return _ratio(self.mac, self.count)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two networks of one column, and whether the one of lower MAC is the faster.

    Attributes
    ----------
    first, second : Network
    relation : str
        ``ordered``; ``reversed``; ``same speed`` at unlike MAC, as far as it is printed; ``same MAC`` at unlike speed.
    """

    first: Network
    second: Network
    relation: str

    @classmethod
    def of(cls, first: Network, second: Network) -> Pair:
        """Compare two networks."""
        mac = _sign(first.mac - second.mac)
        speed = _sign(first.speed.value - second.speed.value)
        if mac == -speed:
            return cls(first, second, "ordered")
        if mac == speed:
            return cls(first, second, "reversed")
        return cls(first, second, "same speed" if speed == 0 else "same MAC")


@dataclass(frozen=True)
class Column:
    """The networks of one column of the published table, with its speeds."""

    title: str
    networks: tuple[Network, ...]

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Every two networks."""
        return tuple(Pair.of(*two) for two in combinations(self.networks, 2))

    def against_first(self, value: Callable[[Network], Rational]) -> tuple[Fraction, ...]:
        """Return a value of every network as a multiple of the first one's.

        Examples
        --------
        >>> column = run_experiment(load_experiment("g2")).platforms[0].columns[0]
        >>> [round(float(ratio), 2) for ratio in column.against_first(lambda network: network.mac)]
        [1.0, 1.4, 1.98, 2.78]
        """
        first = value(self.networks[0])
        return tuple(Fraction(value(network)) / first for network in self.networks)

    @property
    def growth(self) -> tuple[tuple[Network, Fraction, Fraction], ...]:
        """Every network but that of the least MAC, with its time and its MAC as multiples of that one's."""
        least = min(self.networks, key=lambda network: network.mac)
        return tuple(
            (network, Fraction(least.speed.value) / network.speed.value, Fraction(network.mac, least.mac))
            for network in self.networks
            if network is not least
        )


@dataclass(frozen=True, slots=True)
class Printed:
    """Widths that the paper prints and the rule does not give, and what is wrong with them ("" if they can be)."""

    network: Network
    widths: Mapping[str, Value]
    fault: str


@dataclass(frozen=True, slots=True)
class PlatformOutcome:
    """What an experiment comes to on one platform.

    Attributes
    ----------
    platform : Platform
    budget : Value, optional
        The FLOPs of one unit in the first column.
    columns : tuple of Column
    printed : tuple of Printed
        Where the paper's widths are not the rule's.
    """

    platform: Platform
    budget: Value | None
    columns: tuple[Column, ...]
    printed: tuple[Printed, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Outcome(Shown):
    """What an experiment comes to.

    Examples
    --------
    >>> run_experiment(load_experiment("g1")).ordered
    True
    >>> run_experiment(load_experiment("g3")).ordered
    False
    """

    shown_as: ClassVar[str] = "experiment"

    experiment: Experiment
    platforms: tuple[PlatformOutcome, ...]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Every two networks of every column."""
        return tuple(pair for outcome in self.platforms for column in outcome.columns for pair in column.pairs)

    @property
    def ordered(self) -> bool:
        """Whether in every column the one of lower MAC is the faster, of every two networks."""
        return all(pair.relation == "ordered" for pair in self.pairs)


def run_experiment(experiment: Experiment, platforms: Collection[str] = ()) -> Outcome:
    """Build every network of an experiment, and compare.

    Parameters
    ----------
    experiment : Experiment
    platforms : collection of str
        Names of platforms; all of them where none is given.

    Raises
    ------
    UnknownNameError
        For a platform that it has not.
    FlopcalcError
        Where a network cannot be built, or a rule has no value.

    Examples
    --------
    >>> outcome = run_experiment(load_experiment("g1"), ["gpu"])
    >>> [network.unit_mac for network in outcome.platforms[0].columns[0].networks]
    [819200, 862920, 1157728, 1483200]
    """
    known = [platform.name for platform in experiment.platforms]
    for name in platforms:
        if name not in known:
            what = f"{experiment.name} has no platform `{shorten(name)}`"
            described = [f"{item.name} ({item.device or item.title})" for item in experiment.platforms]
            raise UnknownNameError(Problem(what, None, one_of(described), suggest(name, known)))
    builder = _Builder(experiment)
    return Outcome(
        experiment,
        tuple(
            builder.platform(platform)
            for platform in experiment.platforms
            if not platforms or platform.name in platforms
        ),
    )


class _Builder:
    """Builds the networks of one experiment, each of them once."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.built: dict[tuple[tuple[str, Value], ...], tuple[int, int]] = {}

    def scope(self, *values: Mapping[str, Value]) -> Scope:
        """Return the names that the rule's expressions see; later values go before earlier ones."""
        scope = Scope({}, None, Arithmetic())
        for name, expression in self.experiment.define.items():
            scope.values[name] = Derived(expression.evaluate, scope)
        for some in values:
            scope.values.update(some)
        return scope

    def platform(self, platform: Platform) -> PlatformOutcome:
        """Build what ran on one platform."""
        columns = tuple(
            Column(title, tuple(self.network(platform, index, title, name) for name in self.experiment.networks))
            for index, title in enumerate(platform.columns)
        )
        budget = None
        if self.experiment.budget is not None:
            first = self.scope(next(iter(platform.columns.values())), next(iter(self.experiment.networks.values())))
            budget = self.experiment.budget.evaluate(first)
        return PlatformOutcome(platform, budget, columns, tuple(self.unlike(platform, columns[0])))

    def network(self, platform: Platform, index: int, title: str, name: str) -> Network:
        """Build one network by the rule."""
        scope = self.scope(platform.columns[title], self.experiment.networks[name])
        parameters = self.parameters(scope)
        widths = {shown: scope.look_up(shown) for shown in self.experiment.show}
        try:
            flops, mac = self.cost(parameters)
        except FlopcalcError as error:
            where = f"{name} on {platform.name}, {title}"
            raise type(error)(
                *(Problem(f"{where}: {item.what}", item.place, item.expected, item.hint) for item in error.problems)
            ) from None
        return Network(name, widths, parameters, flops, mac, self.experiment.count, platform.speeds[name][index])

    def parameters(self, scope: Scope) -> dict[str, Value]:
        """Return the values of the spec's parameters."""
        return {name: expression.evaluate(scope) for name, expression in self.experiment.settings.items()}

    def cost(self, parameters: Mapping[str, Value]) -> tuple[int, int]:
        """Return the FLOPs and the MAC of a network."""
        key = tuple(parameters.items())
        if key not in self.built:
            totals = analyze_spec(self.experiment.spec, parameters).wholly_known().totals
            if type(totals.flops) is not int or type(totals.mac) is not int:
                raise ParameterError(Problem(f"its MAC is {shorten(as_text(totals.mac))}", None, "a whole number"))
            self.built[key] = (totals.flops, totals.mac)
        return self.built[key]

    def unlike(self, platform: Platform, column: Column) -> Iterator[Printed]:
        """Yield where the printed widths are not the rule's, and whether they can be built at all."""
        for network in column.networks:
            printed = dict(zip(self.experiment.show, platform.printed.get(network.name, ()), strict=False))
            if not printed or printed == network.widths:
                continue
            scope = self.scope(platform.columns[column.title], self.experiment.networks[network.name], printed)
            fault = ""
            try:
                self.cost(self.parameters(scope))
            except FlopcalcError as error:
                fault = error.problems[0].what
            yield Printed(network, printed, fault)


def _sign(value: Rational) -> int:
    return (value > 0) - (value < 0)


def _ratio(value: int, count: int) -> Rational:
    whole, rest = divmod(value, count)
    return Fraction(value, count) if rest else whole


# -- reading a file --------------------------------------------------------------------------------------------------


def load_experiment(name_or_path: str) -> Experiment:
    """Return a packaged experiment by name, or a user's own by path.

    Raises
    ------
    UnknownNameError
        Where there is none of that name.
    SpecError
        With all the faults of the file.

    Examples
    --------
    >>> load_experiment("g2").source
    'Ma et al. 2018, arXiv:1807.11164, section 2, Table 2'
    """
    return _Reader(open_document(name_or_path, "experiment", _KEYS, _NEEDED)).experiment()


class _Reader:
    """Reads the parts of an experiment from its document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.fail = document.fail
        self.unknown = document.unknown
        self.expression = document.expression

    # -- pieces ------------------------------------------------------------------------------------------------------

    def listed(self, node: Node | None, what: str, count: int | None = None) -> list[Scalar]:
        """Return the texts of a list, which has `count` of them where that is given."""
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.fail(f"{what} is {node.what}", node, "a list")
            return []
        found = []
        for item in node.items:
            if isinstance(item, Scalar) and not item.null:
                found.append(item)
            else:
                self.fail(f"an entry of {what} is {item.what}", item, "a number or a word")
        if count is not None and len(node.items) != count:
            self.fail(f"{what} has {len(node.items)} entries", node, str(count))
        return found

    def value(self, node: Node, what: str) -> Value | None:
        """Return a number, true, false or a word."""
        if not isinstance(node, Scalar) or node.null:
            self.fail(f"{what} is {node.what}", node, "a number, true, false or a word")
            return None
        word = node.text.strip()
        try:
            found = parse(node.text, node.at(0), words=(word,) if word.isidentifier() else ())
        except Fault as fault:
            self.document.problems.append(fault.at(node.at(0)))
            return None
        if not found.constant:
            self.fail(f"{what} is `{shorten(node.text)}`", node, "a number, true, false or a word")
            return None
        return found.run(Scope({}))

    def values(self, node: Node | None, what: str) -> dict[str, Value]:
        """Return the values that a mapping sets."""
        found = {}
        for key, item in self.document.entries(node, what):
            wrong = check_name(key.text)
            if wrong:
                self.fail(wrong, key, "a name")
                continue
            value = self.value(item, key.text)
            if value is not None:
                found[key.text] = value
        return found

    def figure(self, node: Scalar, what: str) -> Figure | None:
        """Return a published number."""
        value = self.value(node, what)
        if value is None:
            return None
        if not is_rational(value) or value <= 0:
            self.fail(f"{what} is `{shorten(node.text)}`", node, "a number above 0")
            return None
        return Figure(node.text, value)

    # -- the whole ---------------------------------------------------------------------------------------------------

    def experiment(self) -> Experiment:
        """Return the experiment.

        Raises
        ------
        SpecError
            With all the faults of the file.
        """
        root, found, texts = self.document.root, self.document.parts, self.document.headings()
        header, networks = self.networks(found.get("networks"))
        platforms = self.platforms(found.get("platforms"), networks, found.get("show"))
        rows: Collection[str] = next(iter(networks.values()), {}).keys()
        names = {*rows}.union(*(values for platform in platforms for values in platform.columns.values()))
        self.complete(root, platforms, names - {*rows})
        define = self.define(found.get("define"), names)
        known = sorted({*names, *define})
        spec = self.spec(found.get("spec"))
        settings = self.settings(found.get("set"), known, spec)
        unit, count = self.per(found.get("per"))
        show = self.listed(found.get("show"), "show")
        for index, item in enumerate(show):
            if item.text not in known:
                self.unknown("there is no", item.text, item, known)
            if any(other.text == item.text for other in show[:index]):
                self.fail(f"`{shorten(item.text)}` is shown twice", item, "every name once")
        budget = self.expression(found["budget"], "budget", known) if "budget" in found else None
        networks_in_all = len(networks) * sum(len(platform.columns) for platform in platforms)
        if networks_in_all > MOST_NETWORKS:
            self.fail(f"the experiment has {networks_in_all:,} networks", root, f"at most {MOST_NETWORKS:,}")
        self.document.finish()
        assert spec is not None
        return Experiment(
            **texts,
            place=root.place,
            spec=spec,
            settings=settings,
            define=define,
            budget=budget,
            unit=unit,
            count=count,
            show=tuple(item.text for item in show),
            header=header,
            networks=networks,
            platforms=platforms,
        )

    def define(self, node: Node | None, names: Collection[str]) -> dict[str, Expression]:
        """Return the derived values."""
        entries = self.document.entries(node, "define")
        known = sorted({*names, *(key.text for key, _ in entries)})
        found = {}
        for key, item in entries:
            wrong = check_name(key.text)
            if wrong:
                self.fail(wrong, key, "a name")
            elif key.text in names:
                self.fail(f"`{key.text}` is defined, and set by networks or platforms as well", key, "one of both")
            else:
                expression = self.expression(item, key.text, known)
                if expression is not None:
                    found[key.text] = expression
        return found

    def spec(self, node: Node | None) -> Spec | None:
        """Return the spec that is built."""
        try:
            return None if node is None else self.document.spec(node, "spec")
        except Wrong:
            return None

    def settings(self, node: Node | None, known: Collection[str], spec: Spec | None) -> dict[str, Expression]:
        """Return the values of the spec's parameters, none of which may stay free."""
        found = {}
        given = dict(self.document.entries(node, "set"))
        for key, item in given.items():
            if spec is not None and key.text not in spec.known:
                self.unknown(f"{spec.called} has no parameter", key.text, key, spec.known)
                continue
            expression = self.expression(item, key.text, known)
            if expression is not None:
                found[key.text] = expression
        if spec is not None and isinstance(node, MappingNode):
            names = {key.text for key in given}
            for name, parameter in spec.known.items():
                free = name not in spec.preset and (parameter is None or parameter.default is None)
                if free and name not in names:
                    what = f"`{name}` of {spec.called} is not set"
                    self.fail(what, node, "a value for every parameter without a default")
        return found

    def per(self, node: Node | None) -> tuple[str, int]:
        """Return what the printed costs are of, and how many of them a network has."""
        if node is None:
            return "network", 1
        found = self.document.keyed(node, "per", ("unit", "count"), ("unit", "count"))
        item = found.get("count")
        count = 1 if item is None else self.value(item, "count")
        if item is not None and (type(count) is not int or count < 1):
            self.fail("the count is no whole number from 1", item, "a whole number from 1")
        return self.document.text(found.get("unit"), "unit"), count if type(count) is int else 1

    def networks(self, node: Node | None) -> tuple[str, dict[str, dict[str, Value]]]:
        """Return what distinguishes the networks, and the values that each sets."""
        parts = {} if node is None else self.document.keyed(node, "networks", _NETWORKS, ("columns", "rows"))
        if node is None or not parts:
            return "", {}
        columns = self.listed(parts.get("columns"), "columns")
        for item in columns:
            wrong = check_name(item.text)
            if wrong:
                self.fail(wrong, item, "a name")
        found: dict[str, dict[str, Value]] = {}
        for key, row in self.document.entries(parts.get("rows"), "rows"):
            cells = self.listed(row, f"the row {shorten(key.text)}", len(columns))
            values = {}
            for column, cell in zip(columns, cells, strict=False):
                value = self.value(cell, column.text)
                if value is not None:
                    values[column.text] = value
            found[key.text] = values
        if len(found) < 2:
            self.fail(f"there are {len(found)} networks", node, "two networks to compare")
        return self.document.text(parts.get("title"), "title", "Network"), found

    def platforms(self, node: Node | None, networks: Mapping[str, object], show: Node | None) -> tuple[Platform, ...]:
        """Return what was measured."""
        widths = len(show.items) if isinstance(show, SequenceNode) else 0
        found = []
        for key, item in self.document.entries(node, "platforms"):
            parts = self.document.keyed(item, f"the platform {shorten(key.text)}", _PLATFORM, ("columns", "speeds"))
            common = self.values(parts.get("set"), "set")
            columns = {
                title.text: {**common, **self.values(values, title.text)}
                for title, values in self.document.entries(parts.get("columns"), "columns")
            }
            speeds = self.by_network(parts.get("speeds"), networks, "speeds", len(columns))
            printed = self.by_network(parts.get("printed"), networks, "printed", widths)
            for name in networks if "speeds" in parts else ():
                if name not in speeds:
                    self.fail(f"{key.text} has no speeds of {name}", item, "the speeds of every network")
            if "columns" in parts and not columns:
                self.fail(f"{shorten(key.text)} has no columns", item, "at least one")
            found.append(
                Platform(
                    key.text,
                    self.document.text(parts.get("title"), "title", key.text),
                    self.document.text(parts.get("device"), "device"),
                    self.document.text(parts.get("unit"), "unit"),
                    columns,
                    {name: tuple(figures) for name, figures in speeds.items()},
                    {name: tuple(figure.value for figure in figures) for name, figures in printed.items()},
                )
            )
        if node is not None and not found and not self.document.problems:
            self.fail("there are no platforms", node, "at least one")
        return tuple(found)

    def by_network(
        self, node: Node | None, networks: Collection[str], what: str, count: int
    ) -> dict[str, Sequence[Figure]]:
        """Return published numbers by network, so many for each."""
        found: dict[str, Sequence[Figure]] = {}
        for key, item in self.document.entries(node, what):
            if key.text not in networks:
                self.unknown("there is no network", key.text, key, networks)
                continue
            cells = self.listed(item, f"{what} of {shorten(key.text)}", count)
            figures = (self.figure(cell, f"{what} of {shorten(key.text)}") for cell in cells)
            found[key.text] = [figure for figure in figures if figure is not None]
        return found

    def complete(self, node: MappingNode, platforms: Sequence[Platform], names: Collection[str]) -> None:
        """Note a name that one column sets and another does not."""
        for platform in platforms:
            for title, values in platform.columns.items():
                for name in sorted({*names} - {*values}):
                    what = f"{platform.name}, {title} does not set `{name}`"
                    self.fail(what, node, "the same names in every column of every platform")
