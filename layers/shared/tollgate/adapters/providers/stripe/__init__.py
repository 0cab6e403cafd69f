"""Stripe: hosted checkout sessions, and the webhooks that tell how they ended."""
