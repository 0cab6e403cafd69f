"""What has become of payouts that did not move on by themselves: the provider is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tollgate.checkout.ports import Rejected, Unknown, Unreachable, unavailable
from tollgate.kernel.clock import Clock
from tollgate.payouts.model import NEVER_MADE, Payout, PayoutReport, PayoutState
from tollgate.payouts.providers import Answered, Found, PayoutProvider, TakenBack, Transferred
from tollgate.payouts.service import PAYOUT, TRANSFER


class PayoutResolver:
    """Sends nothing under a new key, and gives nothing up that the provider may still have."""

    def __init__(self, providers: Mapping[str, PayoutProvider], clock: Clock) -> None:
        self._providers = providers
        self._clock = clock

    def resolve(self, payout: Payout) -> PayoutReport | None:
        """What the provider says of it; None while nobody can tell. Raises `ProviderUnavailable`."""
        found = self._providers[payout.provider].find(payout)
        if not isinstance(found, Found):
            raise unavailable(payout.provider, found)
        transfer = found.transfer or payout.transfer
        if found.report is not None:
            return replace(found.report, transfer=transfer)
        if payout.state is not PayoutState.UNKNOWN:
            return None
        if self._clock.now() - payout.created_at >= self._providers[payout.provider].window:
            return PayoutReport(PayoutState.FAILED, transfer=transfer, reason=NEVER_MADE)
        return self._send_again(payout, transfer)

    def take_back(self, payout: Payout) -> bool:
        """Undo the transfer of a payout that failed; False where the provider refuses. Raises `ProviderUnavailable`."""
        outcome = self._providers[payout.provider].take_back(payout, payout.provider_key("take_back"))
        match outcome:
            case TakenBack():
                return True
            case Rejected():
                return False
        raise unavailable(payout.provider, outcome)

    def _send_again(self, payout: Payout, transfer: str | None) -> PayoutReport | None:
        provider = self._providers[payout.provider]
        parameters = provider.parameters(payout)
        outcome = Transferred(transfer) if transfer else provider.transfer(parameters, payout.provider_key(TRANSFER))
        if not isinstance(outcome, Transferred):
            return self._refusal(payout, outcome, None)
        sent = provider.pay_out(parameters, payout.provider_key(PAYOUT))
        if isinstance(sent, Answered):
            return replace(sent.report, transfer=outcome.reference)
        return self._refusal(payout, sent, outcome.reference)

    def _refusal(
        self, payout: Payout, outcome: Rejected | Unreachable | Unknown, transfer: str | None
    ) -> PayoutReport | None:
        match outcome:
            case Rejected(code):
                return PayoutReport(PayoutState.FAILED, transfer=transfer, reason=code)
            case Unknown(key_spent=True):
                return None
        raise unavailable(payout.provider, outcome)
