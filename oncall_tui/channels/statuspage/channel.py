"""One status page as a channel: publishing, updates, reading back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from oncall_tui.channels.statuspage.options import Options
from oncall_tui.channels.statuspage.page import Page, Row
from oncall_tui.model import PUBLICATION_IMPACTS, PUBLICATION_STATES, OutboxRow, Verb
from oncall_tui.sources import fields
from oncall_tui.sources.base import (
    BadAnswer,
    Capability,
    Confirmation,
    NotFound,
    Outcome,
    Probe,
    Reach,
    Refused,
    Sent,
    SourceContext,
    SourceError,
    Unsupported,
)
from oncall_tui.sources.http import segment
from oncall_tui.text import clean

MARK = "oncall_tui"
"""Our object in an incident's metadata."""
MAX_NAME, MAX_BODY = 255, 25_000
_LOOK_BACK = timedelta(minutes=10)
"""Before the key press: more than two clocks differ."""


class Statuspage:
    """A channel that publishes incidents and updates them."""

    kind: ClassVar[str] = "statuspage"
    capabilities: frozenset[Capability] = frozenset({Capability.PUBLISH, Capability.PUBLISH_UPDATE})

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self._options = options
        mailed = ", its subscribers are mailed" if options.notify else ""
        self.reach = Reach(place=f"everybody who sees the page {clean(options.page, 40)}{mailed}")
        self._client = options.client(context)
        self._page = Page(self._client, options.page, context.clock)

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Of an update: the ids of the equal ones that are there already. An incident carries its key."""
        if row.verb is not Verb.PUBLISH_UPDATE:
            return ()
        return tuple(_equal_updates(await self._page.incident(str(row.params["publication"])), row))

    async def send(self, row: OutboxRow) -> Sent:
        """Publish, once.

        Raises:
            Refused: too long, an unknown impact, component or state, or Statuspage says no.
        """
        match row.verb:
            case Verb.PUBLISH:
                return await self._publish(row)
            case Verb.PUBLISH_UPDATE:
                return await self._update(row)
        raise Unsupported(f"a status page cannot {row.verb.value.replace('_', ' ')}")

    async def _publish(self, row: OutboxRow) -> Sent:
        name = str(row.params["title"])
        if len(name) > MAX_NAME:
            raise Refused(f"the title is longer than {MAX_NAME} characters")
        values = self._values(row)
        states = await self._page.component_ids(row.params.get("components") or {})
        body = {"name": name, **values, "metadata": {MARK: {"key": row.key, "incident": row.target}}}
        if states:
            body |= {"component_ids": list(states), "components": states}
        made = await self._page.write("POST", "/incidents", {"incident": body})
        native_id = fields.native_id(made, "id")
        if native_id is None:
            raise BadAnswer(f"{self._client.host} took the incident and tells no id", maybe_applied=True)
        return Sent(text=_where(made), native_ref=native_id)

    async def _update(self, row: OutboxRow) -> Sent:
        native_id, values = str(row.params["publication"]), self._values(row)
        states = await self._page.component_ids(row.params.get("components") or {})
        restores = self._options.restore and row.params["status"] == "resolved" and not states
        kept = ""
        if states or restores:
            there = list(fields.rows(await self._page.incident(native_id), "components"))
            if restores:
                states, kept = await self._restored(native_id, there)
            # Those that are left out would not belong to the incident any more.
            ids = [component for one in there if (component := fields.native_id(one, "id"))]
            values |= {"component_ids": list(dict.fromkeys([*ids, *states])), "components": states} if states else {}
        made = await self._page.write("PATCH", f"/incidents/{segment(native_id)}", {"incident": values})
        if fields.native_id(made, "id") != native_id:
            raise BadAnswer(f"{self._client.host} does not tell which incident it has updated", maybe_applied=True)
        return Sent(text=f"{_where(made)} {kept}".strip())

    async def _restored(self, native_id: str, there: Iterable[Row]) -> tuple[dict[str, str], str]:
        """The state of each component that is well again with this incident; what stays for another one, in words."""
        bad = {
            component: fields.text(one, "name", limit=60) or component
            for one in there
            if (component := fields.native_id(one, "id"))
            and fields.text(one, "status") not in ("operational", "under_maintenance", None)
        }
        if not bad:
            return {}, ""
        rows, _ = await self._page.rows("/incidents/unresolved", "per_page")
        others = [row for row in rows if fields.native_id(row, "id") != native_id]
        held = {fields.native_id(one, "id") for row in others for one in fields.rows(row, "components")}
        kept = [name for component, name in bad.items() if component in held]
        words = f"(left as they are, for another open incident: {', '.join(kept)})" if kept else ""
        return {component: "operational" for component in bad if component not in held}, words

    def _values(self, row: OutboxRow) -> dict[str, Any]:
        text, status, impact = str(row.params["text"]), row.params["status"], row.params.get("impact")
        if len(text) > MAX_BODY:
            raise Refused(f"the text is longer than {MAX_BODY} characters")
        if status not in PUBLICATION_STATES:
            raise Refused(f"{status!r} is no state of an incident ({', '.join(PUBLICATION_STATES)})")
        if impact is not None and impact not in PUBLICATION_IMPACTS:
            raise Refused(f"{impact!r} is no impact ({', '.join(PUBLICATION_IMPACTS)})")
        values = {"status": status, "body": text, "deliver_notifications": self._options.notify}
        return {**values, "impact_override": impact} if impact is not None else values

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read the page back."""
        return await (self._confirm_update(row) if row.verb is Verb.PUBLISH_UPDATE else self._confirm_publication(row))

    async def _confirm_publication(self, row: OutboxRow) -> Confirmation:
        if row.answered_at is None or row.native_ref is None:
            return await self._look_for(row)
        try:
            there = await self._page.incident(row.native_ref)
        except NotFound:
            return await self._look_for(row)
        return Confirmation(outcome=Outcome.APPLIED, text=_told(row, there), native_ref=row.native_ref)

    async def _confirm_update(self, row: OutboxRow) -> Confirmation:
        try:
            there = await self._page.incident(str(row.params["publication"]))
        except NotFound:
            return Confirmation(outcome=Outcome.NOT_APPLIED, text="the incident is not on the page")
        fresh = [update for update in _equal_updates(there, row) if update not in row.baseline]
        if not fresh:
            return Confirmation(outcome=Outcome.NOT_APPLIED)
        return Confirmation(outcome=Outcome.APPLIED, text=_told(row, there), native_ref=fresh[0])

    async def _look_for(self, row: OutboxRow) -> Confirmation:
        """Whether an incident whose answer was lost is there: by its key, in all that is open and all that is new."""
        whole, alike, since = True, False, row.created_at - _LOOK_BACK
        for path, size, until in (("/incidents/unresolved", "per_page", None), ("/incidents", "limit", since)):
            rows, complete = await self._page.rows(path, size, until)
            whole &= complete
            for there in rows:
                mark = fields.obj(there, "metadata", MARK)
                native_id = fields.native_id(there, "id")
                if fields.text(mark, "key") == row.key and native_id is not None:
                    return Confirmation(outcome=Outcome.APPLIED, text=_where(there), native_ref=native_id)
                alike = alike or (not mark and _is_alike(there, row, since))
        if alike:
            text = "one of that title and text is there, without the mark that would tell whether it is this one"
            return Confirmation(outcome=Outcome.UNKNOWN, text=text)
        if not whole:
            return Confirmation(outcome=Outcome.UNKNOWN, text="the page has too many incidents to look for this one")
        return Confirmation(outcome=Outcome.NOT_APPLIED)

    async def components(self) -> tuple[str, ...]:
        """What a publication may tell the state of: the components' names, the id where two have one name.

        Raises:
            SourceError: the page cannot be asked.
        """
        return await self._page.component_names()

    async def probe(self) -> Probe:
        """Whether the key works and the page is its own. Statuspage's keys have no scopes."""
        notes: list[str] = []
        error: SourceError | None = None
        try:
            page = await self._page.get("")
            if fields.native_id(page, "id") != self._options.page:
                raise BadAnswer(f"{self._client.host} does not tell of the page {self._options.page}")
            notes.append(f"the page is {fields.text(page, 'name') or 'without a name'}")
            rows, _ = await self._page.rows("/components", "per_page")
            names = [fields.text(row, "name", limit=40) for row in rows if not fields.boolean(row, "group")]
            notes.append(f"its components: {', '.join(name for name in names[:20] if name) or 'none'}")
            if self._options.notify:
                notes.append("subscribers are mailed about what is published (notify: true)")
        except NotFound as caught:
            error = caught
            pages = await self._page.other_pages()
            notes.append(f"the key sees no page {self._options.page}; it sees {', '.join(pages) or 'none'}")
        except SourceError as caught:
            error = caught
        skew = self._client.clock_skew
        return Probe(
            ok=error is None,
            error=str(error) if error else None,
            error_kind=error.kind if error else None,
            latency_ms=self._client.latency_ms,
            can=() if error else tuple(sorted(capability.value for capability in self.capabilities)),
            clock_skew_s=skew.total_seconds() if skew is not None else None,
            notes=tuple(notes),
        )

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()


