"""A network as it was read from elsewhere: its layers in flopcalc's words, one after the other, with their tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from flopcalc.dataclass import dataclass, field

__all__ = ["RESERVED", "Attribute", "Step", "Trace", "word_of"]

RESERVED = re.compile(r"(true|false|null|yes|no|on|off|input)", re.IGNORECASE)
"""Words that are no names of entries or tensors."""


def word_of(text: str) -> str:
    """Return a text as a name of the language.

    Examples
    --------
    >>> word_of("input.1"), word_of("on")
    ('input_1', 'on_')
    """
    word = re.sub(r"\W", "_", text)
    return f"{word}_" if RESERVED.fullmatch(word) else word


Attribute: TypeAlias = "int | bool | str | tuple[int | str, ...]"
"""A value of a layer's attribute: a number, a flag, a word, an expression, or a list of numbers and expressions."""


@dataclass(frozen=True, slots=True)
class Step:
    """One layer.

    Attributes
    ----------
    word : str
        The layer's word in the spec language.
    attributes : mapping
    sources : tuple of str
        The tensors that it reads.
    results : tuple of str
        The tensors that it writes: one, or the parts of a split.
    layouts : tuple of tuple of int
        Their shapes here, channels first and without the batch.
    path : tuple of str
        Where it stands in the model: the names of the modules around it, and its own.
    classes : tuple of str
        The classes of these modules, where they are known; as long as `path`, or shorter.
    written : str
        How its model writes it, of :data:`flopcalc.layers.FORMS`; empty where that is not known.
    shares : str
        A tensor that an earlier step writes whose learned parameters it uses; empty where it has its own.
    origin : str
        What it was in the model, for messages: ``Conv /layer1/conv1/Conv``.
    """

    word: str
    attributes: Mapping[str, Attribute]
    sources: tuple[str, ...]
    results: tuple[str, ...]
    layouts: tuple[tuple[int, ...], ...]
    path: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    written: str = ""
    shares: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole network.

    Attributes
    ----------
    name : str
        What it is called.
    title, source : str
        For headings, and where it was read from.
    inputs : mapping of str to tuple
        The tensors that enter, with their shapes here.
    steps : tuple of Step
        In an order in which every tensor is written before it is read.
    outputs : tuple of str
        The tensors that leave.
    notes : tuple of str
        What a user should know of the reading: what was folded, what is owned and not used.
    assumed : str
        What was taken for the shape of an input that neither the model nor the user says.
    upper : tuple of str
        The pads, by what they write, that are read as the padding `same_upper` of what follows them.
    open_inputs : mapping of str to tuple
        Of inputs whose sides the model leaves open, their shapes with names for these.
    """

    name: str
    title: str
    source: str
    inputs: Mapping[str, tuple[int, ...]]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    upper: tuple[str, ...] = field(default=())
    open_inputs: Mapping[str, tuple[int | str, ...]] = field(default_factory=dict)
    assumed: str = ""
