"""What is wrong with a network, as far as it is built: each fault once, and none that follows from another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, NoReturn

from flopcalc.errors import FlopcalcError, Place, Problem, ShapeError
from flopcalc.layers import Shape

__all__ = ["MOST_FAULTS", "SURE", "UNKNOWN", "Doubt", "Faults", "Stop"]

MOST_FAULTS = 50
"""How many faults are gathered before they are reported."""


class Doubt(NamedTuple):
    """Whether the channels and the sides of a tensor are a guess, behind an entry that is wrong."""

    channels: bool
    sides: bool


SURE = Doubt(channels=False, sides=False)
UNKNOWN = Doubt(channels=True, sides=True)


class Reached(Exception):
    """The part of a block after which nothing of it is wanted has been built: the tensor that it writes."""

    def __init__(self, trail: object, tensor: int) -> None:
        self.trail = trail
        self.tensor = tensor


class Stop(Exception):
    """An entry cannot be built, and why has been kept.

    Those after it are looked at all the same, on a tensor of which the shape is a guess: `doubt` tells whether its
    channels and its sides are.
    """

    def __init__(self, shape: Shape | None = None, doubt: Doubt = UNKNOWN) -> None:
        super().__init__()
        self.shape = shape
        self.doubt = doubt


class Faults:
    """The faults that are found on the way, and which tensors are in doubt since.

    Parameters
    ----------
    hasty : bool
        Stop at the first fault: nothing after it is looked at.

    Attributes
    ----------
    problems : list of Problem
    kinds : set of type
        The classes of error that they are.
    halted : bool
        Whether there is too much of something, faults included: nothing more is kept.
    attempts : int
        How many trials are under way, of which a fault is no fault yet.
    doubts : dict of int to Doubt
        By tensor.
    doubt : Doubt
        That of what the layer at hand reads.
    """

    __slots__ = ("attempts", "doubt", "doubts", "halted", "hasty", "kinds", "problems")

    def __init__(self, *, hasty: bool = False) -> None:
        self.hasty = hasty
        self.problems: list[Problem] = []
        self.kinds: set[type[FlopcalcError]] = set()
        self.halted = False
        self.attempts = 0
        self.doubts: dict[int, Doubt] = {}
        self.doubt = SURE

    def fail(self, what: str, place: Place | None, expected: str = "", hint: str = "") -> Stop:
        """Keep a fault of shapes; return what may be raised for it."""
        self.note(Problem(what, place, expected, hint), ShapeError)
        return Stop()

    def note(self, problem: Problem, kind: type[FlopcalcError]) -> None:
        """Keep a problem, where none stands at its place yet."""
        if not self.halted and not any(problem.place == known.place for known in self.problems):
            self.problems.append(problem)
            self.kinds.add(kind)
            self.halted = self.halted or len(self.problems) >= MOST_FAULTS

    def halt(self, what: str, place: Place | None, expected: str = "", hint: str = "") -> NoReturn:
        """Stop for good: there is too much of something."""
        self.fail(what, place, expected, hint)
        self.halted = True
        raise Stop

    def keep(self, error: Stop | FlopcalcError, tensors: Iterable[int]) -> Stop:
        """Keep what an entry on some tensors raised; return what the entries after it are looked at with.

        Faults of entries whose input is in doubt are not kept: they may follow from the fault before.
        """
        if isinstance(error, Stop):
            return error
        if not any(any(self.doubts.get(tensor, SURE)) for tensor in tensors):
            for problem in error.problems:
                self.note(problem, type(error))
            if self.halted:
                raise Stop
        return Stop()

    def doubt_of(self, tensors: Iterable[int]) -> Doubt:
        """Tell whether the channels and the sides of any of these tensors are in doubt."""
        found = [self.doubts[tensor] for tensor in tensors if tensor in self.doubts]
        return Doubt(any(doubt.channels for doubt in found), any(doubt.sides for doubt in found))
