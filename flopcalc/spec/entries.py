"""The lists of entries of a spec: layers, blocks, groups, tables and branches."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from functools import cache

from flopcalc.dataclass import dataclass
from flopcalc.errors import Place, listed, one_of, shorten, suggest
from flopcalc.expression import Expression, literal
from flopcalc.layers import AXES, LAYERS, PADDINGS, Attribute
from flopcalc.spec.blocks import Blocks, Locals
from flopcalc.spec.document import Document
from flopcalc.spec.model import (
    BlockEntry,
    BranchesEntry,
    BranchPath,
    Entry,
    GroupEntry,
    LayerEntry,
    Listing,
    Modifiers,
    TableEntry,
    bodies,
    measured,
)
from flopcalc.spec.modifiers import Where, read_modifiers, read_source
from flopcalc.spec.names import ANY_WORD, Names
from flopcalc.spec.reading import FAILED, Reading, counted
from flopcalc.spec.syntax import Mapping, Node, Scalar, Sequence
from flopcalc.spec.words import BRANCHES_KEYS, DEEPEST_BLOCKS, DEEPEST_LISTS, MERGES, MODIFIERS, TABLE_KEYS

__all__ = ["Lists", "collect_names", "read_listing"]


@dataclass
class Lists:
    """What the lists of a file are read with, and how deeply the one at hand is nested."""

    reading: Reading
    blocks: Blocks
    depth: int = 0

    @property
    def file(self) -> Document:
        """The file that is read."""
        return self.reading.file


def collect_names(node: Node, names: set[str]) -> None:
    """Gather the names given to entries of a block, however deep in its lists; "*" for computed ones."""
    if isinstance(node, Sequence):
        for item in node.items:
            collect_names(item, names)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            if key.text == "name" and isinstance(value, Scalar):
                names.add("*" if "{" in value.text else value.text)
            elif key.text in ("layers", "table", "branches", "do", "paths"):
                collect_names(value, names)


def read_listing(lists: Lists, node: Node, where: Where, locals_: Locals) -> Listing:
    """Read a list of entries."""
    if not isinstance(node, Sequence):
        lists.file.fail(f"the layers are {node.what}", node.place, "a list: lines that begin with `- `")
        return Listing(())
    if lists.depth >= DEEPEST_LISTS:
        lists.blocks.too_deep(node.place)
        return Listing(())
    lists.depth += 1
    entries = [_entry(lists, item, where, locals_) for item in node.items]
    lists.depth -= 1
    read = tuple([entry for entry in entries if entry is not None])
    listing = measured(read)
    if listing.depth > DEEPEST_LISTS or listing.blocks > DEEPEST_BLOCKS:
        deepest = max(read, key=lambda entry: max((body.depth for body in bodies(entry)), default=0))
        lists.blocks.too_deep(deepest.place)
        return Listing(())
    return listing


def _entry(lists: Lists, node: Node, where: Where, locals_: Locals) -> Entry | None:
    if isinstance(node, Scalar):
        if node.null:
            lists.file.fail("the entry is empty", node.place, "a layer or a block")
            return None
        return _use(lists, node, None, node.place, Modifiers(), where, where.names, locals_)
    if not isinstance(node, Mapping):
        lists.file.fail("the entry is a list", node.place, "a layer or a block", "`- layers: […]` groups entries")
        return None
    words = [(key, value) for key, value in node.entries if key.text not in MODIFIERS]
    if len(words) != 1:
        hint = ""
        for key, _ in words:
            near = suggest(key.text, MODIFIERS)
            hint = hint or (near if key.text not in LAYERS else "")
        if not words:
            lists.file.fail("the entry names no layer", node.place, "one layer or block beside its modifiers")
        else:
            shown = ", ".join(f"`{shorten(key.text, 20)}`" for key, _ in words[:4])
            lists.file.fail(
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
    modifiers = read_modifiers(lists.reading, node, where)
    modifiers = _with_otherwise(lists, node.get("else"), modifiers, where, locals_)
    many = where.many or modifiers.repeat is not None or bool(modifiers.labels)
    inner = Where(names, where.labels, where.block_names, where.crowd, many)
    entry: Entry | None
    if key.text == "layers":
        entry = _group(lists, key, value, modifiers, inner, locals_)
    elif key.text == "table":
        entry = _table(lists, key, value, modifiers, inner, locals_)
    elif key.text == "branches":
        entry = _branches(lists, key, value, modifiers, inner, locals_)
    else:
        entry = _use(lists, key, value, key.place, modifiers, inner, names, locals_)
    for label in (modifiers.label, *modifiers.labels):
        if label:
            where.labels[label] = None
    if modifiers.until and entry is not None and not isinstance(entry, BlockEntry):
        place = node.get("until").place  # type: ignore[union-attr]
        lists.file.fail("`until` stands beside a block", place, "a spec used as a block, of which it is the last part")
    return entry


def _with_otherwise(lists: Lists, node: Node | None, modifiers: Modifiers, where: Where, locals_: Locals) -> Modifiers:
    """Read what is built where an entry's condition is false."""
    if node is None:
        return modifiers
    if modifiers.when is None:
        lists.file.fail("`else` stands beside `when`", node.place, "`when: CONDITION` in the same entry")
        return modifiers
    items = node if isinstance(node, Sequence) else Sequence((node,), node.place)
    return replace(modifiers, otherwise=read_listing(lists, items, where.inside(many=where.many), locals_))


