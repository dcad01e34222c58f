"""An alert group in its frame, with what was said of it: real, noise, a duplicate, to be mended (W11)."""

from __future__ import annotations

from oncall_tui.board import AlertRow, Board
from oncall_tui.policy.judging import Judgement, latest
from screens.details import details_of
from screens.lead_requests import JudgementsWanted
from screens.reading import ReadingScreen, facts_lines
from screens.requests import QuestionFailed, ask
from widgets.lines import BLANK, Span, Words
from widgets.words import clock


class AlertDetails(ReadingScreen):
    """The row's facts at once; what was said of the group as soon as the store has told it."""

    def __init__(self, row: AlertRow, board: Board, cells: int) -> None:
        super().__init__(*details_of(row, board, cells))
        self.row = row
        self.board = board
        self.cells = cells

    def on_mount(self) -> None:
        """Ask what was said."""
        super().on_mount()
        self.run_worker(self._read(), exit_on_error=False)

    async def _read(self) -> None:
        try:
            said = await ask(self, JudgementsWanted(self.row.key))
        except QuestionFailed as reason:
            lines: list[Words] = [BLANK, (Span(str(reason), "stale"),)]
        else:
            lines = judged_lines(self.row, said or (), self.board, self.cells)
        if lines:
            self.box.body = (*self.box.body, *lines)
            self._fit()
            self.box.redraw()


def judged_lines(row: AlertRow, said: tuple[Judgement, ...], board: Board, cells: int) -> list[Words]:
    """What was said of this bout, and of the one before. Pure."""
    now = latest(said, row.first_at)
    before = [one for one in said if one.at < row.first_at]
    facts = [("judged", _words(now, board))] if now is not None else []
    facts += [("before", _words(before[-1], board))] if before else []
    return [BLANK, *facts_lines(facts, cells)] if facts else []


def _words(one: Judgement, board: Board) -> str:
    why = f": {one.why}" if one.why else ""
    return f"{one.kind.value}{why} ({one.seat}, {clock(one.at, board.minute, board.zone)})"
