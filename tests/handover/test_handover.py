"""The handover writes itself from facts; outside text makes no structure in it; files are written whole or not."""

from __future__ import annotations

import json
import os
import stat
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from oncall_tui.handover import (
    ExportError,
    Handover,
    HandoverEdits,
    default_name,
    draft,
    to_html,
    to_json,
    to_markdown,
    write_document,
)
from oncall_tui.model import (
    ActionItem,
    Change,
    ChangeKind,
    EntryKind,
    IncidentState,
    NoteKind,
    ShiftFacts,
    SourceState,
    TimelineEntry,
)
from tests.support.make import ALICE, BOB, NOW, ago, alert, incident


def note(incident_id: str, text: str, minutes: float, **fields: object) -> TimelineEntry:
    values = {
        "id": f"pager:{incident_id}-{minutes}",
        "incident_id": incident_id,
        "at": ago(minutes),
        "kind": EntryKind.NOTE,
        "text": text,
        "author": "Alice Andersson",
        **fields,
    }
    return TimelineEntry(**values)  # type: ignore[arg-type]


def facts(**fields: object) -> ShiftFacts:
    values = {"start": ago(720), "end": NOW, **fields}
    return ShiftFacts(**values)  # type: ignore[arg-type]


def made(given: ShiftFacts, edits: HandoverEdits | None = None) -> Handover:
    return draft(given, user="alice@example.com", on_call=True, now=NOW, edits=edits)


RESOLVED = IncidentState.RESOLVED


def seeds_shift() -> ShiftFacts:
    return facts(
        incidents=(
            incident("Q1", severity=2, minutes=300, title="Payment gateway latency", state=RESOLVED,
                     resolved_at=ago(165), first_acknowledged_at=ago(298)),
            incident("Q2", severity=3, minutes=200, title="Database backup delay", service="storage",
                     state=IncidentState.ACKNOWLEDGED, acknowledged_at=ago(199), assignees=(ALICE,)),
            incident("Q3", severity=3, minutes=100, title="Cache refresh", service="edge", state=RESOLVED),
            incident("Q0", severity=4, minutes=2000, title="Older than the shift", state=IncidentState.SNOOZED),
        ),
        timeline=(
            note("pager:Q1", "Action: Fix database connection pooling (Jira TICKET-123)", 150),
            note("pager:Q1", "told support", 140, note_kind=NoteKind.TOLD),
            note("pager:Q2", "watching the replica", 60),
        ),
    )  # fmt: skip


def test_it_counts_what_was_triggered_in_the_shift_and_lists_all_that_is_open() -> None:
    document = made(seeds_shift())
    assert document.counts == {"sev1": 0, "sev2": 1, "sev3": 2, "sev4": 0, "none": 0, "total": 3}
    assert [one.incident.native_id for one in document.incidents] == ["Q1", "Q2", "Q3"]
    assert [one.incident.native_id for one in document.open] == ["Q2", "Q0"]
    assert document.incidents[0].acknowledged_after == timedelta(minutes=2)
    assert document.incidents[0].resolved_after == timedelta(minutes=135)


def test_action_items_come_from_notes_and_from_the_seat() -> None:
    document = made(seeds_shift(), HandoverEdits(items=("Update runbook for cache issues (assigned: Bob)",)))
    assert [(item.text, item.ticket, item.owner) for item in document.action_items] == [
        ("Fix database connection pooling (Jira TICKET-123)", "TICKET-123", None),
        ("Update runbook for cache issues (assigned: Bob)", None, "Bob"),
    ]


def ticket(key: str, **fields: object) -> ActionItem:
    values = {
        "id": f"jira:{key}",
        "source": "jira",
        "native_id": key,
        "title": f"Do {key}",
        "state": "In Progress",
        "done": False,
        **fields,
    }
    return ActionItem(**values)  # type: ignore[arg-type]


def test_a_ticket_that_a_note_names_has_its_state_and_is_there_once() -> None:
    given = facts(
        incidents=(incident("Q1"),),
        timeline=(note("pager:Q1", "action: pool connections (TICKET-123)\naction: done already OPS-2", 5),),
        action_items=(
            ticket("TICKET-123", owner=BOB, due=date(2026, 11, 20), url="https://jira.example.com/TICKET-123"),
            ticket("OPS-2", done=True, state="Done"),
            ticket("OPS-3", due=date(2026, 12, 1), incident_id="pager:Q0"),
            ticket("OPS-4", due=date(2026, 11, 22)),
            ticket("OPS-5", done=True),
        ),
    )
    document = made(given)
    assert [(one.ticket, one.owner, one.state, one.is_overdue) for one in document.action_items] == [
        ("TICKET-123", "Bob Brandt", "In Progress", True),
        ("OPS-4", None, "In Progress", True),
        ("OPS-3", None, "In Progress", False),
    ]
    text = to_markdown(document)
    lines = [line.replace("\\", "") for line in text.splitlines() if line.startswith("- [ ]")]
    assert lines == [
        "- [ ] pool connections (TICKET-123) (Bob Brandt; due 2026-11-20; OVERDUE; In Progress; pager:Q1)",
        "- [ ] Do OPS-4 (due 2026-11-22; OVERDUE; In Progress)",
        "- [ ] Do OPS-3 (due 2026-12-01; In Progress; pager:Q0)",
    ]
    told = to_json(document)["action_items"][0]
    assert (told["ticket"], told["state"], told["overdue"]) == ("TICKET-123", "In Progress", True)


