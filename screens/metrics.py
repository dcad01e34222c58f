"""The metrics: figures of shift, week and month beside those before, cut as a person asks, and plotted (M1, M2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from oncall_tui.actions import Scope
from oncall_tui.board import Board
from oncall_tui.metrics import SPANS, By, Report, to_csv, to_json
from oncall_tui.metrics import Span as Stretch
from oncall_tui.model import HistoryProgress
from oncall_tui.text import clean
from screens import metrics_words as told
from screens.base import COMMON, OncallScreen
from screens.history_requests import BackfillStarted, BackfillStopped, BackfillWanted, MetricsWanted
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import Answer, FileWanted, QuestionFailed, ask
from widgets.lines import BLANK, Span, Words, words_width
from widgets.textpane import TextPane
from widgets.theme import Look

FIGURES, PLOT, GROUPS = "figures", "plot", "groups"
_ORDER = (FIGURES, PLOT, GROUPS)
_CUTS: tuple[By, ...] = ("severity", "service", "person", "shift", "day", "week", "month")
_NAMES: dict[Stretch, str] = {"shift": "Shift", "week": "7 days", "month": "30 days"}
_SHORT: dict[Stretch, str] = {"shift": "Shift", "week": "7d", "month": "30d"}
_FRAME = 7
"""Cells of a pane's upper line that neither its title nor the stretches beside it have."""
DAYS = 90
"""Of history that a key reads."""
_ANEW = timedelta(minutes=1)
"""So long what is shown is not worked out anew by itself: it is read out of months."""


