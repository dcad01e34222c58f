"""The filter language: what each term lets through, and what is said of one that cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.board import IncidentRow
from screens.filtering import FilterError, alert_fields, close, health_fields, incident_fields, parse_filter
from tests.support.ui import HOSTILE, incident, sample_board, with_incidents

BOARD = sample_board()


def shown(text: str) -> set[str]:
    found = parse_filter(text)
    return {row.incident.native_id for row in BOARD.incidents if found.lets(incident_fields(row, BOARD))}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", "Q1 Q2 Q3 Q4 Q5"),
        ("sev:1", "Q1"),
        ("sev:1-2", "Q1 Q2 Q3"),
        ("sev:1,4", "Q1 Q5"),
        ("sev:S1", "Q1"),
        ("severity:3", "Q4"),
        ("sev:?", ""),
        ("state:triggered", "Q1 Q2"),
        ("state:trig", "Q1 Q2"),
        ("state:acked,snoozed", "Q3 Q4 Q5"),
        ("state:open", "Q1 Q2 Q3 Q4 Q5"),
        ("service:pay", "Q1 Q3"),
        ("!service:edge", "Q1 Q2 Q3 Q4"),
        ("service:edge,storage", "Q4 Q5"),
        ("source:pager", "Q1 Q2 Q3 Q4 Q5"),
        ("!source:pager", ""),
        ("team:storage", "Q4"),
        ("who:bob", "Q4"),
        ("mine:yes", "Q1 Q2 Q3 Q5"),
        ("mine:no", "Q4"),
        ("due:late", "Q2"),
        ("id:q3", "Q3"),
        ("checkout", "Q1"),
        ("CHECKOUT 503", "Q1"),
        ('"returns 503"', "Q1"),
        ('title:"gateway latency"', "Q3"),
        ("~chekout", "Q1"),
        ("~latnecy", "Q2 Q3"),
        ("/p\\d\\d/", "Q2"),
        ("/latency|cache/ !sev:4", "Q2 Q3"),
        ("!/latency/", "Q1 Q4 Q5"),
        ("sev:2 state:triggered latency", "Q2"),
    ],
)
def test_terms(text: str, ids: str) -> None:
    assert shown(text) == set(ids.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("servce:x", "did you mean service:?"),
        ("colour:red", "no such key: colour:"),
        ("sev:5", "not a severity"),
        ("sev:", "needs a value"),
        ("/[/", "not a regular expression"),
        ("/abc", "ends with /"),
        ("~", "needs a word"),
        ("mine:perhaps", "neither yes nor no"),
        ("x" * 201, "more than 200"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert said in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_one_line(text: str) -> None:
    try:
        found = parse_filter(text)
    except FilterError as error:
        assert "\n" not in str(error).replace(text, "")
        return
    for row in BOARD.incidents:
        found.lets(incident_fields(row, BOARD))


@pytest.mark.parametrize("title", HOSTILE)
def test_words_of_hostile_titles_are_found_as_they_stand(title: str) -> None:
    board = sample_board(with_incidents(incident(title=title)))
    row: IncidentRow = board.incidents[0]
    word = title.split()[0]
    assert parse_filter(f'"{word}"').lets(incident_fields(row, board))


def test_alerts_and_checks_have_the_same_keys() -> None:
    alerts = {row.name for row in BOARD.alerts if parse_filter("sev:1").lets(alert_fields(row, BOARD))}
    assert alerts == {"HighErrorRate", "P99TooHigh"}
    mine = {row.name for row in BOARD.alerts if parse_filter("mine:yes").lets(alert_fields(row, BOARD))}
    assert "HighErrorRate" in mine and "DiskWillFill" not in mine
    checks = {
        row.check.name for row in BOARD.health if parse_filter("state:down,degraded").lets(health_fields(row, BOARD))
    }
    assert checks == {"error rate", "p99"}


@pytest.mark.parametrize(
    ("wanted", "word", "near"),
    [("chekout", "checkout", True), ("gatway", "gateway", True), ("db", "debian", True), ("cat", "dog", False)],
)
def test_near_words(wanted: str, word: str, near: bool) -> None:
    assert close(wanted, word) is near
