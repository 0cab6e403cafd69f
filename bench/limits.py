"""What the money path may cost at most. Changing a number here changes a promise."""

from __future__ import annotations

# DynamoDB calls, reads included, and write units of the tables. An item is a kilobyte at most.
CHECKOUT_CREATE_CALLS, CHECKOUT_CREATE_WRITE_UNITS = 2, 14
# A checkout and its apply in one: the second transaction has the entry in the place of the page.
CHARGE_CALLS, CHARGE_WRITE_UNITS = 2, 14
# A replay is the transaction of a create, refused: nothing is read first.
CHECKOUT_REPLAY_CALLS = 1
# A webhook is stored whole: one unit per kilobyte stored. DynamoDB charges a refused write like the item it met.
WEBHOOK_ACCEPT_CALLS, WEBHOOK_WRITE_UNITS_PER_STORED_KILOBYTE = 1, 1
WEBHOOK_DUPLICATE_CALLS = 1
WEBHOOK_APPLY_CALLS, WEBHOOK_APPLY_WRITE_UNITS = 2, 10
# Read, reserve, finish; the provider in between.
REFUND_CALLS, REFUND_WRITE_UNITS = 3, 18
# Read the seller, reserve, note the transfer, finish; the provider before and after the note.
PAYOUT_CALLS, PAYOUT_WRITE_UNITS = 4, 19
# A purchase is a checkout that stores a card and its first event; once paid, both are changed with the payment.
GIFT_CARD_CALLS, GIFT_CARD_WRITE_UNITS = 1, 4
# The card is found, with the counters of guesses, by one read; the rest is one transaction.
GIFT_CARD_USE_CALLS, GIFT_CARD_USE_WRITE_UNITS = 2, 8
GIFT_CARD_REDEEM_CALLS, GIFT_CARD_REDEEM_WRITE_UNITS = 2, 10
GIFT_CARD_SHOW_CALLS, GIFT_CARD_SHOW_WRITE_UNITS = 1, 0
# The read, and a counter for the user and one for the address.
GIFT_CARD_GUESS_CALLS, GIFT_CARD_GUESS_WRITE_UNITS = 3, 2
# What holding credit adds to a checkout, beside a card: a read, and its item once.
CREDIT_CALLS, CREDIT_WRITE_UNITS = 1, 2
# One card and credit beside the provider: a card more to read, and with all that has become of it the payment and its
# events pass a kilobyte.
REFUND_ONTO_TENDERS_CALLS, REFUND_ONTO_TENDERS_WRITE_UNITS = 4, 30
# Beside the payment: the escrow, its event and its listing, when the charge begins and when it is paid. What is bought
# is read first, whose money it is with its outcome, and once more for the answer.
ESCROW_CALLS, ESCROW_WRITE_UNITS = 1, 6
RESALE_CALLS, RESALE_WRITE_UNITS = 5, 26
# The escrow, its event and the journal entry, after one read. What is counted for its venue costs as little as a mark.
ESCROW_RELEASE_CALLS, ESCROW_RELEASE_WRITE_UNITS = 2, 6
# The sale, its own record, and the sum of its day.
ROYALTY_CALLS, ROYALTY_WRITE_UNITS = 2, 4
# Waited, looked, chosen, ended. Step Functions' transitions cost more than all calls of a sale together.
ESCROW_TRANSITIONS = 4
# Of a group, however many pay: a step, what it has found and a wait for each reminder and for the end, and that it has
# ended. Once more where in the last moment nothing is missing and what is set aside is being taken.
GROUP_SOON_TRANSITIONS, GROUP_TRANSITIONS, GROUP_LONGEST_TRANSITIONS = 6, 12, 15
# What it is about, whether it was told, the mail, and the note of it.
MAIL_CALLS, MAIL_WRITE_UNITS = 4, 1
# The lane, what became of the event before, and the aggregate's events, twice; the lane is taken for the event, and it
# is noted what became of it. Neither write is in a transaction.
DELIVERY_CALLS, DELIVERY_WRITE_UNITS = 6, 2
# An order is a checkout that stores a subscription, its first event and its seat. Of an invoice the payment is read, or
# what the provider's name for the subscription leads to, and the subscription; all that it changes is one transaction.
# Stripe is asked once what paid it.
SUBSCRIPTION_ORDER_CALLS, SUBSCRIPTION_ORDER_WRITE_UNITS = 2, 20
SUBSCRIPTION_PAID_CALLS, SUBSCRIPTION_PAID_WRITE_UNITS = 3, 18
# The payment that the period becomes is stored with all its history at once.
SUBSCRIPTION_RENEWED_CALLS, SUBSCRIPTION_RENEWED_WRITE_UNITS = 3, 18
SUBSCRIPTION_FAILED_CALLS, SUBSCRIPTION_FAILED_WRITE_UNITS = 3, 16
# The event that begins a grace period says what is owed and until when: it passes a kilobyte, and costs twice.
SUBSCRIPTION_FAILED_ITEM_BYTES = 1_080
# Found, read, charged as anything is, and what came of it read; of each transaction the subscription is a part. A page
# of the index is one call for twenty-five of them, and here for one.
RENEWAL_CALLS, RENEWAL_WRITE_UNITS = 6, 20
# One transaction: a group of two, each of its shares, and an event of each of the three.
GROUP_CREATE_CALLS, GROUP_CREATE_WRITE_UNITS = 1, 12
# What a share adds to a charge. It is read and claimed, on condition that its group is open; read again when its money
# is set aside, marked with an event, and added to its group, of which the answer tells. With the last one the group
# says so. Then it is read once, and of each share the payment and what it pays for; that is stored with an entry and
# two events, and the last one ends the group: an event and an entry more.
GROUP_SHARE_BEGUN_CALLS, GROUP_SHARE_BEGUN_WRITE_UNITS = 1, 4
GROUP_SHARE_HELD_CALLS, GROUP_SHARE_HELD_WRITE_UNITS = 1, 6
GROUP_STATUS_CALLS = 1
GROUP_AUTHORIZED_WRITE_UNITS = 2
GROUP_READ_CALLS = 1
GROUP_SHARE_TAKEN_CALLS, GROUP_SHARE_TAKEN_WRITE_UNITS = 3, 12
GROUP_COMPLETED_WRITE_UNITS = 4
SUBSCRIPTION_SHOW_CALLS, SUBSCRIPTION_SHOW_WRITE_UNITS = 2, 0
# PutEvents takes ten entries.
RELAY_ENTRIES_PER_CALL = 10
# One transaction, however many events: each marked, one counter for those of ten minutes, and one for those of a month.
COUNT_BATCH_CALLS, COUNT_WRITE_UNITS_PER_EVENT = 1, 4
# One transaction for a batch of journal entries: a mark on each, and each account once.
LEDGER_BATCH_CALLS, LEDGER_WRITE_UNITS_PER_ENTRY, LEDGER_WRITE_UNITS_PER_ACCOUNT = 1, 2, 2
LEDGER_WRITES_OF_AN_ITEM_FOR_A_THOUSAND_SALES = 15
ITEM_BYTES = 1024

