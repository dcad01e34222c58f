"""Mail, handed to a real SMTP server on loopback: TLS, logins, refusals, connections that drop."""

from __future__ import annotations

import asyncio
import socket
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.channels.smtp import Options, Smtp, make
from oncall_tui.config.secret import Secret
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import (
    AuthFailed,
    Capability,
    Dropped,
    Outcome,
    Refused,
    Seat,
    ServerFailed,
    SourceContext,
    SourceError,
    TimedOut,
    Unreachable,
    Unsupported,
)
from tests.channels.channel_bench import again, answered, make_row
from tests.support.clock import ManualClock
from tests.support.mailserver import PASSWORD, USER, Mailbox, mail_server, make_certificate

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
CLOCK = ManualClock()
LOGIN = {"username": USER, "password": Secret("literal", PASSWORD)}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def mail_channel(port: int, **options: Any) -> Smtp:
    given = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "On-call <oncall@example.com>",
        "to": ("team@example.com",),
        **options,
    }
    channel = make(
        Options(name="chan", kind="smtp", **given),
        SourceContext(name="chan", seat=Seat(user="alice@example.com", time_zone="Europe/Berlin"), clock=CLOCK),
    )
    assert isinstance(channel, Smtp)
    return channel


def message(key: str = "key1", **params: Any) -> OutboxRow:
    given = {"text": "Payments fail.\n\nWe look into it.", "subject": "SEV2: payments", **params}
    return make_row(CLOCK, key, Verb.MESSAGE, "pager:Q1ABC", given)


@asynccontextmanager
async def talking(box: Mailbox, options: dict[str, Any] | None = None, **server: Any) -> AsyncIterator[Smtp]:
    async with mail_server(box, **server) as port:
        yield mail_channel(port, **(options or {}))


def parts(box: Mailbox, at: int = 0) -> tuple[str, str]:
    """The plain text and the HTML of a mail that was taken, its line ends as ours are."""
    plain, html = (part.get_content().replace("\r\n", "\n") for part in box.taken[at][1].iter_parts())
    return plain, html


# -- what arrives ----------------------------------------------------------------------------------------------------


async def test_a_mail_arrives_as_plain_text_and_html() -> None:
    box = Mailbox()
    async with talking(box) as channel:
        row = message()
        sent = await channel.send(row)
        found = await channel.confirm(answered(row, sent, CLOCK))
    ((receivers, mail),) = box.taken
    assert receivers == ["team@example.com"]
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        "On-call <oncall@example.com>",
        "team@example.com",
        "SEV2: payments",
    )
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Date"] == "Mon, 23 Nov 2026 14:00:00 +0000"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = parts(box)
    assert plain.startswith("Payments fail.\n\nWe look into it.\n\n-- \n")
    assert "2026-11-23 15:00 CET, sent by alice@example.com with oncall-tui" in plain and "(pager:Q1ABC)" in plain
    assert '<p style="margin:0 0 1em;white-space:pre-wrap">We look into it.</p>' in html
    assert sent.text == "" and found.outcome is Outcome.APPLIED


async def test_a_mail_that_is_sent_again_is_the_same_mail() -> None:
    box = Mailbox()
    async with talking(box) as channel:
        row = message()
        await channel.send(row)
        await channel.send(again(row, CLOCK))
        await channel.send(message("key2"))
    first, second, other = (mail for _, mail in box.taken)
    assert first.as_bytes() == second.as_bytes()
    assert first["Message-ID"] == second["Message-ID"] != other["Message-ID"]
    assert first["References"] == other["References"] == other["In-Reply-To"]


