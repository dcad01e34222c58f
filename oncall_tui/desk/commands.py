"""Running the team's own programs beside an incident: no terminal, no secret, a deadline, a bounded output.

A run goes on whoever looks at it, ends by itself, at its deadline or when it is stopped, and takes every program that
it started with it. ``desk.runs`` holds those of this process::

    run = desk.runs.start(options, await about(desk, board, "pager:Q1ABC"))
    await run.wait()
    run.result, run.lines
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from oncall_tui.clock import Clock, format_duration
from oncall_tui.config.commands import CommandOptions
from oncall_tui.config.secret import mask_read
from oncall_tui.desk.about import About
from oncall_tui.desk.output import Output
from oncall_tui.desk.parts import internal
from oncall_tui.desk.settings import ActRefused
from oncall_tui.model import AuditLine, NoteKind, OutboxRow, Verb
from oncall_tui.policy.ran import ran
from oncall_tui.text import clean

if TYPE_CHECKING:
    from oncall_tui.desk import Desk

MOST_KEPT = 20
"""Runs that have ended and can be looked at again."""
MOST_AT_ONCE = 8
GRACE_S = 2.0
LAST_GRACE_S = 0.5
"""Between being asked to end and being ended; and how long what has left the group may hold the output open."""
FULL_PAUSE_S = 0.02
"""Between two reads of an output that is cut anyway: one that never ends costs the screen nothing."""

_NO_TERMINAL = ("GPG_TTY", "SSH_TTY", "TMUX", "TMUX_PANE", "STY", "WINDOW", "WINDOWID")
"""Variables by which a program without a terminal would still find this one."""
_PLAIN = {"TERM": "dumb", "NO_COLOR": "1", "PAGER": "cat", "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0"}


class RunState(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    ENDED = "ended"
    """By itself: ``code`` says how."""
    STOPPED = "stopped"
    """By a person, or because the program that ran it ended."""
    TIMED_OUT = "timed out"
    FAILED = "failed"
    """It never started; ``problem`` says why."""


class Run:
    """One run. Read it at any time; :meth:`wait` for its end."""

    def __init__(self, options: CommandOptions, about: About, started_at: datetime) -> None:
        self.key = f"run:{uuid4()}"
        """Unique; the audit's lines of this run have it."""
        self.options = options
        self.about = about
        self.started_at = started_at
        self.ended_at: datetime | None = None
        self.state = RunState.RUNNING
        self.code: int | None = None
        """The exit code; negative: the signal that ended it; ``None`` while it runs, or where it never started."""
        self.problem: str | None = None
        """One clean line: why it did not start."""
        self.output = Output()
        self._halt = asyncio.Event()
        self._over = asyncio.Event()

    @property
    def lines(self) -> tuple[str, ...]:
        """What it has said so far, clean."""
        return self.output.lines

    @property
    def is_running(self) -> bool:
        """It has not ended."""
        return self.state is RunState.RUNNING

    @property
    def ok(self) -> bool:
        """It ended by itself, with exit code 0."""
        return self.state is RunState.ENDED and self.code == 0

    @property
    def result(self) -> str:
        """How it ended, in a few words: ``exit 0``, ``ended by signal 9``, ``timed out after 1m``."""
        match self.state:
            case RunState.ENDED if self.code is not None and self.code < 0:
                return f"ended by signal {-self.code}"
            case RunState.ENDED:
                return f"exit {self.code}"
            case RunState.TIMED_OUT:
                return f"timed out after {format_duration(self.options.timeout)}"
            case RunState.FAILED:
                return self.problem or "did not start"
        return self.state.value

    def stop(self) -> None:
        """End it and every program that it started; it has ended when :meth:`wait` returns."""
        self._halt.set()

    async def wait(self) -> None:
        """Until it has ended."""
        await self._over.wait()