# CPU, transport stubbed, over one raw boto3 put_item of an item of the same size.
CHECKOUT_OVER_RAW_PUT = 3.0
CHECKOUT_OVER_POWERTOOLS = 0.7
ACCEPT_OVER_RAW_PUT = 1.3
ACCEPT_AND_APPLY_OVER_RAW_PUT = 4.0

# CPU of init, over a bare function that makes one boto3 DynamoDB client.
INIT_OVER_BARE: dict[str, float] = {
    "admin_api": 2.4,  # opens a new checkout for a failed one
    "card_adopter": 1.2,  # loads Stripe's client with the first card
    "dunning_step": 1.2,  # the same with the first try
    "escrow_step": 1.2,
    "marketplace_api": 2.4,  # calls Stripe
    "royalty_counter": 1.2,
    "capturer": 1.4,  # calls PayPal, and applies what it says
    "catalog_api": 2.0,
    "checkout_api": 2.4,  # calls Stripe
    "deliverer": 1.2,
    "delivery_api": 2.0,
    "event_relay": 1.2,
    "gift_card_api": 2.4,  # calls Stripe
    "group_payment_api": 2.4,  # calls Stripe
    "group_payment_step": 1.2,
    "health": 2.0,
    "inbox_consumer": 1.2,
    "ledger_projector": 1.2,
    "mailer": 1.2,
    "provider_webhook": 1.2,
    "refunder": 1.2,  # loads the providers with the first refund
    "stats_counter": 1.2,
    "subscription_api": 2.4,  # calls Stripe
    "workflow_starter": 1.2,
    "reconciler": 2.4,  # calls Stripe
    "renewer": 2.4,  # calls Stripe
    "venue_api": 2.4,  # calls Stripe
}
# The layer's own build refuses to grow past this; Lambda's limit for a function with its layers is 250 MB.
LAYER_UNZIPPED_MEGABYTES = 80.0

# With ten thousand times as many payments stored: the same calls and units, and bytes but for the lengths of numbers.
GROWTH = 1.0
GROWTH_OF_BYTES = 1.05
