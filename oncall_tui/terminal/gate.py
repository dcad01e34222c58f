"""From units to Textual's events: only what a hand does becomes a key press that may act.

Rules (reliability requirements 7-9):

- A terminal's answer is an event only when Textual asked for it; any other is dropped.
- More than `BURST_KEYS` keys within `BURST_TIME` outside a paste are no hand's work: their text becomes
  a paste, which a field takes and a list ignores; keys that only move pass; all others are dropped.
  The same key repeating (`REPEAT_KEYS` and all that only move) is a key held down, not a burst.
- What follows a paste without a pause belongs to it.
- So that the first keys of a burst do not act before the rest is here, a key that no text field waits
  for rests `REST` seconds; two such keys in one read are passed on one after the other.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.message import Message

from oncall_tui.terminal.tokens import Kind, Tokens, Unit, clean_paste

BURST_KEYS: Final = 3
BURST_TIME: Final = 0.020
"""Seconds. No hand presses more than `BURST_KEYS` keys in it."""
REST: Final = 0.008
"""Seconds that a key which may act waits for the rest of a burst (at most `BURST_TIME` in all)."""
TAIL: Final = 0.050
"""Seconds of silence after which a burst or a paste is over."""
REPEAT_KEYS: Final = frozenset("jk")
_AT_ONCE: Final = REPEAT_KEYS | {"tab", "shift+tab", "escape"}
"""Keys that need no rest: alone they go somewhere, or leave it. In a burst they count."""

_MODIFIERS: Final = ("shift", "control", "alt", "super", "hyper", "meta")
_MOVES: Final = frozenset(
    ["up", "down", "left", "right", "pageup", "pagedown", "home", "end", "backspace", "delete", "insert"]
    + [f"{side}_{name}" for side in ("left", "right") for name in _MODIFIERS]
    + ["caps_lock", "num_lock", "scroll_lock", "iso_level3_shift", "iso_level5_shift"]
)

_MOUSE: Final = re.compile(r"\x1b\[(?:<-?\d+;-?\d+;-?\d+[mM]|M...)", re.DOTALL)
_RESIZE: Final = re.compile(r"\x1b\[48(?:;\d+(?::\d*)*){4}t")
_MODE_REPORT: Final = re.compile(r"\x1b\[\?(?:2026|2048);\d\$y")


class Gate:
    """Turns bytes into the messages that may reach the app."""

    def __init__(self, wants_text: Callable[[str, str | None], bool], *, debug: bool = False) -> None:
        """Start between keys.

        Args:
            wants_text: Is this key (Textual's name, its character) just text where the focus is now?
            debug: Passed to Textual's parser.
        """
        self._wants_text = wants_text
        self._tokens = Tokens(constants.ESCAPE_DELAY)
        # Mouse reports need a parser that remembers; it only ever sees whole sequences.
        self._parser = XTermParser(debug)
        self._key_parser = XTermParser(debug)
        self._debug = debug
        self._recent: deque[tuple[float, str]] = deque()
        self._held: list[Message] = []
        self._held_since = 0.0
        self._release_at: float | None = None
        self._burst_until = float("-inf")
        self.in_band_resize = False
        """Set by the driver once Textual has asked the terminal to report its size itself."""

    @property
    def deadline(self) -> float | None:
        """When to call `tick`, on the clock of `feed`; `None`: not before the next read."""
        times = [at for at in (self._tokens.deadline, self._release_at) if at is not None]
        return min(times, default=None)

    def feed(self, data: bytes, now: float, *, ahead: bool = False) -> list[Message]:
        """Take what was read from the terminal.

        Args:
            data: The bytes of one read.
            now: Seconds on a steady clock.
            ahead: These were typed before there was anything to see, so none of them may act.

        Returns:
            Messages for the app, in order.
        """
        return self._admit(self._tokens.feed(data, now), now, ahead)

    def tick(self, now: float) -> list[Message]:
        """Do what is due: end an escape, let a resting key pass.

        Args:
            now: Seconds on the clock of `feed`.

        Returns:
            Messages for the app, in order.
        """
        messages = self._admit(self._tokens.tick(now), now, False)
        if self._release_at is not None and now >= self._release_at:
            messages = self._release(now) + messages
        return messages

    # ------------------------------------------------------------ deciding

    def _admit(self, units: Iterable[Unit], now: float, ahead: bool) -> list[Message]:
        arrived: list[Message] = []
        after_paste: list[Message] | None = None
        for unit in units:
            for message in self._messages(unit):
                if isinstance(message, events.Paste) and after_paste is None:
                    after_paste = []
                (arrived if after_paste is None else after_paste).append(message)
        out = self._pass(arrived, now, ahead)
        if after_paste is not None:
            out += self._flush_held()
            self._burst_until = now + TAIL
            out += _as_burst(after_paste)
        return out

    def _pass(self, arrived: list[Message], now: float, ahead: bool) -> list[Message]:
        if not arrived:
            return []
        while self._recent and self._recent[0][0] < now - BURST_TIME:
            self._recent.popleft()
        live = [message for message in arrived if _is_live(message)]
        self._recent.extend((now, message.key) for message in live if isinstance(message, events.Key))
        names = {key for _, key in self._recent}
        held_down = len(names) == 1 and names <= REPEAT_KEYS
        if live and (ahead or now < self._burst_until or (len(self._recent) > BURST_KEYS and not held_down)):
            self._burst_until = now + TAIL
            batch = self._held + arrived
            self._held, self._release_at = [], None
            return _as_burst(batch)
        if not self._held and (held_down or all(self._is_safe(message) for message in live)):
            return arrived
        if not self._held:
            self._held_since = now
        self._held += arrived
        self._release_at = min(now + REST, self._held_since + BURST_TIME)
        return []

    def _is_safe(self, message: Message) -> bool:
        assert isinstance(message, events.Key)
        return message.key in _AT_ONCE or self._wants_text(message.key, message.character)

    def _release(self, now: float) -> list[Message]:
        # One key that may act at a time: "/a" must not act on the list that "/" is about to leave.
        for index, message in enumerate(self._held):
            if index and _is_live(message):
                out, self._held = self._held[:index], self._held[index:]
                self._held_since = now
                self._release_at = now + REST
                return out
        return self._flush_held()

    def _flush_held(self) -> list[Message]:
        out, self._held, self._release_at = self._held, [], None
        return out

    # ------------------------------------------------------------ translating

    def _messages(self, unit: Unit) -> list[Message]:
        if unit.kind is Kind.PASTE:
            return [events.Paste(unit.text)]
        if unit.kind is Kind.ESCAPE:
            return [events.Key("escape", "\x1b")]
        text = unit.text
        if unit.kind is Kind.SEQUENCE:
            if _MOUSE.fullmatch(text) or (self.in_band_resize and _RESIZE.fullmatch(text)):
                return self._read_in_place(text)
            if text in ("\x1b[I", "\x1b[O") or _MODE_REPORT.fullmatch(text):
                return self._read_alone(text)
        found = self._read_alone(text, end=unit.kind is Kind.ALT)
        return [message for message in found if isinstance(message, events.Key)]

    def _read_in_place(self, text: str) -> list[Message]:
        try:
            return list(self._parser.feed(text))
        except Exception:  # noqa: BLE001  (nothing that a terminal sends may end the app)
            self._parser = XTermParser(self._debug)
            return []

    def _read_alone(self, text: str, *, end: bool = False) -> list[Message]:
        messages: list[Message] = []
        try:
            messages += self._key_parser.feed(text)
            if end:
                messages += self._key_parser.feed("")
        except Exception:  # noqa: BLE001  (as a key whose number is no character)
            messages.clear()
        if end or not messages:
            # It waits for more, and would swallow the next key (or has been told that there is no
            # more, which saves its escape delay): a new one for the next unit.
            self._key_parser = XTermParser(self._debug)
        return messages


def _is_live(message: Message) -> bool:
    """A key press that may act; those that only move or edit are not."""
    return isinstance(message, events.Key) and message.key.rpartition("+")[2] not in _MOVES


def _as_burst(messages: list[Message]) -> list[Message]:
    """What is left of messages that no hand made: their text, and moves."""
    out: list[Message] = []
    text: list[str] = []

    def end_text() -> None:
        pasted = clean_paste("".join(text))
        text.clear()
        if pasted:
            out.append(events.Paste(pasted))

    for message in messages:
        if isinstance(message, events.Paste):
            text.append(message.text)
        elif not isinstance(message, events.Key):
            if not isinstance(message, (events.MouseDown, events.MouseUp)):
                out.append(message)
        elif not _is_live(message):
            end_text()
            out.append(message)
        elif message.key in ("enter", "tab"):
            text.append("\n" if message.key == "enter" else "\t")
        elif message.character is not None and message.character.isprintable():
            text.append(message.character)
    end_text()
    return out
