"""What the difference of two networks comes to: the layers that are not the same, and in what."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.number import Number, Value
from flopcalc.report import Report, Row
from flopcalc.shown import Shown

__all__ = ["FOLLOWING", "Change", "Difference", "Pair", "Record"]

FOLLOWING = ("output", "params", "madds")
"""What may differ in a layer because of what it reads, though the layer is the same."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something in which two layers differ.

    Attributes
    ----------
    name : str
        An attribute; one of :data:`FOLLOWING`; ``kind``; ``reads``, for what they read.
    first, second : Value
    """

    name: str
    first: Value
    second: Value


@dataclass(frozen=True, slots=True)
class Record:
    """A difference: two layers that are aligned and not the same, or a layer that only one network has.

    Attributes
    ----------
    first, second : Row, optional
        The layer of each network; None of both where the networks' inputs or outputs differ.
    changes : tuple of Change
        In what they differ; none where there is one layer alone.
    """

    first: Row | None
    second: Row | None
    changes: tuple[Change, ...] = ()

    @property
    def follows(self) -> bool:
        """Whether the layers are the same, and differ in shape or cost alone because of what they read."""
        both = self.first is not None and self.second is not None
        return both and all(change.name in FOLLOWING for change in self.changes)

    @property
    def where(self) -> str:
        """The path of the layer, in the first network that has it; "" for the networks' inputs and outputs."""
        row = self.first or self.second
        return "" if row is None else row.path


@dataclass(frozen=True, slots=True)
class Pair:
    """Two layers that are aligned.

    Attributes
    ----------
    first, second : Row
    otherwise : bool
        Whether they are the same, and written otherwise, as a linear layer and a convolution of one position.
    """

    first: Row
    second: Row
    otherwise: bool


@dataclass(frozen=True, repr=False)
class Difference(Shown):
    """Two networks, layer by layer.

    Attributes
    ----------
    names : (str, str)
        What tells them from each other: their names, with values of their own.
    reports : (Report, Report)
    pairs : tuple of Pair
        The layers that are aligned, in the order of the first network.
    records : tuple of Record
        What differs, in that order too.
    left_out : (int, int)
        How many layers of each cost nothing and were not compared.
    every : bool
        Whether all that differs is shown, what follows from other differences too.

    Examples
    --------
    >>> from flopcalc import diff
    >>> found = diff("resnet18", "resnet18:classes=10")
    >>> found.same, [(record.where, record.changes[0].name) for record in found.records]
    (False, [('linear', 'out')])
    """

    shown_as: ClassVar[str] = "difference"

    names: tuple[str, str]
    reports: tuple[Report, Report]
    pairs: tuple[Pair, ...]
    records: tuple[Record, ...]
    left_out: tuple[int, int] = (0, 0)
    every: bool = False

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.records

    @property
    def own(self) -> tuple[Record, ...]:
        """The differences that do not follow from others."""
        return tuple(record for record in self.records if not record.follows)

    @property
    def following(self) -> tuple[Record, ...]:
        """The layers that are the same and differ in shape or cost, because of what they read."""
        return tuple(record for record in self.records if record.follows)

    def totals(self, metric: str) -> tuple[Number, Number]:
        """Return a metric of both networks."""
        first, second = self.reports
        return first.measure(metric), second.measure(metric)
