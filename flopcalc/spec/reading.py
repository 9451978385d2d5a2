"""Reading the values of a spec's file: its expressions, held to the names that are known where each stands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flopcalc.errors import Fault, Place, SpecError, gathered, one_of, shorten, suggest
from flopcalc.expression import FUNCTIONS, QUOTE_IT, RUNNING, Expression, Scope, Trees, literal, parse, weighed
from flopcalc.number import Value
from flopcalc.spec.document import Document
from flopcalc.spec.names import ANY_WORD, VALUE, AnyWord, Names
from flopcalc.spec.syntax import Mapping, Node, Scalar, Sequence

__all__ = ["FAILED", "NOTHING", "Reading", "counted"]

FAILED = literal(1)
"""What stands for an expression that is wrong."""

NOTHING = Scope({})


class Reading:
    """A file that is read as a spec.

    Parameters
    ----------
    file : Document
    shown : str
        The file's name in messages.

    Attributes
    ----------
    hiding : dict of str to Place
        Where layers read a name of the file's own that is a word for the running tensor as well.
    """

    def __init__(self, file: Document, shown: str) -> None:
        self.file = file
        self.shown = shown
        self.hiding: dict[str, Place] = {}
        self.trees = Trees()

    def word(self, node: Node | None, what: str) -> str:
        """Return a text; quoted or plain. One that is none is wrong once, whatever is made of it."""
        text = self.file.text(node, f"`{what}`")
        if node is not None and not isinstance(node, Scalar):
            self.file.faulty.add(node.place)
        return text

    def check_keys(self, node: Mapping, allowed: Collection[str], what: str) -> None:
        """Report the keys of a mapping that are not known."""
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
                self.file.fail(f"{what} has no key `{shorten(key.text)}`", key.place, one_of(allowed), hint)

    def expression(self, node: Node, names: Names, words: Any = (), what: str = "the value") -> Expression:
        """Read a scalar or a list as an expression; a fault is kept and a stand-in returned."""
        if isinstance(node, Sequence):
            items = tuple(self.expression(item, names, words, what) for item in node.items)
            if all(item.constant for item in items):
                return literal(tuple(item.run(NOTHING) for item in items), node.place)
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
            self.file.fail(
                f"{what} is {node.what}",
                node.place,
                "a number, a word or an expression",
                "an expression that holds braces or a colon must be quoted",
            )
            return FAILED
        if node.null:
            self.file.fail(f"{what} is empty", node.place, "a number, a word or an expression")
            return FAILED
        try:
            expression = parse(
                node.text, node.at(0), words=words, known=names, straight=node.straight, trees=self.trees
            )
        except Fault as fault:
            if fault.hint == QUOTE_IT and not node.flow:
                fault.hint = ""
            self.file.fail(fault.what, node.at(fault.offset or 0), fault.expected, fault.hint)
            self.file.faulty.add(node.place)
            if self.trees.arithmetic.steps < 0:
                raise SpecError(*gathered(self.file.problems)) from None
            return FAILED
        self.check_names(expression, names, words, node)
        return expression

    def check_names(self, expression: Expression, names: Names, words: Any, node: Scalar) -> None:
        lead = len(node.text) - len(node.text.lstrip())
        for name, offset in expression.names.items():
            if name in names:
                if name in RUNNING and names.in_layers and name in names.kinds:
                    self.hiding.setdefault(name, node.at(lead + offset))
                continue
            where = node.at(lead + offset)
            if names.kind(name) >= 0:
                self.file.fail(f"`{name}` is a function", where, f"{name}(…)")
            elif name in FUNCTIONS:
                self.file.fail(f"`{name}` is a function", where, f"{name}({', '.join(FUNCTIONS[name].parameters)})")
            else:
                candidates = [*names, *(words if not isinstance(words, AnyWord) else ())]
                hint = suggest(name, candidates)
                if name in words:
                    hint = f"a word inside an expression is quoted: '{name}'"
                if name == "i":
                    hint = "`i` is the turn of a `repeat`, known inside it"
                if name in names.kinds:
                    self.file.fail(f"`{name}` is defined by itself", where, "a value that needs others only")
                    continue
                expected = one_of(words if words and not isinstance(words, AnyWord) else names)
                self.file.fail(f"`{shorten(name)}` is not known here", where, expected, hint)
                self.file.faulty.add(node.place)
        for name, (offset, count) in expression.calls.items():
            where = node.at(lead + offset)
            arity = names.kind(name)
            if arity < 0:
                what = f"there is no function `{shorten(name)}`"
                if arity == VALUE:
                    what = f"`{shorten(name)}` is no function"
                known = names.functions()
                self.file.fail(what, where, one_of(known), suggest(name, known))
            elif arity != count:
                self.file.fail(f"{name} is given {counted(count, 'value')}", where, counted(arity, "value"))

    def constant(self, node: Node, what: str, *, words: Any = ANY_WORD) -> Value:
        """Return a value that reads no names."""
        expression = self.expression(node, Names(running=False), words, what)
        return expression.run(NOTHING) if expression.constant else 1


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number of things in words: ``1 value``, ``2 values``."""
    return f"{count} {one if count == 1 else many or one + 's'}"
