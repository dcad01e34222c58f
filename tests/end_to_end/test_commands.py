"""The command line of the installed script against the simulated company over HTTP."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from oncall_tui.demo.faults import answer_with, drop_after_apply, drop_before_apply, is_write, refuse
from oncall_tui.demo.wire import json_response
from tests.end_to_end.contract import HANDOVER_KEYS, NOW_KEYS, counts_of
from tests.support.seat import SCRIPT, Company, Seat, run, until

LATENCY = "P99 latency > 5000 ms"
CHECKOUT = "Checkout returns 503"
GATEWAY = "Payment gateway latency"
TOKEN = "demo-pagerduty-key"


# -- now -----------------------------------------------------------------------------------------------------------


def test_now_prints_the_four_panes(company: Company, seat: Seat) -> None:
    done = seat.run("now")
    assert (done.returncode, done.stderr) == (0, "")
    headings = re.findall(r"^=== ([\w -]+?)(?: \(|:| ===)", done.stdout, re.MULTILINE)
    assert headings == ["Active incidents", "Recent alerts", "System health", "Current on-call"]
    for one in company.state()["incidents"]:
        assert (one["id"] in done.stdout) is (one["status"] != "resolved"), one["title"]
    assert re.search(r"SEV1 triggered .* Checkout returns 503 \(payments\) -> Alice Andersson", done.stdout)
    assert re.search(r"firing +critical +HighErrorRate +payments/eu-1 +x38 .*-> Checkout", done.stdout)
    assert re.search(r"down +payments +payments error rate +12\.4 %", done.stdout)
    assert re.search(r"1 Alice Andersson +first +until", done.stdout)


def test_now_prints_only_the_panes_it_is_asked_for(seat: Seat) -> None:
    text = seat.run("now", "--pane", "health", "--pane", "on_call").stdout
    assert re.findall(r"^=== (\w+)", text, re.MULTILINE) == ["System", "Current"]
    document = seat.json("now", "--json", "--pane", "alerts")
    assert "alerts" in document and not {"incidents", "health", "on_call"} & set(document)


def test_now_json_has_every_key_of_the_contract(company: Company, seat: Seat) -> None:
    document = seat.json("now", "--json")
    assert document["version"] == 1
    assert document["seat"]["user"] == "alice@example.com"
    assert document["seat"]["role"] == "primary"
    assert set(document) >= {"version", "taken_at", "seat", *NOW_KEYS}
    for name, keys in NOW_KEYS.items():
        assert document[name], name
        for row in document[name]:
            assert keys <= set(row), (name, keys - set(row))
    assert {one["name"]: one["ok"] for one in document["sources"]} == dict.fromkeys(
        ("pager", "alerts", "metrics", "probes", "rota"), True
    )
    there = {one["id"]: one for one in company.state()["incidents"] if one["status"] != "resolved"}
    assert {one["id"].removeprefix("pager:") for one in document["incidents"]} == set(there)
    for one in document["incidents"]:
        its = there[one["id"].removeprefix("pager:")]
        assert (one["title"], one["service"], f"P{one['severity']}") == (its["title"], its["service"], its["priority"])
        assert one["state"] in (its["status"], "snoozed")
        assert one["pending"] == []
        assert set(one["due"] or {"what": 0, "at": 0, "overdue": 0}) == {"what", "at", "overdue"}
    # What needs a hand comes first.
    assert [one["state"] for one in document["incidents"]][:3] == ["triggered", "triggered", "acknowledged"]


def test_now_cached_asks_nobody(company: Company, seat: Seat) -> None:
    before = seat.json("now", "--json", "--cached")
    assert (before["incidents"], before["alerts"]) == ([], [])
    fetched = seat.json("now", "--json")
    company.stop()
    cached = seat.json("now", "--json", "--cached")
    assert cached["incidents"] == fetched["incidents"]
    assert cached["on_call"] == fetched["on_call"]


def test_now_with_a_source_down_is_3_and_says_what_is_stale(company: Company, seat: Seat) -> None:
    seat.json("now", "--json")
    company.plan(refuse, prefix="pagerduty", count=None)
    text = seat.run("now")
    assert text.returncode == 3
    assert re.search(r"^=== Active incidents: \d ===  \(STALE, as of ", text.stdout, re.MULTILINE)
    assert "Checkout returns 503" in text.stdout
    assert not re.search(r"^=== System health ===.*STALE", text.stdout, re.MULTILINE)
    assert re.search(r"^  pager \(pagerduty\): as of .*ago; ", text.stdout, re.MULTILINE)
    document = seat.json("now", "--json", code=3)
    pager = next(one for one in document["sources"] if one["name"] == "pager")
    assert pager["ok"] is False and pager["error"] and pager["age_s"] >= 0
    assert next(one for one in document["sources"] if one["name"] == "alerts")["ok"] is True
    assert "Checkout returns 503" in {one["title"] for one in document["incidents"]}


# -- the actions ---------------------------------------------------------------------------------------------------


def test_ack_acknowledges_in_the_pager(company: Company, seat: Seat) -> None:
    done = seat.run("ack", company.id_of(LATENCY))
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"pager:\w+ acknowledge confirmed\n", done.stdout)
    assert company.incident(LATENCY)["acknowledged_by"] == ["alice@example.com"]
    again = seat.run("ack", company.id_of(LATENCY))
    assert again.returncode == 0
    assert "superseded: already acknowledged by Alice Andersson" in again.stdout
    assert company.applied("acknowledge") == 1


def test_ack_of_many_is_a_line_each_and_the_worst_code(company: Company, seat: Seat) -> None:
    first, second = company.id_of(LATENCY), company.id_of(CHECKOUT)
    refusal = json_response({"error": {"message": "Not allowed", "code": 2010}}, 403)
    company.plan(answer_with(refusal), matching=lambda request: is_write(request) and second[6:] in _told(request))
    # A suffix is enough where it is no other's.
    done = seat.run("ack", first[-5:], second)
    assert done.returncode == 5, done
    title = company.incident(LATENCY)["title"]
    assert done.stdout == f"{first} ({title}) acknowledge confirmed\n"
    meant, refused = done.stderr.splitlines()
    assert meant == f"oncall-tui: '{first[-5:]}' is {first}: {title}", "said before anything is done"
    assert refused.startswith(f"{second} acknowledge refused: ") and "Not allowed" in refused
    assert company.incident(LATENCY)["status"] == "acknowledged"
    assert company.incident(CHECKOUT)["status"] == "triggered"


def _told(request: object) -> str:
    return f"{request.path} {request.body.decode()}"  # type: ignore[attr-defined]  # a wire.Request


def test_an_id_that_nobody_has_is_2(company: Company, seat: Seat) -> None:
    done = seat.run("ack", "QNOBODY")
    assert (done.returncode, done.stdout) == (2, "")
    assert "QNOBODY" in done.stderr and done.stderr.count("\n") == 1
    assert company.received("acknowledge") == 0


def test_escalate_to_a_level_a_person_a_policy(company: Company, seat: Seat) -> None:
    incident = company.id_of(CHECKOUT)
    seat.expect(0, "escalate", incident, "--level", "2")
    assert company.incident(CHECKOUT)["level"] == 2
    assert company.incident(CHECKOUT)["escalations"][-1]["by"] == "alice@example.com"
    assert company.incident(CHECKOUT)["escalations"][-1]["to"] == ["bob@example.com"]
    seat.expect(0, "escalate", incident)
    assert company.incident(CHECKOUT)["level"] == 3
    assert company.applied("escalate") == 2
    unknown = seat.run("escalate", incident, "--policy", "No such policy")
    assert unknown.returncode == 2
    policies = unknown.stderr.partition("known: ")[2].strip().split(", ")
    assert len(policies) > 1
    other = next(name for name in policies if "Critical" not in name)
    seat.expect(0, "escalate", incident, "--policy", other)
    assert company.incident(CHECKOUT)["level"] == 1
    assert not {"alice@example.com", "bob@example.com"} & set(company.incident(CHECKOUT)["assignees"])
    somebody = seat.run("escalate", incident, "--to", "nobody@example.com")
    assert somebody.returncode == 2 and "nobody@example.com" in somebody.stderr
    seat.expect(0, "escalate", incident, "--to", "laura@example.com")
    assert company.incident(CHECKOUT)["assignees"] == ["laura@example.com"]


def test_note_now_back_dated_of_a_kind_and_from_a_pipe(company: Company, seat: Seat) -> None:
    incident = company.id_of(LATENCY)
    seat.expect(0, "note", incident, "only EU nodes")
    seat.expect(0, "note", incident, "restarted gateway-2", "--at", "20m", "--kind", "did")
    seat.expect(0, "note", incident, "-", stdin="from a pipe\nsecond line\n")
    notes = company.incident(LATENCY)["notes"][-3:]
    assert {note["by"] for note in notes} == {"alice@example.com"}
    assert [note["content"] for note in notes[::2]] == ["only EU nodes", "from a pipe\nsecond line"]
    assert re.fullmatch(r"\[\d\d:\d\d UTC\] \[did\] restarted gateway-2", notes[1]["content"])
    seat.expect(2, "note", incident, "  ")
    seat.expect(2, "note", incident, "x", "--at", "tomorrow")
    assert company.received("note") == 3
    told = next(one for one in seat.json("handover", "--format", "json")["incidents"] if LATENCY in one["title"])
    back_dated = next(note for note in told["notes"] if note["text"] == "restarted gateway-2")
    assert back_dated["kind"] == "did" and back_dated["author"] == "Alice Andersson"
    assert datetime.fromisoformat(back_dated["at"]) < datetime.fromisoformat(notes[0]["at"])


def test_resolve_snooze_assign_severity_title_merge(company: Company, seat: Seat) -> None:
    seat.expect(0, "severity", company.id_of(LATENCY), "1")
    assert company.incident(LATENCY)["priority"] == "P1"
    seat.expect(0, "title", company.id_of(LATENCY), "EU is slow", "--timeout", "30s")
    assert company.incident("EU is slow")["priority"] == "P1"
    seat.expect(0, "assign", company.id_of("EU is slow"), "Bob Brandt")
    assert company.incident("EU is slow")["assignees"] == ["bob@example.com"]
    seat.expect(0, "assign", company.id_of("EU is slow"), "me")
    assert company.incident("EU is slow")["assignees"] == ["alice@example.com"]
    seat.expect(0, "snooze", company.id_of(CHECKOUT), "30m")
    snoozed = next(one for one in seat.json("now", "--json")["incidents"] if one["title"] == CHECKOUT)
    assert (snoozed["state"], snoozed["due"]["what"]) == ("snoozed", "wake")
    seat.expect(0, "merge", company.id_of("EU is slow"), company.id_of(GATEWAY))
    assert company.incident("EU is slow")["status"] == "resolved"
    seat.expect(0, "resolve", company.id_of(GATEWAY), company.id_of(CHECKOUT))
    assert {company.incident(one)["status"] for one in (GATEWAY, CHECKOUT)} == {"resolved"}
    applied = company.state()["writes"]["applied"]
    assert {name: applied[name] for name in ("severity", "title", "reassign", "snooze", "merge", "resolve")} == {
        "severity": 1, "title": 1, "reassign": 2, "snooze": 1, "merge": 1, "resolve": 2,
    }  # fmt: skip


def test_silence_mutes_the_alert_in_its_monitor(company: Company, seat: Seat) -> None:
    alert = next(one for one in seat.json("now", "--json")["alerts"] if one["name"] == "DiskWillFill")
    before = len(company.state()["silences"])
    done = seat.run("silence", alert["id"], "2h", "--reason", "TICKET-9, growing the disk")
    assert done.returncode == 0, done
    made = company.state()["silences"][before:]
    assert [one["comment"] for one in made] == ["TICKET-9, growing the disk"]
    assert "alertname=DiskWillFill" in made[0]["matchers"]
    again = next(one for one in seat.json("now", "--json")["alerts"] if one["name"] == "DiskWillFill")
    assert (again["state"], alert["state"]) == ("silenced", "firing")


def test_a_silence_of_a_moment_ago_is_ended_by_its_alert(company: Company, seat: Seat) -> None:
    """Nobody has polled in between: that it is not silenced as far as is known is asked for anew, not said."""
    alert = next(one for one in seat.json("now", "--json")["alerts"] if one["name"] == "DiskWillFill")
    before = {one["id"] for one in company.state()["silences"]}
    seat.expect(0, "silence", alert["id"], "2h", "--reason", "the wrong alert")
    seat.expect(0, "unsilence", alert["id"])
    made = [one for one in company.state()["silences"] if one["id"] not in before]
    assert [one["state"] for one in made] == ["expired"]


# -- exit codes of what did not work -------------------------------------------------------------------------------


def test_a_server_that_is_gone_is_4_and_the_outbox_keeps_it(company: Company, seat: Seat) -> None:
    first, second = company.id_of(LATENCY), company.id_of(CHECKOUT)
    seat.json("now", "--json")
    company.stop()
    done = seat.run("ack", first, second, "--timeout", "1s")
    assert done.returncode == 4
    assert re.findall(r"^pager:\w+ acknowledge queued \(key (\w+)\)", done.stdout, re.MULTILINE)
    rows = seat.outbox()
    assert [(row["verb"], row["state"], row["seat"]) for row in rows] == [
        ("acknowledge", "queued", "alice@example.com")
    ] * 2
    text = seat.run("outbox")
    assert text.returncode == 0 and text.stdout.count(" queued ") == 2 and LATENCY in text.stdout
    assert next(one for one in seat.json("now", "--json", "--cached")["incidents"] if one["id"] == first)[
        "pending"
    ] == ["acknowledge"]
    dropped = next(row["key"] for row in rows if row["target"] == second)
    seat.expect(0, "outbox", "cancel", dropped)
    seat.expect(5, "outbox", "cancel", dropped)
    seat.expect(4, "outbox", "flush", "--timeout", "1s")
    company.start()
    flushed = seat.run("outbox", "flush")
    assert (flushed.returncode, flushed.stderr) == (0, "")
    assert f"{first} acknowledge confirmed" in flushed.stdout
    assert company.incident(LATENCY)["status"] == "acknowledged"
    assert company.incident(CHECKOUT)["status"] == "triggered"
    assert company.received("acknowledge") == 1
    assert {row["target"]: row["state"] for row in seat.outbox()} == {first: "confirmed", second: "cancelled"}


def test_a_refusal_is_5_with_its_reason_and_can_be_retried(company: Company, seat: Seat) -> None:
    incident = company.id_of(CHECKOUT)
    refusal = json_response({"error": {"message": "Invalid Input Provided", "code": 2001, "errors": ["not now"]}}, 400)
    company.plan(answer_with(refusal), matching=is_write)
    done = seat.run("resolve", incident)
    assert (done.returncode, done.stdout) == (5, "")
    assert "resolve refused" in done.stderr and "not now" in done.stderr
    (row,) = seat.outbox()
    assert row["state"] == "refused" and "not now" in row["answer"]
    seat.expect(2, "outbox", "retry", "nosuchkey")
    seat.expect(0, "outbox", "retry", row["key"])
    assert company.incident(CHECKOUT)["status"] == "resolved"


def test_a_read_only_seat_refuses_every_action(company: Company, seat: Seat) -> None:
    for words in (("ack", company.id_of(CHECKOUT)), ("note", company.id_of(CHECKOUT), "x")):
        done = seat.run("--read-only", *words)
        assert done.returncode == 5 and "read-only" in done.stderr, done
    assert not company.state()["writes"]["received"] and seat.outbox() == []


def test_a_lost_answer_is_read_back_and_never_sent_twice(company: Company, seat: Seat) -> None:
    company.plan(drop_after_apply, matching=is_write, count=3)
    for words in (
        ("ack", company.id_of(LATENCY)),
        ("note", company.id_of(LATENCY), "once"),
        ("escalate", company.id_of(CHECKOUT)),
    ):
        seat.expect(0, *words)
    state = company.state()["writes"]
    assert state["received"] == {"acknowledge": 1, "note": 1, "escalate": 1}
    assert [note["content"] for note in company.incident(LATENCY)["notes"]].count("once") == 1
    assert company.incident(CHECKOUT)["level"] == 2


@pytest.fixture(scope="module", autouse=True)
def lost_escalation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Company, Seat, subprocess.Popen[str]]]:
    """An escalation whose request is lost on its way. It is looked for five times, over a quarter of a minute: begun
    before the other tests, so that nobody waits for it."""
    company = Company()
    folder = tmp_path_factory.mktemp("lost")
    seat = Seat(folder, company.config(folder))
    company.plan(drop_before_apply, matching=is_write)
    command = seat.begin("escalate", company.id_of(CHECKOUT), "--timeout", "50s")
    yield company, seat, command
    command.kill()
    command.communicate()
    company.close()


def test_an_unknown_outcome_is_6_and_an_escalation_is_not_sent_again(
    lost_escalation: tuple[Company, Seat, subprocess.Popen[str]],
) -> None:
    company, seat, command = lost_escalation
    out, err = command.communicate(timeout=55)
    assert (command.returncode, out) == (6, ""), err
    assert "escalate unknown: no answer" in err
    assert [row["state"] for row in seat.outbox()] == ["unknown"]
    assert company.received("escalate") == 0, "the one request was lost, and no other was sent"
    assert company.do(lambda: len(company.world.planned.met)) == 1
    # Nobody but a person sends it again.
    seat.expect(0, "outbox", "flush")
    assert company.received("escalate") == 0


# -- handover ------------------------------------------------------------------------------------------------------


def test_handover_counts_what_the_pager_has(company: Company, seat: Seat) -> None:
    document = seat.json("handover", "--format", "json")
    assert set(document) >= HANDOVER_KEYS
    shift = document["shift"]
    assert (shift["user"], shift["on_call"]) == ("alice@example.com", True)
    assert document["counts"] == counts_of(company.state(), shift["start"], shift["end"])
    assert document["counts"]["total"] == len(document["incidents"]) > 0
    open_there = {f"pager:{one['id']}" for one in company.state()["incidents"] if one["status"] != "resolved"}
    assert {one["id"] for one in document["open"]} == open_there
    assert "TICKET-123" in {item["ticket"] for item in document["action_items"]}


def test_handover_of_a_given_stretch(company: Company, seat: Seat) -> None:
    document = seat.json("handover", "--format", "json", "--since", "30h", "--until", "2h")
    shift = document["shift"]
    assert document["counts"] == counts_of(company.state(), shift["start"], shift["end"])
    assert document["counts"]["sev4"] > 0
    seat.expect(2, "handover", "--since", "1h", "--until", "2h")


def test_handover_as_a_file(company: Company, seat: Seat) -> None:
    counts = counts_of(company.state(), *_shift(seat))
    markdown = seat.run("handover", "--cached")
    assert markdown.returncode == 0 and markdown.stdout.startswith("# ")
    written = seat.folder / "handover.html"
    done = seat.run("handover", "--cached", "--format", "html", "--output", str(written))
    assert (done.returncode, done.stdout) == (0, f"{written}\n")
    page = written.read_text("utf-8")
    assert page.lower().startswith("<!doctype html>")
    for text in (markdown.stdout, page):
        assert CHECKOUT in text
        for number in (1, 2, 3):
            assert re.search(rf"Sev{number}\W+{counts[f'sev{number}']}\b", re.sub(r"<[^>]*>", " ", text)), number
    again = seat.run("handover", "--cached", "--output", str(written))
    assert again.returncode == 2 and written.read_text("utf-8") == page
    seat.expect(0, "handover", "--cached", "--output", str(written), "--overwrite")
    assert written.read_text("utf-8").startswith("# ")


def _shift(seat: Seat) -> tuple[str, str]:
    shift = seat.json("handover", "--format", "json")["shift"]
    return shift["start"], shift["end"]


def test_handover_with_a_source_down_is_3(company: Company, seat: Seat) -> None:
    seat.json("now", "--json")
    company.plan(refuse, prefix="pagerduty", count=None)
    done = seat.run("handover")
    assert done.returncode == 3
    assert CHECKOUT in done.stdout
    assert "pager is not up to date" in done.stderr


# -- config, check, simulate ---------------------------------------------------------------------------------------


def test_config_shows_everything_but_the_secrets(seat: Seat) -> None:
    assert TOKEN in seat.config.read_text()
    done = seat.run("config", "--show")
    assert done.returncode == 0
    assert TOKEN not in done.stdout + done.stderr
    assert "alice@example.com" in done.stdout and "pagerduty" in done.stdout
    assert "plain text" in done.stderr
    schema = json.loads(seat.run("config", "--schema").stdout)
    assert "sources" in schema["properties"]


def test_check_is_0_1_or_2(company: Company, seat: Seat) -> None:
    well = seat.run("check")
    assert well.returncode == 0, well
    assert re.search(r"^ok +pager \(pagerduty\)$", well.stdout, re.MULTILINE)
    assert "you are Alice Andersson" in well.stdout and TOKEN not in well.stdout
    right = seat.config.read_text()
    seat.config.write_text(right + "keys: {acknowledge: e}\n")
    assert "warning keys.acknowledge: e is also Escalate" in seat.expect(0, "check").stdout
    seat.config.write_text(right)
    company.plan(refuse, prefix="alertmanager", count=None)
    report = seat.json("check", "--json", code=1)
    assert report["ok"] is False
    assert {one["name"]: one["ok"] for one in report["sources"]} == {
        "pager": True, "alerts": False, "metrics": True, "probes": True, "rota": True,
    }  # fmt: skip
    seat.config.write_text(seat.config.read_text().replace(TOKEN, "wrong"))
    assert re.search(r"^FAIL pager", seat.run("check").stdout, re.MULTILINE)
    seat.config.write_text("sources: 7\n")
    seat.expect(2, "check")


def test_check_tells_of_a_data_folder_that_others_can_read(seat: Seat) -> None:
    assert "can be read by others" not in seat.expect(0, "check").stdout
    seat.data.chmod(0o755)
    line = f"warning {seat.data} can be read by others (mode 0755): chmod 700 {seat.data}"
    assert line in seat.expect(0, "check").stdout.split("\n")
    assert seat.run("now").stderr == ""
    seat.data.chmod(0o775)
    assert f"can be written by others (mode 0775): chmod 700 {seat.data}" in seat.expect(2, "check").stderr


def test_every_config_error_is_told_at_once_with_line_key_and_nearest_name(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        """\
seat:
  user: alice@example.com
  time_zon: Europe/Berlin
