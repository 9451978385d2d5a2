"""A trace as a spec with blocks, repeats and tables: what is a block and what is not is told from outside."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from flopcalc.dataclass import dataclass
from flopcalc.importing.folding.entries import REPEAT, Entry, Key, Slot, Value, of_step, slots_of
from flopcalc.importing.folding.families import Family, Use, families_of
from flopcalc.importing.folding.layout import layouts, reads_as
from flopcalc.importing.folding.modules import Flows, Module, chosen, modules_of, units_of
from flopcalc.importing.folding.sequences import Table, repeated, tabled, unwrapped, wrapped
from flopcalc.importing.folding.unify import Parameter, Template, shown, unified
from flopcalc.importing.folding.writing import Listing, entry_lines, flow, free_name, group_lines, indented
from flopcalc.importing.trace import Step, Trace

__all__ = ["Block", "Draft"]

_MOST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the spec: what it is called, of what kind its modules are, and how it is written."""

    name: str
    kind: str
    family: Family
    template: Template


class Draft:
    """A spec in which modules of some kinds are no blocks.

    Parameters
    ----------
    trace : Trace
    barred : collection of str
        Kinds that are written out where they stand.
    flat : bool
        Whether the network's own list is without repeats and tables.
    """

    def __init__(self, trace: Trace, barred: Collection[str] = (), *, flat: bool = False) -> None:
        self.written = _written_alike(trace.steps)
        steps = [replace(step, written="") if step.word in self.written else step for step in trace.steps]
        trace = replace(trace, steps=tuple(steps))
        self.trace = trace
        self.flows = Flows(trace)
        named = any(len(step.path) > 1 for step in trace.steps)
        tree = modules_of(trace) if named else units_of(trace, self.flows)
        self.tree = chosen(tree, self.flows, barred)
        self.shapes = {
            name: shape for step in trace.steps for name, shape in zip(step.results, step.layouts, strict=True)
        }
        self.shapes.update(trace.inputs)
        self.paths = Counter(step.path for step in trace.steps)
        self.blocks: list[Block] = []
        self.defaults: list[Mapping[str, Value]] = []
        self.calls: dict[tuple[int, int, str], Entry] = {}
        self._find_blocks()
        self.entries = self._entries(self.tree)
        self.flat = flat

    @property
    def kinds(self) -> list[str]:
        """The kinds of the modules that are blocks, the innermost first."""
        return list(dict.fromkeys(block.kind for block in self.blocks))

    def kinds_at(self, position: int) -> list[str]:
        """Return the kinds of the blocks in which a step stands, the outermost first."""
        found: list[str] = []
        parts = self.tree.parts
        while True:
            inner = next((p for p in parts if isinstance(p, Module) and p.first <= position < p.stop), None)
            if inner is None:
                return found
            found.append(inner.kind)
            parts = inner.parts

    # -- blocks --------------------------------------------------------------------------------------------------------

    def _find_blocks(self) -> None:
        modules: dict[str, list[Module]] = {}
        heights: dict[str, int] = {}

        def visit(module: Module) -> int:
            height = 1 + max((visit(part) for part in module.parts if isinstance(part, Module)), default=0)
            key = module.kind if module.kind not in _kinds_inside(module) else f"{module.kind} {height}"
            modules.setdefault(key, []).append(module)
            heights[key] = max(heights.get(key, 0), height)
            return height

        for part in self.tree.parts:
            if isinstance(part, Module):
                visit(part)
        for key in sorted(modules, key=lambda key: heights[key]):
            self._find_block(modules[key])

    def _find_block(self, modules: Sequence[Module]) -> None:
        by_use: dict[int, Module] = {}
        uses = []
        for module in modules:
            inputs = self.flows.entering(module.first, module.stop)
            entries = repeated(self._entries(module), self._leaves, calls=True)
            uses.append(Use(tuple(entries), inputs, tuple([self.shapes[name] for name in inputs])))
            by_use[id(uses[-1])] = module
        for family in families_of(uses):
            if len(family.uses) < 2:
                continue
            rows = [_row(use.entries, places) for use, places in zip(family.uses, family.places, strict=True)]
            shapes = [use.shapes for use in family.uses]
            template = unified(family.body, family.patterns, rows, family.variants, shapes, self.defaults)
            if template is None:
                continue
            first = by_use[id(family.uses[0])]
            self._add(family, template, first, [by_use[id(use)] for use in family.uses])

    def _add(self, family: Family, template: Template, first: Module, modules: Sequence[Module]) -> None:
        number = len(self.blocks)
        wanted = _singular(first) if first.kind.startswith("~") else first.name
        name = free_name(_snake(wanted) or "unit", [block.name for block in self.blocks], "block")
        self.blocks.append(Block(name, first.kind, family, template))
        self.defaults.append({one.name: one.default for one in template.parameters if one.default is not None})
        for place, (use, module) in enumerate(zip(family.uses, modules, strict=True)):
            args: dict[Key, Value] = {(one.name,): one.values[place] for one in template.parameters}
            if len(use.inputs) == 1:
                args[REPEAT] = 1
            writes = self.trace.steps[module.stop - 1].results
            self.calls[module.first, module.stop, module.kind] = Entry(
                ("block", number), args, use.inputs, writes, module.first, module.stop, module.hint
            )

    def _entries(self, module: Module) -> list[Entry]:
        found: list[Entry] = []
        for part in module.parts:
            if isinstance(part, int):
                step = self.trace.steps[part]
                alone = step.path and self.paths[step.path] == 1 and not step.path[-1].isdigit()
                found.append(of_step(step, part, step.path[-1] if alone else ""))
            else:
                call = self.calls.get((part.first, part.stop, part.kind))
                found += [call] if call is not None else self._entries(part)
        return found

    def _leaves(self, tensor: str, position: int) -> bool:
        return self.flows.last.get(tensor, -1) >= position

    # -- the network's own list ----------------------------------------------------------------------------------------

    def text(self) -> str:
        """Return the spec."""
        trace = self.trace
        lines = [f"name: {re.sub(r'[^A-Za-z0-9_]', '_', trace.name) or 'model'}"]
        if trace.title not in ("", trace.name):
            lines.append(f"title: {_quoted(trace.title)}")
        if trace.source:
            lines.append(f"source: {_quoted(trace.source)}")
        labels = self._input_labels()
        if len(trace.inputs) == 1:
            lines.append(f"input: {shown(next(iter(trace.inputs.values())))}")
        else:
            lines.append("inputs:")
            lines += [f"  {label}: {shown(shape)}" for label, shape in zip(labels, trace.inputs.values(), strict=True)]
        body, outputs = self._root(labels)
        if outputs:
            lines.append(f"outputs: [{', '.join(outputs)}]")
        if self.written:
            lines.append(f"written: {{{', '.join(f'{word}: {form}' for word, form in self.written.items())}}}")
        if self.blocks:
            lines.append("blocks:")
            for block in self.blocks:
                lines += indented(self._block(block))
        lines.append("layers:")
        lines += indented(body)
        return "".join(f"{line}\n" for line in lines)

    def _input_labels(self) -> list[str]:
        found: list[str] = []
        for label in self.trace.inputs:
            found.append(free_name(label, found))
        return found

    def _root(self, labels: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the lines of the network's list, and the labels of its outputs but for the last tensor."""
        items = self._folded()
        slots, texts, tables = self._slots(items)
        kept: dict[tuple[int, int], str] = {}
        refs = {
            tensor: (number, place) for number, item in enumerate(items) for place, tensor in enumerate(item.writes)
        }
        last = self.trace.steps[-1].results[0]
        outputs = [output for output in self.trace.outputs if output != last]
        taken = [*labels, "input"]
        for output in outputs:
            kept[refs[output]] = free_name(slots[refs[output][0]].hint, [*taken, *kept.values()])
        extra = self._sharing(items)
        held = [*kept, *((number, 0) for number in extra)]
        always = [frozenset({0})] * len(slots)
        listing = Listing(
            [block.name for block in self.blocks], slots, always, texts, {}, ["input", *labels[1:]], kept, extra, tables
        )
        wanted = {**{number: slot.reads for number, slot in enumerate(slots)}, -1: ((len(slots) - 1, 0),)}
        for nodes in layouts(slots, always, held):
            if reads_as(nodes, slots, always, 0, inputs=len(labels), named=True) == wanted:
                break
        return [*listing.lines(nodes)], [kept[refs[output]] for output in outputs]

    def _sharing(self, items: Sequence[Entry | Table]) -> dict[int, list[str]]:
        """Return the names of entries whose parameters others share, and whose the others share."""
        owners: dict[str, str] = {}
        shared = {step.shares for step in self.trace.steps if step.shares}
        found: dict[int, list[str]] = {}
        for number, item in enumerate(items):
            if isinstance(item, Table) or item.stop - item.first != 1:
                continue
            step = self.trace.steps[item.first]
            if step.results[0] in shared:
                owners[step.results[0]] = free_name("_".join(step.path) or step.word, owners.values())
                found.setdefault(number, []).append(f"name: {owners[step.results[0]]}")
            if step.shares:
                found.setdefault(number, []).append(f"shares: {owners[step.shares]}")
        return found

    def _folded(self) -> list[Entry | Table]:
        if self.flat:
            return [*self.entries]
        barred = self.flows.pinned
        once = repeated(self.entries, self._leaves, barred)
        return unwrapped(tabled(wrapped(once, self._leaves, barred), self._leaves, barred, self._worth), once)

    def _template(self, table: Table) -> tuple[tuple[Slot, ...], Template] | None:
        body = slots_of(table.rows[0], (table.enter,))
        always = [frozenset({0})] * len(body)
        rows = [_row(row, range(len(row))) for row in table.rows]
        template = unified(body, always, rows, [0] * len(rows), (), self.defaults)
        return None if template is None else (body, template)

    def _worth(self, table: Table) -> int:
        """Return how many lines a table saves; from three rows on it may cost some."""
        found = self._template(table)
        if found is None or not 0 < len(found[1].parameters) <= _MOST_COLUMNS:
            return 0
        before = sum(len(self._plain(entry)) for row in table.rows for entry in row)
        count = len(table.rows)
        return before - len(self._table(table)) + (0 if count < 3 else min(count + 1, 8))

    def _plain(self, entry: Entry) -> list[str]:
        """Return the lines of an entry by itself."""
        slots, texts, _ = self._slots([entry], known=entry.reads)
        names = [block.name for block in self.blocks]
        own = {key: text for (_, key), text in texts.items() if key != REPEAT}
        lines = [*entry_lines(slots[0], own, names, ())]
        if slots[0].head[0] == "group" and entry.args[REPEAT] == 1:
            return lines[1:]
        return [*lines, *(["repeat"] if (0, REPEAT) in texts else [])]

    def _slots(
        self, items: Sequence[Entry | Table], known: Sequence[str] | None = None
    ) -> tuple[tuple[Slot, ...], dict[tuple[int, Key], str], dict[int, list[str]]]:
        """Return entries as slots, with the texts of their arguments and the lines of tables."""
        inputs = tuple(self.trace.inputs) if known is None else known
        refs = {tensor: (-1 - place, 0) for place, tensor in enumerate(inputs)}
        slots: list[Slot] = []
        texts: dict[tuple[int, Key], str] = {}
        tables: dict[int, list[str]] = {}
        for number, item in enumerate(items):
            if isinstance(item, Table):
                slots.append(Slot(("table",), (), (refs[item.enter],), 1, item.rows[-1][-1].hint))
                tables[number] = self._table(item)
            else:
                reads = tuple([refs[tensor] for tensor in item.reads])
                slots.append(Slot(item.head, tuple(item.args), reads, len(item.writes), item.hint, item.body))
                alone = unified((slots[-1],), [frozenset({0})], [_row([item], [0])], [0], (), self.defaults)
                assert alone is not None
                texts.update({(number, key): text for (_, key), text in alone.texts.items()})
            refs.update({tensor: (number, place) for place, tensor in enumerate(item.writes)})
        return tuple(slots), texts, tables

    def _table(self, table: Table) -> list[str]:
        found = self._template(table)
        assert found is not None
        body, template = found
        columns = template.parameters
        rows = [[shown(one.values[row]) for one in columns] for row in range(len(table.rows))]
        texts = {(number, *key): text for (number, key), text in template.texts.items()}
        names = [block.name for block in self.blocks]
        return [
            "- table:",
            f"    columns: [{', '.join(one.name for one in columns)}]",
            "    rows:",
            *(f"      - [{', '.join(row)}]" for row in rows),
            "    do:",
            *indented(group_lines(body, texts, names), 6),
        ]

    # -- blocks as text ------------------------------------------------------------------------------------------------

    def _block(self, block: Block) -> Iterator[str]:
        family, template = block.family, block.template
        yield f"{block.name}:"
        if template.parameters:
            yield f"  parameters: {{{', '.join(_declared(one) for one in template.parameters)}}}"
        shapes = family.uses[0].shapes
        labels = ["input"]
        if len(shapes) > 1:
            labels = ["x", "skip"] if len(shapes) == 2 else [f"x{number}" for number in range(1, len(shapes) + 1)]
            yield "  inputs:"
            for place, label in enumerate(labels):
                yield f"    {label}: {_sides(len(shapes[place]), place)}"
        elif template.bound:
            yield f"  input: {_sides(len(shapes[0]), 0)}"
        yield "  layers:"
        names = [each.name for each in self.blocks]
        listing = Listing(names, family.body, family.patterns, template.texts, template.conditions, labels)
        yield from indented(listing.lines(family.nodes), 4)


def _written_alike(steps: Sequence[Step]) -> dict[str, str]:
    """Return the words of which all layers, and several, are written in the same unusual way, with that way."""
    forms: dict[str, list[str]] = {}
    for step in steps:
        forms.setdefault(step.word, []).append(step.written)
    return {word: found[0] for word, found in forms.items() if found[0] and len(found) > 1 and len({*found}) == 1}


def _kinds_inside(module: Module) -> set[str]:
    found: set[str] = set()
    for part in module.parts:
        if isinstance(part, Module):
            found |= {part.kind, *_kinds_inside(part)}
    return found


def _row(entries: Sequence[Entry], places: Sequence[int]) -> dict[tuple[int, Key], Value]:
    return {
        (place, key): value for place, entry in zip(places, entries, strict=True) for key, value in entry.args.items()
    }


def _quoted(text: str) -> str:
    """Return a text as YAML writes it, in quotes where it would be read as something else."""
    plain = re.fullmatch(r"[A-Za-z][\w ./:,=()-]*[\w)]", text) and ": " not in text
    return text if plain else json.dumps(text, ensure_ascii=False)


def _singular(module: Module) -> str:
    """Return what one module of a kind is called that has no class: a numbered one in `layer1` is a unit."""
    name = module.name.removesuffix("s")
    deeper = module.kind.count("#") - (name != module.name)
    return "unit" if deeper > 0 and name != "block" else name


def _snake(name: str) -> str:
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().strip("_")
    return re.sub(r"(\d)_?d(?=_|$)", r"\1d", parts)


def _sides(rank: int, place: int) -> str:
    names = {1: "C", 2: "C L", 3: "C H W", 4: "C D H W"}.get(rank, " ".join(["C", *(f"S{n}" for n in range(1, rank))]))
    return f"[{', '.join(f'{name}{place + 1}' if place else name for name in names.split())}]"


def _declared(one: Parameter) -> str:
    given = []
    if one.default is not None:
        given.append(f"default: {flow(shown(one.default))}")
    if one.words:
        given.append(f"choices: [{', '.join(one.words)}]")
    if one.pair:
        given.append("pair: true")
    if given and (one.words or one.pair):
        return f"{one.name}: {{{', '.join(given)}}}"
    return f"{one.name}: {'' if one.default is None else flow(shown(one.default))}"
