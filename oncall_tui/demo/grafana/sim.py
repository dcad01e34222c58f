"""A simulated Grafana as one thing: its own Alertmanager and rules over the simulated monitoring, annotations, and the
proxy to its data source."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import msgspec

from oncall_tui.clock import Clock
from oncall_tui.demo import loki
from oncall_tui.demo.monitors import AlertmanagerSim, Monitoring, PrometheusSim
from oncall_tui.demo.monitors.answers import dated, rfc3339, text
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "glsa_demo-grafana-service-account"  # noqa: S105 - opens the simulated Grafana only
DATASOURCE, LOGS = "prometheus-main", "loki-main"
VERSION = "13.0.0"
FOLDER, FOLDER_UID = "Services", "fservices"
_STATES = ("firing", "alerting", "pending", "normal", "inactive", "nodata", "error", "recovering")
_HEALTHS = ("ok", "error", "nodata", "unknown")


def rule_uid(name: str) -> str:
    """The uid of the simulated rule of that name."""
    return f"r{crc32(name.encode()):08x}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert rule of Grafana's."""

    name: str
    severity: str
    instances: int = 1

    @property
    def uid(self) -> str:
        """Its uid."""
        return rule_uid(self.name)


RULES = (
    Rule("CheckoutConversionLow", "critical"),
    Rule("LogVolumeHigh", "warning", 6),
    Rule("CertificateOld", "info", 3),
    Rule("PaymentsBudgetBurns", "critical", 2),
)


class _Denied(Exception):
    """Said no, with that status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class _GrafanaAlertmanager(AlertmanagerSim):
    """Grafana's own: each alert carries the uid of its rule and its folder."""

    def _standing(self) -> Iterator[Any]:
        for alert in super()._standing():
            alert.labels |= {
                "__alert_rule_uid__": rule_uid(alert.labels.get("alertname", "")),
                "grafana_folder": FOLDER,
            }
            yield alert


