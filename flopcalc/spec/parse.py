"""YAML nodes become a checked Spec; every fault of the file is found before any is reported."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Collection, Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from flopcalc.errors import Fault, Place, Problem, SpecError, gathered, listed, one_of, shorten, suggest
from flopcalc.expression import (
    AMBIGUOUS,
    FUNCTIONS,
    LONGEST_NAME,
    QUOTE_IT,
    RUNNING,
    Expression,
    Scope,
    Trees,
    check_name,
    literal,
    parse,
    weighed,
)
from flopcalc.layers import FORMS, LAYERS, Attribute, Primitive, kinds
from flopcalc.number import Value, readable
from flopcalc.spec.catalog import spelling
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
    NameTemplate,
    Parameter,
    Spec,
    TableEntry,
    Variant,
    bodies,
    measured,
)
from flopcalc.spec.syntax import MOST_PROBLEMS, Mapping, Node, Scalar, Sequence

__all__ = [
    "BRANCHES_KEYS",
    "CONSTRUCTS",
    "MERGES",
    "MODIFIERS",
    "PARAMETER_KEYS",
    "SPEC_KEYS",
    "TABLE_KEYS",
    "parse_spec",
]

SPEC_KEYS = (
    "name",
    "title",
    "source",
    "parameters",
    "variants",
    "define",
    "input",
    "inputs",
    "outputs",
    "written",
    "blocks",
    "layers",
)
PARAMETER_KEYS = ("default", "min", "max", "above", "choices", "pair", "whole", "help")
MODIFIERS = ("when", "repeat", "name", "as", "from", "written", "shares", "shared")
CONSTRUCTS = ("layers", "table", "branches")
TABLE_KEYS = ("columns", "rows", "do")
BRANCHES_KEYS = ("paths", "split", "merge")
MERGES = ("add", "multiply", "concat", "hff")

DEEPEST_BLOCKS = 32
"""How deeply blocks may be nested in blocks."""

DEEPEST_LISTS = 64
"""How deeply lists of entries may be nested in lists, those of blocks included."""

MOST_INPUTS = 100
"""How many tensors may enter a spec."""

_VALUE = -1
_HIDDEN = -2
_WORD = re.compile(r"[^\W\d][\w.+-]*")
_WORD_SAID = "letters, digits, _, ., + and -, beginning with a letter or _, at most 64"
_BARE_WORD = re.compile(r"(?!0[xXoObB]|\d[\d_]*(?:[eE]\d*)?[jJ]?$)\w+")
_CHOICE_WORD = re.compile(r"(?!0[xXoObB]|\d[\d_.]*(?:[eE][+-]?\d*)?[jJ]?$)(?=.*[^\W\d_])\w[\w.+-]*")
_FUNCTION = re.compile(r"\s*([^\W\d]\w*)\s*\((.*)\)\s*$", re.DOTALL)
_FAILED = literal(1)

FindBlock = Callable[[str], "Spec | None"]


class _AnyWord(Container[str]):
    """Every bare word is a value: the cells of tables and data, and with a pattern of their own the choices."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern

    def __contains__(self, item: object) -> bool:
        return isinstance(item, str) and item not in AMBIGUOUS and self.pattern.fullmatch(item) is not None

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 1


_ANY_WORD: Any = _AnyWord(_BARE_WORD)
_ANY_CHOICE: Any = _AnyWord(_CHOICE_WORD)


