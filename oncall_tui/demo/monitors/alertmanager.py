"""Alertmanager's HTTP API over the simulated monitoring: its alerts, and those that are posted to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec

from oncall_tui.clock import parse_instant
from oncall_tui.demo.monitors.answers import dated, rfc3339, text
from oncall_tui.demo.monitors.matchers import Labels, Matcher, all_hold, parse_matcher
from oncall_tui.demo.monitors.rules import label_key
from oncall_tui.demo.monitors.silences import Rejected, Silence, Silences
from oncall_tui.demo.monitors.world import Monitoring
from oncall_tui.demo.wire import Request, Response, json_response

VERSION = "0.34.0"
RESOLVE_TIMEOUT_S = 300.0
"""A posted alert without an end is over after that, unless it is posted again."""
_LEAD_S = 240.0
"""Prometheus sends its alerts with an end so far ahead."""

_FNV_OFFSET, _FNV_PRIME, _FNV_MASK = 14695981039346656037, 1099511628211, 2**64 - 1


def fingerprint(labels: Labels) -> str:
    """The id of a label set, as the Prometheus libraries compute it."""
    found = _FNV_OFFSET
    for name in sorted(labels):
        for byte in (*name.encode(), 255, *labels[name].encode(), 255):
            found = ((found ^ byte) * _FNV_PRIME) & _FNV_MASK
    return f"{found:016x}"


@dataclass(frozen=True, slots=True)
class InhibitRule:
    """While an alert matches ``source``, those that match ``target`` and are alike in ``equal`` are inhibited."""

    source: Matcher
    target: Matcher
    equal: tuple[str, ...]


INHIBIT_RULES = (InhibitRule(Matcher("severity", "=", "critical"), Matcher("severity", "=", "info"), ("service",)),)


@dataclass(slots=True)
class _Alert:
    """One alert as the server holds it; times in Unix seconds."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: float
    ends_at: float
    updated_at: float
    generator: str = ""


