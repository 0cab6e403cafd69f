"""Everything that functions do with AWS, done once in one deployment.

Each right in `template.yaml` is taken up here by what the function does with it: a function that gains a right gains a
line here.
"""

from __future__ import annotations

from tests.functions.consuming import Backend, Delivered, with_secret
from tests.functions.giving import HOLDER, Cards, no_cards_code
from tests.functions.groups_life import share
from tests.functions.mailing import BUYER, verified
from tests.functions.paying_out import a_venue
from tests.functions.paying_pal import PalShop
from tests.functions.reconciling import HOUR, Stuck
from tests.functions.refunding import paid, refund
from tests.functions.renewers_life import renew
from tests.functions.resellers_life import resell
from tests.functions.segpaying import Shop
from tests.functions.selling_at_square import deliver, square_secrets
from tests.functions.subscribers_life import subscribe, subscribe_at_segpay
from tests.functions.subscribing import Club
from tests.functions.subscribing_at_segpay import Members
from tests.functions.test_admin import admin, ended
from tests.functions.test_retry import retry
from tests.functions.test_stats import count, messages, published, stats
from tests.support.deployment import PLATFORM_TOKEN
from tests.support.requests import ORIGIN, a_mock_event, context, new_key
from tollgate.adapters.delivery_wakes import encoded
from tollgate.deliveries.model import Aggregate
from tollgate.deliveries.ports import Wake
from tollgate.kernel.ids import derived

MINUTE, DAY = 60, 86_400
# They sell here too.
OTHERS = ("segpay", "square", "paypal")


def live(stuck: Stuck, pal: PalShop) -> None:
    """Buyers, admins, venues, providers, the reconciler and the streams, one after the other."""
    buy(stuck)
    subscribe(stuck)
    administer(stuck)
    sell_at_square(stuck)
    pay_out(stuck)
    spend_gift_cards(stuck)
    keep_catalog(stuck)
    pay_in_parts(stuck)
    resell(stuck)
    pay_at_paypal(pal)
    tell_consumers(stuck)
    mend(stuck)
    forget_at_paypal(pal)
    renew(Club(stuck.deployed, stuck.stripe, stuck.clock_file, deaf=True))
    share(stuck)
    consume_streams(stuck)
    assert stuck.deployed.call("GET", "/health/ready", function="health").body["status"] == "healthy"


def buy(stuck: Stuck) -> None:
    """Paid, read, listed and refunded; then events that come before their payment, or before each other."""
    checkout = paid(stuck, venueId="ven_1", customerEmail=BUYER)
    for headers in (stuck.deployed.as_user(), stuck.deployed.as_user("boss", role="admin")):
        assert stuck.deployed.call("GET", "/transactions", headers=headers).body["transactions"]
    assert refund(stuck, checkout.body["id"], amount=1_000).status == 200
    key = new_key()
    _captured_early(stuck, derived("pay", "demo", "user-1", "checkout.create", key))
    assert stuck.deployed.checkout(key).status == 201
    _settled_before_captured(stuck)
    stuck.deployed.apply_inbox()


def administer(stuck: Stuck) -> None:
    """Lists, figures, books, the reconciler, and new tries: at Stripe, and at the mock, which tells of it too early."""
    for query in ("", "user=user-1"):
        assert admin(stuck.deployed, query=query).body["transactions"]
    assert stats(stuck.deployed).status == 200
    for path in ("ledger/trial-balance", "ledger/accounts/platform_fees/entries", "reconciliation"):
        assert admin(stuck.deployed, f"/admin/{path}").status == 200
    stuck.admin("POST", "/admin/reconciliation/run")
    steer(stuck)
    unpaid = stuck.checkout().body["id"]
    cancel = f"/payments/checkout/{unpaid}/cancel"
    assert stuck.deployed.call("POST", cancel, headers=stuck.deployed.as_user()).status == 200
    assert retry(stuck.deployed, unpaid).status == 201
    failed = ended(stuck.deployed, "failed")["id"]
    _captured_early(stuck, derived("pay", "demo", "retry", failed))
    assert retry(stuck.deployed, failed).status == 201


def steer(stuck: Stuck) -> None:
    """Where sales go is asked, simulated, and said."""
    boss = stuck.deployed.as_user("boss", role="admin")
    sale = {"currency": "USD", "amount": 10_000}
    asked = (("GET", "health", None), ("POST", "simulate", sale), ("GET", "rules", None))
    for method, path, body in (*asked, ("PUT", "rules", {"disabled": [], "order": ["stripe"]})):
        answer = stuck.deployed.call(method, f"/admin/routing/{path}", body, headers=boss, function="admin_api")
        assert answer.status == 200


