"""What counts as a FLOP: a convention is data, a YAML file of rules from the kind of layer to an expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flopcalc.cost import Cost
from flopcalc.errors import Fault, Problem, SpecError, UnknownNameError, shorten, suggest
from flopcalc.expression import Expression, Scope, literal, parse
from flopcalc.layers import LAYERS, Layer, Shape
from flopcalc.number import Arithmetic, Number
from flopcalc.spec import catalog
from flopcalc.spec.loader import is_path
from flopcalc.spec.syntax import Mapping as MappingNode
from flopcalc.spec.syntax import Node, Scalar, compose, read_text

__all__ = ["QUANTITIES", "Convention", "load_convention"]

QUANTITIES = ("madds", "weights", "biases", "bias_adds", "inputs", "outputs", "window", "params")
"""What a rule may speak of, each of the layer's own."""

_KEYS = ("name", "title", "source", "notes", "unit", "flops")


@dataclass(frozen=True, slots=True)
class Convention:
    """A way of counting FLOPs.

    Attributes
    ----------
    name, title, source, notes : str
    unit : str
        What one FLOP is, for a table's caption.
    rules : mapping of str to Expression
        By the kind of layer or its family; ``default`` for every other.
    """

    name: str
    title: str
    source: str
    notes: str
    unit: str
    rules: Mapping[str, Expression]

    def rule(self, layer: Layer) -> Expression:
        """Return the rule for a layer: of its kind, of its name, of its families, or the default."""
        for kind in (layer.reported_kind, layer.name, *layer.families):
            if kind in self.rules:
                return self.rules[kind]
        return self.rules["default"]

    def flops(self, layer: Layer, cost: Cost, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Number:
        """Return the FLOPs of a layer whose cost is `cost` on `inputs`."""
        rule = self.rule(layer)
        if rule.text == "madds":
            return cost.madds
        if rule.text == "0":
            return 0
        values: dict[str, object] = {name: getattr(cost, name) for name in QUANTITIES if name != "window"}
        values["window"] = layer.window(inputs)
        value = rule.evaluate(Scope(values, None, arithmetic))
        if isinstance(value, (bool, str, tuple, dict)):
            raise SpecError(Problem("a rule yields a number", rule.place, "an expression in " + ", ".join(QUANTITIES)))
        return value


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
    if is_path(name_or_path):
        return _read(Path(name_or_path), name_or_path)
    return _packaged(name_or_path)


@cache
def _packaged(name: str) -> Convention:
    folder = catalog.packaged_root() / "conventions"
    path = folder / f"{name}.yaml"
    if not name.isidentifier() or len(name) > 64 or not path.is_file():
        names = sorted(item.stem for item in folder.glob("*.yaml"))
        raise UnknownNameError(
            Problem(
                f"there is no convention `{shorten(name)}`", None, "one of " + ", ".join(names), suggest(name, names)
            )
        )
    return _read(path, path.name)


def _read(path: Path, shown: str) -> Convention:
    node = compose(read_text(path, shown), shown)
    problems: list[Problem] = []
    texts = dict.fromkeys(_KEYS, "")
    rules: dict[str, Expression] = {}
    for key, value in node.entries:
        if key.text not in _KEYS:
            problems.append(
                Problem(
                    f"a convention has no key `{shorten(key.text)}`",
                    key.place,
                    "one of " + ", ".join(_KEYS),
                    suggest(key.text, _KEYS),
                )
            )
        elif key.text == "flops":
            rules = _rules(value, problems)
        elif isinstance(value, Scalar):
            texts[key.text] = "" if value.null else value.text
        else:
            problems.append(Problem(f"{key.text} is {value.what}", value.place, "a text"))
    if not rules and not problems:
        problems.append(
            Problem("the convention has no `flops`", node.place, "rules from kinds of layers to expressions")
        )
    if problems:
        raise SpecError(*problems)
    return Convention(texts["name"] or path.stem, texts["title"], texts["source"], texts["notes"], texts["unit"], rules)


def _rules(node: Node, problems: list[Problem]) -> dict[str, Expression]:
    kinds = {"default"}
    for word, primitive in LAYERS.items():
        kinds |= {word, primitive.layer.name, *primitive.layer.families}
    rules: dict[str, Expression] = {}
    if not isinstance(node, MappingNode):
        problems.append(Problem(f"flops is {node.what}", node.place, "a mapping from kinds of layers to expressions"))
        return rules
    for key, value in node.entries:
        if key.text not in kinds:
            problems.append(
                Problem(f"there is no kind of layer `{shorten(key.text)}`", key.place, "", suggest(key.text, kinds))
            )
            continue
        if not isinstance(value, Scalar) or value.null:
            problems.append(Problem(f"the rule of {key.text} is {value.what}", value.place, "an expression"))
            continue
        try:
            rule = parse(value.text, value.place)
        except Fault as fault:
            problems.append(fault.at(value.place))
            continue
        problems.extend(
            Problem(
                f"`{shorten(name)}` is not known here",
                value.place,
                "one of " + ", ".join(QUANTITIES),
                suggest(name, QUANTITIES),
            )
            for name in (*rule.names, *rule.calls)
            if name not in QUANTITIES
        )
        rules[key.text] = rule
    rules.setdefault("default", literal(0))
    return rules
