"""A hand at an app that never rests.

Textual's pilot waits after each key until the process has no work left; with a dozen sources polling that is up to a
second a key. Here a key is waited for until the screen has taken it.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from textual.events import Key
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot

from screens.dialogs.frame import Dialog
from tests.support.ui import screen_text

T = TypeVar("T")
LIMIT_S = 20.0
_LOOK_S = 0.01


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press them one after the other; each is taken before the next."""
    driver = pilot.app._driver
    assert driver is not None
    for one in keys:
        name = _character_to_key(one) if len(one) == 1 and not one.isalnum() else one
        name = REPLACED_KEYS.get(name, name)
        try:
            character: str | None = unicodedata.lookup(_get_unicode_name_from_key(name))
        except KeyError:
            character = name if len(name) == 1 else None
        event = Key(name, character)
        event.set_sender(pilot.app)
        driver.send_message(event)
        await settled(pilot)


async def settled(pilot: Pilot[None]) -> None:
    """Until the screen and all on it have done what was waiting for them."""
    await pilot._wait_for_screen()


async def until(pilot: Pilot[None], condition: Callable[[], T], what: str, limit_s: float = LIMIT_S) -> T:
    """What ``condition`` gives once it is true."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit_s
    while True:
        if found := condition():
            await settled(pilot)
            return found
        assert loop.time() < end, f"never: {what}\n{screen_text(pilot.app)}"
        await settled(pilot)
        await asyncio.sleep(_LOOK_S)


async def opened(pilot: Pilot[None]) -> None:
    """Until a dialog stands on the screen. Whether it takes keys at once is :attr:`Dialog.HOLD_S`."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Dialog), "a dialog")
