"""A desk without a store: gives the board it is told to, keeps what it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.board import Board
from oncall_tui.desk import ActRefused, DeskSettings
from oncall_tui.model import (
    AuditLine,
    Draft,
    IncidentFacts,
    OutboxRow,
    ShiftFacts,
    Verb,
    Version,
)
from oncall_tui.policy.checklists import Tick
from tests.support import ui
from tests.support.clock import ManualClock


class FakeDesk:
    """What the app sees of a desk. ``board_now`` is what it shows next; set ``failure`` to have it fail."""

    def __init__(self, board: Board | None = None) -> None:
        self.board_now = board or ui.sample_board()
        self.failure: Exception | None = None
        self.refused: str | None = None
        self.asked: list[tuple[Any, ...]] = []
        self.boards = 0
        self.values: dict[str, str] = {}
        self.drafts: dict[str, Draft] = {}
        self.attends: list[tuple[str, ...]] = []
        self.waiting: OutboxRow | None = None
        self.after_act: Callable[[OutboxRow], Board] | None = None
        self.clock = ManualClock(ui.NOW)
        self.settings = DeskSettings()
        self.ticked: dict[tuple[str, str], dict[str, Tick]] = {}
        self.mitigated: tuple[str, ...] = ()
        """Incidents whose timeline speaks of a mitigation."""
        self._callbacks: list[Callable[[], None]] = []

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        if self.failure is not None:
            raise self.failure

    def change(self, board: Board | None = None) -> None:
        """The store has changed."""
        self.board_now = board or self.board_now
        for callback in list(self._callbacks):
            callback()

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    async def start(self, *, poll: bool = True) -> None:
        self._ask("start")

    async def board(self, *, patience_s: float = 0.0, first: object = None) -> Board:
        self.boards += 1
        if self.failure is not None:
            raise self.failure
        return self.board_now

    async def attention(self, board: Board) -> tuple[str, ...]:
        return self.attends.pop(0) if self.attends else ()

    async def refresh(self, names: Collection[str] | None = None, *, wait: bool = False) -> None:
        self._ask("refresh", names)

    async def act(
        self,
        verb: Verb,
        target: str,
        *,
        params: dict[str, Any],
        seen: Version | None,
        title: str,
        undo: bool = True,
    ) -> OutboxRow:
        self._ask("act", verb, target, params, seen, title)
        if self.refused is not None:
            raise ActRefused(self.refused)
        window = timedelta(seconds=5) if verb in (Verb.NOTE, Verb.RESOLVE, Verb.ESCALATE) else timedelta()
        row = ui.outbox_row(
            verb,
            target,
            key=f"k{len(self.asked)}",
            params=params,
            seen=seen,
            target_title=title,
            created_at=ui.NOW,
            not_before=ui.NOW + window,
        )
        if self.after_act is not None:
            self.board_now = self.after_act(row)
        return row

    async def tell(
        self, verb: Verb, channel: str, *, about: str, params: dict[str, Any], title: str, undo: bool = True
    ) -> OutboxRow:
        self._ask("tell", verb, channel, about, params, title)
        if self.refused is not None:
            raise ActRefused(self.refused)
        return ui.outbox_row(
            verb,
            about,
            key=f"k{len(self.asked)}",
            source=channel,
            params=params,
            target_title=title,
            created_at=ui.NOW,
            not_before=ui.NOW + timedelta(seconds=5),
        )

    async def components(self, channel: str) -> tuple[str, ...]:
        self._ask("components", channel)
        if self.refused is not None:
            raise ActRefused(self.refused)
        return ("Website", "Checkout")

    async def undo(self) -> OutboxRow | None:
        self._ask("undo")
        row, self.waiting = self.waiting, None
        return row

    async def cancel(self, key: str) -> OutboxRow:
        self._ask("cancel", key)
        return ui.outbox_row(key=key)

    async def retry(self, key: str) -> OutboxRow:
        self._ask("retry", key)
        return ui.outbox_row(key=key)

    async def as_note(self, key: str) -> OutboxRow:
        self._ask("as_note", key)
        return ui.outbox_row(Verb.NOTE, key=key)

    async def see_off(self, key: str) -> None:
        self._ask("see_off", key)

    async def view(self, incident_id: str) -> IncidentFacts | None:
        row = self.board_now.incident(incident_id)
        return None if row is None else IncidentFacts(incident=row.incident)

    async def read(self, incident_id: str) -> str | None:
        self._ask("read", incident_id)
        return None

    async def shift_facts(self, start: datetime, end: datetime) -> ShiftFacts:
        return ShiftFacts(start=start, end=end)

    async def ticks(self, checklist: str, subject: str) -> tuple[Tick, ...]:
        return tuple(self.ticked.get((checklist, subject), {}).values())

    async def tick_subjects(self, checklist: str, since: datetime) -> tuple[str, ...]:
        return tuple(subject for name, subject in self.ticked if name == checklist)

    async def mitigated_since(self, since: datetime) -> tuple[str, ...]:
        return self.mitigated

    async def put_tick(self, checklist: str, subject: str, tick: Tick | str) -> None:
        self._ask("put_tick", checklist, subject, tick)
        held = self.ticked.setdefault((checklist, subject), {})
        if isinstance(tick, str):
            held.pop(tick, None)
        else:
            held[tick.item] = tick
        self.change()

    async def audit(self, limit: int = 200) -> tuple[AuditLine, ...]:
        return ()

    async def draft(self, key: str) -> Draft | None:
        return self.drafts.get(key)

    async def save_draft(self, key: str, text: str) -> None:
        self._ask("save_draft", key, text)
        self.drafts[key] = Draft(key=key, text=text, updated_at=ui.NOW)

    async def drop_draft(self, key: str) -> None:
        self._ask("drop_draft", key)
        self.drafts.pop(key, None)

    async def value(self, name: str) -> str | None:
        return self.values.get(name)

    async def set_value(self, name: str, text: str) -> None:
        self._ask("set_value", name, text)
        self.values[name] = text
