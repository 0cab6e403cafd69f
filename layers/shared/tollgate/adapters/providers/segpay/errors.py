"""What is known of a call that came to nothing. When in doubt, it may have had its effect."""

from __future__ import annotations

from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from tollgate.checkout.ports import Rejected, Unknown, Unreachable

type NoUse = Rejected | Unreachable | Unknown

NO_CREDENTIALS = Unreachable("no credentials", credentials_refused=True)
NOT_UNDERSTOOD = Unknown("the answer was not understood")


class CallFailed(Exception):
    """Carries what is known; its text says nothing of the address, which has the access key in it."""

    def __init__(self, outcome: NoUse) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


def of_status(status: int) -> NoUse:
    """Of an answer that is not 200. No limit of Segpay's is documented, so that a 429 is no refusal."""
    if status in (401, 403):
        return Unreachable(f"status {status}", credentials_refused=True)
    if 400 <= status < 500 and status not in (408, 409, 425, 429):
        return Rejected(f"status_{status}")
    return Unknown(f"status {status}")


def of_silence(error: HTTPError) -> NoUse:
    """Of a connection that was never made, or that broke. The texts are ours."""
    if isinstance(error, ConnectTimeoutError | NewConnectionError):
        return Unreachable("no connection")
    return Unknown(type(error).__name__)
