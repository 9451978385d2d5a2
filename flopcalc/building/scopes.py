"""The values of a spec's names: parameters with their bounds, and definitions, computed when they are first needed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flopcalc.building.site import Site, sides_of
from flopcalc.errors import ParameterError, Place, Problem, one_of, shorten
from flopcalc.expression import RUNNING, Budget, Derived, Expression, Function, Scope, weighed
from flopcalc.layers import Shape
from flopcalc.number import Arithmetic, Number, Recorded, Value, as_text, is_symbolic, readable
from flopcalc.spec.model import Data, Definition, Parameter, Spec

__all__ = ["check_parameters", "define", "settle"]


def define(spec: Spec, scope: Scope, calls: Budget) -> Scope:
    """Put defaults and definitions into a spec's scope, to be computed when they are first needed.

    They are read in the scope that is returned, where :func:`settle` puts the shape that enters.
    """
    values = scope.values
    settled = Scope({}, scope)
    for name, value in spec.preset.items():
        values.setdefault(name, value)
    for parameter in spec.parameters.values():
        if parameter.name not in values and parameter.default is not None:
            values[parameter.name] = Derived(parameter.default.evaluate, settled)
    for definition in spec.definitions.values():
        values[definition.name] = _defined(definition, scope, settled, calls)
    return settled


def settle(spec: Spec, settled: Scope, entering: Shape) -> None:
    """Let defaults and definitions read the shape that enters."""
    hidden = {*RUNNING} - {*spec.running}
    settled.values.update({word: side for word, side in sides_of(entering).items() if word not in hidden})


def _defined(definition: Definition, scope: Scope, settled: Scope, calls: Budget) -> Derived | Function:
    body = definition.body
    if definition.parameters is not None:
        assert isinstance(body, Expression)
        return Function(definition.name, definition.parameters, body, scope, calls)
    if isinstance(body, Expression):
        return Derived(body.evaluate, settled)
    return Derived(lambda inner: _frozen(body, inner), settled)


def _frozen(data: Data | Expression, scope: Scope) -> Value:
    """Evaluate a look-up table or a list."""
    if isinstance(data, Expression):
        return data.evaluate(scope)
    if isinstance(data.items, tuple):
        return weighed(tuple([_frozen(item, scope) for item in data.items]), scope)
    return weighed({key: _frozen(item, scope) for key, item in data.items.items()}, scope)


# -- bounds ----------------------------------------------------------------------------------------------------------


def check_parameters(site: Site, spec: Spec, scope: Scope, place: Place | None) -> None:
    """Hold every parameter of a spec against its bounds; `place` is that of the entry which uses it as a block.

    Raises
    ------
    ParameterError
        Where one is out of them.
    """
    for parameter in spec.parameters.values():
        if parameter.minimum or parameter.maximum or parameter.above or parameter.choices or parameter.whole:
            own = place is None and parameter.name not in site.binding.values  # its default breaks its bound
            _check_parameter(spec, parameter, scope, parameter.place if own else place, site.arithmetic)


def _check_parameter(
    spec: Spec, parameter: Parameter, scope: Scope, place: Place | None, arithmetic: Arithmetic
) -> None:
    value = scope.look_up(parameter.name)
    if parameter.choices:
        if is_symbolic(value) or not any(
            isinstance(choice, bool) is isinstance(value, bool) and choice == value for choice in parameter.choices
        ):
            raise ParameterError(
                Problem(
                    f"{parameter.name} of {spec.name} cannot be {shorten(readable(value))}",
                    place,
                    one_of(readable(choice) for choice in parameter.choices),
                )
            )
        return
    entries = value if isinstance(value, tuple) and parameter.pair and len(value) == 2 else (value,)
    for entry in entries:
        _check_bounds(spec, parameter, entry, scope, place, arithmetic)


def _check_bounds(
    spec: Spec, parameter: Parameter, value: Value, scope: Scope, place: Place | None, arithmetic: Arithmetic
) -> None:
    """Hold a parameter's value, or an entry of it, against its bounds."""
    said = f"{parameter.name} of {spec.name} is"
    if isinstance(value, (bool, str, tuple, dict)):
        expected = "a number, or [height, width]" if parameter.pair else "a number"
        raise ParameterError(Problem(f"{said} {shorten(as_text(value))}", place, expected))
    if parameter.whole and not _may_be_whole(value):
        shown = shorten(as_text(value))
        raise ParameterError(Problem(f"{said} {shown}, which is not whole", place, "a whole number"))
    bounds: tuple[tuple[Expression | None, str, Callable[[Number], bool | None]], ...] = (
        (parameter.minimum, "at least", lambda bound: arithmetic.decide(value - bound, strict=False)),
        (parameter.maximum, "at most", lambda bound: arithmetic.decide(bound - value, strict=False)),
        (parameter.above, "above", lambda bound: arithmetic.decide(value - bound, strict=True)),
    )
    for expression, words, holds in bounds:
        if expression is None:
            continue
        bound = expression.evaluate(scope)
        if isinstance(bound, (bool, str, tuple, dict)):
            raise ParameterError(
                Problem(f"a bound of {parameter.name} is {shorten(as_text(bound))}", expression.place, "a number")
            )
        if holds(bound) is False:
            raise ParameterError(Problem(f"{said} {shorten(as_text(value))}", place, f"{words} {bound}"))


def _may_be_whole(value: Number) -> bool:
    """Tell whether a number is whole, or a formula that can be: of symbols, whose values are not known."""
    if isinstance(value, Recorded):
        return value.is_whole()
    if is_symbolic(value):
        return bool(value.free_symbols) or bool(value.is_integer)
    return type(value) is not Fraction
