"""The links by which members pay their shares without an account. A link's token is stored nowhere: it follows from a
key, the tenant, the group and the share, so that whoever mails it, or answers a repeated request, makes it again.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from tollgate.group_payments.errors import GroupLinksDisabled, LinkInvalid
from tollgate.group_payments.shares import SHARE_PREFIX, Share
from tollgate.kernel.ids import is_id
from tollgate.kernel.secrets import Secrets, valid_secrets

SECRET = "group_payments"  # noqa: S105 - a secret's name
# No other use of a key gives the same bytes.
_LABEL = "tollgate group payment link"
# `<signature>.<share>.<tenant>`: all that is signed but the group can be read in it.
_TOKEN = re.compile(r"([A-Za-z0-9_-]{43})\.([a-z0-9_]{1,40})\.([A-Za-z0-9][A-Za-z0-9_.:-]{0,63})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who has come by a link: the member of one share of one group."""

    tenant: str
    group: str
    share: str


class PaymentLinks:
    """Signs with the first key of the secret, and knows the signatures of all of them, while keys are rotated. `page`
    is where the product lets members pay.
    """

    def __init__(self, secrets: Secrets, page: str) -> None:
        self._secrets = secrets
        self._page = page

    def require(self) -> None:
        """Raises `GroupLinksDisabled` where no link can be made."""
        if not self._page:
            raise GroupLinksDisabled
        self._keys()

    def of(self, share: Share) -> str:
        """The address that a member is sent. The token stands behind the `#`, which no browser sends to any server, so
        that it is in nobody's log. Raises `GroupLinksDisabled`.
        """
        self.require()
        return f"{self._page}/{share.group}/{share.id}#{self.token(share.tenant, share.group, share.id)}"

    def token(self, tenant: str, group: str, share: str) -> str:
        """The same whenever it is asked for, until its key is replaced. Raises `GroupLinksDisabled`."""
        return f"{_signature(self._keys()[0], tenant, group, share)}.{share}.{tenant}"

    def bearer(self, token: str, group: str) -> Bearer:
        """Whose token this is. Raises `LinkInvalid` for one that is none of ours, or another group's, and
        `GroupLinksDisabled`.
        """
        keys, read = self._keys(), _TOKEN.fullmatch(token)
        if read is None or not is_id(SHARE_PREFIX, read[2]):
            raise LinkInvalid
        signature, share, tenant = read.groups()
        expected = [_signature(key, tenant, group, share) for key in keys]
        matches = [hmac.compare_digest(each.encode(), signature.encode()) for each in expected]
        if not any(matches):
            raise LinkInvalid
        return Bearer(tenant, group, share)

    def _keys(self) -> tuple[str, ...]:
        keys = valid_secrets(self._secrets.get(SECRET).get("keys"))
        if not keys:
            raise GroupLinksDisabled
        return keys


def _signature(key: str, *parts: str) -> str:
    """Parts are length-prefixed, so that no two lists of parts run together."""
    text = "".join([f"{len(part.encode())}:{part}" for part in (_LABEL, *parts)])
    return urlsafe_b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode().rstrip("=")
