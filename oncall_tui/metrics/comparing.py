"""A figure against the one of the period before: which way it went, by how much, and whether that is good. Pure."""

from __future__ import annotations

from typing import Literal

from oncall_tui.metrics.definitions import Definition
from oncall_tui.metrics.figures import Figure
from oncall_tui.records import dataclass

Way = Literal["up", "down", "same"]
Verdict = Literal["better", "worse", ""]

SHARES = frozenset({"postmortems_completed", "action_items_completed"})
"""Counts of what is done: they are compared as a share of what was to be done, and more is better. Of every other
metric less is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has become of a figure."""

    way: Way
    ratio: float | None
    """Of the difference to what it was: 0.25 is a quarter more or less; ``None``: it was nothing, or a share is
    compared, whose difference is in :attr:`points`."""
    points: float | None
    """Of a share or a rate, the difference in hundredths."""
    verdict: Verdict


def change(definition: Definition, now: Figure, before: Figure | None) -> Change | None:
    """What has changed; ``None`` where either was not measured."""
    here, there = _compared(definition, now), _compared(definition, before)
    if here is None or there is None:
        return None
    if here == there:
        return Change(way="same", ratio=0.0, points=None, verdict="")
    more = here > there
    is_share = definition.id in SHARES or definition.unit == "ratio"
    return Change(
        way="up" if more else "down",
        ratio=abs(here - there) / there if there and not is_share else None,
        points=100 * abs(here - there) if is_share else None,
        verdict="better" if more == (definition.id in SHARES) else "worse",
    )


def _compared(definition: Definition, figure: Figure | None) -> float | None:
    if figure is None or figure.value is None:
        return None
    if definition.id not in SHARES:
        return figure.value
    return figure.value / figure.of if figure.of else None


def spoken(one: Change | None) -> str:
    """The change without its sign: ``25 % worse``, ``4 pt better`` (points of a hundred), ``same``, ``from 0, worse``;
    ``""`` where nothing can be compared."""
    if one is None:
        return ""
    if one.way == "same":
        return "same"
    if one.points is not None:
        return f"{max(1, round(one.points))} pt {one.verdict}"
    if one.ratio is None:
        return f"from 0, {one.verdict}"
    percent = 100 * one.ratio
    return f"{'>999' if percent > 999 else max(1, round(percent))} % {one.verdict}"
