"""The wizard, by its user's hands in a real terminal, against the company's own APIs; then the config that it wrote."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from oncall_tui.demo.pagerduty import TOKEN
from tests.support.seat import Company, Seat, Terminal, run

pytestmark = pytest.mark.pty


@pytest.fixture
def wizard(company: Company, tmp_path: Path) -> Iterator[Terminal]:
    config = tmp_path / "etc" / "config.yaml"
    made = Terminal("init", "--config", str(config), env={"TZ": "Europe/Berlin", "HOME": str(tmp_path)})
    yield made
    made.close()


def answer(wizard: Terminal, question: str, text: str = "") -> None:
    """Wait until the question stands in the last line, and answer it."""

    def asked() -> bool:
        lines = [line for line in wizard.lines if line.strip()]
        return bool(lines) and question in lines[-1]

    wizard.until(asked, f"to be asked {question!r}")
    wizard.send(f"{text}\r".encode())
    wizard.settle(0.05)


def number_of(wizard: Terminal, kind: str) -> str:
    wizard.wait(rf"^ +\d+  {kind} ")
    return next(line.split()[0] for line in wizard.lines if line.split()[1:2] == [kind])


def begin(wizard: Terminal, *kinds: str) -> None:
    answer(wizard, "Your mail address", "alice@example.com")
    answer(wizard, "Your time zone [Europe/Berlin]")
    answer(wizard, "Which systems", " ".join(number_of(wizard, kind) for kind in kinds))


def test_it_asks_tries_and_writes(company: Company, wizard: Terminal, tmp_path: Path) -> None:
    begin(wizard, "pagerduty", "alertmanager")
    base = f"http://127.0.0.1:{company.port}"
    answer(wizard, "Name it", "pager")
    answer(wizard, "base_url", f"{base}/pagerduty")
    answer(wizard, "Where from", "1")
    answer(wizard, "token (not shown)", "wrong-token-0123456789")
    wizard.wait("FAIL .*refuses the token")
    answer(wizard, "What now", "1")
    answer(wizard, "base_url", f"{base}/pagerduty")
    answer(wizard, "Where from", "1")
    answer(wizard, "token (not shown)", TOKEN)
    wizard.wait("ok, it answers")
    wizard.wait("you are Alice Andersson")
    answer(wizard, "Name it", "alerts")
    answer(wizard, "base_url", f"{base}/alertmanager")
    answer(wizard, "Where from", "5")
    answer(wizard, "username")
    answer(wizard, "Where are people told")
    wizard.wait("Payments")
    answer(wizard, "Which of these teams", number_of_team(wizard, "Payments"))
    wizard.wait("Written: ")
    assert wizard.end_code() == 0
    assert TOKEN.encode() not in wizard.raw
    assert b"wrong-token" not in wizard.raw
    config = tmp_path / "etc" / "config.yaml"
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    token = tmp_path / "etc" / "tokens" / "pager-token"
    assert (token.read_text(), stat.S_IMODE(token.stat().st_mode)) == (f"{TOKEN}\n", 0o600)
    text = config.read_text()
    assert TOKEN not in text
    assert "# your name or mail, matched in each system" in text
    written = yaml.safe_load(text)
    assert written["seat"] == {"user": "alice@example.com", "teams": ["Payments"], "time_zone": "Europe/Berlin"}
    assert [one["name"] for one in written["sources"]] == ["pager", "alerts"]
    seat = Seat(tmp_path, config)
    assert seat.json("check", "--json")["ok"]


def number_of_team(wizard: Terminal, team: str) -> str:
    return next(line.split()[0] for line in wizard.lines if line.strip().endswith(f"  {team}"))


def test_ctrl_c_writes_no_config(wizard: Terminal, tmp_path: Path) -> None:
    begin(wizard, "pagerduty")
    wizard.wait("Name it")
    wizard.rests()
    wizard.send(b"\x03")
    assert wizard.end_code() == 130
    assert "No config was written" in wizard.text
    assert not (tmp_path / "etc").exists()


def test_ctrl_c_keeps_no_token(wizard: Terminal, tmp_path: Path) -> None:
    begin(wizard, "pagerduty")
    answer(wizard, "Name it", "pager")
    answer(wizard, "base_url", "http://127.0.0.1:9")
    answer(wizard, "Where from", "1")
    answer(wizard, "token (not shown)", TOKEN)
    wizard.wait("What now")
    assert (tmp_path / "etc" / "tokens" / "pager-token").exists()
    wizard.rests()
    wizard.send(b"\x03")
    assert wizard.end_code() == 130
    assert not (tmp_path / "etc" / "tokens" / "pager-token").exists()
    assert not (tmp_path / "etc" / "config.yaml").exists()


def test_it_replaces_no_file_and_needs_a_terminal(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("mine")
    done = run("init", "--config", str(config))
    assert (done.returncode, "needs a terminal" in done.stderr) == (2, True)
    again = Terminal("init", "--config", str(config))
    try:
        assert again.end_code() == 2
        assert "is there already" in again.text
    finally:
        again.close()
    assert config.read_text() == "mine"
