"""From the name of a PyTorch model, or from a module, to a trace of its network.

``torchvision.models:resnet50``, ``mynet.py:Net:width=2``: a module of Python or a file, a factory or class in it, and
values for its keywords. Importing a module runs it, as always in Python.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import json
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.errors import Problem, SizeError, listed, printable, shorten, suggest
from flopcalc.importing.tensors import Builder
from flopcalc.importing.torch.capture import Input, ModelError, capture, place_of
from flopcalc.importing.torch.functions import Reader
from flopcalc.importing.torch.recording import Recording, size
from flopcalc.importing.trace import Trace

if TYPE_CHECKING:
    import torch

__all__ = ["Named", "load_torch", "named", "trace_of", "trace_of_recording"]


class UnsizedModelError(ModelError, SizeError):
    """A model does not run at the size that was taken for it."""


USUAL = {1: (224,), 2: (224, 224), 3: (16, 224, 224)}
"""The map of an input of which the model says none, by its sides."""

TOKENS = 128
"""How many tokens are read by a model that begins with a table of them."""

_LIBRARIES = ("torch", "torchvision", "timm", "transformers", "pytorchcv")
"""Packages that may be told to be installed: those whose names are known to be theirs."""

_MOST_NAMED = 4

Shapes: TypeAlias = "Mapping[str, tuple[int, ...]]"


@dataclass(frozen=True, slots=True)
class Named:
    """A model as it is named: a module or file, what in it makes the model, and values for its keywords.

    Attributes
    ----------
    module : str
    attribute : str
        May hold dots.
    values : mapping of str to str
        As they are written.
    """

    module: str
    attribute: str
    values: Mapping[str, str]

    @property
    def is_file(self) -> bool:
        """Whether the module is a file by its path."""
        return self.module.endswith(".py")

    def __str__(self) -> str:
        return ":".join((self.module, self.attribute, *(f"{key}={value}" for key, value in self.values.items())))


_KEYWORD = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_ATTRIBUTE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_CALL = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\(\)")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def named(text: str) -> Named:
    """Return the parts of a model's name.

    Raises
    ------
    ModelError
        Where it is none.

    Examples
    --------
    >>> named("torchvision.models:resnet50").attribute
    'resnet50'
    >>> dict(named("nets/mine.py:Net:width=2:sizes=[1,2],act=relu").values)
    {'width': '2', 'sizes': '[1,2]', 'act': 'relu'}
    """
    module, *parts = _parts(text)
    if not parts or not _ATTRIBUTE.fullmatch(parts[0]):
        raise ModelError(
            Problem(
                f"`{shorten(text)}` names no model",
                expected="MODULE:NAME, with values behind it: torchvision.models:resnet50, mynet.py:Net:width=2",
            )
        )
    values: dict[str, str] = {}
    for part in parts[1:]:
        key, sign, value = part.partition("=")
        if not _KEYWORD.fullmatch(part) or not sign:
            raise ModelError(Problem(f"`{shorten(part)}` is no value", expected="KEYWORD=VALUE, as width=2"))
        values[key] = value
    return Named(module, parts[0], values)


def _parts(text: str) -> list[str]:
    """Return what colons, and behind the attribute commas, divide outside brackets."""
    head, _, rest = text.partition(":")
    if len(head) == 1 and rest[:1] in ("\\", "/"):  # a drive of Windows
        drive, (head, _, rest) = head, rest.partition(":")
        head = f"{drive}:{head}"
    parts, depth = [""], 0
    for sign in rest:
        depth += (sign in "[(") - (sign in ")]")
        if depth == 0 and (sign == ":" or (sign == "," and len(parts) > 1)):
            parts.append("")
        else:
            parts[-1] += sign
    return [head, *(part for part in parts if part)]


def _value(text: str, key: str, module: ModuleType) -> object:
    """Return what a value stands for: a number, true, false, none, a list, a call of a name of the module, a word."""
    word = text.strip()
    if word.lower() in ("true", "false", "none"):
        return {"true": True, "false": False, "none": None}[word.lower()]
    if _NUMBER.fullmatch(word):
        return int(word) if word.lstrip("+-").isdigit() else float(word)
    if word.startswith("["):
        try:
            return json.loads(word)
        except ValueError:
            raise ModelError(Problem(f"{key}: `{shorten(word)}` is no list", expected="as [1, 2, 3]")) from None
    call = _CALL.fullmatch(word)
    if call is None:
        return word
    made = _attribute(module, call[1], module.__name__)
    return _built(made, call[1], {})


def load_torch(text: str, shapes: Shapes | None = None) -> Trace:
    """Return the network of a PyTorch model by its name.

    Parameters
    ----------
    text : str
        As :func:`named` reads it.
    shapes : mapping of str to tuple of int, optional
        Shapes of inputs without the batch, by the names of what ``forward`` takes; "" is the first.

    Raises
    ------
    ModelError
        Where torch or the module is missing, the model cannot be built or run, or its graph depends on values.
    """
    model = named(text)
    _need_torch()
    module = _imported(model)
    key = (str(model), id(module))
    if key in _kept:
        return trace_of(_kept[key], shapes, name=model.attribute, source=str(model))
    factory = _attribute(module, model.attribute, model.module)
    import torch

    if isinstance(factory, torch.nn.Module):
        if model.values:
            raise ModelError(Problem(f"{model.attribute} is a model already", expected="no values"))
        return trace_of(factory, shapes, name=model.attribute, source=str(model))
    values = {key: _value(value, key, module) for key, value in model.values.items()}
    _check_keywords(factory, model, values)
    with _quiet():
        try:
            with torch.device("meta"):
                made = _module(_built(factory, model.attribute, values), model)
            trace = trace_of(made, shapes, name=model.attribute, source=str(model))
        except ModelError:  # a model that reads values while it is built, or tables that it keeps
            made = _module(_built(factory, model.attribute, values), model)
            trace = trace_of(made, shapes, name=model.attribute, source=str(model))
    _kept.clear()
    _kept[key] = made
    return trace


_kept: dict[tuple[str, int], torch.nn.Module] = {}
"""The last model that was built, which is read again at other sizes."""

_files: dict[str, tuple[int, ModuleType]] = {}
"""The files that were imported, each as it was last changed."""


def _need_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise ModelError(Problem("PyTorch is not installed", hint='pip install "flopcalc[torch]"'))
    try:
        importlib.import_module("torch")
    except Exception as error:  # an installation that is broken
        raise _failed("PyTorch cannot be imported", error) from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what a user's module prints out of the answer, and its warnings away."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        yield


def _imported(model: Named) -> ModuleType:
    """Import the module of a model, which runs it; that is said where it was not there yet."""
    if model.is_file and not Path(model.module).is_file():
        raise ModelError(Problem(f"there is no file {shorten(model.module)}", expected="a Python file"))
    if not (_file_before(Path(model.module)) if model.is_file else model.module in sys.modules):
        sys.stderr.write(f"flopcalc: importing {printable(model.module)} runs it\n")
    with _quiet():
        try:
            return _of_file(Path(model.module)) if model.is_file else importlib.import_module(model.module)
        except ModuleNotFoundError as error:
            raise _missing(model, error) from None
        except ModelError:
            raise
        except Exception as error:  # whatever the module does
            raise _failed(f"{shorten(model.module)} cannot be imported", error) from None
        except SystemExit:
            raise ModelError(Problem(f"{shorten(model.module)} ends the program when it is imported")) from None


def _missing(model: Named, error: ModuleNotFoundError) -> ModelError:
    missing = error.name or model.module
    if model.module == missing or model.module.startswith(f"{missing}."):
        what = f"there is no module {shorten(missing)}"
    else:
        what = f"{shorten(model.module)} needs the module {shorten(missing)}, which is not installed"
    package = missing.partition(".")[0]
    hint = f"pip install {package}" if package in _LIBRARIES else ""
    return ModelError(Problem(what, expected="a module that Python finds, or a path that ends in .py", hint=hint))


def _of_file(path: Path) -> ModuleType:
    """Return a file as a module, with its folder on the path as Python has it for a script."""
    if not path.is_file():
        raise ModelError(Problem(f"there is no file {shorten(str(path))}", expected="a Python file"))
    known = _file_before(path)
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    before = sys.modules.get(path.stem)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[path.stem]
        raise
    finally:
        sys.path.remove(folder)
        if before is not None:
            sys.modules[path.stem] = before
    _files[str(path.resolve())] = (path.stat().st_mtime_ns, module)
    return module


def _file_before(path: Path) -> ModuleType | None:
    """Return the module of a file that was imported and has not been changed since."""
    stamp, module = _files.get(str(path.resolve()), (0, None))
    return module if module is not None and path.is_file() and path.stat().st_mtime_ns == stamp else None


def _failed(what: str, error: BaseException) -> ModelError:
    """Return what is said of a user's code that raised an error."""
    text = shorten(str(error).strip().split("\n")[0] or type(error).__name__, 200)
    return ModelError(Problem(f"{what}: {type(error).__name__}: {text}", place_of(error)))


