"""Running a module of PyTorch once, without data, and recording what it calls.

The run is on the meta device, where tensors have shapes and no elements; the module is a copy whose parameters are
such tensors, so that the user's own is neither moved nor changed. A function mode sees what is called as it was
written, hooks tell the module that is running, and a dispatch mode beside it sees what the calls come to: their
products, and what they write. Where the meta device cannot run a module because it reads values that are its own
constants, torch's fake tensors can, more slowly.
"""

from __future__ import annotations

import copy
import dis
import inspect
import logging
import os
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, Place, Problem, shorten
from flopcalc.importing.torch.binding import bound
from flopcalc.importing.torch.recording import (
    Argument,
    Call,
    Cut,
    Module,
    Other,
    Output,
    Product,
    Recording,
    Ref,
    Tensor,
    size,
)

if TYPE_CHECKING:
    import torch

__all__ = ["Input", "ModelError", "capture", "place_of"]

MOST_VALUES = 64
"""Elements of a constant that a recording keeps."""

OPENED = frozenset({"multi_head_attention_forward", "normalize", "lp_pool1d", "lp_pool2d", "lp_pool3d"})
"""Functions of torch.nn.functional that are written in Python of others: those are recorded."""

_FEW = 4
"""Names of things that no tensors are that a note lists."""


class ModelError(FlopcalcError):
    """A model cannot be imported: it cannot be built or run, or its graph depends on the values of its tensors."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a model: its shape with the batch, and its element type where that is not for us to find out."""

    shape: tuple[int, ...]
    dtype: str = ""


Inputs: TypeAlias = "Sequence[Input] | Mapping[str, Input]"


class _NeedsWholeNumbers(Exception):
    """An input is looked up in a table: it is read again as whole numbers."""


class _AsksForValues(Exception):
    """A call asked for the elements of a tensor that has none."""


def capture(module: torch.nn.Module, inputs: Inputs) -> Recording:
    """Run a module once in eval mode, without data, and return what it called.

    Parameters
    ----------
    module : torch.nn.Module
        Neither moved nor changed; its copy runs.
    inputs : sequence or mapping of Input
        In the order of ``forward``'s arguments, or by their names. An input without an element type is float32, or
        int64 where the module looks it up in a table.

    Raises
    ------
    ModelError
        Where the module cannot run on these inputs, or where its graph depends on values: with the line of its code.
    """
    dtypes = "float32"
    for _ in range(2):
        try:
            return _captured(module, inputs, dtypes)
        except _NeedsWholeNumbers:
            dtypes = "int64"
    raise ModelError(Problem("the module looks up what is no input", hint="give the inputs' element types"))


def _captured(module: torch.nn.Module, inputs: Inputs, dtype: str) -> Recording:
    try:
        return _run(module, inputs, dtype, fake=False)
    except _NeedsWholeNumbers:
        raise
    except (Exception, SystemExit) as error:  # whatever a user's module raises
        first = error
    try:
        return _run(module, inputs, dtype, fake=True)
    except _NeedsWholeNumbers:
        raise
    except (Exception, SystemExit) as error:  # likewise
        raise _refused(error, first) from None


def _refused(error: BaseException, first: BaseException) -> ModelError:
    """Return what is said of a module that raised an error, on the meta device another."""
    if isinstance(error, ModelError):
        return error
    place = place_of(error) or place_of(first)
    if _reads_values(error):
        what = "the model's graph depends on the values of its tensors, which an import does not have"
        return ModelError(
            Problem(what, place, "a graph that depends on shapes alone", "import the part of the model without it")
        )
    text = shorten(str(error).strip().split("\n")[0] or type(error).__name__, 200)
    return ModelError(Problem(f"the model does not run: {type(error).__name__}: {text}", place))


def _reads_values(error: BaseException) -> bool:
    """Whether an error of a run without data says that elements were asked for."""
    import torch

    if isinstance(error, _AsksForValues):
        return True
    try:
        from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException
    except ImportError:  # pragma: no cover
        return False
    kinds: list[type] = [DataDependentOutputException, DynamicOutputShapeException]
    guard = getattr(torch.fx.experimental.symbolic_shapes, "GuardOnDataDependentSymNode", None)
    return isinstance(error, (*kinds, *([guard] if guard else []))) or (
        error.__cause__ is not None and _reads_values(error.__cause__)
    )


