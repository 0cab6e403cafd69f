"""The mock pays out whatever it is told, at once: what it answers follows from what it was asked."""

from __future__ import annotations

import json
from datetime import timedelta

from tollgate.kernel.ids import derived
from tollgate.payouts.model import Payout, PayoutReport, PayoutState
from tollgate.payouts.providers import Answered, Found, PayoutProvider, TakenBack, Transferred


class MockPayouts(PayoutProvider):
    """Keeps nothing, and so gives the same answer to the same payout."""

    @property
    def window(self) -> timedelta:
        return timedelta(days=365)

    def parameters(self, payout: Payout) -> str:
        return json.dumps([payout.id])

    def transfer(self, parameters: str, key: str) -> Transferred:
        return Transferred(derived("mtr", *json.loads(parameters)))

    def pay_out(self, parameters: str, key: str) -> Answered:
        return Answered(PayoutReport(PayoutState.PAID, derived("mpo", *json.loads(parameters))))

    def find(self, payout: Payout) -> Found:
        parameters = self.parameters(payout)
        return Found(self.transfer(parameters, "").reference, self.pay_out(parameters, "").report)

    def take_back(self, payout: Payout, key: str) -> TakenBack:
        return TakenBack()
