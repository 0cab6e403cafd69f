"""Paying sellers out: reserve, move, send, store what the provider said. Killed anywhere, the next try goes on from
there, and never under another key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tollgate.checkout.ports import Rejected, Unknown, unavailable
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import FieldError, NotFound, ValidationFailed
from tollgate.kernel.idempotency import (
    LEASE,
    AlreadyBegun,
    IdempotencyRecord,
    IdempotencyRepository,
    LeaseLost,
    Response,
    answer_or_resume,
    fingerprint,
    record_id,
)
from tollgate.kernel.ids import IdFactory, derived
from tollgate.kernel.money import Money
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.ledger.ports import Overdrawn
from tollgate.payouts.answers import respond
from tollgate.payouts.errors import InsufficientFunds, PayoutAccountMissing, PayoutChanged, PayoutExists
from tollgate.payouts.model import Payout, PayoutReport, PayoutState, Seller
from tollgate.payouts.ports import PayoutRepository, SellerRepository
from tollgate.payouts.providers import Answered, PayoutOutcome, PayoutProvider, Transferred
from tollgate.payouts.recording import PayoutRecorder, Recorded

OPERATION = "payout.create"
MINIMUM = 10_000
INSTANT_FEE_BASIS_POINTS = 100
TRANSFER, PAYOUT = "transfer", "payout"


@dataclass(frozen=True, slots=True)
class CreatePayout:
    """A wish to pay out `amount` minor units. `body` tells the same wish from another under one key."""

    tenant: str
    caller: str
    seller: str
    key: str
    body: Mapping[str, object]
    amount: int
    currency: str
    instant: bool = False
    trace: str | None = None

    @property
    def scope(self) -> tuple[str, str, str, str]:
        return (self.tenant, self.caller, OPERATION, self.key)

    @property
    def fingerprint(self) -> str:
        return fingerprint({"venue": self.seller, **self.body})


class PayingOut:
    """Two transactions around two provider calls, with a note between these. `provider` names the one that pays
    new payouts out.
    """

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        *,
        payouts: PayoutRepository,
        sellers: SellerRepository,
        recorder: PayoutRecorder,
        idempotency: IdempotencyRepository,
        providers: Mapping[str, PayoutProvider],
        provider: str,
        unit_of_work: UnitOfWork,
        clock: Clock,
        ids: IdFactory,
    ) -> None:
        self._payouts = payouts
        self._sellers = sellers
        self._recorder = recorder
        self._idempotency = idempotency
        self._providers = providers
        self._provider = provider
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    def create(self, wish: CreatePayout) -> Response:
        """Pay out, or answer what an earlier request with this key was answered.

        Raises `ValidationFailed`, `PayoutAccountMissing`, `InsufficientFunds`, `DailyLimitExceeded` (nothing stored),
        `IdempotencyKeyReused`, `DuplicateInProgress`, and `ProviderUnavailable` when the provider surely was not asked.
        """
        if wish.amount < MINIMUM:
            raise ValidationFailed([FieldError("amount", f"at least {MINIMUM} minor units")])
        seller = self._sellers.get(wish.tenant, wish.seller)
        if seller is None:
            raise PayoutAccountMissing
        payout = self._payout(wish, seller)
        record = self._record(wish, payout)
        try:
            self._unit_of_work.commit(self._idempotency.begin(record), *self._recorder.reservation(payout, wish.trace))
        except AlreadyBegun as taken:
            return self._go_on(taken.record, wish.fingerprint)
        except PayoutExists as known:
            return respond(known.payout).replay()
        except Overdrawn as short:
            raise InsufficientFunds(wish.amount, short.balance) from short
        return self._send(record, payout)

    def resume(self, stored: IdempotencyRecord) -> None:
        """Finish what a request left behind. Raises `DuplicateInProgress` or `LeaseLost` while someone else does it,
        and `ProviderUnavailable`.
        """
        self._go_on(stored, stored.fingerprint)

    def _payout(self, wish: CreatePayout, seller: Seller) -> Payout:
        now = self._clock.now()
        fee = Money(wish.amount, wish.currency).portion(INSTANT_FEE_BASIS_POINTS if wish.instant else 0)
        return Payout(
            id=derived("pyt", *wish.scope),
            tenant=wish.tenant,
            seller=wish.seller,
            amount=wish.amount,
            fee=fee.amount,
            currency=wish.currency,
            instant=wish.instant,
            provider=self._provider,
            account=seller.stripe_account,
            state=PayoutState.REQUESTED,
            version=1,
            created_at=now,
            updated_at=now,
        )

    def _record(self, wish: CreatePayout, payout: Payout) -> IdempotencyRecord:
        return IdempotencyRecord(
            id=record_id(*wish.scope),
            tenant=payout.tenant,
            operation=OPERATION,
            fingerprint=wish.fingerprint,
            subject_id=payout.id,
            provider=payout.provider,
            parameters=self._providers[payout.provider].parameters(payout),
            lease_owner=self._ids.new("lease"),
            lease_expires_at=payout.created_at + LEASE,
            created_at=payout.created_at,
        )

    def _go_on(self, stored: IdempotencyRecord, request_fingerprint: str) -> Response:
        now = self._clock.now()
        response = answer_or_resume(stored, request_fingerprint, now)
        if response is not None:
            return response
        payout = self._payouts.get(stored.tenant, stored.subject_id)
        if payout is None:
            raise NotFound("payout")
        successor = stored.leased_to(self._ids.new("lease"), now)
        self._unit_of_work.commit(self._idempotency.take_over(stored, successor))
        if payout.state is not PayoutState.REQUESTED:
            return self._answer(successor, payout)
        if now - stored.created_at >= self._providers[stored.provider].window:
            return self._finish(successor, payout, PayoutReport(PayoutState.UNKNOWN))
        return self._send(successor, payout)

    def _send(self, record: IdempotencyRecord, payout: Payout) -> Response:
        provider = self._providers[record.provider]
        if payout.transfer is None:
            moved = provider.transfer(record.parameters, payout.provider_key(TRANSFER))
            if not isinstance(moved, Transferred):
                return self._learn(moved, record, payout)
            payout = self._note(replace(payout, transfer=moved.reference))
        return self._learn(provider.pay_out(record.parameters, payout.provider_key(PAYOUT)), record, payout)

    def _note(self, payout: Payout) -> Payout:
        """So that whoever fails it knows that there is a transfer to take back."""
        try:
            self._unit_of_work.commit(self._payouts.note(payout))
        except PayoutChanged as changed:
            return replace(changed.payout, transfer=payout.transfer)
        return payout

    def _learn(self, outcome: PayoutOutcome, record: IdempotencyRecord, payout: Payout) -> Response:
        """Store what the provider said. An answer that was lost leaves the payout unknown, until the provider tells."""
        match outcome:
            case Answered(report):
                told = replace(report, transfer=payout.transfer)
            case Rejected(code):
                told = PayoutReport(PayoutState.FAILED, transfer=payout.transfer, reason=code)
            case Unknown():
                told = PayoutReport(PayoutState.UNKNOWN, transfer=payout.transfer)
            case _:
                self._release(record)
                raise unavailable(record.provider, outcome)
        return self._finish(record, payout, told)

    def _finish(self, record: IdempotencyRecord, payout: Payout, told: PayoutReport) -> Response:
        def alongside(recorded: Recorded) -> Sequence[Write]:
            return [self._finishing(record, recorded.payout)]

        return respond(self._recorder.record(payout, told, alongside).payout)

    def _answer(self, record: IdempotencyRecord, payout: Payout) -> Response:
        self._unit_of_work.commit(self._finishing(record, payout))
        return respond(payout)

    def _finishing(self, record: IdempotencyRecord, payout: Payout) -> Write:
        return self._idempotency.finish(record.finished(respond(payout), self._clock.now()))

    def _release(self, record: IdempotencyRecord) -> None:
        try:
            released = record.released(self._clock.now(), key_spent=False)
            self._unit_of_work.commit(self._idempotency.release(released))
        except LeaseLost:
            return  # someone else works on it already
