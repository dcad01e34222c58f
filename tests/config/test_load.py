"""What the file means when it is right, and everything that is told when it is not."""

from __future__ import annotations

import os
import pwd
import shlex
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from oncall_tui.actions import BY_ID
from oncall_tui.config.load import load_config, local_zone_name
from oncall_tui.config.options import Hours
from oncall_tui.config.places import cache_dir, data_dir, default_config, find_config
from oncall_tui.config.problems import ConfigError
from oncall_tui.config.rules import identity
from oncall_tui.config.secret import Secret
from oncall_tui.model import Verb
from tests.config.conftest import Kinds, Load, PagerOptions, Problems, source


def only(config: object) -> PagerOptions:
    (found,) = config.sources  # type: ignore[attr-defined]
    assert isinstance(found, PagerOptions)
    return found


def told(found: object) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.path) for problem in found]  # type: ignore[attr-defined]


# -- a config that is right ------------------------------------------------------------------------------------------


def test_defaults(load: Load) -> None:
    config = load(source(), environ={"TZ": "Europe/Rome"})
    options = only(config)
    assert (options.name, options.kind, options.poll) == ("pager", "pagerduty", timedelta(seconds=30))
    assert options.severity == {"P1": 1}
    assert config.seat.time_zone == "Europe/Rome"
    assert config.policy.shift_duration == timedelta(hours=12)
    assert config.actions.undo.window(Verb.ESCALATE) == timedelta(seconds=5)
    assert config.actions.undo.window(Verb.ACKNOWLEDGE) == timedelta()
    assert config.theme == "auto" and config.warnings == () and config.path is not None


def test_every_form_of_value(load: Load) -> None:
    text = source(
        poll="1h30m",
        token="{env: PD}",
        mode="HEAD",
        severity="{P1: 1, high: 2}",
        hours='"08:00-20:00"',
        status="[200, 204]",
        since="2026-01-05T09:00+02:00",
        headers="{X-Team: a, X-Key: {file: ~/.key}}",
    )
    options = only(
        load(text + "    from: me@example.com\n    health:\n      - {name: a, degraded: 1.5, wait: 800ms}\n")
    )
    assert options.poll == timedelta(minutes=90)
    assert options.token == Secret("env", "PD")
    assert options.severity == {"P1": 1, "high": 2}
    assert options.hours is not None and str(options.hours) == "08:00-20:00"
    assert options.status == (200, 204)
    assert options.since == datetime(2026, 1, 5, 9, tzinfo=timezone(timedelta(hours=2)))
    assert options.headers == {"X-Team": "a", "X-Key": Secret("file", "~/.key")}
    assert options.sender == "me@example.com"
    assert options.health[0].degraded == 1.5 and options.health[0].wait == timedelta(milliseconds=800)


@pytest.mark.parametrize("word", ["on", "12:30", "2026-12-25", "0x1f", "1e3", "yes", "010", "=", "1_000"])
def test_text_stays_text(load: Load, word: str) -> None:
    assert load(source() + f"seat: {{user: {word}}}\n").seat.user == word


@pytest.mark.parametrize(
    ("word", "meant"), [("on", True), ("yes", True), ("true", True), ("off", False), ("No", False)]
)
def test_booleans(load: Load, word: str, meant: bool) -> None:
    assert only(load(source(quiet=word))).quiet is meant


def test_a_key_without_a_value_has_its_default(load: Load) -> None:
    config = load("seat:\nkeys:\npolicy:\n  severity:\n" + source(poll=""))
    assert config.keys == {} and config.seat.user is None and only(config).poll == timedelta(seconds=30)


def test_aliases_may_be_used(load: Load) -> None:
    assert only(load("seat: {teams: &t [a, b]}\n" + source(severity="{a: &n 2, b: *n}"))).severity == {"a": 2, "b": 2}


