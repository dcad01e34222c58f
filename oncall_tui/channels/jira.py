"""Jira as a channel: an action item becomes an issue with an owner, a due date and labels.

Jira has no idempotency key: each issue carries the outbox row's key as a label, which is looked for before it is made
and when it is read back. Its search lags behind by some seconds, and until then "not found" says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from oncall_tui.config.options import ChannelOptions, opt
from oncall_tui.model import OutboxRow, Person, Verb
from oncall_tui.sources import fields
from oncall_tui.sources.base import (
    BadAnswer,
    Capability,
    Confirmation,
    NotFound,
    Outcome,
    Probe,
    Reach,
    Receiver,
    Refused,
    Sent,
    SourceContext,
    SourceError,
    Unsupported,
)
from oncall_tui.sources.http import segment
from oncall_tui.sources.jira.access import JiraAccess
from oncall_tui.sources.jira.dialects import issue_key
from oncall_tui.sources.jira.marks import ACTION, incident_label, key_label, plain_label
from oncall_tui.sources.jira.whoami import Whoami, probe_of
from oncall_tui.text import clean

SEARCH_LAGS = timedelta(seconds=12)
"""A new issue may be missing in the search for so long."""
_SUMMARY = 255
"""Characters of a summary that Jira takes."""
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def _project(value: str) -> str:
    if not _PROJECT.fullmatch(value):
        raise ValueError("the key of a project, such as OPS")
    return value


def _labels(value: tuple[str, ...]) -> tuple[str, ...]:
    for label in value:
        if not label or any(one.isspace() for one in label) or len(label) > 255:
            raise ValueError(f"not a label: {clean(label, 40)!r} (no spaces)")
    return value


@dataclass(frozen=True, kw_only=True)
class Options(ChannelOptions, JiraAccess):
    """One project of a Jira, Cloud or Data Center."""

    project: str = opt(help="key of the project that issues are made in", check=_project)
    issue_type: str = opt("Task", help="name of their type")
    labels: tuple[str, ...] = opt((), help="further labels of each", check=_labels)


def make(options: ChannelOptions, context: SourceContext) -> Receiver:
    """The channel; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a Jira channel: {type(options).__name__}")
    return JiraChannel(options, context)


