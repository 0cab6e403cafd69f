"""How often certificates are looked for: an address may be made up, and each look takes up to two seconds."""

from __future__ import annotations

from tollgate.adapters.providers.paypal.certificates import CertificatesUnavailable
from tollgate.inbox.doors import SignatureInvalid

# PayPal has a handful of certificates, of which each is looked for once.
MOST_A_MINUTE = 10
_A_MINUTE = 60.0


class Attempts:
    """Of one instance, by wall time in epoch seconds."""

    def __init__(self) -> None:
        self._looks: list[float] = []
        self._vain: dict[str, tuple[float, SignatureInvalid | CertificatesUnavailable]] = {}

    def begin(self, address: str, at: float) -> None:
        """Raises what the look of a minute ago came to; `CertificatesUnavailable` after too many."""
        self._looks = [each for each in self._looks if _is_lately(each, at)]
        self._vain = {name: (when, why) for name, (when, why) in self._vain.items() if _is_lately(when, at)}
        if address in self._vain:
            _, why = self._vain[address]
            raise type(why)(str(why))
        if len(self._looks) >= MOST_A_MINUTE:
            raise CertificatesUnavailable("too many certificates were looked for")
        self._looks.append(at)

    def failed(self, address: str, at: float, why: SignatureInvalid | CertificatesUnavailable) -> None:
        """There was none, or nobody answered."""
        self._vain[address] = at, why


def _is_lately(when: float, at: float) -> bool:
    return when <= at < when + _A_MINUTE
