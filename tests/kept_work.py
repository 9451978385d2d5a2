"""What a command works out, kept while tests look at it in one format or width after the other; writing is not kept."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from pathlib import Path
from pydoc import locate
from typing import Any

import pytest

WORK = (
    "flopcalc.cli.audit.analyze_spec",
    "flopcalc.cli.audit.audit_of",
    "flopcalc.cli.spec_options.analyze_spec",
    "flopcalc.cli.verify.check",
    "flopcalc.cli.verify.load_worksheet",
    "flopcalc.cli.verify.mark",
    "flopcalc.comparison.compare_specs",
    "flopcalc.solving.compound",
    "flopcalc.solving.front",
    "flopcalc.solving.solve",
    "flopcalc.theory.bounds.network.bounds_of",
    "flopcalc.theory.derivations.derive",
    "flopcalc.theory.experiments.load_experiment",
    "flopcalc.theory.experiments.run_experiment",
    "flopcalc.theory.explain.explain_spec",
    "flopcalc.theory.minima.derivation.derive_least",
    "flopcalc.theory.ledger.conventions_of",
    "flopcalc.theory.quoted_table.explain_table",
)
"""The functions that commands call for their answers, where the commands find them."""


def same(value: Any) -> Any:
    """Return what tells an argument from others: plain values are equal, anything else is the same object."""
    if isinstance(value, (list, tuple)):
        return (type(value), *map(same, value))
    if isinstance(value, dict):
        return (dict, *((key, same(item)) for key, item in value.items()))
    if value is None or isinstance(value, (bool, int, float, str, Fraction, Path)):
        return (type(value), value)
    return (type(value), id(value))


class Kept:
    """The answers to one question, with their arguments, so that no other object takes an argument's place."""

    def __init__(self) -> None:
        self.question: Any = None
        self.answers: dict[Any, tuple[Any, Any]] = {}

    def ask(self, question: Any) -> None:
        """Forget the answers to any other question."""
        if question != self.question:
            self.question = question
            self.answers.clear()

    def keeping(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that works out each answer once."""

        @wraps(work)
        def once(*arguments: Any, **named: Any) -> Any:
            key = (name, same(arguments), same(named))
            if key not in self.answers:
                self.answers[key] = (work(*arguments, **named), (arguments, named))
            return self.answers[key][0]

        return once


_KEPT = Kept()


def keep(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work out once what a test asks, however often it asks and whatever the width that it is run at."""
    given = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    asked = {name: value for name, value in given.items() if name not in ("columns", "width")}
    _KEPT.ask((request.path, request.node.originalname, asked))
    for name in WORK:
        work = locate(name)
        assert callable(work), name
        monkeypatch.setattr(name, _KEPT.keeping(name, work))
