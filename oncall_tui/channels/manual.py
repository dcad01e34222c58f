"""What people do by hand: a number to call, a bridge to open. Shown, and ticked when it is done; no network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from oncall_tui.config.options import ChannelOptions, opt, some
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources import fields
from oncall_tui.sources.base import (
    Capability,
    Confirmation,
    Outcome,
    Probe,
    Reach,
    Receiver,
    Sent,
    SourceContext,
    Unsupported,
)
from oncall_tui.text import clean


def _phone(value: str) -> str:
    if not re.fullmatch(r"\+?[0-9(][0-9 ()/.,;#*+-]{1,60}", value, re.ASCII):
        raise ValueError("a phone number: digits, spaces, + ( ) / . - and , ; # * for what is dialled afterwards")
    return value


def _url(value: str) -> str:
    if fields.url({"url": value}, "url") is None:
        raise ValueError("an http(s) address in plain ASCII")
    return value


@dataclass(frozen=True, kw_only=True)
class Contact:
    """One number to call or bridge to open."""

    name: str = opt(help="who or what it is", check=some)
    phone: str | None = opt(
        None, help="the number, with what is dialled afterwards: +49 30 901820,,4711#", check=_phone
    )
    url: str | None = opt(None, help="the address of a conference bridge", check=_url)
    note: str | None = opt(None, help="what one should know: when, which PIN, what to say")

    def __post_init__(self) -> None:
        if self.phone is None and self.url is None:
            raise ValueError("a phone or a url")

    @property
    def line(self) -> str:
        """All of it in one line, to be shown."""
        return clean(", ".join(part for part in (self.name, self.phone, self.url, self.note) if part))


@dataclass(frozen=True, kw_only=True)
class Options(ChannelOptions):
    """What is done by hand."""

    contacts: tuple[Contact, ...] = opt(help="whom to call, which bridge to open, in order", check=some)

    def __post_init__(self) -> None:
        names = [contact.name for contact in self.contacts]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"contacts: two are named {clean(name, 60)!r}")


def make(options: ChannelOptions, context: SourceContext) -> Receiver:
    """The channel."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of what is done by hand: {type(options).__name__}")
    return Manual(options, context)


class Manual:
    """A channel whose actions a person has done already when they are ticked.

    Attributes:
        contacts: what is shown, in order.
    """

    kind: ClassVar[str] = "manual"
    capabilities: frozenset[Capability] = frozenset({Capability.TICK})

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.contacts = options.contacts
        self.reach = Reach(contacts=tuple(contact.line for contact in options.contacts))

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Nothing."""
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Nothing leaves: a person has done it. Raises Unsupported for anything but a tick."""
        if row.verb is not Verb.TICK:
            raise Unsupported(f"by hand nothing can {row.verb.value.replace('_', ' ')}: it is ticked when it is done")
        return Sent(text="ticked by hand")

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """It is so because a person says so."""
        return Confirmation(outcome=Outcome.APPLIED)

    async def probe(self) -> Probe:
        """There is nothing to ask: what is shown."""
        return Probe(ok=True, can=(Capability.TICK.value,), notes=tuple(contact.line for contact in self.contacts))

    async def aclose(self) -> None:
        """Nothing is open."""
