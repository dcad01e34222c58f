"""What screens ask of the app, which alone knows the desk.

Statements are posted and forgotten (the board that comes back shows what became of them). A :class:`Question` is
awaited: ``draft = await ask(self, DraftWanted("note:pager:Q1"))``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from textual.message import Message
from textual.message_pump import MessagePump

from oncall_tui.board import AlertRow, IncidentRow
from oncall_tui.model import AuditLine, Draft, IncidentFacts, ShiftFacts, SourceState, Verb, Version
from oncall_tui.records import dataclass

if TYPE_CHECKING:
    from oncall_tui.handover.document import HandoverEdits  # noqa: F401  (the dashboard does without documents)

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an action is pinned to, taken at the key press (A0): no later board changes it."""

    id: str
    """Full id of the incident, alert or silence."""
    source: str
    title: str
    service: str | None = None
    seen: Version | None = None
    row: IncidentRow | AlertRow | None = None
    """The row as it was seen: what a prompt shows."""

    @property
    def assignees(self) -> tuple[str, ...]:
        """Names of those who hold it."""
        if isinstance(self.row, IncidentRow):
            return tuple(person.name for person in self.row.incident.assignees)
        return ()

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels that an alert group's members share."""
        return dict(self.row.labels) if isinstance(self.row, AlertRow) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a dialog is dismissed with (``None``: the person went back). ``params`` as
    :class:`~oncall_tui.model.OutboxRow` has them for the verb."""

    params: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    """What is written on each target's timeline besides: why it was done."""


# -- statements ------------------------------------------------------------------------------------------------


class Request(Message):
    """From a screen or dialog to the app."""


