"""An incident's whole life in the demo by keys alone, at 80x24: a suggestion is accepted, triaged, declared in every
simulated system, investigated, told, mitigated, watched, resolved and written up; then the shift is handed over.

``ONCALL_TUI_WALK=docs/pictures/walk python -m pytest tests/walk`` draws the pictures of the docs anew.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from oncall_tui import actions, channels, sources
from oncall_tui.app import AppSettings, OncallApp, build_app
from oncall_tui.cli.compose import open_house
from oncall_tui.config.load import load_config
from oncall_tui.demo.systems import ASKED, CHANNELS
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.world import World
from screens.dialogs.frame import Dialog
from tests.support.clock import START as MONDAY
from tests.support.clock import WoundClock
from tests.support.hand import press, settled, until
from tests.support.ui import screen_text

LIMIT_S = 60.0
TITLE = "edge: HandshakesFail, ConnectionsCut"
IMPACT = "customers are cut off now and then"
CAUSE = "v3.4 lacks a cipher of old clients"
FIX = "v3.4 is rolled back"
ITEM = "Try each release with old clients"
WIKI = "https://wiki.example.com/pm"
PICTURES = os.environ.get("ONCALL_TUI_WALK")


class Walk:
    """The running app at 80x24, the house behind it and the world behind that."""

    def __init__(self, app: OncallApp, clock: WoundClock, world: World, pilot: Pilot[None]) -> None:
        self.exports = app.settings.folder / "exports"
        self.app, self.clock, self.world, self.pilot = app, clock, world, pilot
        self.began = ""
        """When the trouble began, as the screen says it."""
        self._drawn: list[str] = []

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)

    async def sees(self, *words: str) -> None:
        """Wait until all of them are on the screen. Time passes meanwhile by the look, not by the wall: as far on a
        machine that is busy as on one that is not."""

        def looked() -> bool:
            self.clock.wind(0.25)
            return all(one in self.text for one in words)

        await until(self.pilot, looked, f"to see {words}", LIMIT_S)

    async def is_noted(self, *words: str) -> None:
        """Wait until a note has gone out, and these are on the screen."""
        await self.sees("leaves in")
        before = len(self.notes())

        # (What is said of it may be said over by what else happens.)
        def is_there() -> bool:
            self.clock.wind(0.25)
            return len(self.notes()) > before

        await until(self.pilot, is_there, "the note in the pager", LIMIT_S)
        await self.sees(*words)

    async def passes(self, seconds: float, step_s: float = 30.0) -> None:
        """Let time pass, for everybody who does something in it, until the screen is there too."""
        while seconds > 0:
            self.clock.wind(min(step_s, seconds))
            seconds -= step_s
            for _ in range(8):
                await settled(self.pilot)
                await asyncio.sleep(0.005)
        await until(self.pilot, self._is_present, "the header's clock of now", LIMIT_S)

    def _is_present(self) -> bool:
        return screen_text(self.app).split("\n")[0].endswith(f"{self.clock.now():%M}")

    def notes(self) -> list[str]:
        """What the pager has noted on the incident."""
        told = self.world.state()["incidents"]
        return [note["content"] for one in told if one["title"] == TITLE for note in one["notes"]]

    async def writes(self, name: str) -> None:
        """Wait until a file of that kind is in the exports folder."""
        await until(self.pilot, lambda: list(self.exports.glob(name)), f"a file {name}", LIMIT_S)

    async def types(self, *parts: str) -> None:
        """Keys by their names, anything else letter by letter."""
        for part in parts:
            await self.press(*([part] if part in ("tab", "enter") else part))

    def find(self, pattern: str) -> str:
        """What the pattern's group is on the screen."""
        found = re.search(pattern, self.text)
        assert found is not None, f"{pattern} is not in {self.text}"
        return found.group(1)

    @property
    def text(self) -> str:
        """The screen's words, runs of white space as one."""
        return " ".join(screen_text(self.app).split())

    def picture(self, name: str) -> None:
        """Draw what is on the screen, where pictures are wanted."""
        self._drawn.append(name)
        if os.environ.get("WALK_SHOW"):
            print(f"--- {len(self._drawn)} {name}\n{screen_text(self.app)}", flush=True)
        if PICTURES:
            drawn = self.app.export_screenshot(title="oncall-tui").replace("Fira Code", "DejaVu Sans Mono")
            drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
            drawn = drawn.replace("<text ", '<text xml:space="preserve" ')
            path = Path(PICTURES)
            path.mkdir(parents=True, exist_ok=True)
            (path / f"{len(self._drawn):02d}-{name}.svg").write_text(drawn)

    def picture_once(self, name: str) -> None:
        """The same, the first time."""
        if name not in self._drawn:
            self.picture(name)


