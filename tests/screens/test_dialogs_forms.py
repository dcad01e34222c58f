"""Snooze, severity, assign, merge, title, silence, a line, an export: what they ask and what they give."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from textual import events

from oncall_tui.model import Directory, IncidentState, Person
from oncall_tui.policy import DEFAULT_RULES, SeverityPolicy
from screens.dialogs.export import ExportDialog, name_problem
from screens.dialogs.frame import Dialog
from screens.dialogs.line import LineDialog
from screens.dialogs.times import Stretch, offered, read_stretch
from tests.screens.dialog_bench import SIZES, assert_whole, bench, crowd, dialog, params, words
from tests.support.make import grouped
from tests.support.ui import (
    BOB,
    alert,
    incident,
    sample_board,
    sample_directory,
    sample_facts,
    with_incidents,
)

NOW = datetime(2026, 11, 23, 14, 42, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


# -- snooze ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("45m", 2700),
        ("1h30m", 5400),
        ("1d", 86400),
        (" 2H ", 7200),
        ("16:00", 78 * 60),
        ("until 09:00", (18 * 60 + 18) * 60),
    ],
)
def test_lengths_as_typed(typed: str, seconds: int) -> None:
    assert read_stretch(typed, NOW, UTC).seconds == seconds


@pytest.mark.parametrize("typed", ["", "45", "soon", "0m", "30s", "24:00", "-1h", "1h 30m x", "9" * 40])
def test_what_is_no_length(typed: str) -> None:
    with pytest.raises(ValueError):
        read_stretch(typed, NOW, UTC)


def test_until_the_morning_over_a_change_of_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    saturday = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)  # 22:00 there, the night when clocks go back
    morning = offered((), saturday, berlin)[0]
    assert morning == Stretch("until 09:00", timedelta(hours=12))


@pytest.mark.parametrize(
    ("keys", "seconds"),
    [([], 1800), (["down"], 3600), (["down", "down", "down", "down"], 65880), ([*"90m"], 5400), ([*"16:00"], 4680)],
)
async def test_snooze(keys: list[str], seconds: int) -> None:
    app = bench(dialog("snooze"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys, "enter")
    assert params(app) == {"seconds": seconds}


async def test_snooze_says_when_it_wakes_and_refuses_what_it_cannot_read() -> None:
    app = bench(dialog("snooze"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"45")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert app.results == [] and "not a length of time: 45m, 1h30m, 16:00" in words(app)
        await pilot.press("m")
        await pilot.pause()
        assert "Quiet until 15:27. It triggers again then." in words(app)
        await pilot.press("enter")
    assert params(app) == {"seconds": 2700}


async def test_snooze_of_many_lists_them() -> None:
    facts = with_incidents(*(incident(f"Q{number}", title=f"Number {number}") for number in range(30)))
    app = bench(dialog("snooze", sample_board(facts), *(f"pager:Q{number}" for number in range(30))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert_whole(app)
        assert "Snooze 30 incidents" in words(app) and "more" in words(app)


# -- severity --------------------------------------------------------------------------------------------------


async def test_severity_tells_what_it_means_and_makes_due() -> None:
    app = bench(dialog("severity"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = words(app)
        assert "1 SEV1 Critical Complete service unavailability for most users now" in text
        assert "Acknowledged within 5m, an update every 30m, resolved by 18:39 (in 3h)." in text
        assert "Such as website down" in text and "Post-mortem within 5 business days" in text
        await pilot.press("4")
        await pilot.pause()
        text = words(app)
        assert "Acknowledged in business hours, updates as needed, resolved by Thu 14:39" in text
        await pilot.press("enter")
    assert params(app) == {"severity": 4}


async def test_severity_that_it_has_already_changes_nothing() -> None:
    app = bench(dialog("severity"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert app.results == [] and "it is Sev1 already" in words(app)
        await pilot.press("j", "enter")
    assert params(app) == {"severity": 2}


async def test_severity_by_the_teams_own_policy() -> None:
    rules = {**DEFAULT_RULES, 1: replace(DEFAULT_RULES[1], title="Fire", definition="the shop is shut")}
    app = bench(dialog("severity", sample_board(policy=SeverityPolicy(rules))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "1 SEV1 Fire the shop is shut" in words(app)


async def test_severity_of_several_with_different_ones_can_be_any() -> None:
    app = bench(dialog("severity", sample_board(), "pager:Q1", "pager:Q3"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1", "enter")
    assert params(app) == {"severity": 1}


# -- assign ----------------------------------------------------------------------------------------------------


async def test_assign_to_me_is_one_key() -> None:
    app = bench(dialog("reassign", sample_board(), "pager:Q4"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "You take it over. No longer with Bob Chen." in words(app)
        await pilot.press("enter")
    assert params(app) == {"people": ["PALICE"], "names": ["Alice Martin"]}


@pytest.mark.parametrize("typed", ["bob", "BOB chen", "chen bob", "bob@ex"])
async def test_assign_to_somebody_found(typed: str) -> None:
    app = bench(dialog("reassign"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*typed)
        await pilot.pause()
        assert "Wakes Bob Chen <bob@example.com>." in words(app)
        await pilot.press("enter")
    assert params(app) == {"people": ["PBOB"], "names": ["Bob Chen"]}


async def test_who_is_called_so_comes_before_who_only_holds_it() -> None:
    people = (Person(id="1", name="Zoe Anders", contact="ann@x"), Person(id="2", name="Ann Zuse"))
    board = sample_board(replace(sample_facts(), directories={"pager": Directory(people=people)}))
    app = bench(dialog("reassign", board))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"ann", "enter")
    assert params(app)["people"] == ["2"]


async def test_the_seat_can_take_over_though_no_list_of_people_names_it() -> None:
    known = replace(sample_directory(), people=(BOB,))
    app = bench(dialog("reassign", sample_board(replace(sample_facts(), directories={"pager": known}))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
    assert params(app)["people"] == ["PALICE"]


async def test_assign_across_systems_is_refused() -> None:
    other = incident("X1", id="other:X1", source="other")
    board = sample_board(with_incidents(incident("Q1"), other))
    app = bench(dialog("reassign", board, "pager:Q1", "other:X1"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert app.results == [] and "several systems" in words(app)


@pytest.mark.parametrize("size", SIZES)
async def test_four_hundred_people_scroll(size: tuple[int, int]) -> None:
    board = sample_board(replace(sample_facts(), directories={"pager": crowd(400)}))
    app = bench(dialog("reassign", board))
    async with app.run_test(size=size) as pilot:
        await pilot.press(*["pagedown"] * 3)
        await pilot.pause()
        assert_whole(app)
        assert "more" in words(app)


# -- merge, title ----------------------------------------------------------------------------------------------


async def test_merge_offers_open_ones_of_the_source_same_service_first() -> None:
    board = sample_board(
        with_incidents(
            incident("Q1"),
            incident("Q2", title="Gateway slow", service=None),
            incident("Q3", title="Checkout slow"),
            incident("Q4", title="Gone", state=IncidentState.RESOLVED, resolved_at=NOW),
            incident("Q5", title="Elsewhere", id="other:Q5", source="other"),
            incident("Q6", title="Cannot be", mergeable=False),
        )
    )
    app = bench(dialog("merge", board))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = words(app)
        assert text.index("Checkout slow") < text.index("Gateway slow")
        assert not {"Gone", "Elsewhere", "Cannot be"} & {
            name for name in ("Gone", "Elsewhere", "Cannot be") if name in text
        }
        assert "This one is resolved; its alerts go to #1234 pager:Q3, Checkout slow." in text
        await pilot.press(*"gate", "enter")
    assert params(app) == {"into": "pager:Q2"}


async def test_merge_with_nothing_to_merge_into() -> None:
    app = bench(dialog("merge", sample_board(with_incidents(incident("Q1")))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert app.results == [] and "no other open incident of pager" in words(app)


async def test_title() -> None:
    app = bench(dialog("title"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert app.results == [] and "it is called so already" in words(app)
        await pilot.press(*", EU", "enter")
    assert params(app) == {"title": "Checkout returns 503, EU"}


async def test_an_empty_title_is_none() -> None:
    app = bench(dialog("title"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+u", "enter")
        await pilot.pause()
        assert app.results == [] and "the title is empty" in words(app)


async def test_a_pasted_title_is_one_line_of_text() -> None:
    app = bench(dialog("title"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+u")
        app.focused.post_message(events.Paste("[b]new\x1b[31m\nsecond"))  # type: ignore[union-attr]
        await pilot.pause()
        await pilot.press("enter")
    assert params(app) == {"title": "[b]new\\x1b[31m"}


# -- silence ---------------------------------------------------------------------------------------------------


async def test_silence_asks_why_and_says_what_is_muted_until_when() -> None:
    app = bench(dialog("silence"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = words(app)
        assert "alertname HighErrorRate instance eu-1" in text and "until 16:42" in text
        await pilot.press("enter")
        await pilot.pause()
        assert app.results == [] and "a silence needs a reason" in words(app)
        await pilot.press(*"deploy", "enter")
    assert params(app) == {
        "seconds": 7200,
        "reason": "deploy",
        "labels": {"alertname": "HighErrorRate", "instance": "eu-1"},
    }


@pytest.mark.parametrize(
    ("keys", "seconds"),
    [
        (["down"], 4 * 3600),
        (["up"], 3600),
        (["up"] * 3, (18 * 60 + 18) * 60),
        (["tab", "ctrl+u", *"18:00"], 198 * 60),
        (["tab", "ctrl+u", *"45m", "down"], 2 * 3600),
    ],
)
async def test_the_length_of_a_silence(keys: list[str], seconds: int) -> None:
    app = bench(dialog("silence"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"why", *keys, "enter")
    assert params(app)["seconds"] == seconds


async def test_a_silence_without_a_length_is_not_made() -> None:
    app = bench(dialog("silence"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"why", "tab", "ctrl+u", *"soon", "enter")
        await pilot.pause()
        assert app.results == [] and "not a length of time" in words(app)


async def test_a_group_that_shares_no_label_is_never_silenced() -> None:
    alerts = (
        alert("A", native="1", group_key="g", labels={"x": "1"}),
        alert("B", native="2", group_key="g", labels={}),
    )
    board = sample_board(replace(sample_facts(), groups=grouped(alerts)))
    app = bench(dialog("silence", board))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"why", "enter")
        await pilot.pause()
        assert app.results == [] and "it would match everything" in words(app)


async def test_hostile_labels_are_sent_as_they_are_and_shown_as_text() -> None:
    labels = {"alertname": "[/b]", "path": "[@click=app.quit]x[/]", **{f"l{number:02d}": "v" for number in range(30)}}
    board = sample_board(replace(sample_facts(), groups=grouped((alert("A", labels=labels),))))
    app = bench(dialog("silence", board))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert_whole(app)
        assert "alertname [/b]" in words(app) and "lines more" in words(app)
        await pilot.press(*"why", "enter")
    assert params(app)["labels"] == labels


# -- a line, an export -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_line(size: tuple[int, int]) -> None:
    app = bench(LineDialog("Action item", "What is left to do.", sample_board()))
    async with app.run_test(size=size) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert app.results == [] and "the line is empty" in words(app)
        await pilot.press(*"x y")
        await pilot.pause()
        assert_whole(app)
        await pilot.press("enter")
    assert params(app) == {"text": "x y"}


@pytest.mark.parametrize(
    ("keys", "form", "name"),
    [
        ([], "md", "h.md"),
        (["tab"], "html", "h.html"),
        (["shift+tab"], "json", "h.json"),
        (["ctrl+u", *"mine"], "md", "mine.md"),
        (["ctrl+u", *"v1.2", "tab"], "html", "v1.2.html"),
    ],
)
async def test_an_export(keys: list[str], form: str, name: str) -> None:
    app = bench(ExportDialog("h.md", sample_board()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys, "enter")
    assert params(app) == {"format": form, "name": name}


@pytest.mark.parametrize("name", ["", "..", "a/b.md", "-rf", ".hidden", "a\x1bb", "a\u202eb", "x" * 201, "é" * 101])
def test_what_is_no_file_name(name: str) -> None:
    assert name_problem(name) is not None


def test_what_is_a_file_name() -> None:
    assert name_problem("handover-alice-2026-11-23-2000.md") is None


async def test_a_path_is_refused_in_the_dialog() -> None:
    app = bench(ExportDialog("h.md", sample_board()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+u", *"../x", "enter")
        await pilot.pause()
        assert app.results == [] and "a name, not a path" in words(app)
