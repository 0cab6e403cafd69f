"""Square on a laptop: payment links, orders, payments, refunds, disputes and signed webhooks, as far as Tollgate asks
for them, in the shapes of API version 2026-09-16.
"""
