"""What is done by hand: shown, ticked, confirmed at once, without any network."""

from __future__ import annotations

from typing import Any

import pytest

from oncall_tui.channels.manual import Contact, Manual, Options, make
from oncall_tui.config.declared import declared
from oncall_tui.model import Verb
from oncall_tui.sources.base import Capability, Outcome, Seat, SourceContext, Unsupported
from tests.channels.channel_bench import answered, make_row
from tests.support.clock import ManualClock

BRIDGE = Contact(name="Bridge", phone="+49 30 901820,,4711#", url="https://meet.example.com/sev1", note="PIN \x1b[c")
CLOCK = ManualClock()


def by_hand() -> Manual:
    options = Options(name="chan", kind="manual", contacts=(BRIDGE, Contact(name="Boss", phone="030 1")))
    made = make(options, SourceContext(name="chan", seat=Seat(), clock=CLOCK))
    assert isinstance(made, Manual)
    return made


async def test_a_tick_is_so_at_once() -> None:
    channel = by_hand()
    row = make_row(CLOCK, "k", Verb.TICK, "pager:Q1", {"text": "Called the boss"})
    assert await channel.prepare(row) == ()
    sent = await channel.send(row)
    found = await channel.confirm(answered(row, sent, CLOCK))
    assert (sent.text, found.outcome) == ("ticked by hand", Outcome.APPLIED)
    assert (await channel.confirm(row)).outcome is Outcome.APPLIED
    await channel.aclose()


async def test_what_is_shown() -> None:
    channel = by_hand()
    assert [contact.name for contact in channel.contacts] == ["Bridge", "Boss"]
    probe = await channel.probe()
    assert probe.ok and probe.can == ("tick",)
    assert probe.notes[0] == "Bridge, +49 30 901820,,4711#, https://meet.example.com/sev1, PIN \\x1b[c"
    assert channel.capabilities == {Capability.TICK}


async def test_what_a_hand_cannot() -> None:
    with pytest.raises(Unsupported, match="ticked when it is done"):
        await by_hand().send(make_row(CLOCK, "k", Verb.MESSAGE, "pager:Q1", {"text": "x"}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("phone", "call me"),
        ("phone", "+49\x1b[c30"),
        ("phone", "1"),
        ("url", "javascript:alert(1)"),
        ("url", "https://meet.example.com/\u202e"),
        ("name", " "),
    ],
)
def test_what_is_no_contact(key: str, value: str) -> None:
    check = declared(Contact)[key].check
    assert check is not None
    with pytest.raises(ValueError):
        check(value)


@pytest.mark.parametrize(
    ("contacts", "words"),
    [
        (lambda: (Contact(name="a", note="x"),), "a phone or a url"),
        (lambda: (BRIDGE, BRIDGE), "two are named 'Bridge'"),
    ],
)
def test_contacts_that_do_not_fit_together(contacts: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Options(name="a", kind="manual", contacts=contacts())