def test_the_policy(load: Load) -> None:
    text = (
        "policy:\n"
        "  shift_duration: 8h\n"
        "  calendar: {time_zone: Europe/Rome, hours: 08:30-17:00, days: [mon, sat], holidays: [2026-12-25]}\n"
        "  severity: {sev2: {respond: 10m, update: as-needed, postmortem_days: none}}\n"
        "actions: {undo: {note: 0s}}\nattention: {bell: off}\n"
        "keys: {acknowledge: A, resolve: 'ctrl+r,f5', note: ','}\ntheme: ansi16\n"
    )
    config = load(text + source())
    calendar = config.policy.calendar
    assert (calendar.time_zone, calendar.days, calendar.holidays) == (
        "Europe/Rome",
        ("mon", "sat"),
        (date(2026, 12, 25),),
    )
    assert calendar.hours == Hours.from_text("08:30-17:00")
    assert config.policy.severity.sev2 is not None and config.policy.severity.sev2.update == "as-needed"
    assert config.actions.undo.note == timedelta() and not config.attention.bell
    assert config.keys == {"acknowledge": "A", "resolve": "ctrl+r,f5", "note": ","}


# -- a config that is wrong ------------------------------------------------------------------------------------------


def test_everything_is_told_at_once(problems: Problems) -> None:
    text = """\
seat: {usr: alice, teams: Payments, time_zone: Mars/Base}
sources:
  - {name: pager, kind: pagerduty, poll: 15, tokn: x}
  - {name: pager, kind: pagerdty}
  - {name: Up Per, kind: opsgenie}
  - kind: pagerduty
    health:
      - {name: a}
      - {name: b, degraded: much, wait: 1s, wait: 2s}
      - {degraded: 1}
    mode: HED
  - just text
  -
  - {name: local, kind: pagerduty}
  - {name: x, kind: broken}
channels:
  - {name: war-room, kind: slack}
  - {name: war-room, kind: slak}
policy: {calendar: {hours: 9 to 5, days: [monday], holidays: [tomorrow]}, severity: {sev5: {}, sev1: {respond: soon}}}
theme: drk
colour: red
keys: {a: ""}
"""
    found = problems(text, known_actions=("acknowledge", "resolve"))
    assert told(found) == [
        (1, "seat.usr"),
        (1, "seat.teams"),
        (1, "seat.time_zone"),
        (3, "sources[0].tokn"),
        (3, "sources[0].poll"),
        (4, "sources[1].kind"),
        (4, "sources[1].name"),
        (5, "sources[2].kind"),
        (6, "sources[3]"),
        (9, "sources[3].health[1].wait"),
        (9, "sources[3].health[1].degraded"),
        (10, "sources[3].health[2]"),
        (11, "sources[3].mode"),
        (12, "sources[4]"),
        (13, "sources[5]"),
        (14, "sources[6].name"),
        (15, "sources[7].kind"),
        (17, "channels[0].kind"),
        (18, "channels[1].kind"),
        (18, "channels[1].name"),
        (19, "policy.calendar.hours"),
        (19, "policy.calendar.days[0]"),
        (19, "policy.calendar.holidays[0]"),
        (19, "policy.severity.sev5"),
        (19, "policy.severity.sev1.respond"),
        (20, "theme"),
        (21, "colour"),
        (22, "keys"),
        (22, "keys.a"),
    ]
    by_path = {problem.path: str(problem) for problem in found}
    assert "did you mean 'user'?" in by_path["seat.usr"]
    assert "did you mean 'token'?" in by_path["sources[0].tokn"]
    assert "expected a duration (30s, 5m, 2h, 1d)" in by_path["sources[0].poll"]
    assert "did you mean 'pagerduty'?" in by_path["sources[1].kind"]
    assert "kind 'opsgenie' is not supported by this version" in by_path["sources[2].kind"]
    assert "did you mean 'HEAD'?" in by_path["sources[3].mode"]
    assert "third_party" in by_path["sources[7].kind"]
    assert "kind 'slack' is not supported by this version" in by_path["channels[0].kind"]
    assert "did you mean 'slack'?" in by_path["channels[1].kind"]
    assert "did you mean 'mon'?" in by_path["policy.calendar.days[0]"]
    assert "did you mean 'dark'?" in by_path["theme"]
    assert "unknown action" in by_path["keys.a"]