def place_of(error: BaseException) -> Place | None:
    """Return the innermost line outside torch and this package at which an error passed."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if _is_users(file):
            found = Place(_shown(file), trace.tb_lineno, 1)
        trace = trace.tb_next
    return found


def _root(name: str) -> str:
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    return os.path.dirname(file) + os.sep if file else ""


_TORCH = ""
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def _is_users(file: str) -> bool:
    """Whether a file is neither torch's nor this package's nor no file at all."""
    global _TORCH
    _TORCH = _TORCH or _root("torch")
    return not file.startswith((_TORCH, _HERE, "<")) if _TORCH else not file.startswith((_HERE, "<"))


def _shown(file: str) -> str:
    """Return a file's path as it is shortest: from the working directory, or from the folder of packages."""
    folders = [os.path.abspath(path).rstrip(os.sep) + os.sep for path in (os.getcwd(), *sys.path)]
    return min((file.removeprefix(folder) for folder in folders), key=len)


def _run(module: torch.nn.Module, inputs: Inputs, dtype: str, *, fake: bool) -> Recording:
    import torch

    with ExitStack() as stack:
        stack.enter_context(_plain_paths())
        mode = None
        if fake:
            from torch._subclasses.fake_tensor import FakeTensorMode

            mode = FakeTensorMode(allow_non_fake_inputs=True)
        device = "cpu" if fake else "meta"
        stack.enter_context(torch.no_grad())

        def empty(tensor: torch.Tensor) -> torch.Tensor:
            with mode or nullcontext():
                return torch.empty_like(tensor, device=device)

        own = _Copy(module, empty)
        if mode is not None:
            stack.enter_context(mode)
        named = _named(module, inputs)
        given = {
            name: torch.zeros(each.shape, dtype=getattr(torch, each.dtype or dtype), device=device)
            for name, each in named.items()
        }
        undecided = {name for name, each in named.items() if not each.dtype}
        recorder = _Recorder(own, given, undecided)
        with _dispatch_mode(recorder), _function_mode(recorder):
            returned = own.module(**given) if isinstance(inputs, Mapping) else own.module(*given.values())
            outputs = recorder.outputs(returned)
        return recorder.recording(type(module).__name__, outputs)


def _named(module: torch.nn.Module, inputs: Inputs) -> dict[str, Input]:
    """Return the inputs by the names of what `forward` takes."""
    if isinstance(inputs, Mapping):
        return dict(inputs)
    try:
        known = [*inspect.signature(module.forward).parameters.values()]
    except (TypeError, ValueError):
        known = []
    names = [each.name for each in known if each.kind is each.POSITIONAL_OR_KEYWORD]
    names += [f"x{index}" for index in range(len(names), len(inputs))]
    return dict(zip(names, inputs, strict=False))


@contextmanager
def _plain_paths() -> Iterator[None]:
    """Turn off the fast paths of torch's attention, one call without a name for what it does, and fake tensors' log."""
    import torch

    log = logging.getLogger("torch._subclasses.fake_tensor")
    before = torch.backends.mha.get_fastpath_enabled(), log.disabled
    torch.backends.mha.set_fastpath_enabled(False)
    log.disabled = True
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before[0])
        log.disabled = before[1]


