"""What a spec declares before its layers: parameters, definitions, inputs, outputs, variants, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flopcalc.errors import Place, one_of, shorten, suggest
from flopcalc.expression import QUOTE_IT, RUNNING, Expression, check_name
from flopcalc.layers import FORMS, MOST_SIDES, Primitive, kinds
from flopcalc.number import Value, readable
from flopcalc.spec.model import Data, Definition, Input, Parameter, Variant
from flopcalc.spec.names import ANY_CHOICE, ANY_WORD, VALUE, Names
from flopcalc.spec.reading import NOTHING, Reading
from flopcalc.spec.syntax import Mapping, Node, Scalar, Sequence
from flopcalc.spec.words import PARAMETER_KEYS

__all__ = [
    "WORD",
    "WORD_SAID",
    "bind_inputs",
    "definition_nodes",
    "input_nodes",
    "parameter_nodes",
    "read_definition",
    "read_form",
    "read_input",
    "read_outputs",
    "read_parameter",
    "read_variants",
    "read_written",
    "refuse_cycles",
]

MOST_INPUTS = 100
"""How many tensors may enter a spec."""

WORD = re.compile(r"[^\W\d][\w.+-]*")
WORD_SAID = "letters, digits, _, ., + and -, beginning with a letter or _, at most 64"
_FUNCTION = re.compile(r"\s*([^\W\d]\w*)\s*\((.*)\)\s*$", re.DOTALL)


def parameter_nodes(reading: Reading, node: Node | None) -> dict[Scalar, Node]:
    """Return what stands for each parameter, by its name where it stands."""
    found = reading.file.mapping(node, "parameters", "a mapping of names to defaults")
    if found is None:
        return {}
    return {key: value for key, value in found.entries if not reading.file.name_fault(key.text, key.place)}


def read_parameter(reading: Reading, key: Scalar, node: Node, names: Names) -> Parameter:
    """Read a parameter: its default alone, or a mapping with its bounds."""
    names = names.without(key.text)
    if not isinstance(node, Mapping):
        default = None if node.null else reading.expression(node, names, what=f"the default of {key.text}")
        return Parameter(key.text, key.place, default)
    reading.check_keys(node, PARAMETER_KEYS, f"the parameter {key.text}")
    choices: tuple[Value, ...] = ()
    choice_node = node.get("choices")
    if choice_node is not None:
        if not isinstance(choice_node, Sequence) or not choice_node.items:
            what = "empty" if isinstance(choice_node, Sequence) else choice_node.what
            reading.file.fail(f"`choices` is {what}", choice_node.place, "a list of values")
        else:
            choices = tuple(reading.constant(item, "a choice", words=ANY_CHOICE) for item in choice_node.items)
    words = tuple(choice for choice in choices if isinstance(choice, str))
    parts: dict[str, Expression | None] = {}
    for part in ("default", "min", "max", "above"):
        value = node.get(part)
        missing = value is None or value.null
        parts[part] = None if missing else reading.expression(value, names, words, f"{part} of {key.text}")  # type: ignore[arg-type]
    default = parts["default"]
    if default is not None and default.constant and choices:
        value_ = default.run(NOTHING)
        if not any(type(value_) is type(choice) and value_ == choice for choice in choices):
            reading.file.fail(
                f"the default {readable(value_)} of {key.text} is none of its choices",
                key.place,
                one_of(readable(choice) for choice in choices),
            )
    return Parameter(
        key.text,
        key.place,
        default,
        parts["min"],
        parts["max"],
        parts["above"],
        choices,
        reading.word(node.get("help"), "help"),
        reading.file.flag(node.get("pair"), f"`pair` of {key.text}"),
        _whole_flag(reading, key, node, default, choices),
    )


def _whole_flag(
    reading: Reading, key: Scalar, node: Mapping, default: Expression | None, choices: tuple[Value, ...]
) -> bool:
    """Return whether a parameter is whole, and hold the default and the choices that are written down to it."""
    whole = reading.file.flag(node.get("whole"), f"`whole` of {key.text}")
    if whole:
        settled = () if default is None or not default.constant else (default.run(NOTHING),)
        for value in (*settled, *choices):
            entries = value if isinstance(value, tuple) else (value,)
            if any(type(entry) is not int for entry in entries):
                reading.file.fail(f"{key.text} is whole and may be {readable(value)}", key.place, "whole numbers")
    return whole


def definition_nodes(reading: Reading, node: Node | None) -> dict[str, tuple[tuple[str, ...] | None, Scalar, Node]]:
    """Return definitions by name: what a function takes, where the name stands, and the value."""
    found = reading.file.mapping(node, "define", "a mapping of names to values")
    result: dict[str, tuple[tuple[str, ...] | None, Scalar, Node]] = {}
    for key, value in found.entries if found else ():
        match = _FUNCTION.match(key.text)
        name = match[1] if match else key.text
        formal: tuple[str, ...] | None = None
        if match:
            formal = tuple(part.strip() for part in match[2].split(",")) if match[2].strip() else ()
            faults = [reading.file.name_fault(part, key.place) for part in formal]
            if any(faults):
                continue
            if len(set(formal)) < len(formal):
                reading.file.fail(f"{name} has two parameters of one name", key.place, "different names")
        if key.flow and name.count("(") > name.count(")"):
            reading.file.fail(f"`{shorten(name)}` cannot be a name", key.place, "name, or name(argument, …)", QUOTE_IT)
            continue
        if reading.file.name_fault(name, key.place):
            continue
        if name in result:
            reading.file.fail(f"`{name}` is defined twice", key.place, "it once")
        result[name] = (formal, key, value)
    return result


def read_definition(
    reading: Reading, name: str, formal: tuple[str, ...] | None, key: Scalar, node: Node, names: Names
) -> Definition:
    """Read a value, a function's body, a list or a look-up table."""
    if formal is not None:
        inner = names.extended(formal)
        return Definition(name, key.place, reading.expression(node, inner, what=f"the body of {name}"), formal)
    if isinstance(node, Scalar):
        return Definition(name, key.place, reading.expression(node, names, what=f"the value of {name}"))
    return Definition(name, key.place, _data(reading, node, names))


