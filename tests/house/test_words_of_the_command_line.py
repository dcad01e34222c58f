"""What the command line learnt so that it has every action: done on the company, by a seat that may."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from oncall_tui.cli import _command, compose, exits
from tests.house.three_ways import arguments, make_day


def test_a_silence_is_ended_and_the_handover_takes_lines_and_lets_them_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    day = asyncio.run(make_day(tmp_path))
    made, transport = compose.make_sources, day.world.transport()
    monkeypatch.setattr(compose, "make_sources", lambda config, clock, _=None: made(config, clock, transport))

    def run(*words: str) -> int:
        args = arguments(words, day)
        args.read_only = False
        return _command(args.command)(args)

    assert run("unsilence", day.silence) == exits.OK
    assert {one["id"]: one["state"] for one in day.world.state()["silences"]}[
        day.silence.partition(":")[2]
    ] == "expired"
    assert run("handover", "--note", "Mind the pool", "--item", "Fix the pool") == exits.OK
    assert {"- Mind the pool", "- Watch the pool"} <= set(capsys.readouterr().out.splitlines())
    assert run("handover", "--discard") == exits.OK
    assert "Mind the pool" not in capsys.readouterr().out
