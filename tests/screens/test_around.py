"""What stands around an incident and around a team: where else it is paged, changes, action items, who says what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from oncall_tui.board import Board, PaneName, build_board
from oncall_tui.cli.now import report_lines
from oncall_tui.model import ActionItem, Change, ChangeKind, IncidentFacts, Person
from oncall_tui.policy.identity import Identity
from screens.around_words import MOST_CHANGES, around_lines
from screens.dashboard import DashboardScreen
from screens.details import details_of
from screens.incident import IncidentScreen
from screens.requests import IncidentWanted
from tests.support import ui
from tests.support.make import grouped
from tests.support.ui import HOSTILE, NOW, ScreenApp, ago, alert, incident, screen_text
from widgets.lines import Words
from widgets.oncall import on_call_lines
from widgets.words import title_words

SETTINGS = replace(
    ui.SETTINGS,
    sources=(*ui.SOURCES, ("opsgenie", "opsgenie")),
    identity=Identity(people={"alice@example.com": {"opsgenie": "alice.m"}}),
)
KEY = "9c1185a5c5e9fc54"
MINE = incident("Q1", keys=(KEY,), created_at=ago(minutes=30))
THEIRS = incident("G7", id="opsgenie:G7", source="opsgenie", keys=(KEY,), title="Checkout", url=None)
HINT = incident("G8", id="opsgenie:G8", source="opsgenie", title=MINE.title, created_at=ago(minutes=31), url=None)


def change(title: str, minutes: float, **fields: Any) -> Change:
    values = {"id": f"g:{title}", "source": "grafana", "native_id": title, "title": title, "at": ago(minutes=minutes)}
    return Change(**values | {"service": "payments", "kind": ChangeKind.DEPLOYMENT} | fields)


MAINTENANCE = change(
    "move the replica", 60, until=NOW + timedelta(hours=1), kind=ChangeKind.MAINTENANCE, source="alerts"
)


def board(**facts: Any) -> Board:
    given = {"incidents": (MINE, THEIRS, HINT), "changes": (MAINTENANCE,)} | facts
    return build_board(replace(ui.sample_facts(), **given), SETTINGS, NOW)


def view(**fields: Any) -> IncidentFacts:
    return IncidentFacts(**{"incident": MINE, "read_at": ago(minutes=1)} | fields)


def said(lines: list[Words]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((80, 24), ("+opsgenie", "+pager")),
        ((200, 40), ("also opsgenie:G7 maintenance", "also pager:Q1 maintenance")),
    ],
)
async def test_the_row_says_where_else_it_is_paged_and_that_its_service_is_in_maintenance(
    size: tuple[int, int], words: tuple[str, ...]
) -> None:
    app = ScreenApp(DashboardScreen(), board())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = flat(app)
        assert all(word in text for word in words)
        assert "G8" not in text, "a hint is no join"
        await pilot.press("j")
        await pilot.pause()
        assert "also opsgenie:G7: same dedup key" in flat(app), "the note tells what the row is too short for"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (60, "Checkout returns 503  also opsgenie:G7  maintenance"),
        (50, "Checkout returns 503  also opsgenie:G7  maint"),
        (40, "Checkout returns 503  +opsgenie  maint"),
        (33, "Checkout returns 503  +opsgenie"),
        (28, "Checkout returns…  +opsgenie"),
        (18, "Checkout r…  maint"),
        (12, "Checkout returns 503"),
    ],
)
def test_what_stands_beside_a_title_gets_shorter_before_the_title_does(cells: int, said: str) -> None:
    row = board().incident("pager:Q1")
    assert row is not None
    told = "".join(span.text for span in title_words(row, cells))
    assert told == said, "the column cuts a title that has nothing beside it"


async def test_the_incident_tells_the_reasons_its_alerts_its_changes_and_its_items() -> None:
    groups = tuple(replace(one, refs=(("", KEY),)) for one in grouped((alert("f1", service="other"),)))
    shown = view(
        changes=(
            change("payments v43", -600),
            change("hotfix", 10),
            change("payments v42", 45, author="Carol", service=None),
        ),
        action_items=(
            ActionItem(
                id="jira:OPS-1",
                source="jira",
                native_id="OPS-1",
                title="Pool connections",
                state="To Do",
                done=False,
                due=date(2026, 11, 20),
                owner=ui.BOB,
            ),
        ),
    )
    app = ScreenApp(IncidentScreen("pager:Q1"), board(groups=groups), answers={IncidentWanted: shown})
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.pause()
        text = flat(app)
        for words in (
            f"also opsgenie:G7 triggered same dedup key {KEY}",
            "perhaps opsgenie:G8 triggered same title, began about then",
            "maintenance move the replica until 15:42",
            "Alerts 1",
            "joined its fingerprint is the dedup key (alerts)",
            "15m before payments v42 deployment, no service named, Carol (grafana)",
            "since hotfix deployment (grafana)",
            "planned payments v43",
            "OPS-1 Pool connections To Do, Bob Chen OVERDUE since 2026-11-20",
        ):
            assert words in text, words


def test_changes_beyond_the_first_few_are_counted() -> None:
    many = tuple(change(f"v{number}", 31 + number) for number in range(MOST_CHANGES + 3))
    lines = said(around_lines(view(changes=many), board(), 60))
    assert "3 more" in lines and sum(" before" in line for line in lines) == MOST_CHANGES
    assert around_lines(view(), board(), 60) == [] and around_lines(None, board(), 60) == []


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_are_text(title: str) -> None:
    item = ActionItem(id="j:1", source="j", native_id="1", title=title, state=title, done=True, url="javascript:x")
    lines = around_lines(view(changes=(change(title, 40, url="file:///etc"),), action_items=(item,)), board(), 2000)
    assert sum(title in line for line in said(lines)) == 2
    assert not [span.link for line in lines for span in line if span.link]


async def test_an_alert_tells_every_incident_that_it_belongs_to_and_why() -> None:
    groups = tuple(replace(one, refs=(("", KEY),)) for one in grouped((alert("f1", service="other"),)))
    seen = board(groups=groups)
    text = " ".join(" ".join(said(details_of(seen.alerts[0], seen, 100)[1])).split())
    assert "incident Checkout returns 503 pager:Q1 joined its fingerprint is the dedup key" in text
    assert "incident Checkout opsgenie:G7" in text
    near = board(groups=grouped((alert("Odd", service="payments", first_at=ago(minutes=29)),)), incidents=(MINE,))
    text = " ".join(" ".join(said(details_of(near.alerts[0], near, 100)[1])).split())
    assert "joined perhaps: same service payments, began within 15 min" in text


async def test_a_check_of_a_service_in_maintenance_says_so() -> None:
    checks = tuple(replace(one, service="payments") for one in ui.sample_facts().health)
    for size, keys, words in (((120, 36), (), "maint payments"), ((80, 24), ("3",), "in maintenance")):
        app = ScreenApp(DashboardScreen(), board(health=checks))
        async with app.run_test(size=size) as pilot:
            await pilot.press(*keys)
            await pilot.pause()
            assert words in flat(app)
    seen = board(health=checks)
    text = " ".join(said(details_of(seen.health[0], seen, 100)[1]))
    assert "move the replica until 15:42" in text


async def test_one_team_of_two_pagers_is_one_block_with_who_says_what() -> None:
    there = Person(id="alice.m", name="A. Martin")
    held = (
        ui.on_call(ui.ALICE, 1),
        ui.on_call(ui.BOB, 2),
        ui.on_call(there, 1, source="opsgenie"),
        ui.on_call(ui.ERIN, 2, source="opsgenie"),
    )
    seen = board(on_call=held)
    assert len(seen.on_call) == 1
    lines = on_call_lines(seen.on_call)
    assert [(line.entry.person.name, line.doubted) for line in lines if line.entry is not None] == [
        ("Alice Martin", ""), ("Bob Chen", "pager"), ("Erin Walsh", "opsgenie"),
    ]  # fmt: skip
    async with ScreenApp(DashboardScreen(), seen).run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        text = flat(pilot.app)  # type: ignore[arg-type]
        assert "Payments pager, opsgenie" in text
        assert "2 Bob Chen pager" in text and "Erin Walsh opsgenie" in text


async def test_a_level_that_nobody_holds_says_so() -> None:
    """Who is paged after the primary finds nobody there: the level is not left out."""
    seen = board(on_call=(ui.on_call(ui.ALICE, 1), ui.on_call(ui.ERIN, 3)))
    assert seen.on_call[0].vacant == (2,)
    async with ScreenApp(DashboardScreen(), seen).run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "2 NOBODY" in flat(pilot.app)  # type: ignore[arg-type]
    async with ScreenApp(DashboardScreen(), seen).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "→ NOBODY → Erin" in flat(pilot.app)  # type: ignore[arg-type]
    lines = report_lines(seen, (), seen.minute, (PaneName.ON_CALL,))
    assert [line.split()[:2] for line in lines[2:]] == [["1", "Alice"], ["2", "NOBODY"], ["3", "Erin"]]


async def test_the_levels_of_a_hostile_pager_are_not_counted_for_ever() -> None:
    seen = board(on_call=(ui.on_call(ui.ALICE, 1), ui.on_call(ui.ERIN, 10**9)))
    assert len(seen.on_call[0].vacant) < 100
