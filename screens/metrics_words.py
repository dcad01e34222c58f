"""A report of metrics as lines: figures beside those of the period before, groups, and what a plot is of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from oncall_tui.metrics import DEFINITIONS, Change, Definition, Figure, Group, Report, change, shown, spoken
from oncall_tui.model import HistoryProgress
from oncall_tui.text import fit, fit_right
from widgets.lines import BLANK, Span, Words
from widgets.signs import ASCII
from widgets.textpane import wrap_words
from widgets.theme import Look

BY_ID = {one.id: one for one in DEFINITIONS}
PLOTTED = (
    "incident_count_by_severity",
    "incident_acknowledgement_time",
    "incident_resolution_time",
    "incident_mitigation_time",
    "on_call_alerts_per_shift",
    "on_call_interruptions",
    "after_hours_pages",
    "false_positive_rate",
)
"""Metrics that say something of a single day, in the order in which a key goes through them."""
COUNTED = frozenset({"on_call_alerts_per_shift", "on_call_interruptions"})
"""Of a day they are plotted as what was counted, not by the shift."""
_NAME = 23
_NOW, _BEFORE = 10, 11
_CHANGE = 15
_WIDE = _NAME + _NOW + _BEFORE + _CHANGE + 1


def figure_lines(report: Report, cells: int, look: Look) -> list[Words]:
    """Each metric: now, before, what has changed, and behind it on how much it was measured."""
    lines = [*_about(report, cells), _head(cells)]
    for one in DEFINITIONS:
        figure, before = report.figures[one.id], report.before[one.id] if report.before is not None else None
        lines.append(_row(one, figure, before, cells, look))
        if one.id == "incident_count_by_severity":
            lines += _severities(figure, before, cells)
    return lines


def _about(report: Report, cells: int) -> Iterator[Words]:
    words = f"before: {stretch_words(report.plan.before.start, report.plan.before.end, report)}"
    yield (Span(fit(words, cells).rstrip(), "dim"),)
    late = kept_words(report)
    if late:
        yield from wrap_words((Span(late, "stale"),), cells)


def stretch_words(start: datetime, end: datetime, report: Report) -> str:
    """``2026-11-16 00:00 to 11-23 14:42``, in the zone of the team's calendar."""
    zone = report.plan.zone
    first, last = start.astimezone(zone), end.astimezone(zone)
    ends = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {ends}"


def kept_words(report: Report) -> str:
    """What is not kept of the two periods, where that is so; else empty."""
    zone, start = report.plan.zone, report.plan.before.start
    if report.kept_since is None:
        return "no incident is kept yet"
    told = []
    if report.kept_since > start:
        told.append(f"incidents since {report.kept_since.astimezone(zone):%Y-%m-%d}")
    if report.alerts_since is not None and report.alerts_since > start:
        told.append(f"alerts since {report.alerts_since.astimezone(zone):%Y-%m-%d}")
    return f"kept: {', '.join(told)}" if told else ""


def _head(cells: int) -> Words:
    words = f"{fit('', _NAME)}{fit_right('now', _NOW)}{fit_right('before', _BEFORE)} {fit('change', _CHANGE)}"
    if cells >= _WIDE + 10:
        words += "  basis"
    return (Span(fit(words, cells).rstrip(), "label"),)


def _row(one: Definition, figure: Figure, before: Figure | None, cells: int, look: Look) -> Words:
    found = change(one, figure, before)
    words: list[Span] = [
        Span(fit(one.title, _NAME), "text"),
        Span(fit_right(shown(one, figure), _NOW), "strong" if figure.value is not None else "dim"),
        Span(fit_right(shown(one, before), _BEFORE), "dim"),
        Span(" "),
        *change_words(found, look),
    ]
    if cells >= _WIDE + 10:
        words.append(Span(" " * max(1, _CHANGE + 2 - _change_cells(found)) + basis(one, figure), "dim"))
    return tuple(words)


def _change_cells(found: Change | None) -> int:
    return 2 + len(spoken(found)) if found is not None else 0


def change_words(found: Change | None, look: Look) -> Words:
    """An arrow, how much, and whether that is better or worse, in words too."""
    if found is None:
        return BLANK
    plain = look.signs is ASCII
    sign = {"up": "^" if plain else "▲", "down": "v" if plain else "▼", "same": "="}[found.way]
    role = {"better": "good", "worse": "soon", "": "dim"}[found.verdict]
    return (Span(f"{sign} {spoken(found)}", role),)


def _severities(figure: Figure, before: Figure | None, cells: int) -> Iterator[Words]:
    """All severities in one line: how many now, and before where that differs."""
    told = []
    for name, count in figure.parts.items():
        was = before.parts.get(name, 0) if before is not None else None
        if count or was:
            word = "none" if name == "none" else name.capitalize()
            told.append(f"{word} {count}" + (f" ({was})" if was is not None and was != count else ""))
    if told:
        yield (Span(fit("  " + "  ".join(told), cells).rstrip(), "dim"),)


def basis(definition: Definition, figure: Figure) -> str:
    """On how many of how many a value was measured; how many it is out of."""
    match definition.id:
        case "incident_count_by_severity":
            return ""
        case "on_call_alerts_per_shift" | "on_call_interruptions":
            return f"{figure.known} in all" if figure.value is not None else ""
        case "false_positive_rate":
            return f"{figure.known}/{figure.of} judged"
        case "postmortems_completed":
            late = figure.parts.get("overdue", 0)
            return f"{late}/{figure.of} late" if late else f"of {figure.of}"
    return f"{figure.known}/{figure.of}" if definition.unit == "seconds" else f"of {figure.of}"