@dataclass
class _Names:
    """What an expression may read at some point of the file."""

    kinds: ChainMap[str, int] = field(default_factory=ChainMap)
    """Names, innermost first: how many values a function takes, or that it is a value, or is not seen."""
    running: bool = True
    turn: bool = False
    in_layers: bool = False

    def extended(self, values: Iterable[str], *, turn: bool | None = None) -> _Names:
        """Return the names with more values, and perhaps the turn of a repeat."""
        inner = self.kinds.new_child(dict.fromkeys(values, _VALUE))
        return _Names(inner, self.running, self.turn if turn is None else turn, self.in_layers)

    def without(self, name: str) -> _Names:
        """Return the names but for one."""
        return _Names(self.kinds.new_child({name: _HIDDEN}), self.running, False, self.in_layers)

    def kind(self, name: str) -> int:
        """Tell what a name is: a value, a function of so many values, or not seen."""
        for names in self.kinds.maps:
            if name in names:
                return names[name]
        running = self.running and name.removeprefix("map.") in RUNNING
        return _VALUE if running or (self.turn and name == "i") else _HIDDEN

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.kind(name) == _VALUE

    def __iter__(self) -> Iterator[str]:
        for names in self.kinds.maps:
            yield from (name for name in names if self.kind(name) == _VALUE)
        yield from (name for name in (*RUNNING, "i") if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def functions(self) -> list[str]:
        """Return the names of all functions, the built-in ones first."""
        return [*FUNCTIONS, *(name for name in self.kinds if self.kind(name) >= 0)]


@dataclass
class _Locals:
    """The local blocks of one spec, read when they are first needed."""

    nodes: dict[str, tuple[Place, Node]]
    names: _Names
    key: str
    outer: _Locals | None = None
    done: dict[str, Spec | None] = field(default_factory=dict)
    busy: list[str] = field(default_factory=list)


@dataclass
class _Where:
    """The lists that surround an entry: labels and names seen, path words counted, whether it is repeated."""

    names: _Names
    labels: ChainMap[str, None]
    block_names: set[str]
    crowd: dict[str, int]
    many: bool = False

    def inside(self, *, names: _Names | None = None, crowd: dict[str, int] | None = None, many: bool = False) -> _Where:
        """Return what surrounds the entries of an inner list, whose labels end with it."""
        return _Where(
            self.names if names is None else names,
            self.labels.new_child(),
            self.block_names,
            self.crowd if crowd is None else crowd,
            many,
        )


def parse_spec(
    node: Mapping,
    *,
    shown: str,
    path: Path | None,
    text: str,
    find_block: FindBlock,
    problems: Collection[Problem] = (),
) -> Spec:
    """Return the spec that a file's mapping states.

    Parameters
    ----------
    node : Mapping
        The composed file.
    shown : str
        The file's name in messages.
    path : Path, optional
        Where the file lies.
    text : str
        Its text, which ``flopcalc show`` prints.
    find_block : callable
        Finds a shared block by name; None where there is none.
    problems : collection of Problem
        Faults that are known already; what follows from them, at the same places, is not reported.

    Raises
    ------
    SpecError
        With every fault that the file has.
    """
    reader = _Reader(shown, path, text, find_block, problems)
    spec = reader.spec(node, Path(shown).stem, _Names(), None, shown, enclosing="")
    if reader.problems:
        raise SpecError(*gathered(reader.problems))
    return spec


def _packaged_as(name: str) -> str:
    """Return the name of a packaged spec that is spelt otherwise in a file; a file's words are exact."""
    known = spelling(name)
    return f"did you mean `{known}`?" if known != name else ""


class _Reader:
    """Reads one file; keeps the problems it meets and goes on."""

    def __init__(
        self, shown: str, path: Path | None, text: str, find_block: FindBlock, problems: Collection[Problem]
    ) -> None:
        self.shown = shown
        self.path = path
        self.text = text
        self.find_block = find_block
        self.problems: list[Problem] = list(problems)
        self.faulty = {problem.place for problem in problems}
        self.hiding: dict[str, Place] = {}
        self.shared: dict[str, Spec | None] = {}
        self.trees = Trees()
        self.depth = 0
        self.lists = 0
        self.deep = False

    # -- problems ----------------------------------------------------------------------------------------------------

    def fail(self, what: str, place: Place, expected: str = "", hint: str = "") -> None:
        if place in self.faulty:
            return
        self.problems.append(Problem(what, place, expected, hint))
        if len(self.problems) >= MOST_PROBLEMS:
            raise SpecError(*gathered(self.problems))

    def too_deep(self, place: Place) -> None:
        """Refuse blocks and lists in one another, once a file."""
        if not self.deep:
            self.fail(
                "lists and blocks are nested too deeply",
                place,
                f"at most {DEEPEST_BLOCKS} blocks and {DEEPEST_LISTS} lists in one another",
            )
        self.deep = True

    def check_keys(self, node: Mapping, allowed: Collection[str], what: str) -> None:
        for key, value in node.entries:
            if key.text not in allowed:
                hint = suggest(key.text, allowed)
                if key.flow and (
                    key.text.count(")") != key.text.count("(") or key.text.count("]") != key.text.count("[")
                ):
                    hint = 'inside { } an expression with a comma must be quoted: "max(a, b)"'
                elif key.flow and " " in key.text and isinstance(value, Scalar) and value.null:
                    hint = "inside { } a text with a comma must be quoted"
                elif ":" in key.text and isinstance(value, Scalar) and value.null:
                    hint = "a colon is followed by a space"
                self.fail(f"{what} has no key `{shorten(key.text)}`", key.place, one_of(allowed), hint)

    def word(self, node: Node | None, what: str) -> str:
        """Return a text; quoted or plain."""
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            self.fail(f"`{what}` is {node.what}", node.place, "a text")
            self.faulty.add(node.place)
            return ""
        return "" if node.null else node.text

    def mapping(self, node: Node | None, what: str, expected: str) -> Mapping | None:
        if node is None or node.null:
            return None
        if not isinstance(node, Mapping):
            self.fail(f"{what} is {node.what}", node.place, expected)
            return None
        return node

    def name_fault(self, name: str, place: Place) -> bool:
        fault = check_name(name) if name else "the name is empty"
        if fault:
            self.fail(fault, place, "letters, digits and _, beginning with a letter")
        return bool(fault)

    # -- expressions -------------------------------------------------------------------------------------------------

    def expression(self, node: Node, names: _Names, words: Any = (), what: str = "the value") -> Expression:
        """Read a scalar or a list as an expression; a fault is kept and a stand-in returned."""
        if isinstance(node, Sequence):
            items = tuple(self.expression(item, names, words, what) for item in node.items)
            if all(item.constant for item in items):
                return literal(tuple(item.run(_NOTHING) for item in items), node.place)
            return Expression(
                "[" + ", ".join(item.text for item in items) + "]",
                node.place,
                {name: 0 for item in items for name in item.names},
                {name: call for item in items for name, call in item.calls.items()},
                lambda scope: weighed(tuple([item.evaluate(scope) for item in items]), scope),
                straight=False,
                weight=1,
            )
        if not isinstance(node, Scalar):
            self.fail(
                f"{what} is {node.what}",
                node.place,
                "a number, a word or an expression",
                "an expression that holds braces or a colon must be quoted",
            )
            return _FAILED
        if node.null:
            self.fail(f"{what} is empty", node.place, "a number, a word or an expression")
            return _FAILED
        try:
            expression = parse(
                node.text, node.at(0), words=words, known=names, straight=node.straight, trees=self.trees
            )
        except Fault as fault:
            if fault.hint == QUOTE_IT and not node.flow:
                fault.hint = ""
            self.fail(fault.what, node.at(fault.offset or 0), fault.expected, fault.hint)
            self.faulty.add(node.place)
            if self.trees.arithmetic.steps < 0:
                raise SpecError(*gathered(self.problems)) from None
            return _FAILED
        self.check_names(expression, names, words, node)
        return expression

    def check_names(self, expression: Expression, names: _Names, words: Any, node: Scalar) -> None:
        lead = len(node.text) - len(node.text.lstrip())
        for name, offset in expression.names.items():
            if name in names:
                if name in RUNNING and names.in_layers and name in names.kinds:
                    self.hiding.setdefault(name, node.at(lead + offset))
                continue
            where = node.at(lead + offset)
            if names.kind(name) >= 0:
                self.fail(f"`{name}` is a function", where, f"{name}(…)")
            elif name in FUNCTIONS:
                self.fail(f"`{name}` is a function", where, f"{name}({', '.join(FUNCTIONS[name].parameters)})")
            else:
                candidates = [*names, *(words if not isinstance(words, _AnyWord) else ())]
                hint = suggest(name, candidates)
                if name in words:
                    hint = f"a word inside an expression is quoted: '{name}'"
                if name == "i":
                    hint = "`i` is the turn of a `repeat`, known inside it"
                if name in names.kinds:
                    self.fail(f"`{name}` is defined by itself", where, "a value that needs others only")
                    continue
                expected = one_of(words if words and not isinstance(words, _AnyWord) else names)
                self.fail(f"`{shorten(name)}` is not known here", where, expected, hint)
                self.faulty.add(node.place)
        for name, (offset, count) in expression.calls.items():
            where = node.at(lead + offset)
            arity = names.kind(name)
            if arity < 0:
                what = f"there is no function `{shorten(name)}`"
                if arity == _VALUE:
                    what = f"`{shorten(name)}` is no function"
                known = names.functions()
                self.fail(what, where, one_of(known), suggest(name, known))
            elif arity != count:
                self.fail(f"{name} is given {_counted(count, 'value')}", where, _counted(arity, "value"))

    def constant(self, node: Node, what: str, *, words: Any = _ANY_WORD) -> Value:
        """Return a value that reads no names."""
        expression = self.expression(node, _Names(running=False), words, what)
        return expression.run(_NOTHING) if expression.constant else 1

    # -- a spec ------------------------------------------------------------------------------------------------------

    def spec(self, node: Node, name: str, outer: _Names, locals_: _Locals | None, key: str, *, enclosing: str) -> Spec:
        if not isinstance(node, Mapping):
            self.fail(f"the block {name} is {node.what}", node.place, "a mapping with `layers`")
            return Spec(name, node.place, key)
        self.check_keys(node, SPEC_KEYS, "a spec" if not enclosing else "a block")
        if node.get("name") is not None:
            given = self.word(node.get("name"), "name")
            if not _WORD.fullmatch(given) or len(given) > 64:
                self.fail(f"`{shorten(given)}` cannot be a name", node.get("name").place, _WORD_SAID)  # type: ignore[union-attr]
            else:
                name = given

        here: dict[str, int] = {}
        names = _Names(outer.kinds.new_child(here), True, False)
        parameter_nodes = self.parameter_nodes(node.get("parameters"))
        inputs = self.input_nodes(node)
        definitions = self.definition_nodes(node.get("define"))
        own = {parameter.text for parameter in parameter_nodes}
        here.update(dict.fromkeys(own, _VALUE))
        for name_, (formal, scalar, _) in definitions.items():
            if name_ in own:
                self.fail(f"`{name_}` is a parameter and defined as well", scalar.place, "two different names")
            here[name_] = _VALUE if formal is None else len(formal)
        taken = own | set(definitions)
        bound = self.bind_inputs(inputs, taken, here)

        settled = names
        parameters = {scalar.text: self.parameter(scalar, value, settled) for scalar, value in parameter_nodes.items()}
        defined = {
            name_: self.definition(name_, formal, scalar, value, settled)
            for name_, (formal, scalar, value) in definitions.items()
        }
        self.refuse_cycles(parameters, defined)
        read_inputs = tuple(self.input(label, place, items, settled) for label, place, items in bound)
        variants = self.variants(node.get("variants"), parameters)
        written = self.written(node.get("written"), settled)
        locals_here = self.locals(node.get("blocks"), names, key, locals_)

        labels = dict.fromkeys(["input", *(entry.label for entry in read_inputs)])
        where = _Where(replace(names, in_layers=True), ChainMap(labels), set(), {})
        layers = Listing(())
        layers_node = node.get("layers")
        if layers_node is None or layers_node.null:
            place = node.place if layers_node is None else layers_node.place
            unknown = [key.text for key, _ in node.entries if key.text not in SPEC_KEYS]
            if not any("`layers`" in suggest(key, SPEC_KEYS) for key in unknown):
                self.fail("there are no layers", place, "`layers:` and a list of entries")
        else:
            self.collect_names(layers_node, where.block_names)
            layers = _thinned(self.listing(layers_node, where, locals_here))
            if not layers.entries and isinstance(layers_node, Sequence) and not layers_node.items:
                self.fail("there are no layers", layers_node.place, "at least one entry")
        outputs = self.outputs(node.get("outputs"), {*where.labels, *where.block_names})
        for block_name in list(locals_here.nodes):
            self.local_block(block_name, locals_here, locals_here.nodes[block_name][0])
        return Spec(
            name=name,
            place=node.place,
            key=key,
            title=self.word(node.get("title"), "title"),
            source=self.word(node.get("source"), "source"),
            parameters=parameters,
            definitions=defined,
            inputs=read_inputs,
            outputs=outputs,
            variants=variants,
            blocks={block: spec for block, spec in locals_here.done.items() if spec is not None},
            written=written,
            layers=layers,
            enclosing=enclosing,
            path=self.path,
            text=self.text if not enclosing else "",
            running=tuple(word for word in RUNNING if word not in names.kinds),
            hiding=dict(self.hiding),
        )

    # -- parameters, definitions, inputs, variants -------------------------------------------------------------------

    def parameter_nodes(self, node: Node | None) -> dict[Scalar, Node]:
        found = self.mapping(node, "parameters", "a mapping of names to defaults")
        if found is None:
            return {}
        return {key: value for key, value in found.entries if not self.name_fault(key.text, key.place)}

    def parameter(self, key: Scalar, node: Node, names: _Names) -> Parameter:
        names = names.without(key.text)
        if not isinstance(node, Mapping):
            default = None if node.null else self.expression(node, names, what=f"the default of {key.text}")
            return Parameter(key.text, key.place, default)
        self.check_keys(node, PARAMETER_KEYS, f"the parameter {key.text}")
        choices: tuple[Value, ...] = ()
        choice_node = node.get("choices")
        if choice_node is not None:
            if not isinstance(choice_node, Sequence) or not choice_node.items:
                what = "empty" if isinstance(choice_node, Sequence) else choice_node.what
                self.fail(f"`choices` is {what}", choice_node.place, "a list of values")
            else:
                choices = tuple(self.constant(item, "a choice", words=_ANY_CHOICE) for item in choice_node.items)
        words = tuple(choice for choice in choices if isinstance(choice, str))
        parts: dict[str, Expression | None] = {}
        for part in ("default", "min", "max", "above"):
            value = node.get(part)
            missing = value is None or value.null
            parts[part] = None if missing else self.expression(value, names, words, f"{part} of {key.text}")  # type: ignore[arg-type]
        default = parts["default"]
        if default is not None and default.constant and choices:
            value_ = default.run(_NOTHING)
            if not any(type(value_) is type(choice) and value_ == choice for choice in choices):
                self.fail(
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
            self.word(node.get("help"), "help"),
            self.flag(node.get("pair"), f"`pair` of {key.text}"),
            self.whole_flag(key, node, default, choices),
        )

    def whole_flag(self, key: Scalar, node: Mapping, default: Expression | None, choices: tuple[Value, ...]) -> bool:
        """Return whether a parameter is whole, and hold the default and the choices that are written down to it."""
        whole = self.flag(node.get("whole"), f"`whole` of {key.text}")
        if whole:
            settled = () if default is None or not default.constant else (default.run(_NOTHING),)
            for value in (*settled, *choices):
                entries = value if isinstance(value, tuple) else (value,)
                if any(type(entry) is not int for entry in entries):
                    self.fail(f"{key.text} is whole and may be {readable(value)}", key.place, "whole numbers")
        return whole

    def flag(self, node: Node | None, what: str) -> bool:
        """Return a key that is true or false; false where it is not given."""
        if node is None:
            return False
        if isinstance(node, Scalar) and node.text in ("true", "false"):
            return node.text == "true"
        shown = shorten(node.text) if isinstance(node, Scalar) else node.what
        self.fail(f"{what} is {shown}", node.place, "true or false")
        return False

    def definition_nodes(self, node: Node | None) -> dict[str, tuple[tuple[str, ...] | None, Scalar, Node]]:
        found = self.mapping(node, "define", "a mapping of names to values")
        result: dict[str, tuple[tuple[str, ...] | None, Scalar, Node]] = {}
        for key, value in found.entries if found else ():
            match = _FUNCTION.match(key.text)
            name = match[1] if match else key.text
            formal: tuple[str, ...] | None = None
            if match:
                formal = tuple(part.strip() for part in match[2].split(",")) if match[2].strip() else ()
                faults = [self.name_fault(part, key.place) for part in formal]
                if any(faults):
                    continue
                if len(set(formal)) < len(formal):
                    self.fail(f"{name} has two parameters of one name", key.place, "different names")
            if key.flow and name.count("(") > name.count(")"):
                self.fail(f"`{shorten(name)}` cannot be a name", key.place, "name, or name(argument, …)", QUOTE_IT)
                continue
            if self.name_fault(name, key.place):
                continue
            if name in result:
                self.fail(f"`{name}` is defined twice", key.place, "it once")
            result[name] = (formal, key, value)
        return result

    def definition(
        self, name: str, formal: tuple[str, ...] | None, key: Scalar, node: Node, names: _Names
    ) -> Definition:
        if formal is not None:
            inner = names.extended(formal)
            return Definition(name, key.place, self.expression(node, inner, what=f"the body of {name}"), formal)
        if isinstance(node, Scalar):
            return Definition(name, key.place, self.expression(node, names, what=f"the value of {name}"))
        return Definition(name, key.place, self.data(node, names))

    def data(self, node: Node, names: _Names) -> Data:
        if isinstance(node, Sequence):
            return Data(tuple(self.datum(item, names) for item in node.items))
        assert isinstance(node, Mapping)
        table: dict[Value, Data | Expression] = {}
        for key, value in node.entries:
            index = self.constant(key, "a key")
            if isinstance(index, (tuple, dict)) or index in table:
                self.fail(f"the key `{shorten(key.text)}` stands twice", key.place, "every key once")
                continue
            table[index] = self.datum(value, names)
        return Data(table)

    def datum(self, node: Node, names: _Names) -> Data | Expression:
        if isinstance(node, Scalar):
            return self.expression(node, names, _ANY_WORD, "an entry")
        return self.data(node, names)

    def refuse_cycles(self, parameters: dict[str, Parameter], definitions: dict[str, Definition]) -> None:
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
                    self.fail(
                        f"`{following}` is defined by itself: {shorten(' → '.join(cycle), 120)}",
                        places[following],
                        "definitions that end in numbers",
                    )
                    state[following] = 2

    def input_nodes(self, node: Mapping) -> list[tuple[str, Place, Node]]:
        one, several = node.get("input"), node.get("inputs")
        if one is not None and several is not None:
            self.fail("both `input` and `inputs` are given", several.place, "one of the two")
        if one is not None:
            return [("input", one.place, one)]
        found = self.mapping(several, "inputs", "a mapping of labels to [channels, height, width]")
        result = []
        if found and len(found.entries) > MOST_INPUTS:
            self.fail(f"there are {len(found.entries):,} inputs", found.place, f"at most {MOST_INPUTS}")
            return []
        for key, value in found.entries if found else ():
            if not self.name_fault(key.text, key.place):
                result.append((key.text, key.place, value))
        return result

    def bind_inputs(
        self, inputs: list[tuple[str, Place, Node]], taken: set[str], names: dict[str, int]
    ) -> list[tuple[str, Place, list[str | Scalar]]]:
        bound: list[tuple[str, Place, list[str | Scalar]]] = []
        fresh: set[str] = set()
        for label, place, node in inputs:
            if not isinstance(node, Sequence) or len(node.items) != 3:
                items_ = node.items if isinstance(node, Sequence) else ()
                what = f"a list of {len(items_)}" if items_ else node.what
                texts = [item.text for item in items_ if isinstance(item, Scalar)]
                cut = any(text.count("(") != text.count(")") for text in texts)
                self.fail(f"{label} is {what}", node.place, "[channels, height, width]", QUOTE_IT if cut else "")
                names.update({text: _VALUE for text in texts if not check_name(text) and text not in names})
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
                    names[item.text] = _VALUE
                    items.append(item.text)
                else:
                    items.append(item)  # type: ignore[arg-type]
            bound.append((label, place, items))
        return bound

    def input(self, label: str, place: Place, items: list[str | Scalar], names: _Names) -> Input:
        entries = tuple(
            item if isinstance(item, str) else self.expression(item, names, what=f"an entry of {label}")
            for item in items
        )
        return Input(label, place, (entries[0], entries[1], entries[2]))

    def outputs(self, node: Node | None, labels: set[str]) -> tuple[str, ...]:
        if node is None or node.null:
            return ()
        if not isinstance(node, Sequence):
            self.fail(f"outputs is {node.what}", node.place, "a list of labels")
            return ()
        result: list[str] = []
        for item in node.items:
            label = self.word(item, "an output")
            if label and label.split(".")[0] not in labels and "*" not in labels:
                near = suggest(label, labels)
                self.fail(f"there is no label `{shorten(label)}`", item.place, one_of(sorted(labels)), near)
            result.append(label)
        return tuple(result)

    def variants(self, node: Node | None, parameters: dict[str, Parameter]) -> dict[str, Variant]:
        found = self.mapping(node, "variants", "a mapping of names to values of parameters")
        result: dict[str, Variant] = {}
        for key, value in found.entries if found else ():
            if not _WORD.fullmatch(key.text) or len(key.text) > 64:
                self.fail(f"`{shorten(key.text)}` cannot be a variant's name", key.place, _WORD_SAID)
                continue
            values: dict[str, Value] = {}
            settings = self.mapping(value, f"the variant {key.text}", "a mapping of parameters to values")
            for name, setting in settings.entries if settings else ():
                if name.text not in parameters:
                    self.fail(
                        f"there is no parameter `{shorten(name.text)}`",
                        name.place,
                        one_of(parameters),
                        suggest(name.text, parameters),
                    )
                    continue
                choices = parameters[name.text].choices
                words = tuple(choice for choice in choices if isinstance(choice, str))
                setting_value = self.constant(setting, f"the value of {name.text}", words=words)
                if choices and setting_value not in choices:
                    self.fail(
                        f"{name.text} cannot be {shorten(readable(setting_value))}",
                        setting.place,
                        one_of(readable(choice) for choice in choices),
                    )
                values[name.text] = setting_value
            result[key.text] = Variant(key.text, key.place, values)
        return result

    def written(self, node: Node | None, names: _Names) -> dict[str, Expression]:
        """Read how the reference implementation writes layers, by kind or family."""
        found = self.mapping(node, "written", "a mapping of kinds of layers to how they are written")
        result: dict[str, Expression] = {}
        for key, value in found.entries if found else ():
            if key.text in kinds():
                result[key.text] = self.form(value, names, key.text, kinds()[key.text])
            else:
                self.fail(
                    f"there is no kind of layer `{shorten(key.text)}`",
                    key.place,
                    one_of(kinds()),
                    suggest(key.text, kinds()),
                )
        return result

    def form(self, node: Node, names: _Names, what: str, primitives: Iterable[Primitive]) -> Expression:
        """Read how a layer is written: one of the forms that some of `primitives` has, or an expression for one."""
        allowed = [form for form in FORMS if any(form in primitive.layer.forms for primitive in primitives)]
        expression = self.expression(node, names, tuple(FORMS), "written")
        if expression.constant:
            value = expression.run(_NOTHING)
            if value not in allowed and node.place not in self.faulty:
                said = f"{what} cannot be written as `{shorten(readable(value))}`"
                self.fail(said, node.place, one_of(allowed), suggest(readable(value), allowed))
        return expression

    # -- blocks ------------------------------------------------------------------------------------------------------

    def locals(self, node: Node | None, names: _Names, key: str, outer: _Locals | None) -> _Locals:
        found = self.mapping(node, "blocks", "a mapping of names to blocks")
        nodes: dict[str, tuple[Place, Node]] = {}
        for name, value in found.entries if found else ():
            if name.text in LAYERS:
                self.fail(f"`{name.text}` is a primitive layer and cannot be a block", name.place, "another name")
            elif name.text in MODIFIERS or name.text in CONSTRUCTS:
                self.fail(f"`{name.text}` is a word of the language", name.place, "another name")
            elif not self.name_fault(name.text, name.place):
                nodes[name.text] = (name.place, value)
        return _Locals(nodes, names, key, outer)

    def local_block(self, name: str, home: _Locals, place: Place) -> Spec | None:
        """Return a local block, reading it at first need."""
        if name in home.done:
            return home.done[name]
        if name in home.busy:
            cycle = " → ".join([*home.busy[home.busy.index(name) :], name])
            self.fail(f"the block `{name}` uses itself: {cycle}", place, "blocks that end in layers")
            return None
        if self.depth >= DEEPEST_BLOCKS:
            self.too_deep(place)
            home.done[name] = None
            return None
        home.busy.append(name)
        self.depth += 1
        _, node = home.nodes[name]
        spec = self.spec(node, name, home.names, home, f"{home.key}#{name}", enclosing=home.key)
        self.depth -= 1
        home.busy.pop()
        home.done[name] = spec
        return spec

    def find(self, name: str, locals_: _Locals, place: Place) -> Spec | None:
        """Find a block: local ones first, innermost first, then the shared ones."""
        home: _Locals | None = locals_
        while home is not None:
            if name in home.nodes:
                return self.local_block(name, home, place)
            home = home.outer
        if name in self.shared:
            return self.shared[name]
        try:
            found = self.find_block(name)
        except SpecError as error:
            self.problems.extend(replace(problem, place=problem.place or place) for problem in error.problems)
            self.shared[name] = None
            return None
        if found is not None:
            self.shared[name] = found
        else:
            known: list[str] = [*LAYERS, *CONSTRUCTS]
            home = locals_
            while home is not None:
                known.extend(home.nodes)
                home = home.outer
            self.fail(
                f"there is no layer or block `{shorten(name)}`" if name else "the entry names no layer",
                place,
                "a primitive, a block of this file, or a file in blocks/",
                _packaged_as(name) or suggest(name, known),
            )
        return found

    # -- entries -----------------------------------------------------------------------------------------------------

    def collect_names(self, node: Node, names: set[str]) -> None:
        """Gather the names given to entries of a block, however deep in its lists; "*" for computed ones."""
        if isinstance(node, Sequence):
            for item in node.items:
                self.collect_names(item, names)
        elif isinstance(node, Mapping):
            for key, value in node.entries:
                if key.text == "name" and isinstance(value, Scalar):
                    names.add("*" if "{" in value.text else value.text)
                elif key.text in ("layers", "table", "branches", "do", "paths"):
                    self.collect_names(value, names)

    def listing(self, node: Node, where: _Where, locals_: _Locals) -> Listing:
        if not isinstance(node, Sequence):
            self.fail(f"the layers are {node.what}", node.place, "a list: lines that begin with `- `")
            return Listing(())
        if self.lists >= DEEPEST_LISTS:
            self.too_deep(node.place)
            return Listing(())
        self.lists += 1
        entries = [self.entry(item, where, locals_) for item in node.items]
        self.lists -= 1
        read = tuple([entry for entry in entries if entry is not None])
        listing = measured(read)
        if listing.depth > DEEPEST_LISTS or listing.blocks > DEEPEST_BLOCKS:
            deepest = max(read, key=lambda entry: max((body.depth for body in bodies(entry)), default=0))
            self.too_deep(deepest.place)
            return Listing(())
        return listing

    def entry(self, node: Node, where: _Where, locals_: _Locals) -> Entry | None:
        if isinstance(node, Scalar):
            if node.null:
                self.fail("the entry is empty", node.place, "a layer or a block")
                return None
            return self.use(node, None, node.place, Modifiers(), where, where.names, locals_)
        if not isinstance(node, Mapping):
            self.fail("the entry is a list", node.place, "a layer or a block", "`- layers: […]` groups entries")
            return None
        words = [(key, value) for key, value in node.entries if key.text not in MODIFIERS]
        if len(words) != 1:
            hint = ""
            for key, _ in words:
                near = suggest(key.text, MODIFIERS)
                hint = hint or (near if key.text not in LAYERS else "")
            if not words:
                self.fail("the entry names no layer", node.place, "one layer or block beside its modifiers")
            else:
                shown = ", ".join(f"`{shorten(key.text, 20)}`" for key, _ in words[:4])
                self.fail(
                    f"the entry has {len(words)} words that are no modifiers: {shown}",
                    words[1][0].place,
                    "one layer or block, with " + ", ".join(MODIFIERS),
                    hint or "attributes stand in the layer's own mapping: `- conv: {out: 32, kernel: 3}`",
                )
            return None
        key, value = words[0]
        names = where.names
        if node.get("repeat") is not None:
            names = names.extended((), turn=True)
        modifiers = self.modifiers(node, where)
        many = where.many or modifiers.repeat is not None
        inner = _Where(names, where.labels, where.block_names, where.crowd, many)
        entry: Entry | None
        if key.text == "layers":
            entry = self.group(key, value, modifiers, inner, locals_)
        elif key.text == "table":
            entry = self.table(key, value, modifiers, inner, locals_)
        elif key.text == "branches":
            entry = self.branches(key, value, modifiers, inner, locals_)
        else:
            entry = self.use(key, value, key.place, modifiers, inner, names, locals_)
        if modifiers.label:
            where.labels[modifiers.label] = None
        return entry

    def modifiers(self, node: Mapping, where: _Where) -> Modifiers:
        when = repeat = None
        value = node.get("when")
        if value is not None:
            when = self.expression(value, where.names, what="`when`")
        value = node.get("repeat")
        if value is not None:
            repeat = self.expression(value, where.names, what="repeat")
        turning = where.names.extended((), turn=True) if value is not None else where.names
        name = self.template(node.get("name"), turning)
        label = None
        value = node.get("as")
        if value is not None:
            label = self.word(value, "as")
            if self.name_fault(label, value.place):
                label = None
            elif label == "input":
                self.fail("`input` is the label of the tensor that enters", value.place, "another label")
        sources: tuple[str, ...] = ()
        value = node.get("from")
        if value is not None:
            items = value.items if isinstance(value, Sequence) else (value,)
            sources = tuple(self.source(item, where) for item in items)
            if not sources:
                self.fail("`from` is an empty list", value.place, "at least one label")
        place = value.place if value is not None else None
        shares = node.get("shares")
        named = None if shares is None else self.source(shares, where, "shares")
        once = node.get("shared")
        shared = None
        if once is not None and repeat is None:
            self.fail(
                "`shared` stands beside `repeat`",
                once.place,
                "a `repeat` whose turns share parameters",
                "`shares: NAME` shares those of another entry",
            )
        elif once is not None and shares is not None:
            self.fail(
                "`shared` stands beside `shares`",
                once.place,
                "one of the two",
                "`shares: NAME` alone, by which every turn uses the parameters of NAME",
            )
        elif once is not None:
            shared = self.expression(once, where.names, what="`shared`")
        written = self.written_of(node, turning)
        at = None if shares is None else shares.place
        return Modifiers(when, repeat, name, label, sources, place, written, named, at, shared)

    def written_of(self, node: Mapping, names: _Names) -> Expression | None:
        """Read the modifier `written` of a layer, or of the layer that merges branches."""
        value = node.get("written")
        if value is None:
            return None
        for key, attributes in node.entries:
            if key.text in LAYERS:
                return self.form(value, names, key.text, (LAYERS[key.text],))
            if key.text == "branches":
                merge = attributes.get("merge") if isinstance(attributes, Mapping) else None
                word = merge.text if isinstance(merge, Scalar) and merge.text in LAYERS else "add"
                return self.form(value, names, word, (LAYERS[word],))
        self.fail(
            "`written` stands beside a layer, or beside branches for what merges them",
            value.place,
            "`written: {kind: form}` among the keys of the spec or the block, for all its layers",
        )
        return None

    def source(self, node: Node, where: _Where, modifier: str = "from") -> str:
        label = self.word(node, modifier)
        first = label.split(".")[0]
        numbered = first.rstrip("0123456789").rstrip("_")  # where a name stands several times, a number follows it
        named = where.block_names
        if first not in where.labels and first not in named and numbered not in named and "*" not in named:
            labels = {*where.labels, *named}
            self.fail(
                f"there is no label `{shorten(label)}` here",
                node.place,
                "a label set before, or the `name` of an entry: " + ", ".join(sorted(labels)[:8]),
                suggest(first, labels),
            )
        return label

    def template(self, node: Node | None, names: _Names) -> NameTemplate | None:
        if node is None:
            return None
        text = self.word(node, "name")
        parts: list[str | Expression] = []
        for index, piece in enumerate(re.split(r"\{([^{}]*)\}", text[: LONGEST_NAME + 1])):
            if index % 2 == 0:
                if piece:
                    parts.append(piece)
            else:
                parts.append(self.expression(Scalar(piece, True, node.place), names, what="name"))
        plain = "".join(part for part in parts if isinstance(part, str))
        if not text or not re.fullmatch(r"\w*", plain) or len(text) > LONGEST_NAME:
            self.fail(
                f"`{shorten(text)}` cannot be an entry's name", node.place, "letters, digits, _ and {expressions}"
            )
            return None
        return NameTemplate(tuple(parts), node.place)

    def part(self, modifiers: Modifiers, word: str, where: _Where) -> str:
        """Return the entry's part of the path, and count it."""
        if modifiers.name is not None:
            part = "".join(piece for piece in modifiers.name.parts if isinstance(piece, str))
            fixed = all(isinstance(piece, str) for piece in modifiers.name.parts)
            weight = 2 if fixed and where.many else 0
        else:
            part, weight = word, 2 if where.many else 1
        where.crowd[part] = where.crowd.get(part, 0) + weight
        return part

    def use(
        self,
        key: Scalar,
        node: Node | None,
        place: Place,
        modifiers: Modifiers,
        where: _Where,
        names: _Names,
        locals_: _Locals,
    ) -> Entry | None:
        """Read a primitive or a block with its attributes."""
        word = key.text
        attributes = self.attribute_nodes(word, node)
        if word in LAYERS:
            primitive = LAYERS[word]
            declared = _declared(word)
            needed = {attribute.name: "" for attribute in declared.values() if attribute.required}
            read = tuple(
                (scalar.text, self.attribute(declared[scalar.text], scalar, value, names))
                for scalar, value in self.checked(word, attributes, declared, needed, place)
            )
            return LayerEntry(place, modifiers, self.part(modifiers, word, where), where.crowd, word, primitive, read)
        block = self.find(word, locals_, key.place)
        if block is None:
            return None
        parameters = block.parameters
        needed = {
            parameter.name: parameter.help
            for parameter in parameters.values()
            if parameter.default is None and parameter.name not in block.preset
        }
        bound = tuple(
            (
                scalar.text,
                self.expression(
                    value,
                    names,
                    tuple(choice for choice in parameters[scalar.text].choices if isinstance(choice, str)),
                    f"{scalar.text} of {word}",
                ),
            )
            for scalar, value in self.checked(word, attributes, parameters, needed, place)
        )
        return BlockEntry(place, modifiers, self.part(modifiers, word, where), where.crowd, block, bound)

    def attribute_nodes(self, word: str, node: Node | None) -> tuple[tuple[Scalar, Node], ...] | None:
        if node is None or node.null:
            return ()
        if isinstance(node, Mapping):
            return node.entries
        self.fail(
            f"the attributes of {shorten(word)} are {node.what}",
            node.place,
            "a mapping: {name: value, …}",
            "a colon is followed by a space" if isinstance(node, Scalar) and ":" in node.text else "",
        )
        return None

    def checked(
        self,
        word: str,
        attributes: tuple[tuple[Scalar, Node], ...] | None,
        declared: Collection[str],
        needed: dict[str, str],
        place: Place,
    ) -> list[tuple[Scalar, Node]]:
        """Return the attributes that are declared; report the others, and those that are needed and not given.

        `needed` holds what each of these is for.
        """
        if attributes is None:
            return []
        given = {scalar.text for scalar, _ in attributes}
        for scalar, value in attributes:
            if scalar.text not in declared:
                hint = suggest(scalar.text, declared)
                meant = scalar.text.partition(":")[0]
                given.update(name for name in needed if name == meant or f"`{name}`" in hint)
                if isinstance(value, Scalar) and value.null and not re.fullmatch(r"\w+", scalar.text):
                    hint = 'inside { } an expression with a comma must be quoted: "max(a, b)"'
                    if meant in declared:
                        hint = f"a colon is followed by a space: `{shorten(scalar.text.replace(':', ': '))}`"
                elif scalar.text in MODIFIERS:
                    hint = f"`{scalar.text}` is a modifier: put it beside `{word}`, not inside"
                self.fail(
                    f"{word} has no attribute `{shorten(scalar.text)}`",
                    scalar.place,
                    one_of(declared) if declared else "no attributes",
                    hint,
                )
        missing = [name for name in needed if name not in given]
        if missing:
            self.fail(
                f"{word} needs {' and '.join(f'`{name}`' for name in missing[:8])}",
                place,
                f"- {word}: {{{', '.join(f'{name}: …' for name in missing[:8])}}}",
                needed[missing[0]],
            )
        return [(scalar, value) for scalar, value in attributes if scalar.text in declared]

    def attribute(self, declared: Attribute, key: Scalar, node: Node, names: _Names) -> Expression:
        words: tuple[str, ...] = declared.choices
        if declared.type == "padding":
            words = ("same",)
        return self.expression(node, names, words, key.text)

    def group(self, key: Scalar, node: Node, modifiers: Modifiers, where: _Where, locals_: _Locals) -> GroupEntry:
        part = self.part(modifiers, "", where) if modifiers.name else ""
        inner = where.inside(crowd={}) if modifiers.name else where.inside(many=where.many)
        return GroupEntry(key.place, modifiers, part, where.crowd, self.listing(node, inner, locals_))

    def table(
        self, key: Scalar, node: Node, modifiers: Modifiers, where: _Where, locals_: _Locals
    ) -> TableEntry | None:
        if not isinstance(node, Mapping):
            self.fail(f"the table is {node.what}", node.place, "a mapping with columns, rows and do")
            return None
        self.check_keys(node, TABLE_KEYS, "a table")
        missing = [f"`{needed}`" for needed in TABLE_KEYS if node.get(needed) is None]
        if missing:
            self.fail(f"the table has no {' and no '.join(missing)}", key.place, "columns, rows and do")
            return None
        columns = self.columns(node.get("columns"))
        rows_node = node.get("rows")
        assert rows_node is not None
        places: tuple[Place, ...] = ()
        rows: tuple[tuple[Expression, ...], ...] | Expression
        if isinstance(rows_node, Sequence):
            rows = tuple(self.row(item, columns, where.names) for item in rows_node.items)
            places = tuple(item.place for item in rows_node.items)
        else:
            rows = self.expression(rows_node, where.names, what="rows")
        part = self.part(modifiers, "", where) if modifiers.name else ""
        crowd = {} if modifiers.name else where.crowd
        inner = where.inside(names=where.names.extended(columns), crowd=crowd, many=True)
        body = self.listing(node.get("do"), inner, locals_)  # type: ignore[arg-type]
        return TableEntry(key.place, modifiers, part, where.crowd, columns, rows, places, body)

    def columns(self, node: Node | None) -> tuple[str, ...]:
        if not isinstance(node, Sequence) or not node.items:
            what = "empty" if isinstance(node, Sequence) else node.what if node else "nothing"
            self.fail(f"`columns` is {what}", node.place if node else Place(self.shown), "a list of names")
            return ()
        names: dict[str, None] = {}
        for item in node.items:
            name = self.word(item, "a column")
            if name in names:
                self.fail(f"the column `{name}` stands twice", item.place, "different names")
            elif not self.name_fault(name, item.place):
                names[name] = None
        return tuple(names) if len(names) == len(node.items) else ()

    def row(self, node: Node, columns: tuple[str, ...], names: _Names) -> tuple[Expression, ...]:
        items = node.items if isinstance(node, Sequence) else (node,)
        if not columns:
            return ()
        if len(items) != len(columns) or (not isinstance(node, Sequence) and len(columns) != 1):
            self.fail(
                f"the row has {_counted(len(items), 'entry', 'entries')}",
                node.place,
                f"{len(columns)}: {listed(columns)}",
                'an entry with a comma must be quoted: "max(a, b)"' if len(items) > len(columns) else "",
            )
            return tuple(_FAILED for _ in columns)
        return tuple(self.expression(item, names, _ANY_WORD, "an entry") for item in items)

    def branches(
        self, key: Scalar, node: Node, modifiers: Modifiers, where: _Where, locals_: _Locals
    ) -> BranchesEntry | None:
        if not isinstance(node, Mapping):
            self.fail(f"the branches are {node.what}", node.place, "a mapping with paths and merge")
            return None
        self.check_keys(node, BRANCHES_KEYS, "branches")
        paths_node, merge_node = node.get("paths"), node.get("merge")
        if paths_node is None or merge_node is None:
            missing = [f"`{needed}`" for needed in ("paths", "merge") if node.get(needed) is None]
            self.fail(f"the branches have no {' and no '.join(missing)}", key.place, "{paths: [[…], […]], merge: add}")
            return None
        merge, first = self.merge(merge_node, where.names)
        part = self.part(modifiers, "", where) if modifiers.name else ""
        crowd: dict[str, int] = {} if modifiers.name else where.crowd
        many = where.many and not modifiers.name
        nodes = paths_node.items if isinstance(paths_node, Sequence) else (paths_node,)
        if not nodes:
            self.fail("branches have no paths", paths_node.place, "a list of lists of layers")
        filled = sum(1 for item in nodes if not (isinstance(item, Sequence) and not item.items))
        flat = filled < 2 and not any(isinstance(item, Mapping) for item in nodes)
        if not flat:
            crowd["branch"] = crowd.get("branch", 0) + 2
        crowd[merge if merge != "hff" else "add"] = crowd.get(merge if merge != "hff" else "add", 0) + (
            2 if many or merge == "hff" else 1
        )
        paths = []
        for item in nodes:
            inner = where.inside(crowd=crowd, many=many) if flat else where.inside(crowd={})
            paths.append(self.path_of(item, inner, locals_, flat))
        split: tuple[Expression, ...] | str = ""
        split_node = node.get("split")
        if isinstance(split_node, Sequence):
            split = tuple(self.expression(item, where.names, what="split") for item in split_node.items)
            if len(split) != len(paths):
                self.fail(f"split has {len(split)} entries", split_node.place, f"{len(paths)}, one for each path")
        elif split_node is not None:
            split = self.word(split_node, "split")
            if split != "even":
                self.fail(f"split is `{shorten(split)}`", split_node.place, "even, or a list of channels")
        return BranchesEntry(key.place, modifiers, part, where.crowd, tuple(paths), split, merge, first)

    def path_of(self, node: Node, where: _Where, locals_: _Locals, flat: bool) -> BranchPath:
        if not isinstance(node, Mapping):
            return BranchPath(self.listing(node, where, locals_), node.place, flat)
        self.check_keys(node, ("repeat", "do"), "a repeated path")
        repeat, do = node.get("repeat"), node.get("do")
        if repeat is None or do is None:
            missing = " and ".join(f"`{needed}`" for needed in ("repeat", "do") if node.get(needed) is None)
            self.fail(f"a repeated path needs {missing}", node.place, "{repeat: K, do: […]}")
            return BranchPath(Listing(()), node.place, flat)
        inner = where.inside(names=where.names.extended((), turn=True))
        return BranchPath(
            self.listing(do, inner, locals_), node.place, flat, self.expression(repeat, where.names, what="repeat")
        )

    def merge(self, node: Node, names: _Names) -> tuple[str, Expression | None]:
        expected = "add, multiply, concat or {hff: {first: 0}}"
        if isinstance(node, Scalar) and node.text in MERGES:
            return node.text, literal(0) if node.text == "hff" else None
        if isinstance(node, Mapping) and len(node.entries) == 1 and node.entries[0][0].text == "hff":
            options = node.entries[0][1]
            if options.null:
                return "hff", literal(0)
            if isinstance(options, Mapping):
                self.check_keys(options, ("first",), "hff")
                first = options.get("first")
                return "hff", literal(0) if first is None else self.expression(first, names, what="first")
        hint = suggest(node.text, MERGES) if isinstance(node, Scalar) else ""
        self.fail(f"merge is {node.what}", node.place, expected, hint)
        return "add", None


def _thinned(layers: Listing) -> Listing:
    """Return a spec's layers; of a spec that is nothing but one block, without the block's part of the path."""
    if len(layers.entries) == 1:
        (entry,) = layers.entries
        if isinstance(entry, BlockEntry) and entry.modifiers == Modifiers(when=entry.modifiers.when):
            return replace(layers, entries=(replace(entry, part=""),))
    return layers


@cache
def _declared(word: str) -> dict[str, Attribute]:
    """Return the attributes of a primitive by their names."""
    return {attribute.name: attribute for attribute in LAYERS[word].attributes()}


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


_NOTHING = Scope({})
