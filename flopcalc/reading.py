"""How a network is read: folded for inference or as it is written, one sample or a batch, run forward or trained."""

from __future__ import annotations

from collections.abc import Iterable

from flopcalc.dataclass import dataclass
from flopcalc.errors import ParameterError, Problem, UnknownNameError, described, one_of, shorten, suggest

__all__ = ["MOST_SAMPLES", "OPTIMIZERS", "PLAIN", "Reading", "reading_of"]

OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}
"""How many elements an optimizer remembers for each parameter.

Source: Sutskever et al. 2013, section 2 (a velocity); Kingma and Ba 2015, arXiv:1412.6980, algorithm 1 (two moments).
"""

MOST_SAMPLES = 10**18
"""How many samples a batch may have."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to read a network; the default is what its file says, for one sample, forward.

    Attributes
    ----------
    fused : bool
        Norms are folded into the layers before them, and activations computed where their input is.
    batch : int or str
        How many samples there are, or the symbol that stands for their number.
    training : bool
        What a step of training takes is told too.
    optimizer : str
        One of :data:`OPTIMIZERS`.
    free : tuple of str
        The titles of layers whose cost is not known and that are taken to cost nothing; ``all`` is every one.
    """

    fused: bool = False
    batch: int | str = 1
    training: bool = False
    optimizer: str = "sgd"
    free: tuple[str, ...] = ()

    def frees(self, title: str) -> bool:
        """Tell whether a layer of unknown cost is taken to cost nothing.

        Examples
        --------
        >>> Reading(free=("NonMaxSuppression",)).frees("nonmaxsuppression")
        True
        """
        return not {EVERY, title.casefold()}.isdisjoint(name.casefold() for name in self.free)

    @property
    def said(self) -> tuple[str, ...]:
        """What differs from the default, in words.

        Examples
        --------
        >>> Reading(fused=True, batch=8).said
        ('fused', 'a batch of 8')
        """
        fused = ("fused",) if self.fused else ()
        batch = () if self.batch == 1 else (f"a batch of {self.batch}",)
        training = (f"training with {self.optimizer}",) if self.training else ()
        free = (f"assumed free: {', '.join(self.free)}",) if self.free else ()
        return (*fused, *batch, *training, *free)

    def as_dict(self) -> dict[str, bool | int | str | list[str] | None]:
        """Return it as JSON has it."""
        optimizer = self.optimizer if self.training else None
        return {
            "fused": self.fused,
            "batch": self.batch,
            "training": self.training,
            "optimizer": optimizer,
            "assume_free": [*self.free],
        }


EVERY = "all"
"""The word for every layer whose cost is not known."""

PLAIN = Reading()
"""What a file says, for one sample, forward."""


def reading_of(
    fused: object = False,
    batch: object = 1,
    training: object = False,
    optimizer: object = None,
    assume_free: object = (),
) -> Reading:
    """Return a reading of what a user gives.

    Parameters
    ----------
    fused, training : bool
    batch : int or str
        At least 1, or the name of a symbol; a text may hold either.
    optimizer : str, optional
        One of :data:`OPTIMIZERS`, with `training`; sgd where not given.
    assume_free : str or iterable of str
        The titles of layers whose cost is not known, or ``all``.

    Raises
    ------
    ParameterError, UnknownNameError

    Examples
    --------
    >>> reading_of(batch="16").batch, reading_of(batch="N").batch
    (16, 'N')
    """
    for name, value in (("fused", fused), ("training", training)):
        if not isinstance(value, bool):
            raise ParameterError(Problem(f"{name} is {shorten(described(value))}", None, "True or False"))
    if optimizer is not None and optimizer not in OPTIMIZERS:
        said, known = shorten(described(optimizer)), one_of(OPTIMIZERS)
        raise UnknownNameError(
            Problem(f"there is no optimizer {said}", None, known, suggest(str(optimizer), OPTIMIZERS))
        )
    if optimizer is not None and not training:
        raise ParameterError(Problem("an optimizer is of a network that is trained", None, "training as well"))
    if fused and training:
        what = "a network that is trained cannot be fused: its norms are computed from the batch"
        raise ParameterError(Problem(what, None, "one of the two readings"))
    return Reading(
        bool(fused),
        _batch(batch),
        bool(training),
        "sgd" if optimizer is None else str(optimizer),
        _titles(assume_free),
    )


def _titles(value: object) -> tuple[str, ...]:
    titles = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else (value,)
    for title in titles:
        if not isinstance(title, str) or not title.strip():
            what = f"assume_free is {shorten(described(title))}"
            raise ParameterError(Problem(what, None, "what a layer is called whose cost is unknown, or all"))
    return tuple(dict.fromkeys(title.strip() for title in titles))


def _batch(value: object) -> int | str:
    text = value.strip() if isinstance(value, str) else ""
    number = int(text) if text.isdecimal() and text.isascii() and len(text) <= len(str(MOST_SAMPLES)) else value
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= MOST_SAMPLES:
        return number
    if text.isidentifier():
        return text
    expected = f"a whole number from 1 to {MOST_SAMPLES:.0e}, or a name for it".replace("e+", "e")
    raise ParameterError(Problem(f"the batch is {shorten(described(value))}", None, expected, "8, or N"))
