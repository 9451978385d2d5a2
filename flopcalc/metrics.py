"""The metrics, one row each: its names, what it counts, in which unit, and how it is read off what is counted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, ParameterError, Problem, UnknownNameError, listed, shorten, suggest
from flopcalc.number import Number, as_text, divide, is_rational

__all__ = [
    "COUNTED",
    "FIELDS",
    "IN_BYTES",
    "METRICS",
    "QUOTED",
    "RULED",
    "SIDES",
    "SWEPT",
    "WHOLE",
    "Counts",
    "Metric",
    "check_metric",
    "in_bytes",
    "metric_named",
    "nothing_below",
    "parts_of",
    "resting_on",
]


class Counts(Protocol):
    """What metrics are read off: a report or a part of it, a network in plain numbers, a recorded program."""

    def quantity(self, name: str) -> Number:
        """Return one of :data:`flopcalc.cost.QUANTITIES`, or ``flops``, of all its layers together."""

    def bytes(self, elements: Number) -> Number:
        """Return the bytes that elements take in its data type."""

    def peak_memory(self) -> Number:
        """Return the largest sum of tensors that are alive at once, in elements."""

    def seen(self, *, most: bool) -> tuple[Number, ...]:
        """Return the sides, as height and width, of what a position of its output sees, at most or at least."""

    def written(self) -> tuple[Number, ...]:
        """Return channels, height and width of its output."""


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that a spec has so much of: a row of the table, which is all that commands know of it.

    Attributes
    ----------
    name : str
        As options, columns, JSON and Python have it.
    label : str
        What it is called in a sentence.
    header : str
        What it is called above a column.
    help : str
        What it counts.
    unit : str
        What it is counted in: ``element``, ``multiply-add``, ``operation``, ``pixel``, ``byte``; "" for a ratio.
    read : callable, optional
        How it is read off what is counted, where it is a count.
    over : (str, str), optional
        The two counts that it is the ratio of, where it is one: it is rational then, and else whole.
    spoken : tuple of str
        What else people call it.
    elements : str
        For a metric in bytes, the one that counts the same in elements.
    additive : bool
        Whether every layer has some of it, and the total is their sum.
    ruled : bool
        Whether a convention may count it in its own way.
    section : str
        Where :file:`docs/metrics.md` defines it.
    """

    name: str
    label: str
    header: str
    help: str
    unit: str
    read: Callable[[Counts], Number] | None = None
    over: tuple[str, str] | None = None
    spoken: tuple[str, ...] = ()
    elements: str = ""
    additive: bool = False
    ruled: bool = False
    section: str = ""

    @property
    def whole(self) -> bool:
        """Whether it is a count, and not a ratio."""
        return self.over is None

    @property
    def layered(self) -> bool:
        """Whether each layer has one of its own."""
        parts = self.over or ((self.elements,) if self.elements else ())
        return self.additive or (bool(parts) and all(METRICS[name].layered for name in parts))

    @property
    def sized(self) -> bool:
        """Whether it depends on the data type."""
        return self.unit == "byte" or any(METRICS[name].sized for name in self.over or ())

    def of(self, counts: Counts) -> Number:
        """Return it, exact.

        Raises
        ------
        ParameterError
            Where it is a ratio to nothing, or the receptive field is no square.
        Fault, FlopcalcError
            Where there is no such number.
        """
        if self.read is not None:
            return self.read(counts)
        assert self.over is not None
        top, bottom = (METRICS[name].of(counts) for name in self.over)
        if is_rational(bottom) and bottom == 0:
            raise nothing_below(METRICS[self.over[1]])
        return divide(top, bottom)


def nothing_below(metric: Metric) -> ParameterError:
    """Return what is said where a ratio is to a metric that is 0."""
    return ParameterError(Problem(f"the {metric.label} is 0", None, "a spec that reads or writes"))


def _total(name: str) -> Callable[[Counts], Number]:
    return lambda counts: counts.quantity(name)


def _bytes_of(name: str) -> Callable[[Counts], Number]:
    return lambda counts: counts.bytes(METRICS[name].of(counts))


def _side(name: str, place: int) -> Callable[[Counts], Number]:
    def read(counts: Counts) -> Number:
        shape = counts.written()
        if not 3 <= len(shape) <= 4:
            given = "×".join(map(as_text, shape))
            raise ParameterError(Problem(f"the output {given} has no {name}", None, "a map of two sides or three"))
        return shape[place]

    return read


