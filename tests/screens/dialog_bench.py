"""Dialogs alone on the screen: opened on pinned targets, their answer kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.screen import ModalScreen

from oncall_tui.actions import BY_ID
from oncall_tui.board import Board
from oncall_tui.model import Directory, EscalationLevel, EscalationPolicy, Person
from screens.aiming import alert_targets, incident_target
from screens.dialogs import dialog_for
from screens.requests import Answer, Question, Target
from tests.support.ui import ScreenApp, sample_board, sample_directory, screen_lines

SIZES = ((80, 24), (120, 36), (40, 12))
DIALOGS = ("resolve", "unacknowledge", "reopen", "escalate", "note", "snooze", "severity", "reassign", "merge", "title")
"""Actions on incidents that ask."""


def targets_of(board: Board, *ids: str) -> tuple[Target, ...]:
    """These incidents, pinned."""
    rows = [board.incident(one) for one in ids or ("pager:Q1",)]
    assert all(rows)
    return tuple(incident_target(row) for row in rows if row is not None)


def dialog(action_id: str, board: Board | None = None, *ids: str) -> ModalScreen[Answer | None]:
    """The dialog of an action on these incidents (Q1), or on the board's first alert group."""
    board = board or sample_board()
    action = BY_ID[action_id]
    if action_id in ("silence", "expire_silence"):
        found = dialog_for(action, alert_targets(action, board.alerts[0]), board)
    else:
        found = dialog_for(action, targets_of(board, *ids), board)
    assert found is not None
    return found


def bench(
    screen: ModalScreen[Any],
    *,
    answers: Mapping[type[Question[Any]], Any] | None = None,
    ascii_signs: bool = False,
    theme: str = "dark",
) -> ScreenApp:
    """An app around the dialog; ``app.results`` is what it was dismissed with."""
    return ScreenApp(screen, answers=answers, ascii_signs=ascii_signs, theme=theme)


def params(app: ScreenApp) -> Mapping[str, Any]:
    """The parameters of the one answer."""
    assert len(app.results) == 1, f"answered once, not {app.results}"
    assert isinstance(app.results[0], Answer)
    return app.results[0].params


def assert_whole(app: ScreenApp) -> None:
    """The frame is on the screen from its first to its last line, with the keys' line above that."""
    lines = screen_lines(app)
    tops = [number for number, line in enumerate(lines) if line.lstrip().startswith(("╭", "+"))]
    ends = [number for number, line in enumerate(lines) if line.lstrip().startswith(("╰", "+"))]
    assert tops and ends and tops[0] < ends[-1], "\n".join(lines)
    assert "esc leave" in " ".join(lines[max(0, ends[-1] - 3) : ends[-1]]), "\n".join(lines)
    for line in lines[tops[0] + 1 : ends[-1]]:
        assert line.strip()[-1] in "│|", f"cut at the right: {line!r}"


def words(app: ScreenApp) -> str:
    """What stands in the frame, in one line, however it is wrapped."""
    return " ".join(" ".join(line.strip().strip("│|").split()) for line in screen_lines(app) if line.strip())


def crowd(count: int) -> Directory:
    """A directory with many people, many policies, and a policy of many levels."""
    people = tuple(
        Person(id=f"P{number}", name=f"Person {number:03d}", contact=f"p{number}@example.com")
        for number in range(count)
    )
    levels = tuple(
        EscalationLevel(level=number + 1, people=people[number : number + 3], delay_minutes=5) for number in range(20)
    )
    own = sample_directory().policies[0]
    many = EscalationPolicy(source="pager", id=own.id, name=own.name, levels=levels, repeats=2)
    others = tuple(
        EscalationPolicy(source="pager", id=f"PX{n}", name=f"Other {n:02d}", levels=levels) for n in range(30)
    )
    return Directory(people=people, policies=(many, *others), me=people[7])
