"""Looking into an incident (I5): which queries are asked of whom, and what came. A person asks; nothing is polled.

A query that fails leaves the others. What came is kept in memory by query and frame, so that going back to a frame asks
nobody.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from oncall_tui.board import AlertRow, Board
from oncall_tui.config.investigate import QueryOptions
from oncall_tui.desk.parts import internal
from oncall_tui.investigation import (
    Investigation,
    Query,
    Result,
    Unfilled,
    fill,
    fill_link,
    first_and_end,
    frame_around,
    of_lines,
    of_series,
    step_of,
)
from oncall_tui.model import Change, Incident, IncidentFacts
from oncall_tui.model.ranges import Frame, RangeQuery
from oncall_tui.policy.conclusions import conclusions, marks_of_facts
from oncall_tui.sources.base import HasQueries, Source, SourceError, TellsLines, TellsSeries
from oncall_tui.text import clean

if TYPE_CHECKING:
    from oncall_tui.desk import Desk

DEADLINE_S = 20.0
"""Of one query, its wait for a place among those at once not counted."""
AT_ONCE = 3
MOST_QUERIES = 40
LINES = 1000
"""Lines read of one query: the newest."""
_KEPT = 200
_AGREES_FOR = timedelta(minutes=2)
"""So long the present that frames end at stays the same: going to and fro between frames asks nobody."""
_CHANGES_BEFORE = timedelta(hours=2)
"""Changes so long before the frame are near it."""


class Investigator:
    """Asks, and remembers what came."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: OrderedDict[tuple[Query, Frame], Result] = OrderedDict()
        self._present: dict[str, datetime] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def look(self, incident_id: str, board: Board, *, width: int = 0, anew: bool = False) -> Investigation | None:
        """The incident's time frame looked at; ``None`` where the store has no such incident.

        Args:
            width: how much is looked at, see :func:`~oncall_tui.investigation.frame_around`.
            anew: ask, though it was asked before.
        """
        facts = await self._desk.view(incident_id)
        if facts is None:
            return None
        joined = board.joined_to(incident_id)
        frame = self._frame(facts, joined, width, anew=anew)
        asked = [*_asked(self._desk, facts, joined, frame)]
        results = await asyncio.gather(*(self._result(one, frame, anew=anew) for one in asked[:MOST_QUERIES]))
        return Investigation(
            incident_id=incident_id,
            frame=frame,
            width=width,
            asked_at=self._present[incident_id],
            results=tuple(results),
            changes=_near(facts.changes, frame),
            conclusions=conclusions(marks_of_facts(facts)),
            hint="" if asked else _hint(facts.incident),
        )

    def _frame(self, facts: IncidentFacts, joined: Sequence[AlertRow], width: int, *, anew: bool) -> Frame:
        now = self._desk.clock.now()
        present = self._present.get(facts.incident.id)
        if anew or present is None or not timedelta() <= now - present <= _AGREES_FOR:
            present = self._present[facts.incident.id] = now
        signs = (row.first_at for row in joined if _is_sure(row))
        first, end = first_and_end(facts.incident, facts.timeline, facts.alerts, signs)
        return frame_around(first, end, present, width)

    async def _result(self, asked: Query | Result, frame: Frame, *, anew: bool) -> Result:
        if isinstance(asked, Result):
            return asked
        if asked.kind == "link":
            return Result(query=asked)
        key = (asked, frame)
        held = self._kept.get(key)
        if held is not None and not anew:
            self._kept.move_to_end(key)
            return held
        async with self._places:
            result = await self._ask(asked, frame)
        if result.problem is None:
            self._kept[key] = result
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return result

    async def _ask(self, query: Query, frame: Frame) -> Result:
        source = self._desk.sources[query.source]
        asked = RangeQuery(
            text=query.text, frame=frame, step=step_of(frame), limit=LINES, datasource=query.datasource
        )  # fmt: skip
        try:
            async with asyncio.timeout(DEADLINE_S):
                if query.kind == "metric":
                    assert isinstance(source, TellsSeries)
                    series = await source.series(asked)
                    return await asyncio.to_thread(of_series, query, series, frame)
                assert isinstance(source, TellsLines)
                lines = await source.lines(asked)
                return await asyncio.to_thread(of_lines, query, lines)
        except TimeoutError:
            return Result(query=query, problem=f"no answer from {source.name} in {DEADLINE_S:.0f} s")
        except SourceError as error:
            return Result(query=query, problem=str(error))
        except Exception as error:  # noqa: BLE001 - a source's bug is told like its other failures
            return Result(query=query, problem=internal(f"investigate {query.name[:60]}", error))