def _attribute(module: ModuleType, name: str, shown: str) -> object:
    found: object = module
    for part in name.split("."):
        try:
            with _quiet():
                found = getattr(found, part)
        except AttributeError:
            hint = suggest(part, [each for each in dir(found) if not each.startswith("_")])
            what = f"{shorten(shown)} has no {shorten(part)}"
            raise ModelError(Problem(what, expected="a class or function that makes a model", hint=hint)) from None
        except Exception as error:  # a module may import its parts as they are asked for
            raise _failed(f"{shorten(shown)} cannot give {shorten(part)}", error) from None
    return found


def _check_keywords(factory: object, model: Named, values: Mapping[str, object]) -> None:
    """Raise an error where a factory takes no such keyword, or needs one that is not given."""
    if not callable(factory):
        what = f"{model.attribute} is of type {type(factory).__name__}"
        raise ModelError(Problem(what, expected="a class or function that makes a torch.nn.Module"))
    try:
        parameters = inspect.signature(factory).parameters
    except (TypeError, ValueError):
        return
    if not any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        for key in values:
            if key not in parameters:
                what = f"{model.attribute} takes no keyword {shorten(key)}"
                raise ModelError(Problem(what, expected=listed(parameters, "none"), hint=suggest(key, parameters)))
    needed = [
        name
        for name, each in parameters.items()
        if each.default is each.empty
        and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
        and name not in values
    ]
    if needed:
        what = f"{model.attribute} needs {listed(needed)}"
        raise ModelError(Problem(what, hint=f"{model}:{':'.join(f'{name}=VALUE' for name in needed)}"))


