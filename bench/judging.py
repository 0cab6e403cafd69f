"""The counted costs against their limits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from bench import limits, transitions
from bench.counting import Cost
from bench.figures import Figure
from bench.units import KILOBYTE

# Rarer than what they are beside, and no promise is made of them.
_UNLIMITED = (
    "checkout_replay",
    "webhook_accept_second_event",
    "webhook_apply_second_event",
    "payout_apply_failed_after_paid",
)

type Costs = Mapping[str, Cost]


def figures(costs: Costs) -> list[Figure]:
    """Everything that is counted: first what has a limit, then what is reported beside."""
    return [*_held(costs), *_groups(costs), *_items(costs), *_beside(costs)]


def _held(costs: Costs) -> Iterator[Figure]:
    create, apply = costs["checkout_create"], costs["webhook_apply"]
    yield _calls("checkout create", create, limits.CHECKOUT_CREATE_CALLS)
    yield _units("checkout create", create, limits.CHECKOUT_CREATE_WRITE_UNITS)
    yield _calls("charge", costs["charge"], limits.CHARGE_CALLS)
    yield _units("charge", costs["charge"], limits.CHARGE_WRITE_UNITS)
    yield _calls("checkout replay", costs["checkout_replay"], limits.CHECKOUT_REPLAY_CALLS)
    for name, calls in (("accept", limits.WEBHOOK_ACCEPT_CALLS), ("duplicate", limits.WEBHOOK_DUPLICATE_CALLS)):
        cost = costs[f"webhook_{name}"]
        stored = max(math.ceil(written.bytes / KILOBYTE) for written in cost.written)
        yield _calls(f"webhook {name}", cost, calls)
        yield _units(f"webhook {name}", cost, stored * limits.WEBHOOK_WRITE_UNITS_PER_STORED_KILOBYTE)
    yield _calls("webhook apply", apply, limits.WEBHOOK_APPLY_CALLS)
    yield _units("webhook apply", apply, limits.WEBHOOK_APPLY_WRITE_UNITS)
    yield _calls("refund", costs["refund"], limits.REFUND_CALLS)
    yield _units("refund", costs["refund"], limits.REFUND_WRITE_UNITS)
    for name in ("payout", "payout_instant"):
        yield _calls(name.replace("_", ", "), costs[name], limits.PAYOUT_CALLS)
        yield _units(name.replace("_", ", "), costs[name], limits.PAYOUT_WRITE_UNITS)
    for outcome in ("paid", "failed"):
        cost = costs[f"payout_apply_{outcome}"]
        yield _calls(f"payout apply, {outcome}", cost, limits.WEBHOOK_APPLY_CALLS)
        yield _units(f"payout apply, {outcome}", cost, limits.WEBHOOK_APPLY_WRITE_UNITS)
    relay = costs["relay_batch"]
    most = math.ceil(relay.bus_entries / limits.RELAY_ENTRIES_PER_CALL)
    note = f"{relay.records} events under {relay.bus_entries} names"
    count = costs["count_batch"]
    yield _calls("count of a batch", count, limits.COUNT_BATCH_CALLS)
    yield _units("count of a batch", count, count.records * limits.COUNT_WRITE_UNITS_PER_EVENT)
    yield Figure("relay of a batch: calls", len(relay.calls), "calls", "counted", most, note=note)
    yield from _gift_cards(costs)
    yield from _deliveries(costs)
    yield from (*_subscriptions(costs), *_resales(costs))
    yield from _ledger(costs)


def _deliveries(costs: Costs) -> Iterator[Figure]:
    yield _calls("delivery", costs["delivery"], limits.DELIVERY_CALLS)
    yield _units("delivery", costs["delivery"], limits.DELIVERY_WRITE_UNITS)


def _gift_cards(costs: Costs) -> Iterator[Figure]:
    """Bought, mailed, looked at, spent; and a checkout that is paid with one card and credit beside Stripe."""
    card = (limits.GIFT_CARD_CALLS, limits.GIFT_CARD_WRITE_UNITS)
    credit = (limits.CREDIT_CALLS, limits.CREDIT_WRITE_UNITS)
    create = (limits.CHECKOUT_CREATE_CALLS, limits.CHECKOUT_CREATE_WRITE_UNITS)
    apply = (limits.WEBHOOK_APPLY_CALLS, limits.WEBHOOK_APPLY_WRITE_UNITS)
    held = {
        # The card is new: there is nothing to read.
        "gift_card_purchase": (create[0], create[1] + card[1]),
        "gift_card_purchase_apply": _sum(apply, card),
        "gift_card_use": (limits.GIFT_CARD_USE_CALLS, limits.GIFT_CARD_USE_WRITE_UNITS),
        "gift_card_redeem": (limits.GIFT_CARD_REDEEM_CALLS, limits.GIFT_CARD_REDEEM_WRITE_UNITS),
        "gift_card_show": (limits.GIFT_CARD_SHOW_CALLS, limits.GIFT_CARD_SHOW_WRITE_UNITS),
        "gift_card_guess": (limits.GIFT_CARD_GUESS_CALLS, limits.GIFT_CARD_GUESS_WRITE_UNITS),
        "checkout_with_tenders": _sum(create, card, credit),
        # Credit was taken when it was held.
        "checkout_with_tenders_apply": _sum(apply, card),
        "refund_onto_tenders": (limits.REFUND_ONTO_TENDERS_CALLS, limits.REFUND_ONTO_TENDERS_WRITE_UNITS),
    }
    for name, (calls, units) in held.items():
        yield _calls(name.replace("_", " "), costs[name], calls)
        yield _units(name.replace("_", " "), costs[name], units)
    mail = costs["mail_send"]
    yield Figure("mail: calls", len(mail.calls), "calls", "counted", limits.MAIL_CALLS, note="one of them of SES")
    yield _units("mail", mail, limits.MAIL_WRITE_UNITS)


def _subscriptions(costs: Costs) -> Iterator[Figure]:
    """Ordered, begun with the first payment, shown, renewed, and not renewed."""
    held = {
        "subscription_order": (limits.SUBSCRIPTION_ORDER_CALLS, limits.SUBSCRIPTION_ORDER_WRITE_UNITS),
        "subscription_apply_paid": (limits.SUBSCRIPTION_PAID_CALLS, limits.SUBSCRIPTION_PAID_WRITE_UNITS),
        "subscription_apply_renewed": (limits.SUBSCRIPTION_RENEWED_CALLS, limits.SUBSCRIPTION_RENEWED_WRITE_UNITS),
        "subscription_apply_failed": (limits.SUBSCRIPTION_FAILED_CALLS, limits.SUBSCRIPTION_FAILED_WRITE_UNITS),
        "renewal": (limits.RENEWAL_CALLS, limits.RENEWAL_WRITE_UNITS),
        "subscription_show": (limits.SUBSCRIPTION_SHOW_CALLS, limits.SUBSCRIPTION_SHOW_WRITE_UNITS),
    }
    for name, (calls, units) in held.items():
        yield _calls(name.replace("_", " "), costs[name], calls)
        yield _units(name.replace("_", " "), costs[name], units)


def _groups(costs: Costs) -> Iterator[Figure]:
    """Made, set aside share by share, each by a charge, and taken."""
    share = _sum(
        (limits.CHARGE_CALLS, limits.CHARGE_WRITE_UNITS),
        (limits.GROUP_SHARE_BEGUN_CALLS, limits.GROUP_SHARE_BEGUN_WRITE_UNITS),
        (limits.GROUP_SHARE_HELD_CALLS, limits.GROUP_SHARE_HELD_WRITE_UNITS),
        (limits.GROUP_STATUS_CALLS, 0),
    )
    taken = (limits.GROUP_SHARE_TAKEN_CALLS, limits.GROUP_SHARE_TAKEN_WRITE_UNITS)
    held = {
        "group_create": (limits.GROUP_CREATE_CALLS, limits.GROUP_CREATE_WRITE_UNITS),
        "group_share": share,
        "group_share_last": _sum(share, (0, limits.GROUP_AUTHORIZED_WRITE_UNITS)),
        "group_take": _sum((limits.GROUP_READ_CALLS, limits.GROUP_COMPLETED_WRITE_UNITS), taken, taken),
    }
    for name, (calls, units) in held.items():
        yield _calls(name.replace("_", " "), costs[name], calls)
        yield _units(name.replace("_", " "), costs[name], units)


def _resales(costs: Costs) -> Iterator[Figure]:
    """What an escrow adds to whatever is done with its payment."""
    escrow, apply = (
        (limits.ESCROW_CALLS, limits.ESCROW_WRITE_UNITS),
        (limits.WEBHOOK_APPLY_CALLS, limits.WEBHOOK_APPLY_WRITE_UNITS),
    )
    held = {
        "resale_purchase": (limits.RESALE_CALLS, limits.RESALE_WRITE_UNITS),
        "escrow_fund": _sum(escrow, apply),
        "escrow_release": (limits.ESCROW_RELEASE_CALLS, limits.ESCROW_RELEASE_WRITE_UNITS),
        "royalty_count": (limits.ROYALTY_CALLS, limits.ROYALTY_WRITE_UNITS),
    }
    for name, (calls, units) in held.items():
        yield _calls(name.replace("_", " "), costs[name], calls)
        yield _units(name.replace("_", " "), costs[name], units)
    yield from transitions.figures()


def _sum(*parts: tuple[int, int]) -> tuple[int, int]:
    """Calls and units together."""
    return sum(calls for calls, _ in parts), sum(units for _, units in parts)


def _ledger(costs: Costs) -> Iterator[Figure]:
    """An account is one item: of a thousand sales, each account is written as often as there are transactions."""
    batch, hot = costs["ledger_projection"], costs["ledger_hot_venue"]
    accounts = _of("balance", batch)
    units = batch.records * limits.LEDGER_WRITE_UNITS_PER_ENTRY + accounts * limits.LEDGER_WRITE_UNITS_PER_ACCOUNT
    yield _calls("ledger projection of a batch", batch, limits.LEDGER_BATCH_CALLS)
    yield _units("ledger projection of a batch", batch, units)
    writes, most = _of("balance", hot) / accounts, limits.LEDGER_WRITES_OF_AN_ITEM_FOR_A_THOUSAND_SALES
    note = f"{hot.records} sales of one seller, {hot.database_calls} transactions"
    yield Figure("hot venue: writes of any item", writes, "writes", "counted", most, note=note)


def _of(kind: str, cost: Cost) -> int:
    return sum(written.kind == kind for written in cost.written)


def _calls(name: str, cost: Cost, limit: int) -> Figure:
    return Figure(f"{name}: DynamoDB calls", cost.database_calls, "calls", "counted", limit)


def _units(name: str, cost: Cost, limit: int) -> Figure:
    note = f"beside: {cost.index_units} of indexes, {cost.read_units:g} read, {cost.request_bytes} bytes sent"
    return Figure(f"{name}: write units", cost.write_units, "units", "counted", limit, note=note)


def _items(costs: Costs) -> Iterator[Figure]:
    """What is written in transactions must stay within a kilobyte: past it, each item costs twice."""
    payouts = ("payout_instant", "payout_apply_paid", "payout_apply_failed")
    for name in (
        "checkout_create",
        "charge",
        "webhook_apply",
        *payouts,
        "count_batch",
        "ledger_projection",
        "delivery",
    ):
        for kind in sorted({written.kind for written in costs[name].written} - {"provider_event"}):
            size = max(written.bytes for written in costs[name].written if written.kind == kind)
            title = f"{name.replace('_', ' ')}: largest {kind} item"
            yield Figure(title, size, "bytes", "counted", limits.ITEM_BYTES)
    cards = ("gift_card_purchase", "gift_card_use", "gift_card_redeem")
    plans = ("subscription_order", "subscription_apply_paid", "subscription_apply_renewed", "subscription_apply_failed")
    resales = ("resale_purchase", "escrow_fund", "escrow_release")
    for name in (*cards, "checkout_with_tenders", "checkout_with_tenders_apply", *plans, *resales):
        written = [each for each in costs[name].written if each.kind != "provider_event"]
        largest = max(written, key=lambda each: each.bytes)
        title, note = f"{name.replace('_', ' ')}: largest item", largest.kind.replace("_", " ")
        most = limits.SUBSCRIPTION_FAILED_ITEM_BYTES if name == "subscription_apply_failed" else limits.ITEM_BYTES
        yield Figure(title, largest.bytes, "bytes", "counted", most, note=note)


def _beside(costs: Costs) -> Iterator[Figure]:
    for name, cost in costs.items():
        title = name.replace("_", " ")
        if name == "checkout_create_first_of_instance":
            yield Figure(f"{title}: AWS calls", len(cost.calls), "calls", "counted", note="secrets, prices, origins")
        if name == "payout_apply_failed_after_paid":
            # What was posted as paid is reversed beside it: one entry more.
            yield Figure(f"{title}: DynamoDB calls", cost.database_calls, "calls", "counted")
        if name in _UNLIMITED:
            yield Figure(f"{title}: write units", cost.write_units, "units", "counted")
