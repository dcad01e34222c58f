"""How late the event loop wakes a task that sleeps: what every poll, timer and signal would suffer too."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
STEP_S = 0.02


async def _watch(late: list[tuple[float, float]]) -> None:
    while True:
        due = time.monotonic() + STEP_S
        await asyncio.sleep(STEP_S)
        now = time.monotonic()
        late.append((now, now - due))


def watched_run(path: Path) -> None:
    """Make :func:`asyncio.run` keep watch beside what it runs. ``path`` receives, at the end, a list of
    ``[monotonic seconds, seconds late]``: the monotonic clock is the machine's, so another process can compare."""
    run = asyncio.run

    def and_watch(work: Coroutine[Any, Any, T], **given: Any) -> T:
        late: list[tuple[float, float]] = []

        async def both() -> T:
            watch = asyncio.create_task(_watch(late))
            try:
                return await work
            finally:
                watch.cancel()

        try:
            return run(both(), **given)
        finally:
            path.write_text(json.dumps(late), encoding="utf-8")

    asyncio.run = and_watch  # type: ignore[assignment]  # takes and gives the same
