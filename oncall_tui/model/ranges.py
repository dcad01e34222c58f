"""What monitors tell of a stretch of time: series of values, lines of logs, and how they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Literal

from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A stretch of time, aware UTC; ``start`` is before ``end``."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeQuery:
    """A query in its system's own language (PromQL, LogQL, Datadog's), over a frame."""

    text: str
    frame: Frame
    step: timedelta = timedelta(minutes=1)
    """Between two values of a series."""
    limit: int = 1000
    """Lines at most, the newest."""
    datasource: str | None = None
    """Uid of the data source behind a Grafana."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnQuery:
    """What a source would ask of a service by itself: of its health checks, of its errors."""

    name: str
    kind: Literal["metric", "logs"]
    text: str
    unit: str | None = None
    datasource: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series: finite values by time, oldest first. What is not told is not there."""

    labels: Mapping[str, str]
    points: tuple[tuple[datetime, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFound:
    """The answer to a query of series. ``notes``: the system's own warnings, one clean line each."""

    series: tuple[Series, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a log, clean."""

    at: datetime
    text: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesFound:
    """The answer to a query of lines, newest first. ``is_cut``: there are more than were asked for."""

    lines: tuple[LogLine, ...] = ()
    is_cut: bool = False
    notes: tuple[str, ...] = ()
