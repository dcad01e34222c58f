"""The filter language: what each term lets through, and what is said of one that cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.board import Board, Builder, IncidentRow
from screens.filtering import FilterError, close, parse_filter
from screens.sieve import STEP, Sieve
from tests.support.ui import HOSTILE, SETTINGS, incident, sample_board, with_incidents

BOARD = sample_board()


def shown(text: str) -> set[str]:
    return {row.incident.native_id for row in through(text)[0]}


def through(text: str, board: Board = BOARD) -> tuple[tuple[IncidentRow, ...], int]:
    sieve = Sieve("all")
    sieve.set_filter("incidents", parse_filter(text))
    return sieve.incidents(board)


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
        shown, hidden = through(text)
    except FilterError as error:
        assert "\n" not in str(error).replace(text, "")
        return
    assert len(shown) + hidden == len(BOARD.incidents)


@pytest.mark.parametrize("title", HOSTILE)
def test_words_of_hostile_titles_are_found_as_they_stand(title: str) -> None:
    board = sample_board(with_incidents(incident(title=title)))
    word = title.split()[0]
    assert through(f'"{word}"', board) == (board.incidents, 0)


def test_alerts_and_checks_have_the_same_keys() -> None:
    def alerts(text: str) -> set[str]:
        sieve = Sieve("all")
        sieve.set_filter("alerts", parse_filter(text))
        return {row.name for row in sieve.alerts(BOARD)[0]}

    assert alerts("sev:1") == {"HighErrorRate", "P99TooHigh"}
    assert "HighErrorRate" in alerts("mine:yes") and "DiskWillFill" not in alerts("mine:yes")
    assert alerts("who:alice") == set()
    sieve = Sieve("all")
    sieve.set_filter("health", parse_filter("state:down,degraded"))
    assert {row.check.name for row in sieve.health(BOARD)[0]} == {"error rate", "p99"}


@pytest.mark.parametrize(
    ("wanted", "word", "near"),
    [("chekout", "checkout", True), ("gatway", "gateway", True), ("db", "debian", True), ("cat", "dog", False)],
)
def test_near_words(wanted: str, word: str, near: bool) -> None:
    assert close(wanted, word) is near


def test_ten_thousand_rows_are_filtered() -> None:
    board = sample_board(with_incidents(*(incident(f"Q{n}", title=f"Queue {n:05d} grows") for n in range(10_000))))
    sieve = Sieve("all")
    assert sum(1 for _ in sieve.prepare("incidents", board)) == 10_000 // STEP
    for text, count in (
        ("queue", 10_000),
        ("queue 000", None),
        ("sev:1 0001", None),
        ("!grows", 0),
        ("title:0001", None),
    ):
        sieve.set_filter("incidents", parse_filter(text))
        shown, hidden = sieve.incidents(board)
        assert len(shown) + hidden == 10_000
        assert count is None or len(shown) == count


def test_a_changed_row_is_found_by_its_new_words_and_others_keep_theirs() -> None:
    sieve = Sieve("all")
    sieve.set_filter("incidents", parse_filter("zebra"))
    builder = Builder()
    now = sample_board().minute
    before = builder.build(with_incidents(incident("Q1", title="zebra"), incident("Q2")), SETTINGS, now)
    assert [row.incident.native_id for row in sieve.incidents(before)[0]] == ["Q1"]
    after = builder.build(with_incidents(incident("Q1", title="horse"), incident("Q2", title="Zebra")), SETTINGS, now)
    assert [row.incident.native_id for row in sieve.incidents(after)[0]] == ["Q2"]


def test_a_board_that_comes_while_texts_are_worked_out_is_the_one_that_is_filtered() -> None:
    before = sample_board(with_incidents(*(incident(f"Q{n}", title=f"Queue {n}") for n in range(3 * STEP))))
    after = sample_board(with_incidents(*(incident(f"Q{n}", title=f"Queue {n}") for n in range(1, 3 * STEP + 1))))
    sieve = Sieve("all")
    steps = sieve.prepare("incidents", before)
    next(steps)
    sieve.set_filter("incidents", parse_filter("queue"))
    assert sieve.incidents(after) == (after.incidents, 0)
    assert list(steps) == []
    assert sieve.incidents(after) == (after.incidents, 0)
    assert sieve.incidents(before) == (before.incidents, 0)