class Runs:
    """The runs of one process. ``changed`` is called whenever a run has something new to show."""

    def __init__(
        self,
        clock: Clock,
        *,
        seat: str,
        read_only: bool = False,
        hidden: frozenset[str] = frozenset(),
        environ: Mapping[str, str] | None = None,
        record: Callable[[AuditLine], Awaitable[None]],
    ) -> None:
        """
        Args:
            hidden: environment variables that hold secrets: no program gets them.
            environ: what else a program gets; this process's own where left out.
            record: writes the audit line of each start and each end.
        """
        self._clock = clock
        self._seat = seat
        self._read_only = read_only
        self._hidden = hidden
        self._environ = environ
        self._record = record
        self._runs: list[Run] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._subscribers: list[Callable[[Run], None]] = []
        self._grace_s = GRACE_S

    def start(self, options: CommandOptions, about: About) -> Run:
        """Begin a run; it goes on by itself. Must be called on the loop.

        Raises:
            ActRefused: a read-only seat and a command that changes something; it is about something else; it runs
                already for this target; too many run.
        """
        self._check(options, about)
        run = Run(options, about, self._clock.now())
        self._runs.append(run)
        ended = [one for one in self._runs if not one.is_running]
        for one in ended[: max(0, len(ended) - MOST_KEPT)]:
            self._runs.remove(one)
        task = asyncio.create_task(self._conduct(run), name=run.key)
        self._tasks[run.key] = task
        task.add_done_callback(lambda _: self._tasks.pop(run.key, None))
        return run

    def _check(self, options: CommandOptions, about: About) -> None:
        if self._read_only and options.changes:
            raise ActRefused(f"this seat is read-only, and {options.name} changes something")
        if options.on != about.kind and options.on != "none":
            wanted = "an incident" if options.on == "incident" else "an alert"
            raise ActRefused(f"{options.name} is about {wanted}")
        running = [run for run in self._runs if run.is_running]
        if any(run.options.name == options.name and run.about.target == about.target for run in running):
            raise ActRefused(f"{options.name} runs already")
        if len(running) >= MOST_AT_ONCE:
            raise ActRefused(f"{MOST_AT_ONCE} commands run already")

    @property
    def all(self) -> tuple[Run, ...]:
        """Those that run and the latest that have ended, the newest first."""
        return tuple(reversed(self._runs))

    def find(self, key: str) -> Run | None:
        """The run with that key, while it is kept."""
        return next((run for run in self._runs if run.key == key), None)

    def subscribe(self, callback: Callable[[Run], None]) -> Callable[[], None]:
        """``callback`` is called on the loop's thread when a run has said something or ended. Returns what ends it."""
        self._subscribers.append(callback)

        def end() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return end

    async def stop(self) -> None:
        """End all that run, and wait for it: with less patience, because a person waits for the program's end."""
        self._grace_s = min(GRACE_S, LAST_GRACE_S)
        for run in self._runs:
            run.stop()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    # -- one run -----------------------------------------------------------------------------------------------

    async def _conduct(self, run: Run) -> None:
        try:
            await self._told(run, "started", run.started_at, f"{run.options.name}: {_shown(run.options)}")
            await self._go(run)
        except Exception as error:  # noqa: BLE001 - told like a program's own failure
            run.state, run.problem = RunState.FAILED, internal(f"the command {run.options.name}", error)
        finally:
            if run.is_running:
                run.state = RunState.STOPPED
            run.ended_at = self._clock.now()
            run._over.set()
            self._changed(run)
        await self._told(run, run.state.value, run.ended_at, f"{run.options.name}: {run.result}")

    async def _go(self, run: Run) -> None:
        try:
            transport, talk = await asyncio.get_running_loop().subprocess_exec(
                lambda: _Talk(run, self._changed),
                *run.options.argv,
                stdin=PIPE,
                stdout=PIPE,
                stderr=STDOUT,
                env=self._environment(run),
                start_new_session=True,  # a group that can be ended whole, and no terminal to take
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            run.state, run.problem = RunState.FAILED, clean(f"does not start: {reason}", 200)
            return
        try:
            talk.tell(run.about.document)
            run.state = await self._until_over(run, transport.get_pid(), talk.exited)
        finally:
            _kill(transport.get_pid(), signal.SIGKILL)  # also what it started and left behind
            await _first(self._grace_s, talk.finished.wait())
            transport.close()
        run.code = transport.get_returncode()

    async def _until_over(self, run: Run, pid: int, exited: asyncio.Event) -> RunState:
        late = self._clock.sleep(run.options.timeout.total_seconds())
        await _first(None, exited.wait(), run._halt.wait(), late)
        if exited.is_set():
            return RunState.ENDED
        state = RunState.STOPPED if run._halt.is_set() else RunState.TIMED_OUT
        _kill(pid, signal.SIGTERM)
        await _first(self._grace_s, exited.wait())
        return state

    def _environment(self, run: Run) -> dict[str, str]:
        given = os.environ if self._environ is None else self._environ
        kept = {
            name: value
            for name, value in given.items()
            if name not in self._hidden
            and name not in _NO_TERMINAL
            and (not name.startswith("ONCALL_") or name.startswith("ONCALL_TUI_"))
            and mask_read(value) == value
        }
        return {**kept, **_PLAIN, "ONCALL_COMMAND": run.options.name, **run.about.variables}

    def _changed(self, run: Run) -> None:
        for callback in tuple(self._subscribers):
            try:
                callback(run)
            except Exception as error:  # noqa: BLE001 - a screen's bug must not end a run
                internal("a subscriber", error)

    async def _told(self, run: Run, event: str, at: datetime, detail: str) -> None:
        line = AuditLine(
            at=at,
            seat=self._seat,
            event=event,
            key=run.key,
            verb="run",
            target=run.about.target or "",
            detail=clean(mask_read(detail)),
        )
        try:
            await self._record(line)
        except Exception as error:  # noqa: BLE001 - what cannot be written down is logged
            internal("the audit of a command", error)


def _shown(options: CommandOptions) -> str:
    return options.command if isinstance(options.command, str) else " ".join(options.command)


class _Talk(asyncio.SubprocessProtocol):
    """Both ends of a program's pipes. Its end and that of its pipes are two things: a child may hold them open."""

    def __init__(self, run: Run, changed: Callable[[Run], None]) -> None:
        self.exited = asyncio.Event()
        self.finished = asyncio.Event()
        """It has ended, and everything that it said was read."""
        self._silent = False
        self._run = run
        self._tell_changed = changed
        self._transport: asyncio.SubprocessTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It has started."""
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    def tell(self, document: bytes) -> None:
        """Its standard input; what it does not read is dropped at its end."""
        pipe = self._transport.get_pipe_transport(0) if self._transport is not None else None
        if isinstance(pipe, asyncio.WriteTransport):
            pipe.write(document)
            pipe.close()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """It has said something."""
        self._run.output.add(data)
        self._tell_changed(self._run)
        if self._run.output.is_full:
            for pipe in self._pipe():
                pipe.pause_reading()
            asyncio.get_running_loop().call_later(FULL_PAUSE_S, self._go_on)

    def _go_on(self) -> None:
        for pipe in self._pipe():
            pipe.resume_reading()

    def _pipe(self) -> Iterator[asyncio.ReadTransport]:
        """What it is read by, while that is open."""
        pipe = self._transport.get_pipe_transport(1) if self._transport is not None else None
        if isinstance(pipe, asyncio.ReadTransport) and not pipe.is_closing():
            yield pipe

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Nobody holds the pipe any more."""
        self._silent = self._silent or fd == 1
        self._end()

    def process_exited(self) -> None:
        """It has ended."""
        self.exited.set()
        self._end()

    def _end(self) -> None:
        if self._silent and self.exited.is_set():
            self.finished.set()


async def _first(timeout_s: float | None, *awaited: Coroutine[Any, Any, Any]) -> None:
    """Until one of them is done, or the time is over; the others are given up."""
    tasks = [asyncio.ensure_future(one) for one in awaited]
    try:
        await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _kill(pid: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, sign)


async def note_run(desk: Desk, run: Run, *, undo: bool = True) -> OutboxRow:
    """Write a run on its incident's timeline, through the outbox.

    Raises:
        ActRefused: it is about no incident, or the incident takes no note from this seat.
        StoreError: it could not be stored.
    """
    about = run.about
    if about.kind != "incident" or about.target is None:
        raise ActRefused("it is about no incident")
    params = {"text": ran(run.options.name, run.result, run.lines), "at": None, "kind": NoteKind.DID.value}
    return await desk.act(Verb.NOTE, about.target, params=params, seen=None, title=about.title, undo=undo)


def lasted(run: Run, now: datetime) -> timedelta:
    """How long it has run, or ran."""
    return (run.ended_at or now) - run.started_at
