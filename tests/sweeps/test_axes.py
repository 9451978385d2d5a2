"""The values of a sweep are read exactly, and ranges are never laid out."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcalc.errors import ParameterError
from flopcalc.sweeps import Axis, Column, Listed, Product, read_axis, read_grid
from flopcalc.sweeps.axes import read_value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.25:1:0.25", ["1/4", "1/2", "3/4", "1"]),
        ("96/224,128/224", ["3/7", "4/7"]),
        ("1:4", ["1", "2", "3", "4"]),
        ("4:1:-1", ["4", "3", "2", "1"]),
        ("0.1:0.35:0.1", ["1/10", "1/5", "3/10"]),
        ("0.5, 1:2 ,7/3", ["1/2", "1", "2", "7/3"]),
        ("1e2", ["100"]),
        ("true,false", ["True", "False"]),
        ("3x3,1x1", ["3x3", "1x1"]),
        ("ceil,exact", ["ceil", "exact"]),
    ],
)
def test_a_text_is_read_exactly(text: str, values: list[str]) -> None:
    axis = read_axis(text)
    assert [str(value) for value in axis] == values
    assert len(axis) == len(values)
    assert [str(value) for value in axis.column()] == values


EDGES = st.sampled_from([0, 31, 32, 53, 61, 62, 63, 64, 100]).flatmap(
    lambda bits: st.integers(-2, 2).map(lambda step: 2**bits + step)
)


@given(
    EDGES | EDGES.map(lambda value: -value) | st.fractions(-9, 9, max_denominator=7),
    EDGES | EDGES.map(lambda value: -value) | st.fractions(-9, 9, max_denominator=7),
    EDGES | EDGES.map(lambda value: -value) | st.fractions(-9, 9, max_denominator=7),
)
def test_a_range_at_the_edge_of_64_bits_is_exact(start: Fraction, stop: Fraction, step: Fraction) -> None:
    try:
        axis = read_axis(f"{start}:{stop}:{step}")
    except ParameterError:
        return  # no step, the wrong way, or too many values
    rows = range(max(0, len(axis) - 3), len(axis))
    assert list(axis.column(rows.start, rows.stop)) == [start + row * step for row in rows]


@pytest.mark.parametrize(
    "text",
    [
        "1:9223372036854775807:9223372036854775806",
        "0:10**18:10**18",
        "10**18:0:-10**18",
        "1:2:9223372036854775808",
        "-5:-5:10**30",
        "1:2:10**30/3",
        "-4611686018427387903:4611686018427387903:9223372036854775806",
        "-9223372036854775808:9223372036854775807:18446744073709551615",
    ],
)
def test_steps_beyond_64_bits_never_wrap_around(text: str) -> None:
    start, stop, step = (Fraction(read_value(end)) for end in text.split(":"))  # type: ignore[arg-type]
    expected, value = [], start
    while value <= stop if step > 0 else value >= stop:
        expected.append(value)
        value += step
    axis = read_axis(text)
    assert list(axis) == list(axis.column()) == expected
    (columns,) = [Product({"a": axis, "b": read_axis("1,2")}).columns(0, 2 * len(expected))]
    assert list(columns["a"]) == [value for value in expected for _ in range(2)]


@given(
    st.fractions(min_value=-50, max_value=50, max_denominator=60),
    st.fractions(min_value=Fraction(1, 60), max_value=5, max_denominator=60),
    st.integers(min_value=1, max_value=60),
)
def test_a_range_holds_its_steps_and_its_stop(start: Fraction, step: Fraction, count: int) -> None:
    stop = start + (count - 1) * step
    axis = read_axis(f"{start}:{stop}:{step}")
    expected = [start + index * step for index in range(count)]
    assert [Fraction(value) for value in axis] == expected  # type: ignore[arg-type]
    assert axis.column(0, None).numerators.tolist() == [int(value * axis.denominator) for value in expected]
    assert axis.bounds == (min(axis.column().numerators), max(axis.column().numerators))


def test_a_long_range_is_not_laid_out() -> None:
    started = time.process_time()
    axis = read_axis("0:1000:0.000001")
    assert len(axis) == 10**9 + 1
    assert axis[-1] == 1000
    assert axis.numerators(10**9 - 1).tolist() == [10**9 - 1, 10**9]
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "text",
    [
        *("", "1:2:0", "2:1", "1:2:-1", "1::2", "1:2:3:4", "alpha+1", "1:b", "sqrt(2)", "0:1:1e-16", "no", "1:true"),
        *("1/0", "a,1", "1:2,a"),
    ],
)
def test_a_wrong_axis_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        read_grid({"alpha": text})
    assert str(caught.value)
    assert caught.value.problems[0].expected


@given(st.lists(st.decimals(-100, 100, places=4), min_size=1, max_size=30))
def test_floats_of_an_array_mean_the_decimals_that_they_print(values: list[object]) -> None:
    floats = np.array([float(str(value)) for value in values])
    assert list(Column.of(floats)) == [Column.of([str(value)])[0] for value in values]


def test_floats_of_many_digits_are_exact_too() -> None:
    floats = np.array([0.1 + 0.2, 1e-300])
    assert [Fraction(value) for value in Column.of(floats)] == [  # type: ignore[arg-type]
        Fraction("0.30000000000000004"),
        Fraction(1, 10**300),
    ]


def test_a_product_runs_its_last_axis_fastest() -> None:
    grid = read_grid({"a": "1:3", "b": [10, 20]})
    assert isinstance(grid, Product)
    rows = [grid.row(index) for index in range(len(grid))]
    assert rows == [{"a": a, "b": b} for a in (1, 2, 3) for b in (10, 20)]
    columns = grid.columns(1, 5)
    assert [{name: column[index] for name, column in columns.items()} for index in range(4)] == rows[1:5]


def test_a_list_of_mappings_is_a_list_of_configurations() -> None:
    grid = read_grid([{"a": 1, "b": "x"}, {"b": "y", "a": 0.5}])
    assert isinstance(grid, Listed)
    assert [grid.row(index) for index in range(2)] == [{"a": 1, "b": "x"}, {"a": Fraction(1, 2), "b": "y"}]


@pytest.mark.parametrize(
    "grid",
    [{}, [], [{}], {"a": []}, [{"a": 1}, {"b": 1}], [{"a": 1}, 2], "a", 7, {"a": "1:100000000", "b": "1:100000000"}],
)
def test_a_wrong_grid_is_refused(grid: object) -> None:
    with pytest.raises(ParameterError):
        read_grid(grid)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ParameterError, match="differ in length"):
        read_grid(Listed({"a": Column.of([1, 2]), "b": Column.of([1])}))


def test_an_axis_travels_to_another_process_unlaid() -> None:
    import pickle

    axis = read_axis("0:1:1e-9")
    _ = axis.column(0, 10)
    assert len(pickle.dumps(axis)) < 1000
    assert pickle.loads(pickle.dumps(axis)) == axis
    assert Axis.of([1, 2]).column().numerators.tolist() == [1, 2]


def test_short_floats_of_an_array_mean_the_decimals_that_they_print() -> None:
    values = np.array([0.7, 0.25], np.float32)
    assert list(Column.of(values)) == list(Axis.of(values)) == [Fraction(7, 10), Fraction(1, 4)]


def test_truths_of_an_array_are_truths() -> None:
    values = np.array([True, False])
    assert list(Column.of(values)) == list(Axis.of(values)) == [True, False]
    assert Axis.of(values).words == (True, False)


@pytest.mark.parametrize("values", ["0.5,true", [0.5, True], ["paper", 1]])
def test_numbers_and_words_in_one_axis_are_refused_by_its_name(values: object) -> None:
    with pytest.raises(ParameterError, match="alpha"):
        read_grid({"alpha": values})


@pytest.mark.parametrize("grid", [{"alpha": b"ab"}, [{1: 0.5}]])
def test_bytes_and_names_that_are_no_texts_are_refused(grid: object) -> None:
    with pytest.raises(ParameterError):
        read_grid(grid)
