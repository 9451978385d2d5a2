"""A spec and values for its parameters become a graph: blocks are expanded and shapes inferred in the same pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple, NoReturn

from flopcalc.binding import Binding
from flopcalc.cost import Cost
from flopcalc.errors import (
    Fault,
    FlopcalcError,
    ParameterError,
    Place,
    Problem,
    ShapeError,
    gathered,
    one_of,
    shallow,
    shorten,
    suggest,
)
from flopcalc.expression import RUNNING, Budget, Derived, Expression, Function, Scope, weighed
from flopcalc.graph import Graph, Node, Turn
from flopcalc.layers import FORMS, LAYERS, Layer, Shape, show_shape, volume
from flopcalc.number import (
    Number,
    Recorded,
    Relation,
    UndecidedTurn,
    Value,
    as_text,
    expanded,
    is_rational,
    is_symbolic,
    plain_sign,
    product,
    readable,
    total,
    turn_symbol,
)
from flopcalc.spec.model import (
    BlockEntry,
    BranchesEntry,
    BranchPath,
    Data,
    Definition,
    Entry,
    GroupEntry,
    Input,
    LayerEntry,
    Listing,
    Modifiers,
    Parameter,
    Spec,
    TableEntry,
    measured,
)

__all__ = ["MOST_LAYERS", "Built", "build"]

MOST_LAYERS = 50_000
"""How many layers a graph may have."""

LARGEST_SIDE = 10**50
"""How large a side of a tensor and an attribute of a layer may be."""

LONGEST_PATH = 500
"""Characters that a layer's path may have."""

MOST_FAULTS = 50
"""How many faults are gathered before they are reported."""

_STEPS_OF_A_LAYER = 30
"""Steps of work that every layer may take beside placing it."""

MOST_TURNS = 200_000
"""How many turns the repeats of one analysis may take together, those without layers included."""

_STEPS_OF_A_SUM = 500
_STEPS_OF_AN_ATTEMPT = 2000

_PLAIN = Modifiers()

_PEELS = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 1), (3, 0))
"""Which first and last turns of a symbolic repeat are taken by themselves, in the order in which it is tried."""


@dataclass(frozen=True, slots=True)
class Built:
    """A graph, and the value that every parameter of its spec had."""

    graph: Graph
    parameters: Mapping[str, Value]


@shallow
def build(spec: Spec, binding: Binding) -> Built:
    """Return the graph of `spec` under the values of `binding`.

    Parameters
    ----------
    spec : Spec
    binding : Binding
        From :func:`flopcalc.binding.bind`.

    Raises
    ------
    SpecError
        Where an expression has no value.
    ShapeError
        Where layers do not fit each other; with all such faults that do not follow from one another.
    ParameterError
        Where a parameter is out of its bounds.
    """
    return _Builder(spec, binding).build()


@dataclass(slots=True)
class _Named:
    """What a ``name`` reaches: a tensor, and the names inside."""

    tensor: int
    names: dict[str, _Named]
    nodes: range = range(0)
    """Which nodes stand in it, in the order in which they were placed."""


@dataclass(slots=True)
class _Trail:
    """Where in the layers' paths the builder is."""

    prefix: str = ""
    unit: str = ""
    stage: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    names: dict[str, _Named] = field(default_factory=dict)
    outer: _Trail | None = None
    """That of the list around a named entry, whose names are seen inside; a block's begins anew."""

    def find(self, name: str) -> _Named | None:
        """Return what a name reaches, the innermost first."""
        trail: _Trail | None = self
        while trail is not None:
            if name in trail.names:
                return trail.names[name]
            trail = trail.outer
        return None

    def keep(self, listing: Listing, labels: Mapping[str, int]) -> None:
        """Let the labels that a list set be reached from outside, where no name is the same."""
        for entry in listing.entries:
            label = entry.modifiers.label
            if label is not None:
                self.names.setdefault(label, _Named(labels[label], {}))


@dataclass(frozen=True, slots=True)
class _Strand:
    """The end of a path of branches; for a repeated path with a symbolic count, of all its turns."""

    tensor: int
    shape: Shape
    turn: Turn | None = None
    same: bool = False
    """Whether it is one and the same tensor in every turn."""

    @property
    def count(self) -> Number:
        return 1 if self.turn is None else self.turn.count

    def channels(self) -> Number:
        """Return the channels of all the turns together."""
        if self.turn is None:
            return self.shape[0]
        return self.turn.sum(self.shape[0])


class _Costed(NamedTuple):
    """A layer on some shapes: what it writes, what it costs, and whether it moves nothing."""

    layer: Layer
    shape: Shape
    cost: Cost
    view: bool


@dataclass(frozen=True, slots=True)
class _State:
    """What the builder had at some point: how many nodes and shapes, and copies of what changes in place."""

    nodes: int
    shapes: int
    aliases: dict[int, int]
    used: set[int]
    problems: tuple[Problem, ...]
    counts: dict[str, int]
    names: dict[str, _Named]
    assumed: dict[str, None]


class _Stop(Exception):
    """An entry cannot be built.

    Those after it are looked at all the same, on a tensor of which the shape is a guess: `doubt` tells whether its
    channels and its sides are.
    """

    def __init__(self, shape: Shape | None = None, doubt: tuple[bool, bool] = (True, True)) -> None:
        super().__init__()
        self.shape = shape
        self.doubt = doubt


