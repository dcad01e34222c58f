"""What of a handover's open incidents is open still: only that is taken over."""

from __future__ import annotations

from oncall_tui.board import Board
from oncall_tui.handover.handed import Handed, HandedIncident
from oncall_tui.model import Incident, IncidentState, Verb
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A handover's open incidents by what has become of them, each in its order."""

    open: tuple[Incident, ...]
    """As they are known now."""
    over: tuple[HandedIncident, ...]
    """Resolved since the text was written."""
    unknown: tuple[HandedIncident, ...]
    """Not on the list here: over for longer, or of a system that is not asked from here."""

    @property
    def counted(self) -> str:
        """``7 open, 1 resolved since, 2 not on the list here``."""
        parts = [f"{len(self.open)} open"]
        parts += [f"{len(self.over)} resolved since"] if self.over else []
        parts += [f"{len(self.unknown)} not on the list here"] if self.unknown else []
        return ", ".join(parts)


def still_open(handed: Handed, board: Board) -> Still:
    """How they stand now. Pure."""
    rows = {one.id: board.incident(one.id) for one in handed.document.open}
    named = {one.id: one for one in handed.document.open}
    known = {id_: row.incident for id_, row in rows.items() if row is not None}
    over = {id_ for id_, incident in known.items() if incident.state is IncidentState.RESOLVED}
    return Still(
        open=tuple(incident for id_, incident in known.items() if id_ not in over),
        over=tuple(one for id_, one in named.items() if id_ in over),
        unknown=tuple(one for id_, one in named.items() if id_ not in known),
    )


def takes_notes(board: Board, incident: Incident) -> bool:
    """Whether a receipt can be written on it."""
    able = Verb.NOTE.value in board.capabilities.get(incident.source, frozenset())
    return able and (incident.takes is None or Verb.NOTE.value in incident.takes)