def _part(lists: Lists, modifiers: Modifiers, word: str, where: Where) -> str:
    """Return the entry's part of the path, and count it."""
    if modifiers.name is not None:
        part = "".join(piece for piece in modifiers.name.parts if isinstance(piece, str))
        fixed = all(isinstance(piece, str) for piece in modifiers.name.parts)
        weight = 2 if fixed and where.many else 0
    else:
        part, weight = word, 2 if where.many else 1
    where.crowd[part] = where.crowd.get(part, 0) + weight
    return part


def _use(
    lists: Lists,
    key: Scalar,
    node: Node | None,
    place: Place,
    modifiers: Modifiers,
    where: Where,
    names: Names,
    locals_: Locals,
) -> Entry | None:
    """Read a primitive or a block with its attributes."""
    word = key.text
    if word in LAYERS and not (LAYERS[word].yields and lists.blocks.hides(word, locals_)):
        return _layer(lists, key, node, place, modifiers, where, names)
    attributes = _attribute_nodes(lists, word, node)
    block = lists.blocks.find(word, locals_, key.place)
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
            lists.reading.expression(
                value,
                names,
                tuple(choice for choice in parameters[scalar.text].choices if isinstance(choice, str)),
                f"{scalar.text} of {word}",
            ),
        )
        for scalar, value in _checked(lists, word, attributes, parameters, needed, place)
    )
    return BlockEntry(place, modifiers, _part(lists, modifiers, word, where), where.crowd, block, bound)


def _layer(
    lists: Lists, key: Scalar, node: Node | None, place: Place, modifiers: Modifiers, where: Where, names: Names
) -> LayerEntry:
    """Read a primitive with its attributes."""
    word = key.text
    primitive, declared = LAYERS[word], _declared(word)
    needed = {attribute.name: "" for attribute in declared.values() if attribute.required}
    read: list[tuple[str, Expression]] = []
    likes: list[tuple[str, str, Place]] = []
    attributes = _attribute_nodes(lists, word, node, primitive.layer.short)
    for scalar, value in _checked(lists, word, attributes, declared, needed, place):
        if declared[scalar.text].type == "like":
            likes.append((scalar.text, read_source(lists.reading, value, where, "like"), value.place))
        else:
            read.append((scalar.text, _attribute(lists, declared[scalar.text], scalar, value, names)))
    part = _part(lists, modifiers, word, where)
    return LayerEntry(place, modifiers, part, where.crowd, word, primitive, tuple(read), tuple(likes))


def _attribute_nodes(
    lists: Lists, word: str, node: Node | None, short: str = ""
) -> tuple[tuple[Scalar, Node], ...] | None:
    """Return the attributes of an entry; `short` is the one that may be given alone, as in ``permute: [1, 0]``."""
    if node is None or node.null:
        return ()
    if isinstance(node, Mapping):
        return node.entries
    if short:
        return ((Scalar(short, True, node.place), node),)
    hint = ""
    if isinstance(node, Scalar) and ":" in node.text:
        hint = "a colon is followed by a space"
    elif isinstance(node, Scalar) and word in LAYERS and (first := next(iter(_declared(word)), "")):
        hint = f"`- {word}: {{{first}: {shorten(node.text)}}}`"
    lists.file.fail(
        f"the attributes of {shorten(word)} are {node.what}", node.place, "a mapping: {name: value, …}", hint
    )
    return None


