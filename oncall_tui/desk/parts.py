"""Small things that the poller, the sender and the desk share."""

from __future__ import annotations

import asyncio
import logging
import random
import traceback
from datetime import datetime, timedelta
from pathlib import Path

from oncall_tui.clock import Clock

log = logging.getLogger("oncall_tui.desk")

LONGEST_S = 300.0
"""The longest pause between two attempts at anything."""


LONGEST_WAIT = timedelta(minutes=15)
"""As long as a system may ask us to wait."""


def is_ahead(moment: datetime | None, now: datetime) -> bool:
    """Whether that moment is still to come. One that is further away than anything is ever made to wait was made before
    the wall clock was set back: it has come."""
    return moment is not None and now < moment <= now + LONGEST_WAIT


async def pause(clock: Clock, seconds: float | None, event: asyncio.Event) -> bool:
    """Until ``seconds`` of the clock have passed (``None``: for ever) or the event is set: then ``True``."""
    if event.is_set():
        return True
    tasks = [asyncio.ensure_future(event.wait())]
    if seconds is not None:
        tasks.append(asyncio.ensure_future(clock.sleep(max(0.0, seconds))))  # type: ignore[arg-type]  # both end
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return event.is_set()


def backoff(failures: int, first_s: float, chance: random.Random, longest_s: float = LONGEST_S) -> float:
    """Seconds to wait after so many failures in a row: doubling from ``first_s`` to ``longest_s``, full jitter, never
    under a second."""
    ceiling = min(longest_s, max(1.0, first_s) * 2.0 ** min(max(failures, 1), 12))
    return chance.uniform(1.0, max(1.0, ceiling))


def internal(where: str, error: BaseException) -> str:
    """Log an error of our own making, without any value that it holds, and say it in one line."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    log.error("%s: %s at %s", where, type(error).__name__, places)
    return f"internal error ({type(error).__name__}): see oncall.log"