class MetricsScreen(OncallScreen[None]):
    """Figures at the left, plot and groups at the right where there is room; otherwise ``tab`` goes through them."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "metrics_shift",
        "metrics_week",
        "metrics_month",
        "metrics_older",
        "metrics_newer",
        "metrics_by",
        "metrics_plot",
        "metrics_export",
        "backfill",
        "back",
        "next_pane",
        "previous_pane",
        *(one for one in COMMON if one != "metrics"),
    )
    DEFAULT_CSS = """
    MetricsScreen #panes { height: 1fr; layout: horizontal; }
    MetricsScreen #figures { width: 67; height: 1fr; }
    MetricsScreen #aside { width: 1fr; height: 1fr; }
    MetricsScreen #plot { height: 1fr; }
    MetricsScreen #groups { height: 1fr; }
    MetricsScreen.-tabs #figures { width: 1fr; }
    """

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.span: Stretch = "week"
        self.back = 0
        self.by: By = "severity"
        self.plotted = told.PLOTTED[0]
        self.report: Report | None = None
        self.drawn: Report | None = None
        self.tab = FIGURES
        self._plots: ModuleType | None = None
        self._no_plots: str | None = None
        self._told_at: datetime | None = None
        self.progress: tuple[HistoryProgress, ...] = ()
        """Of the reading of the pagers' history."""

    # -- what is on it ---------------------------------------------------------------------------------------

    def compose_body(self) -> ComposeResult:
        """Three panes."""
        with Horizontal(id="panes"):
            yield TextPane(id=FIGURES)
            with Vertical(id="aside"):
                yield TextPane(id=PLOT)
                yield TextPane(id=GROUPS)

    def on_mount(self) -> None:
        """The week; the plots' library is read beside it."""
        self._arrange()
        self._pane(self.tab).focus()
        self._draw()
        self.run_worker(self._load_plots(), group="plots", exit_on_error=False)
        self._ask_anew()
        self._follow()

    def _pane(self, name: str) -> TextPane:
        return self.query_one(f"#{name}", TextPane)

    @property
    def tabbed(self) -> bool:
        """One pane at a time."""
        return self.size.width < 110 or self.size.height < 28

    def on_resize(self) -> None:
        """Another size may mean other panes."""
        self._arrange()
        self._draw()

    def _arrange(self) -> None:
        tabbed = self.tabbed
        self.set_class(tabbed, "-tabs")
        for name in _ORDER:
            self._pane(name).display = not tabbed or name == self.tab
        self.query_one("#aside").display = not tabbed or self.tab != FIGURES
        if tabbed and self.focused is not self._pane(self.tab):
            self._pane(self.tab).focus()

    async def _load_plots(self) -> None:
        """plotext takes a sixth of a second to import: in a thread, and only here."""
        try:
            self._plots = await asyncio.to_thread(_import_plots)
        except (ImportError, OSError) as error:
            self._no_plots = f"no plot: plotext cannot be loaded ({clean(error, 100)})"
        self._draw()

    # -- facts -----------------------------------------------------------------------------------------------

    def facts_changed(self) -> None:
        """Something was stored: worked out anew once a minute at most."""
        if self.board is None:
            return
        if self._told_at is None or self.board.minute - self._told_at >= _ANEW:
            self._ask_anew()

    def _ask_anew(self) -> None:
        self.run_worker(self._ask(), exclusive=True, group="metrics", exit_on_error=False)

    async def _ask(self) -> None:
        if self.board is not None:
            self._told_at = self.board.minute
        try:
            report, drawn = await ask(self, MetricsWanted(self.span, self.back, self.by))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
        else:
            self.report, self.drawn = report, drawn
        self._draw()

    def show_board(self, board: Board) -> None:
        """The minute has moved."""
        self.facts_changed()

    def _draw(self) -> None:
        if not self.is_mounted or not self.size:
            return
        for name, make in ((FIGURES, self._figures), (PLOT, self._plot), (GROUPS, self._groups)):
            title = self._title(name)
            aside = self._aside(words_width(title)) if name == FIGURES or self.tabbed else BLANK
            self._pane(name).show(make, title=title, aside=aside)

    def _title(self, name: str) -> Words:
        titles = {FIGURES: "Metrics", PLOT: "Plot", GROUPS: f"By {self.by}"}
        if self.tabbed:
            words: list[Span] = []
            for one in _ORDER:
                words += [Span("  ")] if words else []
                here = one == name
                # The brackets tell it without colour, too.
                words.append(Span(f"[{titles[one]}]" if here else titles[one], "title" if here else "dim"))
            return tuple(words)
        if name == PLOT and self.drawn is not None:
            return (Span(told.plot_title(self.plotted, self.drawn), "title"),)
        return (Span(titles[name], "title"),)

    def _aside(self, beside: int) -> Words:
        """The stretches, in few letters or the chosen one alone where a title of ``beside`` cells leaves no room."""
        room = self.size.width - _FRAME - beside if self.tabbed else self.size.width
        for names, spans in ((_NAMES, SPANS), (_SHORT, SPANS), (_NAMES, (self.span,))):
            words = self._stretches(names, spans)
            if words_width(words) <= room:
                break
        return words

    def _stretches(self, names: Mapping[Stretch, str], spans: Sequence[Stretch]) -> Words:
        words: list[Span] = []
        for one in spans:
            words += [Span(" ")] if words else []
            here = one == self.span
            words.append(Span(f"[{names[one]}]" if here else f" {names[one]} ", "cursor-title" if here else "dim"))
        if self.back:
            words.append(Span(f" {self.back} back", "stale"))
        return tuple(words)

    def _figures(self, cells: int, look: Look) -> list[Words]:
        if self.report is None:
            return [(Span("being worked out", "dim"),)]
        period = self.report.plan.period
        zone = period.end.astimezone(self.report.plan.zone).tzname() or ""
        first = (Span(f"{told.stretch_words(period.start, period.end, self.report)} {zone}", "strong"),)
        progress = told.progress_words(self.progress, self.key_map.shown("backfill"), look)
        return [*([progress] if progress else []), first, *told.figure_lines(self.report, cells, look)]

    def _groups(self, cells: int, look: Look) -> list[Words]:
        return told.group_lines(self.report, cells, look) if self.report is not None else []

    def _plot(self, cells: int, look: Look) -> list[Words]:
        drawn, pane = self.drawn, self._pane(PLOT)
        if self._no_plots is not None:
            return [(Span(self._no_plots, "stale"),)]
        if drawn is None or self._plots is None:
            return [(Span("being drawn", "dim"),)]
        head: list[Words] = [(Span(told.plot_title(self.plotted, drawn), "strong"),)] if self.tabbed else []
        facts = told.plot_facts(self.plotted, drawn, cells)
        lines = pane.window - len(head) - len(facts)
        if cells < self._plots.LEAST[0] or lines < self._plots.LEAST[1]:
            return [*head, *facts]
        values, _ = told.series(self.plotted, drawn)
        return [*head, *self._plots.bars(values, told.plot_labels(drawn), cells, lines, look), *facts]

    # -- keys ------------------------------------------------------------------------------------------------

    def live_scopes(self) -> frozenset[Scope]:
        """Those of the metrics."""
        return frozenset({Scope.METRICS, Scope.VIEW})

    def do_refresh(self) -> None:
        """Every source, and the figures."""
        super().do_refresh()
        self._ask_anew()

    def do_metrics_shift(self) -> None:
        """This shift."""
        self._go("shift", 0)

    def do_metrics_week(self) -> None:
        """The last seven days."""
        self._go("week", 0)

    def do_metrics_month(self) -> None:
        """The last thirty days."""
        self._go("month", 0)

    def do_metrics_older(self) -> None:
        """One further back."""
        self._go(self.span, self.back + 1)

    def do_metrics_newer(self) -> None:
        """One further on."""
        if self.back == 0:
            self.say("this is now", "dim")
            return
        self._go(self.span, self.back - 1)

    def _go(self, span: Stretch, back: int) -> None:
        self.span, self.back = span, back
        self._draw()
        self._ask_anew()

    def do_metrics_by(self) -> None:
        """Another cut."""
        self.by = _CUTS[(_CUTS.index(self.by) + 1) % len(_CUTS)]
        if self.tabbed:
            self._turn_to(GROUPS)
        self._draw()
        self._ask_anew()

    def do_metrics_plot(self) -> None:
        """Another plot; in a small terminal first the one that is hidden."""
        if not self.tabbed or self.tab == PLOT:
            self.plotted = told.PLOTTED[(told.PLOTTED.index(self.plotted) + 1) % len(told.PLOTTED)]
        if self.tabbed:
            self._turn_to(PLOT)
        self._draw()

    def do_next_pane(self) -> None:
        """Figures, plot, groups."""
        self._step(1)

    def do_previous_pane(self) -> None:
        """The other way round."""
        self._step(-1)

    def _step(self, step: int) -> None:
        here = next((name for name in _ORDER if self._pane(name).has_focus), self.tab)
        self._turn_to(_ORDER[(_ORDER.index(here) + step) % len(_ORDER)])
        self._draw()

    def _turn_to(self, name: str) -> None:
        self.tab = name
        self._arrange()
        self._pane(name).focus()

    # -- history ---------------------------------------------------------------------------------------------

    @property
    def is_reading(self) -> bool:
        """Whether the pagers' history is being read."""
        return any(one.stage in ("waiting", "reading", "pausing") for one in self.progress)

    def do_backfill(self) -> None:
        """Read it, after asking; while it is read: stop."""
        board = self.board
        if board is None:
            self.say("nothing is known yet: the first answer is awaited", "stale")
            return
        if self.is_reading:
            self.post_message(BackfillStopped())
            return
        from screens.dialogs.confirm import QuestionDialog

        told = [
            f"Incidents of the last {DAYS} days, and what is cheap to read of their timelines, out of the pagers.",
            "It gives way to polls and actions, rings nothing, and goes on where it was stopped.",
            "Longer, or of one source: oncall-tui backfill --days N --source NAME.",
        ]

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self._follow(begin=True)

        self.app.push_screen(QuestionDialog("Read the pagers' history?", told, "read it", board), answered)

    def _follow(self, *, begin: bool = False) -> None:
        first = BackfillStarted(DAYS) if begin else BackfillWanted()
        self.run_worker(self._watch_history(first), exclusive=True, group="history", exit_on_error=False)

    async def _watch_history(self, first: BackfillStarted | BackfillWanted) -> None:
        """Draw each step until it ends; then the figures are others."""
        read = False
        try:
            self.progress = await ask(self, first) or ()
            while self.is_reading:
                read = True
                self._draw()
                self.progress = await ask(self, BackfillWanted(wait=True)) or ()
        except QuestionFailed as reason:
            self.say(str(reason), "error")
        self._draw()
        if read:
            self._ask_anew()

    # -- export ----------------------------------------------------------------------------------------------

    def do_metrics_export(self) -> None:
        """Choose form and name; then the file is written."""
        board, report = self.board, self.report
        if board is None or report is None:
            self.say("the figures are not here yet", "stale")
            return
        from screens.dialogs.export import ExportDialog

        default = f"metrics-{self.span}-{report.plan.period.end.astimezone(report.plan.zone):%Y-%m-%d}-by-{self.by}.csv"

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                # What was on the screen at the key press is what is written.
                self.run_worker(self._export(report, answer.params), group="export", exit_on_error=False)

        forms = {"csv": "CSV", "json": "JSON"}
        self.app.push_screen(ExportDialog(default, board, title="Export the metrics", forms=forms), answered)

    async def _export(self, report: Report, params: Any) -> None:
        text = to_csv(report) if params["format"] == "csv" else _json(report)
        try:
            path = await ask(self, FileWanted(params["name"], text))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
        else:
            self.say_written(path)


def _import_plots() -> ModuleType:
    from screens import metrics_plots

    return metrics_plots


def _json(report: Report) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(to_json(report))).decode() + "\n"