def _data(reading: Reading, node: Node, names: Names) -> Data:
    if isinstance(node, Sequence):
        return Data(tuple(_datum(reading, item, names) for item in node.items))
    assert isinstance(node, Mapping)
    table: dict[Value, Data | Expression] = {}
    for key, value in node.entries:
        index = reading.constant(key, "a key")
        if isinstance(index, (tuple, dict)) or index in table:
            reading.file.fail(f"the key `{shorten(key.text)}` stands twice", key.place, "every key once")
            continue
        table[index] = _datum(reading, value, names)
    return Data(table)


def _datum(reading: Reading, node: Node, names: Names) -> Data | Expression:
    if isinstance(node, Scalar):
        return reading.expression(node, names, ANY_WORD, "an entry")
    return _data(reading, node, names)


def refuse_cycles(reading: Reading, parameters: dict[str, Parameter], definitions: dict[str, Definition]) -> None:
    """Refuse parameters and definitions that lead back to themselves."""
    reads: dict[str, set[str]] = {}
    places: dict[str, Place] = {}

    def leaves(body: Expression | Data) -> Iterable[Expression]:
        if isinstance(body, Expression):
            yield body
            return
        for item in body.items.values() if isinstance(body.items, dict) else body.items:
            yield from leaves(item)  # type: ignore[arg-type]

    for parameter in parameters.values():
        places[parameter.name] = parameter.place
        reads[parameter.name] = set(parameter.default.names) - {parameter.name} if parameter.default else set()
        if parameter.default:
            reads[parameter.name] |= set(parameter.default.calls)
    for definition in definitions.values():
        places[definition.name] = definition.place
        own = set(definition.parameters or ())
        reads[definition.name] = set()
        for leaf in leaves(definition.body):
            reads[definition.name] |= (set(leaf.names) - own) | set(leaf.calls)
    state: dict[str, int] = {}
    for start in reads:
        trail: list[tuple[str, Iterable[str]]] = []
        if start in state:
            continue
        state[start] = 1
        trail.append((start, iter(sorted(reads[start] & reads.keys()))))
        while trail:
            name, rest = trail[-1]
            following = next(iter(rest), None)
            if following is None:
                state[name] = 2
                trail.pop()
            elif following not in state:
                state[following] = 1
                trail.append((following, iter(sorted(reads[following] & reads.keys()))))
            elif state[following] == 1:
                cycle = [item for item, _ in trail]
                cycle = [*cycle[cycle.index(following) :], following]
                reading.file.fail(
                    f"`{following}` is defined by itself: {shorten(' → '.join(cycle), 120)}",
                    places[following],
                    "definitions that end in numbers",
                )
                state[following] = 2


def input_nodes(reading: Reading, node: Mapping) -> list[tuple[str, Place, Node]]:
    """Return the label of every tensor that enters, its place, and what stands for its shape."""
    one, several = node.get("input"), node.get("inputs")
    if one is not None and several is not None:
        reading.file.fail("both `input` and `inputs` are given", several.place, "one of the two")
    if one is not None:
        return [("input", one.place, one)]
    found = reading.file.mapping(several, "inputs", "a mapping of labels to [channels, height, width]")
    result = []
    if found and len(found.entries) > MOST_INPUTS:
        reading.file.fail(f"there are {len(found.entries):,} inputs", found.place, f"at most {MOST_INPUTS}")
        return []
    for key, value in found.entries if found else ():
        if not reading.file.name_fault(key.text, key.place):
            result.append((key.text, key.place, value))
    return result


