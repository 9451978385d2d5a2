"""Lists of entries, and each entry in them: a layer, a block, a group, a table or branches, once or repeated."""

from __future__ import annotations

from functools import partial
from typing import Any, NoReturn

from flopcalc.building.branches import build_branches
from flopcalc.building.faults import Reached, Stop
from flopcalc.building.inputs import check_inputs, enter_block
from flopcalc.building.names import Named, Trail, filled, part_of, source
from flopcalc.building.placing import build_layer, build_parts, forms_of
from flopcalc.building.repeats import build_repeat
from flopcalc.building.scopes import check_parameters, define, settle
from flopcalc.building.sharing import owner_of, share
from flopcalc.building.site import Here, Site
from flopcalc.errors import FlopcalcError, listed, shorten, suggest
from flopcalc.expression import Expression, Scope
from flopcalc.number import Value, as_text
from flopcalc.spec.model import BlockEntry, Entry, GroupEntry, LayerEntry, Listing, TableEntry

__all__ = ["build_listing"]


def build_listing(site: Site, listing: Listing, here: Here, tensor: int) -> int:
    """Build a list of entries from `tensor` on; return the tensor at its end."""
    if listing.entries:
        site.spend(2 + 2 * len(listing.entries), listing.entries[0].place)
    labels = here.labels
    for entry in listing.entries:
        modifiers = entry.modifiers
        tensors = [tensor]
        try:
            if modifiers.when is not None and not _wanted(site, modifiers.when, here, tensor):
                passing = _passing(site, entry, here, tensor)
                if modifiers.otherwise is not None:
                    inner = here._replace(labels=site.inner_labels(labels, modifiers.otherwise))
                    tensor = passing = build_listing(site, modifiers.otherwise, inner, passing)
                for label in (modifiers.label, *modifiers.labels):
                    if label:
                        labels[label] = passing
                continue
            if modifiers.sources:
                tensors = _read(site, entry, here)
            if modifiers.repeat is None:
                tensor = _build(site, entry, here, tensors)
            else:
                turn = partial(_build, site, entry, here)
                tensor = build_repeat(site, entry, modifiers.repeat, here, tensors, turn)
            if modifiers.name is not None or modifiers.label:
                _end_at(site, here, tensor, modifiers.label)
        except (Stop, FlopcalcError) as error:
            tensor = _go_on(site, error, tensors)
        if modifiers.label:
            labels[modifiers.label] = tensor
    return tensor


def _wanted(site: Site, when: Expression, here: Here, tensor: int) -> bool:
    """Tell whether an entry's condition holds."""
    site.focus(tensor)
    wanted = when.evaluate(here.scope)
    if not isinstance(wanted, bool):
        raise site.faults.fail(f"`when` is {shorten(as_text(wanted))}", when.place, "true or false")
    return wanted


def _passing(site: Site, entry: Entry, here: Here, tensor: int) -> int:
    """Return the tensor that the label of an entry which is left out stands for."""
    modifiers = entry.modifiers
    return tensor if len(modifiers.sources) != 1 else _read(site, entry, here)[0]


def _read(site: Site, entry: Entry, here: Here) -> list[int]:
    """Return the tensors that an entry reads by their labels."""
    sources, place = entry.modifiers.sources, entry.modifiers.sources_place
    site.spend(len(sources), place)
    labels = [filled(site.faults, label, here.scope) for label in sources]
    return [source(site.faults, label, here.labels, here.trail, place) for label in labels]


def _go_on(site: Site, error: Stop | FlopcalcError, tensors: list[int]) -> int:
    """Keep what is wrong with an entry, and return the tensor from which the entries after it are looked at."""
    faults = site.faults
    if faults.hasty or faults.attempts or faults.halted or site.arithmetic.steps < 0:
        raise error
    stop = faults.keep(error, tensors)
    site.spend(50, None)
    output = site.draft.tensor(stop.shape or site.draft.shapes[tensors[0]])
    faults.doubts[output] = stop.doubt
    site.draft.use(output)
    return output


def _build(site: Site, entry: Entry, here: Here, tensors: list[int]) -> int:
    """Build an entry once; where it shares the learned parameters of another one, they are not counted again."""
    shares = entry.modifiers.shares
    if shares is None:
        return _build_kind(site, entry, here, tensors)
    owner = owner_of(site, shares, entry.modifiers, here)
    begin = len(site.draft.nodes)
    result = _build_kind(site, entry, here, tensors)
    share(site, owner.nodes, range(begin, len(site.draft.nodes)), entry.modifiers.shares_place)
    return result


def _build_kind(site: Site, entry: Entry, here: Here, tensors: list[int]) -> int:
    """Build an entry by its kind."""
    site.focus(tensors[0])
    if isinstance(entry, LayerEntry):
        parts = entry.modifiers.labels
        return build_parts(site, entry, here, tensors, parts) if parts else build_layer(site, entry, here, tensors)
    if isinstance(entry, BlockEntry):
        return _block(site, entry, here, tensors)
    begin = len(site.draft.nodes)
    if len(tensors) > 1:
        what = "only a layer or a block reads several tensors"
        raise site.faults.fail(what, entry.place, "one label in `from`")
    scope, labels, trail = here
    part = part_of(site.faults, entry, scope, trail, several=site.turns.several)
    inner = trail
    if part:
        inner = Trail(f"{trail.prefix}{part}.", trail.unit, trail.stage, outer=trail)
        if not trail.unit and isinstance(entry, GroupEntry):
            # a named group is a stage, and one inside a stage is a block of it
            if trail.stage:
                inner.unit = f"{trail.prefix}{part}"
            else:
                inner.stage = f"{trail.prefix}{part}"
    if isinstance(entry, GroupEntry):
        seen = site.inner_labels(labels, entry.body)
        result = build_listing(site, entry.body, Here(scope, seen, inner), tensors[0])
        labels.update((label, seen[label]) for label in entry.modifiers.carry)
        if part:
            inner.keep(entry.body, seen)
    elif isinstance(entry, TableEntry):
        result = _table(site, entry, Here(scope, labels, inner), tensors[0])
    else:
        result = build_branches(site, entry, Here(scope, labels, inner), tensors[0], partial(build_listing, site))
    if part:
        trail.names[part] = Named(result, inner.names, range(begin, len(site.draft.nodes)))
    return result


