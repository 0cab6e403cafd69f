"""A share of a group payment, as its member is told of it. Apart from `model`: few mails need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tollgate.kernel.money import Money


@dataclass(frozen=True, slots=True)
class ShareLetter:
    """`link` is where its member pays, and is as good as a password; it can be used while the share is `payable`. Its
    money is `held` while it is only set aside. The group is `complete` once nothing of it is missing.
    """

    recipient: str = field(repr=False)
    name: str = field(repr=False)
    amount: Money
    tickets: int
    until: datetime
    payable: bool
    held: bool
    paid: bool
    complete: bool
    link: str | None = field(default=None, repr=False)
