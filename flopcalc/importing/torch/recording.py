"""What running a module showed: its calls in order as a pure dataflow, its tensors and its parameters, without torch.

A recording is plain frozen data. Tensors are numbers that index :attr:`Recording.tensors`; a tensor that is written in
place gets a new number, so that every number is made once. It goes to JSON and back, so that recordings are fixtures
for tests where torch is not installed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias

from flopcalc.dataclass import dataclass

__all__ = ["Argument", "Call", "Cut", "Module", "Other", "Output", "Product", "Recording", "Ref", "Tensor"]


@dataclass(frozen=True, slots=True)
class Ref:
    """A tensor as an argument: its number among the recording's tensors."""

    tensor: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A Python slice as an argument."""

    start: Argument
    stop: Argument
    step: Argument


@dataclass(frozen=True, slots=True)
class Other:
    """An argument that is neither number, text nor tensor, as it prints: ``torch.float32``, ``...``, ``cpu``."""

    text: str


Argument: TypeAlias = "bool | int | float | str | Ref | Cut | Other | tuple[Argument, ...] | None"


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of the run.

    Attributes
    ----------
    shape : tuple of int
    dtype : str
        As torch names it, without its module: ``float32``.
    kind : str
        ``input``, ``parameter``, ``buffer``, ``constant`` (made outside the calls) or ``result``.
    names : tuple of str
        An input's argument; every name of a parameter or buffer, the first being the one that torch uses.
    values : tuple of number, optional
        Those of a small constant, in row-major order.
    trained : bool
        Whether it is a parameter that asks for a gradient.
    """

    shape: tuple[int, ...]
    dtype: str
    kind: str
    names: tuple[str, ...] = ()
    values: tuple[float, ...] | None = None
    trained: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """A product that torch's dispatcher saw inside a call: its operands' and result's shapes, and multiply-adds."""

    name: str
    operands: tuple[tuple[int, ...], ...]
    result: tuple[int, ...]
    madds: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function of torch.

    Attributes
    ----------
    function : str
        Its name as torch has it: ``conv2d``, ``add``, ``relu_``, ``__setitem__``, ``torchvision.deform_conv2d``.
    form : str
        How it was written: ``module`` (by a module of torch.nn), ``functional`` (of torch.nn.functional),
        ``function`` (another function or a method of tensors), ``operator``, ``dispatched`` (by no Python function:
        scripted code) or ``written`` (what a write into a view means to the tensor that it views).
    module : str
        The path of the innermost module that was running.
    line : str
        ``file:line`` of the innermost line outside torch.
    arguments : tuple of (str, Argument)
        By name, defaults filled in where torch tells them.
    results : tuple of int
        The tensors that it made.
    products : tuple of Product
        What of it multiplies and adds, an independent count.
    """

    function: str
    form: str
    module: str
    line: str
    arguments: tuple[tuple[str, Argument], ...]
    results: tuple[int, ...]
    products: tuple[Product, ...] = ()

    @property
    def madds(self) -> int:
        """Its multiply-adds as the dispatcher saw them."""
        return sum(each.madds for each in self.products)

    def get(self, name: str, default: Argument = None) -> Argument:
        """Return an argument by its name."""
        return next((value for known, value in self.arguments if known == name), default)

    def reads(self) -> tuple[int, ...]:
        """Return the tensors among the arguments, in order."""
        return tuple(_tensors_of(tuple(value for _, value in self.arguments)))


def _tensors_of(value: Argument) -> Iterator[int]:
    if isinstance(value, Ref):
        yield value.tensor
    elif isinstance(value, tuple):
        for part in value:
            yield from _tensors_of(part)
    elif isinstance(value, Cut):
        yield from _tensors_of((value.start, value.stop, value.step))


@dataclass(frozen=True, slots=True)
class Module:
    """A module by its path: its class, the class of torch.nn that this is or derives from, all its paths if shared."""

    path: str
    name: str
    base: str
    own: bool
    """Whether the class is torch.nn's own."""
    calls: int = 0
    """How often the run entered it."""


