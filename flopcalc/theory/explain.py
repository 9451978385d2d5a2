"""Where a quoted figure comes from: the convention, the variant or the slip that yields it to its printed digits.

Everything that a figure may mean is counted exactly and held against the interval that its printed digits leave open;
what fits is ranked by how little has to be supposed, and then by closeness. Ways of counting the network that is named
come first, and changes of the network last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from flopcalc.analysis import analyze_spec, resolve
from flopcalc.binding import is_truth
from flopcalc.convention import Convention, load_convention
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, ParameterError, Problem, shorten
from flopcalc.metrics import QUOTED, check_metric
from flopcalc.number import Number, Value, is_rational, readable
from flopcalc.reading import reading_of
from flopcalc.report import Report, Row
from flopcalc.shown import Shown
from flopcalc.spec import Spec, catalog
from flopcalc.theory.figure import Figure, figure_of
from flopcalc.theory.ledger import WAYS, Ledger, ledger_of, sizes_of, tensors_of

if TYPE_CHECKING:
    from flopcalc.theory.quoted_table import ExplainedTable

__all__ = [
    "AROUND",
    "COSTS",
    "FARTHEST",
    "MOST",
    "Explained",
    "Explanation",
    "Search",
    "Step",
    "explain",
    "explain_spec",
    "merged",
    "nearest_metric",
    "quoted_report",
    "supposed",
]

Item = TypeVar("Item")

RESOLUTIONS = (96, 112, 128, 160, 192, 224, 240, 256, 260, 288, 299, 300, 320, 331, 380, 384, 448, 456, 512, 600)
"""Sides that images usually have."""

LABELS = ((1000, 1001, 21841, 21843), (10, 100), (20, 21), (80, 81, 90, 91))
"""How many classes a classifier of the same images may have.

ImageNet's 1000, those and the background, and its 21,841 synsets, which some releases label as 21,843; CIFAR's; VOC's
without and with the background; COCO's 80, which are numbered to 90, and the background.
"""

COSTS: Mapping[str, int] = {
    "paper": 0,  # ways of counting the network as it is named
    "params": 0,
    "weights": 0,
    "size": 0,
    "convention": 1,
    "biases": 1,
    "state": 1,
    "statistics": 2,
    "file": 2,
    "binary size": 1,
    "dtype": 3,
    "factor": 4,  # mistakes of arithmetic
    "binary": 9,
    "choice": 4,  # what is published of the same spec
    "default": 5,
    "mixed": 5,
    "variant": 5,
    "classifier": 4,  # parts of it
    "stem": 4,
    "linears": 4,
    "stage": 10,
    "once": 5,  # ways that mix what two tools count
    "line": 6,
    "less": 6,
    "line too": 2,
    "usual": 8,  # what its images and their labels may be
    "cut": 3,  # how it is printed
    "zeros": 3,
}
"""How much is supposed by each step of an explanation; less comes first.

The order is the one that puts the known reasons of published figures on top; the tests hold it to them.
"""

FARTHEST = 2
"""How much more than the simplest explanation another may suppose and still be told."""

MOST = 9
"""What an explanation may suppose at most: with more, every figure comes out by chance."""

UNLIKELY = 12
"""What may be supposed by what is told as unlikely, where nothing that supposes less explains a figure."""

STRAINED = 6
"""What is supposed besides, where one supposition makes another harder to believe.

A tool counts the network that it is given, and leaves no part of it out, as a paper may; and a file on a disk is of a
network that was published, not of one with a single parameter of another; nor is it taken for another variant's and
in another data type or printed carelessly besides.
"""

_LEFT_OUT = frozenset(("classifier", "stem", "linears", "stage"))

AROUND = Fraction(1, 100)
"""How near to a figure, as a part of it, a simple count makes an unlikely one that fits not worth telling."""

_SIMPLE = 5
"""What may be supposed by an explanation that does not fit and is told as near."""

MOST_VALUES = 8
"""How many values of a parameter are tried that it has elsewhere."""

MOST_TRIED = 64
"""How many variants are tried at most, and how many choices of parameters."""

TENSOR_BYTES = (110, 412)
"""What files of PyTorch were seen to add for each tensor, at least and at most.

