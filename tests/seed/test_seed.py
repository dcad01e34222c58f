"""The seed's shift and incident, lived through at the desk, come out as the seed has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from oncall_tui.desk.postmortem import draft_postmortem
from oncall_tui.handover import to_json, to_markdown
from oncall_tui.postmortem import to_markdown as postmortem_markdown
from tests.seed.example import PAGE_TITLE, REPORT, SHIFT, UPDATES, at, plain, sections
from tests.seed.story import ENDS, INCIDENT, REVIEW, SeedsDay, live_through, open_day, review_notes


def test_the_example_was_read_as_it_stands() -> None:
    assert SHIFT.counts == {"total": 3, "sev1": 0, "sev2": 1, "sev3": 2}
    assert [len(SHIFT.items), len(SHIFT.notes), len(REPORT.timeline)] == [3, 3, 6]
    assert [(one.at, one.status) for one in UPDATES] == [
        (at("14:45"), "investigating"),
        (at("15:15"), "identified"),
        (at("16:45"), "resolved"),
    ]
    assert REPORT.facts["Duration"] == "2 hours 15 minutes"


async def test_the_seeds_day(tmp_path: Path) -> None:
    day = await open_day(tmp_path)
    try:
        await live_through(day)
        check_the_status_page(day)
        await day.until(ENDS - timedelta(minutes=1))
        await check_the_handover(day)
        await day.until(REVIEW)
        await check_the_post_mortem(day)
    finally:
        await day.room.close()


def check_the_status_page(day: SeedsDay) -> None:
    """The three updates, word for word, under their statuses and times, on one incident of the page."""
    assert day.told == {one.status: one.text for one in UPDATES}
    (published,) = [one for one in day.page.incidents if one["name"] == PAGE_TITLE]
    assert published["status"] == "resolved"
    said = [(one["status"], one["body"], one["created_at"]) for one in reversed(published["incident_updates"])]
    assert [(status, body) for status, body, _ in said] == [(one.status, one.text) for one in UPDATES]
    assert [datetime.fromisoformat(moment) for _, _, moment in said] == [one.at for one in UPDATES]


async def check_the_handover(day: SeedsDay) -> None:
    """The same facts: counts, titles by severity, action items with ticket and owner, notes."""
    document = await day.handover()
    assert {name: document.counts[name] for name in SHIFT.counts} == SHIFT.counts
    for severity in (1, 2, 3):
        titles = [one.incident.title for one in document.incidents if one.incident.severity == severity]
        assert titles == SHIFT.titles[f"sev{severity}"]
    assert [item.text for item in document.action_items] == SHIFT.items
    assert [(item.ticket, item.owner) for item in document.action_items] == [
        ("TICKET-123", None),
        (None, "Bob"),
        (None, None),
    ]
    assert list(document.notes) == SHIFT.notes

    text = plain(to_markdown(document))
    parts = sections(text)
    table = [line for line in parts["Incidents during the shift"] if line.startswith("|")]
    for name, count in SHIFT.counts.items():
        assert f"| {name.capitalize()} | {count} |" in table
    assert [line.removeprefix("- [ ] ") for line in parts["Action items"]] == SHIFT.items
    assert [line.removeprefix("- ") for line in parts["Notes for the next seat"]] == SHIFT.notes
    told = to_json(document)
    assert {name: told["counts"][name] for name in SHIFT.counts} == SHIFT.counts
    assert [one["text"] for one in told["action_items"]] == SHIFT.items
    assert told["notes"] == SHIFT.notes


async def check_the_post_mortem(day: SeedsDay) -> None:
    """After the review: the same summary, timeline, durations, cause, impact, lessons and items; due in ten days."""
    for text in review_notes():
        await day.note(text)
    await day.view()
    document = await draft_postmortem(day.room.desk, INCIDENT)
    assert document is not None
    life = document.life
    assert [life.acknowledge, life.respond, life.mitigate, life.resolve] == [
        timedelta(minutes=minutes) for minutes in (2, 5, 30, 135)
    ]
    # Ten business days after Monday, the 15th.
    assert document.write_up.due is not None
    assert f"{document.write_up.due:%Y-%m-%d}" == "2024-01-29"

    parts = sections(plain(postmortem_markdown(document)))
    facts = dict(line.removeprefix("- ").partition(": ")[::2] for line in parts["Summary"])
    for label, wanted in REPORT.facts.items():
        assert facts[label] == (f"{wanted} ({INCIDENT})" if label == "Incident ID" else wanted), label

    timeline = [(moment.at, moment.text) for moment in document.timeline]
    assert [one for one in timeline if one in REPORT.timeline] == REPORT.timeline
    # What the report leaves out is what was told, and what was noted on the way.
    others = [text for one in timeline if one not in REPORT.timeline for text in (one[1],)]
    assert all(is_said_on_the_way(text) for text in others), others

    for heading in ("Root Cause", "Lessons Learned", "Action Items"):
        assert parts[heading] == REPORT.sections[heading], heading
    assert parts["Impact"][-3:] == REPORT.sections["Impact"]


def is_said_on_the_way(text: str) -> bool:
    """A message, a mark, the pager's own end."""
    marks = ("root cause: ", "impact: ", "mitigation: ", "recovered: ", "resolved")
    return text.startswith(marks) or any(one.text.split("\n")[0] in text for one in UPDATES)
