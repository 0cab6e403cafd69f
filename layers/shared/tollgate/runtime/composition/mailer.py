"""What writes mails."""

from __future__ import annotations

from tollgate.adapters.dynamodb.gift_cards import DynamoGiftCards
from tollgate.adapters.dynamodb.mail_log import DynamoMailLog
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.adapters.gift_card_letters import CardLetters
from tollgate.adapters.late_secrets import LateSecrets
from tollgate.adapters.late_share_letters import LateShareLetters
from tollgate.adapters.late_standings import LateStandings
from tollgate.adapters.receipts import PaymentReceipts
from tollgate.adapters.ses import SesMailer
from tollgate.gift_cards.codes import GiftCardCodes
from tollgate.mails.service import Mails
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.mail_queue import MailQueue
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

# The providers that dunning asks to charge once more what is owed. To ask them would load their clients.
CHARGED_AGAIN = frozenset({"stripe"})
# Those that try again by a plan of their own, and keep to themselves what was cancelled, and which card is charged.
CHARGING_ALONE = frozenset({"segpay", "paypal"})


def compose(settings: Settings) -> MailQueue:
    """Wire the mails."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    secrets = LateSecrets(settings.secrets_prefix)
    mails = Mails(
        mailer=SesMailer(settings.mail_sender),
        log=DynamoMailLog(storage.core),
        receipts=PaymentReceipts(DynamoPayments(storage.core)),
        gift_cards=CardLetters(DynamoGiftCards(storage.core), GiftCardCodes(secrets)),
        standings=LateStandings(storage.core, CHARGED_AGAIN, CHARGING_ALONE),
        shares=LateShareLetters(storage.core, secrets, settings.group_payment_page, clock),
        unit_of_work=storage.unit_of_work,
        clock=clock,
    )
    return MailQueue(mails, make_logger(), make_metrics())
