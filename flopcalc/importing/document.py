"""A trace as a spec: its text in the language, read by the language's own reader."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Problem
from flopcalc.expression import LONGEST_NAME
from flopcalc.importing.trace import RESERVED, Attribute, Step, Trace, word_of
from flopcalc.spec.model import Spec
from flopcalc.spec.parse import parse_spec
from flopcalc.spec.syntax import compose
from flopcalc.spec.words import SPEC_KEYS

__all__ = ["read_text", "spec_of", "text_of"]

_PLAIN = re.compile(r"[A-Za-z_][\w.]*|-?\d+")


@dataclass
class _Group:
    """Entries that stand side by side, of one module."""

    name: str
    items: list[_Group | Step] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)


_Chain: TypeAlias = "tuple[str, ...]"


def spec_of(trace: Trace, shown: str, reread: Callable[[Mapping[str, object]], Spec | None] | None = None) -> Spec:
    """Return the spec of a trace; `shown` is what it is called in messages, `reread` reads its model at another size.

    Raises
    ------
    SpecError
        Where its layers do not fit the language.
    """
    notes = (*trace.notes, *filter(None, [trace.assumed]))
    return replace(read_text(text_of(trace), shown), notes=notes, reread=reread)


def read_text(text: str, shown: str) -> Spec:
    """Return the spec of a text that uses no blocks but its own.

    Raises
    ------
    SpecError
        With all its faults.
    """
    problems: list[Problem] = []
    node = compose(text, shown, problems, known=SPEC_KEYS)
    return parse_spec(node, shown=shown, path=None, text=text, find_block=lambda name: None, problems=problems)


def text_of(trace: Trace) -> str:
    """Return a trace in the language, layer by layer, grouped by its modules.

    Examples
    --------
    >>> conv = Step("conv", {"out": 8, "kernel": 3}, ("x",), ("t1",), ((8, 32, 32),), ("stem", "conv"))
    >>> relu = Step("relu", {}, ("t1",), ("t2",), ((8, 32, 32),), ("stem", "act"))
    >>> print(text_of(Trace("tiny", "", "", {"x": (3, 32, 32)}, (conv, relu), ("t2",))))
    name: tiny
    input: [3, 32, 32]
    layers:
      - layers:
          - conv: {out: 8, kernel: 3}
            name: conv
          - relu: {}
            name: act
        name: stem
    <BLANKLINE>
    """
    return "".join(f"{line}\n" for line in _Writer(trace).lines())


class _Writer:
    """Writes the lines of a trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.root = _Group("")
        self.chains: dict[str, _Chain] = {}
        """For every tensor, the named groups in which it is written."""
        self.names: dict[str, str] = {}
        """For the first tensor of a step, its entry's name."""
        self.labels: dict[str, str] = {}
        self.labelled = self._labelled()
        self.shared = {step.shares for step in trace.steps if step.shares}
        self.renamed: dict[tuple[_Chain, str], str] = {}
        """New names for groups that another of their name would hide from what reads them."""
        self._settle()
        first = next(iter(trace.inputs))
        self.labels.update({label: "input" if label == first else word_of(label) for label in trace.inputs})
        self.chains.update(dict.fromkeys(trace.inputs, ()))

    def _labelled(self) -> dict[str, None]:
        """Return the tensors that are read other than as the running tensor."""
        found: dict[str, None] = {}
        running = next(iter(self.trace.inputs))
        for step in self.trace.steps:
            if step.sources and step.sources != (running,):
                found.update(dict.fromkeys(step.sources))
            if isinstance(like := step.attributes.get("like"), str):
                found[like] = None
            running = step.results[0]
        found.update(dict.fromkeys(output for output in self.trace.outputs if output != running))
        return found

    def _settle(self) -> None:
        """Name the groups so that every tensor can be said where it is read."""
        hidden: set[tuple[_Chain, str]] | None = None
        while hidden is None or hidden:
            self.root = _Group("")
            self.every: set[str] = set()
            self._grow(self.root, _joined(self.trace.steps, 0), 0, ())
            hidden = self._hidden()
            for chain, name in sorted(hidden):
                count = 2
                while f"{name}_{count}" in self.every:
                    count += 1
                self.renamed[chain, name] = f"{name}_{count}"
                self.every.add(f"{name}_{count}")

    def _hidden(self) -> set[tuple[_Chain, str]]:
        """Return the groups that are read from inside one in which something else has their name."""
        taken: dict[_Chain, set[str]] = {}

        def gather(group: _Group, chain: _Chain) -> None:
            taken[chain] = group.taken
            for item in group.items:
                if isinstance(item, _Group):
                    gather(item, (*chain, item.name))

        gather(self.root, ())
        found: set[tuple[_Chain, str]] = set()
        for step in self.trace.steps:
            chain = self.chains[step.results[0]]
            for source in (*step.sources, *((step.shares,) if step.shares else ())):
                own = self.chains.get(source, ())
                common = _common(own, chain)
                between = [chain[: depth + 1] for depth in range(common, len(chain))]
                first = own[common] if len(own) > common else self.names.get(source, "")
                if (len(own) > common or source == step.shares) and any(first in taken[each] for each in between):
                    found.add((own[:common], first))
        return found

    def _grow(self, group: _Group, steps: Sequence[Step], depth: int, chain: _Chain) -> None:
        """Put steps into a group, those of one module below it into a group of its own."""
        words = {step.word for step in steps if len(step.path) <= depth}
        group.taken |= words
        runs = [*_runs(steps, depth)]
        for name, run in runs:
            single = len(run) == 1 and len(run[0].path) == depth + 1
            if name is None or single:
                step = run[0]
                if name is not None or step.results[0] in self.shared:
                    free = self._free(group, step.word if name is None else name)
                    self.names[step.results[0]] = self._renamed(group, chain, free)
                self.chains.update(dict.fromkeys(step.results, chain))
                group.items.append(step)
                continue
            inner = _Group(self._renamed(group, chain, self._free(group, name)))
            group.items.append(inner)
            self._grow(inner, run, depth + 1, (*chain, inner.name))

    def _renamed(self, group: _Group, chain: _Chain, name: str) -> str:
        while (chain, name) in self.renamed:
            name = self.renamed[chain, name]
            group.taken.add(name)
        return name

    def _free(self, group: _Group, name: str) -> str:
        """Return a name that nothing has yet that stands beside it."""
        base = word_of(name)[: LONGEST_NAME - 5]
        found, count = base, 1
        while found in group.taken:
            count += 1
            found = f"{base}_{count}"
        group.taken.add(found)
        self.every.add(found)
        return found

    def _label(self, tensor: str) -> str:
        if tensor not in self.labels:
            self.labels[tensor] = f"x{len(self.labels) + 1}"
        return self.labels[tensor]

    def _seen(self, tensor: str, chain: _Chain) -> str:
        """Return how a tensor is called in a list."""
        own = self.chains[tensor]
        common = _common(own, chain)
        return ".".join((*own[common:], self._label(tensor)))

    def lines(self) -> Iterator[str]:
        """Yield the lines of the whole spec."""
        trace = self.trace
        yield f"name: {word_of(trace.name) or 'model'}"
        for key in ("title", "source"):
            if text := getattr(trace, key):
                yield f"{key}: {json.dumps(text, ensure_ascii=False)}"
        if len(trace.inputs) == 1:
            yield f"input: {_flow(_declared(trace, next(iter(trace.inputs))))}"
        else:
            yield "inputs:"
            for label in trace.inputs:
                yield f"  {word_of(label)}: {_flow(_declared(trace, label))}"
        last = trace.steps[-1].results[0] if trace.steps else ""
        body = [*self._entries(self.root, (), [next(iter(trace.inputs))])]
        others = [output for output in trace.outputs if output != last]
        if others:
            yield f"outputs: [{', '.join(self._seen(output, ()) for output in others)}]"
        yield "layers:"
        yield from (f"  {line}" for line in body)

    def _entries(self, group: _Group, chain: _Chain, running: list[str]) -> Iterator[str]:
        """Yield the entries of a group; `running` holds the running tensor, and is moved on."""
        for item in group.items:
            if isinstance(item, _Group):
                yield "- layers:"
                yield from (f"    {line}" for line in self._entries(item, (*chain, item.name), running))
                yield f"  name: {item.name}"
            else:
                yield from self._entry(item, chain, running)

    def _entry(self, step: Step, chain: _Chain, running: list[str]) -> Iterator[str]:
        modifiers: list[str] = []
        if step.results[0] in self.names:
            modifiers.append(f"name: {self.names[step.results[0]]}")
        if step.sources and list(step.sources) != running:
            seen = [self._seen(source, chain) for source in step.sources]
            modifiers.append(f"from: {seen[0]}" if len(seen) == 1 else f"from: [{', '.join(seen)}]")
        if len(step.results) > 1:
            modifiers.append(f"as: [{', '.join(self._label(result) for result in step.results)}]")
        elif step.results[0] in self.labelled:
            modifiers.append(f"as: {self._label(step.results[0])}")
        if step.written:
            modifiers.append(f"written: {step.written}")
        if step.shares:
            modifiers.append(f"shares: {self._named(step.shares, chain)}")
        attributes = ", ".join(
            f"{name}: {self._seen(value, chain) if name == 'like' and isinstance(value, str) else _flow(value)}"
            for name, value in step.attributes.items()
        )
        if attributes or modifiers:
            yield f"- {step.word}: {{{attributes}}}"
        else:
            yield f"- {step.word}"
        yield from (f"  {modifier}" for modifier in modifiers)
        running[:] = [step.results[0]]

    def _named(self, tensor: str, chain: _Chain) -> str:
        """Return the name of the entry that writes a tensor, as it is reached from a list."""
        own = self.chains[tensor]
        return ".".join((*own[_common(own, chain) :], self.names[tensor]))


