"""Where a quoted figure comes from: the convention, the variant or the slip that yields it to its printed digits.

Everything that a figure may mean is counted exactly and held against the interval that its printed digits leave open;
what fits is ranked by how little has to be supposed, and then by closeness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from flopcalc.analysis import analyze_spec, resolve
from flopcalc.binding import is_truth
from flopcalc.convention import Convention, load_convention
from flopcalc.errors import (
    FlopcalcError,
    ParameterError,
    Problem,
    UnknownNameError,
    described,
    one_of,
    shorten,
    suggest,
)
from flopcalc.number import MOST_DIGITS, Number, Value, is_rational, readable
from flopcalc.report import Report, Row
from flopcalc.spec import Spec, catalog
from flopcalc.theory.ledger import WAYS, ledger_of, sizes_of, tensors_of

__all__ = ["METRICS", "Explained", "Explanation", "Figure", "Step", "explain", "explain_spec", "read_figure"]

METRICS = ("params", "flops", "mac", "size")
"""What a figure may be of; mac is memory access cost, size bytes on a disk."""

USUAL: Mapping[str, tuple[int, ...]] = {
    "resolution": (96, 112, 128, 160, 192, 224, 240, 256, 260, 288, 299, 300, 320, 331, 380, 384, 448, 456, 512, 600),
    "classes": (10, 100, 1000, 1001, 21841),
}
"""Values that such parameters usually have, where a spec has them."""

COSTS: Mapping[str, int] = {
    "paper": 0,
    "convention": 1,
    "params": 0,
    "weights": 0,
    "biases": 1,
    "statistics": 2,
    "size": 0,
    "state": 1,
    "file": 2,
    "choice": 2,
    "default": 3,
    "variant": 3,
    "usual": 3,
    "dtype": 3,
    "classifier": 2,
    "stem": 3,
    "linears": 3,
    "stage": 4,
    "line": 4,
    "once": 4,
    "binary size": 1,
    "binary": 6,
    "factor": 6,
    "cut": 1,
    "zeros": 2,
}
"""How much is supposed by each step of an explanation; less comes first."""

MOST_VALUES = 8
"""How many values of a parameter are tried that it has elsewhere."""

_FARTHEST = 3
"""How much more than the simplest explanation another may suppose and still be told."""

_MOST = 8
"""What an explanation may suppose at most: with more, every figure comes out by chance."""

_SIMPLE = 3
"""What may be supposed by an explanation that does not fit and is told as near."""

_TENSOR_BYTES = (180, 280)
"""What PyTorch's files add for each tensor at least and at most: its name, its header, its alignment.