class GrafanaSim:
    """One Grafana.

    Args:
        clock: its time.
        seed: what is made up follows from it.
        editor: whether the token may make and end silences.
    """

    prefix = "grafana"

    def __init__(self, clock: Clock, seed: int = 1, *, editor: bool = True) -> None:
        self.world = Monitoring(clock, seed)
        # What fires here is fired by hand: the rules are Grafana's own.
        self.world.book.rules = ()
        for target in self.world.targets:
            target.naps_at = None
        self.alertmanager = _GrafanaAlertmanager(self.world, inhibit_rules=())
        self.prometheus = PrometheusSim(self.world)
        self.loki = loki.LokiSim(clock, seed)
        self.annotations: list[dict[str, Any]] = []
        self.writes: list[dict[str, Any]] = []
        """Each write that was applied, in order."""
        self.database = "ok"
        self.broken: dict[str, tuple[str, str]] = {}
        """Rule's name -> its health and why."""
        self.pending: set[str] = set()
        """Names of rules whose condition holds, not yet for long enough."""
        self.denied: dict[str, str] = {}
        """Beginnings of paths that the token may not read -> the permission that it lacks."""
        self._clock = clock
        self._editor = editor

    # -- the API -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises for anything a client can send."""
        self.world.catch_up()
        try:
            answer = self._routed(request)
        except _Denied as no:
            answer = _refusal(no.status, no.message)
        return dated(answer, self._clock)

    def _routed(self, request: Request) -> Response:
        match request.method, request.segments:
            case "GET", ("healthz",):
                return text("Ok")
            case "GET", ("api", "health"):
                told = {"database": self.database, "version": VERSION, "commit": "simulated"}
                return json_response(told, 200 if self.database == "ok" else 503)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise _Denied(401, "Unauthorized")
        for beginning, permission in self.denied.items():
            if request.path.startswith(beginning):
                raise _lacks(permission)
        match request.method, request.segments:
            case _, ("api", "alertmanager", "grafana", "api", "v2", *rest):
                return self._alertmanager(request, rest)
            case "GET", ("api", "prometheus", "grafana", "api", "v1", "rules"):
                return self._rules(request)
            case "GET", ("api", "annotations"):
                return json_response(self._annotations(request))
            case _, ("api", "datasources", "proxy", "uid", uid, *rest):
                return self._proxied(request, uid, "/" + "/".join(rest))
        raise _Denied(404, "Not found")

    def _proxied(self, request: Request, uid: str, path: str) -> Response:
        """What a data source answers; Grafana knows how to log in there."""
        if uid == DATASOURCE:
            return self.prometheus.handle(replace(request, path=path))
        if uid != LOGS:
            raise _Denied(404, "Data source not found")
        pair = b64encode(f"{loki.USER}:{self.loki.password}".encode()).decode()
        login = {"authorization": f"Basic {pair}", "x-scope-orgid": loki.TENANT}
        return self.loki.handle(replace(request, path=path, headers={**request.headers, **login}))

    # -- its Alertmanager ----------------------------------------------------------------------------------------

    def _alertmanager(self, request: Request, rest: list[str]) -> Response:
        if request.method != "GET" and not self._editor:
            raise _lacks("alert.silences:create" if request.method == "POST" else "alert.silences:write")
        path = request.path.removeprefix("/api/alertmanager/grafana")
        answer = self.alertmanager.handle(replace(request, path=path))
        if answer.status >= 300:
            raise _Denied(400 if answer.status == 422 else answer.status, _message(answer.body))
        match request.method, rest:
            case "POST", ["silences"]:
                made = json.loads(answer.body)
                self.writes.append({"action": "silence", "target": made["silenceID"], "body": request.json()})
                return json_response(made, 202)
            case "DELETE", ["silence", silence_id]:
                self.writes.append({"action": "expire_silence", "target": silence_id})
                return json_response({"message": "silence deleted"})
        return answer

    # -- rules ---------------------------------------------------------------------------------------------------

    def _rules(self, request: Request) -> Response:
        for name, allowed in (("state", _STATES), ("health", _HEALTHS)):
            for word in request.values(name):
                if word not in allowed:
                    told = {"status": "error", "errorType": "bad_data", "error": f"unknown {name} '{word}'"}
                    return json_response(told, 400)
        with_alerts = request.value("limit_alerts") != "0"
        rules = [self._rule(rule, with_alerts) for rule in RULES]
        for name, field in (("rule_uid", "uid"), ("rule_name", "name"), ("health", "health"), ("state", "state")):
            if wanted := request.values(name):
                rules = [rule for rule in rules if rule[field] in wanted]
        group = {
            "name": "every-minute",
            "file": FOLDER,
            "folderUid": FOLDER_UID,
            "interval": 60,
            "lastEvaluation": rfc3339(self.world.evaluated_at),
            "evaluationTime": 0.01,
            "rules": rules,
            "totals": {"firing": sum(rule["state"] == "firing" for rule in rules)},
        }
        return json_response({"status": "success", "data": {"groups": [group] if rules else []}})

    def _rule(self, rule: Rule, with_alerts: bool) -> dict[str, Any]:
        now = self.world.now
        standing = [one for one in self.world.book.standing(now, "firing") if one.labels["alertname"] == rule.name]
        health, error = self.broken.get(rule.name, ("ok", ""))
        state = "firing" if standing else "pending" if rule.name in self.pending else "inactive"
        return {
            "uid": rule.uid,
            "folderUid": FOLDER_UID,
            "name": rule.name,
            "state": state,
            "health": health,
            "type": "alerting",
            "query": "…",
            "duration": 60,
            "keepFiringFor": 0,
            "labels": {"severity": rule.severity},
            "annotations": {"summary": rule.name},
            "alerts": [
                {
                    "labels": one.labels,
                    "annotations": one.annotations,
                    "state": "Alerting",
                    "activeAt": rfc3339(one.active_at),
                    "value": "1e+00",
                }
                for one in standing
                if with_alerts
            ],
            "totals": {"alerting": len(standing), "normal": max(0, rule.instances - len(standing))},
            "totalsFiltered": {"alerting": len(standing)},
            "lastError": error,
            "lastEvaluation": rfc3339(self.world.evaluated_at),
            "evaluationTime": 0.01,
            **({"activeAt": rfc3339(standing[0].active_at)} if standing else {}),
        }

    # -- annotations ---------------------------------------------------------------------------------------------

    def _annotations(self, request: Request) -> list[dict[str, Any]]:
        tags, any_of = set(request.values("tags")), request.value("matchAny") == "true"
        since, until = int(request.value("from", "0")), int(request.value("to", str(2**53)))
        limit = int(request.value("limit", "100"))
        found = []
        for one in self.annotations:
            own = set(one["tags"])
            if tags and not (tags & own if any_of else tags <= own):
                continue
            if one["timeEnd"] >= since and one["time"] <= until:
                found.append(one)
        return sorted(found, key=lambda one: (one["time"], one["id"]), reverse=True)[:limit]

    def annotate(
        self, words: str, tags: list[str], at: datetime, until: datetime | None = None, **more: Any
    ) -> dict[str, Any]:
        """Somebody or a pipeline writes an annotation."""
        time = round(at.timestamp() * 1000)
        made = {
            "id": len(self.annotations) + 1,
            "alertId": 0,
            "alertName": "",
            "dashboardUID": "",
            "panelId": 0,
            "userId": 0,
            "newState": "",
            "prevState": "",
            "created": time,
            "updated": time,
            "time": time,
            "timeEnd": round(until.timestamp() * 1000) if until is not None else time,
            "text": words,
            "tags": tags,
            "login": "pipeline",
            "email": "",
            "data": {},
            **more,
        }
        self.annotations.append(made)
        return made

    # -- the story and the tests ---------------------------------------------------------------------------------

    def open_scene(self) -> None:
        """What stands when the company's day begins."""
        now, world = self._clock.now(), self.world
        world.fire(
            "CheckoutConversionLow", "payments", "critical", summary="One in five checkouts is left", start_s=-540
        )
        world.fire("LogVolumeHigh", "search", "warning", summary="Logs are four times as many", start_s=-2100)
        world.fire("CertificateOld", "edge", "info", summary="A certificate is 80 days old", start_s=-6000)
        self.pending = {"PaymentsBudgetBurns"}
        silence = {
            "matchers": [{"name": "alertname", "value": "CertificateOld", "isRegex": False, "isEqual": True}],
            "startsAt": rfc3339(world.now - 5400),
            "endsAt": rfc3339(world.now + 7200),
            "createdBy": "bob@example.com",
            "comment": "renewed on Monday, TICKET-140",
        }
        self.alertmanager.silences.put(silence, world.now - 5400)
        self.annotate("payments v2.14.1", ["deploy", "service:payments"], now - timedelta(minutes=12), panelId=4,
                      dashboardUID="dpayments")  # fmt: skip
        self.annotate("search v0.9.0", ["release", "service:search"], now - timedelta(hours=5))
        self.annotate("load test of the gateway", ["experiment"], now - timedelta(hours=2))
        self.annotate(
            "storage: disks are exchanged", ["maintenance", "service:storage"], now + timedelta(hours=3),
            now + timedelta(hours=4), login="judy",
        )  # fmt: skip

    def told(self) -> dict[str, Any]:
        """What it holds now, as JSON."""
        self.world.catch_up()
        now = self.world.now
        return {
            "alerts": sorted(one.labels["alertname"] for one in self.world.book.standing(now, "firing")),
            "silences": [
                {
                    "id": one.id,
                    "state": one.state(now),
                    "matchers": [f"{m.name}{m.sign}{m.value}" for m in one.matchers],
                    "created_by": one.created_by,
                    "comment": one.comment,
                }
                for one in self.alertmanager.silences.known(now)
            ],
            "annotations": len(self.annotations),
            "writes": [{"action": one["action"], "target": one["target"]} for one in self.writes],
        }


def _lacks(permission: str) -> _Denied:
    words = "You'll need additional permissions to perform this action. Permissions needed: "
    return _Denied(403, words + permission)


def _refusal(status: int, message: str) -> Response:
    told = {"message": message, "messageId": f"simulated.{status}", "statusCode": status, "traceID": ""}
    return json_response(told, status)


def _message(body: bytes) -> str:
    """What Alertmanager says, as Grafana hands it on."""
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")
    return str(said.get("message", "")) if isinstance(said, dict) else str(said)
