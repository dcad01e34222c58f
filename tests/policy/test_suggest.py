"""Which alerts, log spikes and reports make a suggested incident, and how long a dismissal holds."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from oncall_tui.model import DetectionRules
from oncall_tui.policy.suggest import CROWD, MOST, Signal, SignalKind, Suggestion, dismissal_of, holds, settle, suggest
from tests.support.make import NOW, ago

RULES = DetectionRules()
MINUTE = timedelta(minutes=1)


def signal(name: str, minutes: float = 5, **fields: Any) -> Signal:
    """A critical alert of payments that began so long ago."""
    given: dict[str, Any] = {
        "key": f"alerts|{name}",
        "kind": SignalKind.ALERT,
        "source": "alerts",
        "name": name,
        "first_at": ago(minutes),
        "severity": 2,
        "severity_word": "critical",
        "service": "payments",
        "ids": (f"alerts:{name}",),
    }
    return Signal(**(given | fields))


def warning(name: str, minutes: float = 5, **fields: Any) -> Signal:
    return signal(name, minutes, severity=4, severity_word="warning", **fields)


def spike(minutes: float = 5, **fields: Any) -> Signal:
    given = {"key": "logs|spike", "kind": SignalKind.LOGS, "source": "logs", "severity": 3, "severity_word": "error"}
    return signal("Error spike", minutes, **(given | fields))


def report(name: str, minutes: float = 5, **fields: Any) -> Signal:
    given = {
        "key": f"jira|{name}",
        "kind": SignalKind.REPORT,
        "source": "jira",
        "severity": 1,
        "severity_word": "Highest",
    }
    return signal(name, minutes, **(given | fields))


def only(*signals: Signal, rules: DetectionRules = RULES) -> Suggestion:
    (found,) = suggest(signals, rules)
    return found


def reasons(one: Suggestion, name: str) -> tuple[str, ...]:
    return next(member.reasons for member in one.members if member.signal.name == name)


# -- what hangs together ---------------------------------------------------------------------------------------------


def test_alerts_a_log_spike_and_reports_of_one_service_are_one_suggestion_with_a_reason_for_each() -> None:
    found = only(signal("HighErrorRate", 9), spike(7), warning("Slow", 6), report("Cannot pay", 4))
    assert (found.id, found.service, found.severity) == ("payments", "payments", 2)
    assert found.title == "payments: HighErrorRate, Error spike, Slow, 1 user report"
    assert found.severity_reason == "HighErrorRate is critical" and found.weight == 6
    assert found.first_at == ago(9)
    assert [member.signal.name for member in found.members] == ["HighErrorRate", "Error spike", "Slow", "Cannot pay"]
    assert reasons(found, "HighErrorRate") == ("same service payments, began first",)
    assert reasons(found, "Cannot pay") == ("same service payments, 5 min after HighErrorRate",)
    assert found.alert_ids == ("alerts:HighErrorRate", "alerts:Error spike", "alerts:Slow", "alerts:Cannot pay")


@pytest.mark.parametrize(
    ("signals", "is_one"),
    [
        ((signal("A"),), False),
        ((warning("A"), warning("B")), False),
        ((warning("A"), warning("B"), warning("C")), True),
        ((signal("A"), warning("B")), True),
        ((spike(), warning("B")), True),
        ((report("a"), report("b")), False),
        ((report("a"), report("b"), report("c")), True),
        ((signal("A", severity=4, severity_word="info"), signal("B"), report("c", service=None)), False),
        ((signal("A", severity=None, severity_word=None), signal("B")), False),
    ],
)
def test_what_weighs_enough_together_and_nothing_less(signals: tuple[Signal, ...], is_one: bool) -> None:
    assert bool(suggest(signals, RULES)) is is_one


def test_a_lower_threshold_takes_a_single_critical_alert_and_says_that_it_is_alone() -> None:
    found = only(signal("A"), rules=DetectionRules(threshold=2))
    assert found.members[0].reasons == () and found.id == "payments"


def test_what_began_further_apart_is_not_joined() -> None:
    assert suggest((signal("A", 40), warning("B", 24)), RULES) == ()
    assert only(signal("A", 40), warning("B", 25)).weight == 3
    assert only(signal("A", 40), warning("B", 20), rules=DetectionRules(window=timedelta(minutes=30))).weight == 3


def test_two_bouts_at_one_service_are_two_suggestions_with_two_ids() -> None:
    found = suggest((signal("A", 300), warning("B", 299), signal("C", 5), warning("D", 4)), RULES)
    assert sorted((one.id, one.keys) for one in found) == [
        ("payments", ("alerts|A", "alerts|B")),
        ("payments-2", ("alerts|C", "alerts|D")),
    ]


def test_services_are_not_joined_by_nothing_but_the_time() -> None:
    assert suggest((signal("A"), warning("B", service="edge")), RULES) == ()
    assert suggest((signal("A", service=None), warning("B", service=None)), RULES) == ()


def test_a_label_that_names_one_place_joins_and_a_crowds_does_not() -> None:
    labels = (("instance", "db-7:9100"), ("region", "eu"))
    found = only(signal("A", labels=labels, service=None), warning("B", labels=labels, service="storage"))
    assert reasons(found, "B") == ("same instance db-7:9100, at the same time as A",) and found.id == "storage"
    assert only(*(signal(n, labels=labels, service=None) for n in "AB")).id == "instance=db-7:9100"
    assert suggest((signal("A", labels=labels[1:]), warning("B", labels=labels[1:], service="edge")), RULES) == ()
    crowd = [warning(f"W{n}", labels=labels, service=f"s{n}") for n in range(CROWD + 1)]
    assert suggest(crowd, RULES) == ()


def test_one_id_in_two_systems_joins() -> None:
    found = only(
        signal("A", ids=("alerts:3f2a9c1b77",), service=None), warning("B", ids=("grafana:3f2a9c1b77",), service=None)
    )
    assert reasons(found, "B") == ("same id, at the same time as A",)
    for same in ("OPS-12", "123456789"):  # short, or a plain number: chance
        assert (
            suggest(
                (signal("A", ids=(f"a:{same}",), service=None), warning("B", ids=(f"b:{same}",), service=None)), RULES
            )
            == ()
        )


def test_a_report_without_a_service_is_of_the_one_that_its_words_name() -> None:
    said = report("Payments do not work", service=None, summary="since noon")
    assert reasons(only(signal("A", 9), said), "Payments do not work") == ("its words name payments, 4 min after A",)
    both = report("payments or edge?", service=None)
    assert suggest((warning("A"), warning("B"), both, warning("C", service="edge")), RULES) == ()
    assert suggest((signal("A"), report("prepayments fail", service=None)), RULES) == ()


def test_the_severity_is_a_monitors_and_what_users_report_is_moderate_at_least() -> None:
    assert only(warning("A"), warning("B"), report("c")).severity == 3
    assert only(warning("A"), warning("B"), report("c")).severity_reason == "1 user report"
    assert only(report("a"), report("b"), report("c")).severity == 3  # whatever they think of it
    assert only(warning("A"), warning("B"), warning("C")).severity == 4
    assert only(signal("A", severity=1, severity_word="disaster"), warning("B")).severity == 1


def test_three_reports_alone_are_told_by_their_number_and_the_first() -> None:
    assert only(report("Cannot pay", 9), report("b", 8), report("c", 7)).title == "payments: 3 user reports: Cannot pay"


def test_the_worst_comes_first_and_nothing_depends_on_the_order() -> None:
    signals = [signal("A", service="edge"), warning("B", service="edge"), warning("C"), warning("D"), report("e")]
    found = suggest(signals, RULES)
    assert [one.id for one in found] == ["edge", "payments"]
    for _ in range(10):
        random.Random(1).shuffle(signals)
        assert suggest(signals, RULES) == found


def test_switched_off_nothing_is_suggested() -> None:
    assert suggest((signal("A"), signal("B")), DetectionRules(enabled=False)) == ()
    assert suggest((), RULES) == ()


def test_hostile_text_is_text() -> None:
    for name in ("[@click=app.quit]x[/]", "a\u202eb", "日本語", "x" * 5000, "service payments \\"):
        found = only(signal(name, service=name), spike(service=name))
        assert found.service == name and len(found.title) <= 121


def test_a_million_signals_are_bounded_work() -> None:
    chance = random.Random(7)
    many = [
        signal(
            f"A{n}",
            chance.uniform(0, 60),
            service=chance.choice(["payments", "edge", f"s{n % 50}", None]),
            labels=(("instance", f"i{n % 40}"), ("pod", f"p{n}")),
            ids=tuple(f"alerts:{n}-{m:08x}" for m in range(20)),
        )
        for n in range(MOST)
    ]
    began = time.process_time()
    found = suggest(many * 20, RULES)
    assert time.process_time() - began < 1.0  # measured: 0.03
    assert sum(len(one.members) for one in found) <= MOST


# -- dismissing ------------------------------------------------------------------------------------------------------


def dismissed(one: Suggestion, at: datetime = NOW) -> Any:
    return dismissal_of(one, at, "alice@example.com")


def test_a_dismissal_holds_until_something_new_and_worse_joins() -> None:
    was = only(warning("A"), warning("B"), warning("C"))
    why = dismissed(was)
    now = NOW + 20 * MINUTE
    assert holds(why, was, now)
    assert holds(why, only(warning("A"), warning("B"), warning("C"), warning("D", 1)), now)  # new, and no worse
    assert holds(why, only(warning("B"), warning("C"), warning("E", 1)), now)  # what began first has ended
    assert not holds(why, only(warning("A"), warning("B"), signal("D", 1)), now)  # worse
    assert not holds(why, only(warning("A"), warning("B"), report("d", 1)), now)  # users report it now
    assert not holds(why, only(warning("A"), warning("B"), spike(1)), now)


def test_what_was_worse_before_does_not_come_back_for_it() -> None:
    was = only(signal("A"), warning("B"))
    assert holds(dismissed(was), only(warning("B"), signal("C", 1)), NOW)


def test_another_bout_is_another_matter_half_a_day_later() -> None:
    why = dismissed(only(signal("A"), warning("B")))
    again = only(signal("A", -60 * 3), warning("B", -60 * 3))
    assert holds(why, again, NOW + timedelta(hours=3))
    assert not holds(why, again, NOW + timedelta(hours=13))
    still = only(signal("A"), warning("B"))
    assert holds(why, still, NOW + timedelta(days=5))  # it fires as it did


def test_one_of_other_signals_is_not_dismissed_by_its_name() -> None:
    why = dismissed(only(signal("A"), warning("B")))
    assert not holds(why, only(signal("C"), warning("D")), NOW)


def test_the_dismissed_are_told_with_who_and_when() -> None:
    one, other = only(signal("A"), warning("B")), only(signal("C", service="edge"), warning("D", service="edge"))
    why = replace(dismissed(one), declared=True)
    shown, gone = settle((one, other), (why,), NOW)
    assert shown == (other,) and gone[0].dismissed == why and gone[0].id == "payments"
    assert settle((one,), (), NOW) == ((one,), ())