def test_each_line_names_the_file(load: Load, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load("theme: drk\n" + source(poll="1s"))
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{tmp_path}/config.yaml:1: theme: ")
    assert lines[1] == f"{tmp_path}/config.yaml:5: sources[0].poll: at least 2s"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("seat: [1\n", 2, "not YAML"),
        ("seat:\n\tuser: a\n", 2, "not with tabs"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("- a\n", 1, "found a list, expected a mapping"),
        ("text\n", 1, "found text, expected a mapping"),
        ("", None, "the file is empty"),
        ("# only a comment\n", None, "the file is empty"),
        ("sources: []\n", 1, "no source is configured"),
        ("seat: {}\n", 1, "'sources' is missing"),
        ("sources: 5\n", 1, "expected a list"),
        ("sources:\n", 1, "nothing is written here"),
        ("theme: !dark x\n", 1, "a YAML tag"),
        ("theme: !!python/object/apply:os.system [id]\n", 1, "a YAML tag"),
        ("[a, b]: c\n", 1, "a key must be one word"),
        ("theme: dark\n<<: {theme: light}\n", 2, "merge keys"),
        ("theme: dark\ntheme: light\n", 2, "given twice, first in line 1"),
        ("theme: {dark: 1}\n", 1, "found a mapping"),
        ("a: 'x\n", 2, "not YAML"),
        ("a: *nowhere\n", 1, "found undefined alias '…'"),
        ("&a &a b\n", 1, "expected '<document start>', but found '<anchor>'"),
        ("a: b: c\n", 1, "not YAML"),
    ],
)
def test_not_a_config(problems: Problems, text: str, line: int | None, words: str) -> None:
    matching = [problem for problem in problems(text) if words in str(problem)]
    assert [problem.line for problem in matching] == [line]


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"theme: dark\nseat: {user: \xff}\n", 2, "not UTF-8"),
        ("theme: dark\n".encode("utf-16"), 1, "UTF-16"),
        (b"theme: \x07\n", 1, "control character"),
        (b"\x00" * 10, 1, "control character"),
        (b"a: " + b"[" * 100_000, None, "nested too deeply"),
        (b"a: " + b"[" * 40 + b"]" * 40, 1, "nested too deeply"),
        (b"a" * (1024 * 1024 + 1), None, "larger than 1024 KiB"),
        (b"a: &a [*a]\n", 1, "nested too deeply"),
    ],
)
def test_hostile_bytes(problems: Problems, raw: bytes, line: int | None, words: str) -> None:
    (found,) = problems(raw)
    assert found.line == line and words in str(found)


def test_an_alias_bomb_costs_nothing(problems: Problems) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (found,) = problems("\n".join(rows))
    assert "too many entries" in found.message


def test_a_byte_order_mark_is_no_harm(load: Load) -> None:
    assert load(b"\xef\xbb\xbf" + source().encode()).sources


def test_the_first_hundred_problems_are_shown(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load("".join(f"k{n}: 1\n" for n in range(250)))
    lines = str(caught.value).splitlines()
    assert len(caught.value.problems) == 251 and len(lines) == 101 and lines[-1] == "and 151 more"


def test_a_check_over_several_fields_points_to_its_key(problems: Problems) -> None:
    (found,) = problems(source(mode="HEAD", quiet="true"))
    assert (found.line, found.path, found.message) == (5, "sources[0].quiet", "not with HEAD")


def test_names_on_one_line_are_told_apart(problems: Problems) -> None:
    (found,) = problems("sources: [{name: a, kind: pagerduty}, {name: a, kind: pagerduty}]")
    assert found.path == "sources[1].name" and "is taken" in found.message


@pytest.mark.parametrize(
    "key",
    ["", "two words", "ctrl+", "\x1b", "a\nb", "meta+ü", "a,,b", "a, b", "aa", "F5", "entr", "f25", "ctrl+shift+x1"],
)
def test_what_is_no_key(problems: Problems, key: str) -> None:
    (found,) = problems(f"keys: {{acknowledge: {key!r}}}\n".replace("'", '"') + source())
    assert found.path == "keys" and "acknowledge" in found.message


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "Ä",
        "ü",
        "?",
        ",",
        "+",
        "f5,ctrl+r",
        "ctrl+shift+x",
        "space",
        "shift+tab",
        "question_mark",
        "greater_than_sign",
        "plus",
        "ctrl+at",
    ],
)
def test_what_is_a_key(load: Load, key: str) -> None:
    assert load(f"keys: {{acknowledge: '{key}'}}\n" + source()).keys == {"acknowledge": key}


