"""Segpay: a link to its payment page, postbacks that tell what became of it, and reports to read it from."""
