"""What must hold of charges at once, and of payments that went from one provider to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.crash.invariants import always
from tests.support.crashing_seen import Seen, payment_id
from tollgate.payments.events import PAYMENT_CREATED
from tollgate.subscriptions.model import Renewer

_CHARGES = ("stripe.POST /v1/payment_intents", "square.POST /v2/payments")
_PAGES = ("stripe.POST /v1/checkout/sessions", "square.POST /v2/online-checkout/payment-links")
# Behind these is a client who waits. The others charge what was agreed to, where a subscription is ours to renew.
_CLIENTS_ASK = ("checkout_api", "subscription_api", "group_payment_api", "marketplace_api")
_RENEW = ("renewer", "dunning_step")
# What an order tells of its charge, which has a status.
_OUTCOMES = {"confirmed": "succeeded", "processing": "processing"}
_REFUSED_UNREAD = 429
_ENDED = ("failed", "cancelled")


@always
def a_charge_is_made_once_at_most_at_a_provider(seen: Seen) -> Iterator[str]:
    """Also one that was declined: a bank remembers how often it was asked."""
    for (provider, payment), number in Counter((each.provider, each.payment) for each in seen.charges).items():
        if number > 1:
            yield f"{payment} was charged {number} times at {provider}"


@always
def a_charge_goes_elsewhere_only_if_it_surely_did_not_begin(seen: Seen) -> Iterator[str]:
    """Whoever heard of it, and did not turn it away unread, is the last to be asked for it."""
    heard: str | None = None
    for asked in seen.asked:
        if asked.call in _CHARGES:
            if heard not in (None, asked.provider):
                yield f"{heard} had heard of it when {asked.provider} was asked"
            heard = asked.provider if asked.status != _REFUSED_UNREAD else heard


@always
def whoever_is_asked_for_money_was_stored_before(seen: Seen) -> Iterator[str]:
    payments = [version for image in seen.of("payment") for version in seen.versions(image)]
    stored = {version["provider"]["S"] for version in payments if version["kind"] == {"S": "payment"}}
    for provider in {each.provider for each in seen.asked if each.call in (*_CHARGES, *_PAGES)}:
        if provider not in stored:
            yield f"{provider} was asked, and {stored or 'nobody'} is stored"


@always
def nobody_is_charged_who_has_gone(seen: Seen) -> Iterator[str]:
    ours = any(image["renewed_by"]["S"] == Renewer.PLATFORM for image in seen.of("subscription"))
    for asked in seen.asked:
        if asked.call in _CHARGES and asked.function not in (*_CLIENTS_ASK, *(_RENEW if ours else ())):
            yield f"{asked.function} asked for {asked.call}"


@always
def a_charge_that_ended_takes_no_money(seen: Seen) -> Iterator[str]:
    """Unless it came for what was over, and that is recorded: such money is held, and goes back."""
    for image in seen.of("payment"):
        if "direct" in image and image["state"]["S"] in _ENDED and "captures" not in image:
            found = [each for each in seen.charges if each.payment == payment_id(image) and each.state != "ended"]
            if found:
                yield f"{payment_id(image)} is {image['state']['S']}, and {found}"


@always
def what_is_answered_of_a_charge_is_true(seen: Seen) -> Iterator[str]:
    """An answer that is not the last one must say so; what a bank asks of the buyer, they may have done since."""
    states = [each.state for each in seen.charges if each.payment not in seen.purchase.beside]
    for answer in seen.purchase.answers if seen.purchase.sources else ():
        outcome = answer.body.get("outcome") or _OUTCOMES.get(answer.body.get("status"), "none")
        true = {"succeeded": ["taken"], "processing": ["open"]}.get(outcome)
        goes_back = "goes back" in answer.body.get("error", "")
        if (outcome == "none" and set(states) - {"ended"} and not goes_back) or (
            true is not None and states.count(true[0]) != 1
        ):
            yield f"{answer.status} with {outcome}, and {seen.charges}"
        if outcome == "authorized" and len(states) != 1:
            yield f"{answer.status} with {outcome}, and {seen.charges}"
        if outcome == "requires_action" and (not answer.body["nextAction"] or len(states) != 1):
            yield f"{answer.body}, and {seen.charges}"


@always
def money_is_where_its_payment_says(seen: Seen) -> Iterator[str]:
    for image in seen.of("payment"):
        for money in seen.taken(payment_id(image)):
            if money.provider != image["provider"]["S"]:
                yield f"{money}, and the payment is at {image['provider']['S']}"


@always
def the_way_from_provider_to_provider_is_told(seen: Seen) -> Iterator[str]:
    for image in seen.of("payment"):
        at: str | None = None
        for event in seen.events(payment_id(image)):
            if event["type"] == PAYMENT_CREATED:
                at = event["data"]["provider"]
            elif "left" in event["data"]:
                if event["data"]["left"] != at:
                    yield f"event {event['sequence']} leaves {event['data']['left']}, and it was at {at}"
                at = event["data"]["provider"]
        if at != image["provider"]["S"]:
            yield f"told to be at {at}, and stored at {image['provider']['S']}"


@always
def what_a_left_provider_tells_changes_nothing(seen: Seen) -> Iterator[str]:
    tellers = {image["event_id"]["S"]: image["provider"]["S"] for image in seen.of("provider_event")}
    for image in seen.of("payment"):
        for event in seen.events(payment_id(image)):
            teller, at = tellers.get(event["trace"]), event["data"]["provider"]
            if teller not in (None, at):
                yield f"event {event['sequence']} is what {teller} told, and the payment was at {at}"
