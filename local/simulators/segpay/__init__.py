"""A Segpay for one machine: prices, the payment page, refunds, reports, and postbacks that come again until they are
taken. It keeps nothing past its end.
"""
