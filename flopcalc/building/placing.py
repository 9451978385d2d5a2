"""One layer: its attributes read, its output and its costs on the shapes that it reads, and its node in the graph."""

from __future__ import annotations

import re
from dataclasses import replace

from flopcalc.building.checks import LARGEST_SIDE, oversized
from flopcalc.building.faults import SURE, Doubt, Stop
from flopcalc.building.names import Named, Trail, part_of, source
from flopcalc.building.site import MOST_LAYERS, Costed, Forms, Here, Site
from flopcalc.building.strands import Strand, read_again
from flopcalc.cost import Cost
from flopcalc.errors import Fault, ParameterError, Place, Problem, one_of, shorten
from flopcalc.expression import Expression, Scope, literal
from flopcalc.graph import Node
from flopcalc.layers import FORMS, MOST_SIDES, Layer, Shape, Split
from flopcalc.number import Number, UndecidedTurn, Value, readable
from flopcalc.spec.model import LayerEntry, Modifiers, Spec

__all__ = ["build_layer", "forms_of", "place_extra", "written_as"]

LONGEST_PATH = 500
"""Characters that a layer's path may have."""

_STEPS_OF_A_LAYER = 30
"""Steps of work that every layer may take beside placing it."""

_STEPS_OF_A_SUM = 500

_PLAIN = Modifiers()
_NONE = (0, 0)
"""The arity of a layer that reads no tensor."""


def build_layer(site: Site, entry: LayerEntry, here: Here, tensors: list[int]) -> int:
    """Build an entry that is a layer; return the tensor that it writes."""
    scope, _, trail = here
    values: tuple[Value, ...] = tuple([expression.evaluate(scope) for _, expression in entry.attributes])
    for _, label, place in entry.likes:
        values += (site.draft.shapes[source(site.faults, label, here.labels, trail, place)],)
    if entry.primitive.layer.arity == _NONE and not entry.modifiers.sources:
        tensors = []
    shapes = tuple([site.draft.shapes[tensor] for tensor in tensors])
    if site.faults.doubts:
        site.faults.doubt = site.faults.doubt_of(tensors)
    key = (entry, values, shapes)
    try:
        known = site.costed.get(key)
    except TypeError:  # there is a look-up table among the values, which is refused
        _made(site, entry, values, shapes)
        raise
    if known is None:
        layer = _made(site, entry, values, shapes)
        known = site.costed[key] = _costed(site, layer, shapes, entry.place, f"{trail.prefix}{entry.part}")
    if known.layer.absent:
        return tensors[0]
    part = part_of(site.faults, entry, scope, trail, several=site.turns.several)
    written = written_as(site, known.layer, entry.modifiers, scope)
    output = _place(site, known, tensors, trail, part, entry.place, written)
    if entry.modifiers.name is not None:
        placed = len(site.draft.nodes)
        trail.names[part] = Named(output, {}, range(placed - 1, placed))
    return output


def build_parts(site: Site, entry: LayerEntry, here: Here, tensors: list[int], labels: tuple[str, ...]) -> int:
    """Build a split whole, a part for every label; return the part that it takes, the first where it says none."""
    given = dict(entry.attributes)
    taken = given.pop("take", None)
    first = 0 if taken is None else taken.evaluate(here.scope)
    found: list[int] = []
    for number, label in enumerate(labels):
        alone = (*given.items(), ("take", literal(number)))
        if "parts" not in given and "sizes" not in given:
            alone = (*alone, ("parts", literal(len(labels))))
        part = LayerEntry(entry.place, _PLAIN, entry.part, entry.crowd, entry.word, entry.primitive, alone)
        here.labels[label] = build_layer(site, part, here, tensors)
        found.append(here.labels[label])
    layer = site.draft.nodes[-1].layer
    parts = len(layer.sizes) if isinstance(layer, Split) and layer.sizes else getattr(layer, "parts", len(found))
    if parts != len(found) or type(first) is not int or first >= len(found):
        raise site.faults.fail(f"the split has {parts} parts", entry.place, f"as many labels, not {len(found)}")
    return found[first]


def place_extra(
    site: Site,
    layer: Layer,
    tensors: list[int],
    trail: Trail,
    place: Place,
    *,
    read: tuple[Shape, ...] | None = None,
    written: str | None = None,
    joined: Number | None = None,
    again: Number | None = None,
) -> int:
    """Place a layer that branches bring with them: a split, a merge; return the tensor that it writes.

    Parameters
    ----------
    read : tuple of Shape, optional
        The shapes that it reads, where they are not those of `tensors`: all the turns of a path.
    written : str, optional
        How the reference implementation writes it, where its entry says so.
    joined, again : Number, optional
        How many tensors it reads, and what it reads more than once, where `tensors` do not tell.
    """
    word = layer.name
    shapes = tuple(site.draft.shapes[tensor] for tensor in tensors)
    if read is not None and layer.stacks:
        shapes = read
    costed = _costed(site, layer, shapes, place, f"{trail.prefix}{word}")
    if read is not None:
        costed = costed._replace(cost=layer.cost(read, costed.shape, view=False), view=False)
    number = trail.number(word)
    part = f"{word}{number}" if number > 1 else word
    form = written_as(site, layer, _PLAIN, site.root) if written is None else written
    return _place(site, costed, tensors, trail, part, place, form, joined, again)


