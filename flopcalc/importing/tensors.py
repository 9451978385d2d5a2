"""The operations of frameworks as layers of the spec language.

A frontend tells a :class:`Builder` what a model does, in the terms that frameworks share: shapes with the batch first,
channels behind it, weights as tensors. The builder keeps for every tensor how it lies here, without the batch and
channels first, emits layers, and puts a `reshape` or a `permute` between them only where elements are looked at
differently. Sides of 1 come and go for nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.errors import listed
from flopcalc.importing.trace import Attribute, Step, Trace
from flopcalc.layers import LAYERS, Layer
from flopcalc.number import Value

__all__ = ["Builder", "Misfit", "Operand", "Tensor", "Unmapped", "shown"]

Dims: TypeAlias = "tuple[int, ...]"


class Unmapped(Exception):
    """The language has no layer for an operation: its frontend emits one whose cost is not known."""


class Misfit(Exception):
    """Shapes do not fit each other: the model was made for another size of its input."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of the model.

    Attributes
    ----------
    shape : tuple of int
        As the framework has it, the batch first.
    key : str
        The result of a step, or the input, that holds its elements; empty for a parameter that no step stands for yet.
    layout : tuple of int
        How they lie in it.
    learned : str
        Of a parameter, or of a view of one, its name in the model.
    fixed : bool
        Whether it is a tensor that nothing learns: a buffer, an array of constants.
    parts : tuple of tuple of str and int
        The parameters that it is, each with its elements, where it is several of them side by side.
    """

    shape: Dims
    key: str = ""
    layout: Dims = ()
    learned: str = ""
    fixed: bool = False

    @property
    def constant(self) -> bool:
        """Whether it does not depend on the model's inputs."""
        return bool(self.learned) or self.fixed


Operand: TypeAlias = "Tensor | int | float"


@dataclass(frozen=True, slots=True)
class State:
    """What a builder has been told up to a moment."""

    steps: list[Step]
    notes: list[str]
    counted: set[str]
    merged: dict[str, int]
    owners: dict[tuple[str, ...], str]
    views: dict[tuple[str, Dims], str]
    standing: dict[tuple[str, Dims], Tensor]


@dataclass(frozen=True, slots=True)
class _Site:
    """Where in the model the steps that follow stand."""

    path: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    written: str = ""
    origin: str = ""


def _long(shape: Sequence[int]) -> Dims:
    """Return the sides of a shape that are not 1."""
    return tuple([side for side in shape if side != 1])


def plain(shape: Sequence[int]) -> Dims:
    """Return how a tensor of a framework's shape lies here: without a batch of 1.

    Examples
    --------
    >>> plain((1, 3, 224, 224)), plain((64, 49, 96)), plain((1,)), plain(())
    ((3, 224, 224), (64, 49, 96), (1,), (1,))
    """
    if len(shape) > 1 and shape[0] == 1:
        return tuple(shape[1:])
    return tuple(shape) or (1,)


def _same_numbers(values: Sequence[int]) -> Attribute:
    """Return one number for all sides where they are equal, else the list."""
    return values[0] if len({*values}) == 1 else tuple(values)


