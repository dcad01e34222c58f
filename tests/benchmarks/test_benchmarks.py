"""The benchmarks' own parts: what they fill, what they launch, what they make of samples. Nothing is timed here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks import company, figures, fill, launch, measures, micro, probe, report, run, scenes
from benchmarks.figures import FIGURES, HELLO, LARGE, MOSH, OURS, Figure
from oncall_tui import actions, sources
from oncall_tui.clock import SystemClock
from oncall_tui.config.load import load_config
from oncall_tui.store import Store

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 23, 14, 42, tzinfo=UTC)
SMALL = fill.Size(incidents=7, window=30, alerts=90)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    fill.fill(path, SMALL, now=datetime.now(UTC))
    return path


async def test_a_filled_folder_holds_what_was_asked(tmp_path: Path) -> None:
    await fill._fill_by_polls(tmp_path / "data", SMALL, NOW)
    store = await Store.open(tmp_path / "data", clock=SystemClock())
    facts = await store.facts(NOW)
    await store.close()
    assert len(facts.incidents) == 7
    assert all(incident.is_open for incident in facts.incidents)
    assert {state.name for state in facts.sources} == {"pager", "alerts", "metrics"}


def test_alerts_of_the_window_and_older_ones(folder: Path) -> None:
    done = _launched(folder, "now", "--cached", "--json")
    board = json.loads(done.stdout)
    assert len(board["incidents"]) == 7
    assert sum(row["count"] for row in board["alerts"]) == 30
    assert {row["state"] for row in board["alerts"]} == {"firing", "ended"}


def _launched(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "launch.py"), *arguments]
    command += ["--config", str(folder / "config.yaml"), "--data-dir", str(folder)]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )


def test_the_launcher_is_the_program(folder: Path) -> None:
    done = _launched(folder)
    assert done.returncode == 2
    assert "terminal" in done.stderr


@pytest.mark.parametrize("name", ["config.yaml", "storm.yaml"])
def test_the_configs_are_valid(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sources.KINDS, "synthetic", "benchmarks.world")
    config = load_config(folder / name, kinds=sources, environ={}, known_actions=actions.BY_ID)
    assert [source.name for source in config.sources] == ["pager", "alerts", "metrics"]


def test_an_edition_differs_in_one_character() -> None:
    one, other = company.title(42), company.title(42, 3)
    assert len(one) == len(other)
    assert sum(a != b for a, b in zip(one, other, strict=True)) == 1
    found = re.search(measures._NUMBER, one)
    assert found is not None
    assert int(found.group(1)) == 42
    again = company.incident(42, NOW, 3, NOW)
    assert again.id == company.incident(42, NOW).id
    assert again.updated_at == NOW


def test_the_cursor_is_found_by_its_sign() -> None:
    assert measures.bar(["", "│ a", "▌ b"]) == 2
    assert measures.bar(["│ a"]) is None


def test_every_figure_has_a_name_of_its_own() -> None:
    keys = [figure.key for figure in FIGURES]
    assert len(set(keys)) == len(keys)
    assert len({figure.title for figure in FIGURES}) == len(FIGURES)


def test_a_figure_reaches_or_does_not() -> None:
    figure = Figure("bytes", OURS, "start_bytes", 100, 1.0, (MOSH, "start_bytes"))
    assert figure.holds({OURS: {"start_bytes": [90, 95, 300]}}) is True
    assert figure.holds({OURS: {"start_bytes": [101]}}) is False
    assert figure.holds({OURS: {"start_bytes": [95]}, MOSH: {"start_bytes": [94]}}) is False
    assert figure.holds({}) is None
    assert "(94)" in figure.reach({MOSH: {"start_bytes": [94]}})
    assert "not measured" in figure.reach({})


def test_p99_is_nearly_the_worst() -> None:
    samples = {LARGE: {"key_ms": [float(n) for n in range(1000)]}}
    assert figures.p99(samples, LARGE, "key_ms") == 990
    assert figures.worst(samples, LARGE, "key_ms") == 999
    assert figures.p99({}, LARGE, "key_ms") is None


def _told(**results: Any) -> dict[str, Any]:
    return {"about": {"commit": "abc"}, "results": results, "micro": {"text.clean": 2.0}, "skipped": ["vim: none"]}


def test_the_table_tells_all(tmp_path: Path) -> None:
    told = _told(**{OURS: {"start_bytes": [9_000.0]}, HELLO: {"readable_ms": [200.0]}})
    path = tmp_path / "run.json"
    report.write(told, path)
    text = report.table(report.read(path))
    assert re.search(r"bytes, start to ready .* 9,000 ok", text)
    assert "skipped: vim: none" in text
    assert report.missed(told) == 0
    assert report.missed(_told(**{OURS: {"start_bytes": [90_000.0]}})) == 1


def test_two_runs_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in (("a.json", 8_000.0), ("b.json", 4_000.0)):
        report.write(_told(**{OURS: {"start_bytes": [value]}}), tmp_path / name)
    assert run.main(["--compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    assert re.search(r"start to ready +8,000 +4,000 +0\.50", capsys.readouterr().out)


def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert run.main(["--compare", str(other), str(other)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(SystemExit):
        run.main(["--only", "startt"])


def test_without_a_probe_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "tty_probe", raising=False)
    monkeypatch.setenv(probe.VARIABLE, str(tmp_path / "nowhere.py"))
    assert run.main(["--quick"]) == 2
    assert probe.VARIABLE in capsys.readouterr().err


def test_import_times_by_package() -> None:
    lines = [
        "import time: self [us] | cumulative | imported package",
        "import time:      1000 |       3000 |   rich.console",
        "import time:       500 |        500 |   rich",
        "import time:      2000 |       9000 | oncall_tui.store.codec",
        "import time:       250 |        250 |     json",
        "a line of the program",
    ]
    assert micro.by_package(lines) == {"rich": 1.5, "oncall_tui.store": 2.0, "standard library": 0.25}


def test_what_is_not_installed_is_skipped(tmp_path: Path) -> None:
    bench = run.Bench(tmp_path, run.QUICK)
    scene = scenes.Scene("ed", ("no-such-editor",), needs=("no-such-editor",))
    bench.take("ed", scene, measures.start)
    bench.take("ed", scene, measures.start)
    assert bench.skipped == ["ed: no-such-editor not installed"]
    assert not bench.results


def test_scenes_are_the_same_program(tmp_path: Path) -> None:
    straight = scenes.product(tmp_path)
    assert scenes.in_mosh(straight).argv[-len(straight.argv) :] == straight.argv
    assert scenes.in_tmux(straight, tmp_path).argv[-len(straight.argv) :] == straight.argv
    assert scenes.textuals_driver(straight).env[launch.DRIVER] == "textual"
    assert scenes.textuals_driver(straight).argv == straight.argv


def test_the_window_outlasts_a_run() -> None:
    assert timedelta(minutes=30) < fill.WINDOW < timedelta(hours=1)