class _Copy:
    """A copy of a module in eval mode whose tensors have no elements; tied parameters stay tied."""

    def __init__(self, module: torch.nn.Module, empty: Callable[[torch.Tensor], torch.Tensor]) -> None:
        import torch

        if isinstance(module, torch.jit.ScriptModule):
            raise ModelError(Problem("a scripted module cannot be imported", hint="give the module it was made from"))
        module = getattr(module, "_orig_mod", module)
        self.parameters: dict[str, tuple[list[str], torch.Tensor]] = {}
        self.buffers: dict[str, tuple[list[str], torch.Tensor]] = {}
        memo: dict[int, object] = {}
        for kind, named in (
            (self.parameters, module.named_parameters(remove_duplicate=False)),
            (self.buffers, module.named_buffers(remove_duplicate=False)),
        ):
            seen: dict[int, str] = {}
            for name, tensor in named:
                if isinstance(tensor, torch.nn.parameter.UninitializedTensorMixin):
                    raise ModelError(Problem(f"the parameter {name} has no shape yet", hint="run the module once"))
                if id(tensor) in seen:
                    kind[seen[id(tensor)]][0].append(name)
                    continue
                if id(tensor) not in memo:
                    memo[id(tensor)] = _emptied(tensor, empty)
                made: Any = memo[id(tensor)]
                seen[id(tensor)] = name
                kind[name] = ([name], made)
        for each in module.modules():
            for value in vars(each).values():
                if isinstance(value, torch.Tensor) and id(value) not in memo:
                    memo[id(value)] = _emptied(value, empty)
        self.kept = [*memo.values()]
        try:
            self.module = copy.deepcopy(module, memo)
        except Exception as error:
            what = f"the module cannot be copied: {type(error).__name__}: {shorten(error, 200)}"
            raise ModelError(Problem(what)) from None
        self.module.eval()
        self.paths: dict[str, torch.nn.Module] = dict(self.module.named_modules())


