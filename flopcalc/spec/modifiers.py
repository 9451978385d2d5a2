"""What stands beside a layer or a block in its entry: condition, repeat, name, label, sources, and sharing."""

from __future__ import annotations

import re
from collections import ChainMap

from flopcalc.dataclass import dataclass
from flopcalc.errors import shorten, suggest
from flopcalc.expression import LONGEST_NAME, Expression
from flopcalc.layers import LAYERS
from flopcalc.spec.declarations import read_form
from flopcalc.spec.model import Modifiers, NameTemplate
from flopcalc.spec.names import Names
from flopcalc.spec.reading import Reading
from flopcalc.spec.syntax import Mapping, Node, Scalar, Sequence

__all__ = ["Where", "read_modifiers", "read_source"]


@dataclass
class Where:
    """The lists that surround an entry: labels and names seen, path words counted, whether it is repeated."""

    names: Names
    labels: ChainMap[str, None]
    block_names: set[str]
    crowd: dict[str, int]
    many: bool = False

    def inside(self, *, names: Names | None = None, crowd: dict[str, int] | None = None, many: bool = False) -> Where:
        """Return what surrounds the entries of an inner list, whose labels end with it."""
        return Where(
            self.names if names is None else names,
            self.labels.new_child(),
            self.block_names,
            self.crowd if crowd is None else crowd,
            many,
        )


def read_modifiers(reading: Reading, node: Mapping, where: Where) -> Modifiers:
    """Read the modifiers of an entry: its keys beside the layer or the block."""
    when = repeat = None
    value = node.get("when")
    if value is not None:
        when = reading.expression(value, where.names, what="`when`")
    value = node.get("repeat")
    if value is not None:
        repeat = reading.expression(value, where.names, what="repeat")
    turning = where.names.extended((), turn=True) if value is not None else where.names
    name = _template(reading, node.get("name"), turning)
    label, labels = _labels(reading, node)
    sources: tuple[str | NameTemplate, ...] = ()
    value = node.get("from")
    if value is not None:
        items = value.items if isinstance(value, Sequence) else (value,)
        sources = tuple(_template_or_source(reading, item, where, turning) for item in items)
        if not sources:
            reading.file.fail("`from` is an empty list", value.place, "at least one label")
    place = value.place if value is not None else None
    shares = node.get("shares")
    named = None if shares is None else read_source(reading, shares, where, "shares")
    once = node.get("shared")
    shared = None
    if once is not None and repeat is None:
        reading.file.fail(
            "`shared` stands beside `repeat`",
            once.place,
            "a `repeat` whose turns share parameters",
            "`shares: NAME` shares those of another entry",
        )
    elif once is not None and shares is not None:
        reading.file.fail(
            "`shared` stands beside `shares`",
            once.place,
            "one of the two",
            "`shares: NAME` alone, by which every turn uses the parameters of NAME",
        )
    elif once is not None:
        shared = reading.expression(once, where.names, what="`shared`")
    written = _written_of(reading, node, turning)
    at = None if shares is None else shares.place
    carry = _carried(reading, node, where)
    until = node.get("until")
    last = None if until is None else reading.word(until, "until")
    return Modifiers(
        when, repeat, name, label, labels, sources, place, written, named, at, shared, carry=carry, until=last
    )


def _labels(reading: Reading, node: Mapping) -> tuple[str | None, tuple[str, ...]]:
    """Read the label of an entry; of a split there may be a list, one for every part."""
    value = node.get("as")
    if value is None:
        return None, ()
    items = value.items if isinstance(value, Sequence) else (value,)
    found: dict[str, None] = {}
    for item in items:
        label = reading.word(item, "as")
        if reading.file.name_fault(label, item.place):
            continue
        if label == "input":
            reading.file.fail("`input` is the label of the tensor that enters", item.place, "another label")
        elif label in found:
            reading.file.fail(f"the label `{label}` stands twice", item.place, "different labels")
        found[label] = None
    if not isinstance(value, Sequence):
        return next(iter(found), None), ()
    if node.get("split") is None or not items:
        reading.file.fail("several labels stand beside a `split` alone", value.place, "one label", "`as: NAME`")
        return None, ()
    return None, tuple(found)


