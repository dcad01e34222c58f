"""The resolution checklist of an incident, and the watch after its fix."""

from __future__ import annotations

from typing import Any, ClassVar

from oncall_tui.board import Board, IncidentRow
from oncall_tui.board.led import Led
from oncall_tui.model import IncidentFacts
from oncall_tui.policy.checklists import Standing, note_text
from screens.base import OncallScreen
from screens.duty_requests import ItemTicked, WatchBegun
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import DutyQuestion
from screens.resolution_words import resolution_lines
from screens.tabs.led import LedTab
from screens.tabs.rows import Line
from widgets.theme import Look


class ResolutionTab(LedTab):
    """An item is a row: ticked by key, its command run by key. The watch goes on whether this is in sight or not."""

    NAME = "resolution"
    TITLE = "Resolution"
    SHORT = "Res"
    ACTIONS: ClassVar[tuple[str, ...]] = ("item_tick", "item_run", "watch_begin", "checklist_note")

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        # A key of ours that every text scrolls by is ours here.
        own = self._bindings.key_to_bindings
        for key, bindings in own.items():
            acting = [one for one in bindings if one.action.startswith("screen.act")]
            own[key] = acting or bindings

    def count(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> int:
        """None: how far it is, its first line says."""
        return 0

    def lines(self, led: Led, view: IncidentFacts, board: Board, cells: int, look: Look) -> list[Line]:
        """The watch, and every item."""
        return resolution_lines(led, board, cells, look)

    @property
    def standing(self) -> Standing | None:
        """The item under the cursor."""
        items = self.led.standing if self.led is not None else ()
        return next((one for one in items if one.item.id == self.cursor), None)

    def _chosen(self) -> Standing | None:
        if not self.may_act():
            return None
        standing = self.standing
        if standing is None:
            self.say("no item under the cursor", "error")
        return standing

    def do_item_tick(self) -> None:
        """Done, or not done."""
        standing, target = self._chosen(), self.target
        if standing is None or target is None:
            return
        done = standing.tick is None or not standing.tick.done
        self.request(
            ItemTicked(target.id, standing.item.id, done=done),
            f"{'ticked' if done else 'not done'}: {standing.item.text}",
        )

    def done(self, question: DutyQuestion[Any], told: Any) -> None:
        """The last item is ticked: the whole list goes on the timeline, once."""
        if isinstance(question, ItemTicked) and told is True:
            self.do_checklist_note()

    def do_item_run(self) -> None:
        """Its command, asked for first where it changes something; how it ends ticks the item."""
        standing = self._chosen()
        if standing is None:
            return
        if not standing.item.command:
            self.say("no command is configured for it: it is ticked by hand", "stale")
            return
        from screens.commands import begin

        if isinstance(self.screen, OncallScreen):
            begin(self.screen, standing.item.command)

    def do_watch_begin(self) -> None:
        """From now on, whatever was watched before."""
        target = self.target
        if self.may_act() and target is not None:
            self.request(WatchBegun(target.id), "the watch begins now")

    def do_checklist_note(self) -> None:
        """Write it on the timeline as it stands."""
        target = self.target
        if not self.may_act() or target is None or self.led is None:
            return
        from screens.lead_requests import OrdersRequested, note

        text = note_text(self.led.checklist, self.led.standing)
        self.post_message(OrdersRequested("write the checklist", [note(target, text)]))
