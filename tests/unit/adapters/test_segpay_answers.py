"""Segpay's answers: texts in several wrappings, and diffgrams; no document that declares anything is read."""

from __future__ import annotations

import pytest

from local.simulators.segpay.telling import diffgram
from tollgate.adapters.providers.segpay.answers import NotUnderstood, rows_of, text_of

GRAM = (
    b'<DataSet xmlns="http://x/"><xs:schema xmlns:xs="http://s"><xs:element name="NewDataSet"/></xs:schema>'
    b'<diffgr:diffgram xmlns:diffgr="urn:d"><NewDataSet xmlns=""><Data diffgr:id="Data1"><TransID>10'
    b"&amp;01</TransID><Note/></Data><Table><TransID> 2 </TransID></Table></NewDataSet>"
    b"<diffgr:before><Data><TransID>9</TransID></Data></diffgr:before></diffgr:diffgram></DataSet>"
)


def test_rows_are_read_by_the_names_of_their_columns() -> None:
    assert rows_of(GRAM) == [{"TransID": "10&01"}, {"TransID": " 2 "}]
    assert rows_of(diffgram([]).encode()) == []


@pytest.mark.parametrize("body", [b"", b"x", b"<string>Invalid Merchant</string>", b"<html><body/></html>", GRAM[:-9]])
def test_what_is_no_diffgram_does_not_say_that_there_is_nothing(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        rows_of(body)


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    b"<DataSet><diffgram><NewDataSet><Data><X>&b;</X></Data></NewDataSet></diffgram></DataSet>"
)
OUTSIDE = b'<!DOCTYPE string SYSTEM "file:///etc/passwd"><string>&x;</string>'


@pytest.mark.parametrize("body", [BOMB, OUTSIDE, BOMB.decode().replace("?>", ' encoding="UTF-16"?>').encode("utf-16")])
def test_a_document_that_declares_a_type_or_an_entity_is_refused(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        rows_of(body)
    if body.startswith(b"<"):
        with pytest.raises(NotUnderstood):
            text_of(body)


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0" encoding="utf-8"?>\r\n<string xmlns="http://x/"> gX35= </string>',
        b'"gX35="',
        b'{"other": 1, "dynamicPricingId": "gX35="}',
        b"gX35=\n",
        b"\xef\xbb\xbfgX35=",
    ],
)
def test_a_text_is_read_in_any_wrapping(body: bytes) -> None:
    assert text_of(body, ("dynamicpricingid",)) == "gX35="


@pytest.mark.parametrize("body", [b"{}", b'{"dynamicPricingId": 7}', b'{"other": "gX35="}', b"<string>", b"<"])
def test_what_has_no_text_in_it_is_refused(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        text_of(body, ("dynamicpricingid",))
