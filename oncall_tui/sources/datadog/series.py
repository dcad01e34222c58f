"""Datadog's values over a stretch of time: the metrics query of API v1."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oncall_tui.model.ranges import RangeQuery, Series, SeriesFound
from oncall_tui.sources import fields
from oncall_tui.sources.base import AuthFailed, BadAnswer, Refused
from oncall_tui.sources.http import HttpClient
from oncall_tui.sources.ranges import MAX_SERIES, Params

PATH = "/api/v1/query"


async def read_series(client: HttpClient, query: RangeQuery) -> SeriesFound:
    """The series of one query. Raises SourceError; keys without ``timeseries_query`` are told so."""
    params: Params = [
        ("from", int(query.frame.start.timestamp())),
        ("to", int(query.frame.end.timestamp())),
        ("query", query.text),
    ]
    try:
        answer = await client.get(PATH, params, meter=PATH)
    except AuthFailed as error:
        if error.status != 403:
            raise
        words = f"{error}; the application key's owner needs timeseries_query"
        raise AuthFailed(words, status=error.status) from None
    data = answer.data
    if fields.text(data, "status") == "error":
        raise Refused(fields.text(data, "error", limit=200) or f"{client.host} does not take the query")
    if not fields.is_list(data, "series"):
        raise BadAnswer(f"{client.host} answers {PATH} without series")
    rows = list(fields.rows(data, "series"))
    notes = (f"{len(rows)} series: the first {MAX_SERIES} were read",) if len(rows) > MAX_SERIES else ()
    found = (Series(labels=_labels(row), points=_points(row)) for row in rows[:MAX_SERIES])
    return SeriesFound(series=tuple(one for one in found if one.points), notes=notes)


def _labels(row: Any) -> dict[str, str]:
    """The tags that tell the series apart, else what it is called."""
    tags = fields.walk(row, "tag_set")
    texts = [word for tag in tags if (word := fields.text(tag))] if isinstance(tags, list) else []
    pairs = [text.partition(":") for text in texts[:20]]
    name = fields.text(row, "display_name", limit=200) or fields.text(row, "metric", limit=200)
    return {key: value for key, _, value in pairs} or ({"__name__": name} if name else {})


def _points(row: Any) -> tuple[tuple[datetime, float], ...]:
    listed = fields.walk(row, "pointlist")
    found = []
    for pair in listed if isinstance(listed, list) else ():
        if isinstance(pair, list) and len(pair) == 2:
            ms, value = fields.number(pair[0]), fields.number(pair[1])
            at = fields.unix(ms / 1000) if ms is not None else None
            if at is not None and value is not None:
                found.append((at, value))
    return tuple(found)
