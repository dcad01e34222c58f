"""What one server lists: its alerts, and the silences that are worth telling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from oncall_tui.model import Alert, Silence
from oncall_tui.sources.alertmanager_api.facts import SILENCE_STATES, Reader
from oncall_tui.sources.alertmanager_api.silencing import Silencing
from oncall_tui.sources.base import BadAnswer
from oncall_tui.sources.http import HttpClient

EXPIRED_KEPT = timedelta(hours=24)
"""Silences that ended longer ago are not told."""


async def list_alerts(
    client: HttpClient, root: str, reader: Callable[[], Reader], filters: Sequence[str]
) -> tuple[tuple[Alert, ...], int]:
    """The alerts that match all ``filters``, and how many of the list do not say which alert they are.

    Raises:
        SourceError: the list did not come, or is none.
    """
    answer = await client.get(f"{root}/alerts", [("filter", one) for one in filters])
    if not isinstance(answer.data, list):
        raise BadAnswer(f"{client.host} answers with no list of alerts")
    reading = reader()
    return reading.alerts(answer.data), reading.unnamed(answer.data)


async def list_silences(silencing: Silencing, reader: Callable[[], Reader]) -> tuple[Silence, ...]:
    """Active ones first, then those to come, then those that ended lately; by their end. Raises SourceError."""
    oldest = reader().now - EXPIRED_KEPT
    found = {one.id: one for one, _ in await silencing.all() if one.state != "expired" or one.ends_at >= oldest}
    return tuple(sorted(found.values(), key=lambda one: (SILENCE_STATES.index(one.state), one.ends_at, one.id)))
