"""Why a bank or a provider would not take a payment, in our words: what may be done next, and what a buyer may hear."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# What is said in the place of a reason that must not be told: a thief learns nothing, nor does a neighbour.
DECLINED = "declined"


class DeclineClass(StrEnum):
    """What may be done about it."""

    SOFT = "soft"  # the same method may work later
    HARD = "hard"  # this method will never work: another is needed
    ACTION_REQUIRED = "action_required"  # the buyer must prove who they are, at a page
    FIX_INPUT = "fix_input"  # something was typed wrong, or has expired on the way


@dataclass(frozen=True, slots=True)
class Decline:
    """A decline. `code` is the provider's word for it in lower case, safe to show: adapters say `declined` where it
    would tell that a card is lost, stolen or under suspicion.
    """

    class_: DeclineClass
    code: str = DECLINED


# What a buyer is told: the same for a card that was stolen as for one that was never given out.
MESSAGES: dict[DeclineClass, str] = {
    DeclineClass.SOFT: "the payment was declined; try again later, or pay in another way",
    DeclineClass.HARD: "the payment was declined; pay in another way",
    DeclineClass.ACTION_REQUIRED: "the bank wants the buyer to confirm this payment; ask them to pay again themselves",
    DeclineClass.FIX_INPUT: "the payment was declined; check what was entered, and try again",
}
