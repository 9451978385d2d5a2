"""Files on their way are removed by a later process where theirs was killed, and by nobody while it works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flopcalc.drafts import draft, replacing

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a process that is killed amid its work")

KILLED = """
import os, signal, sys
from pathlib import Path
from flopcalc.drafts import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_while_writing(target: Path) -> None:
    """Let a process end amid a file."""
    ran = subprocess.run([sys.executable, "-c", KILLED, str(target)], check=False)
    assert ran.returncode == -signal.SIGKILL


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_next_write_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_text("old", encoding="utf-8")
    killed_while_writing(target)
    killed_while_writing(tmp_path / "other.csv")
    assert target.read_text(encoding="utf-8") == "old"
    left = [name for name in names(tmp_path) if name.startswith(".other.csv.")]
    assert (len(names(tmp_path)), len(left)) == (3, 1)  # the file, and two halves
    with replacing(target) as file:
        file.write(b"new")
    assert target.read_text(encoding="utf-8") == "new"
    assert names(tmp_path) == sorted(["rows.csv", *left])


def test_a_draft_whose_process_works_is_left_alone_and_both_files_come_whole(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    with replacing(target) as slow:
        slow.write(b"slow")
        with replacing(target) as fast:
            fast.write(b"fast")
        assert target.read_bytes() == b"fast"
    assert target.read_bytes() == b"slow"
    assert names(tmp_path) == ["rows.csv"]


@pytest.mark.parametrize(
    "name", [".rows.csv.swp", ".rows.csv.abcdefgh", ".rows.csv.abcdefgh.flopcalc-draft~", ".rows.csv..flopcalc-draft"]
)
def test_nothing_else_is_removed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("somebody's", encoding="utf-8")
    with replacing(tmp_path / "rows.csv") as file:
        file.write(b"new")
    assert names(tmp_path) == sorted([name, "rows.csv"])


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_only_has_the_name_of_a_draft_is_not_followed(tmp_path: Path, kind: str) -> None:
    impostor, kept = tmp_path / ".rows.csv.abcdefgh.flopcalc-draft", tmp_path / "kept"
    kept.write_text("kept", encoding="utf-8")
    {"link": lambda: impostor.symlink_to(kept), "folder": impostor.mkdir, "pipe": lambda: os.mkfifo(impostor)}[kind]()
    with replacing(tmp_path / "rows.csv") as file:
        file.write(b"new")
    assert kept.read_text(encoding="utf-8") == "kept"
    assert names(tmp_path) == [impostor.name, "kept", "rows.csv"]


def test_a_draft_that_was_taken_for_abandoned_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    make, made = tempfile.mkstemp, []

    def removed_at_once(*arguments: str) -> tuple[int, str]:
        descriptor, name = make(*arguments)
        made.append(name)
        if len(made) == 1:
            os.unlink(name)
        return descriptor, name

    monkeypatch.setattr(tempfile, "mkstemp", removed_at_once)
    descriptor, name = draft(tmp_path, "rows.csv")
    os.close(descriptor)
    assert names(tmp_path) == [Path(name).name] == [Path(made[1]).name]


def test_a_system_without_locks_writes_files_whole_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flopcalc.drafts.flock", None)
    with replacing(tmp_path / "rows.csv") as file:
        file.write(b"new")
    assert names(tmp_path) == ["rows.csv"]
