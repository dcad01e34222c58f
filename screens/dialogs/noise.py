"""What a page was worth: one key says it, ``tab`` first for a word on why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from oncall_tui.board import AlertRow, Board
from oncall_tui.policy.judging import MEANS
from oncall_tui.policy.marks import MarkKind
from oncall_tui.text import wrap
from screens.dialogs.frame import Block, Part
from screens.dialogs.saying import Saying, SayingDialog, saying_keys
from screens.dialogs.targets import target_lines
from screens.requests import Target
from widgets.lines import BLANK, Span, Words
from widgets.theme import look_of

_KEYS = {MarkKind.REAL: "r", MarkKind.NOISE: "n", MarkKind.DUPLICATE: "d", MarkKind.FIX_ALERT: "f"}
_SAYINGS = tuple(Saying(_KEYS[kind], kind.value, means) for kind, means in MEANS.items())


class NoiseDialog(SayingDialog):
    """Gives ``{"kind": MarkKind's value, "why": str}``."""

    SAYINGS: ClassVar[tuple[Saying, ...]] = _SAYINGS
    BINDINGS: ClassVar[list[BindingType]] = saying_keys(_SAYINGS)

    def __init__(self, incidents: tuple[Target, ...], alerts: tuple[AlertRow, ...], board: Board) -> None:
        super().__init__("What was it?", board)
        self.incidents = incidents
        self.alerts = alerts

    def compose_parts(self) -> ComposeResult:
        """What is judged, the four judgements, why, where it is kept."""
        yield Block(id="targets")
        yield from self.compose_sayings()
        yield Block(id="where")

    def on_mount(self) -> None:
        """On what is asked for most."""
        self.begin_at(_KEYS[MarkKind.NOISE])

    def answer(self, word: str, why: str) -> dict[str, str]:
        """What it was."""
        return {"kind": word, "why": why}

    def parts(self, cells: int) -> Sequence[Part]:
        """What is judged gives way first."""
        told, where = self._targets(cells), self._where(cells)
        return (
            Part(self.query_one("#targets"), min(8, len(told)) + 1, min(2, len(told))),
            Part(self.query_one("#where"), len(where) + 1, 1),
            Part(self.query_one(Input), 1),
            Part(self.choices, len(_SAYINGS), len(_SAYINGS)),
        )

    def draw(self) -> None:
        """What is judged, and where that is kept."""
        block = self.block("targets")
        lines = self._targets(self.inner)
        room = int(block.styles.height.value) if block.styles.height is not None else len(lines)
        if len(lines) > room:
            lines = [*lines[: max(0, room - 1)], (Span(f"and {len(lines) - max(0, room - 1)} more", "dim"),)]
        block.show(lines)
        self.block("where").show([BLANK, *self._where(self.inner)])

    def _targets(self, cells: int) -> list[Words]:
        found = [*self.incidents, *(_target(row) for row in self.alerts)]
        return target_lines(found, self.first_board, cells, look_of(self).signs)

    def _where(self, cells: int) -> list[Words]:
        told = []
        if self.incidents:
            told.append("It goes on the timeline, as a note.")
        if self.alerts and not self.incidents:
            which = "It belongs" if len(self.alerts) == 1 else "They belong"
            told.append(f"{which} to no incident: kept here, for handover and metrics.")
        elif self.alerts:
            told.append(f"{len(self.alerts)} without an incident: kept here, for handover and metrics.")
        return [(Span(line, "dim"),) for text in told for line in wrap(text, cells)]


def _target(row: AlertRow) -> Target:
    return Target(id=row.ids[0], source=row.source, title=row.name, service=row.service, row=row)
