"""Provider events that nobody could apply, in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tollgate.inbox.model import ProviderEvent
from tollgate.kernel.clock import to_iso
from tollgate.kernel.errors import StoreUnavailable
from tollgate.reconciliation.ports import EventArchive

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "provider-events/"


class BucketArchive(EventArchive):
    """One object per event, by the day it came: the signed bytes as they were."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._client: S3Client | None = None

    def keep(self, event: ProviderEvent) -> None:
        key = f"{PREFIX}{to_iso(event.received_at)[:10]}/{event.provider}/{event.id}.json"
        try:
            self._connected().put_object(
                Bucket=self._bucket,
                Key=key,
                Body=event.payload,
                ContentType="application/json",
                Metadata={"provider": event.provider, "type": event.type, "received-at": to_iso(event.received_at)},
            )
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable("the archive does not take this event") from error

    def _connected(self) -> S3Client:
        if self._client is None:
            config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
            self._client = boto3.client("s3", config=config)
        return self._client