@pytest.mark.parametrize("end", ["", " ü 🔥"])
async def test_nothing_that_a_person_or_a_system_wrote_becomes_a_header_or_markup(end: str) -> None:
    box = Mailbox()
    evil = f"a\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script> {{{{ 7 * 7 }}}}{end}"
    async with talking(box) as channel:
        await channel.send(replace(message(subject=evil, text=evil), target_title=evil))
    ((receivers, mail),) = box.taken
    assert receivers == ["team@example.com"] and mail["Bcc"] is None
    assert mail["Subject"].startswith("a Bcc: victim@example.com") and mail["Subject"].endswith("}}" + end)
    plain, html = parts(box)
    assert "{{ 7 * 7 }}" in plain and "49" not in plain
    assert "<script>" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html


async def test_long_lines_and_lone_dots_arrive_whole() -> None:
    box = Mailbox()
    text = "x" * 3000 + "\n.\n..two\n.leading\nend"
    async with talking(box) as channel:
        await channel.send(message(text=text))
    plain, _ = parts(box)
    assert plain.startswith(text + "\n")
    assert max(len(line) for line in box.taken[0][1].as_bytes().split(b"\n")) < 998


async def test_the_handovers_own_page_is_the_html() -> None:
    box = Mailbox()
    async with talking(box) as channel:
        await channel.send(replace(message(html="<!doctype html><h1>Shift</h1>"), target="local:handover-1"))
    plain, html = parts(box)
    assert html == "<!doctype html><h1>Shift</h1>\n" and "local:" not in plain


async def test_receivers_of_the_message_come_before_the_configs_each_once() -> None:
    box = Mailbox()
    async with talking(box) as channel:
        await channel.send(message(to=["Bob <bob@example.com>", "eve@example.com", "BOB@example.com"]))
    assert box.taken[0][0] == ["bob@example.com", "eve@example.com"]
    assert box.taken[0][1]["To"] == "Bob <bob@example.com>, eve@example.com"


@pytest.mark.parametrize(
    "address",
    ["", "bob", "bob@", "a@b\r\nRCPT TO:<x@y.example>", "a b@example.com", "<a@example.com", "é@example.com", "a@b..c"],
)
async def test_what_is_no_address_is_refused_before_anything_is_sent(address: str) -> None:
    box = Mailbox()
    async with talking(box) as channel:
        with pytest.raises(Refused, match="not a mail address"):
            await channel.send(message(to=["bob@example.com", address]))
        with pytest.raises(Refused, match="to whom"):
            await mail_channel(1, to=()).send(message())
    assert box.taken == []


# -- templates -------------------------------------------------------------------------------------------------------


