"""The modules of a model as a tree over its steps, and which of them may become a block: one way in and one way out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.importing.folding.entries import reads_of
from flopcalc.importing.trace import Step, Trace

__all__ = ["Flows", "Module", "Part", "chosen", "modules_of", "units_of"]

_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
"""Classes of PyTorch that say nothing of what they hold."""


@dataclass(frozen=True, slots=True)
class Module:
    """Steps that follow each other and belong together.

    Attributes
    ----------
    kind : str
        Its class; where that is not known, its path without the numbers. Modules of one kind may be one block.
    name : str
        What a block of them may be called.
    first, stop : int
        The positions of its steps in the trace.
    parts : tuple of int or Module
        What it holds, in order: steps, by their positions, and modules.
    hint : str
        What its result may be called.
    """

    kind: str
    name: str
    first: int
    stop: int
    parts: tuple[Part, ...]
    hint: str = ""


Part: TypeAlias = "int | Module"


class Flows:
    """Where the tensors of a trace are written and read last."""

    def __init__(self, trace: Trace) -> None:
        self.steps = trace.steps
        self.writers: dict[str, int] = {}
        self.last: dict[str, int] = {}
        for position, step in enumerate(trace.steps):
            self.writers.update(dict.fromkeys(step.results, position))
            self.last.update(dict.fromkeys(reads_of(step), position))
        self.last.update(dict.fromkeys(trace.outputs, len(trace.steps)))
        owners = {step.shares for step in trace.steps if step.shares}
        self.pinned = {
            position
            for position, step in enumerate(trace.steps)
            if step.shares or any(result in owners for result in step.results)
        }
        """The steps that share learned parameters: they are reached by name, and stand in no block."""

    def entering(self, first: int, stop: int) -> tuple[str, ...]:
        """Return the tensors that a run of steps reads and does not write, in the order in which it does."""
        read = dict.fromkeys(source for step in self.steps[first:stop] for source in reads_of(step))
        return tuple([tensor for tensor in read if self.writers.get(tensor, -1) < first])

    def leaving(self, first: int, stop: int) -> list[str]:
        """Return the tensors of a run of steps that are read behind it or leave the network."""
        written = [result for step in self.steps[first:stop] for result in step.results]
        return [tensor for tensor in written if self.last.get(tensor, -1) >= stop]

    def may_be_block(self, module: Module) -> bool:
        """Tell whether a module reads something, and hands on what its last step writes, and nothing else."""
        first, stop = module.first, module.stop
        if stop - first < 2 or any(position in self.pinned for position in range(first, stop)):
            return False
        last = self.steps[stop - 1].results
        return bool(self.entering(first, stop)) and len(last) == 1 and self.leaving(first, stop) == [*last]


def modules_of(trace: Trace) -> Module:
    """Return the whole network as a module, with the modules in it.

    Examples
    --------
    >>> one = Step("relu", {}, ("x",), ("t1",), ((3,),), ("body", "act"))
    >>> other = Step("relu", {}, ("t1",), ("t2",), ((3,),))
    >>> modules_of(Trace("tiny", "", "", {"x": (3,)}, (one, other), ("t2",))).parts
    (0, 1)
    """
    return Module("", "", 0, len(trace.steps), tuple(_parts(trace.steps, range(len(trace.steps)), 0)))


def _parts(steps: Sequence[Step], run: range, depth: int) -> Iterator[Part]:
    position = run.start
    while position < run.stop:
        path = steps[position].path
        if len(path) <= depth:
            yield position
            position += 1
            continue
        stop = position + 1
        while stop < run.stop and steps[stop].path[depth : depth + 1] == path[depth : depth + 1]:
            stop += 1
        inner = tuple(_parts(steps, range(position, stop), depth + 1))
        kind, name = _called(steps[position], depth)
        if len(inner) == 1 and (isinstance(inner[0], int) or not kind):
            yield inner[0]
        else:
            if len(inner) == 1 and isinstance(inner[0], Module) and not inner[0].kind:
                inner = inner[0].parts
            hint = next((part for part in reversed(path[: depth + 1]) if not part.isdigit()), name)
            yield Module(kind, name, position, stop, inner, hint)
        position = stop


def _called(step: Step, depth: int) -> tuple[str, str]:
    """Return the kind of the module at a depth of a step's path, and a name for its block."""
    if len(step.classes) > depth:
        found = step.classes[depth]
        return ("" if found in _CONTAINERS else found), found
    stems = [re.sub(r"\d+[a-z]?(?=_|$)", "", name) for name in step.path[: depth + 1]]
    names = [stem.strip("_") for stem in stems if stem.strip("_")]
    own = depth + 1
    while own > 1 and step.path[own - 1].isdigit():
        own -= 1
    kind = ".".join((stems[own - 1], *("#" for _ in step.path[own : depth + 1])))
    return f"~{kind}", names[-1] if names else ""


def chosen(module: Module, flows: Flows, barred: Collection[str]) -> Module:
    """Return a module in which only those are left that may be blocks and of whose kind there are several."""
    fit: dict[tuple[int, int, str], bool] = {}
    count: dict[str, int] = {}
    for inner in _inside(module):
        good = bool(inner.kind) and inner.kind not in barred and flows.may_be_block(inner)
        fit[inner.first, inner.stop, inner.kind] = good
        count[inner.kind] = count.get(inner.kind, 0) + good

    def spliced(parts: Sequence[Part]) -> Iterator[Part]:
        for part in parts:
            if isinstance(part, int):
                yield part
                continue
            inner = tuple(spliced(part.parts))
            if fit[part.first, part.stop, part.kind] and count[part.kind] > 1 and len(inner) > 1:
                yield replace(part, parts=inner)
            else:
                yield from inner

    return replace(module, parts=tuple(spliced(module.parts)))


def _inside(module: Module) -> Iterator[Module]:
    for part in module.parts:
        if isinstance(part, Module):
            yield part
            yield from _inside(part)


def units_of(trace: Trace, flows: Flows) -> Module:
    """Return a network without names as a module: its units lie between places where one tensor alone is alive."""
    parts: list[Part] = []
    alive: set[str] = set()
    first = 0
    for position, step in enumerate(trace.steps):
        alive.update((*reads_of(step), *step.results))
        alive = {tensor for tensor in alive if flows.last.get(tensor, -1) > position}
        if len(alive) <= 1:
            if position > first:
                parts.append(Module("~unit", "unit", first, position + 1, tuple(range(first, position + 1))))
            else:
                parts.append(position)
            first = position + 1
    parts.extend(range(first, len(trace.steps)))
    return Module("", "", 0, len(trace.steps), tuple(_with_activations(parts, trace.steps)))


def _with_activations(parts: Sequence[Part], steps: Sequence[Step]) -> Iterator[Part]:
    """Yield parts; what a unit writes and one activation or norm reads, it is in the unit."""
    held: Module | None = None
    for part in parts:
        if held is not None and isinstance(part, int) and steps[part].word in ("relu", "relu6", "norm"):
            held = replace(held, stop=part + 1, parts=(*held.parts, part))
            continue
        if held is not None:
            yield held
        held = part if isinstance(part, Module) else None
        if held is None:
            yield part
    if held is not None:
        yield held
