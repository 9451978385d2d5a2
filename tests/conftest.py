"""What several folders of tests share: reports to look at, and the command line run in this process."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import kept_work
import pytest
from report_specs import BLOCK, HOSTILE, ROUNDED, SMALL, made

from flopcalc import Report, analyze
from flopcalc.cli import main

collect_ignore = ["importing/awkward_modules.py", "importing/record_torch.py"]
"""Modules that need torch, and are no tests."""


def pytest_collection_finish() -> None:
    """Let the garbage collector look no more at the thousands of tests, which live to the end."""
    gc.collect()
    gc.freeze()


# -- reports ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Report:
    """A small network with numbers for everything."""
    return made(tmp_path, SMALL)


@pytest.fixture
def block(tmp_path: Path) -> Report:
    """A block in symbols."""
    return made(tmp_path, BLOCK)


@pytest.fixture(scope="session")
def rounded(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A network in symbols whose rounding is kept."""
    return made(tmp_path_factory.mktemp("rounded"), ROUNDED, symbolic=["alpha"], exact_rounding=True)


@pytest.fixture
def hostile(tmp_path: Path) -> Report:
    """A network whose words every format must escape."""
    return made(tmp_path, HOSTILE)


@pytest.fixture(scope="session")
def mobilenet() -> Report:
    """MobileNetV1 as its paper has it."""
    return analyze("mobilenet_v1")


@pytest.fixture
def analyse(tmp_path: Path) -> Callable[..., Report]:
    """Analyse a text as the file ``net.yaml`` of a folder of its own."""

    def analyse_text(text: str, **given: object) -> Report:
        path = tmp_path / "net.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return analyze(str(path), **given)  # type: ignore[arg-type]

    return analyse_text


# -- the command line ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    """What a run left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``flopcalc`` with arguments; its output goes to a pipe of 100 columns, its messages are whole lines."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("flopcalc.cli.output.broken", lambda text, width, whole=False: text)

    def runner(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(arguments)
        captured = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Ran(left.value.code, captured.out, captured.err)

    return runner


@pytest.fixture
def worked_out_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work out once what is shown in many formats and widths."""
    kept_work.keep(request, monkeypatch)


@pytest.fixture
def ok(run: Run) -> Callable[..., str]:
    """Run ``flopcalc``, hold that it succeeds without a word on the standard error, and return its output."""

    def runner(*arguments: str) -> str:
        ran = run(*arguments)
        assert (ran.code, ran.err) == (0, "")
        return ran.out

    return runner


@pytest.fixture
def refused(run: Run) -> Callable[..., str]:
    """Run ``flopcalc``, hold that it refuses its input without an output or a traceback, and return the message."""

    def runner(*arguments: str) -> str:
        ran = run(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err
        assert "Traceback" not in ran.err
        return ran.err

    return runner
