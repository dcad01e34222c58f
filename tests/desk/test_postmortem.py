"""The draft of a post-mortem at the desk."""

from __future__ import annotations

from oncall_tui.desk.postmortem import draft_postmortem
from oncall_tui.model import OutboxState, Verb
from tests.desk.room import USER, Room


async def test_who_has_a_note_on_its_way_is_told_by_the_pagers_name(room: Room) -> None:
    await room.run(5)
    (page, *_) = (await room.desk.board()).incidents
    await room.act(Verb.NOTE, page.id, text="restarted")
    await room.run(10)
    settled = await draft_postmortem(room.desk, page.id)
    row = await room.act(Verb.NOTE, page.id, text="rolled back")
    assert await room.state(row) is OutboxState.QUEUED
    waiting = await draft_postmortem(room.desk, page.id)
    assert settled is not None and waiting is not None
    assert waiting.people == settled.people and USER not in waiting.people
    assert [one.author for one in waiting.timeline if one.text == "rolled back"] == ["Alice"]