def _captured_early(stuck: Stuck, payment: str, amount: int = 10_000) -> None:
    coming = {"id": payment, "providerCheckoutSessionId": "mock_1", "amount": amount, "currency": "USD"}
    stuck.deployed.tell(a_mock_event(coming))
    stuck.deployed.apply_inbox()


def _settled_before_captured(stuck: Stuck) -> None:
    """The second of these is not applied yet: it wakes the first when it is."""
    checkout = stuck.deployed.checkout()
    stuck.deployed.tell(a_mock_event(checkout.body, "settled"))
    stuck.deployed.apply_inbox()
    stuck.deployed.tell(a_mock_event(checkout.body))


def sell_at_square(stuck: Stuck) -> None:
    """Nobody answers there: each page is asked for, and once more when the reconciler finishes what was left. And its
    webhook.
    """
    square_secrets(stuck.deployed, "https://tollgate.example/webhooks/square")
    assert stuck.checkout(provider="square").status == 502
    assert Cards(stuck.deployed).buy(method="card", provider="square").status == 502
    pages = {"successUrl": f"{ORIGIN}/thanks", "cancelUrl": f"{ORIGIN}/cart", "provider": "square"}
    unpaid = stuck.checkout().body["id"]
    cancel = f"/payments/checkout/{unpaid}/cancel"
    assert stuck.deployed.call("POST", cancel, headers=stuck.deployed.as_user()).status == 200
    assert retry(stuck.deployed, unpaid, pages).status == 502
    assert deliver(stuck.deployed, b"{}", "unsigned").status == 400


def pay_out(stuck: Stuck) -> None:
    """A bank sends a payout back."""
    venue = a_venue(stuck)
    payable = venue.payable()
    assert venue.pay_out(20_000).status == 200
    _, (payout,) = venue.at_stripe()
    stuck.stripe.control(f"payouts/{payout.id}/settle", outcome="failed")
    venue.hear("payout.failed")
    venue.project()
    assert (venue.only()["status"], venue.payable()) == ("failed", payable)


def buy_at_segpay(shop: Shop) -> None:
    """Its secrets are read by whoever opens a page there, asks about one, or takes in what it tells."""
    shop.sold()
    unpaid = shop.checkout().body["id"]
    cancel = f"/payments/checkout/{unpaid}/cancel"
    assert shop.deployed.call("POST", cancel, headers=shop.deployed.as_user()).status == 200
    assert retry(shop.deployed, unpaid).status == 201
    assert Cards(shop.deployed).buy(new_key(), method="card", provider="segpay").status == 201
    shop.later(8 * DAY)
    shop.stuck.swept(-HOUR, *OTHERS)
    shop.stuck.reconcile()
    subscribe_at_segpay(Members(shop))


def spend_gift_cards(stuck: Stuck) -> None:
    """Looked at, used, redeemed and stopped; and a guess that fails."""
    cards = Cards(stuck.deployed)
    given = cards.given()
    for part in ("", "/balance", "/history"):
        assert cards.see(given.code, part, cards.holder()).status == 200
    assert cards.see(no_cards_code()).status == 404
    key = new_key()
    assert [cards.use(given.code, 10_000, key).status for _ in range(2)] == [200, 200]
    assert cards.redeem(cards.given().code).status == 200
    assert cards.credit().body["available"] == 10_000
    for word in ("freeze", "unfreeze"):
        assert cards.stop(given.id, word).status == 200
    assert cards.administer(given.id, "/history").status == 200


def keep_catalog(stuck: Stuck) -> None:
    """An item is made, listed before the shared ones, changed and withdrawn."""
    call, path, token = (
        stuck.deployed.call,
        "/internal/payments/pricing-items",
        {"x-platform-internal-token": PLATFORM_TOKEN},
    )
    body = {"consumerTenantId": "demo", "code": "own", "name": "Own", "amount": 100, "currency": "USD"}
    made = call("POST", path, body, headers=token, function="catalog_api")
    listed = call("GET", path, headers=token, query="consumerTenantId=demo", function="catalog_api")
    assert [each["code"] for each in listed.body["pricingItems"]][:2] == ["own", "concert_ticket"]
    own = f"{path}/{made.body['id']}"
    assert call("PATCH", own, {"amount": 200}, headers=token, function="catalog_api").body["version"] == 2
    signed = stuck.deployed.as_service("DELETE", own)
    assert call("DELETE", own, headers=signed, function="catalog_api").body["active"] is False


