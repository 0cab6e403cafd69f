"""Checkout: a quote, a payment, and the provider's page where the buyer pays it."""
