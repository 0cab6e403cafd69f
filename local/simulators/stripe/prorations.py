"""What a change in the middle of a period gives back, and what it costs.

Source: Stripe's description of prorations in flexible billing: a credit takes back the unused share of what was really
charged; the new price is charged for what is left of the period. Both are counted by the second.
"""

from local.simulators.stripe.errors import Body
from local.simulators.stripe.invoice_shapes import Line, day_of, product_name
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_schedule import item_of
from local.simulators.stripe.work import Work


def _share(amount: int, part: int, whole: int) -> int:
    return (2 * amount * part + whole) // (2 * whole)


def credit(work: Work, subscription: Record, moment: int) -> list[Line]:
    """What is given back from `moment` on of the last charge; nothing when nothing was charged, as in a trial."""
    debit, item = subscription.private.get("debit"), item_of(subscription)
    if not debit or not debit["amount"] or moment >= debit["end"]:
        return []
    start, end = max(moment, debit["start"]), debit["end"]
    amount = _share(debit["amount"], end - start, end - debit["start"])
    credited = {"invoice": debit["invoice"], "invoice_line_items": [debit["line"]]} if debit["invoice"] else None
    about = f"Unused time on {product_name(work, item['price'])} after {day_of(moment)}"
    return [Line(-amount, about, start, end, item["price"], item["quantity"], proration=True, credited=credited)]


def remainder(work: Work, subscription: Record, price: Body, quantity: int, moment: int) -> Line:
    """What the price costs from `moment` to the end of the period."""
    item = item_of(subscription)
    start, end = item["current_period_start"], item["current_period_end"]
    amount = _share(price["unit_amount"] * quantity, end - moment, end - start)
    about = f"Remaining time on {product_name(work, price)} after {day_of(moment)}"
    return Line(amount, about, moment, end, price, quantity, proration=True)
