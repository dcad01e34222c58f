"""A message as a mail: its headers, its plain text and HTML from templates. The same action gives the same mail."""

from __future__ import annotations

import hashlib
import re
from datetime import tzinfo
from email.charset import QP, Charset
from email.errors import HeaderParseError
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oncall_tui.channels.smtp.options import Options, split_address
from oncall_tui.model import OutboxRow
from oncall_tui.sources.base import Refused
from oncall_tui.text import clean

if TYPE_CHECKING:
    from jinja2 import Template

MAX_SUBJECT = 200
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
_MAX_TEMPLATE = 256 * 1024
_NAMES = ("text", "subject", "title", "incident", "seat", "time")
"""What a template is given, besides ``paragraphs``: the text cut at its empty lines."""


class Composer:
    """Makes mails of one channel.

    Raises:
        ValueError: a template cannot be read, or cannot be understood.
    """

    def __init__(self, options: Options, zone: tzinfo) -> None:
        self._options = options
        self._zone = zone
        self._domain = split_address(options.sender)[1].partition("@")[2]
        self._subject = _template("subject", options.subject, escape=False)
        self._text = _template("text_template", _source(options.text_template, "mail.txt.j2"), escape=False)
        self._html = _template("html_template", _source(options.html_template, "mail.html.j2"), escape=True)
        try:
            self._render(dict.fromkeys(_NAMES, "x") | {"paragraphs": ["x"]})
        except Refused as error:
            raise ValueError(str(error)) from None

    def compose(self, row: OutboxRow, to: tuple[str, ...]) -> Message:
        """The mail of a message.

        Args:
            to: its receivers, checked addresses.

        Raises:
            Refused: a template of the config fails on it.
        """
        subject, text, html = self._render(self._values(row))
        mail = MIMEMultipart("alternative", boundary=f"part-{_digest(row.key)}")
        mail["Message-ID"] = self._id(row.key)
        mail["Date"] = format_datetime(row.created_at)
        mail["From"] = _header(self._options.sender)
        mail["To"] = ", ".join(_header(one) for one in to)
        # By hand: the newer kind of header of the email package drops spaces between two words that are not ASCII.
        mail["Subject"] = Header(subject or "(no subject)", header_name="Subject").encode()
        # All that is said of one incident makes one thread.
        mail["In-Reply-To"] = mail["References"] = self._id(f"about {row.target}")
        mail["Auto-Submitted"] = "auto-generated"
        mail.attach(_part("plain", text))
        # The handover brings its own page, made by its own template.
        mail.attach(_part("html", row.params.get("html") or html))
        return mail

    def _render(self, values: dict[str, Any]) -> tuple[str, str, str]:
        from jinja2 import TemplateError

        try:
            subject = clean(self._subject.render(values), MAX_SUBJECT)
            values = {**values, "subject": subject}
            return subject, self._text.render(values), self._html.render(values)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise Refused(f"the mail's template fails: {clean(error, 160)}") from None

    def _values(self, row: OutboxRow) -> dict[str, Any]:
        text = str(row.params["text"])
        return {
            "text": text,
            "paragraphs": [part for part in re.split(r"\n{2,}", text) if part.strip()],
            "subject": str(row.params.get("subject") or ""),
            "title": row.target_title,
            "incident": "" if row.target.startswith("local:") else row.target,
            "seat": row.seat,
            "time": row.created_at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M %Z"),
        }

    def _id(self, words: str) -> str:
        return f"<{_digest(words)}.oncall-tui@{self._domain}>"


def addresses(row: OutboxRow, options: Options) -> tuple[str, ...]:
    """Who gets it: whom the action names, else whom the config names; each once.

    Raises:
        Refused: nobody, or what is no address.
    """
    wanted = tuple(str(one) for one in row.params.get("to") or options.to)
    try:
        by_mail: dict[str, str] = {}
        for one in wanted:
            by_mail.setdefault(split_address(one)[1].lower(), one)
    except ValueError as error:
        raise Refused(str(error)) from None
    if not by_mail:
        raise Refused("to whom? no receiver is given, and the config names none (to)")
    return tuple(by_mail.values())


def as_bytes(mail: Message) -> bytes:
    """The mail as it is sent: ASCII, CRLF.

    Raises:
        Refused: a header that would break its line; none that was checked does.
    """
    try:
        return mail.as_bytes(policy=compat32.clone(linesep="\r\n"))
    except HeaderParseError as error:
        raise Refused(f"a header of the mail cannot be written: {clean(error, 120)}") from None


def _header(address: str) -> str:
    return formataddr(split_address(address), "utf-8")


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def _part(subtype: str, text: str) -> Message:
    part = MIMENonMultipart("text", subtype)
    part.set_payload(text.rstrip("\n") + "\n", _UTF8)
    return part


def _source(path: str | None, built_in: str) -> str:
    if path is None:
        return resources.files("oncall_tui.channels.smtp").joinpath(built_in).read_text("utf-8")
    try:
        content = Path(path).expanduser().read_bytes()
        if len(content) > _MAX_TEMPLATE:
            raise ValueError(f"the template {path} is larger than {_MAX_TEMPLATE // 1024} KiB")
        return content.decode("utf-8")
    except OSError as error:
        raise ValueError(f"the template {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"the template {path} is not UTF-8") from None


def _template(name: str, source: str, *, escape: bool) -> Template:
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        autoescape=escape, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    try:
        return environment.from_string(source)
    except TemplateError as error:
        raise ValueError(f"{name}: {clean(error, 200)}") from None
