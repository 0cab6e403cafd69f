"""What must hold of money that goes to sellers: at the provider, in the books, and in what is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from tests.crash.invariants import always, eventually
from tests.crash.invariants_of_reversals import key_is_spent
from tests.support.crashing_images import Image
from tests.support.crashing_seen import Seen

_BACK = ("failed", "canceled")
# Which states may follow on which; whatever is told in between is left out.
_ORDER = ("requested", "unknown", "sent", "paid", "failed")


@always
def a_payout_is_transferred_and_paid_out_once_at_most(seen: Seen) -> Iterator[str]:
    for what, moves in (("transferred", seen.transfers), ("paid out", seen.payouts)):
        for payout, number in Counter(each.payout for each in moves).items():
            if number > 1:
                yield f"{payout} was {what} {number} times"


@always
def what_the_provider_moves_is_what_was_reserved(seen: Seen) -> Iterator[str]:
    """To the account that was meant, less our fee."""
    wanted = {_id(image): (image["account"]["S"], _amount(image) - _fee(image)) for image in seen.of("payout")}
    for move in (*seen.transfers, *seen.payouts):
        if wanted.get(move.payout) != (move.account, move.amount):
            yield f"{move} instead of {wanted.get(move.payout)}"


@always
def no_sellers_balance_is_overdrawn(seen: Seen) -> Iterator[str]:
    for image in _available(seen):
        least = min(int(version["amount"]["N"]) for version in seen.versions(image))
        if least < 0:
            yield f"{image['pk']['S']} was at {least}"


@always
def what_left_the_balance_is_what_is_not_projected_as_failed(seen: Seen) -> Iterator[str]:
    gone = sum(_amount(image) for image in seen.of("payout") if not _is_back(seen, image))
    for image in _available(seen):
        first, *_ = seen.versions(image)
        left = int(first["amount"]["N"]) - int(image["amount"]["N"])
        if left != gone:
            yield f"{left} left the balance, and {gone} is on its way, paid, or not back yet"


@always
def what_counts_for_a_day_is_what_has_not_failed(seen: Seen) -> Iterator[str]:
    """But for what failed when that day was over. No projection is waited for."""
    due = sum(_amount(image) for image in seen.of("payout") if image["state"]["S"] != "failed" or _is_late(image))
    for image in _available(seen):
        counted = sum(int(value["N"]) for name, value in image.items() if name.startswith("paid_"))
        if counted != due:
            yield f"{counted} counts for the day, and {due} should"


@eventually
def what_has_failed_is_back_on_the_balance(seen: Seen) -> Iterator[str]:
    for image in seen.of("payout"):
        if image["state"]["S"] == "failed" and not _is_back(seen, image):
            yield f"{_id(image)} has failed, and nobody has projected that"


@always
def what_is_posted_of_a_payout_fits_its_state(seen: Seen) -> Iterator[str]:
    for image in seen.of("payout"):
        amount, fee, told = _amount(image), _fee(image), _told(seen, image)
        requested = {f"seller_available:{seen.purchase.venue}": -amount, "payouts_in_transit": amount}
        paid = {"payouts_in_transit": -amount, "provider_clearing:stripe": amount - fee, "platform_fees": fee}
        due = [("payout_requested", requested)]
        paid = {account: moved for account, moved in paid.items() if moved}
        due += [("payout_paid", paid)] if "paid" in told else []
        due += [(f"{what}_reversed", _undone(moved)) for what, moved in due] if "failed" in told else []
        posted = _posted(seen, image)
        for entry in (*due, *posted):
            if (due.count(entry), posted.count(entry)) != (1, 1):
                yield f"told {told}: {entry} is posted {posted.count(entry)} times, and should be {due.count(entry)}"


@always
def a_payouts_events_have_no_gaps_and_say_its_state(seen: Seen) -> Iterator[str]:
    for image in seen.of("payout"):
        events, told = seen.events(_id(image)), _told(seen, image)
        if [event["sequence"] for event in events] != list(range(1, int(image["version"]["N"]) + 1)):
            yield f"version {image['version']['N']}, and events {[event['sequence'] for event in events]}"
        if told[-1:] != [image["state"]["S"]] or sorted(told, key=_ORDER.index) != told or len(set(told)) != len(told):
            yield f"stored as {image['state']['S']}, told as {told}"


@always
def what_has_failed_is_not_on_its_way_to_a_bank(seen: Seen) -> Iterator[str]:
    """The seller may ask for it again."""
    failed = {_id(image) for image in seen.of("payout") if image["state"]["S"] == "failed"}
    for move in seen.payouts:
        if move.payout in failed and move.status not in _BACK:
            yield f"{move.payout} is back on the balance, and {move.status} at the provider"


@always
def a_transfer_is_taken_back_only_from_what_has_failed(seen: Seen) -> Iterator[str]:
    failed = {_id(image) for image in seen.of("payout") if image["state"]["S"] == "failed"}
    for move in seen.transfers:
        if move.returned and move.payout not in failed:
            yield f"{move} was taken back"


@eventually
def the_transfer_of_a_payout_that_failed_is_taken_back(seen: Seen) -> Iterator[str]:
    failed = {_id(image) for image in seen.of("payout") if image["state"]["S"] == "failed"}
    for move in seen.transfers:
        if move.payout in failed and move.returned != move.amount and not key_is_spent(seen):
            yield f"{move.returned} of {move} came back"


@eventually
def no_payout_stays_unsure(seen: Seen) -> Iterator[str]:
    """But where Stripe repeats a stored 500 for as long as it keeps the key: until then it stays unknown."""
    for image in seen.of("payout"):
        if image["state"]["S"] in ("requested", "unknown") and not key_is_spent(seen):
            yield f"{_id(image)} is {image['state']['S']}"


def _id(payout: Image) -> str:
    return str(payout["pk"]["S"]).rpartition("#")[2]


def _amount(payout: Image) -> int:
    return int(payout["amount"]["N"])


def _fee(payout: Image) -> int:
    return int(payout["fee"]["N"])


def _available(seen: Seen) -> list[Image]:
    """The balance that is paid out from."""
    return [each for each in seen.of("balance") if each["pk"]["S"].endswith(f"#seller_available:{seen.purchase.venue}")]


def _is_back(seen: Seen, payout: Image) -> bool:
    """Whether the balances hold the entry by which it failed."""
    marked = {image["pk"]["S"] for image in seen.of("journal_mark")}
    return any(
        image["pk"]["S"] in marked
        for image in seen.of("journal_entry")
        if (image["subject_id"]["S"], image["what"]["S"]) == (_id(payout), "payout_requested_reversed")
    )


def _is_late(payout: Image) -> bool:
    """Whether it last moved on another day than that on which it was asked for."""
    return bool(payout["updated_at"]["S"][:10] != payout["listed_at"]["S"][:10])


def _told(seen: Seen, payout: Image) -> list[str]:
    return [event["data"]["status"] for event in seen.events(_id(payout))]


def _posted(seen: Seen, payout: Image) -> list[tuple[str, dict[str, int]]]:
    return [
        (image["what"]["S"], json.loads(image["postings"]["S"]))
        for image in seen.of("journal_entry")
        if image["subject_id"]["S"] == _id(payout)
    ]


def _undone(postings: dict[str, int]) -> dict[str, int]:
    return {account: -amount for account, amount in postings.items()}