async def test_a_teams_own_templates(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("{{ subject }} | {{ text }} | {{ title }} | {{ incident }} | {{ seat }}")
    (tmp_path / "t.html").write_text("<b>{{ text }}</b>{% for p in paragraphs %}<p>{{ p }}</p>{% endfor %}")
    box = Mailbox()
    options = {
        "subject": "[{{ seat }}] {{ subject }}",
        "text_template": str(tmp_path / "t.txt"),
        "html_template": str(tmp_path / "t.html"),
    }
    async with talking(box, options) as channel:
        await channel.send(replace(message(text="a < b\n\nc"), target_title="T"))
    mail = box.taken[0][1]
    plain, html = parts(box)
    assert mail["Subject"] == "[alice@example.com] SEV2: payments"
    assert plain == "[alice@example.com] SEV2: payments | a < b\n\nc | T | pager:Q1ABC | alice@example.com\n"
    assert html == "<b>a &lt; b\n\nc</b><p>a &lt; b</p><p>c</p>\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"subject": "{{ subject"}, "subject: "),
        ({"subject": "{{ subjekt }}"}, "'subjekt' is undefined"),
        ({"subject": "{{ ''.__class__.__mro__ }}"}, "template fails: .*unsafe"),
        ({"text_template": "/no/such/file"}, "the template /no/such/file cannot be read"),
    ],
)
def test_a_template_that_is_wrong_is_told_at_the_start(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mail_channel(1, **options)


def test_a_template_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="is not UTF-8"):
        mail_channel(1, html_template=str(path))
    path.write_bytes(b"x" * 300_000)
    with pytest.raises(ValueError, match="larger than 256 KiB"):
        mail_channel(1, html_template=str(path))


async def test_a_template_that_fails_on_one_message() -> None:
    channel = mail_channel(1, subject="{{ 1 // (text | length - 3) }}")
    with pytest.raises(Refused, match="template fails"):
        await channel.send(message(text="abc"))


# -- TLS and logins --------------------------------------------------------------------------------------------------


async def test_starttls_with_a_login(certificate: Path, tls: ssl.SSLContext) -> None:
    box = Mailbox()
    options = {"security": "starttls", "ca_file": str(certificate), "host": "localhost", **LOGIN}
    async with talking(box, options, tls_context=tls, require_starttls=True, auth_required=True) as channel:
        await channel.send(message())
        probe = await channel.probe()
    assert box.logins == [(USER, PASSWORD, True)] * 2 and len(box.taken) == 1
    assert probe.ok and probe.notes[0].startswith("TLSv1.") and probe.notes[1] == "logged in as oncall"


async def test_tls_from_the_beginning(certificate: Path, tls: ssl.SSLContext) -> None:
    box = Mailbox()
    options = {"security": "tls", "ca_file": str(certificate), **LOGIN}
    async with talking(box, options, implicit_tls=tls, auth_require_tls=False) as channel:
        await channel.send(message())
    assert len(box.taken) == 1 and box.logins[0][:2] == (USER, PASSWORD)


async def test_a_server_that_nobody_vouches_for_gets_neither_password_nor_mail(tls: ssl.SSLContext) -> None:
    box = Mailbox()
    for security, server in (("starttls", {"tls_context": tls}), ("tls", {"implicit_tls": tls})):
        async with talking(box, {"security": security, **LOGIN}, **server) as channel:
            with pytest.raises(Unreachable, match=r"TLS: .*self-signed.*ca_file"):
                await channel.send(message())
    assert box.logins == [] and box.taken == []


async def test_a_certificate_of_another_name(certificate: Path, tls: ssl.SSLContext) -> None:
    box = Mailbox()
    options = {"security": "starttls", "ca_file": str(certificate), "host": "127.0.0.2", **LOGIN}
    async with mail_server(box, tls_context=tls) as port:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.2", 0)
        server.close()
        with pytest.raises(Unreachable):
            await mail_channel(port, **options).send(message())
    assert box.logins == []


async def test_a_server_without_starttls_gets_nothing() -> None:
    box = Mailbox()
    async with talking(box, {"security": "starttls", **LOGIN}, auth_require_tls=False) as channel:
        with pytest.raises(Refused, match="offers no STARTTLS: nothing was sent") as caught:
            await channel.send(message())
    assert box.logins == [] and box.taken == [] and not caught.value.maybe_applied


async def test_a_login_that_is_refused(certificate: Path, tls: ssl.SSLContext) -> None:
    box = Mailbox()
    wrong = Secret("literal", "wrong-password")
    options = {"security": "starttls", "ca_file": str(certificate), "username": USER, "password": wrong}
    async with talking(box, options, tls_context=tls) as channel:
        with pytest.raises(AuthFailed, match="refuses the login \\(535\\)") as caught:
            await channel.send(message())
        probe = await channel.probe()
    assert "wrong-password" not in str(caught.value) and box.taken == []
    assert not probe.ok and probe.error_kind == "auth" and probe.can == ()


async def test_a_server_that_repeats_the_login_does_not_get_it_into_the_error() -> None:
    """What is written in base64 is not encrypted."""
    wrong = "wrong-password"
    pair, alone = (b64encode(one.encode()).decode() for one in (f"\0{USER}\0{wrong}", wrong))
    box = Mailbox(auth_reply=f"535 cannot take AUTH PLAIN {pair} nor {alone}")
    options = {"username": USER, "password": Secret("literal", wrong), "allow_plain": True}
    async with talking(box, options, auth_require_tls=False) as channel:
        with pytest.raises(AuthFailed, match="535") as caught:
            await channel.send(message())
    assert pair not in str(caught.value) and alone not in str(caught.value)


async def test_a_server_that_does_not_take_its_leave_has_taken_the_mail() -> None:
    box = Mailbox(drop="quit")
    async with talking(box, {"timeout": timedelta(seconds=8)}) as channel:
        sent = await channel.send(message())
    assert sent.native_ref and len(box.taken) == 1


async def test_a_login_in_plain_on_this_machine_only_when_it_is_allowed() -> None:
    box = Mailbox()
    async with talking(box, {"allow_plain": True, **LOGIN}, auth_require_tls=False) as channel:
        await channel.send(message())
    assert box.logins == [(USER, PASSWORD, False)]
    async with talking(box, {"allow_plain": True, **LOGIN}) as channel:  # no AUTH is offered without TLS
        with pytest.raises(Refused, match="AUTH"):
            await channel.send(message())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"security": "none", **LOGIN}, "security: none would show the password"),
        ({"security": "none", "allow_plain": True, "host": "mail.example.com", **LOGIN}, "security: none would show"),
        ({"username": "x"}, "username and password go together"),
        ({"host": "mail.example.com\r\nQUIT"}, "host: "),
        ({"timeout": timedelta(minutes=6)}, "timeout: at most"),
    ],
)
def test_options_that_do_not_fit_together(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mail_channel(1, **options)


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_the_security(security: Any, port: int) -> None:
    assert Options(name="a", kind="smtp", host="h", sender="a@example.com", security=security).at_port == port


async def test_a_password_that_cannot_be_read(certificate: Path) -> None:
    channel = mail_channel(1, security="starttls", username="x", password=Secret("env", "NO_SUCH_PASSWORD"))
    with pytest.raises(AuthFailed, match="env NO_SUCH_PASSWORD"):
        await channel.send(message())


# -- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "kind"),
    [("550 no such box", Refused), ("450 greylisted, later", ServerFailed), ("421 shutting down", ServerFailed)],
)
async def test_when_no_receiver_is_taken(reply: str, kind: type[SourceError]) -> None:
    box = Mailbox(refuse={"team@example.com": reply})
    async with talking(box) as channel:
        with pytest.raises(kind, match=reply) as caught:
            await channel.send(message())
    assert type(caught.value) is kind and not caught.value.maybe_applied and box.taken == []
    assert (caught.value.retry_after is not None) is (kind is ServerFailed)


