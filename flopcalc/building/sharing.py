"""Layers that use the learned parameters of others: held to have the same ones, which are not counted again."""

from __future__ import annotations

from dataclasses import replace

from flopcalc.building.names import Named, named
from flopcalc.building.site import Here, Site
from flopcalc.cost import Cost
from flopcalc.errors import Place, shorten
from flopcalc.expression import Expression, Scope
from flopcalc.graph import Node
from flopcalc.layers import Shape
from flopcalc.number import Number, Value, as_text, expanded, product
from flopcalc.spec.model import Modifiers

__all__ = ["Lender", "owner_of", "share", "shared"]

_MOVES = ("stride", "padding", "dilation", "output_padding", "axis")
"""What of a layer's attributes says where its parameters are put to use, and not which they are."""


def shared(site: Site, expression: Expression | None, scope: Scope) -> bool:
    """Tell whether the turns of a repeat use the same parameters."""
    if expression is None:
        return False
    value = expression.evaluate(scope)
    if not isinstance(value, bool):
        raise site.faults.fail(f"`shared` is {shorten(as_text(value))}", expression.place, "true or false")
    return value


def owner_of(site: Site, shares: str, modifiers: Modifiers, here: Here) -> Named:
    """Return the entry whose learned parameters another one uses, by the name that stands there."""
    _, labels, trail = here
    place = modifiers.shares_place
    known = trail.find(shares.partition(".")[0]) is not None
    owner = named(site.faults, shares, labels, trail, place) if known else None
    if owner is None or not owner.nodes:
        raise site.faults.fail(
            f"`{shorten(shares)}` is no layer or block before this",
            place,
            "the `name` of an entry that stands before",
            f"`name: {shares}` beside it; a label names a tensor" if shares in labels else "",
        )
    return owner


class Lender:
    """The turns of a repeat, of which the first learns the parameters that the others use.

    Parameters
    ----------
    shares : bool
        Whether they do.
    place : Place, optional
        Where that is said.
    """

    __slots__ = ("learned", "place", "shares")

    def __init__(self, shares: bool, place: Place | None) -> None:
        self.shares = shares
        self.place = place
        self.learned: range | None = None

    def took(self, site: Site, begin: int) -> None:
        """Let the nodes that a turn placed, from `begin` on, use the first turn's parameters."""
        placed = range(begin, len(site.draft.nodes))
        if self.shares and self.learned is not None:
            share(site, self.learned, placed, self.place)
        self.learned = self.learned or placed


def share(site: Site, owner: range, user: range, place: Place | None) -> None:
    """Let the nodes of an entry use the learned parameters of another's, kind by kind and shape by shape."""
    nodes = site.draft.nodes
    theirs = [number for number in owner if _learned(nodes[number]).params != 0]
    ours = [number for number in user if _learned(nodes[number]).params != 0]
    site.spend(2 + len(owner) + 4 * len(user), place)
    for number, other in zip(ours, theirs, strict=False):
        node, learned = nodes[number], nodes[other]
        unlike = _unlike(site, node, learned)
        tied = unlike is not None and _tied(site, node, learned)
        if unlike is not None and not tied:
            mine, wanted = unlike
            raise site.faults.fail(
                f"{node.path} cannot share the parameters of {learned.path}: it has {mine}",
                place,
                f"{wanted}, as {learned.path} has in {learned.place}",
                "shared layers are of one kind, with the same channels, kernels, groups and biases; weights alone are "
                "tied where one matrix, or its transpose, serves both",
            )
        free = _without_weights if tied else _unburdened
        nodes[number] = replace(
            node,
            cost=free(node.cost),
            each=None if node.each is None else free(node.each),
            shares=learned.shares or learned.path,
            alone=_learned(node),
        )
    if len(ours) != len(theirs):
        raise site.faults.fail(
            f"{len(ours)} layer{'s' * (len(ours) != 1)} with parameters cannot share those of {len(theirs)}",
            place,
            "as many layers as there are where the parameters are learned",
        )


def _learned(node: Node) -> Cost:
    """Return a node's cost for a single turn, with the parameters that it uses."""
    return node.alone or node.each or node.cost


def _unlike(site: Site, node: Node, learned: Node) -> tuple[str, str] | None:
    """Return what each of two layers has where their parameters cannot be the same; None where they can."""
    mine, theirs = (_parameters(site, each) for each in (node, learned))
    for name in dict.fromkeys([*theirs, *mine]):
        one, other = mine.get(name, False), theirs.get(name, False)
        if one != other and not (
            not isinstance(one, str) and not isinstance(other, str) and site.arithmetic.equal(one, other)
        ):
            return f"{name} {_said(one)}", f"{name} {_said(other)}"
    return None


def _tied(site: Site, node: Node, learned: Node) -> bool:
    """Tell whether one matrix of weights, or its transpose, serves two layers; biases are each one's own."""
    mine, theirs = (
        each.layer.matrix(tuple([site.draft.shapes[tensor] for tensor in each.inputs])) for each in (node, learned)
    )
    if not mine or len(mine) != len(theirs) or any(not _matrix_alone(_learned(each)) for each in (node, learned)):
        return False
    if all(map(_same, (mine[1], mine[0], *mine[2:]), theirs)) and not all(map(_same, mine, theirs)):
        return True
    return node.layer.reported_kind != learned.layer.reported_kind and all(map(_same, mine, theirs))


def _matrix_alone(cost: Cost) -> bool:
    return _same(cost.params, cost.weights + cost.biases)


def _same(one: Number, other: Number) -> bool:
    """Tell whether two sizes are surely the same."""
    return one == other or bool(expanded(one - other) == 0)


def _without_weights(cost: Cost) -> Cost:
    """Return a cost without weights, which another layer counts; they are read all the same."""
    return replace(cost, params=cost.params - cost.weights, weights=0)


def _parameters(site: Site, node: Node) -> dict[str, Value]:
    """Return what the shapes of a layer's learned parameters depend on, in words."""
    read, written = site.draft.shapes[node.inputs[0]], site.draft.shapes[node.output]
    values = node.layer.values()
    axis = values.get("axis", 0)
    given = {name: value for name, value in values.items() if name not in _MOVES}
    return {
        "kind": node.layer.reported_kind,
        "input channels": _along(read, axis),
        "output channels": _along(written, axis),
        **given,
        "parameters": _learned(node).params,
    }


def _along(shape: Shape, axis: Value) -> Number:
    """Return the elements along the axis, or axes, of a layer that says which."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    return product(*(shape[each] for each in axes if isinstance(each, int)))


def _unburdened(cost: Cost) -> Cost:
    """Return a cost without learned parameters, which another layer counts; they are read all the same."""
    return replace(cost, params=0, weights=0, biases=0)


def _said(value: Value) -> str:
    if isinstance(value, tuple):
        return "×".join(as_text(part) for part in value)
    return "none" if value is False else as_text(value)
