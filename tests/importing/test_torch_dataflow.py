"""A recording computes what the module computes: random programs of views and writes in place are played again."""

from __future__ import annotations

import random
from typing import Any

import pytest

from flopcalc.importing.torch.capture import Input, capture
from flopcalc.importing.torch.recording import Argument, Call, Cut, Recording, Ref

torch = pytest.importorskip("torch")

PROGRAMS = 40
STEPS = 12


class Program(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Views, writes and reads in an order that a seed gives."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def forward(self, x: Any) -> list[Any]:
        choose = random.Random(self.seed)
        pool = [x * 1.0]
        for _ in range(STEPS):
            step(pool, choose)
        return pool


def step(pool: list[Any], choose: random.Random) -> None:
    tensor, other = choose.choice(pool), choose.choice(pool)
    kind = choose.choice(["view", "part", "turned", "halves", "times", "plus", "set", "relu", "both"])
    if kind == "view":
        pool.append(tensor.view(tensor.shape) if tensor.is_contiguous() else tensor.transpose(-1, -2))
    elif kind == "part":
        pool.append(tensor[:, : tensor.shape[1] // 2 + 1])
    elif kind == "turned":
        pool.append(tensor.transpose(2, 3))
    elif kind == "halves":
        pool.extend(tensor.chunk(2, 1))
    elif kind == "times":
        tensor.mul_(1.5)
    elif kind == "plus":
        tensor.add_(0.25)
    elif kind == "set":
        tensor[:, :1] = tensor[:, -1:] * 2
    elif kind == "relu":
        tensor.relu_()
    elif other.shape == tensor.shape and other is not tensor:
        tensor += other * 0.5
    else:
        pool.append(tensor * 2)


def value_of(argument: Argument, held: dict[int, Any]) -> Any:
    if isinstance(argument, Ref):
        return held[argument.tensor]
    if isinstance(argument, tuple):
        return tuple(value_of(part, held) for part in argument)
    if isinstance(argument, Cut):
        return slice(argument.start, argument.stop, argument.step)
    return argument


def called(call: Call, given: dict[str, Any]) -> list[Any]:
    """Return what a function makes of its arguments, which stay as they are but where a view is written."""
    x = given.pop("input")
    if call.function == "__getitem__":
        return [x[given["index"]]]
    if call.function == "__setitem__":
        x = x.clone()
        x[given["index"]] = given["value"]
        return [x]
    if call.function.endswith("_"):
        x = x.clone()
    given.pop("alpha", None)
    made = getattr(x, call.function)(*given.values())
    return [*made] if isinstance(made, tuple) else [made]


def played(recording: Recording, x: Any) -> list[Any]:
    held = {recording.inputs[0]: x}
    for call in recording.calls:
        given = {name: value_of(each, held) for name, each in call.arguments}
        if call.form == "written":
            value, part, whole = given.pop("value"), given.pop("part"), given.pop("input").clone()
            called(call, {"input": whole, **given})[part].copy_(value)
            made = [whole]
        else:
            made = called(call, given)
        held.update((number, each.clone()) for number, each in zip(call.results, made, strict=True))
    return [held[output.tensor] for output in recording.outputs]


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_what_is_recorded_computes_what_was_run(seed: int) -> None:
    x = torch.randn((1, 8, 4, 4), generator=torch.Generator().manual_seed(seed))
    recording = capture(Program(seed), [Input((1, 8, 4, 4))])
    wanted = Program(seed)(x.clone())
    found = played(recording, x)
    assert len(found) == len(wanted)
    assert all(torch.allclose(one, other) for one, other in zip(found, wanted, strict=True))
