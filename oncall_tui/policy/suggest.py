"""Detection (W5): firing alerts, spikes in logs and users' reports that belong to no incident, correlated into
suggested incidents, with the reason of each join. Pure.

A suggestion hides nothing and merges nothing: its members stay where they are, and a person decides. What two signals
have in common must be told by them (a service, a label that names one machine, an id), and they must have begun about
the same time; what only may be is not joined.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from oncall_tui.model import DetectionRules, Dismissal, Severity
from oncall_tui.records import dataclass
from oncall_tui.text import clip

MOST = 500
"""Signals that are looked at: the first so many that are given, the worst of them."""
CROWD = 20
"""A label's value that more signals share names no one place."""
TELLING = 8
"""Characters from which on an id of two systems is no chance."""
MOST_IDS = 20
"""Ids of each signal's alerts that are compared, and told."""
DISMISSED_FOR = timedelta(hours=12)
"""For so long what ends and fires again counts as what was dismissed."""

TROUBLE_FROM: Severity = 2
"""Up to this severity an alert counts as critical."""
_NO_TROUBLE = frozenset({"info", "information", "informational", "none", "debug", "ok"})
_WORDS = re.compile(r"\w+(?:[-.]\w+)*")
_TITLE = 120


class SignalKind(StrEnum):
    """Where a signal comes from (seed, "Detection")."""

    ALERT = "alert"
    LOGS = "log spike"
    REPORT = "user report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that says that something is wrong, and belongs to no incident: an alert group of the board."""

    key: str
    """The group's key."""
    kind: SignalKind
    source: str
    name: str
    first_at: datetime
    severity: Severity | None = None
    severity_word: str | None = None
    service: str | None = None
    summary: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    ids: tuple[str, ...] = ()
    """Full ids of its alerts, the first few."""

    @property
    def weight(self) -> int:
        """What it counts; 0: it says of nothing wrong, or not how much."""
        if self.kind is SignalKind.REPORT:
            return 1
        if self.kind is SignalKind.LOGS:
            return 2
        if self.severity is None or (self.severity_word or "").casefold() in _NO_TROUBLE:
            return 0
        return 2 if self.severity <= TROUBLE_FROM else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A signal of a suggestion, and why it is one."""

    signal: Signal
    reasons: tuple[str, ...]
    """One line each: ``same service payments, 3 min after HighErrorRate``; none where it stands alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An incident that may be one: what the declare dialog begins with."""

    id: str
    """Of its place: the service, or ``label=value``; with a number behind it where there are several at one."""
    title: str
    service: str | None
    severity: Severity
    """A guess."""
    severity_reason: str
    """One line: why that one."""
    members: tuple[Member, ...]
    """The worst first."""
    weight: int
    """What they count together."""
    first_at: datetime
    beside: tuple[str, ...] = ()
    """Ids of open incidents of the same service: it may be theirs."""
    dismissed: Dismissal | None = None
    """Why it is not shown."""

    @property
    def alert_ids(self) -> tuple[str, ...]:
        """Full ids of the members' alerts, the first few of each."""
        return tuple(one for member in self.members for one in member.signal.ids)

    @property
    def keys(self) -> tuple[str, ...]:
        """The members' alert groups."""
        return tuple(member.signal.key for member in self.members)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Words of the members' kinds, sorted."""
        return tuple(sorted({member.signal.kind.value for member in self.members}))


# -- correlation -----------------------------------------------------------------------------------------------------


def suggest(signals: Sequence[Signal], rules: DetectionRules) -> tuple[Suggestion, ...]:
    """The suggestions that these signals make, the worst first, then the oldest.

    Args:
        signals: those that belong to no incident, the worst first: the first :data:`MOST` are looked at.
    """
    if not rules.enabled:
        return ()
    looked_at = [one for one in signals[:MOST] if one.weight]
    clusters = _clusters(looked_at, rules)
    kept = [some for some in clusters if sum(member.signal.weight for member in some) >= rules.threshold]
    return _named([(_place(some, rules), some) for some in kept])


def dismissal_of(suggestion: Suggestion, at: datetime, by: str | None, *, declared: bool = False) -> Dismissal:
    """What is kept when a person dismisses it, or has declared an incident from it."""
    return Dismissal(
        id=suggestion.id,
        at=at,
        title=suggestion.title,
        severity=suggestion.severity,
        kinds=suggestion.kinds,
        keys=suggestion.keys,
        by=by,
        declared=declared,
    )