@asynccontextmanager
async def walk(folder: Path) -> AsyncIterator[Walk]:
    clock = WoundClock(MONDAY + timedelta(days=2))
    world = World(clock, seed=1, channels=CHANNELS, asked=ASKED)
    path = folder / "config.yaml"
    path.touch(mode=0o600)
    path.write_text(world.config_yaml(BASE_URL))
    config = load_config(path, kinds=sources, channels=channels, environ=os.environ, known_actions=actions.BY_ID)
    async with open_house(config, folder / "data", sends=True, clock=clock, transport=world.transport()) as house:
        settings = AppSettings(
            folder=folder / "data", theme="dark", commands=config.commands, environ={"LANG": "C.UTF-8"}
        )
        app = build_app(house.desk, clock=clock, settings=settings)
        async with app.run_test(size=(80, 24)) as pilot:
            yield Walk(app, clock, world, pilot)
            assert app.faults.total == 0, "nothing unexpected happened"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def system(one: Walk, kind: str) -> dict[str, Any]:
    return dict(one.world.state()["systems"][kind])


async def tells(one: Walk, what: str, *, said: str) -> None:
    """``c``, and the first entry that is that, as it is filled in."""
    await one.press("c")
    await one.sees("Communicate", "▌ 1", what)
    number = int(one.find(rf"(\d) (?:\S+ )?{what}"))
    await one.press(*["down"] * (number - 1), "enter")
    await one.sees("the draft is kept")
    await one.press("enter")
    await one.sees("leaves in")
    await one.sees(said)


async def is_suggested_and_declared(one: Walk) -> None:
    await one.sees("SUGGESTED", "2 Alerts")
    await one.press("2", "g")
    await one.sees("i declare")
    one.picture("suggested")
    await one.press("enter")
    await one.sees("2 signals", "joined same service edge, 2 min after")
    one.began = one.find(r"began (\d\d:\d\d)")
    one.picture("why-it-is-suggested")
    await one.press("escape", "i")
    await one.sees("Title", "1-4 answer")
    await one.press("d")
    await one.sees("answers give Sev2")
    await one.types("tab", "tab", "tab", IMPACT)
    await one.sees(IMPACT)
    one.picture("triage")
    await one.press("enter")
    await one.sees("10 steps", "y declare")
    one.picture("plan")
    await one.press("y")
    await one.sees("10 of 10 confirmed")
    one.picture("declared")


async def is_acknowledged(one: Walk) -> None:
    await one.press("enter")
    await one.sees("[Timeline]", "TRIGGERED", "read")
    await one.press("a")
    await one.sees("acknowledged: edge", "Acknowledged by Alice")
    for words in (f"{one.began} began: handshakes fail", f"impact: {IMPACT}"):
        await one.press("n")
        await one.sees("ctrl+j new line")
        await one.types(words, "enter")
        await one.is_noted()
    await one.sees(f"■ note impact: {IMPACT} Alice")
    one.picture("acknowledged")


async def is_investigated(one: Walk) -> None:
    # From two minutes on the demo's Prometheus cannot be reached for 75 seconds.
    await one.passes(210 - (one.clock.now() - one.world.started_at).total_seconds())
    await one.press("tab", "tab", "tab")
    await one.sees("[Investigation]", "error rate", "3.4 %", "Logs")
    await one.press("g", "F")
    await one.is_noted("Findings", "error rate up to 3.")
    one.picture("investigation")
    await one.press("h")
    await one.sees("enter add")
    await one.types(CAUSE, "enter")
    await one.is_noted("Hypotheses", "H1")
    await one.press("g", "v")
    await one.sees("c confirmed")
    await one.press("c")
    await one.is_noted("✔ H1")
    await one.press("B")
    await one.sees("Root cause", "enter add")
    await one.press("enter")
    await one.is_noted("Root cause", CAUSE)
    one.picture("root-cause")


async def is_told_in_time(one: Walk) -> None:
    """Until everybody has heard of it twice: what is due is told in its last ten minutes, and nothing is ever late."""
    await one.press("tab", "tab")
    await one.sees("[Comms]", "publish: identified")
    await tells(one, "publish: identified", said="status says identified, as its phase asks")
    drawn = False
    for _ in range(35):
        await one.passes(120, 120)
        assert "OVERDUE" not in one.text
        if not re.search(r"due next │ │▌in (?:<1|[1-9])m ", one.text):
            continue
        if not drawn:
            one.picture("due")
            await one.press("c")
            await one.sees("Communicate", "▌ 1")
            one.picture("communicate")
            await one.press("enter")
            await one.sees("news is promised every 30 min", "the draft is kept")
            one.picture("status-page")
            await one.press("enter")
            await one.sees("update published")
            drawn = True
        elif one.find(r"due next │ │▌in \S+ (\w+ \w+)") == "tell company":
            await tells(one, "tell company", said="message sent")
            return
        else:
            await tells(one, "publish an update", said="update published")
    raise AssertionError("the company was never told")