def _where(incident: Any) -> str:
    return fields.url(incident, "shortlink") or ""


def _told(row: OutboxRow, incident: Any) -> str:
    """Where it is, unless its own answer has said so already, and perhaps more."""
    return "" if row.answered_at is not None and row.answer else _where(incident)


def _same(one: str | None, other: object) -> bool:
    """Whether two texts say the same: white space is trimmed and wrapped there."""
    return (one or "").split() == str(other).split()


def _equal_updates(incident: Row, row: OutboxRow) -> Iterable[str]:
    """The ids of the updates with that state and text, the latest first as they are told."""
    for update in fields.rows(incident, "incident_updates"):
        native_id = fields.native_id(update, "id")
        if (
            native_id is not None
            and fields.text(update, "status") == row.params["status"]
            and _same(fields.block(update, "body"), row.params["text"])
        ):
            yield native_id


def _is_alike(incident: Row, row: OutboxRow, since: datetime) -> bool:
    """Made since then, with that title and text."""
    created_at = fields.instant(incident, "created_at")
    return (
        created_at is not None
        and created_at >= since
        and _same(fields.text(incident, "name"), row.params["title"])
        and any(
            _same(fields.block(one, "body"), row.params["text"]) for one in fields.rows(incident, "incident_updates")
        )
    )