def _built(factory: object, name: str, values: Mapping[str, object]) -> object:
    assert callable(factory)
    try:
        return factory(**values)
    except (Exception, SystemExit) as error:  # whatever the user's code raises
        raise _failed(f"{shorten(name)} cannot be built", error) from None


def _module(made: object, model: Named) -> torch.nn.Module:
    import torch

    if not isinstance(made, torch.nn.Module):
        what = f"{model.attribute} makes what is of type {type(made).__name__}"
        raise ModelError(Problem(what, expected="a torch.nn.Module"))
    return made


# -- a module ----------------------------------------------------------------------------------------------------------


def trace_of(
    module: torch.nn.Module,
    shapes: Shapes | Sequence[int] | None = None,
    *,
    name: str = "",
    source: str = "",
) -> Trace:
    """Return the network of a module, which is neither moved nor changed.

    Parameters
    ----------
    module : torch.nn.Module
    shapes : mapping of str to tuple of int, or sequence of int, optional
        Shapes of inputs without the batch, by the names of what ``forward`` takes; "" is the first.
    name, source : str
        What it is called, and where it came from.

    Raises
    ------
    ModelError
        Where it cannot be run, or its graph depends on values.
    """
    module = _unwrapped(module)
    notes: list[str] = []
    given = dict(shapes) if isinstance(shapes, Mapping) else {"": tuple(shapes)} if shapes else {}
    try:
        inputs = _inputs(module, given, notes)
        with _quiet():
            recording = capture(module, inputs)
    except ModelError as error:
        raise error if given else _unsized(error, notes) from None
    return replace(trace_of_recording(recording, name=name, source=source), assumed=" ".join(notes))


def _unsized(error: ModelError, notes: Sequence[str]) -> UnsizedModelError:
    """Return an error of a model that was given no size, with the size that was taken for it."""
    problems = [replace(each, hint=each.hint or " ".join(notes)) for each in error.problems]
    return UnsizedModelError(*problems)