def holds(dismissal: Dismissal, suggestion: Suggestion, now: datetime) -> bool:
    """Whether what was dismissed is still all that there is: something of it is there, and what has come since is
    neither worse nor of a kind that was not there (users report it now)."""
    keys = frozenset(dismissal.keys)
    new = [one.signal for one in suggestion.members if not _known(one.signal, keys, dismissal.at, now)]
    if len(new) == len(suggestion.members):
        return False
    return not any(
        one.kind.value not in dismissal.kinds or (one.kind is not SignalKind.REPORT and _rank(one) < dismissal.severity)
        for one in new
    )


def settle(
    found: Iterable[Suggestion], dismissals: Sequence[Dismissal], now: datetime
) -> tuple[tuple[Suggestion, ...], tuple[Suggestion, ...]]:
    """The suggestions to show, and those that a person has dismissed, each with which dismissal it is."""
    shown: list[Suggestion] = []
    dismissed: list[Suggestion] = []
    for one in found:
        why = next((past for past in reversed(dismissals) if holds(past, one, now)), None)
        if why is None:
            shown.append(one)
        else:
            dismissed.append(replace(one, dismissed=why))
    return tuple(shown), tuple(dismissed)


def _known(signal: Signal, keys: frozenset[str], at: datetime, now: datetime) -> bool:
    return signal.key in keys and (signal.first_at <= at or now - at <= DISMISSED_FOR)


# -- who belongs together --------------------------------------------------------------------------------------------

_Token = tuple[str, str]
"""What signals may share: (``service``, its folded name), (a label, its value), (``id``, an id)."""


def _clusters(signals: Sequence[Signal], rules: DetectionRules) -> list[tuple[Member, ...]]:
    """The signals that hang together, each with why."""
    leads = list(range(len(signals)))

    def lead(number: int) -> int:
        while leads[number] != number:
            leads[number] = leads[leads[number]]
            number = leads[number]
        return number

    reasons: list[list[str]] = [[] for _ in signals]
    for token, holders in _tokens(signals, rules).items():
        for run in _runs(holders, signals, rules.window):
            for number, reason in _reasons(token, run, signals):
                leads[lead(number)] = lead(run[0])
                reasons[number].append(reason)
    found: dict[int, list[int]] = {}
    for number in range(len(signals)):
        found.setdefault(lead(number), []).append(number)
    return [
        tuple(
            Member(signal=signals[number], reasons=tuple(reasons[number]))
            for number in sorted(some, key=lambda one: _order(signals[one]))
        )
        for some in found.values()
    ]


def _tokens(signals: Sequence[Signal], rules: DetectionRules) -> Mapping[_Token, list[int]]:
    services = {one.service.casefold() for one in signals if one.service}
    found: dict[_Token, list[int]] = {}
    for number, one in enumerate(signals):
        for token in dict.fromkeys(_tokens_of(one, services, rules)):
            found.setdefault(token, []).append(number)
    return {token: some for token, some in found.items() if token[0] == "service" or len(some) <= CROWD}


def _tokens_of(one: Signal, services: set[str], rules: DetectionRules) -> Iterator[_Token]:
    if one.service:
        yield "service", one.service.casefold()
    elif one.kind is SignalKind.REPORT:
        for service in _named_services(one, services):
            yield "service", service
    for name, value in one.labels:
        if name in rules.labels and value:
            yield name, value
    for full_id in one.ids:
        native = full_id.partition(":")[2]
        if len(native) >= TELLING and not native.isdigit():
            yield "id", native


def _named_services(one: Signal, services: set[str]) -> list[str]:
    """The service that a report's words name; none where they name several."""
    text = " ".join(_WORDS.findall(f"{one.name} {one.summary or ''}".casefold()))
    named = services.intersection(text.split(" "))
    named.update(service for service in services if " " in service and f" {service} " in f" {text} ")
    return list(named) if len(named) == 1 else []


def _runs(holders: list[int], signals: Sequence[Signal], window: timedelta) -> Iterator[list[int]]:
    """Those that began one soon after the other; of one alone there is nothing to say."""
    if len(holders) < 2:
        return
    in_time = sorted(holders, key=lambda number: (signals[number].first_at, signals[number].key))
    run = in_time[:1]
    for before, number in pairwise(in_time):
        if signals[number].first_at - signals[before].first_at > window:
            if len(run) > 1:
                yield run
            run = []
        run.append(number)
    if len(run) > 1:
        yield run


