"""What the wizard asks, keeps and says, without a terminal: its questions answered by a list."""

from __future__ import annotations

import getpass
import stat
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oncall_tui import sources
from oncall_tui.cli import asking
from oncall_tui.cli import init as wizard
from oncall_tui.cli.exits import Failure
from oncall_tui.config.declared import Declared, declared
from oncall_tui.config.secret import Secret
from oncall_tui.sources import load_kind

TOKEN = "typed-token-0123456789"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    waiting: list[str] = []

    def answer(question: str = "") -> str:
        return waiting.pop(0)

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: TOKEN)
    yield lambda *given: waiting.extend(given)
    assert not waiting, "not all was asked"


def token_option() -> Declared:
    options: Any = load_kind("pagerduty").Options
    return declared(options)["token"]


def made(path: Path) -> wizard.Wizard:
    return wizard.Wizard(path)


def typed(path: Path) -> Secret | None:
    return made(path)._secret(token_option(), "pager")


def test_a_typed_token_lies_in_a_file_named_by_its_whole_path(
    answers: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answers("1")
    secret = typed(Path("my.yaml"))
    file = tmp_path / "tokens" / "pager-token"
    assert secret == Secret("file", str(file)), "found from whatever folder it is started in"
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (f"{TOKEN}\n", 0o600)


def test_a_token_file_that_is_a_link_is_replaced_and_never_written_through(
    answers: Callable[..., None], tmp_path: Path
) -> None:
    aim, folder = tmp_path / "aim", tmp_path / "tokens"
    folder.mkdir()
    aim.write_text("mine")
    (folder / "pager-token").symlink_to(aim)
    answers("1", "y")
    typed(tmp_path / "config.yaml")
    assert aim.read_text() == "mine"
    assert not (folder / "pager-token").is_symlink()


def test_a_link_to_nothing_is_not_followed(answers: Callable[..., None], tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    folder.mkdir()
    (folder / "pager-token").symlink_to(tmp_path / "nothing")
    answers("1", "y")
    typed(tmp_path / "config.yaml")
    assert not (tmp_path / "nothing").exists()
    assert (folder / "pager-token").read_text() == f"{TOKEN}\n"


def test_who_keeps_the_old_file_is_told_that_what_was_typed_is_not_kept(
    answers: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tokens"
    folder.mkdir()
    (folder / "pager-token").write_text("old")
    answers("1", "n")
    typed(tmp_path / "config.yaml")
    assert (folder / "pager-token").read_text() == "old"
    said = capsys.readouterr().out
    assert "what you typed is not kept" in said
    assert TOKEN not in said


def test_a_folder_that_cannot_be_written_is_told(answers: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("a file in its place")
    answers("1")
    with pytest.raises(Failure, match="cannot write"):
        typed(tmp_path / "config.yaml")


def test_a_secret_is_not_asked_for_where_it_would_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the terminal cannot be kept from showing it, getpass only warns and asks on."""

    def shows(prompt: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        return TOKEN

    monkeypatch.setattr(getpass, "getpass", shows)
    with pytest.raises(Failure, match="would be shown"):
        asking.ask_secret("token")


def test_a_system_that_is_left_out_leaves_no_token_behind(answers: Callable[..., None], tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    answers("pager", "http://127.0.0.1:9", "1", "3")
    taken = made(path)._system("pagerduty", "sources", sources, set())
    assert taken is None
    assert not (tmp_path / "tokens" / "pager-token").exists()
