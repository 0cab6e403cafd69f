"""Currencies as Stripe counts them: digits of the smallest unit, smallest charge, and how an amount is read.

Deliberately not the platform's own table: a simulator that shared it could not show a disagreement.
Source: Stripe's list of supported currencies and of minimum charge amounts.
"""

from local.simulators.stripe.errors import StripeError, invalid

LARGEST_AMOUNT = 99_999_999

_ZERO_DIGITS = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
_THREE_DIGITS = frozenset("bhd jod kwd omr tnd".split())
# ISK and UGX have no minor unit, yet are sent with two digits that must be 00.
_WHOLE_UNITS_IN_CENTS = frozenset(("isk", "ugx"))
# Charged with two digits, and paid out only where those are 00.
_PAID_OUT_WHOLE = frozenset(("huf", "twd"))
_TWO_DIGITS = frozenset(
    """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve czk
    dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr kyd kzt lak
    lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar
    ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx usd uyu uzs wst xcd yer
    zar zmw
    """.split()
)
_SMALLEST = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30,
    "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200,
    "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
SUPPORTED = _ZERO_DIGITS | _THREE_DIGITS | _TWO_DIGITS


def digits(currency: str) -> int:
    """How many digits of the amount stand after the decimal point."""
    return 0 if currency in _ZERO_DIGITS else 3 if currency in _THREE_DIGITS else 2


def smallest_charge(currency: str) -> int:
    """The least that Stripe charges in this currency."""
    return _SMALLEST.get(currency, 1)


def check_amount(amount: int, currency: str, *, param: str) -> None:
    """Refuse an amount Stripe would not charge in this currency."""
    smallest = smallest_charge(currency)
    if amount < smallest:
        message = f"The amount must be at least {formatted(smallest, currency)}."
        raise invalid(message, param=param, code="amount_too_small")
    if amount > LARGEST_AMOUNT:
        message = f"The amount must be no more than {formatted(LARGEST_AMOUNT, currency)}."
        raise invalid(message, param=param, code="amount_too_large")
    if currency in _THREE_DIGITS and amount % 10:
        raise _unusable(f"Amounts in {currency.upper()} must end in 0.", param)
    if currency in _WHOLE_UNITS_IN_CENTS and amount % 100:
        raise _unusable(f"Amounts in {currency.upper()} must end in 00.", param)


def check_payout(amount: int, currency: str, *, param: str) -> None:
    """Refuse an amount Stripe would not pay out in this currency."""
    if currency in _PAID_OUT_WHOLE and amount % 100:
        raise _unusable(f"Payouts in {currency.upper()} must end in 00.", param)


def _unusable(message: str, param: str) -> StripeError:
    return invalid(message, param=param, code="parameter_invalid_integer")


def formatted(amount: int, currency: str) -> str:
    """The amount for people, such as `12.34 USD`, `500 JPY`, `1.230 KWD`."""
    places = digits(currency)
    whole, rest = divmod(abs(amount), 10**places)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole:,}{f'.{rest:0{places}}' if places else ''} {currency.upper()}"