# -- history -----------------------------------------------------------------------------------------------------------

_BAR = 10


def progress_words(progress: Sequence[HistoryProgress], key: str, look: Look) -> Words:
    """What is read of the pagers' history, and how far; nothing where nothing is read."""
    one = next((one for one in progress if one.stage in ("reading", "pausing")), None)
    if one is None:
        one = next((one for one in progress if one.stage == "failed"), None)
        return (Span(f"history of {one.source}: {one.note}", "error"),) if one is not None else BLANK
    told = f"{one.incidents} incidents, to {one.read_to:%Y-%m-%d}" if one.stage == "reading" else one.note
    done = round(_BAR * one.share)
    full, rest = ("#", "-") if look.signs is ASCII else ("█", "░")
    return (
        Span(f"history {one.source} ", "label"),
        Span(full * done, "title-focus"),
        Span(rest * (_BAR - done), "faint"),
        Span(f" {100 * one.share:.0f} %, {told}", "dim" if one.stage == "reading" else "stale"),
        Span(f"  {key}", "key"),
        Span(" stops", "dim"),
    )


# -- groups ------------------------------------------------------------------------------------------------------------

_COLUMNS = (
    ("incid.", 7, "incident_count_by_severity"),
    ("ack", 10, "incident_acknowledgement_time"),
    ("resolve", 11, "incident_resolution_time"),
    ("a.h.", 5, "after_hours_pages"),
    ("alerts", 7, "on_call_alerts_per_shift"),
)


def group_lines(report: Report, cells: int, look: Look) -> list[Words]:
    """A line for each severity, service, person, shift, day, week or month, with how its incidents changed."""
    if not report.groups:
        return [(Span("nothing in this period nor in the one before", "dim"),)]
    values = sum(column[1] for column in _COLUMNS)
    name = max(10, min(30, cells - values - (20 if cells >= values + 34 else 0)))
    head = fit("", name) + "".join(fit_right(title, room) for title, room, _ in _COLUMNS)
    told = cells >= name + values + 20 and any(one.before is not None for one in report.groups)
    lines: list[Words] = [(Span(fit(head + ("  incidents" if told else ""), cells).rstrip(), "label"),)]
    return lines + [_group(one, name, look, told=told) for one in report.groups]


def _group(one: Group, name: int, look: Look, *, told: bool) -> Words:
    words = [Span(fit(one.key, name), "text")]
    for _, room, metric in _COLUMNS:
        figure = one.figures[metric]
        counted = metric in COUNTED and figure.value is not None
        value = str(figure.known) if counted else shown(BY_ID[metric], figure)
        words.append(Span(fit_right(value, room), "strong" if metric == PLOTTED[0] else "dim"))
    if told and one.before is not None:
        incidents = BY_ID[PLOTTED[0]]
        words += [
            Span("  "),
            *change_words(change(incidents, one.figures[incidents.id], one.before[incidents.id]), look),
        ]
    return tuple(words)


# -- plots -------------------------------------------------------------------------------------------------------------


def plot_title(metric: str, report: Report) -> str:
    """``Time to acknowledge (minutes) by day``."""
    _, unit = series(metric, report)
    return f"{BY_ID[metric].title.removesuffix(' per shift')}{f' ({unit})' if unit else ''} by {report.plan.by}"


def series(metric: str, report: Report) -> tuple[list[float], str]:
    """The metric of each part of a report by day or shift, and its unit; a day without anything is 0, and so is one of
    which nothing is kept."""
    kept = {one.key: one.figures[metric] for one in report.groups}
    figures = [kept.get(part.label, Figure(value=None)) for part in report.plan.parts]
    definition = BY_ID[metric]
    if metric in COUNTED:
        return [float(figure.known) for figure in figures], ""
    values = [figure.value or 0.0 for figure in figures]
    if definition.unit == "seconds":
        each, unit = _scale(max(values, default=0.0))
        return [value / each for value in values], unit
    return ([100 * value for value in values], "%") if definition.unit == "ratio" else (values, "")


def _scale(most: float) -> tuple[float, str]:
    for length, unit in ((timedelta(hours=3), "hours"), (timedelta(minutes=3), "minutes")):
        if most >= length.total_seconds():
            return (3600.0, unit) if unit == "hours" else (60.0, unit)
    return 1.0, "seconds"


def plot_labels(report: Report) -> list[str]:
    """Under each bar: its day, or the day and hour on which its shift begins."""
    starts = [part.start.astimezone(report.plan.zone) for part in report.plan.parts]
    return [f"{start:%d %H:%M}" if report.plan.by == "shift" else f"{start:%m-%d}" for start in starts]


def plot_facts(metric: str, report: Report, cells: int) -> Sequence[Words]:
    """Under a plot: its most and where, and from when on anything is kept."""
    values, unit = series(metric, report)
    if not report.groups:
        return [(Span("nothing is kept of this time", "stale"),)]
    lost = len(report.plan.parts) - len(report.groups)
    late: Words = (Span(f"nothing is kept before {report.plan.parts[lost].label}", "stale"),) if lost else BLANK
    if not any(values):
        return [(Span("nothing was measured in this time", "dim"),), *([late] if late else [])]
    most = max(range(len(values)), key=lambda place: values[place])
    top = f"{values[most]:.0f}" if values[most] >= 10 or values[most] == int(values[most]) else f"{values[most]:.1f}"
    words = f"most: {top}{f' {unit}' if unit else ''} on {report.plan.parts[most].label}"
    return [*wrap_words((Span(words, "dim"),), cells), *([late] if late else [])]
