"""Who takes part in an incident, by the words of the severity's row: people as the pager knows them. From the board."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oncall_tui.board import Board, OnCallTeam
from oncall_tui.model import Directory, Incident, Person
from oncall_tui.policy import SeverityPolicy
from oncall_tui.policy.communication import STAKEHOLDERS
from oncall_tui.policy.declaring import Wish
from oncall_tui.policy.response_ground import Asked
from oncall_tui.policy.roles import Role
from oncall_tui.records import dataclass
from oncall_tui.schedule.duties import Duty, Named, duties

COMMANDER_ROLE = "incident-commander"
_OPTIONAL = "(optional)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who is asked for."""

    commander: Person | None = None
    known_by: str = ""
    """How the commander is known, or why nobody is."""
    asked: tuple[Asked, ...] = ()
    """The others, in the policy's order."""
    team: OnCallTeam | None = None


def cast(
    board: Board,
    roles: Sequence[Role],
    wish: Wish,
    *,
    pager: str,
    service: str | None,
    incident: Incident | None = None,
    configured: str | None = None,
) -> Cast:
    """Who takes part in this incident.

    Args:
        pager: the source whose ids people get.
        service: the service's name, by which its team is looked for.
        incident: where it is there already; who is on it is not asked again.
        configured: name or mail address of who commands at this severity.
    """
    team = team_of(board, pager, service, incident)
    directory = board.directories.get(pager) or Directory()
    known = _duties(board, team, roles, board.policy)
    commander, known_by = _commander(wish, directory, known, configured, board)
    there = {person.id for person in incident.assignees} if incident is not None else set()
    taken = there | ({commander.id} if commander is not None else set())
    asked = [
        _asked(word, known, directory, taken, pager)
        for word in board.policy.rule(wish.severity).participants
        if not _is_elsewhere(word)
    ]
    return Cast(commander=commander, known_by=known_by, asked=tuple(asked), team=team)


def _is_elsewhere(word: str) -> bool:
    """Stakeholders hear of it, who commands has a step of their own, and nobody is paged who takes part if asked."""
    folded = word.casefold()
    return folded == STAKEHOLDERS or "commander" in folded or _OPTIONAL in folded or "as needed" in folded


# -- the team --------------------------------------------------------------------------------------------------


def team_of(board: Board, pager: str, service: str | None, incident: Incident | None) -> OnCallTeam | None:
    """Whose the incident is: by its escalation policy or team, by those of other incidents of the service, by the
    service's name; else the seat's own team."""
    alike = [incident] if incident is not None else []
    if service is not None:
        alike += [
            row.incident
            for row in board.incidents
            if row.incident.source == pager
            and row.incident.service is not None
            and row.incident.service.name == service
        ]
    for one in alike:
        found = _by_incident(board, one)
        if found is not None:
            return found
    names = {team.team.casefold(): team for team in board.on_call}
    if service is not None and service.casefold() in names:
        return names[service.casefold()]
    return next((team for team in board.on_call if team.mine), next(iter(board.on_call), None))


def _by_incident(board: Board, incident: Incident) -> OnCallTeam | None:
    policy = incident.escalation_policy.id if incident.escalation_policy is not None else None
    for team in board.on_call:
        for row in team.rows:
            if row.source == incident.source and row.policy is not None and row.policy.id == policy:
                return team
    named = {name.casefold() for name in incident.teams}
    return next((team for team in board.on_call if team.team.casefold() in named), None)


def _duties(board: Board, team: OnCallTeam | None, roles: Sequence[Role], policy: SeverityPolicy) -> Sequence[Duty]:
    if team is None:
        return ()
    return next((one.roles for one in duties(board, roles, policy) if one.team == team.team), ())


# -- people ----------------------------------------------------------------------------------------------------


def _commander(
    wish: Wish, directory: Directory, known: Sequence[Duty], configured: str | None, board: Board
) -> tuple[Person | None, str]:
    for name, words in ((wish.commander, "named here"), (configured, "named in the config")):
        if name is not None:
            person = person_named(directory, name)
            return person, words if person is not None else f"the pager knows {_unnamed(directory, name)} called {name}"
    duty = next((one for one in known if one.role.id == COMMANDER_ROLE), None)
    for named in duty.people if duty is not None else ():
        person = _person(directory, named)
        if person is not None:
            return person, duty.known_by if duty is not None else ""
    if directory.me is not None:
        return directory.me, "you: nobody else is named"
    return None, "nobody is named: policy.roles.incident-commander in the config"


def _asked(word: str, known: Sequence[Duty], directory: Directory, taken: set[str], pager: str) -> Asked:
    duty = next((one for one in known if _means(word, one.role)), None)
    if duty is None:
        role = word.casefold().removeprefix("relevant ").replace(" ", "-")
        return Asked(word=word, why_nobody=f"nobody is named: policy.roles.{role} in the config")
    if not duty.people:
        return Asked(word=word, why_nobody=duty.known_by)
    found = [_person(directory, named) for named in duty.people]
    people = tuple(one for one in found if one is not None)
    if not people:
        names = ", ".join(named.name for named in duty.people)
        is_crowd = any(len(people_named(directory, named.name)) > 1 for named in duty.people)
        told = f"{pager} knows several called {names}" if is_crowd else f"{pager} does not know {names}"
        return Asked(word=word, why_nobody=told)
    return Asked(word=word, people=tuple(one for one in people if one.id not in taken), level=duty.role.level)


def _means(word: str, role: Role) -> bool:
    """Whether a participant of the policy is that role: ``secondary on-call``, ``relevant team lead``."""
    wanted = word.casefold().removeprefix("relevant ").strip()
    title = role.title.casefold()
    return wanted in (title, role.id, role.id.replace("-", " ")) or title.startswith(f"{wanted} ")


def _person(directory: Directory, named: Named) -> Person | None:
    for word in (named.contact, named.name):
        found = person_named(directory, word) if word else None
        if found is not None:
            return found
    return None


def _unnamed(directory: Directory, word: str) -> str:
    return "several" if people_named(directory, word) else "nobody"


def person_named(directory: Directory, word: str) -> Person | None:
    """The one person whom a name, mail address or id means; ``None``: nobody, or several."""
    found = people_named(directory, word)
    return found[0] if len(found) == 1 else None


def people_named(directory: Directory, word: str) -> list[Person]:
    """All whom a name, mail address or id may mean."""
    wanted = word.strip().casefold()
    if not wanted:
        return []
    everybody: Iterable[Person] = (*directory.people, *((directory.me,) if directory.me is not None else ()))
    by_id = {person.id: person for person in everybody}
    exact = [one for one in by_id.values() if wanted in (one.id.casefold(), (one.contact or "").casefold())]
    named = exact or [one for one in by_id.values() if one.name.casefold() == wanted]
    return named or [one for one in by_id.values() if wanted in one.name.casefold().split()]