class ActionRequested(Request):
    """Do ``action_id`` (it has a verb) to each of ``targets``, with a result line for each."""

    def __init__(self, action_id: str, targets: tuple[Target, ...], params: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.action_id = action_id
        self.targets = targets
        self.params = dict(params or {})


class TellRequested(Request):
    """Have a channel do ``verb`` (of MESSAGING) about an incident or a handover, with the params that
    :class:`~oncall_tui.model.OutboxRow` has for it. ``draft_key``: what was typed is kept there until it is queued."""

    def __init__(
        self, verb: Verb, channel: str, about: str, title: str, params: Mapping[str, Any], draft_key: str = ""
    ) -> None:
        super().__init__()
        self.verb = verb
        self.channel = channel
        self.about = about
        self.title = title
        self.params = dict(params)
        self.draft_key = draft_key


class OutboxRequested(Request):
    """Do ``action_id`` (``outbox_retry``, ``outbox_cancel``, ``outbox_note``, or ``see_off``) to the outbox row."""

    def __init__(self, action_id: str, key: str) -> None:
        super().__init__()
        self.action_id = action_id
        self.key = key


class UndoRequested(Request):
    """Cancel the newest action of this seat that has not left."""


class RefreshRequested(Request):
    """Poll these sources now; ``None``: all."""

    def __init__(self, names: Collection[str] | None = None) -> None:
        super().__init__()
        self.names = names


class ScreenRequested(Request):
    """Push the screen ``name`` (``incident``, ``handover``, ``outbox``, ``sources``, ``help``, ``palette``)."""

    def __init__(self, name: str, target: str | None = None) -> None:
        super().__init__()
        self.name = name
        self.target = target


class CopyRequested(Request):
    """Put ``text`` on the person's own clipboard (OSC 52); ``what`` names it in the answer."""

    def __init__(self, text: str, what: str) -> None:
        super().__init__()
        self.text = text
        self.what = what


class QuitRequested(Request):
    """The person wants to leave."""


class BellRequested(Request):
    """Ring as a page would."""


class RepaintRequested(Request):
    """Draw every cell anew."""


class DraftSaved(Request):
    """Keep this text under ``key`` as it is being typed."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__()
        self.key = key
        self.text = text


class DraftDropped(Request):
    """The text under ``key`` is no longer wanted."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


class ValueKept(Request):
    """Remember a small choice or text under ``name``."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self.name = name
        self.text = text


# -- questions -------------------------------------------------------------------------------------------------


class Question(Request, Generic[Told]):
    """A request with an answer. The app calls :meth:`tell` or :meth:`fail`."""

    def __init__(self) -> None:
        super().__init__()
        self.reply: asyncio.Future[Told] = asyncio.get_running_loop().create_future()

    def tell(self, answer: Told) -> None:
        """Answer it; a second answer changes nothing."""
        if not self.reply.done():
            self.reply.set_result(answer)

    def fail(self, error: Exception) -> None:
        """It could not be answered."""
        if not self.reply.done():
            self.reply.set_exception(error)


class ShiftQuestion(Question[Told]):
    """Of schedule, checklists and handovers: see :mod:`screens.shift_requests`."""


class HistoryRequest(Request):
    """Of history and post-mortems: see :mod:`screens.history_requests`."""


class HistoryQuestion(Question[Told]):
    """Of metrics, history and post-mortems: see :mod:`screens.history_requests`."""


class CommandQuestion(Question[Told]):
    """Of commands of the team's own: see :mod:`screens.command_requests`."""


class LeadRequest(Request):
    """Of leading an incident: see :mod:`screens.lead_requests`."""


class LeadQuestion(Question[Told]):
    """Of leading an incident: see :mod:`screens.lead_requests`."""


class PastQuestion(Question[Told]):
    """About local history: see :mod:`screens.past_requests`."""


class PastRequest(Request):
    """To suggested incidents: see :mod:`screens.past_requests`."""


class DutyQuestion(Question[Told]):
    """Of what is due on an incident, its checklist and its watch: see :mod:`screens.duty_requests`."""


class QuestionFailed(Exception):
    """The app could not answer a question: one clear line."""


class IncidentWanted(Question[IncidentFacts | None]):
    """What the store has of an incident; with ``read``, after asking its system for the whole of it."""

    def __init__(self, incident_id: str, *, read: bool = False) -> None:
        super().__init__()
        self.incident_id = incident_id
        self.read = read
        self.problem: str | None = None
        """Why the system could not be read; set before the answer."""


class ShiftWanted(Question[ShiftFacts]):
    """What the store has of a stretch of time."""

    def __init__(self, start: datetime, end: datetime) -> None:
        super().__init__()
        self.start = start
        self.end = end


class AuditWanted(Question[tuple[AuditLine, ...]]):
    """The latest lines of the audit, newest first."""


class SourcesWanted(Question[tuple[SourceState, ...]]):
    """How every source fares, with what the board leaves out: latency, budget, the time of each answer."""


class DraftWanted(Question[Draft | None]):
    """The text kept under ``key``."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


class ValueWanted(Question[str | None]):
    """What is remembered under ``name``."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class ComponentsWanted(Question[tuple[str, ...]]):
    """What a publication on that channel can tell the state of; asked of the channel."""

    def __init__(self, channel: str) -> None:
        super().__init__()
        self.channel = channel


class EditsWanted(Question["HandoverEdits"]):
    """What the seat added to the handover of the shift that ``start`` to ``end`` is, or mostly is."""

    def __init__(self, start: datetime, end: datetime) -> None:
        super().__init__()
        self.start = start
        self.end = end


class EditorWanted(Question[str | None]):
    """``text`` as the person leaves it in ``$EDITOR``; ``None`` when unchanged. ``suffix`` of the file: ``.md``."""

    def __init__(self, text: str, suffix: str = ".md") -> None:
        super().__init__()
        self.text = text
        self.suffix = suffix


class FileWanted(Question[Path]):
    """Write ``text`` to a new file of this ``name`` in the exports folder; the answer is where it is."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self.name = name
        self.text = text


async def ask(node: MessagePump, question: Question[Told]) -> Told:
    """Post ``question`` from ``node`` and wait for the app's answer.

    Raises:
        QuestionFailed: it could not be answered (``str()`` is one line for the strip).
    """
    node.post_message(question)
    return await question.reply
