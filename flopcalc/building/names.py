"""Names in a network: the parts of layers' paths, and what a label or a path of names reaches."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flopcalc.building.faults import Faults
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Place, shorten, suggest
from flopcalc.expression import Scope
from flopcalc.number import as_text
from flopcalc.spec.model import Entry, Listing, NameTemplate

__all__ = ["Named", "Trail", "filled", "named", "part_of", "source"]


@dataclass(slots=True)
class Named:
    """What a ``name`` reaches: a tensor, and the names inside."""

    tensor: int
    names: dict[str, Named]
    nodes: range = range(0)
    """Which nodes stand in it, in the order in which they were placed."""


@dataclass(slots=True)
class Trail:
    """Where in the layers' paths a build is."""

    prefix: str = ""
    unit: str = ""
    stage: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    names: dict[str, Named] = field(default_factory=dict)
    outer: Trail | None = None
    """That of the list around a named entry, whose names are seen inside; a block's begins anew."""

    def find(self, name: str) -> Named | None:
        """Return what a name reaches, the innermost first."""
        trail: Trail | None = self
        while trail is not None:
            if name in trail.names:
                return trail.names[name]
            trail = trail.outer
        return None

    def keep(self, listing: Listing, labels: Mapping[str, int]) -> None:
        """Let the labels that a list set be reached from outside, where no name is the same."""
        for entry in listing.entries:
            for label in (entry.modifiers.label, *entry.modifiers.labels):
                if label is not None and label in labels:
                    self.names.setdefault(label, Named(labels[label], {}))

    def number(self, part: str) -> int:
        """Return how many entries of this list have had a part of the path, this one included."""
        number = self.counts[part] = self.counts.get(part, 0) + 1
        return number


def filled(faults: Faults, label: str | NameTemplate, scope: Scope) -> str:
    """Return a label, the expressions in it with their values."""
    return label if isinstance(label, str) else _filled(faults, label, scope, dotted=True)


def source(faults: Faults, label: str, labels: Mapping[str, int], trail: Trail, place: Place | None) -> int:
    """Return the tensor of a label, or of a path of names."""
    if label in labels:
        return labels[label]
    return named(faults, label, labels, trail, place).tensor


def named(faults: Faults, label: str, labels: Mapping[str, int], trail: Trail, place: Place | None) -> Named:
    """Return what a path of names reaches."""
    first, *rest = label.split(".")
    found, names = trail.find(first), trail.names
    for part in rest:
        if found is not None:
            first, names = part, found.names
            found = names.get(part)
    if found is None:
        raise faults.fail(
            f"nothing before this is named `{shorten(label)}`",
            place,
            "a label, or the `name` of an entry that stands before: " + (", ".join([*labels, *trail.names][:10])),
            suggest(first, names),
        )
    return found


def part_of(faults: Faults, entry: Entry, scope: Scope, trail: Trail, *, several: bool) -> str:
    """Return the entry's part of the path; empty for a group without a name.

    `several` tells whether the repeat around it has several turns, which number the names that are the same.
    """
    part, numbered, name = entry.part, entry.numbered, entry.modifiers.name
    if name is not None:
        part = _filled(faults, name, scope)
        if len(name.parts) > 1 and entry.modifiers.repeat is not None and several:
            numbered = not any(not isinstance(piece, str) and "i" in piece.names for piece in name.parts)
    if not part:
        return ""
    if numbered:
        number = trail.number(part)
        return f"{part}_{number}" if part[-1].isdigit() else f"{part}{number}"
    if name is not None:
        if trail.counts.get(part):
            raise faults.fail(
                f"the name `{shorten(part)}` stands twice", name.place, "names that differ", "name: stage{n}"
            )
        trail.counts[part] = 1
    return part


def _filled(faults: Faults, name: NameTemplate, scope: Scope, *, dotted: bool = False) -> str:
    """Return a name with the values of its expressions."""
    pieces = [piece if isinstance(piece, str) else as_text(piece.evaluate(scope)) for piece in name.parts]
    part = "".join(pieces)
    if len(pieces) > 1 and not re.fullmatch(r"[\w.]{1,64}" if dotted else r"\w{1,64}", part):
        raise faults.fail(f"the name is `{shorten(part)}`", name.place, "letters, digits and _, at most 64")
    return part
