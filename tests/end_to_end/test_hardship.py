"""The command line where the machine is against it: nothing can be kept, names are long, the folder is anybody's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from oncall_tui.demo.faults import answer_with, is_write
from oncall_tui.demo.wire import json_response
from tests.support.seat import SCRIPT, Company, Seat

CHECKOUT = "Checkout returns 503"
BUSY = json_response({"error": {"message": "Too many requests", "code": 2020}}, 429)


def test_an_action_that_cannot_be_kept_is_never_called_queued(company: Company, seat: Seat) -> None:
    (seat.folder / "file").touch()
    seat.data = seat.folder / "file" / "data"
    company.plan(answer_with(BUSY), matching=is_write, count=None)
    done = seat.run("ack", company.id_of(CHECKOUT), "--timeout", "1s")
    assert (done.returncode, done.stdout) == (5, "")
    assert "acknowledge not sent, and not kept" in done.stderr


def test_that_nothing_is_kept_is_told_in_one_line(company: Company, seat: Seat) -> None:
    (seat.folder / "file").touch()
    seat.data = seat.folder / "file" / "data"
    done = seat.run("now", "--pane", "on_call")
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("oncall-tui: nothing is kept after you leave")


def test_what_now_prints_as_an_id_is_one(company: Company, seat: Seat) -> None:
    seat.config = company.config(seat.folder, **{"name: pager": "name: pagerduty-of-the-payments"})
    native_id = company.incident(CHECKOUT)["id"]
    shown = next(line for line in seat.run("now").stdout.splitlines() if CHECKOUT in line).split()[0]
    assert shown == f"pagerduty-of-the-payments:{native_id}"
    company.stop()
    assert seat.run("ack", shown, "--timeout", "1s").returncode == 4
    assert shown in seat.run("outbox").stdout


def test_modules_that_lie_in_the_working_folder_are_not_run(tmp_path: Path) -> None:
    for name in ("rich", "msgspec", "yaml", "httpx", "aiosqlite"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('planted')\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "oncall_tui", "now", "--cached"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "planted" not in done.stderr
    assert (done.returncode, "no config" in done.stderr) == (2, True)


def test_an_output_that_takes_nothing_is_told_in_one_line(seat: Seat) -> None:
    for command in ("--version", "now --cached", "now --cached --json", "config --schema", "outbox --json"):
        line = f"exec {SCRIPT} --config {seat.config} --data-dir {seat.data} {command}"
        if command == "--version":
            line = f"exec {SCRIPT} --version"
        for target, code, told in ((">/dev/full", 1, "cannot be written: No space left"), (">&-", 2, "is closed")):
            done = subprocess.run(["sh", "-c", f"{line} {target}"], capture_output=True, text=True, check=False)
            assert done.returncode == code and done.stderr.count("\n") == 1 and told in done.stderr, (command, done)
