"""The labels that tie an issue to an action and to its incident. Labels hold no spaces; everything else is taken.

``oncall-action``: an action item. ``oncall-key-KEY``: made by the outbox row of that key. ``oncall-NAME:NATIVE_ID``: of
that incident; a source's name holds no colon, so that the first one ends it. What is not plain is written ``%20``.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote

from oncall_tui.model import split_id
from oncall_tui.text import clean

ACTION = "oncall-action"
_PREFIX = "oncall-"
_LONGEST = 255
"""Characters of a label that Jira takes."""


def key_label(key: str) -> str:
    """The label of what the outbox row of that key made."""
    return f"{_PREFIX}key-{quote(key, safe='')}"


def incident_label(incident_id: str) -> str | None:
    """The label of an incident; ``None`` where its id is none, is local, or too long for a label."""
    try:
        source, _ = split_id(incident_id)
    except ValueError:
        return None
    label = _PREFIX + quote(incident_id, safe=":._~@/+=")
    return label if source != "local" and len(label) <= _LONGEST else None


def incident_of(labels: Iterable[str]) -> str | None:
    """The full id of the incident that one of the labels names; what is not clean was not written here."""
    for label in labels:
        if label.startswith(_PREFIX) and ":" in label:
            found = unquote(label.removeprefix(_PREFIX))
            try:
                split_id(found)
            except ValueError:
                continue
            if found == clean(found):
                return found
    return None


def plain_label(text: str) -> str:
    """A person's word as a label: spaces become dashes."""
    return "-".join(text.split())[:_LONGEST]