sources:
  - name: pager
    kind: pagerdooty
    token: {env: PAGERDUTY_TOKEN}
  - name: alerts
    kind: alertmanager
    base_url: http://127.0.0.1:9093
    pol: 15s
  - name: metrics
    kind: prometheus
    base_url: http://127.0.0.1:9090
    poll: soon
policy:
  shift_duration: 12
keys:
  aknowledge: b
"""
    )
    path.chmod(0o600)
    for words in (["now"], ["check"], ["ack", "Q1"], ["config"]):
        done = run("--config", str(path), "--data-dir", str(tmp_path / "data"), *words)
        assert (done.returncode, done.stdout) == (2, ""), words
        for line, key, hint in (
            (3, "seat.time_zon", "time_zone"),
            (6, "sources[0].kind", "pagerduty"),
            (11, "sources[1].pol", "poll"),
            (15, "sources[2].poll", "30s, 5m"),
            (17, "policy.shift_duration", "a duration"),
            (19, "keys.aknowledge", "acknowledge"),
        ):
            told = [one for one in done.stderr.split("\n") if f"{path}:{line}:" in one]
            assert len(told) == 1, (line, done.stderr)
            assert key in told[0] and hint in told[0], told
    assert not (tmp_path / "data").exists(), "nothing is made for a config that cannot be used"


def test_a_readable_config_with_a_token_is_refused_with_the_chmod_to_run(seat: Seat) -> None:
    seat.config.chmod(0o644)
    done = seat.run("now")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"chmod 600 {seat.config}" in done.stderr
    assert TOKEN not in done.stderr
    command = re.search(r"chmod 600 \S+", done.stderr)
    assert command is not None
    subprocess.run(command[0].split(), check=True)
    seat.expect(0, "now")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_simulate_prints_a_config_that_works(number: signal.Signals, code: int, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.touch(mode=0o600)
    with config.open("w") as out:
        server = subprocess.Popen(
            [str(SCRIPT), "simulate", "--port", "0"], stdout=out, stderr=subprocess.PIPE, text=True
        )
    try:
        assert server.stderr is not None
        assert "serving pagerduty, alertmanager, prometheus, probes" in server.stderr.readline()
        until(lambda: "sources:" in config.read_text(), what="the config")
        seat = Seat(tmp_path, config)
        titles = {one["title"] for one in seat.json("now", "--json")["incidents"]}
        assert CHECKOUT in titles
        server.send_signal(number)
        assert server.wait(5) == code
        assert server.stderr.read() == ""
    finally:
        server.kill()
        server.communicate()


def test_a_reader_that_has_enough_is_no_crash(seat: Seat) -> None:
    seat.run("now")
    command = seat.begin("now", "--cached")
    assert command.stdout is not None and command.stderr is not None
    command.stdout.close()
    assert command.wait(20) == 0
    assert command.stderr.read() == ""
    command.stderr.close()
