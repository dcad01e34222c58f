"""Rooms: a desk with its store, its pager and a clock that the test drives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.desk.room import Room, open_room

MakeRoom = Callable[..., Awaitable[Room]]


@pytest.fixture
async def make_room(tmp_path: Path) -> AsyncIterator[MakeRoom]:
    """Opens rooms (on the same folder unless another is given) and closes them."""
    rooms: list[Room] = []

    async def make(folder: Path | None = None, **given: Any) -> Room:
        room = await open_room(folder or tmp_path / "data", **given)
        rooms.append(room)
        return room

    yield make
    for room in reversed(rooms):
        await room.close()


@pytest.fixture
async def room(make_room: MakeRoom) -> Room:
    """A started room with two open incidents, polled once."""
    room = await make_room()
    room.server.add("Q1", "Q2")
    await room.desk.start()
    await room.settle()
    return room
