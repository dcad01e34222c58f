"""What every source and channel keeps to, as tests that pytest collects from a subclass."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar, cast

import pytest

from oncall_tui.actions import RETRY
from oncall_tui.model import (
    DECLARING,
    MESSAGING,
    HealthStatus,
    IncidentState,
    OutboxRow,
    Retry,
    Snapshot,
    Verb,
    join_id,
    split_id,
)
from oncall_tui.sources.base import Confirmation, Outcome, Probe, Refused, Source, SourceError, can
from oncall_tui.testkit.choosing import FOLLOWING, MESSAGES, Trial, trial
from oncall_tui.testkit.soundness import badly_said, unsound
from oncall_tui.testkit.subject import Bench, Subject
from oncall_tui.testkit.troubles import TROUBLES, Effect, Named

T = TypeVar("T")
BY_NAME = {one.name: one for one in TROUBLES}
LOOKS = 6
"""How often an action is read back before it counts as not shown; 2 s apart."""

every_trouble = pytest.mark.parametrize("name", BY_NAME)


def run(work: Coroutine[Any, Any, T]) -> T:
    """In a loop of its own, within a minute."""

    async def bounded() -> T:
        async with asyncio.timeout(60):
            return await work

    return asyncio.run(bounded())


def spread(requests: int, most: int = 5) -> list[int]:
    """Which of so many requests are disturbed alone: all, or some from the first to the last."""
    if requests <= most:
        return list(range(requests))
    return sorted({round(at * (requests - 1) / (most - 1)) for at in range(most)})


class _Conformance:
    """What sources and channels share."""

    def subject(self) -> Subject:
        """What is tested; made anew for each test."""
        raise NotImplementedError

    def bench(self) -> Bench:
        """A fresh one."""
        if not hasattr(self, "_subject"):
            self._subject = self.subject()
        return Bench(self._subject)

    # -- actions -----------------------------------------------------------------------------------------------

    def test_each_action_arrives_and_is_seen_there(self) -> None:
        self._for_each_verb(lambda verb: self._arrives(self.bench(), verb), able=True)

    @every_trouble
    def test_what_is_said_of_a_disturbed_action_is_true(self, name: str) -> None:
        self._for_each_verb(lambda verb: self._disturbed_action(verb, BY_NAME[name]), able=True)

    def test_what_it_cannot_do_is_refused_before_it_is_sent(self) -> None:
        self._for_each_verb(lambda verb: self._cannot(self.bench(), verb), able=False)

    def _for_each_verb(self, work: Callable[[Verb], Coroutine[Any, Any, None]], *, able: bool) -> None:
        """Each verb that it takes (or does not), and all that is wrong with any of them."""
        capabilities = self.bench().receiver.capabilities
        wrong = []
        for verb in Verb:
            if can(capabilities, verb) is able:
                try:
                    run(work(verb))
                except Exception as error:  # noqa: BLE001 - each verb is told of
                    where = traceback.extract_tb(error.__traceback__)[-1]
                    wrong.append(f"{verb.value}: {type(error).__name__}: {error} ({where.name}, line {where.lineno})")
        assert not wrong, "\n".join(wrong)

    async def _prepared(self, bench: Bench, verb: Verb) -> OutboxRow:
        """A row that can be sent now."""
        chosen = await self._trial(bench, verb)
        row = bench.row(chosen.verb, chosen.target, chosen.params)
        if RETRY[verb] is not Retry.STATE:
            row = replace(row, baseline=await bench.receiver.prepare(row))
        bench.quiet()
        return row

    async def _trial(self, bench: Bench, verb: Verb) -> Trial:
        if verb in FOLLOWING:
            first, name, rest = FOLLOWING[verb]
            made = await self._done(
                bench, bench.row(first, "pager:Q1", bench.subject.params.get(first, MESSAGES[first]))
            )
            return Trial(verb=verb, target="pager:Q1", params={**rest, name: made.native_ref})
        taken = await self._taken(bench)
        found = trial(bench.subject, verb, taken)
        if found is None and verb in _NEEDS:
            found = trial(bench.subject, verb, await self._after(bench, verb, taken))
        assert found is not None, f"the simulated account has nothing to try {verb.value} on"
        return found

    async def _after(self, bench: Bench, verb: Verb, taken: Snapshot) -> Snapshot:
        """What is there once the verb that this one takes back was done."""
        before = trial(bench.subject, _NEEDS[verb], taken)
        if before is not None and can(bench.receiver.capabilities, before.verb):
            await self._done(bench, bench.row(before.verb, before.target, before.params))
        return await self._taken(bench)

    async def _taken(self, bench: Bench) -> Snapshot:
        if not hasattr(bench.receiver, "poll"):
            return Snapshot(source=bench.subject.name, taken_at=bench.clock.now())
        return await bench.poll()

    async def _done(self, bench: Bench, row: OutboxRow) -> OutboxRow:
        sent = await bench.receiver.send(row)
        answered = replace(row, answered_at=bench.clock.now(), native_ref=sent.native_ref)
        found = await self._seen(bench, answered)
        return replace(answered, native_ref=found.native_ref or answered.native_ref)

    async def _seen(self, bench: Bench, row: OutboxRow, looks: int = LOOKS) -> Confirmation:
        """What reading back shows in the end."""
        found = Confirmation(outcome=Outcome.UNKNOWN)
        for _ in range(looks):
            try:
                found = await bench.receiver.confirm(row)
            except Refused:
                break  # as the desk has it: what it became is not known
            if found.outcome in (Outcome.APPLIED, Outcome.SUPERSEDED):
                break
            bench.clock.advance(2)
        return found

    async def _arrives(self, bench: Bench, verb: Verb) -> None:
        row = await self._prepared(bench, verb)
        before = bench.writes
        sent = await bench.receiver.send(row)
        if verb is not Verb.TICK:
            assert bench.writes > before, "it says it was sent, and the system has applied nothing"
        answered = replace(row, answered_at=bench.clock.now(), native_ref=sent.native_ref)
        found = await self._seen(bench, answered)
        assert found.outcome is Outcome.APPLIED, found
        if found.detail is not None:
            assert not unsound(found.detail, bench.subject.name)
            about = join_id(bench.subject.name, found.native_ref or "") if verb in DECLARING else row.target
            assert found.detail.incident.id == about
        await bench.receiver.aclose()

    async def _cannot(self, bench: Bench, verb: Verb) -> None:
        before = bench.writes
        name = bench.subject.name
        row = bench.row(verb, f"{name}:Q1", MESSAGES.get(verb, {}))
        with pytest.raises(SourceError) as caught:
            await bench.receiver.send(row)
        assert not caught.value.maybe_applied
        assert bench.writes == before

    async def _disturbed_action(self, verb: Verb, named: Named) -> None:
        requests, written = await self._undisturbed(verb)
        for at in range(requests):
            await self._disturbed_at(verb, named, at, written)

    async def _undisturbed(self, verb: Verb) -> tuple[int, int]:
        """How many requests the sending takes and how many writes they make, when all is well; asked once a class."""
        known = vars(type(self)).get("_counted")
        if known is None:
            known = {}
            setattr(type(self), "_counted", known)  # noqa: B010 - of the subclass, whatever it is
        if verb not in known:
            bench = self.bench()
            row = await self._prepared(bench, verb)
            before = bench.writes
            await bench.receiver.send(row)
            known[verb] = (len(bench.calls), bench.writes - before)
            assert verb is Verb.TICK or min(known[verb]) > 0, (
                "the kit saw no request or no write: there is nothing to disturb"
            )
            await bench.receiver.aclose()
        found: tuple[int, int] = known[verb]
        return found

    async def _disturbed_at(self, verb: Verb, named: Named, at: int, written: int) -> None:
        """One request of the sending meets the trouble: what is said of it must be true."""
        bench = self.bench()
        row = await self._prepared(bench, verb)
        before = bench.writes
        bench.disturb(named.trouble, only=at)
        error: SourceError | None = None
        try:
            sent = await bench.receiver.send(row)
            row = replace(row, answered_at=bench.clock.now(), native_ref=sent.native_ref)
        except SourceError as caught:
            error = caught
            assert not badly_said(error, bench.subject.secret)
        applied = bench.writes - before
        assert applied <= written, "it was sent twice"
        if error is not None and applied == written and written:
            assert error.maybe_applied, f"it has taken effect, and this says that it has not: {error}"
        bench.quiet()
        await self._true_confirmation(bench, row, verb, applied, written)
        await bench.receiver.aclose()

    async def _true_confirmation(self, bench: Bench, row: OutboxRow, verb: Verb, applied: int, written: int) -> None:
        if verb is Verb.TICK:
            return
        found = await self._seen(bench, row, LOOKS if applied else 1)
        if applied == 0:
            assert found.outcome not in (Outcome.APPLIED, Outcome.SUPERSEDED), (
                f"nothing was applied, and it says that it is so: {found.outcome.value}"
            )
        elif applied == written:
            assert found.outcome is not Outcome.NOT_APPLIED, "it was applied, and it says that it was not"
            if verb not in bench.subject.blind and RETRY[verb] is Retry.STATE:
                assert found.outcome in (Outcome.APPLIED, Outcome.SUPERSEDED), "it was applied, and it does not see it"

    # -- probing -----------------------------------------------------------------------------------------------

    def test_a_probe_of_a_well_system_is_well(self) -> None:
        probe = run(self._probe(self.bench()))
        assert probe.ok, probe
        assert probe.error is None

    @every_trouble
    def test_a_probe_never_raises(self, name: str) -> None:
        named = BY_NAME[name]
        bench = self.bench()
        bench.disturb(named.trouble)
        probe = run(self._probe(bench))
        if named.effect is Effect.NOT_APPLIED and bench.calls and name != "204":
            assert not probe.ok, probe
        if not probe.ok:
            assert probe.error
            assert bench.subject.secret not in probe.error or not bench.subject.secret

    async def _probe(self, bench: Bench) -> Probe:
        probe = await bench.receiver.probe()
        await bench.receiver.aclose()
        return probe


class ChannelConformance(_Conformance):
    """A channel: what only receives."""

    def test_it_takes_messages_only(self) -> None:
        bench = self.bench()
        assert any(can(bench.receiver.capabilities, verb) for verb in MESSAGING)
        assert not hasattr(bench.receiver, "poll") or not hasattr(bench.receiver, "read")


class SourceConformance(_Conformance):
    """A source: facts come from it, and perhaps it takes actions."""

    def test_a_poll_brings_sound_facts(self) -> None:
        run(self._sound(self.bench()))

    @every_trouble
    def test_a_disturbed_poll_hides_nothing(self, name: str) -> None:
        run(self._disturbed_poll(BY_NAME[name]))

    @every_trouble
    def test_a_disturbed_reading_is_sound_or_an_error(self, name: str) -> None:
        run(self._disturbed_reading(BY_NAME[name]))

    def test_an_unknown_incident_is_an_error(self) -> None:
        run(self._unknown_incident(self.bench()))

    async def _sound(self, bench: Bench) -> None:
        first = await bench.poll()
        assert not unsound(first, bench.subject.name)
        assert not first.problems, first.problems
        assert not first.failed
        again = await bench.poll()
        assert not unsound(again, bench.subject.name)
        for incident in first.incidents or ():
            if incident.state is not IncidentState.RESOLVED:
                detail = await cast(Source, bench.receiver).read(incident.native_id)
                assert not unsound(detail, bench.subject.name)
                assert detail.incident.id == incident.id
        await bench.receiver.aclose()
        await bench.receiver.aclose()

    async def _disturbed_poll(self, named: Named) -> None:
        bench = self.bench()
        await bench.poll()
        bench.quiet()
        bench.clock.advance(960)
        await bench.poll()
        requests = len(bench.calls)
        for at in (None, *range(min(requests, 10))):
            await self._poll_disturbed(bench, named, at)
        bench.quiet()
        bench.clock.advance(960)
        recovered = await bench.poll()
        assert not recovered.failed, "one good answer later it still fails"
        await bench.receiver.aclose()

    async def _poll_disturbed(self, bench: Bench, named: Named, at: int | None) -> None:
        bench.quiet()
        bench.clock.advance(960)  # past every "come back later" that the trouble before asked for
        healthy = await bench.poll()
        bench.clock.advance(960)
        bench.disturb(named.trouble, only=at)
        try:
            taken = await bench.poll()
        except SourceError as error:
            assert not badly_said(error, bench.subject.secret)
            return
        assert not unsound(taken, bench.subject.name)
        for line in taken.problems:
            assert bench.subject.secret not in line or not bench.subject.secret
        calls = list(bench.calls)
        standing = _standing(healthy)
        if _missing(standing, taken):
            standing &= _standing(await bench.truth())  # what has ended meanwhile may be missing
        vanished = _missing(standing, taken)
        assert not vanished, f"absent from a complete list means over, and these are not: {sorted(vanished)[:5]}"
        if named.fails:
            self._nothing_emptied(healthy, taken, _WHOLE if named.effect is Effect.NOT_APPLIED else _NAMED)
        elif at is None:
            self._all_is_there(healthy, taken)
        if at is None and named.fails and named.effect is Effect.NOT_APPLIED and calls:
            assert taken.failed or taken.problems, "nothing came, and it passes for a good answer"
            well = [check.name for check in taken.health or () if check.status is HealthStatus.OK]
            assert not well, f"nothing came, and these are ok: {', '.join(well[:5])}"

    def _nothing_emptied(self, healthy: Snapshot, taken: Snapshot, parts: tuple[str, ...]) -> None:
        """A part without a mark of its own for "these are all" takes the place of what was there: it may be missing,
        never empty for want of an answer."""
        emptied = [part for part in parts if getattr(healthy, part) and getattr(taken, part) == ()]
        assert not emptied, f"no good answer came, and these parts are empty: {', '.join(emptied)}"

    def _all_is_there(self, healthy: Snapshot, taken: Snapshot) -> None:
        """An answer that is odd and true brings what it tells of. (Incidents and alerts may be told only where they
        have changed, and then the list says that it is not complete.)"""
        for part in _NAMED:
            before, now = getattr(healthy, part), getattr(taken, part)
            if before is not None and now is not None:
                assert len(now) >= len(before), f"{part}: an odd answer tells of {len(before)}, {len(now)} were taken"

    async def _disturbed_reading(self, named: Named) -> None:
        bench = self.bench()
        incidents = (await bench.poll()).incidents or ()
        if not incidents:
            with pytest.raises(SourceError):
                await cast(Source, bench.receiver).read("Q1")
            return
        target = next((one for one in incidents if one.is_open), incidents[0])
        bench.quiet()
        source = cast(Source, bench.receiver)
        await source.read(target.native_id)
        for at in (None, *spread(len(bench.calls))):
            bench.clock.advance(960)
            bench.disturb(named.trouble, only=at)
            try:
                detail = await source.read(target.native_id)
            except SourceError as error:
                assert not badly_said(error, bench.subject.secret)
                continue
            assert not unsound(detail, bench.subject.name)
            assert split_id(detail.incident.id)[1] == target.native_id
        await bench.receiver.aclose()

    async def _unknown_incident(self, bench: Bench) -> None:
        with suppress(SourceError):
            detail = await cast(Source, bench.receiver).read("no/such incident?x=1")
            pytest.fail(f"it found {detail.incident.id}")
        await bench.receiver.aclose()


def _standing(taken: Snapshot) -> set[tuple[str, str]]:
    """Part and id of every open incident and active alert."""
    incidents = {("incidents", one.id) for one in taken.incidents or () if one.state is not IncidentState.RESOLVED}
    return incidents | {("alerts", one.id) for one in taken.alerts or () if one.ended_at is None}


def _missing(standing: set[tuple[str, str]], taken: Snapshot) -> set[tuple[str, str]]:
    """Those that a list leaves out which says that it is complete: no list may be that a trouble has thinned out."""
    found = {("incidents", one.id) for one in taken.incidents or ()} | {
        ("alerts", one.id) for one in taken.alerts or ()
    }
    whole = {
        "incidents": taken.incidents is not None and taken.incidents_complete,
        "alerts": taken.alerts is not None and taken.alerts_complete,
    }
    return {one for one in standing - found if whole[one[0]]}


_NAMED = ("health", "silences", "changes", "action_items")
_WHOLE = (*_NAMED, "on_call", "shifts")
"""Parts of a snapshot that replace what the store has of them; those whose every row says which it is come first."""
_NEEDS = {
    Verb.UNACKNOWLEDGE: Verb.ACKNOWLEDGE,
    Verb.REOPEN: Verb.RESOLVE,
    Verb.EXPIRE_SILENCE: Verb.SILENCE,
}
"""What has to be done before a verb that takes it back can be tried."""
