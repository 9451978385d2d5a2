"""Entries that come again, one behind the other: repeats, and rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from flopcalc.dataclass import dataclass
from flopcalc.importing.folding.entries import REPEAT, Body, Entry, First, Key, Value, group, slots_of
from flopcalc.importing.folding.layout import layouts, reads_as

__all__ = ["Table", "repeated", "tabled", "unwrapped", "wrapped"]

_LONGEST = 24
"""How many entries may come again together."""

_TURNING = ("stride", "dilation")
"""Arguments of which the first turn of a repeat may have another value."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the same entries."""

    rows: tuple[tuple[Entry, ...], ...]

    @property
    def enter(self) -> str:
        """The tensor that runs into the first row."""
        return self.rows[0][0].reads[0]

    @property
    def writes(self) -> tuple[str, ...]:
        """What its last row hands on."""
        return self.rows[-1][-1].writes


class _Runs:
    """A list of entries, and who reads them."""

    def __init__(self, entries: Sequence[Entry], leaves: Callable[[str, int], bool], barred: Collection[int]) -> None:
        self.entries = entries
        self.leaves = leaves
        self.barred = frozenset(barred)

    def segment(self, first: int, length: int) -> Body | None:
        """Return a run of entries as a body, if one tensor enters it and what its last entry writes alone leaves it."""
        run = self.entries[first : first + length]
        if (
            len(run) < length
            or not run[0].reads
            or any(self.barred and not self.barred.isdisjoint(range(each.first, each.stop)) for each in run)
        ):
            return None
        enter = run[0].reads[:1]
        written = {*enter}
        for entry in run:
            if not written.issuperset(entry.reads):
                return None
            written.update(entry.writes)
        stop = run[-1].stop
        if len(run[-1].writes) != 1 or any(self.leaves(tensor, stop) for entry in run[:-1] for tensor in entry.writes):
            return None
        return slots_of(run, enter)

    def follows(self, first: int, length: int) -> bool:
        """Tell whether a run reads what the entry before it writes, and is its only reader."""
        before, run = self.entries[first - 1], self.entries[first : first + length]
        return (
            bool(run)
            and len(before.writes) == 1
            and run[0].reads[:1] == before.writes
            and not self.leaves(before.writes[0], run[-1].stop)
        )


def _alike(one: Body, two: Body) -> bool:
    return [(slot.head, slot.keys, slot.reads) for slot in one] == [(slot.head, slot.keys, slot.reads) for slot in two]


def _written(body: Body) -> bool:
    """Tell whether a body can be written without a name for what enters it."""
    always = [frozenset({0})] * len(body)
    wanted = {**{number: slot.reads for number, slot in enumerate(body)}, -1: ((len(body) - 1, 0),)}
    return any(reads_as(nodes, body, always, 0, inputs=1, named=False) == wanted for nodes in layouts(body, always))


def repeated(
    entries: Sequence[Entry], leaves: Callable[[str, int], bool], barred: Collection[int] = (), *, calls: bool = False
) -> list[Entry]:
    """Return entries of which those that come again, one behind the other, are one.

    Parameters
    ----------
    entries : sequence of Entry
    leaves : callable
        Tells whether a tensor is read at or behind a position of the trace.
    barred : set of int
        Positions of steps that stand alone.
    calls : bool
        Whether only calls of blocks are looked at, one at a time.
    """
    found = [*entries]
    for length in range(1, 2 if calls else _LONGEST + 1):
        if 2 * length <= len(found):
            found = _once(found, length, leaves, barred, calls)
    return found


def _once(
    entries: list[Entry], length: int, leaves: Callable[[str, int], bool], barred: Collection[int], calls: bool
) -> list[Entry]:
    runs = _Runs(entries, leaves, barred)
    found: list[Entry] = []
    number = 0
    while number < len(entries):
        looked_at = not calls or entries[number].head[0] == "block"
        turns, merged = _turns(runs, number, length) if looked_at else (1, None)
        if merged is None:
            found.append(entries[number])
            number += 1
        else:
            found.append(merged)
            number += turns * length
    return found


