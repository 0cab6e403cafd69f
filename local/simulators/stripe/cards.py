"""Test cards and test payment methods: what a charge, and later a refund, of each does.

Source: Stripe's testing reference (numbers, `pm_card_*` ids, decline codes, behaviour of refunds).
"""

from dataclasses import dataclass

from local.simulators.stripe.errors import Body

GENERIC_DECLINE = "The card was declined."


@dataclass(frozen=True, slots=True)
class Decline:
    """Why an issuer, or the risk check before it, says no. `advice` is Stripe's `advice_code`."""

    code: str
    message: str
    decline_code: str | None = None
    advice: str | None = None
    network_code: str | None = None
    blocked: bool = False

    @property
    def network_advice(self) -> str | None:
        """The network's own advice, as far as it gives one: 01 new details, 02 later, 03 never again."""
        if self.network_code is None:
            return None
        return {"confirm_card_data": "01", "try_again_later": "02", "do_not_try_again": "03"}.get(self.advice or "")

    def details(self) -> Body:
        """The part of an error or charge outcome that tells of this decline."""
        return {
            "code": self.code,
            "decline_code": self.decline_code,
            "message": self.message,
            "advice_code": self.advice,
            "network_advice_code": self.network_advice,
            "network_decline_code": self.network_code,
        }


def _declined(decline_code: str, advice: str, network_code: str | None, *, blocked: bool = False) -> Decline:
    return Decline("card_declined", GENERIC_DECLINE, decline_code, advice, network_code, blocked)


_GENERIC = _declined("generic_decline", "try_again_later", "05")
_FUNDS = Decline("card_declined", "The card has insufficient funds.", "insufficient_funds", "try_again_later", "51")
_DO_NOT_HONOR = _declined("do_not_honor", "try_again_later", "05")
_LOST = _declined("lost_card", "do_not_try_again", "41")
_STOLEN = _declined("stolen_card", "do_not_try_again", "43")
_BLOCKED = _declined("fraudulent", "do_not_try_again", None, blocked=True)
_VELOCITY = _declined("card_velocity_exceeded", "try_again_later", "65")
_EXPIRED = Decline("expired_card", "The card has expired.", advice="do_not_try_again", network_code="54")
_CVC = Decline("incorrect_cvc", "The card's security code is incorrect.", advice="confirm_card_data", network_code="82")
_PROCESSING = Decline(
    "processing_error", "The card could not be processed; try again.", advice="try_again_later", network_code="96"
)
INCORRECT_NUMBER = Decline("incorrect_number", "The card number is incorrect.", advice="confirm_card_data")
NOT_A_TEST_CARD = _declined("test_mode_live_card", "confirm_card_data", None)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required", "The card requires authentication.", "authentication_required", None
)
AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure", "The payment method could not be authenticated; choose another one."
)


@dataclass(frozen=True, slots=True)
class TestCard:
    """One test instrument and its behaviour.

    `refund` is the course its refunds take; `dispute` the reason for which its charges are disputed, or `inquiry`.
    A `slow` one stays in processing until somebody settles it. One that is `saved` can be saved although it declines
    charges. `later` declines charges without the cardholder: the first `later_times` of a saved card, or all. One with
    `authentication_once` asks no more after its holder has let it be saved.
    """

    __test__ = False

    number: str
    label: str
    methods: str
    decline: Decline | None = None
    authentication: bool = False
    refund: str = "succeeded"
    dispute: str | None = None
    available_at_once: bool = False
    slow: bool = False
    saved: bool = False
    later: Decline | None = None
    later_times: int | None = None
    authentication_once: bool = False
    brand: str = "visa"
    funding: str = "credit"
    quick: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def is_bank_debit(self) -> bool:
        return self.brand == "bank"


BANK_DEBIT = TestCard("000123456789", "Bank debit", "pm_usBankAccount_success", brand="bank", refund="pending")

