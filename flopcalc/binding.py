"""Values for a spec's parameters: a number, a word, or an expression in new symbols, for each by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flopcalc.errors import Fault, FlopcalcError, ParameterError, Problem, shorten, suggest
from flopcalc.expression import check_name, free_expression, parse, read_relation
from flopcalc.number import Arithmetic, Number, Value, as_text, exact, is_rational, normal, readable, symbol
from flopcalc.spec.model import Parameter, Spec

__all__ = ["Binding", "bind", "is_truth"]


@dataclass(frozen=True, slots=True)
class Binding:
    """What an analysis starts from: values by name, the overriding input shapes, and the arithmetic."""

    values: Mapping[str, Value]
    shapes: Mapping[str, tuple[Number, Number, Number]]
    arithmetic: Arithmetic


def is_truth(parameter: Parameter) -> bool:
    """Tell whether a parameter is true or false."""
    if parameter.choices:
        return all(isinstance(choice, bool) for choice in parameter.choices)
    default = parameter.default
    return default is not None and default.constant and default.text in ("true", "false", "True", "False")


def bind(
    spec: Spec,
    given: Mapping[str, object],
    *,
    symbolic: Iterable[str] = (),
    shapes: Mapping[str, object] | None = None,
    assume: Iterable[str] = (),
    exact_rounding: bool = False,
) -> Binding:
    """Read a user's values for the parameters of `spec`.

    Parameters
    ----------
    spec : Spec
    given : mapping of str to object
        An int, a Fraction, a float (the decimal that it prints), a bool, or a text: a word among the choices, or an
        expression whose names are new symbols.
    symbolic : iterable of str
        Parameters that stay free.
    shapes : mapping of str to object, optional
        Input shapes by label, instead of the spec's own: three numbers or texts each.
    assume : iterable of str
        Inequalities between symbols.
    exact_rounding : bool
        Keep the rounding of symbols as functions.

    Raises
    ------
    ParameterError
        With every value that is wrong.
    """
    known: dict[str, Parameter | None] = dict.fromkeys(spec.free_names())
    known.update(spec.parameters)
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    values: dict[str, Value] = dict(spec.preset)
    real: dict[str, bool] = {}

    def unknown(name: str) -> None:
        listed = ", ".join(known) or "none"
        problems.append(
            Problem(
                f"{spec.variant or spec.name} has no parameter `{shorten(name)}`",
                None,
                f"one of {listed}",
                suggest(name, known),
            )
        )

    for name, value in given.items():
        if name not in known:
            unknown(name)
            continue
        parameter = known[name]
        try:
            read = _read(name, value, parameter)
        except Fault as fault:
            problems.append(fault.at(None))
            continue
        if isinstance(read, _Text):
            texts[name] = read.text
            values.pop(name, None)
            for used in read.names:
                real[used] = real.get(used, False) or bool(parameter and parameter.real)
        else:
            values[name] = read
    for name in symbolic:
        if name not in known:
            unknown(name)
            continue
        parameter = known[name]
        if parameter is not None and (parameter.choices or is_truth(parameter)):
            problems.append(
                Problem(
                    f"{name} cannot be a symbol",
                    None,
                    "one of " + ", ".join(readable(c) for c in parameter.choices or (True, False)),
                )
            )
        if name in given:
            problems.append(Problem(f"{name} is given a value and made a symbol", None, "one of the two"))
            continue
        values.pop(name, None)
        texts[name] = name
        real[name] = real.get(name, False) or bool(parameter and parameter.real)
    overridden = _overridden(spec, shapes or {})
    for name in overridden:
        if name in values or name in texts:
            problems.append(Problem(f"{name} is given a value, and the input that it is a side of as well"))
    for name, parameter in known.items():
        if name not in values and name not in texts and (parameter is None or parameter.default is None):
            if name in overridden:
                continue
            texts[name] = name
            real[name] = real.get(name, False) or bool(parameter and parameter.real)

    symbols: dict[str, Number] = {}

    def make(name: str) -> Number:
        if name not in symbols:
            symbols[name] = symbol(name, real=real.get(name, False))
        return symbols[name]

    arithmetic = Arithmetic(exact_rounding=exact_rounding)
    for name, text in texts.items():
        try:
            values[name] = symbol_or_value(text, make)
        except FlopcalcError as error:
            problems.extend(Problem(f"{name}: {item.what}", None, item.expected, item.hint) for item in error.problems)
    read_shapes: dict[str, tuple[Number, Number, Number]] = {}
    for label, sides in (shapes or {}).items():
        try:
            read_shapes[label] = _shape(label, sides, make)
        except FlopcalcError as error:
            problems.extend(error.problems)
        except Fault as fault:
            problems.append(fault.at(None))
    relations = []
    for text in assume:
        try:
            relation = read_relation(text, make)
        except FlopcalcError as error:
            problems.extend(error.problems)
            continue
        for used in sorted(str(item) for item in relation.difference.free_symbols):
            if used not in real and used not in texts:
                problems.append(
                    Problem(
                        f"the assumption `{shorten(text)}` speaks of `{used}`, which is no free symbol",
                        None,
                        "one of " + ", ".join(real) if real else "",
                        f"--symbolic {used}" if used in known else suggest(used, real),
                    )
                )
        relations.append(relation)
    for index, relation in enumerate(() if problems else relations):
        others = Arithmetic(relations=tuple(relations[:index]))
        if others.decide(relation.difference, strict=relation.strict) is False:
            problems.append(
                Problem(
                    f"the assumption `{shorten(relation.text)}` cannot hold",
                    None,
                    "assumptions that hold together, for symbols that are positive",
                    "symbols of counts and sizes are whole numbers, at least 1" if not index else "",
                )
            )
    if problems:
        raise ParameterError(*problems)
    arithmetic.relations = tuple(relations)
    return Binding(values, read_shapes, arithmetic)


@dataclass(frozen=True, slots=True)
class _Text:
    """An expression still to be evaluated, and the symbols in it."""

    text: str
    names: tuple[str, ...]


def _overridden(spec: Spec, shapes: Mapping[str, object]) -> set[str]:
    """Return the names of the inputs whose shapes are given."""
    return {
        item
        for entry in spec.inputs
        if entry.label in shapes or (len(spec.inputs) == 1 and "input" in shapes)
        for item in entry.entries
        if isinstance(item, str)
    }


def symbol_or_value(text: str, make: object) -> Value:
    """Evaluate a text whose names are symbols made by `make`."""
    return free_expression(text, symbols=make)  # type: ignore[arg-type]


def _read(name: str, value: object, parameter: Parameter | None) -> Value | _Text:
    """Read one value, and hold it against the parameter's choices."""
    choices = parameter.choices if parameter else ()
    truth = parameter is not None and is_truth(parameter)
    derived = parameter is not None and parameter.default is not None and not parameter.default.constant
    result: Value | _Text
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        result = bool(value)
    elif isinstance(value, str):
        text = value.strip()
        if text in choices:
            result = text
        elif text in ("true", "false", "True", "False"):
            result = text.lower() == "true"
        elif truth:
            result = text
        elif choices:
            try:
                result = _expression(text)
            except (Fault, FlopcalcError):
                result = text
            if isinstance(result, _Text):
                result = text
        else:
            result = _expression(text)
            if isinstance(result, _Text):
                return result
    elif type(value).__module__.startswith("sympy"):
        result = _sympy(value)
        if isinstance(result, _Text):
            if not choices and not truth:
                return result
            result = result.text
    else:
        result = exact(value)
    if choices:
        if not any(type(choice) is type(result) and choice == result for choice in choices) and not (
            is_rational(result) and any(is_rational(choice) and choice == result for choice in choices)
        ):
            shown = readable(result)  # type: ignore[arg-type]
            raise Fault(
                f"{name} cannot be {shorten(shown)}",
                expected="one of " + ", ".join(readable(choice) for choice in choices),
                hint=suggest(shown, [readable(choice) for choice in choices]),
            )
    elif truth and not isinstance(result, bool):
        raise Fault(f"{name} cannot be {shorten(as_text(result))}", expected="true or false")  # type: ignore[arg-type]
    elif isinstance(result, bool) and not truth and not derived:
        raise Fault(f"{name} cannot be {as_text(result)}", expected="a number")
    return result


