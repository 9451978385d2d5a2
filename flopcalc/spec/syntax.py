"""YAML text as nodes with their places: scalars stay text, duplicate keys and bombs are refused.

The nodes are composed from pyyaml's events, so that no value passes through YAML's own guesses (``no`` as false,
``010`` as octal, ``1:30`` as base 60), and so that size and depth are bounded while reading.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from flopcalc.dataclass import dataclass
from flopcalc.errors import Place, Problem, SpecError, gathered, shorten, suggest
from flopcalc.spec.catalog import beside_you

__all__ = [
    "LARGEST_FILE",
    "MOST_PROBLEMS",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "compose",
    "note_file",
    "noting_files",
    "read_text",
    "was_read",
]

_NOTED: ContextVar[dict[tuple[int, int], None] | None] = ContextVar("_NOTED", default=None)
"""The device and number of every file that was read, where somebody asks for it."""

LARGEST_FILE = 4 << 20
"""Bytes that a spec file may have."""

DEEPEST = 64
"""How deeply the nodes of a file may nest."""

MOST_NODES = 200_000
"""How many nodes a file may have, every use of an alias counted in full."""

LONGEST_PATH = 500
"""How much of a file's path a message shows."""

MOST_PROBLEMS = 100
"""How many faults of a file are gathered before they are reported."""