def test_what_a_later_note_says_is_done_falls_out() -> None:
    given = facts(
        incidents=(incident("Q1"),),
        timeline=(note("pager:Q1", "action: pool connections", 5), note("pager:Q1", "done: pool connections", 4)),
    )
    assert made(given).action_items == ()


def test_overdue_is_by_the_seats_calendar() -> None:
    given = facts(action_items=(ticket("OPS-1", due=date(2026, 11, 23)),))
    late = NOW.replace(hour=23)
    for zone, is_overdue in (("UTC", False), ("Asia/Tokyo", True)):
        document = draft(given, user="a", on_call=True, now=late, zone=ZoneInfo(zone))
        assert [one.is_overdue for one in document.action_items] == [is_overdue]


def test_changes_to_watch_are_told_with_where_they_stand() -> None:
    def change(title: str, minutes: float, **fields: object) -> Change:
        values = {"id": f"g:{title}", "source": "g", "native_id": title, "title": title, "at": ago(minutes), **fields}
        return Change(**values)  # type: ignore[arg-type]

    given = facts(
        changes=(
            change("payments v42", 60, service="payments", kind=ChangeKind.DEPLOYMENT, author="carol"),
            change("replica move", 10, until=ago(-60), kind=ChangeKind.MAINTENANCE),
            change("*upgrade*", -600),
        )
    )
    document = made(given)
    text = to_markdown(document)
    assert "## Changes to watch" in text
    assert "- past: payments v42 (payments), deployment 2026-11-23 13:42, by carol" in text
    assert "- running: replica move (no service named), maintenance 2026-11-23 14:32 to 2026-11-23 15:42" in text
    assert "<em>" not in to_html(document)
    assert [(one["title"], one["stage"]) for one in to_json(document)["changes"]] == [
        ("payments v42", "past"), ("replica move", "running"), ("*upgrade*", "planned"),
    ]  # fmt: skip
    assert "## Changes to watch\n\nNone." in to_markdown(made(facts()))


def test_acknowledged_and_silent_is_listed_as_forgotten() -> None:
    quiet = facts(
        incidents=(
            incident("Q1", minutes=600, state=IncidentState.ACKNOWLEDGED, acknowledged_at=ago(590)),
            incident("Q2", minutes=600, state=IncidentState.ACKNOWLEDGED, acknowledged_at=ago(590)),
        ),
        timeline=(note("pager:Q2", "still on it", 30),),
    )
    assert [one.incident.native_id for one in made(quiet).forgotten] == ["Q1"]


def test_trends_compare_with_the_stretch_before() -> None:
    document = made(
        facts(
            alerts=(alert("a", count=9), alert("b", name="Steady", count=5), alert("c", name="Rare", count=2)),
            earlier_alerts=(alert("a", count=2), alert("b", name="Steady", count=5)),
        )
    )
    assert [(trend.name, trend.count, trend.before) for trend in document.trends] == [("HighErrorRate", 9, 2)]


def test_the_markdown_says_what_the_next_seat_needs_first() -> None:
    text = to_markdown(made(seeds_shift(), HandoverEdits(notes=("Increased latency in EU region",))))
    headings = [line for line in text.split("\n") if line.startswith("#")]
    assert headings[0] == "# Shift handover: alice@example.com"
    assert headings[1] == "## Start here: still open (2)"
    assert "| Sev3 | 2 |" in text
    assert "- Increased latency in EU region" in text
    assert "last note 2026-11-23 13:42 by Alice Andersson: watching the replica" in text


def test_what_has_not_happened_yet_is_not_told_as_a_dash() -> None:
    lines = to_markdown(made(seeds_shift())).split("\n")
    told = {line.split("** ")[1].split(" (")[0]: line for line in lines if ", began " in line}
    assert told["Payment gateway latency"].endswith(
        "began 2026-11-23 09:42, acknowledged after 2 min, resolved after 2 h 15 min"
    )
    assert told["Cache refresh"].endswith("began 2026-11-23 13:02")
    assert not any("after -" in line for line in lines)


def test_an_empty_shift_is_a_document_too() -> None:
    text = to_markdown(made(facts()))
    assert "| Total | 0 |" in text
    assert text.count("None.") == 5


