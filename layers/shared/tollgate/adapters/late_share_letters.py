"""The letters of shares, for a function that is mostly told of payments: what writes them is loaded with the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.adapters.dynamodb.store import Table
from tollgate.kernel.clock import Clock
from tollgate.kernel.secrets import Secrets
from tollgate.mails.ports import ShareLetters

if TYPE_CHECKING:
    from tollgate.mails.shares import ShareLetter


class LateShareLetters(ShareLetters):
    """As `MembersLetters`, and off the cold start. `page` is where members pay."""

    def __init__(self, core: Table, secrets: Secrets, page: str, clock: Clock) -> None:
        self._core = core
        self._secrets = secrets
        self._page = page
        self._clock = clock
        self._letters: ShareLetters | None = None

    def of(self, tenant: str, group_id: str, share_id: str) -> ShareLetter | None:
        if self._letters is None:
            from tollgate.adapters.dynamodb.groups import DynamoGroups
            from tollgate.adapters.share_letters import MembersLetters
            from tollgate.group_payments.links import PaymentLinks

            links = PaymentLinks(self._secrets, self._page)
            self._letters = MembersLetters(DynamoGroups(self._core), links, self._clock)
        return self._letters.of(tenant, group_id, share_id)
