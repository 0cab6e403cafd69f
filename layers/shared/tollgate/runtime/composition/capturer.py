"""What captures: the providers that leave it to us, and no other."""

from __future__ import annotations

from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.checkout.capturing import Capturing
from tollgate.kernel.ids import SortableIds
from tollgate.runtime.capture_queue import CaptureQueue
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.paypal import make_paypal
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> CaptureQueue:
    """Makes no call and reads no secret."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    recording = make_recording(settings, storage, clock, SortableIds(clock))
    providers = {"paypal": make_paypal(settings, SecretsManagerSecrets(settings.secrets_prefix), clock)}
    capturing = Capturing(providers, recording.recorder, clock)
    return CaptureQueue(recording.payments, capturing, make_logger(), make_metrics())
