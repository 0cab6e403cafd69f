"""What is compared with what, and what each of them does and does not do."""

from __future__ import annotations

# Who does what. `stubbed`: what is answered from memory, so that its time is in nobody's figure.
DOES: dict[str, dict[str, str]] = {
    "webhook_accept": {
        "does": "ours: signature over the raw bytes, one conditional put of the deflated payload",
        "kept": "stored in DynamoDB before the answer; a duplicate is known by the put's condition",
        "order": "left to the consumer of the table's stream, which every stored event reaches",
        "stubbed": "DynamoDB",
    },
    "webhook_accept_and_apply": {
        "does": "ours: the same, then one read, and one transaction of payment, event, entry and the inbox's mark",
        "kept": "state, outgoing event and ledger together or not at all, applied once",
        "order": "an event before its time is parked and woken; an overtaken one is told from a repeated one",
        "stubbed": "DynamoDB, and the stream between the two functions",
    },
    "hand_written_put": {
        "does": "HMAC and one conditional put through plain boto3; what the event means is left open",
        "kept": "as ours",
        "order": "none",
        "stubbed": "DynamoDB",
    },
    "hand_written_sqlite": {
        "does": "HMAC and one insert; what the event means is left open",
        "kept": "on one machine's disk; a duplicate is known by the primary key",
        "order": "none",
        "stubbed": "nothing: SQLite's own work is in the figure, waiting for the disk is not",
    },
    "dj_stripe_accept": {
        "does": "dj-stripe with DJSTRIPE_WEBHOOK_EVENT_CALLBACK: signature, one row for each delivery",
        "kept": "a duplicate is a row more, and is told to the callback again",
        "order": "none",
        "stubbed": "nothing: Django with SQLite; what the callback would tell a queue is left out",
    },
    "dj_stripe": {
        "does": "dj-stripe as it comes: the row, the event, and what it is about, fetched from Stripe and mirrored",
        "kept": "event and mirrored objects in one transaction; a duplicate is known by the event's id, after its row",
        "order": "none needed: Stripe is asked for the latest state. No payment of its own, no event out, no ledger",
        "stubbed": "Stripe's API, which answers with nothing expanded; Django with SQLite is in the figure",
    },
    "checkout_create": {
        "does": "ours: prices, payment, Stripe session, answer kept under the idempotency key",
        "kept": "payment, event, key and reference in two transactions: a crash anywhere is finished by a retry or the "
        "reconciler",
        "order": "one at a time for each key, by a lease on the record",
        "stubbed": "DynamoDB and Stripe",
    },
    "checkout_powertools": {
        "does": "the same checkout, its key remembered by Powertools' idempotency utility",
        "kept": "the utility's record is written around the payment's transactions, not with them",
        "order": "one at a time for each key, by the utility's record",
        "stubbed": "DynamoDB and Stripe",
    },
    "checkout_powertools_lean": {
        "does": "the same, with the payment stored once, after Stripe has answered",
        "kept": "a crash in between leaves a page that nobody knows of",
        "order": "one at a time for each key, by the utility's record",
        "stubbed": "DynamoDB and Stripe",
    },
}
