"""The watch after the fix: what it says, and that a restart does not begin it anew."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from oncall_tui.model import HealthCheck, HealthSample, HealthStatus
from oncall_tui.policy.checklists import Outcome
from oncall_tui.policy.watching import (
    Bad,
    Firing,
    Sight,
    WatchState,
    recovered_finding,
    told_finding,
    watch,
    watch_finding,
)
from tests.support.make import NOW, ago

SPAN = timedelta(minutes=15)
OK, DOWN, DEGRADED, UNKNOWN = HealthStatus.OK, HealthStatus.DOWN, HealthStatus.DEGRADED, HealthStatus.UNKNOWN


def check(status: HealthStatus, name: str = "error rate", given: dict[str, object] | None = None) -> HealthCheck:
    facts: dict[str, object] = {"id": f"m:{name}", "source": "m", "name": name, "status": status, "checked_at": NOW}
    if status in (DOWN, DEGRADED):
        facts |= {"value": 7.0, "unit": "%", "detail": "limit > 5 %; worst of 3: pod=a"}
    return HealthCheck(**(facts | (given or {})))  # type: ignore[arg-type]  # facts of a check


def sight(status: HealthStatus = OK, *samples: tuple[float, HealthStatus], firing: tuple[Firing, ...] = ()) -> Sight:
    taken = tuple(HealthSample(at=ago(minutes), value=1.0, status=one) for minutes, one in samples)
    return Sight(checks=((check(status), taken),), firing=firing, has_alerts=True)


def look(seen: Sight, began: float = 5, remembered: Bad | None = None, now: datetime = NOW) -> tuple[WatchState, str]:
    found = watch(ago(began), SPAN, seen, now, remembered)
    return found.state, found.words


@pytest.mark.parametrize(
    ("began", "seen", "state", "words"),
    [
        pytest.param(4, sight(), "watching", "well for 4 min, 11 min to go", id="well-so-far"),
        pytest.param(14.5, sight(), "watching", "well for 14 min, 1 min to go", id="half-a-minute-is-not-over"),
        pytest.param(15, sight(), "recovered", "recovered: well for 15 min", id="its-whole-length"),
        pytest.param(90, sight(), "recovered", "recovered: well for 1 h 30 min", id="after-a-long-restart"),
        pytest.param(5, sight(DOWN), "not yet", "not yet: error rate 7 % > 5 %", id="a-check-is-bad"),
        pytest.param(90, sight(DOWN), "not yet", "not yet: error rate 7 % > 5 %", id="a-check-is-bad-at-the-end"),
        pytest.param(
            5,
            sight(firing=(Firing(name="HighErrorRate", since=ago(30)),)),
            "not yet",
            "not yet: HighErrorRate fires",
            id="an-alert-still-fires",
        ),
        pytest.param(
            5,
            sight(firing=(Firing(name="HighErrorRate", since=ago(30), is_muted=True),)),
            "not yet",
            "not yet: HighErrorRate fires, silenced",
            id="a-silence-heals-nothing",
        ),
        pytest.param(
            5,
            sight(DOWN, firing=(Firing(name="HighErrorRate", since=ago(2)),)),
            "alerts again",
            "alerts again: HighErrorRate fires",
            id="fires-anew",
        ),
        pytest.param(5, sight(UNKNOWN), "not known", "not known: no data of error rate", id="no-data"),
        pytest.param(
            90,
            Sight(checks=((check(OK), ()),), has_alerts=True, unheard=("metrics is 6m late",)),
            "not known",
            "not known: metrics is 6m late",
            id="a-late-source-says-nothing",
        ),
        pytest.param(
            90,
            Sight(),
            "not known",
            "not known: no health check and no source of alerts tells of its service",
            id="nothing-tells",
        ),
        pytest.param(20, Sight(has_alerts=True), "recovered", "recovered: well for 20 min", id="alerts-alone-tell"),
    ],
)
def test_what_it_says(began: float, seen: Sight, state: str, words: str) -> None:
    assert look(seen, began) == (state, words)


def test_it_counts_from_when_something_was_last_not_well() -> None:
    shaky = sight(OK, (25, DOWN), (12, OK), (6, DEGRADED), (3, OK))
    assert look(shaky, 20) == (WatchState.WATCHING, "well for 6 min, 9 min to go")
    assert look(shaky, 20, now=NOW + timedelta(minutes=9))[0] is WatchState.RECOVERED


def test_what_was_bad_before_the_fix_does_not_count() -> None:
    assert look(sight(OK, (25, DOWN), (21, DOWN)), 20)[0] is WatchState.RECOVERED


def test_what_was_seen_is_remembered_past_what_samples_hold() -> None:
    first = watch(ago(20), SPAN, sight(DOWN), ago(4))
    assert first.bad == Bad(at=ago(4), words="error rate 7 % > 5 %")
    assert look(sight(), 20)[0] is WatchState.RECOVERED, "without what was seen"
    assert look(sight(), 20, first.bad) == (WatchState.WATCHING, "well for 4 min, 11 min to go")


def test_what_could_not_be_seen_was_not_well() -> None:
    late = Sight(checks=((check(OK), ()),), has_alerts=True, unheard=("metrics is down",))
    blind = watch(ago(20), SPAN, late, ago(1))
    assert (blind.state, blind.bad) == (WatchState.UNKNOWN, Bad(at=ago(1), words="metrics is down"))
    assert look(sight(), 20, blind.bad) == (WatchState.WATCHING, "well for 1 min, 14 min to go")
    assert watch(ago(20), SPAN, sight(UNKNOWN), NOW).bad == Bad(at=NOW, words="no data of error rate")
    assert watch(ago(20), SPAN, Sight(), NOW).bad is None, "nothing tells, and nothing is kept of it every minute"


def test_a_new_fix_forgets_what_was_bad_before_it() -> None:
    assert look(sight(), 3, Bad(at=ago(10), words="x")) == (WatchState.WATCHING, "well for 3 min, 12 min to go")


def test_the_worst_three_are_named() -> None:
    checks = tuple((check(DEGRADED if at else DOWN, f"c{at}"), ()) for at in range(5))
    words = look(Sight(checks=checks[::-1]))[1]
    assert words == "not yet: c0 7 % > 5 %, c1 7 % > 5 %, c2 7 % > 5 % and 2 more"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"detail": None, "value": None}, "error rate is down"),
        ({"detail": "HTTP 503", "value": 12.34567, "unit": "ms"}, "error rate 12.35 ms HTTP 503"),
    ],
)
def test_a_check_without_a_limit(given: dict[str, object], words: str) -> None:
    assert look(Sight(checks=((check(DOWN, given=given), ()),)))[1] == f"not yet: {words}"


def test_findings_of_the_list() -> None:
    assert watch_finding(None).outcome is Outcome.NOT_YET
    outcomes = {
        WatchState.RECOVERED: Outcome.OK,
        WatchState.WATCHING: Outcome.NOT_YET,
        WatchState.NOT_YET: Outcome.NOT_YET,
        WatchState.AGAIN: Outcome.NOT_YET,
        WatchState.UNKNOWN: Outcome.UNKNOWN,
    }
    for began, seen in ((15, sight()), (5, sight()), (5, sight(DOWN)), (5, sight(UNKNOWN))):
        found = watch(ago(began), SPAN, seen, NOW)
        assert watch_finding(found).outcome is outcomes[found.state]
    assert recovered_finding(sight()).words == "1 check well, no alert fires"
    assert recovered_finding(sight(DOWN)).outcome is Outcome.NOT_YET
    assert recovered_finding(Sight()).outcome is Outcome.UNKNOWN
    assert told_finding(None, None).outcome is Outcome.NOT_YET
    assert told_finding(ago(2), ago(1)).outcome is Outcome.NOT_YET
    assert told_finding(ago(1), ago(1)).outcome is Outcome.OK
