"""The watch after the fix: whether health checks and alerts of an incident's service stay well for so long (product
I6). Pure: what was seen before is an argument, so that a restart goes on where it was.

A watch counts from the fix, or from when something was last not well or not to be seen: what was seen to be well for
its whole length has recovered. What fires anew after the fix is told as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from oncall_tui.model import HealthCheck, HealthSample, HealthStatus
from oncall_tui.policy.checklists import Finding, Outcome
from oncall_tui.policy.communication import length
from oncall_tui.records import dataclass


class WatchState(StrEnum):
    """What a watch says."""

    WATCHING = "watching"
    """All is well so far."""
    RECOVERED = "recovered"
    NOT_YET = "not yet"
    AGAIN = "alerts again"
    """Something fired that did not fire at the fix."""
    UNKNOWN = "not known"
    """Nothing tells, or what does is not heard of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """An alert of the incident that fires: since when."""

    name: str
    since: datetime
    is_muted: bool = False
    """It is silenced in its monitor: it fires all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What can be seen of a service at one moment."""

    checks: tuple[tuple[HealthCheck, tuple[HealthSample, ...]], ...] = ()
    """Its health checks with their latest samples."""
    firing: tuple[Firing, ...] = ()
    has_alerts: bool = False
    """Some source tells of its alerts: that none fires means something."""
    unheard: tuple[str, ...] = ()
    """Sources of checks and alerts that are late, in words: what they told last does not count as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """When something was last seen that is not well, or when it last could not be told; and what."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A watch at one moment."""

    state: WatchState
    began: datetime
    length: timedelta
    well_since: datetime
    words: str
    """``recovered: well for 15 min``, ``not yet: error rate 7 % > 5 %``, ``alerts again: HighErrorRate``."""
    bad: Bad | None = None
    """What is to be remembered for the next look."""

    @property
    def until(self) -> datetime:
        """When it says *recovered* if all stays well."""
        return self.well_since + self.length


def watch(began: datetime, span: timedelta, sight: Sight, now: datetime, seen: Bad | None = None) -> Watch:
    """What the watch that began then says at ``now``. ``seen``: what earlier looks remembered."""
    bad = latest_bad(began, sight, now, seen)
    well_since = max(began, bad.at) if bad is not None else began
    state, words = _verdict(began, span, sight, now, well_since)
    return Watch(state=state, began=began, length=span, well_since=well_since, words=words, bad=bad)


def _verdict(
    began: datetime, span: timedelta, sight: Sight, now: datetime, well_since: datetime
) -> tuple[WatchState, str]:
    again = [one for one in sight.firing if one.since > began]
    if again:
        return WatchState.AGAIN, f"alerts again: {', '.join(_fires(one) for one in again[:3])}{_more(again)}"
    wrong = not_well(sight)
    if wrong:
        return WatchState.NOT_YET, f"not yet: {', '.join(wrong[:3])}{_more(wrong)}"
    blind = blindness(sight)
    if blind:
        return WatchState.UNKNOWN, f"not known: {blind}"
    if now - well_since >= span:
        return WatchState.RECOVERED, f"recovered: well for {length(now - well_since)}"
    left = span - (now - well_since)
    minutes = timedelta(minutes=-(-left // timedelta(minutes=1)))
    return WatchState.WATCHING, f"well for {length(now - well_since)}, {length(minutes)} to go"


def latest_bad(began: datetime, sight: Sight, now: datetime, seen: Bad | None) -> Bad | None:
    """The latest moment since ``began`` at which something was not well or could not be seen, as far as is known."""
    found = [seen] if seen is not None and seen.at >= began else []
    wrong = not_well(sight)
    if wrong:
        found.append(Bad(at=now, words=wrong[0]))
    elif sight.checks or sight.has_alerts:
        blind = blindness(sight)  # what nobody could see was not seen to be well
        if blind:
            found.append(Bad(at=now, words=blind))
    for check, samples in sight.checks:
        found += [
            Bad(at=sample.at, words=check.name)
            for sample in samples
            if began <= sample.at <= now and sample.status in (HealthStatus.DOWN, HealthStatus.DEGRADED)
        ]
    return max(found, key=lambda one: one.at, default=None)


def not_well(sight: Sight) -> list[str]:
    """What is wrong now, the worst first: ``error rate 7 % > 5 %``, ``HighErrorRate fires``."""
    bad = [check for check, _ in sight.checks if check.status in (HealthStatus.DOWN, HealthStatus.DEGRADED)]
    bad.sort(key=lambda check: (check.status is not HealthStatus.DOWN, check.name))
    return [*map(check_words, bad), *(_fires(one) for one in sight.firing)]


def blindness(sight: Sight) -> str:
    """Why nobody can tell whether it is well; empty: it can be told."""
    if sight.unheard:
        return ", ".join(sight.unheard)
    silent = [check.name for check, _ in sight.checks if check.status is HealthStatus.UNKNOWN]
    if silent:
        return f"no data of {', '.join(silent[:3])}{_more(silent)}"
    if not sight.checks and not sight.has_alerts:
        return "no health check and no source of alerts tells of its service"
    return ""


def check_words(check: HealthCheck) -> str:
    """What is wrong with a check: ``error rate 7 % > 5 %``."""
    value = "" if check.value is None else f" {check.value:.4g}{f' {check.unit}' if check.unit else ''}"
    # A check with a limit tells it first: "limit > 5 %; worst of 3: …".
    why = (check.detail or "").partition(";")[0].removeprefix("limit ") or f"is {check.status.value}"
    return f"{check.name}{value} {why}"


def _fires(one: Firing) -> str:
    return f"{one.name} fires{', silenced' if one.is_muted else ''}"


def _more(some: Sequence[object]) -> str:
    return f" and {len(some) - 3} more" if len(some) > 3 else ""


def watch_finding(found: Watch | None) -> Finding:
    """What a checklist says of the watch; ``None``: it has not begun."""
    if found is None:
        return Finding(outcome=Outcome.NOT_YET, words="not begun")
    if found.state is WatchState.RECOVERED:
        return Finding(outcome=Outcome.OK, words=found.words)
    outcome = Outcome.UNKNOWN if found.state is WatchState.UNKNOWN else Outcome.NOT_YET
    return Finding(outcome=outcome, words=found.words)


def recovered_finding(sight: Sight) -> Finding:
    """What a checklist says of how it is now."""
    wrong = not_well(sight)
    if wrong:
        return Finding(outcome=Outcome.NOT_YET, words=f"not yet: {', '.join(wrong[:3])}{_more(wrong)}")
    blind = blindness(sight)
    if blind:
        return Finding(outcome=Outcome.UNKNOWN, words=f"not known: {blind}")
    parts = [f"{len(sight.checks)} check{'' if len(sight.checks) == 1 else 's'} well"] if sight.checks else []
    if sight.has_alerts:
        parts.append("no alert fires")
    return Finding(outcome=Outcome.OK, words=", ".join(parts))


def told_finding(told: datetime | None, over: datetime | None) -> Finding:
    """Whether stakeholders were told since it was over (``None``: it is not)."""
    if over is None:
        return Finding(outcome=Outcome.NOT_YET, words="when it is over")
    if told is not None and told >= over:
        return Finding(outcome=Outcome.OK, words="told")
    return Finding(outcome=Outcome.NOT_YET, words="stakeholders have not heard that it is over")
