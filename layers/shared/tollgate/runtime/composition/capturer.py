"""What captures, at the providers that leave it to us. Those that hold are loaded with the first hold, off the cold
start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.checkout.capturing import Capturing
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import SortableIds
from tollgate.kernel.secrets import Secrets
from tollgate.runtime.capture_work import Captures
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.paypal import make_paypal
from tollgate.runtime.composition.recording import Recording, make_recording
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.event_queue import EventQueue
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

if TYPE_CHECKING:
    from tollgate.group_payments.taking import GroupHolds


def compose(settings: Settings) -> EventQueue:
    """Makes no call and reads no secret."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    secrets = SecretsManagerSecrets(settings.secrets_prefix)
    recording = make_recording(settings, storage, clock, SortableIds(clock))
    capturing = Capturing({"paypal": make_paypal(settings, secrets, clock)}, recording.recorder, clock)
    work = Captures(recording.payments, capturing, lambda: _holds(settings, storage, recording, secrets, clock))
    return EventQueue(work, make_logger(), make_metrics())


def _holds(settings: Settings, storage: Storage, recording: Recording, secrets: Secrets, clock: Clock) -> GroupHolds:
    from tollgate.adapters.dynamodb.groups import DynamoGroups
    from tollgate.checkout.holds import Holds
    from tollgate.checkout.service import CheckoutDesk
    from tollgate.group_payments.taking import GroupHolds
    from tollgate.runtime.composition.providers import make_providers
    from tollgate.runtime.composition.routing import make_routing

    ids = SortableIds(clock)
    ways = make_routing(settings, storage, make_providers(settings, secrets, clock), clock, ids).ways
    desk = CheckoutDesk(payments=recording.payments, recorder=recording.recorder, ways=ways, clock=clock)
    holds = Holds(ways.charges, recording.recorder, clock)
    return GroupHolds(DynamoGroups(storage.core), recording.payments, holds, desk)