def bind_inputs(
    reading: Reading, inputs: list[tuple[str, Place, Node]], taken: set[str], names: dict[str, int]
) -> list[tuple[str, Place, list[str | Scalar]]]:
    """Put the names that shapes of inputs bind into `names`; return the inputs with these as texts."""
    bound: list[tuple[str, Place, list[str | Scalar]]] = []
    fresh: set[str] = set()
    for label, place, node in inputs:
        if not isinstance(node, Sequence) or not 1 <= len(node.items) <= MOST_SIDES + 1:
            items_ = node.items if isinstance(node, Sequence) else ()
            what = f"a list of {len(items_)}" if items_ else node.what
            texts = [item.text for item in items_ if isinstance(item, Scalar)]
            cut = any(text.count("(") != text.count(")") for text in texts)
            expected = "[channels, height, width]"
            if len(items_) > MOST_SIDES + 1:
                expected += f", at most {MOST_SIDES + 1} sides"
            reading.file.fail(f"{label} is {what}", node.place, expected, QUOTE_IT if cut else "")
            names.update({text: VALUE for text in texts if not check_name(text) and text not in names})
            continue
        items: list[str | Scalar] = []
        for item in node.items:
            new = (
                isinstance(item, Scalar)
                and item.plain
                and item.text not in taken
                and item.text not in fresh
                and item.text not in RUNNING
                and not check_name(item.text)
            )
            if new:
                assert isinstance(item, Scalar)
                fresh.add(item.text)
                names[item.text] = VALUE
                items.append(item.text)
            else:
                items.append(item)  # type: ignore[arg-type]
        bound.append((label, place, items))
    return bound


def read_input(reading: Reading, label: str, place: Place, items: list[str | Scalar], names: Names) -> Input:
    """Read the shape of an input."""
    entries: tuple[str | Expression, ...] = tuple(
        item if isinstance(item, str) else reading.expression(item, names, what=f"an entry of {label}")
        for item in items
    )
    return Input(label, place, entries)


def read_outputs(reading: Reading, node: Node | None, labels: set[str]) -> tuple[str, ...]:
    """Read the labels of the tensors that leave beside the last one."""
    if node is None or node.null:
        return ()
    if not isinstance(node, Sequence):
        reading.file.fail(f"outputs is {node.what}", node.place, "a list of labels")
        return ()
    result: list[str] = []
    for item in node.items:
        label = reading.word(item, "an output")
        if label and label.split(".")[0] not in labels and "*" not in labels:
            near = suggest(label, labels)
            reading.file.fail(f"there is no label `{shorten(label)}`", item.place, one_of(sorted(labels)), near)
        result.append(label)
    return tuple(result)


def read_variants(reading: Reading, node: Node | None, parameters: dict[str, Parameter]) -> dict[str, Variant]:
    """Read the published configurations: values of parameters by name."""
    found = reading.file.mapping(node, "variants", "a mapping of names to values of parameters")
    result: dict[str, Variant] = {}
    for key, value in found.entries if found else ():
        if not WORD.fullmatch(key.text) or len(key.text) > 64:
            reading.file.fail(f"`{shorten(key.text)}` cannot be a variant's name", key.place, WORD_SAID)
            continue
        values: dict[str, Value] = {}
        settings = reading.file.mapping(value, f"the variant {key.text}", "a mapping of parameters to values")
        for name, setting in settings.entries if settings else ():
            if name.text not in parameters:
                reading.file.fail(
                    f"there is no parameter `{shorten(name.text)}`",
                    name.place,
                    one_of(parameters),
                    suggest(name.text, parameters),
                )
                continue
            choices = parameters[name.text].choices
            words = tuple(choice for choice in choices if isinstance(choice, str))
            setting_value = reading.constant(setting, f"the value of {name.text}", words=words)
            if choices and setting_value not in choices:
                reading.file.fail(
                    f"{name.text} cannot be {shorten(readable(setting_value))}",
                    setting.place,
                    one_of(readable(choice) for choice in choices),
                )
            values[name.text] = setting_value
        result[key.text] = Variant(key.text, key.place, values)
    return result


def read_written(reading: Reading, node: Node | None, names: Names) -> dict[str, Expression]:
    """Read how the reference implementation writes layers, by kind or family."""
    found = reading.file.mapping(node, "written", "a mapping of kinds of layers to how they are written")
    result: dict[str, Expression] = {}
    for key, value in found.entries if found else ():
        if key.text in kinds():
            result[key.text] = read_form(reading, value, names, key.text, kinds()[key.text])
        else:
            reading.file.fail(
                f"there is no kind of layer `{shorten(key.text)}`",
                key.place,
                one_of(kinds()),
                suggest(key.text, kinds()),
            )
    return result


def read_form(reading: Reading, node: Node, names: Names, what: str, primitives: Iterable[Primitive]) -> Expression:
    """Read how a layer is written: one of the forms that some of `primitives` has, or an expression for one."""
    allowed = [form for form in FORMS if any(form in primitive.layer.forms for primitive in primitives)]
    expression = reading.expression(node, names, tuple(FORMS), "written")
    if expression.constant:
        value = expression.run(NOTHING)
        if value not in allowed and node.place not in reading.file.faulty:
            said = f"{what} cannot be written as `{shorten(readable(value))}`"
            reading.file.fail(said, node.place, one_of(allowed), suggest(readable(value), allowed))
    return expression
