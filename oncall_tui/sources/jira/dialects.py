"""Jira Cloud (REST API v3) and Jira Data Center (v2): what differs between them, each in its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from oncall_tui.model import Person
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer
from oncall_tui.sources.http import HttpClient
from oncall_tui.text import clean_block

PAGE = 100
MAX_PAGES = 10
"""Of one search."""

_ENTITY = re.compile(r"&(?=#?\w+;)", re.ASCII)
_MEANS = re.compile(r"[\[\]{}!]")
"""What begins or ends a mention (``[~user]``), a link, an embedded picture, a macro."""
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,80}-\d{1,12}", re.ASCII)

Row = Mapping[str, Any]
Params = list[tuple[str, str | int | float | bool]]


@dataclass(slots=True)
class Found:
    """The issues of a search. ``note`` says why these are not all, else ``None``."""

    rows: list[Row] = field(default_factory=list)
    note: str | None = None


class Dialect(Protocol):
    """One kind of Jira."""

    root: str
    """Path of its API."""

    async def search(self, client: HttpClient, jql: str, names: Sequence[str]) -> Found:
        """The issues with these fields. Raises SourceError."""
        ...

    async def assignable(self, client: HttpClient, project: str, word: str) -> list[Row]:
        """The users whom issues of a project can be given to and that ``word`` finds. Raises SourceError."""
        ...

    def person(self, row: Row) -> Person | None:
        """A user; ``None`` where there is none."""
        ...

    def reference(self, person: Person) -> dict[str, str]:
        """How a user is named in a field."""
        ...

    def document(self, text: str) -> Any:
        """Text of several lines as a field takes it."""
        ...

    def plain(self, value: Any) -> str:
        """Such a field as clean text."""
        ...


class Cloud:
    """Jira Cloud."""

    root = "/rest/api/3"

    async def search(self, client: HttpClient, jql: str, names: Sequence[str]) -> Found:
        """Pages by token."""
        found, token = Found(), ""
        for _ in range(MAX_PAGES):
            params: Params = [("jql", jql), ("fields", ",".join(names)), ("maxResults", PAGE)]
            answer = await client.get(
                f"{self.root}/search/jql", [*params, *([("nextPageToken", token)] if token else [])]
            )
            found.rows += _issues(client, answer.data)
            after = fields.walk(answer.data, "nextPageToken")
            if fields.boolean(answer.data, "isLast") is True or not isinstance(after, str) or not after:
                return found
            if after == token:
                found.note = f"only {len(found.rows)} were read: the pages repeat themselves"
                return found
            token = after
        found.note = f"only the first {len(found.rows)} were read"
        return found

    async def assignable(self, client: HttpClient, project: str, word: str) -> list[Row]:
        """By name or mail address, as far as each user lets it be seen."""
        params: Params = [("project", project), ("query", word), ("maxResults", PAGE)]
        return _users(client, (await client.get(f"{self.root}/user/assignable/search", params)).data)

    def person(self, row: Row) -> Person | None:
        """By account id; the mail address is often hidden."""
        return _person(row, "accountId")

    def reference(self, person: Person) -> dict[str, str]:
        """By account id."""
        return {"id": person.id}

    def document(self, text: str) -> Any:
        """Atlassian's document format: a paragraph for each block, a break for each line. A plain text is refused."""
        return {"type": "doc", "version": 1, "content": [_paragraph(block) for block in text.split("\n\n") if block]}

    def plain(self, value: Any) -> str:
        """The document's text."""
        return clean_block("".join(_texts(value, 0)))


class DataCenter:
    """Jira Data Center, and Jira Server before it."""

    root = "/rest/api/2"

    async def search(self, client: HttpClient, jql: str, names: Sequence[str]) -> Found:
        """Pages by offset."""
        found, counted = Found(), set[int]()
        for _ in range(MAX_PAGES):
            params: Params = [
                ("jql", jql),
                ("fields", ",".join(names)),
                ("startAt", len(found.rows)),
                ("maxResults", PAGE),
            ]
            answer = await client.get(f"{self.root}/search", params)
            rows = _issues(client, answer.data)
            found.rows += rows
            total = fields.integer(answer.data, "total")
            counted |= {total} if total is not None else set()
            if not rows or (total is not None and len(found.rows) >= total):
                if len(counted) > 1:  # what moved between two pages may be in neither
                    found.note = "the list changed while it was read"
                elif total is not None and len(found.rows) < total:
                    found.note = f"only {len(found.rows)} of {total} came"
                return found
        found.note = f"only the first {len(found.rows)} were read"
        return found

    async def assignable(self, client: HttpClient, project: str, word: str) -> list[Row]:
        """By user name, name or mail address."""
        params: Params = [("project", project), ("username", word), ("maxResults", PAGE)]
        return _users(client, (await client.get(f"{self.root}/user/assignable/search", params)).data)

    def person(self, row: Row) -> Person | None:
        """By user name."""
        return _person(row, "name")

    def reference(self, person: Person) -> dict[str, str]:
        """By user name."""
        return {"name": person.id}

    def document(self, text: str) -> Any:
        """Its wiki markup, in which nothing of the text mentions, embeds, links or runs. ``*``, ``_`` and the like are
        left: they change looks only."""
        text = _ENTITY.sub("&amp;", text).replace("\\", "&#92;")  # two backslashes would be a line's end
        return _MEANS.sub(r"\\\g<0>", text)

    def plain(self, value: Any) -> str:
        """As it is."""
        return clean_block(value) if isinstance(value, str) else ""


CLOUD: Dialect = Cloud()
DATA_CENTER: Dialect = DataCenter()


def issue_key(row: Any) -> str | None:
    """The key of an issue (``OPS-12``); ``None`` where it is none."""
    key = fields.walk(row, "key")
    return key if isinstance(key, str) and _KEY.fullmatch(key) else None


def _issues(client: HttpClient, data: Any) -> list[Row]:
    if not fields.is_list(data, "issues"):
        raise BadAnswer(f"{client.host} answers a search without issues")
    return [row if isinstance(row, Mapping) else {} for row in data["issues"]]


def _users(client: HttpClient, data: Any) -> list[Row]:
    if not isinstance(data, list):
        raise BadAnswer(f"{client.host} answers with no list of users")
    return list(fields.rows(data))


def _person(row: Row, key: str) -> Person | None:
    native_id = fields.native_id(row, key)
    if native_id is None:
        return None
    mail = fields.text(row, "emailAddress", limit=200)
    return Person(id=native_id, name=fields.text(row, "displayName", limit=200) or mail or native_id, contact=mail)


def _paragraph(block: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for number, line in enumerate(block.split("\n")):
        content += [{"type": "hardBreak"}] if number else []
        content += [{"type": "text", "text": line}] if line else []
    return {"type": "paragraph", "content": content}


def _texts(node: Any, depth: int) -> Iterator[str]:
    """The words of a document; a block ends its line."""
    if not isinstance(node, Mapping) or depth > 40:
        return
    text, inner = node.get("text"), node.get("content")
    if isinstance(text, str):
        yield text
    for one in inner if isinstance(inner, list) else ():
        yield from _texts(one, depth + 1)
    if node.get("type") in ("paragraph", "heading", "hardBreak", "listItem", "codeBlock"):
        yield "\n"