async def is_mitigated_and_watched(one: Walk) -> None:
    await one.press("P")
    await one.sees("the impact has ended", "1-7")
    await one.types("7", "tab", FIX)
    await one.sees(f"'mitigated: {FIX}'")
    one.picture("mitigated")
    await one.press("enter")
    await one.is_noted("publish: monitoring")
    await tells(one, "publish: monitoring", said="status says monitoring, as its phase asks")
    await one.press("shift+tab")
    await one.sees("[Resolution]", "runs test-fix")
    await one.press("g", "enter")
    await one.sees("48 well", "exit 0")
    await one.press("escape")
    await one.sees("test-fix: exit 0")
    await one.press("down", "enter")
    await one.sees("It changes something")
    await one.press("y")
    await one.sees("edge deployed", "exit 0")
    await one.press("escape")
    await one.sees("deploy: exit 0")
    for _ in range(45):
        if "watch recovered: well for" in one.text:
            break
        if re.search(r"watch well for [5-9] min", one.text):
            one.picture_once("watch")
        await one.passes(60)
    await one.sees("watch recovered: well for", "[x] 3", "[x] 4 Verify")
    await tells(one, "tell stakeholders: recovered", said="message sent")


async def is_resolved(one: Walk) -> None:
    await one.press("r")
    await one.sees("y resolve")
    await one.press("y")
    await one.sees("resolved: edge", "RESOLVED")
    await tells(one, "tell stakeholders: resolved", said="[x] 5 Tell")
    await one.sees("5 of 5 done")
    await one.press("p")
    await one.is_noted("5 of 5 done")
    one.picture("resolved")
    await tells(one, "publish: resolved", said="update published")


async def is_written_up(one: Walk) -> None:
    await one.press("W")
    await one.sees("Post-mortem", "business days", "Time to detect")
    await one.press("n")
    await one.sees("Action item", "enter add")
    await one.types(f"{ITEM} (owner: Bob, due: 2026-12-24)", "enter")
    await one.sees("Action items 1, 0 done")
    await one.press("g")
    await one.sees("▌[ ]")
    await one.press("t")
    await one.sees("owner bob@example.com", "enter make the ticket")
    await one.press("enter")
    await one.sees("2026-12-24 · OPS-")
    await until(one.pilot, lambda: any(words.startswith("ticket: ") for words in one.notes()), "its key", LIMIT_S)
    one.picture("post-mortem")
    await one.press("F")
    await one.sees("is written", "enter note it")
    await one.types(WIKI, "enter")
    await one.is_noted("─ written ─")
    await one.press("w")
    await one.sees("enter write the file")
    await one.press("enter")
    await one.writes("post-mortem-*.md")
    await one.press("escape")
    await one.sees("RESOLVED", "[Resolution]")
    await until(one.pilot, lambda: "PM in" not in one.text, "the row to owe no post-mortem", LIMIT_S)


async def is_handed_over(one: Walk) -> None:
    await one.press("x")
    await one.sees("Shift handover", "Incidents during the shift")
    one.picture("handover")
    await one.press("w")
    await one.sees("enter write the file")
    await one.press("enter")
    await one.writes("handover-*.md")


@pytest.mark.timeout(600)  # waits for what can be seen, however busy the machine is
async def test_from_a_suggestion_to_the_handover(tmp_path: Path) -> None:
    async with walk(tmp_path) as one:
        await is_suggested_and_declared(one)
        await is_acknowledged(one)
        await is_investigated(one)
        await is_told_in_time(one)
        await is_mitigated_and_watched(one)
        await is_resolved(one)
        await is_written_up(one)
        await is_handed_over(one)
        the_systems_hold_all_of_it(one)
    the_post_mortem_is_whole(one)
    the_handover_has_it(one)


