"""Several figures of one table: the one rule that yields them all, the same steps for every network.

A step that has nothing to act on leaves a network as it is: a choice that it has made already, or a layer that it has
not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from flopcalc.analysis import resolve
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import ParameterError, Problem, shorten
from flopcalc.metrics import QUOTED, check_metric
from flopcalc.reading import PLAIN, Reading
from flopcalc.report import Report
from flopcalc.shown import Shown
from flopcalc.theory.explain import (
    FARTHEST,
    MOST,
    PRINTED_WORDS,
    Explanation,
    Search,
    Step,
    apart_from_conventions,
    nearest_metric,
    quoted_report,
    supposed,
)
from flopcalc.theory.figure import PRINTED, Figure, figure_of

__all__ = ["ExplainedTable", "TableRule", "explain_table"]

Key = tuple[tuple[str, str], ...]

_IDLE = ("choice", "usual", "line", "linears", "classifier")
"""The steps that may have nothing to act on in a network."""


@dataclass(frozen=True, slots=True)
class TableRule:
    """A rule for all figures of a table.

    Attributes
    ----------
    steps : tuple of Step
        What is supposed of every network.
    printed : str
        One of :data:`~flopcalc.theory.figure.PRINTED`: how all of the figures are printed.
    counts : tuple of Explanation
        What it makes of each network; ``match`` is "" where that is not the figure.
    also : tuple of str
        The names of other conventions that count all of them the same.
    """

    steps: tuple[Step, ...]
    printed: str
    counts: tuple[Explanation, ...]
    also: tuple[str, ...] = ()

    @property
    def explained(self) -> int:
        """How many of the figures it yields."""
        return sum(bool(one.match) for one in self.counts)

    @property
    def cost(self) -> int:
        """How much is supposed."""
        return supposed(self.steps, self.printed)

    @property
    def off(self) -> Fraction:
        """How far the counts are from the figures together, each as a part of its figure."""
        return sum((abs(one.off) for one in self.counts), start=Fraction(0))

    @property
    def words(self) -> str:
        """What is supposed, in words."""
        said = [step.rule if step.kind in _GENERAL else step.words for step in self.steps]
        return "; ".join([*said, *PRINTED_WORDS.get(self.printed, ())]) or "its memory access cost"


_GENERAL = ("classifier", "linears", "stem")
"""The steps whose words name a layer of one network."""


@dataclass(frozen=True, repr=False)
class ExplainedTable(Shown):
    """What several figures of one table may be of.

    Attributes
    ----------
    names : tuple of str
        The networks, as they were named.
    reports : tuple of Report
    figures : tuple of Figure
    metric : str
    rules : tuple of TableRule
        Those that yield all the figures to their printed digits, the simplest first.
    best : TableRule, optional
        The one that yields most of them, where none yields all; None where no rule yields any two.
    untried : tuple of str
        What was left out because there is too much of it, in words.
    """

    shown_as: ClassVar[str] = "explained_table"

    names: tuple[str, ...]
    reports: tuple[Report, ...]
    figures: tuple[Figure, ...]
    metric: str
    rules: tuple[TableRule, ...]
    best: TableRule | None = None
    untried: tuple[str, ...] = ()

    @property
    def missed(self) -> tuple[str, ...]:
        """The networks whose figures the best rule does not yield."""
        if self.best is None:
            return ()
        return tuple(name for name, one in zip(self.names, self.best.counts, strict=True) if not one.match)


def explain_table(
    pairs: Iterable[tuple[str, object]],
    parameters: Mapping[str, object],
    *,
    metric: str | None = None,
    reading: Reading = PLAIN,
    **options: Any,
) -> ExplainedTable:
    """Return the rules that yield every figure of a table.

    Parameters
    ----------
    pairs : iterable of tuple of str and figure
        A spec, with its settings inline, and what is printed for it.
    parameters : mapping
        Values for all the networks that have such a parameter.
    metric : str, optional
        As in :func:`flopcalc.explain`.
    reading : Reading
        How the networks are read.
    **options
        The other arguments of :func:`flopcalc.analyze`.

    Raises
    ------
    FlopcalcError
        As :func:`flopcalc.explain` does; where there is no figure, or the figures are of different metrics.
    """
    named = "" if metric is None else check_metric(metric, QUOTED)
    read = [(str(name) if isinstance(name, Path) else name, figure_of(figure)) for name, figure in pairs]
    if not read:
        raise ParameterError(Problem("no figure is given", None, "a mapping from specs to figures"))
    networks: list[tuple[Any, dict[str, object], Report]] = []
    known: set[str] = set()
    for name, _ in read:
        spec, settings = resolve(name)
        known |= spec.known.keys()
        shared = {key: value for key, value in parameters.items() if key in spec.known}
        for key in settings:
            if key in shared:
                raise ParameterError(Problem(f"`{key}` is set twice for {shorten(name)}", None, "once"))
        values = {**shared, **settings}
        spec = spec.read_as(reading)
        networks.append((spec, values, quoted_report(spec, values, options)))
    for key in parameters:
        if key not in known:
            raise ParameterError(Problem(f"no network has a parameter `{shorten(key)}`", None, "one that some has"))
    chosen = named or _metric_of(read, [report for _, _, report in networks])
    searches = [
        Search(spec, values, dict(options), report, figure, chosen, alone=False)
        for (spec, values, report), (_, figure) in zip(networks, read, strict=True)
    ]
    for (_, figure), search in zip(read, searches, strict=True):
        if figure.binary and search.metric != "size":
            raise ParameterError(Problem(f"`{shorten(figure.text)}` is a number of bytes", None, "--metric size"))
    rules = _ranked(_rules(searches))
    every = [rule for rule in rules if rule.explained == len(read)]
    best = max(rules, key=lambda rule: rule.explained, default=None) if not every else None
    if best is not None and best.explained == 0:
        best = min(rules, key=lambda rule: (rule.off, rule.cost))
    near = [rule for rule in every if rule.cost <= every[0].cost + FARTHEST]
    untried = dict.fromkeys(note for search in searches for note in search.untried)
    return ExplainedTable(
        tuple(name for name, _ in read),
        tuple(report for _, _, report in networks),
        tuple(figure for _, figure in read),
        chosen,
        tuple(_merged(near)),
        best,
        tuple(untried),
    )


def _metric_of(read: Iterable[tuple[str, Figure]], reports: Iterable[Report]) -> str:
    """Return the metric that all figures are of, by their units, or else by what is nearest."""
    told: dict[str, tuple[str, Figure]] = {}
    guessed: dict[str, tuple[str, Figure]] = {}
    for (name, figure), report in zip(read, reports, strict=True):
        if figure.metric:
            told.setdefault(figure.metric, (name, figure))
        else:
            guessed.setdefault(nearest_metric(report, figure), (name, figure))
    found = told if "size" in told else guessed | told  # what is near to no count may be bytes as well
    if len(found) > 1:
        said = " and ".join(
            f"{shorten(name)}={shorten(figure.text)} ({metric})" for metric, (name, figure) in found.items()
        )
        raise ParameterError(
            Problem(f"the figures are of different metrics: {said}", None, "one metric", "`--metric` says which")
        )
    return next(iter(found))


# -- rules -----------------------------------------------------------------------------------------------------------


@dataclass
class _OfNetwork:
    """What was counted of one network so far, by the key of what it supposes."""

    search: Search
    found: dict[Key, Explanation] = field(default_factory=dict)
    steps: set[tuple[str, str]] = field(default_factory=set)

    def add(self, explanations: Iterable[Explanation]) -> None:
        """Take in what was counted."""
        for one in explanations:
            self.found.setdefault(one.key, one)
            self.steps.update(one.key)

    def under(self, key: Key) -> Explanation | None:
        """Return what a rule makes of the network; its steps that have nothing to act on are left out."""
        if key in self.found:
            return self.found[key]
        if any(step in self.search.refused for step in key):
            return None
        acting = tuple(step for step in key if step in self.steps or step[0] not in _IDLE)
        return self.found.get(acting)


def _rules(searches: list[Search]) -> list[TableRule]:
    """Return what the rules make of the networks, until what supposes more would not be told."""
    networks = [_OfNetwork(search) for search in searches]
    done: dict[Key, None] = {}
    rules: list[TableRule] = []
    best = MOST
    for tiers in zip(*(search.tiers() for search in searches), strict=True):
        if tiers[0][0] > best + FARTHEST:
            break
        for network, (_, candidates) in zip(networks, tiers, strict=True):
            network.add(one for one in candidates if supposed(one.steps) <= MOST)
        for network in networks:
            for key, one in network.found.items():
                if key not in done:
                    done[key] = None
                    rules += _printed(one.steps, [other.under(key) for other in networks], searches)
        best = min((rule.cost for rule in rules if rule.explained == len(searches)), default=MOST)
    return rules


def _printed(steps: tuple[Step, ...], counts: list[Explanation | None], searches: list[Search]) -> Iterator[TableRule]:
    """Yield a rule in each way in which figures are printed, if it speaks of all networks and yields any figure."""
    known = [one for one in counts if one is not None]
    if len(known) < len(counts):
        return
    for printed in PRINTED:
        fits = [
            search.figure.fits(one.shown, one.shown_most, printed) for search, one in zip(searches, known, strict=True)
        ]
        if any(fits) or printed == PRINTED[0]:
            held = (replace(one, match=printed if fit else "") for one, fit in zip(known, fits, strict=True))
            yield TableRule(steps, printed, tuple(held))


def _ranked(rules: Iterable[TableRule]) -> list[TableRule]:
    return sorted((rule for rule in rules if rule.cost <= MOST), key=lambda rule: (rule.cost, rule.off))


def _merged(rules: Iterable[TableRule]) -> Iterator[TableRule]:
    """Yield one rule of those that make the same of all networks, with the other conventions by which it does."""
    kept: dict[tuple[object, ...], TableRule] = {}
    for rule in rules:
        counts = tuple((one.value, one.shown) for one in rule.counts)
        first = kept.setdefault(counts, rule)
        if first is not rule and apart_from_conventions(first.steps) == apart_from_conventions(rule.steps):
            names = (step.name for step in rule.steps if step.kind == "convention")
            kept[counts] = replace(first, also=tuple(dict.fromkeys((*first.also, *names))))
    yield from kept.values()
