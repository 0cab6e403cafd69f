"""Refusals in Square's shape."""

from typing import Any

type Body = dict[str, Any]

_CATEGORIES = {401: "AUTHENTICATION_ERROR", 429: "RATE_LIMIT_ERROR"}


class SquareError(Exception):
    """A call that is refused."""

    def __init__(self, code: str, detail: str, status: int = 400, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.field = field

    def body(self) -> Body:
        usual = "API_ERROR" if self.status >= 500 else "INVALID_REQUEST_ERROR"
        category = _CATEGORIES.get(self.status, usual)
        field = {"field": self.field} if self.field else {}
        return {"errors": [{"category": category, "code": self.code, "detail": str(self), **field}]}
