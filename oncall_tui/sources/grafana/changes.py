"""Annotations as changes: what was deployed, what is worked on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.model import Change, ChangeKind, join_id
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer
from oncall_tui.sources.http import HttpClient, segment

BACK, AHEAD = timedelta(hours=24), timedelta(days=7)
"""The window that is read: what a shift asks for, and what is planned."""
EVERY = timedelta(minutes=1)
LIMIT = 100
MAX_PAGES = 10

Row = Mapping[str, Any]


async def list_annotations(
    client: HttpClient, tags: Iterable[str], now: datetime, there: datetime
) -> tuple[list[Row], str | None]:
    """The annotations of the window with any of these tags, newest first; a note where they are not all.

    Args:
        now: the present by our clock.
        there: by the server's; the window holds what it is by either, so that one wrong ``Date`` leaves nothing out.

    The list has no pages: what is beyond its limit is asked for by an earlier end of the window.

    Raises:
        SourceError: a part did not come.
    """
    found: dict[str, Row] = {}
    since, until = _ms(min(now, there) - BACK), _ms(max(now, there) + AHEAD)
    for _ in range(MAX_PAGES):
        params: list[tuple[str, str | int | bool]] = [
            ("type", "annotation"),
            ("from", since),
            ("to", until),
            ("limit", LIMIT),
            ("matchAny", True),
            *(("tags", tag) for tag in tags),
        ]
        answer = await client.get("/api/annotations", params)
        if not isinstance(answer.data, list):
            raise BadAnswer(f"{client.host} answers with no list of annotations")
        rows = list(fields.rows(answer.data))
        fresh = {one: row for row in rows if (one := fields.native_id(row, "id")) is not None and one not in found}
        found |= fresh
        if answer.data and not found:
            raise BadAnswer(f"{client.host} answers with annotations that have no id")
        times = [at for row in rows if (at := fields.integer(row, "time")) is not None]
        if len(answer.data) < LIMIT:
            return list(found.values()), None
        if not fresh or not times or min(times) > until:
            break
        until = min(times)
    return list(found.values()), f"only {len(found)} annotations were read"


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


class ChangeReader:
    """Reads annotations of one Grafana.

    Args:
        kinds: tag -> what an annotation with it is; the first that is there decides.
        service_labels: names before a colon in tags that tell the service: ``service:payments``.
    """

    def __init__(self, source: str, base_url: str, kinds: Mapping[str, str], service_labels: Sequence[str]) -> None:
        self._source = source
        self._base_url = base_url
        self._kinds = {tag.casefold(): ChangeKind(kind) for tag, kind in kinds.items()}
        self._service_labels = service_labels

    def changes(self, rows: Iterable[Row]) -> tuple[Change, ...]:
        """Those that have a time and one of the tags, newest first."""
        found = {change.id: change for change in (self._change(row) for row in rows) if change is not None}
        return tuple(sorted(found.values(), key=lambda one: (one.at, one.id), reverse=True))

    def _change(self, row: Row) -> Change | None:
        native_id, at = fields.native_id(row, "id"), _moment(row, "time")
        tags = _tags(row)
        lower = {tag.casefold() for tag in tags}
        kind = next((kind for tag, kind in self._kinds.items() if tag in lower), None)
        if native_id is None or at is None or kind is None:
            return None
        until = _moment(row, "timeEnd")
        words = fields.block(row, "text") or ""
        title = next((line for line in words.split("\n") if line.strip()), "")
        return Change(
            id=join_id(self._source, native_id),
            source=self._source,
            native_id=native_id,
            title=fields.text(title) or ", ".join(tags),
            at=at,
            until=until if until is not None and until > at else None,
            kind=kind,
            service=self._service(tags),
            author=fields.text(row, "login", limit=200) or fields.text(row, "email", limit=200),
            url=self._url(row),
        )

    def _service(self, tags: Sequence[str]) -> str | None:
        pairs = [tag.partition(":") for tag in tags]
        for label in self._service_labels:
            for name, colon, value in pairs:
                if colon and name.strip() == label and value.strip():
                    return value.strip()
        return None

    def _url(self, row: Row) -> str | None:
        dashboard, panel = fields.native_id(row, "dashboardUID"), fields.integer(row, "panelId")
        if dashboard is None:
            return None
        return f"{self._base_url}/d/{segment(dashboard)}" + (f"?viewPanel={panel}" if panel else "")


def _tags(row: Row) -> list[str]:
    listed = row.get("tags")
    found = (fields.text(tag, limit=200) for tag in listed[:50]) if isinstance(listed, list) else ()
    return [tag for tag in found if tag]


def _moment(row: Row, name: str) -> datetime | None:
    """A time in milliseconds; 0 is none."""
    value = fields.integer(row, name)
    return fields.unix(value / 1000) if value else None