# -- how it is written -----------------------------------------------------------------------------------------------


def forms_of(spec: Spec, scope: Scope, around: Forms) -> Forms:
    """Return how layers are written by kind, in a block and in what is around it, innermost first."""
    if not spec.written:
        return around
    return ({word: (_form(value, scope), value.place) for word, value in spec.written.items()}, *around)


def _form(expression: Expression, scope: Scope) -> str:
    value = expression.evaluate(scope)
    if not isinstance(value, str) or value not in FORMS:
        what = f"`written` is {shorten(readable(value))}"
        raise ParameterError(Problem(what, expression.place, one_of(FORMS)))
    return value


def written_as(site: Site, layer: Layer, modifiers: Modifiers, scope: Scope) -> str:
    """Return how the reference implementation writes a layer; empty for the usual way."""
    expression = modifiers.written
    if expression is not None:
        form, place = _form(expression, scope), expression.place
    elif site.forms:
        words = layer.words()
        found = (forms[word] for forms in site.forms for word in words if word in forms)
        form, place = next(found, (layer.forms[0], None))
    else:
        return ""
    if form not in layer.forms:
        what = f"{layer.reported_kind} cannot be written as `{form}`"
        raise site.faults.fail(what, place, one_of(layer.forms))
    return "" if form == layer.forms[0] else form


# -- its attributes, its output, its costs ---------------------------------------------------------------------------


def _made(site: Site, entry: LayerEntry, values: tuple[Value, ...], shapes: tuple[Shape, ...]) -> Layer:
    """Return the layer with its attributes, each held against what it may be."""
    attributes = dict(entry.primitive.preset)
    names = [*(name for name, _ in entry.attributes), *(name for name, *_ in entry.likes)]
    attributes.update(zip(names, values, strict=True))
    try:
        for name, value in zip(names, values, strict=True):
            for number in value if isinstance(value, tuple) else (value,):
                if isinstance(number, dict):
                    raise Fault(f"{name} is a look-up table", expected="a value of it, as `table[key]` is")
                if oversized(number):
                    raise Fault(f"{name} is {shorten(str(number))}", expected="at most 10**50")
                site.arithmetic.sized(number)
        made = entry.primitive.layer.make(attributes, len(shapes[0]) - 1 if shapes else 2)
        return made.assumed_free(site.spec.reading.frees)
    except Fault as fault:
        at = next((expression for name, expression in entry.attributes if re.match(rf"{name}\b", fault.what)), None)
        constant = at is not None and at.constant and not _fits_other_axes(site, entry.primitive.layer, attributes)
        if not any(site.faults.doubt) or constant:
            place = entry.place if at is None or at.place is None else at.place
            site.faults.fail(f"{entry.word}: {fault.what}", place, fault.expected, fault.hint)
        raise _guessed(site, entry.primitive.layer, attributes, shapes) from None


def _fits_other_axes(site: Site, kind: type[Layer], attributes: dict[str, Value]) -> bool:
    """Tell whether the number of axes is in doubt, and the attributes are right for another one."""
    if not site.faults.doubt.sides:
        return False
    for sides in range(MOST_SIDES + 1):
        try:
            kind.make(attributes, sides)
        except Fault:
            continue
        return True
    return False


def _guessed(site: Site, kind: type[Layer], attributes: dict[str, Value], shapes: tuple[Shape, ...]) -> Stop:
    """Return what the entries after a layer with a faulty attribute are looked at with."""
    out = attributes.get("out")
    known = type(out) is int and 0 < out <= LARGEST_SIDE
    try:
        sides = len(shapes[0]) - 1 if shapes else 2
        layer = kind.make({**attributes, **{name: 1 for name in ("out", "groups") if name in attributes}}, sides)
        shape = layer.output(shapes, site.arithmetic)
        if any(oversized(side) for side in shape):
            return Stop()
    except Fault:
        return Stop((out, *shapes[0][1:]), Doubt(False, True)) if known and shapes else Stop()
    return Stop((out if known else shape[0], *shape[1:]), Doubt(not known, site.faults.doubt.sides))


