"""YAML text as nodes with their places: scalars stay text, duplicate keys and bombs are refused.

The nodes are composed from pyyaml's events, so that no value passes through YAML's own guesses (``no`` as false,
``010`` as octal, ``1:30`` as base 60), and so that size and depth are bounded while reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from flopcalc.errors import Place, Problem, SpecError, shorten, suggest

__all__ = ["LARGEST_FILE", "Mapping", "Node", "Scalar", "Sequence", "compose", "read_text"]

LARGEST_FILE = 1 << 20
"""Bytes that a spec file may have."""

DEEPEST = 64
"""How deeply the nodes of a file may nest."""

MOST_NODES = 100_000
"""How many nodes a file may have, every use of an alias counted in full."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A piece of text; `plain` when it was not quoted, `flow` when it stands inside braces or brackets."""

    text: str
    plain: bool
    place: Place
    flow: bool = False
    size: int = 1

    @property
    def null(self) -> bool:
        """Whether nothing stands there."""
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")

    @property
    def what(self) -> str:
        """What it is, for a message."""
        return "nothing" if self.null else f"`{shorten(self.text)}`"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place
    size: int = 1
    null: bool = False
    what: str = "a list"


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; its keys are scalars and unlike each other."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place
    size: int = 1
    null: bool = False
    what: str = "a mapping"

    def get(self, key: str) -> Node | None:
        """Return the value at `key`, or None."""
        for scalar, value in self.entries:
            if scalar.text == key:
                return value
        return None


Node: TypeAlias = "Scalar | Sequence | Mapping"


