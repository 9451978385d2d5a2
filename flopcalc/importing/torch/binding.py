"""The arguments of a torch function by name: of a Python function by its signature, of a builtin by torch's schemas."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flopcalc.dataclass import dataclass

__all__ = ["bound"]

_SAME = {"self": "input", "x": "input", "axis": "dim", "axes": "dim", "keepdims": "keepdim"}
"""Other words for an argument, as torch and numpy have them."""

_OPERATORS = {
    "__add__": "add",
    "__sub__": "sub",
    "__mul__": "mul",
    "__truediv__": "div",
    "__matmul__": "matmul",
    "__pow__": "pow",
    "concat": "cat",
    "concatenate": "cat",
    "div_": "div",
}
_TWO = ("__radd__", "__rsub__", "__rmul__", "__rdiv__", "__rtruediv__", "__rpow__", "__rmatmul__", "__floordiv__")


_NOT_ASKED = ("return_indices", "inplace")
"""What functions of torch.nn.functional take, and torch's schemas do not know."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    type: str
    keyword: bool
    has_default: bool
    default: object


_schemas: dict[str, tuple[tuple[_Parameter, ...], ...]] = {}
_signatures: dict[object, inspect.Signature | None] = {}


def bound(
    function: Callable[..., object], name: str, args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:
    """Return the arguments of a call by name, with the defaults that are known.

    What torch tells nothing of is named by its position: ``"0"``, ``"1"``.
    """
    if name == "__getitem__" and len(args) == 2:
        return {"input": args[0], "index": args[1]}
    if name == "__setitem__" and len(args) == 3:
        return {"input": args[0], "index": args[1], "value": args[2]}
    if name in _TWO and len(args) == 2:
        return {"input": args[0], "other": args[1]}
    signature = _signature(function)
    if signature is not None:
        return _by_signature(signature, args, kwargs)
    named = {_SAME.get(key, key): value for key, value in kwargs.items() if key not in _NOT_ASKED}
    for parameters in _schemas_of(name):
        found = _by_schema(parameters, args, named)
        if found is not None:
            return found
    names = ["input", "other"] if len(args) == 2 else ["input"]
    positional = {names[index] if index < len(names) else str(index): each for index, each in enumerate(args)}
    return {**positional, **named}


def _signature(function: Callable[..., object]) -> inspect.Signature | None:
    """Return a Python function's signature; None for a builtin."""
    if not hasattr(function, "__code__"):
        return None
    if function not in _signatures:
        try:
            signature: inspect.Signature | None = inspect.signature(function)
        except ValueError:  # a wrapper of a builtin
            signature = None
        if signature is not None and list(signature.parameters)[:2] == ["args", "kwargs"]:
            signature = None
        _signatures[function] = signature
    return _signatures[function]


def _by_signature(
    signature: inspect.Signature, args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:
    try:
        binding = signature.bind(*args, **kwargs)
    except TypeError:
        return {**{str(index): value for index, value in enumerate(args)}, **kwargs}
    binding.apply_defaults()
    return {_SAME.get(key, key): value for key, value in binding.arguments.items() if not key.startswith("_")}


def _schemas_of(name: str) -> tuple[tuple[_Parameter, ...], ...]:
    """Return the parameters of every form that torch's schemas give a function."""
    if name not in _schemas:
        import torch

        space, _, last = name.rpartition(".")
        wanted = f"{space or 'aten'}::{_OPERATORS.get(last, last)}"
        schemas: Any = torch._C._jit_get_schemas_for_operator(wanted)
        _schemas[name] = tuple(
            tuple(
                _Parameter(
                    _SAME.get(each.name, each.name),
                    str(each.type),
                    each.kwarg_only,
                    each.has_default_value() or str(each.type).startswith("Optional"),
                    each.default_value,
                )
                for each in schema.arguments
            )
            for schema in schemas
        )
    return _schemas[name]


def _by_schema(
    parameters: tuple[_Parameter, ...], args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object] | None:
    """Return the arguments as one schema names them; None where they do not fit it."""
    positional = [each for each in parameters if not each.keyword]
    given = list(args)
    if len(given) > len(positional) or _spread(positional, given):
        at = next((index for index, each in enumerate(positional) if each.type.startswith("List[int]")), None)
        if at is None or not all(_whole(each) for each in given[at:]):
            return None
        given[at:] = [tuple(given[at:])]
    found: dict[str, object] = dict(zip((each.name for each in positional), given, strict=False))
    if found.keys() & kwargs.keys():
        return None
    found.update(kwargs)
    types = {each.name: each.type for each in parameters}
    if any(not _fits(types.get(name, "" if name != "out" else "Tensor"), value) for name, value in found.items()):
        return None
    for each in parameters:
        if each.name not in found:
            if not each.has_default:
                return None
            found[each.name] = each.default
    return {each.name: found[each.name] for each in parameters} | found


def _spread(positional: Sequence[_Parameter], given: Sequence[object]) -> bool:
    """Whether a list of numbers is written as so many arguments: `x.permute(0, 2, 1)`."""
    return any(
        parameter.type == "List[int]" and _whole(value) and index + 1 < len(given)
        for index, (parameter, value) in enumerate(zip(positional, given, strict=False))
    ) and all(_whole(value) for value in given[1:])


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _fits(type_: str, value: object) -> bool:
    """Whether a value may stand for a parameter of a schema's type."""
    import torch

    if value is None:
        return type_.startswith(("Optional[", "List["))
    if type_.startswith("Optional["):
        return _fits(type_[9:-1], value)
    if type_ == "Tensor":
        return isinstance(value, torch.Tensor)
    if type_ in ("List[Tensor]", "List[Optional[Tensor]]"):
        return isinstance(value, (tuple, list)) and all(v is None or isinstance(v, torch.Tensor) for v in value)
    if type_ == "int":
        return _whole(value) or isinstance(value, (torch.dtype, torch.device, torch.memory_format, torch.layout))
    if type_ in ("float", "number"):
        return isinstance(value, (int, float, complex)) or _scalar(value)
    if type_ == "bool":
        return isinstance(value, bool)
    if type_ == "str":
        return isinstance(value, str)
    if type_ in ("List[int]", "List[float]"):
        return isinstance(value, (int, float, tuple, list))
    return type_ != "" and not isinstance(value, torch.Tensor)


def _scalar(value: object) -> bool:
    import torch

    return isinstance(value, torch.Tensor) and value.dim() == 0