def _turns(runs: _Runs, first: int, length: int) -> tuple[int, Entry | None]:
    """Return how often a run of entries comes again, and all of them as one entry."""
    entries = runs.entries
    if first + 2 * length > len(entries):
        return 1, None
    if [each.head for each in entries[first : first + length]] != [
        each.head for each in entries[first + length : first + 2 * length]
    ]:
        return 1, None
    body = runs.segment(first, length)
    if body is None:
        return 1, None
    turns = 1
    while runs.follows(first + turns * length, length):
        start = first + turns * length
        other = runs.segment(start, length)
        compared = first + length if turns > 1 else start
        if (
            other is None
            or not _alike(body, other)
            or _arguments(entries, start, length) != _arguments(entries, compared, length)
        ):
            break
        turns += 1
    if turns < 2:
        return 1, None
    different = [
        (number, key)
        for number in range(length)
        for key, value in entries[first + number].args.items()
        if not _equal(value, entries[first + length + number].args[key])
    ]
    if different and (turns < 2 or not all(_may_turn(entries, first, length, *each) for each in different)):
        return 1, None
    if length == 1:
        only = entries[first]
        if (only.head[0] == "group" and different) or REPEAT not in only.args or only.args[REPEAT] != 1:
            return 1, None
        args = {**only.args, REPEAT: turns}
        for _, key in different:
            args[key] = First(only.args[key], entries[first + 1].args[key])
        last = entries[first + turns - 1]
        return turns, Entry(only.head, args, only.reads, last.writes, only.first, last.stop, last.hint, only.body)
    if not _written(body):
        return 1, None
    made = group(entries[first : first + length], turns, entries[first + turns * length - 1])
    args = dict(made.args)
    for number, key in different:
        place: Key = (number, *key)
        args[place] = First(entries[first + number].args[key], entries[first + length + number].args[key])
    return turns, Entry(made.head, args, made.reads, made.writes, made.first, made.stop, made.hint, made.body)


def _arguments(entries: Sequence[Entry], first: int, length: int) -> list[object]:
    return [
        {key: (type(value), value) for key, value in entry.args.items()} for entry in entries[first : first + length]
    ]


def _equal(one: Value, two: Value) -> bool:
    return type(one) is type(two) and one == two


def _may_turn(entries: Sequence[Entry], first: int, length: int, number: int, key: Key) -> bool:
    """Tell whether an argument may have another value in the first turn."""
    one, other = (entries[first + number + turn * length] for turn in range(2))
    name = str(key[-1]).rstrip("0123456789")
    plain = len(key) == 1 and other.args.get(REPEAT, 1) == 1 and one.args.get(REPEAT, 1) == 1
    values = (one.args[key], other.args[key])
    return (
        plain
        and not any(isinstance(value, First) for value in values)
        and (name in _TURNING or all(type(value) is bool for value in values))
    )


def wrapped(entries: Sequence[Entry], leaves: Callable[[str, int], bool], barred: Collection[int]) -> list[Entry]:
    """Return entries, those of a group that is repeated elsewhere as a group of one turn."""
    kinds = list(dict.fromkeys((entry.head, entry.body) for entry in entries if entry.head[0] == "group"))
    found = [*entries]
    for _, body in kinds:
        length = len(body)
        runs = _Runs(found, leaves, barred)
        kept: list[Entry] = []
        number = 0
        while number < len(found):
            heads = tuple([each.head for each in found[number : number + length]])
            other = runs.segment(number, length) if heads == tuple([slot.head for slot in body]) else None
            if other is not None and _alike(other, body):
                kept.append(group(found[number : number + length], 1, found[number + length - 1]))
                number += length
            else:
                kept.append(found[number])
                number += 1
        found = kept
    return found


def unwrapped(items: Sequence[Entry | Table], originals: Sequence[Entry]) -> list[Entry | Table]:
    """Return items, groups of one turn as what is in them; `originals` are the entries before any was wrapped."""
    starts = {entry.first: number for number, entry in enumerate(originals)}
    found: list[Entry | Table] = []
    for item in items:
        if isinstance(item, Entry) and item.head[0] == "group" and item.args[REPEAT] == 1:
            number = starts[item.first]
            while number < len(originals) and originals[number].first < item.stop:
                found.append(originals[number])
                number += 1
        else:
            found.append(item)
    return found


def tabled(
    entries: Sequence[Entry], leaves: Callable[[str, int], bool], barred: Collection[int], worth: Callable[[Table], int]
) -> list[Entry | Table]:
    """Return entries, runs of the same ones with other arguments as tables, where they are worth it."""
    runs = _Runs(entries, leaves, barred)
    found: list[Entry | Table] = []
    number = 0
    while number < len(entries):
        best: tuple[int, Table | None] = (1, None)
        for length in range(1, min(_LONGEST, (len(entries) - number) // 2) + 1):
            table = _table(runs, number, length)
            if table is not None and length * len(table.rows) > best[0] and worth(table) > 0:
                best = (length * len(table.rows), table)
        found.append(best[1] if best[1] is not None else entries[number])
        number += best[0]
    return found


def _table(runs: _Runs, first: int, length: int) -> Table | None:
    entries = runs.entries
    heads = [each.head for each in entries[first : first + length]]
    if heads != [each.head for each in entries[first + length : first + 2 * length]]:
        return None
    body = runs.segment(first, length)
    if body is None:
        return None
    rows = [tuple(entries[first : first + length])]
    while runs.follows(first + len(rows) * length, length):
        start = first + len(rows) * length
        other = runs.segment(start, length)
        if other is None or not _alike(body, other):
            break
        rows.append(tuple(entries[start : start + length]))
    return Table(tuple(rows)) if len(rows) > 1 and _written(body) else None
