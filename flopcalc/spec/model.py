"""A spec as a value: parameters, definitions, inputs, blocks and entries, checked and frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, Place
from flopcalc.expression import Expression, Scope
from flopcalc.layers import Primitive
from flopcalc.number import Value
from flopcalc.reading import PLAIN, Reading

__all__ = [
    "BlockEntry",
    "BranchPath",
    "BranchesEntry",
    "Data",
    "Definition",
    "Entry",
    "GroupEntry",
    "Input",
    "Item",
    "LayerEntry",
    "Listing",
    "Modifiers",
    "NameTemplate",
    "Parameter",
    "Spec",
    "TableEntry",
    "Variant",
    "bodies",
    "measured",
]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a spec; without a default it is a free symbol."""

    name: str
    place: Place
    default: Expression | None = None
    minimum: Expression | None = None
    maximum: Expression | None = None
    above: Expression | None = None
    choices: tuple[Value, ...] = ()
    help: str = ""
    pair: bool = False
    """Whether it may be a list of two, [height, width], as well as one number for both."""
    whole: bool = False
    """Whether its values are whole numbers, as a resolution, and so is a symbol in its place."""

    @property
    def real(self) -> bool:
        """Whether its symbol is a positive real number (a multiplier) and not a positive whole one."""
        if self.whole:
            return False
        if self.above is not None:
            return True
        for bound in (self.default, self.minimum, self.maximum):
            if bound is not None and bound.constant and ("." in bound.text or "/" in bound.text):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Data:
    """A look-up table or a list in `define`: expressions at the leaves."""

    items: Mapping[Value, Data | Expression] | tuple[Data | Expression, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A derived value, a function (with `parameters`) or data."""

    name: str
    place: Place
    body: Expression | Data
    parameters: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One tensor that enters: its label and the entries of its shape, each a new name or an expression."""

    label: str
    place: Place
    entries: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """A published configuration: values for parameters, by its usual name."""

    name: str
    place: Place
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """An entry's name: text with expressions in braces between, ``stage{n}``."""

    parts: tuple[str | Expression, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Modifiers:
    """What every entry may carry."""

    when: Expression | None = None
    repeat: Expression | None = None
    name: NameTemplate | None = None
    label: str | None = None
    labels: tuple[str, ...] = ()
    """One for each part of a split; `label` is then that of the part that runs on."""
    sources: tuple[str | NameTemplate, ...] = ()
    sources_place: Place | None = None
    written: Expression | None = None
    shares: str | None = None
    shares_place: Place | None = None
    shared: Expression | None = None
    otherwise: Listing | None = None
    """What is built where `when` is false."""
    carry: tuple[str, ...] = ()
    """Labels that every turn of a repeat, or row of a table, sees and sets anew."""
    until: str | None = None
    """The name after which a block ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """What the entries share: where they stand, their modifiers, and their part of the layers' paths."""

    place: Place
    modifiers: Modifiers
    part: str
    """The word that the entry adds to a path; empty for a group without a name."""
    crowd: Mapping[str, int]
    """How many entries of each word may stand side by side there; where several, a number follows the word."""

    @property
    def numbered(self) -> bool:
        """Whether the part of the path is followed by a number."""
        return self.crowd.get(self.part, 0) > 1


@dataclass(frozen=True, slots=True, eq=False)
class LayerEntry(Item):
    """A primitive layer with its attributes."""

    word: str
    primitive: Primitive
    attributes: tuple[tuple[str, Expression], ...]
    likes: tuple[tuple[str, str, Place], ...] = ()
    """Attributes that are the shape of a labelled tensor, by their names."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockEntry(Item):
    """A block with values for its parameters."""

    block: Spec
    attributes: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True, eq=False)
class GroupEntry(Item):
    """Entries under one set of modifiers."""

    body: Listing


@dataclass(frozen=True, slots=True, eq=False)
class TableEntry(Item):
    """A body of entries, built once for every row, with the columns as names."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Expression, ...], ...] | Expression
    row_places: tuple[Place, ...]
    body: Listing


@dataclass(frozen=True, slots=True, eq=False)
class BranchPath:
    """One path of branches, or a repeated one."""

    body: Listing
    place: Place
    flat: bool
    """Whether its layers stand in the path of the branches, being the only path that has layers."""
    repeat: Expression | None = None
    when: Expression | None = None
    """Whether there is the path at all."""


@dataclass(frozen=True, slots=True, eq=False)
class BranchesEntry(Item):
    """Several paths from one tensor, and how their ends are merged."""

    paths: tuple[BranchPath, ...]
    split: tuple[Expression, ...] | str
    merge: str
    first: Expression | None


Entry: TypeAlias = "LayerEntry | BlockEntry | GroupEntry | TableEntry | BranchesEntry"


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """A list of entries."""

    entries: tuple[Entry, ...]
    depth: int = 1
    """How deeply lists stand in it, itself and those of its blocks included."""
    blocks: int = 0
    """How deeply blocks stand in it."""
    least: int = 0
    """How many layers it places at least."""
    labelled: bool = True
    """Whether any of its own entries sets a label."""


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """An architecture or a block, as its file states it.

    Attributes
    ----------
    name, title, source : str
        What it is called, and the paper and table that it was taken from.
    parameters : mapping of str to Parameter
    definitions : mapping of str to Definition
    inputs : tuple of Input
        Empty for a local block that takes any tensor.
    outputs : tuple of str
        Labels beside its last tensor.
    variants : mapping of str to Variant
    written : mapping of str to Expression
        How the reference implementation writes layers, by kind or family; it holds in the blocks that it uses too.
    layers : Listing
    key, enclosing : str
        An identity, and that of the spec whose names a local block sees.
    preset : mapping of str to Value
        The values of the variant by which it was reached.
    reading : Reading
        How its network is read: of the spec that is analysed, not of those that it uses.
    """

    name: str
    place: Place
    key: str
    title: str = ""
    source: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    outputs: tuple[str, ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=dict)
    blocks: Mapping[str, Spec] = field(default_factory=dict)
    written: Mapping[str, Expression] = field(default_factory=dict)
    layers: Listing = field(default_factory=lambda: Listing(()))
    enclosing: str = ""
    path: Path | None = None
    text: str = field(default="", repr=False)
    variant: str = ""
    preset: Mapping[str, Value] = field(default_factory=dict)
    running: tuple[str, ...] = ("channels", "height", "width")
    """Which of these names are not taken by its own, and so mean the running tensor."""
    hiding: Mapping[str, Place] = field(default_factory=dict)
    """Which of them its file declares and reads where the running tensor's could be meant, and where it first does."""
    reading: Reading = PLAIN
    notes: tuple[str, ...] = ()
    """What a user is told of how it was read, of a spec that is a model from elsewhere."""
    reread: Callable[[Mapping[str, object]], Spec | None] | None = field(default=None, repr=False)
    """Of such a spec, what reads the model at other shapes of its inputs; None of it where these are its own."""
    refused: FlopcalcError | None = field(default=None, repr=False)
    """Of such a spec, why the model cannot be read at the size that was taken for it: it needs shapes of its inputs."""

    def as_variant(self, name: str) -> Spec:
        """Return the spec with the values of one of its variants."""
        return replace(self, variant=name, preset=self.variants[name].values)

    def at(self, shapes: Mapping[str, object]) -> Spec:
        """Return the spec for these shapes of its inputs: a model from elsewhere is read again at another size."""
        again = self.reread(shapes) if self.reread is not None and shapes else None
        return self if again is None else again.read_as(self.reading)

    def read_as(self, reading: Reading) -> Spec:
        """Return the spec whose network is read so."""
        return self if reading == self.reading else replace(self, reading=reading)

    @property
    def called(self) -> str:
        """The name by which a user reaches it: its variant's, or its own."""
        return self.variant or self.name

    def free_names(self) -> Iterator[str]:
        """Yield the names that its inputs bind: free parameters when it is analysed alone."""
        for entry in self.inputs:
            for item in entry.entries:
                if isinstance(item, str):
                    yield item

    @property
    def known(self) -> dict[str, Parameter | None]:
        """Every parameter by its name; None for those that its inputs bind and that it does not declare."""
        return {**dict.fromkeys(self.free_names()), **self.parameters}


_LARGEST_COUNT = 10**18
_EMPTY = Scope({})


def bodies(entry: Entry) -> tuple[Listing, ...]:
    """Return the lists in an entry, a block's among them, and last what is built instead of it."""
    otherwise = entry.modifiers.otherwise
    return (*_own(entry), *(() if otherwise is None else (otherwise,)))


def _own(entry: Entry) -> tuple[Listing, ...]:
    if isinstance(entry, BlockEntry):
        return (entry.block.layers,)
    if isinstance(entry, BranchesEntry):
        return tuple(path.body for path in entry.paths)
    return () if isinstance(entry, LayerEntry) else (entry.body,)


def _turns(repeat: Expression | None) -> int:
    """Return how often a repeat takes place at least, as far as that is written down."""
    value = 1 if repeat is None else repeat.run(_EMPTY) if repeat.constant else 0
    return min(value, _LARGEST_COUNT) if type(value) is int and value > 0 else 0


def measured(entries: tuple[Entry, ...]) -> Listing:
    """Return a list of entries with its depth, and with the layers that it is sure to place."""
    depth = blocks = least = 0
    for entry in entries:
        placed = 0
        if isinstance(entry, LayerEntry):
            placed = 1 if entry.primitive.sure else 0
        elif isinstance(entry, BranchesEntry):
            placed = sum(path.body.least * _turns(path.repeat) for path in entry.paths if path.when is None)
        elif isinstance(entry, TableEntry):
            placed = entry.body.least * (0 if isinstance(entry.rows, Expression) else len(entry.rows))
        else:
            placed = 0 if entry.modifiers.until else bodies(entry)[0].least
        when = entry.modifiers.when
        if when is None or (when.constant and when.run(_EMPTY) is True):
            least = min(least + placed * _turns(entry.modifiers.repeat), _LARGEST_COUNT)
        for body in bodies(entry):
            depth = max(depth, body.depth)
            blocks = max(blocks, body.blocks + isinstance(entry, BlockEntry))
    labelled = any(entry.modifiers.label or entry.modifiers.carry for entry in entries)
    return Listing(entries, depth + 1, blocks, least, labelled)