def the_systems_hold_all_of_it(one: Walk) -> None:
    (incident,) = [each for each in one.world.state()["incidents"] if each["title"] == TITLE]
    assert (incident["status"], incident["priority"], incident["service"]) == ("resolved", "P2", "edge")
    notes = one.notes()
    key = next(each["key"] for each in system(one, "jira")["issues"] if each["summary"] == ITEM)
    expected = [
        "triage: Sev2, significant degradation",
        f"[{one.began} ",
        f"impact: {IMPACT}",
        "finding: error rate up to 3.4 %",
        f"hypothesis: {CAUSE}",
        f"confirmed: {CAUSE}",
        f"root cause: {CAUSE}",
        f"mitigated: {FIX}",
        "Resolution:\n- [x] Test the fix in staging",
        f"action: {ITEM} (owner: Bob, due: 2026-12-24)",
        f"ticket: {key} {ITEM}",
        f"post-mortem: {WIKI}",
    ]
    assert len(notes) == len(expected)
    assert [note for note, words in zip(notes, expected, strict=True) if not note.startswith(words)] == []

    number = incident["number"]
    rooms = {room["name"]: room for room in system(one, "slack")["rooms"]}
    first, update, over = f"🚨 INCIDENT #{number} - Sev2", f"UPDATE #{number} - Sev2", f"RESOLVED #{number} - Sev2"
    heard = {
        name: [text for each in room["messages"] if f"#{number}" in (text := each["text"].split("\n")[0])]
        for name, room in rooms.items()
    }
    assert {name: texts for name, texts in heard.items() if texts} == {
        f"inc-{number}": [first, update, over],
        "incidents": [first],
        "general-updates": [first, update],
    }
    assert TITLE in rooms[f"inc-{number}"]["topic"]

    (page,) = [each for each in system(one, "statuspage")["incidents"] if each["name"] == TITLE]
    statuses = [each["status"] for each in reversed(page["incident_updates"])]
    assert list(dict.fromkeys(statuses)) == ["investigating", "identified", "monitoring", "resolved"]
    times = [datetime.fromisoformat(each["created_at"]) for each in reversed(page["incident_updates"])]
    assert max(later - sooner for sooner, later in pairwise(times)) <= timedelta(minutes=32), "as it promises"

    tickets = {each["summary"]: each for each in system(one, "jira")["issues"]}
    assert f"#{number} {TITLE}" in tickets
    assert (tickets[ITEM]["assignee"], tickets[ITEM]["due"]) == ("bob", "2026-12-24")


def the_post_mortem_is_whole(one: Walk) -> None:
    (file,) = one.exports.glob("post-mortem-*.md")
    text = file.read_text()
    summary, timeline, cause, impact, _, items = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert f"# Incident report: {TITLE}" in text
    for what in ("detect", "acknowledge", "mitigate", "resolve"):
        assert re.search(rf"Time to {what}:\*\* .*\d+ |Time to {what}:\*\* under a minute", summary), what
    assert "due:** 2026-12-09" in summary, "ten business days after Wednesday, 25 November"
    told = ("began:", "Triggered", "triage:", "Acknowledged", "finding:", "confirmed:", "identified:", "mitigated:")
    places = [timeline.index(words) for words in (*told, "monitoring:", "Resolved by", "resolved:")]
    assert places == sorted(places)
    assert CAUSE in cause and f"{CAUSE}: confirmed" in cause
    assert IMPACT in impact
    assert re.search(rf"\[ \] {ITEM} \(Owner: Bob, Due: 2026-12-24, OPS-\d+\)", items)


def the_handover_has_it(one: Walk) -> None:
    (file,) = one.exports.glob("handover-*.md")
    sections = dict(part.split("\n", 1) for part in re.split(r"^## ", file.read_text(), flags=re.MULTILINE)[1:])
    assert not any(TITLE in text for name, text in sections.items() if name.startswith("Start here"))
    shift = sections["Incidents during the shift"]
    counts = {name: int(count) for name, count in re.findall(r"^\| (\w+) \| (\d+) \|$", shift, flags=re.MULTILINE)}
    listed = [line[4:8] for line in shift.splitlines() if line.startswith("- **Sev")]
    assert counts.pop("Total") == len(listed)
    assert counts == {name: listed.count(name) for name in counts}
    (ours,) = [
        part for part in re.split(r"^- (?=\*\*)", shift, flags=re.MULTILINE) if part.startswith(f"**Sev2** {TITLE}")
    ]
    assert ours.startswith(f"**Sev2** {TITLE} (edge): resolved, began ")
    assert f"root cause: {CAUSE}" in ours and f"mitigated: {FIX}" in ours
    assert re.search(rf"{ITEM} \(owner: Bob, due: 2026-12-24\) \(OPS-\d+; pager:", sections["Action items"])
    assert TITLE not in sections["Post-mortems due"], "it is written"
    assert "edge v3.4" in sections["Changes to watch"]