Source: the file sizes in torchvision's code, 44.661 (ResNet-18), 97.781 (ResNet-50) and 13.555 MiB (MobileNetV2), which
leave 278, 279 and 182 bytes for each tensor.
"""

_FIGURE = re.compile(
    r"\s*(?:about|ca\.?|approx\.?|~|≈)?\s*(?P<digits>[0-9]{1,3}(?:[,_][0-9]{3})+|[0-9]+|(?=\.[0-9]))"
    r"(?P<decimals>\.[0-9]+)?"
    r"(?:\s*[x×·*]\s*10\s*(?:\^|\*\*)?\s*(?P<power>[0-9]{1,3})|[eE]\+?(?P<exponent>[0-9]{1,3}))?\s*(?P<unit>[^\d]*?)\s*"
)
_UNIT = re.compile(
    r"(?P<prefix>(?i:thousand|million|billion|trillion|kilo|mega|giga|tera|mio|bn)|[KMGT]i(?=[Bb])|[kKmMgGbBtT])?"
    r"(?P<what>[a-zA-Z]*)"
)
_PREFIXES = {"k": 1, "thousand": 1, "m": 2, "million": 2, "mio": 2, "g": 3, "b": 3, "bn": 3, "billion": 3}
_PREFIXES |= {"t": 4, "trillion": 4, "kilo": 1, "mega": 2, "giga": 3, "tera": 4}
_WHATS = {
    **dict.fromkeys(("flop", "flops", "op", "ops", "mac", "macs", "madd", "madds", "multadds"), "flops"),
    **dict.fromkeys(("multiplyadds", "multadd", "multiplyadd"), "flops"),
    **dict.fromkeys(("param", "params", "parameter", "parameters", "weight", "weights", "p"), "params"),
    **dict.fromkeys(("b", "byte", "bytes"), "size"),
    "": "",
}
_SPEED = re.compile(r"/s(?:ec|econd)?|per\s*s(?:ec|econd)?", re.IGNORECASE)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LARGEST_POWER = 30


# -- the figure ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """A quoted figure, read with the precision that it is printed in.

    Attributes
    ----------
    text : str
    value : Fraction
        In units of one: FLOPs, elements or bytes.
    step : Fraction
        The worth of its last digit.
    round_step : Fraction
        The worth of the last digit that is not 0, where it has no decimals; else the same.
    metric : str
        One of :data:`METRICS`, or "" where its unit does not tell.
    prefix : str
        ``k``, ``M``, ``G``, ``T`` or "".
    power : int
        How many thousands the prefix stands for.
    binary : bool
        Whether the unit itself is one of 1024s (MiB).

    Examples
    --------
    >>> figure = read_figure("4.13G")
    >>> figure.low, figure.high
    (Fraction(4125000000, 1), Fraction(4135000000, 1))
    """

    text: str
    value: Fraction
    step: Fraction
    round_step: Fraction
    metric: str
    prefix: str = ""
    power: int = 0
    binary: bool = False

    @property
    def low(self) -> Fraction:
        """The least number that rounds to it."""
        return self.value - self._half

    @property
    def high(self) -> Fraction:
        """The greatest one."""
        return self.value + self._half

    @property
    def _half(self) -> Fraction:
        return self.step / 2 if self.step > 1 else Fraction(0)

    def match(self, low: Fraction, high: Fraction) -> str:
        """Return how a count between two bounds could have been printed so.

        ``rounded``; ``cut``, with the digits after the last one left out; ``zeros``, with the figure's last zeros
        for digits that were rounded off; or "" where it could not.
        """
        if low <= self.high and high >= self.low:
            return "rounded"
        if self.step > 1 and low < self.value + self.step and high >= self.value:
            return "cut"
        half = self.round_step / 2
        if self.round_step > self.step and low <= self.value + half and high >= self.value - half:
            return "zeros"
        return ""


def read_figure(text: str) -> Figure:
    """Read a figure as people write it: ``4.13G``, ``4.09e9``, ``4,089,184,256``, ``25.6M params``, ``97.8 MB``.

    Raises
    ------
    ParameterError
        Where it is no figure.

    Examples
    --------
    >>> read_figure("97.8 MB").metric, read_figure("4.09 GMacs").metric, read_figure("25.6M").metric
    ('size', 'flops', '')
    """
    read = _FIGURE.fullmatch(text.translate(_RAISED)) if len(text) <= 100 else None
    expected = "a number with its unit: 4.13G, 4.09e9, 4,089,184,256, 25.6M params, 97.8 MB"
    if read is None:
        comma = re.fullmatch(r"\s*[0-9]+,[0-9]+\D*", text)
        hint = f"{text.strip().replace(',', '.')}, with a decimal point" if comma else ""
        raise ParameterError(Problem(f"`{shorten(text)}` is no figure", None, expected, shorten(hint)))
    if _SPEED.search(read["unit"]):
        raise ParameterError(
            Problem(f"`{shorten(text)}` is a speed", None, "a count of operations: 4.1 GFLOPs, 4.1 GMacs")
        )
    unit = read["unit"].replace("-", "").replace(" ", "")
    prefix, what, power, binary = _read_unit(unit, text, expected)
    exponent = int(read["power"] or read["exponent"] or 0)
    if exponent > _LARGEST_POWER:
        raise ParameterError(Problem(f"`{shorten(text)}` is too large", None, f"at most 10**{_LARGEST_POWER}"))
    decimals = read["decimals"] or "."
    digits = read["digits"].replace(",", "").replace("_", "") + decimals[1:]
    scale = Fraction((1024 if binary else 1000) ** power) * 10**exponent
    step = scale / 10 ** (len(decimals) - 1)
    zeros = len(digits) - len(digits.rstrip("0")) if len(decimals) == 1 else 0
    value = int(digits) * step
    if value == 0:
        raise ParameterError(Problem("the figure is 0", None, expected))
    return Figure(text.strip(), value, step, step * 10**zeros, what, prefix, power, binary)


def _read_unit(unit: str, text: str, expected: str) -> tuple[str, str, int, bool]:
    """Return a unit's prefix, the metric that it tells, how many thousands it stands for, and whether of 1024."""
    for whole in (unit.lower(), ""):
        if whole in _WHATS and unit.lower() == whole and whole not in ("b", "p", "op"):
            return "", _WHATS[whole], 0, False
    read = _UNIT.fullmatch(unit)
    prefix, what = (read["prefix"] or "", read["what"].lower()) if read is not None else ("", unit)
    if read is None or what not in _WHATS:
        near = "FLOPs, MACs, params or bytes, with k, M, G or T before it"
        raise ParameterError(Problem(f"`{shorten(unit)}` in `{shorten(text)}` is no unit", None, near, expected))
    power = _PREFIXES.get(prefix.lower().removesuffix("i"), 0) if prefix else 0
    return "kMGT"[power - 1 : power] if power else "", _WHATS[what], power, prefix.endswith("i")


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
    """

    kind: str
    words: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A count that a figure may be of.

    Attributes
    ----------
    value : int or Fraction
        What is counted, exact.
    shown : Fraction
        The same as the figure would show it, after what was slipped.
    steps : tuple of Step
        What is supposed.
    match : str
        As :meth:`Figure.match` says it; "" where the figure is another one.
    off : Fraction
        By what part of the figure the count is above it.
    also : tuple of str
        The names of other conventions that count the same.
    high : Fraction, optional
        The greatest count that it may be, where that is not known to the last digit.
    """

    value: int | Fraction
    shown: Fraction
    steps: tuple[Step, ...]
    match: str = ""
    off: Fraction = Fraction(0)
    also: tuple[str, ...] = ()
    high: Fraction | None = None

    @property
    def cost(self) -> int:
        """How much is supposed."""
        return sum(COSTS[step.kind] for step in self.steps) + COSTS.get(self.match, 0)

    @property
    def words(self) -> str:
        """What is supposed, in words."""
        said = [step.words for step in self.steps]
        said += {"cut": ["cut off and not rounded"], "zeros": ["rounded to the digits before the zeros"]}.get(
            self.match, []
        )
        return "; ".join(said)


