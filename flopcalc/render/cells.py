"""What stands in a cell, and the writer that turns it into text: one, of which every format says how it differs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.layers import Shape
from flopcalc.number import Number, Value, as_text, is_rational, readable
from flopcalc.render.formula import UNICODE, Style, formula
from flopcalc.render.units import exact_number, human_bytes, human_number, percent, ratio_text

__all__ = [
    "UNITS",
    "Bytes",
    "Cell",
    "Digits",
    "Hint",
    "Least",
    "Mark",
    "Named",
    "Phrase",
    "Plain",
    "Ratio",
    "Setting",
    "Shapes",
    "Share",
    "Signed",
    "Special",
    "Squared",
    "Typed",
    "Writer",
    "least",
    "shape_text",
]

UNITS = ("auto", "human", "exact")
"""How tables show numbers: exact where they fit, always with units, always with every digit."""


class Special(ABC):
    """What a cell holds beside words, numbers and shapes; it says how a writer writes it."""

    __slots__ = ()

    @abstractmethod
    def written(self, writer: Writer) -> str:
        """Return its text."""


@dataclass(frozen=True, slots=True)
class Share(Special):
    """A part of the total, as a fraction of 1."""

    value: Number

    def written(self, writer: Writer) -> str:
        return writer.digits(percent(self.value)) if is_rational(self.value) else writer.formula(self.value)


@dataclass(frozen=True, slots=True)
class Ratio(Special):
    """A ratio: of two metrics, or of one spec's metric to another's."""

    value: Number

    def written(self, writer: Writer) -> str:
        return writer.digits(ratio_text(self.value)) if is_rational(self.value) else writer.formula(self.value)


@dataclass(frozen=True, slots=True)
class Bytes(Special):
    """A size in bytes."""

    value: Number

    def written(self, writer: Writer) -> str:
        human = writer.human and is_rational(self.value)
        return writer.digits(human_bytes(self.value)) if human else writer.number(self.value)


@dataclass(frozen=True, slots=True)
class Shapes(Special):
    """What a layer reads: the shapes of its inputs, or the sides of a map."""

    shapes: tuple[tuple[Number, ...], ...]

    def written(self, writer: Writer) -> str:
        return writer.shapes(self.shapes)


@dataclass(frozen=True, slots=True)
class Named(Special):
    """A shape that serves as a name, and what tells it from others of that shape."""

    shape: tuple[Number, ...]
    suffix: str = ""

    def written(self, writer: Writer) -> str:
        return writer.shape(self.shape) + writer.words(self.suffix)


@dataclass(frozen=True, slots=True)
class Setting(Special):
    """A parameter's value: a number as it was given, a word, or a formula."""

    value: Value

    def written(self, writer: Writer) -> str:
        return writer.setting(self.value)


@dataclass(frozen=True, slots=True)
class Digits(Special):
    """A number whose digits are already chosen: ``1.083``."""

    text: str

    def written(self, writer: Writer) -> str:
        return writer.digits(self.text)


@dataclass(frozen=True, slots=True)
class Signed(Special):
    """A number or a formula with its sign: ``+12``."""

    value: Number

    def written(self, writer: Writer) -> str:
        text = writer.number(self.value)
        return text if text.startswith("-") else f"+{text}"


@dataclass(frozen=True, slots=True)
class Squared(Special):
    """A formula in the form that it has: as the square of a sum, and not multiplied out."""

    value: Number

    def written(self, writer: Writer) -> str:
        return writer.squared(self.value)


@dataclass(frozen=True, slots=True)
class Plain(Special):
    """A number or a formula as it stands, fractions as such and sums as they are: ``17/18``."""

    value: Number

    def written(self, writer: Writer) -> str:
        return writer.math(formula(self.value, writer.style, writer.order))


@dataclass(frozen=True, slots=True)
class Typed(Special):
    """A relation or a name as people type it, ``7*rho != 1``, and the names of its symbols."""

    text: str
    names: tuple[str, ...]

    def written(self, writer: Writer) -> str:
        return writer.math(writer.style.typed(self.text, self.names))


@dataclass(frozen=True, slots=True)
class Hint(Special):
    """Which option shows it otherwise: said on a screen, and nowhere else."""

    text: str

    def written(self, writer: Writer) -> str:
        return writer.words(self.text) if writer.hints else ""


@dataclass(frozen=True, slots=True)
class Mark(Special):
    """Whether something is as it should be."""

    right: bool

    def written(self, writer: Writer) -> str:
        return writer.words(writer.style.marks[self.right])


