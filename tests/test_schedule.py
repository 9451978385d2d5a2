"""The order that needs least memory, against every order of small graphs."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.schedule import Order, Task, least_peak

few = settings(deadline=None, max_examples=300)


def orders(tasks: list[Task], given: frozenset[int]) -> Iterator[tuple[int, ...]]:
    """Yield every order in which the tasks can run, by trying all of them at each place."""

    def go_on(done: tuple[int, ...], there: frozenset[int]) -> Iterator[tuple[int, ...]]:
        if len(done) == len(tasks):
            yield done
        for number, task in enumerate(tasks):
            if number not in done and set(task.reads) <= there:
                yield from go_on((*done, number), there | {task.writes})

    return go_on((), given)


def peak_of(order: tuple[int, ...], tasks: list[Task], sizes: list[int], inputs: list[int], kept: list[int]) -> int:
    """Run an order, keeping at each moment what was made and will be read, or stays."""
    made = set(inputs)
    peak = sum(sizes[memory] for memory in made)
    for place, number in enumerate(order):
        made.add(tasks[number].writes)
        peak = max(peak, sum(sizes[memory] for memory in made))
        wanted = {memory for later in order[place + 1 :] for memory in tasks[later].reads} | set(kept)
        made &= wanted
    return peak


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Task], list[int], list[int], list[int]]:
    """Draw up to eight tasks over one or two inputs; they read what was written lately, so that there are cuts."""
    inputs = list(range(draw(st.integers(1, 2))))
    count = draw(st.integers(1, 8))
    tasks: list[Task] = []
    for number in range(count):
        there = len(inputs) + number
        near = st.integers(max(0, there - draw(st.integers(1, 4))), there - 1)
        reads = draw(st.sets(near, min_size=1, max_size=3))
        tasks.append(Task(tuple(sorted(reads)), there))
    sizes = draw(st.lists(st.integers(1, 30), min_size=len(inputs) + count, max_size=len(inputs) + count))
    read = {memory for task in tasks for memory in task.reads}
    unread_inputs = [memory for memory in inputs if memory not in read]
    kept = draw(st.sets(st.integers(0, len(sizes) - 1), max_size=2)) | {len(sizes) - 1} | set(unread_inputs)
    return tasks, sizes, inputs, sorted(kept)


@few
@given(graph=graphs())
def test_no_order_needs_less(graph: tuple[list[Task], list[int], list[int], list[int]]) -> None:
    tasks, sizes, inputs, kept = graph
    peaks = {order: peak_of(order, tasks, sizes, inputs, kept) for order in orders(tasks, frozenset(inputs))}
    found = least_peak(tasks, sizes, inputs, kept)
    assert found.proved
    assert found.peak == min(peaks.values())
    assert peaks[found.tasks] == found.peak


@few
@given(graph=graphs(), most=st.integers(0, 120))
def test_a_search_that_is_cut_short_never_calls_proved_what_is_not_the_least(
    graph: tuple[list[Task], list[int], list[int], list[int]], most: int
) -> None:
    tasks, sizes, inputs, kept = graph
    found = least_peak(tasks, sizes, inputs, kept, most=most)
    best = min(peak_of(order, tasks, sizes, inputs, kept) for order in orders(tasks, frozenset(inputs)))
    listed = peak_of(tuple(range(len(tasks))), tasks, sizes, inputs, kept)
    assert best <= found.peak <= listed
    assert peak_of(found.tasks, tasks, sizes, inputs, kept) == found.peak
    assert not found.proved or found.peak == best


def test_two_wide_paths_run_one_after_the_other() -> None:
    # 1 → 9 → 1 twice: listed side by side, 1 + 9 + 9 are alive together; one after the other, 1 + 1 + 9 and 9 + 1 + 1
    tasks = [Task((0,), 1), Task((0,), 2), Task((1,), 3), Task((2,), 4), Task((3, 4), 5)]
    found = least_peak(tasks, [1, 9, 9, 1, 1, 1], [0], [5])
    assert (found.peak, found.proved) == (11, True)


def test_a_chain_of_blocks_is_searched_block_by_block() -> None:
    # a hundred times the two paths above: the sets of layers that may have run are few for each, and 2^100 together
    tasks, sizes = [], [1]
    for _ in range(100):
        source = len(sizes) - 1
        begin = len(sizes)
        tasks += [Task((source,), begin), Task((source,), begin + 1), Task((begin,), begin + 2)]
        tasks += [Task((begin + 1,), begin + 3), Task((begin + 2, begin + 3), begin + 4)]
        sizes += [9, 9, 1, 1, 1]
    found = least_peak(tasks, sizes, [0], [len(sizes) - 1])
    assert (found.peak, found.proved) == (11, True)


def test_a_wide_graph_is_bounded_and_says_so() -> None:
    # forty paths of odd sizes between one split and one merge: more sets than are looked at
    tasks, sizes = [], [1]
    for path in range(40):
        tasks += [Task((0,), len(sizes)), Task((len(sizes),), len(sizes) + 1)]
        sizes += [50 + 37 * path % 41, 3 + 17 * path % 29]
    ends = tuple(range(2, len(sizes), 2))
    tasks.append(Task(ends, len(sizes)))
    sizes.append(1)
    found = least_peak(tasks, sizes, [0], [len(sizes) - 1], most=50_000)
    assert isinstance(found, Order)
    listed = peak_of(tuple(range(len(tasks))), tasks, sizes, [0], [len(sizes) - 1])
    assert found.peak <= listed
