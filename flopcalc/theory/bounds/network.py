"""Every convolution's memory access cost beside the least at its FLOPs, kernel and groups, and what they come to.

The bound is that of :mod:`flopcalc.theory.bounds.convolution`, layer by layer. A layer's output is the next one's
input, so a network cannot in general have the best widths of all its layers at once: the sum of the bounds is below
what any choice of widths with the same FLOPs in every layer can cost, and need not be reached.

A linear layer is left out. It is a 1×1 convolution on a 1×1 map, of which the weights are nearly all that is moved:
its widths hardly matter, and its outputs are the classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from flopcalc.analysis import analyze
from flopcalc.dataclass import dataclass
from flopcalc.errors import FlopcalcError, Problem
from flopcalc.number import Number, as_expr, expanded, is_rational, normal, total
from flopcalc.report import Report, Row, share
from flopcalc.shown import Shown
from flopcalc.spec.model import Spec
from flopcalc.theory.bounds.convolution import LeastMac, least_mac_of
from flopcalc.theory.bounds.rivals import Recount, recounted

__all__ = ["Bound", "BoundGroup", "Bounds", "bound", "bounds_of", "largest"]


@dataclass(frozen=True)
class Bounded:
    """A memory access cost beside its bound, in elements.

    Attributes
    ----------
    mac : Number
        What is moved.
    least : Number
        The least: a whole number, rounded up from the bound, where all is known.
    """

    mac: Number
    least: Number

    @property
    def ratio(self) -> Number:
        """`mac` / `least`: 1 where the widths are the best."""
        ratio = share(self.mac, self.least)
        return 1 if ratio is None else ratio

    @property
    def excess(self) -> Number:
        """`mac` − `least`."""
        return expanded(self.mac - self.least)


AnyBounded = TypeVar("AnyBounded", bound=Bounded)


@dataclass(frozen=True)
class Bound(Bounded):
    """One convolution, over all the turns of its repeats.

    Attributes
    ----------
    row : Row
        The layer in its report.
    widths : LeastMac
        One turn of it: its widths, the best ones, and the bound as a formula.
    """

    row: Row
    widths: LeastMac

    @property
    def square(self) -> Number:
        """The excess of one turn as a square, (√(H_i·W_i·c1) − √(H_o·W_o·c2))², above the bound as it is not rounded.

        Examples
        --------
        >>> bound("pointwise_conv").layers[0].square
        H*W*(sqrt(C) - sqrt(O))**2
        """
        if self.widths.equal:
            return 0
        from sympy import factor_terms, sqrt

        read, written = (as_expr(part) for part in (self.widths.read, self.widths.written))
        root = factor_terms(sqrt(read * self.widths.c1) - sqrt(written * self.widths.c2))
        return normal((-root if root.could_extract_minus_sign() else root) ** 2)

    @property
    def condition(self) -> tuple[Number, Number] | None:
        """The relation between the widths at the bound, ``left = right``; None where no values of the symbols reach it.

        Examples
        --------
        >>> bound("group_conv", stride="s").layers[0].condition
        (O, C*s**2)
        """
        if self.widths.equal:
            return None
        from sympy import Mul, Poly, factor_list, fraction, together

        widths = [value for value in (self.widths.c1, self.widths.c2) if not is_rational(value)]
        gap = together(as_expr(self.widths.read * self.widths.c1 - self.widths.written * self.widths.c2))
        relation = Mul(*(factor**power for factor, power in factor_list(fraction(gap)[0])[1] if not factor.is_positive))
        if not relation.free_symbols:
            return None
        names = [name for width in reversed(widths) for name in sorted(width.free_symbols, key=str)]
        for name in names:
            if not relation.is_polynomial(name):
                continue  # it stands in what is rounded
            polynomial = Poly(relation, name)
            if polynomial.degree() == 1:
                slope, rest = polynomial.all_coeffs()
                value = (-rest / slope).cancel()
                if value == self.widths.c1:
                    return value, name
                if not fraction(value)[0].is_Add:
                    return name, normal(value)
        terms = relation.expand().as_ordered_terms()
        left = sum(term for term in terms if not term.could_extract_minus_sign())
        return normal(left), normal(left - relation.expand())


@dataclass(frozen=True)
class BoundGroup(Bounded):
    """Several convolutions under one name, with their costs and their bounds added."""

    name: str
    layers: tuple[Bound, ...]


@dataclass(frozen=True, repr=False)
class Bounds(Shown):
    """The convolutions of a network or a block, each beside its bound.

    Attributes
    ----------
    report : Report
        What the whole of it costs.
    layers : tuple of Bound
        The convolutions, in the order in which they run.
    recount : Recount
        How far the bounds were tried in plain numbers.

    Examples
    --------
    >>> found = bound("vgg16")
    >>> found.total.mac, found.total.least
    (37344064, 35131432)
    """

    shown_as: ClassVar[str] = "bounds"

    report: Report
    layers: tuple[Bound, ...]
    recount: Recount = Recount(0, 0)

    @cached_property
    def total(self) -> BoundGroup:
        """All convolutions together."""
        return _group("total", self.layers)

    @property
    def symbolic(self) -> bool:
        """Whether any figure is a formula."""
        return not all(is_rational(layer.mac) and is_rational(layer.least) for layer in self.layers)

    @property
    def share(self) -> Number | None:
        """The convolutions' part of the whole network's memory access cost, as a fraction of 1."""
        return share(self.total.mac, self.report.totals.mac)

    def by(self, grouping: str) -> tuple[BoundGroup, ...]:
        """Return the convolutions put together by ``layer``, ``block``, ``stage`` or ``kind``, in the report's order.

        Raises
        ------
        UnknownNameError
            For any other word.
        """
        own = {id(layer.row): layer for layer in self.layers}
        groups = (
            (group.name, [own[id(row)] for row in group.layers if id(row) in own]) for group in self.report.by(grouping)
        )
        return tuple(_group(name, members) for name, members in groups if members)


def largest(items: Iterable[AnyBounded], count: int) -> tuple[AnyBounded, ...]:
    """Return the `count` layers or groups with the largest excess, the largest first.

    Raises
    ------
    FlopcalcError
        Where the excesses are formulas.

    Examples
    --------
    >>> [layer.row.path for layer in largest(bound("vgg16").layers, 2)]
    ['conv1.conv1', 'conv2.conv1']
    """
    known = tuple(items)
    if not all(is_rational(item.excess) for item in known):
        raise FlopcalcError(Problem("formulas cannot be ranked", None, "numbers for the symbols", "leave --top out"))
    return tuple(sorted(known, key=lambda item: -item.excess)[:count])


def _group(name: str, layers: Iterable[Bound]) -> BoundGroup:
    members = tuple(layers)
    return BoundGroup(total(layer.mac for layer in members), total(layer.least for layer in members), name, members)


def bound(spec_or_name: Spec | str | Path, **parameters: Any) -> Bounds:
    """Return every convolution's memory access cost beside the least at its FLOPs, kernel and groups.

    Parameters
    ----------
    spec_or_name : Spec, str or Path
        As in :func:`flopcalc.analyze`.
    **parameters
        The spec's parameters, and the other arguments of :func:`flopcalc.analyze`.

    Returns
    -------
    Bounds
        Figures in elements: ``int`` where all is known, sympy expressions where symbols are free.

    Raises
    ------
    FlopcalcError
        As :func:`flopcalc.analyze` does; where there is no convolution, or where the bound of a layer, summed over a
        repeat with a symbolic count, has no closed form.

    Notes
    -----
    Source: Ma et al. 2018, arXiv:1807.11164, section 2, G1 and equation 1, for any kernel, stride and groups.

    Examples
    --------
    >>> found = bound("pointwise_conv", C=64, O=256, H=56, W=56)
    >>> found.total.mac, found.total.least
    (1019904, 819200)
    >>> bound("pointwise_conv").total.least
    2*sqrt(C)*H*sqrt(O)*W + C*O
    """
    return bounds_of(analyze(spec_or_name, **parameters))


def bounds_of(report: Report) -> Bounds:
    """Return :func:`bound` of a report's layers.

    Raises
    ------
    FlopcalcError
        Where there is no convolution, or the bound of a layer, summed over a repeat with a symbolic count, has no
        closed form.
    UndecidedError
        Where a bound fails its recount in plain numbers.
    """
    layers: list[Bound] = []
    for node, row in zip(report.totals.graph.nodes, report.layers, strict=True):
        widths = least_mac_of(node.layer, row.inputs, row.output, node.batch)
        if widths is not None:
            layers.append(Bound(row.mac, node.summed(widths.least), row, widths))
    if not layers:
        raise FlopcalcError(Problem(f"{report.name} has no convolution", None, "a network or a block with one"))
    found = Bounds(report, tuple(layers))
    return replace(found, recount=recounted(report, found.layers, found.total.mac, found.total.least))
