"""The team's own programs: what they get, what is kept of what they say, how they end, who may run them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from oncall_tui.config.commands import CommandOptions, secret_variables
from oncall_tui.config.options import SourceOptions
from oncall_tui.config.schema import Config
from oncall_tui.config.secret import Secret, hide
from oncall_tui.desk import ActRefused, Desk
from oncall_tui.desk.about import About, about
from oncall_tui.desk.commands import MOST_AT_ONCE, Run, Runs, RunState
from oncall_tui.desk.output import HEAD_BYTES, TAIL_BYTES, Output
from oncall_tui.model import AuditLine
from oncall_tui.records import dataclass
from tests.desk.room import Room
from tests.support import ui
from tests.support.clock import ManualClock

INCIDENT = About(
    kind="incident", target="pager:1", title="t", document=b'{"a": 1}\n', variables={"ONCALL_ID": "pager:1"}
)
LIMIT_S = 20


class Kept:
    """Runs on a hand-driven clock, and what they told the audit."""

    def __init__(self, **given: Any) -> None:
        self.clock = ManualClock()
        self.audit: list[AuditLine] = []
        self.runs = Runs(self.clock, seat="alice@example.com", record=self._record, **given)
        self._news = asyncio.Event()
        self.runs.subscribe(lambda _: self._news.set())

    async def _record(self, line: AuditLine) -> None:
        self.audit.append(line)

    def start(self, command: str | tuple[str, ...], about: About = INCIDENT, **given: Any) -> Run:
        shell = isinstance(command, str)
        return self.runs.start(CommandOptions(name="probe", command=command, shell=shell, **given), about)

    async def said(self, run: Run, what: Callable[[Run], bool]) -> None:
        """Until what it says is so."""
        async with asyncio.timeout(LIMIT_S):
            while not what(run):
                self._news.clear()
                await self._news.wait()

    async def over(self, run: Run) -> Run:
        async with asyncio.timeout(LIMIT_S):
            await run.wait()
        return run


@pytest.fixture
async def kept(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kept]:
    monkeypatch.setattr("oncall_tui.desk.commands.GRACE_S", 0.3)
    one = Kept()
    yield one
    await one.runs.stop()


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


# -- what it gets ----------------------------------------------------------------------------------------------


async def test_it_gets_the_document_and_the_variables(kept: Kept) -> None:
    run = await kept.over(kept.start('cat; echo "$ONCALL_ID $ONCALL_COMMAND"'))
    assert run.lines == ('{"a": 1}', "pager:1 probe")
    assert (run.state, run.code, run.result, run.ok) == (RunState.ENDED, 0, "exit 0", True)


async def test_a_line_without_a_shell_expands_nothing(kept: Kept) -> None:
    options = CommandOptions(name="probe", command="echo '$ONCALL_ID' *")
    run = await kept.over(kept.runs.start(options, INCIDENT))
    assert run.lines == ("$ONCALL_ID *",)


async def test_no_secret_and_no_terminal_reach_it() -> None:
    hide("hunter2-hunter2")
    given = {
        "PATH": os.environ["PATH"],
        "PAGERDUTY_TOKEN": "other-words",
        "COPY": "Bearer hunter2-hunter2",
        "GPG_TTY": "/dev/pts/1",
        "ONCALL_ID": "stale",
        "ONCALL_TUI_CONFIG": "/c.yaml",
    }
    kept = Kept(hidden=frozenset({"PAGERDUTY_TOKEN"}), environ=given)
    run = await kept.over(kept.start(("env",)))
    names = {line.partition("=")[0] for line in run.lines}
    assert names == {
        *("PATH", "TERM", "NO_COLOR", "PAGER", "GIT_PAGER", "GIT_TERMINAL_PROMPT"),
        *("ONCALL_TUI_CONFIG", "ONCALL_COMMAND", "ONCALL_ID"),
    }
    assert "ONCALL_ID=pager:1" in run.lines


async def test_it_has_no_terminal_of_ours(kept: Kept) -> None:
    opens = "try: os.open('/dev/tty', os.O_RDWR)\nexcept OSError: print('none', os.getsid(0) == os.getpid())"
    ask = f"import os\n{opens}"
    run = await kept.over(kept.start((sys.executable, "-c", ask)))
    assert run.lines == ("none True",)


@dataclass(frozen=True, kw_only=True)
class _Options(SourceOptions):
    token: Secret
    headers: dict[str, Secret]


def test_the_variables_of_all_secrets_are_known() -> None:
    source = _Options(
        name="a", kind="x", token=Secret("env", "TOKEN"), headers={"X": Secret("env", "KEY"), "Y": Secret("file", "f")}
    )
    assert secret_variables(Config(sources=(source,))) == {"TOKEN", "KEY"}


# -- what it says ----------------------------------------------------------------------------------------------


async def test_its_output_is_there_as_it_comes(kept: Kept) -> None:
    run = kept.start("echo first; read line; sleep 1000")
    await kept.said(run, lambda one: one.lines == ("first",))
    assert run.is_running


def test_what_it_says_is_clean() -> None:
    hide("s3cret-s3cret")
    output = Output()
    output.add(b"\x1b[31mred\x1b[0m \x1b]0;title\x07\n 10%\r 90%\r\nkey s3cret-s3cret\n\xe2\x82")
    output.add(b"\xac \xff\n\n")
    assert output.lines == ("red \\x1b]0;title\\x07", " 90%", "key ••••••", "€ �")


@pytest.mark.parametrize("shown", [4, 9, 12])
def test_a_secret_that_is_cut_is_masked_too(shown: int) -> None:
    hide("s3cret-s3cret")
    output = Output()
    output.add(b"key " + b"s3cret-s3cret"[:shown])
    assert output.lines == ("key ••••••",), "a line that has not ended yet"
    output.add(b"s3cret-s3cret"[shown:] + b" used\n")
    assert output.lines == ("key •••••• used",)

    output = Output()
    filled = b"x" * 99 + b"\n"
    output.add((filled * (HEAD_BYTES // 100 + 1))[: HEAD_BYTES - shown] + b"s3cret-s3cret" + b"y" * TAIL_BYTES)
    output.add(b"\n" + b"s3cret-s3cret" + b"z" * (TAIL_BYTES - 13 + shown))
    shown_at_all = "\n".join(output.lines)
    assert "are left out here" in shown_at_all
    assert "s3cr" not in shown_at_all and "cret" not in shown_at_all


def test_of_much_output_beginning_and_end_are_kept() -> None:
    output = Output()
    for number in range(100_000):
        output.add(b"%06d\n" % number)
    lines = output.lines
    assert lines[0] == "000000"
    assert lines[-1] == "099999"
    lost = 700_000 - HEAD_BYTES - TAIL_BYTES
    assert f"… {lost} bytes are left out here …" in lines
    assert sum(map(len, lines)) < HEAD_BYTES + TAIL_BYTES
    assert output.is_full


def test_an_output_that_just_fits_is_whole() -> None:
    output = Output()
    text = "".join(f"{number:06d}\n" for number in range((HEAD_BYTES + TAIL_BYTES) // 7))
    output.add(text.encode())
    assert list(output.lines) == text.split("\n")[:-1]


async def test_an_output_without_an_end_is_bounded_and_stopped(kept: Kept) -> None:
    run = kept.start(("yes",))
    await kept.said(run, lambda one: one.output.is_full)
    run.stop()
    await kept.over(run)
    assert run.state is RunState.STOPPED
    assert sum(map(len, run.lines)) <= HEAD_BYTES + TAIL_BYTES + 100


# -- how it ends -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["stop", "time", "end"])
async def test_it_takes_its_children_with_it(kept: Kept, how: str) -> None:
    then = "wait" if how != "end" else "exit 3"
    run = kept.start(f"trap '' TERM; sleep 1000 & echo $!; {then}", timeout=timedelta(seconds=30))
    await kept.said(run, lambda one: bool(one.lines))
    child = int(run.lines[0])
    if how == "stop":
        run.stop()
    elif how == "time":
        kept.clock.advance(30)
    await kept.over(run)
    assert run.result == {"stop": "stopped", "time": "timed out after 30s", "end": "exit 3"}[how]
    assert not run.ok
    async with asyncio.timeout(LIMIT_S):
        while lives(child):
            await asyncio.sleep(0.01)


async def test_one_that_reads_nothing_of_much_is_no_trouble(kept: Kept) -> None:
    big = About(kind="incident", target="pager:1", document=b"x" * 1_000_000, variables={})
    run = await kept.over(kept.start(("true",), big))
    assert run.ok


async def test_one_that_is_not_there_says_so(kept: Kept) -> None:
    run = await kept.over(kept.start(("/nowhere/at/all",)))
    assert (run.state, run.code) == (RunState.FAILED, None)
    assert run.result == "does not start: No such file or directory"


async def test_one_that_a_signal_ends_says_so(kept: Kept) -> None:
    run = await kept.over(kept.start("kill -9 $$"))
    assert run.result == "ended by signal 9"


async def test_what_it_is_about_may_be_a_group_of_alerts() -> None:
    board = ui.sample_board()
    desk = cast(Desk, SimpleNamespace(clock=ManualClock(ui.NOW)))
    group = next(row for row in board.alerts if row.incident_id)
    for name in (group.key, group.ids[0]):
        found = await about(desk, board, name)
        document = json.loads(found.document)
        assert (found.kind, found.target, found.variables["ONCALL_INCIDENT"]) == (
            "alert",
            group.ids[0],
            group.incident_id,
        )
        assert [one["name"] for one in document["alerts"]] == [group.name]
        assert [one["id"] for one in document["incidents"]] == [group.incident_id]


async def test_all_end_when_the_desk_does(kept: Kept) -> None:
    run = kept.start("trap '' TERM; echo $$; sleep 1000")
    await kept.said(run, lambda one: bool(one.lines))
    await kept.runs.stop()
    assert run.state is RunState.STOPPED
    assert not lives(int(run.lines[0]))


# -- who may, and what is written down -------------------------------------------------------------------------


async def test_a_read_only_seat_runs_what_changes_nothing() -> None:
    kept = Kept(read_only=True)
    with pytest.raises(ActRefused, match="read-only"):
        kept.start(("true",))
    assert (await kept.over(kept.start(("true",), changes=False))).ok


async def test_a_double_press_is_one_run(kept: Kept) -> None:
    kept.start("sleep 1000")
    with pytest.raises(ActRefused, match="runs already"):
        kept.start("sleep 1000")
    other = About(kind="incident", target="pager:2", variables={})
    for _ in range(MOST_AT_ONCE - 1):
        kept.start("sleep 1000", other)
        other = About(kind="incident", target=f"{other.target}0", variables={})
    with pytest.raises(ActRefused, match="8 commands"):
        kept.start("sleep 1000", other)


async def test_what_is_about_an_incident_is_not_run_about_an_alert(kept: Kept) -> None:
    alert = About(kind="alert", target="alerts:1", variables={})
    with pytest.raises(ActRefused, match="about an incident"):
        kept.start(("true",), alert)
    assert (await kept.over(kept.start(("true",), alert, on="none"))).ok


async def test_the_audit_has_each_start_and_end(room: Room) -> None:
    board = await room.desk.board()
    row = board.incidents[0]
    run = room.desk.runs.start(CommandOptions(name="probe", command=("false",)), await about(room.desk, board, row.id))
    await asyncio.wait_for(run.wait(), LIMIT_S)
    await room.desk.runs.stop()
    lines = [line for line in await room.desk.audit() if line.verb == "run"]
    assert [(line.event, line.target, line.key, line.detail) for line in lines] == [
        ("started", row.id, run.key, "probe: false"),
        ("ended", row.id, run.key, "probe: exit 1"),
    ]


async def test_what_it_is_about_is_in_the_shape_of_now(room: Room) -> None:
    board = await room.desk.board()
    target = board.incidents[0]
    found = await about(room.desk, board, target.id)
    document = json.loads(found.document)
    assert [one["id"] for one in document["incidents"]] == [target.id]
    assert document["version"] == 1
    assert found.variables["ONCALL_ID"] == target.id
    assert found.variables["ONCALL_TITLE"] == target.incident.title
    assert found.seen == target.incident.version
    with pytest.raises(ActRefused, match="no such incident"):
        await about(room.desk, board, "pager:none")
    nothing = await about(room.desk, board, None)
    assert json.loads(nothing.document)["incidents"] == []
