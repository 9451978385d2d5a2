"""The network that is nearest to a budget: beyond it all are proven to miss by more, and the rest is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.errors import ParameterError, Problem, UndecidedError
from flopcalc.number import normal
from flopcalc.solving.cells import Line, Piece
from flopcalc.solving.path import Course
from flopcalc.solving.result import Budget, Found
from flopcalc.solving.search import MOST_NETWORKS, Endless, line_of, network_of, one_network, rises, top_of
from flopcalc.sweeps.tracing import Setting

__all__ = ["Nearest", "nearest"]


@dataclass(frozen=True)
class Nearest:
    """The network whose metric misses a budget by least; of equals the one within it, and of these the greatest value.

    Attributes
    ----------
    network : Found
    other : Found, optional
        On the other side of the budget, the network that misses by least.
    assumed : str
        What was taken for granted; empty where everything is proven.
    proven_from : Fraction, optional
        From here on every network is proven to miss by more; between, each was computed.
    rises : bool
        The metric is proven never to fall as the unknown grows, so that nothing further below was computed.
    networks : int
        How many different spans were computed.
    """

    network: Found
    other: Found | None = None
    assumed: str = ""
    proven_from: Fraction | None = None
    rises: bool = False
    networks: int = 0


def nearest(
    setting: Setting,
    unknown: str,
    courses: Mapping[str, Course],
    metric: str,
    amount: Fraction,
    options: Mapping[str, Any],
) -> Nearest:
    """Return the network whose metric misses an amount by least.

    Raises
    ------
    ParameterError
        Where the unknown does not change the metric, or nothing can be built.
    UndecidedError
        Where the steps cannot be followed exactly, or nothing tells where the search may end.

    Examples
    --------
    >>> from flopcalc.solving import setting_of
    >>> from flopcalc.solving.path import path_of
    >>> setting, _ = setting_of("mobilenet_v1", "paper", None, {})
    >>> unknown, courses = path_of(setting.spec, ["alpha"], None, {})
    >>> found = nearest(setting, unknown, courses, "flops", Fraction(149_000_000), {})
    >>> str(found.network.value), found.network.totals["flops"]
    ('499/1000', 148872808)
    """
    line = line_of(setting, courses)
    start, _, _ = _top(line, unknown, metric, amount)
    grows = line.whole and rises(line, [metric])
    pieces = list(_down(line, start, metric, amount if grows else None))
    miss = min((abs(_cost(piece, metric) - amount) for piece in pieces if piece.totals is not None), default=None)
    if miss is None:
        raise pieces[-1].error or ParameterError(Problem(f"no value of {unknown} makes a network"))
    top, assumed, proven = _top(line, unknown, metric, amount + miss)
    if top > start:
        pieces = [*_until(line.down(top), start), *pieces]
    misses = [
        (abs(_cost(piece, metric) - amount), _sign(piece, metric, amount), n)
        for n, piece in enumerate(pieces)
        if piece.totals is not None
    ]
    _, side, best = min(misses)
    across = [item for item in misses if side and item[1] == -side]

    def found(chosen: int) -> Found:
        span, _ = one_network(line, pieces, chosen, courses, options)
        return network_of(line, unknown, courses, (pieces[chosen], span), options)[0]

    return Nearest(
        found(best),
        found(min(across)[2]) if across else None,
        assumed + (" by more" if assumed.endswith("budget") else ""),
        proven,
        grows,
        len(pieces),
    )


def _cost(piece: Piece, metric: str) -> Fraction:
    assert piece.totals is not None
    return Fraction(piece.totals[metric])


def _sign(piece: Piece, metric: str, amount: Fraction) -> int:
    cost = _cost(piece, metric)
    return (cost > amount) - (cost < amount)


def _top(line: Line, unknown: str, metric: str, amount: Fraction) -> tuple[Fraction, str, Fraction | None]:
    try:
        return top_of(line, unknown, [Budget(metric, "<=", normal(amount))])
    except Endless as error:
        raise UndecidedError(
            *(replace(problem, what=f"the nearest is undecided, for {problem.what}") for problem in error.problems)
        ) from None


def _down(line: Line, start: Fraction, metric: str, amount: Fraction | None) -> Iterator[Piece]:
    """Yield the pieces from `start` on downwards; with an amount, until they are below it and further away than one."""
    miss: Fraction | None = None
    for count, piece in enumerate(line.down(start)):
        if count > MOST_NETWORKS:
            raise UndecidedError(Problem(f"more than {MOST_NETWORKS:,} networks would have to be computed"))
        yield piece
        if amount is not None and piece.totals is not None:
            away = _cost(piece, metric) - amount
            if miss is not None and away < 0 and -away > miss:
                return
            miss = abs(away) if miss is None else min(miss, abs(away))


def _until(pieces: Iterator[Piece], start: Fraction) -> Iterator[Piece]:
    """Yield the pieces above the one that a value lies in."""
    for piece in pieces:
        if piece.span.holds(start) or (piece.span.high is not None and piece.span.high.near < start):
            return
        yield piece
