"""Every capability of the platform, each in a file of its own: a new one is added to this list."""

from tests.simulation.capabilities.charges import CHARGES
from tests.simulation.capabilities.checkout import CHECKOUT
from tests.simulation.capabilities.disputes import DISPUTES
from tests.simulation.capabilities.dunning import DUNNING
from tests.simulation.capabilities.failover import FAILOVER
from tests.simulation.capabilities.gift_cards import GIFT_CARDS
from tests.simulation.capabilities.groups import GROUPS
from tests.simulation.capabilities.holds import HOLDS
from tests.simulation.capabilities.ledger import LEDGER
from tests.simulation.capabilities.mail import MAIL
from tests.simulation.capabilities.marketplace import MARKETPLACE
from tests.simulation.capabilities.own_renewals import OWN_RENEWALS
from tests.simulation.capabilities.payouts import PAYOUTS
from tests.simulation.capabilities.reconciliation import RECONCILIATION
from tests.simulation.capabilities.refunds import REFUNDS
from tests.simulation.capabilities.renewals import RENEWALS
from tests.simulation.capabilities.shortcuts import SHORTCUTS
from tests.simulation.capabilities.statistics import STATISTICS
from tests.simulation.capabilities.subscriptions import SUBSCRIPTIONS
from tests.simulation.capability import Capability

CAPABILITIES: tuple[Capability, ...] = (
    CHECKOUT,
    CHARGES,
    FAILOVER,
    MAIL,
    RECONCILIATION,
    REFUNDS,
    DISPUTES,
    PAYOUTS,
    GIFT_CARDS,
    GROUPS,
    HOLDS,
    MARKETPLACE,
    LEDGER,
    STATISTICS,
    SHORTCUTS,
    SUBSCRIPTIONS,
    RENEWALS,
    DUNNING,
    OWN_RENEWALS,
)
