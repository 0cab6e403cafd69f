"""A link lets its member in, to their own share only, and nobody else; whoever mails it makes it again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import MemorySecrets
from tests.support.groups import GroupWorld
from tollgate.group_payments.errors import GroupLinksDisabled, LinkInvalid
from tollgate.group_payments.links import SECRET, Bearer, PaymentLinks
from tollgate.kernel.ids import derived

OLD, NEW = "the key that is to be replaced", "the key that takes its place"
PAGE, TENANT = "https://shop.example/groups", "demo.tenant:1"
GROUP, OTHER_GROUP = derived("grp", "1"), derived("grp", "2")
SHARE, OTHER_SHARE = derived("shr", "1"), derived("shr", "2")


def links(*keys: str, page: str = PAGE) -> PaymentLinks:
    return PaymentLinks(MemorySecrets({SECRET: {"keys": list(keys)}}), page)


def test_a_link_leads_to_the_share_and_hides_its_token_from_every_server() -> None:
    share = replace(GroupWorld().made().shares[0], tenant=TENANT)
    link = links(OLD).of(share)
    address, _, token = link.partition("#")
    assert address == f"{PAGE}/{share.group}/{share.id}"
    assert links(OLD).bearer(token, share.group) == Bearer(TENANT, share.group, share.id)
    assert link == links(OLD).of(share)
    assert OLD not in link


def test_while_keys_are_rotated_links_of_both_are_good() -> None:
    before, after = links(OLD).token(TENANT, GROUP, SHARE), links(NEW).token(TENANT, GROUP, SHARE)
    rotating = links(NEW, OLD)
    assert rotating.token(TENANT, GROUP, SHARE) == after != before
    for token in (before, after):
        assert rotating.bearer(token, GROUP).share == SHARE
    with pytest.raises(LinkInvalid):
        links(NEW).bearer(before, GROUP)


def test_a_token_is_for_its_tenant_its_group_and_its_share_only() -> None:
    made = links(OLD)
    signature, share, tenant = made.token(TENANT, GROUP, SHARE).split(".", 2)
    assert made.bearer(f"{signature}.{share}.{tenant}", GROUP).share == SHARE
    for forged, group in (
        (f"{signature}.{OTHER_SHARE}.{tenant}", GROUP),
        (f"{signature}.{share}.another", GROUP),
        (f"{signature}.{share}.{tenant}", OTHER_GROUP),
        (f"{'A' * 43}.{share}.{tenant}", GROUP),
    ):
        with pytest.raises(LinkInvalid):
            made.bearer(forged, group)


@given(token=st.text(max_size=120), group=st.text(max_size=40))
def test_garbage_is_no_link(token: str, group: str) -> None:
    with pytest.raises(LinkInvalid):
        links(OLD).bearer(token, group)


@given(parts=st.tuples(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8)))
def test_no_two_lists_of_names_have_one_signature(parts: tuple[str, str, str]) -> None:
    tenant, group, share = parts
    made = links(OLD)
    moved = (tenant + group[:1], group[1:], share)
    if moved != parts:
        assert made.token(*parts).partition(".")[0] != made.token(*moved).partition(".")[0]


@pytest.mark.parametrize("secret", [{}, {"keys": []}, {"keys": ["short"]}, {"keys": "a text where a list should be"}])
def test_without_a_key_there_are_no_links(secret: dict[str, object]) -> None:
    disabled = PaymentLinks(MemorySecrets({SECRET: json.loads(json.dumps(secret))}), PAGE)
    for ask in (
        disabled.require,
        lambda: disabled.bearer("token", GROUP),
        lambda: disabled.token(TENANT, GROUP, SHARE),
    ):
        with pytest.raises(GroupLinksDisabled):
            ask()


def test_without_a_page_nobody_could_be_asked() -> None:
    with pytest.raises(GroupLinksDisabled):
        links(OLD, page="").require()
    links(OLD).require()
