"""Looking into an incident: what is asked of whom, what fails alone, what is kept, what no query can change."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from oncall_tui.board import Board
from oncall_tui.config.investigate import QueryOptions
from oncall_tui.desk import investigating
from oncall_tui.desk.investigating import MOST_QUERIES, Investigator
from oncall_tui.desk.settings import DeskSettings
from oncall_tui.investigation import Investigation
from oncall_tui.investigation.render import to_json, to_lines
from oncall_tui.model import (
    Alert,
    Change,
    ChangeKind,
    EntryKind,
    IncidentFacts,
    IncidentState,
    Ref,
    TimelineEntry,
    Verb,
)
from oncall_tui.model.ranges import LinesFound, LogLine, OwnQuery, RangeQuery, Series, SeriesFound
from oncall_tui.policy.identity import Identity
from oncall_tui.sources.base import Refused, SourceError
from tests.support import ui
from tests.support.clock import ManualClock

NOW = ui.NOW
MINUTE = timedelta(minutes=1)


class Metrics:
    """Tells values; ``failure`` is raised instead."""

    def __init__(self, name: str = "metrics") -> None:
        self.name = name
        self.asked: list[RangeQuery] = []
        self.failure: Exception | None = None
        self.own: tuple[OwnQuery, ...] = ()
        self.services: frozenset[str] = frozenset()
        self.hangs: asyncio.Event | None = None
        self.at_once = self.most_at_once = 0

    async def series(self, query: RangeQuery) -> SeriesFound:
        self.asked.append(query)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.hangs is not None:
                await self.hangs.wait()
            await asyncio.sleep(0)
            if self.failure is not None:
                raise self.failure
        finally:
            self.at_once -= 1
        points = ((query.frame.start, 1.0), (query.frame.end - MINUTE, 12.4), (query.frame.end, 3.0))
        return SeriesFound(series=(Series(labels={"job": "payments"}, points=points),))

    def own_queries(self, services: frozenset[str]) -> tuple[OwnQuery, ...]:
        self.services = services
        return self.own


class Logs:
    """Tells lines, as many as are asked for."""

    name = "logs"

    async def lines(self, query: RangeQuery) -> LinesFound:
        lines = tuple(
            LogLine(at=query.frame.end, text=f"waited {n} ms \\x1b[2J", labels={"level": "error"})
            for n in range(query.limit)
        )
        return LinesFound(lines=lines, is_cut=True)


class Alerts:
    """Tells neither."""

    name = "alerts"


def query(**given: Any) -> QueryOptions:
    return QueryOptions(**{"name": "q", **given})


METRIC = query(name="errors", metric='rate(x{job="{service}"}[5m])', unit="%")


def facts(**given: Any) -> IncidentFacts:
    incident = ui.incident(
        "Q1", created_at=ui.ago(minutes=30), service=Ref(id="PS", name="payments"), state=IncidentState.TRIGGERED
    )
    return IncidentFacts(**{"incident": incident, **given})


class Room:
    """An investigator over these sources and queries."""

    def __init__(
        self, *options: QueryOptions, sources: tuple[Any, ...] = (), view: IncidentFacts | None = None
    ) -> None:
        self.clock = ManualClock(NOW)
        self.metrics = Metrics()
        self.view: IncidentFacts | None = view or facts()
        named = {one.name: one for one in sources or (Alerts(), self.metrics, Logs())}
        self.settings = DeskSettings(investigate=options)
        self.desk = cast(Any, SimpleNamespace(clock=self.clock, sources=named, settings=self.settings, view=self._view))
        self.investigator = Investigator(self.desk)

    async def _view(self, incident_id: str) -> IncidentFacts | None:
        return self.view

    async def look(self, board: Board | None = None, **given: Any) -> Investigation:
        found = await self.investigator.look("pager:Q1", board or ui.sample_board(), **given)
        assert found is not None
        return found


def change(minutes: int) -> Change:
    return Change(
        id=f"pager:c{minutes}",
        source="pager",
        native_id=f"c{minutes}",
        title="payments v2.1",
        kind=ChangeKind.DEPLOYMENT,
        at=ui.ago(minutes=minutes),
    )


def problems(found: Investigation) -> list[str | None]:
    return [one.problem for one in found.results]


# -- what is asked -------------------------------------------------------------------------------------------------


async def test_a_metric_is_asked_for_the_incidents_time_filled_in() -> None:
    room = Room(METRIC)
    found = await room.look()
    [asked] = room.metrics.asked
    assert asked.text == 'rate(x{job="payments"}[5m])'
    assert (asked.frame.start, asked.frame.end) == (NOW - 60 * MINUTE, NOW)
    [result] = found.results
    assert (result.query.source, result.curves[0].high, result.curves[0].last) == ("metrics", 12.4, 3.0)


async def test_it_begins_before_the_first_sign() -> None:
    early = ui.alert("A", first_at=ui.ago(minutes=50))
    entry = TimelineEntry(
        id="n", incident_id="pager:Q1", at=ui.ago(minutes=70), kind=EntryKind.NOTE, text="began: users wrote"
    )
    assert (await Room(METRIC, view=facts(alerts=(early,))).look()).frame.start == ui.ago(minutes=80)
    assert (await Room(METRIC, view=facts(timeline=(entry,))).look()).frame.start == ui.ago(minutes=100)


async def test_a_resolved_one_ends_with_it() -> None:
    ended = replace(facts().incident, state=IncidentState.RESOLVED, resolved_at=ui.ago(minutes=10))
    assert (await Room(METRIC, view=facts(incident=ended)).look()).frame.end == ui.ago(minutes=10)


async def test_labels_come_from_its_alerts_and_every_name_of_the_service() -> None:
    labelled = [
        Alert(**{name: getattr(ui.alert(native), name) for name in Alert.__slots__} | {"labels": labels})
        for native, labels in (("A", {"region": "eu"}), ("B", {"region": "us"}), ("C", {"region": "us"}))
    ]
    room = Room(
        query(metric='x{r="{region}",a=~"{region}",j=~"{service}"}'), view=facts(alerts=tuple(labelled))
    )  # fmt: skip
    same = Identity(services={"payments": ("pay-svc", "Zahlungen")})
    room.desk.settings = replace(room.settings, board=replace(room.settings.board, identity=same))
    await room.look()
    services = "payments|pay-svc|Zahlungen"
    assert room.metrics.asked[0].text == f'x{{r="us",a=~"(us|eu)",j=~"({services})"}}'
    assert room.metrics.services >= {"payments", "pay-svc", "Zahlungen"}


async def test_a_query_of_another_service_is_not_asked() -> None:
    room = Room(query(metric="up", service="gateway"), query(name="r", metric="down", service="PAYMENTS"))
    assert [one.query.name for one in (await room.look()).results] == ["r"]


async def test_what_a_check_of_the_service_asks_is_asked_without_a_config() -> None:
    room = Room(query(name="mine", metric="same"))
    room.metrics.own = (
        OwnQuery(name="error rate", kind="metric", text="own", unit="%"),
        OwnQuery(name="twice", kind="metric", text="same"),
    )
    found = await room.look()
    assert [one.query.name for one in found.results] == ["mine", "error rate"]
    assert [one.text for one in room.metrics.asked] == ["same", "own"]


async def test_a_link_is_filled_and_asks_nobody() -> None:
    room = Room(query(link="https://jaeger.example.com/search?service={service}&start={from_us}"))
    [result] = (await room.look()).results
    start = int((NOW - 60 * MINUTE).timestamp())
    assert result.query.text == f"https://jaeger.example.com/search?service=payments&start={start}000000"
    assert not room.metrics.asked


async def test_what_cannot_be_filled_is_not_asked_and_says_so() -> None:
    room = Room(query(metric='x{r="{region}"}'), METRIC)
    found = await room.look()
    assert problems(found) == ["not asked: none of its alerts has the label region", None]
    assert len(room.metrics.asked) == 1


async def test_a_source_that_cannot_says_so() -> None:
    room = Room(query(metric="up", source="alerts"), query(name="l", logs="{}", source="metrics"), METRIC)
    assert problems(await room.look()) == [
        "alerts tells no values over time", "metrics tells no lines over time", None,
    ]  # fmt: skip
    alone = Room(METRIC, sources=(Alerts(),))
    assert problems(await alone.look()) == ["no source tells values over time"]


async def test_nothing_to_ask_says_what_helps() -> None:
    found = await Room().look()
    assert not found.results and "payments" in found.hint and "investigate" in found.hint
    nobody = Room(view=facts(incident=replace(facts().incident, service=None)))
    assert "no service" in (await nobody.look()).hint


async def test_one_that_nobody_knows() -> None:
    room = Room(METRIC)
    room.view = None
    assert await room.investigator.look("pager:Q1", ui.sample_board()) is None


# -- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "said"),
    [(Refused("1:3: parse error \\x1b"), "1:3: parse error \\x1b"), (KeyError("secret"), "internal error (KeyError)")],
)
async def test_a_query_that_fails_leaves_the_others(failure: Exception, said: str) -> None:
    room = Room(METRIC, query(name="lines", logs='{a="b"}'))
    room.metrics.failure = failure
    found = await room.look()
    assert found.results[0].problem is not None and said in found.results[0].problem
    assert "secret" not in found.results[0].problem
    assert found.results[1].problem is None and found.results[1].patterns


async def test_a_query_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(investigating, "DEADLINE_S", 0.05)
    room = Room(METRIC, query(name="lines", logs='{a="b"}'))
    room.metrics.hangs = asyncio.Event()
    found = await room.look()
    assert found.results[0].problem == "no answer from metrics in 0 s" and found.results[1].patterns


async def test_no_more_than_a_few_are_asked_at_once_and_not_endlessly_many() -> None:
    room = Room(*(query(name=f"q{n}", metric=f"m{n}") for n in range(MOST_QUERIES + 20)))
    found = await room.look()
    assert room.metrics.most_at_once <= investigating.AT_ONCE
    assert len(found.results) == MOST_QUERIES == len(room.metrics.asked)


async def test_of_endless_lines_some_are_read_and_grouped() -> None:
    [result] = (await Room(query(logs='{a="b"}')).look()).results
    assert result.lines == investigating.LINES and result.is_cut
    [pattern] = result.patterns
    assert (pattern.count, pattern.level) == (1000, "error") and "\x1b" not in pattern.example


# -- what is kept --------------------------------------------------------------------------------------------------


async def test_going_back_to_a_frame_asks_nobody() -> None:
    room = Room(METRIC)
    await room.look()
    room.clock.advance(30)
    await room.look(width=1)
    assert len(room.metrics.asked) == 2
    first = await room.look()
    await room.look(width=1)
    assert len(room.metrics.asked) == 2 and first.asked_at == NOW
    assert (await room.look(width=2)).width == 2 and len(room.metrics.asked) == 3


async def test_asked_anew_or_later_the_present_is_another() -> None:
    room = Room(METRIC)
    await room.look()
    room.clock.advance(30)
    anew = await room.look(anew=True)
    assert len(room.metrics.asked) == 2 and anew.frame.end == NOW + timedelta(seconds=30)
    room.clock.advance(600)
    later = await room.look()
    assert len(room.metrics.asked) == 3 and later.frame.end == room.clock.now()


async def test_a_failure_is_not_kept() -> None:
    room = Room(METRIC)
    room.metrics.failure = SourceError("down")
    assert problems(await room.look()) == ["down"]
    room.metrics.failure = None
    assert problems(await room.look()) == [None]


# -- what stands beside --------------------------------------------------------------------------------------------


async def test_changes_near_the_frame_and_what_was_found_out() -> None:
    changes = tuple(
        change(minutes)
        for minutes in (40, 170, 400)
    )  # fmt: skip
    notes = (
        TimelineEntry(
            id="1", incident_id="pager:Q1", at=ui.ago(minutes=5), kind=EntryKind.NOTE, text="hypothesis: dns"
        ),
    )
    waiting = ui.outbox_row(Verb.NOTE, params={"text": "ruled out: dns (it answers)"})
    found = await Room(METRIC, view=facts(changes=changes, timeline=notes, outbox=(waiting,))).look()
    assert [one.at for one in found.changes] == [ui.ago(minutes=40), ui.ago(minutes=170)]
    [one] = found.conclusions.hypotheses
    assert (one.text, one.verdict.value, one.reason) == ("dns", "ruled out", "it answers")


async def test_the_same_as_text_and_as_json() -> None:
    room = Room(
        METRIC, query(name="lines", logs='{a="b"}'), query(name="t", link="https://t.example.com/?s={service}"),
        query(name="broken", metric='x{r="{region}"}'),
    )  # fmt: skip
    found = await room.look()
    text = to_lines(found, "Checkout returns 503", NOW.tzinfo)  # type: ignore[arg-type]  # it is aware
    assert all(len(line) <= 80 for line in text)
    whole = "\n".join(text)
    for wanted in (
        "13:42 to 14:42 (1h)", "1 to 12.4 %, last 3", "lines (logs): the latest 1000, there are more",
        "x1000 14:42 error waited", "https://t.example.com/?s=payments", "? not asked",
    ):  # fmt: skip
        assert wanted in whole, wanted
    told = to_json(found)
    assert told["queries"][0]["series"][0]["max"] == 12.4 and told["incident"] == "pager:Q1"
    assert told["queries"][1]["patterns"][0]["count"] == 1000 and told["queries"][3]["problem"]
