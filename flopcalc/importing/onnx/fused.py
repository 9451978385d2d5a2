"""Operators that stand for several layers: attention, and what ONNX Runtime fuses; each is read as the layers it does.

Source: the specifications of ONNX 1.18 (Attention) and of ONNX Runtime's contributed operators.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from flopcalc.importing.onnx.operators import Reader, Result, Rule, convolved, product_of, recurrent
from flopcalc.importing.tensors import Tensor, Unmapped

__all__ = ["FUSED"]

_WORDS: Mapping[str, str] = {
    "Relu": "relu", "LeakyRelu": "leaky_relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "HardSigmoid": "hard_sigmoid",
    "Clip": "clip", "HardSwish": "hard_swish", "Gelu": "gelu",
}  # fmt: skip
"""The functions that are fused behind a product, by the language's words."""


def _activated(reader: Reader, x: Tensor) -> Tensor:
    """Return what the function makes of a product that is fused with it."""
    name = reader.word("activation")
    if not name:
        return x
    if name not in _WORDS:
        raise Unmapped
    return reader.net.activation(_WORDS[name], x)


def _conv(reader: Reader) -> Result:
    found = convolved(reader, reader.tensor(0), reader.kernel(1), reader.weight(2))
    if reader.held_at(3) is not None:
        found = reader.net.elementwise("add", found, reader.tensor(3))
    return _activated(reader, found)


def _gemm(reader: Reader) -> Result:
    return _activated(reader, product_of(reader, reader.tensor(0), reader.kernel(1), reader.weight(2)))


def _matmul(bias: int) -> Rule:
    """Return a product of two quantised tensors, with the place of its bias."""

    def rule(reader: Reader) -> Result:
        found = reader.net.matmul(reader.tensor(0), reader.kernel(1))
        added = reader.weight(bias)
        if added is None:
            return found
        return reader.net.with_bias(found, added) or reader.net.elementwise("add", found, added)

    return rule


def _turned_matmul(reader: Reader) -> Result:
    """Return a product of tensors whose dimensions are exchanged before."""
    turned = []
    for place, name in enumerate("AB"):
        x = reader.kernel(place)
        order = [*range(len(x.shape))]
        if reader.whole(f"transBatch{name}", 0):
            order = [*order[1:-1], 0, order[-1]]
        if reader.whole(f"trans{name}", 0):
            order[-2:] = order[:-3:-1]
        turned.append(reader.net.permute(x, order))
    return reader.net.matmul(*turned)


def _quantised_lstm(reader: Reader) -> Result:
    """Return an LSTM whose weights stand the other way round: D×I×(gates·H) and D×H×(gates·H)."""
    weight, state = (reader.net.permute(reader.kernel(place), (0, 2, 1)) for place in (1, 2))
    return recurrent(reader, weight, state)


def _packed_matmul(reader: Reader) -> Result:
    """Return a product with weights of a few bits each, which stand packed in the file."""
    out, inside = reader.whole("N", 0), reader.whole("K", 0)
    if out < 1 or inside < 1 or reader.node.inputs[1] not in reader.graph.arrays:
        raise Unmapped
    weight = reader.net.parameter(reader.node.inputs[1], (out, inside))
    reader.net.note(f"The weights of MatMulNBits have {reader.whole('bits', 4)} bits each.")
    return reader.net.linear(reader.tensor(0), weight, reader.weight(5))


# -- attention -------------------------------------------------------------------------------------------------------


