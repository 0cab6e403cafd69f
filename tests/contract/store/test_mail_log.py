"""It is remembered which events were told of by mail, for as long as they may come again, and not to whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.builders import NOW
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import keys
from tollgate.kernel.clock import epoch
from tollgate.mails.model import REMEMBER, Letter, Note
from tollgate.mails.ports import AlreadyNoted

SENT = Note("demo", "evt_1", Letter.RECEIPT, NOW, message_id="0100-abc")


def test_what_was_noted_is_known_of_this_event_and_tenant_only(store: Store) -> None:
    assert not store.mail_log.knows("demo", "evt_1")
    store.unit_of_work.commit(store.mail_log.note(SENT))
    assert store.mail_log.knows("demo", "evt_1")
    assert not store.mail_log.knows("demo", "evt_2")
    assert not store.mail_log.knows("other", "evt_1")


def test_a_refusal_is_remembered_like_a_mail(store: Store) -> None:
    store.unit_of_work.commit(store.mail_log.note(replace(SENT, message_id=None, refused="MessageRejected")))
    assert store.mail_log.knows("demo", "evt_1")


def test_an_event_is_noted_once(store: Store) -> None:
    store.unit_of_work.commit(store.mail_log.note(SENT))
    with pytest.raises(AlreadyNoted):
        store.unit_of_work.commit(store.mail_log.note(replace(SENT, message_id="0100-def")))
    store.unit_of_work.commit(store.mail_log.note(replace(SENT, tenant="other")))


def test_a_note_leaves_after_ninety_days_and_stands_in_no_index(dynamo: OnDynamo) -> None:
    dynamo.unit_of_work.commit(dynamo.mail_log.note(SENT))
    stored = dynamo.core.get(keys.mail("demo", "evt_1"))
    assert stored == {
        "pk": {"S": "MAIL#demo#evt_1"},
        "sk": {"S": "MAIL"},
        "kind": {"S": "mail"},
        "ttl": {"N": str(epoch(NOW + REMEMBER))},
        "letter": {"S": "receipt"},
        "sent_at": {"S": "2026-11-05T12:00:00.000Z"},
        "message_id": {"S": "0100-abc"},
    }
