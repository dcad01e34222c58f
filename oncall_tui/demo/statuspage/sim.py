"""The simulated page: requests in, answers out.

Where a field would be ``null`` it is left out, for the published description allows no ``null`` there.
"""

from __future__ import annotations

import hmac
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from oncall_tui.clock import Clock
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "demo-statuspage-key"  # noqa: S105 - opens the simulated page only
PAGE = "gytm4qzbx9t6"
COMPONENTS = ("Website", "Checkout", "Payments API", "Search")
STATES = ("investigating", "identified", "monitoring", "resolved")
COMPONENT_STATES = ("operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage", "")
IMPACTS = ("none", "maintenance", "minor", "major", "critical")
_LETTERS = "bcdfghjklmnpqrstvwxyz0123456789"
_WORST = {"major_outage": "critical", "partial_outage": "major", "degraded_performance": "minor"}


class No(Exception):
    """A refusal: its status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class StatuspageSim:
    """A simulated Statuspage account with one page.

    Args:
        clock: its time.
        seed: ids follow from it.
        rate_limit: requests a minute.
    """

    prefix = "statuspage"

    def __init__(self, clock: Clock, seed: int = 1, *, token: str = TOKEN, rate_limit: int = 60) -> None:
        self.writes: list[dict[str, Any]] = []
        self.notified: list[str] = []
        """What subscribers were mailed."""
        self.keeps_metadata = True
        self._clock = clock
        self._token = token
        self._rate_limit = rate_limit
        self._used: list[datetime] = []
        self._chance = random.Random(f"{seed}:statuspage")  # noqa: S311 - a simulation's ids
        now = clock.now()
        self.components = [self._component(name, at) for at, name in enumerate(COMPONENTS, 1)]
        self.components.append({**self._component("Public API", 5), "group": True})
        self.components[2]["group_id"] = self.components[4]["id"]
        self.incidents: list[dict[str, Any]] = []
        for minutes, name, states in (
            (1500, "Delayed payment confirmations", ("investigating", "resolved")),
            (40, "Search is slow", ("investigating", "identified")),
        ):
            made = self._create({"name": name, "status": states[0], "body": "We are looking into it."}, now, minutes)
            for at, status in enumerate(states[1:], 1):
                then = now - timedelta(minutes=minutes - 10 * at)
                self._add_update(made, {"status": status, "body": "We know more."}, then)
        self.notified.clear()

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises."""
        now = self._clock.now()
        try:
            self._let_in(request, now)
            status, data = self._answer(request, now)
        except No as no:
            return json_response({"message": no.message}, no.status)
        return json_response(data, status)

    def _let_in(self, request: Request, now: datetime) -> None:
        self._used = [at for at in self._used if now - at < timedelta(minutes=1)]
        if len(self._used) >= self._rate_limit:
            raise No(420, "Your request rate is too high")
        self._used.append(now)
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"OAuth {self._token}".encode()):
            raise No(401, "Could not authenticate")

    def _answer(self, request: Request, now: datetime) -> tuple[int, Any]:
        match (request.method, *request.segments):
            case ("GET", "v1", "pages"):
                return 200, [self._page(now)]
            case ("GET", "v1", "pages", page) if page == PAGE:
                return 200, self._page(now)
            case ("GET", "v1", "pages", page, "components") if page == PAGE:
                return 200, _paged(request, self.components, "per_page")
            case ("GET", "v1", "pages", page, "incidents", "unresolved") if page == PAGE:
                return 200, _paged(request, [one for one in self.incidents if one["status"] != "resolved"], "per_page")
            case ("GET", "v1", "pages", page, "incidents") if page == PAGE:
                return 200, _paged(request, self.incidents, "limit")
            case ("GET", "v1", "pages", page, "incidents", native_id) if page == PAGE:
                return 200, self._found(native_id)
            case ("POST", "v1", "pages", page, "incidents") if page == PAGE:
                made = self._create(_incident(request, needs_name=True), now)
                self.writes.append({"action": "publish", "target": made["id"]})
                return 201, made
            case ("PATCH", "v1", "pages", page, "incidents", native_id) if page == PAGE:
                found = self._found(native_id)
                self._change(found, _incident(request, needs_name=False), now)
                self.writes.append({"action": "publish_update", "target": native_id})
                return 200, found
        raise No(404, "The requested resource could not be found.")

    # -- what it holds ----------------------------------------------------------------------------------------------

    def _id(self) -> str:
        return "".join(self._chance.choice(_LETTERS) for _ in range(12))

    def _component(self, name: str, position: int) -> dict[str, Any]:
        return {
            "id": self._id(),
            "page_id": PAGE,
            "name": name,
            "position": position,
            "status": "operational",
            "showcase": True,
            "group": False,
            "only_show_if_degraded": False,
        }

    def _page(self, now: datetime) -> dict[str, Any]:
        return {
            "id": PAGE,
            "name": "Example Company Status",
            "subdomain": "example.statuspage.io",
            "url": "https://www.example.com",
            "time_zone": "UTC",
            "updated_at": _time(now),
        }

    def _found(self, native_id: str) -> dict[str, Any]:
        for incident in self.incidents:
            if incident["id"] == native_id:
                return incident
        raise No(404, "The requested resource could not be found.")

    def _create(self, given: dict[str, Any], now: datetime, minutes_ago: float = 0) -> dict[str, Any]:
        at = now - timedelta(minutes=minutes_ago)
        native_id = self._id()
        incident: dict[str, Any] = {
            "id": native_id,
            "page_id": PAGE,
            "name": given["name"],
            "status": given.get("status", "investigating"),
            "impact": "none",
            "created_at": _time(at),
            "updated_at": _time(at),
            "shortlink": f"https://stspg.io/{native_id}",
            "metadata": given.get("metadata", {}) if self.keeps_metadata else {},
            "components": [],
            "incident_updates": [],
        }
        self._change(incident, {"status": incident["status"], "body": "", **given}, at)
        self.incidents.insert(0, incident)
        return incident

    def _change(self, incident: dict[str, Any], given: dict[str, Any], at: datetime) -> None:
        self._touch_components(incident, given)
        if "impact_override" in given:
            incident["impact_override"] = given["impact_override"]
        worst = [_WORST[one["status"]] for one in incident["components"] if one["status"] in _WORST]
        by_components = max(worst, key=IMPACTS.index, default=incident["impact"])
        incident["impact"] = incident.get("impact_override", by_components)
        if "body" in given or "status" in given:
            self._add_update(incident, given, at)

    def _touch_components(self, incident: dict[str, Any], given: dict[str, Any]) -> None:
        by_id = {one["id"]: one for one in self.components}
        states = given.get("components", {})
        for native_id, state in states.items():
            if native_id not in by_id or state not in COMPONENT_STATES:
                raise No(422, "Components are not valid")
        for native_id, state in states.items():
            by_id[native_id]["status"] = state
        if "component_ids" in given:
            if set(given["component_ids"]) - set(by_id):
                raise No(422, "Component ids are not valid")
            incident["components"] = [by_id[native_id] for native_id in given["component_ids"]]

    def _add_update(self, incident: dict[str, Any], given: dict[str, Any], at: datetime) -> None:
        incident["status"] = given.get("status", incident["status"])
        incident["updated_at"] = _time(at)
        for state in ("monitoring", "resolved"):
            if incident["status"] == state:
                incident[f"{state}_at"] = _time(at)
        notify = given.get("deliver_notifications", True)
        update = {
            "id": self._id(),
            "incident_id": incident["id"],
            "status": incident["status"],
            "body": str(given.get("body", "")).strip(),
            "created_at": _time(at),
            "updated_at": _time(at),
            "display_at": _time(at),
            "deliver_notifications": notify,
        }
        incident["incident_updates"].insert(0, update)
        if notify:
            self.notified.append(update["body"])

    def told(self) -> dict[str, Any]:
        """The incidents, the components' states, and the writes."""
        return {
            "incidents": self.incidents,
            "components": {one["name"]: one["status"] for one in self.components},
            "notified": list(self.notified),
            "writes": list(self.writes),
        }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _paged(request: Request, rows: Sequence[Any], size_name: str) -> list[Any]:
    try:
        page, size = int(request.value("page", "1")), int(request.value(size_name, "100"))
    except ValueError:
        raise No(400, "page is not a number") from None
    size = min(max(size, 1), 100)
    return list(rows[(max(page, 1) - 1) * size :][:size])


def _incident(request: Request, *, needs_name: bool) -> dict[str, Any]:
    try:
        data = request.json()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise No(400, "The body is not valid JSON") from None
    given = data.get("incident") if isinstance(data, dict) else None
    if not isinstance(given, dict):
        raise No(400, "incident is missing")
    if needs_name and not given.get("name"):
        raise No(422, "Name can't be blank")
    if len(str(given.get("name", ""))) > 255:
        raise No(422, "Name is too long (maximum is 255 characters)")
    if given.get("status", "investigating") not in STATES:
        raise No(422, "Status is not valid")
    if given.get("impact_override", "none") not in IMPACTS:
        raise No(422, "Impact override is not valid")
    return given
