"""What a provider tells of a payout by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tollgate.kernel.ids import is_id
from tollgate.kernel.money import Money
from tollgate.kernel.unit_of_work import Write
from tollgate.payouts.model import NEVER_MADE, Payout, PayoutReport, PayoutState
from tollgate.payouts.ports import PayoutRepository
from tollgate.payouts.recording import PayoutRecorder, Recorded


class Heard(StrEnum):
    """What a notice has done."""

    MOVED = "moved"
    KNOWN = "known"
    ABSENT = "absent"  # there is no such payout
    STRANGE = "strange"  # it is not as we asked for it: a person must look


@dataclass(frozen=True, slots=True)
class PayoutNotice:
    """Tenant and payout are our echo, which anybody with the account could send: the rest must fit."""

    tenant: str
    payout_id: str
    account: str | None
    amount: Money
    report: PayoutReport


class PayoutNotices:
    """Applies them."""

    def __init__(self, payouts: PayoutRepository, recorder: PayoutRecorder) -> None:
        self._payouts = payouts
        self._recorder = recorder

    def hear(self, provider: str, notice: PayoutNotice, settling: Callable[[Heard], Write], trace: str | None) -> Heard:
        """Record a notice, in one transaction with the write that `settling` makes of what it has done. Nothing is
        written for `ABSENT` and `STRANGE`.
        """
        shaped = is_id("pyt", notice.payout_id)
        payout = self._payouts.get(notice.tenant, notice.payout_id) if shaped else None
        if payout is None:
            return Heard.ABSENT
        if not _fits(payout, provider, notice):
            return Heard.STRANGE
        recorded = self._recorder.record(payout, notice.report, lambda each: (settling(_heard(each)),), trace)
        return _heard(recorded)


def _fits(payout: Payout, provider: str, notice: PayoutNotice) -> bool:
    same = (payout.provider, payout.account, Money(payout.net, payout.currency))
    known = payout.reference in (None, notice.report.reference)
    # Money left that was booked as back.
    left = notice.report.state is PayoutState.PAID and payout.reason == NEVER_MADE
    return same == (provider, notice.account, notice.amount) and known and not left


def _heard(recorded: Recorded) -> Heard:
    return Heard.MOVED if recorded.moved else Heard.KNOWN
