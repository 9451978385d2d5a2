"""``flopcalc sweep``: every row is the single analysis's; conditions, fronts, orders, files, pictures, executors."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from flopcalc import analyze
from flopcalc.page.formats import FORMATS
from flopcalc.sweeps.selecting import MOST_HELD

Ok = Callable[..., str]
Refused = Callable[..., str]
METRICS = ("params", "weights", "madds", "flops", "mac", "activations")
GRID = ("--alpha", "0.35:1.4:0.15", "--rho", "4/7,0.714,1")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# -- rows ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("convention", ["paper", "strict"])
def test_every_row_is_what_the_single_analysis_says(ok: Ok, convention: str) -> None:
    rows = rows_of(ok("sweep", "mobilenet_v2", *GRID, "--format", "csv", "--convention", convention))
    assert len(rows) == 8 * 3
    assert [rows[0]["alpha"], rows[-1]["alpha"]] == ["0.35", "1.4"]
    for row in rows:
        totals = analyze("mobilenet_v2", alpha=row["alpha"], rho=row["rho"], convention=convention).totals
        assert [int(row[name]) for name in METRICS] == [getattr(totals, name) for name in METRICS]


def test_a_half_way_case_rounds_as_the_single_analysis_does(ok: Ok) -> None:
    # 0.7 * 45 is 31.5 and 0.35 * 90 is 31.5; as binary floats they fall below
    rows = rows_of(ok("sweep", "mobilenet_v1", "--resolution", "45,90", "--rho", "0.35,0.7", "--format", "csv"))
    for row in rows:
        single = analyze("mobilenet_v1", resolution=row["resolution"], rho=row["rho"]).totals
        assert int(row["mac"]) == single.mac
    assert rows[1]["mac"] == str(analyze("mobilenet_v1", input=(3, 32, 32)).totals.mac)


def test_structures_words_and_truths_may_vary(ok: Ok) -> None:
    depths = rows_of(ok("sweep", "resnet18", "--depth", "18,34,50", "--format", "csv"))
    # torchvision's counts
    assert [row["params"] for row in depths] == ["11689512", "21797672", "25557032"]
    found = json.loads(ok("sweep", "mobilenet_v1", "--separable", "true,false", "--format", "json"))
    assert [row["separable"] for row in found["rows"]] == [True, False]
    for row in found["rows"]:
        assert row["params"] == analyze("mobilenet_v1", separable=row["separable"]).totals.params


def test_single_values_are_given_as_usual(ok: Ok) -> None:
    options = ("--format", "csv", "--metrics", "params")
    said = ok("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--classes", "10", *options)
    assert said == ok("sweep", "mobilenet_v1:alpha=0.5:1:0.5,classes=10", *options)
    assert said == ok("sweep", "--set", "alpha=0.5,1", "mobilenet_v1", "--set", "classes=10", *options)
    want = [analyze("mobilenet_v1", alpha=alpha, classes=10).totals.params for alpha in ("1/2", 1)]
    assert said == f"alpha,params\n0.5,{want[0]}\n1,{want[1]}\n"


def test_an_input_shape_may_be_given(ok: Ok) -> None:
    said = ok(
        "sweep", "conv", "--O", "16,32", "--K", "3", "--input", "8,14,14", "--metrics", "madds", "--format", "csv"
    )
    assert said == f"O,madds\n16,{14 * 14 * 9 * 8 * 16}\n32,{14 * 14 * 9 * 8 * 32}\n"


# -- conditions, fronts, orders --------------------------------------------------------------------------------------


def test_a_condition_keeps_what_meets_it(ok: Ok) -> None:
    every = rows_of(ok("sweep", "mobilenet_v2", *GRID, "--format", "csv"))
    cases: dict[str, Callable[[dict[str, Any]], bool]] = {
        "flops <= 150M and params < 3M": lambda r: r["flops"] <= 150_000_000 and r["params"] < 3_000_000,
        "not alpha > 1 or rho == 4/7": lambda r: not r["alpha"] > 1 or r["rho"] == Fraction(4, 7),
        "2M <= params < 4 M": lambda r: 2_000_000 <= r["params"] < 4_000_000,
        "madds / mac > 8.5": lambda r: Fraction(r["madds"], r["mac"]) > Fraction(17, 2),
        "mac // 1k % 2 == 0": lambda r: r["mac"] // 1000 % 2 == 0,
        "round(alpha * 10) == 11": lambda r: (20 * r["alpha"] + 1) // 2 == 11,
        "max(params, 2M) ** 2 > 9e12": lambda r: max(r["params"], 2_000_000) ** 2 > 9 * 10**12,
    }
    for text, meets in cases.items():
        want = [row for row in every if meets({name: Fraction(value) for name, value in row.items()})]
        assert rows_of(ok("sweep", "mobilenet_v2", *GRID, "--format", "csv", "--where", text)) == want, text
        assert 0 < len(want) < len(every)


def test_a_condition_may_read_words_truths_and_parameters_that_do_not_vary(ok: Ok) -> None:
    options = ("--metrics", "params", "--format", "csv")
    said = ok("sweep", "mobilenet_v1", "--separable", "true,false", "--where", "separable == false", *options)
    assert said.splitlines()[1:] == [f"false,{analyze('mobilenet_v1', separable=False).totals.params}"]
    said = ok("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--where", "alpha * resolution >= 224", *options)
    assert said.count("\n") == 2


def test_two_conditions_must_both_be_met(ok: Ok) -> None:
    options = ("sweep", "mobilenet_v2", *GRID, "--format", "csv", "--where")
    both = ok(*options, "flops < 300M", "--where", "params > 3M or mac < 9M")
    assert both == ok(*options, "flops < 300M and (params > 3M or mac < 9M)")


@pytest.mark.parametrize(
    "objectives", ["max:params,min:flops", "min:mac", "max:activations,min:mac,min:params", "max:rho,min:flops"]
)
def test_a_front_is_what_nothing_betters(ok: Ok, objectives: str) -> None:
    every = rows_of(ok("sweep", "mobilenet_v2", *GRID, "--format", "csv"))
    keys = [item.split(":") for item in objectives.split(",")]
    costs = [[Fraction(row[name]) * (-1 if way == "max" else 1) for way, name in keys] for row in every]

    def bettered(place: int) -> bool:
        mine = costs[place]
        return any(
            (other != mine and all(a <= b for a, b in zip(other, mine, strict=True))) or (other == mine and at < place)
            for at, other in enumerate(costs)
        )

    want = sorted(
        (cost, row) for place, (cost, row) in enumerate(zip(costs, every, strict=True)) if not bettered(place)
    )
    found = rows_of(ok("sweep", "mobilenet_v2", *GRID, "--format", "csv", "--pareto", objectives))
    key = keys[0][1]
    assert sorted(map(str, found)) == sorted(str(row) for _, row in want)
    assert [row[key] for row in found] == [row[key] for _, row in want]


@pytest.mark.parametrize("order", ["mac", "-mac", "mac:desc", "rho,-params"])
def test_the_first_in_an_order(ok: Ok, order: str) -> None:
    every = rows_of(ok("sweep", "mobilenet_v2", *GRID, "--format", "csv"))
    keys = [
        (item.strip("-").partition(":")[0], -1 if "-" in item or "desc" in item else 1) for item in order.split(",")
    ]
    want = sorted(every, key=lambda row: [sign * Fraction(row[name]) for name, sign in keys])
    options = ("sweep", "mobilenet_v2", *GRID, "--format", "csv", "--sort", order)
    assert rows_of(ok(*options, "--top", "5")) == want[:5]
    assert rows_of(ok(*options)) == want


def test_the_condition_comes_first_then_the_front_then_the_order(ok: Ok) -> None:
    options = ("sweep", "mobilenet_v2", *GRID, "--format", "csv", "--where", "alpha < 1")
    front = rows_of(ok(*options, "--pareto", "max:params,min:flops"))
    assert all(Fraction(row["alpha"]) < 1 for row in front)
    few = rows_of(ok(*options, "--pareto", "max:params,min:flops", "--sort", "flops", "--top", "2"))
    assert few == sorted(front, key=lambda row: int(row["flops"]))[:2]


# -- the screen ------------------------------------------------------------------------------------------------------


def test_a_table_shows_the_first_rows_and_counts_the_others(ok: Ok) -> None:
    said = ok("sweep", "mobilenet_v1", "--alpha", "0.5:1.5:0.01", "--rho", "4/7,1")
    assert "And 182 more: --output FILE" in said
    assert "202 configurations" in said
    assert "One FLOP is one multiply-add" in said
    assert "And " not in ok("sweep", "mobilenet_v1", "--alpha", "0.5,1")


def test_a_million_millions_are_counted_and_not_evaluated(ok: Ok) -> None:
    start = time.process_time()
    said = ok("sweep", "mobilenet_v1", "--alpha", "1:1000000", "--rho", "1:1000000")
    assert "999,999,999,980 more" in said
    said = ok("sweep", "mobilenet_v1", "--alpha", "1:1000000", "--rho", "1:1000000", "--where", "mac > 1")
    assert "were not evaluated" in said
    said = ok("sweep", "mobilenet_v1", "--alpha", "1:1000000", "--rho", "1:1000000", "--top", "2", "--format", "csv")
    assert said.count("\n") == 3
    assert time.process_time() - start < 20


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_tables_and_pictures_fit_the_screen(ok: Ok, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    said = ok("sweep", "mobilenet_v2", *GRID, "--pareto", "max:params,min:flops", "--plot", "-")
    assert max(map(len, said.splitlines())) <= width
    assert "◆" in said


def test_nothing_left_is_said(ok: Ok) -> None:
    assert "No configuration is left" in ok("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--where", "params < 1")
    said = ok("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--where", "params < 1", "--plot", "-", "--sort", "mac")
    assert "0 of 2 configurations" in said
    said = ok(
        "sweep", "mobilenet_v1", "--alpha", "1,2", "--where", "params < 1", "--pareto", "min:mac", "--format", "json"
    )
    assert json.loads(said)["rows"] == []


def test_refused_configurations_are_left_out_where_that_is_asked(ok: Ok, refused: Refused) -> None:
    options = ("sweep", "mobilenet_v1", "--alpha", "0.01:0.03:0.01", "--format", "json")
    said = refused(*options)
    assert "alpha=0.01" in said
    assert "--skip-refused" in said
    found = json.loads(ok(*options, "--skip-refused"))
    assert [row["alpha"] for row in found["rows"]] == ["1/50", "3/100"]
    assert found["counts"] == {"configurations": 3, "evaluated": 3, "met": 2, "refused": 1, "rows": 2}


# -- files -----------------------------------------------------------------------------------------------------------


def test_the_ending_of_a_file_says_its_format(ok: Ok, tmp_path: Path) -> None:
    for one in FORMATS.values():
        for ending in one.extensions:
            file = tmp_path / f"rows{ending}"
            assert ok("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--output", str(file)) == ""
            want = ok("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--format", one.name)
            assert file.read_text(encoding="utf-8") == want


def test_a_document_has_as_many_rows_as_people_read_and_counts_the_others(ok: Ok) -> None:
    grid = ("sweep", "mobilenet_v1", "--alpha", "1:101", "--rho", "1:200", "--metrics", "params", "--format")
    assert ok(*grid, "csv").count("\n") == 20_201
    said = ok(*grid, "markdown")
    assert said.count("\n| ") == 10_002  # with its head and the rule below it
    assert "And 10,200 more: --output FILE.csv has them all" in said
    assert ok(*grid, "latex", "--top", "3", "--sort", "-params").count(r" \\") == 4


def test_a_document_of_a_million_millions_is_written_at_once(ok: Ok) -> None:
    said = ok("sweep", "mobilenet_v1", "--alpha", "1:1000000", "--rho", "1:1000000", "--format", "html")
    assert said.count("<tr>") == 10_001
    assert "1,000,000,000,000 configurations" in said


def test_parquet_has_the_same_rows_and_says_how_fractions_are_exact(ok: Ok, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "rows.parquet"
    options = ("sweep", "mobilenet_v1", "--alpha", "0.25,0.7,1", "--rho", "4/7,1", "--separable", "true,false")
    ok(*options, "--resolution", "224,192", "--output", str(file))
    table = parquet.read_table(file)
    rows = rows_of(ok(*options, "--resolution", "224,192", "--format", "csv"))
    assert table.num_rows == len(rows) == 24
    for name in METRICS:
        assert table[name].to_pylist() == [int(row[name]) for row in rows]
    for name in ("alpha", "rho"):
        below = int(table.schema.field(name).metadata[b"denominator"])
        exact = [Fraction(round(value * below), below) for value in table[name].to_pylist()]
        assert exact == [Fraction(row[name]) for row in rows]
    assert table["separable"].to_pylist() == [row["separable"] == "true" for row in rows]
    assert table["resolution"].to_pylist() == [int(row["resolution"]) for row in rows]


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_pictures_are_written_and_say_what_a_flop_is(ok: Ok, tmp_path: Path, kind: str) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / f"front.{kind}"
    ok("sweep", "mobilenet_v2", *GRID, "--pareto", "max:params,min:flops", "--top", "1", "--plot", str(file))
    assert file.stat().st_size > 4_000
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    ok("sweep", "mobilenet_v2", *GRID, "--x", "alpha", "--y", "mac", "--plot", str(file))


def test_a_missing_extra_is_named(refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcalc.cli.executors.find_spec", lambda name: None)
    for options, extra in (
        (("--output", str(tmp_path / "x.parquet")), "flopcalc[parquet]"),
        (("--plot", str(tmp_path / "x.svg")), "flopcalc[plot]"),
        (("--scheduler", "tcp://127.0.0.1:1"), "flopcalc[dask]"),
    ):
        assert extra in refused("sweep", "mobilenet_v1", "--alpha", "0.5,1", *options)
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_middle_leaves_the_old_file(refused: Refused, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("old", encoding="utf-8")
    refused("sweep", "mobilenet_v1", "--alpha", "1:0.01:-0.01", "--rho", "0.1:1:0.001", "--output", str(file))
    assert file.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)])
@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
def test_an_interrupt_leaves_no_file_and_says_what_was_done(
    tmp_path: Path, number: signal.Signals, workers: tuple[str, ...]
) -> None:
    grid = ("--alpha", "0.35:1.4:0.0001", "--rho", "0.5:1:0.0001")
    arguments = ("sweep", "mobilenet_v2", *grid, "--output", str(tmp_path / "rows.csv"), *workers)
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN: signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup\n"
        "from flopcalc.cli import main\n"
        "if __name__ == '__main__': main(sys.argv[1:])\n"
    )
    script = tmp_path.parent / "run_flopcalc.py"
    script.write_text(code, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script), *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "1000"},
    )
    deadline = time.monotonic() + 600
    while not any(path.stat().st_size for path in tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    said = process.communicate(timeout=600)[1]
    assert process.returncode == 128 + number
    assert said.startswith("interrupted after ")
    assert "of 52,515,501 configurations; " in said
    assert said.endswith("rows.csv not written\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="needs signals that can wait")
@pytest.mark.parametrize("wait", [0.3, 0.45, 0.6])
def test_an_interrupt_while_processes_start_is_no_traceback(tmp_path: Path, wait: float) -> None:
    """A terminal's Ctrl-C goes to all the processes, those that have hardly begun among them."""
    arguments = ("sweep", "mobilenet_v2", "--alpha", "0.35:1.4:0.0001", "--rho", "0.5:1:0.0001", "--workers", "3")
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from flopcalc.cli import main\n"
        "import flopcalc.cli.sweep\n"
        "if __name__ == '__main__': print(flush=True); main(sys.argv[1:])\n"
    )
    script = tmp_path / "run_flopcalc.py"
    script.write_text(code, encoding="utf-8")
    command = [sys.executable, str(script), *arguments, "--output", str(tmp_path / "rows.csv")]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    pipes["env"] = {**os.environ, "COLUMNS": "1000"}
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=600)[1]
    assert process.returncode == 130
    assert said.startswith("interrupted after ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("workers", [(), ("--workers", "1")])
def test_a_part_of_a_front_says_how_long_the_whole_is(ok: Ok, workers: tuple[str, ...]) -> None:
    options = ("sweep", "mobilenet_v2", *GRID, "--pareto", "max:params,min:flops", *workers)
    whole = len(rows_of(ok(*options, "--format", "csv")))
    assert 2 < whole < 24
    assert f"The front has {whole} of 24 configurations." in ok(*options, "--top", "2")
    assert json.loads(ok(*options, "--top", "2", "--format", "json"))["counts"]["front"] == whole


def test_a_reader_who_has_enough_ends_it(tmp_path: Path) -> None:
    arguments = ("sweep", "mobilenet_v1", "--alpha", "1:1000000", "--rho", "1:1000000", "--format", "csv")
    command = [sys.executable, "-m", "flopcalc", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("alpha,rho,params")
        process.stdout.close()
        assert process.wait(timeout=600) == 0
        assert process.stderr.read() == ""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_memory_does_not_grow_with_the_grid(tmp_path: Path) -> None:
    code = (
        "import resource, sys\nfrom flopcalc.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
    )
    peaks = []
    for step in ("0.001", "0.0001"):
        grid = ("--alpha", f"0.35:1.4:{step}", "--rho", "0.5:1:0.002")
        options = ("--output", str(tmp_path / "rows.csv"), "--metrics", "params,mac", "--plot", "-")
        command = [sys.executable, "-c", code, "sweep", "mobilenet_v2", *grid, *options]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(ran.stderr.split()[-1]))
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8").count("\n") == 10_501 * 251 + 1
    assert peaks[1] < peaks[0] + 40_000, peaks  # KiB, for ten times the rows


# -- executors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ("--format", "csv"),
        ("--format", "json", "--where", "flops <= 150M"),
        ("--format", "tsv"),
        ("--format", "markdown", "--skip-refused"),
        ("--format", "csv", "--top", "70000", "--where", "alpha > 1/2"),
        ("--format", "json", "--pareto", "max:params,min:mac"),
        ("--sort", "-mac", "--top", "5"),
        (),
    ],
    ids=" ".join,
)
def test_processes_give_the_same_rows(options: tuple[str, ...], ok: Ok) -> None:
    given = ("sweep", "mobilenet_v2", "--alpha", "0.35:1.4:0.01", "--rho", "0.5:1:0.0005", *options)
    assert ok(*given, "--workers", "2") == ok(*given)


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_gives_the_same_rows(tmp_path: Path, ok: Ok) -> None:
    distributed = pytest.importorskip("distributed")
    options = ("sweep", "mobilenet_v2", "--alpha", "0.35:1.4:0.01", "--rho", "0.5:1:0.001", "--format", "csv")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True)
    with cluster:
        command = [sys.executable, "-m", "flopcalc", *options, "--scheduler", cluster.scheduler_address]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == ok(*options)


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no parameter is given values"),
        (("--alpha", "0.5"), "no parameter varies"),
        (("--alpha", "0.5:1:0"), "the step of `0.5:1:0` is 0"),
        (("--alpha", "0.5:1:-0.1"), "is empty"),
        (("--alpha", "0.5:oo:1"), "numbers"),
        (("--alpha", "1:1e30"), "too many values"),
        (("--alpha", "1:100000000", "--rho", "1:100000000"), "at most 1,000,000,000,000,000"),
        (("--alpha", "0.5,1", "--where", "flop < 3M"), "  flop < 3M\n  ^\n"),
        (("--alpha", "0.5,1", "--where", "flops <= 150M and parms < 3M"), "                    ^\n"),
        (("--alpha", "0.5,1", "--where", "flops"), "is a number"),
        (("--alpha", "0.5,1", "--where", "flops < 9**9**9"), "the power is too large"),
        (("--alpha", "0.5,1", "--where", "__import__('os')"), "is no function"),
        (("--alpha", "0.5,1", "--where", "flops / (params - params) < 1"), "is 0 in a row"),
        (("--separable", "true,false", "--where", "separable < 1"), "true or false"),
        (("--alpha", "0.5,1", "--pareto", "params"), "try: min:params"),
        (("--alpha", "0.5,1", "--pareto", "max:parms"), "did you mean `params`"),
        (("--alpha", "0.5,1", "--sort", "macs"), "did you mean `mac`"),
        (("--alpha", "0.5,1", "--sort", "mac:up"), "NAME:desc"),
        (("--alpha", "0.5,1", "--metrics", "flop"), "did you mean `flops`"),
        (("--alpha", "0.5,1", "--columns", "beta,flops"), "there is no column `beta`"),
        (("--alpha", "0.5,1", "--top", "0"), "--top"),
        (("--alpha", "0.5,1", "--output", "x.parquet", "--format", "csv"), "is Parquet by its ending"),
        (("--alpha", "0.5,1", "--output", "x.parquet", "--units", "human"), "which is exact"),
        (("--alpha", "0.5,1", "--output", "x.xlsx"), "no format has files that end in `.xlsx`"),
        (("--alpha", "0.5,1", "--output", "x.parq"), ".parquet, .pq"),
        (("--alpha", "0.5,1", "--output", "none/x.csv"), "there is no such folder"),
        (("--alpha", "0.5,1", "--plot", "none/x.svg"), "there is no such folder"),
        (("--alpha", "0.5,1", "--plot", "x.svg", "--output", "./x.svg", "--format", "csv"), "two files"),
        (("--alpha", "0.5,1", "--plot", ""), "--plot names no file"),
        (("--alpha", "0.5,1", "--scheduler", ""), "names no host"),
        (("--alpha", "0.5,1", "--scheduler", "nowhere"), "missing port number"),
        (("--alpha", "0.5,1", "--where", "sine(flops) > 1"), "one of min, max, abs"),
        (("--alpha", "0.5,1", "--where", "flops // 0 > 1"), "this divides by 0"),
        (("--alpha", "0.5,true"), "among the values of alpha"),
        (("--alpha", "0.5,1", "--plot", "x.jpg"), "names no kind of picture"),
        (("--alpha", "0.5,1", "--plot", "-", "--format", "csv"), "both write to the standard output"),
        (("--alpha", "0.5,1", "--x", "mac"), "sides of a picture"),
        (("--alpha", "0.5,1", "--workers", "2", "--scheduler", "tcp://a:1"), "one of the two"),
        (("--alpha", "1:10000000", "--sort", "mac", "--format", "csv"), f"at most {MOST_HELD:,}"),
        (("--alpha", "0.5,1", "--units", "human", "--format", "csv"), "--units"),
        (("--alpah", "0.5,1"), "did you mean `--alpha`"),
    ],
)
def test_a_wrong_command_line_is_answered(refused: Refused, arguments: tuple[str, ...], said: str) -> None:
    assert said in refused("sweep", "mobilenet_v1", *arguments)


def test_a_spec_with_symbols_left_is_refused(refused: Refused) -> None:
    assert "conv leaves C, H, W, K free" in refused("sweep", "conv", "--O", "16,32")


@pytest.mark.parametrize(
    ("name", "varied", "values"),
    [
        ("shufflenet_v2", "scale", "0.5,1,1.5"),
        ("mobilenet_v3", "alpha", "0.75,1"),
        ("resnet", "depth", "18,34,101"),
        ("shufflenet_v1", "groups", "1,3,8"),
    ],
)
def test_random_grids_are_the_single_analyses(ok: Ok, name: str, varied: str, values: str) -> None:
    draw = random.Random(name)
    sizes = ",".join(str(draw.randrange(64, 320)) for _ in range(4))
    for row in rows_of(ok("sweep", name, f"--{varied}", values, "--resolution", sizes, "--format", "csv")):
        totals = analyze(name, **{varied: row[varied], "resolution": row["resolution"]}).totals
        assert [int(row[metric]) for metric in METRICS] == [getattr(totals, metric) for metric in METRICS]