def _field(*, most: bool) -> Callable[[Counts], Number]:
    def read(counts: Counts) -> Number:
        sides = counts.seen(most=most)
        if len({*sides}) != 1:
            what = f"the receptive field is {'×'.join(map(as_text, sides)) or 'none: the input has no map'}"
            raise ParameterError(Problem(what, None, "a square one"))
        return sides[0]

    return read


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "params", "parameters", "Params", "learnable parameters", "element",
            _total("params"), additive=True, ruled=True, section="params-and-weights",
            spoken=(
                "param", "parameter", "parameters", "parameter count", "model parameters", "learnable parameters",
                "trainable parameters", "参数", "参数量", "参数数", "参数数量", "参数个数", "参数总量", "參數量",
            ),
        ),
        Metric(
            "weights", "weights", "Weights", "elements of kernels and matrices alone", "element",
            _total("weights"), additive=True, section="params-and-weights",
            spoken=("weight", "weight count", "权重", "权重数", "权重数量", "权重个数"),
        ),
        Metric(
            "madds", "multiply-adds", "MAdds", "multiply-adds", "multiply-add",
            _total("madds"), additive=True, section="madds",
            spoken=(
                "madd", "mult-adds", "mult-add", "multi-adds", "multi-add", "multiply-adds", "multiply-add",
                "multiply-accumulates", "multiply-accumulate operations", "乘加", "乘加数", "乘加量", "乘加次数",
                "乘加运算", "乘加运算量", "乘加操作", "乘加操作数", "乘法加法次数",
            ),
        ),
        Metric(
            "flops", "FLOPs", "FLOPs", "floating-point operations under the convention", "operation",
            _total("flops"), additive=True, ruled=True, section="flops-and-conventions",
            spoken=(
                "flop", "floating point operations", "floating-point operations", "operations", "ops", "计算量",
                "运算量", "浮点运算", "浮点运算量", "浮点运算数", "浮点运算次数", "计算复杂度", "浮点计算量", "計算量",
            ),
        ),
        Metric(
            "mac", "memory access cost", "MAC", "memory access cost, in elements", "element",
            _total("mac"), additive=True, section="mac-memory-access-cost",
            spoken=(
                "memory access cost", "memory access", "memory accesses", "访存", "访存量", "访存成本", "访存代价",
                "内存访问", "内存访问量", "内存访问成本", "内存访问代价", "内存访问次数",
            ),
        ),
        Metric(
            "mac_bytes", "memory access cost in bytes", "MAC bytes", "memory access cost in bytes of --dtype", "byte",
            _bytes_of("mac"), elements="mac", section="mac-memory-access-cost",
            spoken=("memory traffic", "访存字节", "访存字节数"),
        ),
        Metric(
            "activations", "activations", "Activations",
            "output elements of convolutions, linear layers and matrix products", "element",
            _total("activations"), additive=True, ruled=True, section="activations",
            spoken=("activation", "acts", "激活", "激活量", "激活数", "激活值"),
        ),
        Metric(
            "peak_memory", "peak memory", "Peak memory",
            "the largest sum of tensors that are alive at once, in elements", "element",
            lambda counts: counts.peak_memory(), section="peak-memory",
            spoken=("peak memory", "峰值内存", "峰值显存", "内存峰值"),
        ),
        Metric(
            "receptive_field", "receptive field", "Receptive field",
            "the input pixels that one output position can see, at most", "pixel",
            _field(most=True), section="receptive-field", spoken=("receptive field", "感受野"),
        ),
        Metric(
            "receptive_field_min", "smallest receptive field", "Least receptive field",
            "those that the position sees that sees least", "pixel",
            _field(most=False), section="receptive-field", spoken=("smallest receptive field", "最小感受野"),
        ),
        Metric(
            "channels", "output channels", "Channels", "channels of the output", "element",
            lambda counts: counts.written()[0], section="output",
            spoken=("output channels", "输出通道", "输出通道数", "通道数"),
        ),
        Metric(
            "height", "output height", "Height", "height of the output", "pixel", _side("height", -2), section="output",
            spoken=("output height", "输出高度", "高度"),
        ),
        Metric(
            "width", "output width", "Width", "width of the output", "pixel", _side("width", -1), section="output",
            spoken=("output width", "输出宽度", "宽度"),
        ),
        Metric(
            "intensity", "arithmetic intensity", "Intensity", "FLOPs for each element of MAC", "",
            over=("flops", "mac"), section="arithmetic-intensity",
            spoken=("arithmetic intensity", "operational intensity", "计算强度", "算术强度", "运算强度"),
        ),
        Metric(
            "intensity_bytes", "arithmetic intensity per byte", "FLOPs/byte", "FLOPs for each byte of MAC", "",
            over=("flops", "mac_bytes"), section="arithmetic-intensity", spoken=("FLOPs per byte",),
        ),
        Metric(
            "params_bytes", "bytes of the parameters", "Params bytes", "learnable parameters in bytes of --dtype",
            "byte", _bytes_of("params"), elements="params", section="bytes",
            spoken=("parameter bytes", "model size", "模型大小", "模型尺寸", "参数大小"),
        ),
        Metric(
            "weights_bytes", "bytes of the weights", "Weights bytes", "weights in bytes of --dtype", "byte",
            _bytes_of("weights"), elements="weights", section="bytes", spoken=("weight bytes", "权重大小"),
        ),
        Metric(
            "peak_memory_bytes", "peak memory in bytes", "Peak memory bytes", "peak memory in bytes of --dtype",
            "byte", _bytes_of("peak_memory"), elements="peak_memory", section="bytes", spoken=("peak memory bytes",),
        ),
    )
}  # fmt: skip
"""Every metric by its name, in the order in which they are listed. To add one is to add a row here."""

