"""A list as lines of the language: entries with their modifiers, groups, branches and tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from flopcalc.dataclass import dataclass, field
from flopcalc.expression import check_name
from flopcalc.importing.folding.entries import REPEAT, Body, Head, Key, Ref, Slot
from flopcalc.importing.folding.layout import Branches, Group, Item, Node, Pattern, labels_of, layouts, reads_as
from flopcalc.layers import LAYERS
from flopcalc.spec.words import CONSTRUCTS, SPEC_KEYS

__all__ = ["Listing", "flow", "free_name", "indented"]

_PLAIN = re.compile(r"[A-Za-z_(][^#:,\[\]{}\"'%@`|>&!]*|-?\d+(?: [-+*/=a-z].*)?|\[[\w, -]*\]")
_YAML = ("true", "false", "null", "yes", "no", "on", "off")
_FIRST = {"out": 0, "kernel": 1}


def flow(text: str) -> str:
    """Return an expression as a value inside braces."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def indented(lines: Iterable[str], by: int = 2) -> Iterator[str]:
    """Yield lines further to the right."""
    yield from (f"{' ' * by}{line}" for line in lines)


def free_name(wanted: str, taken: Iterable[str], behind: str = "out") -> str:
    """Return a name near to the one that is wanted, which is no word of the language and not taken.

    `behind` is what is put behind a word of the language.

    Examples
    --------
    >>> free_name("conv", ()), free_name("layer1", ["layer1"]), free_name("3x3", ())
    ('conv_out', 'layer1_2', 'x3x3')
    """
    base = re.sub(r"\W", "_", wanted)[:40] or "x"
    base = f"x{base}" if base[0].isdigit() else base
    if base in (*LAYERS, *SPEC_KEYS, *CONSTRUCTS, "channels", "height", "width", "map", "i") or check_name(base):
        base = f"{base}_{behind}"
    found, count = base, 1
    seen = {*taken}
    while found in seen:
        count += 1
        found = f"{base}_{count}"
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """The labels of a list's tensors, and the arguments of its entries."""

    labels: Mapping[Ref, str]
    texts: Mapping[int, Mapping[Key, str]]


@dataclass(frozen=True, slots=True)
class Listing:
    """What is needed to write the entries of a list.

    Attributes
    ----------
    names : sequence of str
        The blocks' names.
    body : Body
    patterns : sequence of Pattern
    texts : mapping
        The arguments, none that stands for its default.
    conditions : mapping of Pattern to str
    inputs : sequence of str
        The labels of what enters.
    kept : mapping of Ref to str
        Labels that others read.
    extra : mapping of int to sequence of str
        Modifiers more of an entry.
    tables : mapping of int to sequence of str
        The lines of entries that are tables.
    """

    names: Sequence[str]
    body: Body
    patterns: Sequence[Pattern]
    texts: Mapping[tuple[int, Key], str]
    conditions: Mapping[Pattern, str]
    inputs: Sequence[str] = ("input",)
    kept: Mapping[Ref, str] = field(default_factory=dict)
    extra: Mapping[int, Sequence[str]] = field(default_factory=dict)
    tables: Mapping[int, Sequence[str]] = field(default_factory=dict)

    def lines(self, nodes: Sequence[Node]) -> Iterator[str]:
        """Yield the lines of a layout."""
        labels: dict[Ref, str] = {(-1 - place, 0): name for place, name in enumerate(self.inputs)}
        labels.update(self.kept)
        for ref in sorted(labels_of(nodes)):
            if ref not in labels:
                labels[ref] = free_name(_label(self.body[ref[0]]), labels.values())
        texts: dict[int, dict[Key, str]] = {}
        for (number, key), text in self.texts.items():
            texts.setdefault(number, {})[key] = text
        yield from self._nodes(nodes, _Known(labels, texts))

    def _nodes(self, nodes: Sequence[Node], known: _Known, around: Pattern | None = None) -> Iterator[str]:
        for node in nodes:
            pattern = node.pattern if isinstance(node, Group) else self.patterns[node.slot]
            when = [] if pattern == around or pattern not in self.conditions else [f"when: {self.conditions[pattern]}"]
            if isinstance(node, Item):
                yield from self._item(node, known, when)
                continue
            modifiers = [*when, *self._modifiers(node, known.labels)]
            if isinstance(node, Group):
                yield "- layers:"
                yield from indented(self._nodes(node.nodes, known, pattern), 4)
            else:
                yield "- branches:"
                yield "    paths:"
                for path in node.paths:
                    yield from self._path([*self._nodes(path, known, pattern)])
                yield f"    merge: {self.body[node.slot].head[1]}"
            yield from indented(modifiers)

    @staticmethod
    def _path(lines: Sequence[str]) -> Iterator[str]:
        yield f"      - {lines[0]}" if lines else "      - []"
        yield from indented(lines[1:], 8)

    def _modifiers(self, node: Node, labels: Mapping[Ref, str]) -> Iterator[str]:
        slot = self.body[node.slot]
        if not isinstance(node, Branches) and node.reads:
            reads = [labels[ref] for ref in (node.reads[:-1] if _takes_map(slot) else node.reads)]
            yield f"from: {reads[0]}" if len(reads) == 1 else f"from: [{', '.join(reads)}]"
        if slot.results > 1:
            results = [labels.get((node.slot, place), f"part{place + 1}") for place in range(slot.results)]
            yield f"as: [{', '.join(results)}]"
        elif (node.slot, 0) in labels:
            yield f"as: {labels[node.slot, 0]}"
        if not isinstance(node, Group):
            yield from self.extra.get(node.slot, ())
            if slot.head[0] == "layer" and slot.head[2]:
                yield f"written: {slot.head[2]}"

    def _item(self, node: Item, known: _Known, when: Sequence[str]) -> Iterator[str]:
        slot, number = self.body[node.slot], node.slot
        modifiers = [*when, *self._modifiers(node, known.labels)]
        own = {**known.texts.get(number, {})}
        repeat = own.pop(REPEAT, None)
        if repeat is not None:
            modifiers.append(f"repeat: {repeat}")
        if _takes_map(slot):
            own["like",] = known.labels[node.reads[-1]]
        yield from entry_lines(slot, own, self.names, modifiers, self.tables.get(number, ()))


