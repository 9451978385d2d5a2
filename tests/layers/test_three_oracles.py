"""Every primitive's costs by three ways: the hand-written table, symbols with numbers put in, a loop that counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from brute_force import ORACLES, Run
from layer_table import COSTLESS, FITTED, ROWS, Row
from sympy import sympify

from flopcalc.cost import QUANTITIES, Cost
from flopcalc.errors import Fault
from flopcalc.layers import LAYERS, Layer, Shape
from flopcalc.number import Arithmetic, is_rational, symbol

by_row = pytest.mark.parametrize("row", ROWS, ids=str)


def place(
    word: str, attributes: Mapping[str, Any], inputs: tuple[Any, ...], arithmetic: Arithmetic
) -> tuple[Layer, Shape, Cost]:
    """Return a layer, the shape that it writes and what it costs, as the builder asks for them."""
    primitive = LAYERS[word]
    layer = primitive.layer.make({**primitive.preset, **attributes}, sides_of(inputs))
    layer.check(inputs, arithmetic)
    output = layer.output(inputs, arithmetic)
    view = layer.moves_nothing(inputs, output, arithmetic)
    return layer, output, layer.cost(inputs, output, view=view)


def sides_of(inputs: tuple[Any, ...]) -> int:
    """Return how many sides the map of the first input has, for what reads none as many as an image."""
    return len(inputs[0]) - 1 if inputs else 2


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
    assert [type(value) for value in (*output, *(getattr(cost, name) for name in QUANTITIES))] == [int] * (
        len(output) + len(QUANTITIES)
    )


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


NUMBERED = ("axis", "axes", "order")
"""Types of attributes that are numbers of axes, not sizes."""


def tied(row: Row) -> bool:
    """Tell whether its sizes must add up or be multiples of one another, so that no symbol may stand for each."""
    return "sizes" in row.attributes or row.word in ("deformable_conv", "dynamic_conv", "grid_sample")


def broken(arithmetic: Arithmetic) -> bool:
    """Tell whether the numbers contradict an inequality that was noted: ``n6 ≠ 6``, ``n9 < n5``."""
    for text in arithmetic.assumed:
        found = re.fullmatch(r"(.+) ([≠<]) (.+)", text)
        if found:
            left, right = (Fraction(filled(sympify(side))) for side in (found[1], found[3]))
            if not (left != right if found[2] == "≠" else left < right):
                return True
    return False


@pytest.mark.parametrize("row", [row for row in ROWS if not tied(row)], ids=str)
def test_symbols_with_the_numbers_put_in_cost_the_same(row: Row) -> None:
    kinds = {attribute.name: attribute.type for attribute in LAYERS[row.word].attributes()}
    attributes = {name: value if kinds[name] in NUMBERED else freed(value) for name, value in row.attributes.items()}
    inputs, arithmetic = freed(row.inputs), Arithmetic(exact_rounding=True)
    _, output, cost = place(row.word, attributes, inputs, arithmetic)
    assert tuple(filled(side) for side in output) == row.output
    if moved_as_assumed(row, cost, arithmetic):
        return
    assert {name: filled(getattr(cost, name)) for name in row.expected} == row.expected
    run = brute_force(row)
    assert {name: filled(getattr(cost, name)) for name in QUANTITIES} == {
        name: count for name, count in run.counted().items() if name != "window"
    }


def moved_as_assumed(row: Row, cost: Cost, arithmetic: Arithmetic) -> bool:
    """Tell whether the formula is for the case in which the elements move, which is said, and check it there."""
    if not broken(arithmetic):
        return False
    assert filled(cost.mac) == filled(cost.inputs + cost.outputs)
    assert row.mac in (0, filled(cost.mac))
    return True


SHAPED = ("reshape", "slice")
"""Words whose attributes speak of the input's own shape, so that they cannot stay numbers when it is a symbol."""


@pytest.mark.parametrize("row", [row for row in ROWS if row.word not in SHAPED and not tied(row)], ids=str)
def test_symbolic_shapes_alone_cost_the_same_with_the_numbers_put_in(row: Row) -> None:
    arithmetic = Arithmetic(exact_rounding=True)
    _, output, cost = place(row.word, row.attributes, freed(row.inputs), arithmetic)
    assert tuple(filled(side) for side in output) == row.output
    if not moved_as_assumed(row, cost, arithmetic):
        assert {name: filled(getattr(cost, name)) for name in row.expected} == row.expected


def test_a_deformable_convolution_and_a_grid_of_symbols_cost_what_their_formulas_say() -> None:
    C, H, W = symbol("C"), symbol("H"), symbol("W")
    inputs = ((C, H, W), (18, H, W), (9, H, W))
    _, output, cost = place("deformable_conv", {"out": 2 * C, "kernel": 3}, inputs, Arithmetic())
    assert output == (2 * C, H, W)
    assert cost.madds == 18 * C**2 * H * W
    assert (cost.mac - (18 * C**2 + (3 * C + 27) * H * W)).expand() == 0
    _, output, cost = place("grid_sample", {}, ((C, H, W), (2, H, 7)), Arithmetic())
    assert output == (C, H, 7)
    assert (cost.mac - (C * H * W + 14 * H + 7 * C * H)).expand() == 0


def test_parts_of_sizes_of_their_own_are_told_apart_or_not_guessed() -> None:
    n = symbol("n")
    _, output, _ = place("split", {"sizes": (n, 2 * n), "take": 1}, ((3 * n, 5),), Arithmetic())
    assert output == (2 * n, 5)
    with pytest.raises(Fault, match="is not known"):
        place("split", {"sizes": (1, 2), "take": n}, ((3, 5),), Arithmetic())
    _, output, _ = place("split", {"sizes": (2, 2), "take": n}, ((4, 5),), Arithmetic())
    assert output == (2, 5)


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
    elif (word, name) in FITTED:
        assert len({row.settings()[name] for row in ROWS if row.word == word}) > 1
        assert not changes
    else:
        assert changes


def test_what_is_called_costless_or_fitted_is_an_attribute() -> None:
    assert {*COSTLESS, *FITTED} <= set(ATTRIBUTES)


def test_a_preset_attribute_cannot_be_given() -> None:
    assert LAYERS["relu"].attributes() == ()
    assert [attribute.name for attribute in LAYERS["activation"].attributes()] == ["kind", "axis", "slopes"]
    assert [attribute.name for attribute in LAYERS["softmax"].attributes()] == ["axis"]
    assert [attribute.name for attribute in LAYERS["prelu"].attributes()] == ["slopes"]


def test_an_activation_of_kind_none_is_no_layer() -> None:
    assert LAYERS["activation"].layer.make({"kind": "none"}).absent
    assert not LAYERS["activation"].layer.make({"kind": "relu"}).absent