@dataclass(frozen=True, slots=True)
class Least(Special):
    """What is known from below alone: ``≥ 1,234``."""

    cell: Cell

    def written(self, writer: Writer) -> str:
        return f"{writer.math(writer.style.relations['>='])} {writer.cell(self.cell)}"


Cell: TypeAlias = "str | Number | Special | Shape | None"
"""What stands in a cell before a format writes it."""

Phrase: TypeAlias = "tuple[Cell, ...]"
"""Words with values between them."""


def least(cell: Cell) -> Cell:
    """Return what is shown of a sum, or of a ratio, in which something is not known: it is at least so much, or open.

    Examples
    --------
    >>> least(Ratio(2)), least(7)
    ('?', Least(cell=7))
    """
    return "?" if isinstance(cell, (Ratio, Share)) else Least(cell)


class Writer:
    """Writes cells as text.

    A format overrides :meth:`words`, :meth:`digits` and :meth:`math`, and inherits what a cell is.

    Parameters
    ----------
    order : sequence of str
        The symbols in the order in which the spec declares them.
    human : bool
        Write numbers to four digits with a unit, and not with every digit.
    """

    style: Style = UNICODE
    hints = False

    def __init__(self, order: Sequence[str] = (), *, human: bool = False) -> None:
        self.order = order
        self.human = human

    # -- what formats differ in --------------------------------------------------------------------------------------

    def words(self, text: str) -> str:
        """Write words that came from a spec or from this program."""
        return text

    def digits(self, text: str) -> str:
        """Write a number whose digits are `text`: ``1,331,592``, ``568.7 M`` or ``33.33``."""
        return text

    def math(self, text: str) -> str:
        """Write a formula that is already in the format's style."""
        return text

    # -- what they have in common ------------------------------------------------------------------------------------

    def cell(self, cell: Cell) -> str:
        """Write a cell."""
        if cell is None:
            return ""
        if isinstance(cell, str):
            return self.words(cell)
        if isinstance(cell, Special):
            return cell.written(self)
        if isinstance(cell, tuple):
            return self.shape(cell)
        return self.number(cell)

    def phrase(self, phrase: Iterable[Cell]) -> str:
        """Write words with values between them."""
        return "".join(self.cell(part) for part in phrase)

    def number(self, value: Number) -> str:
        """Write a number or a formula."""
        if is_rational(value):
            return self.digits(human_number(value) if self.human else exact_number(value))
        return self.formula(value)

    def formula(self, value: Value) -> str:
        """Write an exact value, as people write it in a formula."""
        return self.math(formula(value, self.style, self.order))

    def squared(self, value: Number) -> str:
        """Write a formula in the form that it has; a sum, and one that is squared, begins with what is added."""
        if not is_rational(value):
            from sympy import Pow

            for power in value.atoms(Pow):
                if power.base.is_Add and power.exp == 2 and formula(power.base, self.style, self.order)[0] == "-":
                    value = value.xreplace({power: (-power.base) ** 2})
        return self.math(" - ".join(formula(part, self.style, self.order) for part in _added_and_taken(value)))

    def setting(self, value: Value) -> str:
        """Write the value of a parameter, as people would give it."""
        if isinstance(value, (str, bool)):
            return self.words(as_text(value))
        return self.digits(readable(value)) if is_rational(value) else self.formula(value)

    def shape(self, shape: Sequence[Number]) -> str:
        """Write a shape: ``3×224×224``."""
        return self.math(shape_text(shape, self.style, self.order))

    def shapes(self, shapes: Sequence[Sequence[Number]]) -> str:
        """Write several shapes; more than two are only counted."""
        if len(shapes) > 2:
            return self.words(f"{len(shapes)} tensors")
        return self.words(", ").join(self.shape(shape) for shape in shapes)


def _added_and_taken(value: Number) -> Iterator[Number]:
    """Yield what a sum adds, and each term that it takes away; all in one where it does not do both."""
    if is_rational(value) or not value.is_Add:
        yield value
        return
    taken = [term for term in value.args if term.could_extract_minus_sign()]
    if len(taken) == len(value.args):
        taken = []
    yield value.func(*(term for term in value.args if term not in taken))
    yield from (-term for term in taken)


def shape_text(shape: Sequence[Number], style: Style = UNICODE, order: Sequence[str] = ()) -> str:
    """Write a shape: ``3×224×224``, ``C×(H/2)×(W/2)``.

    Examples
    --------
    >>> shape_text((3, 224, 224))
    '3×224×224'
    """
    sides = []
    for side in shape:
        text = formula(side, style, order)
        whole = is_rational(side) and not isinstance(side, Fraction)
        sides.append(text if whole or getattr(side, "is_Symbol", False) else style.grouped(text))
    return style.cross.join(sides)
