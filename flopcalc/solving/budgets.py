"""Budgets as people write them: ``150M``, ``<= 3.5G``, ``>= 2M``, or a formula."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flopcalc.errors import Fault, FlopcalcError, ParameterError, Problem, shorten
from flopcalc.expression import free_expression
from flopcalc.metrics import SWEPT, in_bytes
from flopcalc.number import exact, is_rational, symbol
from flopcalc.solving.result import Budget
from flopcalc.units import AMOUNTS, SCALES, read_figure, split_figure

__all__ = ["budgets_of", "no_budget", "read_budget"]

_WORD = re.compile(r"[^\W\d_]+(?:/s)?")
_BASED = re.compile(r"\s*0[xXbBoO][0-9A-Fa-f]")
_RELATION = re.compile(r"\s*(<=|>=|≤|≥|<|>|==|=)?(.*)", re.DOTALL)


def read_budget(metric: str, value: object) -> Budget:
    """Read one budget; a figure in bytes bounds the metric in bytes.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> read_budget("flops", "1.5G")
    Budget(metric='flops', relation='<=', value=1500000000)
    >>> read_budget("params", ">= 2MiB")
    Budget(metric='params_bytes', relation='>=', value=2097152)
    """
    relation, bounded = "<=", metric
    try:
        if not isinstance(value, str):
            amount: Any = exact(value)
        else:
            match = _RELATION.fullmatch(value)
            assert match is not None
            sign = {None: "<=", "≤": "<=", "≥": ">="}.get(match[1], match[1])
            if sign not in ("<=", ">="):
                raise Fault(f"a budget cannot be {sign} a number", expected="at most (<=) or at least (>=)")
            relation = sign
            amount, of = _amount(match[2])
            bounded = in_bytes(metric) if of == "byte" else metric
        if isinstance(amount, (bool, str, tuple, dict)) or (is_rational(amount) and amount < 0):
            raise Fault(f"{shorten(str(value))} is no budget", expected="a number such as 150M, or a formula")
    except Fault as fault:
        raise ParameterError(Problem(f"{metric}: {fault.what}", None, fault.expected, fault.hint)) from None
    except FlopcalcError as error:
        raise ParameterError(*(replace(item, what=f"{metric}: {item.what}") for item in error.problems)) from None
    return Budget(bounded, relation, amount)


def _amount(text: str) -> tuple[Any, str]:
    """Return an amount, and what it is counted in: ``byte``, or "" for a plain number or a formula."""
    _, digits, _, unit = split_figure(text) or ("", "", 0, "")
    if _WORD.fullmatch(unit) and not _BASED.match(text) and unit not in AMOUNTS:
        known = next((item for item in SCALES if item.lower() == unit[0].lower()), None)
        raise Fault(
            f"`{shorten(text.strip())}` is no number: there is no unit `{shorten(unit)}`",
            expected="a number such as 150M, with k, M, G (or B), T, 万 or 亿",
            hint="" if known is None else f"{text.strip().removesuffix(unit).rstrip()}{known}",
        )
    if digits and (not unit or unit in AMOUNTS):
        found = read_figure(text)
        return exact(found.value), found.of
    if "," in text and split_figure(text.replace(",", "")):
        raise Fault(f"`{shorten(text.strip())}` is no number", expected="a number such as 150M or 149,497,088")
    if text.strip().lower() in ("nan", "inf", "infinity"):
        raise Fault(f"{text.strip()} is not a finite number", expected="a number such as 150M")
    if not text.strip():
        raise Fault("there is no number", expected="a number such as 150M, or a formula")
    return free_expression(text, symbols=symbol), ""


def budgets_of(values: Mapping[str, object]) -> tuple[Budget, ...]:
    """Return the budgets of those metrics that have one, or several in a list.

    Raises
    ------
    ParameterError
    """
    found = [
        read_budget(metric, item)
        for metric, value in values.items()
        if value is not None
        for item in (value if isinstance(value, (list, tuple)) else [value])
    ]
    return tuple(found)


def no_budget() -> ParameterError:
    """Return the error of a question without a budget."""
    return ParameterError(Problem("there is no budget", None, "a bound of " + ", ".join(SWEPT), "--flops 150M"))