def _carried(reading: Reading, node: Mapping, where: Where) -> tuple[str, ...]:
    """Read the labels that every turn of a repeat sees and sets anew."""
    value = node.get("carry")
    if value is None:
        return ()
    if node.get("table") is None and (node.get("layers") is None or node.get("repeat") is None):
        reading.file.fail(
            "`carry` stands beside `repeat`",
            value.place,
            "`- layers: […]` with `repeat` and `carry`, or a `table`",
        )
        return ()
    items = value.items if isinstance(value, Sequence) else (value,)
    labels = []
    for item in items:
        label = reading.word(item, "carry")
        known = [name for name in where.labels if name != "input"]
        if label not in known:
            reading.file.fail(
                f"there is no label `{shorten(label)}` to carry",
                item.place,
                "a label that `as` sets before the repeat" + "".join(f", as {name}" for name in [*known][:1]),
                suggest(label, known),
            )
        labels.append(label)
    return tuple(labels)


def _template_or_source(reading: Reading, node: Node, where: Where, names: Names) -> str | NameTemplate:
    """Read the label of a tensor that is set before, or a name with expressions in it, ``cell{i - 1}``."""
    if isinstance(node, Scalar) and "{" in node.text:
        template = _template(reading, node, names, dotted=True)
        return "input" if template is None else template
    return read_source(reading, node, where)


def _written_of(reading: Reading, node: Mapping, names: Names) -> Expression | None:
    """Read the modifier `written` of a layer, or of the layer that merges branches."""
    value = node.get("written")
    if value is None:
        return None
    for key, attributes in node.entries:
        if key.text in LAYERS:
            return read_form(reading, value, names, key.text, (LAYERS[key.text],))
        if key.text == "branches":
            merge = attributes.get("merge") if isinstance(attributes, Mapping) else None
            word = merge.text if isinstance(merge, Scalar) and merge.text in LAYERS else "add"
            return read_form(reading, value, names, word, (LAYERS[word],))
    reading.file.fail(
        "`written` stands beside a layer, or beside branches for what merges them",
        value.place,
        "`written: {kind: form}` among the keys of the spec or the block, for all its layers",
    )
    return None


def read_source(reading: Reading, node: Node, where: Where, modifier: str = "from") -> str:
    """Read the label of a tensor that is set before."""
    label = reading.word(node, modifier)
    first = label.split(".")[0]
    numbered = first.rstrip("0123456789").rstrip("_")  # where a name stands several times, a number follows it
    named = where.block_names
    if first not in where.labels and first not in named and numbered not in named and "*" not in named:
        labels = {*where.labels, *named}
        reading.file.fail(
            f"there is no label `{shorten(label)}` here",
            node.place,
            "a label set before, or the `name` of an entry: " + ", ".join(sorted(labels)[:8]),
            suggest(first, labels),
        )
    return label


def _template(reading: Reading, node: Node | None, names: Names, *, dotted: bool = False) -> NameTemplate | None:
    if node is None:
        return None
    text = reading.word(node, "from" if dotted else "name")
    parts: list[str | Expression] = []
    for index, piece in enumerate(re.split(r"\{([^{}]*)\}", text[: LONGEST_NAME + 1])):
        if index % 2 == 0:
            if piece:
                parts.append(piece)
        else:
            parts.append(reading.expression(Scalar(piece, True, node.place), names, what="name"))
    plain = "".join(part for part in parts if isinstance(part, str))
    if not text or not re.fullmatch(r"[\w.]*" if dotted else r"\w*", plain) or len(text) > LONGEST_NAME:
        reading.file.fail(
            f"`{shorten(text)}` cannot be an entry's name", node.place, "letters, digits, _ and {expressions}"
        )
        return None
    return NameTemplate(tuple(parts), node.place)
