"""What a seat did a while ago: its real desk and store on its own data folder, only the clock is set back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from argparse import Namespace
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from oncall_tui.cli.compose import House, open_house, read_config
from oncall_tui.model import Verb
from tests.support.seat import Seat


class EarlierClock:
    """The machine's clock, set back."""

    def __init__(self, by: timedelta) -> None:
        self.by = by

    def now(self) -> datetime:
        return datetime.now(UTC) - self.by

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@contextlib.asynccontextmanager
async def _house(seat: Seat, ago: timedelta) -> AsyncIterator[House]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        config = read_config(Namespace(config=str(seat.config)))
        async with open_house(config, seat.data, sends=False, clock=EarlierClock(ago)) as house:
            yield house
    finally:
        for handler in set(root.handlers) - set(handlers):
            handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)


def looked(seat: Seat, ago: timedelta) -> None:
    """Every source was asked once, that long ago."""

    async def look() -> None:
        async with _house(seat, ago) as house:
            await house.desk.poll_once()

    asyncio.run(look())


def pressed_acknowledge(seat: Seat, incident_id: str, ago: timedelta) -> None:
    """An acknowledgement was pressed that long ago, and could not be sent."""

    async def press() -> None:
        async with _house(seat, ago) as house:
            view = await house.desk.view(incident_id)
            assert view is not None
            incident = view.incident
            await house.desk.act(Verb.ACKNOWLEDGE, incident_id, params={}, seen=incident.version, title=incident.title)

    asyncio.run(press())