COUNTED = tuple(name for name, metric in METRICS.items() if metric.additive)
"""The metrics that every layer has, and that add up."""

WHOLE = tuple(name for name, metric in METRICS.items() if metric.whole)
"""Those that are counts; the others are ratios of two of them."""

FIELDS = ("receptive_field", "receptive_field_min")
"""What is told by sides, as a height and a width: how much a position sees, at most and at least."""

SIDES = ("channels", "height", "width")
"""The output's shape."""

SWEPT = tuple(name for name in METRICS if name not in (*FIELDS, *SIDES))
"""What a network costs: those that sweeps and budgets know. A shape's sides are named like many specs' parameters."""

RULED = tuple(sorted((name for name, metric in METRICS.items() if metric.ruled), key=lambda name: name != "flops"))
"""Those for which a convention may have rules of its own; FLOPs, for which it must, come first."""

QUOTED: Mapping[str, str] = {
    **{name: METRICS[name].label for name in ("params", "flops", "mac")},
    "size": "bytes on a disk",
}
"""What a figure that somebody quotes may be of, and what that is called. A file has bytes beside its parameters'."""

IN_BYTES: Mapping[str, str] = {metric.elements: name for name, metric in METRICS.items() if metric.elements}
"""For what is counted in elements, the metric that is the same in bytes."""


def check_metric(name: str, known: Collection[str] = METRICS, what: str = "metric") -> str:
    """Return the name of a metric, or the error that lists those that there are.

    Parameters
    ----------
    name : str
    known : collection of str
        Those that may be named here.
    what : str
        What is asked for: ``metric``, or ``budget``.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> check_metric("intensity")
    'intensity'
    """
    if name not in known:
        said = f"there is no {what} `{shorten(name)}`"
        raise UnknownNameError(Problem(said, None, "one of " + ", ".join(known), suggest(name, known)))
    return name


def in_bytes(name: str) -> str:
    """Return the metric that a figure in bytes is held against where some metric is named.

    Raises
    ------
    Fault
        Where there is none.

    Examples
    --------
    >>> in_bytes("params"), in_bytes("mac_bytes")
    ('params_bytes', 'mac_bytes')
    """
    if METRICS[name].unit != "byte" and name not in IN_BYTES:
        known = f"a metric in bytes: {listed(IN_BYTES.values())}"
        raise Fault(f"bytes are held against the {METRICS[name].label}", expected=known)
    return IN_BYTES.get(name, name)


def parts_of(names: Collection[str]) -> tuple[str, ...]:
    """Return the counts that some metrics follow from: each count itself, and the two of each ratio.

    Examples
    --------
    >>> parts_of(["mac", "intensity"])
    ('mac', 'flops')
    """
    return tuple(dict.fromkeys(part for name in names for part in METRICS[name].over or (name,)))


def resting_on(name: str, counts: Collection[str]) -> bool:
    """Tell whether a metric follows from any of some counts.

    Examples
    --------
    >>> resting_on("intensity_bytes", {"mac"}), resting_on("params_bytes", {"mac"})
    (True, False)
    """
    metric = METRICS[name]
    parts = metric.over or ((metric.elements,) if metric.elements else ())
    return name in counts or any(resting_on(part, counts) for part in parts)


LONGEST_NAME = 60
"""Characters that the name of a metric may have."""


def _folded(text: str) -> str:
    """Return a name without what people write differently: case, spaces, hyphens, ``#``, "number of"."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub(r"\\#|[#\s_-]", "", plain)
    return re.sub(r"^(?:the)?(?:total)?(?:number|no\.|count)of", "", plain)


_BY_NAME: Mapping[str, str] = {
    _folded(word): metric.name for metric in METRICS.values() for word in (metric.name, metric.label, *metric.spoken)
}


def metric_named(text: str) -> str:
    """Return the name of the metric that a text names, however it is spelt; "" where it names none.

    MACs name none, because they may be multiply-accumulates or memory access cost.

    Examples
    --------
    >>> [metric_named(text) for text in ("#Params", "Mult-Adds", "参数量", "memory access cost", "MACs")]
    ['params', 'madds', 'params', 'mac', '']
    """
    return _BY_NAME.get(_folded(text), "") if len(text) <= LONGEST_NAME else ""
