"""The letters of shares, from the groups as they are stored and the keys of their links."""

from __future__ import annotations

from tollgate.group_payments.links import PaymentLinks
from tollgate.group_payments.ports import GroupRepository
from tollgate.group_payments.shares import ShareState
from tollgate.kernel.clock import Clock
from tollgate.kernel.money import Money
from tollgate.mails.ports import ShareLetters
from tollgate.mails.shares import ShareLetter


class MembersLetters(ShareLetters):
    """The link is made again for each letter: it is stored nowhere."""

    def __init__(self, groups: GroupRepository, links: PaymentLinks, clock: Clock) -> None:
        self._groups = groups
        self._links = links
        self._clock = clock

    def of(self, tenant: str, group_id: str, share_id: str) -> ShareLetter | None:
        """Raises `GroupLinksDisabled` where a link is to be sent, and its key is not there."""
        seen = self._groups.look(tenant, group_id, [share_id])
        share = seen.share(share_id) if seen else None
        if seen is None or share is None or not share.email:
            return None
        payable = share.state is ShareState.PENDING and not seen.group.is_over(self._clock.now())
        return ShareLetter(
            recipient=share.email,
            name=share.name,
            amount=Money(share.amount, share.currency),
            tickets=share.tickets,
            until=seen.group.expires_at,
            payable=payable,
            held=share.state is ShareState.HELD and seen.group.is_open,
            paid=share.state is ShareState.PAID,
            complete=seen.group.has_all,
            link=self._links.of(share) if payable else None,
        )
