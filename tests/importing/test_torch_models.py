"""PyTorch's modules are recorded and counted where torch is installed; each source is skipped where it is not."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest
from torch_rows import AWKWARD, BY_HAND, EXPECTED, measured, shape_of

import flopcalc
from flopcalc import from_torch
from flopcalc.importing.document import spec_of
from flopcalc.importing.torch.capture import Input, ModelError, capture
from flopcalc.importing.torch.loading import load_torch, trace_of

torch = pytest.importorskip("torch")
awkward = importlib.import_module(AWKWARD.stem)

ROWS = measured() + [
    {"source": "awkward", "model": name, "kwargs": "{}", "input": "x".join(map(str, shape))}
    for name, (shape, _, _) in BY_HAND.items()
]


def library(name: str) -> ModuleType:
    """Return a library, or skip: one that is there may be broken, as torchvision beside another torch."""
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"{name}: {error}")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", ROWS, ids=[f"{row['source']}-{row['model']}" for row in ROWS])
def test_a_model_is_counted_exactly(row: dict[str, str]) -> None:
    given = {key: f"{value}()" for key, value in json.loads(row["kwargs"]).items()}
    source, model = row["source"], row["model"]
    if source == "awkward":
        name = f"{AWKWARD}:{model}"
    elif source == "timm":
        library("timm")
        name = f"timm:create_model:model_name={model}"
    elif source == "pytorchcv":
        library("pytorchcv")
        name = f"pytorchcv.model_provider:get_model:name={model}"
    elif source == "transformers":
        library("transformers")
        name = ":".join(("transformers", model, *(f"{key}={value}" for key, value in given.items())))
    else:
        library("torchvision")
        inner = "torchvision.models.segmentation" if model.startswith("deeplab") else "torchvision.models"
        name = f"{inner}:{model}" + (":weights_backbone=none:num_classes=21" if given else "")
    shape = shape_of(row["input"])
    totals = flopcalc.analyze(spec_of(load_torch(name, {"": shape}), model)).totals
    assert (totals.params, totals.madds) == EXPECTED[f"{source}-{model}"]


def test_a_graph_that_depends_on_values_is_refused_with_the_line_that_asks() -> None:
    with pytest.raises(ModelError) as caught:
        trace_of(awkward.ControlValue(), (3, 64, 64))
    (problem,) = caught.value.problems
    line = next(n for n, text in enumerate(AWKWARD.read_text().split("\n"), 1) if "x.sum() >= 0" in text)
    assert problem.place is not None
    assert (Path(problem.place.file).name, problem.place.line) == (AWKWARD.name, line)
    assert "depends on the values" in problem.what


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x[x > 0],
        lambda x: x.nonzero(),
        lambda x: x * x.mean().item(),
        lambda x: x if bool(x.max()) else -x,
        lambda x: torch.zeros(int(x.sum())),
        lambda x: torch.tensor(x.tolist()),
        lambda x: torch.unique(x),
        lambda x: x.numpy(),
        lambda x: torch.where(x > 0),
        lambda x: torch.masked_select(x, x > 0),
        lambda x: [y for y in x.flatten() if y > 0],
    ],
)
def test_whatever_reads_values_is_refused(read: object) -> None:
    class Reads(torch.nn.Module):
        def forward(self, x: object) -> object:
            return read(x)  # type: ignore[operator]

    with pytest.raises(ModelError, match="depends on the values"):
        capture(Reads(), [Input((1, 3, 4, 4))])


def test_values_that_came_by_way_of_a_constant_are_refused() -> None:
    class Kept(torch.nn.Module):
        def forward(self, x: object) -> object:
            kept = torch.zeros(2)
            kept[0] = x.sum()  # type: ignore[attr-defined]
            return x if kept.sum() > 0 else -x  # type: ignore[operator]

    with pytest.raises(ModelError, match="depends on the values"):
        capture(Kept(), [Input((1, 3, 4, 4))])


@pytest.mark.parametrize("fails", [False, True])
def test_a_module_is_left_as_it_was(fails: bool) -> None:
    module = awkward.Caught(fails)
    module.n.eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    pointers = [each.data_ptr() for each in module.parameters()]
    if fails:
        with pytest.raises(ModelError, match=r"does not run: ValueError: as told"):
            trace_of(module, (3, 8, 8))
    else:
        trace_of(module, (3, 8, 8))
    assert (module.training, module.n.training, module.runs) == (True, False, 0)
    assert [each.data_ptr() for each in module.parameters()] == pointers
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in module.modules())
    assert torch.backends.mha.get_fastpath_enabled()


def test_each_call_is_told_as_it_is_written() -> None:
    class Forms(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.act = torch.nn.ReLU()

        def forward(self, x: object) -> object:
            f = torch.nn.functional
            return torch.mul(f.relu(self.act(x)) + x, 2) * x.sigmoid() - f.max_pool2d(x, 3, 1, 1)  # type: ignore[attr-defined, operator]

    calls = capture(Forms(), [Input((1, 3, 4, 4))]).calls
    assert [(call.function, call.form, call.module) for call in calls] == [
        ("relu", "module", "act"),
        ("relu", "functional", ""),
        ("add", "operator", ""),
        ("mul", "function", ""),
        ("sigmoid", "function", ""),
        ("mul", "operator", ""),
        ("max_pool2d", "functional", ""),
        ("sub", "operator", ""),
    ]


@pytest.mark.filterwarnings("ignore")
def test_what_has_no_python_is_seen_by_the_dispatcher() -> None:
    inner = torch.jit.trace(lambda x: x * torch.sigmoid(x), torch.zeros(1, 3, 4, 4))

    class Scripted(torch.nn.Module):
        def forward(self, x: object) -> object:
            return inner(x)

    calls = capture(Scripted(), [Input((1, 3, 4, 4))]).calls
    assert [(call.function, call.form) for call in calls] == [("sigmoid", "dispatched"), ("mul", "dispatched")]


def test_inputs_are_given_by_the_names_of_what_forward_takes() -> None:
    class Two(torch.nn.Module):
        def forward(self, image: object, other: object, scale: float = 2.0) -> object:
            return image + other * scale  # type: ignore[operator]

    assert dict(trace_of(Two(), {"": (3, 4, 4), "other": (3, 4, 4)}).inputs) == {"image": (3, 4, 4), "other": (3, 4, 4)}
    with pytest.raises(ModelError, match="the model reads other too"):
        trace_of(Two(), (3, 4, 4))
    with pytest.raises(ModelError, match="has no input othr"):
        trace_of(Two(), {"": (3, 4, 4), "othr": (3, 4, 4)})


def test_an_input_that_is_looked_up_is_whole_numbers() -> None:
    recording = capture(awkward.Tokens(), [Input((1, 7))])
    assert [recording.tensors[number].dtype for number in recording.inputs] == ["int64"]


def test_an_input_of_which_the_model_says_nothing_is_told() -> None:
    note = "The model says no size for its input: 3×224×224 is taken (--input gives another)."
    assert trace_of(awkward.Inplace()).assumed == note
    assert note in from_torch(awkward.Inplace()).notes
    said = from_torch(awkward.Inplace(), (3, 224, 224))
    assert note not in said.notes
    assert note not in from_torch(awkward.Inplace()).at({"input": (3, 224, 224)}).notes


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.py:Net", "there is no file nowhere.py"),
        ("nowhere_at_all:Net", "there is no module nowhere_at_all"),
        (f"{AWKWARD}:Inplac", "did you mean `Inplace`"),
        (f"{AWKWARD}:MHA:fsat=true", "did you mean `fast`"),
        (f"{AWKWARD}:F", "F is of type module"),
        ("json:dumps", "dumps needs obj"),
        ("json:JSONEncoder", "makes what is of type JSONEncoder"),
        ("torch.nn:Linear:in_features=2:out_features=word", "Linear cannot be built: TypeError"),
        ("torch.nn:Conv2d:in_channels=3:out_channels=8:kernel_size=[3,", "no list"),
    ],
)
def test_what_is_wrong_with_a_name_is_told(name: str, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        load_torch(name)
    assert said in str(caught.value)


def test_a_module_that_fails_when_it_is_imported_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "broken_net.py"
    file.write_text("import torch\n\nraise KeyError('weights')\n")
    with pytest.raises(ModelError) as caught:
        load_torch(f"{file}:Net")
    assert "cannot be imported: KeyError: 'weights'" in str(caught.value)
    assert "broken_net.py:3:1" in str(caught.value)


def test_values_of_keywords_are_numbers_flags_lists_and_words(tmp_path: Path) -> None:
    file = tmp_path / "kinds_net.py"
    file.write_text(
        "import torch\n"
        "class Config:\n    width = 5\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self, **given):\n"
        "        super().__init__()\n"
        "        assert given.pop('config').width == 5\n"
        "        assert given == dict(a=2, b=.5, c=True, d=None, e=[1, 2], f='relu'), given\n"
        "        self.l = torch.nn.Linear(3, 4)\n"
        "    def forward(self, x):\n        return self.l(x)\n"
    )
    trace = load_torch(f"{file}:Net:a=2:b=.5,c=true:d=none:e=[1, 2]:f=relu:config=Config()", {"": (3,)})
    assert [step.word for step in trace.steps] == ["linear"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "wrapped",
    [
        lambda module: torch.nn.DataParallel(module),
        lambda module: torch.compile(module),
        lambda module: torch.nn.Sequential(module),
        lambda module: AnyInputs(module),
    ],
)
def test_what_is_wrapped_around_a_module_is_no_matter(wrapped: object) -> None:
    trace = trace_of(wrapped(torch.nn.Conv2d(3, 8, 3)), (3, 8, 8))  # type: ignore[operator]
    assert [(step.word, dict(step.attributes)) for step in trace.steps] == [
        ("conv", {"out": 8, "kernel": 3, "padding": 0, "bias": True})
    ]


class AnyInputs(torch.nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self, inner: object) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, *given: object) -> object:
        return self.inner(*given)  # type: ignore[operator]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("module", "shape", "params", "madds"),
    [
        # the kernel is computed of its direction and its length: one for each of 8 filters
        (lambda: torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv2d(3, 8, 3)), (3, 8, 8), 232, 36 * 8 * 27),
        (lambda: torch.nn.LSTMCell(16, 8), (16,), 32 * 24 + 64, 32 * 24),
        (lambda: torch.nn.Bilinear(4, 4, 6), None, 6 * 16 + 6, None),
        (lambda: torch.nn.ConvTranspose2d(4, 8, 4, 2, 1, groups=2), (4, 8, 8), 4 * 4 * 16 + 8, 64 * 4 * 4 * 16),
        (lambda: torch.nn.RMSNorm(8), (3, 8, 8), 8, 0),
    ],
    ids=["weight norm", "LSTM cell", "bilinear", "transposed conv", "RMS norm"],
)
def test_a_layer_of_torch_has_its_parameters_and_multiply_adds(
    module: object, shape: tuple[int, ...] | None, params: int, madds: int | None
) -> None:
    made = module()  # type: ignore[operator]
    sizes = {"": shape} if shape else {"": (4,), "input2": (4,)}
    report = flopcalc.analyze(spec_of(trace_of(made, sizes), "layer"))
    assert report.totals.params == params
    if madds is not None:
        assert report.totals.madds == madds
    else:
        assert any(row.kind == "custom" for row in report.layers)  # of unknown cost


def test_a_file_is_imported_once_until_it_is_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "changing_net.py"
    text = "import torch\n\ndef net():\n    return torch.nn.Linear(3, {})\n"

    def out() -> object:
        (step,) = load_torch(f"{file}:net", {"": (3,)}).steps
        return step.attributes["out"]

    file.write_text(text.format(4))
    assert (out(), out()) == (4, 4)
    assert capsys.readouterr().err.count("runs it") == 1
    file.write_text(text.format(500))
    assert out() == 500


UNSIZED = """
import sys
import torch
from torch import nn