def read_text(path: Path, shown: str) -> str:
    """Return a spec file's text.

    Raises
    ------
    SpecError
        Where there is no such file, or it is a directory, too large, or no UTF-8 text.
    """
    place = Place(shown)
    try:
        if path.is_dir():
            near = sorted(item.name for item in path.iterdir() if item.suffix in (".yaml", ".yml"))
            hint = f"one of its files: {', '.join(near[:5])}" if near else ""
            raise SpecError(Problem("it is a directory", place, "a spec file", hint))
        if not path.exists():
            near = [str(item.name) for item in path.parent.iterdir()] if path.parent.is_dir() else []
            raise SpecError(Problem("there is no such file", place, "a spec file", suggest(path.name, near)))
        if not path.is_file():
            raise SpecError(Problem("it is no regular file", place, "a spec file"))
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(Problem(f"the file cannot be read: {reason}", place)) from None
    if len(data) > LARGEST_FILE:
        raise SpecError(Problem("the file is too large", place, f"at most {LARGEST_FILE >> 20} MiB"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise SpecError(
            Problem("the file is no UTF-8 text", Place(shown, line, column), "a YAML file in UTF-8")
        ) from None
    return text


def compose(text: str, shown: str) -> Mapping:
    """Return the mapping that a spec file holds.

    Parameters
    ----------
    text : str
        The file's text.
    shown : str
        The file's name in places.

    Raises
    ------
    SpecError
        Where the text is not YAML, is empty, is no mapping, or is a bomb.
    """
    for index, character in enumerate(text):
        if character < " " and character not in "\t\n\r":
            line = text.count("\n", 0, index) + 1
            place = Place(shown, line, index - (text.rfind("\n", 0, index) + 1) + 1)
            raise SpecError(Problem(f"the file holds the character U+{ord(character):04X}", place, "a text file"))
    try:
        node = _Composer(shown).document(yaml.parse(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise SpecError(_yaml_problem(error, text, shown)) from None
    if node is None:
        raise SpecError(Problem("the file is empty", Place(shown, 1, 1), "a mapping with `name`, `input` and `layers`"))
    if not isinstance(node, Mapping):
        raise SpecError(Problem(f"the file holds {node.what}", node.place, "a mapping with `name`, `input`, `layers`"))
    return node


class _Composer:
    """Builds nodes from pyyaml's events, counting them."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.anchors: dict[str, Node | None] = {}
        self.problems: list[Problem] = []

    def place(self, event: Any) -> Place:
        return Place(self.shown, event.start_mark.line + 1, event.start_mark.column + 1)

    def document(self, events: Iterator[Any]) -> Node | None:
        node: Node | None = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise SpecError(Problem("the file holds a second document", self.place(event), "one spec a file"))
                node = self.node(next(events), events, 1, flow=False)
        if self.problems:
            raise SpecError(*self.problems)
        if isinstance(node, Scalar) and node.null:
            return None
        return node

    def node(self, event: Any, events: Iterator[Any], depth: int, *, flow: bool) -> Node:
        place = self.place(event)
        if depth > DEEPEST:
            raise SpecError(Problem("the file is nested too deeply", place, f"at most {DEEPEST} levels"))
        if isinstance(event, yaml.AliasEvent):
            target = self.anchors.get(event.anchor)
            if event.anchor not in self.anchors:
                raise SpecError(Problem(f"there is no anchor &{shorten(event.anchor)}", place))
            if target is None:
                raise SpecError(Problem(f"the anchor &{shorten(event.anchor)} contains itself", place))
            return target
        if event.tag is not None and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            raise SpecError(Problem(f"the tag {shorten(event.tag)} is not used here", place, "a plain value"))
        if event.anchor:
            self.anchors[event.anchor] = None
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(event.value, not event.style, place, flow)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.sequence(events, depth, place, flow or bool(event.flow_style))
        else:
            node = self.mapping(events, depth, place, flow or bool(event.flow_style))
        if node.size > MOST_NODES:
            raise SpecError(
                Problem("the file is too large once its aliases are expanded", place, f"at most {MOST_NODES:,} nodes")
            )
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def sequence(self, events: Iterator[Any], depth: int, place: Place, flow: bool) -> Sequence:
        items: list[Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(event, events, depth + 1, flow=flow))
        return Sequence(tuple(items), place, 1 + sum(item.size for item in items))

    def mapping(self, events: Iterator[Any], depth: int, place: Place, flow: bool) -> Mapping:
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Place] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.node(event, events, depth + 1, flow=flow)
            value = self.node(next(events), events, depth + 1, flow=flow)
            if not isinstance(key, Scalar):
                self.problems.append(Problem(f"a key is {key.what}", key.place, "a word as the key"))
                continue
            if key.text == "<<" and key.plain:
                self.problems.append(
                    Problem("merge keys (<<) are not read", key.place, "every key written out", "a local block")
                )
                continue
            if key.text in seen:
                self.problems.append(
                    Problem(
                        f"the key `{shorten(key.text)}` stands twice",
                        key.place,
                        f"it once; the first is at line {seen[key.text].line}",
                    )
                )
                continue
            seen[key.text] = key.place
            entries.append((key, value))
        return Mapping(tuple(entries), place, 1 + sum(key.size + value.size for key, value in entries))


def _yaml_problem(error: yaml.YAMLError, text: str, shown: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = str(getattr(error, "problem", None) or error).splitlines()[0]
    if mark is None:
        return Problem(f"the file is not YAML: {shorten(what, 120)}", Place(shown))
    place = Place(shown, mark.line + 1, mark.column + 1)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: mark.column + 1]:
        return Problem("a tab stands where YAML wants spaces", place, "spaces for indentation")
    hint = ""
    if "{" in line or "[" in line:
        hint = 'inside { } or [ ] an expression with a comma, a bracket or a quote must be quoted: "max(a, b)"'
    elif "'" in line or '"' in line:
        hint = "an expression that begins with a quote must be quoted as a whole: \"'fused' == op\""
    elif "mapping values are not allowed" in what or "could not find expected ':'" in what:
        hint = "check the indentation, and that every key ends in a colon and a space"
    return Problem(f"the file is not YAML: {shorten(what, 120)}", place, "", hint)
