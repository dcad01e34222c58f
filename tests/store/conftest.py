"""A store on a real file, and rows for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from oncall_tui.model import OutboxRow, Verb
from oncall_tui.store import Store
from tests.support.clock import START, ManualClock
from tests.support.fakes import incident


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def store(folder: Path, clock: ManualClock) -> AsyncIterator[Store]:
    opened = await Store.open(folder, clock=clock)
    yield opened
    await opened.close()


def row(key: str, *, target: str = "pager:Q1", verb: Verb = Verb.ACKNOWLEDGE, **given: object) -> OutboxRow:
    """An action pressed at the clock's start."""
    facts: dict[str, object] = {
        "key": key,
        "verb": verb,
        "target": target,
        "source": target.partition(":")[0],
        "target_title": "Title",
        "seen": incident("Q1").version,
        "seat": "alice@example.com",
        "created_at": START,
        "not_before": START + timedelta(seconds=0),
    }
    return OutboxRow(**(facts | given))  # type: ignore[arg-type]  # a test gives what it means
