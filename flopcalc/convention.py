"""What counts as a FLOP: a convention is data, a YAML file of rules from the kind of layer to an expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import ParameterError, Problem, SpecError, shorten
from flopcalc.expression import Expression, Scope, literal, parse
from flopcalc.graph import Graph, Node
from flopcalc.layers import FORMS, Layer, Margin, Shape, kinds
from flopcalc.metrics import RULED
from flopcalc.number import Arithmetic, Number, Value, as_text, is_rational, product
from flopcalc.spec.document import HEADINGS, Document
from flopcalc.spec.loader import is_path
from flopcalc.spec.opening import open_document
from flopcalc.spec.syntax import Mapping as MappingNode
from flopcalc.spec.syntax import Node as YamlNode
from flopcalc.spec.syntax import Scalar

__all__ = ["COUNTED", "QUANTITIES", "Convention", "Counted", "Rule", "convention_of", "load_convention"]

COUNTED = RULED
"""What a convention may have rules for; without any, params and activations are flopcalc's own."""


def _width(shape: Shape) -> Number:
    """Return the last side of a map; 1 where there is none."""
    return shape[-1] if len(shape) > 1 else 1


def _height(shape: Shape) -> Number:
    """Return the sides of a map before the last, together: height times width is its positions, whatever its rank."""
    return shape[1] if len(shape) == 3 else product(*shape[1:-1])


def _along(layer: Layer, shape: Shape) -> Number:
    """Return how many elements stand along the axes that a layer acts on: the channels, where it says none."""
    axes = getattr(layer, "axis", None)
    if axes is None:
        return shape[0]
    return product(*(shape[int(axis)] for axis in (axes if isinstance(axes, tuple) else (axes,))))


_OF_COST = ("madds", "weights", "biases", "bias_adds", "inputs", "outputs", "params", "activations", "mac")
_PLAIN = frozenset((*_OF_COST, "0"))
_OF_SHAPES: Mapping[str, Callable[[Layer, tuple[Shape, ...], Shape], Number]] = {
    "window": lambda layer, inputs, output: layer.window(inputs),
    "reads": lambda layer, inputs, output: layer.reads(inputs, output),
    "statistics": lambda layer, inputs, output: layer.statistics(inputs, output),
    "sides": lambda layer, inputs, output: len(output) - 1,
    "along": lambda layer, inputs, output: _along(layer, inputs[0] if inputs else output),
    "in_channels": lambda layer, inputs, output: inputs[0][0] if inputs else 0,
    "in_height": lambda layer, inputs, output: _height(inputs[0] if inputs else output),
    "in_width": lambda layer, inputs, output: _width(inputs[0] if inputs else output),
    "out_channels": lambda layer, inputs, output: output[0],
    "out_height": lambda layer, inputs, output: _height(output),
    "out_width": lambda layer, inputs, output: _width(output),
}
"""The quantities that follow from a layer and its shapes, the first input's and the output's."""

QUANTITIES = (*_OF_COST, "operands", *_OF_SHAPES)
"""What a rule may speak of, each of the layer's own; beside them its attributes."""

_KEYS = (*HEADINGS, "unit", "unseen", *COUNTED)
_UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What a convention says of a layer; two of the same text under the same key are equal, wherever they stand.

    Attributes
    ----------
    key : str
        Under which it stands: the kind or family, with the form of writing where the rule is for one alone
        (``relu.functional``); ``default``; or ``unseen.FORM`` for a form that the convention does not see.
    expression : Expression
        In the layer's own quantities.
    """

    key: str
    expression: Expression

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and (self.key, self.text) == (other.key, other.text)

    def __hash__(self) -> int:
        return hash((self.key, self.text))

    @property
    def text(self) -> str:
        """The expression as it stands in the file."""
        return self.expression.text

    @property
    def plain(self) -> bool:
        """Whether it is a quantity of the layer's cost as it stands, or 0."""
        return self.expression.text in _PLAIN

    @property
    def for_a_form(self) -> bool:
        """Whether it holds because of how the layer is written, and not for every layer of its kind."""
        return "." in self.key


@dataclass(frozen=True, slots=True)
class Counted:
    """What a convention makes of one layer: a number of FLOPs, params or activations, and why.

    Attributes
    ----------
    value : Number
    rule : Rule
    """

    value: Number
    rule: Rule


