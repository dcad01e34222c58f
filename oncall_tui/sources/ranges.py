"""Reading what Prometheus's and Loki's APIs answer to a query over a stretch of time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from oncall_tui.model.ranges import LinesFound, LogLine, OwnQuery, RangeQuery, Series, SeriesFound
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer
from oncall_tui.text import clean

MAX_SERIES = 200
"""Series that are read of one answer."""
MAX_LINES = 5000
"""Lines that are asked for at most: what a Loki gives by default."""
LINE_CHARACTERS = 400
"""Kept of a line."""
TIMEOUT = "10s"
"""The server gives up before our own deadline does, and says so."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTES = 3

Params = list[tuple[str, str | int | float | bool]]


def range_params(query: RangeQuery) -> Params:
    """The parameters of Prometheus's ``/query_range``."""
    return [
        ("query", query.text),
        ("start", round(query.frame.start.timestamp(), 3)),
        ("end", round(query.frame.end.timestamp(), 3)),
        ("step", max(1, round(query.step.total_seconds()))),
        ("timeout", TIMEOUT),
    ]


def loki_params(query: RangeQuery, *, lines: bool) -> Params:
    """The parameters of Loki's ``/query_range``; without ``lines`` for a metric."""
    params: Params = [("query", query.text), ("start", _ns(query.frame.start)), ("end", _ns(query.frame.end))]
    if lines:
        return [*params, ("limit", min(query.limit, MAX_LINES)), ("direction", "backward")]
    return [*params, ("step", str(max(1, round(query.step.total_seconds()))))]


def series_of(answer: Any, host: str) -> SeriesFound:
    """The series of a matrix, or the one value of a number.

    Raises:
        BadAnswer: it is neither.
    """
    data = fields.obj(answer, "data")
    if data.get("resultType") != "matrix" or not isinstance(data.get("result"), list):
        told = clean(data.get("resultType") or "nothing", 20)
        raise BadAnswer(f"{host} answers with {told}, no series over time")
    rows = list(fields.rows(data, "result"))
    notes = [clean(text, 160) for key in ("warnings", "infos") for text in _texts(answer, key)]
    if len(rows) > MAX_SERIES:
        notes.append(f"{len(rows)} series: the first {MAX_SERIES} were read")
    found = (Series(labels=labels_of(row), points=_points(row)) for row in rows[:MAX_SERIES])
    return SeriesFound(series=tuple(one for one in found if one.points), notes=tuple(notes[:_NOTES]))


def lines_of(answer: Any, host: str, limit: int) -> LinesFound:
    """The lines of streams, the newest first.

    Raises:
        BadAnswer: there are no streams.
    """
    data = fields.obj(answer, "data")
    if data.get("resultType") != "streams" or not isinstance(data.get("result"), list):
        told = clean(data.get("resultType") or "nothing", 20)
        raise BadAnswer(f"{host} answers with {told}, no lines: is it a query of lines?")
    limit = min(limit, MAX_LINES)
    found: list[LogLine] = []
    for row in fields.rows(data, "result"):
        found += _lines(row, limit)
    found.sort(key=lambda line: line.at, reverse=True)
    return LinesFound(lines=tuple(found[:limit]), is_cut=len(found) >= limit)


def own_of(name: str, text: str, unit: str | None = None, datasource: str | None = None) -> OwnQuery:
    """A source's own query of values."""
    return OwnQuery(name=clean(name, 200), kind="metric", text=text, unit=unit, datasource=datasource)


def labels_of(row: Any) -> dict[str, str]:
    """The labels of a series, its own name among them only where it has no other."""
    labels = fields.labels(row, "metric")
    name = labels.pop("__name__", None)
    return labels or ({"__name__": name} if name else {})


def _points(row: Any) -> tuple[tuple[datetime, float], ...]:
    listed = fields.walk(row, "values")
    found = []
    for pair in listed if isinstance(listed, list) else ():
        if isinstance(pair, list) and len(pair) == 2:
            at, value = fields.unix(pair[0]), fields.number(pair[1])
            if at is not None and value is not None:
                found.append((at, value))
    return tuple(found)


def _lines(row: Any, limit: int) -> Iterable[LogLine]:
    labels = fields.labels(row, "stream")
    listed = fields.walk(row, "values")
    for entry in listed[:limit] if isinstance(listed, list) else ():
        if not isinstance(entry, list) or len(entry) < 2 or not isinstance(entry[1], str):
            continue
        at = _of_ns(entry[0])
        if at is not None:
            yield LogLine(at=at, text=clean(entry[1], LINE_CHARACTERS), labels=labels)


def _of_ns(word: Any) -> datetime | None:
    if not isinstance(word, str) or not word.isascii() or not word.isdigit() or len(word) > 19:
        return None
    return fields.unix(int(word) / 1e9)


def _ns(moment: datetime) -> str:
    """Nanoseconds since 1970, exactly."""
    return f"{(moment - _EPOCH) // timedelta(microseconds=1)}000"


def _texts(answer: Any, field: str) -> list[str]:
    found = fields.walk(answer, field)
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []
