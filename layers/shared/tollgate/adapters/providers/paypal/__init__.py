"""PayPal: hosted orders that a buyer approves and we capture, and the webhooks that tell of them."""
