"""YAML nodes become a checked Spec; every fault of the file is found before any is reported."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from flopcalc.errors import Problem, shorten, suggest
from flopcalc.expression import RUNNING
from flopcalc.spec.blocks import Blocks, FindBlock, Locals
from flopcalc.spec.declarations import (
    WORD,
    WORD_SAID,
    bind_inputs,
    definition_nodes,
    input_nodes,
    parameter_nodes,
    read_definition,
    read_input,
    read_outputs,
    read_parameter,
    read_variants,
    read_written,
    refuse_cycles,
)
from flopcalc.spec.document import Document
from flopcalc.spec.entries import Lists, collect_names, read_listing
from flopcalc.spec.model import BlockEntry, Definition, Input, Listing, Modifiers, Parameter, Spec
from flopcalc.spec.modifiers import Where
from flopcalc.spec.names import VALUE, Names
from flopcalc.spec.reading import Reading
from flopcalc.spec.syntax import MOST_PROBLEMS, Mapping, Node, Sequence
from flopcalc.spec.words import SPEC_KEYS

__all__ = ["parse_spec"]


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
    file = Document(node, problems, path or Path(), most=MOST_PROBLEMS)
    file.faulty.update(problem.place for problem in problems if problem.place is not None)
    spec = _Specs(file, shown, path, text, find_block).read(node, Path(shown).stem, Names(), None, shown, enclosing="")
    file.finish()
    return spec


class _Specs:
    """Reads the spec of a file, and those of its local blocks."""

    def __init__(self, file: Document, shown: str, path: Path | None, text: str, find_block: FindBlock) -> None:
        self.file = file
        self.path = path
        self.text = text
        self.reading = Reading(file, shown)
        self.blocks = Blocks(file, find_block, self.read)
        self.lists = Lists(self.reading, self.blocks)

    def read(self, node: Node, name: str, outer: Names, locals_: Locals | None, key: str, *, enclosing: str) -> Spec:
        """Read a mapping as a spec; `enclosing` is the key of the one in which it is a local block."""
        if not isinstance(node, Mapping):
            self.file.fail(f"the block {name} is {node.what}", node.place, "a mapping with `layers`")
            return Spec(name, node.place, key)
        reading = self.reading
        reading.check_keys(node, SPEC_KEYS, "a spec" if not enclosing else "a block")
        name = self.name(node.get("name"), name)
        here: dict[str, int] = {}
        names = Names(outer.kinds.new_child(here), True, False)
        parameters, defined, inputs = self.declared(node, names, here)
        variants = read_variants(reading, node.get("variants"), parameters)
        written = read_written(reading, node.get("written"), names)
        local = self.blocks.locals(node.get("blocks"), names, key, locals_)
        labels = dict.fromkeys(["input", *(entry.label for entry in inputs)])
        where = Where(replace(names, in_layers=True), ChainMap(labels), set(), {})
        layers = self.layers(node, where, local)
        outputs = read_outputs(reading, node.get("outputs"), {*where.labels, *where.block_names})
        for block, (place, _) in list(local.nodes.items()):
            self.blocks.local_block(block, local, place)
        return Spec(
            name=name,
            place=node.place,
            key=key,
            title=reading.word(node.get("title"), "title"),
            source=reading.word(node.get("source"), "source"),
            parameters=parameters,
            definitions=defined,
            inputs=inputs,
            outputs=outputs,
            variants=variants,
            blocks={block: spec for block, spec in local.done.items() if spec is not None},
            written=written,
            layers=layers,
            enclosing=enclosing,
            path=self.path,
            text=self.text if not enclosing else "",
            running=tuple(word for word in RUNNING if word not in names.kinds),
            hiding=dict(reading.hiding),
        )

    def name(self, node: Node | None, default: str) -> str:
        """Return the name that a spec gives itself."""
        if node is None:
            return default
        given = self.reading.word(node, "name")
        if WORD.fullmatch(given) and len(given) <= 64:
            return given
        self.file.fail(f"`{shorten(given)}` cannot be a name", node.place, WORD_SAID)
        return default

    def declared(
        self, node: Mapping, names: Names, here: dict[str, int]
    ) -> tuple[dict[str, Parameter], dict[str, Definition], tuple[Input, ...]]:
        """Return parameters, definitions and inputs; every name of theirs is put into `here` before any is read."""
        reading = self.reading
        parameter_values = parameter_nodes(reading, node.get("parameters"))
        given = input_nodes(reading, node)
        definitions = definition_nodes(reading, node.get("define"))
        own = dict.fromkeys((parameter.text for parameter in parameter_values), VALUE)
        here.update(own)
        for name, (formal, scalar, _) in definitions.items():
            if name in own:
                self.file.fail(f"`{name}` is a parameter and defined as well", scalar.place, "two different names")
            here[name] = VALUE if formal is None else len(formal)
        bound = bind_inputs(reading, given, set(here), here)
        parameters = {key.text: read_parameter(reading, key, value, names) for key, value in parameter_values.items()}
        defined = {
            name: read_definition(reading, name, formal, scalar, value, names)
            for name, (formal, scalar, value) in definitions.items()
        }
        refuse_cycles(reading, parameters, defined)
        inputs = tuple(read_input(reading, label, place, items, names) for label, place, items in bound)
        return parameters, defined, inputs

    def layers(self, node: Mapping, where: Where, local: Locals) -> Listing:
        """Return the layers of a spec, of which there must be some."""
        found = node.get("layers")
        if found is None or found.null:
            unknown = [key.text for key, _ in node.entries if key.text not in SPEC_KEYS]
            if not any("`layers`" in suggest(key, SPEC_KEYS) for key in unknown):
                place = node.place if found is None else found.place
                self.file.fail("there are no layers", place, "`layers:` and a list of entries")
            return Listing(())
        collect_names(found, where.block_names)
        layers = _thinned(read_listing(self.lists, found, where, local))
        if not layers.entries and isinstance(found, Sequence) and not found.items:
            self.file.fail("there are no layers", found.place, "at least one entry")
        return layers


def _thinned(layers: Listing) -> Listing:
    """Return a spec's layers; of a spec that is nothing but one block, without the block's part of the path."""
    if len(layers.entries) == 1:
        (entry,) = layers.entries
        if isinstance(entry, BlockEntry) and entry.modifiers == Modifiers(when=entry.modifiers.when):
            return replace(layers, entries=(replace(entry, part=""),))
    return layers