def test_every_wrong_key_is_told_at_once(problems: Problems) -> None:
    (found,) = problems("keys: {acknowledge: aa, resolve: ctrl+c}\n" + source())
    assert "acknowledge: not a key: 'aa'" in found.message and "resolve: ctrl+c belongs" in found.message


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+s", "a,ctrl+z"])
def test_keys_of_the_terminal_stay_its_own(problems: Problems, key: str) -> None:
    (found,) = problems(f"keys: {{acknowledge: '{key}'}}\n" + source())
    assert "belongs to the terminal" in found.message


def test_keys_that_clash_are_a_warning_and_the_rest_is_taken(tmp_path: Path, kinds: Kinds) -> None:
    path = tmp_path / "config.yaml"
    path.touch(0o600)
    path.write_text(
        source() + "keys: {acknowledge: e, resolve: 'f5,j', note: N, snooze: r}\n"
        "commands:\n  - {name: dig, command: dig, key: a}\n  - {name: top, command: top, key: f9}\n"
    )
    config = load_config(path, kinds=kinds, environ={}, known_actions=BY_ID)
    assert config.warnings == (
        "keys.resolve: j moves in lists",
        "keys.acknowledge: e is also Escalate",
        "keys.snooze: r is also Resolve",
        "commands, dig: a is also Acknowledge",
    )
    path.write_text(source() + "keys: {acknowledge: e, escalate: f5}\n")
    assert load_config(path, kinds=kinds, environ={}, known_actions=BY_ID).warnings == ()


def test_hostile_words_are_shown_clean(problems: Problems) -> None:
    found = problems('"\\e]0;x\\a[/b]": 1\n"\\u202e": 2\n' + source())
    assert "\\x1b" in str(found[0]) and "\\u202e" in str(found[1])


# -- secrets ---------------------------------------------------------------------------------------------------------

CANARY = "c4n4ry-t0k3n-9f8e"


@pytest.mark.parametrize(
    ("form", "meant"),
    [
        ("{env: PD_TOKEN}", Secret("env", "PD_TOKEN")),
        ("{file: ~/.pd}", Secret("file", "~/.pd")),
        ("{command: pass show pd}", Secret("command", "pass show pd")),
        (CANARY, Secret("literal", CANARY)),
    ],
)
def test_forms_of_a_secret(load: Load, form: str, meant: Secret) -> None:
    assert only(load(source(token=form))).token == meant


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("{evn: X}", "did you mean 'env'?"),
        ("{}", "expected one of {env: NAME}"),
        ("{env: A, file: b}", "expected one of {env: NAME}"),
        ("{env: 'not a name'}", "not the name of an environment variable"),
        ("{file: ''}", "must not be empty"),
        ("{command: }", "nothing is written here"),
        ("[a]", "found a list"),
    ],
)
def test_what_is_no_secret(problems: Problems, form: str, words: str) -> None:
    (found,) = problems(source(token=form))
    assert words in str(found)


def test_a_literal_is_allowed_with_a_warning(load: Load) -> None:
    config = load(source(token=CANARY))
    (warning,) = config.warnings
    assert "sources[0].token" in warning and "plain text" in warning and CANARY not in warning
    assert CANARY not in repr(config)


def test_a_variable_that_is_not_set_is_a_warning(load: Load) -> None:
    assert "$PD is not set" in load(source(token="{env: PD}")).warnings[0]
    assert load(source(token="{env: PD}"), environ={"PD": "x"}).warnings == ()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o610])
def test_a_literal_that_others_can_read_is_refused(problems: Problems, tmp_path: Path, mode: int) -> None:
    (found,) = problems(source(token=CANARY), mode=mode)
    assert (found.line, found.path) == (4, "sources[0].token")
    assert str(found).endswith(f"run: chmod 600 {tmp_path}/config.yaml")
    assert CANARY not in str(found)


