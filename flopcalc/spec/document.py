"""Reading YAML files: keys, texts, lists and mappings, every fault with its place. Specs are read by it as well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from flopcalc.errors import (
    Fault,
    FlopcalcError,
    Place,
    Problem,
    SpecError,
    gathered,
    one_of,
    shorten,
    suggest,
)
from flopcalc.expression import FUNCTIONS, Expression, check_name, parse
from flopcalc.spec.model import Spec
from flopcalc.spec.paths import beside, is_path
from flopcalc.spec.syntax import Mapping, Node, Scalar, Sequence

__all__ = ["HEADINGS", "Document", "Wrong"]

HEADINGS = ("name", "title", "source", "notes")
"""The keys that say what a file is."""


class Wrong(Exception):
    """A part of a file is wrong, and what is wrong has been kept: the reading goes on with the next part."""


class Document:
    """A file's tree, and the faults that are found on the way through it.

    Parameters
    ----------
    root : Mapping
    problems : iterable of Problem
        The faults of its YAML.
    path : Path
        Where it lies.
    load : callable, optional
        Loads the specs that it names.
    most : int, optional
        After how many faults reading stops.

    Attributes
    ----------
    parts : dict of str to Node
        The values of its keys, once it is told which there may be.
    faulty : set of Place
        Where nothing more is said to be wrong.
    """

    def __init__(
        self,
        root: Mapping,
        problems: Iterable[Problem] = (),
        path: Path = Path(),
        *,
        load: Callable[[str], Spec] | None = None,
        most: int | None = None,
    ) -> None:
        self.root = root
        self.problems: list[Problem] = list(problems)
        self.path = path
        self.parts: dict[str, Node] = {}
        self.faulty: set[Place] = set()
        self.load = load
        self.most = most

    # -- faults ------------------------------------------------------------------------------------------------------

    def fail(self, what: str, where: Node | Place, expected: str = "", hint: str = "") -> Wrong:
        """Keep a fault, with the place of a node; return what may be raised for it."""
        place = where if isinstance(where, Place) else where.place
        if place not in self.faulty:
            self.problems.append(Problem(what, place, expected, hint))
            if self.most is not None and len(self.problems) >= self.most:
                self.finish()
        return Wrong()

    def unknown(self, what: str, name: str, where: Node | Place, known: Collection[str]) -> Wrong:
        """Keep that a name is not there: ``there is no `nam` ``, one of those that are, and the nearest."""
        return self.fail(f"{what} `{shorten(name)}`", where, one_of(known or ["none"]), suggest(name, known))

    def blame(self, error: FlopcalcError, node: Node) -> Wrong:
        """Keep the problems of an error; those that have no place get a node's."""
        self.problems += (item if item.place else replace(item, place=node.place) for item in error.problems)
        return Wrong()

    def attempt(self, read: Callable[[], object]) -> None:
        """Read a part; where it is wrong, go on with the next."""
        with suppress(Wrong):
            read()

    def finish(self) -> None:
        """Raise a SpecError with all the faults, where there are any.

        Raises
        ------
        SpecError
        """
        if self.problems:
            raise SpecError(*gathered(self.problems))

    # -- pieces ------------------------------------------------------------------------------------------------------

    def keyed(self, node: Node, what: str, known: Collection[str], needed: Collection[str] = ()) -> dict[str, Node]:
        """Return the values of a mapping by key; keys that are not known, and those that are missing, are faults."""
        if not isinstance(node, Mapping):
            self.fail(f"{what} is {node.what}", node, "a mapping with " + ", ".join(f"`{key}`" for key in known))
            return {}
        found: dict[str, Node] = {}
        for key, value in node.entries:
            if key.text in known:
                found[key.text] = value
            else:
                self.unknown(f"{what} has no key", key.text, key, known)
        for name in needed:
            if name not in found:
                self.fail(f"{what} has no `{name}`", node, f"`{name}`")
        return found

    def headings(self) -> dict[str, str]:
        """Return the texts that say what the file is; it has the name of its file where it gives itself none."""
        texts = {key: self.text(self.parts.get(key), key) for key in HEADINGS}
        return {**texts, "name": texts["name"] or self.path.stem}

    def text(self, node: Node | None, what: str, default: str = "") -> str:
        """Return a text."""
        if node is None or node.null:
            return default
        if not isinstance(node, Scalar):
            self.fail(f"{what} is {node.what}", node, "a text")
            return default
        return node.text

    def word(self, node: Node | None, what: str, words: Collection[str], default: str) -> str:
        """Return one of a few words."""
        text = self.text(node, what, default)
        if text not in words:
            assert node is not None
            self.fail(f"{what} cannot be `{shorten(text)}`", node, one_of(words), suggest(text, words))
            return default
        return text

    def mapping(self, node: Node | None, what: str, expected: str) -> Mapping | None:
        """Return a mapping; None where there is none, or something else."""
        if node is None or node.null:
            return None
        if not isinstance(node, Mapping):
            self.fail(f"{what} is {node.what}", node, expected)
            return None
        return node

    def flag(self, node: Node | None, what: str) -> bool:
        """Return a key that is true or false; false where it is not given."""
        if node is None:
            return False
        if isinstance(node, Scalar) and node.text in ("true", "false"):
            return node.text == "true"
        shown = shorten(node.text) if isinstance(node, Scalar) else node.what
        self.fail(f"{what} is {shown}", node, "true or false")
        return False

    def name_fault(self, name: str, where: Node | Place) -> bool:
        """Tell whether a text cannot be a name; why has been kept."""
        fault = check_name(name) if name else "the name is empty"
        if fault:
            self.fail(fault, where, "letters, digits and _, beginning with a letter")
        return bool(fault)

    def entries(self, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
        """Return the entries of a mapping of any keys."""
        if node is None:
            return ()
        if not isinstance(node, Mapping):
            self.fail(f"{what} is {node.what}", node, "a mapping")
            return ()
        return node.entries

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """Return the entries of a list."""
        if node is None or node.null:
            return ()
        if not isinstance(node, Sequence):
            self.fail(f"{what} is {node.what}", node, "a list")
            return ()
        return node.items

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """Return a list of texts; a text alone is a list of one."""
        if isinstance(node, Scalar) and not node.null:
            return (node.text,)
        return tuple(self.text(item, f"an entry of {what}") for item in self.items(node, what))

    def text_by_name(self, node: Node | None, what: str) -> dict[str, str]:
        """Return a mapping of names to texts."""
        given = self.mapping(node, what, "a mapping, such as {C: 4*c}")
        found: dict[str, str] = {}
        for key, value in given.entries if given else ():
            if isinstance(value, Scalar) and not value.null:
                found[key.text] = value.text
            else:
                self.fail(f"`{shorten(key.text)}` in {what} is {value.what}", value, "a number or an expression")
        return found

    def expression(self, node: Node, what: str, known: Collection[str]) -> Expression | None:
        """Return an expression in names that are known; None where it is none, and why has been kept."""
        if not isinstance(node, Scalar) or node.null:
            self.fail(f"{what} is {node.what}", node, "an expression")
            return None
        try:
            found = parse(node.text, node.at(0), straight=node.straight)
        except Fault as fault:
            self.problems.append(fault.at(node.at(0)))
            return None
        lead = len(node.text) - len(node.text.lstrip())
        for name, offset in found.names.items():
            if name not in known:
                self.unknown("there is no", name, node.at(lead + offset), known)
        for name in found.calls:
            self.unknown("there is no function", name, node, FUNCTIONS)
        return found

    def spec(self, node: Node, what: str) -> Spec:
        """Return the spec that a text names; a path is one beside this file.

        Raises
        ------
        Wrong
            Where there is none; why has been kept.
        """
        name = self.text(node, what)
        if not isinstance(node, Scalar):
            raise Wrong
        assert self.load is not None, "a file that names specs is opened with what loads them"
        try:
            return self.load(self.named(name))
        except FlopcalcError as error:
            raise self.blame(error, node) from None

    def named(self, name: str) -> str:
        """Return a packaged name as it is; of a path, the path from here of the file beside this one.

        Raises
        ------
        SpecError
            Where it leads out of this file's folder; see :func:`flopcalc.spec.paths.beside`.
        """
        if not is_path(name):
            return name
        file, mark, variant = name.partition("#")
        return f"{beside(self.path, file)}{mark}{variant}"
