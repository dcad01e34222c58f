"""How Atlassian's gateway and Jira Service Management Operations say no."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, title: str, code: str = "") -> None:
        super().__init__(title)
        self.status = status
        self._code = code

    def body(self) -> dict[str, Any]:
        """Its JSON: the gateway's form for 401, the operations' own for the rest."""
        if self.status == 401:
            return {"code": 401, "message": str(self)}
        return {"errors": [{"title": str(self), "code": self._code or str(self.status)}]}