class AlertmanagerSim:
    """One Alertmanager, which Prometheus sends the world's firing alerts to."""

    prefix = "alertmanager"

    def __init__(self, world: Monitoring, inhibit_rules: tuple[InhibitRule, ...] = INHIBIT_RULES) -> None:
        self.world = world
        self.ready = True
        """Whether ``/-/ready`` says so."""
        self.silences = Silences(world.seed)
        self._inhibit_rules = inhibit_rules
        self._posted: dict[tuple[tuple[str, str], ...], _Alert] = {}
        self._answers: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "status"): self._status,
            ("GET", "receivers"): self._receivers,
            ("GET", "alerts"): self._get_alerts,
            ("POST", "alerts"): self._post_alerts,
            ("GET", "alerts/groups"): self._groups,
            ("GET", "silences"): self._get_silences,
            ("POST", "silences"): self._post_silence,
            ("GET", "silence"): self._get_silence,
            ("DELETE", "silence"): self._delete_silence,
        }

    def open_scene(self) -> None:
        """What is silenced when the demo begins: see :meth:`Monitoring.open_scene`."""
        now = self.world.now
        body = {
            "matchers": [{"name": "alertname", "value": "NightlyBatchSlow", "isRegex": False, "isEqual": True}],
            "startsAt": rfc3339(now - 3000),
            "endsAt": rfc3339(now + 5400),
            "createdBy": "bob@example.com",
            "comment": "runs late since the migration, TICKET-123",
        }
        self.silences.put(body, now - 3000)

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises."""
        self.world.catch_up()
        try:
            answer = self._routed(request)
        except Rejected as error:
            answer = json_response(error.data, error.status)
        return dated(answer, self.world.clock)

    def _routed(self, request: Request) -> Response:
        match request.segments:
            case ("-", "healthy"):
                return text("OK")
            case ("-", "ready"):
                return text("OK") if self.ready else text("Service Unavailable", 503)
            case ("api", "v2", *rest):
                path = "silence" if len(rest) == 2 and rest[0] == "silence" else "/".join(rest)
                allowed = [method for method, known in self._answers if known == path]
                if request.method in allowed:
                    return self._answers[request.method, path](request)
                if allowed:
                    words = f"method {request.method} is not allowed, but [{','.join(allowed)}] are"
                    raise Rejected(405, {"code": 405, "message": words})
                raise Rejected(404, {"code": 404, "message": f"path {request.path} was not found"})
        return text("404 page not found\n", 404)

    # -- alerts ------------------------------------------------------------------------------------------------------

    def _standing(self) -> Iterator[_Alert]:
        """What has not ended: the server forgets the rest at once."""
        now, evaluated_at = self.world.now, self.world.evaluated_at
        for episode in self.world.book.standing(now, "firing"):
            fired_at = episode.fired_at or episode.active_at
            query = episode.rule.query if episode.rule else "scenario"
            yield _Alert(
                {**episode.labels, **self.world.external_labels},
                episode.annotations,
                fired_at,
                max(evaluated_at, fired_at) + _LEAD_S,
                max(evaluated_at, fired_at),
                f"http://prometheus.example.com/graph?g0.expr={quote(query)}&g0.tab=1",
            )
        self._posted = {key: alert for key, alert in self._posted.items() if alert.ends_at > now}
        yield from self._posted.values()

    def _shown(self, request: Request) -> list[dict[str, Any]]:
        """The alerts that the parameters leave, with their status."""
        matchers = _filters(request)
        receiver = _receiver_filter(request)
        standing = list(self._standing())
        found = []
        for alert in standing:
            if not all_hold(matchers, alert.labels) or not receiver(_receiver(alert.labels)):
                continue
            silenced = self.silences.muting(alert.labels, self.world.now)
            inhibited = self._inhibitors(alert.labels, standing)
            suppressed = bool(silenced or inhibited)
            if (
                (not suppressed and not _flag(request, "active"))
                or (silenced and not _flag(request, "silenced"))
                or (inhibited and not _flag(request, "inhibited"))
            ):
                continue
            found.append(
                {
                    "fingerprint": fingerprint(alert.labels),
                    "labels": alert.labels,
                    "annotations": alert.annotations,
                    "startsAt": rfc3339(alert.starts_at),
                    "endsAt": rfc3339(alert.ends_at),
                    "updatedAt": rfc3339(alert.updated_at),
                    "receivers": [{"name": _receiver(alert.labels)}],
                    "status": {
                        "state": "suppressed" if suppressed else "active",
                        "silencedBy": silenced,
                        "inhibitedBy": inhibited,
                        "mutedBy": [],
                    },
                    **({"generatorURL": alert.generator} if alert.generator else {}),
                }
            )
        return sorted(found, key=lambda one: str(one["fingerprint"]))

    def _inhibitors(self, labels: Labels, standing: list[_Alert]) -> list[str]:
        return [
            fingerprint(other.labels)
            for rule in self._inhibit_rules
            if rule.target.holds(labels)
            for other in standing
            if rule.source.holds(other.labels)
            and all(other.labels.get(name, "") == labels.get(name, "") for name in rule.equal)
        ]

    def _get_alerts(self, request: Request) -> Response:
        return json_response(self._shown(request))

    def _groups(self, request: Request) -> Response:
        groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        for alert in self._shown(request):
            labels = alert["labels"]
            key = (_receiver(labels), labels.get("alertname", ""), labels.get("service", ""))
            groups.setdefault(key, []).append(alert)
        muted = _flag(request, "muted")
        return json_response(
            [
                {
                    "labels": {"alertname": name, "service": service},
                    "routeLabels": {},
                    "receiver": {"name": receiver},
                    "alerts": alerts,
                }
                for (receiver, name, service), alerts in sorted(groups.items())
                if muted or any(one["status"]["state"] == "active" for one in alerts)
            ]
        )

    def _post_alerts(self, request: Request) -> Response:
        now = self.world.now
        for item in _objects(_body(request)):
            labels = {name: value for name, value in _texts(item, "labels").items() if value}
            if not labels:
                raise Rejected(400, "at least one label pair required")
            starts_at, ends_at = _instant(item, "startsAt"), _instant(item, "endsAt")
            starts_at = starts_at if starts_at is not None else min(now, ends_at or now)
            if ends_at is not None and ends_at < starts_at:
                raise Rejected(400, "start time must be before end time")
            known = self._posted.get(label_key(labels))
            self._posted[label_key(labels)] = _Alert(
                labels,
                _texts(item, "annotations"),
                min(starts_at, known.starts_at) if known else starts_at,
                ends_at if ends_at is not None else now + RESOLVE_TIMEOUT_S,
                now,
                str(item.get("generatorURL") or ""),
            )
        return Response(headers={"content-type": "application/json"})

    # -- silences ----------------------------------------------------------------------------------------------------

    def _get_silences(self, request: Request) -> Response:
        matchers = _filters(request)
        now = self.world.now
        order = ("active", "pending", "expired")
        found = [
            one
            for one in self.silences.known(now)
            if _flag(request, one.state(now))
            and all(matcher in one.matchers or _holds_for_names(matcher, one) for matcher in matchers)
        ]
        found.sort(key=lambda one: (order.index(one.state(now)), one.ends_at))
        return json_response([self._silence(one) for one in found])

    def _silence(self, silence: Silence) -> dict[str, Any]:
        return {
            "id": silence.id,
            "status": {"state": silence.state(self.world.now)},
            "updatedAt": rfc3339(silence.updated_at),
            "matchers": [
                {
                    "name": one.name,
                    "value": one.value,
                    "isRegex": one.sign in ("=~", "!~"),
                    "isEqual": one.sign in ("=", "=~"),
                }
                for one in silence.matchers
            ],
            "startsAt": rfc3339(silence.starts_at),
            "endsAt": rfc3339(silence.ends_at),
            "createdBy": silence.created_by,
            "comment": silence.comment,
            "annotations": silence.annotations,
        }

    def _post_silence(self, request: Request) -> Response:
        return json_response({"silenceID": self.silences.put(_body(request), self.world.now)})

    def _get_silence(self, request: Request) -> Response:
        found = self.silences.find(_silence_id(request), self.world.now)
        if found is None:
            raise Rejected(404, "silence not found")
        return json_response(self._silence(found))

    def _delete_silence(self, request: Request) -> Response:
        self.silences.expire(_silence_id(request), self.world.now)
        return Response(headers={"content-type": "application/json"})

    # -- the rest ----------------------------------------------------------------------------------------------------

    def _receivers(self, request: Request) -> Response:
        return json_response([{"name": "oncall-pager"}, {"name": "team-chat"}])

    def _status(self, request: Request) -> Response:
        return json_response(
            {
                "cluster": {
                    "name": "simulated",
                    "status": "ready",
                    "peers": [{"name": "simulated", "address": "127.0.0.1:9094"}],
                },
                "versionInfo": {
                    "version": VERSION,
                    "revision": "simulated",
                    "branch": "HEAD",
                    "buildUser": "simulator",
                    "buildDate": "20260822-00:00:00",
                    "goVersion": "go1.26",
                },
                "config": {
                    "original": "receivers:\n- name: oncall-pager\n  pagerduty_configs:\n  - routing_key: <secret>\n"
                },
                "uptime": rfc3339(self.world.started_at),
            }
        )


def _receiver(labels: Labels) -> str:
    return "oncall-pager" if labels.get("severity") in ("critical", "page") else "team-chat"


def _flag(request: Request, name: str) -> bool:
    return request.value(name, "true").lower() not in ("false", "0", "f", "no", "off", "n")


def _filters(request: Request) -> tuple[Matcher, ...]:
    try:
        return tuple(parse_matcher(one) for one in request.values("filter"))
    except ValueError as error:
        raise Rejected(400, str(error)) from None


def _receiver_filter(request: Request) -> Callable[[str], bool]:
    word = request.value("receiver")
    try:
        pattern = re.compile(word)
    except re.error as error:
        raise Rejected(400, f"failed to parse receiver param: error parsing regexp: {error}: `^(?:{word})$`") from None
    return lambda name: not word or pattern.fullmatch(name) is not None


def _holds_for_names(matcher: Matcher, silence: Silence) -> bool:
    """A filter of silences is held against the values of its equality matchers."""
    return matcher.holds({one.name: one.value for one in silence.matchers if one.sign == "="})


def _body(request: Request) -> Any:
    try:
        return request.json()
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Rejected(400, {"code": 400, "message": f"parsing body failed: {error}"}) from None


def _objects(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
        raise Rejected(400, {"code": 400, "message": "parsing alerts body failed: not a list of objects"})
    return body


def _texts(item: dict[str, Any], name: str) -> dict[str, str]:
    found = item.get(name) or {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Rejected(400, {"code": 400, "message": f"parsing {name} failed: not a map of texts"})
    return found


def _silence_id(request: Request) -> str:
    word = request.segments[-1]
    try:
        return str(UUID(word))
    except ValueError:
        raise Rejected(422, {"code": 601, "message": f'silenceID in path must be of type uuid: "{word}"'}) from None


def _instant(item: Any, name: str) -> float | None:
    word = item.get(name)
    if not word:
        return None
    try:
        found = parse_instant(str(word)).timestamp()
    except (ValueError, OverflowError):
        raise Rejected(400, {"code": 400, "message": f'parsing {name} from "{word}" failed'}) from None
    return found if found > 0 else None
