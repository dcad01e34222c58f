"""Leading an incident from the command line: what a page was worth, its phase, its severity by the short form. The same
as by the keys, through the same outbox."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from typing import Any

from oncall_tui.board import AlertRow
from oncall_tui.cli import exits
from oncall_tui.cli.acting import moment_given, pressed, resolve_target, text_given
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.desk import ActRefused
from oncall_tui.model import IncidentFacts, OutboxRow, Verb
from oncall_tui.policy.conclusions import Verdict as Judged
from oncall_tui.policy.conclusions import conclusions, hypothesis_meant, marks_of_facts, verdict_note
from oncall_tui.policy.judging import WORDS, note_of
from oncall_tui.policy.life import phase_named, phase_note
from oncall_tui.policy.marks import MarkKind
from oncall_tui.policy.triage import Answers, Impact, Verdict, triage, triage_note
from oncall_tui.sources.base import can
from oncall_tui.store import StoreError
from oncall_tui.text import MAX_BODY, clean, paint_safe


def lead(args: Namespace) -> int:
    """Any of these commands."""
    return asyncio.run(_lead(args))


async def _lead(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=True, read_only=args.read_only) as house:
        tell_notices(house)
        await house.desk.start(poll=False)
        target = await resolve_target(house, args.id)
        return await _COMMANDS[args.command](house, target, args)


# -- noise -----------------------------------------------------------------------------------------------------


async def _noise(house: House, target: str, args: Namespace) -> int:
    board = await house.desk.board()
    row = next((row for row in board.alerts if target in row.ids), None)
    if row is not None and await house.store.incident_seen(target) is None:
        incident = board.sure_incident(row)
        if incident is None:
            return await _judge(house, row, args)
        target = incident.id
    return await _note(house, target, note_of(WORDS[args.judgement], clean(args.why)), None, args)


async def _judge(house: House, row: AlertRow, args: Namespace) -> int:
    from oncall_tui.desk.judging import judge_alerts

    kind = WORDS[args.judgement]
    try:
        await judge_alerts(house.desk, [row], kind, args.why)
    except (ActRefused, StoreError) as error:
        sys.stderr.write(f"oncall-tui: {paint_safe(row.ids[0])}: {paint_safe(str(error))}\n")
        return exits.REFUSED
    sys.stdout.write(paint_safe(f"{row.ids[0]} {kind.value}: kept here, it belongs to no incident: {row.name}") + "\n")
    return exits.OK


# -- phase -----------------------------------------------------------------------------------------------------


async def _phase(house: House, target: str, args: Namespace) -> int:
    phase = None if args.phase == "mitigated" else phase_named(args.phase)
    return await _note(house, target, phase_note(phase, clean(args.why)), moment_given(house, args.at), args)


# -- triage ----------------------------------------------------------------------------------------------------


async def _triage(house: House, target: str, args: Namespace) -> int:
    verdict = _verdict(args)
    if house.desk.settings.read_only:  # said once, where a severity and a note would both be refused
        raise exits.Failure("this seat is read-only: no action leaves", exits.REFUSED)
    sys.stdout.write(paint_safe(f"{target} Sev{verdict.severity}: {verdict.reason}") + "\n")
    view = await _view(house, target)
    source = next(one for one in house.sources if one.name == view.incident.source)
    codes = []
    if not can(source.capabilities, Verb.SEVERITY):
        sys.stdout.write(paint_safe(f"{source.name} ({source.kind}) takes no severity: it is noted only") + "\n")
    elif view.incident.severity != verdict.severity:
        codes.append(await _press(house, view, Verb.SEVERITY, {"severity": verdict.severity}, args))
    codes.append(await _note(house, target, triage_note(verdict), None, args))
    return exits.worst(codes)


def _verdict(args: Namespace) -> Verdict:
    try:
        return triage(
            Answers(
                impact=Impact(args.impact.replace("-", "_")),
                security_breach=args.security,
                revenue_impact=args.revenue,
                overruled=args.overrule,
                why=clean(args.why),
            )
        )
    except ValueError as error:
        raise exits.UsageError(str(error)) from None


# -- both ------------------------------------------------------------------------------------------------------


async def _view(house: House, target: str) -> IncidentFacts:
    problem = await house.desk.read(target)
    view = await house.desk.view(target)
    if view is None:
        raise exits.UsageError(problem or f"no such incident: {target}")
    return view


async def _note(house: House, target: str, text: str, at: str | None, args: Namespace) -> int:
    view = await _view(house, target)
    return await _press(house, view, Verb.NOTE, {"text": text, "at": at, "kind": None}, args)


async def _press(house: House, view: IncidentFacts, verb: Verb, params: dict[str, Any], args: Namespace) -> int:
    incident = view.incident

    async def press() -> OutboxRow:
        return await house.desk.act(
            verb, incident.id, params=params, seen=incident.version, title=incident.title, undo=False
        )

    return await pressed(house, incident.id, press, args.timeout)


# -- what was found out ----------------------------------------------------------------------------------------


async def _finding(house: House, target: str, args: Namespace) -> int:
    text = clean(text_given(args.text, "finding"), MAX_BODY)
    return await _note(house, target, f"{MarkKind.FINDING.value}: {text}", moment_given(house, args.at), args)


async def _root_cause(house: House, target: str, args: Namespace) -> int:
    text = clean(text_given(args.text, "root cause"), MAX_BODY)
    return await _note(house, target, f"{MarkKind.ROOT_CAUSE.value}: {text}", None, args)


async def _hypothesis(house: House, target: str, args: Namespace) -> int:
    text = clean(text_given(args.text, "hypothesis"), MAX_BODY)
    why = clean(args.why)
    if not args.confirmed and not args.ruled_out:
        note = f"{MarkKind.HYPOTHESIS.value}: {text}{f' ({why})' if why else ''}"
        return await _note(house, target, note, None, args)
    view = await _view(house, target)
    meant = hypothesis_meant(conclusions(marks_of_facts(view)).hypotheses, text)
    if meant is None:
        raise exits.UsageError(f"no hypothesis is called {clean(text, 60)!r}: 'oncall-tui investigate' lists them")
    verdict = Judged.CONFIRMED if args.confirmed else Judged.RULED_OUT
    params = {"text": verdict_note(meant, verdict, why), "at": None, "kind": None}
    return await _press(house, view, Verb.NOTE, params, args)


_COMMANDS = {
    "noise": _noise,
    "phase": _phase,
    "triage": _triage,
    "finding": _finding,
    "hypothesis": _hypothesis,
    "root-cause": _root_cause,
}