# -- blocks ----------------------------------------------------------------------------------------------------------


def _block(site: Site, entry: BlockEntry, here: Here, tensors: list[int]) -> int:
    """Build a block in a scope and under a path of its own."""
    spec, trail, faults = entry.block, here.trail, site.faults
    begin = len(site.draft.nodes)
    site.spend(4 + len(spec.parameters) + len(spec.definitions), entry.place)
    given: dict[str, Any] = {name: expression.evaluate(here.scope) for name, expression in entry.attributes}
    scope = Scope(given, _around(site, entry, here.scope), home=spec.key)
    shape = site.draft.shapes[tensors[0]]
    labels = enter_block(site, entry, scope, tensors)
    settle(spec, define(spec, scope, site.calls), shape)
    check_inputs(site, entry, scope, tensors)
    check_parameters(site, spec, scope, entry.place)
    part = part_of(faults, entry, here.scope, trail, several=site.turns.several)
    path = f"{trail.prefix}{part}"
    inner = Trail(f"{path}.", trail.unit or path, trail.stage) if part else trail
    turn = site.root.values.pop("i", None)
    around = site.forms
    site.forms = forms_of(spec, scope, around)
    outputs = spec.outputs
    last, site.ending = site.ending, None if entry.modifiers.until is None else (inner, entry.modifiers.until)
    try:
        result = build_listing(site, spec.layers, Here(scope, labels, inner), tensors[0])
    except Reached as end:
        if end.trail is not inner:
            raise
        result, outputs = end.tensor, tuple([label for label in spec.outputs if label in labels])
    else:
        if entry.modifiers.until is not None:
            _refuse_end(site, entry, inner)
    finally:
        site.forms = around
        site.ending = last
    inner.keep(spec.layers, labels)
    if turn is not None:
        site.root.values["i"] = turn
    for label in outputs:
        site.draft.use(source(faults, label, labels, inner, entry.place))
    if entry.modifiers.name is not None:
        trail.names[part] = Named(result, inner.names, range(begin, len(site.draft.nodes)))
    return result


def _end_at(site: Site, here: Here, tensor: int, label: str | None) -> None:
    """End a block where the name is reached after which nothing of it is wanted."""
    if site.ending is None:
        return
    trail, name = site.ending
    if here.trail is trail and (label == name or name in trail.names):
        raise Reached(trail, tensor if label == name else trail.names[name].tensor)


def _refuse_end(site: Site, entry: BlockEntry, trail: Trail) -> NoReturn:
    known = [*trail.names]
    raise site.faults.fail(
        f"{entry.block.name} has nothing named `{shorten(str(entry.modifiers.until))}`",
        entry.place,
        "the `name` of one of its entries: " + listed(known),
        suggest(str(entry.modifiers.until), known),
    )


def _around(site: Site, entry: BlockEntry, scope: Scope) -> Scope:
    """Return the scope that a block sees around it: of a local block, that of the spec in which it stands."""
    home = entry.block.enclosing
    if not home:
        return site.root
    around: Scope | None = scope
    while around is not None and around.home != home:
        around = around.outer
    assert around is not None, "a local block is used inside its spec"
    return around


# -- tables ----------------------------------------------------------------------------------------------------------


def _table(site: Site, entry: TableEntry, here: Here, tensor: int) -> int:
    """Build a table's body once for every row."""
    for row in _rows(site, entry, here.scope, tensor):
        site.spend(2 + len(row) // 4, entry.place)
        scope = Scope(dict(zip(entry.columns, row, strict=True)), here.scope)
        labels = site.inner_labels(here.labels, entry.body)
        tensor = build_listing(site, entry.body, Here(scope, labels, here.trail), tensor)
        here.labels.update((label, labels[label]) for label in entry.modifiers.carry)
    return tensor


def _rows(site: Site, entry: TableEntry, scope: Scope, tensor: int) -> list[tuple[Value, ...]]:
    """Return the rows of a table: those that stand there, or those that an expression gives."""
    if not isinstance(entry.rows, Expression):
        site.focus(tensor)
        site.spend(len(entry.rows) * (1 + len(entry.columns) // 4), entry.place)
        return [tuple([cell.evaluate(scope) for cell in cells]) for cells in entry.rows]
    chosen, place = entry.rows.evaluate(scope), entry.rows.place
    if not isinstance(chosen, tuple):
        raise site.faults.fail(f"rows is {shorten(as_text(chosen))}", place, "a list of rows")
    site.spend(len(chosen), place)
    rows: list[tuple[Value, ...]] = []
    for row in chosen:
        cells = row if isinstance(row, tuple) else (row,)
        if len(cells) != len(entry.columns):
            what = f"the row {shorten(as_text(cells))} is {len(cells)} long"
            raise site.faults.fail(what, place, f"{len(entry.columns)}: {', '.join(entry.columns)}")
        rows.append(cells)
    return rows