A file holds for each tensor its name, its entry in the pickle and, in the zip format of PyTorch 1.6 and later, two
headers of a record and the filling up to the next multiple of 64 bytes: it hangs on the lengths of names, and no
formula in a network's numbers gives it. Source: torchvision's ``_file_size``, in MiB to three decimals, of its models
that are packaged here.
"""


# -- what it may mean ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """Something that an explanation supposes.

    Attributes
    ----------
    kind : str
        One of the words of :data:`COSTS`.
    words : str
    name : str
        The convention's or the parameter's, where it is about one.
    rule : str
        The words without what is this network's own, where they have something of it.
    """

    kind: str
    words: str
    name: str = ""
    rule: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What is the same step for every network."""
        return self.kind.removesuffix(" too"), self.rule or self.words


@dataclass(frozen=True, slots=True)
class Explanation:
    """A count that a figure may be of.

    Attributes
    ----------
    value : int or Fraction
        What is counted, exact; the least that it may be, where it is not known to the last digit.
    most : int or Fraction
        The greatest that it may be; the same where it is known.
    factor : Fraction
        By which a slip multiplies the count before it is shown.
    steps : tuple of Step
        What is supposed.
    match : str
        As :meth:`~flopcalc.theory.figure.Figure.match` says it; "" where the figure is another one.
    off : Fraction
        By what part of the figure the count is above it.
    also : tuple of str
        The names of other conventions that count the same.
    """

    value: int | Fraction
    most: int | Fraction
    factor: Fraction
    steps: tuple[Step, ...]
    match: str = ""
    off: Fraction = Fraction(0)
    also: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the count is known to the last digit."""
        return self.value == self.most

    @property
    def slipped(self) -> bool:
        """Whether it supposes a mistake of arithmetic."""
        return any(step.kind in ("factor", "binary") for step in self.steps)

    @property
    def shown(self) -> Fraction:
        """The count as the figure would show it, after what was slipped."""
        return self.value * self.factor

    @property
    def shown_most(self) -> Fraction:
        """The same of the greatest count that it may be."""
        return self.most * self.factor

    @property
    def cost(self) -> int:
        """How much is supposed."""
        return supposed(self.steps, self.match)

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """What is the same explanation for every network."""
        return tuple(step.key for step in self.steps)

    @property
    def words(self) -> str:
        """What is supposed, in words."""
        return "; ".join([*(step.words for step in self.steps), *PRINTED_WORDS.get(self.match, ())])


def supposed(steps: Iterable[Step], printed: str = "") -> int:
    """Return how much is supposed by several steps together, and by how a figure is printed.

    Examples
    --------
    >>> paper, tool, without = Step("paper", ""), Step("convention", ""), Step("stem", "")
    >>> supposed([paper, without]), supposed([tool, without])
    (4, 11)
    """
    kinds = [step.kind for step in steps]
    by_tool = "convention" in kinds and not _LEFT_OUT.isdisjoint(kinds)
    on_disk = not {"size", "state", "file"}.isdisjoint(kinds)
    taken = not {"variant", "default"}.isdisjoint(kinds) and ("dtype" in kinds or printed in PRINTED_WORDS)
    return (
        sum(COSTS[kind] for kind in kinds)
        + COSTS.get(printed, 0)
        + STRAINED * (by_tool + (on_disk and ("mixed" in kinds or taken)))
    )


PRINTED_WORDS: Mapping[str, tuple[str, ...]] = {
    "cut": ("cut off and not rounded",),
    "zeros": ("rounded to the digits before the zeros",),
}
"""How it was printed, where it was not rounded."""


@dataclass(frozen=True, repr=False)
class Explained(Shown):
    """What a figure may be of.

    Attributes
    ----------
    report : Report
    figure : Figure
    metric : str
    found : tuple of Explanation
        Those that yield it to its printed digits, the simplest first.
    near : tuple of Explanation
        Simple ones that do not, the nearest first.
    unlikely : tuple of Explanation
        Those that yield it and suppose more than can be believed; told only where nothing else explains it nor is near.
    untried : tuple of str
        What was left out because there is too much of it, in words.
    """

    shown_as: ClassVar[str] = "explained"

    report: Report
    figure: Figure
    metric: str
    found: tuple[Explanation, ...]
    near: tuple[Explanation, ...]
    unlikely: tuple[Explanation, ...] = ()
    untried: tuple[str, ...] = ()


@overload
def explain(
    spec_or_name: Spec | str | Path, figure: str | int | Figure, *, metric: str | None = None, **parameters: Any
) -> Explained: ...


@overload
def explain(
    spec_or_name: Mapping[str, str | int | Figure], figure: None = None, *, metric: str | None = None, **parameters: Any
) -> ExplainedTable: ...


def explain(
    spec_or_name: Spec | str | Path | Mapping[str, str | int | Figure],
    figure: str | int | Figure | None = None,
    *,
    metric: str | None = None,
    **parameters: Any,
) -> Explained | ExplainedTable:
    """Return what yields a figure that somebody quotes of a network, or the one rule that yields a table of them.

    Parameters
    ----------
    spec_or_name : Spec, str, Path or mapping
        As in :func:`flopcalc.analyze`; for several figures of one table, the figure of each spec by the spec's name.
    figure : str, int or Figure
        ``"4.13G"``, ``"25.6M params"``, ``"97.8 MB"``, 4089184256; read with the precision that it is printed in.
    metric : str, optional
        params, flops, mac or size; told by the figure's unit, or else by what is nearest, where it is not given.
    **parameters
        The spec's parameters, and the other arguments of :func:`flopcalc.analyze`.

    Returns
    -------
    Explained or ExplainedTable
        The second for a mapping.

    Raises
    ------
    FlopcalcError
        As :func:`flopcalc.analyze` does; where the figure is none, or the network has free symbols.

    Examples
    --------
    >>> found = explain("resnet50", "3.8G").found[0]
    >>> found.value, found.words
    (3857973248, 'as papers count; stride_at = 1x1; cut off and not rounded')
    >>> explain({"resnet50": "3.86G", "resnet101": "7.58G", "resnet152": "11.3G"}).rules[0].words
    'as senet counts; stride_at = 1x1'
    """
    options = {name: parameters.pop(name) for name in _OPTIONS if name in parameters}
    reading = reading_of(
        **{name: parameters.pop(name) for name in ("fused", "batch", "assume_free") if name in parameters}
    )
    if isinstance(spec_or_name, Mapping):
        from flopcalc.theory.quoted_table import explain_table

        if figure is not None:
            raise ParameterError(Problem("a figure is given beside a mapping", None, "the figures within the mapping"))
        return explain_table(spec_or_name.items(), parameters, metric=metric, reading=reading, **options)
    spec, settings = resolve(spec_or_name)
    for key in settings:
        if key in parameters:
            raise ParameterError(Problem(f"`{key}` is set twice", None, "every parameter once"))
    return explain_spec(spec.read_as(reading), {**settings, **parameters}, figure, metric=metric, **options)


_OPTIONS = ("convention", "symbolic", "symbols", "input", "assume", "exact_rounding", "dtype")


def explain_spec(
    spec: Spec,
    values: Mapping[str, object],
    figure: object,
    *,
    metric: str | None = None,
    **options: Any,
) -> Explained:
    """Do what :func:`explain` does of one figure, with the parameters in a mapping."""
    named, read = "" if metric is None else check_metric(metric, QUOTED), figure_of(figure)
    report = quoted_report(spec, values, options)
    chosen = named or read.metric or nearest_metric(report, read)
    if chosen != "size" and read.binary:
        raise ParameterError(Problem(f"`{shorten(read.text)}` is a number of bytes", None, "--metric size"))
    search = Search(spec, dict(values), dict(options), report, read, chosen)
    every: list[Explanation] = []
    best = MOST
    for least, candidates in search.tiers():
        if least > best + FARTHEST:
            break  # what supposes so much more is not told
        every += (one for one in candidates if one.cost <= UNLIKELY)
        best = min((one.cost for one in every if one.match and one.cost <= MOST), default=MOST)
    fitting = sorted((one for one in every if one.match), key=lambda one: (one.cost, abs(one.off)))
    found = _needed([one for one in fitting if one.cost <= min(best + FARTHEST, MOST)])
    near = [one for one in every if not one.match and one.cost <= _SIMPLE and not one.slipped]
    near.sort(key=lambda one: (abs(one.off), one.cost))
    wanted = not found and not any(abs(one.off) <= AROUND for one in near)
    unlikely = [one for one in fitting if one.cost > MOST] if wanted else []
    told, nearest, strained = (tuple(merged(each)) for each in (found, near, unlikely))
    return Explained(report, read, chosen, told, nearest, strained, tuple(search.untried))


def quoted_report(spec: Spec, values: Mapping[str, object], options: Mapping[str, Any]) -> Report:
    """Return the report of a network that a figure is quoted of.

    Raises
    ------
    ParameterError
        Where it has free symbols.
    """
    report = analyze_spec(spec, values, **options)
    if report.symbolic:
        free = sorted({str(symbol) for value in _sizes(report) for symbol in getattr(value, "free_symbols", ())})
        hint = " ".join(f"--{name} VALUE" for name in free)
        raise ParameterError(Problem(f"{report.name} has free symbols", None, "a number for each of them", hint))
    return report


def _sizes(report: Report) -> Iterator[Number]:
    for name in ("params", "flops", "mac", "madds"):
        yield report.measure(name)


def nearest_metric(report: Report, figure: Figure) -> str:
    """Return the metric whose count is nearest to the figure, as a ratio."""
    totals = report.totals
    counts = (
        ("params", totals.params),
        ("params", totals.weights),
        ("flops", totals.madds),
        ("flops", 2 * totals.madds),
    )
    ratios: dict[str, Fraction] = {}
    for name, count in counts:
        if is_rational(count) and count > 0:
            ratio = figure.value / count
            ratios[name] = min(max(ratio, 1 / ratio), ratios.get(name, max(ratio, 1 / ratio)))
    return min(ratios, key=lambda name: ratios[name]) if ratios else "flops"


def _needed(found: Sequence[Explanation]) -> list[Explanation]:
    """Return the explanations that suppose nothing beyond what is enough."""
    kept: list[Explanation] = []
    for one in found:
        steps = {*one.steps}
        if not any({*simpler.steps} < steps and simpler.match == "rounded" for simpler in kept):
            kept.append(one)
    return kept


def merged(explanations: Iterable[Explanation]) -> Iterator[Explanation]:
    """Yield one explanation of every count, with the other conventions by which it comes out alike."""
    kept: dict[tuple[object, ...], Explanation] = {}
    for one in explanations:
        first = kept.setdefault((one.value, one.shown), one)
        if first is not one and apart_from_conventions(first.steps) == apart_from_conventions(one.steps):
            names = (step.name for step in one.steps if step.kind in _BY_CONVENTION)
            kept[one.value, one.shown] = replace(first, also=tuple(dict.fromkeys((*first.also, *names))))
    yield from kept.values()


_BY_CONVENTION = ("paper", "convention")


def apart_from_conventions(steps: Iterable[Step]) -> list[Step]:
    """Return the steps that are not about a convention."""
    return [step for step in steps if step.kind not in _BY_CONVENTION]


@dataclass(frozen=True)
class Search:
    """A figure, and the network that it is said of.

    Attributes
    ----------
    spec : Spec
    values : dict
        The parameters that are given.
    options : dict
        The other arguments of :func:`flopcalc.analysis.analyze_spec`.
    report : Report
    figure : Figure
    metric : str
    alone : bool
        Whether it is the only figure: then what is far from it, and a change that changes nothing, are left out.
    untried : list of str
        What was left out because there is too much of it, in words; complete when the tiers are through.
    refused : set
        The keys of the steps with which there is no such network.
    """

    spec: Spec
    values: dict[str, object]
    options: dict[str, Any]
    report: Report
    figure: Figure
    metric: str
    alone: bool = True
    untried: list[str] = field(default_factory=list)
    refused: set[tuple[str, str]] = field(default_factory=set)
    own: dict[tuple[Step, ...], int | Fraction] = field(default_factory=dict)
    """What the network itself counts, by what that supposes; a change that changes nothing explains nothing."""
    rows: dict[str, list[int | Fraction]] = field(default_factory=dict)
    """What each of its layers counts, by the name of the way of counting."""
    seen: dict[str, dict[Value, None]] = field(default_factory=dict)
    """The values of the parameters of the networks that were tried."""
    tried: list[Mapping[str, Value]] = field(default_factory=list)

    def tiers(self) -> Iterator[tuple[int, Iterator[Explanation]]]:
        """Yield everything that the figure may be of, each with how it fits, by the least that is supposed."""
        yield 0, self._of_report(self.report, ())
        yield COSTS["choice"], self._of_others(self._published())
        yield COSTS["classifier"], self._of_parts()
        if self.metric == "flops":
            yield COSTS["once"], self._of_lines()
        yield COSTS["usual"], self._of_others(self._usual())

    # -- other networks ----------------------------------------------------------------------------------------------

    def _of_others(self, others: Iterable[tuple[Report, Step]]) -> Iterator[Explanation]:
        for report, step in others:
            yield from self._of_report(report, (step,))

    def _made(self, spec: Spec, values: Mapping[str, object], kind: str, name: str) -> Iterator[tuple[Report, Step]]:
        """Yield the network with one thing changed, unless there is none, or it was tried already."""
        try:
            report = analyze_spec(spec, values, **self.options)
        except FlopcalcError:
            if name in values:
                self.refused.add(_changed(kind, name, values[name]).key)
            return
        for key, value in report.parameters.items():
            self.seen.setdefault(key, {})[value] = None
        if report.symbolic or report.parameters in (self.report.parameters, *self.tried):
            return
        self.tried.append(report.parameters)
        words = {"variant": f"of {name}", "": "all parameters as they are by default"}
        if kind == "variant":
            yield report, Step(kind, words[kind])
        elif not name:
            yield report, Step(kind, words[""])
        else:
            yield report, _changed(kind, name, report.parameters[name])

    def _published(self) -> Iterator[tuple[Report, Step]]:
        """Yield what is published of the same spec: another choice, a default, another variant."""
        choices = [*self._choices()]
        for name, value in self._few(choices, "values of its parameters"):
            yield from self._made(self.spec, {**self.values, name: value}, "choice", name)
        for name in self.values:
            rest = {key: value for key, value in self.values.items() if key != name}
            yield from self._made(self.spec, rest, "default", name)
        others = [variant for variant in self.spec.variants if variant != self.spec.variant]
        for variant in self._few(others, "variants"):
            yield from self._made(self.spec.as_variant(variant), self.values, "variant", variant)
        if self.values:
            yield from self._made(self.spec, {}, "default", "")
        for name, parameter in self.spec.parameters.items():
            default_of = parameter.default
            if default_of is None or default_of.constant or name in self.values:
                continue
            elsewhere = [value for value in self.seen.get(name, ()) if value != self.report.parameters.get(name)]
            for value in elsewhere[:MOST_VALUES]:
                yield from self._made(self.spec, {**self.values, name: value}, "mixed", name)

    def _few(self, every: Sequence[Item], what: str) -> Iterator[Item]:
        """Yield the first of many, and note how many were left out."""
        if len(every) > MOST_TRIED:
            note = f"the first {MOST_TRIED} of {len(every):,} {what} were tried"
            if note not in self.untried:
                self.untried.append(note)
        yield from islice(every, MOST_TRIED)

    def _choices(self) -> Iterator[tuple[str, Value]]:
        """Yield the other values of the parameters that are chosen among few."""
        for name, parameter in self.spec.parameters.items():
            choices: Sequence[Value] = parameter.choices or ((True, False) if is_truth(parameter) else ())
            for choice in choices:
                if choice != self.report.parameters.get(name):
                    yield name, choice

    def _usual(self) -> Iterator[tuple[Report, Step]]:
        """Yield the network at the sizes that its images and their labels may have."""
        if self.options.get("input") is not None:
            return
        for name, values in (("resolution", self._resolutions()), ("classes", self._labels())):
            for value in values:
                yield from self._made(self.spec, {**self.values, name: value}, "usual", name)

    def _resolutions(self) -> tuple[int, ...]:
        own = self.report.parameters.get("resolution")
        if not isinstance(own, int):
            return ()
        return tuple(side for side in RESOLUTIONS if own / 3 <= side <= 3 * own)

    def _labels(self) -> tuple[int, ...]:
        """Return how many classes the data set has that the network is for, as its default says."""
        parameter = self.spec.parameters.get("classes")
        default = "" if parameter is None or parameter.default is None else parameter.default.text
        return next((labels for labels in LABELS if default in map(str, labels)), ())

    # -- counts ------------------------------------------------------------------------------------------------------

    def _of_report(self, report: Report, steps: tuple[Step, ...]) -> Iterator[Explanation]:
        """Yield what a network counts in every way, and with every slip."""
        for count, most, way in self._counts(report):
            if not steps:
                self.own[way] = count
            elif self.alone and (self._is_far(count) or self.own.get(way) == count):
                continue
            slips = not steps or not way or way[0].kind == "paper"
            yield from self._read(count, most, (*way, *steps), slips=slips)

    def _is_far(self, count: int | Fraction) -> bool:
        return not self.figure.value / 5 < count < self.figure.value * 5

    def _counts(self, report: Report) -> Iterator[tuple[int | Fraction, int | Fraction, tuple[Step, ...]]]:
        """Yield the least and the most that a network counts, each with what it supposes."""
        if self.metric == "size":
            yield from self._bytes(report)
        elif self.metric == "mac":
            yield (mac := _number(report.totals.mac)), mac, ()
        else:
            for way, step in self._ways():
                yield (count := self._total(report, way)), count, (step,)

    def _total(self, report: Report, way: Convention) -> int | Fraction:
        if report is self.report:
            return sum(self._by_layer(way), start=0)
        return _sum(one.value for one in report.counted(way, self.metric))

    def _by_layer(self, way: Convention) -> list[int | Fraction]:
        if way.name not in self.rows:
            self.rows[way.name] = [_number(one.value) for one in self.report.counted(way, self.metric)]
        return self.rows[way.name]

    def _ways(self) -> Iterator[tuple[Convention, Step]]:
        if self.metric == "params":
            for name, way in WAYS.items():
                words = {
                    "weights": "weights alone, without biases and norms",
                    "biases": "weights and biases, without norms",
                    "params": "all learnable parameters",
                    "statistics": "with the running statistics of its norms, which are not learned",
                }[name]
                yield way, Step(name, words)
            return
        for convention in _conventions():
            yield convention, _counted_by(convention)

    def _bytes(self, report: Report) -> Iterator[tuple[int | Fraction, int | Fraction, tuple[Step, ...]]]:
        """Yield what a network takes on a disk: in its data type, and in others."""
        for dtype in dict.fromkeys((report.dtype, "fp32", "fp16", "int8")):
            own, other = (f" in {dtype}", ()) if dtype == report.dtype else ("", (Step("dtype", f"in {dtype}"),))
            sizes = sizes_of(report, dtype)
            for size in sizes:
                kind = "size" if size.name == "params" else "state"
                said = {"params": "its parameters", "statistics": "its parameters and running statistics"}
                words = said.get(size.name, "its whole state, with running statistics and counters")
                taken = _number(size.bytes)
                yield taken, taken, (Step(kind, words + own), *other)
            tensors, whole = _number(tensors_of(report)), _number(sizes[-1].bytes)
            low, high = (whole + tensors * each for each in TENSOR_BYTES)
            seen = f"{TENSOR_BYTES[0]} to {TENSOR_BYTES[1]} bytes more a tensor, as seen in torchvision's files"
            yield low, high, (Step("file", f"its whole state{own}, in a file of PyTorch: {seen}"), *other)

    def _read(
        self, count: int | Fraction, most: int | Fraction, steps: tuple[Step, ...], *, slips: bool = True
    ) -> Iterator[Explanation]:
        """Yield a count as it is and as slips make it, each held against the figure."""
        yield self._held(count, most, Fraction(1), steps)
        power, size = self.figure.power, self.metric == "size"
        if power and (slips or size):
            raised = "" if power == 1 else "⁰¹²³⁴⁵"[power]
            if size and not self.figure.binary:
                words = f"divided by 1024{raised}, so {self.figure.prefix}iB and not {self.figure.prefix}B"
                yield self._held(count, most, Fraction(1000, 1024) ** power, (*steps, Step("binary size", words)))
            elif not size:
                words = f"divided by 1024{raised} instead of {10 ** (3 * power):,}"
                yield self._held(count, most, Fraction(1000, 1024) ** power, (*steps, Step("binary", words)))
        if slips and self.metric == "flops":
            yield self._held(count, most, Fraction(2), (*steps, Step("factor", "and twice that")))
            yield self._held(count, most, Fraction(1, 2), (*steps, Step("factor", "and half of that")))

    def _held(
        self, count: int | Fraction, most: int | Fraction, factor: Fraction, steps: tuple[Step, ...]
    ) -> Explanation:
        low, high = count * factor, most * factor
        nearest = min(max(self.figure.value, low), high)
        off = (nearest - self.figure.value) / self.figure.value
        return Explanation(count, most, factor, steps, self.figure.match(low, high), off)

    # -- parts of it -------------------------------------------------------------------------------------------------

    def _of_parts(self) -> Iterator[Explanation]:
        """Yield the network without its classifier, its first convolution, a stage."""
        if self.metric == "size":
            return
        for step, left_out in _parts(self.report):
            if self.metric == "mac":
                count = _without([_number(row.mac) for row in self.report.layers], left_out)
                yield from self._read(count, count, (step,), slips=False)
                continue
            for way, way_step in self._ways():
                count = _without(self._by_layer(way), left_out)
                yield from self._read(count, count, (way_step, step), slips=False)

    def _of_lines(self) -> Iterator[Explanation]:
        """Yield the papers' count with one thing more or two, which some tool counts too, and tools' without one."""
        paper = load_convention("paper")
        more: dict[str, tuple[int | Fraction, str]] = {}
        for convention in _conventions():
            ledger = ledger_of(self.report, convention, paper)
            for count, step in _less(ledger):
                yield from self._read(count, count, (_counted_by(convention), step), slips=False)
            for line in ledger.lines:
                if not line.form and "multiply-add" not in line.words:
                    more.setdefault(line.text, (_number(line.amount), convention.name))
        base = sum(self._by_layer(paper), start=0)
        for size in (1, 2):
            for chosen in combinations(more.items(), size):
                steps = (
                    Step(kind, f"and {text}, which {name} counts", "", text)
                    for kind, (text, (_, name)) in zip(("line", "line too"), chosen, strict=False)
                )
                count = base + sum((amount for _, (amount, _) in chosen), start=0)
                yield from self._read(count, count, (_counted_by(paper), *steps), slips=False)


def _less(ledger: Ledger) -> Iterator[tuple[int | Fraction, Step]]:
    """Yield what a convention counts with 1 for a multiply-add, or without one thing."""
    whole = _number(ledger.total)
    doubled = [line for line in ledger.lines if "multiply-add" in line.words]
    if doubled and len(doubled) < len(ledger.lines):
        yield whole - _sum(line.amount for line in doubled), Step("once", "but 1 for a multiply-add")
    if not doubled and len(ledger.lines) > 1:
        for line in ledger.lines:
            if not line.form:
                yield whole - _number(line.amount), Step("less", f"without {line.text}")


def _counted_by(convention: Convention) -> Step:
    paper = convention.name == "paper"
    words = "as papers count" if paper else f"as {convention.name} counts"
    return Step("paper" if paper else "convention", words, convention.name)


def _changed(kind: str, name: str, value: Any) -> Step:
    return Step(kind, f"{name} = {readable(value)}", name)


def _conventions() -> list[Convention]:
    return [load_convention(entry.name) for entry in catalog.index() if entry.kind == "conventions"]


def _number(value: Number) -> int | Fraction:
    assert is_rational(value)  # a report with free symbols is refused
    return value


def _sum(values: Iterable[Number]) -> int | Fraction:
    return sum((_number(value) for value in values), start=0)


def _without(counts: Sequence[int | Fraction], left_out: frozenset[int]) -> int | Fraction:
    return sum((count for index, count in enumerate(counts) if index not in left_out), start=0)


def _parts(report: Report) -> Iterator[tuple[Step, frozenset[int]]]:
    """Yield parts of a network that counts leave out, as the places of their layers."""
    rows = report.layers
    place = {id(row): index for index, row in enumerate(rows)}
    linears = [index for index, row in enumerate(rows) if row.kind == "linear"]
    if linears:
        said = "without the classifier"
        yield Step("classifier", f"{said} ({rows[linears[-1]].path})", "", said), frozenset(linears[-1:])
    if len(linears) > 1:
        said = "without its linear layers"
        yield Step("linears", f"without its {len(linears)} linear layers", "", said), frozenset(linears)
    contracting = [row for row in rows if row.activations != 0]
    if len(contracting) > 1:
        first = contracting[0]
        group = next((members for members in report.followed if members[0] is first), (first,))
        said = "without the first convolution"
        yield Step("stem", f"{said} ({first.path})", "", said), _places(group, place)
    stages: dict[str, list[Row]] = {}
    for row in rows:
        stages.setdefault(row.stage, []).append(row)
    if len(stages) > 1:
        for name, members in stages.items():
            yield Step("stage", f"without the stage {name}"), _places(members, place)


def _places(rows: Iterable[Row], place: Mapping[int, int]) -> frozenset[int]:
    return frozenset(place[id(row)] for row in rows)
