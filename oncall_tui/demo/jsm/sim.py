"""The simulated site as one thing: requests in, answers out."""

from __future__ import annotations

import random
import uuid
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from oncall_tui.clock import Clock
from oncall_tui.demo import company
from oncall_tui.demo.genie.estate import Estate, MakeId, uuids
from oncall_tui.demo.genie.life import Alert, Life
from oncall_tui.demo.genie.past import Archive
from oncall_tui.demo.genie.scene import open_scene
from oncall_tui.demo.jsm import forms
from oncall_tui.demo.jsm.reading import Reader
from oncall_tui.demo.jsm.refusing import Refusal
from oncall_tui.demo.jsm.writing import Writer
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "demo-jsm-token"  # noqa: S105 - opens the simulated site only
OAUTH_TOKEN = "demo-jsm-access-token"  # noqa: S105 - opens the simulated site only
RATE_LIMIT = 600
SCOPES = frozenset({"read:ops-alert", "write:ops-alert", "read:ops-config", "write:ops-config", "read:jira-user"})


class JsmSim:
    """A simulated Atlassian site with operations.

    Args:
        clock: its time; what became due is applied when a request comes.
        seed: ids and everything made up follow from it.
        me: the person (key) whose token it is.
        scopes: what the token may, without what follows the second colon.
        member: whether that person is a member of any operations team: whoever is of none is shown empty lists.
        rate_limit: requests a minute.
        delay_s: how long a write waits until it is done.
    """

    prefix = "jsm"

    def __init__(
        self,
        clock: Clock,
        seed: int = 1,
        *,
        me: str = "alice",
        scopes: frozenset[str] = SCOPES,
        member: bool = True,
        rate_limit: int = RATE_LIMIT,
        delay_s: float = 0.4,
    ) -> None:
        self.cloud_id = uuids(seed)("cloud", "example")
        self.estate = Estate(_account_ids(seed), clock.now())
        self.life = Life(self.estate, delay_s)
        self.archive = Archive(self.estate, seed, clock.now(), "name")
        self.scopes = scopes
        self.member = member
        self._me = self.estate.users[me]
        self._clock = clock
        self._rate_limit = rate_limit
        self._minute: datetime | None = None
        self._used = 0

    # -- the API -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request as of the clock's now. Never raises for anything a client can send."""
        now = self._clock.now()
        try:
            if request.segments == ("_edge", "tenant_info"):
                return json_response({"cloudId": self.cloud_id})
            left = self._count(now)
            if left is not None:
                answer = json_response(Refusal(429, "Rate limit exceeded").body(), 429)
                return Response(status=429, headers={**answer.headers, "Retry-After": str(left)}, body=answer.body)
            self._let_in(request)
            self.life.advance(now)
            return self._answer(request, now)
        except Refusal as no:
            return json_response(no.body(), no.status)
        except (ValueError, TypeError, KeyError, msgspec.DecodeError):
            return json_response(Refusal(400, "Request could not be read").body(), 400)

    def _answer(self, request: Request, now: datetime) -> Response:
        match request.segments:
            case ("jsm", "ops", "api", self.cloud_id, "v1", *rest):
                self._may(request, rest[0] if rest else "")
                if request.method != "GET":
                    status, data = Writer(self.life, request, tuple(rest), self._me.name, now).answer()
                    return json_response(data, status)
                if not self.member and rest in (["alerts"], ["schedules"], ["teams"]):
                    empty: dict[str, Any] = {"platformTeams": []} if rest == ["teams"] else {"values": [], "links": {}}
                    return json_response(empty)
                return json_response(Reader(self.life, request, tuple(rest), now, self.archive).answer())
            case ("ex", "jira", self.cloud_id, "rest", "api", "3", *rest):
                self._need("read:jira-user")
                return json_response(self._people(request, tuple(rest)))
        raise Refusal(404, "No such resource")

    def _people(self, request: Request, rest: tuple[str, ...]) -> Any:
        match rest:
            case ("myself",):
                return forms.account(self._me)
            case ("user", "search"):
                wanted = request.value("accountId")
                return [forms.account(one) for one in self.estate.users.values() if one.id == wanted]
        raise Refusal(404, "No such resource")

    def _let_in(self, request: Request) -> None:
        pair = b64encode(f"{self._me.email}:{TOKEN}".encode()).decode("ascii")
        if request.headers.get("authorization") not in (f"Basic {pair}", f"Bearer {OAUTH_TOKEN}"):
            raise Refusal(401, "Unauthorized")

    def _may(self, request: Request, what: str) -> None:
        kind = "ops-alert" if what == "alerts" else "ops-config"
        self._need(f"read:{kind}")  # a write needs both
        if request.method != "GET":
            self._need(f"write:{kind}")

    def _need(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Refusal(401, "Unauthorized; scope does not match")

    def _count(self, now: datetime) -> int | None:
        """Seconds to wait where there were too many."""
        if self._minute is None or now - self._minute >= timedelta(minutes=1) or now < self._minute:
            self._minute, self._used = now, 0
        self._used += 1
        return max(1, 60 - int((now - self._minute).total_seconds())) if self._used > self._rate_limit else None

    # -- the story and the tests ---------------------------------------------------------------------------------

    def open_scene(self) -> Mapping[str, Alert]:
        """What has happened before the day begins."""
        return open_scene(self.life, self._clock.now(), "name")

    @property
    def writes(self) -> list[dict[str, Any]]:
        """Every write that was taken, in order, done or not."""
        return self.life.taken

    def told(self) -> dict[str, Any]:
        """What it holds; ``writes`` are those that were done."""
        self.life.advance(self._clock.now())
        return self.life.told()


def _account_ids(seed: int) -> MakeId:
    """Accounts have ids of Atlassian's own form, everything else UUIDs."""
    others = uuids(seed)

    def make(kind: str, key: str) -> str:
        if kind != "user" or key not in {one.key for one in company.EMPLOYEES}:
            return others(kind, key)
        chance = random.Random(f"jsm:{seed}:{key}")  # noqa: S311 - made-up ids, no secret
        return f"712020:{uuid.UUID(int=chance.getrandbits(128), version=4)}"

    return make
