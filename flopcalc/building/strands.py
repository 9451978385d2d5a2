"""What branches bring together: the ends of their paths, of which one may stand for all the turns of a repeat."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from flopcalc.dataclass import dataclass
from flopcalc.graph import Turn
from flopcalc.layers import Shape, volume
from flopcalc.number import Number, expanded, product, total

__all__ = ["Strand", "divided", "read_again"]


@dataclass(frozen=True, slots=True)
class Strand:
    """The end of a path of branches; for a repeated path with a symbolic count, of all its turns."""

    tensor: int
    shape: Shape
    turn: Turn | None = None
    same: bool = False
    """Whether it is one and the same tensor in every turn."""

    @property
    def count(self) -> Number:
        """How many tensors it stands for."""
        return 1 if self.turn is None else self.turn.count

    def channels(self) -> Number:
        """Return the channels of all the turns together."""
        if self.turn is None:
            return self.shape[0]
        return self.turn.sum(self.shape[0])


def divided(strands: Iterable[Strand], first: int) -> tuple[list[Strand], list[Strand]]:
    """Part strands before path `first`, counting every turn of a repeated path as one."""
    before: list[Strand] = []
    after = list(strands)
    while first and after:
        strand = after.pop(0)
        taken = 1
        if strand.turn is not None:
            taken = min(first, strand.count) if type(strand.count) is int else first
            index, begin, last = strand.turn.index, strand.turn.first, strand.turn.last
            if taken != strand.count:
                after.insert(0, Strand(strand.tensor, strand.shape, Turn(index, expanded(begin + taken), last)))
            strand = Strand(strand.tensor, strand.shape, Turn(index, begin, expanded(begin + taken - 1)))
        before.append(strand)
        first -= taken
    return before, after


def read_again(strands: Iterable[Strand], memory: Sequence[Hashable]) -> Number:
    """Return the elements of tensors that stand more than once among what a layer reads; `memory` is by tensor."""
    seen: set[Hashable] = set()
    again: list[Number] = []
    for strand in strands:
        if strand.turn is not None and not strand.same:
            continue  # in every turn another tensor
        mine = memory[strand.tensor]
        times = strand.count if strand.same else 1
        more = times if mine in seen else times - 1
        if more != 0:
            again.append(product(more, volume(strand.shape)))
        seen.add(mine)
    return total(again)