_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""Characters that no text has: controls, signs that turn the direction of writing, byte order marks in the middle."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A piece of text; `plain` when it was not quoted, `flow` when it stands inside braces or brackets.

    It is `straight` when it stands in the file just as it reads, on one line and without escapes.
    """

    text: str
    plain: bool
    place: Place
    flow: bool = False
    straight: bool = True
    size: int = 1

    @property
    def null(self) -> bool:
        """Whether nothing stands there."""
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")

    @property
    def what(self) -> str:
        """What it is, for a message."""
        return "nothing" if self.null else f"`{shorten(self.text)}`"

    def at(self, offset: int) -> Place:
        """Return the place of one of its characters; of all of it where that cannot be told."""
        return self.place.shift(offset if self.plain else offset + 1) if self.straight else self.place


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


def read_text(path: Path, shown: str, *, sort: str = "a spec file") -> str:
    """Return a spec file's text; `sort` says for an error what file was expected.

    Raises
    ------
    SpecError
        Where there is no such file, or it is a directory, too large, or no UTF-8 text.
    """
    place = Place(_file_name(shown))
    try:
        if path.is_dir():
            near = sorted(item.name for item in islice(path.iterdir(), 1000) if item.suffix in (".yaml", ".yml"))
            hint = f"one of its files: {', '.join(near[:5])}" if near else ""
            raise SpecError(Problem("it is a directory", place, sort, hint))
        if not path.exists():
            if path.is_symlink():
                raise SpecError(Problem("it is a link that leads to no file", place, sort))
            raise SpecError(Problem("there is no such file", place, sort, _near_files(path)))
        if not path.is_file():
            raise SpecError(Problem("it is no regular file", place, sort))
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
            note_file(file.fileno())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(Problem(f"the file cannot be read: {reason}", place)) from None
    if len(data) > LARGEST_FILE:
        raise SpecError(Problem("the file is too large", place, f"at most {LARGEST_FILE >> 20} MiB"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        before = data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8-sig", "replace")
        wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        raise SpecError(
            Problem(
                "the file is no UTF-8 text",
                Place(place.file, line, len(before) + 1),
                "a YAML file in UTF-8",
                "it begins as UTF-16 does: save it as UTF-8" if wide else "",
            )
        ) from None


def note_file(descriptor: int) -> None:
    """Note that an open file is read, where somebody asks for it."""
    if (noted := _NOTED.get()) is not None:
        status = os.fstat(descriptor)
        noted[status.st_dev, status.st_ino] = None


@contextmanager
def noting_files() -> Iterator[None]:
    """Note within the block which files are read, so that :func:`was_read` knows them."""
    before = _NOTED.set({})
    try:
        yield
    finally:
        _NOTED.reset(before)


def was_read(path: Path) -> bool:
    """Tell whether a path leads, by whatever name, to a file that was read since :func:`noting_files` began."""
    with suppress(OSError):
        status = path.stat()
        return (status.st_dev, status.st_ino) in (_NOTED.get() or {})
    return False


def _file_name(shown: str) -> str:
    return shown if len(shown) <= LONGEST_PATH else f"…{shown[-LONGEST_PATH:]}"


def _near_files(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    files = islice(path.parent.iterdir(), 1000)
    names = [item.name for item in files if item.suffix in (".yaml", ".yml")]
    return beside_you(str(path)) or suggest(path.name, names)


def compose(
    text: str,
    shown: str,
    problems: list[Problem] | None = None,
    *,
    holds: str = "a mapping with `name`, `input` and `layers`",
    known: Container[str] | None = None,
) -> Mapping:
    """Return the mapping that a spec file holds.

    Messages repeat nothing of what is no spec, as a key or a password file: of a file whose name does not end as
    YAML's do they speak only where it is YAML with a key that is `known`.

    Parameters
    ----------
    text : str
        The file's text.
    shown : str
        The file's name in places.
    problems : list of Problem, optional
        Where it is given, faults that leave a tree to be read, such as a key that stands twice, are added to it, so
        that they can be reported with those that reading the tree finds.
    holds : str
        What a file of its kind holds, for the error where it does not.
    known : container of str, optional
        The keys that a file of its kind has.

    Raises
    ------
    SpecError
        Where the text is not YAML, is empty, is no mapping, or is a bomb.
    """
    shown = _file_name(shown)
    if known is None or shown.endswith((".yaml", ".yml")):
        return _composed(text, shown, problems, holds)
    try:
        node = _composed(text, shown, problems, holds)
    except SpecError:
        node = None
    if node is None or not any(key.text in known for key, _ in node.entries):
        raise SpecError(Problem("this is no file of flopcalc's", Place(shown), holds, "a name that ends in .yaml"))
    return node


def _composed(text: str, shown: str, problems: list[Problem] | None, holds: str) -> Mapping:
    refused = list(islice(_REFUSED.finditer(text), 10))
    if refused:
        lines = [text.count("\n", 0, match.start()) + 1 for match in refused]
        columns = [match.start() - text.rfind("\n", 0, match.start()) for match in refused]
        raise SpecError(
            *(
                Problem(f"the file holds {_character(match[0])}", Place(shown, line, column), "a text file")
                for match, line, column in zip(refused, lines, columns, strict=True)
            )
        )
    composer = _Composer(text, shown)
    try:
        node = composer.document()
    except yaml.YAMLError as error:
        raise SpecError(*gathered((*composer.problems, _yaml_problem(error, text, shown)))) from None
    finally:
        composer.loader.dispose()
    if node is None or node.null:
        raise SpecError(Problem("the file is empty", Place(shown, 1, 1), holds))
    if not isinstance(node, Mapping):
        raise SpecError(Problem(f"the file holds {node.what}", node.place, holds))
    if problems is not None:
        problems.extend(composer.problems)
    elif composer.problems:
        raise SpecError(*gathered(composer.problems))
    return node


def _character(character: str) -> str:
    name = unicodedata.name(character, "").lower()
    return f"the character U+{ord(character):04X}" + (f" ({name})" if name else "")


class _Composer:
    """Builds nodes from pyyaml's events, counting them."""

    def __init__(self, text: str, shown: str) -> None:
        self.shown = shown
        self.loader = _Loader(text)
        self.event: Callable[[], Any] = self.loader.get_event
        self.anchors: dict[str, Node | None] = {}
        self.problems: list[Problem] = []
        self.nodes = 0

    def fail(self, what: str, place: Place, expected: str = "", hint: str = "") -> None:
        self.problems.append(Problem(what, place, expected, hint))
        if len(self.problems) >= MOST_PROBLEMS:
            raise SpecError(*gathered(self.problems))

    def place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self.shown, mark.line + 1, mark.column + 1)

    def document(self) -> Node | None:
        node: Node | None = None
        while True:
            event = self.event()
            kind = type(event)
            if kind is yaml.StreamEndEvent:
                return node
            if kind is yaml.DocumentStartEvent:
                if node is not None:
                    self.fail("a second document begins", self.place(event), "one spec a file")
                    return node
                node = self.node(self.event(), 1, False)

    def count(self, nodes: int, place: Place) -> None:
        """Count nodes; an alias counts for all that it stands for."""
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            grown = " once its aliases are expanded" if self.anchors else ""
            raise SpecError(Problem(f"the file is too large{grown}", place, f"at most {MOST_NODES:,} nodes"))

    def node(self, event: Any, depth: int, flow: bool) -> Node:
        place = self.place(event)
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self.alias(str(event.anchor), place)
        self.count(1, place)
        tag = event.tag
        if tag is not None and not (kind is yaml.ScalarEvent and tag == "!"):
            self.fail(f"the tag {shorten(tag)} is not used here", place, "a plain value")
        node: Node
        anchor = event.anchor
        if kind is yaml.ScalarEvent:
            node = self.scalar(event, place, flow)
        else:
            if depth > DEEPEST:
                raise SpecError(Problem("the file is nested too deeply", place, f"at most {DEEPEST} levels"))
            if anchor:
                self.anchors[anchor] = None
            flow = flow or bool(event.flow_style)
            node = (self.sequence if kind is yaml.SequenceStartEvent else self.mapping)(depth, place, flow)
        if anchor:
            self.anchors[anchor] = node
        return node

    def alias(self, anchor: str, place: Place) -> Node:
        target = self.anchors.get(anchor)
        if target is None:
            if anchor in self.anchors:
                self.fail(f"the anchor &{shorten(anchor)} contains itself", place, "an anchor that ends before")
            else:
                near = suggest(anchor, self.anchors)
                self.fail(f"there is no anchor &{shorten(anchor)}", place, "an anchor that stands before", near)
            return Scalar("", True, place, straight=False)
        self.count(target.size, place)
        return replace(target, place=place, straight=False) if isinstance(target, Scalar) else target

    def scalar(self, event: Any, place: Place, flow: bool) -> Scalar:
        text, style = event.value, event.style
        start, end = event.start_mark, event.end_mark
        straight = end.line == start.line and end.column - start.column == len(text) + (2 if style else 0)
        if style == '"' and not straight:
            refused = _REFUSED.search(text)
            if refused:
                self.fail(f"the text holds {_character(refused[0])}", place, "a text without control characters")
                text = _REFUSED.sub("", text)
        return Scalar(text, not style, place, flow, straight)

    def sequence(self, depth: int, place: Place, flow: bool) -> Sequence:
        items: list[Node] = []
        size = 1
        while True:
            event = self.event()
            if type(event) is yaml.SequenceEndEvent:
                return Sequence(tuple(items), place, size)
            item = self.node(event, depth + 1, flow)
            items.append(item)
            size += item.size

    def mapping(self, depth: int, place: Place, flow: bool) -> Mapping:
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Place] = {}
        size = 1
        while True:
            event = self.event()
            if type(event) is yaml.MappingEndEvent:
                return Mapping(tuple(entries), place, size)
            key = self.node(event, depth + 1, flow)
            value = self.node(self.event(), depth + 1, flow)
            size += key.size + value.size
            if not isinstance(key, Scalar):
                self.fail(f"a key is {key.what}", key.place, "a word as the key")
            elif key.text == "<<" and key.plain:
                self.fail("merge keys (<<) are not read", key.place, "every key written out", "a local block")
            elif key.text in seen:
                self.fail(
                    f"the key `{shorten(key.text)}` stands twice",
                    key.place,
                    f"it once; the first is at line {seen[key.text].line}",
                )
            else:
                seen[key.text] = key.place
                entries.append((key, value))


