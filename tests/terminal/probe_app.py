"""The app under test: says on a side channel what it got, one JSON object a line.

Usage: probe_app.py LOG [list|input|area] [option ...]. `ticking` redraws much 20 times a second,
`brief` stops that after 40; `slow-board` takes an early picture over 0.4 s late; `hang` never finishes
closing; `stock` takes Textual's own driver (to see the tests fail). f9 blocks the loop.
"""

from __future__ import annotations

import asyncio
import json
import os
import string
import sys
import time
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from oncall_tui.terminal import SafeDriver, install

LOG = open(sys.argv[1], "a", buffering=1)  # noqa: SIM115  (as long as the process)
KIND = sys.argv[2] if len(sys.argv) > 2 else "list"
OPTIONS = set(sys.argv[3:]) | set(os.environ.get("PROBE_OPTIONS", "").split())
PUNCTUATION = "space,slash,colon,semicolon,question_mark,left_square_bracket,right_square_bracket,backslash"


def say(**facts: object) -> None:
    LOG.write(json.dumps(facts | {"at": time.monotonic()}) + "\n")


class Rows(Widget, can_focus=True):
    DEFAULT_CSS = "Rows { height: 3; }"

    def render(self) -> str:
        return "rows"


class Probe(App[None]):
    CSS = "#fill { height: 1fr; }"
    BINDINGS: ClassVar = [
        *(Binding(key, f"act('{key}')") for key in string.ascii_letters + string.digits),
        *(Binding(key, f"act('{key}')") for key in PUNCTUATION.split(",")),
        *(Binding(key, f"act('{key}')") for key in ("enter", "tab", "escape", "down", "pagedown", "f2")),
        Binding("ctrl+z", "suspend_process", priority=True),
        Binding("f9", "block"),
        Binding("f7", "ask"),
        Binding("ctrl+l", "repaint"),
    ]

    def compose(self) -> ComposeResult:
        if KIND == "input":
            yield Input(id="field")
        elif KIND == "area":
            area = TextArea(id="field")
            area.cursor_blink = False
            yield area
        else:
            yield Rows(id="field")
        yield Static("", id="fill")

    def on_mount(self) -> None:
        self.query_one("#field").focus()
        self.ticks = 0
        if "ticking" in OPTIONS:
            self.set_interval(0.05, self.tick)
        self.call_after_refresh(say, ready=True)
        if "slow-board" in OPTIONS:
            self.set_timer(0.4, self.take_over)

    def take_over(self) -> None:
        say(**{"taken over": True})
        self._driver.take_over()  # type: ignore[union-attr]

    def tick(self) -> None:
        if "brief" in OPTIONS and self.ticks == 40:
            say(done=True)
            return
        self.ticks += 1
        width, height = self.size
        line = "".join(chr(33 + (self.ticks + i * 7) % 90) for i in range(width))
        self.query_one("#fill", Static).update("\n".join([f"tick {self.ticks} {line}"[:width]] * height))
        say(tick=self.ticks)

    def action_act(self, key: str) -> None:
        say(act=key)

    def action_block(self) -> None:
        say(blocking=True)
        time.sleep(60)

    def action_ask(self) -> None:
        self._driver.write(  # type: ignore[union-attr]
            "\x1b[c\x1b[>c\x1b[>q\x1b[5n\x1b[6n\x1b[18t\x1b[?25$p\x1b]10;?\x1b\\\x1b]11;?\x1b\\\x1bP$qm\x1b\\"
        )
        say(asked=True)

    def action_repaint(self) -> None:
        self._driver.repaint()  # type: ignore[union-attr]

    def on_resize(self, event: events.Resize) -> None:
        say(size=tuple(event.size))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            say(key=event.key)
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            say(paste=event.text)
        elif isinstance(event, events.MouseDown) and not event.is_forwarded:
            say(mouse=(event.x, event.y))
        elif isinstance(event, (events.AppFocus, events.AppBlur)):
            say(focus=isinstance(event, events.AppFocus))
        await super().on_event(event)

    def on_input_changed(self, event: Input.Changed) -> None:
        say(value=event.value)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        say(value=event.text_area.text)


async def main() -> int:
    app = Probe() if "stock" in OPTIONS else Probe(driver_class=SafeDriver)

    async def close(code: int) -> None:
        say(closing=code)
        if "hang" in OPTIONS:
            await asyncio.sleep(60)
        app.exit(return_code=code)

    life = None if "stock" in OPTIONS else install(close)
    await app.run_async()
    say(left=True)
    if life is not None and life.code is not None:
        return life.code
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
