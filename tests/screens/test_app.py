"""The app: boards down, requests to the desk, one line for what goes wrong, and it lives."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.events import AppFocus, Key, Paste
from textual.pilot import Pilot

from oncall_tui.app import AppSettings, OncallApp, build_app, errands
from oncall_tui.app.clipboard import MAX_BYTES, TooLarge, osc52
from oncall_tui.app.editor import EditorFailed, edit, editor_command
from oncall_tui.app.exports import write_export
from oncall_tui.app.faults import EXIT_CRASHED
from oncall_tui.app.themes import choose_look
from oncall_tui.board import Board
from oncall_tui.documents import ExportError
from oncall_tui.model import IncidentState, OutboxRow, OutboxState, Verb
from oncall_tui.store import StoreError
from screens.dashboard import DashboardScreen
from screens.requests import (
    DraftSaved,
    DraftWanted,
    EditorWanted,
    FileWanted,
    IncidentWanted,
    OutboxRequested,
    Question,
    QuestionFailed,
    ScreenRequested,
    ask,
)
from tests.support import ui
from tests.support.clock import ManualClock
from tests.support.desk import FakeDesk
from tests.support.ui import incident, sample_board, sample_facts, screen_lines, screen_text
from widgets.signs import ASCII, UNICODE

SIZE = (120, 36)


class Seat:
    """A running app with its desk, clock and what it sent to the terminal."""

    def __init__(self, app: OncallApp, desk: FakeDesk, clock: ManualClock, pilot: Pilot[None], sent: list[str]) -> None:
        self.app = app
        self.desk = desk
        self.clock = clock
        self.pilot = pilot
        self.sent = sent

    @property
    def strip(self) -> str:
        return screen_lines(self.app)[-2].strip()

    async def until(self, condition: Callable[[], bool], what: str = "") -> None:
        """Let the app go on until ``condition`` holds."""
        for _ in range(200):
            if condition():
                await self.pilot.pause()
                return
            await self.pilot.pause()
            await asyncio.sleep(0.01)
        raise AssertionError(f"never: {what}; on the screen:\n{screen_text(self.app)}")

    async def said(self, text: str) -> None:
        await self.until(lambda: text in self.strip, f"the strip says {text!r}, not {self.strip!r}")

    def acts(self) -> list[tuple[Any, ...]]:
        return [asked for asked in self.desk.asked if asked[0] == "act"]


@asynccontextmanager
async def seat(
    tmp_path: Path, board: Board | None = None, *, size: tuple[int, int] = SIZE, **settings: Any
) -> AsyncIterator[Seat]:
    desk, clock, sent = FakeDesk(board), ManualClock(ui.NOW), list[str]()
    given: dict[str, Any] = {"folder": tmp_path, "environ": {"LANG": "C.UTF-8"}, "theme": "dark"} | settings
    app = build_app(desk, clock=clock, settings=AppSettings(**given))  # type: ignore[arg-type]  # a desk by its face
    app.send_raw = sent.append  # type: ignore[method-assign]  # what the terminal would be sent
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Seat(app, desk, clock, pilot, sent)


# -- boards ----------------------------------------------------------------------------------------------------


async def test_the_last_known_board_is_there_before_the_sources_are_asked(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        assert "Checkout returns 503" in screen_text(one.app)
        await one.until(lambda: ("start",) in one.desk.asked, "the desk is started")


async def test_a_change_comes_to_the_screen_and_a_burst_is_one_board(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.until(lambda: one.desk.boards >= 2, "settled")
        before = one.desk.boards
        for _ in range(50):
            one.desk.change(sample_board(ui.with_incidents(incident(title="new world"))))
        await one.until(lambda: "new world" in screen_text(one.app), "the new board")
        assert one.desk.boards <= before + 2


async def test_the_minute_moves_ages(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.until(lambda: one.clock.sleeping == 1, "the tick waits")
        one.desk.board_now = sample_board(now=ui.NOW + timedelta(minutes=1))
        one.clock.advance(52)
        await one.pilot.pause()
        assert screen_lines(one.app)[0].endswith("14:42"), "not before the minute is full"
        one.clock.advance(1)
        await one.until(lambda: screen_lines(one.app)[0].endswith("14:43"), "the minute")


async def test_a_store_that_fails_leaves_the_last_board_and_says_so(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        one.desk.failure = StoreError("disk full: nothing can be stored, actions are not queued")
        one.desk.change()
        await one.said("disk full")
        assert "Checkout returns 503" in screen_text(one.app)
        one.desk.failure = None
        one.desk.change(sample_board(ui.with_incidents(incident(title="space again"))))
        await one.until(lambda: "space again" in screen_text(one.app), "it recovers")


async def test_the_scope_of_last_time_is_remembered(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("v")
        await one.until(lambda: one.desk.values.get("scope") == "mine", "kept")


# -- actions ---------------------------------------------------------------------------------------------------


def pending_board(row: OutboxRow) -> Board:
    return sample_board(replace(sample_facts(), outbox=(row,)))


async def test_a_key_is_an_outbox_row_and_shows_pending_at_once(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        one.desk.after_act = pending_board
        await one.pilot.press("j", "a")
        await one.until(lambda: "SEV1 ACKED…" in screen_text(one.app), "pending")
        ((_, verb, target, params, seen, title),) = one.acts()
        assert (verb, target, params, title) == (Verb.ACKNOWLEDGE, "pager:Q1", {}, "Checkout returns 503")
        assert seen == sample_facts().incidents[0].version


@pytest.mark.parametrize(
    ("state", "answer", "said"),
    [
        (OutboxState.CONFIRMED, None, "acknowledged: Checkout returns 503"),
        (OutboxState.SUPERSEDED, "Bob Chen was first", "Bob Chen was first: Checkout returns 503"),
        (OutboxState.REFUSED, "Incident Already Resolved", "ack refused (Incident Already Resolved): Checkout"),
        (OutboxState.UNKNOWN, None, "ack: outcome unknown, look at Checkout returns 503"),
    ],
)
async def test_how_an_action_ended_is_said_once(
    tmp_path: Path, state: OutboxState, answer: str | None, said: str
) -> None:
    async with seat(tmp_path) as one:
        one.desk.after_act = pending_board
        await one.pilot.press("j", "a")
        await one.until(lambda: bool(one.acts()), "acted")
        (row,) = one.desk.board_now.outbox
        one.desk.change(pending_board(replace(row, state=state, answer=answer)))
        await one.said(said)
        await one.pilot.press("k")
        one.desk.change(pending_board(replace(row, state=state, answer=f"{answer}")))
        await one.pilot.pause()
        assert said not in one.strip


async def test_a_refusal_by_the_desk_is_one_line_and_nothing_is_confirmed(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        one.desk.refused = "another window has acknowledged it"
        await one.pilot.press("a")
        await one.said("another window has acknowledged it")
        assert "ACKED…" not in screen_text(one.app)


async def test_a_full_disk_confirms_nothing(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        one.desk.failure = StoreError("disk full: nothing can be stored, actions are not queued")
        await one.pilot.press("a")
        await one.said("actions are not queued")
        assert "ACKED…" not in screen_text(one.app)


async def test_each_of_several_is_a_row(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("space", "space", "a")
        await one.said("acknowledge queued: 2 incidents")
        assert [asked[2] for asked in one.acts()] == ["pager:Q2", "pager:Q1"]


def test_two_actions_on_one_incident_are_of_one_incident() -> None:
    rows = [ui.outbox_row(verb, target_title="P99 latency") for verb in (Verb.TICKET, Verb.NOTE)]
    assert errands._outcome(OutboxState.CONFIRMED, rows)[0].endswith(": P99 latency")
    assert errands._outcome(OutboxState.CONFIRMED, [*rows, replace(rows[0], target="pager:Q9")])[0].endswith(
        ": 2 incidents"
    )


async def test_an_undo_window_is_told_with_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.dialogs.frame.Dialog.HOLD_S", 0.0)
    async with seat(tmp_path) as one:
        await one.pilot.press("r")
        await one.pilot.pause()
        await one.pilot.press("y")
        await one.said("resolve leaves in 5s (u undoes): P99 latency")
        one.desk.waiting = ui.outbox_row(Verb.RESOLVE, target_title="P99 latency > 5000 ms, EU")
        await one.pilot.press("u")
        await one.said("undone, it never left: resolve P99 latency")
        await one.pilot.press("u")
        await one.said("nothing waits to be undone")


async def test_undo_of_what_has_left_names_what_takes_it_back(tmp_path: Path) -> None:
    board = pending_board(ui.outbox_row(state=OutboxState.CONFIRMED))
    async with seat(tmp_path, board) as one:
        await one.pilot.press("u")
        await one.said("it has left; U takes it back: ack Checkout returns 503")


@pytest.mark.parametrize(
    ("action", "asked"),
    [("outbox_retry", "retry"), ("outbox_cancel", "cancel"), ("outbox_note", "as_note"), ("see_off", "see_off")],
)
async def test_the_outbox_screens_requests(tmp_path: Path, action: str, asked: str) -> None:
    async with seat(tmp_path) as one:
        one.app.screen.post_message(OutboxRequested(action, "k1"))
        await one.until(lambda: (asked, "k1") in one.desk.asked, asked)


# -- questions -------------------------------------------------------------------------------------------------


async def answer(one: Seat, question: Callable[[], Question[Any]]) -> Any:
    """What a screen is told."""

    async def asking() -> Any:
        return await ask(one.app.screen, question())

    task = asyncio.ensure_future(asking())
    await one.until(task.done, "an answer")
    return await task


async def test_screens_ask_for_what_is_not_on_the_board(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        facts = await answer(one, lambda: IncidentWanted("pager:Q1", read=True))
        assert facts.incident.id == "pager:Q1" and ("read", "pager:Q1") in one.desk.asked
        one.app.screen.post_message(DraftSaved("note:pager:Q1", "half a thought"))
        await one.until(lambda: "note:pager:Q1" in one.desk.drafts, "saved")
        assert (await answer(one, lambda: DraftWanted("note:pager:Q1"))).text == "half a thought"


async def test_a_question_that_fails_is_answered_with_the_reason(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        one.desk.failure = StoreError("the data folder cannot be written")
        with pytest.raises(QuestionFailed, match="cannot be written"):
            await answer(one, lambda: IncidentWanted("pager:Q1", read=True))
        assert one.app.faults.total == 0


async def test_a_file_is_written_where_none_was(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        first = await answer(one, lambda: FileWanted("handover.md", "# one"))
        second = await answer(one, lambda: FileWanted("handover.md", "# two"))
        assert first == tmp_path / "exports" / "handover.md" and first.read_text() == "# one"
        assert second.name == "handover-2.md" and second.stat().st_mode & 0o777 == 0o600
        with pytest.raises(QuestionFailed, match="not a file name"):
            await answer(one, lambda: FileWanted("../x.md", "x"))


async def test_the_editor_is_refused_where_the_terminal_cannot_be_lent(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        with pytest.raises(QuestionFailed):
            await answer(one, lambda: EditorWanted("text"))
        assert one.app.is_running


# -- attention, focus, leaving -----------------------------------------------------------------------------------


async def test_a_new_page_of_mine_rings_once_and_stands_in_the_title_until_it_is_acknowledged(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        assert one.sent[0].startswith("\x1b[22;2t")
        one.desk.attends = [("pager:Q1",)]
        one.desk.change()
        await one.until(lambda: any(text[:1] == "\x07" for text in one.sent), "the bell")
        assert one.sent[-1] == "\x07\x1b]2;(1) Checkout returns 503 - oncall-tui\x07"
        rung = len(one.sent)
        one.desk.change()
        await one.pilot.pause()
        assert [text for text in one.sent[rung:] if text] == []
        acked = tuple(
            replace(row, state=IncidentState.ACKNOWLEDGED) if row.native_id == "Q1" else row
            for row in ui.sample_incidents()
        )
        one.desk.change(sample_board(ui.with_incidents(*acked)))
        await one.until(lambda: one.sent[-1] == "\x1b]2;oncall-tui\x07", "the title is quiet again")
    assert one.sent[-1] == "\x1b[23;2t"


async def test_a_hostile_title_stays_inside_the_window_title(tmp_path: Path) -> None:
    board = sample_board(ui.with_incidents(incident(title="x\x1b]52;c;cHduZWQ=\x07y")))
    async with seat(tmp_path, board) as one:
        one.desk.attends = [("pager:Q1",)]
        one.desk.change()
        await one.until(lambda: "(1)" in one.sent[-1], "the title")
        assert one.sent[-1].count("\x1b") == 1 and one.sent[-1].count("\x07") == 2


async def test_bell_and_title_can_be_off(tmp_path: Path) -> None:
    async with seat(tmp_path, bell=False, title=False) as one:
        one.desk.attends = [("pager:Q1",)]
        one.desk.change()
        await one.until(lambda: one.desk.attends == [], "asked")
    assert [text for text in one.sent if text] == []


async def test_coming_back_asks_the_sources_but_not_over_and_over(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        for _ in range(5):
            one.app.post_message(AppFocus())
        await one.pilot.pause()
        assert one.desk.asked.count(("refresh", None)) == 1
        one.clock.advance(11)
        one.app.post_message(AppFocus())
        await one.until(lambda: one.desk.asked.count(("refresh", None)) == 2, "again")
        one.clock.advance(11)
        one.app.app_resume_signal.publish(one.app)
        await one.until(lambda: one.desk.asked.count(("refresh", None)) == 3, "back from ctrl+z")


async def test_q_leaves_with_code_0_and_ctrl_c_only_says_how(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("ctrl+c")
        await one.said("q quits")
        await one.pilot.press("q")
        await one.until(lambda: not one.app.is_running, "left")
    assert one.app.return_code == 0


async def test_a_paste_says_that_it_is_ignored(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        one.app.post_message(Paste("aaaa"))
        await one.said("pasted text is ignored")
        assert one.acts() == []


async def test_copy_sends_osc_52_and_says_how_much(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("y")
        await one.said("link sent to your terminal's clipboard: 42 bytes")
        assert one.sent[-1].startswith("\x1b]52;c;")


# -- faults ----------------------------------------------------------------------------------------------------


async def test_an_exception_in_a_handler_is_logged_said_and_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: DashboardScreen) -> None:
        secret = "canary-7f3a"  # noqa: F841  # a local variable, which must not be told
        raise RuntimeError("no link today")

    monkeypatch.setattr(DashboardScreen, "do_link", broken)
    async with seat(tmp_path) as one:
        await one.pilot.press("o")
        await one.said("something failed here (RuntimeError)")
        await one.pilot.press("j", "a")
        await one.until(lambda: bool(one.acts()), "keys still act")
        assert "no link today" in caplog.text and "canary-7f3a" not in caplog.text


async def test_exceptions_in_tasks_and_errands_are_survived_too(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        one.app.screen.post_message(ScreenRequested("no such screen"))
        await one.said("something failed here (KeyError)")
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await one.said("something failed here (ZeroDivisionError)")
        assert one.app.is_running and one.app.faults.total == 2


async def test_a_board_that_cannot_be_built_leaves_the_last_one(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        one.desk.failure = RuntimeError("bug")
        one.desk.change()
        await one.said("something failed here (RuntimeError)")
        assert "Checkout returns 503" in screen_text(one.app) and one.app.is_running


async def test_three_in_a_minute_end_the_program_with_70_and_one_line(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        for number in range(3):
            one.app.call_later(lambda: 1 / 0)
            await one.until(lambda number=number: one.app.faults.total == number + 1, "a fault")  # type: ignore[misc]
        await one.until(lambda: not one.app.is_running, "ended")
    assert one.app.return_code == EXIT_CRASHED
    assert one.app.last_words is not None and "ZeroDivisionError" in one.app.last_words
    assert "\n" not in one.app.last_words and not one.app._exit_renderables


async def test_three_in_an_hour_are_survived(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        for number in range(4):
            one.app.call_later(lambda: 1 / 0)
            await one.until(lambda number=number: one.app.faults.total == number + 1, "a fault")  # type: ignore[misc]
            one.clock.advance(40)
        assert one.app.is_running


async def test_wrong_keys_in_the_config_are_told(tmp_path: Path) -> None:
    async with seat(tmp_path, keys={"acknowledge": "r", "snooze": "f5"}) as one:
        await one.said("keys.acknowledge: r is also Resolve")
        assert "f5 Snooze" in screen_text(one.app)


async def test_no_control_byte_is_painted_whatever_reaches_a_widget(tmp_path: Path) -> None:
    """Titles are clean since the source; this is the filter behind it."""
    board = sample_board(ui.with_incidents(incident(title="a\x1b[31mb\u202ec\x9bd")))
    async with seat(tmp_path, board) as one:
        text = screen_text(one.app)
        assert "\x1b" not in text and "\u202e" not in text and "\x9b" not in text and "\\x1b[31m" in text


# -- parts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theme", "environ", "colours", "no_color", "chosen"),
    [
        ("auto", {}, "truecolor", False, "dark"),
        ("auto", {}, "256", False, "dark"),
        ("auto", {"COLORFGBG": "0;15"}, "truecolor", False, "light"),
        ("auto", {"COLORFGBG": "15;0"}, "truecolor", False, "dark"),
        ("auto", {}, "standard", False, "ansi16"),
        ("auto", {}, None, False, "mono"),
        ("light", {}, "truecolor", False, "light"),
        ("colour-blind", {}, "truecolor", False, "colour-blind"),
        ("light", {}, "truecolor", True, "mono"),
    ],
)
def test_the_theme(theme: str, environ: dict[str, str], colours: str | None, no_color: bool, chosen: str) -> None:
    assert choose_look(theme, environ, colours, no_color=no_color).theme == chosen


@pytest.mark.parametrize(
    ("environ", "signs"),
    [
        ({"LANG": "C"}, ASCII),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "POSIX"}, ASCII),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, ASCII),  # as Python leaves LANG=C
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, UNICODE),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8", "LC_ALL": "C.UTF-8"}, UNICODE),
        ({"LC_CTYPE": "C.UTF-8"}, UNICODE),
        ({"LANG": "C.UTF-8"}, UNICODE),
        ({}, UNICODE),
        ({"LANG": "de_DE.UTF-8", "ONCALL_TUI_ASCII": "1"}, ASCII),
    ],
)
def test_the_signs(environ: dict[str, str], signs: Any) -> None:
    assert choose_look("dark", environ, "truecolor", no_color=False).signs is signs


async def test_an_ascii_terminal_gets_ascii_only(tmp_path: Path) -> None:
    board = sample_board(ui.with_incidents(incident(title="Zahlung für 日本 fällt aus")))
    async with seat(tmp_path, board, environ={"LANG": "C"}) as one:
        text = screen_text(one.app)
        assert text.isascii() and "Zahlung fur ???? fa" in text and "enter Open" in text


def test_osc_52_through_tmux_and_screen() -> None:
    plain = f"\x1b]52;c;{base64.b64encode(b'hi').decode()}\x07"
    assert osc52("hi", {}) == plain
    tmux = osc52("hi", {"TMUX": "/tmp/x,1,0", "TERM": "screen-256color"})
    assert tmux.startswith(plain) and "\x1bPtmux;\x1b\x1b]52" in tmux and tmux.endswith("\x1b\\")
    screen = osc52("x" * 600, {"STY": "1.x"})
    assert all(len(part) <= 260 for part in screen.split("\x1b\\"))
    with pytest.raises(TooLarge):
        osc52("x" * (MAX_BYTES + 1), {})


async def test_the_editor_gets_a_private_file_that_does_not_stay(tmp_path: Path) -> None:
    script = tmp_path / "editor.sh"
    script.write_text('#!/bin/sh\nstat -c %a "$1" > "$0.mode"\nprintf "more\\033[31m" >> "$1"\n')
    script.chmod(0o755)
    edited = await edit("text ", ".md", tmp_path, {"EDITOR": str(script)})
    assert edited == "text more\\x1b[31m"
    assert (tmp_path / "editor.sh.mode").read_text().strip() == "600"
    assert list((tmp_path / "edit").iterdir()) == []
    script.write_text("#!/bin/sh\nexit 1\n")
    assert await edit("text", ".md", tmp_path, {"EDITOR": str(script)}) is None


@pytest.mark.parametrize("command", ["/no/such/editor", "'unclosed", " "])
async def test_an_editor_that_does_not_start_is_one_line(tmp_path: Path, command: str) -> None:
    with pytest.raises(EditorFailed) as caught:
        await edit("text", ".md", tmp_path, {"EDITOR": command})
    assert "\n" not in str(caught.value)


def test_the_editor_is_the_persons() -> None:
    assert editor_command({"EDITOR": "nano", "VISUAL": "code -w"}) == ["code", "-w"]
    assert editor_command({}) == ["vi"]


def test_exports_end_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oncall_tui.app.exports.MOST", 2)
    write_export(tmp_path, "a.md", "1")
    write_export(tmp_path, "a.md", "2")
    with pytest.raises(ExportError):
        write_export(tmp_path, "a.md", "3")
    (tmp_path / "b.md").symlink_to("/etc/passwd")
    assert write_export(tmp_path, "b.md", "x").name == "b-2.md"


# -- keys in quick succession ----------------------------------------------------------------------------------


def typed(one: Seat, *keys: str) -> None:
    """Keys that are all there before the first of them has done anything."""
    for key in keys:
        one.app.post_message(Key(key, key if len(key) == 1 else None))


async def test_a_key_from_before_the_screen_is_there_acts_on_nothing_and_that_is_said(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.until(lambda: ("start",) in one.desk.asked, "the desk is started")
        typed(one, one.app.key_map.shown("outbox"), one.app.key_map.shown("acknowledge"))
        await one.until(lambda: type(one.app.screen).__name__ == "OutboxScreen", "the screen")
        await one.said("pressed before this screen was there, did nothing")
        assert one.acts() == []
        typed(one, "escape")
        await one.until(lambda: isinstance(one.app.screen, DashboardScreen), "back")
        typed(one, one.app.key_map.shown("acknowledge"))
        await one.until(lambda: len(one.acts()) == 1, "keys act again")


async def test_nothing_is_done_to_an_incident_by_a_key_from_before_it_is_open(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.until(lambda: ("start",) in one.desk.asked, "the desk is started")
        typed(one, "enter", one.app.key_map.shown("acknowledge"), one.app.key_map.shown("resolve"))
        await one.until(lambda: type(one.app.screen).__name__ == "IncidentScreen", "the screen")
        assert one.acts() == []


async def test_keys_right_behind_i_are_the_forms(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.until(lambda: ("start",) in one.desk.asked, "the desk is started")
        typed(one, "4", one.app.key_map.shown("declare"), *"Carts")
        await one.until(lambda: "Carts" in screen_text(one.app), "typed into the form")
        assert one.acts() == []


async def test_a_key_right_behind_one_that_asks_is_the_questions(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.until(lambda: ("start",) in one.desk.asked, "the desk is started")
        typed(one, one.app.key_map.shown("resolve"), one.app.key_map.shown("acknowledge"))
        await one.until(lambda: len(one.app.screen_stack) == 2, "the question")
        await one.pilot.pause()
        assert one.acts() == [], "the second is the question's, not the dashboard's"


async def test_a_screen_that_cannot_be_opened_gives_the_keys_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seat(tmp_path) as one:
        await one.until(lambda: ("start",) in one.desk.asked, "the desk is started")

        def broken(*_: object) -> None:
            raise KeyError("outbox")

        monkeypatch.setattr("oncall_tui.app.opening.screen_named", broken)
        typed(one, one.app.key_map.shown("outbox"))
        await one.said("KeyError")
        typed(one, one.app.key_map.shown("acknowledge"))
        await one.until(lambda: len(one.acts()) == 1, "keys act again")
