"""Commands of the team's own, for the screens: begins runs, shows what they say, writes the notes that they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oncall_tui.desk import ActRefused, Desk
from oncall_tui.desk.about import about
from oncall_tui.desk.commands import Run, note_run
from oncall_tui.store import StoreError
from screens.command_requests import RunStarted, RunStopped, RunsWanted, RunView, RunWanted
from screens.requests import CommandQuestion
from screens.run import RunScreen

if TYPE_CHECKING:
    from oncall_tui.app.face import OncallApp

SHOWN_EVERY_S = 0.2
"""A command that talks a lot is drawn five times a second at most."""


class Commands:
    """One for an app; made when a command is first asked for."""

    def __init__(self, app: OncallApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._news: dict[str, Run] = {}
        desk.runs.subscribe(self._changed)

    async def answer(self, question: CommandQuestion[Any]) -> Any:
        """What is asked.

        Raises:
            ActRefused: the command is not run; why.
        """
        runs = self._desk.runs
        match question:
            case RunsWanted():
                return tuple(viewed(run, whole=False) for run in runs.all)
            case RunWanted():
                run = runs.find(question.key)
                return viewed(run) if run is not None else None
            case RunStarted():
                return await self._start(question)
            case RunStopped():
                run = runs.find(question.key)
                if run is None or not run.is_running:
                    return False
                run.stop()
                return True
        raise TypeError(f"nobody answers {type(question).__name__}")

    async def _start(self, question: RunStarted) -> str:
        options = next((one for one in self._app.settings.commands if one.name == question.name), None)
        board = self._app.board
        if options is None or board is None:
            raise ActRefused(f"no command is called {question.name}")
        run = self._desk.runs.start(options, await about(self._desk, board, question.target))
        self._app.run_worker(self._follow(run), group="commands", exit_on_error=False)
        return run.key

    async def _follow(self, run: Run) -> None:
        """Say how it ended to whoever does not look at it, and write the note that the config asks for."""
        await run.wait()
        await self._tick(run)
        screen = self._app.screen
        if not (isinstance(screen, RunScreen) and screen.run_key == run.key):
            key = self._app.key_map.shown("commands")
            self._app.say(f"{run.options.shown}: {run.result} ({key} shows it)", "good" if run.ok else "error")
        if run.options.output != "note":
            return
        try:
            row = await note_run(self._desk, run)
        except (ActRefused, StoreError) as error:
            self._app.say(f"{run.options.shown}: no note: {error}", "error")
            return
        await self._app.refresh_board()
        self._app.say(f"{run.options.shown}: {run.result}; noted on {row.target_title}", "good" if run.ok else "error")

    async def _tick(self, run: Run) -> None:
        """An item of the resolution checklist whose command it is, is ticked by how it ended."""
        from oncall_tui.desk.lead import keep_run

        try:
            await keep_run(self._desk, run)
        except StoreError as error:
            self._app.say(str(error), "error")

    # -- as it comes -----------------------------------------------------------------------------------------

    def _changed(self, run: Run) -> None:
        if not self._app.is_running:
            return
        if not self._news:
            self._app.set_timer(SHOWN_EVERY_S, self._show)
        self._news[run.key] = run

    def _show(self) -> None:
        news, self._news = self._news, {}
        for screen in self._app.screen_stack:
            if isinstance(screen, RunScreen) and screen.run_key in news:
                screen.run = viewed(news[screen.run_key])


def viewed(run: Run, *, whole: bool = True) -> RunView:
    """A run as screens see it; with all that it said where ``whole``."""
    return RunView(
        key=run.key,
        name=run.options.name,
        title=run.options.shown,
        changes=run.options.changes,
        kind=run.about.kind,
        target=run.about.target,
        target_title=run.about.title,
        started_at=run.started_at,
        ended_at=run.ended_at,
        ok=run.ok,
        result=run.result,
        lines=run.lines if whole else (),
    )
