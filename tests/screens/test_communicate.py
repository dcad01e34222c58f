"""Telling somebody about an incident: what can be told where, the form, what is asked of the app."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from oncall_tui.board import Board, ChannelView
from oncall_tui.model import Draft, IncidentFacts, OutboxRow, OutboxState, Verb
from screens.dashboard import DashboardScreen
from screens.dialogs.communicate import CommunicateDialog
from screens.dialogs.frame import Dialog
from screens.dialogs.tell import TellDialog, read_draft
from screens.incident import IncidentScreen
from screens.requests import (
    ComponentsWanted,
    DraftDropped,
    DraftSaved,
    DraftWanted,
    EditorWanted,
    IncidentWanted,
    TellRequested,
)
from screens.telling import ways_of
from tests.screens.dialog_bench import SIZES, assert_whole, bench, targets_of, words
from tests.support.ui import (
    HOSTILE,
    ScreenApp,
    ago,
    incident,
    outbox_row,
    sample_board,
    screen_lines,
    screen_text,
    with_incidents,
)

SLACK = ChannelView(
    name="war-room",
    kind="slack",
    capabilities=frozenset({"room", "topic", "message", "update_message"}),
    place="#incidents",
    named_by="room",
)
PAGE = ChannelView(
    name="status",
    kind="statuspage",
    capabilities=frozenset({"publish", "publish_update"}),
    place="everybody who sees the page p1, its subscribers are mailed",
)
MAIL = ChannelView(
    name="mail", kind="smtp", capabilities=frozenset({"message"}), place="", named_by="to", subject=True, html=True
)
JIRA = ChannelView(name="jira", kind="jira", capabilities=frozenset({"ticket"}), place="project OPS")
HAND = ChannelView(
    name="by-hand", kind="manual", capabilities=frozenset({"tick"}), contacts=("Bridge, +49 30 1", "Call centre, +49 2")
)
CHANNELS = (SLACK, PAGE, MAIL, JIRA, HAND)
ANSWERS = {ComponentsWanted: ("Website", "Checkout", "Payments API")}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def board_of(*channels: ChannelView, **settings: Any) -> Board:
    return sample_board(with_incidents(incident("Q1")), channels=channels or CHANNELS, **settings)


def done(verb: Verb, channel: str, ref: str, *, answer: str | None = None, **params: Any) -> OutboxRow:
    return outbox_row(
        verb,
        key=f"k-{verb.value}-{ref}",
        source=channel,
        params=params,
        state=OutboxState.CONFIRMED,
        native_ref=ref,
        answer=answer,
        sent_at=ago(minutes=12),
        created_at=ago(minutes=12),
    )


def facts_with(*rows: OutboxRow) -> dict[Any, Any]:
    return {**ANSWERS, IncidentWanted: IncidentFacts(incident=incident("Q1"), outbox=rows)}


def app_of(board: Board | None = None, answers: dict[Any, Any] | None = None) -> ScreenApp:
    return ScreenApp(DashboardScreen(), board or board_of(), answers=answers or ANSWERS)


async def opened(app: ScreenApp, pilot: Any, does: str | None = None) -> None:
    """The list, or the form of what ``does`` that."""
    await pilot.pause()
    await pilot.press("c")
    await pilot.pause()
    assert isinstance(app.screen, CommunicateDialog), screen_text(app)
    if does is None:
        return
    there = [row.number for row in app.screen.ways if row.way.does == does]
    assert there, [row.way.does for row in app.screen.ways]
    app.screen.choices.put_cursor(str(there[0]))
    await pilot.press("enter")
    await pilot.pause()
    await pilot.pause()


def told(app: ScreenApp) -> TellRequested:
    (request,) = app.asked(TellRequested)
    assert isinstance(request, TellRequested)
    return request


def does(app: ScreenApp) -> list[str]:
    screen = app.screen
    assert isinstance(screen, CommunicateDialog)
    return [f"{row.way.channel.name}: {row.way.does}" for row in screen.ways]


# -- what can be told where ------------------------------------------------------------------------------------


async def test_the_list_is_of_what_the_channels_can() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert does(app) == [
            "war-room: message",
            "war-room: make its room",
            "status: publish",
            "mail: message",
            "jira: make a ticket",
            "by-hand: tick: Bridge, +49 30 1",
            "by-hand: tick: Call centre, +49 2",
        ]
        text = words(app)
        assert "reaches #incidents, by war-room (slack)" in text
        assert "Checkout returns 503" in text and "pager:Q1" in text


async def test_a_rule_that_is_longer_than_a_line_is_told_whole_and_early_keys_are_refused_aloud() -> None:
    place = "everybody who sees the page, its subscribers are mailed, and they are told of it by phone as well"
    app = app_of(board_of(replace(PAGE, place=place)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert "by phone as well" in words(app)
        dialog = app.screen
        assert isinstance(dialog, CommunicateDialog)
        dialog._is_read = False  # as before the store has answered
        await pilot.press("2")
        await pilot.pause()
        assert "that key did nothing" in words(app)


async def test_what_was_made_already_is_used() -> None:
    rows = (
        done(Verb.ROOM, "war-room", "C9", answer="#inc-1234, it was there", name="inc-1234"),
        done(Verb.MESSAGE, "war-room", "C9/1.5", text="We are on it."),
        done(Verb.PUBLISH, "status", "pub1", title="Slow", text="x", status="investigating"),
        done(Verb.PUBLISH_UPDATE, "status", "upd1", publication="pub1", text="y", status="identified"),
        done(Verb.TICKET, "jira", "OPS-7", title="Probe"),
        done(Verb.TICK, "by-hand", "t", text="Bridge, +49 30 1: open"),
    )
    app = app_of(answers=facts_with(*rows))
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        assert does(app)[:6] == [
            "war-room: post to the incident's room",
            "war-room: message",
            "war-room: change the last message",
            "war-room: its room again",
            "war-room: set the room's topic",
            "status: update what is published",
        ]
        text = words(app)
        assert "reaches #inc-1234, by war-room (slack)" in text
        assert "identified, since 14:30" in text and "OPS-7 made" in text and "ticked 14:30" in text
        # Not offered: a second publication beside the one that is there.
        assert "status: publish" not in does(app)


async def test_what_is_on_its_way_is_not_begun_twice() -> None:
    going = outbox_row(Verb.PUBLISH, source="status", params={"title": "x", "text": "y", "status": "investigating"})
    app = app_of(answers=facts_with(going))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "publish")
        assert isinstance(app.screen, CommunicateDialog), "the form is not opened"
        assert "it is being published: wait for it" in words(app)


async def test_an_unknown_outcome_is_said_before_another_is_made() -> None:
    lost = replace(done(Verb.PUBLISH, "status", "x", title="x", text="y", status="resolved"), state=OutboxState.UNKNOWN)
    app = app_of(answers=facts_with(lost))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "publish")
        assert "an earlier one may be there: its outcome is unknown" in words(app)


# -- not there -------------------------------------------------------------------------------------------------


async def test_without_a_channel_there_is_no_key_and_the_palette_says_why() -> None:
    app = ScreenApp(DashboardScreen(), sample_board())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "c Update" not in screen_lines(app)[-1]
        await pilot.press("c")
        await pilot.pause()
        assert isinstance(app.screen, DashboardScreen)
        assert "no channel is configured" in screen_text(app)
        await pilot.press("colon", *"commun")
        await pilot.pause()
        assert "communicate: no channel is configured" in " ".join(screen_text(app).split())


async def test_with_a_channel_the_key_is_in_the_footer() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "c Update" in screen_lines(app)[-1]


async def test_a_read_only_seat_tells_nobody() -> None:
    app = app_of(board_of(read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("c")
        await pilot.pause()
        assert isinstance(app.screen, DashboardScreen)
        assert "read-only seat: nothing is sent" in screen_text(app)


async def test_from_the_palette_and_from_the_incidents_own_screen() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("colon", *"communicate", "enter")
        await pilot.pause()
        assert isinstance(app.screen, CommunicateDialog)
    app = ScreenApp(IncidentScreen("pager:Q1"), board_of(), answers=facts_with())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "make a ticket")
        await pilot.press("enter")
        await pilot.pause()
        assert told(app).about == "pager:Q1"


# -- forms -----------------------------------------------------------------------------------------------------


async def test_a_message_begins_with_the_first_words_of_the_seed() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "message")
        await pilot.press(*"Retrying.", "enter")
        await pilot.pause()
    request = told(app)
    assert (request.verb, request.channel, request.about) == (Verb.MESSAGE, "war-room", "pager:Q1")
    assert request.title == "Checkout returns 503"
    assert request.params == {
        "room": None,
        "text": "🚨 INCIDENT #1234 - Sev1\n\n"
        "Title: Checkout returns 503\n"
        "Started: 2026-11-23 14:39 UTC\n"
        "Affected: payments\n"
        "Commander: Alice Martin\n\n"
        "https://example.pagerduty.com/incidents/Q1Retrying.",
    }


async def test_a_later_message_begins_empty_and_goes_to_the_room() -> None:
    rows = (
        done(Verb.ROOM, "war-room", "C9", answer="#inc-1234", name="inc-1234"),
        done(Verb.MESSAGE, "war-room", "C9/1.5", text="We are on it."),
    )
    app = app_of(answers=facts_with(*rows))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "post to the incident's room")
        assert "reaches #inc-1234, by war-room (slack)" in words(app)
        await pilot.press("enter")
        await pilot.pause()
        assert "there is no text yet" in words(app) and not app.asked(TellRequested)
        await pilot.press(*"It is over.", "enter")
        await pilot.pause()
    assert told(app).params == {"room": "C9", "text": "It is over."}


async def test_changing_a_message_begins_with_its_text() -> None:
    rows = (done(Verb.MESSAGE, "war-room", "C9/1.5", text="We are on it."),)
    app = app_of(answers=facts_with(*rows))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "change the last message")
        await pilot.press(*" Nearly.", "enter")
        await pilot.pause()
    request = told(app)
    assert request.verb is Verb.UPDATE_MESSAGE
    assert request.params == {"message": "C9/1.5", "text": "We are on it. Nearly."}


async def test_a_publication_is_chosen_by_words() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "publish")
        assert "reaches everybody who sees the page p1, its subscribers are mailed" in words(app)
        # From the text on: title, status, impact, components.
        await pilot.press("tab", "end", *"!", "tab", "space", "tab", "right", "right", "right", "right")
        await pilot.press("tab", "down", "left", "down", "space")
        await pilot.pause()
        assert "Checkout under maintenance" in words(app) and "Payments API operational" in words(app)
        await pilot.press("enter")
        await pilot.pause()
    request = told(app)
    assert (request.verb, request.channel) == (Verb.PUBLISH, "status")
    params = dict(request.params)
    assert "We're currently investigating reports of problems with payments." in params.pop("text")
    assert params == {
        "title": "Checkout returns 503!",
        "status": "identified",
        "impact": "major",
        "components": {"Checkout": "under_maintenance", "Payments API": "operational"},
    }


async def test_an_update_of_a_publication_begins_where_it_stands() -> None:
    rows = (done(Verb.PUBLISH, "status", "pub1", title="Slow", text="x", status="identified"),)
    app = app_of(answers=facts_with(*rows))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "update what is published")
        await pilot.press(*"A fix is out.", "tab", "right", "enter")
        await pilot.pause()
    assert told(app).params == {
        "publication": "pub1",
        "status": "monitoring",
        "impact": None,
        "components": {},
        "text": "A fix is out.",
    }


async def test_components_that_cannot_be_asked_for_are_left_out() -> None:
    app = app_of(answers={ComponentsWanted: None})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "publish")
        await pilot.press("tab", "tab", "tab", "tab", *"Down.", "enter")
        await pilot.pause()
    assert told(app).params["components"] == {} and told(app).params["text"].endswith("Down.")


async def test_mail_asks_for_whom_where_the_config_names_nobody() -> None:
    app = app_of(board_of(MAIL))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "message")
        assert "reaches nobody yet, by mail (smtp)" in words(app)
        await pilot.press("enter")
        await pilot.pause()
        assert "to whom? the config names nobody" in words(app) and not app.asked(TellRequested)
        await pilot.press(*"bob@example.com, eve@example.com")
        await pilot.pause()
        assert "reaches bob@example.com, eve@example.com, by mail (smtp)" in words(app)
        await pilot.press("enter")
        await pilot.pause()
    params = told(app).params
    assert params["to"] == ["bob@example.com", "eve@example.com"] and params["subject"] == "Checkout returns 503"


async def test_a_ticket_has_an_owner_and_a_date() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "make a ticket")
        await pilot.press("tab", *"bob@example.com", "tab", *"tomorrow", "enter")
        await pilot.pause()
        assert "not a date: tomorrow" in words(app) and not app.asked(TellRequested)
        await pilot.press("ctrl+u", *"2026-12-01", "enter")
        await pilot.pause()
    assert told(app).params == {
        "title": "Checkout returns 503",
        "owner": "bob@example.com",
        "due": "2026-12-01",
        "text": "",
    }


async def test_a_room_is_named_after_the_incident() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "make its room")
        assert "reaches a room named inc-1234, by war-room (slack)" in words(app)
        await pilot.press("enter")
        await pilot.pause()
    assert told(app).params == {
        "name": "inc-1234",
        "topic": "Checkout returns 503 https://example.pagerduty.com/incidents/Q1",
    }


LONG = "Conference bridge, +49 30 901820,,4711#, https://meet.example.com/sev1"


async def test_the_number_of_a_call_is_there_in_full_before_it_is_chosen() -> None:
    app = app_of(board_of(replace(HAND, contacts=(LONG,))))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        framed = " ".join(line[4:76].strip() for line in screen_lines(app))
        assert f"tick: {LONG}" in framed, "the first row is under the cursor"


async def test_a_large_terminal_shows_the_whole_list() -> None:
    many = tuple(f"Call centre {number}, +49 2" for number in range(20))
    app = app_of(board_of(replace(HAND, contacts=many)))
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        assert all(one in screen_text(app) for one in many)
        assert "esc leave" in screen_text(app)


async def test_a_call_is_ticked() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "tick: Call centre, +49 2")
        assert "nothing is sent: it goes on the timeline" in words(app)
        await pilot.press(*": told them", "enter")
        await pilot.pause()
    request = told(app)
    assert (request.verb, request.params) == (Verb.TICK, {"text": "Call centre, +49 2: told them"})


# -- drafts ----------------------------------------------------------------------------------------------------


async def test_the_draft_is_kept_as_it_is_typed_and_comes_back() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "make a ticket")
        assert not app.asked(DraftSaved), "what we filled in is nobody's draft"
        await pilot.press(*"!", "escape")
        await pilot.pause()
        assert "left undone" in screen_text(app)
    saved = app.asked(DraftSaved)[-1]
    assert saved.key == "tell:pager:Q1:jira:ticket"
    kept = Draft(key=saved.key, text=saved.text, updated_at=ago(minutes=1))
    app = app_of(answers={**ANSWERS, DraftWanted: kept})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "make a ticket")
        await pilot.press("enter")
        await pilot.pause()
    assert told(app).params["title"] == "Checkout returns 503!" and told(app).draft_key == saved.key


async def test_a_draft_back_to_what_we_filled_in_is_dropped() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "make a ticket")
        await pilot.press("x", "backspace")
        await pilot.pause()
    assert app.asked(DraftDropped)[-1].key == "tell:pager:Q1:jira:ticket"


@pytest.mark.parametrize("text", ["", "not JSON", "[]", '"x"', '{"lines": 5, "text": 7}', "[" * 100_000])
def test_a_draft_that_cannot_be_read_is_no_trouble(text: str) -> None:
    found = read_draft(text)
    assert found is None or (found.lines, found.text) == ({}, "")


def test_a_draft_holds_all_of_a_form() -> None:
    kept = {
        "lines": {"title": "T"},
        "choices": {"status": "resolved", "impact": None},
        "components": {"A": "operational"},
    }
    found = read_draft(json.dumps({**kept, "text": "x"}))
    assert found is not None
    assert (dict(found.lines), dict(found.choices), dict(found.components)) == tuple(kept.values())


async def test_the_text_goes_on_in_the_editor() -> None:
    app = app_of(answers={**ANSWERS, EditorWanted: "Written\nelsewhere \x1b[31m"})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "message")
        await pilot.press("ctrl+o")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
    assert told(app).params["text"] == "Written\nelsewhere \\x1b[31m"


# -- sizes and hostile words -----------------------------------------------------------------------------------


def dialog_of(what: str | None, board: Board, rows: tuple[OutboxRow, ...] = ()) -> ScreenApp:
    """The list, or the form of what does that, alone on the screen."""
    (target,) = targets_of(board)
    answers = {**ANSWERS, IncidentWanted: IncidentFacts(incident=incident("Q1"), outbox=rows)}
    if what is None:
        return bench(CommunicateDialog(target, board), answers=answers)
    way = next(way for way in ways_of(board, rows) if way.does == what)
    return bench(TellDialog(way, target, board), answers=answers)


FORMS = ("message", "publish", "make a ticket", "make its room", "tick: Bridge, +49 30 1")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("what", [None, *FORMS])
async def test_it_is_whole_at_every_size(size: tuple[int, int], what: str | None) -> None:
    app = dialog_of(what, board_of())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert_whole(app)
        assert "Checkout returns" in words(app)
        assert "reaches" in words(app) or "timeline" in words(app)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("what", [None, "post to the incident's room"])
async def test_hostile_words_are_words(text: str, what: str | None) -> None:
    channel = replace(SLACK, name=text, place=text, contacts=(text,), capabilities=SLACK.capabilities | {"tick"})
    board = sample_board(with_incidents(incident("Q1", title=text)), channels=(channel,))
    app = dialog_of(what, board, (done(Verb.ROOM, text, "C9", answer=text, name=text),))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert_whole(app)


async def test_many_channels_scroll() -> None:
    app = dialog_of(None, board_of(*(replace(SLACK, name=f"room-{number:02}") for number in range(40))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert_whole(app)
        await pilot.press("end")
        await pilot.pause()
        assert "reaches a room" in words(app) and "room-39" in words(app)
