"""The refusals of the API, in Stripe's error shape.

Source of types, codes and statuses: Stripe's published error reference; the messages are this project's own.
"""

from typing import Any

type Body = dict[str, Any]


class StripeError(Exception):
    """An answer other than success.

    `executed` says that the operation had begun: what it wrote stays, and its answer is kept for the idempotency key.
    Refusals before that (validation, unknown resources, authentication) are not kept, so a corrected retry may pass.
    """

    def __init__(self, status: int, error: Body, *, executed: bool = False) -> None:
        super().__init__(error["message"])
        self.status = status
        self.error = {name: value for name, value in error.items() if value is not None}
        self.executed = executed

    @property
    def body(self) -> Body:
        """The JSON document the client receives."""
        return {"error": self.error}


def invalid(message: str, *, param: str | None = None, code: str | None = None, executed: bool = False) -> StripeError:
    """400: the request cannot be carried out as it stands."""
    error = {"type": "invalid_request_error", "code": code, "message": message, "param": param}
    return StripeError(400, _with_doc_url(error), executed=executed)


def missing_resource(noun: str, identifier: str, *, param: str = "id", in_path: bool = False) -> StripeError:
    """404 for an id in the path, 400 for one named by a parameter."""
    message = f"There is no {noun} with the id '{identifier}'."
    error = {"type": "invalid_request_error", "code": "resource_missing", "message": message, "param": param}
    return StripeError(404 if in_path else 400, _with_doc_url(error))


def unexpected_state(code: str, message: str, **objects: Body) -> StripeError:
    """400: the object's status does not allow the operation; `objects` carries the object itself."""
    error = {"type": "invalid_request_error", "code": code, "message": message, **objects}
    return StripeError(400, _with_doc_url(error), executed=True)


def unauthenticated(message: str) -> StripeError:
    """401: no key, or one that is not valid here."""
    return StripeError(401, {"type": "invalid_request_error", "message": message})


def no_such_account() -> StripeError:
    """403: not to be told apart from an account of somebody else's."""
    message = "This key has no access to the connected account, or there is no such account."
    return StripeError(403, {"type": "invalid_request_error", "code": "account_invalid", "message": message})


def insufficient_balance(message: str) -> StripeError:
    """400: the money is not there, or not yet."""
    return invalid(message, code="balance_insufficient", executed=True)


def unknown_url(method: str, path: str) -> StripeError:
    """404: no operation has this method and path."""
    return StripeError(
        404, {"type": "invalid_request_error", "message": f"Unknown request address ({method}: {path})."}
    )


def idempotency_mismatch(key: str) -> StripeError:
    """400: the key was used before with another request."""
    message = (
        f"The idempotency key '{key}' belongs to a request with other parameters; use a new key for a new request."
    )
    return StripeError(400, {"type": "idempotency_error", "message": message})


def idempotency_in_use(key: str) -> StripeError:
    """409: a request with the same key is still being worked on."""
    message = f"Another request with the idempotency key '{key}' is in progress."
    error = {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": message}
    return StripeError(409, _with_doc_url(error))


def card_error(details: Body, **objects: Any) -> StripeError:
    """402: the card was not charged. `details` holds code, decline_code, message and advice."""
    return StripeError(402, _with_doc_url({"type": "card_error", **details, **objects}), executed=True)


def _with_doc_url(error: Body) -> Body:
    code = error.get("code")
    return {**error, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"} if code else error
