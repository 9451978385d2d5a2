"""What stands in a list: layers, calls of blocks and groups, each with what must be equal and what may differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.importing.trace import Attribute, Step
from flopcalc.layers import LAYERS
from flopcalc.layers.activation import ACTIVATIONS

__all__ = [
    "MERGING",
    "REPEAT",
    "Body",
    "Entry",
    "First",
    "Head",
    "Key",
    "Ref",
    "Slot",
    "Value",
    "default_of",
    "group",
    "inside",
    "of_step",
    "reads_of",
    "slots_of",
]

Key: TypeAlias = "tuple[int | str, ...]"
"""An argument of an entry: its name, and of a list the place; of a group, behind the number of the entry in it."""

Head: TypeAlias = "tuple[object, ...]"
"""What two entries must have in common to be one entry with different arguments."""

Ref: TypeAlias = "tuple[int, int]"
"""A tensor in a list: the number of the entry that writes it, and which of its results; below 0 are the inputs."""

REPEAT: Key = ("repeat",)

MERGING = ("add", "multiply", "concat")
"""Layers that may stand at the end of branches."""

_POOLS = ("max_pool", "avg_pool")
"""Layers whose stride is their kernel where it is not given."""


@dataclass(frozen=True, slots=True)
class First:
    """A value of which the first turn of a repeat has another one."""

    first: Value
    others: Value


Value: TypeAlias = "int | bool | str | tuple[int | str, ...] | First"


@dataclass(frozen=True, slots=True)
class Slot:
    """An entry of a list, without its arguments: what it is, and which tensors it reads."""

    head: Head
    keys: tuple[Key, ...]
    reads: tuple[Ref, ...]
    results: int = 1
    hint: str = ""
    body: Body = ()


Body: TypeAlias = "tuple[Slot, ...]"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of one particular list.

    Attributes
    ----------
    head : Head
    args : mapping of Key to Value
    reads, writes : tuple of str
        Tensors of the trace.
    first, stop : int
        The positions of its steps in the trace.
    hint : str
        What its result may be called.
    body : Body
        Of a group, its entries.
    """

    head: Head
    args: Mapping[Key, Value]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    first: int
    stop: int
    hint: str = ""
    body: Body = ()


@cache
def _defaults(word: str) -> Mapping[str, Attribute]:
    """Return the attributes of a word that stand for something where they are not given."""
    if word in MERGING:
        return {}
    found: dict[str, Attribute] = {}
    for attribute in LAYERS[word].attributes():
        default = attribute.default
        if isinstance(default, tuple) and len({*default}) == 1:
            default = default[0]
        if isinstance(default, (bool, int)):
            found[attribute.name] = default
    return found


def default_of(head: Head, key: Key, blocks: Sequence[Mapping[str, Value]]) -> Value | None:
    """Return what an argument is where it is not given; None where it must be.

    `blocks` are the defaults of the blocks' parameters.
    """
    if key == REPEAT:
        return 1
    if head[0] == "layer":
        return _defaults(str(head[1])).get(str(key[0])) if len(key) == 1 else None
    return blocks[int(str(head[1]))].get(str(key[0]))


def inside(head: Head, key: Key) -> tuple[Head, Key]:
    """Return the head of the entry to which an argument belongs, through groups, and its key there."""
    while head[0] == "group" and isinstance(key[0], int):
        head, key = head[1][key[0]][0], key[1:]  # type: ignore[index]
    return head, key


@cache
def _pairs(word: str) -> frozenset[str]:
    return frozenset(each.name for each in LAYERS[word].attributes() if each.type in ("pair", "sizes"))


def reads_of(step: Step) -> tuple[str, ...]:
    """Return the tensors that a step reads, and behind them the one whose map it takes."""
    like = step.attributes.get("like")
    return (*step.sources, like) if isinstance(like, str) else step.sources


def of_step(step: Step, position: int, hint: str = "") -> Entry:
    """Return a step as an entry; `hint` is what its result may be called.

    Examples
    --------
    >>> entry = of_step(Step("conv", {"out": 8, "kernel": 3}, ("x",), ("t1",), ((8, 32, 32),)), 0)
    >>> entry.args[("out",)], entry.args[("stride",)], entry.head[:2]
    (8, 1, ('layer', 'conv'))
    """
    fixed: list[tuple[str, object]] = []
    args: dict[Key, Value] = {}
    if step.word in ACTIVATIONS and not step.attributes and len(step.sources) == 1:
        head: Head = ("layer", "activation", step.written, 1, (), ("kind",))
        return Entry(
            head, {("kind",): step.word}, step.sources, step.results, position, position + 1, hint or step.word
        )
    given = {**_defaults(step.word), **step.attributes}
    if step.word in _POOLS:
        given.setdefault("stride", given["kernel"])
    for name, value in sorted(given.items()):
        if name == "like" and isinstance(value, str):
            fixed.append((name, ""))  # a tensor, which is among those that are read
        elif isinstance(value, str):
            fixed.append((name, value))
        elif not isinstance(value, tuple):
            if step.word in MERGING:
                fixed.append((name, value))
            else:
                args[name,] = value
        elif name in _pairs(step.word) and len(value) == 2 and not any(isinstance(item, str) for item in value):
            args[name,] = value
        else:
            fixed.append((name, tuple([item if isinstance(item, str) else None for item in value])))
            args.update({(name, place): item for place, item in enumerate(value) if not isinstance(item, str)})
    names = tuple(dict.fromkeys(str(key[0]) for key in args))
    if step.word not in MERGING and len(step.results) == 1 and len(step.sources) == 1:
        args[REPEAT] = 1
    head = ("layer", step.word, step.written, len(step.results), tuple(fixed), names)
    return Entry(head, args, reads_of(step), step.results, position, position + 1, hint or step.word)


def slots_of(entries: Sequence[Entry], inputs: Sequence[str]) -> Body:
    """Return entries that follow each other as the slots of a list into which some tensors enter."""
    refs: dict[str, Ref] = {tensor: (-1 - place, 0) for place, tensor in enumerate(inputs)}
    slots = []
    for number, entry in enumerate(entries):
        reads = tuple([refs[tensor] for tensor in entry.reads])
        slots.append(Slot(entry.head, tuple(entry.args), reads, len(entry.writes), entry.hint, entry.body))
        refs.update({tensor: (number, place) for place, tensor in enumerate(entry.writes)})
    return tuple(slots)


def group(entries: Sequence[Entry], repeat: int, last: Entry) -> Entry:
    """Return entries that follow each other as one; `last` is the one that writes what the group hands on."""
    enter = entries[0].reads[:1]
    body = slots_of(entries, enter)
    args = {(number, *key): value for number, entry in enumerate(entries) for key, value in entry.args.items()}
    head = ("group", tuple([(slot.head, slot.keys, slot.reads) for slot in body]))
    return Entry(head, {**args, REPEAT: repeat}, enter, last.writes, entries[0].first, last.stop, last.hint, body)
