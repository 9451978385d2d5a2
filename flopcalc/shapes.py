"""The shapes of inputs as users give them: channels first, or each side by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flopcalc.errors import ParameterError, Problem, shorten

__all__ = ["Sides", "read_input", "split_label"]

_SIDE = re.compile(r"\s*([CHW])\s*=([^=]*)")
_CHANNELS = (1, 3, 4)
"""Sides that are channels of an image, or of a mask, where they stand last."""
_LEAST_SIDE = 16
_MOST_DIGITS = 9


class Sides(tuple[object, ...]):
    """Channels, height and width whose order is certain: it was said, or it was looked at before."""

    __slots__ = ()

    def __str__(self) -> str:
        return ",".join(map(str, self))


def split_label(text: str) -> tuple[str, str]:
    """Split ``image=3,224,224`` into the input's label and its shape, whose sides may have names too.

    Examples
    --------
    >>> split_label("3,224,224"), split_label("left=3,8,8")
    (('input', '3,224,224'), ('left', '3,8,8'))
    >>> split_label("C=224,H=224,W=3"), split_label("left=C=3,H=8,W=8")
    (('input', 'C=224,H=224,W=3'), ('left', 'C=3,H=8,W=8'))
    """
    if _named(text) is not None:
        return "input", text
    label, equals, shape = (part.strip() for part in text.partition("="))
    if equals and _named(shape) is not None:
        return label, shape
    label, equals, shape = (part.strip() for part in text.rpartition("="))
    return (label if equals else "input"), shape


def read_input(given: object) -> dict[str, object]:
    """Return the shapes of inputs by label, each with its order certain.

    A shape that looks like height×width×channels is refused, unless its sides have names. What is no shape at all is
    returned as it is: what reads it says what is wrong.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> read_input("3,224,224"), read_input({"image": "H=224,W=224,C=3"})
    ({'input': ('3', '224', '224')}, {'image': ('3', '224', '224')})
    """
    if given is None:
        return {}
    shapes: Mapping[str, object] = given if isinstance(given, Mapping) else {"input": given}
    problems: list[Problem] = []
    found: dict[str, object] = {}
    for label, shape in shapes.items():
        found[label] = _read(shape)
        if not isinstance(shape, Sides) and not (isinstance(shape, str) and _named(shape)):
            problems += _looked_at(label, found[label])
    if problems:
        raise ParameterError(*problems)
    return found


def _read(shape: object) -> object:
    if isinstance(shape, str):
        named = _named(shape)
        return Sides([named[name] for name in "CHW"] if named else [side.strip() for side in shape.split(",")])
    return Sides(shape) if isinstance(shape, (tuple, list)) else shape


def _named(text: str) -> dict[str, str] | None:
    """Return the sides of ``C=3,H=224,W=224`` by name, or None where it is not that."""
    matches = [_SIDE.fullmatch(piece) for piece in text.split(",")]
    found = {match[1]: match[2].strip() for match in matches if match is not None}
    return found if len(matches) == len(found) == 3 else None


def _as_number(side: object) -> int | None:
    """Return a side that is a number of a size that images have, or None."""
    if isinstance(side, str) and side.isascii() and side.isdigit() and len(side) <= _MOST_DIGITS:
        return int(side)
    return side if isinstance(side, int) and 0 < side < 10**_MOST_DIGITS else None


def _looked_at(label: str, sides: object) -> list[Problem]:
    if not isinstance(sides, Sides) or len(sides) != 3:
        return []
    numbers = [_as_number(side) for side in sides]
    if None in numbers:
        return []
    first, second, last = (number or 0 for number in numbers)
    if last not in _CHANNELS or min(first, second) < _LEAST_SIDE:
        return []
    what = "the input" if label == "input" else f"the input {shorten(label)}"
    return [
        Problem(
            f"{what} {first},{second},{last} looks like height, width and channels",
            None,
            f"channels first: {last},{first},{second}",
            f"C={first},H={second},W={last} if it is as it stands",
        )
    ]