_QUOTE = 'inside { } or [ ] an expression with a comma, a bracket or a quote must be quoted: "max(a, b)"'

_WHOLE = "an expression that begins with a quote must be quoted as a whole: \"'fused' == op\""

_FAULTS: tuple[tuple[str, str, str, str, bool], ...] = (
    # what pyyaml says · what is wrong · what was expected · what to try · whether it is where the context begins
    (
        "mapping values are not allowed",
        "a second colon stands in one value",
        "one `key: value` a line",
        "check the indentation, or quote a text with a colon",
        False,
    ),
    ("could not find expected ':'", "no colon follows this key", "`key: value`", "", True),
    ("entries are not allowed", "a list begins beside its key", "its `- ` entries on lines of their own", "", False),
    ("',' or '}'", "a comma or the closing } is missing", "{key: value, key: value}", _QUOTE, False),
    ("',' or ']'", "a comma or the closing ] is missing", "[value, value]", _QUOTE, False),
    ("node content", "nothing stands where a value should", "a value", _QUOTE, False),
    ("cannot start any token", "the value begins with a sign that YAML keeps for itself", "a quoted text", "", False),
    ("end of stream", "the quote is not closed", "the same quote at its end", "", True),
    ("unknown escape", "the text in double quotes has an escape that YAML lacks", "a text", "single quotes", False),
    ("alphabetic or numeric", "* and & begin an alias or an anchor", "a value that begins otherwise", "", False),
    ("document start", "more stands after the end of the mapping", "one mapping", "check the indentation", False),
    ("directive", "a line begins with %", "`key: value`", "", False),
    ("non-alphabetical", "a line begins with %", "`key: value`", "", False),
    ("incompatible YAML", "the file asks for another version of YAML", "no %YAML line", "", False),
    ("'-' indicator", "the indentation is not that of the list above", "`- ` in the list's column", "", False),
    ("expected key", "the indentation is not that of the mapping above", "a key in the mapping's column", "", False),
    ("<block end>", "the indentation is not that of the lines above", "the same column as before", "", False),
)
"""The faults of YAML that people make, in plain words; pyyaml's two scanners speak a little differently."""


