"""A whole network: its inputs enter, its list of entries is built, and what was built is a graph, or why it is none."""

from __future__ import annotations

from collections.abc import Mapping

from flopcalc.binding import Binding
from flopcalc.building.batching import batched
from flopcalc.building.checks import Checks
from flopcalc.building.entries import build_listing
from flopcalc.building.faults import Faults, Stop
from flopcalc.building.fusing import fused
from flopcalc.building.inputs import enter_alone
from flopcalc.building.names import Trail, source
from flopcalc.building.placing import forms_of
from flopcalc.building.scopes import check_parameters, define, settle
from flopcalc.building.site import MOST_LAYERS, Here, Site
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, FlopcalcError, ParameterError, Place, Problem, ShapeError, gathered, shallow
from flopcalc.expression import Scope
from flopcalc.graph import Graph
from flopcalc.number import Number, Value, is_symbolic, symbol
from flopcalc.reading import PLAIN
from flopcalc.spec.model import Spec, measured

__all__ = ["Built", "build"]


@dataclass(frozen=True, slots=True)
class Built:
    """A graph, and the value that every parameter of its spec had."""

    graph: Graph
    parameters: Mapping[str, Value]


@shallow
def build(spec: Spec, binding: Binding, *, checks: Checks | None = None, hasty: bool = False) -> Built:
    """Return the graph of `spec` under the values of `binding`.

    Parameters
    ----------
    spec : Spec
    binding : Binding
        From :func:`flopcalc.binding.bind`.
    checks : Checks, optional
        How its numbers are held to what they must be.
    hasty : bool
        Stop at the first fault.

    Raises
    ------
    SpecError
        Where an expression has no value.
    ShapeError
        Where layers do not fit each other; with all such faults that do not follow from one another.
    ParameterError
        Where a parameter is out of its bounds.

    Examples
    --------
    >>> from flopcalc.binding import bind
    >>> from flopcalc.spec import load
    >>> spec = load("separable_conv")
    >>> [node.path for node in build(spec, bind(spec, {"O": 8, "K": 3})).graph.nodes]
    ['depthwise', 'conv']
    """
    faults = Faults(hasty=hasty)
    try:
        return _built(Site.of(spec, binding, checks or Checks(), faults))
    except Stop:
        kind = faults.kinds.pop() if len(faults.kinds) == 1 else ShapeError
        raise kind(*gathered(faults.problems)) from None
    except Fault as fault:
        fault.offset = None
        raise ShapeError(*gathered((*faults.problems, fault.at(spec.place)))) from None
    except FlopcalcError as error:
        if faults.problems:
            raise ShapeError(*gathered((*faults.problems, *error.problems))) from None
        raise


def _built(site: Site) -> Built:
    spec, faults, draft = site.spec, site.faults, site.draft
    scope = Scope(dict(site.binding.values), site.root, home=spec.key)
    settled = define(spec, scope, site.calls)
    inputs = enter_alone(site, scope)
    first = next(iter(inputs.values()))
    settle(spec, settled, draft.shapes[first])
    check_parameters(site, spec, scope, None)
    _refuse_large(site)
    labels, trail = {"input": first, **inputs}, Trail()
    site.forms = forms_of(spec, scope, ())
    last = build_listing(site, spec.layers, Here(scope, labels, trail), first)
    outputs = {label: source(faults, label, labels, trail, spec.place) for label in spec.outputs}
    outputs["output"] = last
    for tensor in outputs.values():
        draft.use(tensor)
    if not faults.doubts:
        _refuse_unused(site, inputs)
    if faults.problems:
        raise Stop
    if not draft.nodes:
        raise faults.fail("no layer is left under these parameters", spec.place, "at least one layer")
    parameters = {name: scope.look_up(name) for name in spec.known}
    graph = draft.graph(inputs, outputs)
    return Built(graph if spec.reading == PLAIN else _read(site, graph, parameters), parameters)


def _read(site: Site, graph: Graph, parameters: Mapping[str, Value]) -> Graph:
    """Return the graph as it is to be read."""
    reading = site.spec.reading
    if reading.fused:
        graph = fused(graph)
    if reading.batch == 1:
        return graph
    return batched(graph, _samples(site, graph, parameters), site.draft.memory)


def _samples(site: Site, graph: Graph, parameters: Mapping[str, Value]) -> Number:
    """Return how many samples there are, a number or a symbol of its own."""
    batch = site.spec.reading.batch
    if isinstance(batch, int):
        return batch
    sides = [side for shape in graph.shapes for side in shape]
    taken = {str(one) for value in (*parameters.values(), *sides) if is_symbolic(value) for one in value.free_symbols}
    if batch in parameters or batch in taken:
        what = f"the batch cannot be called {batch}, which stands for something else in {site.spec.called}"
        raise ParameterError(Problem(what, None, "another name"))
    return symbol(batch)


def _refuse_large(site: Site) -> None:
    """Refuse a network that is sure to have too many layers, before any is placed."""
    layers = site.spec.layers
    if layers.least > MOST_LAYERS:
        largest = max(layers.entries, key=lambda entry: measured((entry,)).least)
        repeat = largest.modifiers.repeat
        place = largest.place if repeat is None or repeat.place is None else repeat.place
        what = f"the network has {layers.least:,} layers or more"
        site.faults.halt(what, place, f"at most {MOST_LAYERS:,} layers")


def _refuse_unused(site: Site, inputs: Mapping[str, int]) -> None:
    """Refuse layers and inputs whose tensors nothing reads."""
    used, spec = site.draft.used, site.spec
    reported: set[Place] = set()
    for node in site.draft.nodes:
        if node.output not in used and not node.layer.unread and node.place not in reported:
            reported.add(node.place)
            site.faults.fail(
                f"the output of {node.path} is never used",
                node.place,
                "every tensor is read by a layer, or listed in `outputs`",
                "`as` labels it, `from` or `outputs` names the label",
            )
    for label, tensor in inputs.items():
        if tensor not in used:
            place = next((entry.place for entry in spec.inputs if entry.label == label), spec.place)
            site.faults.fail(f"the input {label} is never used", place, "a layer that reads it")
