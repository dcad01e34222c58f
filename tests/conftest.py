"""What every test stands on: no config, data or token of the person who runs them, and no silent skip in CI."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest
from textual import _wait

# Hundreds of times the program is started: without its compiled files each start compiles all of it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A pilot waits until the process has done little for so long, at each key and pause: half of Textual's own 20 ms, which
# with a pause behind each key is still longer than a frame.
_wait.SLEEP_GRANULARITY = 0.01
_wait.SLEEP_IDLE = _wait.SLEEP_GRANULARITY / 20

BINARIES = {
    "tmux": "tmux",
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "prometheus-node-exporter": "prometheus-node-exporter",
}


TESTS = Path(__file__).parent
LONGEST = ("walk", "systems", "end_to_end", "house", "postmortem", "metrics", "conformance")
"""Folders whose files take longest: begun last, one of them would be waited for alone."""


def pytest_xdist_auto_num_workers() -> int:
    """Three for each core: more than half of a run is waiting, for real programs, undo windows and screens at rest."""
    return 3 * (os.process_cpu_count() if hasattr(os, "process_cpu_count") else len(os.sched_getaffinity(0)))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest first; each file stays together."""
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(TESTS).parts[0], len(ranks)))


def pytest_collection_finish() -> None:
    """What was imported and collected is never garbage: going through it again and again is a tenth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(autouse=True)
def _own_world(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in ("ONCALL_TUI_CONFIG", "ONCALL_TUI_DATA", "NO_COLOR", "EDITOR", "VISUAL", "TMUX", "STY", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / ".local" / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("TZ", "UTC")
    # What one test read as a secret is an ordinary word in the next: "another" is masked for its own process only.
    monkeypatch.setattr("oncall_tui.config.secret._read", set())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """With ``ONCALL_TUI_REQUIRE_ALL`` a skip is a failure: CI has installed what the test asks for."""
    outcome = yield
    report = outcome.get_result()
    asked_for = "set ONCALL_TUI_ONEFILE" in str(report.longrepr)  # the build of one file is run when somebody asks
    if (
        report.skipped
        and os.environ.get("ONCALL_TUI_REQUIRE_ALL")
        and not hasattr(report, "wasxfail")
        and not asked_for
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped, though everything is required: {report.longrepr}"


def pytest_report_header() -> list[str]:
    """Which of the optional parts are here."""
    missing = [name for name, binary in BINARIES.items() if shutil.which(binary) is None]
    return [f"not installed, tests that need them skip: {', '.join(missing)}"] if missing else []
