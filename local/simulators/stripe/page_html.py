"""The pages a payer sees, as text. No scripts, no outside assets; everything variable is escaped here."""

from collections.abc import Sequence
from html import escape

from local.simulators.stripe.cards import CARDS
from local.simulators.stripe.currencies import formatted
from local.simulators.stripe.errors import Body

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;background:#f4f5f8;color:#1d2433;margin:0}
main{max-width:30rem;margin:2rem auto;background:#fff;padding:1.5rem 2rem}
main{border-radius:10px;border:1px solid #d9dde6}
.note{background:#fff4d6;padding:.3rem .7rem;border-radius:6px;font-size:.85rem}
table{width:100%;border-collapse:collapse}td{padding:.3rem 0;border-bottom:1px solid #eceef3}td+td{text-align:right}
#amount{font-size:1.8rem;font-weight:600;margin:.5rem 0}
label{display:block;margin-top:.8rem;font-size:.9rem}
input{width:100%;box-sizing:border-box;font:inherit;padding:.5rem;border:1px solid #a9b1c2;border-radius:6px}
button,.button{font:inherit;padding:.5rem .9rem;border:1px solid #a9b1c2;border-radius:6px;background:#fff}
button,.button{color:inherit;cursor:pointer;text-decoration:none;display:inline-block;margin:.25rem .25rem 0 0}
#pay,#authenticate{background:#3b49df;border-color:#3b49df;color:#fff;width:100%;margin-top:1rem}
#error{background:#fde8e8;color:#8f1414;padding:.5rem .8rem;border-radius:6px}
.quick button{font-size:.8rem;padding:.25rem .6rem}
"""


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f'<p class="note">Stripe simulator: no real money moves here.</p>{content}</main></body></html>'
    )


def _error(message: str | None) -> str:
    return f'<p id="error" role="alert">{escape(message)}</p>' if message else ""


def _row(item: Body) -> str:
    amount = formatted(item["amount_total"], item["currency"])
    return f"<tr><td>{escape(item['description'])} x {item['quantity']}</td><td>{escape(amount)}</td></tr>"


def _quick_picks() -> str:
    buttons = (
        f'<button name="quick" value="{card.number}" id="quick-{card.number}">{escape(card.label)}</button>'
        for card in CARDS
        if card.quick
    )
    return f'<p class="quick">Pay at once with a test card: {"".join(buttons)}</p>'


def _asks(session: Body, items: Sequence[Body]) -> tuple[str, str, str]:
    """What an open session is about: its heading, what it costs now, and what the button says."""
    if session["mode"] == "setup":
        return "Save a card", "Nothing is charged now", "Save card"
    amount = formatted(session["amount_total"], session["currency"])
    if session["mode"] == "payment":
        return "Payment", amount, f"Pay {amount}"
    rhythm = items[0]["price"]["recurring"]
    every = rhythm["interval"] if rhythm["interval_count"] == 1 else f"{rhythm['interval_count']} {rhythm['interval']}s"
    price = f"{formatted(items[0]['amount_total'], session['currency'])} every {every}"
    return f"Subscription: {price}", amount, f"Subscribe for {price}" if session["amount_total"] else "Start the trial"


def payment(session: Body, items: Sequence[Body], error: str | None) -> str:
    """The form of an open session."""
    heading, amount, action = _asks(session, items)
    email = session["customer_email"] or ""
    bank = '<button id="pay-by-bank" name="method" value="bank_debit">Pay by bank debit (settles later)</button>'
    cancel = ""
    if session["cancel_url"]:
        cancel = f'<a class="button" id="cancel" href="{escape(session["cancel_url"])}">Cancel</a>'
    return _page(
        action,
        f"""<h1>{escape(heading)}</h1><table>{"".join(_row(item) for item in items)}</table>
        <p id="amount">{escape(amount)}</p>{_error(error)}
        <form method="post">
        <label for="email">Email</label><input id="email" name="email" value="{escape(email)}" autocomplete="email">
        <label for="card-number">Card number</label>
        <input id="card-number" name="card" inputmode="numeric" autocomplete="off" placeholder="4242 4242 4242 4242">
        <button id="pay" name="method" value="card">{escape(action)}</button>
        {_quick_picks()}
        <p>{bank if "us_bank_account" in session["payment_method_types"] else ""}{cancel}</p>
        </form>""",
    )


def closed(session: Body, onward: str | None) -> str:
    """A session that is complete or expired; `onward` is where a payer goes from here."""
    charged = session["amount_total"] is not None
    amount = formatted(session["amount_total"], session["currency"]) if charged else ""
    paid = {
        "paid": "This payment is complete.",
        "unpaid": "This payment is being processed.",
        "no_payment_required": "This is complete; nothing was charged.",
    }
    message = "This payment page has expired."
    if session["status"] == "complete":
        message = paid[session["payment_status"]]
    link = f'<p><a class="button" id="continue" href="{escape(onward)}">Continue</a></p>' if onward else ""
    status = escape(session["status"])
    return _page(message, f'<h1 id="status" data-status="{status}">{message}</h1><p id="amount">{amount}</p>{link}')


def challenge(intent: Body) -> str:
    """The bank asks the cardholder."""
    amount = formatted(intent["amount"], intent["currency"]) if "amount" in intent else "Save a card"
    return _page(
        "Confirm the payment",
        f"""<h1>Your bank asks you to confirm</h1><p id="amount">{escape(amount)}</p><form method="post">
        <button id="authenticate" name="outcome" value="succeeded">Complete authentication</button>
        <button id="fail" name="outcome" value="failed">Fail authentication</button></form>""",
    )


def onboarding(account: Body) -> str:
    """The questions to an account's owner, all answered by one button."""
    return _page(
        "Set up your account",
        f"""<h1>Set up payouts</h1><p>{escape(account["email"] or account["id"])}</p><form method="post">
        <button id="complete">Answer everything</button></form>""",
    )


def notice(title: str, text: str) -> str:
    """A page with a message only."""
    return _page(title, f'<h1 id="status">{escape(title)}</h1><p>{escape(text)}</p>')
