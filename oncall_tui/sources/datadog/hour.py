"""The events of the last hour: read whole now and then, and between by what is new."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from oncall_tui.sources import fields
from oncall_tui.sources.datadog import api
from oncall_tui.sources.datadog.api import Row
from oncall_tui.sources.http import HttpClient

WINDOW = timedelta(hours=1)
OVERLAP = timedelta(minutes=3)
"""Events arrive late: the last minutes are asked for again."""
WHOLE_EVERY = timedelta(minutes=10)
"""What is read in part is read whole so often."""


class LastHour:
    """Events by id, as far as they are within the last hour.

    Args:
        query: as the Events Explorer searches.
    """

    def __init__(self, client: HttpClient, query: str) -> None:
        self._client = client
        self._query = query
        self._rows: dict[str, Row] = {}
        self._until: datetime | None = None
        self._whole_at: datetime | None = None

    @property
    def rows(self) -> Iterable[Row]:
        """Those of the latest reading and what it left of the earlier ones."""
        return self._rows.values()

    async def read(self, now: datetime) -> str:
        """Read what is new. Gives why not all came, ``""`` where all did. Raises SourceError.

        Args:
            now: by Datadog's clock.
        """
        oldest = now - WINDOW
        whole = self._until is None or self._whole_at is None or not timedelta() <= now - self._whole_at < WHOLE_EVERY
        start = oldest if whole or self._until is None else max(oldest, self._until - OVERLAP)
        listing = await api.events(self._client, self._query, _ms(start), _ms(now))
        fresh = {row["id"]: row for row in listing.rows if _is_event(row)}
        spoilt = sum(not _is_event(row) for row in listing.rows)
        kept = {} if whole and not spoilt else self._rows
        self._rows = {key: row for key, row in {**kept, **fresh}.items() if _at(row) >= oldest}
        self._until = now
        if whole:
            self._whole_at = now
        return listing.note or (f"{spoilt} cannot be read" if spoilt else "")


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _is_event(row: Row) -> bool:
    """Whether it says which event it is, when it was, what it is about and how that is."""
    inner = fields.obj(row, "attributes", "attributes")
    told = (
        isinstance(row.get("id"), str) and isinstance(inner.get("title"), str) and isinstance(inner.get("status"), str)
    )
    return told and fields.instant(row, "attributes", "timestamp") is not None


def _at(row: Row) -> datetime:
    return fields.instant(row, "attributes", "timestamp") or datetime.min.replace(tzinfo=UTC)