def test_the_same_is_told_with_all_that_is_wrong(problems: Problems) -> None:
    found = problems(source(token=CANARY, poll="x"), mode=0o644)
    assert {problem.path for problem in found} == {"sources[0].token", "sources[0].poll"}


def test_without_a_literal_others_may_read_but_not_write(load: Load, problems: Problems, tmp_path: Path) -> None:
    assert load(source(token="{env: PD}"), mode=0o644)
    for mode in (0o664, 0o646):
        (found,) = problems(source(token="{env: PD}"), mode=mode)
        assert str(found).endswith(f"run: chmod go-w {tmp_path}/config.yaml")


def test_the_fix_can_be_pasted(tmp_path: Path, kinds: Kinds) -> None:
    path = tmp_path / "my config's.yaml"
    path.write_text(source(token=CANARY))
    path.chmod(0o644)
    with pytest.raises(ConfigError) as caught:
        load_config(path, kinds=kinds, environ={})
    words = shlex.split(str(caught.value).partition("run: ")[2])
    assert words == ["chmod", "600", str(path)]


def test_another_persons_file_is_refused(kinds: Kinds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(source())
    if os.getuid() == 0:
        os.chown(config, 12345, 12345)
    else:
        monkeypatch.setattr("os.getuid", lambda: 12345)
    with pytest.raises(ConfigError, match="does not belong to you"):
        load_config(config, kinds=kinds, environ={})


@pytest.mark.parametrize(
    "text",
    [
        f"token: *{CANARY}\n",
        f"token: !{CANARY} x\n",
        f"token: '{CANARY}\n",
        f"token: {CANARY}: x\n",
        f"token: [{CANARY}\n",
        f"sources: [{{name: a, kind: pagerduty, token: [{CANARY}]}}]\n",
        f"sources: [{{name: a, kind: pagerduty, tokn: {CANARY}}}]\n",
        f"sources: [{{name: a, kind: pagerdy, token: {CANARY}}}]\n",
        f"sources: [{{name: a, kind: pagerduty, token: {{env: '{CANARY}'}}}}]\n",
    ],
)
def test_no_message_tells_a_secret(problems: Problems, text: str) -> None:
    assert all(CANARY not in str(problem) for problem in problems(text))


# -- where the files are ---------------------------------------------------------------------------------------------


def test_no_such_file(tmp_path: Path, kinds: Kinds) -> None:
    for path, words in (
        (tmp_path / "none.yaml", "No such file"),
        (tmp_path, "not a file"),
        (Path("/dev/null"), "not a"),
    ):
        with pytest.raises(ConfigError, match=words):
            load_config(path, kinds=kinds, environ={})


def test_a_pipe_does_not_hold_the_start(tmp_path: Path, kinds: Kinds) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="not a file"):
        load_config(tmp_path / "pipe", kinds=kinds, environ={})


def test_find_config(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert find_config(None, home) is None
    file = tmp_path / ".config/oncall-tui/config.yaml"
    file.parent.mkdir(parents=True)
    file.touch()
    assert find_config(None, home) == str(file)
    assert find_config(None, {**home, "XDG_CONFIG_HOME": str(tmp_path / "other")}) is None
    assert find_config(None, {**home, "XDG_CONFIG_HOME": "relative"}) == str(file)
    assert find_config(None, {**home, "ONCALL_TUI_CONFIG": "/a/b.yaml"}) == "/a/b.yaml"
    assert find_config("c.yaml", {**home, "ONCALL_TUI_CONFIG": "/a/b.yaml"}) == "c.yaml"


def test_data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = {"HOME": str(tmp_path)}
    assert data_dir(None, home) == f"{tmp_path}/.local/state/oncall-tui"
    assert data_dir(None, {**home, "XDG_STATE_HOME": "/s"}) == "/s/oncall-tui"
    assert data_dir(None, {**home, "ONCALL_TUI_DATA": "/d"}) == "/d"
    assert data_dir("/x", {**home, "ONCALL_TUI_DATA": "/d"}) == "/x"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_dir("~/x", home) == f"{tmp_path}/x"
    assert not (tmp_path / ".local").exists()


@pytest.mark.parametrize("named", ["", "here", "../up", "."])
def test_a_home_that_is_no_absolute_path_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", named)
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: SimpleNamespace(pw_dir="/home/alice"))
    environ = {"HOME": named, "XDG_CACHE_HOME": "cache"}
    assert data_dir(None, environ) == "/home/alice/.local/state/oncall-tui"
    assert data_dir("~/x", environ) == data_dir(None, {**environ, "ONCALL_TUI_DATA": "~/x"}) == "/home/alice/x"
    assert find_config("~/c.yaml", environ) == "/home/alice/c.yaml"
    assert cache_dir(environ) == "/home/alice/.cache/oncall-tui"
    assert default_config(environ) == "/home/alice/.config/oncall-tui/config.yaml"


