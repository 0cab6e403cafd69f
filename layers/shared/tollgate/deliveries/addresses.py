"""Where deliveries may go. An address is an operator's word, and still never leads into a network of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from tollgate.kernel.errors import TollgateError

_LONGEST = 2048
_PORTS = {"https": 443, "http": 80}
# Global by the register, and each leads to whatever IPv4 address it has in it.
_LEADS_TO_IPV4 = tuple(map(IPv6Network, ("::/96", "64:ff9b::/96", "2002::/16", "2001::/32")))


class AddressRefused(TollgateError):
    """Nothing is ever sent to this address."""

    code = "ADDRESS_REFUSED"


@dataclass(frozen=True, slots=True)
class Address:
    """A URL as a request needs it; `target` is the path with its query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"


def address_of(url: str, *, laptop: bool) -> Address:
    """The parts of a consumer's URL. `AddressRefused` unless it is HTTPS and names no address within a network of
    somebody; on a `laptop`, programs on the same machine may be named too, by HTTP as well.
    """
    parts = _split(url)
    if parts.scheme != "https" and not (laptop and parts.scheme == "http"):
        raise AddressRefused("a consumer is reached over https")
    host, port = _place(parts)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    address = Address(parts.scheme, host, port, target)
    if _is_literal(host):
        permitted(address, [host], laptop=laptop)
    return address


def permitted(address: Address, found: Sequence[str], *, laptop: bool) -> Sequence[str]:
    """The addresses to which a name leads, if every one of them may be called; one that may not refuses them all."""
    for each in found:
        ours = laptop and ip_address(each).is_loopback
        if not (ours or (address.is_encrypted and is_public(each))):
            raise AddressRefused("that name leads into a network that is not public")
    return found


def is_public(text: str) -> bool:
    """Whether an address belongs to the internet, and to nobody's own network: not private, link-local (where a
    machine's credentials are handed out), loopback, shared, reserved, or for many at once.
    """
    address: IPv4Address | IPv6Address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if any(address in network for network in _LEADS_TO_IPV4):
            return False
    return address.is_global and not address.is_multicast


def _split(url: str) -> SplitResult:
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or len(url) > _LONGEST:
        raise AddressRefused("a URL is printable ASCII, without spaces, and not longer than 2048 characters")
    try:
        return urlsplit(url)
    except ValueError as error:
        raise AddressRefused("that is no URL") from error


def _place(parts: SplitResult) -> tuple[str, int]:
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused("that is no port") from error
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("a URL names a host, no user, and no fragment")
    return host, _PORTS[parts.scheme] if port is None else port


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
