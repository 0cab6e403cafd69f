"""What can go wrong with an escrow on our side."""

from __future__ import annotations

from tollgate.kernel.errors import NotFound, TollgateError
from tollgate.payments.ports import TiedRecordChanged


class EscrowChanged(TiedRecordChanged):
    """The escrow moved on since it was read."""

    def __init__(self, id_: str) -> None:
        super().__init__(f"{id_} changed")


class EscrowNotFound(NotFound):
    """No escrow for this caller."""

    def __init__(self) -> None:
        super().__init__("escrow")


class EscrowState(TollgateError):
    """A wish that the escrow's state does not allow."""

    code = "INVALID_STATE"

    def __init__(self, status: str, why: str) -> None:
        super().__init__(f"this escrow is {status}: {why}")
