"""A consumer's address leads to the internet, over HTTPS; never into anybody's own network."""

from __future__ import annotations

import pytest

from tollgate.deliveries.addresses import AddressRefused, address_of, permitted

PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - nobody listens there
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:a00:1::",
]


def test_a_url_is_taken_apart() -> None:
    address = address_of("https://shop.example:8443/api/events?tenant=demo", laptop=False)
    assert (address.host, address.port, address.target) == ("shop.example", 8443, "/api/events?tenant=demo")
    assert address.host_header == "shop.example:8443"
    assert address_of("https://shop.example", laptop=False).host_header == "shop.example"
    assert address_of("https://[2606:4700::1111]/", laptop=False).host_header == "[2606:4700::1111]"


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/events",
        "ftp://shop.example/events",
        "//shop.example/events",
        "shop.example/events",
        "https:///events",
        "https://user:password@shop.example/",
        "https://user@shop.example/",
        "https://shop.example/#part",
        "https://shop.example:99999/",
        "https://shop.example/a b",
        "https://shop.example/a\r\nx-injected: 1",
        "https://shöp.example/",
        "https://[::1/",
        f"https://shop.example/{'a' * 2048}",
    ],
)
def test_what_is_no_address_of_a_consumer_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        address_of(url, laptop=False)


def test_no_name_and_no_number_leads_into_a_network_of_ones_own() -> None:
    named = address_of("https://rebinding.example/", laptop=False)
    for each in PRIVATE:
        literal = f"[{each}]" if ":" in each else each
        with pytest.raises(AddressRefused):
            address_of(f"https://{literal}/", laptop=False)
        for found in ([each], ["93.184.215.14", each]):
            with pytest.raises(AddressRefused):
                permitted(named, found, laptop=False)
    assert permitted(named, ["93.184.215.14", "2606:4700::1111"], laptop=False)


def test_a_laptop_reaches_its_own_programs_and_no_other_private_network() -> None:
    plain = address_of("http://funnel.cs.lvh.me:8080/api/internal/payments/events", laptop=True)
    assert permitted(plain, ["127.0.0.1", "::1"], laptop=True)
    for each in (*PRIVATE[1:5], "93.184.215.14"):
        with pytest.raises(AddressRefused):
            permitted(plain, [each], laptop=True)
