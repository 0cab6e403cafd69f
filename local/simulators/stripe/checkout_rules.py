"""What the modes of a checkout session ask for and refuse."""

from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.work import Work

# Each belongs to one mode.
_OF_MODE = {
    "payment_intent_data": "payment",
    "customer_creation": "payment",
    "subscription_data": "subscription",
    "payment_method_collection": "subscription",
    "setup_intent_data": "setup",
    "currency": "setup",
}


def check(work: Work, params: Body) -> None:
    """Refuse a session that Stripe would refuse, or that this simulator cannot play."""
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid(f"This simulator does not implement the ui_mode {params['ui_mode']}.", param="ui_mode")
    for name, mode in _OF_MODE.items():
        if name in params and params["mode"] != mode:
            raise invalid(f"{name} may only be given in the mode {mode}.", param=name)
    _check_items(params)
    if "customer" in params and "customer_email" in params:
        raise invalid("Give only one of customer and customer_email.", param="customer_email")
    if "customer" in params:
        work.get("customer", params["customer"], param="customer")
    if params["mode"] != "payment" and "us_bank_account" in params.get("allowed_payment_method_types", ()):
        message = "This simulator saves cards only, no bank accounts."
        raise invalid(message, param="allowed_payment_method_types")
    _check_trial(work, params)


def _check_items(params: Body) -> None:
    if params["mode"] == "setup":
        if "line_items" in params:
            raise invalid("Nothing is sold in the mode setup.", param="line_items")
        if "currency" not in params and "allowed_payment_method_types" not in params:
            raise invalid("The parameter currency is required.", param="currency", code="parameter_missing")
        return
    if "line_items" not in params:
        raise invalid("The parameter line_items is required.", param="line_items", code="parameter_missing")
    if not params["line_items"]:
        raise invalid("line_items must have an entry.", param="line_items", code="parameter_missing")
    for index, item in enumerate(params["line_items"]):
        _check_price(item, f"line_items[{index}]")
    if params["mode"] == "subscription" and len(params["line_items"]) > 1:
        raise invalid("This simulator implements subscriptions of one item.", param="line_items[1]")


def _check_price(item: Body, at: str) -> None:
    if "price_data" not in item:
        return
    price, where = item["price_data"], f"{at}[price_data]"
    if "product" not in price and "product_data" not in price:
        name = f"{where}[product_data]"
        raise invalid(f"The parameter {name} is required.", param=name, code="parameter_missing")


def _check_trial(work: Work, params: Body) -> None:
    data = params.get("subscription_data", {})
    if "trial_end" in data and "trial_period_days" in data:
        raise invalid("Give only one of trial_end and trial_period_days.", param="subscription_data[trial_end]")
    if "trial_end" in data and data["trial_end"] < work.second + 48 * 3600:
        raise invalid("trial_end must be at least two days from now.", param="subscription_data[trial_end]")


def check_rhythm(mode: str, items: list[Body]) -> None:
    """Refuse prices that do not fit the mode: a subscription has recurring ones, and only that."""
    for item in items:
        if (mode == "subscription") != bool(item["price"]["recurring"]):
            raise invalid("A recurring price and the mode subscription need each other.", param="mode")


def one_currency(items: list[Body]) -> str:
    """The currency of all line items."""
    first = str(items[0]["currency"])
    for index, item in enumerate(items):
        if item["currency"] != first:
            param = f"line_items[{index}][price_data][currency]"
            raise invalid("All line items must be in one currency.", param=param)
    return first
