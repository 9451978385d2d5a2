"""Every primitive's costs by three ways: the hand-written table, symbols with numbers put in, a loop that counts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pytest
from brute_force import ORACLES, Run
from layer_table import COSTLESS, ROWS, Row

from flopcalc.cost import QUANTITIES, Cost
from flopcalc.layers import LAYERS, Layer, Shape
from flopcalc.number import Arithmetic, is_rational, symbol

by_row = pytest.mark.parametrize("row", ROWS, ids=str)


def place(
    word: str, attributes: Mapping[str, Any], inputs: tuple[Any, ...], arithmetic: Arithmetic
) -> tuple[Layer, Shape, Cost]:
    """Return a layer, the shape that it writes and what it costs, as the builder asks for them."""
    primitive = LAYERS[word]
    layer = primitive.layer.make({**primitive.preset, **attributes})
    layer.check(inputs, arithmetic)
    output = layer.output(inputs, arithmetic)
    view = layer.moves_nothing(inputs, output, arithmetic)
    return layer, output, layer.cost(inputs, output, view=view)


def brute_force(row: Row) -> Run:
    return ORACLES[row.word](row.inputs, **row.attributes)


# -- (a) against (c): numbers ----------------------------------------------------------------------------------------


@by_row
def test_a_layer_costs_what_its_hand_written_formula_says(row: Row) -> None:
    layer, output, cost = place(row.word, row.attributes, row.inputs, Arithmetic())
    assert output == row.output
    assert {name: getattr(cost, name) for name in row.expected} == row.expected
    assert layer.window(row.inputs) == row.window


@by_row
def test_a_layer_costs_what_a_loop_counts(row: Row) -> None:
    layer, output, cost = place(row.word, row.attributes, row.inputs, Arithmetic())
    run = brute_force(row)
    assert output == run.shape
    found = {name: getattr(cost, name) for name in QUANTITIES} | {"window": layer.window(row.inputs)}
    assert found == run.counted()


@by_row
def test_numbers_give_whole_numbers(row: Row) -> None:
    _, output, cost = place(row.word, row.attributes, row.inputs, Arithmetic())
    assert [type(value) for value in (*output, *(getattr(cost, name) for name in QUANTITIES))] == [int] * 12


# -- (b): symbols, and the numbers put in afterwards -----------------------------------------------------------------


def freed(value: Any) -> Any:
    """Return a value with every number above 1 as a symbol; equal numbers are one symbol, so that shapes still fit."""
    if isinstance(value, tuple):
        return tuple(freed(item) for item in value)
    return symbol(f"n{value}") if type(value) is int and value > 1 else value


def filled(value: Any) -> Any:
    """Return a value with the numbers put in for the symbols that :func:`freed` made."""
    if is_rational(value):
        return value
    number = value.subs({name: int(name.name[1:]) for name in value.free_symbols})
    assert number.is_Integer, value
    return int(number)


@by_row
def test_symbols_with_the_numbers_put_in_cost_the_same(row: Row) -> None:
    attributes = {name: freed(value) for name, value in row.attributes.items()}
    inputs = freed(row.inputs)
    _, output, cost = place(row.word, attributes, inputs, Arithmetic(exact_rounding=True))
    assert tuple(filled(side) for side in output) == row.output
    assert {name: filled(getattr(cost, name)) for name in row.expected} == row.expected
    run = brute_force(row)
    assert {name: filled(getattr(cost, name)) for name in QUANTITIES} == {
        name: count for name, count in run.counted().items() if name != "window"
    }


SHAPED = ("reshape", "slice")
"""Words whose attributes speak of the input's own shape, so that they cannot stay numbers when it is a symbol."""


def broken(arithmetic: Arithmetic) -> bool:
    """Tell whether the numbers contradict an inequality that was noted: ``n6 ≠ 6``."""
    unequal = (text.split(" ≠ ") for text in arithmetic.assumed if " ≠ " in text)
    return any(left.removeprefix("n") == right.removeprefix("n") for left, right in unequal)


@pytest.mark.parametrize("row", [row for row in ROWS if row.word not in SHAPED], ids=str)
def test_symbolic_shapes_alone_cost_the_same_with_the_numbers_put_in(row: Row) -> None:
    arithmetic = Arithmetic(exact_rounding=True)
    _, output, cost = place(row.word, row.attributes, freed(row.inputs), arithmetic)
    assert tuple(filled(side) for side in output) == row.output
    if broken(arithmetic):  # the formula is for the case in which the elements move
        assert filled(cost.mac) == filled(cost.inputs + cost.outputs)
        assert row.mac in (0, filled(cost.mac))
        return
    assert {name: filled(getattr(cost, name)) for name in row.expected} == row.expected


# -- the table itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", LAYERS)
def test_every_primitive_has_rows_and_a_loop(word: str) -> None:
    assert any(row.word == word for row in ROWS)
    assert word in ORACLES


def test_no_row_stands_twice() -> None:
    assert len({str(row) for row in ROWS}) == len(ROWS)


ATTRIBUTES = [(word, attribute.name) for word, primitive in LAYERS.items() for attribute in primitive.attributes()]


@pytest.mark.parametrize(("word", "name"), ATTRIBUTES)
def test_every_attribute_changes_an_expected_value(word: str, name: str) -> None:
    """There are two rows that differ in this attribute alone; they expect different values, or it is costless."""
    differing = [
        (one, other)
        for one, other in combinations([row for row in ROWS if row.word == word], 2)
        if one.inputs == other.inputs
        and [key for key, value in one.settings().items() if value != other.settings()[key]] == [name]
    ]
    changes = [pair for pair in differing if (pair[0].output, pair[0].expected) != (pair[1].output, pair[1].expected)]
    if (word, name) in COSTLESS:
        assert differing
        assert not changes
    elif (word, name) == ("matmul", "transpose"):
        # The same second map does not fit both ways, unless it is square, where both cost the same.
        assert {row.attributes.get("transpose", False) for row in ROWS if row.word == "matmul"} == {False, True}
    else:
        assert changes


def test_what_is_called_costless_is_an_attribute() -> None:
    assert set(COSTLESS) <= set(ATTRIBUTES)


def test_a_preset_attribute_cannot_be_given() -> None:
    assert LAYERS["relu"].attributes() == ()
    assert [attribute.name for attribute in LAYERS["activation"].attributes()] == ["kind"]


def test_an_activation_of_kind_none_is_no_layer() -> None:
    assert LAYERS["activation"].layer.make({"kind": "none"}).absent
    assert not LAYERS["activation"].layer.make({"kind": "relu"}).absent
