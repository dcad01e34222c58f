"""What stands against an action before it is queued. Pure; the sending layer checks again for itself."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.actions import BY_ID, Action, Scope
from oncall_tui.board import Board, IncidentRow, Relation
from oncall_tui.model import MESSAGING, IncidentState, Verb
from oncall_tui.records import dataclass
from screens.requests import Target


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be done: ``targets`` go on, each of ``refused`` is one line, each of ``doubts`` asks for one key."""

    targets: tuple[Target, ...]
    refused: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


_THROUGH_CHANNELS = {
    "communicate": MESSAGING,
    "handover_send": frozenset({Verb.MESSAGE}),
    "postmortem_send": frozenset({Verb.MESSAGE}),
    "postmortem_ticket": frozenset({Verb.TICKET}),
}


def absent(action: Action, board: Board) -> str | None:
    """Why an action is not there at all with this config, so that no key is shown for it; ``None``: it is."""
    wanted = _THROUGH_CHANNELS.get(action.id)
    if wanted is None or any(channel.can(verb) for channel in board.channels for verb in wanted):
        return None
    return f"{action.title.lower()}: no channel {'that takes it ' if board.channels else ''}is configured (channels)"


def judge(action: Action, targets: Sequence[Target], board: Board) -> Verdict:
    """Look at each target as it was pinned."""
    if board.seat.read_only:
        return Verdict((), ("read-only seat: nothing is sent",))
    if len(targets) > 1 and not action.many:
        return Verdict((), (f"{action.title.lower()} works on one at a time: {len(targets)} are selected",))
    going: list[Target] = []
    refused: list[str] = []
    doubts: list[str] = []
    for target in targets:
        problem = incapable(action, target, board) or _pointless(action, target, board)
        if problem is not None:
            refused.append(problem)
            continue
        going.append(target)
        doubt = _doubt(action, target, board)
        if doubt is not None:
            # Of several each is named as a prompt names one; what tells it from another comes before its long title.
            where = f"{target.id}, {target.service or 'no service'}: " if len(targets) > 1 else ""
            doubts.append(f"{where}{doubt}")
    return Verdict(tuple(going), tuple(refused), tuple(doubts))


def still_holds(action: Action, target: Target, board: Board) -> str | None:
    """Why the target is no longer what the key was pressed against (A0), or ``None``."""
    if action.scope is not Scope.INCIDENT:
        known = {alert_id for row in board.alerts for alert_id in row.ids} | {one.id for one in board.silences}
        return None if target.id in known else f"gone since the key: {target.title}"
    row = board.incident(target.id)
    if row is None:
        return f"gone since the key: {target.title}"
    if target.seen is None or row.incident.version == target.seen or action.verb is Verb.NOTE:
        # A note tells of what was, whatever has become of the incident while it was typed.
        return None
    if action.verb is Verb.ACKNOWLEDGE and row.incident.state is IncidentState.ACKNOWLEDGED:
        return None
    return f"changed since the key: {target.title} ({_change(target, row)})"


def _change(target: Target, row: IncidentRow) -> str:
    assert target.seen is not None
    now = row.incident.version
    if now.merged_into != target.seen.merged_into:
        return f"merged into {now.merged_into}"
    if now.state is not target.seen.state:
        return f"{target.seen.state} to {now.state}"
    if now.escalation_level != target.seen.escalation_level:
        return f"now at level {now.escalation_level}"
    names = ", ".join(person.name for person in row.incident.assignees) or "nobody"
    return f"now with {names}"


_BY_NOTE = frozenset({Verb.SEVERITY})
"""What a note on the timeline says where the system itself has no place for it."""


def incapable(action: Action, target: Target, board: Board) -> str | None:
    """Why nothing can come of the action, whatever the target's state; ``None``: its system takes it, or takes notes
    where a note says as much."""
    why = lacks(action, target, board)
    if why is not None and action.verb in _BY_NOTE and lacks(BY_ID["note"], target, board) is None:
        return None
    return why


def lacks(action: Action, target: Target, board: Board) -> str | None:
    """Why the target's system does not take the action, whatever its state; ``None``: it does."""
    assert action.verb is not None
    takes = target.row.incident.takes if isinstance(target.row, IncidentRow) else None
    able = action.verb.value in board.capabilities.get(target.source, frozenset())
    if able and (takes is None or action.verb.value in takes):
        return None
    lack = board.lacks.get(target.source, {}).get(action.verb.value)
    if lack is not None:
        return lack
    kind = next((source.kind for source in board.sources if source.name == target.source), "")
    named = f"{target.source} ({kind})" if kind and kind != target.source else target.source
    return f"{named} cannot {action.title.lower()}{' such an incident' if able else ''}"


def _pointless(action: Action, target: Target, board: Board) -> str | None:
    if not isinstance(target.row, IncidentRow):
        return None
    incident = target.row.incident
    resolved = incident.state is IncidentState.RESOLVED
    if any(row.verb is action.verb and row.pending and not row.held for row in target.row.actions) and (
        action.verb in (Verb.ACKNOWLEDGE, Verb.RESOLVE, Verb.UNACKNOWLEDGE, Verb.REOPEN)
    ):
        return f"already on its way: {action.title.lower()}, {incident.title}"
    match action.verb:
        case Verb.REOPEN:
            return None if resolved else f"not resolved: {incident.title}"
        case Verb.NOTE | Verb.TITLE | Verb.SEVERITY:
            return None
        case _ if resolved:
            return f"already resolved: {incident.title}"
        case Verb.UNACKNOWLEDGE if incident.state is not IncidentState.ACKNOWLEDGED:
            return f"not acknowledged: {incident.title}"
        case Verb.ACKNOWLEDGE if incident.state is IncidentState.ACKNOWLEDGED and _mine_already(target.row, board):
            return f"you have acknowledged it already: {incident.title}"
    return None


def _mine_already(row: IncidentRow, board: Board) -> bool:
    return any(f"{row.incident.source}:{one.id}" in board.seat.my_ids for one in row.incident.acknowledged_by)


def _doubt(action: Action, target: Target, board: Board) -> str | None:
    """The acknowledge guard (A1): the page is not mine, or somebody is on it."""
    if action.verb is not Verb.ACKNOWLEDGE or not isinstance(target.row, IncidentRow):
        return None
    incident = target.row.incident
    if incident.state is IncidentState.ACKNOWLEDGED:
        who = ", ".join(person.name for person in incident.acknowledged_by) or "somebody"
        return f"{who} is on it already: {incident.title}"
    if target.row.relation is not Relation.MINE:
        who = ", ".join(target.assignees)
        return f"{f'assigned to {who}' if who else 'not yours'}: {incident.title}"
    return None
