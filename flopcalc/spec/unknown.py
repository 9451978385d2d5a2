"""Which layers of a spec may have a cost that is not known, as its file says, whatever the parameters are."""

from __future__ import annotations

from collections.abc import Iterator

from flopcalc.spec.model import LayerEntry, Listing, Spec, bodies

__all__ = ["unknown_layers"]


def unknown_layers(spec: Spec) -> tuple[str, ...]:
    """Return what the layers are called whose cost may be unknown, those that are assumed free left out.

    A layer that `when` leaves out is among them: where many networks are counted, some may have it.

    Examples
    --------
    >>> from flopcalc.spec import load
    >>> unknown_layers(load("mobilenet_v1"))
    ()
    """
    found = dict.fromkeys(title for entry in _entries(spec.layers, set()) for title in _title(entry))
    return tuple(title for title in found if not spec.reading.frees(title))


def _entries(listing: Listing, seen: set[int]) -> Iterator[LayerEntry]:
    """Yield the layers of a list and of the blocks in it, each block's once."""
    if id(listing) in seen:
        return
    seen.add(id(listing))
    for entry in listing.entries:
        if isinstance(entry, LayerEntry):
            yield entry
        for body in bodies(entry):
            yield from _entries(body, seen)


def _title(entry: LayerEntry) -> Iterator[str]:
    """Yield what a layer is called if its cost may be unknown."""
    given = dict(entry.attributes)
    says = given.get(entry.primitive.layer.unknown_by)
    if says is not None and says.text != "said":
        yield given["title"].text if "title" in given else entry.word
