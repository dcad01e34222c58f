"""Silences made, ended and read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.model import OutboxRow, Silence, Verb, split_id
from oncall_tui.sources import fields
from oncall_tui.sources.alertmanager_api.facts import Matchers, Reader
from oncall_tui.sources.base import (
    BadAnswer,
    Confirmation,
    NotFound,
    Outcome,
    Refused,
    Sent,
    ServerFailed,
    Unsupported,
)
from oncall_tui.sources.http import HttpClient, segment
from oncall_tui.text import clean

_BEFORE_PRESSED = timedelta(seconds=2)


class Silencing:
    """Writes silences by one server's API, and reads them back.

    Args:
        root: where the API is served: ``/api/v2``.
        reader: makes a reader for the present by the server's clock.
        author: who makes silences, where the row does not say.
        whose: the source as a person would call it, for what it cannot do.
    """

    def __init__(self, client: HttpClient, root: str, reader: Callable[[], Reader], *, author: str, whose: str) -> None:
        self._client = client
        self._root = root
        self._reader = reader
        self._author = author
        self._whose = whose

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """For a silence: ids of those with equal matchers that are not over. Raises SourceError."""
        return await self.equal_ones(row) if row.verb is Verb.SILENCE else ()

    async def send(self, row: OutboxRow) -> Sent:
        """Make a silence, or end one. Raises Unsupported for other verbs, and SourceErrors."""
        match row.verb:
            case Verb.SILENCE:
                return await self.make(row)
            case Verb.EXPIRE_SILENCE:
                return await self.end(row)
        raise self._unsupported(row)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read the silence back. Raises Unsupported for other verbs, and SourceErrors."""
        match row.verb:
            case Verb.SILENCE:
                return await self.confirm_made(row)
            case Verb.EXPIRE_SILENCE:
                return await self.confirm_ended(row)
        raise self._unsupported(row)

    def _unsupported(self, row: OutboxRow) -> Unsupported:
        return Unsupported(f"{self._whose} cannot {row.verb.value.replace('_', ' ')}")

    async def all(self) -> tuple[tuple[Silence, Matchers], ...]:
        """Every silence that the server still knows, ended ones too."""
        answer = await self._client.get(f"{self._root}/silences")
        if not isinstance(answer.data, list):
            raise BadAnswer(f"{self._client.host} answers with no list of silences")
        found = self._reader().silences(answer.data)
        if answer.data and not found:
            raise BadAnswer(f"{self._client.host} answers with silences that have no id")
        return found

    async def equal_ones(self, row: OutboxRow) -> tuple[str, ...]:
        """Native ids of the silences not over whose matchers are those that ``row`` would make."""
        wanted = await self._matchers_for(row)
        return tuple(one.native_id for one, matchers in await self.all() if matchers == wanted and _stands(one))

    async def make(self, row: OutboxRow) -> Sent:
        """A silence from now on with one equality matcher for each label of ``row.params``."""
        seconds = row.params.get("seconds")
        if not isinstance(seconds, int | float) or not 0 < seconds < 1e9:
            raise Refused("a silence needs a length of time")
        matchers = await self._matchers_for(row)
        now = self._reader().now
        ends_at = now + timedelta(seconds=seconds)
        body = {
            "matchers": [
                {"name": name, "value": value, "isRegex": False, "isEqual": True} for name, _, value in sorted(matchers)
            ],
            "startsAt": iso(now),
            "endsAt": iso(ends_at),
            "createdBy": self._author_of(row),
            "comment": _comment(row),
        }
        answer = await self._client.request("POST", f"{self._root}/silences", json=body)
        # Grafana 9 answers with the whole silence.
        native_ref = fields.native_id(answer.data, "silenceID") or fields.native_id(answer.data, "id")
        if native_ref is None:
            raise BadAnswer(f"{self._client.host} answers without the silence's id", maybe_applied=True)
        return Sent(text=f"silenced until {ends_at:%H:%M} UTC", native_ref=native_ref)

    async def end(self, row: OutboxRow) -> Sent:
        """End the silence that ``row`` names, at once."""
        native_id = split_id(row.target)[1]
        path = f"{self._root}/silence/{segment(native_id)}"
        answer = await self._client.request("DELETE", path, want_json=False, accept=(500,))
        if answer.status != 500:
            return Sent(text="silence ended", native_ref=native_id)
        # Older servers tell "already over" and "unknown" by 500; newer ones by 200 and 404.
        words = clean(answer.text.strip().strip('"'), 200)
        if "already expired" in words:
            raise Refused("the silence is over already", status=500, code="already_expired")
        if "not found" in words:
            raise NotFound(f"no such silence: {native_id}", status=500)
        raise ServerFailed(f"{self._client.host} fails (500): {words}", maybe_applied=True)

    # -- reading back ----------------------------------------------------------------------------------------------

    async def confirm_made(self, row: OutboxRow) -> Confirmation:
        """Whether the silence stands; found by its id, or where the answer was lost by what it says."""
        if row.native_ref is None:
            return await self._find_ours(row)
        silence = await self._read(row.native_ref)
        if silence is None:
            return Confirmation(outcome=Outcome.NOT_APPLIED, text="the silence is not there")
        if not _stands(silence):
            text = f"ended again at {silence.ends_at:%H:%M} UTC"
            return Confirmation(outcome=Outcome.SUPERSEDED, text=text, native_ref=silence.native_id)
        return Confirmation(outcome=Outcome.APPLIED, text=_until(silence), native_ref=silence.native_id)

    async def _find_ours(self, row: OutboxRow) -> Confirmation:
        """Ours has our matchers, author and comment, and was not there before."""
        wanted = await self._matchers_for(row)
        for silence, matchers in await self.all():
            ours = silence.created_by == clean(self._author_of(row), 200) and silence.comment == clean(_comment(row))
            if ours and matchers == wanted and _stands(silence) and silence.native_id not in row.baseline:
                return Confirmation(outcome=Outcome.APPLIED, text=_until(silence), native_ref=silence.native_id)
        return Confirmation(outcome=Outcome.NOT_APPLIED, text="no such silence there")

    async def confirm_ended(self, row: OutboxRow) -> Confirmation:
        """Whether the silence is over; over before the key press is somebody else's doing."""
        silence = await self._read(split_id(row.target)[1])
        if silence is None:
            return Confirmation(outcome=Outcome.APPLIED, text="the silence is gone")
        if _stands(silence):
            return Confirmation(outcome=Outcome.NOT_APPLIED, text=_until(silence))
        pressed_at = row.created_at + (self._client.clock_skew or timedelta())
        if silence.ends_at < pressed_at - _BEFORE_PRESSED:
            return Confirmation(outcome=Outcome.SUPERSEDED, text=f"was over since {silence.ends_at:%H:%M} UTC")
        return Confirmation(outcome=Outcome.APPLIED, text=f"silence ended at {silence.ends_at:%H:%M} UTC")

    async def _read(self, native_id: str) -> Silence | None:
        try:
            answer = await self._client.get(f"{self._root}/silence/{segment(native_id)}")
        except NotFound:
            return None
        read = self._reader().silence(fields.obj(answer.data))
        if read is None:
            raise BadAnswer(f"{self._client.host} answers with no silence")
        return read[0]

    # -- what to match ---------------------------------------------------------------------------------------------

    async def _matchers_for(self, row: OutboxRow) -> Matchers:
        """An equality matcher for each label pressed on, with the value as the server has it: what a person saw is
        clean and may be cut, and a silence on that would match nothing."""
        shown = row.params.get("labels")
        if not isinstance(shown, Mapping) or not shown:
            raise Refused("no labels to silence by: it would mute everything")
        exact = {str(name): str(value) for name, value in shown.items()}
        for name, value in (await self._labels_on_server(row, exact)).items():
            seen_as = clean(name, 200)
            if isinstance(value, str) and exact.get(seen_as) == clean(value):
                del exact[seen_as]
                exact[name] = value
        return frozenset((name, "=", value) for name, value in exact.items())

    async def _labels_on_server(self, row: OutboxRow, shown: Mapping[str, str]) -> Mapping[str, Any]:
        name = shown.get("alertname", "")
        plain = re.fullmatch(r"[\w.:-]+", name, re.ASCII)
        answer = await self._client.get(f"{self._root}/alerts", [("filter", f'alertname="{name}"')] if plain else [])
        target = split_id(row.target)[1]
        return next(
            (fields.obj(one, "labels") for one in fields.rows(answer.data) if one.get("fingerprint") == target), {}
        )

    def _author_of(self, row: OutboxRow) -> str:
        return row.seat or self._author


def _stands(silence: Silence) -> bool:
    return silence.state != "expired"


def _comment(row: OutboxRow) -> str:
    reason = row.params.get("reason")
    return reason if isinstance(reason, str) and reason.strip() else row.target_title or "silenced by oncall-tui"


def _until(silence: Silence) -> str:
    return f"silenced until {silence.ends_at:%H:%M} UTC"
