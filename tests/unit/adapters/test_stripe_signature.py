"""Stripe's signature: what its official library accepts, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import time
from unittest.mock import patch

import pytest
import stripe
from hypothesis import example, given
from hypothesis import strategies as st

from tollgate.adapters.providers.stripe.signature import TOLERANCE_SECONDS, verify
from tollgate.inbox.doors import SignatureInvalid

NOW = 1_700_000_000
SECRET, OLD, WRONG = "whsec_test_secret", "whsec_old", "whsec_wrong"
BODY = '{"id":"evt_test_webhook","object":"event"}'


def digest(body: str, secret: str = SECRET, at: object = NOW) -> str:
    return hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()


def ours(body: str, header: str | None, *secrets: str) -> bool:
    try:
        verify(body.encode(), header, secrets, NOW)
    except SignatureInvalid:
        return False
    return True


def theirs(body: str, header: str | None, *secrets: str) -> bool:
    """The official library knows one secret at a time."""
    for secret in secrets:
        with patch.object(time, "time", lambda: float(NOW)):
            try:
                stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS)
            except (stripe.SignatureVerificationError, TypeError):  # it compares ASCII only, and fails on the rest
                continue
            return True
    return False


bodies = st.sampled_from([BODY, "", "{}", '{"name":"Zoë 🎟"}', "not json", f"{BODY}\n"])
secrets = st.sampled_from([SECRET, OLD, WRONG])
odd_times = f" {NOW}| {NOW} |+{NOW}||abc|1e9|1700000000.0|1_700_000_000|\u0663".split("|")
times = st.sampled_from([NOW, NOW - 1, NOW - 299, NOW - 300, NOW - 301, 0, -5, NOW + 1, NOW + 10**6, *odd_times])


@st.composite
def headers(draw: st.DrawFn) -> tuple[str, str]:
    """A body, and a header that may be right, or nearly."""
    body, at = draw(bodies), draw(times)
    signed = draw(st.sampled_from([body, f"{body} ", BODY]))
    good = digest(signed, draw(secrets), at)
    entries = [
        f"t={at}",
        f"v1={good}",
        f"v0={good}",
        f"v1={good.upper()}",
        f"v1={good[:-1]}",
        f"v1={good}=x",
        "v1=",
        "v1",
        "t",
        "",
        "=",
        f" v1={good}",
        f"t={NOW}",
        f"t={draw(times)}",
    ]
    likely = [f"t={at}", f"v1={good}"]
    chosen = draw(st.just(likely) | st.lists(st.sampled_from(entries), max_size=6).map(lambda more: [*likely, *more]))
    chosen = draw(st.just(chosen) | st.permutations(chosen) | st.lists(st.sampled_from(entries), max_size=5))
    return body, ",".join(chosen)


@given(headers(), st.lists(secrets, min_size=1, max_size=2))
@example((BODY, f"t={NOW},v1={digest(BODY)}"), [SECRET])
@example((BODY, f"t={NOW},v1={digest(BODY)},t"), [SECRET])
def test_it_accepts_exactly_what_the_official_library_accepts(made: tuple[str, str], known: list[str]) -> None:
    body, header = made
    assert ours(body, header, *known) == theirs(body, header, *known)


def test_a_signature_that_is_no_ascii_proves_nothing_and_hides_none_that_is_good() -> None:
    """The official library fails on it, whatever stands beside it."""
    assert not ours(BODY, f"t={NOW},v1=é", SECRET)
    assert ours(BODY, f"t={NOW},v1=é,v1={digest(BODY)}", SECRET)


@given(bodies, st.text(max_size=40), secrets)
def test_any_text_as_header_is_judged_as_the_official_library_does(body: str, header: str, secret: str) -> None:
    assert ours(body, header, secret) == theirs(body, header, secret)


@given(bodies, st.integers(NOW - 600, NOW + 600))
def test_what_the_official_library_signs_is_accepted_while_it_is_fresh(body: str, at: int) -> None:
    header = stripe.WebhookSignature.generate_signature_header(body, SECRET, at)
    assert ours(body, header, SECRET) == (at >= NOW - TOLERANCE_SECONDS)


@pytest.mark.parametrize(
    ("body", "hexdigest"),
    [
        (BODY, "d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990"),
        (
            '{\n  "id": "evt_1",\n  "note": "Zoë pays 5 €",\n  "object": "event"\n}\n',
            "347759a16d3541afe33f63c664f4e96928bc763f27ca10c2be9ad0700cac5938",
        ),
    ],
)
def test_digests_computed_with_the_official_library(body: str, hexdigest: str) -> None:
    assert ours(body, f"t={NOW},v1={hexdigest}", SECRET)
    assert not ours(f"{body} ", f"t={NOW},v1={hexdigest}", SECRET)


class TestByHand:
    """The cases that matter most, spelled out."""

    def test_the_right_secret_and_body(self) -> None:
        assert ours(BODY, f"t={NOW},v1={digest(BODY)}", SECRET)

    @pytest.mark.parametrize("body", [f"{BODY} ", BODY.replace(":", ": "), "", BODY[:-1]])
    def test_an_altered_body_is_refused(self, body: str) -> None:
        assert not ours(body, f"t={NOW},v1={digest(BODY)}", SECRET)

    def test_an_altered_timestamp_is_refused(self) -> None:
        assert not ours(BODY, f"t={NOW - 1},v1={digest(BODY)}", SECRET)

    def test_a_wrong_secret_is_refused(self) -> None:
        assert not ours(BODY, f"t={NOW},v1={digest(BODY, WRONG)}", SECRET)

    def test_during_rotation_either_secret_is_good_on_either_side(self) -> None:
        old, new = digest(BODY, OLD), digest(BODY)
        assert ours(BODY, f"t={NOW},v1={old}", SECRET, OLD)
        assert ours(BODY, f"t={NOW},v1={new}", SECRET, OLD)
        assert ours(BODY, f"t={NOW},v1={old},v1={new}", SECRET)
        assert not ours(BODY, f"t={NOW},v1={old}", SECRET)

    def test_one_good_entry_among_bad_ones_is_enough(self) -> None:
        assert ours(BODY, f"t={NOW},v1=bad,v1={digest(BODY)},v1=worse,v2=x", SECRET)

    def test_the_scheme_of_tests_is_not_enough(self) -> None:
        assert not ours(BODY, f"t={NOW},v0={digest(BODY)}", SECRET)

    @pytest.mark.parametrize(("age", "fresh"), [(0, True), (300, True), (301, False), (-3600, True)])
    def test_five_minutes_old_is_the_oldest(self, age: int, fresh: bool) -> None:
        assert ours(BODY, f"t={NOW - age},v1={digest(BODY, at=NOW - age)}", SECRET) is fresh

    @pytest.mark.parametrize(
        "header",
        [
            *(None, "", ",", "t=", "v1=", "t=1", "nonsense", "t=now,v1=x", "t=1,v1", "=,=", "t" * 9000),
            *(f"v1={digest(BODY)}", f"t={'9' * 5000},v1=x", f"t={NOW}"),
        ],
    )
    def test_a_malformed_header_is_refused(self, header: str | None) -> None:
        assert not ours(BODY, header, SECRET)

    @pytest.mark.parametrize("empty", ["", " ", "\t\n"])
    def test_an_empty_secret_proves_nothing(self, empty: str) -> None:
        assert not ours(BODY, f"t={NOW},v1={digest(BODY, empty)}", empty)
        assert ours(BODY, f"t={NOW},v1={digest(BODY)}", empty, SECRET)

    def test_no_secret_accepts_nothing(self) -> None:
        assert not ours(BODY, f"t={NOW},v1={digest(BODY)}")
