"""The report as text of 80 columns, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.documents import length_words
from oncall_tui.metrics.definitions import DEFINITIONS, Definition
from oncall_tui.metrics.figures import Figure, Figures
from oncall_tui.metrics.periods import Period
from oncall_tui.metrics.report import Group, Report
from oncall_tui.policy import Calendar
from oncall_tui.text import fit, fit_right

WIDTH = 80
_RAMP = " .:-=+*#"
_BAR = 12
_NAME = 24


# -- text ------------------------------------------------------------------------------------------------------------


def to_lines(report: Report) -> list[str]:
    """The report as lines of at most :data:`WIDTH` cells, in plain characters."""
    lines = [*_heading(report), "", *_table(report)]
    if len(report.days) > 1:
        lines += ["", *_by_day(report)]
    if report.plan.by is not None:
        lines += ["", *_groups(report)]
    return lines


def _heading(report: Report) -> Iterator[str]:
    zone = report.plan.zone
    period = report.plan.period
    yield f"=== Metrics: {_when(period, report)} ({period.end.astimezone(zone).tzname()}) ==="
    yield f"before: {_when(report.plan.before, report)}"
    if report.kept_since is None:
        yield "no incident is kept"
    elif report.kept_since > report.plan.before.start:
        yield f"the oldest incident that is kept is of {report.kept_since.astimezone(zone):%Y-%m-%d %H:%M}"
    if report.alerts_since is not None and report.alerts_since > report.plan.before.start:
        yield f"alerts are kept since {report.alerts_since.astimezone(zone):%Y-%m-%d %H:%M}"


def _when(period: Period, report: Report) -> str:
    zone = report.plan.zone
    return f"{period.start.astimezone(zone):%Y-%m-%d %H:%M} to {period.end.astimezone(zone):%Y-%m-%d %H:%M}"


def _table(report: Report) -> Iterator[str]:
    yield _row("", "now", "before", "measured on", "nine of ten").rstrip()
    for one in DEFINITIONS:
        figure, before = report.figures[one.id], report.before[one.id] if report.before is not None else None
        yield _row(one.title, shown(one, figure), shown(one, before), _basis(one, figure), _ninth(one, figure)).rstrip()
        if one.id == "incident_count_by_severity":
            for name, count in figure.parts.items():
                was = before.parts[name] if before is not None else None
                if count or was:
                    word = "  no severity" if name == "none" else f"  {name.capitalize()}"
                    yield _row(word, str(count), "-" if was is None else str(was), "", "").rstrip()


def _row(name: str, now: str, before: str, basis: str, ninth: str) -> str:
    return f"{fit(name, _NAME)} {fit_right(now, 11)} {fit_right(before, 11)}  {fit(basis, 16)} {ninth}"


def shown(definition: Definition, figure: Figure | None) -> str:
    """A value for people; ``-`` where nothing was measured."""
    if figure is None or figure.value is None:
        return "-"
    match definition.unit:
        case "seconds":
            return f"{figure.value:.0f} s" if figure.value < 60 else length_words(timedelta(seconds=figure.value))
        case "ratio":
            return f"{100 * figure.value:.0f} %"
        case "per shift":
            return f"{figure.value:.1f}" if figure.value >= 10 else f"{figure.value:.2f}"
    return f"{figure.value:.0f}"


def _basis(definition: Definition, figure: Figure) -> str:
    """What stands behind a value: on how many of how many it was measured, or how many it is out of."""
    match definition.id:
        case "incident_count_by_severity":
            return ""
        case "on_call_alerts_per_shift" | "on_call_interruptions":
            return f"{figure.known} in all" if figure.value is not None else ""
        case "false_positive_rate":
            alerts = figure.parts.get("alerts")
            return f"{figure.known} of {figure.of} judged{f', {alerts} alerts' if alerts else ''}"
        case "postmortems_completed":
            return f"of {figure.of}, {figure.parts['overdue']} late"
    return f"{figure.known} of {figure.of}" if definition.unit == "seconds" else f"of {figure.of}"


def _ninth(definition: Definition, figure: Figure) -> str:
    if figure.p90 is None:
        return ""
    return shown(definition, Figure(value=figure.p90))


def _by_day(report: Report) -> Iterator[str]:
    """Incidents by day as one line of rising characters, several days in one where there are more than fit."""
    each = -(-len(report.days) // (WIDTH - 20))
    counts = [sum(count for _, count in report.days[at : at + each]) for at in range(0, len(report.days), each)]
    most = max(counts)
    word = "day" if each == 1 else f"{each} days"
    yield f"Incidents by {word}, at most {most}:"
    first, last = report.days[0][0], report.days[-1][0]
    yield f"{first:%m-%d} |{''.join(_level(count, most) for count in counts)}| {last:%m-%d}"


def _level(count: int, most: int) -> str:
    return _RAMP[-(-count * (len(_RAMP) - 1) // most)] if most else _RAMP[0]


def _groups(report: Report) -> Iterator[str]:
    by = report.plan.by
    yield f"=== By {by} ==="
    if not report.groups:
        yield "nothing in this period nor in the one before"
        return
    yield _group_row("", "", "incid.", "ack", "resolve", "pages a.h.", "alerts").rstrip()
    most = max(_value(one, "incident_count_by_severity") for one in report.groups)
    for one in report.groups:
        count = _value(one, "incident_count_by_severity")
        bar = "#" * round(_BAR * count / most) if most else ""
        alerts = one.figures["on_call_alerts_per_shift"]
        yield _group_row(
            one.key,
            bar or ("." if count else ""),
            f"{count:.0f}",
            _of("incident_acknowledgement_time", one.figures),
            _of("incident_resolution_time", one.figures),
            _of("after_hours_pages", one.figures),
            str(alerts.known) if alerts.value is not None else "-",
        ).rstrip()


def _group_row(name: str, bar: str, count: str, ack: str, resolve: str, pages: str, alerts: str) -> str:
    return (
        f"{fit(name, 20)} {fit(bar, _BAR)} {fit_right(count, 6)} {fit_right(ack, 10)} {fit_right(resolve, 10)}"
        f" {fit_right(pages, 10)} {fit_right(alerts, 6)}"
    )


_BY_ID = {one.id: one for one in DEFINITIONS}


def _of(metric: str, found: Figures) -> str:
    return shown(_BY_ID[metric], found[metric])


def _value(group: Group, metric: str) -> float:
    return group.figures[metric].value or 0


# -- JSON ------------------------------------------------------------------------------------------------------------


def to_json(report: Report) -> dict[str, Any]:
    """The report as one JSON document. Lengths in seconds, ratios from 0 to 1; ``null``: nothing was measured."""
    plan = report.plan
    return {
        "version": 1,
        "since": iso(plan.period.start),
        "until": iso(plan.period.end),
        "shifts": round(plan.period.shifts, 3),
        "before": {"since": iso(plan.before.start), "until": iso(plan.before.end), "kept": report.before is not None},
        "incidents_kept_since": iso(report.kept_since) if report.kept_since else None,
        "alerts_kept_since": iso(report.alerts_since) if report.alerts_since else None,
        "definitions": {
            "first_sign": sorted(report.rules.first_sign),
            "working_hours": _hours(report.rules.hours),
            "interruption_s": int(report.rules.one_interruption.total_seconds()),
            "recurs_s": int(report.rules.recurs_within.total_seconds()),
        },
        "metrics": _metrics(report.figures, report.before),
        "by": plan.by,
        "groups": [
            {
                "key": one.key,
                "since": iso(one.period.start) if one.period else None,
                "until": iso(one.period.end) if one.period else None,
                "metrics": _metrics(one.figures, one.before),
            }
            for one in report.groups
        ],
        "days": [{"day": day.isoformat(), "incidents": count} for day, count in report.days],
    }


def _hours(hours: Calendar | None) -> str | None:
    """Where they are not the calendar's."""
    return f"{hours.opens:%H:%M}-{hours.closes:%H:%M}" if hours is not None else None