def _emptied(tensor: torch.Tensor, empty: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    import torch

    made = empty(tensor)
    if isinstance(tensor, torch.nn.Parameter):
        return torch.nn.Parameter(made, requires_grad=tensor.requires_grad)
    return made


def _function_mode(recorder: _Recorder) -> Any:
    from torch.overrides import TorchFunctionMode

    class Functions(TorchFunctionMode):  # type: ignore[misc, unused-ignore]
        """Sees every function of torch that Python calls."""

        def __torch_function__(self, function: Any, kinds: Any, args: Any = (), kwargs: Any = None) -> Any:
            return recorder.called(self, function, args, kwargs or {})

    return Functions()


def _dispatch_mode(recorder: _Recorder) -> Any:
    from torch.utils._python_dispatch import TorchDispatchMode

    class Dispatched(TorchDispatchMode):  # type: ignore[misc, unused-ignore]
        """Sees every operation that torch's functions come to."""

        def __torch_dispatch__(self, operation: Any, kinds: Any, args: Any = (), kwargs: Any = None) -> Any:
            return recorder.dispatched(operation, args, kwargs or {})

    return Dispatched()


@dataclass(eq=False)
class _Known:
    """What is known of a tensor object: its number, and how it came about."""

    object: Any
    tensor: int
    storage: int
    version: int
    """The write into its storage that its number is of."""
    parent: _Known | None = None
    """What it is a view of."""
    derivation: Call | None = None
    """The call that made the view; without one it is the same view once more."""
    at: int = 0
    """Which of the call's results it is."""
    reading: int = -1
    """The parent's number in that call."""


@dataclass
class _Frame:
    """What the dispatcher saw inside the call that is running."""

    products: list[Product] = field(default_factory=list)
    written: dict[int, None] = field(default_factory=dict)
    """The storages that were written."""


class _Recorder:
    """Turns what the modes see into calls."""

    def __init__(self, own: _Copy, given: Mapping[str, torch.Tensor], undecided: set[str]) -> None:
        self.own = own
        self.undecided = undecided
        self.tensors: list[Tensor] = []
        self.calls: list[Call] = []
        self.notes: dict[str, None] = {}
        self.known: dict[int, _Known] = {}
        self.roots: dict[int, _Known] = {}
        """For every storage, the tensor object by which it was first seen."""
        self.versions: dict[int, int] = {}
        """For every storage, how often it was written."""
        self.runs: dict[object, tuple[Any, tuple[Product, ...]]] = {}
        """What recurrent layers returned, by the shapes that they read."""
        self.frames: list[_Frame] = []
        self.stack: list[str] = []
        self.entered: dict[str, int] = {}
        self.inputs = tuple(self._new(each, "input", (name,)) for name, each in given.items())
        self.parameters = tuple(
            self._new(each, "parameter", tuple(names), trained=each.requires_grad)
            for names, each in own.parameters.values()
        )
        self.buffers = tuple(
            self._new(each, "buffer", tuple(names))
            for names, each in own.buffers.values()
            if id(each) not in self.known
        )
        self._hook()

    def _hook(self) -> None:
        """Have the copy's modules tell when they run; with the copy the hooks go."""
        for path, module in self.own.paths.items():

            def enter(*_: object, path: str = path) -> None:
                self.stack.append(path)
                self.entered[path] = self.entered.get(path, 0) + 1

            def leave(*_: object) -> None:
                self.stack.pop()

            module.register_forward_pre_hook(enter, prepend=True)
            module.register_forward_hook(leave, always_call=True)

    def called(self, mode: Any, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Run a function that Python called, and record it."""
        name = _name_of(function)
        if name in OPENED and hasattr(function, "__code__"):
            with mode:
                return _opened(function)(*args, **kwargs)
        return self._call(function, name, args, kwargs)

    def dispatched(self, operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Run an operation that the dispatcher saw, inside a call or, of code that is no Python, by itself."""
        if not self.frames:
            import torch

            with torch._C.DisableTorchFunction():
                return self._call(operation, _name_of(operation), args, kwargs, form="dispatched")
        frame = self.frames[-1]
        self._note_writes(frame, operation, args, kwargs)
        result = operation(*args, **kwargs)
        self._note_products(frame, operation, args, kwargs, result)
        return result

    @staticmethod
    def _note_writes(frame: _Frame, operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        for index, name in _writes_of(operation):
            value = kwargs[name] if name in kwargs else args[index] if index < len(args) else None
            for tensor in _tensors_in(value):
                frame.written[_storage(tensor)] = None

    @staticmethod
    def _note_products(
        frame: _Frame, operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        name = _name_of(operation)
        madds = _madds(operation, args, kwargs, result)
        if madds:
            operands = tuple(tuple(each.shape) for each in _tensors_in((args, dict(kwargs))))
            (first, *_) = _tensors_in(result)
            frame.products.append(Product(name, operands, tuple(first.shape), madds))

    def _call(self, function: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], form: str = "") -> Any:
        if name == "__get__":
            result = function(*args, **kwargs)
            if not _is_tensor(result):
                return result
            name = getattr(function.__self__, "__name__", name)
        given = list(_tensors_in((args, dict(kwargs))))
        self._check_lookups(name, args, kwargs)
        numbers = {id(each): self._number(each) for each in given}
        frame = _Frame()
        self.frames.append(frame)
        try:
            moved = self._on_one_device(given)
            ran, named = (_with(moved, args), _with(moved, dict(kwargs))) if moved else (args, kwargs)
            if form:
                self._note_writes(frame, function, ran, named)
            result = self._looked_up(name, frame, ran, named) if name in _RECURRENT else None
            if result is None:
                result = function(*ran, **named)
            if name in _RECURRENT:
                self.runs.setdefault(_signature(name, ran, named), (result, tuple(frame.products)))
            if form:
                self._note_products(frame, function, ran, named, result)
            if any(_storage(each) in frame.written for each in moved.values()):
                raise _AsksForValues("a tensor with elements is written with what has none")
        except Exception as error:
            if name in _READERS:
                raise _AsksForValues(str(error)) from error
            raise
        finally:
            self.frames.pop()
        made = list(_tensors_in(result))
        written = [storage for storage in frame.written if storage in self.versions]
        fresh = any(id(each) not in self.known for each in made)
        if fresh or written:
            self._record(function, name, args, kwargs, form, numbers, given, made, written, frame)
        return result

    def _looked_up(self, name: str, frame: _Frame, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return what a recurrent layer of the same shapes returned before: it runs step by step, which takes long."""
        found = self.runs.get(_signature(name, args, kwargs))
        if found is None:
            return None
        frame.products += found[1]
        return type(found[0])(each.new_empty(each.shape) for each in found[0])

    def _on_one_device(self, given: Sequence[Any]) -> dict[int, Any]:
        """Return tensors without elements for constants that meet such: the model made them where it runs itself."""
        kinds = {each.device.type for each in given}
        if kinds != {"meta", "cpu"}:
            return {}
        return {id(each): each.to("meta") for each in given if each.device.type == "cpu"}

    def _check_lookups(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Ask for whole numbers where an input of no stated type is looked up in a table."""
        if name in _LOOKUPS and self.undecided:
            for tensor in _tensors_in((args[:1], kwargs.get("input"))):
                if tensor.is_floating_point() and self.tensors[self._number(tensor)].kind != "parameter":
                    raise _NeedsWholeNumbers

    def _record(
        self,
        function: Any,
        name: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        form: str,
        numbers: Mapping[int, int],
        given: Sequence[Any],
        made: Sequence[Any],
        written: Sequence[int],
        frame: _Frame,
    ) -> None:
        """Record a call that has run, and what it means to the tensors that it read, viewed and wrote."""
        targets = {storage: self._target(storage, given, kwargs) for storage in written}
        before = {storage: self._numbers_up(target) for storage, target in targets.items()}
        place, how = _written_at(function, name)
        results: list[int] = []
        fresh: list[tuple[int, Any]] = []
        for each in made:
            known = self.known.get(id(each))
            if known is None:
                results.append(self._row(each, "result"))
                fresh.append((len(results) - 1, each))
            elif known.storage in targets and targets[known.storage] is known:
                results.append(self._row(each, "result"))
            else:
                results.append(self._number(each))
        numbered = {id(each): number for each, number in zip(made, results, strict=False)}
        for target in targets.values():
            if id(target.object) not in numbered:
                results.append(self._row(target.object, "result"))
                numbered[id(target.object)] = results[-1]
        named = bound(function, name, args, kwargs)
        arguments = tuple((key, _argument(value, numbers)) for key, value in named.items())
        path = self.stack[-1] if self.stack else ""
        call = Call(name, form or how, path, place, arguments, tuple(results), tuple(frame.products))
        self.calls.append(call)
        for storage, target in targets.items():
            self._wrote(target, numbered[id(target.object)], before[storage], call)
        for at, each in fresh:
            self._made(each, results[at], at, call, given, numbers)

    def _made(
        self, tensor: Any, number: int, at: int, call: Call, given: Sequence[Any], numbers: Mapping[int, int]
    ) -> None:
        """Remember a tensor object that a call returned first: a tensor of its own, or a view of an argument."""
        storage = _storage(tensor)
        if storage not in self.versions:
            self._keep(tensor, number, storage)
            return
        viewed = next((each for each in given if self.known[id(each)].storage == storage), None)
        parent = self.roots[storage] if viewed is None else self.known[id(viewed)]
        derivation = None if viewed is None else call
        reading = parent.tensor if viewed is None else numbers[id(viewed)]
        known = _Known(tensor, number, storage, self.versions[storage], parent, derivation, at, reading)
        self.known[id(tensor)] = known

    def _target(self, storage: int, given: Sequence[Any], kwargs: Mapping[str, Any]) -> _Known:
        """Return the tensor object through which a call wrote into a storage."""
        for each in [*_tensors_in(kwargs.get("out")), *given]:
            known = self.known.get(id(each))
            if known is not None and known.storage == storage:
                return known
        return self.roots[storage]

    def _numbers_up(self, known: _Known) -> list[int]:
        """Return the numbers of a view, of what it views, and so on."""
        numbers = [self._number(known.object)]
        while known.parent is not None:
            known = known.parent
            numbers.append(self._number(known.object))
        return numbers

    def _wrote(self, target: _Known, number: int, before: Sequence[int], call: Call) -> None:
        """Give a written tensor its new number, and those that it views theirs."""
        self.versions[target.storage] += 1
        target.tensor, target.version = number, self.versions[target.storage]
        view = target
        for old in before[1:]:
            base = view.parent
            assert base is not None
            base.version = view.version
            if view.derivation is None:
                base.tensor = view.tensor
            else:
                base.tensor = self._copied(old)
                viewed = tuple((name, _replaced(value, view.reading, old)) for name, value in view.derivation.arguments)
                told: tuple[tuple[str, Argument], ...] = (("value", Ref(view.tensor)), ("part", view.at), *viewed)
                made = (base.tensor,)
                self.calls.append(Call(view.derivation.function, "written", call.module, call.line, told, made))
            view = base

    def _keep(self, tensor: Any, number: int, storage: int) -> None:
        """Remember a tensor object that has a storage of its own."""
        known = _Known(tensor, number, storage, self.versions.setdefault(storage, 0))
        self.known[id(tensor)] = known
        self.roots.setdefault(storage, known)

    def _row(
        self,
        tensor: Any,
        kind: str,
        names: tuple[str, ...] = (),
        values: tuple[float, ...] | None = None,
        trained: bool = False,
    ) -> int:
        """Return a new number, with what is told of a tensor."""
        self.tensors.append(Tensor(tuple(tensor.shape), _dtype(tensor), kind, names, values, trained))
        return len(self.tensors) - 1

    def _copied(self, number: int) -> int:
        """Return a new number for a result that is shaped as another tensor is."""
        like = self.tensors[number]
        self.tensors.append(Tensor(like.shape, like.dtype, "result"))
        return len(self.tensors) - 1

    def _new(self, tensor: Any, kind: str, names: tuple[str, ...], trained: bool = False) -> int:
        """Give a number to a tensor object that was there before the run."""
        number = self._row(tensor, kind, names, trained=trained)
        self._keep(tensor, number, _storage(tensor))
        return number

    def _number(self, tensor: Any) -> int:
        """Return the number of what a tensor object holds now."""
        known = self.known.get(id(tensor)) or self._met(tensor)
        latest = self.versions[known.storage]
        if known.version != latest:
            if known.parent is not None:
                known.tensor = self._viewed_again(known, known.parent)
            known.version = latest
        return known.tensor

    def _viewed_again(self, known: _Known, parent: _Known) -> int:
        """Return a view of what the viewed tensor holds now."""
        number = self._number(parent.object)
        call = known.derivation
        if call is None:
            return number
        made = tuple(self._copied(result) for result in call.results)
        arguments = tuple((name, _replaced(value, known.reading, number)) for name, value in call.arguments)
        self.calls.append(Call(call.function, call.form, call.module, call.line, arguments, made))
        return made[known.at]

    def _met(self, tensor: Any) -> _Known:
        """Return what is known of a tensor object that no call made: a constant, or another object for a known one."""
        storage = _storage(tensor)
        for known in [*self.known.values()] if storage in self.versions else []:
            if known.storage == storage and _geometry(known.object) == _geometry(tensor):
                number, version = self._number(known.object), self.versions[storage]
                self.known[id(tensor)] = _Known(tensor, number, storage, version, known)
                return self.known[id(tensor)]
        if storage in self.versions:
            self.notes["a tensor shares its memory with another in a way that the run did not show"] = None
        number = self._row(tensor, "constant", values=_values(tensor))
        self.known[id(tensor)] = _Known(tensor, number, storage, self.versions.setdefault(storage, 0))
        self.roots.setdefault(storage, self.known[id(tensor)])
        return self.known[id(tensor)]

    def outputs(self, returned: object) -> tuple[Output, ...]:
        """Return the tensors in what the module returned."""
        found: list[Output] = []
        others: list[str] = []
        for key, value in _leaves(returned, ""):
            if _is_tensor(value):
                found.append(Output(key, self._number(value)))
            elif value is not None and not isinstance(value, (bool, int, float, str)):
                others.append(f"{key or 'the output'} ({type(value).__name__})")
        if others:
            more = f" and {len(others) - _FEW} more" if len(others) > _FEW else ""
            self.notes[f"outputs that are no tensors are left out: {', '.join(others[:_FEW])}{more}"] = None
        return tuple(found)

    def recording(self, name: str, outputs: tuple[Output, ...]) -> Recording:
        """Return what was recorded."""
        modules = tuple(
            Module(path, type(each).__name__, _base_of(type(each)), _is_own(type(each)), self.entered.get(path, 0))
            for path, each in self.own.paths.items()
        )
        return Recording(
            name,
            tuple(self.tensors),
            tuple(self.calls),
            modules,
            self.inputs,
            self.parameters,
            self.buffers,
            outputs,
            tuple(self.notes),
        )


_LOOKUPS = frozenset({"embedding", "embedding_bag", "one_hot"})
_READERS = frozenset(
    [
        "item",
        "tolist",
        "__bool__",
        "__int__",
        "__float__",
        "__index__",
        "__complex__",
        "numpy",
        "__array__",
        "__contains__",
        "equal",
        "allclose",
        "is_nonzero",
        "nonzero",
        "unique",
        "unique_consecutive",
        "masked_select",
        "argwhere",
        "bincount",
    ]
)
"""Functions whose result, or its size, is made of elements."""


_RECURRENT = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})


def _signature(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what the shapes of a call's results depend on."""
    tensors = tuple((tuple(each.shape), each.dtype) for each in _tensors_in((args, dict(kwargs))))
    return name, tensors, tuple(each for each in args if isinstance(each, (bool, int, float))), len(args)


def _is_tensor(value: object) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _tensors_in(value: object) -> Iterator[Any]:
    """Yield the tensors in arguments or results, in order."""
    if _is_tensor(value):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _tensors_in(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _tensors_in(part)
    elif isinstance(value, slice):
        yield from _tensors_in((value.start, value.stop, value.step))


def _with(moved: Mapping[int, Any], value: Any) -> Any:
    """Return arguments with other tensors in the place of some."""
    if _is_tensor(value):
        return moved.get(id(value), value)
    if isinstance(value, (tuple, list)):
        made = [_with(moved, part) for part in value]
        return made if isinstance(value, list) else tuple(made)
    if isinstance(value, dict):
        return {key: _with(moved, part) for key, part in value.items()}
    return value


def _leaves(value: object, key: str) -> Iterator[tuple[str, object]]:
    """Yield what a module returned piece by piece, each with its place."""
    if _is_tensor(value) or value is None:
        yield key, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(part, f"{key}.{name}" if key else str(name))
    elif isinstance(value, (tuple, list)):
        names = getattr(value, "_fields", range(len(value)))
        for name, part in zip(names, value, strict=False):
            yield from _leaves(part, f"{key}.{name}" if key else str(name))
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _leaves(getattr(value, name), f"{key}.{name}" if key else name)
    else:
        yield key, value


def _storage(tensor: Any) -> int:
    return int(tensor.untyped_storage()._cdata)


def _geometry(tensor: Any) -> tuple[object, ...]:
    return (tuple(tensor.shape), tensor.stride(), tensor.storage_offset(), tensor.dtype)


def _dtype(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _values(tensor: Any) -> tuple[float, ...] | None:
    """Return the elements of a small tensor that has any."""
    tensor = getattr(tensor, "constant", tensor)
    if tensor is None or tensor.device.type != "cpu" or size(tuple(tensor.shape)) > MOST_VALUES:
        return None
    if getattr(tensor, "fake_mode", None) is not None or tensor.is_complex():
        return None
    found = tensor.flatten().tolist()
    return tuple(found)


def _argument(value: object, numbers: Mapping[int, int]) -> Argument:
    """Return an argument without torch's objects."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if _is_tensor(value):
        return Ref(numbers[id(value)])
    if isinstance(value, (tuple, list)):
        return tuple(_argument(part, numbers) for part in value)
    if isinstance(value, slice):
        return Cut(*(_argument(part, numbers) for part in (value.start, value.stop, value.step)))
    return Other("..." if value is Ellipsis else shorten(str(value)))


def _replaced(value: Argument, old: int, new: int) -> Argument:
    """Return an argument that reads one tensor in another's place."""
    if isinstance(value, Ref):
        return Ref(new) if value.tensor == old else value
    if isinstance(value, tuple):
        return tuple(_replaced(part, old, new) for part in value)
    if isinstance(value, Cut):
        return Cut(*(_replaced(part, old, new) for part in (value.start, value.stop, value.step)))
    return value


_names: dict[Any, str] = {}


def _name_of(function: Any) -> str:
    """Return a function's name; of an operation of the dispatcher that is not torch's own with its library's."""
    try:
        return _names[function]
    except (KeyError, TypeError):
        pass
    packet = getattr(function, "overloadpacket", function)
    qualified = getattr(packet, "_qualified_op_name", "")
    if qualified:
        space, _, last = qualified.partition("::")
        name = last if space == "aten" else f"{space}.{last}"
    else:
        name = str(getattr(function, "__name__", type(function).__name__))
    if name != "__get__":  # made anew whenever a property is read
        _names[function] = name
    return name


_writes: dict[Any, tuple[tuple[int, str], ...]] = {}


def _writes_of(operation: Any) -> tuple[tuple[int, str], ...]:
    """Return the arguments of an operation that it writes."""
    if operation not in _writes:
        _writes[operation] = tuple(
            (index, argument.name)
            for index, argument in enumerate(operation._schema.arguments)
            if argument.alias_info is not None and argument.alias_info.is_write
        )
    return _writes[operation]


def _opened(function: Any) -> Any:
    """Return a Python function of torch that does not hand itself to modes as one call, so that those inside are."""
    own = dict(function.__globals__)
    for name in ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic"):
        own[name] = lambda *_: False
    opened = types.FunctionType(function.__code__, own, function.__name__, function.__defaults__, function.__closure__)
    opened.__kwdefaults__ = function.__kwdefaults__
    return opened


def _is_own(kind: type) -> bool:
    return kind.__module__.startswith("torch.nn.")


def _base_of(kind: type) -> str:
    """Return the class of torch.nn that a class is or derives from; none for those that derive from Module alone."""
    return next((each.__name__ for each in kind.__mro__ if _is_own(each) and each.__name__ != "Module"), "")


_codes: dict[types.CodeType, bytes] = {}


def _written_at(function: Any, name: str) -> tuple[str, str]:
    """Return the innermost line outside torch, and the form in which the running call is written there."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    if frame is not None and frame.f_code.co_name == "handle_torch_function":
        frame = frame.f_back and frame.f_back.f_back  # and the function itself
    while frame is not None and frame.f_code.co_filename.endswith(_WRAPPERS):
        frame = frame.f_back
    how = _form(function, name, frame)
    while frame is not None and not _is_users(frame.f_code.co_filename):
        frame = frame.f_back
    return (f"{_shown(frame.f_code.co_filename)}:{frame.f_lineno}" if frame else ""), how


_WRAPPERS = tuple(os.sep.join(("torch", each)) for each in ("_jit_internal.py", "_tensor.py", "overrides.py"))
_MODULES = os.sep.join(("torch", "nn", "modules", ""))
_SIGNS = ("BINARY_", "INPLACE_", "UNARY_", "COMPARE_", "STORE_SUBSCR")


def _form(function: Any, name: str, caller: types.FrameType | None) -> str:
    from torch.nn import functional

    if caller is not None:
        code = caller.f_code
        if code not in _codes:
            _codes[code] = code.co_code
        if dis.opname[_codes[code][caller.f_lasti]].startswith(_SIGNS):
            return "operator"
        if _MODULES in code.co_filename:
            return "module"
    return "functional" if getattr(functional, name, None) is function else "function"


_formulas: dict[str, Callable[..., int]] = {}


def _madds(operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> int:
    """Return the multiply-adds of an operation of the dispatcher; 0 for one that multiplies no matrices."""
    import torch
    from torch.utils.flop_counter import flop_registry

    formula = _formulas.get(_name_of(operation)) or flop_registry.get(operation.overloadpacket)
    if formula is None:
        return 0
    with torch._C.DisableTorchFunction():
        if operation.overloadpacket in flop_registry:
            return int(formula(*args, **kwargs, out_val=result)) // 2
        return formula(*args, **kwargs)


def _product_of_vectors(*operands: Any, **_: object) -> int:
    return size(tuple(operands[0].shape))


def _added_product_of_vectors(added: Any, *operands: Any, **_: object) -> int:
    return size(tuple(operands[0].shape))


def _summed_products(added: Any, first: Any, second: Any, **_: object) -> int:
    return size(tuple(first.shape)) * int(second.shape[-1])


def _deformed(x: Any, weight: Any, offset: Any, *_: Any, **__: object) -> int:
    return size(tuple(weight.shape)) * size(tuple(offset.shape[2:])) * int(x.shape[0])


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: object) -> int:
    return size(tuple(query.shape)) * int(key.shape[-2]) + size(tuple(query.shape[:-1])) * size(tuple(value.shape[-2:]))


_formulas.update(
    {
        "mv": _product_of_vectors,
        "dot": _product_of_vectors,
        "vdot": _product_of_vectors,
        "addmv": _added_product_of_vectors,
        "addbmm": _summed_products,
        "torchvision.deform_conv2d": _deformed,
        "_scaled_dot_product_flash_attention_for_cpu": _attention,
    }
)
