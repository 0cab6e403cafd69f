"""A consumer on a laptop: a product's backend that takes deliveries, verifies them by the Standard Webhooks
specification, written here anew, and keeps what came. It can be told to fail.
"""
