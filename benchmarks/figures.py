"""The figures that the product owes, each with where it is found in the results, and how far it has to reach."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Results = Mapping[str, Mapping[str, list[float]]]
"""Scene -> measure -> samples."""

OURS, NIGHT, LARGE, STORM, STALL, SLOW = "seat", "night", "large", "storm", "stall", "slow link"
PLAIN, TMUX, MOSH = "Textual's driver", "…through tmux", "…through mosh"
HELLO, VIM = "hello world", "vim"
PTY_HOLDS = 22_048
"""Bytes that the kernel keeps of a pseudo-terminal that nobody reads: they were written before it was noticed."""


def median(results: Results, scene: str, measure: str) -> float | None:
    """The median of a measure, or ``None`` where it was not taken."""
    samples = results.get(scene, {}).get(measure)
    return statistics.median(samples) if samples else None


def p99(results: Results, scene: str, measure: str) -> float | None:
    """The sample that one in a hundred is above."""
    samples = sorted(results.get(scene, {}).get(measure, ()))
    return samples[min(len(samples) - 1, int(0.99 * len(samples)))] if samples else None


def worst(results: Results, scene: str, measure: str) -> float | None:
    """The largest sample."""
    return max(results.get(scene, {}).get(measure, ()), default=None)


Statistic = Callable[[Results, str, str], float | None]


@dataclass(frozen=True)
class Figure:
    """One row of the table.

    ``limit``: at most this. ``times`` of a ``reference`` (scene, measure) in the same run: at most this too.
    ``beside``: the scenes whose same measure is shown for comparison.
    """

    title: str
    scene: str
    measure: str
    limit: float | None = None
    times: float | None = None
    reference: tuple[str, str] | None = None
    statistic: Statistic = median
    beside: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its name in the JSON file."""
        return f"{self.scene}/{self.measure}/{self.statistic.__name__}"

    def value(self, results: Results) -> float | None:
        """What was measured."""
        return self.statistic(results, self.scene, self.measure)

    def reach(self, results: Results) -> str:
        """How far it has to reach, in words, with the reference's figure where there is one."""
        parts = [f"≤ {number(self.limit)}"] if self.limit is not None else []
        if self.times is not None and self.reference is not None:
            found = median(results, *self.reference)
            told = "not measured" if found is None else number(found * self.times)
            parts.append(f"≤ {self.times:g}x {self.reference[0].strip('…')} ({told})")
        return ", ".join(parts)

    def holds(self, results: Results) -> bool | None:
        """Whether it reaches; ``None``: not measured, or nothing was promised."""
        value = self.value(results)
        if value is None:
            return None
        limits = [] if self.limit is None else [self.limit]
        if self.times is not None and self.reference is not None:
            found = median(results, *self.reference)
            if found is not None:
                limits.append(found * self.times)
        return value <= min(limits) if limits else None


def number(value: float | None) -> str:
    """A figure for people."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"


_DRIVERS = (PLAIN, TMUX, MOSH)


def _bytes(title: str, measure: str, limit: float | None, times: float | None) -> Figure:
    reference = None if times is None else (MOSH, measure)
    return Figure(title, OURS, measure, limit, times, reference, beside=_DRIVERS)


FIGURES = (
    _bytes("bytes, start to ready", "start_bytes", 12_000, 1.0),
    _bytes("bytes, cursor down one row", "cursor_bytes", 200, None),
    _bytes("bytes, focus to the next pane", "focus_bytes", 1_500, None),
    _bytes("bytes, one cell of one row changes", "one_cell_bytes", 60, None),
    _bytes("bytes, page down", "page_bytes", None, 1.0),
    _bytes("bytes, a message appears and leaves", "message_bytes", 450, None),
    Figure("bytes, an idle minute, quiet night", NIGHT, "idle_bytes", 200),
    Figure("bytes, an idle minute, bad day (19 rows of ages)", OURS, "idle_bytes"),
    Figure("ms, start to the last known board readable", OURS, "readable_ms", 50, 1.0, (VIM, "readable_ms")),
    Figure("ms, start to readable, 10,000 incidents", LARGE, "readable_ms", 50, 1.0, (VIM, "readable_ms")),
    Figure("ms, start to a live dashboard", OURS, "live_ms", None, 1.3, (HELLO, "readable_ms")),
    Figure("ms, start to live, 10,000 incidents", LARGE, "live_ms", None, 1.3, (HELLO, "readable_ms")),
    Figure("CPU ms, start to live", OURS, "start_cpu_ms", beside=(HELLO, VIM)),
    Figure("CPU ms, start to live, 10,000 incidents", LARGE, "start_cpu_ms"),
    Figure("ms, cursor key to painted, quiet", OURS, "cursor_ms", 3, beside=_DRIVERS),
    Figure("ms, cursor key to painted, 10,000 incidents", LARGE, "cursor_ms", 3),
    Figure("ms, key to painted, 10,000, 2,000 changes a minute", STORM, "key_ms", 20),
    Figure("ms, key to painted in that storm, p99", STORM, "key_ms", 60, statistic=p99),
    Figure("ms, filter key to painted, 10,000 rows", LARGE, "filter_ms", 10),
    Figure("ms, quit key to terminal restored", OURS, "restored_ms", 60, beside=(HELLO, VIM)),
    Figure("ms, quit key to process gone", OURS, "quit_ms", beside=(HELLO, VIM)),
    Figure("%, idle CPU, of a core", NIGHT, "idle_percent", 0.3, beside=(HELLO,)),
    Figure("%, idle CPU, 10,000 incidents", LARGE, "idle_percent", 0.3),
    Figure("MB, memory, bad day", OURS, "memory_mb", beside=(HELLO,)),
    Figure("MB, memory, 10,000 incidents, 1,000,000 alerts", LARGE, "memory_mb", 90),
    Figure("ms, 300 ms and 64 kbit/s: start to readable", SLOW, "readable_ms", 2_500),
    Figure("ms, 300 ms and 64 kbit/s: start to usable", SLOW, "live_ms", 2_500),
    Figure("ms, 300 ms and 64 kbit/s: a cursor move shown", SLOW, "cursor_ms", 400),
    Figure("ms, terminal not read: the loop's worst lateness", STALL, "late_ms", 250, statistic=worst),
    Figure("bytes, after it is read again", STALL, "after_bytes", PTY_HOLDS + 12_000),
)