class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.linear = nn.Conv2d(3, 4, 3), nn.Linear(10, 4)
    def forward(self, image, meta):
        return self.conv(image).mean((2, 3)) + self.linear(meta)

class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.places = nn.Embedding(9, 4), nn.Parameter(torch.zeros(1, 16, 4))
    def forward(self, ids):
        return self.tokens(ids) + self.places

class Leaves(nn.Module):
    def forward(self, x):
        sys.exit(5)

def leaves():
    sys.exit(5)
"""


@pytest.fixture
def unsized(tmp_path: Path) -> str:
    path = tmp_path / "unsized.py"
    path.write_text(UNSIZED)
    return str(path)


def test_a_model_that_does_not_run_at_the_size_that_is_taken_is_read_at_the_one_that_is_given(unsized: str) -> None:
    two = flopcalc.analyze(f"{unsized}:Two", input={"image": "3,10,10", "meta": "10"})
    assert (two.totals.params, two.totals.madds) == (4 * 27 + 4 + 44, 4 * 27 * 64 + 40)
    assert flopcalc.analyze(f"{unsized}:Positions", input="16").totals.params == 9 * 4 + 16 * 4


@pytest.mark.parametrize(
    ("name", "said"),
    [("Two", "--input image=SHAPE --input meta=SHAPE"), ("Positions", "128 is taken")],
)
def test_a_model_that_needs_a_size_is_refused_without_one(unsized: str, name: str, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        flopcalc.analyze(f"{unsized}:{name}")
    assert said in caught.value.problems[0].hint


@pytest.mark.parametrize("name", ["Leaves", "leaves"])
def test_a_model_that_ends_the_program_is_refused(unsized: str, name: str) -> None:
    with pytest.raises(ModelError, match="SystemExit"):
        flopcalc.analyze(f"{unsized}:{name}")