async def test_when_some_receivers_are_taken_the_others_are_named() -> None:
    box = Mailbox(refuse={"b@example.com": "550 no such box \x1b[c", "c@example.com": "452 full"})
    async with talking(box) as channel:
        sent = await channel.send(message(to=["a@example.com", "b@example.com", "c@example.com"]))
    assert [receivers for receivers, _ in box.taken] == [["a@example.com"]]
    assert sent.text == "not to b@example.com: 550 no such box \\x1b[c; not to c@example.com: 452 full"


async def test_of_none_taken_a_temporary_no_counts() -> None:
    box = Mailbox(refuse={"a@example.com": "550 no", "b@example.com": "450 later"})
    async with talking(box) as channel:
        with pytest.raises(ServerFailed, match=r"takes no receiver \(a@example.com, b@example.com\): 450 later"):
            await channel.send(message(to=["a@example.com", "b@example.com"]))


@pytest.mark.parametrize(
    ("box", "kind"),
    [
        (Mailbox(sender_reply="553 not your address"), Refused),
        (Mailbox(sender_reply="451 try later"), ServerFailed),
        (Mailbox(reply="554 looks like spam"), Refused),
        (Mailbox(reply="552 too large"), Refused),
        (Mailbox(reply="451 no room now"), ServerFailed),
    ],
)
async def test_a_mail_that_is_refused(box: Mailbox, kind: type[SourceError]) -> None:
    async with talking(box) as channel:
        with pytest.raises(kind) as caught:
            await channel.send(message())
    assert type(caught.value) is kind and not caught.value.maybe_applied and box.taken == []
    if isinstance(caught.value, Refused):
        assert caught.value.code in (552, 553, 554)


