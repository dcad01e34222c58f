"""The outbox: what waits for a person comes first, with what can be done about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncall_tui.board import Board
from oncall_tui.model import AuditLine, OutboxRow, OutboxState, Verb
from screens.dialogs.confirm import QuestionDialog
from screens.dialogs.frame import Dialog
from screens.outbox import OutboxScreen, in_order
from screens.outbox_words import meant, needs_decision, stands
from screens.requests import AuditWanted, OutboxRequested
from tests.support.ui import HOSTILE, ScreenApp, ago, outbox_row, sample_board, sample_facts, screen_lines, screen_text

SIZES = ((80, 24), (120, 36), (40, 12))
HELD = outbox_row(Verb.ESCALATE, params={"level": 2}, created_at=ago(minutes=22), held="older than 15 min", key="held")
REFUSED = outbox_row(
    Verb.NOTE, params={"text": "restarted", "kind": "did"}, state=OutboxState.REFUSED, answer="403 forbidden", key="no"
)
UNKNOWN = outbox_row(Verb.RESOLVE, state=OutboxState.UNKNOWN, attempts=1, sent_at=ago(minutes=2), key="what")
QUEUED = outbox_row(Verb.SNOOZE, params={"seconds": 3600}, key="queued")
SENDING = outbox_row(Verb.ACKNOWLEDGE, state=OutboxState.SENDING, key="sending")
DONE = outbox_row(Verb.ACKNOWLEDGE, state=OutboxState.CONFIRMED, answered_at=ago(minutes=20), key="done")
OLDER = outbox_row(Verb.ACKNOWLEDGE, state=OutboxState.CANCELLED, answered_at=ago(minutes=40), key="older")
ALL = (OLDER, DONE, QUEUED, SENDING, UNKNOWN, REFUSED, HELD)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def board_of(*rows: OutboxRow, read_only: bool = False) -> Board:
    return sample_board(replace(sample_facts(), outbox=rows), read_only=read_only)


def app_of(*rows: OutboxRow, read_only: bool = False) -> ScreenApp:
    return ScreenApp(OutboxScreen(), board_of(*rows, read_only=read_only))


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


def asked(app: ScreenApp) -> list[tuple[str, str]]:
    return [(one.action_id, one.key) for one in app.asked(OutboxRequested)]


def test_order() -> None:
    assert [row.key for row in in_order(ALL)] == ["held", "what", "no", "queued", "sending", "done", "older"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (HELD, "escalate to level 2"),
        (outbox_row(Verb.ESCALATE, params={"person": "P1", "person_name": "Bob"}), "escalate to Bob"),
        (outbox_row(Verb.MESSAGE, source="chat", params={"text": "slow\n\nstill"}), "tell chat: slow still"),
        (
            outbox_row(Verb.MESSAGE, "local:handover-x", source="mail", params={"text": "#"}),
            "send the handover to mail",
        ),
        (
            outbox_row(Verb.UPDATE_MESSAGE, source="chat", params={"text": "over"}),
            "change the message in chat to: over",
        ),
        (
            outbox_row(Verb.PUBLISH, source="page", params={"title": "T", "text": "x", "status": "investigating"}),
            "publish on page, investigating: T: x",
        ),
        (
            outbox_row(Verb.PUBLISH_UPDATE, source="page", params={"text": "x", "status": "resolved"}),
            "update on page, resolved: x",
        ),
        (outbox_row(Verb.ROOM, source="chat", params={"name": "inc-1"}), "make the room inc-1 in chat"),
        (outbox_row(Verb.TOPIC, source="chat", params={"topic": "slow"}), "set the topic in chat: slow"),
        (
            outbox_row(Verb.TICKET, source="jira", params={"title": "Probe", "owner": "b@x.de", "due": "2026-12-01"}),
            "make a ticket in jira for b@x.de due 2026-12-01: Probe",
        ),
        (outbox_row(Verb.TICK, source="hand", params={"text": "called"}), "done by hand: called"),
        (outbox_row(Verb.ESCALATE, params={"policy": "P1", "policy_name": "Databases"}), "escalate by Databases"),
        (REFUSED, "note (did): restarted"),
        (outbox_row(Verb.REASSIGN, params={"people": ["P1"], "names": ["Bob"]}), "assign to Bob"),
        (outbox_row(Verb.RESPONDERS, params={"people": ["P1"], "names": []}), "ask P1 to help"),
        (QUEUED, "snooze for 1h"),
        (outbox_row(Verb.SEVERITY, params={"severity": 2}), "set Sev2"),
        (outbox_row(Verb.MERGE, params={"into": "pager:Q2"}), "merge into pager:Q2"),
        (outbox_row(Verb.TITLE, params={"title": "x"}), "call it: x"),
        (outbox_row(Verb.SILENCE, params={"seconds": 60, "reason": "deploy"}), "silence for 1m: deploy"),
        (outbox_row(Verb.EXPIRE_SILENCE), "end the silence"),
        (SENDING, "acknowledge"),
    ],
)
def test_what_was_meant(row: OutboxRow, words: str) -> None:
    assert meant(row) == words


def test_every_verb_can_be_told_without_its_parameters() -> None:
    for verb in Verb:
        assert meant(outbox_row(verb))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (HELD, "waits for you: older than 15 min"),
        (REFUSED, "refused: 403 forbidden"),
        (UNKNOWN, "outcome unknown: the answer was lost"),
        (QUEUED, "queued"),
        (
            replace(QUEUED, attempts=2, next_try=ago(minutes=-1), answer="503"),
            "queued, tried 2x, next try 14:43: 503",
        ),
        (SENDING, "being sent"),
        (DONE, "confirmed 14:22"),
        (replace(DONE, state=OutboxState.SUPERSEDED, answer="Bob was first"), "somebody was first: Bob was first"),
    ],
)
def test_how_it_stands(row: OutboxRow, words: str) -> None:
    board = sample_board()
    assert stands(row, board.minute, board.zone) == words


@pytest.mark.parametrize("size", SIZES)
async def test_shows_state_action_target_and_answer(size: tuple[int, int]) -> None:
    app = app_of(*ALL)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = flat(app)
        assert "1 waits for you · 2 failed" in text
        for word in ("escalate", "note", "resolve", "snooze"):
            assert word in text
        if size[0] >= 80:
            assert (
                "escalate to level 2" in text and "older than 15 min" in text and "by alice@example.com 14:20" in text
            )
            assert "r send it d drop it n turn it into a note" in text
        assert all(len(line) <= size[0] for line in screen_lines(app))


async def test_nothing_in_it() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("r", "d", "n")
        await pilot.pause()
        assert "nothing waits" in flat(app) and not asked(app)


async def test_sending_asks_first_with_what_it_is() -> None:
    app = app_of(HELD)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("r")
        await pilot.pause()
        assert isinstance(app.screen, QuestionDialog) and not asked(app)
        text = flat(app)
        for told in (
            "escalate to level 2",
            "Checkout returns 503 (pager:Q1)",
            "Pressed 14:20 (21m)",
            "older than 15 min",
        ):
            assert told in text
        await pilot.press("y")
        await pilot.pause()
        assert asked(app) == [("outbox_retry", "held")]


async def test_sending_can_be_left() -> None:
    app = app_of(HELD)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("r", "escape")
        await pilot.pause()
        assert not asked(app) and "left as it is" in flat(app)


async def test_one_whose_outcome_is_unknown_is_sent_again_only_with_a_warning() -> None:
    app = app_of(UNKNOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("r")
        await pilot.pause()
        assert "It may have been done already" in flat(app)


async def test_one_that_moved_on_while_it_was_asked_is_not_sent() -> None:
    app = app_of(HELD)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("r")
        await pilot.pause()
        app.show(board_of(replace(HELD, held=None, state=OutboxState.CANCELLED)))
        await pilot.press("y")
        await pilot.pause()
        assert not asked(app) and "moved on meanwhile: cancelled" in flat(app)


@pytest.mark.parametrize(
    ("row", "key", "request_"),
    [
        (HELD, "d", ("outbox_cancel", "held")),
        (QUEUED, "d", ("outbox_cancel", "queued")),
        (REFUSED, "d", ("see_off", "no")),
        (UNKNOWN, "d", ("see_off", "what")),
        (HELD, "n", ("outbox_note", "held")),
        (UNKNOWN, "n", ("outbox_note", "what")),
        (SENDING, "d", None),
        (DONE, "d", None),
        (DONE, "r", None),
        (QUEUED, "r", None),
        (QUEUED, "n", None),
        (REFUSED, "n", None),
    ],
)
async def test_what_each_key_asks_for(row: OutboxRow, key: str, request_: tuple[str, str] | None) -> None:
    app = app_of(row)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        assert asked(app) == ([request_] if request_ is not None else [])
        if request_ is None:
            assert screen_lines(app)[-2].strip(), "it is said why"


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (HELD, ("r Send", "d Drop", "n As note")),
        (REFUSED, ("r Send", "d Drop")),
        (UNKNOWN, ("r Send", "d Drop", "n As note")),
        (QUEUED, ("d Drop",)),
        (SENDING, ()),
        (DONE, ()),
        (None, ()),
    ],
)
async def test_the_footer_shows_what_can_become_of_the_action_under_the_cursor(
    row: OutboxRow | None, shown: tuple[str, ...]
) -> None:
    app = app_of(*((row,) if row is not None else ()))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        footer = screen_lines(app)[-1]
        assert [words for words in ("r Send", "d Drop", "n As note") if words in footer] == list(shown)


async def test_the_footer_follows_the_cursor() -> None:
    app = app_of(HELD, DONE)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "r Send" in screen_lines(app)[-1]
        await pilot.press("j")
        await pilot.pause()
        assert "r Send" not in screen_lines(app)[-1] and "? Keys" in screen_lines(app)[-1]


async def test_a_read_only_seat_sends_nothing() -> None:
    app = app_of(HELD, read_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("r", "n", "d")
        await pilot.pause()
        assert not asked(app) and "read-only seat" in flat(app)


async def test_the_cursor_stays_on_its_action_and_never_slides_to_a_neighbour() -> None:
    app = app_of(HELD, QUEUED)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.show(board_of(QUEUED))
        await pilot.pause()
        await pilot.press("d")
        await pilot.pause()
        assert not asked(app) and "gone from under the cursor" in flat(app)


async def test_outside_text_is_text() -> None:
    rows = (replace(HELD, key=f"k{number}", target_title=title, held=title) for number, title in enumerate(HOSTILE))
    app = app_of(*rows)
    async with app.run_test(size=(160, 36)) as pilot:
        for title in HOSTILE:
            await pilot.pause()
            assert screen_text(app).count(title.split(" ")[0]) >= 4, "in the list and in full"
            await pilot.press("j")


AUDIT = (
    AuditLine(at=ago(minutes=3), seat="alice", event="queued", key="k", verb="expire_silence", target="alerts:s1"),
    AuditLine(
        at=ago(minutes=2), seat="alice", event="refused", key="k", verb="note", target="pager:Q1", detail="403 [b]x[/b]"
    ),
)


@pytest.mark.parametrize("size", SIZES)
async def test_the_audit_is_one_key_away(size: tuple[int, int]) -> None:
    app = ScreenApp(OutboxScreen(), board_of(*ALL), answers={AuditWanted: AUDIT})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert not app.asked(AuditWanted), "not asked for before it is wanted"
        await pilot.press("tab")
        await pilot.pause()
        text = flat(app)
        assert "14:40 refused note pager:Q1 alice 403 [b]x[/b]" in text
        assert text.index("refused note") < text.index("queued expire silence")
        await pilot.press("d", "r", "n")
        await pilot.pause()
        assert not asked(app) and app.screen is app.first, "in the audit nothing is done"
        await pilot.press("escape")
        await pilot.pause()
        assert "escalate" in flat(app) and app.results == []


def test_which_ones_a_person_decides_on() -> None:
    assert [row.key for row in ALL if needs_decision(row)] == ["what", "no", "held"]


async def test_back() -> None:
    app = app_of(*ALL)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await pilot.pause()
        assert app.results == [None]


@pytest.mark.parametrize("verb", list(Verb))
async def test_every_verb_has_its_words(verb: Verb) -> None:
    app = app_of(outbox_row(verb, state=OutboxState.REFUSED, answer="no", key="k"))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "refused: no" in flat(app)


async def test_a_handover_is_no_note() -> None:
    app = app_of(
        outbox_row(
            Verb.MESSAGE, "local:handover-x", source="chat", state=OutboxState.REFUSED, key="k", params={"text": "#"}
        )
    )
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "turn it into a note" not in flat(app)
        await pilot.press("n")
        await pilot.pause()
        assert "has no timeline to write on" in flat(app) and not asked(app)