class JiraChannel:
    """One project."""

    kind: ClassVar[str] = "jira"
    capabilities: frozenset[Capability] = frozenset({Capability.TICKET})

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self._options = options
        self.reach = Reach(place=f"project {options.project}")
        self._clock = context.clock
        self._client = options.client(context)
        self._dialect = options.dialect
        self._whoami = Whoami(self._client, self._dialect, context.clock)

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Nothing: what is ours carries the row's key."""
        return ()

    # -- sending -----------------------------------------------------------------------------------------------

    async def send(self, row: OutboxRow) -> Sent:
        """Make the issue, unless it is there. Raises Refused with Jira's reason, other SourceErrors."""
        self._check(row)
        there = await self._find(row)
        if there is not None:
            return Sent(text=f"{there} is there already", native_ref=there)
        wanted = row.params.get("owner")
        owner = await self._owner(wanted) if wanted else None
        answer = await self._client.request(
            "POST", f"{self._dialect.root}/issue", json={"fields": self._fields(row, owner)}
        )
        key = issue_key(answer.data)
        if key is None:
            raise BadAnswer(f"{self._client.host} answers without the issue's key", maybe_applied=True)
        nobody = (
            f"; no owner: Jira finds nobody for {clean(wanted, 80)} who can be given it" if wanted and not owner else ""
        )
        return Sent(text=f"{key}{nobody}", native_ref=key)

    def _check(self, row: OutboxRow) -> None:
        if row.verb is not Verb.TICKET:
            raise Unsupported(f"{self.name} (Jira) cannot {row.verb.value}")

    def _fields(self, row: OutboxRow, owner: Person | None) -> dict[str, Any]:
        params: Mapping[str, Any] = row.params
        found: dict[str, Any] = {
            "project": {"key": self._options.project},
            "issuetype": {"name": self._options.issue_type},
            "summary": clean(params["title"], _SUMMARY),
            "labels": self._labels(row),
        }
        text = self._text(row, owner)
        if text:
            found["description"] = self._dialect.document(text)
        if params.get("due"):
            found["duedate"] = params["due"]
        if owner is not None:
            found["assignee"] = self._dialect.reference(owner)
        return found

    def _labels(self, row: OutboxRow) -> list[str]:
        incident = incident_label(row.target)
        given = (plain_label(label) for label in row.params.get("labels") or ())
        labels = [ACTION, key_label(row.key), *([incident] if incident else []), *self._options.labels, *given]
        return list(dict.fromkeys(label for label in labels if label))

    def _text(self, row: OutboxRow, owner: Person | None) -> str:
        """What was written, where it comes from, and an owner whom Jira does not know."""
        parts = [str(row.params.get("text") or "").strip()]
        if incident_label(row.target) is not None:
            parts.append(f"From {row.target_title} ({row.target})")
        if row.params.get("owner") and owner is None:
            parts.append(f"Owner: {row.params['owner']}")
        return "\n\n".join(part for part in parts if part)

    async def _owner(self, wanted: str) -> Person | None:
        """The user with that mail address or name; of one who hides the address, the only one whom it finds."""
        rows = await self._dialect.assignable(self._client, self._options.project, wanted)
        people = [one for one in map(self._dialect.person, rows) if one is not None]
        word = wanted.casefold()
        exact = [
            one for one in people if word in ((one.contact or "").casefold(), one.name.casefold(), one.id.casefold())
        ]
        hidden = [one for one in people if one.contact is None]
        chosen = exact or (hidden if len(people) == 1 else [])
        return chosen[0] if len(chosen) == 1 else None

    # -- reading back ------------------------------------------------------------------------------------------

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Whether the issue is there; by its key, else by its label, once the search can have it."""
        self._check(row)
        if row.native_ref is not None and await self._is_ours(row, row.native_ref):
            text = "" if row.answer else row.native_ref  # what was said when it was made stands: perhaps "no owner"
            return Confirmation(outcome=Outcome.APPLIED, text=text, native_ref=row.native_ref)
        there = await self._find(row)
        if there is not None:
            return Confirmation(outcome=Outcome.APPLIED, text=there, native_ref=there)
        if row.sent_at is not None and self._clock.now() - row.sent_at < SEARCH_LAGS:
            return Confirmation(outcome=Outcome.UNKNOWN, text="not found there; Jira's search may lag behind")
        return Confirmation(outcome=Outcome.NOT_APPLIED, text="no such issue there")

    async def _is_ours(self, row: OutboxRow, key: str) -> bool:
        try:
            answer = await self._client.get(f"{self._dialect.root}/issue/{segment(key)}", [("fields", "labels")])
        except NotFound:
            return False
        labels = fields.walk(answer.data, "fields", "labels")
        return isinstance(labels, list) and key_label(row.key) in labels

    async def _find(self, row: OutboxRow) -> str | None:
        jql = f'project = "{self._options.project}" AND labels = "{key_label(row.key)}" ORDER BY created ASC'
        found = await self._dialect.search(self._client, jql, ("labels",))
        for one in found.rows:
            labels = fields.walk(one, "fields", "labels")
            key = issue_key(one)
            if key is not None and isinstance(labels, list) and key_label(row.key) in labels:
                return key
        if found.rows:
            raise BadAnswer(f"{self._client.host} answers a search for a label with issues that do not have it")
        return None

    # -- check -------------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """Whether it knows the token, has project and type, and lets issues be made. Never raises SourceError."""
        error: SourceError | None = None
        notes: list[str] = []
        try:
            await self._whoami.ensure(anew=True)
            notes += await self._look()
        except SourceError as caught:
            error = caught
        latency = self._client.latency_ms
        version = await self._whoami.version(notes) if error is None else None
        user = self._whoami.person if error is None else None
        return probe_of(self._client, error, latency, version, user, self.capabilities, notes)

    async def _look(self) -> list[str]:
        project = self._options.project
        root = self._dialect.root
        asked = [("projectKey", project), ("permissions", "CREATE_ISSUES,ASSIGN_ISSUES")]
        try:
            answer = await self._client.get(f"{root}/mypermissions", asked)
        except NotFound:
            raise Refused(
                f"{self._client.host} has no project {project}, or does not show it to this account"
            ) from None
        granted = fields.obj(answer.data, "permissions")
        if not fields.boolean(granted, "CREATE_ISSUES", "havePermission"):
            raise Refused(f"no permission to create issues in {project} (CREATE_ISSUES)")
        notes = []
        if not fields.boolean(granted, "ASSIGN_ISSUES", "havePermission"):
            notes.append(
                f"no permission to assign issues in {project} (ASSIGN_ISSUES): a ticket with an owner is refused"
            )
        types = await self._client.get(f"{root}/issue/createmeta/{segment(project)}/issuetypes")
        listed = [
            fields.text(one, "name", limit=60) or "?"
            for name in ("issueTypes", "values")  # Cloud, Data Center
            for one in fields.rows(types.data, name)
        ]
        if listed and self._options.issue_type not in listed:
            notes.append(f"{project} has no issue type {self._options.issue_type}; there are {', '.join(listed[:12])}")
        return notes

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()
