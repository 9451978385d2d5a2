"""What people read fits the screen, however narrow, and nothing in it steers a terminal."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from test_streams import on_terminal, piped

from flopcalc.render.text import broken

# -- narrow screens --------------------------------------------------------------------------------------------------

COMMANDS = """
mobilenet_v1
mobilenet_v1 --by kind
mobilenet_v1 --by layer --columns path,kind,inputs,output,params,madds,flops,mac,activations
mobilenet_v1 --units exact
separable_conv
mobilenet_v1 --symbolic alpha,rho
NET
compare conv separable_conv
compare resnet50 mobilenet_v1
verify 17HWC^2 --of resnet_basic
verify K^2+*C --of conv
derive
derive g1
bound mobilenet_v1
bound conv
audit shufflenet_v2
conventions resnet50 --names fvcore,paper
explain resnet50 4.1G
experiment
experiment g1
sweep mobilenet_v1 --alpha 0.25:1:0.25 --rho 0.5,1
sweep mobilenet_v2 --alpha 0.35:1.4:0.35 --rho 0.5:1:0.1 --pareto max:params,min:flops --plot -
solve mobilenet_v1 --for alpha --flops 150M
solve mobilenet_v1 --for alpha --flops 1
list
show mobilenet_v1 --graph
--help
mobilenet_v1 --help
compare --help
sweep --help
sweep mobilenet_v1 --help
derive --help
show --help
mobilnet_v1
mobilenet_v1 --alpha zebra
mobilenet_v1 --nonsense 3
mobilenet_v1 --format zebra
/a/path/that/is/longer/than/forty/columns/and/is/not/there.yaml
mobilenet_v1 --output /a/path/that/is/longer/than/forty/columns/and/is/not/there
WRONG
""".strip().splitlines()

LONG = """
title: A network with a title that is longer than forty columns are wide, 網路網路網路網路網路網路
source: https://example.org/a/very/long/address/without/any/break/anywhere/in/it.html
input: [3, 8, 8]
layers:
  - conv: {out: 8, kernel: 3, name: a_layer_of_a_name_that_is_far_longer_than_forty_columns_are}
"""

WRONG = """
input: [3, 8, 8]
layers:
  - conv: {outtttttttttttttttttttttttttttttttttttttttttttt: 8, kernel: 3}
  - conv: {out: 8*xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, kernel: 3}
"""


@pytest.mark.usefixtures("worked_out_once")
@pytest.mark.parametrize("columns", [20, 40, 80])
@pytest.mark.parametrize(
    "command", [pytest.param(one, marks=pytest.mark.xdist_group(f"{one} on screens")) for one in COMMANDS]
)
def test_no_line_is_wider_than_the_screen(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("flopcalc.cli.output.broken", broken)
    files = {"NET": LONG, "WRONG": WRONG}
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    ran = run(*(str(tmp_path / f"{word}.yaml") if word in files else word for word in command.split()))
    assert ran.code in (0, 1, 2)
    assert ran.out or ran.err
    wide = [line for line in (ran.out + ran.err).splitlines() if cell_len(line) > columns]
    messages = {line for line in ran.err.splitlines() if " " not in line.strip()}
    wide = [line for line in wide if line not in messages]  # a word of a message, such as a path, stays whole
    if command.endswith("--help") and columns == 80:  # there the examples stay whole, to be copied
        wide = [line for line in wide if not line.startswith("  flopcalc ")]
    assert wide == []


@pytest.mark.usefixtures("worked_out_once")
@pytest.mark.parametrize("columns", [20, 30, 40])
def test_the_amounts_of_a_ledger_keep_their_digits(run: Any, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    def amounts(width: int) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        return re.findall(r"[+-][\d,]*\d", run("conventions", "resnet18").out)

    assert "+1,813,561,344" in amounts(200)
    assert amounts(columns) == amounts(200)


def test_a_message_in_a_pipe_is_a_whole_line_unless_columns_are_given() -> None:
    assert "or a path that ends in .yaml" in piped("mobilnet_v1").stderr.decode()


@pytest.mark.parametrize("columns", [20, 40])
def test_what_is_broken_says_the_same(columns: int) -> None:
    text = "net.yaml:1:2: a/path/that/is/quite/long/and/goes/on and a 網路網路網路網路網路 of wide characters"
    lines = broken(text, columns).splitlines()
    assert all(cell_len(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


# -- texts that steer a terminal -------------------------------------------------------------------------------------

STEERING = "\x1b]0;x\x07\x1b[8m\x9b2J\u202e\u2066\u2028\x7f"
QUOTED = '"' + "".join(f"\\u{ord(character):04x}" for character in STEERING) + '"'
OWN = re.compile(r"\x1b\[(?:[0-4]|3[0-7]|9[0-7])?(?:;(?:[0-4]|3[0-7]|9[0-7]))*m")

FILES = {
    f"net{STEERING}.yaml": f"""
title: {QUOTED}
source: {QUOTED}
parameters: {{k: {{default: 3, help: {QUOTED}}}}}
input: [3, 8, 8]
layers:
  - conv: {{out: 8, kernel: k, label: {QUOTED}}}
""",
    f"raw{STEERING}.yaml": "input: [3, 8, 8]\nlayers:\n  - relu # \u202e\x9b\u2066\u2028\n",
    f"wrong{STEERING}.yaml": f"input: [3, 8, 8]\nlayers:\n  - conv: {{out: 8, kernel: {QUOTED}}}\n  - {QUOTED}: 3\n",
    "way.yaml": f"name: {QUOTED}\ntitle: {QUOTED}\nunit: {QUOTED}\nnotes: [{QUOTED}]\nflops: {{conv: 2 * madds}}\n",
}

NET, RAW, BAD = list(FILES)[:3]

STEERED = [
    (NET,),
    (NET, "--format", "csv"),
    (NET, "--format", "json"),
    (NET, "--format", "markdown"),
    (NET, "--format", "latex"),
    (NET, "--help"),
    (NET, "--convention", "./way.yaml"),
    (NET, f"--{STEERING}", "3"),
    (NET, "--k", STEERING),
    (NET, "--output", f"/missing/{STEERING}"),
    (BAD,),
    (STEERING,),
    ("show", NET),
    ("show", NET, "--graph"),
    ("show", RAW),
    ("compare", NET, "conv"),
    ("bound", NET),
    ("audit", NET),
    ("conventions", NET, "--convention", "./way.yaml"),
    ("explain", NET, STEERING),
    ("sweep", NET, "--k", "1,3", "--plot", "-"),
    ("sweep", NET, "--k", "1,3", "--format", "csv"),
    ("sweep", NET, "--k", f"1,{STEERING}"),
    ("solve", NET, "--for", "k", "--flops", "10k"),
    ("verify", STEERING, "--of", "conv"),
    ("verify", "K^2", "--of", NET),
    ("derive", STEERING),
    ("experiment", STEERING),
    ("list", STEERING),
]


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("command", STEERED, ids=lambda command: ascii(" ".join(command))[:50])
def test_nothing_steers_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, text = on_terminal(80, *command)
    assert code in (0, 1, 2, 3)
    assert "Traceback" not in text
    assert {ascii(character) for character in OWN.sub("", text) if not character.isprintable()} <= {ascii("\n")}
    assert "\x1b[8m" not in text
