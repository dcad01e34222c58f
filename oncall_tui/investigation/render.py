"""An investigation as text of 80 columns and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from oncall_tui.clock import format_duration, iso
from oncall_tui.investigation.patterns import Pattern
from oncall_tui.investigation.results import Curve, Investigation, Result, shrunk
from oncall_tui.model import Change
from oncall_tui.model.ranges import Frame
from oncall_tui.policy.conclusions import Conclusions, Hypothesis, Verdict
from oncall_tui.policy.marks import Mark
from oncall_tui.text import clip, wrap

WIDTH = 80
_SPARK = 24
LEVELS, ASCII_LEVELS = "▁▂▃▄▅▆▇█", "_.,:-=+#"
_SCALES = ((1e4, 1.0, ""), (1e6, 1e3, "k"), (1e9, 1e6, "M"), (1e12, 1e9, "G"), (1e15, 1e12, "T"))


def spark(values: Sequence[float | None], levels: str) -> str:
    """The values as levels between their least and greatest; a gap where there was none."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    top = len(levels) - 1

    def level(value: float | None) -> str:
        if value is None:
            return " "
        return levels[round((value - low) / (high - low) * top)] if high > low else levels[0]

    return "".join(level(value) for value in values)


def figure(value: float) -> str:
    """Three digits that matter: ``0.0021``, ``12.4``, ``5230``, ``1.2M``."""
    size = abs(value)
    if size < 1:
        return f"{value:.2g}"
    for limit, scale, unit in _SCALES:
        if size < limit:
            shown = value / scale
            digits = 0 if abs(shown) >= 100 else 1 if abs(shown) >= 10 else 2
            text = f"{shown:.{digits}f}"
            return (text.rstrip("0").rstrip(".") if "." in text else text) + unit
    return f"{value:.0e}"


def figures(curve: Curve, unit: str | None) -> str:
    """``0.1 to 12.4 %, last 12.1``."""
    behind = f" {unit}" if unit else ""
    if curve.low == curve.high:
        return f"{figure(curve.last)}{behind} throughout"
    return f"{figure(curve.low)} to {figure(curve.high)}{behind}, last {figure(curve.last)}"


def labels_text(labels: Mapping[str, str], shared: Mapping[str, str]) -> str:
    """What tells one series of a query from the others; empty for the only one."""
    own = {name: value for name, value in labels.items() if name not in shared}
    if len(own) == 1:
        return next(iter(own.values()))
    return ", ".join(value if name == "__name__" else f"{name}={value}" for name, value in own.items())


def shared_labels(curves: Sequence[Curve]) -> dict[str, str]:
    """The labels that all curves have alike."""
    first = dict(curves[0].labels) if curves else {}
    return {name: value for name, value in first.items() if all(one.labels.get(name) == value for one in curves)}


def frame_text(frame: Frame, zone: tzinfo) -> str:
    """``13:12 to 14:42 (1h30m)``, with days where it is not within one."""
    start, end = (moment.astimezone(zone) for moment in (frame.start, frame.end))
    far = start.date() != end.date()
    told = f"{start:%d %b %H:%M} to {end:%d %b %H:%M}" if far else f"{start:%H:%M} to {end:%H:%M}"
    return f"{told} ({format_duration(timedelta(minutes=round(frame.length.total_seconds() / 60)))})"


def conclusion_words(one: Hypothesis) -> str:
    """``H1 open: the pool is empty``, with the verdict's reason."""
    return f"{one.name} {one.verdict.value}: {one.text}{f' ({one.reason})' if one.reason else ''}"


# -- text ------------------------------------------------------------------------------------------------------


def to_lines(found: Investigation, title: str, zone: tzinfo, levels: str = LEVELS) -> list[str]:
    """Lines of at most :data:`WIDTH` cells; times in ``zone``."""
    day = found.frame.start.astimezone(zone)
    lines = [f"{found.incident_id}  {title}", f"{day:%a %d %b %Y} {frame_text(found.frame, zone)} {day:%Z}"]
    for heading, part in (
        ("Hypotheses", [line for one in found.conclusions.hypotheses for line in _wrapped(conclusion_words(one))]),
        ("Findings", _marks(found.conclusions.findings, zone)),
        ("Root cause", _marks(found.conclusions.root_causes, zone)),
        ("Metrics", [line for one in _of(found, "metric") for line in _metric(one, levels)]),
        ("Logs", [line for one in _of(found, "logs") for line in _logs(one, found.frame, zone)]),
        ("Changes", [line for one in found.changes for line in _wrapped(change_text(one, found.frame, zone))]),
        ("Links", [f"  {one.query.name}: {one.problem or one.query.text}" for one in _of(found, "link")]),
    ):
        if part:
            lines += ["", heading, *part]
    if found.hint:
        lines += ["", *wrap(found.hint, WIDTH)]
    # An address is not cut: it is there to be opened.
    return [line if "://" in line else clip(line, WIDTH) for line in lines]


def _of(found: Investigation, kind: str) -> list[Result]:
    return [one for one in found.results if one.kind == kind]


def _wrapped(text: str) -> list[str]:
    first, *rest = wrap(text, WIDTH - 4)
    return [f"  {first}", *(f"    {line}" for line in rest)]


