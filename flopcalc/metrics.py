"""The metrics: each one's name, what it is called in a sentence, what people call it elsewhere, and its unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["COUNTED", "IN_BYTES", "METRICS", "Metric", "metric_named"]


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that a spec has so much of.

    Attributes
    ----------
    name : str
        As options, JSON and Python have it.
    label : str
        What it is called in a sentence.
    unit : str
        What it is counted in: ``element``, ``multiply-add``, ``operation``, ``pixel``, ``byte``; "" for a ratio.
    spoken : tuple of str
        What else people call it.
    elements : str
        For a metric in bytes, the one that counts the same in elements.
    """

    name: str
    label: str
    unit: str
    spoken: tuple[str, ...] = ()
    elements: str = ""


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "params", "parameters", "element",
            ("param", "parameter", "parameters", "parameter count", "model parameters", "learnable parameters",
             "trainable parameters", "参数", "参数量", "参数数", "参数数量", "参数个数", "参数总量", "參數量"),
        ),
        Metric("weights", "weights", "element", ("weight", "weight count", "权重", "权重数", "权重数量", "权重个数")),
        Metric(
            "madds", "multiply-adds", "multiply-add",
            ("madd", "mult-adds", "mult-add", "multi-adds", "multi-add", "multiply-adds", "multiply-add",
             "multiply-accumulates", "multiply-accumulate operations", "乘加", "乘加数", "乘加量", "乘加次数",
             "乘加运算", "乘加运算量", "乘加操作", "乘加操作数", "乘法加法次数"),
        ),
        Metric(
            "flops", "FLOPs", "operation",
            ("flop", "floating point operations", "floating-point operations", "operations", "ops", "计算量", "运算量",
             "浮点运算", "浮点运算量", "浮点运算数", "浮点运算次数", "计算复杂度", "浮点计算量", "計算量"),
        ),
        Metric(
            "mac", "memory access cost", "element",
            ("memory access cost", "memory access", "memory accesses", "访存", "访存量", "访存成本", "访存代价",
             "内存访问", "内存访问量", "内存访问成本", "内存访问代价", "内存访问次数"),
        ),
        Metric("activations", "activations", "element", ("activation", "acts", "激活", "激活量", "激活数", "激活值")),
        Metric("channels", "output channels", "element", ("output channels", "输出通道", "输出通道数", "通道数")),
        Metric("height", "output height", "pixel", ("output height", "输出高度", "高度")),
        Metric("width", "output width", "pixel", ("output width", "输出宽度", "宽度")),
        Metric(
            "intensity", "arithmetic intensity", "",
            ("arithmetic intensity", "operational intensity", "计算强度", "算术强度", "运算强度"),
        ),
        Metric("peak_memory", "peak memory", "element", ("peak memory", "峰值内存", "峰值显存", "内存峰值")),
        Metric("receptive_field", "receptive field", "pixel", ("receptive field", "感受野")),
        Metric("receptive_field_min", "smallest receptive field", "pixel", ("smallest receptive field", "最小感受野")),
        Metric(
            "params_bytes", "bytes of the parameters", "byte",
            ("parameter bytes", "model size", "模型大小", "模型尺寸", "参数大小"), "params",
        ),
        Metric("weights_bytes", "bytes of the weights", "byte", ("weight bytes", "权重大小"), "weights"),
        Metric("mac_bytes", "memory access cost in bytes", "byte", ("memory traffic", "访存字节", "访存字节数"), "mac"),
        Metric("peak_memory_bytes", "peak memory in bytes", "byte", ("peak memory bytes",), "peak_memory"),
    )
}  # fmt: skip
"""Every metric by its name, in the order in which they are listed."""

COUNTED = ("params", "weights", "madds", "flops", "mac", "activations")
"""The metrics that every layer has, and that add up."""

IN_BYTES: Mapping[str, str] = {metric.elements: name for name, metric in METRICS.items() if metric.elements}
"""For what is counted in elements, the metric that is the same in bytes."""

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