def _heads(reader: Reader, x: Tensor, count: int) -> Tensor:
    """Return B×S×(h·d) as B×h×S×d; what has four dimensions stands so already."""
    if len(x.shape) == 4:
        return x
    batch, steps, width = x.shape
    if count < 1 or width % count:
        raise Unmapped
    return reader.net.permute(reader.net.reshape(x, (batch, steps, count, width // count)), (0, 2, 1, 3))


def _attended(reader: Reader, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return softmax(Q·Kᵀ)·V of B×h×S×d; several heads of queries may read one of keys and values."""
    net = reader.net
    heads, groups = query.shape[1], key.shape[1]
    if heads != groups:
        if heads % groups:
            raise Unmapped
        shapes = [(each.shape[0], groups, heads // groups, *each.shape[2:]) for each in (key, value)]
        narrow = [(each.shape[0], groups, 1, *each.shape[2:]) for each in (key, value)]
        key, value = (
            net.reshape(net.expand(net.reshape(each, one), wide), (wide[0], heads, *wide[3:]))
            for each, one, wide in zip((key, value), narrow, shapes, strict=True)
        )
    scores = net.elementwise("multiply", net.matmul(query, net.permute(key, (0, 1, 3, 2))), 1.0)
    if mask is not None:
        scores = net.elementwise("add", scores, mask)
    return net.matmul(net.softmax(scores, -1), value)


def _joined(reader: Reader, x: Tensor) -> Tensor:
    """Return B×h×S×d as B×S×(h·d)."""
    batch, heads, steps, width = x.shape
    return reader.net.reshape(reader.net.permute(x, (0, 2, 1, 3)), (batch, steps, heads * width))


def _without(reader: Reader, *places: int) -> None:
    """Refuse inputs that are not read here: what an earlier call has kept."""
    if any(reader.held_at(place) is not None for place in places):
        raise Unmapped


def _mask(reader: Reader, place: int) -> Tensor | None:
    return None if reader.held_at(place) is None else reader.tensor(place)


def _projected_attention(past: int, bias: int) -> Rule:
    """Return attention with the projections of its queries, keys and values."""

    def rule(reader: Reader) -> Result:
        _without(reader, past)
        net, heads = reader.net, reader.whole("num_heads", 0)
        x = net.linear(reader.tensor(0), reader.kernel(1), reader.weight(2), transposed=True)
        widths = reader.listed("qkv_hidden_sizes", []) or [x.shape[-1] // 3] * 3
        parts = [_heads(reader, each, heads) for each in net.split(x, widths, -1)]
        return _joined(reader, _attended(reader, parts[0], parts[1], parts[2], _mask(reader, bias)))

    return rule


def _many_headed(reader: Reader) -> Result:
    """Return attention of queries, keys and values, with a bias for each of the three."""
    _without(reader, 6, 7)
    net, heads = reader.net, reader.whole("num_heads", 0)
    parts = [reader.tensor(place) for place in range(3)]
    if len(parts[0].shape) != 3 or any(len(each.shape) not in (3, 4) for each in parts):
        raise Unmapped
    bias = reader.weight(3)
    if bias is not None:
        if any(len(each.shape) != 3 for each in parts) or math.prod(bias.shape) != sum(each.shape[2] for each in parts):
            raise Unmapped
        added = net.split(net.reshape(bias, bias.shape[-1:]), [each.shape[2] for each in parts], 0)
        parts = [net.elementwise("add", each, more) for each, more in zip(parts, added, strict=True)]
    query, key, value = (_heads(reader, each, heads) for each in parts)
    return _joined(reader, _attended(reader, query, key, value, _mask(reader, 5)))


def _attention(reader: Reader) -> Result:
    """Return ONNX's own attention, of three or four dimensions."""
    _without(reader, 4, 5)
    query, key, value = (reader.tensor(place) for place in range(3))
    wide = len(query.shape) == 4
    heads = reader.whole("q_num_heads", 0)
    groups = reader.whole("kv_num_heads", 0)
    parts = _heads(reader, query, heads), _heads(reader, key, groups), _heads(reader, value, groups)
    found = _attended(reader, *parts, _mask(reader, 3))
    return found if wide else _joined(reader, found)


def _grouped(reader: Reader) -> Result:
    """Return attention in which several heads of queries read one of keys and values."""
    if any(not _is_empty(reader, place) for place in (3, 4)):
        raise Unmapped
    query, key, value = (reader.tensor(place) for place in range(3))
    heads, groups = reader.whole("num_heads", 0), reader.whole("kv_num_heads", 0)
    parts = _heads(reader, query, heads), _heads(reader, key, groups), _heads(reader, value, groups)
    return [_joined(reader, _attended(reader, *parts)), parts[1], parts[2]]


def _is_empty(reader: Reader, place: int) -> bool:
    held = reader.held_at(place)
    return held is None or math.prod(held.shape) == 0


def _rotary(reader: Reader) -> Result:
    """Return a tensor turned by its places: two products and a sum an element."""
    net, x = reader.net, reader.tensor(0)
    return net.elementwise("add", net.elementwise("multiply", x, 1.0), net.elementwise("multiply", x, 1.0))


# -- norms -----------------------------------------------------------------------------------------------------------


def _skip_norm(reader: Reader) -> Result:
    """Return the norm of a sum; the sum is the last of its results."""
    simple = reader.node.op.startswith("SkipSimplified")
    net = reader.net
    total = net.elementwise("add", reader.tensor(0), reader.tensor(1))
    if (bias := reader.weight(3 if simple else 4)) is not None:
        total = net.elementwise("add", total, bias)
    shift = None if simple else reader.weight(3)
    normed = net.norm(total, "rms" if simple else "layer", reader.weight(2), shift, dims=[len(total.shape) - 1])
    return [normed, normed, normed, total]


def _embedded_norm(reader: Reader) -> Result:
    """Return the norm of the sum of the rows for words, places and segments."""
    net, ids = reader.net, reader.tensor(0)
    batch, steps = ids.shape
    total = net.embedding(ids, reader.kernel(2))
    places = net.slice(reader.kernel(3), 0, 0, steps) if reader.held_at(8) is None else None
    if places is None:
        raise Unmapped
    total = net.elementwise("add", total, net.reshape(places, (1, *places.shape)))
    if (table := reader.weight(4)) is not None:
        total = net.elementwise("add", total, net.embedding(reader.tensor(1), table))
    normed = net.norm(total, "layer", reader.weight(5), reader.weight(6), dims=[2])
    return [normed, net.constant((batch,)), total]


def _quantised_concat(reader: Reader) -> Result:
    tensors = [reader.tensor(place) for place in range(2, len(reader.node.inputs), 3)]
    return reader.net.concat(tensors, reader.whole("axis", 0))


def _quantised_softmax(reader: Reader) -> Result:
    return reader.net.softmax(reader.tensor(0), reader.whole("axis", -1))


_RUNTIME: Mapping[str, Rule] = {
    "FusedConv": _conv,
    "FusedGemm": _gemm,
    "FusedMatMul": _turned_matmul,
    "DynamicQuantizeLSTM": _quantised_lstm,
    "DynamicQuantizeMatMul": _matmul(4),
    "MatMulIntegerToFloat": _matmul(6),
    "MatMulNBits": _packed_matmul,
    "Attention": _projected_attention(4, 5),
    "QAttention": _projected_attention(8, 99),
    "MultiHeadAttention": _many_headed,
    "GroupQueryAttention": _grouped,
    "RotaryEmbedding": _rotary,
    "SkipLayerNormalization": _skip_norm,
    "SkipSimplifiedLayerNormalization": _skip_norm,
    "EmbedLayerNormalization": _embedded_norm,
    "QLinearConcat": _quantised_concat,
    "QLinearSoftmax": _quantised_softmax,
}

FUSED: Mapping[tuple[str, str], Rule] = {
    **{("com.microsoft", op): rule for op, rule in _RUNTIME.items()},
    ("", "Attention"): _attention,
    ("", "RotaryEmbedding"): _rotary,
}
"""How every operator is read, by its domain and name."""
