"""Keys and the screens that they open: a key never acts on a screen that the one before it has left."""

from __future__ import annotations

import time
from typing import Any
from weakref import WeakKeyDictionary

from textual.app import App
from textual.events import Event, Key
from textual.screen import Screen

LONGEST_S = 5.0
"""A screen that has not come by then does not come: keys act again."""


class KeysFollow(App[None], inherit_bindings=False):
    """A key goes to the focus of the screen that is there, and comes back to the app if nobody took it; only then is
    it known what the key before it has opened. One that was on its way meanwhile goes to the dialog that has come
    since. One from before a screen that was asked for is there acts on nothing, and that is said: what it would act on
    has not been seen."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._aimed: WeakKeyDictionary[Key, Screen[Any]] = WeakKeyDictionary()
        """On which screen each key was pressed that is on its way."""
        self._opening_since: float | None = None
        self._ignored: list[str] = []

    def screen_asked_for(self) -> None:
        """A screen will come: what is pressed from now on was not meant for the one below."""
        self._opening_since = time.monotonic()

    def screen_opened(self) -> None:
        """It is there, or does not come."""
        self._opening_since = None
        if self._ignored:
            keys, self._ignored = ", ".join(self._ignored), []
            self.say(f"{keys}: pressed before this screen was there, did nothing", "stale")

    def say(self, text: str, role: str = "text") -> None:
        """One line on the screen."""

    @property
    def _is_opening(self) -> bool:
        return self._opening_since is not None and time.monotonic() - self._opening_since < LONGEST_S

    async def on_event(self, event: Event) -> None:
        """A key begins its way."""
        if isinstance(event, Key) and not event.is_forwarded:
            if self._is_opening:
                self._ignored.append(event.key)
                return
            if self.screen_stack:
                self._aimed[event] = self.screen
        await super().on_event(event)

    async def on_key(self, event: Key) -> None:
        """A key that nobody took comes back; Textual looks for its binding on the screen that is there now."""
        aimed = self._aimed.pop(event, None)
        if self._is_opening:
            event.prevent_default().stop()
            self._ignored.append(event.key)
        elif aimed is not None and aimed is not self.screen:
            event.prevent_default().stop()
            await self.on_event(Key(event.key, event.character))
