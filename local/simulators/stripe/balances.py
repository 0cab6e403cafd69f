"""`/v1/balance`: what an account's balance transactions add up to."""

from local.simulators.stripe.errors import Body
from local.simulators.stripe.parameters import EXPAND, Group
from local.simulators.stripe.work import Work

RETRIEVE = Group(EXPAND)


def retrieve(work: Work, _ids: Body, _params: Body) -> Body:
    """`GET /v1/balance`: sums per currency, over all balance transactions of the account."""
    sums = _sums(work)
    currencies = sorted({currency for currency, _ in sums} | {"usd"})
    destination = _destination(work)
    return {
        "object": "balance",
        "available": [_amount(currency, sums.get((currency, True), 0)) for currency in currencies],
        "instant_available": [_instant(work, currency, destination) for currency in currencies],
        "livemode": False,
        "pending": [_amount(currency, sums.get((currency, False), 0)) for currency in currencies],
    }


def available(work: Work, currency: str) -> int:
    """Money that can be sent now, in minor units; negative when more left than came."""
    return _sums(work).get((currency, True), 0)


def instantly_available(work: Work, currency: str) -> int:
    """Money that an instant payout may send now: card payments count before they have settled."""
    sums = _sums(work)
    return max(0, sums.get((currency, True), 0) + sums.get((currency, False), 0))


def _sums(work: Work) -> dict[tuple[str, bool], int]:
    rows = work.tx.execute(
        """SELECT json_extract(body, '$.currency') AS currency, json_extract(body, '$.available_on') <= ? AS available,
        sum(json_extract(body, '$.net')) AS amount FROM objects WHERE kind = 'balance_transaction' AND account IS ?
        GROUP BY 1, 2""",
        (work.now, work.account),
    )
    return {(row["currency"], bool(row["available"])): row["amount"] for row in rows}


def _destination(work: Work) -> str | None:
    accounts = work.tx.select("bank_account", tail="ORDER BY seq LIMIT 1")
    return accounts[0].id if accounts else None


def _instant(work: Work, currency: str, destination: str | None) -> Body:
    shown = _amount(currency, instantly_available(work, currency))
    if destination:
        net = {"amount": shown["amount"], "destination": destination, "source_types": shown["source_types"]}
        shown["net_available"] = [net]
    return shown


def _amount(currency: str, amount: int) -> Body:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