# -- what is asked ---------------------------------------------------------------------------------------------


def _asked(desk: Desk, facts: IncidentFacts, joined: Sequence[AlertRow], frame: Frame) -> Iterator[Query | Result]:
    """What the config asks, then what sources would ask by themselves; for what cannot be asked, why."""
    services = _services(desk, facts, joined)
    values = _values(services, facts, joined)
    here = {name.casefold() for name in services}
    told: set[tuple[str, str]] = set()
    for option in desk.settings.investigate:
        if option.service is None or option.service.casefold() in here:
            one = _filled(option, desk.sources, values, frame)
            if isinstance(one, Query):
                told.add((one.source, one.text))
            yield one
    for source in desk.sources.values():
        for own in source.own_queries(frozenset(services)) if isinstance(source, HasQueries) and services else ():
            if (source.name, own.text) not in told:
                yield Query(
                    name=own.name,
                    kind=own.kind,
                    text=own.text,
                    source=source.name,
                    unit=own.unit,
                    datasource=own.datasource,
                )


def _filled(
    option: QueryOptions, sources: Mapping[str, Source], values: Mapping[str, Sequence[str]], frame: Frame
) -> Query | Result:
    kind, wanted = ("metric", TellsSeries) if option.metric is not None else ("logs", TellsLines)
    text = option.metric or option.logs or option.link or ""
    unfilled = Query(
        name=clean(option.name, 100),
        kind="link" if option.link is not None else kind,  # type: ignore[arg-type]  # one of its words
        text=text,
        source=option.source or "",
        unit=option.unit,
        datasource=option.datasource,
    )
    try:
        if option.link is not None:
            return replace(unfilled, text=fill_link(text, values, frame))
        source = next(
            (one for one in sources.values() if option.source in (None, one.name) and isinstance(one, wanted)), None
        )
        if source is None:
            what = "values" if kind == "metric" else "lines"
            who = f"{option.source} tells" if option.source else "no source tells"
            return Result(query=unfilled, problem=f"{who} {'no ' if option.source else ''}{what} over time")
        return replace(unfilled, text=fill(text, values), source=source.name)
    except Unfilled as error:
        return Result(query=unfilled, problem=f"not asked: {error}")


def _services(desk: Desk, facts: IncidentFacts, joined: Sequence[AlertRow]) -> list[str]:
    """What the affected services are called, here and elsewhere, the incident's own first."""
    own = [facts.incident.service.name] if facts.incident.service is not None else []
    told = [*(one.service for one in facts.alerts), *(row.service for row in joined if _is_sure(row))]
    own += [name for name in told if name]
    same = desk.settings.board.identity
    names: list[str] = []
    for name in own:
        one = same.service(name)
        names += [one, name, *same.services.get(one, ())]
    return list(dict.fromkeys(names))


def _values(services: Sequence[str], facts: IncidentFacts, joined: Sequence[AlertRow]) -> dict[str, Sequence[str]]:
    """What places are filled with: labels of its alerts, each label's most frequent value first; its services."""
    counts: dict[str, Counter[str]] = {}
    for labels in (*(one.labels for one in facts.alerts), *(dict(row.labels) for row in joined)):
        for name, value in labels.items():
            counts.setdefault(name, Counter())[value] += 1
    found: dict[str, Sequence[str]] = {
        name: [value for value, _ in seen.most_common()] for name, seen in counts.items()
    }
    return {**found, "service": services} if services else found


def _is_sure(row: AlertRow) -> bool:
    return any(join.is_sure for join in row.joins)


def _near(changes: Sequence[Change], frame: Frame) -> tuple[Change, ...]:
    near = [one for one in changes if one.at <= frame.end and (one.until or one.at) >= frame.start - _CHANGES_BEFORE]
    return tuple(sorted(near, key=lambda one: (-one.at.timestamp(), one.id)))


def _hint(incident: Incident) -> str:
    if incident.service is None:
        return "it has no service, and no query is configured for all (investigate in the config)"
    name = clean(incident.service.name, 60)
    return f"no query is configured for {name}, and no source has a check of it (investigate in the config)"