def _costed(site: Site, layer: Layer, shapes: tuple[Shape, ...], place: Place, path: str) -> Costed:
    """Return a layer with its output's shape and its cost on `shapes`; faults are kept."""
    _check_arity(site, layer, len(shapes), place, path)
    doubt, joins = site.faults.doubt, layer.arity[1] != 1
    try:
        layer.check(shapes, site.arithmetic)
    except UndecidedTurn:
        raise
    except Fault as fault:
        if not (any(doubt) if joins else doubt.channels):
            site.faults.fail(_told(path, fault), place, fault.expected, fault.hint)
    try:
        shape = layer.output(shapes, site.arithmetic)
        for side in shape:
            if oversized(side):
                raise Fault(f"a side of the output is {shorten(str(side))}", expected="at most 10**50")
            site.arithmetic.sized(side)
    except UndecidedTurn:
        raise
    except Fault as fault:
        if not (doubt.sides if layer.slides else any(doubt)):
            site.faults.fail(_told(path, fault), place, fault.expected, fault.hint)
        out = layer.stated_channels
        read = shapes[0] if shapes else (1,)
        guessed = (read[0] if out is None else out, *read[1:])
        raise Stop(guessed, Doubt(out is None and (joins or doubt.channels), True)) from None
    view = layer.moves_nothing(shapes, shape, site.arithmetic)
    costed = Costed(layer, shape, layer.cost(shapes, shape, view=view), view)
    if site.checks.shrunk(shape):
        site.faults.fail(f"{path}: the map shrinks below 1", place, "an output of at least 1×1")
    return costed


def _check_arity(site: Site, layer: Layer, count: int, place: Place, path: str) -> None:
    """Refuse a layer that reads fewer or more tensors than it can."""
    least, most = layer.takes
    if count < least or (most is not None and count > most):
        wanted = f"{least}" if least == most else f"{least} or more" if most is None else f"{least} to {most}"
        hint = "`from: [a, b]` names them" if count < least else ""
        raise site.faults.fail(f"{path} reads {wanted} tensors, not {count}", place, f"{wanted} tensors", hint)


def _told(path: str, fault: Fault) -> str:
    """Return what is wrong with the layer at a path, its name said once."""
    return fault.what if fault.what.startswith(f"{path} ") else f"{path}: {fault.what}"


# -- its node --------------------------------------------------------------------------------------------------------


def _place(
    site: Site,
    costed: Costed,
    tensors: list[int],
    trail: Trail,
    part: str,
    place: Place,
    written: str,
    joined: Number | None = None,
    again: Number | None = None,
) -> int:
    """Add a node to the graph; `again` is what it reads more than once, where its tensors do not tell."""
    draft, path = site.draft, trail.prefix + part
    _refuse_more(site, path, place)
    site.arithmetic.steps += _STEPS_OF_A_LAYER
    for tensor in tensors:
        draft.use(tensor)
    layer, shape, each, view = costed
    if again is None and len(tensors) > 1:
        again = read_again([Strand(tensor, draft.shapes[tensor]) for tensor in tensors], draft.memory)
    if not view and again is not None and again != 0 and each.mac != 0:
        each = replace(each, mac=each.mac - again)
    count, cost = _over_turns(site, each, path, place) if site.turns.open else (1, each)
    output = draft.tensor(shape, draft.memory_of(layer, tensors[0], shape) if view and tensors else None)
    doubt = site.faults.doubt
    if any(doubt):
        site.faults.doubts[output] = Doubt(*layer.unsettled(*doubt))
        site.faults.doubt = SURE
    draft.nodes.append(
        Node(
            path,
            trail.unit or path,
            trail.stage,
            layer,
            tuple(tensors),
            output,
            count,
            cost,
            place,
            each,
            site.turns.open,
            written,
            joined,
            view=view,
        )
    )
    return output


def _refuse_more(site: Site, path: str, place: Place) -> None:
    """Stop where the graph is full, or the path of its next layer too long."""
    if len(site.draft.nodes) >= MOST_LAYERS:
        site.faults.halt("the network is too large", place, f"at most {MOST_LAYERS:,} layers")
    if len(path) > LONGEST_PATH:
        expected = f"at most {LONGEST_PATH} characters"
        site.faults.halt(f"the path {shorten(path)} is too long", place, expected, "shorter names")


def _over_turns(site: Site, each: Cost, path: str, place: Place) -> tuple[Number, Cost]:
    """Return how often a layer stands in all the turns of the symbolic repeats around it, and its cost in all."""
    count: Number = 1
    cost = each
    try:
        site.arithmetic.spend(_STEPS_OF_A_SUM)
        for turn in reversed(site.turns.open):
            count, cost = turn.sum(count), cost.map(turn.sum)
    except Fault as fault:
        raise site.faults.fail(f"{path}: {fault.what}", place, fault.expected, fault.hint) from None
    return count, cost