@dataclass(frozen=True)
class Explained:
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
    """

    report: Report
    figure: Figure
    metric: str
    found: tuple[Explanation, ...]
    near: tuple[Explanation, ...]


def explain(
    spec_or_name: Spec | str | Path, figure: str | int | Figure, *, metric: str | None = None, **parameters: Any
) -> Explained:
    """Return what yields a figure that somebody quotes of a network.

    Parameters
    ----------
    spec_or_name : Spec, str or Path
        As in :func:`flopcalc.analyze`.
    figure : str, int or Figure
        ``"4.13G"``, ``"25.6M params"``, ``"97.8 MB"``, 4089184256; read with the precision that it is printed in.
    metric : str, optional
        params, flops, mac or size; told by the figure's unit, or else by what is nearest, where it is not given.
    **parameters
        The spec's parameters, and the other arguments of :func:`flopcalc.analyze`.

    Raises
    ------
    FlopcalcError
        As :func:`flopcalc.analyze` does; where the figure is none, or the network has free symbols.

    Examples
    --------
    >>> found = explain("resnet50", "3.8G").found[0]
    >>> found.value, found.words
    (3857973248, 'as papers count; stride_at = 1x1; cut off and not rounded')
    """
    spec, settings = resolve(spec_or_name)
    options = {name: parameters.pop(name) for name in _OPTIONS if name in parameters}
    for key in settings:
        if key in parameters:
            raise ParameterError(Problem(f"`{key}` is set twice", None, "every parameter once"))
    return explain_spec(spec, {**settings, **parameters}, figure, metric=metric, **options)


_OPTIONS = ("convention", "symbolic", "symbols", "input", "assume", "exact_rounding", "dtype")


def explain_spec(
    spec: Spec,
    values: Mapping[str, object],
    figure: str | int | Figure,
    *,
    metric: str | None = None,
    **options: Any,
) -> Explained:
    """Do what :func:`explain` does, with the parameters in a mapping."""
    if metric is not None and metric not in METRICS:
        known = one_of(METRICS)
        raise UnknownNameError(
            Problem(f"there is no metric `{shorten(metric)}`", None, known, suggest(metric, METRICS))
        )
    read = figure if isinstance(figure, Figure) else read_figure(_text_of(figure))
    report = analyze_spec(spec, values, **options)
    if report.symbolic:
        free = sorted({str(symbol) for value in _sizes(report) for symbol in getattr(value, "free_symbols", ())})
        hint = " ".join(f"--{name} VALUE" for name in free)
        raise ParameterError(Problem(f"{report.name} has free symbols", None, "a number for each of them", hint))
    chosen = metric or read.metric or _nearest_metric(report, read)
    if chosen != "size" and read.binary:
        raise ParameterError(Problem(f"`{shorten(read.text)}` is a number of bytes", None, "--metric size"))
    search = _Search(spec, dict(values), dict(options), report, read, chosen)
    every = [one for one in search.candidates() if one.cost <= _MOST]
    found = sorted((one for one in every if one.match), key=lambda one: (one.cost, abs(one.off)))
    found = _needed([one for one in found if one.cost <= found[0].cost + _FARTHEST])
    near = [one for one in every if not one.match and one.cost <= _SIMPLE]
    near.sort(key=lambda one: (abs(one.off), one.cost))
    return Explained(report, read, chosen, tuple(_merged(found)), tuple(_merged(near)))


def _text_of(figure: object) -> str:
    """Return a figure as it is read; a whole number that Python would not write is no figure."""
    if isinstance(figure, int) and abs(figure) >= 10**MOST_DIGITS:
        raise ParameterError(Problem("the figure is too large", None, f"at most {MOST_DIGITS} digits"))
    return str(figure) if isinstance(figure, (int, float)) else described(figure)


def _sizes(report: Report) -> Iterator[Number]:
    for name in ("params", "flops", "mac", "madds"):
        yield getattr(report.totals, name)


def _nearest_metric(report: Report, figure: Figure) -> str:
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


def _merged(explanations: Iterable[Explanation]) -> Iterator[Explanation]:
    """Yield one explanation of every count, with the other conventions by which it comes out alike."""
    kept: dict[tuple[object, ...], Explanation] = {}
    for one in explanations:
        first = kept.setdefault((one.value, one.shown), one)
        if first is not one and _apart_from_conventions(first) == _apart_from_conventions(one):
            names = (step.name for step in one.steps if step.kind in _BY_CONVENTION)
            kept[one.value, one.shown] = replace(first, also=tuple(dict.fromkeys((*first.also, *names))))
    yield from kept.values()


_BY_CONVENTION = ("paper", "convention")


def _apart_from_conventions(one: Explanation) -> list[Step]:
    return [step for step in one.steps if step.kind not in _BY_CONVENTION]


@dataclass(frozen=True)
class _Search:
    """A figure, and the network that it is said of."""

    spec: Spec
    values: dict[str, object]
    options: dict[str, Any]
    report: Report
    figure: Figure
    metric: str
    own: dict[tuple[Step, ...], int | Fraction] = field(default_factory=dict)
    """What the network itself counts, by what that supposes; a change that changes nothing explains nothing."""

    def candidates(self) -> Iterator[Explanation]:
        """Yield everything that the figure may be of, each with how it fits."""
        yield from self._of_report(self.report, ())
        yield from self._of_parts()
        if self.metric == "flops":
            yield from self._of_lines()
        for report, steps in self._others():
            yield from self._of_report(report, steps)

    # -- other networks ----------------------------------------------------------------------------------------------

    def _others(self) -> Iterator[tuple[Report, tuple[Step, ...]]]:
        """Yield the network with one thing changed: a choice, a usual size, another variant."""
        seen: list[Mapping[str, Value]] = [self.report.parameters]
        elsewhere: dict[str, dict[Value, None]] = {}

        def made(spec: Spec, values: Mapping[str, object], step: Step) -> Iterator[tuple[Report, tuple[Step, ...]]]:
            try:
                report = analyze_spec(spec, values, **self.options)
            except FlopcalcError:
                return
            for name, value in report.parameters.items():
                elsewhere.setdefault(name, {})[value] = None
            if report.symbolic or report.parameters in seen:
                return
            seen.append(report.parameters)
            yield report, (step,)

        for name, value in self._choices():
            yield from made(self.spec, {**self.values, name: value}, _changed("choice", name, value))
        for name in self.values:
            rest = {key: value for key, value in self.values.items() if key != name}
            default = self._default(name)
            yield from made(self.spec, rest, _changed("default", name, default))
        for variant in self.spec.variants:
            if variant != self.spec.variant:
                yield from made(self.spec.as_variant(variant), self.values, Step("variant", f"of {variant}"))
        if self.values:
            with_defaults = Step("default", "all parameters as they are by default")
            yield from made(self.spec, {}, with_defaults)
        for name, usual in USUAL.items():
            if name in self.spec.parameters and self.options.get("input") is None:
                for value in usual:
                    yield from made(self.spec, {**self.values, name: value}, _changed("usual", name, value))
        for name, parameter in self.spec.parameters.items():
            default_of = parameter.default
            if default_of is None or default_of.constant or name in self.values:
                continue
            others = [value for value in elsewhere.get(name, ()) if value != self.report.parameters.get(name)]
            for value in others[:MOST_VALUES]:
                yield from made(self.spec, {**self.values, name: value}, _changed("default", name, value))

    def _choices(self) -> Iterator[tuple[str, Value]]:
        """Yield the other values of the parameters that are chosen among few."""
        for name, parameter in self.spec.parameters.items():
            choices: Sequence[Value] = parameter.choices or ((True, False) if is_truth(parameter) else ())
            for choice in choices:
                if choice != self.report.parameters.get(name):
                    yield name, choice

    def _default(self, name: str) -> Value:
        try:
            rest = {key: value for key, value in self.values.items() if key != name}
            return analyze_spec(self.spec, rest, **self.options).parameters.get(name, "")
        except FlopcalcError:
            return ""

    # -- counts ------------------------------------------------------------------------------------------------------

    def _of_report(self, report: Report, steps: tuple[Step, ...]) -> Iterator[Explanation]:
        """Yield what a network counts in every way, and with every slip."""
        for count, high, way in self._counts(report):
            if not steps:
                self.own[way] = count
            elif self._is_far(count) or self.own.get(way) == count:
                continue
            yield from self._read(count, high, (*way, *steps), slips=not steps or not way or way[0].kind == "paper")

    def _is_far(self, count: int | Fraction) -> bool:
        return not self.figure.value / 5 < count < self.figure.value * 5

    def _counts(self, report: Report) -> Iterator[tuple[int | Fraction, Fraction | None, tuple[Step, ...]]]:
        """Yield a network's counts, each with what it supposes."""
        if self.metric == "size":
            yield from self._bytes(report)
        elif self.metric == "mac":
            yield _number(report.totals.mac), None, ()
        else:
            for way, step in self._ways():
                yield _sum(one.value for one in report.counted(way, self.metric)), None, (step,)

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

    def _bytes(self, report: Report) -> Iterator[tuple[int | Fraction, Fraction | None, tuple[Step, ...]]]:
        """Yield what a network takes on a disk: in its data type, and in others."""
        for dtype in dict.fromkeys((report.dtype, "fp32", "fp16", "int8")):
            own, other = (f" in {dtype}", ()) if dtype == report.dtype else ("", (Step("dtype", f"in {dtype}"),))
            for size in sizes_of(report, dtype):
                kind = "size" if size.name == "params" else "state"
                said = {"params": "its parameters", "statistics": "its parameters and running statistics"}
                words = said.get(size.name, "its whole state, with running statistics and counters")
                yield _number(size.bytes), None, (Step(kind, words + own), *other)
            tensors = _number(tensors_of(report))
            whole = _number(sizes_of(report, dtype)[-1].bytes)
            low, high = (whole + tensors * each for each in _TENSOR_BYTES)
            words = f"its whole state{own}, in a file of PyTorch: {_TENSOR_BYTES[0]} to {_TENSOR_BYTES[1]} bytes "
            yield low, Fraction(high), (Step("file", words + "more for each tensor's name and header"), *other)

    def _read(
        self, count: int | Fraction, high: Fraction | None, steps: tuple[Step, ...], *, slips: bool = True
    ) -> Iterator[Explanation]:
        """Yield a count as it is and as slips make it, each held against the figure."""
        yield self._held(count, high, Fraction(1), steps)
        power, size = self.figure.power, self.metric == "size"
        if power and (slips or size):
            if size and not self.figure.binary:
                raised = "" if power == 1 else "⁰¹²³⁴"[power]
                words = f"divided by 1024{raised}, so {self.figure.prefix}iB and not {self.figure.prefix}B"
                yield self._held(count, high, Fraction(1000, 1024) ** power, (*steps, Step("binary size", words)))
            elif not size:
                raised = "" if power == 1 else "⁰¹²³⁴"[power]
                words = f"divided by 1024{raised} instead of {10 ** (3 * power):,}"
                yield self._held(count, high, Fraction(1000, 1024) ** power, (*steps, Step("binary", words)))
        if slips and self.metric == "flops":
            yield self._held(count, high, Fraction(2), (*steps, Step("factor", "and twice that")))
            yield self._held(count, high, Fraction(1, 2), (*steps, Step("factor", "and half of that")))

    def _held(
        self, count: int | Fraction, high: Fraction | None, factor: Fraction, steps: tuple[Step, ...]
    ) -> Explanation:
        low, top = count * factor, (count if high is None else high) * factor
        nearest = min(max(self.figure.value, low), top)
        match = self.figure.match(low, top)
        off = (nearest - self.figure.value) / self.figure.value
        return Explanation(count, Fraction(nearest if high is not None else low), steps, match, off, (), high)

    # -- parts of it -------------------------------------------------------------------------------------------------

    def _of_parts(self) -> Iterator[Explanation]:
        """Yield the network without its classifier, its first convolution, a stage."""
        if self.metric == "size":
            return
        for step, left_out in _parts(self.report):
            if self.metric == "mac":
                counts = [_number(row.mac) for row in self.report.layers]
                yield from self._read(_without(counts, left_out), None, (step,), slips=False)
                continue
            for way, way_step in self._ways():
                counts = [_number(one.value) for one in self.report.counted(way, self.metric)]
                yield from self._read(_without(counts, left_out), None, (way_step, step), slips=False)

    def _of_lines(self) -> Iterator[Explanation]:
        """Yield the papers' count with one thing more, which some tool counts too, and tools' without one."""
        paper = load_convention("paper")
        more: dict[str, tuple[Number, list[str]]] = {}
        for convention in _conventions():
            ledger = ledger_of(self.report, convention, paper)
            doubled = [line for line in ledger.lines if "multiply-add" in line.words]
            if doubled and len(doubled) < len(ledger.lines):
                count = _number(ledger.total) - _sum(line.amount for line in doubled)
                steps = (_counted_by(convention), Step("once", "but 1 for a multiply-add"))
                yield from self._read(count, None, steps, slips=False)
            for line in ledger.lines:
                if line.form or "multiply-add" in line.words:
                    continue
                more.setdefault(line.text, (line.amount, []))[1].append(convention.name)
                if not doubled and len(ledger.lines) > 1:
                    count = _number(ledger.total) - _number(line.amount)
                    steps = (_counted_by(convention), Step("line", f"without {line.text}"))
                    yield from self._read(count, None, steps, slips=False)
        base = _sum(one.value for one in self.report.counted(paper))
        for text, (amount, names) in more.items():
            step = Step("line", f"and {text}, which {names[0]} counts")
            yield from self._read(base + _number(amount), None, (Step("paper", "as papers count"), step), slips=False)


def _counted_by(convention: Convention) -> Step:
    paper = convention.name == "paper"
    words = "as papers count" if paper else f"as {convention.name} counts"
    return Step("paper" if paper else "convention", words, convention.name)


def _changed(kind: str, name: str, value: Value) -> Step:
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
        yield Step("classifier", f"without the classifier ({rows[linears[-1]].path})"), frozenset(linears[-1:])
    if len(linears) > 1:
        yield Step("linears", f"without its {len(linears)} linear layers"), frozenset(linears)
    contracting = [row for row in rows if row.activations != 0]
    if len(contracting) > 1:
        first = contracting[0]
        group = next((members for members in report.followed if members[0] is first), (first,))
        yield Step("stem", f"without the first convolution ({first.path})"), _places(group, place)
    stages: dict[str, list[Row]] = {}
    for row in rows:
        stages.setdefault(row.stage, []).append(row)
    if len(stages) > 1:
        for name, members in stages.items():
            yield Step("stage", f"without the stage {name}"), _places(members, place)


def _places(rows: Iterable[Row], place: Mapping[int, int]) -> frozenset[int]:
    return frozenset(place[id(row)] for row in rows)
