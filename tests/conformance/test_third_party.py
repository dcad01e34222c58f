"""A source of somebody else: it passes the kit, and an entry point is all that the program needs of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from oncall_tui.clock import Clock, iso
from oncall_tui.demo.wire import Request, Response, Simulator, json_response
from oncall_tui.model import HealthCheck, HealthStatus, Incident, OutboxRow, Silence, Snapshot
from oncall_tui.sources.base import Confirmation, Known, Outcome, Sent, SourceContext, SourceError
from oncall_tui.testkit import TROUBLES, SourceConformance, Subject
from oncall_tui.testkit.subject import BASE_URL
from tests.conformance.example import paperpager

KEY = "key-of-the-paper-pager"


class Paper:
    """What stands for the pager in its package's own tests."""

    prefix = "paperpager"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.writes = 0
        self._pages: dict[str, dict[str, Any]] = {}
        for key, title, state in (("P1", "Checkout returns 503", "open"), ("P2", "Backup is late", "taken")):
            self._pages[key] = {
                "key": key,
                "title": title,
                "state": state,
                "at": iso(clock.now()),
                "service": "payments",
                "holder": "alice",
                "notes": [],
            }

    def handle(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return json_response({"message": "who are you?"}, 401)
        match request.method, request.segments:
            case "GET", ("pages",):
                return json_response({"pages": list(self._pages.values())})
            case method, ("pages", key, *rest) if key in self._pages:
                return self._on(method, self._pages[key], rest, request)
        return json_response({"message": "no such page"}, 404)

    def _on(self, method: str, page: dict[str, Any], rest: list[str], request: Request) -> Response:
        match method, rest:
            case "GET", []:
                return json_response(page)
            case "PUT", ["state"]:
                page["state"] = request.json()["state"]
            case "POST", ["notes"]:
                key = f"N{len(page['notes']) + 1}"
                page["notes"].append({**request.json(), "key": f"{page['key']}-{key}", "at": iso(self._clock.now())})
            case _:
                return json_response({"message": "no"}, 405)
        self.writes += 1
        return json_response(page)


def made(context: SourceContext) -> Any:
    from oncall_tui.config.secret import Secret

    options = paperpager.Options(
        name="paper", kind="paperpager", base_url=f"{BASE_URL}/paperpager", token=Secret("literal", KEY)
    )
    return paperpager.make(options, context)


class TestPaperPager(SourceConformance):
    def subject(self) -> Subject:
        def writes(simulator: Simulator) -> int:
            return cast(Paper, simulator).writes

        return Subject(name="paper", make=made, simulator=Paper, writes=writes, secret=KEY)


def test_an_entry_point_makes_its_kind_known(tmp_path: Path) -> None:
    info = tmp_path / "site" / "paperpager-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: paperpager\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[oncall_tui.sources]\npaperpager = paperpager\n")
    module = Path(paperpager.__file__).read_text(encoding="utf-8")
    (tmp_path / "site" / "paperpager.py").write_text(module, encoding="utf-8")
    config = tmp_path / "config.yaml"
    config.write_text("sources:\n  - {name: paper, kind: paperpager, base_url: http://127.0.0.1:1, tokn: x}\n")
    config.chmod(0o600)
    done = subprocess.run(
        [sys.executable, "-m", "oncall_tui", "--config", str(config), "config"],
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": "/usr/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 2
    assert "sources[0].tokn: unknown key" in done.stderr
    assert "did you mean 'token'?" in done.stderr


class Hasty(paperpager.PaperPager):
    """Sends what was lost once more by itself."""

    async def send(self, row: OutboxRow) -> Sent:
        try:
            return await super().send(row)
        except SourceError:
            return await super().send(row)


class Sure(paperpager.PaperPager):
    """Says of what was lost that it did not arrive."""

    async def send(self, row: OutboxRow) -> Sent:
        try:
            return await super().send(row)
        except SourceError as error:
            raise SourceError(str(error)) from None


class Complete(paperpager.PaperPager):
    """Takes every list for all there is."""

    async def poll(self, known: Known) -> Snapshot:
        return replace(await super().poll(known), incidents_complete=True)


class Raw(paperpager.PaperPager):
    """Hands on what it gets."""

    def _incident(self, row: Mapping[str, Any]) -> Incident | None:
        made = super()._incident(row)
        return made and replace(made, title=str(row.get("title")))


class Rash(paperpager.PaperPager):
    """Trusts the form of an answer."""

    async def poll(self, known: Known) -> Snapshot:
        answer = await self._client.get("/pages")
        assert len(answer.data["pages"]) >= 0
        return await super().poll(known)


class Blind(paperpager.PaperPager):
    """Confirms whatever was sent."""

    async def confirm(self, row: OutboxRow) -> Confirmation:
        return Confirmation(outcome=Outcome.APPLIED)


class AlreadySo(paperpager.PaperPager):
    """Takes whatever it cannot see for somebody else's doing."""

    async def confirm(self, row: OutboxRow) -> Confirmation:
        found = await super().confirm(row)
        return found if found.outcome is Outcome.APPLIED else Confirmation(outcome=Outcome.SUPERSEDED)


class Watching(paperpager.PaperPager):
    """Brings health and silences, too; of what fails it makes the best."""

    healthy: ClassVar[HealthStatus] = HealthStatus.UNKNOWN
    silences: ClassVar[bool] = False
    forgets: ClassVar[str] = ""

    async def poll(self, known: Known) -> Snapshot:
        now = self._clock.now()
        check = HealthCheck(id="paper:desk", source="paper", name="desk", status=HealthStatus.OK, checked_at=now)
        silence = Silence(
            id="paper:s1", source="paper", native_id="s1", matchers=(), created_by="", comment="",
            starts_at=now, ends_at=now, state="active",
        )  # fmt: skip
        try:
            answer = await self._client.get("/pages")
            taken = await super().poll(known)
        except SourceError as error:
            failed = replace(check, status=self.healthy)
            gone = () if self.silences else None
            return Snapshot(source="paper", taken_at=now, health=(failed,), silences=gone, problems=(str(error),))
        forgotten = self.forgets and self.forgets in str(answer.data)
        return replace(taken, health=() if forgotten else (check,), silences=(silence,))


class AllWell(Watching):
    """Without an answer all is well."""

    healthy = HealthStatus.OK


class NoneLeft(Watching):
    """Without an answer there are no silences."""

    silences = True


class Choosy(Watching):
    """Gives up a part for a field that it does not know."""

    forgets = "brandNewField"


@pytest.mark.parametrize(
    ("wrong", "test", "trouble"),
    [
        (Hasty, "test_what_is_said_of_a_disturbed_action_is_true", "dropped after it is applied"),
        (Sure, "test_what_is_said_of_a_disturbed_action_is_true", "504 after it is applied"),
        (Blind, "test_what_is_said_of_a_disturbed_action_is_true", "connection refused"),
        (AlreadySo, "test_what_is_said_of_a_disturbed_action_is_true", "503"),
        (AllWell, "test_a_disturbed_poll_hides_nothing", "503"),
        (NoneLeft, "test_a_disturbed_poll_hides_nothing", "503"),
        (Choosy, "test_a_disturbed_poll_hides_nothing", "new fields"),
        (Complete, "test_a_disturbed_poll_hides_nothing", "all values null"),
        (Raw, "test_a_disturbed_poll_hides_nothing", "hostile texts"),
        (Rash, "test_a_disturbed_poll_hides_nothing", "a word as JSON"),
    ],
)
def test_the_kit_finds_what_is_wrong(
    wrong: type[paperpager.PaperPager], test: str, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paperpager, "PaperPager", wrong)
    kit = type("Kit", (SourceConformance,), {"subject": TestPaperPager.subject})()
    with pytest.raises((AssertionError, TypeError, KeyError)):
        getattr(kit, test)(trouble)


def test_the_kit_takes_no_offence_at_what_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong ones above are wrong by what they change, not by what they stand on."""
    monkeypatch.setattr(paperpager, "PaperPager", Watching)
    kit = type("Kit", (SourceConformance,), {"subject": TestPaperPager.subject})()
    for trouble in ("503", "new fields", "all values null"):
        kit.test_a_disturbed_poll_hides_nothing(trouble)


def test_a_kit_that_has_nothing_to_disturb_says_so() -> None:
    def blind(self: Any) -> Subject:
        return replace(TestPaperPager().subject(), writes=lambda simulator: 0)

    kit = type("Kit", (SourceConformance,), {"subject": blind})()
    with pytest.raises(AssertionError, match="nothing to disturb"):
        kit.test_what_is_said_of_a_disturbed_action_is_true("503")


def test_it_is_disturbed_in_more_than_forty_ways() -> None:
    assert len({one.name for one in TROUBLES}) == len(TROUBLES) > 40