def _yaml_problem(error: yaml.YAMLError, text: str, shown: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or error).splitlines()[0]
    if mark is None:
        return Problem(f"the file is not YAML: {shorten(said, 120)}", Place(shown))
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: mark.column + 1]:
        place = Place(shown, mark.line + 1, line.index("\t") + 1)
        return Problem("a tab stands where YAML wants spaces", place, "spaces for indentation")
    context = getattr(error, "context_mark", None)
    fault = next((fault for fault in _FAULTS if fault[0] in said), None)
    said = f"the file is not YAML: {shorten(said, 120)}"
    words, what, expected, hint, begins = fault or ("", said, "YAML", "", False)
    if hint == _QUOTE and words[0] == "'" and context is not None and context.line != mark.line:
        what, hint, begins = f"the {'{' if '}' in words else '['} is not closed", "", True
    above = lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""
    bare = re.fullmatch(r"\s*- (\w+)\s*", above)
    if "mapping values" in said and bare:
        what, expected, hint = f"`- {bare[1]}` stands alone and cannot carry this", "an entry", f"- {bare[1]}: {{}}"
    if begins and context is not None:
        mark = context
    elif line[: mark.column].rstrip().endswith(("'", '"')) and fault is not None:
        what, expected, hint = "more stands after the closing quote", "nothing after it", _WHOLE
    elif words == "expected key" and context is not None:
        expected = f"a key in column {context.column + 1}"
    if not hint and line[mark.column : mark.column + 1] in ("'", '"'):
        hint = _WHOLE
    return Problem(what, Place(shown, mark.line + 1, mark.column + 1), expected, hint)
