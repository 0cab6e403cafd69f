"""Which part of a refund goes back to the provider, and which onto the tenders that paid beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from tollgate.kernel.money import Money
from tollgate.payments.tenders import Tender, TenderRefund, TenderState


class RefundOrder(StrEnum):
    """What goes back first, where a purchase was paid in several ways."""

    CARD_FIRST = "card_first"  # the provider's part, then gift cards and credit as they were named
    TENDERS_FIRST = "gift_card_first"
    RATIO = "ratio"  # each by what is left of it


def left_of(tenders: Sequence[Tender], gone: Sequence[TenderRefund]) -> dict[str, int]:
    """What may still go back onto each tender that was taken, by its id."""
    back: dict[str, int] = {}
    for each in gone:
        back[each.tender] = back.get(each.tender, 0) + each.amount
    return {each.id: each.amount - back.get(each.id, 0) for each in tenders if each.state is TenderState.CAPTURED}


def split(
    asked: int, provider: int, tenders: Mapping[str, int], order: RefundOrder
) -> tuple[int, tuple[TenderRefund, ...]]:
    """The provider's part, and each tender's. `provider` and `tenders` are what is left; `asked` is at most all of that
    together, so that the parts always sum to it.
    """
    if order is RefundOrder.RATIO:
        weights = [provider, *tenders.values()]
        # The currency does not matter to a split.
        shares = [each.amount for each in Money(asked, "USD").split(weights)]
        return shares[0], _parts(tenders, shares[1:])
    mine = min(asked, provider)
    if order is RefundOrder.TENDERS_FIRST:
        mine = max(asked - sum(tenders.values()), 0)
    rest, shares = asked - mine, []
    for left in tenders.values():
        shares.append(min(rest, left))
        rest -= shares[-1]
    return mine, _parts(tenders, shares)


def _parts(tenders: Mapping[str, int], shares: Sequence[int]) -> tuple[TenderRefund, ...]:
    return tuple(TenderRefund(id_, share) for id_, share in zip(tenders, shares, strict=True) if share)