class _Builder:
    """Walks a spec's entries, placing layers; one for each analysis."""

    def __init__(self, spec: Spec, binding: Binding) -> None:
        self.spec = spec
        self.binding = binding
        self.arithmetic = binding.arithmetic
        self.root = Scope({}, None, binding.arithmetic)
        self.budget = Budget()
        self.shapes: list[Shape] = []
        self.memory: list[Hashable] = []
        self.nodes: list[Node] = []
        self.aliases: dict[int, int] = {}
        self.used: set[int] = set()
        self.forms: tuple[Mapping[str, tuple[str, Place | None]], ...] = ()
        self.turns: tuple[Turn, ...] = ()
        self.several = False  # whether the innermost repeat has several turns
        self.turns_left = MOST_TURNS
        self.problems: list[Problem] = []
        self.faults: set[type[FlopcalcError]] = set()
        self.doubts: dict[int, tuple[bool, bool]] = {}
        self.doubt = (False, False)
        self.attempts = 0
        self.halted = False
        self.identities: dict[str, None] = {}
        self.cache: dict[Any, _Costed] = {}
        self.symbols: set[str] = set()
        for value in (*binding.values.values(), *(side for shape in binding.shapes.values() for side in shape)):
            self.symbols.update(symbol.name for symbol in getattr(value, "free_symbols", ()))

    # -- the whole ---------------------------------------------------------------------------------------------------

    def build(self) -> Built:
        try:
            return self.graph()
        except _Stop:
            kind = self.faults.pop() if len(self.faults) == 1 else ShapeError
            raise kind(*gathered(self.problems)) from None
        except Fault as fault:
            fault.offset = None
            raise ShapeError(*gathered((*self.problems, fault.at(self.spec.place)))) from None
        except FlopcalcError as error:
            if self.problems:
                raise ShapeError(*gathered((*self.problems, *error.problems))) from None
            raise

    def graph(self) -> Built:
        spec = self.spec
        scope = Scope(dict(self.binding.values), self.root, home=spec.key)
        entered = self.define(spec, scope)
        inputs = self.enter_alone(spec, scope)
        self.settle(spec, entered, self.shapes[next(iter(inputs.values()))])
        self.check_parameters(spec, scope, None)
        self.refuse_large(spec)
        labels = {"input": next(iter(inputs.values())), **inputs}
        trail = _Trail()
        self.forms = self.forms_of(spec, scope)
        last = self.run(spec.layers, scope, labels, trail, next(iter(inputs.values())))
        outputs: dict[str, int] = {}
        for label in spec.outputs:
            outputs[label] = self.source(label, labels, trail, spec.place)
        outputs["output"] = last
        for tensor in outputs.values():
            self.use(tensor)
        if not self.doubts:
            self.refuse_unused(inputs)
        if self.problems:
            raise _Stop
        if not self.nodes:
            self.fail("no layer is left under these parameters", spec.place, "at least one layer")
            raise _Stop
        graph = Graph(tuple(self.shapes), inputs, tuple(self.nodes), outputs, self.aliases, tuple(self.identities))
        return Built(graph, {name: scope.look_up(name) for name in spec.known})

    def enter_alone(self, spec: Spec, scope: Scope) -> dict[str, int]:
        """Make the tensors that enter when the spec is analysed by itself."""
        overrides = dict(self.binding.shapes)
        if not spec.inputs and not overrides:
            raise ParameterError(
                Problem(
                    f"{spec.name} has no `input`", spec.place, "`input: [channels, height, width]`", "--input C,H,W"
                )
            )
        inputs: dict[str, int] = {}
        for entry in spec.inputs:
            shape = overrides.pop(entry.label, None)
            if shape is None and len(spec.inputs) == 1:
                shape = overrides.pop("input", None)
            if shape is not None:
                for item, length in zip(entry.entries, shape, strict=True):
                    if isinstance(item, str):
                        scope.values[item] = length
                self.check_repeated(spec, entry, shape, scope)
            else:
                lengths: list[Number] = []
                for item, what in zip(entry.entries, ("number of channels", "height", "width"), strict=True):
                    value = scope.look_up(item) if isinstance(item, str) else item.evaluate(scope)
                    place = entry.place if isinstance(item, str) else item.place
                    lengths.append(self.whole(value, f"the input's {what}", place, 1))
                shape = (lengths[0], lengths[1], lengths[2])
            inputs[entry.label] = self.tensor(shape)
        if not spec.inputs:
            inputs["input"] = self.tensor(overrides.pop("input", next(iter(overrides.values()))))
            overrides.clear()
        for label in overrides:
            raise ParameterError(
                Problem(f"there is no input `{shorten(label)}`", None, ", ".join(inputs), suggest(label, inputs))
            )
        return inputs

    def check_repeated(self, spec: Spec, entry: Input, shape: Shape, scope: Scope) -> None:
        """Hold a given shape against the entries that speak of names bound by the inputs, as H in [C, H, H]."""
        bound = set(spec.free_names())
        for item, length, what in zip(entry.entries, shape, ("channels", "height", "width"), strict=True):
            if isinstance(item, Expression) and bound & item.names.keys():
                expected = item.evaluate(scope)
                if not self.arithmetic.equal(expected, length):
                    raise ParameterError(
                        Problem(
                            f"the input {entry.label} is given as {show_shape(shape)}",
                            item.place,
                            f"{what} {as_text(expected)}",
                        )
                    )

    def refuse_large(self, spec: Spec) -> None:
        """Refuse a network that is sure to have too many layers, before any is placed."""
        if spec.layers.least > MOST_LAYERS:
            largest = max(spec.layers.entries, key=lambda entry: measured((entry,)).least)
            repeat = largest.modifiers.repeat
            place = largest.place if repeat is None or repeat.place is None else repeat.place
            self.halt(f"the network has {spec.layers.least:,} layers or more", place, f"at most {MOST_LAYERS:,} layers")

    def refuse_unused(self, inputs: Mapping[str, int]) -> None:
        reported: set[Place] = set()
        for node in self.nodes:
            if node.output not in self.used and node.place not in reported:
                reported.add(node.place)
                self.fail(
                    f"the output of {node.path} is never used",
                    node.place,
                    "every tensor is read by a layer, or listed in `outputs`",
                    "`as` labels it, `from` or `outputs` names the label",
                )
        for label, tensor in inputs.items():
            if tensor not in self.used:
                place = next((entry.place for entry in self.spec.inputs if entry.label == label), self.spec.place)
                self.fail(f"the input {label} is never used", place, "a layer that reads it")

    # -- helpers -----------------------------------------------------------------------------------------------------

    def fail(self, what: str, place: Place | None, expected: str = "", hint: str = "") -> None:
        self.note(Problem(what, place, expected, hint), ShapeError)

    def note(self, problem: Problem, kind: type[FlopcalcError]) -> None:
        """Keep a problem, where none stands at its place yet."""
        if not self.halted and not any(problem.place == known.place for known in self.problems):
            self.problems.append(problem)
            self.faults.add(kind)
            self.halted = self.halted or len(self.problems) >= MOST_FAULTS

    def halt(self, what: str, place: Place | None, expected: str = "", hint: str = "") -> NoReturn:
        """Stop for good: there is too much of something."""
        self.fail(what, place, expected, hint)
        self.halted = True
        raise _Stop

    def spend(self, steps: int, place: Place | None) -> None:
        """Count work that places no layer."""
        try:
            self.arithmetic.spend(steps)
        except Fault as fault:
            self.halt(fault.what, place, fault.expected, fault.hint)

    def go_on(self, error: _Stop | FlopcalcError, tensors: list[int]) -> int:
        """Keep what is wrong with an entry, and return the tensor from which the entries after it are looked at.

        Faults of entries whose input is in doubt are not kept: they may follow from the fault before.
        """
        if self.attempts or self.halted or self.arithmetic.steps < 0:
            raise error
        stop = _Stop()
        if isinstance(error, _Stop):
            stop = error
        elif not any(any(self.doubts.get(tensor, ())) for tensor in tensors):
            for problem in error.problems:
                self.note(problem, type(error))
            if self.halted:
                raise _Stop
        self.spend(50, None)
        output = self.tensor(stop.shape or self.shapes[tensors[0]])
        self.doubts[output] = stop.doubt
        self.use(output)
        return output

    def tensor(self, shape: Shape, memory: Hashable = None) -> int:
        """Number a new tensor; `memory` is whose it is, where it has none of its own."""
        self.shapes.append(shape)
        self.memory.append(len(self.memory) if memory is None else memory)
        return len(self.shapes) - 1

    def use(self, tensor: int) -> None:
        self.used.add(tensor)
        while tensor in self.aliases:
            tensor = self.aliases[tensor]
            self.used.add(tensor)

    def focus(self, tensor: int) -> None:
        """Make `tensor` the one that channels, height and width speak of, and `map`'s."""
        self.root.values.update(_sides(self.shapes[tensor]))

    def whole(self, value: Value, what: str, place: Place | None, least: int) -> Number:
        if isinstance(value, (bool, str, tuple, dict)):
            raise ParameterError(Problem(f"{what} is {shorten(as_text(value))}", place, "a whole number"))
        if type(value) is Fraction:
            raise ParameterError(
                Problem(
                    f"{what} is {shorten(str(value))}, which is not whole",
                    place,
                    "a whole number",
                    "round(…) in the spec",
                )
            )
        if type(value) is int and value < least:
            raise ParameterError(Problem(f"{what} is {shorten(str(value))}", place, f"at least {least}"))
        if type(value) is int and value > LARGEST_SIDE:
            raise ParameterError(Problem(f"{what} is {shorten(str(value))}", place, "at most 10**50"))
        if is_symbolic(value):
            if not value.free_symbols:
                raise ParameterError(
                    Problem(f"{what} is {shorten(str(value))}, which is not whole", place, "a whole number")
                )
            if plain_sign(value) <= 0 and (value.is_negative or (least and value.is_nonpositive)):
                raise ParameterError(
                    Problem(f"{what} is {shorten(str(value))}, which is negative", place, f"at least {least}")
                )
        return value

    # -- names -------------------------------------------------------------------------------------------------------

    def define(self, spec: Spec, scope: Scope) -> Scope:
        """Put defaults and definitions into a spec's scope, to be computed when they are first needed.

        They are read in the scope that is returned, where :meth:`settle` puts the shape that enters.
        """
        values = scope.values
        settled = Scope({}, scope)
        for name, value in spec.preset.items():
            values.setdefault(name, value)
        for parameter in spec.parameters.values():
            if parameter.name not in values and parameter.default is not None:
                values[parameter.name] = Derived(parameter.default.evaluate, settled)
        for definition in spec.definitions.values():
            values[definition.name] = self.defined(definition, scope, settled)
        return settled

    def settle(self, spec: Spec, settled: Scope, entering: Shape) -> None:
        """Let defaults and definitions read the shape that enters."""
        hidden = {*RUNNING} - {*spec.running}
        settled.values.update({word: side for word, side in _sides(entering).items() if word not in hidden})

    def defined(self, definition: Definition, scope: Scope, settled: Scope) -> Derived | Function:
        body = definition.body
        if definition.parameters is not None:
            assert isinstance(body, Expression)
            return Function(definition.name, definition.parameters, body, scope, self.budget)
        if isinstance(body, Expression):
            return Derived(body.evaluate, settled)
        return Derived(lambda inner: _freeze(body, inner), settled)

    def check_parameters(self, spec: Spec, scope: Scope, place: Place | None) -> None:
        """Hold every parameter of a spec against its bounds."""
        for parameter in spec.parameters.values():
            if parameter.minimum or parameter.maximum or parameter.above or parameter.choices or parameter.whole:
                self.check_parameter(spec, parameter, scope, place)

    def check_parameter(self, spec: Spec, parameter: Parameter, scope: Scope, place: Place | None) -> None:
        if place is None and parameter.name not in self.binding.values:
            place = parameter.place  # its own default breaks its bound
        value = scope.look_up(parameter.name)
        if parameter.choices:
            if is_symbolic(value) or not any(
                isinstance(choice, bool) is isinstance(value, bool) and choice == value for choice in parameter.choices
            ):
                raise ParameterError(
                    Problem(
                        f"{parameter.name} of {spec.name} cannot be {shorten(readable(value))}",
                        place,
                        one_of(readable(choice) for choice in parameter.choices),
                    )
                )
            return
        if isinstance(value, tuple) and parameter.pair and len(value) == 2:
            for entry in value:
                self.check_bounds(spec, parameter, entry, scope, place)
            return
        self.check_bounds(spec, parameter, value, scope, place)

    def check_bounds(self, spec: Spec, parameter: Parameter, value: Value, scope: Scope, place: Place | None) -> None:
        """Hold a parameter's value, or an entry of it, against its bounds."""
        if isinstance(value, (bool, str, tuple, dict)):
            expected = "a number, or [height, width]" if parameter.pair else "a number"
            raise ParameterError(
                Problem(f"{parameter.name} of {spec.name} is {shorten(as_text(value))}", place, expected)
            )
        if parameter.whole and not _may_be_whole(value):
            shown = shorten(as_text(value))
            raise ParameterError(
                Problem(f"{parameter.name} of {spec.name} is {shown}, which is not whole", place, "a whole number")
            )
        bounds: tuple[tuple[Expression | None, str, Callable[[Number], bool | None]], ...] = (
            (parameter.minimum, "at least", lambda bound: self.arithmetic.decide(value - bound, strict=False)),
            (parameter.maximum, "at most", lambda bound: self.arithmetic.decide(bound - value, strict=False)),
            (parameter.above, "above", lambda bound: self.arithmetic.decide(value - bound, strict=True)),
        )
        for expression, words, holds in bounds:
            if expression is None:
                continue
            bound = expression.evaluate(scope)
            if isinstance(bound, (bool, str, tuple, dict)):
                raise ParameterError(
                    Problem(f"a bound of {parameter.name} is {shorten(as_text(bound))}", expression.place, "a number")
                )
            if holds(bound) is False:
                raise ParameterError(
                    Problem(f"{parameter.name} of {spec.name} is {shorten(as_text(value))}", place, f"{words} {bound}")
                )

    def source(self, label: str, labels: Mapping[str, int], trail: _Trail, place: Place | None) -> int:
        """Return the tensor of a label, or of a path of names."""
        if label in labels:
            return labels[label]
        return self.named(label, labels, trail, place).tensor

    def named(self, label: str, labels: Mapping[str, int], trail: _Trail, place: Place | None) -> _Named:
        """Return what a path of names reaches."""
        first, *rest = label.split(".")
        found, names = trail.find(first), trail.names
        for part in rest:
            if found is not None:
                first, names = part, found.names
                found = names.get(part)
        if found is None:
            self.fail(
                f"nothing before this is named `{shorten(label)}`",
                place,
                "a label, or the `name` of an entry that stands before: " + (", ".join([*labels, *trail.names][:10])),
                suggest(first, names),
            )
            raise _Stop
        return found

    def part(self, entry: Entry, scope: Scope, trail: _Trail) -> str:
        """Return the entry's part of the path; empty for a group without a name."""
        part = entry.part
        numbered = entry.numbered
        if entry.modifiers.name is not None:
            template = entry.modifiers.name.parts
            pieces = [piece if isinstance(piece, str) else as_text(piece.evaluate(scope)) for piece in template]
            if len(pieces) > 1 and entry.modifiers.repeat is not None and self.several:
                numbered = not any(not isinstance(piece, str) and "i" in piece.names for piece in template)
            part = "".join(pieces)
            if len(pieces) > 1 and not re.fullmatch(r"\w{1,64}", part):
                place = entry.modifiers.name.place
                self.fail(f"the name is `{shorten(part)}`", place, "letters, digits and _, at most 64")
                raise _Stop
        if not part:
            return ""
        if numbered:
            number = trail.counts[part] = trail.counts.get(part, 0) + 1
            return f"{part}_{number}" if part[-1].isdigit() else f"{part}{number}"
        if entry.modifiers.name is not None:
            if trail.counts.get(part):
                place = entry.modifiers.name.place
                self.fail(f"the name `{shorten(part)}` stands twice", place, "names that differ", "name: stage{n}")
            trail.counts[part] = 1
        return part

    # -- entries -----------------------------------------------------------------------------------------------------

    def run(self, listing: Listing, scope: Scope, labels: dict[str, int], trail: _Trail, tensor: int) -> int:
        """Build a list of entries from `tensor` on; return the tensor at its end."""
        if listing.entries:
            self.spend(2 + 2 * len(listing.entries), listing.entries[0].place)
        for entry in listing.entries:
            modifiers = entry.modifiers
            tensors = [tensor]
            try:
                if modifiers.when is not None:
                    self.focus(tensor)
                    wanted = modifiers.when.evaluate(scope)
                    if not isinstance(wanted, bool):
                        self.fail(f"`when` is {shorten(as_text(wanted))}", modifiers.when.place, "true or false")
                        raise _Stop
                    if not wanted:
                        if modifiers.label:
                            passing = tensor
                            if len(modifiers.sources) == 1:
                                passing = self.source(modifiers.sources[0], labels, trail, modifiers.sources_place)
                            labels[modifiers.label] = passing
                        continue
                if modifiers.sources:
                    place = modifiers.sources_place
                    self.spend(len(modifiers.sources), place)
                    tensors = [self.source(label, labels, trail, place) for label in modifiers.sources]
                if modifiers.repeat is None:
                    tensor = self.build_entry(entry, scope, labels, trail, tensors)
                else:
                    tensor = self.repeat(entry, modifiers.repeat, scope, labels, trail, tensors)
            except (_Stop, FlopcalcError) as error:
                tensor = self.go_on(error, tensors)
            if modifiers.label:
                labels[modifiers.label] = tensor
        return tensor

    def build_entry(self, entry: Entry, scope: Scope, labels: dict[str, int], trail: _Trail, tensors: list[int]) -> int:
        """Build an entry; where it shares the learned parameters of another one, they are not counted again."""
        shares = entry.modifiers.shares
        if shares is None:
            return self.build_once(entry, scope, labels, trail, tensors)
        place = entry.modifiers.shares_place
        named = trail.find(shares.partition(".")[0]) is not None
        owner = self.named(shares, labels, trail, place) if named else None
        if owner is None or not owner.nodes:
            self.fail(
                f"`{shorten(shares)}` is no layer or block before this",
                place,
                "the `name` of an entry that stands before",
                f"`name: {shares}` beside it; a label names a tensor" if shares in labels else "",
            )
            raise _Stop
        begin = len(self.nodes)
        result = self.build_once(entry, scope, labels, trail, tensors)
        self.share(owner.nodes, range(begin, len(self.nodes)), place)
        return result

    def share(self, owner: range, user: range, place: Place | None) -> None:
        """Let the nodes of an entry use the learned parameters of another's, kind by kind and shape by shape."""
        theirs = [number for number in owner if self.learned(number).params != 0]
        ours = [number for number in user if self.learned(number).params != 0]
        self.spend(2 + len(owner) + 4 * len(user), place)
        for number, other in zip(ours, theirs, strict=False):
            node, learned = self.nodes[number], self.nodes[other]
            alike, mine, wanted = self.compared(node, learned)
            if not alike:
                self.fail(
                    f"{node.path} cannot share the parameters of {learned.path}: it has {mine}",
                    place,
                    f"{wanted}, as {learned.path} has in {learned.place}",
                    "shared layers are of one kind, with the same channels, kernels, groups and biases",
                )
                raise _Stop
            alone = self.learned(number)
            self.nodes[number] = replace(
                node,
                cost=_unburdened(node.cost),
                each=None if node.each is None else _unburdened(node.each),
                shares=learned.shares or learned.path,
                alone=alone,
            )
        if len(ours) != len(theirs):
            self.fail(
                f"{len(ours)} layer{'s' * (len(ours) != 1)} with parameters cannot share those of {len(theirs)}",
                place,
                "as many layers as there are where the parameters are learned",
            )
            raise _Stop

    def learned(self, number: int) -> Cost:
        """Return a node's cost for a single turn, with the parameters that it uses."""
        node = self.nodes[number]
        return node.alone or node.each or node.cost

    def compared(self, node: Node, learned: Node) -> tuple[bool, str, str]:
        """Tell whether two layers can have the same parameters, and what each of them has."""
        mine, theirs = (self.parameters(each) for each in (node, learned))
        for name in dict.fromkeys([*theirs, *mine]):
            one, other = mine.get(name, False), theirs.get(name, False)
            if one != other and not (
                not isinstance(one, str) and not isinstance(other, str) and self.arithmetic.equal(one, other)
            ):
                return False, f"{name} {_said(one)}", f"{name} {_said(other)}"
        return True, "", ""

    def parameters(self, node: Node) -> dict[str, Value]:
        """Return what the shapes of a layer's learned parameters depend on, in words."""
        read, written = self.shapes[node.inputs[0]], self.shapes[node.output]
        given = {name: value for name, value in node.layer.values().items() if name not in _MOVES}
        cost = node.alone or node.each or node.cost
        return {
            "kind": node.layer.reported_kind,
            "input channels": read[0],
            "output channels": written[0],
            **given,
            "parameters": cost.params,
        }

    def build_once(self, entry: Entry, scope: Scope, labels: dict[str, int], trail: _Trail, tensors: list[int]) -> int:
        begin = len(self.nodes)
        self.focus(tensors[0])
        if isinstance(entry, LayerEntry):
            return self.layer(entry, scope, trail, tensors)
        if isinstance(entry, BlockEntry):
            return self.block(entry, scope, trail, tensors)
        if len(tensors) > 1:
            self.fail("only a layer or a block reads several tensors", entry.place, "one label in `from`")
            raise _Stop
        part = self.part(entry, scope, trail)
        inner = trail
        if part:
            inner = _Trail(f"{trail.prefix}{part}.", trail.unit, trail.stage, outer=trail)
            if not trail.unit and isinstance(entry, GroupEntry):
                inner.stage = f"{trail.prefix}{part}"
        if isinstance(entry, GroupEntry):
            seen = self.inner(labels, entry.body)
            result = self.run(entry.body, scope, seen, inner, tensors[0])
            if part:
                inner.keep(entry.body, seen)
        elif isinstance(entry, TableEntry):
            result = self.table(entry, scope, labels, inner, tensors[0])
        else:
            result = self.branches(entry, scope, labels, inner, tensors[0])
        if part:
            trail.names[part] = _Named(result, inner.names, range(begin, len(self.nodes)))
        return result

    def inner(self, labels: dict[str, int], listing: Listing) -> dict[str, int]:
        """Return the labels that are seen in an inner list, whose own end with it."""
        if not listing.labelled:
            return labels
        self.spend(len(labels) // 16, listing.entries[0].place)
        return dict(labels)

    def layer(self, entry: LayerEntry, scope: Scope, trail: _Trail, tensors: list[int]) -> int:
        values = tuple([expression.evaluate(scope) for _, expression in entry.attributes])
        shapes = tuple([self.shapes[tensor] for tensor in tensors])
        if self.doubts:
            self.doubt = self.doubt_of(tensors)
        key = (entry, values, shapes)
        try:
            known = self.cache.get(key)
        except TypeError:  # there is a look-up table among the values, which is refused
            self.made(entry, values, shapes)
            raise
        if known is None:
            layer = self.made(entry, values, shapes)
            known = self.cache[key] = self.costed(layer, shapes, entry.place, f"{trail.prefix}{entry.part}")
        if known.layer.absent:
            return tensors[0]
        part = self.part(entry, scope, trail)
        written = self.written(known.layer, entry.modifiers, scope)
        output = self.place(known, tensors, trail, part, entry.place, written)
        if entry.modifiers.name is not None:
            trail.names[part] = _Named(output, {}, range(len(self.nodes) - 1, len(self.nodes)))
        return output

    def forms_of(self, spec: Spec, scope: Scope) -> tuple[Mapping[str, tuple[str, Place | None]], ...]:
        """Return how layers are written by kind, in a block and in what is around it, innermost first."""
        if not spec.written:
            return self.forms
        return ({word: (self.form(value, scope), value.place) for word, value in spec.written.items()}, *self.forms)

    def form(self, expression: Expression, scope: Scope) -> str:
        value = expression.evaluate(scope)
        if not isinstance(value, str) or value not in FORMS:
            what = f"`written` is {shorten(readable(value))}"
            raise ParameterError(Problem(what, expression.place, one_of(FORMS)))
        return value

    def written(self, layer: Layer, modifiers: Modifiers, scope: Scope) -> str:
        """Return how the reference implementation writes a layer; empty for the usual way."""
        expression = modifiers.written
        if expression is not None:
            form, place = self.form(expression, scope), expression.place
        elif self.forms:
            words = layer.words()
            found = (forms[word] for forms in self.forms for word in words if word in forms)
            form, place = next(found, (layer.forms[0], None))
        else:
            return ""
        if form not in layer.forms:
            self.fail(f"{layer.reported_kind} cannot be written as `{form}`", place, one_of(layer.forms))
            raise _Stop
        return "" if form == layer.forms[0] else form

    def made(self, entry: LayerEntry, values: tuple[Value, ...], shapes: tuple[Shape, ...]) -> Layer:
        """Return the layer with its attributes, each held against what it may be."""
        attributes = dict(entry.primitive.preset)
        attributes.update(zip((name for name, _ in entry.attributes), values, strict=True))
        try:
            for (name, _), value in zip(entry.attributes, values, strict=True):
                for number in value if isinstance(value, tuple) else (value,):
                    if isinstance(number, dict):
                        raise Fault(f"{name} is a look-up table", expected="a value of it, as `table[key]` is")
                    if type(number) is int and number > LARGEST_SIDE:
                        raise Fault(f"{name} is {shorten(str(number))}", expected="at most 10**50")
                    self.arithmetic.sized(number)
            return entry.primitive.layer.make(attributes)
        except Fault as fault:
            at = next((expression for name, expression in entry.attributes if re.match(rf"{name}\b", fault.what)), None)
            if not any(self.doubt) or (at is not None and at.constant):
                place = entry.place if at is None or at.place is None else at.place
                self.fail(f"{entry.word}: {fault.what}", place, fault.expected, fault.hint)
            raise self.guess(entry.primitive.layer, attributes, shapes) from None

    def guess(self, kind: type[Layer], attributes: dict[str, Value], shapes: tuple[Shape, ...]) -> _Stop:
        """Return what the entries after a layer with a faulty attribute are looked at with."""
        out = attributes.get("out")
        known = type(out) is int and 0 < out <= LARGEST_SIDE
        try:
            layer = kind.make({**attributes, **{name: 1 for name in ("out", "groups") if name in attributes}})
            shape = layer.output(shapes, self.arithmetic)
            if any(type(side) is int and side > LARGEST_SIDE for side in shape):
                return _Stop()
        except Fault:
            return _Stop((out, *shapes[0][1:]), (False, True)) if known else _Stop()
        return _Stop((out if known else shape[0], shape[1], shape[2]), (not known, self.doubt[1]))

    def doubt_of(self, tensors: list[int]) -> tuple[bool, bool]:
        """Tell whether the channels and the sides of any of these tensors are in doubt."""
        doubts = [self.doubts[tensor] for tensor in tensors if tensor in self.doubts]
        return (any(channels for channels, _ in doubts), any(sides for _, sides in doubts))

    def costed(self, layer: Layer, shapes: tuple[Shape, ...], place: Place, path: str) -> _Costed:
        """Return a layer with its output's shape and its cost on `shapes`; faults are kept."""
        least, most = layer.arity
        if len(shapes) < least or (most is not None and len(shapes) > most):
            wanted = f"{least}" if least == most else f"{least} or more" if most is None else f"{least} to {most}"
            self.fail(
                f"{path} reads {wanted} tensors, not {len(shapes)}",
                place,
                f"{wanted} tensors",
                "`from: [a, b]` names them" if len(shapes) < least else "",
            )
            raise _Stop
        joins = most != 1
        try:
            layer.check(shapes, self.arithmetic)
        except UndecidedTurn:
            raise
        except Fault as fault:
            if not (any(self.doubt) if joins else self.doubt[0]):
                self.fail(_told(path, fault), place, fault.expected, fault.hint)
        try:
            shape = layer.output(shapes, self.arithmetic)
            for side in shape:
                if type(side) is int and side > LARGEST_SIDE:
                    raise Fault(f"a side of the output is {shorten(str(side))}", expected="at most 10**50")
                self.arithmetic.sized(side)
        except UndecidedTurn:
            raise
        except Fault as fault:
            if not (any(self.doubt) if joins or not hasattr(layer, "kernel") else self.doubt[1]):
                self.fail(_told(path, fault), place, fault.expected, fault.hint)
            out = getattr(layer, "out", None)
            guessed = (shapes[0][0] if out is None else out, *shapes[0][1:])
            raise _Stop(guessed, (out is None and (joins or self.doubt[0]), True)) from None
        view = layer.moves_nothing(shapes, shape, self.arithmetic)
        return _Costed(layer, shape, layer.cost(shapes, shape, view=view), view)

    def place(
        self,
        costed: _Costed,
        tensors: list[int],
        trail: _Trail,
        part: str,
        place: Place,
        written: str,
        joined: Number | None = None,
        again: Number | None = None,
    ) -> int:
        """Add a node to the graph; `again` is what it reads more than once, where its tensors do not tell."""
        if len(self.nodes) >= MOST_LAYERS:
            self.halt("the network is too large", place, f"at most {MOST_LAYERS:,} layers")
        if len(trail.prefix) + len(part) > LONGEST_PATH:
            self.halt(
                f"the path {shorten(trail.prefix + part)} is too long",
                place,
                f"at most {LONGEST_PATH} characters",
                "shorter names",
            )
        self.arithmetic.steps += _STEPS_OF_A_LAYER
        for tensor in tensors:
            self.use(tensor)
        count: Number = 1
        layer, shape, cost, view = costed
        if again is None:
            again = self.read_again([_Strand(tensor, self.shapes[tensor]) for tensor in tensors])
        if not view and again != 0:
            cost = replace(cost, mac=cost.mac - again)
        each = cost
        if self.turns:
            try:
                self.arithmetic.spend(_STEPS_OF_A_SUM)
                for turn in reversed(self.turns):
                    count, cost = turn.sum(count), cost.map(turn.sum)
            except Fault as fault:
                self.fail(f"{trail.prefix}{part}: {fault.what}", place, fault.expected, fault.hint)
                raise _Stop from None
        output = self.tensor(shape, self.memory_of(layer, tensors[0], shape) if view else None)
        if any(self.doubt):
            channels = self.doubt[0] and not hasattr(layer, "out") and layer.name != "reshape"
            sides = self.doubt[1] and layer.name not in ("global_pool", "adaptive_avg_pool", "linear", "reshape")
            self.doubts[output] = (channels or (any(self.doubt) and layer.name == "flatten"), sides)
            self.doubt = (False, False)
        path = trail.prefix + part
        unit = trail.unit or path
        self.nodes.append(
            Node(
                path,
                unit,
                trail.stage,
                layer,
                tuple(tensors),
                output,
                count,
                cost,
                place,
                each,
                self.turns,
                written,
                joined,
                view=view,
            )
        )
        return output

    def memory_of(self, layer: Layer, source: int, shape: Shape) -> Hashable:
        """Return the memory of a view: all of its source's, or the part that the layer takes."""
        memory = self.memory[source]
        part, whole = volume(shape), volume(self.shapes[source])
        return memory if part == whole or expanded(part - whole) == 0 else (memory, layer)

    def read_again(self, strands: list[_Strand]) -> Number:
        """Return the elements of tensors that stand more than once among what a layer reads."""
        seen: set[Hashable] = set()
        again: list[Number] = []
        for strand in strands:
            if strand.turn is not None and not strand.same:
                continue  # in every turn another tensor
            memory = self.memory[strand.tensor]
            times = strand.count if strand.same else 1
            more = times if memory in seen else times - 1
            if more != 0:
                again.append(product(more, volume(strand.shape)))
            seen.add(memory)
        return total(again)

    def block(self, entry: BlockEntry, scope: Scope, trail: _Trail, tensors: list[int]) -> int:
        spec = entry.block
        begin = len(self.nodes)
        self.spend(4 + len(spec.parameters) + len(spec.definitions), entry.place)
        given: dict[str, Any] = {name: expression.evaluate(scope) for name, expression in entry.attributes}
        outer: Scope = self.root
        if spec.enclosing:
            around: Scope | None = scope
            while around is not None and around.home != spec.enclosing:
                around = around.outer
            assert around is not None, "a local block is used inside its spec"
            outer = around
        inner = Scope(given, outer, home=spec.key)
        shape = self.shapes[tensors[0]]
        labels = self.enter(entry, spec, inner, tensors)
        self.settle(spec, self.define(spec, inner), shape)
        self.check_inputs(entry, spec, inner, tensors)
        self.check_parameters(spec, inner, entry.place)
        part = self.part(entry, scope, trail)
        path = f"{trail.prefix}{part}"
        within = _Trail(f"{path}.", trail.unit or path, trail.stage) if part else trail
        turn = self.root.values.pop("i", None)
        forms = self.forms
        self.forms = self.forms_of(spec, inner)
        try:
            result = self.run(spec.layers, inner, labels, within, tensors[0])
        finally:
            self.forms = forms
        within.keep(spec.layers, labels)
        if turn is not None:
            self.root.values["i"] = turn
        for label in spec.outputs:
            self.use(self.source(label, labels, within, entry.place))
        if entry.modifiers.name is not None:
            trail.names[part] = _Named(result, within.names, range(begin, len(self.nodes)))
        return result

    def enter(self, entry: BlockEntry, spec: Spec, scope: Scope, tensors: list[int]) -> dict[str, int]:
        """Bind the names of a block's inputs to the shapes that enter."""
        if len(tensors) != max(len(spec.inputs), 1):
            self.fail(
                f"{spec.name} reads {max(len(spec.inputs), 1)} tensors, not {len(tensors)}",
                entry.modifiers.sources_place or entry.place,
                ", ".join(item.label for item in spec.inputs) or "one tensor",
                "`from: [a, b]` names them",
            )
            raise _Stop
        labels = {"input": tensors[0]}
        for item, tensor in zip(spec.inputs, tensors, strict=False):
            labels[item.label] = tensor
            for name, length in zip(item.entries, self.shapes[tensor], strict=True):
                if isinstance(name, str):
                    scope.values[name] = length
        return labels

    def check_inputs(self, entry: BlockEntry, spec: Spec, scope: Scope, tensors: list[int]) -> None:
        for item, tensor in zip(spec.inputs, tensors, strict=False):
            for expression, length, what in zip(
                item.entries, self.shapes[tensor], ("channels", "height", "width"), strict=True
            ):
                if isinstance(expression, str):
                    continue
                expected = expression.evaluate(scope)
                if not self.arithmetic.equal(expected, length):
                    self.fail(
                        f"{spec.name} is given {show_shape(self.shapes[tensor])}",
                        entry.place,
                        f"{what} {as_text(expected)}",
                    )
                    raise _Stop

    def table(self, entry: TableEntry, scope: Scope, labels: dict[str, int], trail: _Trail, tensor: int) -> int:
        rows: list[tuple[Value, ...]] = []
        if isinstance(entry.rows, Expression):
            chosen = entry.rows.evaluate(scope)
            if not isinstance(chosen, tuple):
                self.fail(f"rows is {shorten(as_text(chosen))}", entry.rows.place, "a list of rows")
                raise _Stop
            self.spend(len(chosen), entry.rows.place)
            for row in chosen:
                cells = row if isinstance(row, tuple) else (row,)
                if len(cells) != len(entry.columns):
                    self.fail(
                        f"the row {shorten(as_text(cells))} is {len(cells)} long",
                        entry.rows.place,
                        f"{len(entry.columns)}: {', '.join(entry.columns)}",
                    )
                    raise _Stop
                rows.append(cells)
        else:
            self.focus(tensor)
            self.spend(len(entry.rows) * (1 + len(entry.columns) // 4), entry.place)
            rows = [tuple([cell.evaluate(scope) for cell in cells]) for cells in entry.rows]
        for row in rows:
            self.spend(2 + len(row) // 4, entry.place)
            inner = Scope(dict(zip(entry.columns, row, strict=True)), scope)
            tensor = self.run(entry.body, inner, self.inner(labels, entry.body), trail, tensor)
        return tensor

    # -- repeats -----------------------------------------------------------------------------------------------------

    def count(self, expression: Expression, scope: Scope) -> Number:
        value = expression.evaluate(scope)
        count = self.whole(value, "repeat", expression.place, 0)
        if type(count) is int and count > MOST_LAYERS:
            self.halt(f"repeat is {shorten(f'{count:,}')}", expression.place, f"at most {MOST_LAYERS:,}")
        return count

    def lay_out(self, turns: int, place: Place | None) -> None:
        """Count the turns of a repeat."""
        self.turns_left -= turns
        if self.turns_left < 0:
            self.halt("the repeats take too many turns", place, f"at most {MOST_TURNS:,}")

    def turn(self, scope: Scope, index: Number, action: Callable[[Scope], Any]) -> Any:
        """Run one turn of a repeat with `i` bound to its index."""
        before = self.root.values.get("i")
        self.root.values["i"] = index
        try:
            return action(scope)
        finally:
            if before is None:
                self.root.values.pop("i", None)
            else:
                self.root.values["i"] = before

    def repeat(
        self,
        entry: Entry,
        expression: Expression,
        scope: Scope,
        labels: dict[str, int],
        trail: _Trail,
        tensors: list[int],
    ) -> int:
        self.focus(tensors[0])
        count = self.count(expression, scope)
        shared = self.shared(entry.modifiers.shared, scope)
        place = None if entry.modifiers.shared is None else entry.modifiers.shared.place
        if type(count) is int:
            self.lay_out(count, expression.place)
            placed = len(self.nodes)
            learned: range | None = None
            for index in range(count):
                begin = len(self.nodes)
                build = partial(self.build_entry, entry, labels=labels, trail=trail, tensors=tensors)
                several, self.several = self.several, count > 1
                try:
                    tensors = [self.turn(scope, index, build)]
                finally:
                    self.several = several
                if shared and learned is not None:
                    self.share(learned, range(begin, len(self.nodes)), place)
                learned = learned or range(begin, len(self.nodes))
                if index == 0 and (len(self.nodes) - placed) * (count - 1) + len(self.nodes) > MOST_LAYERS:
                    self.halt("the network is too large", expression.place, f"at most {MOST_LAYERS:,} layers")
            return tensors[0]
        if len(tensors) > 1:
            self.fail("a repeat with a symbolic count starts from one tensor", entry.place, "one label in `from`")
            raise _Stop

        def turns(first: int, last: int) -> int:
            tensor = tensors[0]
            learned: range | None = None

            def once(index: Number, start: int) -> int:
                nonlocal learned
                begin = len(self.nodes)
                result: int = self.turn(
                    scope, index, lambda inner: self.build_entry(entry, inner, labels, trail, [start])
                )
                if shared and learned is not None:
                    self.share(learned, range(begin, len(self.nodes)), place)
                learned = learned or range(begin, len(self.nodes))
                return result

            for index in range(first):
                tensor = once(index, tensor)
            tensor = self.symbolic_turns(first, expanded(count - 1 - last), tensor, once, trail)
            for index in range(last):
                tensor = once(expanded(count - last + index), tensor)
            return tensor

        end: int = self.peel(count, turns, trail, expression.place, first_alone=shared)
        return end

    def shared(self, expression: Expression | None, scope: Scope) -> bool:
        """Tell whether the turns of a repeat use the same parameters."""
        if expression is None:
            return False
        value = expression.evaluate(scope)
        if not isinstance(value, bool):
            self.fail(f"`shared` is {shorten(as_text(value))}", expression.place, "true or false")
            raise _Stop
        return value

    def peel(
        self,
        count: Number,
        turns: Callable[[int, int], Any],
        trail: _Trail,
        place: Place | None,
        *,
        first_alone: bool = False,
    ) -> Any:
        """Take as few turns of a symbolic repeat by themselves as its conditions need.

        The first one is taken by itself where it learns the parameters that the others share.
        """
        state = self.state(trail)
        arithmetic = self.arithmetic
        relations = arithmetic.relations
        undecided: UndecidedTurn | None = None
        other: list[Problem] = []
        for first, last in _PEELS:
            if first_alone and not first:
                continue
            arithmetic.spend(_STEPS_OF_AN_ATTEMPT + len(self.used) // 16)
            self.attempts += 1
            try:
                if self.assume_turns(count, first + last):
                    return turns(first, last)
            except UndecidedTurn as fault:
                if any(fault.turn == turn.index for turn in self.turns):
                    raise
                undecided = undecided or fault
            except (FlopcalcError, _Stop) as error:
                if undecided is None or arithmetic.steps < 0:
                    raise
                found = [*self.problems[len(state.problems) :], *getattr(error, "problems", ())]
                other = other or found
            finally:
                arithmetic.relations = relations
                self.attempts -= 1
            self.restore(state, trail)
        assert undecided is not None
        undecided.offset = None
        for problem in other[:1] or [undecided.at(place)]:
            self.fail(problem.what, problem.place, problem.expected, problem.hint)
        raise _Stop

    def assume_turns(self, count: Number, least: int) -> bool:
        """Assume that a repeat has at least so many turns, and note it where it is open; False where it has not."""
        enough: Any = expanded(count - least)
        known = self.arithmetic.decide(enough, strict=False)
        if known is None:
            for turn in self.turns:
                if enough.has(turn.index):
                    raise UndecidedTurn(turn.index)
            fixed, open_ = enough.as_coeff_Add()
            text = f"{open_} ≥ {-fixed}"
            self.arithmetic.assumed[text] = None
            self.arithmetic.relations = (*self.arithmetic.relations, Relation(text, enough, False))
        return known is not False

    def state(self, trail: _Trail) -> _State:
        """Remember where the builder is, so that what follows can be built again."""
        return _State(
            len(self.nodes),
            len(self.shapes),
            dict(self.aliases),
            set(self.used),
            tuple(self.problems),
            dict(trail.counts),
            dict(trail.names),
            dict(self.arithmetic.assumed),
        )

    def restore(self, state: _State, trail: _Trail) -> None:
        """Forget what was built since `state`."""
        del self.nodes[state.nodes :], self.shapes[state.shapes :], self.memory[state.shapes :]
        self.aliases, self.used, self.problems = dict(state.aliases), set(state.used), list(state.problems)
        for kept, now in ((state.counts, trail.counts), (state.names, trail.names)):
            now.clear()
            now.update(kept)  # type: ignore[arg-type]
        self.arithmetic.assumed.clear()
        self.arithmetic.assumed.update({**state.assumed, **self.arithmetic.settled})
        self.cache.clear()

    def open_turn(self, first: Number, last: Number) -> Turn:
        taken = self.symbols | {turn.index.name for turn in self.turns}
        name = next(name for name in ("i", *(f"i{number}" for number in range(2, len(taken) + 3))) if name not in taken)
        turn = Turn(turn_symbol(name), first, last)
        self.arithmetic.ranges[turn.index] = (first, last)
        self.turns = (*self.turns, turn)
        return turn

    def close_turn(self, turn: Turn) -> None:
        self.turns = self.turns[:-1]
        del self.arithmetic.ranges[turn.index]

    def symbolic_turns(
        self, first: Number, last: Number, tensor: int, once: Callable[[Number, int], int], trail: _Trail
    ) -> int:
        """Build the body once for the turns from `first` to `last`, and prove that it stands for each of them.

        Either the body keeps the shape, or every turn adds the same number of channels: then turn i begins with the
        first shape's channels and i − first times that number, and the body is built again from there.
        """
        start = self.shapes[tensor]
        state = self.state(trail)
        turn = self.open_turn(first, last)
        try:
            end = once(turn.index, tensor)
            growth = self.growth(start, self.shapes[end], turn)
            if growth != 0:
                self.restore(state, trail)
                begun = (expanded(start[0] + (turn.index - first) * growth), start[1], start[2])
                virtual = self.tensor(begun)
                self.aliases[virtual] = tensor
                end = once(turn.index, virtual)
                again = self.growth(begun, self.shapes[end], turn)
                if not self.arithmetic.equal(again, growth):
                    self.refuse_turns(begun, self.shapes[end], turn)
        finally:
            self.close_turn(turn)
            trail.names.clear()  # what stands inside has a shape of its own in every turn
            trail.names.update(state.names)
        if growth == 0:
            return end
        finished = self.tensor((expanded(start[0] + turn.count * growth), start[1], start[2]))
        self.aliases[finished] = end
        return finished

    def growth(self, start: Shape, end: Shape, turn: Turn) -> Number:
        """Return how many channels a turn adds; refuse a body that changes the map, or grows unevenly."""
        sides = [expanded(end[axis] - start[axis]) for axis in (1, 2)]
        grown = expanded(end[0] - start[0])
        if any(side != 0 for side in sides) or (is_symbolic(grown) and grown.has(turn.index)):
            self.refuse_turns(start, end, turn)
        return grown

    def refuse_turns(self, start: Shape, end: Shape, turn: Turn) -> NoReturn:
        """Ask for the turn to be taken by itself: a first turn may change the shape, and the others keep it."""
        fault = UndecidedTurn(turn.index)
        fault.what = f"a turn of the repeat makes {show_shape(end)} of {show_shape(start)}"
        fault.expected = "a body that, after its first turns, keeps the map and adds the same channels every turn"
        raise fault

    # -- branches ----------------------------------------------------------------------------------------------------

    def branches(self, entry: BranchesEntry, scope: Scope, labels: dict[str, int], trail: _Trail, tensor: int) -> int:
        widths = self.split_widths(entry, scope, tensor)
        strands: list[_Strand] = []
        offset: Number = 0
        for number, path in enumerate(entry.paths):
            start = tensor
            if widths is not None:
                start = self.split(entry, scope, trail, tensor, widths, number, offset)
                offset = offset + widths[number]
            strands.extend(self.path(path, scope, labels, trail, start))
        if not strands:
            self.fail("no path is left to merge", entry.place, "at least one path")
            raise _Stop
        return self.merge(entry, scope, trail, strands)

    def split_widths(self, entry: BranchesEntry, scope: Scope, tensor: int) -> tuple[Number, ...] | None:
        if not entry.split:
            return None
        channels = self.shapes[tensor][0]
        paths = len(entry.paths)
        if any(path.repeat is not None for path in entry.paths):
            self.fail(
                "a repeated path sees the whole input", entry.place, "no `split`", "`- split: {parts: K, take: i}`"
            )
            raise _Stop
        if entry.split == "even":
            if is_rational(channels) and channels % paths:
                self.fail(
                    f"{channels} channels do not split into {paths} equal parts",
                    entry.place,
                    f"a multiple of {paths}",
                    "split: [a, b] gives each path its channels",
                )
                raise _Stop
            return tuple(_share(channels, paths) for _ in range(paths))
        assert not isinstance(entry.split, str)
        self.focus(tensor)
        widths = tuple(
            self.whole(expression.evaluate(scope), "split", expression.place, 1) for expression in entry.split
        )
        if not self.arithmetic.equal(total(widths), channels):
            self.fail(
                f"the split [{', '.join(str(width) for width in widths)}] adds up to {total(widths)}",
                entry.split[0].place,
                f"the {channels} channels that enter",
            )
            raise _Stop
        return widths

    def split(
        self,
        entry: BranchesEntry,
        scope: Scope,
        trail: _Trail,
        tensor: int,
        widths: tuple[Number, ...],
        number: int,
        offset: Number,
    ) -> int:
        """Give a path its part of the channels, as a view."""
        if entry.split == "even":
            values: dict[str, Value] = {"parts": len(widths), "take": number}
            return self.extra("split", values, [tensor], trail, entry.place)
        values = {"start": offset, "stop": expanded(offset + widths[number])}
        return self.extra("slice", values, [tensor], trail, entry.place)

    def extra(
        self,
        word: str,
        values: dict[str, Value],
        tensors: list[int],
        trail: _Trail,
        place: Place,
        read: tuple[Shape, ...] | None = None,
        written: str | None = None,
        joined: Number | None = None,
        again: Number | None = None,
    ) -> int:
        """Place a layer that branches bring with them: a split, a merge.

        `read` gives the shapes that it reads where they are not those of `tensors`: all the turns of a path.
        """
        layer = LAYERS[word].layer.make(values)
        shapes = tuple(self.shapes[tensor] for tensor in tensors)
        if read is not None and word == "concat":
            shapes = read
        costed = self.costed(layer, shapes, place, f"{trail.prefix}{word}")
        if read is not None:
            costed = costed._replace(cost=layer.cost(read, costed.shape, view=False), view=False)
        number = trail.counts[word] = trail.counts.get(word, 0) + 1
        part = f"{word}{number}" if number > 1 else word
        form = self.written(layer, _PLAIN, self.root) if written is None else written
        return self.place(costed, tensors, trail, part, place, form, joined, again)

    def path(self, path: BranchPath, scope: Scope, labels: dict[str, int], trail: _Trail, start: int) -> list[_Strand]:
        """Build one path; a repeated one gives a strand for every turn, or one for all of them."""

        def inner_trail() -> _Trail:
            if path.flat:
                return trail
            number = trail.counts["branch"] = trail.counts.get("branch", 0) + 1
            part = f"{trail.prefix}branch{number}"
            inner = _Trail(f"{part}.", trail.unit, trail.stage, outer=trail.outer)
            inner.names = trail.names
            return inner

        def once(inner: Scope) -> int:
            within = inner_trail()
            end = self.run(path.body, inner, self.inner(labels, path.body), within, start)
            if end == start and all(entry.modifiers.when is not None for entry in path.body.entries):
                self.identities[within.prefix.rstrip(".") or self.spec.called] = None
            return end

        self.spend(8, path.place)
        if path.repeat is None:
            if not path.body.entries:
                if not path.flat:
                    trail.counts["branch"] = trail.counts.get("branch", 0) + 1
                return [_Strand(start, self.shapes[start])]
            end = once(scope)
            return [_Strand(end, self.shapes[end])]
        self.focus(start)
        count = self.count(path.repeat, scope)
        if type(count) is int:
            self.lay_out(count, path.repeat.place)
            ends = [self.turn(scope, index, once) for index in range(count)]
            return [_Strand(end, self.shapes[end]) for end in ends]

        def turns(first: int, last: int) -> list[_Strand]:
            strands: list[_Strand] = []
            for index in range(first):
                end = self.turn(scope, index, once)
                strands.append(_Strand(end, self.shapes[end]))
            names = dict(trail.names)
            turn = self.open_turn(first, expanded(count - 1 - last))
            try:
                end = self.turn(scope, turn.index, once)
            finally:
                self.close_turn(turn)
                trail.names.clear()
                trail.names.update(names)
            strands.append(_Strand(end, self.shapes[end], turn, self.memory[end] == self.memory[start]))
            for index in range(last):
                end = self.turn(scope, expanded(count - last + index), once)
                strands.append(_Strand(end, self.shapes[end]))
            return strands

        strands: list[_Strand] = self.peel(count, turns, trail, path.repeat.place)
        return strands

    def merge(self, entry: BranchesEntry, scope: Scope, trail: _Trail, strands: list[_Strand]) -> int:
        if entry.merge == "hff":
            assert entry.first is not None
            strands = self.running_sums(entry, scope, trail, strands)
        word = "concat" if entry.merge == "hff" else entry.merge
        written = None
        if entry.modifiers.written is not None and entry.merge != "hff":
            written = self.written(LAYERS[word].layer.make({}), entry.modifiers, scope)
        self.spend(len(strands), entry.place)
        tensors = [strand.tensor for strand in strands]
        if self.doubts:
            self.doubt = self.doubt_of(tensors)
        if len(strands) == 1 and strands[0].turn is None and word != "concat" and entry.paths[0].repeat is not None:
            return strands[0].tensor  # a repeat of one turn: there is nothing to add
        if all(strand.turn is None for strand in strands):
            return self.extra(word, {}, tensors, trail, entry.place, written=written)
        self.assume_turns(total(strand.count for strand in strands), 2)
        if word == "concat":
            read = tuple((strand.channels(), strand.shape[1], strand.shape[2]) for strand in strands)
        else:
            for strand in strands:
                self.refuse_uneven(strand, entry)
            read = tuple(
                (product(strand.shape[0], strand.count), strand.shape[1], strand.shape[2]) for strand in strands
            )
            if len(tensors) == 1:
                tensors = tensors * 2  # the turns of one path: their shape is added to itself
        joined = total(strand.count for strand in strands)
        return self.extra(word, {}, tensors, trail, entry.place, read, written, joined, self.read_again(strands))

    def running_sums(self, entry: BranchesEntry, scope: Scope, trail: _Trail, strands: list[_Strand]) -> list[_Strand]:
        """Add to every path from `first` + 1 on the sum before it: hierarchical feature fusion.

        Source: ESPNet (arXiv:1803.06815), section 3.1, figure 1b.
        """
        assert entry.first is not None
        first = self.whole(entry.first.evaluate(scope), "first", entry.first.place, 0)
        count = total(strand.count for strand in strands)
        if type(first) is not int or (type(count) is int and first >= count):
            self.fail(f"first is {first} of {count} paths", entry.first.place, f"a number from 0 to {count - 1}")
            raise _Stop
        if type(count) is not int and not self.assume_turns(count, first + 1):
            self.fail(f"first is {first} of {count} paths", entry.first.place, "a path that there is")
            raise _Stop
        result, summands = _divided(strands, first)
        previous: _Strand | None = None
        for strand in summands:
            if previous is None and strand.turn is None:
                previous = strand
                result.append(strand)
                continue
            if strand.turn is None:
                assert previous is not None
                tensor = self.extra("add", {}, [previous.tensor, strand.tensor], trail, entry.place)
                previous = _Strand(tensor, self.shapes[tensor])
                result.append(previous)
                continue
            self.refuse_uneven(strand, entry)
            begin = expanded(strand.turn.first + (1 if previous is None else 0))
            before = self.turns
            self.turns = (*before, Turn(strand.turn.index, begin, strand.turn.last))
            source = strand.tensor if previous is None else previous.tensor
            # a tensor that stands there twice is that of two turns
            tensor = self.extra("add", {}, [source, strand.tensor], trail, entry.place, again=0)
            self.turns = before
            previous = _Strand(tensor, self.shapes[tensor])
            result.append(_Strand(tensor, self.shapes[tensor], strand.turn))
        return result

    def refuse_uneven(self, strand: _Strand, entry: BranchesEntry) -> None:
        """Refuse to add the turns of a path whose shapes differ."""
        if strand.turn is not None and any(is_symbolic(n) and n.has(strand.turn.index) for n in strand.shape):
            self.fail(
                f"the paths end in {show_shape(strand.shape)}, in every turn {strand.turn.index} another shape",
                entry.place,
                "equal shapes",
                "give the repeat's count a number",
            )
            raise _Stop


def _divided(strands: list[_Strand], first: int) -> tuple[list[_Strand], list[_Strand]]:
    """Part strands before path `first`, counting every turn of a repeated path as one."""
    before: list[_Strand] = []
    after = list(strands)
    while first and after:
        strand = after.pop(0)
        taken = 1
        if strand.turn is not None:
            taken = min(first, strand.count) if type(strand.count) is int else first
            index, begin, last = strand.turn.index, strand.turn.first, strand.turn.last
            if taken != strand.count:
                after.insert(0, _Strand(strand.tensor, strand.shape, Turn(index, expanded(begin + taken), last)))
            strand = _Strand(strand.tensor, strand.shape, Turn(index, begin, expanded(begin + taken - 1)))
        before.append(strand)
        first -= taken
    return before, after


_MOVES = ("stride", "padding", "dilation", "output_padding")
"""What of a layer's attributes says where its parameters are put to use, and not which they are."""


def _unburdened(cost: Cost) -> Cost:
    """Return a cost without learned parameters, which another layer counts; they are read all the same."""
    return replace(cost, params=0, weights=0, biases=0)


def _said(value: Value) -> str:
    if isinstance(value, tuple):
        return "×".join(as_text(part) for part in value)
    return "none" if value is False else as_text(value)


def _told(path: str, fault: Fault) -> str:
    """Return what is wrong with the layer at a path, its name said once."""
    return fault.what if fault.what.startswith(f"{path} ") else f"{path}: {fault.what}"


def _sides(shape: Shape) -> dict[str, Value]:
    """Return the sides of a running tensor under the names that expressions have for them."""
    return {name: side for word, side in zip(RUNNING, shape, strict=True) for name in (word, f"map.{word}")}


def _share(channels: Number, parts: int) -> Number:
    return channels // parts if type(channels) is int else channels / parts


def _freeze(data: Data | Expression, scope: Scope) -> Value:
    """Evaluate a look-up table or a list."""
    if isinstance(data, Expression):
        return data.evaluate(scope)
    if isinstance(data.items, tuple):
        return weighed(tuple([_freeze(item, scope) for item in data.items]), scope)
    return weighed({key: _freeze(item, scope) for key, item in data.items.items()}, scope)


def _may_be_whole(value: Number) -> bool:
    """Tell whether a number is whole, or a formula that can be: of symbols, whose values are not known."""
    if isinstance(value, Recorded):
        return value.is_whole()
    if is_symbolic(value):
        return bool(value.free_symbols) or bool(value.is_integer)
    return type(value) is not Fraction