def _marks(marks: Sequence[Mark], zone: tzinfo) -> list[str]:
    told = (f"{one.at.astimezone(zone):%H:%M} {one.text}{f' ({one.author})' if one.author else ''}" for one in marks)
    return [line for text in told for line in _wrapped(text)]


def _metric(result: Result, levels: str) -> Iterator[str]:
    yield f"  {result.query.name}{f' ({result.query.source})' if result.query.source else ''}"
    if result.problem is not None:
        yield f"    ? {result.problem}"
        return
    shared = shared_labels(result.curves) if len(result.curves) > 1 else {}
    for curve in result.curves:
        drawn = spark(shrunk(curve.values, _SPARK), levels).ljust(_SPARK)
        label = labels_text(curve.labels, shared) if len(result.curves) > 1 else ""
        yield f"    {drawn}  {figures(curve, result.query.unit)}{f'  {label}' if label else ''}"
    if not result.curves:
        yield "    nothing in this time"
    if result.more_series:
        yield f"    {result.more_series} more series"
    yield from (f"    {note}" for note in result.notes)


def _logs(result: Result, frame: Frame, zone: tzinfo) -> Iterator[str]:
    yield f"  {result.query.name}{f' ({result.query.source})' if result.query.source else ''}{lines_text(result)}"
    if result.problem is not None:
        yield f"    ? {result.problem}"
        return
    for one in result.patterns:
        yield f"    {pattern_text(one, frame, zone)}"
    if not result.patterns:
        yield "    nothing in this time"
    if result.more_patterns:
        yield f"    {result.more_patterns} more kinds of lines"
    yield from (f"    {note}" for note in result.notes)


def lines_text(result: Result) -> str:
    """``: 412 lines``, or that these are the latest of more; empty where nothing was read."""
    if not result.lines:
        return ""
    return f": the latest {result.lines}, there are more" if result.is_cut else f": {result.lines} lines"


def pattern_text(one: Pattern, frame: Frame, zone: tzinfo) -> str:
    """``x120 14:31 to 14:42 error waited ‹…› ms for a connection``."""
    first, last = (_at(moment, frame, zone) for moment in (one.first_at, one.last_at))
    when = first if first == last else f"{first} to {last}"
    level = f"{one.level} " if one.level else ""
    return f"x{one.count} {when} {level}{one.text}"


def _at(moment: datetime, frame: Frame, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    within = frame.start.astimezone(zone).date() == frame.end.astimezone(zone).date()
    return f"{local:%H:%M}" if within else f"{local:%d %b %H:%M}"


def change_text(one: Change, frame: Frame, zone: tzinfo) -> str:
    """``13:05 deployment: payments v2.1 (pager)``."""
    until = f" to {_at(one.until, frame, zone)}" if one.until is not None else ""
    return f"{_at(one.at, frame, zone)}{until} {one.kind.value}: {one.title} ({one.source})"


# -- JSON ------------------------------------------------------------------------------------------------------


def to_json(found: Investigation) -> dict[str, Any]:
    """One document. Of a metric ``values`` are even steps over the frame, ``null`` where nothing was told."""
    return {
        "version": 1,
        "incident": found.incident_id,
        "from": iso(found.frame.start),
        "until": iso(found.frame.end),
        "asked_at": iso(found.asked_at),
        "queries": [_result_json(one) for one in found.results],
        "changes": [
            {
                "at": iso(one.at),
                "until": iso(one.until) if one.until is not None else None,
                "kind": one.kind.value,
                "title": one.title,
                "service": one.service,
                "source": one.source,
                "url": one.url,
            }
            for one in found.changes
        ],
        **_conclusions_json(found.conclusions),
        "hint": found.hint or None,
    }


def _result_json(one: Result) -> dict[str, Any]:
    return {
        "name": one.query.name,
        "kind": one.kind,
        "query": one.query.text,
        "source": one.query.source or None,
        "unit": one.query.unit,
        "problem": one.problem,
        "notes": list(one.notes),
        "series": [
            {
                "labels": dict(curve.labels),
                "min": curve.low,
                "max": curve.high,
                "max_at": iso(curve.high_at),
                "last": curve.last,
                "last_at": iso(curve.last_at),
                "values": list(curve.values),
            }
            for curve in one.curves
        ],
        "more_series": one.more_series,
        "patterns": [
            {
                "text": kind.text,
                "count": kind.count,
                "level": kind.level or None,
                "first_at": iso(kind.first_at),
                "last_at": iso(kind.last_at),
                "example": kind.example,
            }
            for kind in one.patterns
        ],
        "more_patterns": one.more_patterns,
        "lines": one.lines,
        "more_lines": one.is_cut,
    }


def _conclusions_json(found: Conclusions) -> dict[str, Any]:
    return {
        "findings": [_mark_json(one) for one in found.findings],
        "hypotheses": [
            {
                "name": one.name,
                "text": one.text,
                "verdict": one.verdict.value.replace(" ", "_"),
                "reason": one.reason or None,
                "at": iso(one.at),
                "author": one.author,
                "judged_at": iso(one.judged_at) if one.judged_at is not None else None,
                "judged_by": one.judged_by,
            }
            for one in found.hypotheses
        ],
        "root_causes": [_mark_json(one) for one in found.root_causes],
        "open": sum(one.verdict is Verdict.OPEN for one in found.hypotheses),
    }


def _mark_json(one: Mark) -> dict[str, Any]:
    return {"text": one.text, "at": iso(one.at), "author": one.author}