@pytest.mark.parametrize("told", ["", "here", None])
def test_a_user_without_a_home_has_nothing_in_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, told: str | None
) -> None:
    def getpwuid(_uid: int) -> SimpleNamespace:
        if told is None:
            raise KeyError("getpwuid(): uid not found")
        return SimpleNamespace(pw_dir=told)

    monkeypatch.setattr(pwd, "getpwuid", getpwuid)
    assert data_dir(None, {}) == "/nonexistent/.local/state/oncall-tui"
    assert find_config(None, {"HOME": "here"}) is None


@pytest.mark.parametrize(("zone", "meant"), [("Asia/Tokyo", "Asia/Tokyo"), (":Asia/Tokyo", "Asia/Tokyo")])
def test_the_machines_zone(zone: str, meant: str) -> None:
    assert local_zone_name({"TZ": zone}) == meant
    assert local_zone_name({"TZ": "Nowhere/Land"}) == local_zone_name({})


# -- identity and joins ----------------------------------------------------------------------------------------------


def test_people_services_and_teams_are_told_apart_from_what_is_the_same(load: Load) -> None:
    text = source() + (
        "identity:\n"
        "  people: {alice@example.com: {pager: alice.a}}\n"
        "  services: {payments: [payments-api, PAYSVC]}\n"
        "  teams: {Payments: [team-pay]}\n"
        "join: {labels: [incident_key]}\n"
    )
    config = load(text)
    assert config.identity.people == {"alice@example.com": {"pager": "alice.a"}}
    assert config.identity.services == {"payments": ("payments-api", "PAYSVC")}
    assert config.join.labels == ("incident_key",)
    same = identity(config)
    assert same.service("paysvc") == "payments" and same.team("TEAM-PAY") == "Payments"
    assert same.user_in("pager", "Alice@Example.com") == "alice.a"


def test_a_source_that_is_not_there_is_told_with_the_one_that_is_meant(problems: Problems) -> None:
    text = source() + "identity:\n  people:\n    alice@example.com:\n      pagr: alice.a\n"
    (found,) = problems(text)
    assert (found.line, found.path) == (7, "identity.people.alice@example.com.pagr")
    assert "no source or channel is called 'pagr'" in str(found) and "'pager'" in str(found)


@pytest.mark.parametrize(
    ("block", "path", "words"),
    [
        ("services: {pay: [a], edge: [A]}", "identity.services", "'A' is both 'pay' and 'edge'"),
        ("services: {pay: [edge], edge: []}", "identity.services", "'edge' is both 'edge' and 'pay'"),
        ("teams: {Pay: [], pay: []}", "identity.teams", "two names differ in upper and lower case only"),
        ("people: {a@x: {pager: al}, b@x: {pager: AL}}", "identity.people", "'AL' of pager is both 'a@x' and 'b@x'"),
        ("people: {a@x: [pager]}", "identity.people.a@x", "found a list"),
    ],
)
def test_a_name_that_means_two_things_is_told(problems: Problems, block: str, path: str, words: str) -> None:
    (found,) = problems(source() + f"identity:\n  {block}\n")
    assert found.path == path and words in str(found)