@dataclass(frozen=True, slots=True)
class Convention:
    """A way of counting.

    Attributes
    ----------
    name, title, source, notes : str
    unit : str
        What one FLOP is, for a table's caption.
    rules : mapping of str to Rule
        Of FLOPs: by the kind of layer or its family, or one of these and a form (``relu.functional``); ``default``
        for every other.
    others : mapping of str to mapping of str to Rule
        Rules of the same form for params and activations, where it has any.
    unseen : tuple of str
        The forms of writing, of :data:`flopcalc.layers.FORMS`, whose layers it does not count.
    """

    name: str
    title: str
    source: str
    notes: str
    unit: str
    rules: Mapping[str, Rule]
    others: Mapping[str, Mapping[str, Rule]] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    known: dict[tuple[str, ...], Rule] = field(default_factory=dict, compare=False, repr=False)
    """The rules that were looked up, by kind and name of the layer, its form and the metric."""

    def rule(self, layer: Layer, written: str = "", metric: str = "flops") -> Rule:
        """Return the rule for a layer: of its kind, of its name, of its families, or the default.

        A rule for the way in which the layer is written goes before the one for its kind alone.

        Parameters
        ----------
        layer : Layer
        written : str
            One of :data:`flopcalc.layers.FORMS`; "" for the usual way.
        metric : str
            One of :data:`COUNTED`.

        Examples
        --------
        >>> from flopcalc.layers import LAYERS
        >>> relu = LAYERS["relu"].layer.make({"kind": "relu"})
        >>> rule = load_convention("ptflops").rule(relu, "functional")
        >>> rule.key, rule.text
        ('relu.functional', 'outputs')
        """
        form = written or layer.forms[0]
        key = (layer.reported_kind, layer.name, form, metric)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._looked_up(layer, form, metric)
        return found

    def _looked_up(self, layer: Layer, form: str, metric: str) -> Rule:
        rules = self.rules if metric == "flops" else self.others.get(metric, {})
        if not rules:
            return _OWN[metric]
        words = layer.words()
        if form in self.unseen and not any(f"{word}.{form}" in rules for word in words):
            return Rule(f"{_UNSEEN}.{form}", _NOTHING)
        for word in words:
            for key in (f"{word}.{form}", word):
                if key in rules:
                    return rules[key]
        return rules["default"]

    def flops(
        self,
        layer: Layer,
        cost: Cost,
        inputs: tuple[Shape, ...],
        arithmetic: Arithmetic,
        *,
        written: str = "",
        output: Shape | None = None,
    ) -> Number:
        """Return the FLOPs of a layer whose cost is `cost` on `inputs`, written as `written`."""
        return _value(self.rule(layer, written), layer, cost, inputs, output, len(inputs), arithmetic)

    def counted(
        self, node: Node, graph: Graph, arithmetic: Arithmetic, metric: str = "flops", *, written: str | None = None
    ) -> Counted:
        """Return what it makes of a layer of a graph, over all the layer's turns, and the rule by which it does.

        Parameters
        ----------
        node : Node
        graph : Graph
            That the node stands in.
        arithmetic : Arithmetic
            That of the analysis.
        metric : str
            One of :data:`COUNTED`.
        written : str, optional
            Count it as if it were written so; "" for the usual way. How it is written where it is not given.

        Raises
        ------
        SpecError
            Where the rule has no value.
        """
        form = node.written if written is None else written
        layer = node.layer
        rule = self.rule(layer, form, metric)
        if node.shares and metric == "params":
            return Counted(0, rule)  # counted where they are learned
        if rule.plain and not node.turns and node.alone is None and node.batch == 1:
            return Counted(_plain(rule, node.cost), rule)
        shapes, output = graph.input_shapes(node), graph.shapes[node.output]
        value = node.of_one_sample.by_itself.over_turns(
            lambda cost: _value(rule, layer, cost, shapes, output, node.operands, arithmetic)
        )
        return Counted(value if metric == "params" else node.batch * value, rule)


def _plain(rule: Rule, cost: Cost) -> Number:
    """Return what a rule yields that is a quantity of the cost, or nothing."""
    value: Number = 0 if rule.text == "0" else getattr(cost, rule.text)
    return value


def _value(
    rule: Rule,
    layer: Layer,
    cost: Cost,
    inputs: tuple[Shape, ...],
    output: Shape | None,
    operands: Number,
    arithmetic: Arithmetic,
) -> Number:
    if rule.plain:
        return _plain(rule, cost)
    expression = rule.expression
    written = layer.output(inputs, arithmetic) if output is None else output
    values: dict[str, Any] = {}
    for name in expression.names:
        if name in _OF_COST:
            values[name] = getattr(cost, name)
        elif name == "operands":
            values[name] = operands
        elif name in _OF_SHAPES:
            values[name] = _OF_SHAPES[name](layer, inputs, written)
        else:
            values[name] = _attribute(layer, name, inputs, arithmetic)
    value = expression.evaluate(Scope(values, None, arithmetic))
    if isinstance(value, (bool, str, tuple, dict)):
        what = f"the rule of {rule.key} yields {shorten(as_text(value))}"
        raise SpecError(Problem(what, expression.place, "a number", f"an expression in {_LISTED}"))
    if value < 0 if is_rational(value) else getattr(value, "is_negative", None):
        what = f"the rule of {rule.key} yields {shorten(as_text(value))} for a layer of kind {layer.reported_kind}"
        raise SpecError(Problem(what, expression.place, "a number that is not negative"))
    return value