class Builder:
    """Gathers the layers of a model.

    Parameters
    ----------
    name : str
        What the network is called.
    title, source : str
        For its heading.
    known_upper : collection of str
        Pads of which another size has shown that they are the padding `same_upper`.

    Examples
    --------
    >>> net = Builder("tiny")
    >>> image = net.input("x", (1, 3, 32, 32))
    >>> kernel = net.parameter("conv.weight", (8, 3, 3, 3))
    >>> map_ = net.conv(image, kernel, None, padding=[(1, 1), (1, 1)])
    >>> net.output(net.linear(net.reshape(net.reduce(map_, "mean", [2, 3]), (1, 8)), net.parameter("w", (10, 8))))
    >>> [(step.word, dict(step.attributes)) for step in net.trace().steps]
    [('conv', {'out': 8, 'kernel': 3}), ('global_pool', {}), ('linear', {'out': 10, 'bias': False})]
    """

    def __init__(self, name: str, title: str = "", source: str = "", known_upper: Collection[str] = ()) -> None:
        self.name = name
        self.title = title
        self.source = source
        self.steps: list[Step] = []
        self.inputs: dict[str, Dims] = {}
        self.outputs: list[str] = []
        self.notes: list[str] = []
        self.counted: set[str] = set()
        """The parameters that a step has counted."""
        self.merged: dict[str, int] = {}
        """Those that are used once more by a step that does not count them, with their elements."""
        self.owners: dict[tuple[str, ...], str] = {}
        """For the kind of every step and its parameters together, what it writes."""
        self._layouts: dict[str, Dims] = {}
        self._site = _Site()
        self.known_upper = known_upper
        self.upper: list[str] = []
        """The pads that are read as the padding `same_upper`."""
        self._pads: dict[str, Step] = {}
        self._written: dict[str, Step] = {}
        """By every tensor, the step that writes it."""
        self._views: dict[tuple[str, Dims], str] = {}
        self._standing: dict[tuple[str, Dims], Tensor] = {}

    # -- what enters and leaves --------------------------------------------------------------------------------------

    def at(self, path: Sequence[str] = (), classes: Sequence[str] = (), *, written: str = "", origin: str = "") -> None:
        """Say where in the model the operations that follow stand."""
        self._site = _Site(tuple(path), tuple(classes), written, origin)

    def input(self, label: str, shape: Sequence[int]) -> Tensor:
        """Return a tensor that enters."""
        layout = plain(shape)
        self.inputs[label] = self._layouts[label] = layout
        return Tensor(tuple(shape), label, layout)

    def parameter(self, name: str, shape: Sequence[int]) -> Tensor:
        """Return a learned tensor; it is counted where a layer uses it, once."""
        return Tensor(tuple(shape), learned=name)

    def constant(self, shape: Sequence[int]) -> Tensor:
        """Return a tensor that nothing learns and that does not depend on the inputs."""
        return Tensor(tuple(shape), fixed=True)

    def output(self, *tensors: Tensor) -> None:
        """Say which tensors leave the network."""
        for tensor in tensors:
            key = self._flow(tensor).key
            if key not in self.outputs:
                self.outputs.append(key)

    def unused(self, name: str, elements: int, path: Sequence[str] = ()) -> None:
        """Count parameters that the model owns and that nothing reads."""
        self.at(path)
        self._emit("parameter", {"shape": (elements,), "role": "unused"}, (), (elements,), own=(name,))
        self.steps.insert(0, self.steps.pop())  # what comes last is what leaves

    def note(self, text: str) -> None:
        """Tell the user something about the reading, once."""
        if text not in self.notes:
            self.notes.append(text)

    def trace(self) -> Trace:
        """Return the network, without what costs nothing and is read by nobody."""
        steps = self._alive()
        if self.merged:
            several = f"{len(self.merged)} tensors" if len(self.merged) > 1 else "A tensor"
            names = listed([*self.merged][:3]) + (" …" if len(self.merged) > 3 else "")
            elements = f"{sum(self.merged.values()):,} elements"
            self.note(f"{several} of parameters, {elements}, that several layers use: counted once each ({names}).")
        return Trace(
            self.name,
            self.title,
            self.source,
            dict(self.inputs),
            steps,
            self._leaving(steps),
            tuple(self.notes),
            tuple(self.upper),
        )

    def _alive(self) -> tuple[Step, ...]:
        """Return the steps that something reads, that leave, or that learn or multiply."""
        read = {*self.outputs}
        alive: list[Step] = []
        for step in reversed(self.steps):
            layer = LAYERS[step.word].layer
            learns = step.word == "parameter" and step.attributes.get("role") == "unused"
            if learns or any(result in read for result in step.results) or layer.contracts or step.word in _COUNTED:
                read.update(step.sources)
                if step.shares:
                    read.add(step.shares)
                alive.append(step)
        return tuple(reversed(alive))

    def _leaving(self, steps: Sequence[Step]) -> tuple[str, ...]:
        """Return the outputs, and what is computed although nothing reads it."""
        read = {source for step in steps for source in step.sources}
        dead = [
            step.results[0]
            for step in steps
            if not any(result in read or result in self.outputs for result in step.results)
            and step.attributes.get("role") != "unused"
        ]
        return (*self.outputs, *dead)

    # -- trying ------------------------------------------------------------------------------------------------------

    def state(self) -> State:
        """Return what has been told so far, for :meth:`restore`."""
        return State(
            [*self.steps],
            [*self.notes],
            {*self.counted},
            {**self.merged},
            {**self.owners},
            {**self._views},
            {**self._standing},
        )

    def restore(self, state: State) -> None:
        """Forget what has been told since."""
        self.steps, self.notes, self.counted = state.steps, state.notes, state.counted
        self.merged, self.owners = state.merged, state.owners
        self._views, self._standing = state.views, state.standing

    def madds_of(self, steps: Sequence[Step]) -> int:
        """Return the multiply-adds of some of the steps."""
        return sum(_madds_of(step, self._layouts) for step in steps)

    def params_of(self, steps: Sequence[Step]) -> int:
        """Return the learned parameters that some of the steps count; those that share another's count none."""
        return sum(_params_of(step, self._layouts) for step in steps if not step.shares)

    # -- steps -------------------------------------------------------------------------------------------------------

    def _emit(
        self,
        word: str,
        attributes: Mapping[str, Attribute],
        sources: Sequence[str],
        layout: Sequence[int],
        *,
        own: Sequence[str] = (),
        parts: Sequence[Dims] = (),
    ) -> str:
        """Append a step and return the tensor that it writes; `own` are the parameters that it counts or shares."""
        layouts = tuple(parts) or (tuple(layout),)
        first = len(self.steps) + 1
        results = tuple([f"t{first}" if index == 0 else f"t{first}_{index}" for index in range(len(layouts))])
        self._layouts.update(zip(results, layouts, strict=True))
        site = self._site
        forms = LAYERS[word].layer.forms
        written = site.written if site.written in forms and site.written != forms[0] else ""
        shares = self._share(word, attributes, tuple(own), results[0])
        self.steps.append(
            Step(
                word,
                dict(attributes),
                tuple(sources),
                results,
                layouts,
                site.path,
                site.classes,
                written,
                shares,
                site.origin,
            )
        )
        self._written.update(dict.fromkeys(results, self.steps[-1]))
        if word == "pad":
            self._pads[results[0]] = self.steps[-1]
        return results[0]

    def _share(self, word: str, attributes: Mapping[str, Attribute], own: tuple[str, ...], result: str) -> str:
        """Return the step whose parameters are these, "" for the first that uses them."""
        if not own:
            return ""
        kind = _tie(word, attributes)
        earlier = self.owners.get((kind, own[0]) if kind == "matrix" else (kind, *own))
        if earlier is not None:
            return earlier
        together = (kind, *own)
        self.owners[together] = result
        if kind == "matrix":
            self.owners[kind, own[0]] = result
        self.counted.update(own)
        return ""

    def _is_new(self, tensor: Tensor | None) -> bool:
        """Tell whether a step is to count a parameter: one that an earlier step has counted, it only reads."""
        if tensor is None:
            return False
        if tensor.learned in self.counted:
            self.merged[tensor.learned] = math.prod(tensor.shape)
            return False
        return True

    def _has_bias(self, weight: Tensor, bias: Tensor) -> bool:
        """Tell whether a product counts its bias, or shares it together with its weights."""
        return ("matrix", weight.learned, bias.learned) in self.owners or self._is_new(bias)

    def _has_other_bias(self, weight: Tensor, bias: Tensor) -> bool:
        """Tell whether a bias is new, although the weights beside it are counted."""
        return weight.learned in self.counted and bias.learned not in self.counted

    def _made(self, shape: Sequence[int], key: str, layout: Sequence[int]) -> Tensor:
        return Tensor(tuple(shape), key, tuple(layout))

    def _flow(self, tensor: Tensor) -> Tensor:
        """Return a tensor that a step writes: of a parameter or a constant, the step that stands for it."""
        if tensor.key:
            return tensor
        known = self._standing.get((tensor.learned, tensor.shape)) if tensor.learned else None
        if known is not None:
            return known
        layout = plain(tensor.shape)
        site = self._site
        self._site = _Site(_path_of(tensor.learned) if tensor.learned else site.path, (), "", site.origin)
        attributes: dict[str, Attribute] = {"shape": layout}
        counts = bool(tensor.learned) and self._is_new(tensor)
        if not counts:
            attributes["role"] = "fixed"
        key = self._emit("parameter", attributes, (), layout, own=(tensor.learned,) if counts else ())
        self._site = site
        made = self._made(tensor.shape, key, layout)
        if tensor.learned:
            self._standing[tensor.learned, tensor.shape] = made
        return made

    def _view(self, tensor: Tensor, layout: Sequence[int]) -> str:
        """Return a tensor's elements under another layout of the same order."""
        tensor = self._flow(tensor)
        wanted = tuple(layout)
        if tensor.layout == wanted:
            return tensor.key
        known = self._views.get((tensor.key, wanted))
        if known is None:
            known = self._views[tensor.key, wanted] = self._emit("reshape", {"shape": wanted}, (tensor.key,), wanted)
        return known

    def _axis(self, tensor: Tensor, dim: int) -> int | None:
        """Return which axis of a tensor's layout is one of its dimensions; None where that is a side of 1."""
        if tensor.shape[dim] == 1 or _long(tensor.shape) != _long(tensor.layout):
            return None
        wanted = len(_long(tensor.shape[:dim]))
        return [place for place, side in enumerate(tensor.layout) if side != 1][wanted]

    def _settled(self, tensor: Tensor, dims: Sequence[int]) -> tuple[str, Dims, tuple[int, ...]]:
        """Return a tensor's key, its layout, and the axes there of some of its dimensions."""
        tensor = self._flow(tensor)
        axes = [self._axis(tensor, dim) for dim in dims]
        if all(axis is not None for axis in axes):
            return tensor.key, tensor.layout, tuple([axis for axis in axes if axis is not None])
        dropped = len(tensor.shape) > 1 and tensor.shape[0] == 1 and 0 not in dims
        layout = tensor.shape[1:] if dropped else tensor.shape
        return self._view(tensor, layout), layout, tuple([dim - dropped for dim in dims])

    # -- products ----------------------------------------------------------------------------------------------------

    def conv(
        self,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        *,
        stride: Sequence[int] = (),
        padding: Sequence[tuple[int, int]] | str = "",
        dilation: Sequence[int] = (),
        groups: int = 1,
        transposed: bool = False,
        output_padding: Sequence[int] = (),
    ) -> Tensor:
        """Return a convolution, or a transposed one.

        Parameters
        ----------
        x : Tensor
            N×C×map, or C×map.
        weight : Tensor
            O×C/g×kernel, of a transposed one C×O/g×kernel. A tensor of the network is read as a kernel that is given.
        padding : sequence of pairs, or str
            Before and behind, for every side; or a word of the language.
        """
        window = _Window.of(weight.shape[2:], stride, padding, dilation, output_padding)
        if not transposed:
            x, window = self._unpadded(x, window)
        count = len(window.kernel)
        out = weight.shape[1] * groups if transposed else weight.shape[0]
        batch = x.shape[: len(x.shape) - count - 1]
        if math.prod(batch) > 1:
            return self._conv_of_many(x, weight, bias, window, groups, transposed)
        channels, map_ = x.shape[len(batch)], x.shape[len(batch) + 1 :]
        if channels != (weight.shape[0] if transposed else weight.shape[1] * groups):
            raise Misfit(f"{shown(x.shape)} has not the channels of a kernel {shown(weight.shape)} in {groups} groups")
        sides = window.over(map_, transposed=transposed)
        shape, layout = (*batch, out, *sides), (out, *sides)
        if bias is not None and (not bias.constant or bias.fixed or self._has_other_bias(weight, bias)):
            bare = self.conv(
                x,
                weight,
                stride=stride,
                padding=window.margins,
                dilation=dilation,
                groups=groups,
                transposed=transposed,
                output_padding=output_padding,
            )
            return self.elementwise("add", bare, self.reshape(bias, (out, *[1 for _ in map_])))
        word, attributes = _kind_of_conv(channels, out, groups, transposed, learned=bool(weight.learned))
        attributes |= window.attributes()
        sources = [self._view(x, (channels, *map_))]
        own = [weight.learned] if weight.learned else []
        if not own:
            sources.append(self._view(weight, weight.shape))
        if bias is not None and self._has_bias(weight, bias):
            attributes["bias"] = True
            own.append(bias.learned)
        return self._made(shape, self._emit(word, attributes, sources, layout, own=own), layout)

    def _conv_of_many(
        self, x: Tensor, weight: Tensor, bias: Tensor | None, window: _Window, groups: int, transposed: bool
    ) -> Tensor:
        """Return a convolution of several maps: they are a side of the map along which the kernel does not reach."""
        count = len(window.kernel)
        if count > 2 or isinstance(window.margins, str):
            raise Unmapped
        *batch, channels = x.shape[:-count]
        order = (1, 0, *range(2, 2 + count))
        stacked = self.permute(self.reshape(x, (math.prod(batch), channels, *x.shape[-count:])), order)
        found = self.conv(
            replace(stacked, shape=(1, *stacked.shape)),
            replace(weight, shape=(*weight.shape[:2], 1, *window.kernel)),
            bias,
            stride=(1, *window.stride),
            padding=[(0, 0), *window.margins],
            dilation=(1, *window.dilation),
            groups=groups,
            transposed=transposed,
            output_padding=(0, *window.extra),
        )
        back = self.permute(replace(found, shape=found.shape[1:]), order)
        return self.reshape(back, (*batch, *back.shape[1:]))

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor | None = None, *, transposed: bool = False) -> Tensor:
        """Return a layer along the last dimension; `weight` is out×in, or in×out where it is `transposed`."""
        out, inside = weight.shape[::-1] if transposed else weight.shape
        if x.shape[-1] != inside:
            raise Misfit(f"{shown(x.shape)} has not the {inside} features that are wanted")
        shape = (*x.shape[:-1], out)
        if not weight.learned:
            other = self.permute(weight, (1, 0)) if not transposed else weight
            found = self.matmul(x, other)
            return found if bias is None else self.elementwise("add", found, bias)
        if bias is not None and (not bias.constant or bias.fixed or self._has_other_bias(weight, bias)):
            return self.elementwise("add", self.linear(x, weight, transposed=transposed), bias)
        key, layout, (axis,) = self._settled(x, [len(x.shape) - 1])
        attributes: dict[str, Attribute] = {"out": out}
        own = [weight.learned]
        if bias is not None and self._has_bias(weight, bias):
            own.append(bias.learned)
        else:
            attributes["bias"] = False
        ones = all(side == 1 for place, side in enumerate(layout) if place != axis)
        if axis or not (ones or len(layout) <= 2):
            attributes["axis"] = axis
        written = (*layout[:axis], out, *layout[axis + 1 :])
        return self._made(shape, self._emit("linear", attributes, (key,), written, own=own), written)

    def with_bias(self, x: Tensor, bias: Tensor) -> Tensor | None:
        """Return a linear layer with the bias that a model adds to it; None where it is not the last step's output."""
        last = self.steps[-1] if self.steps else None
        if last is None or last.word != "linear" or last.attributes.get("bias") is not False or last.shares:
            return None
        if (
            last.results != (x.key,)
            or not bias.shape[-1:] == x.shape[-1:] == (math.prod(bias.shape),)
            or not self._is_new(bias)
        ):
            return None
        attributes = {name: value for name, value in last.attributes.items() if name != "bias"}
        self.steps[-1] = replace(last, attributes=attributes)
        self.counted.add(bias.learned)
        return x

    def matmul(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the product of the last two dimensions, those before spread as frameworks do."""
        if b.learned and len(b.shape) == 2 and not a.constant:
            return self.linear(a, b, transposed=True)
        if a.learned and len(a.shape) == 2 and not b.constant and len(b.shape) > 1:
            turned = self.linear(self._swapped(b), a)
            return self._swapped(turned)
        first = (1, *a.shape) if len(a.shape) == 1 else a.shape
        second = (*b.shape, 1) if len(b.shape) == 1 else b.shape
        if first[-1] != second[-2]:
            raise Misfit(f"{shown(a.shape)} cannot be multiplied by {shown(b.shape)}")
        batch = _spread(first[:-2], second[:-2])
        full = (*batch, first[-2], second[-1])
        shape = full
        if len(a.shape) == 1:
            shape = (*shape[:-2], shape[-1])
        if len(b.shape) == 1:
            shape = shape[:-1]
        if all(math.prod(each[:-2]) == math.prod(batch) for each in (first, second)):
            lead = plain((*batch, 2, 2))[:-2]
            layouts = [(*lead, *each[-2:]) for each in (first, second)]
            sources = [self._view(each, layout) for each, layout in zip((a, b), layouts, strict=True)]
            layout = (*lead, first[-2], second[-1])
            return self._made(shape, self._emit("matmul", {}, sources, layout), layout)
        return self.einsum(*_equation(first, second, batch), [a, b], shape, sizes=(first, second))

    def einsum(
        self,
        inputs: Sequence[str],
        written: str,
        tensors: Sequence[Tensor],
        shape: Sequence[int],
        *,
        sizes: Sequence[Dims] = (),
    ) -> Tensor:
        """Return a product of two tensors, a letter a dimension; a side of 1 has none."""
        lengths: dict[str, int] = {}
        sources: list[str] = []
        read: list[str] = []
        for letters, tensor, size in zip(inputs, tensors, sizes or [each.shape for each in tensors], strict=True):
            if len({*letters}) < len(letters):
                raise Unmapped
            kept = [(letter, side) for letter, side in zip(letters, size, strict=True) if side != 1]
            lengths.update(kept)
            kept = kept or [(letters[0], 1)]
            read.append("".join(letter for letter, _ in kept))
            sources.append(self._view(tensor, [side for _, side in kept]))
        result = [letter for letter in written if letter in lengths] or [*read[0][:1]]
        for letter in result:
            lengths.setdefault(letter, 1)
        layout = [lengths[letter] for letter in result]
        if len(read) != 2:
            raise Unmapped
        equation = f"{read[0]},{read[1]}->{''.join(result)}"
        return self._made(shape, self._emit("einsum", {"equation": equation}, sources, layout), layout)

    # -- norms and functions -----------------------------------------------------------------------------------------

    def norm(
        self,
        x: Tensor,
        kind: str,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        *,
        dims: Sequence[int] = (1,),
        groups: int = 1,
    ) -> Tensor:
        """Return a norm; `dims` are the dimensions for whose elements there is a scale."""
        key, layout, axes = self._settled(x, dims)
        attributes: dict[str, Attribute] = {} if kind == "batch" else {"kind": kind}
        if kind == "group":
            attributes["groups"] = groups
        if axes != (0,):
            attributes["axis"] = axes[0] if len(axes) == 1 else axes
        own = [each.learned for each in (weight, bias) if each is not None and each.learned]
        full: dict[str, Attribute] = dict(attributes)
        if (bias is not None) == (kind == "rms"):
            full["bias"] = bias is not None
        shared = bool(own) and (_tie("norm", full), *own) in self.owners
        if weight is None or weight.fixed or not (shared or self._is_new(weight)):
            attributes["affine"] = False
            own = []
            if bias is not None and bias.learned and self._is_new(bias):
                sides = [side if dim in dims else 1 for dim, side in enumerate(x.shape)]
                plain_norm = self._made(x.shape, self._emit("norm", attributes, (key,), layout), layout)
                return self.elementwise("add", plain_norm, self.reshape(bias, sides))
        else:
            shifted = bias is not None and not bias.fixed and (shared or self._is_new(bias))
            if shifted == (kind == "rms"):
                attributes["bias"] = shifted
            own = own if shifted else own[:1]
        return self._made(x.shape, self._emit("norm", attributes, (key,), layout, own=own), layout)

    def activation(self, kind: str, x: Tensor) -> Tensor:
        """Return a function of every element, by its word in the language."""
        x = self._flow(x)
        return self._made(x.shape, self._emit(kind, {}, (x.key,), x.layout), x.layout)

    def softmax(self, x: Tensor, dim: int) -> Tensor:
        """Return a softmax along a dimension."""
        key, layout, (axis,) = self._settled(x, [dim % len(x.shape)])
        attributes: dict[str, Attribute] = {"axis": axis} if axis else {}
        return self._made(x.shape, self._emit("softmax", attributes, (key,), layout), layout)

    def prelu(self, x: Tensor, slope: Tensor) -> Tensor:
        """Return a PReLU with one slope, one a channel, or one an element."""
        elements = math.prod(slope.shape)
        channels = x.shape[1] if len(x.shape) > 1 else x.shape[0]
        attributes: dict[str, Attribute] = {}
        if elements == 1 != channels:
            attributes["slopes"] = "one"
        elif elements != channels:
            attributes["slopes"] = "element"
            if elements != math.prod(x.shape):
                raise Unmapped
        if slope.fixed or not self._is_new(slope):
            return self.activation("leaky_relu", x)
        layout = plain(x.shape)
        key = self._emit("prelu", attributes, (self._view(x, layout),), layout, own=(slope.learned,))
        return self._made(x.shape, key, layout)

    def elementwise(self, word: str, *operands: Operand) -> Tensor:
        """Return an operation on tensors and numbers, element by element."""
        tensors = [each for each in operands if isinstance(each, Tensor)]
        number = len(tensors) < len(operands)
        shape: Dims = ()
        for tensor in tensors:
            shape = _spread(shape, tensor.shape)
        learned = [each for each in tensors if each.learned and not each.key]
        others = [each for each in tensors if each not in learned]
        if word == "multiply" and len(learned) == len(others) == 1 and not number:
            (other,) = others
            if other.shape == shape and not other.constant and self._is_new(learned[0]):
                return self._scaled(other, learned[0])
        flowing = [self._flow(each) for each in tensors]
        layouts = {each.layout for each in flowing}
        if len(layouts) == 1 and all(each.shape == shape for each in flowing):
            layout = flowing[0].layout
            sources = [each.key for each in flowing]
        else:
            wide = [(1,) * (len(shape) - len(each.shape)) + each.shape for each in flowing]
            cut = len(shape) > 1 and shape[0] == 1
            sources = [self._view(each, side[cut:] or (1,)) for each, side in zip(flowing, wide, strict=True)]
            layout = shape[cut:] or (1,)
        attributes: dict[str, Attribute] = {"number": True} if number else {}
        return self._made(shape, self._emit(word, attributes, sources, layout), layout)

    def in_one(self, x: Tensor) -> Tensor:
        """Return a product as the activation that exporters write as several operations: swish, hard swish, GELU."""
        word, source = self._composed(self._written.get(x.key))
        return self.activation(word, Tensor(x.shape, source, x.layout)) if word else x

    def _composed(self, step: Step | None) -> tuple[str, str]:
        """Return the activation that a product is the last part of, and what it is of; two empty texts for none."""
        if step is None or step.word != "multiply":
            return "", ""
        if len(step.sources) == 2:
            for one, other in (step.sources, step.sources[::-1]):
                gate = self._written.get(other)
                if gate is not None and gate.sources == (one,) and gate.word in _GATES:
                    return _GATES[gate.word], one
        scaled = [self._before(key, "multiply") or key for key in step.sources]
        if len(scaled) == 1:  # the half comes last
            inner = self._written.get(step.sources[0])
            scaled = list(inner.sources) if inner is not None and inner.word == "multiply" else []
        for one, other in (scaled, scaled[::-1]) if len(scaled) == 2 else ():
            inside = self._before(self._before(other, "add"), "erf")
            if one in (self._before(inside, "divide"), self._before(inside, "multiply")):
                return "gelu", one
        return "", ""

    def _before(self, key: str, word: str) -> str:
        """Return what a step of one word reads, alone or beside a number; "" where it is another one."""
        step = self._written.get(key)
        return step.sources[0] if step is not None and step.word == word and len(step.sources) == 1 else ""

    def _scaled(self, x: Tensor, factor: Tensor) -> Tensor:
        """Return a tensor times a parameter."""
        wide = (1,) * (len(x.shape) - len(factor.shape)) + factor.shape
        dims = [dim for dim, side in enumerate(wide) if side != 1]
        key, layout, axes = self._settled(x, dims)
        attributes: dict[str, Attribute] = {"bias": False}
        if axes != (0,):
            attributes["axis"] = axes[0] if len(axes) == 1 else axes
        return self._made(x.shape, self._emit("scale", attributes, (key,), layout, own=(factor.learned,)), layout)

    # -- windows -----------------------------------------------------------------------------------------------------

    def pool(
        self,
        x: Tensor,
        kind: str,
        kernel: Sequence[int],
        *,
        stride: Sequence[int] = (),
        padding: Sequence[tuple[int, int]] | str = "",
        dilation: Sequence[int] = (),
        ceil: bool = False,
    ) -> Tensor:
        """Return a pool of kind `max_pool` or `avg_pool`, over the last dimensions."""
        x, window = self._unpadded(x, _Window.of(tuple(kernel), tuple(stride) or tuple(kernel), padding, dilation))
        map_ = x.shape[-len(kernel) :]
        if kind == "avg_pool" and window.kernel == map_ and window.margins == _pairs("", len(kernel)):
            return self.adaptive(x, "avg", [1 for _ in map_], written="avg_pool")
        sides = window.over(map_, ceil=ceil)
        attributes = window.attributes()
        attributes.pop("stride", None)
        attributes.pop("padding", None)
        if window.stride != window.kernel:
            attributes["stride"] = _same_numbers(window.stride)
        if isinstance(window.margins, str):
            if window.margins != "valid":
                attributes["padding"] = window.margins
        elif any(any(pair) for pair in window.margins):
            attributes["padding"] = _margins(window.margins)
        if kind != "max_pool" and "dilation" in attributes:
            raise Unmapped
        if ceil:
            attributes["ceil_mode"] = True
        return self._windowed(x, kind, attributes, sides)

    def _unpadded(self, x: Tensor, window: _Window) -> tuple[Tensor, _Window]:
        """Return what a pad before a window reads, and the window with `same_upper`, where the pad is just that.

        Frameworks that have no such padding pad before it, by amounts that depend on the size.
        """
        step = self._pads.get(x.key)
        if step is None or window.margins != _pairs("", len(window.kernel)) or {*window.stride} == {1}:
            return x, window
        source = step.layouts[0]
        pairs = _pairs_of(step.attributes["padding"], len(source) - 1)
        before = [side - sum(pair) for side, pair in zip(source[1:], pairs, strict=True)]
        upper = [_upper(*part) for part in zip(before, window.kernel, window.stride, window.dilation, strict=False)]
        uneven = pairs == upper and any(one != other for one, other in pairs)
        if len(before) != len(window.kernel) or not (uneven or x.key in self.known_upper):
            return x, window
        self.upper.append(x.key)
        self.note("Pads of another number at either end, before a stride, are read as the padding `same_upper`.")
        layout = (source[0], *before)
        return Tensor((*x.shape[: -len(before)], *before), step.sources[0], layout), replace(
            window, margins="same_upper"
        )

    def _windowed(self, x: Tensor, word: str, attributes: Mapping[str, Attribute], sides: Dims) -> Tensor:
        """Return a layer on the last dimensions, map by map; several samples are so many more channels."""
        count = len(sides)
        lead = math.prod(x.shape[:-count])
        key = self._view(x, (lead, *x.shape[-count:]))
        layout = (lead, *sides)
        return self._made((*x.shape[:-count], *sides), self._emit(word, attributes, (key,), layout), layout)

    def adaptive(self, x: Tensor, kind: str, size: Sequence[int], *, written: str = "") -> Tensor:
        """Return a pool to a given size; `kind` is `avg` or `max`."""
        size = tuple(size)
        if {*size} == {1}:
            word = "global_pool" if kind == "avg" else "global_max_pool"
            site = self._site
            if written and written in LAYERS[word].layer.forms:
                self._site = _Site(site.path, site.classes, written, site.origin)
            found = self._windowed(x, word, {}, size)
            self._site = site
            return found
        return self._windowed(x, f"adaptive_{kind}_pool", {"size": _same_numbers(size)}, size)

    def resize(self, x: Tensor, sides: Sequence[int], mode: str) -> Tensor:
        """Return an interpolation of the last dimensions to other sides."""
        map_ = x.shape[-len(sides) :]
        attributes: dict[str, Attribute]
        if all(side % old == 0 for side, old in zip(sides, map_, strict=True)):
            attributes = {"scale": _same_numbers([side // old for side, old in zip(sides, map_, strict=True)])}
        else:
            attributes = {"size": _same_numbers(sides)}
        if mode not in ("nearest", "bilinear", "bicubic"):
            mode = (
                "bilinear" if mode in ("linear", "trilinear", "area") else "bicubic" if mode == "cubic" else "nearest"
            )
        if mode != "nearest":
            attributes["mode"] = mode
        return self._windowed(x, "upsample", attributes, tuple(sides))

    def pad(self, x: Tensor, margins: Sequence[tuple[int, int]]) -> Tensor:
        """Return a tensor with so much before and behind each of its dimensions; below 0, without so much."""
        margins = [*margins]
        for dim, (before, behind) in enumerate(margins):
            if before < 0 or behind < 0:
                side = x.shape[dim]
                x = self.slice(x, dim, max(-before, 0), side - max(-behind, 0))
                margins[dim] = (max(before, 0), max(behind, 0))
        padded = [dim for dim, pair in enumerate(margins) if any(pair)]
        if not padded:
            return x
        shape = tuple([side + sum(pair) for side, pair in zip(x.shape, margins, strict=True)])
        first = len(x.shape) - 3 if len(x.shape) > 3 else 1
        if all(dim >= max(first, len(x.shape) - 3) and dim > 0 for dim in padded):
            first = min(padded)
            first = max(min(first, len(x.shape) - 2), 1) if len(x.shape) > 2 else 1
            pairs = margins[first:]
            sides = shape[first:]
            return self._windowed(x, "pad", {"padding": _margins(pairs)}, sides)
        # a pad of the channels, or of the batch, is one of the map of a tensor that is looked at differently
        if len(padded) > 3:
            raise Unmapped
        rest = [dim for dim in range(len(x.shape)) if dim not in padded]
        turned = self.permute(x, [*rest, *padded])
        if not rest:
            turned = Tensor((1, *turned.shape), turned.key, turned.layout)
        wide = self._windowed(
            turned,
            "pad",
            {"padding": _margins([margins[dim] for dim in padded])},
            tuple([shape[dim] for dim in padded]),
        )
        if not rest:
            return self.reshape(wide, shape)
        order = [*rest, *padded]
        return self.permute(wide, [order.index(dim) for dim in range(len(order))])

    def unfold(
        self,
        x: Tensor,
        kernel: Sequence[int],
        *,
        stride: Sequence[int] = (),
        padding: Sequence[int] = (),
        dilation: Sequence[int] = (),
    ) -> Tensor:
        """Return the windows of N×C×H×W as columns: N×(C·K)×L."""
        if x.shape[0] != 1:
            raise Unmapped
        window = _Window.of(tuple(kernel), stride, [(each, each) for each in padding], dilation)
        attributes = window.attributes()
        attributes.pop("padding", None)
        if any(padding):
            attributes["padding"] = _same_numbers(padding)
        layout = (x.shape[1] * math.prod(kernel), math.prod(window.over(x.shape[2:])))
        key = self._emit("unfold", attributes, (self._view(x, x.shape[1:]),), layout)
        return self._made((1, *layout), key, layout)

    # -- axes --------------------------------------------------------------------------------------------------------

    def reduce(self, x: Tensor, op: str, dims: Sequence[int], *, keep: bool = False) -> Tensor:
        """Return a mean, sum, max or min along some dimensions."""
        dims = sorted({dim % len(x.shape) for dim in dims}) if dims else [*range(len(x.shape))]
        shape = tuple([1 if dim in dims else side for dim, side in enumerate(x.shape) if keep or dim not in dims])
        x = self._flow(x)
        real = [dim for dim in dims if x.shape[dim] != 1]
        if not real:
            return self._made(shape, x.key, x.layout)
        key, layout, axes = self._settled(x, real)
        written = tuple([1 if axis in axes else side for axis, side in enumerate(layout)])
        if op == "mean" and axes == tuple(range(1, len(layout))) and len(layout) > 2:
            site = self._site
            self._site = _Site(site.path, site.classes, "mean", site.origin)
            found = self._emit("global_pool", {}, (key,), written)
            self._site = site
            return self._made(shape, found, written)
        attributes: dict[str, Attribute] = {} if op == "mean" else {"op": op}
        attributes["axis"] = axes[0] if len(axes) == 1 else axes
        return self._made(shape, self._emit("reduce", attributes, (key,), written), written)

    def reshape(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """Return a tensor's elements under another shape of as many; a parameter stays one."""
        shape = tuple(shape)
        if math.prod(shape) != math.prod(x.shape):
            raise Misfit(f"{shown(x.shape)} cannot be {shown(shape)}")
        if not x.key:
            return Tensor(shape, learned=x.learned, fixed=x.fixed)
        if _long(shape) == _long(x.shape):
            return self._made(shape, x.key, x.layout)
        layout = plain(shape)
        return self._shuffled(x, layout, shape) or self._made(shape, self._view(x, layout), layout)

    def _shuffled(self, x: Tensor, layout: Dims, shape: Dims) -> Tensor | None:
        """Return a shuffle of channels or pixels, which frameworks write as two reshapes around a permutation."""
        turned = self._written.get(x.key)
        parted = self._written.get(turned.sources[0]) if turned is not None and turned.word == "permute" else None
        if turned is None or parted is None or parted.word != "reshape":
            return None
        before, between = self._layout_of(parted.sources[0]), parted.layouts[0]
        for order, word, name, value, inside, behind in _shuffles(before, between):
            if turned.attributes["order"] == order and between == inside and layout == behind:
                key = self._emit(word, {name: value}, parted.sources, behind)
                return self._made(shape, key, behind)
        return None

    def _layout_of(self, key: str) -> Dims:
        step = self._written.get(key)
        return self.inputs[key] if step is None else step.layouts[step.results.index(key)]

    def permute(self, x: Tensor, order: Sequence[int]) -> Tensor:
        """Return a tensor with its dimensions in another order."""
        order = [dim % len(x.shape) for dim in order]
        shape = tuple([x.shape[dim] for dim in order])
        if not x.key:
            return Tensor(shape, learned=x.learned, fixed=x.fixed)
        long = [dim for dim in order if x.shape[dim] != 1]
        if long == sorted(long):
            return self._made(shape, x.key, x.layout)
        key, layout, axes = self._settled(x, long)
        where = iter(axes)
        turned = [next(where) if axis in axes else axis for axis in range(len(layout))]
        written = tuple([layout[axis] for axis in turned])
        return self._made(shape, self._emit("permute", {"order": tuple(turned)}, (key,), written), written)

    def _swapped(self, x: Tensor) -> Tensor:
        """Return a tensor with its last two dimensions exchanged."""
        return self.permute(x, [*range(len(x.shape) - 2), len(x.shape) - 1, len(x.shape) - 2])

    def expand(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """Return a tensor with sides of 1 spread to other lengths: its elements at other places."""
        shape = tuple(shape)
        if _long(shape) == _long(x.shape):
            return self.reshape(x, shape)
        return self.gather(x, shape)

    def gather(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """Return elements of a tensor at fixed places."""
        x = self._flow(x)
        layout = plain(shape)
        return self._made(shape, self._emit("gather", {"shape": layout}, (x.key,), layout), layout)

    def concat(self, tensors: Sequence[Tensor], dim: int) -> Tensor:
        """Return tensors one behind another along a dimension."""
        tensors = [each for each in tensors if math.prod(each.shape)]
        dim %= len(tensors[0].shape)
        first = tensors[0].shape
        shape = (*first[:dim], sum(each.shape[dim] for each in tensors), *first[dim + 1 :])
        if len(tensors) == 1:
            return tensors[0]
        if any(each.shape[:dim] != first[:dim] or each.shape[dim + 1 :] != first[dim + 1 :] for each in tensors):
            raise Misfit(f"{shown(first)} and {shown(tensors[-1].shape)} cannot be joined along dimension {dim}")
        flowing = [self._flow(each) for each in tensors]
        cut = len(first) > 1 and dim > 0 and first[0] == 1
        sources = [self._view(each, each.shape[cut:]) for each in flowing]
        attributes: dict[str, Attribute] = {"axis": dim - cut} if dim - cut else {}
        layout = shape[cut:]
        return self._made(shape, self._emit("concat", attributes, sources, layout), layout)

    def split(self, x: Tensor, sizes: Sequence[int], dim: int) -> list[Tensor]:
        """Return the parts of a tensor along a dimension."""
        dim %= len(x.shape)
        shapes = [(*x.shape[:dim], size, *x.shape[dim + 1 :]) for size in sizes]
        if len(shapes) == 1:
            return [x]
        key, layout, (axis,) = self._settled(x, [dim])
        layouts = [(*layout[:axis], size, *layout[axis + 1 :]) for size in sizes]
        attributes: dict[str, Attribute] = {"parts": len(sizes)} if len({*sizes}) == 1 else {"sizes": tuple(sizes)}
        if axis:
            attributes["axis"] = axis
        self._emit("split", attributes, (key,), layouts[0], parts=layouts)
        results = self.steps[-1].results
        return [self._made(*part) for part in zip(shapes, results, layouts, strict=True)]

    def slice(self, x: Tensor, dim: int, start: int, stop: int, step: int = 1) -> Tensor:
        """Return part of a tensor along a dimension; with a step, its elements at fixed places."""
        dim %= len(x.shape)
        length = len(range(start, stop, step))
        shape = (*x.shape[:dim], length, *x.shape[dim + 1 :])
        if length == x.shape[dim]:
            return x
        if step != 1:
            return self.gather(x, shape)
        key, layout, (axis,) = self._settled(x, [dim])
        written = (*layout[:axis], length, *layout[axis + 1 :])
        attributes: dict[str, Attribute] = {"start": start} if start else {}
        attributes["stop"] = stop
        if axis:
            attributes["axis"] = axis
        return self._made(shape, self._emit("slice", attributes, (key,), written), written)

    def select(self, x: Tensor, dim: int, index: int) -> Tensor:
        """Return a tensor at one place of a dimension, which goes."""
        dim %= len(x.shape)
        index %= x.shape[dim]
        part = self.slice(x, dim, index, index + 1)
        return self.reshape(part, (*x.shape[:dim], *x.shape[dim + 1 :]))

    def pixel_shuffle(self, x: Tensor, factor: int) -> Tensor:
        """Return C·r²×H×W as C×rH×rW; below 0, the inverse."""
        *batch, channels, height, width = x.shape
        if math.prod(batch) != 1:
            raise Unmapped
        grown = abs(factor)
        if factor > 0:
            layout = (channels // grown**2, height * grown, width * grown)
        else:
            layout = (channels * grown**2, height // grown, width // grown)
        word = "pixel_shuffle" if factor > 0 else "pixel_unshuffle"
        key = self._emit(word, {"factor": grown}, (self._view(x, (channels, height, width)),), layout)
        return self._made((*batch, *layout), key, layout)

    def roll(self, x: Tensor, shifts: Mapping[int, int]) -> Tensor:
        """Return a tensor shifted in a circle along some dimensions."""
        key, layout, axes = self._settled(x, sorted(shifts))
        moved = dict(zip(axes, [shifts[dim] for dim in sorted(shifts)], strict=True))
        if 0 in moved:
            return self.gather(x, x.shape)
        shift = tuple([moved.get(axis, 0) for axis in range(1, len(layout))])
        return self._made(x.shape, self._emit("roll", {"shift": _same_numbers(shift)}, (key,), layout), layout)

    def embedding(self, ids: Tensor, table: Tensor) -> Tensor:
        """Return the rows of a table (V×D) for indices: N to N×D."""
        if not table.learned:
            return self.gather(table, (*ids.shape, table.shape[1]))
        count, out = table.shape
        number = math.prod(ids.shape)
        key = self._emit(
            "embedding",
            {"count": count, "out": out},
            (self._view(ids, (number,)),),
            (out, number),
            own=(table.learned,),
        )
        rows = self.permute(Tensor((out, number), key, (out, number)), (1, 0))
        return self.reshape(rows, (*ids.shape, out))

    def grid_sample(self, x: Tensor, grid: Tensor, mode: str = "bilinear") -> Tensor:
        """Return N×C×H×W read at the places of a grid N×H'×W'×2."""
        if x.shape[0] != 1 or len(x.shape) != 4:
            raise Unmapped
        places = self.permute(grid, (0, 3, 1, 2))
        layout = (x.shape[1], *grid.shape[1:3])
        attributes: dict[str, Attribute] = {} if mode == "bilinear" else {"mode": mode}
        sources = (self._view(x, x.shape[1:]), self._view(places, places.shape[1:]))
        return self._made((1, *layout), self._emit("grid_sample", attributes, sources, layout), layout)

    def simple(self, word: str, x: Tensor, attributes: Mapping[str, Attribute] | None = None) -> Tensor:
        """Return a layer that keeps the shape of N×C×…, by its word: `dropout`, `channel_shuffle`."""
        layout = plain(x.shape)
        key = self._emit(word, attributes or {}, (self._view(x, layout),), layout)
        return self._made(x.shape, key, layout)

    # -- what the language has no word for ---------------------------------------------------------------------------

    def said(
        self,
        title: str,
        inputs: Sequence[Tensor],
        shape: Sequence[int],
        *,
        learned: Sequence[Tensor] = (),
        madds: int,
        weights: int = 0,
    ) -> Tensor:
        """Return an operation whose cost its frontend works out: a recurrent layer, a fused attention."""
        layout = plain(shape)
        params = sum(math.prod(each.shape) for each in learned)
        attributes: dict[str, Attribute] = {"title": title, "output": layout, "madds": madds}
        if params:
            attributes |= {"params": params, "weights": weights}
        sources = [self._flow(each).key for each in inputs]
        key = self._emit("custom", attributes, sources, layout, own=[each.learned for each in learned])
        return self._made(shape, key, layout)

    def unknown(self, title: str, inputs: Sequence[Tensor], shapes: Sequence[Sequence[int]]) -> list[Tensor]:
        """Return the results of an operation whose cost is not known."""
        sources = [self._flow(each).key for each in inputs if not each.fixed]
        found: list[Tensor] = []
        for index, shape in enumerate(shapes):
            layout = plain(shape)
            attributes: dict[str, Attribute] = {"title": _title(title), "output": layout, "cost": "unknown"}
            if index:
                attributes["title"] = f"{_title(title)} {index + 1}"
            key = self._emit("custom", attributes, sources or self._any_source(), layout)
            found.append(self._made(shape, key, layout))
        return found

    def _any_source(self) -> list[str]:
        """Return a tensor that a step may read which reads nothing of the network."""
        return [next(iter(self.inputs))]


_COUNTED = ("norm", "prelu", "scale", "embedding", "custom")
"""Layers beside products that stay where nothing reads them, since they learn something, or may."""


def _tie(word: str, attributes: Mapping[str, Attribute]) -> str:
    """Return of which sort a layer's parameters are: those of one sort may be shared."""
    return "matrix" if word in _MATRICES else f"{word} {sorted(attributes.items(), key=str)}"


@dataclass(frozen=True, slots=True)
class _Window:
    """A kernel that moves over a map."""

    kernel: Dims
    stride: Dims
    margins: list[tuple[int, int]] | str
    dilation: Dims
    extra: Dims

    @classmethod
    def of(
        cls,
        kernel: Dims,
        stride: Sequence[int] = (),
        padding: Sequence[tuple[int, int]] | str = "",
        dilation: Sequence[int] = (),
        extra: Sequence[int] = (),
    ) -> _Window:
        """Return a window, with what frameworks take where nothing is given."""
        ones = (1,) * len(kernel)
        margins = padding if isinstance(padding, str) and padding else _pairs(padding, len(kernel))
        return cls(kernel, tuple(stride) or ones, margins, tuple(dilation) or ones, tuple(extra) or (0,) * len(kernel))

    def over(self, map_: Sequence[int], *, transposed: bool = False, ceil: bool = False) -> Dims:
        """Return the sides of what it writes of a map."""
        ends = [self.margins] * len(map_) if isinstance(self.margins, str) else self.margins
        parts = zip(map_, self.kernel, self.stride, self.dilation, ends, self.extra, strict=True)
        return tuple([_side(*part, transposed=transposed, ceil=ceil) for part in parts])

    def attributes(self) -> dict[str, Attribute]:
        """Return its attributes, those of a convolution, where they are not the usual ones."""
        found: dict[str, Attribute] = {"kernel": _same_numbers(self.kernel)}
        for name, values, usual in (
            ("stride", self.stride, 1),
            ("dilation", self.dilation, 1),
            ("output_padding", self.extra, 0),
        ):
            if {*values} != {usual}:
                found[name] = _same_numbers(values)
        padding = _padding(self.margins, self.kernel, self.dilation)
        return found if padding is None else {**found, "padding": padding}


def _kind_of_conv(
    channels: int, out: int, groups: int, transposed: bool, *, learned: bool
) -> tuple[str, dict[str, Attribute]]:
    """Return the word of a convolution, and its attributes of channels and groups."""
    if not learned and transposed:
        raise Unmapped
    if learned and not transposed and groups == channels > 1 and out % groups == 0:
        return "depthwise", {} if out == channels else {"multiplier": out // channels}
    word = "transposed_conv" if transposed else "conv" if learned else "dynamic_conv"
    return word, {"out": out} if groups == 1 else {"out": out, "groups": groups}


_GATES = {"sigmoid": "swish", "hard_sigmoid": "hard_swish"}
"""Activations that are their input times a gate, by the gate."""

_MATRICES = ("conv", "depthwise", "transposed_conv", "linear", "embedding")
"""Layers whose weights may be tied to those of another one's of them."""


def _layer_of(step: Step, layouts: Mapping[str, Dims]) -> tuple[Layer, tuple[Dims, ...]]:
    """Return the layer of a step, and the shapes that it reads."""
    inputs = tuple([layouts[source] for source in step.sources])
    word = LAYERS[step.word]
    values = {**word.preset, **{name: _value_of(each) for name, each in step.attributes.items()}}
    return word.layer.make(values, len(inputs[0]) - 1 if inputs else 2), inputs


def _madds_of(step: Step, layouts: Mapping[str, Dims]) -> int:
    """Return the multiply-adds of a step, by its layer's own rule."""
    kind = LAYERS[step.word].layer
    if not kind.contracts and not kind.said:
        return 0
    layer, inputs = _layer_of(step, layouts)
    return int(layer.madds(inputs, step.layouts[0]))


def _params_of(step: Step, layouts: Mapping[str, Dims]) -> int:
    """Return the learned parameters of a step, by its layer's own rule."""
    layer, inputs = _layer_of(step, layouts)
    output = step.layouts[0]
    return int(layer.weights(inputs, output) + layer.biases(inputs, output) + layer.scales(inputs, output))


def _value_of(value: Attribute) -> Value:
    return tuple([_value_of(each) for each in value]) if isinstance(value, tuple) else value


def _shuffles(before: Dims, between: Dims) -> Iterator[tuple[Dims, str, str, int, Dims, Dims]]:
    """Yield the shuffles that a first reshape may begin: the order, the layer, and the shapes between and behind."""
    if len(before) != 3:
        return
    channels, height, width = before
    groups = between[0]
    if len(between) == 4 and channels % groups == 0:
        yield (1, 0, 2, 3), "channel_shuffle", "groups", groups, (groups, channels // groups, height, width), before
    if len(between) == 5:
        factor = between[2]
        if height % factor == width % factor == 0:
            parted = (channels, height // factor, factor, width // factor, factor)
            behind = (channels * factor**2, height // factor, width // factor)
            yield (0, 2, 4, 1, 3), "pixel_unshuffle", "factor", factor, parted, behind
        if channels % factor**2 == 0:
            parted = (channels // factor**2, factor, factor, height, width)
            behind = (channels // factor**2, height * factor, width * factor)
            yield (0, 3, 1, 4, 2), "pixel_shuffle", "factor", factor, parted, behind


def _path_of(name: str) -> tuple[str, ...]:
    """Return the path of a parameter's module and its own name."""
    return tuple(re.split(r"[./]+", name.strip("./")))


def _title(text: str) -> str:
    return re.sub(r"[^\w .:-]", "_", text)[:60] or "operation"


def _spread(a: Dims, b: Dims) -> Dims:
    """Return the shape of two tensors whose sides of 1 are spread over the other's."""
    count = max(len(a), len(b))
    first, second = (1,) * (count - len(a)) + a, (1,) * (count - len(b)) + b
    if any(1 not in sides and sides[0] != sides[1] for sides in zip(first, second, strict=True)):
        raise Misfit(f"{shown(a)} and {shown(b)} do not fit together")
    return tuple([other if one == 1 else one for one, other in zip(first, second, strict=True)])


def shown(shape: Sequence[int]) -> str:
    """Return a shape for a message."""
    return "×".join(map(str, shape)) or "one number"


def _equation(first: Dims, second: Dims, batch: Dims) -> tuple[tuple[str, str], str]:
    """Return the letters of a batched product whose batches are spread."""
    letters = "abcdefgh"[: len(batch)]
    own = [letters[len(letters) - len(each) + 2 :] for each in (first, second)]
    return (f"{own[0]}mk", f"{own[1]}kn"), f"{letters}mn"


def _side(
    side: int,
    kernel: int,
    stride: int,
    dilation: int,
    margin: tuple[int, int] | str,
    extra: int = 0,
    *,
    transposed: bool = False,
    ceil: bool = False,
) -> int:
    """Return a side of what a window writes."""
    span = dilation * (kernel - 1)
    if isinstance(margin, str):
        if transposed:
            return side * stride if margin == "same_upper" else (side - 1) * stride + span + 1 + extra
        if margin == "same_upper":
            return -(-side // stride)
        both = span if margin == "same" else 0
    else:
        both = sum(margin)
    if transposed:
        return (side - 1) * stride - both + span + extra + 1
    room = side + both - span - 1
    found = (-(-room // stride) if ceil else room // stride) + 1
    before = margin[0] if not isinstance(margin, str) else both // 2
    if ceil and (found - 1) * stride >= side + before:
        found -= 1  # the last window starts inside the map
    return found


def _pairs(padding: Sequence[tuple[int, int]] | str, count: int) -> list[tuple[int, int]]:
    """Return margins for every side, none where none are given."""
    return [(0, 0)] * count if isinstance(padding, str) or not padding else [*padding]


def _pairs_of(padding: Attribute, sides: int) -> list[tuple[int, int]]:
    """Return the margins of a pad's attribute, before and behind of every side."""
    if not isinstance(padding, tuple):
        return [(int(padding), int(padding))] * sides
    numbers = [int(each) for each in padding]
    return (
        [(each, each) for each in numbers]
        if len(numbers) == sides
        else list(zip(numbers[::2], numbers[1::2], strict=True))
    )


def _upper(side: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return what TensorFlow's SAME adds before and behind a side."""
    both = max((-(-side // stride) - 1) * stride + dilation * (kernel - 1) + 1 - side, 0)
    return both // 2, both - both // 2


def _margins(pairs: Sequence[tuple[int, int]]) -> Attribute:
    """Return margins as the language writes them: a number, one a side, or two a side."""
    if all(before == behind for before, behind in pairs):
        return _same_numbers([before for before, _ in pairs])
    return tuple([margin for pair in pairs for margin in pair])


def _padding(
    margins: Sequence[tuple[int, int]] | str, kernel: Sequence[int], dilation: Sequence[int]
) -> Attribute | None:
    """Return the padding of a convolution; None where it is the usual one."""
    if isinstance(margins, str):
        return None if margins == "same" else margins
    usual = [
        length % 2 == 1 and pair == (spread * (length - 1) // 2,) * 2
        for pair, length, spread in zip(margins, kernel, dilation, strict=True)
    ]
    return None if all(usual) else _margins(margins)