def _declared(trace: Trace, label: str) -> Sequence[int | str]:
    """Return an input's shape as the spec has it: names where the model leaves its sides open."""
    return trace.open_inputs.get(label, trace.inputs[label])


def _joined(steps: Sequence[Step], depth: int) -> list[Step]:
    """Return steps whose modules' containers stand in one place: a list that others use item by item goes.

    ``blocks.0`` and ``blocks.1``, with an addition between them that stands in neither, are ``blocks_0`` and
    ``blocks_1``.
    """
    runs = [*_runs(steps, depth)]
    times = Counter(name for name, _ in runs if name is not None)
    found: list[Step] = []
    for name, run in runs:
        inner = {step.path[depth + 1] for step in run if len(step.path) > depth + 1}
        if name is not None and times[name] > 1 and len(inner) == 1 and all(len(s.path) > depth + 1 for s in run):
            run = [_without_container(step, depth) for step in run]
        found += run if name is None else _joined(run, depth + 1)
    return found


def _without_container(step: Step, depth: int) -> Step:
    path, classes = step.path, step.classes
    name = f"{path[depth]}_{path[depth + 1]}"
    return replace(
        step,
        path=(*path[:depth], name, *path[depth + 2 :]),
        classes=(*classes[:depth], *classes[depth + 1 :]),
    )


def _runs(steps: Sequence[Step], depth: int) -> Iterator[tuple[str | None, list[Step]]]:
    """Yield steps that follow each other in one module below `depth`, with its name; a step of no such one alone."""
    run: list[Step] = []
    name: str | None = None
    for step in steps:
        here = step.path[depth] if len(step.path) > depth else None
        if run and (here is None or here != name):
            yield name, run
            run = []
        run.append(step)
        name = here
        if here is None:
            yield None, run
            run = []
    if run:
        yield name, run


def _common(own: _Chain, chain: _Chain) -> int:
    """Return how many groups two places share."""
    count = 0
    while count < min(len(own), len(chain)) and own[count] == chain[count]:
        count += 1
    return count


def _flow(value: Attribute | Sequence[int | str]) -> str:
    """Return an attribute as YAML writes it inside braces."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_flow(item) for item in value)}]"
    text = str(value)
    return text if _PLAIN.fullmatch(text) and not RESERVED.fullmatch(text) else json.dumps(text, ensure_ascii=False)