# -- connections that break ------------------------------------------------------------------------------------------


async def test_a_connection_that_drops_before_the_text_leaves_nothing_behind() -> None:
    box = Mailbox(drop="before")
    async with talking(box) as channel:
        with pytest.raises(Dropped) as caught:
            await channel.send(message())
    assert not caught.value.maybe_applied and box.taken == []


async def test_a_connection_that_drops_after_the_text_leaves_the_outcome_unknown() -> None:
    box = Mailbox(drop="after")
    async with talking(box) as channel:
        row = message()
        with pytest.raises(Dropped) as caught:
            await channel.send(row)
        found = await channel.confirm(row)
    assert caught.value.maybe_applied and len(box.taken) == 1
    assert found.outcome is Outcome.UNKNOWN and "ask a receiver" in found.text


async def test_a_server_that_does_not_answer_the_text() -> None:
    box = Mailbox(drop="within")
    async with talking(box, {"timeout": timedelta(seconds=0.3)}) as channel:
        with pytest.raises(TimedOut) as caught:
            await channel.send(message())
    assert caught.value.maybe_applied


async def test_a_server_that_says_nothing_at_all() -> None:
    held: list[asyncio.StreamWriter] = []  # one that nobody holds is closed
    server = await asyncio.start_server(lambda reader, writer: held.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    channel = mail_channel(port, timeout=timedelta(seconds=0.3))
    with pytest.raises(TimedOut) as caught:
        await channel.send(message())
    for writer in held:
        writer.close()
    server.close()
    assert not caught.value.maybe_applied


async def test_who_gives_up_while_the_text_is_on_its_way() -> None:
    box = Mailbox(drop="within")
    async with talking(box) as channel:
        task = asyncio.create_task(channel.send(message()))
        await box.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def say(lines: bytes) -> tuple[asyncio.Server, int]:
    """A server that says this and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(lines)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("greeting", "kind", "words"),
    [
        (b"421 too many connections\r\n", ServerFailed, "421 too many connections"),
        (b"554 not for you\r\n", Refused, "554 not for you"),
        (b"HTTP/1.1 400 Bad Request\r\n", SourceError, None),
        (b"220 " + b"x" * 100_000 + b"\r\n", SourceError, None),
        (b"", Dropped, "closed"),
    ],
)
async def test_a_greeting_that_is_none(greeting: bytes, kind: type[SourceError], words: str | None) -> None:
    server, port = await say(greeting)
    with pytest.raises(kind, match=words) as caught:
        await mail_channel(port).send(message())
    server.close()
    assert not caught.value.maybe_applied and len(str(caught.value)) < 400


async def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="connection refused"):
        await mail_channel(port).send(message())
    probe = await mail_channel(port).probe()
    assert not probe.ok and probe.error_kind == "unreachable" and probe.latency_ms is None
    with pytest.raises(Unreachable, match="DNS"):
        await mail_channel(25, host="no-such-host.invalid").send(message())


async def test_a_probe_sends_nothing_and_says_what_is_missing() -> None:
    box = Mailbox()
    async with talking(box, {"to": ()}) as channel:
        probe = await channel.probe()
    assert probe.ok and probe.can == ("message",) and box.taken == []
    assert probe.notes == (
        "without TLS: what is written can be read on the way",
        "without a login",
        "to names nobody: each message must name its receivers",
    )


async def test_what_mail_cannot() -> None:
    channel = mail_channel(1)
    assert channel.capabilities == {Capability.MESSAGE}
    with pytest.raises(Unsupported, match="cannot update message"):
        await channel.send(make_row(CLOCK, "k", Verb.UPDATE_MESSAGE, "pager:Q", {"message": "x", "text": "y"}))
    assert await channel.prepare(message()) == ()
    await channel.aclose()
    await channel.aclose()