def _takes_map(slot: Slot) -> bool:
    """Tell whether the last tensor that an entry reads is the one whose map it takes."""
    return slot.head[0] == "layer" and ("like", "") in slot.head[4]  # type: ignore[operator]


def _label(slot: Slot) -> str:
    """Return what a tensor is called: as its module, where that says more than the layer's word."""
    hint = slot.hint.lower()
    return ("part" if slot.results > 1 else "main") if hint in LAYERS or not hint else slot.hint


def entry_lines(
    slot: Slot, texts: Mapping[Key, str], names: Sequence[str], modifiers: Sequence[str], table: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the lines of one entry."""
    if slot.head[0] == "table":
        yield from table
    elif slot.head[0] == "group":
        yield "- layers:"
        yield from indented(group_lines(slot.body, texts, names), 4)
    else:
        word, attributes = _attributes(slot.head, slot.keys, texts, names)
        if attributes or modifiers:
            yield f"- {word}: {{{', '.join(attributes)}}}"
        else:
            yield f"- {word}"
    yield from indented(modifiers)


def group_lines(body: Body, texts: Mapping[Key, str], names: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the entries of a group or a table."""
    own = {(int(key[0]), key[1:]): text for key, text in texts.items()}
    always = [frozenset({0})] * len(body)
    listing = Listing(names, body, always, own, {}, inputs=())
    wanted = {**{number: slot.reads for number, slot in enumerate(body)}, -1: ((len(body) - 1, 0),)}
    for nodes in layouts(body, always):
        if reads_as(nodes, body, always, 0, inputs=1, named=False) == wanted:
            yield from listing.lines(nodes)
            return


def _attributes(
    head: Head, keys: Sequence[Key], texts: Mapping[Key, str], names: Sequence[str]
) -> tuple[str, list[str]]:
    """Return an entry's word, and its attributes as they are written."""
    if head[0] == "block":
        given = [(str(key[0]), texts[key]) for key in keys if key in texts]
        return names[int(str(head[1]))], [f"{name}: {flow(text)}" for name, text in given]
    word = str(head[1])
    if word == "activation" and texts.get(("kind",)) in LAYERS:
        return texts["kind",], []
    values: dict[str, str] = {}
    for name, value in head[4]:  # type: ignore[attr-defined]
        if isinstance(value, tuple):
            items = [flow(texts[name, place]) if item is None else _fixed(item) for place, item in enumerate(value)]
            values[name] = f"[{', '.join(items)}]"
        else:
            values[name] = texts["like",] if (name, value) == ("like", "") else _fixed(value)
    values.update({str(key[0]): flow(texts[key]) for key in keys if len(key) == 1 and key in texts})
    declared = {attribute.name: number for number, attribute in enumerate(LAYERS[word].attributes(), 2)}
    ordered = sorted(values, key=lambda name: _FIRST.get(name, declared.get(name, 99)))
    return word, [f"{name}: {values[name]}" for name in ordered]


def _fixed(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text not in _YAML else json.dumps(text, ensure_ascii=False)