def pay_in_parts(stuck: Stuck) -> None:
    """A gift card is bought, and told of too early; then it and credit are held, given up, held again, and refunded."""
    cards, key = Cards(stuck.deployed), new_key()
    assert cards.buy(key, method="card").status == 201
    early = new_key()
    _captured_early(stuck, derived("pay", "demo", HOLDER, "gift_card.purchase", early), 5_000)
    assert cards.buy(early).status == 201
    assert cards.redeem(cards.given(25_000).code).status == 200
    given = cards.given(500)
    assert cards.pay(no_cards_code()).status == 422
    checkout = cards.pay(given.code, credit=1_000)
    stuck.deployed.tell(a_mock_event(checkout.body, "failed"))
    stuck.deployed.apply_inbox()
    again = retry(stuck.deployed, checkout.body["id"]).body
    stuck.deployed.tell(a_mock_event(again))
    stuck.deployed.apply_inbox()
    covered = cards.pay(credit=10_000)
    assert covered.body["status"] == "confirmed"
    for payment in (again["id"], covered.body["id"]):
        assert refund(stuck, payment).status == 200


def pay_at_paypal(pal: PalShop) -> None:
    """Captured, after a dispute was heard of; a gift card and a new try, whose pages nobody has paid yet."""
    checkout = pal.checkout()
    pal.paypal.control("webhooks/faults", kind="drop", types=["PAYMENT.CAPTURE.COMPLETED"])
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED")
    pal.paypal.control("api/faults", kind="drop", path="/capture$")
    assert len(pal.capture()) == 1
    pal.paypal.control(f"captures/{pal.paypal.captures()[0]['id']}/dispute")
    pal.hear("CUSTOMER.DISPUTE.CREATED")
    assert pal.capture() == []
    assert Cards(pal.deployed).buy(method="paypal").status == 201
    unpaid = pal.checkout()
    assert pal.cancel(unpaid).status == 200
    assert retry(pal.deployed, unpaid.body["id"]).status == 201


def forget_at_paypal(pal: PalShop) -> None:
    """What the buyer held of their credit comes back when the order has expired before it was captured."""
    cards = Cards(pal.deployed)
    assert cards.redeem(cards.given().code).status == 200
    checkout = cards.pay(credit=1_000, method="paypal")
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED", count=2)
    pal.paypal.control(f"orders/{checkout.body['providerCheckoutSessionId']}/forget")
    assert pal.capture(pal.approvals(checkout)) == []
    assert cards.credit().body["available"] >= 10_000


def tell_consumers(stuck: Stuck) -> None:
    """Of one whose address is never called: it is tried again, too early once, and asked for by hand."""
    consumer = Delivered(stuck.deployed, Backend("http://127.0.0.1:9"), stuck.clock_file)
    with_secret(stuck.deployed)
    consumer.listen()
    checkout = stuck.deployed.checkout().body
    assert consumer.deliver(consumer.published(checkout["id"])) == []
    turn = encoded(Wake("funnel", Aggregate("demo", "payment", checkout["id"]), 1))
    stuck.deployed.client("sqs").send_message(QueueUrl=stuck.deployed.environment["DELIVERY_WAKES"], MessageBody=turn)
    early = consumer.waiting()
    assert consumer.deliver(early) == [each["messageId"] for each in early]
    consumer.done(early)
    (waits,) = consumer.ask("GET").body["deliveries"]
    path = f"/internal/payments/event-deliveries/{waits['id']}"
    headers = stuck.deployed.as_service("POST", f"{path}/retry")
    assert stuck.deployed.call("POST", f"{path}/retry", headers=headers, function="delivery_api").status == 202
    assert consumer.ask("GET", f"/{waits['id']}").status == 200
    consumer.done(consumer.waiting())


def mend(stuck: Stuck) -> None:
    """Money without a webhook, a request that died, events that were not applied, and one that cannot be read."""
    stuck.swept(0)
    stuck.pay(stuck.checkout())
    stuck.killed_after_the_page_was_made()
    _settled_before_captured(stuck)
    stuck.deployed.tell({"id": "evt_bad", "type": "x"}, provider="mock")
    stuck.later(16 * MINUTE)
    stuck.reconcile()
    stuck.swept(7 * DAY, *OTHERS)
    stuck.later(7 * DAY)
    stuck.reconcile()


def consume_streams(stuck: Stuck) -> None:
    """What the streams and the queues carry, delivered to those who read them, and once more."""
    records = {"Records": stuck.deployed.stream("CORE_TABLE")}
    for reader in ("event_relay", "ledger_projector", "ledger_projector"):
        assert stuck.deployed.function(reader).handler(records, context()) == {"batchItemFailures": []}
    assert count(stuck.deployed, messages(*published(stuck.deployed)[:25])) == []
    post = verified(stuck.deployed)
    assert post.deliver() == []
    assert post.sent()