def _metrics(now: Figures, before: Figures | None) -> dict[str, Any]:
    return {
        one.id: {
            "title": one.title,
            "unit": one.unit,
            **_figure(now[one.id]),
            "before": _figure(before[one.id]) if before is not None else None,
        }
        for one in DEFINITIONS
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "value": _rounded(figure.value),
        "known": figure.known,
        "of": figure.of,
        "mean": _rounded(figure.mean),
        "p90": _rounded(figure.p90),
        "parts": dict(figure.parts),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


# -- CSV -------------------------------------------------------------------------------------------------------------

COLUMNS = ("by", "group", "metric", "unit", "value", "before", "known", "of", "mean", "p90")


def to_csv(report: Report) -> str:
    """A line for each metric of the period and of each group, and one for each severity's count."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_lines("", "", report.figures, report.before))
    for one in report.groups:
        writer.writerows(_lines(report.plan.by or "", one.key, one.figures, one.before))
    return text.getvalue()


def _lines(by: str, group: str, now: Figures, before: Figures | None) -> Iterator[Sequence[object]]:
    for one in DEFINITIONS:
        figure, earlier = now[one.id], before[one.id] if before is not None else None
        value = _rounded(earlier.value) if earlier is not None else None
        start = (by, _plain(group), one.id, one.unit)
        yield (
            *start,
            _rounded(figure.value),
            value,
            figure.known,
            figure.of,
            _rounded(figure.mean),
            _rounded(figure.p90),
        )
        for name, count in figure.parts.items():
            was = earlier.parts.get(name) if earlier is not None else None
            yield (by, _plain(group), f"{one.id}.{name}", "count", count, was, None, None, None, None)


def _plain(words: str) -> str:
    """Outside text as a cell that no spreadsheet takes for a formula."""
    return f"'{words}" if words[:1] in tuple("=+-@\t\r") else words