def _checked(
    lists: Lists,
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
            lists.file.fail(
                f"{word} has no attribute `{shorten(scalar.text)}`",
                scalar.place,
                one_of(declared) if declared else "no attributes",
                hint,
            )
    missing = [name for name in needed if name not in given]
    if missing:
        lists.file.fail(
            f"{word} needs {' and '.join(f'`{name}`' for name in missing[:8])}",
            place,
            f"- {word}: {{{', '.join(f'{name}: …' for name in missing[:8])}}}",
            needed[missing[0]],
        )
    return [(scalar, value) for scalar, value in attributes if scalar.text in declared]


def _attribute(lists: Lists, declared: Attribute, key: Scalar, node: Node, names: Names) -> Expression:
    words: tuple[str, ...] = declared.choices
    if declared.type == "text":
        return literal(lists.reading.word(node, key.text), node.place)
    if declared.type == "padding":
        words = PADDINGS
    elif declared.type == "axes":
        if isinstance(node, Scalar) and node.text.strip() in AXES:
            return literal(node.text.strip(), node.place)  # `channels` is an axis here, not how many there are
        words = AXES
    return lists.reading.expression(node, names, words, key.text)


def _group(lists: Lists, key: Scalar, node: Node, modifiers: Modifiers, where: Where, locals_: Locals) -> GroupEntry:
    part = _part(lists, modifiers, "", where) if modifiers.name else ""
    inner = where.inside(crowd={}) if modifiers.name else where.inside(many=where.many)
    return GroupEntry(key.place, modifiers, part, where.crowd, read_listing(lists, node, inner, locals_))


def _table(
    lists: Lists, key: Scalar, node: Node, modifiers: Modifiers, where: Where, locals_: Locals
) -> TableEntry | None:
    if not isinstance(node, Mapping):
        lists.file.fail(f"the table is {node.what}", node.place, "a mapping with columns, rows and do")
        return None
    lists.reading.check_keys(node, TABLE_KEYS, "a table")
    missing = [f"`{needed}`" for needed in TABLE_KEYS if node.get(needed) is None]
    if missing:
        lists.file.fail(f"the table has no {' and no '.join(missing)}", key.place, "columns, rows and do")
        return None
    columns = _columns(lists, node.get("columns"))
    rows_node = node.get("rows")
    assert rows_node is not None
    places: tuple[Place, ...] = ()
    rows: tuple[tuple[Expression, ...], ...] | Expression
    if isinstance(rows_node, Sequence):
        rows = tuple(_row(lists, item, columns, where.names) for item in rows_node.items)
        places = tuple(item.place for item in rows_node.items)
    else:
        rows = lists.reading.expression(rows_node, where.names, what="rows")
    part = _part(lists, modifiers, "", where) if modifiers.name else ""
    crowd = {} if modifiers.name else where.crowd
    inner = where.inside(names=where.names.extended(columns), crowd=crowd, many=True)
    body = read_listing(lists, node.get("do"), inner, locals_)  # type: ignore[arg-type]
    return TableEntry(key.place, modifiers, part, where.crowd, columns, rows, places, body)


def _columns(lists: Lists, node: Node | None) -> tuple[str, ...]:
    if not isinstance(node, Sequence) or not node.items:
        what = "empty" if isinstance(node, Sequence) else node.what if node else "nothing"
        lists.file.fail(f"`columns` is {what}", node.place if node else Place(lists.reading.shown), "a list of names")
        return ()
    names: dict[str, None] = {}
    for item in node.items:
        name = lists.reading.word(item, "a column")
        if name in names:
            lists.file.fail(f"the column `{name}` stands twice", item.place, "different names")
        elif not lists.file.name_fault(name, item.place):
            names[name] = None
    return tuple(names) if len(names) == len(node.items) else ()


def _row(lists: Lists, node: Node, columns: tuple[str, ...], names: Names) -> tuple[Expression, ...]:
    items = node.items if isinstance(node, Sequence) else (node,)
    if not columns:
        return ()
    if len(items) != len(columns) or (not isinstance(node, Sequence) and len(columns) != 1):
        lists.file.fail(
            f"the row has {counted(len(items), 'entry', 'entries')}",
            node.place,
            f"{len(columns)}: {listed(columns)}",
            'an entry with a comma must be quoted: "max(a, b)"' if len(items) > len(columns) else "",
        )
        return tuple(FAILED for _ in columns)
    return tuple(lists.reading.expression(item, names, ANY_WORD, "an entry") for item in items)


def _branches(
    lists: Lists, key: Scalar, node: Node, modifiers: Modifiers, where: Where, locals_: Locals
) -> BranchesEntry | None:
    if not isinstance(node, Mapping):
        lists.file.fail(f"the branches are {node.what}", node.place, "a mapping with paths and merge")
        return None
    lists.reading.check_keys(node, BRANCHES_KEYS, "branches")
    paths_node, merge_node = node.get("paths"), node.get("merge")
    if paths_node is None or merge_node is None:
        missing = [f"`{needed}`" for needed in ("paths", "merge") if node.get(needed) is None]
        lists.file.fail(
            f"the branches have no {' and no '.join(missing)}", key.place, "{paths: [[…], […]], merge: add}"
        )
        return None
    merge, first = _merge(lists, merge_node, where.names)
    part = _part(lists, modifiers, "", where) if modifiers.name else ""
    crowd: dict[str, int] = {} if modifiers.name else where.crowd
    many = where.many and not modifiers.name
    nodes = paths_node.items if isinstance(paths_node, Sequence) else (paths_node,)
    if not nodes:
        lists.file.fail("branches have no paths", paths_node.place, "a list of lists of layers")
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
        paths.append(_path_of(lists, item, inner, locals_, flat))
    split: tuple[Expression, ...] | str = ""
    split_node = node.get("split")
    if isinstance(split_node, Sequence):
        split = tuple(lists.reading.expression(item, where.names, what="split") for item in split_node.items)
        if len(split) != len(paths):
            lists.file.fail(f"split has {len(split)} entries", split_node.place, f"{len(paths)}, one for each path")
    elif split_node is not None:
        split = lists.reading.word(split_node, "split")
        if split != "even":
            lists.file.fail(f"split is `{shorten(split)}`", split_node.place, "even, or a list of channels")
    return BranchesEntry(key.place, modifiers, part, where.crowd, tuple(paths), split, merge, first)


def _path_of(lists: Lists, node: Node, where: Where, locals_: Locals, flat: bool) -> BranchPath:
    if not isinstance(node, Mapping):
        return BranchPath(read_listing(lists, node, where, locals_), node.place, flat)
    lists.reading.check_keys(node, ("repeat", "when", "do"), "a repeated path")
    repeat, when, do = node.get("repeat"), node.get("when"), node.get("do")
    if (repeat is None and when is None) or do is None:
        missing = " and ".join(f"`{needed}`" for needed in ("repeat", "do") if node.get(needed) is None)
        hint = "`when` leaves a path out: {when: CONDITION, do: […]}"
        lists.file.fail(f"a repeated path needs {missing}", node.place, "{repeat: K, do: […]}", hint)
        return BranchPath(Listing(()), node.place, flat)
    inner = where if repeat is None else where.inside(names=where.names.extended((), turn=True))
    return BranchPath(
        read_listing(lists, do, inner, locals_),
        node.place,
        flat,
        None if repeat is None else lists.reading.expression(repeat, where.names, what="repeat"),
        None if when is None else lists.reading.expression(when, where.names, what="`when`"),
    )


def _merge(lists: Lists, node: Node, names: Names) -> tuple[str, Expression | None]:
    expected = "add, multiply, concat or {hff: {first: 0}}"
    if isinstance(node, Scalar) and node.text in MERGES:
        return node.text, literal(0) if node.text == "hff" else None
    if isinstance(node, Mapping) and len(node.entries) == 1 and node.entries[0][0].text == "hff":
        options = node.entries[0][1]
        if options.null:
            return "hff", literal(0)
        if isinstance(options, Mapping):
            lists.reading.check_keys(options, ("first",), "hff")
            first = options.get("first")
            return "hff", literal(0) if first is None else lists.reading.expression(first, names, what="first")
    hint = suggest(node.text, MERGES) if isinstance(node, Scalar) else ""
    lists.file.fail(f"merge is {node.what}", node.place, expected, hint)
    return "add", None


@cache
def _declared(word: str) -> dict[str, Attribute]:
    """Return the attributes of a primitive by their names."""
    return {attribute.name: attribute for attribute in LAYERS[word].attributes()}
