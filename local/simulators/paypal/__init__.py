"""A PayPal that runs on this machine: tokens, orders, captures, refunds, certificates, the page, webhooks, and faults.

It keeps everything in memory: a restart forgets it, as it forgets the pages that were open.
"""
