"""Hostile and broken ONNX files end in an error that says what is wrong, in little time and memory."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from flopcalc.errors import FlopcalcError
from flopcalc.importing.loading import load

FILES = Path(__file__).parent.parent / "goldens" / "onnx"
SMALL = (FILES / "nasty-Inplace.onnx").read_bytes()


def opened(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    load(str(path))


def test_a_file_that_is_cut_off_anywhere_is_refused_or_a_smaller_network(tmp_path: Path) -> None:
    for length in range(0, len(SMALL), 37):
        with suppress(FlopcalcError):
            opened(SMALL[:length], tmp_path)


def test_a_file_with_a_wrong_byte_anywhere_is_refused_or_another_network(tmp_path: Path) -> None:
    drawn = random.Random(1)
    for _ in range(150):
        data = bytearray(SMALL)
        data[drawn.randrange(len(data))] = drawn.randrange(256)
        with suppress(FlopcalcError):
            opened(bytes(data), tmp_path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"hello, world", "wire type"),
        (b"\x08\x07", "there is no graph in it"),
        (b"\x3a\x00", "its graph has no nodes"),
        (b"\x3a\xff\xff\xff\xff\x0f", "cut off"),
        (b"\x3a" + b"\xff" * 11, "more than ten bytes"),
        (b"\x00\x01", "number 0"),
    ],
)
def test_what_is_no_model_says_why(data: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(FlopcalcError, match=said):
        opened(data, tmp_path)


def test_a_file_of_nothing_but_fields_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcalc.importing.onnx.wire.MOST_FIELDS", 1000)
    with pytest.raises(FlopcalcError, match="too many fields"):
        opened(b"\x08\x00" * 2000, tmp_path)


def test_a_folder_and_a_file_that_is_not_there_say_so(tmp_path: Path) -> None:
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(FlopcalcError, match="it is a directory"):
        load(str(tmp_path / "folder.onnx"))
    with pytest.raises(FlopcalcError, match="there is no such file"):
        load(str(tmp_path / "other.onnx"))
