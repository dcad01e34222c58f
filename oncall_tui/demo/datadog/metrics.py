"""The simulated organisation's metrics: what ``/api/v1/query`` answers."""

from __future__ import annotations

import re
from typing import Any
from zlib import crc32

from oncall_tui.demo import company
from oncall_tui.demo.datadog.refusal import Refusal

_QUERY = re.compile(
    r"(?P<how>avg|sum|min|max):(?P<metric>[a-zA-Z][\w.]*)\{(?P<tags>[^{}]*)\}(?:\s*by\s*\{(?P<by>[^{}]*)\})?"
    r"(?:\.as_(?:count|rate)\(\))?"
)
METRICS = {"trace.http.request.errors": 4.0, "trace.http.request.duration": 0.3, "trace.http.request.hits": 120.0}
"""Those that there are, and about what they show."""
_POINTS = 150


def answer(query: str, start: int, end: int) -> dict[str, Any]:
    """The answer for the Unix seconds from ``start`` to ``end``. Raises Refusal: no such query."""
    match = _QUERY.fullmatch(query.strip())
    if match is None or end <= start:
        raise Refusal(400, f"Error parsing query: unable to parse {query[:80]}: Rule 'scope_expr' didn't match")
    tags = dict(tag.partition(":")[::2] for tag in match["tags"].replace(" ", "").split(",") if ":" in tag)
    services = [service for team in company.TEAMS for service in team.services]
    if "service" in tags:
        services = [one for one in services if one == tags["service"]]
    by = [word.strip() for word in (match["by"] or "").split(",") if word.strip()]
    named = [{"service": one} for one in services] if "service" in by else [tags] if services else []
    base = METRICS.get(match["metric"])
    series = [_series(match, group, start, end, base) for group in named] if base is not None else []
    return {
        "status": "ok",
        "res_type": "time_series",
        "resp_version": 1,
        "query": query,
        "from_date": start * 1000,
        "to_date": end * 1000,
        "group_by": by,
        "series": series,
        "message": "",
    }


def _series(match: re.Match[str], group: dict[str, str], start: int, end: int, base: float) -> dict[str, Any]:
    step = max(10, (end - start) // _POINTS)
    times = range(start - start % step + step, end + 1, step)
    tag_set = [f"{key}:{value}" for key, value in group.items()]
    scope = ",".join(tag_set) or "*"
    points = [[at * 1000.0, round(base * (0.7 + 0.6 * _chance(scope, match["metric"], at)), 4)] for at in times]
    return {
        "metric": match["metric"],
        "display_name": match["metric"],
        "expression": f"{match['how']}:{match['metric']}{{{scope}}}",
        "scope": scope,
        "tag_set": tag_set,
        "aggr": match["how"],
        "interval": step,
        "length": len(points),
        "start": start * 1000,
        "end": end * 1000,
        "pointlist": points,
        "query_index": 0,
    }


def _chance(scope: str, metric: str, at: int) -> float:
    return crc32(f"{scope}/{metric}/{at}".encode()) / 0xFFFFFFFF


def moment(word: str) -> int:
    """Unix seconds. Raises Refusal."""
    if not word.isascii() or not word.isdigit() or len(word) > 10:
        raise Refusal(400, "from and to are Unix seconds")
    return int(word)
