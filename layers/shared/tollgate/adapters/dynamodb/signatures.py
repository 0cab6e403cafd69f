"""Service signatures that were used, on the core table."""

from __future__ import annotations

import uuid

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import SignatureItem
from tollgate.adapters.dynamodb.store import Table
from tollgate.kernel.errors import Forbidden
from tollgate.kernel.unit_of_work import UnitOfWork


class SignatureUsed(Forbidden):
    """The signature was accepted once before; a mutation needs a fresh one."""

    code = "SIGNATURE_REPLAYED"


class DynamoSignatures:
    """Remembers a signature for as long as its timestamp is acceptable."""

    def __init__(self, core: Table, unit_of_work: UnitOfWork) -> None:
        self._core = core
        self._unit_of_work = unit_of_work

    def use(self, service: str, signature: str, *, now: int, until: int, bound_to: str = "") -> None:
        """Spend the signature; `SignatureUsed` if it is spent, unless on the same idempotency key, which makes the
        repetition harmless. Times are epoch seconds of the wall clock.
        """
        pk, sk = keys.signature(service, signature)
        nonce = uuid.uuid4().hex
        item = SignatureItem(pk=pk, sk=sk, kind="signature", bound_to=bound_to or None, ttl=until, nonce=nonce)
        unused = SignatureItem.pk.does_not_exist() | (SignatureItem.ttl < now)
        if bound_to:
            unused |= SignatureItem.bound_to == bound_to
        self._unit_of_work.commit(
            self._core.put(
                item,
                unused,
                lambda _: SignatureUsed("this signature was used before"),
                is_ours=lambda stored: stored["nonce"]["S"] == nonce,
            )
        )