@dataclass(frozen=True, slots=True)
class Output:
    """A tensor that the module returned, by its place in the structure: ``0``, ``out``, ``logits``; empty if alone."""

    key: str
    tensor: int


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of a module: see the module's docstring.

    Attributes
    ----------
    name : str
        The class of the module.
    tensors : tuple of Tensor
    calls : tuple of Call
    modules : tuple of Module
        Every module, also those that never ran, the outermost first (its path is empty).
    inputs, parameters, buffers : tuple of int
        Tensors, each once.
    outputs : tuple of Output
    notes : tuple of str
        What the run met that a reader should know, such as outputs that are no tensors.
    """

    name: str
    tensors: tuple[Tensor, ...]
    calls: tuple[Call, ...]
    modules: tuple[Module, ...]
    inputs: tuple[int, ...]
    parameters: tuple[int, ...]
    buffers: tuple[int, ...]
    outputs: tuple[Output, ...]
    notes: tuple[str, ...] = ()

    @property
    def madds(self) -> int:
        """All multiply-adds that the dispatcher saw."""
        return sum(call.madds for call in self.calls)

    @property
    def params(self) -> int:
        """The elements of all parameters that the module owns, tied ones once."""
        return sum(size(self.tensors[index].shape) for index in self.parameters)

    def used(self) -> frozenset[int]:
        """Return the tensors that a call reads or that are returned."""
        read = {tensor for call in self.calls for tensor in call.reads()}
        return frozenset(read | {output.tensor for output in self.outputs})

    def to_json(self) -> str:
        """Return the recording as JSON text, one call a line."""
        return _written(self)

    @classmethod
    def from_json(cls, text: str) -> Recording:
        """Return the recording of a text that :meth:`to_json` wrote."""
        return _read(text)


def size(shape: tuple[int, ...]) -> int:
    """Return the number of elements of a shape."""
    product = 1
    for side in shape:
        product *= side
    return product


Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"


def _plain(value: Argument) -> Plain:
    if isinstance(value, Ref):
        return {"t": value.tensor}
    if isinstance(value, Cut):
        return {"slice": [_plain(value.start), _plain(value.stop), _plain(value.step)]}
    if isinstance(value, Other):
        return {"other": value.text}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"float": repr(value)}
    return value


def _argument(value: Plain) -> Argument:
    if isinstance(value, list):
        return tuple(_argument(part) for part in value)
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "t" and isinstance(content, int):
        return Ref(content)
    if kind == "slice" and isinstance(content, list):
        return Cut(*(_argument(part) for part in content))
    if kind == "float":
        return float(str(content))
    return Other(str(content))


def _written(recording: Recording) -> str:
    def line(value: Plain) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def block(key: str, rows: list[Plain]) -> str:
        return f"{line(key)}: [\n" + ",\n".join(map(line, rows)) + "\n]"

    tensors: list[Plain] = [
        [
            list(each.shape),
            each.dtype,
            each.kind,
            list(each.names),
            None if each.values is None else [*each.values],
            each.trained,
        ]
        for each in recording.tensors
    ]
    calls: list[Plain] = [
        [
            call.function,
            call.form,
            call.module,
            call.line,
            {name: _plain(value) for name, value in call.arguments},
            list(call.results),
            [[p.name, [list(each) for each in p.operands], list(p.result), p.madds] for p in call.products],
        ]
        for call in recording.calls
    ]
    modules: list[Plain] = [[each.path, each.name, each.base, each.own, each.calls] for each in recording.modules]
    parts = [
        f'"name": {line(recording.name)}',
        block("tensors", tensors),
        block("calls", calls),
        block("modules", modules),
        *(f'"{key}": {line(list(getattr(recording, key)))}' for key in ("inputs", "parameters", "buffers", "notes")),
        f'"outputs": {line([[each.key, each.tensor] for each in recording.outputs])}',
    ]
    return "{" + ",\n".join(parts) + "}\n"


def _read(text: str) -> Recording:
    data = json.loads(text)
    return Recording(
        name=data["name"],
        tensors=tuple(
            Tensor(tuple(shape), dtype, kind, tuple(names), None if values is None else tuple(values), trained)
            for shape, dtype, kind, names, values, trained in data["tensors"]
        ),
        calls=tuple(
            Call(
                function,
                form,
                module,
                line,
                tuple((name, _argument(value)) for name, value in arguments.items()),
                tuple(results),
                tuple(Product(p[0], tuple(tuple(each) for each in p[1]), tuple(p[2]), p[3]) for p in products),
            )
            for function, form, module, line, arguments, results, products in data["calls"]
        ),
        modules=tuple(Module(*row) for row in data["modules"]),
        inputs=tuple(data["inputs"]),
        parameters=tuple(data["parameters"]),
        buffers=tuple(data["buffers"]),
        outputs=tuple(Output(*row) for row in data["outputs"]),
        notes=tuple(data["notes"]),
    )
