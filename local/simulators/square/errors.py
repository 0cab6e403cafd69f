"""Refusals in Square's shape."""

from typing import Any

type Body = dict[str, Any]

_CATEGORIES = {401: "AUTHENTICATION_ERROR", 429: "RATE_LIMIT_ERROR"}


class SquareError(Exception):
    """A call that is refused."""

    def __init__(self, code: str, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status

    def body(self) -> Body:
        usual = "API_ERROR" if self.status >= 500 else "INVALID_REQUEST_ERROR"
        category = _CATEGORIES.get(self.status, usual)
        return {"errors": [{"category": category, "code": self.code, "detail": str(self)}]}
