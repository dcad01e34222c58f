"""How Opsgenie says no."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(
        self, status: int, message: str, *, code: int | None = None, errors: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self._body: dict[str, Any] = {"message": message}
        if code is not None:
            self._body["code"] = code
        if errors:
            self._body["errors"] = errors

    def body(self) -> dict[str, Any]:
        """Its JSON, without what every answer has."""
        return self._body


def not_processable(**errors: str) -> Refusal:
    """422 with the fields that are wrong."""
    return Refusal(422, "Request body is not processable. Please check the errors.", errors=errors)