def _sympy(value: Any) -> Value | _Text:
    """Read a number, a truth or a formula of sympy."""
    if getattr(value, "is_Rational", False):
        return normal(value)
    for atom in value.atoms() if hasattr(value, "atoms") else ():
        number = getattr(atom, "is_number", False)
        if number and not atom.is_rational and not (atom.is_Float and atom.is_finite):
            raise Fault(f"{shorten(str(value))} is no number of the language", expected="a finite rational or formula")
    return _expression(str(value))


_NOT_FINITE = ("nan", "inf", "infinity")


def _expression(text: str) -> Value | _Text:
    try:
        expression = parse(text)
    except Fault as fault:
        fault.offset = None
        raise
    for used in expression.names:
        problem = check_name(used)
        if problem:
            raise Fault(problem)
        if used.lower() in _NOT_FINITE:
            raise Fault(f"{used} is not a finite number", expected="a finite number")
    if expression.names or not expression.constant:
        return _Text(text, tuple(expression.names))
    value = free_expression(text, symbols=symbol)
    return value


def _shape(label: str, sides: object, make: object) -> tuple[Number, Number, Number]:
    items = sides.split(",") if isinstance(sides, str) else sides
    if not isinstance(items, (list, tuple)) or len(items) != 3:
        raise Fault(f"the input {label} is {shorten(str(sides))}", expected="channels,height,width", hint="3,512,1024")
    read: list[Number] = []
    for item in items:
        value = symbol_or_value(item, make) if isinstance(item, str) else exact(item)
        if isinstance(value, (bool, str, tuple, dict)):
            raise Fault(f"the input {label} has the entry {as_text(value)}", expected="a whole number")
        if is_rational(value) and (isinstance(value, Fraction) or value < 1):
            raise Fault(f"the input {label} has the entry {value}", expected="a whole number, at least 1")
        read.append(value)
    return (read[0], read[1], read[2])
