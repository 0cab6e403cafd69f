"""Which events were told of by mail, on the core table."""

from __future__ import annotations

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import MailItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import epoch, to_iso
from tollgate.kernel.unit_of_work import Write
from tollgate.mails.model import REMEMBER, Note
from tollgate.mails.ports import AlreadyNoted, MailLog


class DynamoMailLog(MailLog):
    """One small item for each mail, in no index."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def knows(self, tenant: str, event_id: str) -> bool:
        return self._core.get(keys.mail(tenant, event_id)) is not None

    def note(self, note: Note) -> Write:
        pk, sk = keys.mail(note.tenant, note.event_id)
        item = MailItem(
            pk=pk,
            sk=sk,
            kind="mail",
            ttl=epoch(note.at + REMEMBER),
            letter=note.letter.value,
            sent_at=to_iso(note.at),
            message_id=note.message_id,
            refused=note.refused,
        )
        return self._core.put(item, MailItem.pk.does_not_exist(), _noted)


def _noted(_: Raw | None) -> Exception:
    return AlreadyNoted("a mail of this event was noted before")
