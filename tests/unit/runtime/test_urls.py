"""Buyers are sent back to the tenant's own origins only, whatever an address is made to look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.kernel.errors import ValidationFailed
from tollgate.runtime.http.urls import origin_of, require_allowed

ALLOWED = frozenset({"https://shop.example", "http://127.0.0.1:3000", "https://pay.shop.example:8443"})


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://shop.example/",
        "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}",
        "https://shop.example?x=1#y",
        "https://shop.example#@evil.example",
        "https://shop.example/@evil.example",
        "https://shop.example/?next=https://evil.example",
        "HTTPS://SHOP.EXAMPLE/",
        "https://Shop.Example:443/",
        "https://shop.example:/",
        "http://127.0.0.1:3000/done",
        "https://pay.shop.example:8443/",
        "https://shop.example/ü/🎟",
    ],
)
def test_addresses_of_an_allowed_origin_are_allowed(url: str) -> None:
    require_allowed({"successUrl": url}, ALLOWED)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "//shop.example/",
        "/thanks",
        "https:shop.example",
        "https:/shop.example",
        "https:///shop.example",
        "http://shop.example/",
        "https://shop.example:8443/",
        "https://shop.example:444",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://shop.example:abc/",
        "https://shop.example:-443/",
        "http://127.0.0.1/",
        "http://127.0.0.1:30000/",
        "https://shop.example./",
        "https://.shop.example/",
        "https://evilshop.example/",
        "https://shop.example.evil.example/",
        "https://evil.example/shop.example",
        "https://sub.shop.example/",
        "https://evil.example#https://shop.example",
        "https://shop.example@evil.example/",
        "https://shop.example:443@evil.example/",
        "https://user@shop.example/",
        "https://user:pass@shop.example/",
        "https://:@shop.example/",
        "https://@shop.example/",
        "https://evil.example\\@shop.example/",
        "https://shop.example\\.evil.example/",
        "https:\\\\shop.example\\",
        "https://shop.example\t.evil.example/",
        "https://shop\n.example/",
        " https://shop.example/",
        "https://shop.example/ x",
        "https://shop.example/\x00",
        "\x01https://shop.example/",
        "https://shop.example\u2028/",
        "https://shop.example\u3000/",
        "https://shop\u3002example/",
        "https://shop.example\uff0fevil/",
        "https://shop.example\uff03.evil.example/",
        "https://sh\u043ep.example/",
        "https://xn--shp-zmc.example/",
        "https://shop%2eexample/",
        "https://shop.example%00.evil.example/",
        "https://[shop.example]/",
        "https://[::1]/",
        "https://[::1/",
        "javascript:alert(1)//https://shop.example",
        "javascript://shop.example/%0aalert(1)",
        "data:text/html,https://shop.example",
        "ftp://shop.example/",
        "file:///shop.example",
        "https\u0000://shop.example/",
        "blob:https://shop.example/1",
        "view-source:https://shop.example/",
    ],
)
def test_every_other_address_is_refused_by_its_field(url: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        require_allowed({"successUrl": "https://shop.example/", "cancelUrl": url}, ALLOWED)
    assert [error.field for error in caught.value.errors] == ["cancelUrl"]


def test_without_a_list_nothing_is_allowed() -> None:
    with pytest.raises(ValidationFailed) as caught:
        require_allowed({"successUrl": "https://shop.example/", "cancelUrl": "https://shop.example/"}, frozenset())
    assert [error.field for error in caught.value.errors] == ["successUrl", "cancelUrl"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://A.example:443/x", "https://a.example"),
        ("http://a.example:80", "http://a.example"),
        ("http://a.example:443", "http://a.example:443"),
        ("https://a.example:80", "https://a.example:80"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
        ("mailto:zoe@example.com", None),
    ],
)
def test_an_origin_is_scheme_host_and_unusual_port(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_judged_without_an_accident(left: str, right: str) -> None:
    for url in (left, f"https://{left}", f"https://{left}shop.example{right}", f"https://shop.example{right}"):
        origin = origin_of(url)
        if origin == "https://shop.example":
            after = url.split("://", 1)[1].lower().removeprefix("shop.example")
            assert after[:1] in ("", "/", "?", "#", ":")
