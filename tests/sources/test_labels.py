"""What labels say, alike for both monitors."""

from __future__ import annotations

import pytest

from oncall_tui.sources.labels import LabelOptions, group_key, is_same, labels_key, runbook_of, summary_of

ALERT = {"alertname": "HighErrorRate", "service": "payments", "severity": "critical"}


def test_the_first_label_that_is_there_tells_the_service() -> None:
    options = LabelOptions()
    assert options.service_of({"job": "api", "namespace": "shop"}) == "api"
    assert options.service_of({"job": "", "namespace": "shop"}) == "shop"
    assert options.service_of({}) is None


def test_own_words_of_severity_come_before_the_defaults() -> None:
    options = LabelOptions(severity={"warning": 3})
    assert options.severity_of({"severity": "Warning"}) == ("Warning", 3)
    assert options.severity_of({"severity": "critical"}) == ("critical", 2)
    assert options.severity_of({"severity": "purple"}) == ("purple", None)
    assert options.severity_of({}) == (None, None)


@pytest.mark.parametrize("severity", [0, 5, -1])
def test_a_severity_is_from_one_to_four(severity: int) -> None:
    check = LabelOptions.__dataclass_fields__["severity"].metadata["check"]
    with pytest.raises(ValueError, match="from 1 to 4"):
        check({"page": severity})
    assert check({" Page ": 1}) == {"page": 1}


def test_a_runbook_is_a_web_address_or_none() -> None:
    assert runbook_of({"runbook_url": "https://r.example/x"}, {}) == "https://r.example/x"
    assert runbook_of({"runbook_url": "javascript:x", "runbook": "http://r/y"}, {}) == "http://r/y"
    assert runbook_of({}, {"runbook_url": "https://r.example/z"}) == "https://r.example/z"
    assert runbook_of({"runbook": "ask Bob"}, {}) is None


def test_the_summary_is_the_shortest_text_of_the_author() -> None:
    assert summary_of({"description": "long", "summary": "short"}) == "short"
    assert summary_of({"message": "old style"}) == "old style"
    assert summary_of({}) is None


def test_a_label_set_has_one_key_in_any_order_and_without_the_servers_labels() -> None:
    turned = dict(reversed(ALERT.items()))
    sent = {**ALERT, "prometheus": "eu", "prometheus_replica": "b"}
    assert labels_key(ALERT) == labels_key(turned) == labels_key(sent)
    assert labels_key(ALERT) != labels_key({**ALERT, "instance": "a"})
    assert labels_key(sent, external=()) != labels_key(ALERT, external=())
    assert labels_key({"a": "b,c=d"}) != labels_key({"a": "b", "c": "d"})


def test_the_same_alert_has_all_the_labels_in_alertmanager_and_perhaps_more() -> None:
    assert is_same(ALERT, {**ALERT, "cluster": "eu"})
    assert not is_same({**ALERT, "instance": "a"}, ALERT)
    assert not is_same({}, ALERT)


def test_alerts_of_one_name_and_service_are_one_group() -> None:
    assert group_key("HighErrorRate", "payments") == "HighErrorRate|payments"
    assert group_key("HighErrorRate", None) == "HighErrorRate|"
