"""What is kept for the next start is a convenience: when that fails, only the log has it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from oncall_tui import app
from oncall_tui.cli import dashboard, shelf
from oncall_tui.clock import SystemClock
from oncall_tui.config.schema import Config


class Copy:
    """Of a config; keeping it fails."""

    def keep(self, config: Config) -> bool:
        raise OSError("no space")


@pytest.fixture
def config() -> Config:
    return Config(sources=())


def stay(monkeypatch: pytest.MonkeyPatch, config: Config, folder: Path, *, is_short: bool) -> int:
    """The dashboard as it is put together, with a face that leaves at once, or when all has been kept."""
    keeping: list[Thread] = []

    class Watched(Thread):
        def start(self) -> None:
            super().start()
            keeping.append(self)

    @contextlib.asynccontextmanager
    async def open_house(*_args: Any, **_more: Any) -> AsyncIterator[SimpleNamespace]:
        yield SimpleNamespace(desk=None)

    async def nothing(*_args: Any) -> None:
        return None

    async def run_app(_app: Any) -> int:
        while not is_short and not keeping:
            await asyncio.sleep(0)
        for thread in keeping:
            thread.join(30)
        return 0

    monkeypatch.setattr(dashboard, "Thread", Watched)
    monkeypatch.setattr(dashboard, "_STARTED_S", 3600.0 if is_short else 0.0)
    monkeypatch.setattr(sys, "setswitchinterval", lambda _seconds: None)
    monkeypatch.setattr(dashboard, "open_house", open_house)
    monkeypatch.setattr(dashboard, "read_first", nothing)
    monkeypatch.setattr(dashboard, "_collect_garbage", lambda: None)
    monkeypatch.setattr(app, "build_app", lambda *_args, **_more: None)
    monkeypatch.setattr(app, "run_app", run_app)
    copy: Any = Copy()
    return asyncio.run(dashboard._run(config, folder, False, SystemClock(), copy=copy))


@pytest.mark.parametrize("is_short", [True, False])
@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failure_is_in_the_log_once_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
    config: Config,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    is_short: bool,
) -> None:
    def put_up(_environ: object) -> bool:
        raise ValueError("unmarshallable object")

    monkeypatch.setattr(shelf, "put_up", put_up)
    with caplog.at_level(logging.INFO):
        assert stay(monkeypatch, config, tmp_path, is_short=is_short) == 0
    told = [record.getMessage() for record in caplog.records if "kept" in record.getMessage()]
    assert told == [
        "the modules could not be kept for the next start",
        "the config could not be kept for the next start",
    ]
    assert capfd.readouterr() == ("", "")
