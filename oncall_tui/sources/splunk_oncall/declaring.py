"""A new incident in Splunk On-Call, as by hand there. Its API takes no key to tell a second one by: what is new since,
ours by name and person, is the one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oncall_tui.model import Incident, OutboxRow, Person
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Confirmation, Outcome, Refused, Sent
from oncall_tui.sources.splunk_oncall import reading
from oncall_tui.sources.splunk_oncall.api import PUBLIC, Api
from oncall_tui.sources.splunk_oncall.decoding import Row, transitions
from oncall_tui.sources.splunk_oncall.furniture import Furniture
from oncall_tui.text import clean


async def there(api: Api) -> tuple[str, ...]:
    """The numbers of what is there already. Raises SourceError."""
    return tuple((await reading.live(api)).rows)


async def create(api: Api, furniture: Furniture, row: OutboxRow) -> Sent:
    """Make it; it pages by the policy that is named.

    Raises:
        Refused: no policy is named, or Splunk On-Call says no.
        SourceError: ``maybe_applied`` where it may be there.
    """
    params = row.params
    if not params.get("policy"):
        raise Refused("Splunk On-Call's incidents page by an escalation policy: say which")
    me = await furniture.acting()
    body = {
        "summary": params["title"],
        "details": params.get("text") or params["title"],
        "userName": me.id,
        "targets": [{"type": "EscalationPolicy", "slug": params["policy"]}],
        "isMultiResponder": False,
    }
    data = await api.write("POST", f"{PUBLIC}/incidents", body)
    number = fields.native_id(data, "incidentNumber")
    if number is not None:
        return Sent(text=f"#{number}", native_ref=number)
    error = fields.text(data, "error")
    if error is not None:
        raise Refused(error)
    raise BadAnswer("Splunk On-Call does not say which incident it has made", maybe_applied=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An incident that is new since."""

    row: Row
    incident: Incident


def judge(row: OutboxRow, new: Sequence[Candidate], me: Person | None, since: datetime) -> Confirmation:
    """Which of these is it, if any.

    Args:
        since: by Splunk's clock: what began earlier is somebody else's.
    """
    ours = [one for one in new if one.incident.created_at >= since and _is_by(one, me)]
    named = [one for one in ours if one.incident.title == clean(row.params["title"])]
    if len(named) == 1:
        return Confirmation(outcome=Outcome.APPLIED, native_ref=named[0].incident.native_id)
    if ours:
        numbers = ", ".join(f"#{one.incident.native_id}" for one in ours[:5])
        return Confirmation(outcome=Outcome.UNKNOWN, text=f"it may be {numbers}: look there before you send it again")
    return Confirmation(outcome=Outcome.NOT_APPLIED)


def _is_by(one: Candidate, me: Person | None) -> bool:
    """Somebody else's, or a monitor's, is not ours; one that does not say may be."""
    begun = next(iter(transitions(one.row)), None)
    return begun is None or me is None or begun.by is None or begun.by == me.id