CARDS = (
    TestCard("4242424242424242", "Succeeds", "pm_card_visa", quick=True),
    TestCard("4000056655665556", "Succeeds (debit)", "pm_card_visa_debit", funding="debit"),
    TestCard("5555555555554444", "Succeeds", "pm_card_mastercard", brand="mastercard"),
    TestCard("378282246310005", "Succeeds", "pm_card_amex", brand="amex"),
    TestCard(
        "4000000000000002", "Declined", "pm_card_visa_chargeDeclined pm_card_chargeDeclined", _GENERIC, quick=True
    ),
    TestCard(
        "4000000000009995", "Insufficient funds",
        "pm_card_visa_chargeDeclinedInsufficientFunds pm_card_chargeDeclinedInsufficientFunds", _FUNDS, quick=True,
    ),
    TestCard(
        "4000000000009987", "Lost card", "pm_card_visa_chargeDeclinedLostCard pm_card_chargeDeclinedLostCard", _LOST
    ),
    TestCard(
        "4000000000009979", "Stolen card", "pm_card_visa_chargeDeclinedStolenCard pm_card_chargeDeclinedStolenCard",
        _STOLEN,
    ),
    TestCard("4000000000000069", "Expired card", "pm_card_chargeDeclinedExpiredCard", _EXPIRED, quick=True),
    TestCard("4000000000000127", "Incorrect CVC", "pm_card_chargeDeclinedIncorrectCvc", _CVC),
    TestCard("4000000000000119", "Processing error", "pm_card_chargeDeclinedProcessingError", _PROCESSING),
    TestCard("4000000000006975", "Too many uses", "pm_card_chargeDeclinedVelocityLimitExceeded", _VELOCITY),
    TestCard("4000000000000341", "Saved, later charges fail", "pm_card_chargeCustomerFail", _GENERIC, saved=True),
    TestCard("4100000000000019", "Blocked as highest risk", "pm_card_radarBlock", _BLOCKED),
    TestCard(
        "4000002500003155", "Authentication (3-D Secure)", "pm_card_authenticationRequiredOnSetup",
        authentication=True, authentication_once=True, quick=True,
    ),
    TestCard("4000002760003184", "Authentication always", "pm_card_authenticationRequired", authentication=True),
    TestCard("4000000000003220", "Authentication always", "pm_card_threeDSecure2Required", authentication=True),
    TestCard(
        "4000008260003178", "Authentication, then insufficient funds",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", _FUNDS, authentication=True,
    ),
    TestCard("4000000000000259", "Disputed as fraudulent", "pm_card_createDispute", dispute="fraudulent", quick=True),
    TestCard(
        "4000000000002685", "Disputed as not received", "pm_card_createDisputeProductNotReceived",
        dispute="product_not_received",
    ),
    TestCard("4000000000001976", "The bank inquires", "pm_card_createDisputeInquiry", dispute="inquiry"),
    # Stripe has none like it.
    TestCard("4000000000000085", "Stays in processing", "pm_card_simulatedProcessing", slow=True),
    # Neither has it any of these: they pay at first, and are declined when they are charged without their holder.
    TestCard("4000000000010019", "Renewals: the first declined", "pm_card_simulatedRenewalDeclinedOnce",
             later=_FUNDS, later_times=1),
    TestCard("4000000000010035", "Renewals: three declined", "pm_card_simulatedRenewalDeclinedThreeTimes",
             later=_FUNDS, later_times=3),
    TestCard("4000000000010050", "Renewals: insufficient funds", "pm_card_simulatedRenewalInsufficientFunds",
             later=_FUNDS, quick=True),
    TestCard("4000000000010068", "Renewals: expired", "pm_card_simulatedRenewalExpired", later=_EXPIRED),
    TestCard("4000000000010076", "Renewals: stolen", "pm_card_simulatedRenewalStolen", later=_STOLEN, quick=True),
    TestCard("4000000000010084", "Renewals: authentication", "pm_card_simulatedRenewalAuthentication",
             later=AUTHENTICATION_REQUIRED),
    TestCard("4000000000000077", "Funds available at once", "pm_card_bypassPending", available_at_once=True),
    TestCard("4000000000007726", "Refunds settle later", "pm_card_pendingRefund", refund="pending", quick=True),
    TestCard("4000000000005126", "Refunds fail later", "pm_card_refundFail", refund="fails_later", quick=True),
)  # fmt: skip

DECLINES = {
    decline.decline_code or decline.code: decline
    for decline in (_GENERIC, _FUNDS, _LOST, _STOLEN, _BLOCKED, _VELOCITY, _EXPIRED, _CVC, _PROCESSING, _DO_NOT_HONOR,
                    AUTHENTICATION_REQUIRED)
}  # fmt: skip
"""What an issuer can be told to answer, by the code that tells it apart."""

_BY_NUMBER = {card.number: card for card in (*CARDS, BANK_DEBIT)}
_BY_METHOD = {name: card for card in (*CARDS, BANK_DEBIT) for name in card.methods.split()}


def card_of_number(number: str) -> TestCard | Decline:
    """The card typed into a form; spaces and dashes are ignored. A number that is no test card is a decline."""
    compact = number.replace(" ", "").replace("-", "")
    if compact in _BY_NUMBER and compact != BANK_DEBIT.number:
        return _BY_NUMBER[compact]
    return NOT_A_TEST_CARD if _passes_checksum(compact) else INCORRECT_NUMBER


def card_of_method(name: str) -> TestCard | None:
    """The card behind a test id such as `pm_card_visa`."""
    return _BY_METHOD.get(name)


def card_known_as(number: str) -> TestCard:
    """The card of a number that was stored from this table. KeyError for any other."""
    return _BY_NUMBER[number]


def _passes_checksum(number: str) -> bool:
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19):
        return False
    reversed_digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in reversed_digits[1::2]]
    return (sum(reversed_digits[::2]) + sum(doubled)) % 10 == 0
