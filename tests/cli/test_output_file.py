"""``--output FILE`` is written whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

Ok = Callable[..., str]
Refused = Callable[..., str]

COMMANDS = [
    ("mobilenet_v1",),
    ("mobilenet_v1", "--format", "json"),
    ("mobilenet_v1", "--format", "csv"),
    ("mobilenet_v1", "--format", "markdown"),
    ("mobilenet_v1", "--format", "latex"),
    ("separable_conv",),
    ("list",),
    ("list", "--format", "json"),
    ("list", "--format", "csv"),
    ("show", "mobilenet_v1"),
    ("show", "mobilenet_v1", "--graph"),
    ("schema",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_holds_what_the_screen_would_show(ok: Ok, tmp_path: Path, command: tuple[str, ...]) -> None:
    target = tmp_path / "out"
    assert ok(*command, "--output", str(target)) == ""
    assert target.read_bytes().decode("utf-8") == ok(*command)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("output", ["-", "/dev/stdout"])
def test_the_standard_output_has_names_too(ok: Ok, output: str) -> None:
    assert ok("mobilenet_v1", "--output", output) == ok("mobilenet_v1")


def test_a_file_that_is_there_is_replaced_and_keeps_its_mode(ok: Ok, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old" * 100_000, encoding="utf-8")
    target.chmod(0o640)
    ok("mobilenet_v1", "--format", "json", "--output", str(target))
    assert json.loads(target.read_text(encoding="utf-8"))["spec"] == "mobilenet_v1"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_of_any_new_file(ok: Ok, tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    ok("mobilenet_v1", "--output", str(tmp_path / "out"))
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_stays_a_link(ok: Ok, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    ok("list", "--output", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text(encoding="utf-8").startswith("Architectures")


def test_a_link_to_nothing_makes_the_file(ok: Ok, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    ok("list", "--output", str(tmp_path / "link"))
    assert (tmp_path / "real").is_file()


def test_wrong_input_leaves_the_old_file(refused: Refused, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old", encoding="utf-8")
    refused("mobilenet_v1", "--alpha", "0", "--output", str(target))
    refused("mobilenet_v1", "--columns", "zebra", "--output", str(target))
    assert target.read_text(encoding="utf-8") == "old"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    target.write_text("old", encoding="utf-8")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert "No space left on device" in refused("mobilenet_v1", "--output", str(target))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert target.read_text(encoding="utf-8") == "old"


def test_what_cannot_be_written_is_an_error(refused: Refused, tmp_path: Path) -> None:
    assert "cannot be written" in refused("mobilenet_v1", "--output", str(tmp_path / "missing" / "out"))
    assert "cannot be written" in refused("mobilenet_v1", "--output", str(tmp_path))
    assert "cannot be written" in refused("mobilenet_v1", "--output", str(tmp_path) + "/")
    (tmp_path / "file").touch()
    assert "cannot be written" in refused("mobilenet_v1", "--output", str(tmp_path / "file" / "out"))
    assert "cannot be written" in refused("mobilenet_v1", "--output", str(tmp_path / ("x" * 300)))


def test_links_in_a_circle_are_an_error(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    before = sorted(tmp_path.iterdir())
    for name in ("a", "self", "a/out.csv"):
        for command in (("mobilenet_v1",), ("list",), ("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--format", "csv")):
            assert "cannot be written" in refused(*command, "--output", str(tmp_path / name))
    assert sorted(tmp_path.iterdir()) == before


def test_a_link_into_a_folder_that_is_not_there_and_a_name_that_no_file_has_are_errors(
    refused: Refused, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "missing" / "real")
    assert "cannot be written" in refused("list", "--output", str(tmp_path / "link"))
    assert "--output names no file" in refused("list", "--output", str(tmp_path / "a\0b"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_takes_no_files_is_an_error(refused: Refused, tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    assert "Permission denied" in refused("list", "--output", str(tmp_path / "out"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_with_a_name_is_written_to_and_may_close_early(ok: Ok, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    assert ok("list", "--output", str(pipe)) == ""
    reader.join()
    assert received[0].decode("utf-8") == ok("list")
    impatient = Thread(target=lambda: pipe.open("rb").close())
    impatient.start()
    assert ok("sweep", "mobilenet_v1", "--alpha", "0.1:1:0.001", "--format", "csv", "--output", str(pipe)) == ""
    impatient.join()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_is_written_to_and_may_be_full(ok: Ok, refused: Refused) -> None:
    assert ok("mobilenet_v1", "--output", "/dev/null") == ""
    assert "No space left on device" in refused("mobilenet_v1", "--output", "/dev/full")


def test_a_table_in_a_file_is_in_unicode_and_without_colours(
    ok: Ok, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    ok("separable_conv", "--output", str(tmp_path / "out"))
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert "K²C + CO" in text
    assert "\x1b" not in text


READERS = [
    ("SPEC",),
    ("SPEC", "--format", "json"),
    ("show", "SPEC"),
    ("compare", "SPEC", "mobilenet_v1"),
    ("audit", "SPEC"),
    ("bound", "SPEC"),
    ("conventions", "SPEC"),
    ("explain", "SPEC", "1G"),
    ("solve", "SPEC", "--for", "O", "--params", "600"),
    ("verify", "--of", "SPEC", "params = params"),
]


@pytest.mark.parametrize("command", READERS, ids=" ".join)
@pytest.mark.parametrize("other_name", ["", "link", "hard link", "block", "dotted"])
def test_a_file_that_the_command_read_is_never_written_over(
    refused: Refused, tmp_path: Path, command: tuple[str, ...], other_name: str
) -> None:
    block = tmp_path / "blocks" / "inner.yaml"
    block.parent.mkdir()
    block.write_text("parameters: {O: 3}\ninput: [C, H, W]\nlayers: [{conv: {out: O, kernel: 1}}]\n", encoding="utf-8")
    spec = tmp_path / "own.yaml"
    spec.write_text("parameters: {O: 8}\ninput: [3, 8, 8]\nlayers: [{inner: {O: O}}, global_pool]\n", encoding="utf-8")
    target = {"": spec, "block": block, "dotted": tmp_path / "blocks" / ".." / "own.yaml"}.get(other_name)
    if target is None:
        target = tmp_path / "other"
        (target.symlink_to if other_name == "link" else target.hardlink_to)(spec)
    before = (spec.read_bytes(), block.read_bytes())
    arguments = [str(spec) if word == "SPEC" else word for word in command]
    assert "is a file that was read for this" in refused(*arguments, "--output", str(target))
    assert (spec.read_bytes(), block.read_bytes()) == before


def test_a_convention_that_was_read_is_never_written_over(refused: Refused, tmp_path: Path) -> None:
    convention = tmp_path / "own.yaml"
    convention.write_text("name: own\nflops: {conv: madds}\n", encoding="utf-8")
    said = refused("mobilenet_v1", "--convention", str(convention), "--output", str(convention))
    assert "is a file that was read for this" in said
    assert convention.read_text(encoding="utf-8").startswith("name: own")


def test_a_file_that_an_earlier_command_read_may_be_written(ok: Ok, tmp_path: Path) -> None:
    spec = tmp_path / "own.yaml"
    spec.write_text("input: [3, 8, 8]\nlayers: [relu]\n", encoding="utf-8")
    ok(str(spec))
    ok("schema", "--output", str(spec))
    assert json.loads(spec.read_text(encoding="utf-8"))
