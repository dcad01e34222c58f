"""The Jira source over its simulator: action items read back, users' reports, what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.config.secret import Secret
from oncall_tui.demo.jira.jql import JqlError, Query
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import AlertState
from oncall_tui.sources import load_kind
from oncall_tui.sources.base import AuthFailed, Capability, RateLimited, Refused, Unreachable, Unsupported
from oncall_tui.sources.jira import Options
from oncall_tui.sources.jira.dialects import CLOUD, DATA_CENTER
from oncall_tui.sources.jira.marks import incident_label, incident_of, key_label, plain_label
from oncall_tui.text import clean, unsafe_count
from tests.sources.jira_bench import REPORTS, Bench
from tests.support.clock import START

BOTH = ("Cloud", "Data Center")


@pytest.fixture(params=BOTH)
def bench(request: Any) -> Bench:
    return Bench(request.param)


def answering(data: Any, status: int = 200, path: str = "") -> Callable[[Request], Response | None]:
    body = json.dumps(data).encode()
    return lambda request: Response(status=status, body=body) if request.path.endswith(path) else None


def test_it_is_registered_under_its_name() -> None:
    assert load_kind("jira").Options is Options


# -- action items -------------------------------------------------------------------------------------------------


async def test_action_items_come_with_owner_due_date_state_and_incident(bench: Bench) -> None:
    snapshot = await bench.poll()
    assert snapshot.problems == () and snapshot.failed == frozenset()
    items = {item.native_id: item for item in snapshot.action_items or ()}
    assert sorted(items) == ["OPS-41", "OPS-42", "OPS-43", "OPS-44"], (
        "done 25 days ago, and not labelled, are not there"
    )
    pool = items["OPS-41"]
    assert (pool.id, pool.title, pool.state, pool.done) == (
        "tickets:OPS-41", "Raise the connection pool's limit", "To Do", False,
    )  # fmt: skip
    assert pool.owner is not None and (pool.owner.name, pool.owner.contact) == ("Ivan Ilić", "ivan@example.com")
    assert pool.due == date(2026, 11, 27) and pool.incident_id == "pager:Q2ABC"
    assert pool.created_at == START - timedelta(hours=50) and pool.url == "http://127.0.0.1:1/browse/OPS-41"
    assert (items["OPS-42"].state, items["OPS-42"].done, items["OPS-42"].due) == (
        "In Progress",
        False,
        date(2026, 11, 22),
    )
    assert (items["OPS-43"].owner, items["OPS-43"].due, items["OPS-43"].incident_id) == (None, None, None)
    assert items["OPS-44"].done and items["OPS-44"].state == "Done"


async def test_what_is_moved_there_is_read_back(bench: Bench) -> None:
    assert not (await bench.item("OPS-43")).done
    bench.sim.estate.move("OPS-43", "Done", bench.clock.now())
    item = await bench.item("OPS-43")
    assert item.done and item.state == "Done" and item.updated_at == START
    bench.clock.advance(timedelta(days=15))
    assert "OPS-43" not in [one.native_id for one in (await bench.poll()).action_items or ()]


async def test_a_state_of_its_own_making_is_shown_as_it_is(bench: Bench) -> None:
    bench.sim.estate.move("OPS-43", "Waiting for the vendor", START)
    item = await bench.item("OPS-43")
    assert (item.state, item.done) == ("Waiting for the vendor", False)


async def test_the_query_is_the_configured_one_and_nothing_is_asked_without() -> None:
    bench = Bench(action_items="project = OPS AND summary ~ postmortem OR labels = x", user_reports="")
    assert bench.source.capabilities == {Capability.ACTION_ITEMS}
    bench.rules.append(answering({"issues": [], "isLast": True}, path="/search/jql"))
    asked: list[str] = []
    bench.rules.insert(0, lambda request: asked.append(request.value("jql")) if request.path.endswith("jql") else None)  # type: ignore[func-returns-value]  # it only notes
    await bench.poll()
    assert asked == [
        "(project = OPS AND summary ~ postmortem OR labels = x) AND (statusCategory != Done OR resolved >= -14d) "
        "ORDER BY created DESC"
    ]
    assert Bench(action_items="").source.capabilities == {Capability.ALERTS, Capability.USER_REPORTS}


def test_a_query_with_an_order_is_refused() -> None:
    check = Options.__dataclass_fields__["action_items"].metadata["check"]
    with pytest.raises(ValueError, match="without ORDER BY"):
        check("project = OPS order  by rank")


# -- users' reports -------------------------------------------------------------------------------------------------


async def test_a_users_report_is_an_alert_with_its_text(bench: Bench) -> None:
    alert = await bench.report("SUP-41")
    assert (alert.name, alert.state, alert.service) == ("Cannot pay with a card", AlertState.FIRING, "payments")
    assert alert.summary == 'I press Pay, it spins, then: "Something went wrong". Order 4711.'
    assert (alert.severity_word, alert.severity) == ("High", 2)
    assert alert.first_at == START - timedelta(minutes=12) and alert.group_key == "SUP-41"
    assert alert.labels == {"issue": "SUP-41", "status": "To Do", "reporter": "Kevin Kowalski"}
    assert alert.url == "http://127.0.0.1:1/browse/SUP-41"


async def test_a_report_that_is_done_is_resolved_and_gone_two_hours_later(bench: Bench) -> None:
    alert = await bench.report("SUP-42")
    assert alert.state is AlertState.RESOLVED and alert.ended_at == START - timedelta(minutes=48)
    bench.clock.advance(timedelta(hours=2))
    snapshot = await bench.poll()
    assert "SUP-42" not in [one.native_id for one in snapshot.alerts or ()] and snapshot.alerts_complete


async def test_a_report_whose_state_is_not_told_is_unknown_never_dropped(bench: Bench) -> None:
    issue = bench.sim.forms.issue(bench.sim.estate.issues["SUP-41"], bench.sim.estate, "")
    issue["fields"]["status"] = {"name": "?"}
    bench.rules.append(answering({"issues": [issue], "isLast": True, "total": 1}, path=bench.sim.forms.search_path[-1]))
    assert (await bench.report("SUP-41")).state is AlertState.UNKNOWN


async def test_priorities_follow_the_config() -> None:
    bench = Bench(severity={"high": 1})
    assert (await bench.report("SUP-41")).severity == 1
    bench.sim.estate.issues["SUP-41"].priority = "Whatever"
    alert = await bench.report("SUP-41")
    assert (alert.severity, alert.severity_word) == (None, "Whatever")


@pytest.mark.parametrize("node", [None, 7, "x", [], {"content": 7}, {"content": [{"text": 7}, None]}, {"type": "doc"}])
def test_a_document_of_any_form_is_text(node: Any) -> None:
    assert CLOUD.plain(node) == "" and isinstance(DATA_CENTER.plain(node), str)


def test_a_document_that_is_nested_without_end_is_cut() -> None:
    node: Any = {"text": "deep"}
    for _ in range(5000):
        node = {"content": [node]}
    assert CLOUD.plain(node) == ""


@given(st.text(alphabet="ab<é— \n", max_size=40))
def test_text_as_a_document_is_the_same_text(text: str) -> None:
    document = CLOUD.document(text)
    assert [line.strip() for line in CLOUD.plain(document).split("\n") if line.strip()] == [
        line.strip() for line in DATA_CENTER.plain(text).split("\n") if line.strip()
    ]
    for block in document["content"]:
        assert all(node["type"] == "hardBreak" or node["text"] for node in block["content"]), "an empty text is refused"


# -- reading whole --------------------------------------------------------------------------------------------------


async def test_every_page_is_read(bench: Bench) -> None:
    for number in range(230):
        bench.sim.estate.add("OPS", f"item {number}", START - timedelta(hours=1), "bob", labels=("oncall-action",))
    snapshot = await bench.poll()
    assert len(snapshot.action_items or ()) == 234 and snapshot.problems == ()


async def test_a_search_that_is_too_long_says_so_and_ends_nothing(bench: Bench) -> None:
    for number in range(1001):
        bench.sim.estate.report(f"r{number}", "x", START - timedelta(minutes=9), "web")
    snapshot = await bench.poll()
    assert "user reports: only the first 1000 were read" in snapshot.problems
    assert not snapshot.alerts_complete and len(snapshot.alerts or ()) == 1000


async def test_a_row_that_is_no_issue_ends_nothing(bench: Bench) -> None:
    rows = [{"key": "OPS-1", "fields": {}}, "OPS-2", None]
    bench.rules.append(answering({"issues": rows, "isLast": True, "total": 3}, path=bench.sim.forms.search_path[-1]))
    snapshot = await bench.poll()
    assert "user reports: 2 without a key are not shown" in snapshot.problems and not snapshot.alerts_complete


@pytest.mark.parametrize("shown", [[], [{"key": "SUP-41", "fields": {}}]])
async def test_a_data_center_that_tells_fewer_than_it_counts_ends_nothing(shown: Any) -> None:
    bench = Bench("Data Center")
    answers = iter([{"issues": shown, "total": 3}] + [{"issues": [], "total": 3}] * 9)

    def rule(request: Request) -> Response | None:
        if request.path.endswith("/search") and "SUP" in request.value("jql"):
            return json_response(next(answers))
        return None

    bench.rules.append(rule)
    snapshot = await bench.poll()
    assert f"user reports: only {len(shown)} of 3 came" in snapshot.problems and not snapshot.alerts_complete


async def test_a_report_that_slips_between_two_pages_has_not_ended() -> None:
    bench = Bench("Data Center")
    for number in range(130):
        bench.sim.estate.report(f"r{number}", "x", START - timedelta(minutes=9), "web")
    whole = bench.sim.handle

    def rule(request: Request) -> Response | None:
        if request.path.endswith("/search") and "SUP" in request.value("jql") and request.value("startAt") == "0":
            answer = whole(request)
            newest = json.loads(answer.body)["issues"][0]["key"]
            del bench.sim.estate.issues[newest]
            return answer
        return None

    bench.rules.append(rule)
    snapshot = await bench.poll()
    assert not snapshot.alerts_complete and "user reports: the list changed while it was read" in snapshot.problems


async def test_issues_without_a_key_are_told(bench: Bench) -> None:
    rows = [{"key": "OPS-1", "fields": {}}, {"key": "nonsense"}, {"fields": {}}]
    bench.rules.append(answering({"issues": rows, "isLast": True, "total": 3}, path=bench.sim.forms.search_path[-1]))
    snapshot = await bench.poll()
    assert snapshot.problems == (
        "action items: 2 without a key are not shown", "user reports: 2 without a key are not shown",
    )  # fmt: skip
    assert [item.title for item in snapshot.action_items or ()] == ["(no summary)"]


# -- who asks ---------------------------------------------------------------------------------------------------------


async def test_a_token_that_jira_does_not_know_is_an_error_though_the_search_answers(bench: Bench) -> None:
    bench.sim.token = "another"
    with pytest.raises(AuthFailed, match="401"):
        await bench.poll()


async def test_a_token_that_is_withdrawn_empties_nothing(bench: Bench) -> None:
    assert (await bench.poll()).action_items
    bench.sim.token = "another"
    bench.clock.advance(60)
    with pytest.raises(AuthFailed):
        await bench.poll()


async def test_who_asks_is_asked_for_every_ten_minutes(bench: Bench) -> None:
    snapshot = await bench.poll()
    assert snapshot.directory is not None and snapshot.directory.me is not None
    assert snapshot.directory.me.name == "Alice Andersson"
    for _ in range(5):
        bench.clock.advance(120)
        snapshot = await bench.poll()
    assert len(bench.calls("/myself")) == 2 and snapshot.directory is not None


def test_cloud_and_data_center_are_told_apart() -> None:
    token = Secret("literal", "x")

    def dialect(**more: Any) -> Any:
        return Options(name="j", kind="jira", token=token, **more).dialect

    assert dialect(base_url="https://example.atlassian.net") is CLOUD
    assert dialect(base_url="https://api.atlassian.com/ex/jira/1-2-3") is CLOUD
    assert dialect(base_url="https://jira.example.com", email="a@example.com") is CLOUD
    assert dialect(base_url="https://jira.example.com/jira") is DATA_CENTER
    assert dialect(base_url="https://atlassian.net.example.com") is DATA_CENTER


async def test_each_kind_of_jira_gets_its_own_credentials(bench: Bench) -> None:
    await bench.poll()
    scheme = "Basic " if bench.sim.deployment == "Cloud" else "Bearer "
    assert all(request.headers["authorization"].startswith(scheme) for request in bench.calls())
    root = "/rest/api/3/" if bench.sim.deployment == "Cloud" else "/rest/api/2/"
    assert all(request.path.startswith(root) for request in bench.calls())


def test_pages_are_those_of_the_site() -> None:
    options = Options(
        name="j", kind="jira", token=Secret("literal", "x"), base_url="https://api.atlassian.com/ex/jira/1",
        site_url="https://example.atlassian.net/",
    )  # fmt: skip
    assert options.page("OPS-1") == "https://example.atlassian.net/browse/OPS-1"


@pytest.mark.parametrize(
    "options",
    [{"base_url": "http://jira.example.com"}, {"base_url": "x"}, {"site_url": "ftp://x"}, {"email": "a:b"}],
)
def test_options_that_cannot_be_are_refused(options: Any) -> None:
    with pytest.raises(ValueError, match=r"base_url|site_url|email"):
        Options(name="j", kind="jira", token=Secret("literal", "x"), **{"base_url": "https://x.example.com", **options})


# -- failures -------------------------------------------------------------------------------------------------------


async def test_a_query_that_jira_does_not_take_leaves_the_other() -> None:
    bench = Bench(user_reports="nosuchfield = 1")
    snapshot = await bench.poll()
    assert snapshot.action_items and snapshot.alerts is None and snapshot.failed == {"alerts"}
    assert "Field 'nosuchfield' does not exist" in snapshot.problems[0]
    with pytest.raises(Refused, match="nosuchfield"):
        await Bench(action_items="nosuchfield = 1", user_reports="").poll()


async def test_too_many_requests_wait_as_long_as_jira_says(bench: Bench) -> None:
    bench.sim.rate_limit = 0
    with pytest.raises(RateLimited) as caught:
        await bench.poll()
    assert caught.value.retry_after == 10


async def test_a_server_that_is_not_there_is_asked_once(bench: Bench) -> None:
    asked: list[str] = []

    def gone(request: Request) -> Response:
        asked.append(request.path)
        raise httpx.ConnectError("refused")

    bench.rules.append(gone)
    with pytest.raises(Unreachable):
        await bench.poll()
    assert len(asked) == 1


async def test_hostile_texts_are_clean(bench: Bench) -> None:
    bad = "\x1b]52;c;aGk=\x07\u202etxt [red]"
    issue = bench.sim.estate.report(bad, bad, START - timedelta(minutes=1), bad)
    issue.labels = ("outage", "oncall-action", f"oncall-{bad}:x")
    snapshot = await bench.poll()
    alert = next(one for one in snapshot.alerts or () if one.native_id == issue.key)
    item = next(one for one in snapshot.action_items or () if one.native_id == issue.key)
    texts = [alert.name, alert.summary or "", alert.service or "", item.title, item.incident_id or ""]
    assert "\\x1b" in texts[0] and not any(unsafe_count(one) for one in texts)


async def test_no_action_is_taken_by_the_source(bench: Bench) -> None:
    row = bench.ticket()
    assert await bench.source.prepare(row) == ()
    for call in (bench.source.send, bench.source.confirm):
        with pytest.raises(Unsupported):
            await call(row)
    with pytest.raises(Unsupported):
        await bench.source.read("OPS-41")


# -- check ----------------------------------------------------------------------------------------------------------


async def test_check_tells_who_what_and_which_version(bench: Bench) -> None:
    probe = await bench.source.probe()
    assert probe.ok and probe.user is not None and probe.user.name == "Alice Andersson"
    assert probe.can == ("action_items", "alerts", "user_reports") and probe.notes == ()
    assert probe.version == ("1001.0.0-SNAPSHOT" if bench.sim.deployment == "Cloud" else "10.3.5")


async def test_check_names_a_query_that_is_not_taken_or_finds_nothing() -> None:
    probe = await Bench(user_reports="x = 1").source.probe()
    assert not probe.ok and "Field 'x' does not exist" in (probe.error or "")
    probe = await Bench(action_items="labels = none").source.probe()
    assert probe.ok and probe.notes == ("no action item is found by: labels = none",)


async def test_check_says_when_it_is_the_other_kind_of_jira(bench: Bench) -> None:
    other = "Server" if bench.sim.deployment == "Cloud" else "Cloud"
    bench.rules.append(answering({"version": "9", "deploymentType": other}, path="/serverInfo"))
    assert f"it is a Jira {other}" in (await bench.source.probe()).notes[0]


# -- labels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("native_id", ["Q1ABC", "a-b:c", "x y", "ü/ö", "50%", "a,b;c", "%20", '"q"'])
def test_the_label_of_an_incident_is_reversible_and_holds_no_space(native_id: str) -> None:
    label = incident_label(f"my-pager:{native_id}")
    assert label is not None and label.startswith("oncall-my-pager:") and " " not in label and label.isascii()
    assert incident_of(["else", label]) == f"my-pager:{native_id}"


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True), st.text(min_size=1, max_size=30))
def test_any_id_comes_back_from_its_label(source: str, native_id: str) -> None:
    incident_id = clean(f"{source}:{native_id}")
    label = incident_label(incident_id)
    if label is not None:
        assert incident_of([label]) == incident_id


def test_what_is_no_incident_has_no_label() -> None:
    assert incident_label("local:handover-2026") is None and incident_label("nonsense") is None
    assert incident_label("pager:" + "x" * 300) is None
    assert incident_of([key_label("k1"), "oncall-action", "oncall-:", "oncall-x:", "pager:Q1"]) is None
    assert incident_of(["oncall-pager:%1b%5b31m", "oncall-pager:%E2%80%AE"]) is None, "escapes hide nothing"
    assert plain_label(" post  mortem ") == "post-mortem"


# -- the simulator's JQL ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "jql", ["", "order by created", "x = 1", "labels =", "(labels = a", "labels = a b", "created >= x"]
)
def test_the_simulated_jql_refuses_what_cannot_be(jql: str) -> None:
    with pytest.raises(JqlError):
        Query(jql, frozenset({"labels", "created"}), START)


def test_the_simulated_jql_finds_by_brackets_lists_and_times() -> None:
    issue = {"labels": ("a", "b"), "status": "Done", "created": START - timedelta(hours=3)}
    fields = frozenset(issue)

    def holds(jql: str) -> bool:
        return Query(jql, fields, START).holds(issue)

    assert holds("labels = A AND (status != done OR created >= -4h) ORDER BY created")
    assert not holds("labels = a AND (status != Done OR created >= -2h)")
    assert holds('labels in (x, "b") AND NOT status = "To Do"') and not holds("labels in (x)")
    assert REPORTS
