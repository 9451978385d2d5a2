"""What a layer computes, apart from how it is written: two spellings of one computation have one meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from flopcalc.dataclass import dataclass
from flopcalc.graph import Graph, Node
from flopcalc.layers import Layer, Shape
from flopcalc.layers.conv import Conv, Depthwise, TransposedConv, Windowed
from flopcalc.layers.linear import Linear
from flopcalc.layers.pool import AdaptiveAvgPool, AdaptiveMaxPool, GlobalMaxPool, GlobalPool, WindowPool
from flopcalc.layers.reshape import Reduce, Slice, Split, Upsample
from flopcalc.number import Arithmetic, Number, Value, as_text, divide, expanded, is_rational, is_symbolic, total

__all__ = ["COMMUTING", "Meaning", "costs_nothing", "meaning_of", "part_of", "same", "squeezed", "text"]

COMMUTING = ("add", "multiply", "maximum", "minimum")
"""The kinds of layers whose operands may stand in any order."""

_OVER_MAP = {"avg_pool": "mean over the map", "max_pool": "maximum over the map"}

_WIDTHS = ("out", "multiplier")

_OF_SHAPES = ("like", "keep")
"""Attributes that say what shapes say too."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a layer computes.

    Attributes
    ----------
    kind : str
    attributes : mapping of str to Value
        Those that say it, however they were written.
    padding : tuple of Value
        Ways to say the padding, one of which must be the same: as it stands, and what of it is read at this size.
    """

    kind: str
    attributes: Mapping[str, Value]
    padding: tuple[Value, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """A text for all of it but the padding, by which like layers are found: equal formulas may differ in it."""
        return (self.kind, *(f"{name}={text(value)}" for name, value in self.attributes.items()))

    def differing(self, other: Meaning) -> Iterator[tuple[str, Value, Value]]:
        """Yield the attributes in which two meanings differ, with both values."""
        if self.kind != other.kind:
            yield "kind", self.kind, other.kind
            return
        for name in dict.fromkeys((*self.attributes, *other.attributes)):
            one, two = self.attributes.get(name, "none"), other.attributes.get(name, "none")
            if name in _WIDTHS and "none" in (one, two):
                continue  # what is convolved channel by channel has no width of its own: its output says it
            if not same(one, two):
                yield name, one, two
        if self.padding and other.padding and not any(map(same, self.padding, other.padding)):
            yield "padding", self.padding[0], other.padding[0]

    def put(self, change: Callable[[Number], Number]) -> Meaning:
        """Return it with every number changed."""
        attributes = {name: _put(value, change) for name, value in self.attributes.items()}
        return replace(self, attributes=attributes, padding=tuple(_put(each, change) for each in self.padding))


def _put(value: Value, change: Callable[[Number], Number]) -> Value:
    if isinstance(value, tuple):
        return tuple(_put(item, change) for item in value)
    return value if isinstance(value, (bool, str, dict)) else change(value)


def same(one: Value, other: Value) -> bool:
    """Tell whether two values are equal, formulas by arithmetic.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> c = symbol("c")
    >>> same((2 * c + 2, 3), (2 * (c + 1), 3)), same(c, 2 * c), same(True, 1)
    (True, False, False)
    """
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (bool, str, dict, tuple)) or isinstance(other, (bool, str, dict, tuple)):
        return type(one) is type(other) and one == other
    if is_rational(one) and is_rational(other):
        return one == other
    return bool(one == other or expanded(one - other) == 0)


def text(value: Value) -> str:
    """Return a value as people write it: ``3×3``.

    Examples
    --------
    >>> text((3, 3)), text(((1, 1), (0, 1))), text(True)
    ('3×3', '1×(0+1)', 'true')
    """
    if isinstance(value, tuple):
        return "×".join(_ends(item) if isinstance(item, tuple) else text(item) for item in value)
    if is_symbolic(value) and not isinstance(value, (str, bool, dict)):
        return as_text(expanded(value))
    return as_text(value)


def _ends(margin: tuple[Value, ...]) -> str:
    """Return what is added before and behind, once where both are the same."""
    both = dict.fromkeys(map(text, margin))
    return "+".join(both) if len(both) == 1 else f"({'+'.join(map(text, margin))})"


def squeezed(shape: Shape) -> Shape:
    """Return a shape without sides of 1: C×1×1 holds what C does."""
    return (shape[0], *(side for side in shape[1:] if side != 1))


def costs_nothing(node: Node, graph: Graph) -> bool:
    """Tell whether a layer learns, multiplies and moves nothing, wherever it is computed."""
    shapes = graph.input_shapes(node)
    moves = node.layer.moves_nothing(shapes, graph.shapes[node.output], Arithmetic())
    return bool(moves and node.cost.params == 0 and node.by_itself.cost.params == 0 and node.cost.madds == 0)


def part_of(node: Node, graph: Graph) -> str:
    """Return which part of what it reads a layer that costs nothing passes on; "" for all of it."""
    (shape, *_), output, layer = graph.input_shapes(node), graph.shapes[node.output], node.layer
    if isinstance(layer, Split):
        sizes = layer.sizes
        start = total(sizes[: int(layer.take)]) if sizes and type(layer.take) is int else None
        begins = layer.take * output[int(layer.axis or 0)] if start is None else start
        return f"{layer.axis or 0}: {text(begins)}, {text(output[int(layer.axis or 0)])}"
    if isinstance(layer, Slice):
        return f"{layer.axis or 0}: {text(layer.start)}, {text(output[int(layer.axis or 0)])}"
    if same(squeezed(shape), squeezed(output)) or same(_volume(shape), _volume(output)):
        return ""
    return f"{layer.name}: {', '.join(map(text, layer.values().values()))}"


def _volume(shape: Shape) -> Number:
    volume: Number = 1
    for side in shape:
        volume = volume * side
    return volume


def meaning_of(node: Node, graph: Graph) -> Meaning:
    """Return what a layer of a graph computes."""
    layer, shapes, output = node.layer, graph.input_shapes(node), graph.shapes[node.output]
    found = _meaning(layer, shapes, output)
    more: dict[str, Value] = {}
    if not same(node.count, 1):
        more["count"] = node.count
    if node.shares:
        more["shares its parameters"] = True
    return replace(found, attributes={**found.attributes, **more}) if more else found


def _meaning(layer: Layer, shapes: tuple[Shape, ...], output: Shape) -> Meaning:
    if isinstance(layer, Linear) and layer.along == 0:
        ones = tuple(1 for _ in shapes[0][1:])
        return _conv(Conv(out=layer.out, kernel=ones, stride=ones, dilation=ones, padding="valid", bias=layer.bias),
                     shapes[0], output)  # fmt: skip
    if isinstance(layer, Windowed):
        return _conv(layer, shapes[0], output)
    if isinstance(layer, WindowPool):
        return _pool(layer, shapes[0], output)
    if isinstance(layer, GlobalPool):
        return Meaning(_OVER_MAP["max_pool" if isinstance(layer, GlobalMaxPool) else "avg_pool"], {})
    if isinstance(layer, AdaptiveAvgPool):
        return _adaptive(layer, shapes[0])
    if isinstance(layer, Reduce):
        return _reduce(layer, shapes[0])
    if isinstance(layer, Upsample):
        scale = tuple(divide(new, old) for new, old in zip(output[1:], shapes[0][1:], strict=True))
        return Meaning(layer.reported_kind, {"mode": layer.mode, "scale": scale})
    return Meaning(layer.reported_kind, dict(_plain(layer)))


def _plain(layer: Layer) -> Iterator[tuple[str, Value]]:
    """Yield attributes as they are, those with the value that leaving them out has."""
    given = layer.values()
    for attribute in layer.attributes():
        if attribute.name in _OF_SHAPES or attribute.name == "kind" == attribute.type:
            continue
        if attribute.name == "axis" and attribute.type in ("axis", "axes"):
            value = given.get("axis", 0)
            yield "axis", value if isinstance(value, tuple) else (value,)
        elif attribute.name in given:
            yield attribute.name, given[attribute.name]
    if layer.normalises and "bias" not in given:
        yield "bias", given.get("kind") != "rms"


def _moving(shape: Shape, output: Shape, kernel: Iterable[Number]) -> list[int]:
    """Return the sides along which a window is more than the single position that there is."""
    sides = zip(shape[1:], output[1:], kernel, strict=True)
    return [place for place, (old, new, taps) in enumerate(sides) if not old == new == taps == 1]


def _read(
    shape: Shape,
    output: Shape,
    kernel: Shape,
    stride: Shape,
    dilation: Shape,
    margins: tuple[tuple[Number, Number], ...],
) -> Value:
    """Return the padding of which something is read, before and behind; as it is where sizes are formulas."""
    found: list[Value] = []
    for old, new, taps, step, spread, (before, behind) in zip(
        shape[1:], output[1:], kernel, stride, dilation, margins, strict=True
    ):
        end = (new - 1) * step + spread * (taps - 1) + 1 - before - old
        found.append((before, max(end, 0) if type(end) is int else behind))
    return tuple(found)


def _conv(layer: Windowed, shape: Shape, output: Shape) -> Meaning:
    """Return the meaning of a convolution; a linear layer is one whose kernel is a single position."""
    sides = _moving(shape, output, layer.kernel)

    def along(values: Iterable[Number]) -> tuple[Number, ...]:
        every = tuple(values)
        return tuple(every[place] for place in sides)

    kernel, stride = along(layer.kernel), along(layer.stride)
    dilation = tuple(1 if taps == 1 else step for taps, step in zip(kernel, along(layer.dilation), strict=True))
    margins = layer.margins(shape, Arithmetic())
    margins = tuple(margins[place] for place in sides)
    groups = shape[0] if isinstance(layer, Depthwise) else layer.values().get("groups", 1)
    attributes: dict[str, Value] = {"kernel": kernel, "stride": stride, "dilation": dilation}
    attributes |= _widths(shape[0], output[0], groups)
    attributes["bias"] = layer.bias
    if isinstance(layer, TransposedConv):
        return Meaning(layer.name, {**attributes, "output_padding": along(layer.output_padding)}, (margins,))
    kind = "conv" if isinstance(layer, (Conv, Depthwise)) and layer.name in ("conv", "depthwise") else layer.name
    taken, written = ((side[0], *(side[1 + place] for place in sides)) for side in (shape, output))
    return Meaning(kind, attributes, (margins, _read(taken, written, kernel, stride, dilation, margins)))


def _widths(taken: Number, written: Number, groups: Value) -> dict[str, Value]:
    """Return the channels that a convolution writes and its groups; of one on every channel, how many for each."""
    if taken != 1 and same(groups, taken):
        return {"groups": "channels", "multiplier": divide(written, taken)}
    return {"out": written, "groups": groups}


def _pool(layer: WindowPool, shape: Shape, output: Shape) -> Meaning:
    """Return the meaning of a pool; one window over all of the map is a mean or a maximum over it."""
    margins = layer.margins(shape, Arithmetic())
    whole = zip(layer.kernel, shape[1:], output[1:], margins, strict=True)
    if all(same(taps, old) and new == 1 and margin == (0, 0) for taps, old, new, margin in whole):
        return Meaning(_OVER_MAP[layer.name], {})
    attributes: dict[str, Value] = {"kernel": layer.kernel, "stride": layer.step, "dilation": layer.spread}
    read = _read(shape, output, layer.kernel, layer.step, layer.spread, margins)
    return Meaning(layer.name, attributes, ((*margins, ("ceil",)) if layer.ceil_mode else margins, read))


def _adaptive(layer: AdaptiveAvgPool, shape: Shape) -> Meaning:
    """Return the meaning of an adaptive pool: where its windows are all alike, that of an ordinary one."""
    kind = "max_pool" if isinstance(layer, AdaptiveMaxPool) else "avg_pool"
    if all(size == 1 for size in layer.size):
        return Meaning(_OVER_MAP[kind], {})
    taps = tuple(divide(old, new) for old, new in zip(shape[1:], layer.size, strict=True))
    if not all(type(side) is int for side in taps):
        return Meaning(layer.name, {"size": layer.size})
    none = tuple((0, 0) for _ in taps)
    return Meaning(kind, {"kernel": taps, "stride": taps, "dilation": tuple(1 for _ in taps)}, (none, none))


def _reduce(layer: Reduce, shape: Shape) -> Meaning:
    taken = tuple(axis for axis in layer.axis if shape[axis] != 1)
    left = [axis for axis, length in enumerate(shape) if length != 1 and axis not in taken]
    kind = {"mean": "avg_pool", "max": "max_pool"}.get(layer.op)
    if kind is not None and left == [0]:
        return Meaning(_OVER_MAP[kind], {})
    return Meaning(layer.name, {"op": layer.op, "axis": taken})