def _unwrapped(module: torch.nn.Module) -> torch.nn.Module:
    """Return the module inside what compiles it or spreads it over devices."""
    import torch

    while True:
        inner = getattr(module, "_orig_mod", None)
        if inner is None and isinstance(module, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
            inner = module.module
        if not isinstance(inner, torch.nn.Module):
            return module
        module = inner


def trace_of_recording(recording: Recording, *, name: str = "", source: str = "", notes: Sequence[str] = ()) -> Trace:
    """Return the network of a recorded run.

    Raises
    ------
    ModelError
        Where parameters do not add up: each that the module owns is counted once.
    """
    builder = Builder(re.sub(r"\W", "_", name or recording.name) or "model", name or recording.name, source)
    for note in (*notes, *recording.notes):
        builder.note(note)
    reader = Reader(recording, builder)
    reader.read()
    _note_parameters(recording, reader)
    if not builder.outputs:
        raise ModelError(Problem("nothing that the model returns is computed from its inputs", expected="a network"))
    return builder.trace()


def _note_parameters(recording: Recording, reader: Reader) -> None:
    """Tell which parameters are not read, and which are owned under several names."""
    used = recording.used()
    rest = {recording.tensors[number].names[0]: number for number in recording.parameters if number not in used}
    if rest:
        total = sum(size(recording.tensors[number].shape) for number in rest.values())
        reader.net.note(f"{total:,} parameters are owned and not used in eval mode: {_few(rest)}.")
    tied = {number: recording.tensors[number] for number in recording.parameters}
    several = [" = ".join(each.names) for each in tied.values() if len(each.names) > 1]
    if several:
        reader.net.note(f"Parameters under several names are counted once: {_few(several)}.")


def _few(names: Sequence[str] | Mapping[str, int]) -> str:
    shown = [*names][:_MOST_NAMED]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _inputs(
    module: torch.nn.Module, given: dict[str, tuple[int, ...]], notes: list[str]
) -> dict[str, Input] | list[Input]:
    """Return the inputs of a module by name, the batch first; in order where what it takes has no names."""
    try:
        parameters = [*inspect.signature(module.forward).parameters.values()]
    except (TypeError, ValueError):
        parameters = []
    known = [each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    loose = not known or any(each.kind is each.VAR_KEYWORD for each in parameters)
    first = str(getattr(module, "main_input_name", "")) or (known[0] if known else "x")
    if "" in given:
        given = {first: given[""], **{key: value for key, value in given.items() if key}}
    for key in given:
        if key not in known and not (loose or key == first):
            what = f"the model has no input {shorten(key)}"
            raise ModelError(Problem(what, expected=listed(known), hint=suggest(key, known)))
    if first not in given:
        shape, said = _usual(module)
        given = {first: shape, **given}
        if not said:
            shown = "×".join(map(str, shape))
            notes.append(f"The model says no size for its input: {shown} is taken (--input gives another).")
    needed = [each.name for each in parameters if each.default is each.empty and each.name in known]
    missing = [name for name in needed if name not in given]
    if missing:
        hint = " ".join(f"--input {name}=SHAPE" for name in (first, *missing))
        raise ModelError(Problem(f"the model reads {listed(missing)} too", hint=hint))
    inputs = {key: Input((1, *shape)) for key, shape in given.items()}
    return inputs if known else [*inputs.values()]


def _usual(module: torch.nn.Module) -> tuple[tuple[int, ...], bool]:
    """Return the shape that a model's input usually has, and whether the model says so itself."""
    for key in ("pretrained_cfg", "default_cfg"):
        said = getattr(module, key, None)
        shape = said.get("input_size") if isinstance(said, Mapping) else None
        if isinstance(shape, (tuple, list)) and shape and all(isinstance(side, int) for side in shape):
            return tuple(shape), True
    config = getattr(module, "config", None)
    side, channels = getattr(config, "image_size", None), getattr(config, "num_channels", 3)
    if isinstance(side, int) and isinstance(channels, int):
        return (channels, side, side), True
    return _first_layers(module), False


def _first_layers(module: torch.nn.Module) -> tuple[int, ...]:
    """Return an input that the first layer with weights takes."""
    from torch import nn

    for each in module.modules():
        if isinstance(each, nn.modules.conv._ConvNd):
            sides = len(each.kernel_size)
            return (int(each.in_channels), *USUAL[sides])
        if isinstance(each, nn.Linear):
            return (int(each.in_features),)
        if isinstance(each, nn.Embedding):
            return (TOKENS,)
    return (3, *USUAL[2])