def test_a_source_that_failed_is_named() -> None:
    down = SourceState(name="pager", kind="pagerduty", last_success=ago(60), error="no answer in 15 s")
    assert "pager (pagerduty): as of 2026-11-23 13:42, no answer in 15 s" in to_markdown(made(facts(sources=(down,))))


HOSTILE = (
    "# Fake heading",
    "![t](http://x/p.png)",
    "<script>alert(1)</script>",
    "[click](http://evil)",
    "http://evil.example/",
    "| a | b |",
    "- item",
    "1. one",
    "```",
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    "&lt;b&gt; *bold* _it_ ~~s~~ `code`",
    "a\\",
    "> quote",
    "=cmd()",
)


def structure(markdown: str) -> list[str]:
    """The kinds of block and inline a reader's viewer would make of a document, in order."""
    tokens = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").parse(markdown)
    inner = [child.type for token in tokens for child in token.children or ()]
    return [token.type for token in tokens] + [
        kind for kind in inner if kind not in ("text", "text_special", "softbreak")
    ]


def with_title(title: str) -> Handover:
    return made(
        facts(
            incidents=(incident("Q1", title=title, assignees=(ALICE,), state=IncidentState.ACKNOWLEDGED),),
            timeline=(note("pager:Q1", title, 1),),
            alerts=(alert(name=title, count=5),),
        ),
        HandoverEdits(notes=(title,), items=(title,)),
    )


@pytest.mark.parametrize("title", HOSTILE)
def test_outside_text_makes_no_structure(title: str) -> None:
    assert structure(to_markdown(with_title(title))) == structure(to_markdown(with_title("plain")))
    html = to_html(with_title(title))
    assert "<script" not in html
    assert "<img" not in html
    assert "<a " not in html
    assert json.loads(json.dumps(to_json(with_title(title))))["incidents"][0]["title"] == title


@given(st.text(alphabet="#*_[]()<>!`|~-+.1&\\ ab:/\n{}%=>", min_size=1, max_size=40))
def test_no_text_at_all_makes_structure(title: str) -> None:
    if title.strip():
        assert structure(to_markdown(with_title(title))) == structure(to_markdown(with_title("plain")))


def test_the_seats_own_text_is_the_document() -> None:
    document = made(seeds_shift(), HandoverEdits(text="# Mine\n\n<b>bold</b>\n", text_at=NOW))
    assert to_markdown(document) == "# Mine\n\n<b>bold</b>\n"
    assert "<h1>Mine</h1>" in to_html(document)
    assert "<b>bold" not in to_html(document)
    assert to_json(document)["edited_markdown"] == "# Mine\n\n<b>bold</b>\n"


def test_a_teams_own_template_is_sandboxed_and_escaped() -> None:
    text = to_markdown(with_title("*x*"), template="{% for one in h.incidents %}{{ one.incident.title }}{% endfor %}")
    assert text == "\\*x\\*\n"
    from jinja2.exceptions import SecurityError

    with pytest.raises(SecurityError):
        to_markdown(with_title("x"), template="{{ h.__class__.__mro__ }}")


def test_the_json_has_every_key_of_the_contract() -> None:
    assert set(to_json(made(facts()))) >= {
        "version", "shift", "counts", "incidents", "open", "action_items", "trends",
        "silences", "forgotten", "changes", "notes", "sources",
    }  # fmt: skip


def test_a_file_is_private_whole_and_never_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "exports" / "handover.md"
    write_document(path, "one", replace=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ExportError, match="there already"):
        write_document(path, "two", replace=False)
    assert path.read_text() == "one"
    write_document(path, "two", replace=True)
    assert path.read_text() == "two"
    assert os.listdir(path.parent) == ["handover.md"]


@pytest.mark.parametrize(
    ("name", "why"),
    [("-rf", "option"), ("a\x1b[c", "control"), ("a\u202eb", "control"), ("x" * 201, "200 bytes"), ("", "usable")],
)
def test_names_that_are_refused(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(ExportError, match=why):
        write_document(Path(str(tmp_path)) / name if name else Path(""), "x", replace=True)


def test_links_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    link = tmp_path / "link"
    link.symlink_to(victim)
    os.mkfifo(tmp_path / "pipe")
    for path in (link, tmp_path, tmp_path / "pipe"):
        with pytest.raises(ExportError):
            write_document(path, "x", replace=True)
    assert victim.read_text() == "precious"


def test_a_full_or_missing_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError):
        write_document(tmp_path / "file" / "handover.md", "x", replace=False)
    assert os.listdir(tmp_path) == ["file"]


def test_the_default_name_is_safe_everywhere() -> None:
    name = default_name("../../a\nb é@x", NOW, NOW.tzinfo, "md")  # type: ignore[arg-type]
    assert name == "handover-a-b-2026-11-23-1442.md"
