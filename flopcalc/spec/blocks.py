"""The blocks that entries name: local ones, read when they are first needed, and shared ones from other files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Place, SpecError, shorten, suggest
from flopcalc.layers import LAYERS
from flopcalc.spec.catalog import spelling
from flopcalc.spec.document import Document
from flopcalc.spec.model import Spec
from flopcalc.spec.names import Names
from flopcalc.spec.syntax import Node
from flopcalc.spec.words import CONSTRUCTS, DEEPEST_BLOCKS, DEEPEST_LISTS, MODIFIERS

__all__ = ["Blocks", "FindBlock", "Locals"]

FindBlock = Callable[[str], "Spec | None"]


@dataclass
class Locals:
    """The local blocks of one spec, read when they are first needed."""

    nodes: dict[str, tuple[Place, Node]]
    names: Names
    key: str
    outer: Locals | None = None
    done: dict[str, Spec | None] = field(default_factory=dict)
    busy: list[str] = field(default_factory=list)


class ReadSpec(Protocol):
    """Reads the mapping of a block as a spec."""

    def __call__(
        self, node: Node, name: str, outer: Names, locals_: Locals | None, key: str, *, enclosing: str
    ) -> Spec: ...


class Blocks:
    """The blocks that a file may name.

    Parameters
    ----------
    file : Document
    find_block : callable
        Finds a shared block by name; None where there is none.
    read : callable
        Reads a local one.
    """

    def __init__(self, file: Document, find_block: FindBlock, read: ReadSpec) -> None:
        self.file = file
        self.find_block = find_block
        self.read = read
        self.shared: dict[str, Spec | None] = {}
        self.depth = 0
        self.deep = False

    def too_deep(self, place: Place) -> None:
        """Refuse blocks and lists in one another, once a file."""
        if not self.deep:
            self.file.fail(
                "lists and blocks are nested too deeply",
                place,
                f"at most {DEEPEST_BLOCKS} blocks and {DEEPEST_LISTS} lists in one another",
            )
        self.deep = True

    def locals(self, node: Node | None, names: Names, key: str, outer: Locals | None) -> Locals:
        found = self.file.mapping(node, "blocks", "a mapping of names to blocks")
        nodes: dict[str, tuple[Place, Node]] = {}
        for name, value in found.entries if found else ():
            if name.text in LAYERS and not LAYERS[name.text].yields:
                self.file.fail(f"`{name.text}` is a primitive layer and cannot be a block", name.place, "another name")
            elif name.text in MODIFIERS or name.text in CONSTRUCTS:
                self.file.fail(f"`{name.text}` is a word of the language", name.place, "another name")
            elif not self.file.name_fault(name.text, name.place):
                nodes[name.text] = (name.place, value)
        return Locals(nodes, names, key, outer)

    def local_block(self, name: str, home: Locals, place: Place) -> Spec | None:
        """Return a local block, reading it at first need."""
        if name in home.done:
            return home.done[name]
        if name in home.busy:
            cycle = " → ".join([*home.busy[home.busy.index(name) :], name])
            self.file.fail(f"the block `{name}` uses itself: {cycle}", place, "blocks that end in layers")
            return None
        if self.depth >= DEEPEST_BLOCKS:
            self.too_deep(place)
            home.done[name] = None
            return None
        home.busy.append(name)
        self.depth += 1
        _, node = home.nodes[name]
        spec = self.read(node, name, home.names, home, f"{home.key}#{name}", enclosing=home.key)
        self.depth -= 1
        home.busy.pop()
        home.done[name] = spec
        return spec

    def hides(self, name: str, locals_: Locals) -> bool:
        """Tell whether a block of this file, or of a file in ``blocks/``, has the name of a layer and stands for it."""
        home: Locals | None = locals_
        while home is not None and name not in home.nodes:
            home = home.outer
        if home is not None or self.shared.get(name) is not None:
            return True
        try:
            return self.find_block(name) is not None
        except SpecError:
            return True

    def find(self, name: str, locals_: Locals, place: Place) -> Spec | None:
        """Find a block: local ones first, innermost first, then the shared ones."""
        home: Locals | None = locals_
        while home is not None:
            if name in home.nodes:
                return self.local_block(name, home, place)
            home = home.outer
        if name in self.shared:
            return self.shared[name]
        try:
            found = self.find_block(name)
        except SpecError as error:
            self.file.problems.extend(replace(problem, place=problem.place or place) for problem in error.problems)
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
            self.file.fail(
                f"there is no layer or block `{shorten(name)}`" if name else "the entry names no layer",
                place,
                "a primitive, a block of this file, or a file in blocks/",
                _packaged_as(name) or suggest(name, known),
            )
        return found


def _packaged_as(name: str) -> str:
    """Return the name of a packaged spec that is spelt otherwise in a file; a file's words are exact."""
    known = spelling(name)
    return f"did you mean `{known}`?" if known != name else ""
