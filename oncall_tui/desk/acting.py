"""What a person can do: press, cancel, send again, turn into a note. The only way into the outbox."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from oncall_tui.actions import BY_VERB
from oncall_tui.clock import Clock
from oncall_tui.desk.params import checked
from oncall_tui.desk.sending import Sender
from oncall_tui.desk.settings import ActRefused, DeskSettings
from oncall_tui.model import MESSAGING, OF_SCHEDULES, OutboxRow, OutboxState, Verb, Version, split_id
from oncall_tui.sources.base import Receiver, can
from oncall_tui.store import Store
from oncall_tui.text import clean

_KEY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_QUEUED = frozenset({OutboxState.QUEUED})
_AGAIN = frozenset({OutboxState.QUEUED, OutboxState.REFUSED, OutboxState.UNKNOWN})
_UNSETTLED = frozenset({OutboxState.REFUSED, OutboxState.UNKNOWN})


class Actions:
    """The outbox as people use it; raises :class:`ActRefused` with one line where something cannot be."""

    def __init__(
        self,
        store: Store,
        receivers: Mapping[str, Receiver],
        clock: Clock,
        settings: DeskSettings,
        sender: Sender,
        *,
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._receivers = receivers
        self._clock = clock
        self._settings = settings
        self._sender = sender
        self._changed = changed
        self._pressed: list[str] = []

    async def act(
        self,
        verb: Verb,
        target: str,
        *,
        params: Mapping[str, Any],
        seen: Version | None,
        title: str,
        undo: bool = True,
    ) -> OutboxRow:
        """Store an action; when this returns it is on the disk. It leaves after the undo window (``undo``) if the
        target then still is what was ``seen``. A double press gives the row that is pending already.

        Raises:
            ActRefused: read-only seat, unknown id, not this source's, a parameter that cannot be.
            StoreError: it could not be stored: nothing will be sent.
        """
        self._check_may_act()
        source = source_of(self._receivers, target)
        _check_can(source, verb)
        held = await self._store.incident_seen(target)
        if held is not None and held[0].takes is not None and verb.value not in held[0].takes:
            raise ActRefused(f"{source.name} ({source.kind}) cannot {BY_VERB[verb].title.lower()} such an incident")
        if seen is None and verb not in OF_SCHEDULES and not await self._store.find_ids(target):
            raise ActRefused(f"nothing with the id {clean(target, 80)} is known here")
        return await self._store_new(source, verb, target, params, seen, title, undo)

    async def tell(
        self, verb: Verb, channel: str, *, about: str, params: Mapping[str, Any], title: str, undo: bool = True
    ) -> OutboxRow:
        """Store what a channel is to do about an incident or a handover; as :meth:`act`.

        Raises:
            ActRefused: read-only seat, no such channel, not this channel's, a parameter that cannot be.
            StoreError: it could not be stored: nothing will be sent.
        """
        self._check_may_act()
        receiver = self._receivers.get(channel)
        if receiver is None or verb not in MESSAGING:
            raise ActRefused(f"no channel named {clean(channel, 40)} is configured")
        _check_can(receiver, verb)
        return await self._store_new(receiver, verb, about, params, None, title, undo)

    async def _store_new(
        self,
        receiver: Receiver,
        verb: Verb,
        target: str,
        params: Mapping[str, Any],
        seen: Version | None,
        title: str,
        undo: bool,
    ) -> OutboxRow:
        now = self._clock.now()
        window = self._settings.undo.get(verb.value, timedelta()) if undo else timedelta()
        row = OutboxRow(
            key=new_key(),
            verb=verb,
            target=target,
            source=receiver.name,
            target_title=clean(title),
            params=checked(verb, params),
            seen=seen,
            seat=self._settings.board.user_in.get(receiver.name) or self._settings.board.user or "seat",
            created_at=now,
            not_before=now + window,
        )
        stored, is_new = await self._store.enqueue(row)
        if is_new:
            self._pressed.append(stored.key)
        self._moved()
        return stored

    async def cancel(self, key: str) -> OutboxRow:
        """Drop a queued action; a refused or unknown one is seen off.

        Raises:
            ActRefused: read-only seat, no such action, it has left, or it has ended.
        """
        self._check_may_act()
        row = await self.row(key)
        if row.state in _UNSETTLED:
            await self.see_off(row.key)
            return row
        if not row.pending:
            raise ActRefused(f"it has ended: {row.state.value}")
        cancelled = replace(row, state=OutboxState.CANCELLED, answered_at=self._clock.now(), held=None, next_try=None)
        if not await self._store.move(cancelled, was=_QUEUED, event="cancelled"):
            raise ActRefused("it has left already")
        self._moved()
        return cancelled

    async def retry(self, key: str) -> OutboxRow:
        """Send a held, refused or unknown action now, whatever its age and its target's version.

        Raises:
            ActRefused: read-only seat, no such action, it is on its way, or it has ended well.
        """
        self._check_may_act()
        row = await self.row(key)
        now = self._clock.now()
        again = replace(
            row,
            state=OutboxState.QUEUED,
            forced=True,
            held=None,
            next_try=None,
            not_before=now,
            answered_at=None,
            answer=None,
        )
        if not await self._store.move(again, was=_AGAIN, event="retried", detail="by a person"):
            raise ActRefused("it has left already" if row.pending else f"it has ended: {row.state.value}")
        self._sender.hurry()
        self._moved()
        return again

    async def as_note(self, key: str) -> OutboxRow:
        """Instead of a held, refused or unknown action, a note on its target that says what was meant.

        Raises:
            ActRefused: as :meth:`act` and :meth:`cancel`.
        """
        row = await self.row(key)
        if row.state not in _AGAIN:
            raise ActRefused("it has left already" if row.pending else f"it has ended: {row.state.value}")
        if row.verb is Verb.NOTE:
            raise ActRefused("it is a note already")
        why = row.held or row.answer or "dropped"
        at = row.created_at.astimezone(self._settings.board.zone)
        what = BY_VERB[row.verb].title.lower() if row.verb in BY_VERB else row.verb.value.replace("_", " ")
        text = f"Meant at {at:%H:%M %Z}, not done: {what} ({why})"
        params = {"text": text, "at": None, "kind": None}
        # The note first: should storing it fail, the action is still there to be decided on.
        note = await self.act(Verb.NOTE, row.target, params=params, seen=row.seen, title=row.target_title, undo=False)
        await self.cancel(row.key)
        return note

    async def see_off(self, key: str) -> None:
        """A person has seen that it was refused, or that its outcome is unknown.

        Raises:
            ActRefused: read-only seat, no such action.
        """
        self._check_may_act()
        await self._store.see_off((await self.row(key)).key)
        self._changed()

    async def undo(self) -> OutboxRow | None:
        """Cancel this process's newest action that has not left; ``None`` where there is none."""
        while self._pressed:
            try:
                return await self._cancel_queued(self._pressed.pop())
            except ActRefused:
                continue
        return None

    async def _cancel_queued(self, key: str) -> OutboxRow:
        if (await self.row(key)).state is not OutboxState.QUEUED:
            raise ActRefused("it has left already")
        return await self.cancel(key)

    async def hurry(self) -> list[OutboxRow]:
        """Nothing waits for the end of a pause any more; gives what is pending and not held.

        Raises:
            ActRefused: read-only seat.
        """
        self._check_may_act()
        pending = [row for row in await self._store.outbox(pending_only=True) if row.held is None]
        self._sender.hurry()
        return pending

    def _check_may_act(self) -> None:
        if self._settings.read_only:
            raise ActRefused("this seat is read-only: no action leaves")
        if self._store.read_only:
            raise ActRefused("the data folder is of a newer oncall-tui: no action is taken from here")

    async def row(self, key: str) -> OutboxRow:
        """The action of that key. Raises ActRefused where there is none."""
        row = await self._store.outbox_row(key)
        if row is None:
            raise ActRefused(f"no action has the key {clean(key, 40)}")
        return row

    def _moved(self) -> None:
        self._sender.wake()
        self._changed()


def _check_can(receiver: Receiver, verb: Verb) -> None:
    if not can(receiver.capabilities, verb):
        what = BY_VERB[verb].title.lower() if verb in BY_VERB else verb.value.replace("_", " ")
        raise ActRefused(f"{receiver.name} ({receiver.kind}) cannot {what}")


_R = TypeVar("_R", bound=Receiver)


def source_of(sources: Mapping[str, _R], target: str) -> _R:
    """The source that an id names.

    Raises:
        ActRefused: not an id, or no such source.
    """
    try:
        name, _ = split_id(target)
    except ValueError:
        raise ActRefused(f"not an id: {clean(target, 80)}") from None
    source = sources.get(name)
    if source is None:
        raise ActRefused(f"no source named {clean(name, 40)} is configured")
    return source


def new_key() -> str:
    """A key for an action, made at the key press: short enough to be typed, and no other has it."""
    return "".join(secrets.choice(_KEY_LETTERS) for _ in range(12))