def _reasons(token: _Token, run: list[int], signals: Sequence[Signal]) -> Iterator[tuple[int, str]]:
    kind, value = token
    first = signals[run[0]]
    for number in run:
        one = signals[number]
        if kind == "service":
            shared = f"same service {one.service}" if one.service else f"its words name {_as_told(value, run, signals)}"
        else:
            shared = "same id" if kind == "id" else f"same {kind} {value}"
        if one is first:
            yield number, f"{shared}, began first"
            continue
        minutes = round((one.first_at - first.first_at).total_seconds() / 60)
        when = f"{minutes} min after" if minutes else "at the same time as"
        yield number, f"{shared}, {when} {clip(first.name, 60)}"


def _as_told(service: str, run: list[int], signals: Sequence[Signal]) -> str:
    """A service as its signals write it."""
    return next((told for number in run if (told := signals[number].service) and told.casefold() == service), service)


# -- what a suggestion says ------------------------------------------------------------------------------------------


def _rank(one: Signal) -> int:
    """How bad it is by a monitor's word; a person's own priority is not taken for one."""
    return one.severity or 4


def _order(one: Signal) -> tuple[object, ...]:
    return (one.kind is SignalKind.REPORT, _rank(one), one.kind is not SignalKind.ALERT, one.first_at, one.key)


def _place(members: Sequence[Member], rules: DetectionRules) -> tuple[str, str | None]:
    """(the place's name, the service): the service that most of them are of."""
    services = Counter(one.signal.service for one in members if one.signal.service)
    if services:
        service = min(services, key=lambda name: (-services[name], name))
        return service, service
    labels = Counter(pair for one in members for pair in one.signal.labels if pair[0] in rules.labels)
    if labels:
        name, value = min(labels, key=lambda pair: (-labels[pair], pair))
        return f"{name}={value}", None
    return members[0].signal.name, None


def _named(found: list[tuple[tuple[str, str | None], tuple[Member, ...]]]) -> tuple[Suggestion, ...]:
    found.sort(key=lambda one: (min(member.signal.first_at for member in one[1]), one[1][0].signal.key))
    numbers: Counter[str] = Counter()
    made = []
    for (place, service), members in found:
        numbers[place] += 1
        number = numbers[place]
        made.append(_suggestion(place if number == 1 else f"{place}-{number}", place, service, members))
    made.sort(key=lambda one: (one.severity, one.first_at, one.id))
    return tuple(made)


def _suggestion(name: str, place: str, service: str | None, members: tuple[Member, ...]) -> Suggestion:
    severity, why = _severity(members)
    return Suggestion(
        id=name,
        title=clip(f"{place}: {_said(members)}", _TITLE),
        service=service,
        severity=severity,
        severity_reason=why,
        members=members,
        weight=sum(one.signal.weight for one in members),
        first_at=min(one.signal.first_at for one in members),
    )


def _severity(members: Sequence[Member]) -> tuple[Severity, str]:
    """The worst that a monitor says; what users report is a moderate trouble at least."""
    reports = sum(1 for one in members if one.signal.kind is SignalKind.REPORT)
    told = [one.signal for one in members if one.signal.kind is not SignalKind.REPORT]
    worst = min(told, key=lambda one: (_rank(one), one.first_at, one.key), default=None)
    if reports and (worst is None or _rank(worst) > 3):
        return 3, f"{reports} user report{'s' if reports > 1 else ''}"
    assert worst is not None, "a suggestion has members"
    return _rank(worst), f"{clip(worst.name, 60)} is {worst.severity_word or f'Sev{_rank(worst)}'}"


def _said(members: Sequence[Member]) -> str:
    """``HighErrorRate, error spike, 2 user reports``."""
    names = list(dict.fromkeys(one.signal.name for one in members if one.signal.kind is not SignalKind.REPORT))
    reports = [one.signal.name for one in members if one.signal.kind is SignalKind.REPORT]
    parts = names[:3] + ([f"{len(names) - 3} more"] if len(names) > 3 else [])
    if reports and not names:
        return f"{len(reports)} user report{'s' if len(reports) > 1 else ''}: {reports[0]}"
    if reports:
        parts.append(f"{len(reports)} user report{'s' if len(reports) > 1 else ''}")
    return ", ".join(parts)
