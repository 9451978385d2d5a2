"""Which values of a parameter give one network, in words."""

from __future__ import annotations

from fractions import Fraction

from flopcalc.number import as_text, is_rational
from flopcalc.render.units import rounded
from flopcalc.solving.path import End, Span

__all__ = ["end_text", "near_text", "span_text"]

_DECIMALS = 6


def end_text(end: End) -> str:
    """Return an end as exact text: ``9/16``, or ``log(353/320)/log(11/10)``.

    Examples
    --------
    >>> end_text(End(Fraction(353, 320), Fraction(11, 10)))
    'log(353/320)/log(11/10)'
    """
    value = end.number
    if is_rational(value):
        return as_text(value)
    return f"log({end.ratio})/log({end.base})"


def near_text(end: End) -> str:
    """Return an end as a decimal, marked where it is not exact."""
    text = rounded(end.near, _DECIMALS).rstrip("0").rstrip(".")
    return text if end.base is None and Fraction(text) == end.near else f"≈ {text}"


def span_text(name: str, span: Span) -> str:
    """Say which values give a network, exactly, and as decimals where these are others."""
    assert span.low is not None
    assert span.high is not None
    if span.single:
        return f"{name} = {end_text(span.low)} alone"
    low, high = ("≤" if closed else "<" for closed in (span.low_closed, span.high_closed))
    exact = f"{end_text(span.low)} {low} {name} {high} {end_text(span.high)}"
    ends = [near_text(end) for end in (span.low, span.high)]
    if ends == [end_text(end) for end in (span.low, span.high)]:
        return exact
    return f"{exact} ({ends[0]} to {ends[1]})"
