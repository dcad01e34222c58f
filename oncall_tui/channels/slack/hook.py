"""One room of Slack, by an incoming webhook: it takes a text and tells nothing but that it did."""

from __future__ import annotations

from typing import ClassVar

from oncall_tui.channels.hooks import HookCaller
from oncall_tui.channels.slack.mrkdwn import escape, from_markdown, split
from oncall_tui.channels.slack.options import Options
from oncall_tui.config.secret import mask_read
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Confirmation,
    Outcome,
    Probe,
    Reach,
    Refused,
    Sent,
    SourceContext,
    Unsupported,
)
from oncall_tui.text import clean

MAX_TEXT = 40_000
"""What is beyond it Slack cuts off."""
_CUT = "\n… (cut)"


class SlackHook:
    """A channel that posts, and cannot look at what it has posted."""

    kind: ClassVar[str] = "slack"
    capabilities: frozenset[Capability] = frozenset({Capability.MESSAGE})

    def __init__(self, options: Options, context: SourceContext) -> None:
        if options.webhook is None:
            raise ValueError("no webhook")
        self.name = context.name
        self.reach = Reach(place="its webhook's room")
        self._caller = HookCaller(options.webhook, context, plain_http=options.allow_http, ca_file=options.ca_file)

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Nothing: there is no looking."""
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Post the text, once. Raises Unsupported for anything but a message."""
        if row.verb is not Verb.MESSAGE:
            raise Unsupported("a webhook of Slack posts messages only: rooms, topics and changes need a token")
        if row.params.get("room"):
            raise Unsupported("a webhook of Slack posts into its own room only")
        try:
            text, cut = _text(row)
            answer = await self._caller.call("POST", json={"text": text})
        except AuthFailed as error:
            if error.status != 403:
                raise
            raise Refused(str(error), status=403) from None
        if answer.text.strip() != "ok":
            words = clean(mask_read(answer.text[:2000]), 80)  # masked before it is cut
            raise BadAnswer(f"{self._caller.host} answers {words!r}, not ok: is this Slack?", maybe_applied=True)
        return Sent(text=cut)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Slack's own answer stands; without one nobody can tell."""
        if row.answered_at is not None:
            return Confirmation(outcome=Outcome.APPLIED)
        return Confirmation(outcome=Outcome.UNKNOWN, text="a webhook cannot be asked what it has posted: look in Slack")

    async def probe(self) -> Probe:
        """Whether its host can be reached: whether the address is right shows with the first message."""
        return await self._caller.probe(self.capabilities)

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._caller.aclose()


def _text(row: OutboxRow) -> tuple[str, str]:
    """What is posted, and what there is to say of it: nothing, or that it was cut."""
    text = str(row.params["text"])
    whole = (from_markdown(text) if row.target.startswith("local:handover-") else escape(text)).strip("\n")
    if len(whole) <= MAX_TEXT:
        return whole, ""
    first = split(whole, MAX_TEXT - len(_CUT))[0]
    return first + _CUT, f"cut: a webhook takes {MAX_TEXT:,} characters, this had {len(whole):,}"