def _attribute(layer: Layer, name: str, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Value:
    """Return an attribute: padding as numbers, and false for one that is not given and has no default."""
    value: Value | None = getattr(layer, name)
    if name == "padding" and isinstance(value, str):
        margins: Callable[[Shape, Arithmetic], tuple[Margin, ...]] = layer.margins  # type: ignore[attr-defined]
        return tuple([before for before, _ in margins(inputs[0], arithmetic)])
    return False if value is None else value


_LISTED = ", ".join(QUANTITIES)
_NOTHING = literal(0)
_OWN: Mapping[str, Rule] = {metric: Rule("default", parse(metric)) for metric in ("params", "activations")}


def load_convention(name_or_path: str) -> Convention:
    """Return a packaged convention by name, or a user's own by path.

    Raises
    ------
    UnknownNameError
        Where there is none of that name.
    SpecError
        With all the faults of the file.

    Examples
    --------
    >>> load_convention("paper").unit
    'one multiply-add of a convolution, a linear layer or a matrix product'
    """
    return _read(name_or_path) if is_path(name_or_path) else _packaged(name_or_path)


def convention_of(value: object) -> Convention:
    """Return a convention as it may be given in Python: itself, a packaged one's name, or a path.

    Raises
    ------
    ParameterError
        For anything else.
    UnknownNameError, SpecError
        As :func:`load_convention`.
    """
    if isinstance(value, Convention):
        return value
    if isinstance(value, Path):
        value = str(value.absolute())
    if not isinstance(value, str):
        raise ParameterError(Problem(f"convention is {shorten(value)}", None, "a name, a path or a Convention"))
    return load_convention(value)


@cache
def _packaged(name: str) -> Convention:
    return _read(name)


def _read(name_or_path: str) -> Convention:
    document = open_document(name_or_path, "convention", _KEYS, ("flops",))
    nodes, texts = document.parts, document.headings()
    unit = document.text(nodes.get("unit"), "unit")
    unseen = document.texts(nodes.get(_UNSEEN), _UNSEEN)
    for form in unseen:
        if form and form not in FORMS:
            document.unknown("no layer is written as", form, nodes[_UNSEEN], FORMS)
    rules = {metric: _rules(document, nodes[metric], metric) for metric in COUNTED if metric in nodes}
    document.finish()
    return Convention(
        texts["name"],
        texts["title"] or texts["name"],
        texts["source"],
        texts["notes"],
        unit or f"what the rules of {document.path.name} count",
        rules["flops"],
        {metric: rules[metric] for metric in COUNTED[1:] if metric in rules},
        unseen,
    )


def _rules(document: Document, node: YamlNode, metric: str) -> dict[str, Rule]:
    """Read rules by kind; under a kind may stand one expression, or one for each form and a default."""
    if not isinstance(node, MappingNode):
        document.fail(f"{metric} is {node.what}", node, "a mapping from kinds of layers to expressions")
        return {}
    rules: dict[str, Rule] = {}
    words = ("default", *kinds())
    for key, value in node.entries:
        if key.text not in words:
            document.unknown("there is no kind of layer", key.text, key, words)
            continue
        for form, text in _forms(document, key, value):
            word = f"{key.text}.{form}" if form else key.text
            known = (*QUANTITIES, *_attributes(key.text))
            expression = document.expression(text, f"the rule of {word}", known)
            if expression is not None:
                rules[word] = Rule(word, expression)
    rules.setdefault("default", Rule("default", _NOTHING))
    return rules


def _forms(document: Document, key: Scalar, value: YamlNode) -> Iterator[tuple[str, YamlNode]]:
    if not isinstance(value, MappingNode) or key.text == "default":
        yield "", value
        return
    known = [form for form in FORMS if any(form in primitive.layer.forms for primitive in kinds()[key.text])]
    if not value.entries:
        document.fail(f"the rule of {key.text} is empty", value, f"an expression, or one for any of {', '.join(known)}")
    for form, text in value.entries:
        if form.text in known:
            yield form.text, text
        elif form.text == "default":
            yield "", text
        else:
            document.unknown(f"{key.text} is never written as", form.text, form, (*known, "default"))


def _attributes(word: str) -> tuple[str, ...]:
    """Return the attributes that all the layers under a word have."""
    layers = [primitive.layer for primitive in kinds().get(word, ())]
    if not layers:
        return ()
    names = [attribute.name for attribute in layers[0].attributes()]
    return tuple(name for name in names if all(name in {a.name for a in layer.attributes()} for layer in layers))
