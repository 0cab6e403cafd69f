"""What can go wrong with a group on our side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.kernel.errors import NotFound, TollgateError
from tollgate.payments.ports import TiedRecordChanged

if TYPE_CHECKING:
    from tollgate.group_payments.model import Group


class GroupExists(TollgateError):
    """The derived id is taken: this group was made before."""

    code = "GROUP_EXISTS"

    def __init__(self, group: Group) -> None:
        super().__init__(f"{group.id} exists already")
        self.group = group


class GroupChanged(TiedRecordChanged):
    """The group moved on since it was read."""

    def __init__(self, id_: str) -> None:
        super().__init__(f"{id_} changed")


class ShareChanged(TiedRecordChanged):
    """The share moved on since it was read."""

    def __init__(self, id_: str) -> None:
        super().__init__(f"{id_} changed")


class GroupNotFound(NotFound):
    """No group, or no share of it, for this caller."""

    def __init__(self) -> None:
        super().__init__("group payment")


class GroupNotOpen(TollgateError):
    """Nothing is taken for it any more, and nothing of it can be changed."""

    code = "GROUP_NOT_OPEN"

    def __init__(self, status: str) -> None:
        super().__init__(f"this group payment is {status}")


class ShareAlreadyPaid(TollgateError):
    """There is nothing to pay."""

    code = "SHARE_ALREADY_PAID"

    def __init__(self) -> None:
        super().__init__("this share is paid, or its money is set aside")


class ShareBeingPaid(TollgateError):
    """A payment for it is on its way, and cannot be called off."""

    code = "SHARE_BEING_PAID"

    def __init__(self) -> None:
        super().__init__("a payment for this share is on its way; its outcome is awaited")


class LinkInvalid(TollgateError):
    """A link that we have not made, or of another group."""

    code = "INVALID_TOKEN"

    def __init__(self) -> None:
        super().__init__("this payment link is not valid")


class GroupLinksDisabled(TollgateError):
    """This deployment has no key to sign links with, or no page to which they could lead: nobody could be asked."""

    code = "GROUP_LINKS_DISABLED"

    def __init__(self) -> None:
        super().__init__("group payments are not available here")
